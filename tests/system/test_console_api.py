#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
The console without a browser: its files as the web servers hand them out, and what a session allows and refuses on its way
through them.
"""

import json
import os
import re

from console import COOKIE, PASSWORD, Admin, admin, link, secret_of
from lib import Client, is_error, main, raw, tap, user
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


def flags_of(answer):
    parts = [p.strip() for p in (answer.header("Set-Cookie") or "").split(";")]
    return parts[0].partition("=")[0], sorted(p.lower() for p in parts[1:])


def ended(who, name):
    return refused(who.get("/session"), 401, "SESSION_ENDED", name)


def inviting(stack, mount):
    """From the link to a session; the admin."""
    address = link(stack, "desk", "ana@example.com")
    tap.ok(re.fullmatch(rf"http://127\.0\.0\.1:{stack.port}{mount}/console/\?view=welcome#[\w.-]{{40,}}", address), "the link", address)
    secret, ana = secret_of(address), Admin(stack)
    refused(ana.get("/session"), 401, "SESSION_MISSING", "nobody is signed in yet")
    for origin, what in ((None, "without an origin"), (ANOTHER, "from another site"), ("null", "from nowhere"),
                         (ana.origin + ".evil.example", "from a site that is called alike"),
                         (ana.origin.replace("127.0.0.1", "127.0.0.1@evil.example"), "from a site that hides it")):
        for path in ("/invitation", "/invitation/accept", "/session"):
            body = {"invitation": secret, "password": PASSWORD, "code": "000000"}
            body = {"account": "desk", "email": "x@example.com", "password": "x", "code": "1"} if path == "/session" else \
                {"invitation": secret} if path == "/invitation" else body
            refused(ana.post(path, body, headers={"Origin": origin}), 403, "ORIGIN_FOREIGN", f"{path} {what}")
    refused(ana.post("/invitation", {"invitation": secret[:-3] + "AAA"}), 404, "INVITATION_UNKNOWN", "another link")
    told = ana.post("/invitation", {"invitation": secret})
    tap.ok(told.status == 200 and told.json["email"] == "ana@example.com" and told.json["account"]["slug"] == "desk" and
           told.json["uri"].startswith("otpauth://totp/") and "secret=" + told.json["secret"] in told.json["uri"],
           "an invitation tells whose it is, and the second factor", told)
    tap.ok(len({len(row) for row in told.json["qr"]} | {len(told.json["qr"])}) == 1, "the QR code is a square", told)
    wrong = {"invitation": secret, "password": PASSWORD, "code": "000000"}
    refused(ana.post("/invitation/accept", wrong), 400, "CODE_WRONG", "a code that is wrong")
    # Fixation: what a stranger has planted is not what is signed in.
    ana.cookie = planted = "p" * 43
    answer = ana.accept(secret)
    tap.equal(answer.status, 201, "the invitation is taken", answer)
    tap.ok(ana.cookie not in (None, planted), "by a cookie of its own, not the one that came")
    ended(Admin(stack, cookie=planted), "the planted one opens nothing")
    tap.equal(flags_of(answer), (COOKIE, sorted(["path=/", "secure", "httponly", "samesite=strict"])), "the cookie is for this host, https, no script and no other site")
    tap.equal(answer.header("Cache-Control"), "no-store", "and is kept by nobody")
    refused(ana.post("/invitation", {"invitation": secret}), 404, "INVITATION_UNKNOWN", "the link is good once")
    tap.ok(ana.get("/session").json["admin"]["email"] == "ana@example.com", "Ana is signed in")
    return ana


def forging(stack, ana):
    """Every change needs our origin and the session's own token."""
    before = ana.get("/tokens").body
    other = admin(stack, "desk", "carl@example.com")
    body = {"name": "forged"}
    for headers, code, what in (
            ({"X-CSRF-Token": None}, "CSRF_TOKEN", "no token"), ({"X-CSRF-Token": ""}, "CSRF_TOKEN", "an empty token"),
            ({"X-CSRF-Token": other.csrf}, "CSRF_TOKEN", "the token of another session"),
            ({"X-CSRF-Token": ana.csrf[:-1]}, "CSRF_TOKEN", "a part of the token"),
            ({"Origin": ANOTHER}, "ORIGIN_FOREIGN", "another origin"), ({"Origin": None}, "ORIGIN_FOREIGN", "no origin"),
            ({"Origin": "null"}, "ORIGIN_FOREIGN", "the origin null"),
            ({"Origin": f"http://127.0.0.1:{stack.port + 1}"}, "ORIGIN_FOREIGN", "another port"),
            ({"Origin": ANOTHER, "Content-Type": "text/plain", "X-CSRF-Token": None}, "ORIGIN_FOREIGN", "a form of another site")):
        refused(ana.post("/tokens", body, headers=headers), 403, code, f"POST with {what}")
        refused(ana.delete("/session", headers=dict(headers)), 403, code, f"DELETE with {what}")
    tap.equal(ana.get("/tokens").body, before, "none of them made anything")
    tap.ok(ana.get("/session").status == 200, "nor signed anybody out")
    made = ana.post("/tokens", {"name": "okta"})
    tap.ok(made.status == 201 and made.json["secret"], "the console's own request makes a token", made)
    told = ana.get("/audit?limit=1")
    entry = told.json["entries"][0]
    tap.ok(entry["admin"]["email"] == ana.email and (entry["method"], entry["path"], entry["status"]) == ("POST", "/api/v1/tokens", 201) and
           entry["body"] == {"name": "okta"} and made.json["secret"] not in told.body.decode(), "which is told, without the token", told)
    bare = Client(stack.port, base=ana.base.replace("/api/v1", "/scim/v2"))
    answer = bare.get("/Users", headers={"Cookie": f"{COOKIE}={ana.cookie}"})
    refused(answer, 401, "AUTH_MISSING", "SCIM does not know the cookie")
    answer = ana.get("/tokens", headers={"Authorization": "Bearer nonsense"})
    tap.ok(answer.status == 401, "a token that is wrong is not made good by a cookie", answer)


def renewing(stack, ana):
    """Signing in and confirming give a new cookie, and the old one is over."""
    elsewhere = ana.again()
    elsewhere.cookie = ana.cookie
    code = ana.authenticator.code()
    tap.equal(elsewhere.sign_in("desk", code).status, 201, "Ana signs in at another machine")
    tap.ok(elsewhere.cookie != ana.cookie and elsewhere.csrf != ana.csrf, "with a cookie of its own, though she sent one")
    refused(elsewhere.again().sign_in("desk", code), 401, "SIGN_IN_FAILED", "the same code again")
    for change, what in (({"email": "eva@example.com"}, "nobody"), ({"password": "wrong"}, "a wrong password"),
                         ({"account": "none"}, "no account"), ({"account": "other"}, "another account"), ({"code": "000000"}, "a wrong code")):
        guest = Admin(stack)
        body = {"account": "desk", "email": ana.email, "password": ana.password, "code": "123456"}
        answer = guest.post("/session", dict(body, **change))
        tap.ok(refused(answer, 401, "SIGN_IN_FAILED", f"signing in with {what}") and guest.cookie is None, "and no cookie")
    old = elsewhere.again()
    old.cookie, old.csrf = elsewhere.cookie, elsewhere.csrf
    tap.equal(elsewhere.confirm().status, 200, "Ana confirms that it is her")
    tap.ok(elsewhere.cookie != old.cookie and elsewhere.csrf != old.csrf, "the session goes on with another cookie and token")
    ended(old, "the cookie of before")
    refused(elsewhere.post("/tokens", {"name": "x"}, headers={"X-CSRF-Token": old.csrf}), 403, "CSRF_TOKEN", "the token of before")
    answer = elsewhere.delete("/session")
    tap.ok(answer.status == 204 and "max-age=0" in flags_of(answer)[1] and elsewhere.cookie is None, "signing out takes the cookie away", answer)
    old.cookie = ana.cookie
    tap.equal(old.get("/session").status, 200, "only there: the first machine is signed in")
    once = ana.again()
    tap.equal(once.sign_in("desk", ana.recovery[0]).status, 201, "a recovery code signs in")
    refused(once.again().sign_in("desk", ana.recovery[0]), 401, "SIGN_IN_FAILED", "once")


def separating(stack, ana):
    """An account's admin reads and changes nothing of another; staff do, by name."""
    scim = stack.client(stack.token("other", "theirs"))
    there = scim.post("/Users", user("eva")).json["id"]
    team = scim.post("/Groups", {"displayName": "Theirs", "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "members": []}).json["id"]
    token = json.loads(stack.ctl("token", "list", "other", "--json").stdout.splitlines()[0])["id"]
    for path in ("/account", "/users", "/tokens", "/log", "/audit", "/events", f"/users/{there}"):
        answer = ana.get(path, headers={"Roster-Account": "other"})
        refused(answer, 404, "ACCOUNT_UNKNOWN", f"GET {path.replace(there, 'ID')} of another account, by name")
        answer = ana.get(path)
        tap.ok(answer.status in (200, 404) and b"eva@" not in answer.body and b'"other"' not in answer.body, f"GET {path.replace(there, 'ID')} has nothing of it", answer)
    for method, path in (("GET", f"/users/{there}"), ("POST", f"/users/{there}/protect"), ("GET", f"/teams/{team}"),
                         ("POST", f"/teams/{team}/restore"), ("DELETE", f"/tokens/{token}")):
        answer = ana.request(method, path)
        tap.equal(is_error(answer, 404), "", f"{method} {path.replace(there, 'ID').replace(team, 'ID').replace(token, 'ID')} of another account", answer)
    tap.equal(scim.get("/Users/" + there).status, 200, "its token is good, its people are there")
    for method, path, body in (("GET", "/accounts", None), ("GET", "/accounts/other", None), ("POST", "/accounts", {"slug": "new"}),
                               ("PATCH", "/accounts/desk", {"status": "suspended"}), ("DELETE", "/accounts/other", None)):
        refused(ana.request(method, path, body), 403, "AUTH_SCOPE", f"{method} {path} is the operator's")

    olga = admin(stack, None, "olga@operator.example")
    tap.equal(olga.get("/accounts").status, 200, "the operator's staff see all accounts")
    refused(olga.get("/users"), 400, "ACCOUNT_NOT_CHOSEN", "and choose one for the rest")
    for slug, sees in (("other", True), ("desk", False)):
        answer = olga.get("/users", headers={"Roster-Account": slug})
        tap.ok(answer.status == 200 and (b"eva@" in answer.body) == sees, f"Roster-Account: {slug}", answer)
    refused(olga.get("/users", headers={"Roster-Account": "nowhere"}), 404, "ACCOUNT_UNKNOWN", "an account that is not there")
    guest = olga.again()
    refused(guest.sign_in("desk"), 401, "SIGN_IN_FAILED", "staff sign in as staff, not to an account")


def provisioning(stack):
    """Whatever an identity provider sends makes nobody a console admin."""
    scim = stack.client(stack.token("desk", "provisioning"))
    made = scim.post("/Users", user("boss", userType="admin", password=PASSWORD, roles=[{"value": "admin", "primary": True}],
                                    entitlements=[{"value": "console"}]))
    tap.equal(made.status, 201, "an admin of the application is provisioned", made)
    listed = stack.ctl("console", "list", "desk").stdout
    tap.ok("boss@" not in listed and "ana@" in listed, "and is no admin of the console", listed)
    answer = Admin(stack).post("/session", {"account": "desk", "email": "boss@example.com", "password": PASSWORD, "code": "123456"})
    refused(answer, 401, "SIGN_IN_FAILED", "he cannot sign in")
    scim.post("/Users", user("ana"))
    scim.delete("/Users/" + scim.find("Users", "userName", "ana@example.com").json["Resources"][0]["id"])


def removing(stack, ana):
    provisioned_and_deleted = ana.get("/session").status
    tap.equal(provisioned_and_deleted, 200, "a user of the same address who is deleted ends no session")
    pending = secret_of(link(stack, "desk", "ana@example.com"))
    stack.ctl("console", "remove", "desk", "ana@example.com")
    ended(ana, "the session of an admin who is removed")
    refused(ana.post("/tokens", {"name": "x"}), 401, "SESSION_ENDED", "it changes nothing any more")
    refused(Admin(stack).post("/invitation", {"invitation": pending}), 404, "INVITATION_UNKNOWN", "nor is an invitation left")
    refused(ana.again().sign_in("desk", ana.recovery[1]), 401, "SIGN_IN_FAILED", "and he cannot sign in")


def guessing(stack):
    dan = admin(stack, "desk", "dan@example.com")
    answers = [dan.again().sign_in("desk", "000000") for _ in range(12)]
    last = answers[-1]
    tap.ok({a.code for a in answers} == {"SIGN_IN_FAILED", "RATE_LIMITED"} and last.status == 429 and (last.header("Retry-After") or "").isdigit(),
           "who guesses must wait", [a.status for a in answers], last)
    tap.equal(dan.get("/session").status, 200, "who is signed in stays so")


# --- time ---

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
        ana = inviting(stack, mount)
        forging(stack, ana)
        renewing(stack, ana)
        separating(stack, ana)
        provisioning(stack)
        removing(stack, ana)
        guessing(stack)
        if front == "lighttpd":
            later(stack)
        tap.equal(stack.verify().returncode, 0, "rosterctl verify is content")
    if front in ("lighttpd", "apache-proxy"):
        strict_transport(front)


if __name__ == "__main__":
    main(test, FRONTS, seconds=300)
