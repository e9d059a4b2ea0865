#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
What a customer's admin does who sets up provisioning of users and teams with Okta, in the order in which instructions tell
it: the token and the test of the credentials, people of every type and of a custom role, changes of profiles, pushed groups,
passwords, single sign-on, deprovisioning, and back. Each step is made once by each of Okta's clients: that of catalogue apps,
which uses PATCH (OIN), and that of apps made with the wizard, which reads and PUTs the whole (AIW). Every refusal on the way
says what happened and what to do, and leaves nothing behind.
"""

import json
import secrets
import time

from lib import ENTERPRISE, GROUP, USER, Client, events, is_error, main, newest, tap
from stack import Stack

HEADERS = {"accept-charset": "utf-8", "accept-encoding": "gzip,deflate", "user-agent": "Okta SCIM Client 1.0.0"}
NOBODY = "00000000-0000-4000-8000-000000000000"
REMEMBERED = 0.6  # s; a worker knows tokens and settings for half a second
PROFILE = {"title": "Lead", "timezone": "Europe/Brussels", "locale": "es", "phoneNumbers": [{"value": "+1 555 0100", "type": "work", "primary": True}],
           "addresses": [{"type": "work", "primary": True, "value": "21B Baker St., London"}]}


class Okta(Client):
    def request(self, method, path, body=None, headers=None, chunked=False):
        return super().request(method, path, body, dict(HEADERS, **(headers or {})), chunked)

    def create(self, who, **more):
        """The body of a live app: externalId is Okta's id, a random password comes always."""
        return self.post("/Users", {
            "schemas": [USER], "userName": f"{who}@example.com", "name": {"givenName": who.title(), "familyName": "Example"},
            "emails": [{"primary": True, "value": f"{who}@example.com"}], "externalId": f"00u18ep2sj-{who}", "groups": [],
            "password": secrets.token_urlsafe(18), "active": True, **more})

    def push(self, name, members):
        """A group is pushed: looked up, then created with its members."""
        self.find("Groups", "displayName", name)
        return self.post("/Groups", {"schemas": [GROUP], "displayName": name, "members": shown(members)})


def shown(members):
    """{id: address} as Okta writes members."""
    return [{"value": who, "display": address} for who, address in members.items()]


class Oin(Okta):
    kind = "OIN"

    def change(self, who, **values):
        return self.patch("/Users/" + who, [{"op": "replace", "value": values}])

    def rename(self, team, name):
        return self.patch("/Groups/" + team, [{"op": "replace", "value": {"id": team, "displayName": name}}])

    def assign(self, team, come, go=()):
        operations = [{"op": "remove", "path": f'members[value eq "{who}"]'} for who in go]
        if come:
            operations.append({"op": "add", "path": "members", "value": shown(come)})
        return self.patch("/Groups/" + team, operations)


class Aiw(Okta):
    kind = "AIW"

    def change(self, who, **values):
        whole = self.get("/Users/" + who).json
        if "name" in values:
            values["name"] = dict(whole["name"], **values["name"])
        return self.put("/Users/" + who, dict(whole, **values))

    def rename(self, team, name):
        return self.put("/Groups/" + team, {"schemas": [GROUP], "displayName": name, "members": self.get("/Groups/" + team).json["members"]})

    def assign(self, team, come, go=()):
        whole = self.get("/Groups/" + team).json
        kept = [{"value": m["value"], "display": m.get("display")} for m in whole.get("members") or [] if m["value"] not in go]
        return self.put("/Groups/" + team, {"schemas": [GROUP], "displayName": whole["displayName"], "members": kept + shown(come)})


class Customer:
    """One account, Okta's client of it, the application that signs people in, and what they have been told so far."""

    def __init__(self, stack, kind):
        self.stack, self.kind, self.slug = stack, kind.kind, kind.kind.lower()
        self.okta = kind(stack.port, stack.account(self.slug), base=stack.base)
        self.api = stack.base.replace("/scim/v2", "/api/v1")
        self.app = Client(stack.port, stack.token(self.slug, "app", ("authenticate",)), base=self.api)
        self.people, self.met, self.seen = {}, {}, 0

    def set(self, *settings):
        self.stack.ctl("account", "set", self.slug, *settings)

    def ctl(self, command, *words, **more):
        return self.stack.ctl(*command.split(), self.slug, *words, **more)

    def ok(self, good, name, *why):
        return tap.ok(good, f"{self.kind}: {name}", *why)

    def equal(self, got, want, name, *why):
        return tap.equal(got, want, f"{self.kind}: {name}", *why)

    def id(self, name):
        return self.people[name]

    def members(self, *names):
        return {self.people[n]: f"{n}@example.com" for n in names}

    def user(self, name):
        return self.okta.get("/Users/" + self.people[name]).json

    def team(self, team):
        """Name and members' names."""
        group, names = self.okta.get("/Groups/" + team).json, {v: k for k, v in self.people.items()}
        return group["displayName"], sorted(names.get(m["value"], m["value"]) for m in group.get("members") or [])

    def type(self, name):
        return json.loads(self.ctl("user show", self.people[name]).stdout)["type"]

    def seats(self):
        return json.loads(self.ctl("seat show", "--json").stdout)["used"]

    def newest(self):
        return newest(self.stack.port, self.okta.token)

    def told(self):
        """The events since this was asked the last time."""
        new = events(self.stack.port, self.okta.token, self.seen)
        self.seen += len(new)
        return new

    def assign(self, name, **more):
        """Okta assigns a person to the application: looks for the userName, then creates."""
        found = self.okta.find("Users", "userName", f"{name}@example.com")
        made = self.okta.create(name, **more)
        good = (found.json["totalResults"] == 0 and made.status == 201 and made.json["userName"] == f"{name}@example.com" and
                made.json["active"] is True and "password" not in made.json)
        self.ok(good, f"{name} is assigned and created", found, made)
        self.people[name] = made.json["id"]
        return made

    def state(self):
        """All that a refused request must leave as it was; a seat and an event go with a change of these."""
        return [self.okta.get(f"/{what}?count=200").json["Resources"] for what in ("Users", "Groups")] + [self.newest()]

    def refused(self, name, status, code, ask, *words):
        """What ask() sends is refused with words that help, and nothing has become different."""
        before = self.state()
        answer = ask()
        detail = (answer.json or {}).get("detail", "")
        wrong = is_error(answer, status)
        after = self.state()
        self.ok(wrong == "" and answer.code == code and not [w for w in words if w not in detail] and after == before,
                f"refused: {name}: {code}", wrong, answer, words, [a for a, b in zip(after, before) if a != b])
        self.met.setdefault(code, detail)


# --- the token, and the test of the credentials ---

def credentials(c):
    for path in ("/Users?startIndex=1&count=2", "/Groups?startIndex=1&count=100"):
        answer = c.okta.get(path)
        c.ok(answer.status == 200 and answer.json["totalResults"] == 0 and answer.json["Resources"] == [], f"Test API Credentials: {path}", answer)
    answer = c.okta.get("/Users?startIndex=1&count=2", headers={"Authorization": c.okta.token})
    c.equal(answer.status, 200, "the token is good without Bearer, as some of Okta's apps send it", answer)
    old = c.stack.token(c.slug, "old")

    def with_token(token):
        return lambda: type(c.okta)(c.stack.port, token, base=c.stack.base).get("/Users?startIndex=1&count=2")

    c.equal(with_token(old)().status, 200, "a second token is good beside the first")
    c.ctl("token revoke", "old")
    time.sleep(REMEMBERED)
    c.refused("a token that was revoked", 401, "AUTH_INVALID", with_token(old), "token")
    c.refused("a mistyped token", 401, "AUTH_INVALID", with_token(c.okta.token[:-1] + "~"), "token")
    c.refused("no token", 401, "AUTH_MISSING", with_token(None), "Authorization")
    c.refused("the application's token", 403, "AUTH_SCOPE", with_token(c.app.token), "scim")
    listed = c.ctl("token list").stdout
    c.ok("test" in listed and c.okta.token not in listed, "the list of tokens shows none of them", listed)


# --- people, their types and attributes ---

def types(c):
    for name, sent, want in (("ana", {"userType": "admin"}, "admin"), ("ben", {"userType": "member"}, "member"),
                             ("vera", {"userType": "viewer"}, "viewer"), ("gil", {"userType": "guest"}, "guest"), ("dan", {}, "member")):
        c.assign(name, **sent)
        got = c.type(name)
        c.ok(got["id"] == want and got["why"], f"{name} is a {want}, and is told why", got)
    role = c.ctl("role add", "Contractor", "--base", "guest").stdout.strip()
    c.assign("cleo", userType=role)
    c.equal(c.user("cleo")["userType"], role, "a custom role, by the id that was copied")
    c.ctl("role rename", role, "Freelancer")
    got = c.type("cleo")
    c.ok((got["id"], got["name"], got["base"]) == (role, "Freelancer", "guest"), "renamed, it is the same role", got)
    c.equal(c.seats(), 3, "an admin and two members take a seat, nobody else")
    c.refused("the type User", 400, "TYPE_UNKNOWN", lambda: c.okta.create("eve", userType="User"), "User", "admin, member, viewer, guest")
    c.refused("a role by its name", 400, "TYPE_UNKNOWN", lambda: c.okta.create("eve", userType="Freelancer"), "Freelancer")
    c.refused("a type nobody knows, later", 400, "TYPE_UNKNOWN", lambda: c.okta.change(c.id("ben"), userType="owner", title="partly"), "owner")
    c.ctl("role remove", "Freelancer", "guest")
    c.refused("a role that was removed", 400, "ROLE_DELETED", lambda: c.okta.create("eve", userType=role), "Freelancer", "guest")
    c.equal(c.type("cleo")["id"], "guest", "who had it has its successor")
    c.okta.change(c.id("cleo"), userType="guest")


def creations_refused(c):
    c.refused("a userName that somebody has", 409, "USERNAME_TAKEN", lambda: c.okta.create("ben"), "ben@example.com")
    c.refused("the same in capitals", 409, "USERNAME_TAKEN", lambda: c.okta.create("eve", userName="BEN@Example.com"), "ben@example.com")
    c.refused("a userName that is no address", 400, "USERNAME_NOT_EMAIL", lambda: c.okta.create("eve", userName="eve"), "eve")
    c.refused("an address that is none", 400, "EMAIL_MALFORMED", lambda: c.okta.create("eve", emails=[{"value": "eve.example.com", "primary": True}]),
              "eve.example.com", "@")
    c.refused("a name with a special character", 400, "NAME_BAD_CHARACTER",
              lambda: c.okta.create("eve", name={"givenName": "Ev<e", "familyName": "Example"}), "name.givenName", "<", "position 3")
    c.refused("the same in a change", 400, "NAME_BAD_CHARACTER", lambda: c.okta.change(c.id("ben"), name={"familyName": "B;n"}, title="partly"),
              "name.familyName", ";")
    c.set("email_case=reject", "check_locale=on", "check_timezone=on")
    c.refused("capitals in an address, where the account wants none", 400, "EMAIL_NOT_LOWERCASE",
              lambda: c.okta.create("eve", emails=[{"value": "Eve@example.com", "primary": True}]), "Eve@example.com", "lower case")
    c.refused("a locale that is none", 400, "LOCALE_UNKNOWN", lambda: c.okta.create("eve", locale="xx-nowhere"), "xx-nowhere")
    c.refused("a time zone that is none", 400, "TIMEZONE_UNKNOWN", lambda: c.okta.create("eve", timezone="Mars/Olympus"), "Mars/Olympus")
    c.equal(c.okta.find("Users", "userName", "eve@example.com").json["totalResults"], 0, "nothing is left of who was refused")
    c.set("email_case=lower")
    time.sleep(REMEMBERED)
    answer = c.assign("eve", emails=[{"value": "Eve@Example.com", "primary": True}])
    c.equal(answer.json["emails"][0]["value"], "eve@example.com", "an address in capitals is kept in lower case")


def profile(c):
    ben = c.id("ben")
    c.told()
    answer = c.okta.change(ben, **PROFILE)
    got = c.user("ben")
    c.ok(answer.status == 200 and {k: got.get(k) for k in PROFILE} == PROFILE, "title, time zone, locale, phone number and address", answer)
    told = c.told()
    c.ok(len(told) == 1 and told[0]["type"] == "user.updated" and {p["path"] for p in told[0]["changes"]} == set(PROFILE), "are one event", told)
    answer = c.okta.change(ben, name={"givenName": "Benjamin"}, **{ENTERPRISE: {"department": "R&D"}})
    c.ok(answer.json["name"] == {"givenName": "Benjamin", "familyName": "Example"} and answer.json["title"] == "Lead" and
         answer.json[ENTERPRISE]["department"] == "R&D", "another first name leaves the family name and the title", answer)
    answer = c.okta.change(ben, userType="viewer")
    role = c.told()[-1].get("role")
    c.ok(c.type("ben")["id"] == "viewer" and role == {"old": "member", "new": "viewer"}, "another type, and the event tells both", answer, role)
    c.equal(c.seats(), 3, "his seat is free again (eve has come)")
    c.okta.change(ben, userType="member")
    before = c.newest()
    c.okta.change(ben, **PROFILE)
    c.equal(c.newest(), before, "the same profile again is no event")


# --- seats, and who is not touched ---

def seats(c):
    c.okta.change(c.id("dan"), active=False)
    c.set("seat_limit=3")
    c.equal(c.seats(), 3, "all seats are taken")
    c.refused("a new member", 403, "SEATS_EXCEEDED", lambda: c.okta.create("flo", userType="member"), "Member", "3 of 3 are taken")
    c.refused("a viewer who becomes a member", 403, "SEATS_EXCEEDED", lambda: c.okta.change(c.id("vera"), userType="member", title="partly"), "3 of 3")
    c.refused("a member who comes back", 403, "SEATS_EXCEEDED", lambda: c.okta.change(c.id("dan"), active=True), "3 of 3")
    c.assign("flo", userType="viewer")
    c.equal(c.seats(), 3, "a viewer takes none")
    c.set("seat_limit=4")
    c.equal(c.okta.change(c.id("dan"), active=True).status, 200, "with one seat more he comes back")
    c.set("seat_limit=none")


def untouchable(c):
    ana = c.id("ana")
    for what, ask in (("demoted", lambda: c.okta.change(ana, userType="member", title="partly")),
                      ("deactivated", lambda: c.okta.change(ana, active=False, title="partly")), ("deleted", lambda: c.okta.delete("/Users/" + ana))):
        c.refused(f"the last admin is not {what}", 403, "LAST_ADMIN", ask, "last active admin")
    c.okta.change(c.id("eve"), userType="admin")
    answer = c.okta.change(ana, userType="member")
    c.ok(answer.status == 200 and c.type("ana")["id"] == "member", "with another admin there she can be", answer)
    c.okta.change(ana, userType="admin")
    c.ctl("user protect", "ana@example.com")
    for what, ask in (("demoted", lambda: c.okta.change(ana, userType="member")), ("deactivated", lambda: c.okta.change(ana, active=False)),
                      ("deleted", lambda: c.okta.delete("/Users/" + ana))):
        c.refused(f"a protected user is not {what}", 403, "USER_PROTECTED", ask, "ana@example.com")
    c.equal(c.okta.change(ana, title="Head").status, 200, "a protected user's profile is updated")
    c.ctl("user unprotect", "ana@example.com")


# --- teams ---

def replacement(c):
    """A group is pushed whose name a team has."""
    team = c.okta.push("Marketing", c.members("ana", "ben", "vera"))
    c.ok(team.status == 201 and c.team(team.json["id"]) == ("Marketing", ["ana", "ben", "vera"]), "a pushed group is a team", team)
    team = team.json["id"]
    c.equal([g["value"] for g in c.user("vera")["groups"]], [team], "its members are in it")
    c.told()
    pushed = c.okta.push("MARKETING", c.members("vera", "dan"))
    c.ok(pushed.status == 201 and pushed.json["id"] == team, "a group of the same name replaces it, under the same id", pushed)
    c.equal(c.team(team), ("MARKETING", ["dan", "vera"]), "the team is what was pushed")
    told = c.told()
    c.ok(len(told) == 1 and told[0]["type"] == "team.updated" and told[0]["resource"]["id"] == team and
         told[0]["members"]["added"] == [c.id("dan")] and sorted(told[0]["members"]["removed"]) == sorted([c.id("ana"), c.id("ben")]),
         "one event tells who came and who went", told)
    c.equal(c.okta.find("Groups", "displayName", "marketing").json["totalResults"], 1, "there is one team of the name")
    c.ctl("team restore", "marketing")
    c.equal(c.team(team)[1], ["ana", "ben", "vera"], "team restore takes the replacement back")
    c.set("team_same_name=refuse")
    c.refused("a second group of the name, where the account wants none", 409, "TEAM_NAME_TAKEN",
              lambda: c.okta.post("/Groups", {"schemas": [GROUP], "displayName": "marketing", "members": []}), "marketing")
    c.set("team_same_name=replace")
    return team


def teams(c, team):
    answer = c.okta.rename(team, "Brand")
    c.ok(answer.status in (200, 204) and c.team(team) == ("Brand", ["ana", "ben", "vera"]), "renamed, with its members", answer)
    c.told()
    answer = c.okta.assign(team, c.members("gil"), [c.id("ben")])
    c.ok(answer.status in (200, 204) and c.team(team)[1] == ["ana", "gil", "vera"], "one is assigned and one unassigned", answer)
    told = c.told()
    c.ok(len(told) == 1 and told[0]["members"] == {"added": [c.id("gil")], "removed": [c.id("ben")]}, "in one event", told)
    unassigned = dict(c.members("gil"), **{NOBODY: "ned@example.com"})
    c.refused("a member who was not assigned first", 400, "MEMBER_UNKNOWN", lambda: c.okta.assign(team, unassigned, [c.id("ana")]), NOBODY, "ned@example.com")
    c.refused("a new group with him", 400, "MEMBER_UNKNOWN", lambda: c.okta.push("Newcomers", unassigned), NOBODY, "ned@example.com")
    other = c.okta.push("Other", {}).json["id"]
    c.refused("a group as a member", 400, "MEMBER_NESTED", lambda: c.okta.assign(team, {other: "Other"}), "group")
    c.equal((c.team(team)[1], c.okta.find("Groups", "displayName", "Newcomers").json["totalResults"]), (["ana", "gil", "vera"], 0), "nothing was done of it")
    c.equal(c.okta.delete("/Groups/" + other).status, 204, "a team is deprovisioned")
    c.refused("what was deleted", 404, "RESOURCE_NOT_FOUND", lambda: c.okta.get("/Groups/" + other), other)


# --- passwords and single sign-on ---

def signs_in(c, name, password):
    answer = c.app.post("/authenticate", {"userName": f"{name}@example.com", "password": password})
    return answer.json["authenticated"] if answer.status == 200 else answer


def passwords(c):
    ben, first, second = c.id("ben"), secrets.token_urlsafe(18), secrets.token_urlsafe(18)
    c.refused("a password, where the account keeps none", 400, "PASSWORDS_OFF", lambda: c.okta.change(ben, password=first, title="partly"), "Passwords")
    c.set("passwords=on")
    c.told()
    answer = c.okta.change(ben, password=first)
    c.ok(answer.status == 200 and first.encode() not in answer.body and signs_in(c, "ben", first) is True, "Sync Password: he signs in by it", answer)
    told = c.told()
    c.ok([e["changes"] for e in told] == [[{"path": "password"}]], "the event tells no more than that", told)
    c.okta.change(ben, password=second)
    c.equal([signs_in(c, "ben", p) for p in (first, second)], [False, True], "another password takes its place")
    for password, why in (("short-7", "8 bytes"), ("password123", "many people"), ("ben@example.com", "own name"), ("x" * 1025, "1,024 bytes")):
        c.refused(f"a password: {why}", 400, "PASSWORD_POLICY", lambda p=password: c.okta.change(ben, password=p, title="partly"), why)
    c.refused("a password nobody can type", 400, "PASSWORD_BAD_CHARACTER", lambda: c.okta.change(ben, password="corr\u0007ect horse"), "character")
    c.ok(signs_in(c, "ben", second) is True and c.user("ben")["title"] == "Lead", "he has what he had")
    c.assign("hal", password=first)
    c.equal([signs_in(c, "hal", first), signs_in(c, "ned", first)], [True, False], "who comes with a password signs in by it, who is nobody does not")
    for _ in range(10):
        signs_in(c, "ned", second)
    c.refused("too many logins that failed", 429, "RATE_LIMITED", lambda: c.app.post("/authenticate", {"userName": "ned@example.com", "password": first}),
              "seconds")
    return second


def match(c, address):
    return c.app.post("/sso/match", {"email": address}).json


def single_sign_on(c):
    c.ok(match(c, "Ben@Example.com").get("user", {}).get("id") == c.id("ben"), "the login by user.email finds its user", match(c, "ben@example.com"))
    c.assign("ida", emails=[{"primary": True, "value": "ida@corp.example"}])
    got = match(c, "ida@example.com")
    c.ok(got["reason"] == "other_address" and "user.email" in got["message"], "who is provisioned under another address is told so", got)
    listed = c.ctl("user list", "--mismatched").stdout
    c.ok(listed.split() == [c.id("ida"), "ida@example.com", "ida@corp.example"], "and the operator sees it before", listed)
    c.equal(match(c, "ned@example.com")["reason"], "never_assigned", "who was never assigned too")
    c.okta.change(c.id("ida"), emails=[{"primary": True, "value": "ida@example.com"}])
    c.equal(match(c, "ida@example.com").get("matched"), True, "with the mapping corrected she gets in")


# --- deprovisioning, and back ---

def deprovision(c, team, password):
    c.set("restore_teams=on")
    ben = c.id("ben")
    c.okta.assign(team, c.members("ben"))
    taken = c.seats()
    c.told()
    answer = c.okta.change(ben, active=False)
    seen = c.okta.get("/Users/" + ben)
    c.ok(answer.status == 200 and seen.status == 200 and seen.json["active"] is False, "who is unassigned is inactive, and can be read", answer, seen)
    told = c.told()
    c.ok(len(told) == 1 and told[0]["type"] == "user.deactivated" and told[0]["revoke_sessions"] is True, "the application ends his sessions", told)
    c.equal((c.seats(), signs_in(c, "ben", password), match(c, "ben@example.com")["reason"]), (taken - 1, False, "deactivated"),
            "he has no seat, cannot sign in, and is told why")
    c.equal(c.okta.change(ben, active=False).status, 200, "again is a success")
    c.okta.assign(team, {}, [ben])
    found = c.okta.find("Users", "userName", "ben@example.com")
    c.equal([r["id"] for r in found.json["Resources"]], [ben], "assigned again, he is found and linked")
    answer = c.okta.change(ben, active=True)
    told = c.told()
    c.ok(answer.json["active"] is True and "user.reactivated" in [e["type"] for e in told], "and active", answer, told)
    c.equal((c.seats(), signs_in(c, "ben", password), "ben" in c.team(team)[1]), (taken, True, True), "with his seat, his password and his team")


def deletion(c, team):
    ben, was = c.id("ben"), c.user("ben")
    c.equal(c.okta.delete("/Users/" + ben).status, 204, "DELETE")
    c.refused("who was deleted", 404, "RESOURCE_NOT_FOUND", lambda: c.okta.get("/Users/" + ben), ben)
    c.refused("a change of him", 404, "RESOURCE_NOT_FOUND", lambda: c.okta.patch("/Users/" + ben, [{"op": "replace", "value": {"active": True}}]), ben)
    c.refused("a push with him", 400, "MEMBER_UNKNOWN", lambda: c.okta.assign(team, {ben: "ben@example.com"}), ben, "ben@example.com")
    c.ok("ben" not in c.team(team)[1] and ben in c.ctl("user deleted").stdout, "he is in no team, and the operator can have him back")
    second = c.okta.create("ben")
    c.ok(second.status == 201 and second.json["id"] != ben, "his userName is free at once, for somebody else", second)
    done = c.ctl("user restore", ben, check=False)
    c.ok(done.returncode == 1 and done.stderr.startswith("USERNAME_TAKEN:"), "as long as that one has it, he stays deleted", done)
    c.okta.delete("/Users/" + second.json["id"])
    c.ctl("user restore", ben)
    now = c.user("ben")
    c.ok(all(now[k] == was[k] for k in ("id", "userName", "name", "title", "emails", "userType", "active")) and c.type("ben")["id"] == "member" and
         "ben" in c.team(team)[1], "user restore brings him back, with id, type and team", now, was)


def explained(c):
    """Whoever was refused was told what to do; who reads the code finds the cause and what the engineer does."""
    for code, detail in sorted(c.met.items()):
        text = c.stack.ctl("explain", code).stdout
        parts = {line.split(":")[0].strip(): line.partition(":")[2].strip() for line in text.splitlines()[2:]}
        c.ok(text.startswith(code) and parts["Why"] and parts["The engineer"] and parts["The IT admin"] in detail, f"{code} is explained", text, detail)
    c.equal(len(c.met), 23, "so many different refusals were met", sorted(c.met))


def test(front):
    with Stack(front) as stack:
        for kind in (Oin, Aiw):
            c = Customer(stack, kind)
            credentials(c)
            types(c)
            creations_refused(c)
            profile(c)
            seats(c)
            untouchable(c)
            team = replacement(c)
            teams(c, team)
            password = passwords(c)
            single_sign_on(c)
            deprovision(c, team, password)
            deletion(c, team)
            explained(c)
        done = stack.verify()
        tap.ok(done.returncode == 0, "verify", done)


if __name__ == "__main__":
    main(test, fronts=("lighttpd",), seconds=120)
