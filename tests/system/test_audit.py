#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What is done in the console is told afterwards, to the account it was done in; and rosterctl says who may do it."""

import json

from console import Admin, admin, link, names, secret_of
from lib import events, group, is_error, main, tap, user
from stack import Stack


def refused(answer, status, code, name):
    return tap.ok(is_error(answer, status) == "" and answer.code == code, f"{name}: {code}", answer)


def commands(stack):
    for words in (("invite", "acme", "x@example.com", "--operator"), ("invite", "acme"), ("list",), ("list", "acme", "--operator"), ("remove", "--operator")):
        done = stack.ctl("console", *words, check=False)
        tap.equal(done.returncode, 2, "misused: console " + " ".join(words))
    done = stack.ctl("console", "invite", "acme", "x@example.com", check=False)
    tap.ok(done.returncode == 1 and "CONSOLE_URL" in done.stderr and "--url" in done.stderr, "a link needs an address", done.stderr)
    tap.equal(stack.ctl("console", "list", "acme").stdout, "", "and nobody was invited")
    stack.ctl("console", "invite", "acme", "Cy@example.com", "--url", "https://x")
    listed = [json.loads(line) for line in stack.ctl("console", "list", "acme", "--json").stdout.splitlines()]
    tap.equal([(a["email"], a["invited"], a["signedIn"]) for a in listed], [("Cy@example.com", True, None)], "who is invited is listed")
    stack.ctl("console", "remove", "acme", "CY@EXAMPLE.COM")
    tap.equal(stack.ctl("console", "list", "acme").stdout, "", "and removed, whatever the case")
    done = stack.ctl("console", "remove", "acme", "cy@example.com", check=False)
    tap.ok(done.returncode == 1 and "ADMIN_UNKNOWN" in done.stderr, "who is not there cannot be removed", done.stderr)


def judged(stack):
    """Whoever holds an invitation is told what is wrong with the password, before the code is looked at."""
    secret, guest = secret_of(link(stack, "acme", "guest@example.com")), Admin(stack)
    for password, code in (("password", "PASSWORD_POLICY"), ("guest@example.com", "PASSWORD_POLICY"), ("short", "PASSWORD_POLICY"),
                           ("with\u0001control", "PASSWORD_BAD_CHARACTER")):
        answer = guest.post("/invitation/accept", {"invitation": secret, "password": password, "code": "000000"})
        refused(answer, 400, code, repr(password))
    stack.ctl("console", "remove", "acme", "guest@example.com")


def told(stack, ana):
    """Newest first, also what was refused, with what was there before, and no secret."""
    token = ana.post("/tokens", {"name": "okta"}).json
    ana.patch("/policy", {"seat_limit": 50})
    ana.post("/roles", {"name": "Contractor", "base": "guest"})
    ana.post("/roles", {"name": "Contractor", "base": "guest"})
    ana.delete("/tokens/" + token["id"])
    ana.again().sign_in("acme", "000000")
    entries = ana.get("/audit?limit=7").json["entries"]
    tap.equal([(e["method"], e["path"], e["status"], e["code"]) for e in entries[:-1]],
              [("POST", "/api/v1/session", 401, "SIGN_IN_FAILED"), ("DELETE", "/api/v1/tokens/" + token["id"], 204, None),
               ("POST", "/api/v1/roles", 409, "ROLE_NAME_TAKEN"), ("POST", "/api/v1/roles", 201, None),
               ("PATCH", "/api/v1/policy", 200, None), ("POST", "/api/v1/tokens", 201, None)], "the audit has what was done")
    change = entries[4]
    tap.equal((change["body"], change["before"], change["admin"]["email"], change["address"]),
              ({"seat_limit": 50}, {"seat_limit": "none"}, ana.email, "127.0.0.1"), "what was asked, and what it was before")
    before = entries[1]["before"]
    tap.ok(before["name"] == "okta" and before["scopes"] == "scim" and "secret" not in before, "a token that is gone is told, without its secret", entries[1])
    everything, before = [], 0
    for _ in range(50):
        page = ana.get(f"/audit?limit=3&before={before}").json
        everything += page["entries"]
        before = page["next"]
        if before is None:
            break
    tap.equal([e["seq"] for e in everything], list(range(len(everything), 0, -1)), "page by page, all of it")
    text = json.dumps(everything)
    tap.ok(not any(s in text for s in (ana.password, token["secret"], ana.cookie, ana.csrf, ana.authenticator.at(ana.authenticator.last))),
           "no secret is in it", text)
    reader = stack.token("acme", "reader", ("scim", "events:read"))
    event = events(stack.port, reader)[-1]
    tap.equal((event["type"], event["actor"]), ("role.created", {"type": "admin", "id": ana.get("/session").json["admin"]["id"]}),
              "events say who it was")


def gone_for_good(stack, ana):
    """What something was before it was taken away: the entry is all that is left of it. White space hides nothing."""
    client = stack.client(stack.token("acme", "before"))
    who = client.post("/Users", user("ida")).json["id"]
    team = client.post("/Groups", group("Sales", [who])).json["id"]
    client.post("/Groups", group("Sales"))
    role = ana.post("/roles", {"name": "Freelancer", "base": "guest"}).json["id"]
    ana.post("/rules", {"team": team, "role": "viewer"})
    ana.post("/rules", {"role": "guest"})
    client.delete("/Users/" + client.post("/Users", user("gus")).json["id"])
    gus = ana.get("/deleted-users").json["users"][0]["id"]

    def before(method, path, body=None):
        answer = ana.request(method, path, body)
        entry = ana.get("/audit?limit=1").json["entries"][0]
        tap.ok(answer.status < 300 and entry["status"] == answer.status, f"{method} {path}", answer, entry)
        return entry["before"] or {}

    tap.equal(before("PATCH", f"/roles/{role}", {"name": "Lancer"}), {"name": "Freelancer"}, "a role that is renamed")
    tap.equal(before("DELETE", f"/roles/{role}?successor=viewer").get("name"), "Lancer", "a role that is removed")
    tap.equal(before("DELETE", f"/rules/{team}").get("displayName"), "Sales", "the rule of a team")
    tap.equal(before("DELETE", "/rules/everybody").get("role"), "guest", "the rule for everybody")
    tap.equal(before("POST", f"/teams/{team}/restore").get("count"), 0, "a team whose members are restored")
    tap.equal(before("DELETE", f"/deleted-users/{gus}").get("userName"), "gus@example.com", "a user who is purged")
    tap.equal(before("PATCH", "/account", {"name": "Acme Ltd"}), {"name": "acme"}, "the account's name")
    quiet = b'{"name":"quiet","scopes":"manage"' + b" " * 20000 + b"}"
    tap.equal(ana.request("POST", "/tokens", quiet, headers={"Content-Type": "application/json"}).status, 201, "much white space")
    tap.equal(ana.get("/audit?limit=1").json["entries"][0]["body"], {"name": "quiet", "scopes": "manage"}, "hides nothing")


def staff(stack, ana):
    """Their changes are in the audit of the account that they changed; what concerns none is in their own."""
    op = admin(stack, None, "op@example.com")
    session = op.get("/session").json
    tap.ok(session["account"] is None and session["admin"]["staff"], "staff are of no account", session)
    op.account = "acme"
    tap.equal(op.post("/roles", {"name": "By staff"}).status, 201, "they change the account they choose")
    entry = ana.get("/audit?limit=1").json["entries"][0]
    tap.ok(entry["path"] == "/api/v1/roles" and entry["admin"]["email"] == "op@example.com", "its admins see that", entry)
    op.account = None
    tap.equal(op.post("/accounts", {"slug": "gamma"}).status, 201, "they make accounts")
    entry = op.get("/audit?limit=1").json["entries"][0]
    tap.ok(entry["path"] == "/api/v1/accounts" and entry["body"] == {"slug": "gamma"}, "their own audit has that", entry)
    tap.equal(ana.get("/audit?limit=1").json["entries"][0]["path"], "/api/v1/roles", "and the account's has not")
    tap.equal(names(op.get("/console-admins"), "admins", "email"), ["op@example.com"], "who they are")
    tap.equal(names(ana.get("/console-admins"), "admins", "email"), [ana.email], "who the account's admins are")
    stack.ctl("console", "remove", "--operator", "op@example.com")
    refused(op.get("/accounts"), 401, "SESSION_ENDED", "who is removed is out at once")


def suspended(stack, ana):
    stack.ctl("account", "set", "acme", "status=suspended")
    tap.equal(ana.get("/policy").status, 200, "an admin of a suspended account reads it")
    refused(ana.post("/roles", {"name": "x"}), 403, "ACCOUNT_SUSPENDED", "and changes nothing")
    stack.ctl("account", "set", "acme", "status=active")
    tap.equal(ana.post("/roles", {"name": "x"}).status, 201, "until the operator ends that")


def gone(stack):
    stack.ctl("account", "add", "beta")
    bob = admin(stack, "beta", "bob@example.com")
    mixed = Admin(stack, cookie=bob.cookie.replace(bob.cookie.partition(".")[0], "1", 1))
    refused(mixed.get("/users"), 401, "SESSION_ENDED", "a cookie with another account's number")
    stack.client(stack.token("beta")).post("/Users", user("eva"))
    stack.ctl("account", "remove", "beta", "--yes")
    refused(bob.get("/session"), 401, "SESSION_ENDED", "a session ends with its account")


def test(front):
    with Stack(front) as stack:
        stack.ctl("account", "add", "acme")
        commands(stack)
        judged(stack)
        ana = admin(stack, "acme", "ana@example.com")
        told(stack, ana)
        gone_for_good(stack, ana)
        staff(stack, ana)
        suspended(stack, ana)
        gone(stack)
        tap.equal(stack.verify().returncode, 0, "verify")


if __name__ == "__main__":
    main(test, fronts=("lighttpd", "apache-proxy"))
