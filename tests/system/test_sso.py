#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
The agreement with single sign-on: whom the address of a login means, why nobody, and for whom provisioning and login
disagree; asked by the application, by the API and by the operator.
"""

import json

from lib import Client, is_error, main, tap, user
from stack import Stack


def emails(*addresses, primary=0):
    return [{"value": a, "type": "work" if i == 0 else "home", "primary": i == primary} for i, a in enumerate(addresses)]


class App:
    def __init__(self, stack, account):
        self.client = stack.client(stack.token(account, "app", ("authenticate",)))
        self.client.base = self.client.base.replace("/scim/v2", "/api/v1")

    def match(self, address):
        return self.client.post("/sso/match", {"email": address})


def says(app, address, reason, who, name, *words):
    """Nobody is matched for the reason; who: the id of the user who is meant, or None."""
    answer = app.match(address)
    got = answer.json
    fine = (answer.status == 200 and answer.type == "application/json" and got["matched"] is False and got["reason"] == reason and
            got["message"].endswith(".") and got.get("user", {}).get("id") == who and
            list(got) == ["matched", "reason", "message"] + (["user"] if who else []))
    tap.ok(fine and all(w in got["message"] for w in words), f"{name}: {reason}", answer)


def made(client, name, **more):
    return client.post("/Users", user(name, **more)).json["id"]


def matched(stack, client, app):
    ana = made(client, "Ana", userType="viewer")
    whole = {"matched": True, "user": {"id": ana, "userName": "Ana@example.com", "email": "ana@example.com", "role": "viewer", "active": True}}
    for address in ("ana@example.com", "Ana@Example.com"):
        tap.equal(app.match(address).json, whole, f"{address} means its user")
    role = stack.ctl("role", "add", "acme", "Contractor").stdout.strip()
    client.patch("/Users/" + ana, [{"op": "replace", "value": {"userType": role}}])
    tap.equal(app.match("ana@example.com").json["user"]["role"], role, "with the user's custom role")
    return ana


def reasons(client, app, ana):
    says(app, "ghost@example.com", "never_assigned", None, "an address that nobody has", "Assign the user")
    says(app, "", "never_assigned", None, "no address at all")
    says(app, "x" * 100000, "never_assigned", None, "a very long one")
    says(app, "\u202e\u0007 ana@example.com", "never_assigned", None, "what is no address")
    says(app, "\u0430na@example.com", "never_assigned", None, "a Cyrillic look-alike")
    client.patch("/Users/" + ana, [{"op": "replace", "value": {"active": False}}])
    says(app, "ana@example.com", "deactivated", ana, "unassigned in Okta")
    client.patch("/Users/" + ana, [{"op": "replace", "value": {"active": True}}])
    tap.equal(app.match("ana@example.com").json["matched"], True, "assigned again")

    moved = made(client, "moved", emails=emails("moved@corp.example", "moved@old.example"))
    for address, how in (("moved@example.com", "the userName"), ("moved@old.example", "a secondary address")):
        says(app, address, "other_address", moved, how, "user.email")
        tap.equal(app.match(address).json["user"]["email"], "moved@corp.example", f"{how}: and which it is")
    tap.equal(app.match("moved@corp.example").json["user"]["id"], moved, "the primary address")
    client.patch("/Users/" + moved, [{"op": "replace", "path": "emails", "value": emails("moved@corp.example", "moved@old.example", primary=1)}])
    tap.equal(app.match("moved@old.example").json["matched"], True, "another primary address is the one at once")
    says(app, "moved@corp.example", "other_address", moved, "the one before")
    bare = made(client, "bare", emails=[])
    says(app, "bare@example.com", "other_address", bare, "a user without an address")
    tap.equal(app.match("bare@example.com").json["user"]["email"], None, "whose address is null")

    kim, other = made(client, "kim"), made(client, "other", emails=emails("shared@example.com"))
    says(app, "\u212aim@example.com", "case_differs", kim, "KELVIN SIGN is no K")
    tap.equal(app.match("shared@example.com").json["user"]["id"], other, "the only one of an address")
    again = made(client, "again", emails=emails("shared@example.com"))
    says(app, "shared@example.com", "several_users", None, "an address of two")
    client.patch("/Users/" + other, [{"op": "replace", "value": {"active": False}}])
    tap.equal(app.match("shared@example.com").json["user"]["id"], again, "of which one is deactivated")
    client.delete("/Users/" + kim)
    says(app, "kim@example.com", "never_assigned", None, "who was deleted")
    return moved, bare, other, again


def kept(stack):
    """Where addresses are kept as they come, capitals are a part of them."""
    client, app = stack.client(stack.account("kept", email_case="keep", passwords="on")), App(stack, "kept")
    ben = made(client, "Ben", emails=emails("Ben@Example.com"))
    tap.equal(app.match("Ben@Example.com").json["user"]["id"], ben, "email_case=keep: as it was written")
    says(app, "ben@example.com", "case_differs", ben, "email_case=keep: otherwise", "capital letters")
    says(app, "ana@example.com", "never_assigned", None, "a user of another account")
    made(client, "two", password="correct horse battery", emails=emails("first@example.com", "main@example.com", primary=1))
    answer = app.client.post("/authenticate", {"userName": "two@example.com", "password": "correct horse battery"})
    tap.equal(answer.json["user"]["email"], "main@example.com", "a login by password tells the same address: the primary one")


def refused(stack, app):
    for body in ({}, {"email": 1}, {"email": None}, {"email": ["ana@example.com"]}):
        answer = app.client.post("/sso/match", body)
        tap.ok(is_error(answer, 400) == "" and answer.code == "MEMBER_REQUIRED" and "email" in answer.json["detail"], f"{body} is refused", answer)
    for scopes, path, body in ((("scim", "manage"), "/sso/match", {"email": "a@b.cc"}), (("scim", "authenticate"), "/sso/mismatches", None)):
        client = Client(stack.port, stack.token("acme", "-".join(scopes), scopes), base=app.client.base)
        answer = client.request("GET" if body is None else "POST", path, body)
        tap.ok(is_error(answer, 403) == "" and answer.code == "AUTH_SCOPE", f"{path} wants its scope", answer)


def mismatches(stack, client, expected):
    manage = Client(stack.port, stack.token("acme", "console", ("manage",)), base="/api/v1")
    answer = manage.get("/sso/mismatches")
    users = {u["id"]: (u["userName"], u["email"]) for u in answer.json["users"]}
    tap.ok(answer.status == 200 and users == expected and answer.json["next"] is None, "who disagrees", answer, expected)
    after, pages, seen = "", 0, []
    while after is not None and pages < 20:
        page = manage.get("/sso/mismatches?limit=1" + (f"&after={after}" if after else "")).json
        pages, after, seen = pages + 1, page["next"], seen + [u["id"] for u in page["users"]]
    tap.equal(seen, list(users), "page by page")
    for query in ("after=x", "after=", "limit=x"):
        answer = manage.get("/sso/mismatches?" + query)
        tap.ok(is_error(answer, 400) == "" and answer.code == "PARAMETER_INVALID", f"{query} is refused", answer)
    tap.equal(len(manage.get("/sso/mismatches?limit=-5").json["users"]), 1, "a limit is at least 1")

    lines = stack.ctl("user", "list", "acme", "--mismatched").stdout.splitlines()
    tap.equal(lines, [" ".join((i, n, e or "-")) for i, (n, e) in users.items()], "user list --mismatched")
    told = [json.loads(line) for line in stack.ctl("user", "list", "acme", "--mismatched", "--json").stdout.splitlines()]
    tap.equal(told, manage.get("/sso/mismatches").json["users"], "and as JSON")
    tap.equal(stack.ctl("user", "list", "acme", "--json").stdout.count('"userName"'), client.get("/Users?count=0").json["totalResults"],
              "user list has all")
    doctor = stack.ctl("doctor").stdout
    tap.ok(f"note  acme: users whose userName is not the e-mail address that logins use: {len(expected)} " in doctor, "doctor", doctor)
    tap.ok("ok    fine: every userName is the e-mail address that logins use" in doctor and "lax: users" not in doctor,
           "doctor: an account where all agree, and one whose userNames are no addresses", doctor)


def many(stack):
    """Pages of a large account; those who agree are passed over."""
    client = stack.client(stack.account("many"), keep=True)
    for i in range(230):
        client.post("/Users", user(f"m{i}", **({"emails": emails(f"M{i}@Example.com")} if i % 2 else {"emails": emails(f"x{i}@example.com")})))
    manage = Client(stack.port, stack.token("many", "console", ("manage",)), base="/api/v1")
    first = manage.get("/sso/mismatches").json
    rest = manage.get(f"/sso/mismatches?after={first['next']}").json
    names = sorted(u["userName"] for u in first["users"] + rest["users"])
    tap.ok(len(first["users"]) == 100 and len(rest["users"]) == 15 and rest["next"] is None and
           names == sorted(f"m{i}@example.com" for i in range(0, 230, 2)), "115 of 230, by pages of 100", names)


def test(front):
    with Stack(front) as stack:
        client, app = stack.client(stack.account("acme")), App(stack, "acme")
        stack.account("fine")
        stack.client(stack.account("lax", "rfc")).post("/Users", user("lax", userName="lax", emails=[]))
        ana = matched(stack, client, app)
        moved, bare, other, again = reasons(client, app, ana)
        kept(stack)
        refused(stack, app)
        mismatches(stack, client, {moved: ("moved@example.com", "moved@old.example"), bare: ("bare@example.com", None),
                                   other: ("other@example.com", "shared@example.com"), again: ("again@example.com", "shared@example.com")})
        many(stack)
        tap.equal(stack.verify().returncode, 0, "verify")


if __name__ == "__main__":
    main(test, fronts=("lighttpd",), seconds=120)
