#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
The console without a browser: its files as the web servers hand them out, and what a session allows and refuses on its way
through them.
"""

import json
import os
import re

from console import PASSWORD, Admin, admin
from lib import Client, group, is_error, main, raw, tap, user
from stack import TOP, Stack

FRONTS = ("lighttpd", "lighttpd-spawn", "apache-fcgid", "apache-proxy", "apache-htaccess")
TYPES = {"css": "text/css; charset=utf-8", "html": "text/html; charset=utf-8", "js": "text/javascript; charset=utf-8",
         "svg": "image/svg+xml"}
HEADERS = {
    "Content-Security-Policy":
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'none'; "
        "base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
    "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin", "Cache-Control": "no-cache", "Strict-Transport-Security": None,
}
HIDDEN = "# must not be seen\n"
ANOTHER = "https://evil.example"


# --- the files ---

def files():
    folder = os.path.join(TOP, "console")
    for name in sorted(os.listdir(folder)):
        if name != "module.am":
            with open(os.path.join(folder, name), "rb") as f:
                yield name, f.read()


def headers_of(answer):
    return {name: answer.header(name) for name in HEADERS}


def serving(stack, mount):
    client = Client(stack.port)
    for name, content in files():
        answer = client.get(f"={mount}/console/{name}")
        tap.ok(answer.status == 200 and answer.body == content, f"{name} is handed out as it stands", answer)
        tap.equal((answer.header("Content-Type") or "").replace("; ", ";").lower(), TYPES[name.rpartition(".")[2]].replace("; ", ";"),
                  f"{name}: its type")
        tap.equal(headers_of(answer), HEADERS, f"{name}: its headers")
        known = client.get(f"={mount}/console/{name}", headers={"If-None-Match": answer.header("ETag") or "none"})
        tap.ok(known.status == 304 and known.body == b"", f"{name} is not sent again to who has it", known)
    index = dict(files())["index.html"]
    for path in ("/console/", "/console/?view=log&failed=true", "/console/?view=x%20y%2f..&%c3", "/console/index.html"):
        answer = client.get("=" + mount + path)
        tap.ok(answer.status == 200 and answer.body == index and headers_of(answer) == HEADERS, f"{path} is the page", answer)
    answer = client.request("HEAD", f"={mount}/console/")
    tap.ok(answer.status == 200 and headers_of(answer) == HEADERS, "HEAD has the same headers", answer)
    answer = client.get(f"={mount}/console")
    tap.ok(answer.status == 301 and re.fullmatch(rf"(http://[^/]+)?{mount}/console/", answer.header("Location") or ""),
           "without the slash it leads there", answer)


def hiding(stack, mount):
    """What is no file of the console is not there, whatever lies in the folder or beside it."""
    client = Client(stack.port)
    folder = stack.path("www/roster/console") if mount else stack.path("console")
    for name in (".htaccess", ".hidden.js", "notes.txt", "backup.js~", "UPPER.JS"):
        with open(os.path.join(folder, name), "w", encoding="ascii") as f:
            f.write(HIDDEN)
    os.mkdir(os.path.join(folder, "folder"))
    with open(os.path.join(folder, "folder", "x.js"), "w", encoding="ascii") as f:
        f.write(HIDDEN)
    for path in ("/console/.htaccess", "/console/.hidden.js", "/console/notes.txt", "/console/backup.js~", "/console/UPPER.JS",
                 "/console/module.am", "/console/folder", "/console/folder/", "/console/folder/x.js", "/console/none.js",
                 "/console/index.html/", "/console/index.html/x.js", "/console/%2e%2e/roster.conf", "/console/..%2froster.conf",
                 "/console/%2e/", "/consolex", "/console/x/../../roster.conf", "/console/%2ehidden.js", "/console/console.css%00.js"):
        answer = client.get("=" + mount + path)
        good = answer.status in (400, 403, 404) or path == "/console/%2e/" and answer.status == 200
        tap.ok(good and HIDDEN.encode() not in answer.body and b"[server]" not in answer.body, f"{path}: {answer.status}", answer)
    answer = raw(stack.port, f"GET {mount}/console/../../roster.conf HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    tap.ok(answer.status in (400, 403, 404), f"../../roster.conf: {answer.status}", answer)
    if not mount:
        answer = client.get("=/console/none.js")
        tap.equal(is_error(answer, 404), "", "what is not there is an error as everywhere", answer)
    for method in ("POST", "PUT", "DELETE"):
        answer = client.request(method, f"={mount}/console/index.html", b"x")
        # Apache gives a file to whoever POSTs to it.
        tap.ok(answer.status >= 400 or method == "POST" and answer.status == 200, f"{method} changes nothing: {answer.status}", answer)
    tap.equal(client.get(f"={mount}/console/index.html").body, dict(files())["index.html"], "the page is as it was")


def answers_as_before(stack, mount):
    answer = Client(stack.port).get(f"={mount}/api/v1/errors")
    want = dict.fromkeys(HEADERS)
    want.update({"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"})
    tap.equal(headers_of(answer), want, "the API has its own headers and none of the console's")


def strict_transport(front):
    """Where TLS ends here, or in front of here by what the web server believes, browsers are told to stay with it."""
    with Stack(front, workers=1) as stack:
        stack.stop_process(stack.web, "the web server")
        with open(stack.path("front.conf"), encoding="utf-8") as f:
            conf = f.read()
        if front == "lighttpd":
            conf += 'server.modules += ( "mod_extforward" )\nextforward.forwarder = ( "127.0.0.1" => "trust" )\n'
        else:
            conf = re.sub(r"(<VirtualHost .*\n)", r"\1  ServerName https://localhost\n", conf)
        stack.start_web(conf)
        stack.wait_ready()
        secure = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.1"}
        answer = Client(stack.port).get("=/console/", headers=secure)
        tap.equal(headers_of(answer), dict(HEADERS, **{"Strict-Transport-Security": "max-age=31536000"}),
                  "with https the same headers, and HSTS")
        answer = Client(stack.port).get("=/api/v1/errors", headers=secure)
        tap.equal(answer.header("Strict-Transport-Security"), None, "the API's answers are as they were")


# --- sessions ---

def refused(answer, status, code, name):
    return tap.ok(is_error(answer, status) == "" and answer.code == code, f"{name}: {code}", answer)


def passing(stack, mount):
    """What a page sends arrives, and the cookie goes back. What else a session may: see test_session.py."""
    ana, olga = Admin(stack, "desk", "ana@example.com"), admin(stack, None, "olga@operator.example")
    tap.equal(ana.link.partition("#")[0], f"http://127.0.0.1:{stack.port}{mount}/console/?view=welcome", "an invitation leads to the page")
    answer = ana.accept()
    tap.ok(answer.status == 201 and ana.cookie and ana.csrf, "the session's cookie arrives", answer)
    tap.equal(answer.header("Set-Cookie").partition(";")[2], " Path=/; Secure; HttpOnly; SameSite=Strict", "as it was given")
    tap.equal(answer.header("Cache-Control"), "no-store", "and is kept by nobody")
    made = ana.post("/tokens", {"name": "okta"})
    tap.equal(made.status, 201, "origin, cookie and the session's token arrive", made)
    for headers, code in (({"Origin": ANOTHER}, "ORIGIN_FOREIGN"), ({"Origin": None}, "ORIGIN_FOREIGN"), ({"X-CSRF-Token": None}, "CSRF_TOKEN"),
                          ({"Origin": ana.origin.replace("127.0.0.1", "127.0.0.1@evil.example")}, "ORIGIN_FOREIGN"),
                          ({"Origin": ANOTHER, "Content-Type": "text/plain", "X-CSRF-Token": None}, "ORIGIN_FOREIGN")):
        refused(ana.post("/tokens", {"name": "forged"}, headers=headers), 403, code, f"a token by {headers}")
    tap.ok(b"forged" not in ana.get("/tokens").body, "none of them was made")
    told = ana.get("/audit?limit=100")
    tap.ok(made.json["secret"] not in told.body.decode() and ["/api/v1/tokens", 201] in [[e["path"], e["status"]] for e in told.json["entries"]],
           "the audit has the one that was, without itself", told)
    for slug in ("desk", "other"):
        olga.chosen = slug
        tap.equal(olga.get("/account").json["slug"], slug, f"the operator's staff choose the account {slug}")
    answer = ana.delete("/session")
    tap.ok(answer.status == 204 and ana.cookie is None, "signing out takes the cookie away", answer)


def separating(stack):
    """An account's admin reads and changes nothing of another."""
    ana = admin(stack, "desk", "ben@example.com")
    scim = stack.client(stack.token("other", "theirs"))
    there = scim.post("/Users", user("eva")).json["id"]
    team = scim.post("/Groups", group("Theirs")).json["id"]
    token = json.loads(stack.ctl("token", "list", "other", "--json").stdout.splitlines()[0])["id"]
    for path in ("/account", "/policy", "/seats", "/roles", "/users", "/teams", "/tokens", "/log", "/audit", "/events", "/overview", "/refusals", "/console-admins"):
        refused(ana.get(path, headers={"Roster-Account": "other"}), 404, "ACCOUNT_UNKNOWN", f"GET {path} of another account, by name")
        answer = ana.get(path)
        tap.ok(answer.status == 200 and b"eva@" not in answer.body and b'"other"' not in answer.body, f"GET {path} has nothing of it", answer)
    for method, path in (("GET", "/users/{there}"), ("POST", "/users/{there}/protect"), ("GET", "/teams/{team}"), ("POST", "/teams/{team}/restore"),
                         ("DELETE", "/tokens/{token}"), ("POST", "/deleted-users/{there}/restore"), ("DELETE", "/deleted-users/{there}")):
        answer = ana.request(method, path.format(there=there, team=team, token=token))
        tap.equal(is_error(answer, 404), "", f"{method} {path} of another account", answer)
    for path in ("/accounts", "/accounts/other", "/accounts/other/tokens", "/overviews", "/people?email=eva@example.com"):
        refused(ana.get(path), 403, "AUTH_SCOPE", f"GET {path} is the operator's")
    tap.equal(scim.get("/Users/" + there).status, 200, "its token is good, its people are there")


def provisioning(stack):
    """Whatever an identity provider sends makes nobody a console admin, and unmakes nobody."""
    ana = admin(stack, "desk", "carl@example.com")
    scim = stack.client(stack.token("desk", "provisioning"))
    made = scim.post("/Users", user("boss", userType="admin", password=PASSWORD, roles=[{"value": "admin", "primary": True}],
                                    entitlements=[{"value": "console"}]))
    tap.equal(made.status, 201, "an admin of the application is provisioned", made)
    listed = stack.ctl("console", "list", "desk").stdout
    tap.ok("boss@" not in listed and "carl@" in listed, "and is no admin of the console", listed)
    boss = ana.again()
    boss.email = "boss@example.com"
    refused(boss.sign_in("123456"), 401, "SIGN_IN_FAILED", "nor can he sign in with the password that was provisioned")
    carl = scim.post("/Users", user("carl")).json["id"]
    scim.patch("/Users/" + carl, [{"op": "replace", "value": {"active": False}}])
    scim.delete("/Users/" + carl)
    tap.equal(ana.get("/session").status, 200, "a user of an admin's address who is deleted ends no session")


def guessing(stack):
    dan = admin(stack, "desk", "dan@example.com")
    code = dan.recovery[0]
    tap.equal(dan.again().sign_in(code).status, 201, "a recovery code signs in")
    refused(dan.again().sign_in(code), 401, "SIGN_IN_FAILED", "once")
    answers = [dan.again().sign_in("000000") for _ in range(12)]
    last = answers[-1]
    tap.ok({a.code for a in answers} == {"SIGN_IN_FAILED", "RATE_LIMITED"} and last.status == 429 and (last.header("Retry-After") or "").isdigit(),
           "who guesses must wait", [a.status for a in answers], last)
    refused(dan.again().sign_in(dan.recovery[1]), 429, "RATE_LIMITED", "even with a code that is right")
    tap.equal(dan.get("/session").status, 200, "who is signed in stays so")


# --- time ---

def ended(who, name):
    return refused(who.get("/session"), 401, "SESSION_ENDED", name)


def later(stack):
    """Five minutes after signing in a token is not made without asking again; a quarter of an hour without use ends the session."""
    if not stack.has_clock:
        tap.skip("when a session ends", "there is no libfaketime, or it cannot be loaded beside the sanitizers")
        return
    tim, quiet = admin(stack, "desk", "tim@example.com"), admin(stack, "desk", "quiet@example.com")
    tap.equal(tim.post("/tokens", {"name": "early"}).status, 201, "at once a token is made")
    stack.move_clock(290)
    tap.equal(tim.post("/tokens", {"name": "still"}).status, 201, "after 290 s too")
    stack.move_clock(310)
    tap.equal(tim.get("/tokens").status, 200, "after 310 s tokens are read")
    for method, path, body in (("POST", "/tokens", {"name": "late"}), ("PATCH", "/policy", {"restore_days": 10}), ("PATCH", "/account", {"name": "x"}),
                               ("POST", "/rules", {"team": None, "role": "viewer"}), ("DELETE", "/tokens/00000000-0000-4000-8000-000000000000", None)):
        refused(tim.request(method, path, body), 403, "CONFIRM_REQUIRED", f"{method} {path.split('/00')[0]}")
    tap.equal(tim.confirm().status, 200, "Tim confirms")
    tap.equal(tim.post("/tokens", {"name": "late"}).status, 201, "and it is made")
    stack.move_clock(600)
    tap.equal(tim.get("/session").status, 200, "Tim looks at a page")
    tap.equal(quiet.get("/session", headers={"Roster-Background": "1"}).status, 200, "an open page asks by itself")
    stack.move_clock(1000)
    tap.equal(tim.get("/session").status, 200, "less than 15 minutes after that Tim is signed in")
    ended(quiet, "more than 15 minutes after somebody was there last")
    stack.move_clock(1000 + 910)
    ended(tim, "and 15 minutes later")


def test(front):
    with Stack(front, workers=2) as stack:
        mount = stack.base.replace("/scim/v2", "")
        stack.account("desk", passwords="on")
        stack.account("other")
        serving(stack, mount)
        hiding(stack, mount)
        answers_as_before(stack, mount)
        passing(stack, mount)
        if front == "lighttpd":
            separating(stack)
            provisioning(stack)
            guessing(stack)
            later(stack)
        tap.equal(stack.verify().returncode, 0, "rosterctl verify is content")
    if front in ("lighttpd", "apache-proxy"):
        strict_transport(front)


if __name__ == "__main__":
    main(test, FRONTS, seconds=300)
