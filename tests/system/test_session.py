#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
Signing in to the console, and what a session may: who is not signed in, another account's admin, and another site's page get
nowhere; what takes something away asks again who one is; and whatever was done is in the audit.
"""

import json
import re

from console import COOKIE, Admin
from lib import Client, events, is_error, main, tap, user
from stack import Stack


def refused(answer, status, code, name):
    return tap.ok(is_error(answer, status) == "" and answer.code == code, f"{name}: {code}", answer)


def invitation(stack, ana):
    tap.ok(re.fullmatch(r"http://127\.0\.0\.1:\d+(/roster)?/console/\?view=welcome#\d+\.[\w-]{43}", ana.link), "invite prints a link alone", ana.link)
    offer = ana.ask("POST", "/invitation", {"invitation": ana.invitation})
    tap.ok(offer.status == 200 and offer.json["email"] == ana.email and offer.json["account"]["slug"] == "acme", "the invitation says whose it is", offer)
    tap.ok(offer.json["uri"].startswith("otpauth://totp/") and offer.json["secret"] in offer.json["uri"], "and what an authenticator reads", offer)
    rows = offer.json["qr"]
    tap.ok(len(rows) >= 21 and all(len(r) == len(rows) and not set(r) - {"0", "1"} for r in rows) and rows[0].startswith("1111111"),
           "also as a QR code", rows)
    refused(ana.ask("POST", "/invitation", {"invitation": ana.invitation}, Origin=None), 403, "ORIGIN_FOREIGN", "without a page")
    refused(ana.ask("POST", "/invitation", {"invitation": ana.invitation[:-1] + "_"}), 404, "INVITATION_UNKNOWN", "another invitation")
    refused(ana.ask("POST", "/invitation/accept", {"invitation": ana.invitation, "password": "password", "code": "000000"}), 400, "PASSWORD_POLICY",
            "a common password")
    refused(ana.ask("POST", "/invitation/accept", {"invitation": ana.invitation, "password": ana.password, "code": "00000x"}), 400, "CODE_WRONG",
            "a wrong code")
    welcome = ana.accept()
    tap.ok(welcome.status == 201 and len(set(welcome.json["recoveryCodes"])) == 10, "taking it gives ten recovery codes", welcome)
    words = [w.strip() for w in welcome.header("Set-Cookie").split(";")]
    tap.ok(words[0].startswith(COOKIE + "=") and sorted(words[1:]) == ["HttpOnly", "Path=/", "SameSite=Strict", "Secure"], "and the cookie", words)
    tap.equal(ana.ask("GET", "/session").json["admin"], {"id": welcome.json["session"]["admin"]["id"], "email": ana.email, "staff": False},
              "who is signed in")
    refused(ana.ask("POST", "/invitation", {"invitation": ana.invitation}), 404, "INVITATION_UNKNOWN", "taken twice")


def signing_in(stack, ana):
    first = ana.cookie
    out = ana.ask("DELETE", "/session")
    tap.ok(out.status == 204 and "Max-Age=0" in out.header("Set-Cookie") and ana.cookie is None, "signing out", out)
    refused(ana.ask("GET", "/session", Cookie=f"{COOKIE}={first}"), 401, "SESSION_ENDED", "the old cookie")
    refused(ana.ask("GET", "/users"), 401, "AUTH_MISSING", "no cookie and no token")
    refused(ana.ask("GET", "/session"), 401, "SESSION_MISSING", "no cookie where only a session opens")
    used = ana.authenticator.at(ana.authenticator.last)
    refused(ana.sign_in(code=used), 401, "SIGN_IN_FAILED", "a code that was used already")
    fixed = "1." + "A" * 43
    ana.cookie = fixed
    answer = ana.sign_in()
    tap.ok(answer.status == 201 and ana.cookie not in (fixed, first), "a cookie that was there before is not kept", answer)
    refused(ana.ask("GET", "/session", Cookie=f"{COOKIE}={fixed}"), 401, "SESSION_ENDED", "and opens nothing")
    told = ana.ask("GET", "/session").json
    tap.ok(told["csrf"] == ana.csrf and told["recoveryCodes"] == 10 and told["account"] == {"slug": "acme", "name": "acme"}, "the session", told)
    other = Admin(stack, "acme", ana.email)
    other.cookie = None
    for body in ({"account": "acme", "email": "eve@example.com"}, {"account": "nobody", "email": ana.email}, {"account": "acme", "email": ana.email},
                 {"email": ana.email}, {"account": "beta", "email": ana.email}):
        answer = other.ask("POST", "/session", {**body, "password": "not the password", "code": "000000"})
        refused(answer, 401, "SIGN_IN_FAILED", f"{sorted(body.items())}")
    refused(other.ask("POST", "/session", {"account": "acme", "email": ana.email, "password": ana.password, "code": "000000"}, Origin="https://evil.example"),
            403, "ORIGIN_FOREIGN", "another site's page signs nobody in")


def forged(ana, bob):
    body = {"title": "x"}
    good = ana.csrf
    for name, headers, code in (("no Origin", {"Origin": None}, "ORIGIN_FOREIGN"), ("another site", {"Origin": "https://evil.example"}, "ORIGIN_FOREIGN"),
                                ("no site", {"Origin": "null"}, "ORIGIN_FOREIGN"), ("a longer host", {"Origin": ana.origin + ".evil.example"}, "ORIGIN_FOREIGN"),
                                ("another port", {"Origin": "http://127.0.0.1:1"}, "ORIGIN_FOREIGN"),
                                ("no token", {"X_CSRF_Token": None}, "CSRF_TOKEN"), ("another session's token", {"X_CSRF_Token": bob.csrf}, "CSRF_TOKEN"),
                                ("a token cut off", {"X_CSRF_Token": good[:-1]}, "CSRF_TOKEN")):
        for method, path, sent in (("POST", "/roles", {"name": name}), ("PATCH", "/policy", body), ("DELETE", "/session", None)):
            refused(ana.ask(method, path, sent, **headers), 403, code, f"{name}: {method} {path}")
    tap.equal(ana.ask("GET", "/session", Origin="https://evil.example").status, 200, "reading needs neither")
    scim = Client(ana.client.port)
    answer = scim.get("/Users", headers={"Cookie": f"{COOKIE}={ana.cookie}"})
    refused(answer, 401, "AUTH_MISSING", "SCIM takes no session")


def across(stack, ana, bob):
    """Neither account's admin sees the other's."""
    made = stack.client(stack.token("beta")).post("/Users", user("secret")).json["id"]
    refused(ana.ask("GET", "/users/" + made), 404, "RESOURCE_NOT_FOUND", "another account's user")
    tap.equal(ana.ask("GET", "/users").json["users"], [], "nor in a list")
    refused(ana.ask("GET", "/users", Roster_Account="beta"), 404, "ACCOUNT_UNKNOWN", "nor by naming the account")
    for method, path in (("GET", "/accounts"), ("GET", "/accounts/beta"), ("DELETE", "/accounts/beta?confirm=beta")):
        refused(ana.ask(method, path), 403, "AUTH_SCOPE", f"{method} {path} is the operator's")
    mixed = f"{bob.cookie.partition('.')[0]}.{ana.cookie.partition('.')[2]}"
    refused(ana.ask("GET", "/users", Cookie=f"{COOKIE}={mixed}"), 401, "SESSION_ENDED", "a cookie with the other account's number")


def confirming(stack, ana):
    """What a session that was not confirmed may not: made old in the store's own terms, it waits five minutes, so a new session is compared."""
    token = ana.ask("POST", "/tokens", {"name": "okta"})
    tap.ok(token.status == 201 and token.json["secret"], "who has just signed in makes a token", token)
    before, csrf = ana.cookie, ana.csrf
    refused(ana.confirm(code="000000"), 401, "SIGN_IN_FAILED", "confirming with a wrong code")
    answer = ana.confirm()
    tap.ok(answer.status == 200 and ana.cookie != before and ana.csrf != csrf, "confirming gives another cookie", answer)
    refused(ana.ask("GET", "/session", Cookie=f"{COOKIE}={before}"), 401, "SESSION_ENDED", "and ends the old one")
    return token.json


def audit(ana, token):
    ana.ask("PATCH", "/policy", {"seat_limit": 50})
    ana.ask("POST", "/roles", {"name": "Contractor", "base": "guest"})
    ana.ask("POST", "/roles", {"name": "Contractor", "base": "nonsense"})
    ana.ask("DELETE", "/tokens/" + token["id"])
    page = ana.ask("GET", "/audit?limit=4").json
    told = [(e["method"], e["path"], e["status"], e["code"]) for e in page["entries"]]
    tap.equal(told[:2] + told[3:], [("DELETE", "/api/v1/tokens/" + token["id"], 204, None), ("POST", "/api/v1/roles", page["entries"][1]["status"], page["entries"][1]["code"]),
                                    ("PATCH", "/api/v1/policy", 200, None)], "the audit has what was done, newest first")
    tap.ok(page["entries"][1]["status"] >= 400 and page["entries"][1]["code"], "also what was refused", page)
    change = page["entries"][3]
    tap.ok(change["body"] == {"seat_limit": 50} and "seat_limit" in change["before"] and change["before"]["seat_limit"] != "50" and
           change["admin"]["email"] == ana.email and change["address"] == "127.0.0.1", "with what was there before", change)
    tap.equal(page["next"], page["entries"][-1]["seq"], "and goes on")
    everything, before = [], 0
    for _ in range(50):
        page = ana.ask("GET", f"/audit?limit=3&before={before}").json
        everything += page["entries"]
        before = page["next"]
        if before is None:
            break
    tap.equal([e["seq"] for e in everything], list(range(len(everything), 0, -1)), "page by page, all of it")
    text = json.dumps(everything)
    tap.ok(ana.password not in text and token["secret"] not in text and ana.cookie not in text and ana.csrf not in text, "no secret is in it")
    tap.ok(any(e["code"] == "SIGN_IN_FAILED" for e in everything), "who tried to sign in is")


def actor(stack, ana):
    reader = stack.token("acme", "reader", ("scim", "events:read"))
    told = events(stack.port, reader)[-1]
    me = ana.ask("GET", "/session").json["admin"]["id"]
    tap.equal((told["type"], told["actor"]), ("role.created", {"type": "admin", "id": me}), "events say who it was")


def staff(stack):
    op = Admin(stack, None, "op@example.com")
    tap.equal(op.accept().status, 201, "staff of the operator take an invitation")
    tap.ok(op.ask("GET", "/session").json["account"] is None and op.ask("GET", "/session").json["admin"]["staff"], "they are of no account")
    tap.equal(sorted(a["slug"] for a in op.ask("GET", "/accounts").json["accounts"]), ["acme", "beta"], "and see all")
    refused(op.ask("GET", "/users"), 400, "ACCOUNT_NOT_CHOSEN", "users of none")
    op.chosen = "beta"
    tap.equal([u["userName"] for u in op.ask("GET", "/users").json["users"]], ["secret@example.com"], "users of the account they choose")
    tap.equal(op.ask("POST", "/roles", {"name": "By staff"}).status, 201, "which they may change")
    entry = op.ask("GET", "/audit?limit=1").json["entries"][0]
    tap.ok(entry["path"] == "/api/v1/roles" and entry["admin"]["email"] == "op@example.com", "the account's audit has that", entry)
    op.chosen = "gone"
    refused(op.ask("GET", "/users"), 404, "ACCOUNT_UNKNOWN", "an account that is not there")
    op.chosen = None
    tap.equal(op.ask("POST", "/accounts", {"slug": "gamma"}).status, 201, "they make accounts")
    entry = op.ask("GET", "/audit?limit=1").json["entries"][0]
    tap.ok(entry["path"] == "/api/v1/accounts" and entry["body"] == {"slug": "gamma"}, "their own audit has that", entry)
    tap.equal([a["email"] for a in op.ask("GET", "/console-admins").json["admins"]], ["op@example.com"], "and who they are")
    stack.ctl("console", "remove", "--operator", "op@example.com")
    refused(op.ask("GET", "/accounts"), 401, "SESSION_ENDED", "who is removed is out at once")


def suspended(stack, ana):
    stack.ctl("account", "set", "acme", "status=suspended")
    tap.equal(ana.ask("GET", "/policy").status, 200, "an admin of a suspended account reads it")
    refused(ana.ask("POST", "/roles", {"name": "x"}), 403, "ACCOUNT_SUSPENDED", "and changes nothing")
    stack.ctl("account", "set", "acme", "status=active")
    tap.equal(ana.ask("POST", "/roles", {"name": "x"}).status, 201, "until the operator ends that")


def removed(stack, ana, bob):
    listed = [json.loads(line) for line in stack.ctl("console", "list", "acme", "--json").stdout.splitlines()]
    tap.equal([(a["email"], a["invited"]) for a in listed], [(ana.email, False)], "rosterctl lists admins", listed)
    stack.ctl("console", "remove", "acme", ana.email.upper())
    refused(ana.ask("GET", "/session"), 401, "SESSION_ENDED", "a session ends with its admin")
    refused(ana.sign_in(), 401, "SIGN_IN_FAILED", "who does not come back")
    done = stack.ctl("console", "remove", "acme", ana.email, check=False)
    tap.ok(done.returncode == 1 and "ADMIN_UNKNOWN" in done.stderr, "who is not there cannot be removed", done.stderr)
    stack.ctl("account", "remove", "beta", "--yes")
    refused(bob.ask("GET", "/session"), 401, "SESSION_ENDED", "a session ends with its account")


def misuse(stack):
    for words in (("invite", "acme", "x@example.com", "--operator"), ("invite", "acme"), ("list",), ("list", "acme", "--operator"), ("remove", "--operator")):
        done = stack.ctl("console", *words, check=False)
        tap.equal(done.returncode, 2, "misused: console " + " ".join(words))
    done = stack.ctl("console", "invite", "acme", "x@example.com", check=False)
    tap.ok(done.returncode == 1 and "CONSOLE_URL" in done.stderr and "--url" in done.stderr, "a link needs an address", done.stderr)
    tap.equal(stack.ctl("console", "list", "acme").stdout, "", "and nobody was invited")


def test(front):
    with Stack(front) as stack:
        for slug in ("acme", "beta"):
            stack.ctl("account", "add", slug)
        misuse(stack)
        ana, bob = Admin(stack, "acme", "ana@example.com"), Admin(stack, "beta", "bob@example.com")
        invitation(stack, ana)
        tap.equal(bob.accept().status, 201, "another account has an admin")
        signing_in(stack, ana)
        forged(ana, bob)
        across(stack, ana, bob)
        audit(ana, confirming(stack, ana))
        actor(stack, ana)
        staff(stack)
        suspended(stack, ana)
        removed(stack, ana, bob)
        tap.equal(stack.verify().returncode, 0, "verify")


if __name__ == "__main__":
    main(test)
