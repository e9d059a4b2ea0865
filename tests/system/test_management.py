#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
The management API: an account's own staff reads and changes what the operator does by rosterctl, with the same effect and the
same refusals, and nobody reaches another account.
"""

import json

from lib import Client, events, group, is_error, main, tap, user
from stack import Stack

NOBODY = "00000000-0000-4000-8000-000000000000"


class Staff:
    """Somebody who manages an account."""

    def __init__(self, stack, account, scopes=("manage",), name="staff"):
        self.stack, self.account = stack, account
        self.client = Client(stack.port, stack.token(account, name, scopes), base="/api/v1", keep=True)

    def ask(self, method, path, body=None, status=200):
        answer = self.client.request(method, path, body)
        tap.ok(answer.status == status, f"{method} {path}: {status}", answer)
        return answer.json

    def refused(self, method, path, body, status, code, *words):
        answer = self.client.request(method, path, body)
        fine = is_error(answer, status) == "" and answer.code == code and all(w in answer.json["detail"] for w in words)
        return tap.ok(fine, f"{method} {path} {json.dumps(body)[:60]}: {code}", answer)

    def ctl(self, *words):
        return json.loads(self.stack.ctl(*words, "--json").stdout)


def account(staff):
    got = staff.ask("GET", "/account")
    tap.equal({k: v for k, v in got.items() if k != "created"},
              {"slug": "acme", "name": "acme", "status": "active", "preset": "workspace", "users": 3, "active": 2, "teams": 1}, "the account")
    tap.equal(staff.ask("PATCH", "/account", {"name": "Acme & Söhne"})["name"], "Acme & Söhne", "another name")
    tap.equal(staff.ctl("account", "show", "acme")["name"], "Acme & Söhne", "rosterctl says so, too")
    for body, code, *words in (({"name": ""}, "SETTING_VALUE", "name"), ({"name": "x" * 201}, "SETTING_VALUE"),
                               ({"status": "gone"}, "SETTING_VALUE", "active|suspended"), ({"name": 1}, "MEMBER_REQUIRED", "name"),
                               ({"name": None}, "MEMBER_REQUIRED"), ({"slug": "other"}, "BODY_MEMBER_UNKNOWN", "slug", "name, status"),
                               ({"Name": "x"}, "BODY_MEMBER_UNKNOWN"), ([], "BODY_NOT_OBJECT"),
                               ({"name": "New", "status": "gone"}, "SETTING_VALUE")):
        staff.refused("PATCH", "/account", body, 400, code, *words)
    tap.equal(staff.ask("PATCH", "/account", {})["name"], "Acme & Söhne", "refused changes leave nothing")


def policy(staff, client):
    got = staff.ask("GET", "/policy")
    tap.equal((got["preset"], got["settings"]["seat_limit"]["value"], got["settings"]["seat_limit"]["allowed"]),
              ("workspace", "none", ["none", "0..1000000000"]), "a setting")
    told = staff.ctl("account", "show", "acme")["policy"]
    tap.equal({k: v["value"] for k, v in got["settings"].items()} | {"preset": got["preset"]}, told, "all of rosterctl's, with their values")
    got = staff.ask("PATCH", "/policy", {"seat_limit": 2, "default_type": "viewer", "email_case": None})["settings"]
    tap.equal([got[k]["value"] for k in ("seat_limit", "default_type", "email_case")], ["2", "viewer", "lower"], "numbers, words and null")
    for body, code, *words in (({"seat_limit": "many"}, "SETTING_VALUE", "seat_limit", "many"), ({"seat_limit": -1}, "SETTING_VALUE"),
                               ({"seat_limits": 1}, "SETTING_UNKNOWN", "seat_limits"), ({"name": "x"}, "SETTING_UNKNOWN"),
                               ({"seat_limit": 2.5}, "BODY_MEMBER_INVALID", "seat_limit"), ({"passwords": True}, "BODY_MEMBER_INVALID"),
                               ({"preset": "lax"}, "SETTING_VALUE", "workspace, rfc"), ({"preset": None}, "SETTING_VALUE"),
                               ({"default_type": "guest", "seat_limit": "x"}, "SETTING_VALUE")):
        staff.refused("PATCH", "/policy", body, 400, code, *words)
    tap.equal(staff.ask("GET", "/policy")["settings"]["default_type"]["value"], "viewer", "refused changes leave nothing")
    staff.ask("PATCH", "/policy", {"default_type": None})
    answer = client.post("/Users", user("third"))
    tap.equal((answer.status, answer.code), (403, "SEATS_EXCEEDED"), "SCIM obeys at once")
    tap.equal(staff.ask("GET", "/seats"), {"used": 2, "limit": 2, "admin": 1, "member": 1, "viewer": 0, "guest": 0, "overflowed": 0}, "the seats")
    tap.equal(staff.ask("GET", "/seats"), staff.ctl("seat", "show", "acme"), "as rosterctl shows them")
    got = staff.ask("PATCH", "/policy", {"seat_grace": 3, "preset": "rfc"})
    tap.equal((got["preset"], got["settings"]["seat_grace"]["value"], got["settings"]["seat_limit"]["value"]), ("rfc", "3", "none"),
              "a preset sets all, whatever comes in front of it")
    staff.ask("PATCH", "/policy", {"preset": "workspace"})


def roles(staff, client, events_token):
    seen = events(staff.stack.port, events_token)[-1]["seq"]
    role = staff.ask("POST", "/roles", {"name": "Contractor", "base": "guest"}, 201)
    tap.equal((role["name"], role["base"], role["custom"]), ("Contractor", "guest", True), "a role is made")
    answer = staff.client.post("/roles", {"name": "Helper"})
    tap.ok(answer.json["base"] == "member" and answer.header("Location").endswith("/api/v1/roles/" + answer.json["id"]), "of members where nothing is said",
           answer)
    listed = staff.ask("GET", "/roles")["roles"]
    lines = staff.stack.ctl("role", "list", "acme", "--json").stdout.splitlines()
    tap.equal((len(listed), listed), (6, [json.loads(line) for line in lines]), "the list is rosterctl's")
    tap.equal(staff.ask("PATCH", "/roles/" + role["id"], {"name": "Freelancer"}), dict(role, name="Freelancer"), "another name")
    for method, path, body, status, code in (
            ("POST", "/roles", {"name": "freelancer"}, 409, "ROLE_NAME_TAKEN"), ("POST", "/roles", {"name": "X", "base": "admin"}, 400, "ROLE_BASE"),
            ("POST", "/roles", {"name": "\u0007"}, 400, "ROLE_NAME"), ("POST", "/roles", {}, 400, "MEMBER_REQUIRED"),
            ("POST", "/roles", {"name": "X", "seat": 1}, 400, "BODY_MEMBER_UNKNOWN"), ("PATCH", "/roles/guest", {"name": "X"}, 409, "ROLE_IS_BASE"),
            ("PATCH", "/roles/Freelancer", {"name": "X"}, 404, "ROLE_UNKNOWN"), ("PATCH", "/roles/r-abcdefgh", {"name": "X"}, 404, "ROLE_UNKNOWN"),
            ("PATCH", "/roles/" + role["id"], {"base": "viewer"}, 400, "BODY_MEMBER_UNKNOWN"),
            ("DELETE", "/roles/" + role["id"], None, 400, "ROLE_SUCCESSOR"), ("DELETE", "/roles/" + role["id"] + "?successor=admin", None, 400, "ROLE_SUCCESSOR"),
            ("DELETE", "/roles/" + role["id"] + "?successor=Helper", None, 400, "ROLE_SUCCESSOR"),
            ("DELETE", "/roles/guest?successor=member", None, 409, "ROLE_IS_BASE"), ("DELETE", "/roles/r-abcdefgh?successor=member", None, 404, "ROLE_UNKNOWN")):
        staff.refused(method, path, body, status, code)
    cara = client.post("/Users", user("cara", userType=role["id"], active=True)).json["id"]
    staff.ask("DELETE", "/roles/" + role["id"] + "?successor=viewer", None, 204)
    tap.equal(json.loads(staff.stack.ctl("user", "show", "acme", cara).stdout)["type"]["id"], "viewer", "its users have the successor")
    got = [e["type"] for e in events(staff.stack.port, events_token, seen)]
    tap.equal(got, ["role.created", "role.created", "role.renamed", "user.created", "role.removed"], "the events are those of the commands")
    client.delete("/Users/" + cara)


def tokens(staff, client, ana):
    answer = staff.client.post("/tokens", {"name": "okta 2", "scopes": "scim events:read", "expires": 30, "user": ana})
    token = answer.json
    tap.ok(answer.status == 201 and answer.header("Location").endswith("/api/v1/tokens/" + token["id"]), "a token is made", answer)
    tap.equal((token["name"], token["state"], token["scopes"], token["user"]), ("okta 2", "live", "scim events:read", ana), "as it was wished")
    other = Client(staff.stack.port, token["secret"])
    tap.equal((other.get("/Users?count=0").status, other.get("/Me").status), (200, 308), "and works")
    plain = staff.ask("POST", "/tokens", {"name": "plain"}, 201)
    tap.equal((plain["scopes"], plain["expires"], plain["user"]), ("scim", None, None), "where nothing is said")
    wide = staff.ask("POST", "/tokens", {"name": "wide", "scopes": "scim events:read authenticate manage", "expires": "2099-01-01"}, 201)
    tap.equal(wide["expires"], "2099-01-01T00:00:00.000Z", "who manages gives every scope")

    listed = staff.ask("GET", "/tokens")
    lines = [json.loads(line) for line in staff.stack.ctl("token", "list", "acme", "--json").stdout.splitlines()]

    def still(tokens):
        return sorted(({k: v for k, v in t.items() if k != "last_used"} for t in tokens), key=lambda t: t["id"])

    tap.equal(still(listed["tokens"]), still(lines), "the list is rosterctl's")
    text = json.dumps(listed)
    tap.ok(token["secret"] not in text and "secret" not in text and listed["next"] is None, "without secrets")
    after, seen = "", []
    while after is not None and len(seen) < 20:
        page = staff.ask("GET", "/tokens?limit=2" + (f"&after={after}" if after else ""))
        seen, after = seen + page["tokens"], page["next"]
    tap.equal(still(seen), still(lines), "page by page")

    for body, status, code in (({}, 400, "MEMBER_REQUIRED"), ({"name": ""}, 400, "TOKEN_NAME"), ({"name": "plain"}, 400, "TOKEN_NAME"),
                               ({"name": "x", "scopes": "scim root"}, 400, "BODY_MEMBER_INVALID"), ({"name": "x", "scopes": ""}, 400, "BODY_MEMBER_INVALID"),
                               ({"name": "x", "scopes": ["scim"]}, 400, "MEMBER_REQUIRED"), ({"name": "x", "expires": 0}, 400, "BODY_MEMBER_INVALID"),
                               ({"name": "x", "expires": "2001-01-01"}, 400, "BODY_MEMBER_INVALID"), ({"name": "x", "expires": True}, 400, "BODY_MEMBER_INVALID"),
                               ({"name": "x", "expires": "soon"}, 400, "BODY_MEMBER_INVALID"), ({"name": "x", "user": NOBODY}, 404, "RESOURCE_NOT_FOUND"),
                               ({"name": "x", "user": "ana@example.com"}, 404, "RESOURCE_NOT_FOUND"), ({"name": "x", "secret": "y"}, 400, "BODY_MEMBER_UNKNOWN")):
        staff.refused("POST", "/tokens", body, status, code)
    staff.refused("GET", "/tokens?after=x", None, 400, "PARAMETER_INVALID")
    staff.refused("GET", "/tokens?limit=x", None, 400, "PARAMETER_INVALID")
    for which in (NOBODY, "plain"):
        staff.refused("DELETE", "/tokens/" + which, None, 404, "TOKEN_UNKNOWN")
    named = staff.ask("POST", "/tokens", {"name": plain["id"]}, 201)
    staff.ask("DELETE", "/tokens/" + plain["id"], None, 204)
    states = {t["id"]: t["state"] for t in staff.ask("GET", "/tokens")["tokens"]}
    tap.equal((states[plain["id"]], states[named["id"]]), ("revoked", "live"), "an id revokes its token and not one that is called so")
    staff.refused("DELETE", "/tokens/" + plain["id"], None, 404, "TOKEN_UNKNOWN")
    tap.equal(client.get("/Users?count=0").status, 200, "the others live on")


def pages(staff, path, name, limit=2):
    """All entries, page by page."""
    after, seen, sep = "", [], "&" if "?" in path else "?"
    for _ in range(50):
        page = staff.ask("GET", f"{path}{sep}limit={limit}" + (f"&after={after}" if after else ""))
        seen, after = seen + page[name], page["next"]
        if after is None:
            return seen
    return None


def users(staff, client, ana):
    client.patch("/Users/" + ana, [{"op": "replace", "value": {"displayName": "Ana Ñandú"}}])
    everybody = pages(staff, "/users", "users")
    lines = [json.loads(line) for line in staff.stack.ctl("user", "list", "acme", "--json").stdout.splitlines()]
    tap.equal(sorted(u["id"] for u in everybody), sorted(u["id"] for u in lines), "all users, page by page")
    tap.equal([u["id"] for u in everybody], sorted(u["id"] for u in everybody), "in order of id")
    for query, names in (("active=true", ["ana", "ben"]), ("active=false", ["off"]), ("type=admin", ["ana"]), ("type=Member", ["ben", "off"]),
                         ("q=BEN", ["ben"]), ("q=%C3%B1and%C3%BA", ["ana"]), ("q=example.com&active=true&type=member", ["ben"]), ("q=nobody", []),
                         ("type=r-abcdefgh", []), ("q=", ["ana", "ben", "off"])):
        got = pages(staff, "/users?" + query, "users")
        tap.equal(sorted(u["userName"].split("@")[0] for u in got), names, query)
    for query in ("active=yes", "type=boss", "after=x", "limit=x"):
        staff.refused("GET", "/users?" + query, None, 400, "PARAMETER_INVALID", query.split("=")[0])

    got = staff.ask("GET", "/users/" + ana)
    listed = next(u for u in everybody if u["id"] == ana)
    tap.equal({k: got[k] for k in listed}, listed, "one user is as in the list")
    told = json.loads(staff.stack.ctl("user", "show", "acme", ana).stdout)
    tap.equal((got["type"], [t["id"] for t in got["teams"]]), (told["type"], [t["value"] for t in told["groups"]]), "type and teams are rosterctl's")
    tap.equal((got["type"]["why"], got["teams"][0]["displayName"]), ("userType is admin", "Sales"), "and say why")
    tap.equal(got["resource"], {k: v for k, v in told.items() if k not in ("groups", "type")}, "the resource is SCIM's")
    ben = next(u for u in everybody if u["userName"].startswith("ben"))["id"]
    staff.ask("POST", f"/users/{ben}/protect", None, 204)
    answer = client.delete("/Users/" + ben)
    tap.equal((answer.status, answer.code, staff.ask("GET", "/users/" + ben)["type"]["protected"]), (403, "USER_PROTECTED", True), "a protected user")
    staff.ask("POST", f"/users/{ben}/unprotect", None, 204)
    tap.equal(client.delete("/Users/" + ben).status, 204, "is no longer")
    for method, path in (("GET", ""), ("POST", "/protect"), ("POST", "/unprotect")):
        for which in (NOBODY, "ana@example.com", ben):
            staff.refused(method, f"/users/{which}{path}", None, 404, "RESOURCE_NOT_FOUND")


def teams(staff, client, ana):
    many = [client.post("/Users", user(f"m{i}")).json["id"] for i in range(5)]
    team = client.post("/Groups", group("Förderung", [ana, *many])).json["id"]
    tap.equal(sorted(t["displayName"] for t in pages(staff, "/teams", "teams", 1)), ["Förderung", "Sales"], "all teams, page by page")
    tap.equal([t["id"] for t in staff.ask("GET", "/teams?q=F%C3%96RD")["teams"]], [team], "by a part of the name")
    got = staff.ask("GET", "/teams/" + team)
    tap.equal((got["displayName"], got["next"], sorted(m["id"] for m in got["members"])), ("Förderung", None, sorted([ana, *many])), "one team")
    tap.equal(pages(staff, "/teams/" + team, "members"), got["members"], "its members page by page")
    tap.equal({m["id"]: m["displayName"] for m in got["members"]}[ana], "Ana Ñandú", "who have names")
    staff.refused("GET", "/teams/" + NOBODY, None, 404, "RESOURCE_NOT_FOUND")
    staff.refused("GET", f"/teams/{team}?after=x", None, 400, "PARAMETER_INVALID")
    staff.refused("GET", f"/teams/{ana}", None, 404, "RESOURCE_NOT_FOUND")
    return team


def apart(staff, other, ana, team):
    """What one account has is not there for another's staff."""
    role = staff.ask("POST", "/roles", {"name": "Ours"}, 201)["id"]
    token = staff.ask("GET", "/tokens?limit=1")["tokens"][0]["id"]
    other.refused("PATCH", "/roles/" + role, {"name": "X"}, 404, "ROLE_UNKNOWN")
    other.refused("DELETE", f"/roles/{role}?successor=guest", None, 404, "ROLE_UNKNOWN")
    other.refused("DELETE", "/tokens/" + token, None, 404, "TOKEN_UNKNOWN")
    other.refused("POST", "/tokens", {"name": "x", "user": ana}, 404, "RESOURCE_NOT_FOUND")
    for method, path in (("GET", f"/users/{ana}"), ("POST", f"/users/{ana}/protect"), ("POST", f"/users/{ana}/unprotect"), ("GET", f"/teams/{team}")):
        other.refused(method, path, None, 404, "RESOURCE_NOT_FOUND")
    tap.equal((other.ask("GET", "/users")["users"], other.ask("GET", "/teams")["teams"]), ([], []), "another account's users and teams")
    tap.equal(sorted(t["name"] for t in other.ask("GET", "/tokens")["tokens"]), ["staff", "test"], "another account's tokens")


def suspended(other):
    other.ask("PATCH", "/account", {"status": "suspended"})
    other.stack.ctl("account", "set", "other", "status=active", "name=Other")
    tap.equal(other.ctl("account", "show", "other")["status"], "active", "the operator ends what the staff began")
    tap.ok(other.stack.ctl("account", "set", "other", "name=No", "status=gone", check=False).returncode == 1 and
           other.ctl("account", "show", "other")["name"] == "Other", "account set: all or none")


def test(front):
    with Stack(front) as stack:
        scim = stack.account("acme")
        client = stack.client(scim)
        stack.account("other")
        staff, other = Staff(stack, "acme"), Staff(stack, "other")
        ana = client.post("/Users", user("ana", userType="admin")).json["id"]
        client.post("/Users", user("ben"))
        client.post("/Users", user("off", active=False))
        client.post("/Groups", group("Sales", [ana]))
        account(staff)
        policy(staff, client)
        roles(staff, client, scim)
        tokens(staff, client, ana)
        users(staff, client, ana)
        team = teams(staff, client, ana)
        apart(staff, other, ana, team)
        suspended(other)
        tap.equal(stack.verify().returncode, 0, "verify")


if __name__ == "__main__":
    main(test, fronts=("lighttpd",), seconds=120)
