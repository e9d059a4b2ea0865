#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
How a customer's admin connects Okta, from top to bottom, by the requests that Okta sends: the token, the test of the
credentials, people of every type, profile updates, pushed groups, passwords, seats, deprovisioning and what comes after. At
each step the rules that one can trip over are tripped over: the refusal must explain itself and leave nothing behind.
"""

import json
import time

from lib import GROUP, USER, Client, events, is_error, main, newest, tap
from stack import Stack

HEADERS = {"accept-charset": "utf-8", "accept-encoding": "gzip,deflate", "user-agent": "Okta SCIM Client 1.0.0"}
NOBODY = "0190a6c4-0000-7000-8000-000000000000"
RANDOM = "Ran-dom-0-pass-word"  # Okta puts one into every create
FIRST, SECOND = "My-own-1-pass-phrase", "My-next-2-pass-phrase"


class Okta(Client):
    """Sends Okta's headers: no Content-Type on GET, a connection for each request."""

    def request(self, method, path, body=None, headers=None, chunked=False):
        return super().request(method, path, body, dict(HEADERS, **(headers or {})), chunked)

    def replace(self, who, **values):
        """As catalogue apps change users: one operation without a path."""
        return self.patch("/Users/" + who, [{"op": "replace", "value": values}])


def person(who, **more):
    """A user as Okta creates it; who: ana.admin."""
    given, family = who.title().split(".")
    value = {"schemas": [USER], "userName": f"{who}@example.com", "name": {"givenName": given, "familyName": family},
             "emails": [{"primary": True, "value": f"{who}@example.com", "type": "work"}], "displayName": f"{given} {family}",
             "externalId": "00u18ep2sj-" + who, "groups": [], "password": RANDOM, "active": True}
    value.update(more)
    return value


class Walk:
    """The account on its way."""

    def __init__(self, stack):
        self.stack, self.ids = stack, {}
        self.token = stack.account("acme")
        self.okta = Okta(stack.port, self.token, base=stack.base)
        self.catalogue = {e["code"]: e for e in stack.client().get("=/api/v1/errors").json["errors"]}

    def set(self, *settings):
        self.stack.ctl("account", "set", "acme", *settings)

    def kind(self, name):
        """The user's type, and why."""
        return json.loads(self.stack.ctl("user", "show", "acme", self.ids[name]).stdout)["type"]

    def seats(self):
        return json.loads(self.stack.ctl("seat", "show", "acme", "--json").stdout)["used"]

    def members(self, team):
        return {m["value"] for m in self.okta.get("/Groups/" + team).json["members"]}

    def told(self, send):
        """The answer, and the events that it made."""
        before = newest(self.stack.port, self.token)
        answer = send()
        return answer, events(self.stack.port, self.token, before)

    def refused(self, name, send, code, *words):
        """The code, what happened in the words of this case, why, and what to do; and nothing has changed."""
        answer, made = self.told(send)
        entry = self.catalogue[code]
        detail = answer.json.get("detail", "") if isinstance(answer.json, dict) else ""
        tap.ok(is_error(answer, entry["status"]) == "" and answer.code == code and answer.json.get("scimType") == entry.get("scimType") and
               all(w in detail for w in words) and detail.endswith(f" Why: {entry['cause']} What to do: {entry['admin']}") and made == [],
               f"{name}: {code}", answer, made)

    def assign(self, name, **more):
        """Look up, then create."""
        found = self.okta.find("Users", "userName", f"{name}@example.com")
        made = self.okta.post("/Users", person(name, **more))
        tap.ok(found.status == 200 and found.json["totalResults"] == 0 and made.status == 201 and made.json["active"] is True and
               RANDOM.encode() not in made.body, f"{name} is assigned", found, made)
        self.ids[name] = made.json["id"]
        return made


# --- the steps, in the order in which an admin takes them ---

def credentials(w):
    """Paste the token, test the connection."""
    tap.equal(w.okta.get("/Users?startIndex=1&count=2").status, 200, "the credentials are tested")
    tap.equal(w.okta.get("/Groups?startIndex=1&count=100").status, 200, "groups can be imported")
    w.refused("a token that was cut off", lambda: w.okta.get("/Users?startIndex=1&count=2", headers={"Authorization": "Bearer " + w.token[:-1]}),
              "AUTH_INVALID", "The token is not valid")
    w.refused("no token", lambda: w.okta.get("/Users?startIndex=1&count=2", headers={"Authorization": None}), "AUTH_MISSING")
    w.refused("a base URL that is not one", lambda: w.okta.get("=/scim/Users?startIndex=1&count=2"), "PATH_UNKNOWN")


def types(w):
    """Users of each type, of a custom role and of none."""
    role = w.stack.ctl("role", "add", "acme", "Contractor", "--base", "guest").stdout.strip()
    for name, sent, base in (("ana.admin", "admin", "admin"), ("max.member", "member", "member"), ("vera.viewer", "viewer", "viewer"),
                             ("gus.guest", "guest", "guest"), ("cora.contractor", role, "guest")):
        made = w.assign(name, userType=sent)
        kind = w.kind(name)
        tap.ok(made.json["userType"] == sent and kind["id"] == sent and kind["base"] == base and kind["why"] == f"userType is {sent}",
               f"{name} is what userType says, and it is told why", kind)
    w.assign("dan.default")
    kind = w.kind("dan.default")
    tap.ok(kind["id"] == "member" and "default_type" in kind["why"], "who brings no type is a member", kind)
    w.stack.ctl("role", "rename", "acme", "Contractor", "Freelancer")
    tap.equal((w.kind("cora.contractor")["id"], w.kind("cora.contractor")["name"]), (role, "Freelancer"), "a role's id survives its renaming")
    w.refused("an unknown type", lambda: w.okta.post("/Users", person("eve.else", userType="User")), "TYPE_UNKNOWN", "The user type User is none of admin, member")
    w.refused("a role's name", lambda: w.okta.post("/Users", person("eve.else", userType="Freelancer")), "TYPE_UNKNOWN", "Freelancer")
    brief = w.stack.ctl("role", "add", "acme", "Brief").stdout.strip()
    w.stack.ctl("role", "remove", "acme", "Brief", "viewer")
    w.refused("a role that is gone", lambda: w.okta.post("/Users", person("eve.else", userType=brief)), "ROLE_DELETED", brief, "Brief", "viewer")


def attributes(w):
    """Name, e-mail, title, locale, time zone, phone number, address; and what the account asks of them."""
    answer = w.assign("pia.profile", title="Lead", locale="es", timezone="Europe/Brussels", phoneNumbers=[{"value": "+32 2 555 01 01", "type": "work"}],
                      addresses=[{"type": "work", "primary": True, "value": "21B Baker St., London"}],
                      emails=[{"primary": True, "value": "Pia.Profile@Example.com", "type": "work"}])
    got = w.okta.get("/Users/" + w.ids["pia.profile"]).json
    tap.equal([got.get(n) for n in ("title", "locale", "timezone", "active")], ["Lead", "es", "Europe/Brussels", True], "attributes are kept", answer)
    tap.equal([got[n][0].get("value") for n in ("phoneNumbers", "addresses", "emails")],
              ["+32 2 555 01 01", "21B Baker St., London", "pia.profile@example.com"],
              "the phone number and the address, in one string, too; the e-mail address is lower case now")
    w.refused("a name with a sign", lambda: w.okta.post("/Users", person("eve.else", name={"givenName": "E<v>e", "familyName": "Else"})),
              "NAME_BAD_CHARACTER", "name.givenName has the character < at position 2")
    w.refused("a userName that is no address", lambda: w.okta.post("/Users", person("eve.else", userName="eve")), "USERNAME_NOT_EMAIL", "eve")
    w.refused("an address that is none", lambda: w.okta.post("/Users", person("eve.else", emails=[{"value": "eve", "primary": True}])), "EMAIL_MALFORMED", "eve", "no @")
    w.refused("somebody's userName", lambda: w.okta.post("/Users", person("PIA.profile")), "USERNAME_TAKEN", "pia.profile@example.com")
    w.refused("an address for somebody else's", lambda: w.okta.replace(w.ids["pia.profile"], userName="ana.admin@example.com"), "USERNAME_TAKEN")
    w.refused("no userName", lambda: w.okta.post("/Users", {k: v for k, v in person("eve.else").items() if k != "userName"}), "ATTRIBUTE_REQUIRED", "userName")
    w.set("email_case=reject")
    w.refused("capitals where they are refused", lambda: w.okta.post("/Users", person("eve.else", emails=[{"value": "Eve@example.com", "primary": True}])),
              "EMAIL_NOT_LOWERCASE", "Eve@example.com")
    w.set("email_case=lower")


def updates(w):
    """Profile push: by PUT of what GET gave, and by PATCH; a type changes."""
    who = w.ids["pia.profile"]
    whole = w.okta.get("/Users/" + who).json
    answer, made = w.told(lambda: w.okta.put("/Users/" + who, dict(whole, title="Chief", name={"givenName": "Pia", "familyName": "Moved"}, groups=[])))
    tap.ok(answer.status == 200 and answer.json["title"] == "Chief" and answer.json["id"] == who and [e["type"] for e in made] == ["user.updated"],
           "PUT of what was read, with changes: one event", answer, made)
    answer, made = w.told(lambda: w.okta.put("/Users/" + who, w.okta.get("/Users/" + who).json))
    tap.ok(answer.status == 200 and made == [], "PUT without a change: no event", made)
    answer, made = w.told(lambda: w.okta.replace(who, userType="viewer"))
    tap.ok(answer.status == 200 and w.kind("pia.profile")["id"] == "viewer" and
           [e.get("role") for e in made] == [{"old": "member", "new": "viewer"}], "PATCH of the type, without a path", answer, made)
    w.refused("an unknown type later", lambda: w.okta.replace(who, userType="emperor", title="Partly"), "TYPE_UNKNOWN", "emperor")
    tap.equal(w.okta.get("/Users/" + who).json["title"], "Chief", "nothing of a refused PATCH is done")
    w.refused("a user who is nobody", lambda: w.okta.replace(NOBODY, title="x"), "RESOURCE_NOT_FOUND", "User", NOBODY)


def push(w):
    """A group is pushed onto a team that is there already: it takes the team's place."""
    ana, max_, vera = (w.ids[n] for n in ("ana.admin", "max.member", "vera.viewer"))
    team = w.okta.post("/Groups", {"schemas": [GROUP], "displayName": "Design", "members": [{"value": ana}, {"value": max_}]}).json["id"]
    tap.equal(w.okta.find("Groups", "displayName", "design").json["Resources"][0]["id"], team, "Okta finds the team")
    answer, made = w.told(lambda: w.okta.post("/Groups", {"schemas": [GROUP], "displayName": "DESIGN", "members": [
        {"value": max_, "display": "max.member@example.com"}, {"value": vera, "display": "vera.viewer@example.com"}]}))
    tap.ok(answer.status == 201 and answer.json["id"] == team and answer.json["displayName"] == "DESIGN", "a pushed group: the team with its id", answer)
    tap.equal(w.members(team), {max_, vera}, "with the members that were pushed, and no others")
    tap.equal([(e["type"], e["resource"]["id"], e.get("members")) for e in made], [("team.updated", team, {"added": [vera], "removed": [ana]})],
              "one event tells who came and who went")
    w.refused("somebody who is not assigned", lambda: w.okta.post("/Groups", {"schemas": [GROUP], "displayName": "Design", "members": [
        {"value": ana}, {"value": NOBODY, "display": "zoe@example.com"}]}), "MEMBER_UNKNOWN", NOBODY)
    w.refused("a group in a group", lambda: w.okta.patch("/Groups/" + team, [{"op": "add", "path": "members", "value": [{"value": team}]}]), "MEMBER_NESTED", team)
    tap.equal(w.members(team), {max_, vera}, "what was refused left the team as it was")
    w.set("team_same_name=refuse")
    w.refused("a name that is taken, where that is refused", lambda: w.okta.post("/Groups", {"schemas": [GROUP], "displayName": "Design", "members": []}),
              "TEAM_NAME_TAKEN", "Design")
    w.set("team_same_name=replace")
    return team


def teams(w, team):
    """Rename, unassign, assign, empty, delete."""
    max_, gus, path = w.ids["max.member"], w.ids["gus.guest"], "/Groups/" + team
    answer, made = w.told(lambda: w.okta.patch(path, [{"op": "replace", "value": {"id": team, "displayName": "Research"}}]))
    tap.ok(answer.status in (200, 204) and [(e["type"], e["changes"]) for e in made] ==
           [("team.updated", [{"path": "displayName", "old": "DESIGN", "new": "Research"}])], "a renamed group renames the team", answer, made)
    answer, made = w.told(lambda: w.okta.patch(path, [{"op": "remove", "path": f'members[value eq "{max_}"]'},
                                                      {"op": "add", "path": "members", "value": [{"value": gus, "display": "gus.guest@example.com"}]}]))
    tap.ok(answer.status in (200, 204) and [e["members"] for e in made] == [{"added": [gus], "removed": [max_]}], "one is unassigned, one assigned", answer, made)
    tap.equal((w.okta.get("/Users/" + gus).json["groups"][0]["display"], w.okta.get("/Users/" + max_).json.get("groups", [])), ("Research", []),
              "and their teams say so")
    w.refused("an unknown member later", lambda: w.okta.patch(path, [{"op": "add", "path": "members", "value": [{"value": max_}]},
                                                                   {"op": "add", "path": "members", "value": [{"value": NOBODY}]}]), "MEMBER_UNKNOWN", NOBODY)
    tap.ok(max_ not in w.members(team), "and nobody of it came in")
    other = w.okta.post("/Groups", {"schemas": [GROUP], "displayName": "Short-lived", "members": [{"value": gus}]}).json["id"]
    w.refused("another team's name", lambda: w.okta.patch("/Groups/" + other, [{"op": "replace", "value": {"id": other, "displayName": "research"}}]),
              "TEAM_NAME_TAKEN", "research")
    w.okta.patch("/Groups/" + other, [{"op": "replace", "path": "members", "value": []}])
    tap.equal(w.members(other), set(), "the push of an empty group empties it")
    tap.equal((w.okta.delete("/Groups/" + other).status, w.okta.get("/Groups/" + other).status), (204, 404), "a group that is no longer pushed is deleted")
    w.refused("a group that is gone", lambda: w.okta.delete("/Groups/" + other), "RESOURCE_NOT_FOUND", "Group", other)


def passwords(w):
    """Changing a user's password; the application checks the login."""
    app = Client(w.stack.port, w.stack.token("acme", "app", ("authenticate",)), base=w.stack.base.replace("/scim/v2", "/api/v1"))
    who = w.ids["max.member"]

    def signs_in(password):
        return app.post("/authenticate", {"userName": "max.member@example.com", "password": password}).json.get("authenticated")

    w.refused("a password where there are none", lambda: w.okta.replace(who, password=FIRST), "PASSWORDS_OFF")
    tap.equal(signs_in(RANDOM), False, "the random one of the creation was not kept")
    w.set("passwords=on")
    answer, made = w.told(lambda: w.okta.replace(who, password=FIRST))
    tap.ok(answer.status == 200 and FIRST.encode() not in answer.body and [e["changes"] for e in made] == [[{"path": "password"}]],
           "a password is set, and told nobody", answer, made)
    tap.equal([signs_in(p) for p in (FIRST, RANDOM)], [True, False], "he signs in by it")
    tap.equal(w.okta.replace(who, password=SECOND).status, 200, "Okta changes it")
    tap.equal([signs_in(p) for p in (FIRST, SECOND)], [False, True], "the new one counts")
    for password, word in (("short", "8 bytes"), ("password123", "many people"), ("max.member@example.com", "own name")):
        w.refused(f"a password: {word}", lambda p=password: w.okta.replace(who, password=p), "PASSWORD_POLICY", word)
    tap.equal(signs_in(SECOND), True, "what was refused left the old one")
    w.refused("a login by Okta's token", lambda: Client(w.stack.port, w.stack.token("acme", "idp", ("scim",)), base=app.base).post("/authenticate", {}), "AUTH_SCOPE", "authenticate")
    return signs_in


def seats(w):
    """All seats are taken: who would take one more is refused, whatever the way; nobody is evicted."""
    used = w.seats()
    w.set(f"seat_limit={used}")
    full = f"{used} of {used} are taken"
    w.refused("one more member", lambda: w.okta.post("/Users", person("sam.seat", userType="member")), "SEATS_EXCEEDED", "a further Member", full)
    w.refused("a viewer who becomes member", lambda: w.okta.replace(w.ids["vera.viewer"], userType="member"), "SEATS_EXCEEDED", full)
    w.assign("vic.viewer", userType="viewer")
    tap.equal(w.seats(), used, "a viewer takes none")
    tap.equal(w.okta.replace(w.ids["dan.default"], active=False).status, 200, "somebody is deactivated")
    tap.equal(w.seats(), used - 1, "his seat is free")
    w.assign("sam.seat", userType="member")
    w.refused("he comes back, and there is none", lambda: w.okta.replace(w.ids["dan.default"], active=True), "SEATS_EXCEEDED", full)
    w.set(f"seat_limit={used + 1}")
    tap.equal((w.okta.replace(w.ids["dan.default"], active=True).status, w.seats()), (200, used + 1), "one more was bought")
    w.set("seat_limit=none")


def leaving(w, signs_in):
    """Deprovisioned people stay, inactive; some cannot be touched."""
    who, used = w.ids["max.member"], w.seats()
    answer, made = w.told(lambda: w.okta.replace(who, active=False))
    tap.ok(answer.status == 200 and [(e["type"], e.get("revoke_sessions")) for e in made] == [("user.deactivated", True)],
           "a user is deactivated, and signed out", answer, made)
    seen = w.okta.get("/Users/" + who)
    tap.ok(seen.status == 200 and seen.json["active"] is False and w.seats() == used - 1, "he can be read, is inactive and takes no seat", seen)
    tap.equal(signs_in(SECOND), False, "and cannot sign in")
    answer, made = w.told(lambda: w.okta.replace(who, active=False))
    tap.ok(answer.status == 200 and made == [], "again: nothing happens", answer, made)
    ana = w.ids["ana.admin"]
    for name, send in (("deactivated", lambda: w.okta.replace(ana, active=False)), ("demoted", lambda: w.okta.replace(ana, userType="member")),
                       ("deactivated by PUT", lambda: w.okta.put("/Users/" + ana, person("ana.admin", active=False))),
                       ("deleted", lambda: w.okta.delete("/Users/" + ana))):
        w.refused(f"the last admin is {name}", send, "LAST_ADMIN", "last active admin")
    w.stack.ctl("user", "protect", "acme", "cora.contractor@example.com")
    cora = w.ids["cora.contractor"]
    for name, send in (("deactivated", lambda: w.okta.replace(cora, active=False)), ("given another type", lambda: w.okta.replace(cora, userType="viewer")),
                       ("deleted", lambda: w.okta.delete("/Users/" + cora))):
        w.refused(f"who is protected is {name}", send, "USER_PROTECTED", cora)


def returning(w, signs_in):
    """Assigned again: Okta finds the inactive user and links."""
    who = w.ids["max.member"]
    found = w.okta.find("Users", "userName", "Max.Member@example.com")
    tap.ok(found.json["totalResults"] == 1 and found.json["Resources"][0]["id"] == who and found.json["Resources"][0]["active"] is False,
           "an inactive user is found", found)
    w.refused("instead of linking, a creation", lambda: w.okta.post("/Users", person("max.member")), "USERNAME_TAKEN", "max.member@example.com")
    answer, made = w.told(lambda: w.okta.replace(who, active=True))
    tap.ok(answer.status == 200 and answer.json["active"] is True and [e["type"] for e in made] == ["user.reactivated"], "he is reactivated", answer, made)
    tap.equal((w.kind("max.member")["id"], signs_in(SECOND)), ("member", True), "with his type and his password")


def deleting(w, team):
    """DELETE: gone for SCIM, and the userName is free at once."""
    gus = w.ids["gus.guest"]
    answer, made = w.told(lambda: w.okta.delete("/Users/" + gus))
    tap.ok(answer.status == 204 and ("user.deleted", gus) in [(e["type"], e["resource"]["id"]) for e in made], "a user is deleted", answer, made)
    tap.ok(gus not in w.members(team), "his team is told so")
    w.refused("a user who is gone", lambda: w.okta.get("/Users/" + gus), "RESOURCE_NOT_FOUND", "User", gus)
    w.refused("a member who is gone", lambda: w.okta.patch("/Groups/" + team, [{"op": "add", "path": "members", "value": [{"value": gus}]}]), "MEMBER_UNKNOWN", gus)
    tap.ok(w.assign("gus.guest", userType="guest").json["id"] != gus, "the userName is free at once, for somebody else")


def switched_off(w):
    w.set("status=suspended")
    end = time.monotonic() + 10  # workers remember an account for half a second
    while (answer := w.okta.get("/Users?count=1")).status == 200 and time.monotonic() < end:
        time.sleep(0.05)
    entry = w.catalogue["ACCOUNT_SUSPENDED"]
    tap.ok(is_error(answer, 403) == "" and answer.code == "ACCOUNT_SUSPENDED" and answer.json["detail"].endswith(entry["admin"]), "an account that is switched off says so", answer)


def test(front):
    with Stack(front) as stack:
        w = Walk(stack)
        credentials(w)
        types(w)
        attributes(w)
        updates(w)
        team = push(w)
        teams(w, team)
        signs_in = passwords(w)
        seats(w)
        leaving(w, signs_in)
        returning(w, signs_in)
        deleting(w, team)
        tap.equal(stack.verify().returncode, 0, "verify")
        switched_off(w)


if __name__ == "__main__":
    main(test, ("lighttpd",), seconds=120)
