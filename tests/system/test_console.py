#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
The console in a real browser, as the web servers hand it out: the help article's way from the invitation to a check-list that ticks
itself; every page at every width and in both colour schemes, looked at by axe-core and kept as pictures; and text that wants
to be a program in every place that takes text.
"""

import csv
import http.server
import json
import os
import re
import shutil
import subprocess
import threading
import time
from urllib.parse import quote

from browser import ARTEFACTS, ELEMENT, Browser, Trouble, axe_core
from console import PASSWORD, Authenticator, admin, link, names, secret_of
from lib import ENTERPRISE, GROUP, USER, Client, Skip, main, tap, user
from scene import provision
from stack import Stack
from test_okta_sequences import Okta

FRONTS = ("lighttpd", "apache-proxy", "apache-fcgid", "apache-htaccess")
PHONE, DESKTOP = 390, 1280
TAB, ENTER, ESCAPE = "\ue004", "\ue007", "\ue00c"
TICKS = 30  # seconds in which the check-list shows what has come: the page asks every few

# What a page says where a value was forgotten.
FORGOTTEN = re.compile(r"\bundefined\b|\bNaN\b|\[object |Invalid Date|^\s*null\s*$|\tnull\b", re.M)


def calm(browser, where):
    """Nothing ran, nothing was refused by the policy, no script failed."""
    found = browser.trouble()
    return tap.ok(not found, f"{where}: no script of anybody else ran, and the policy had nothing to refuse", *found)


def goes(browser, words, name=None):
    return tap.ok(browser.says(words), name or f"it says: {words}", browser.text()[:1500])


def visit(browser, stack, query):
    mount = stack.base.replace("/scim/v2", "")
    browser.open(f"http://127.0.0.1:{stack.port}{mount}/console/{query}")


# --- the article's way ---

def welcome(browser, stack, account, email):
    """Takes an invitation by hand; the authenticator."""
    address = link(stack, account, email)
    browser.open(address)
    tap.ok(secret_of(address) not in browser.url, "the invitation's secret is gone from the address", browser.url)
    goes(browser, f"You become an admin of {account}")
    secret = re.search(r"\b((?:[A-Z2-7]{4} ){7}[A-Z2-7]{4})\b", browser.text())
    if not tap.ok(secret, "the secret can be read", browser.text()):
        raise Trouble("no secret")
    tap.ok(browser.run("""const qr = document.querySelector('svg[role=img]'), box = qr?.getBoundingClientRect();
        return qr && qr.getAttribute('aria-label') && box.width >= 120 && Math.abs(box.width - box.height) < 2"""), "a QR code stands there")
    phone = Authenticator(secret[1].replace(" ", ""), stack)
    browser.fill("Password", PASSWORD)
    browser.fill("Password, once more", PASSWORD + "x")
    browser.fill("Code", "000000")
    browser.press("Become an admin")
    goes(browser, "The two passwords differ")
    browser.fill("Password, once more", PASSWORD)
    browser.press("Become an admin")
    goes(browser, "The code is not right", "a code that is wrong is refused, and said")
    browser.fill("Code", phone.code())
    browser.press("Become an admin")
    goes(browser, "Keep your recovery codes")
    codes = re.findall(r"\b[a-z0-9]{4}-[a-z0-9]{4}-[a-z0-9]{4}\b", browser.text())
    tap.equal(len(set(codes)), 10, "ten recovery codes", browser.text())
    browser.press("I have kept them")
    goes(browser, "Overview")
    return phone


def sign_in(browser, account, email, phone):
    if account:
        browser.fill("Account", account)
    browser.fill("E-mail address", email)
    browser.fill("Password", PASSWORD)
    browser.fill("Code", phone.code())
    browser.press("Sign in", exact=True)


def make_token(browser, name, phone, asked):
    """asked: the page has to ask for password and code first. The token."""
    browser.press("Tokens")
    browser.press("New token")
    browser.fill("Name", name)
    browser.press("Make it")
    if asked:
        goes(browser, "Confirm that it is you")
        browser.fill("Password", "not it")
        browser.fill("Code", "000000")
        browser.press("Confirm", exact=True)
        goes(browser, "Signing in has failed", "a wrong password confirms nothing")
        browser.fill("Password", PASSWORD)
        browser.fill("Code", phone.code())
        browser.press("Confirm", exact=True)
    goes(browser, "it is not shown again", "the token is made")
    token = browser.run("return document.querySelector('.notice .value code').textContent")
    browser.press("Copy the token")
    goes(browser, "Copied", "and copied")
    browser.press("Overview")
    goes(browser, "Waiting for the first request", "the overview waits for the first request")
    browser.press("Tokens")
    tap.ok(browser.says(name) and token not in browser.run("return document.documentElement.outerHTML"), "the token is shown once", browser.text())
    return token


def ticking(browser, okta):
    browser.press("Set up")
    browser.press("Okta", exact=True)
    goes(browser, okta.base, "the base URL to paste is there")
    lines = browser.run("return [...document.querySelectorAll('ol.checklist > li')].map((line) => line.innerText)")
    tap.ok(len(lines) == 7 and not any("\u2713" in line for line in lines), "nothing has arrived yet", lines)
    tap.ok(all(len(line) > 40 for line in lines), "each line says which switch to turn", lines)
    provision(okta)
    bad = okta.post("/Users", dict(user("bad"), name={"givenName": "A<b>", "familyName": "C"}, displayName="A<b> C"))
    tap.ok(bad.status == 400, "Okta is refused a name that is not allowed", bad)
    tap.ok(browser.says("The check-list is complete.", TICKS), "the check-list ticks itself to its end", browser.text())
    browser.press("Overview")
    goes(browser, "Active")
    tap.ok(browser.run("return document.querySelectorAll('svg[role=img], svg[aria-labelledby], svg[aria-label]').length"), "with a chart of the days")


def explaining(browser):
    """A refused request: from the log to what is to be done."""
    browser.press("Sync log")
    goes(browser, "NAME_BAD_CHARACTER", "the log has the code")
    browser.fill("Result", "refused")
    browser.press("Filter", exact=True)
    tap.ok(browser.wait("the address", "return location.search.includes('failed=true')"), "filters stand in the address", browser.url)
    browser.settle()
    address = browser.url
    browser.open(address)
    tap.ok(browser.url == address and browser.says("NAME_BAD_CHARACTER"), "which can be opened again", browser.url)
    browser.run("document.querySelector('table a[href*=\"view=entry\"]').click()")
    goes(browser, "What to do", "the request's page says what to do")
    tap.ok(browser.says("curl") and "A<b>" in browser.text(), "what was sent, and how to send it again", browser.text())
    browser.do("POST", "/back")
    tap.ok(browser.wait("the log", "return location.search.includes('failed=true')") and browser.says("Sync log"), "the browser's way back leads back")


def walk(stack, browser):
    browser.shape(DESKTOP)
    browser.forget()
    stack.ctl("account", "add", "acme", "--name", "acme")
    phone = welcome(browser, stack, "acme", "ana@example.com")
    tap.ok(browser.says("Not configured") and "view=tokens" in doors(browser), "the empty account leads to making a token", browser.text())
    goes(browser, "Times are those of Europe/Paris", "times are in the reader's zone")
    asked = stack.has_clock
    if asked:
        stack.move_clock(310)
    else:
        tap.skip("five minutes later", "no clock can be moved here")
    token = make_token(browser, "okta", phone, asked)
    okta = Okta(stack.port, token, base=stack.base)
    ticking(browser, okta)
    explaining(browser)
    browser.press("Sign out")
    goes(browser, "You are signed out")
    browser.do("POST", "/back")
    tap.ok(browser.says("Password") and "test.joiner" not in browser.text(), "the way back shows nothing any more", browser.text())
    browser.open(browser.url.partition("?")[0] + "?view=users")
    goes(browser, "Sign in", "then a page asks who one is")
    sign_in(browser, "acme", "ana@example.com", phone)
    tap.ok(browser.says("test.joiner@example.com"), "and one is where one wanted to be", browser.text())
    cookie = [c for c in browser.cookies() if c["name"] == "__Host-roster"]
    tap.ok(len(cookie) == 1 and cookie[0]["httpOnly"] and cookie[0]["secure"] and cookie[0]["sameSite"] == "Strict" and cookie[0]["session"],
           "the browser holds one cookie, out of reach of scripts", cookie)
    tap.equal(browser.run("return [document.cookie, localStorage.length, sessionStorage.length]"), ["", 0, 0], "and scripts keep nothing")
    calm(browser, "the article's way")


# --- every page ---

def furnish(stack):
    """An account with something on every page; {view: further parameters of its address}."""
    stack.ctl("account", "add", "desk", "--name", "Desk & Chair Ltd", "--policy", "workspace")
    stack.ctl("account", "set", "desk", "seat_limit=6", "passwords=on")
    stack.ctl("role", "add", "desk", "Contractor", "--base", "guest")
    okta = Okta(stack.port, stack.token("desk", "okta 2026"))
    ids = [okta.post("/Users", user(f"person{i}", title="Engineer", userType="member")).json["id"] for i in range(5)]
    okta.post("/Users", user("seatless", userType="member"))
    okta.post("/Users", user("overfull", userType="member"))
    okta.post("/Users", user("a" * 60 + "@" + "b" * 60 + ".example.com", userType="viewer", displayName="Wolfeschlegelsteinhausen" * 4))
    team = okta.post("/Groups", {"schemas": [GROUP], "displayName": "Sales", "members": [{"value": i} for i in ids[:3]]}).json["id"]
    okta.post("/Groups", {"schemas": [GROUP], "displayName": "Sales", "members": [{"value": i} for i in ids[2:]]})
    okta.patch("/Users/" + ids[0], [{"op": "replace", "value": {"active": False}}])
    okta.patch("/Users/" + ids[1], [{"op": "replace", "value": {"name": {"givenName": "A<b>"}}}])
    okta.delete("/Users/" + ids[4])
    okta.post("/Users", user("differs", userType="viewer", emails=[{"value": "other@example.com", "type": "work", "primary": True}]))
    stack.ctl("rule", "add", "desk", "Sales", "viewer")
    stack.token("desk", "an old one", ("events:read",))
    who = admin(stack, "desk", "ana@example.com")
    who.post("/tokens", {"name": "made in the console", "expires": 10})
    who.patch("/policy", {"restore_days": 40})
    wait_for_log(who)
    seq = max(e["seq"] for e in who.get("/log?failed=true&before=0&limit=10").json["entries"])
    return {"user": f"&id={ids[1]}", "team": f"&id={team}", "entry": f"&seq={seq}", "log": "&failed=true", "errors": "&code=NAME_BAD_CHARACTER"}


def wait_for_log(who, seconds=10):
    """The sync log is written when there is time."""
    end = time.monotonic() + seconds
    while not who.get("/log?failed=true&before=0&limit=10").json["entries"] and time.monotonic() < end:
        time.sleep(0.1)


def views_of(browser):
    """Those in the navigation, by the words of their links."""
    return browser.run("return [...document.querySelectorAll('nav#nav a')].map((a) => new URLSearchParams(a.search).get('view')).filter(Boolean)")


# Short words that are broken in two: a column or a caption that is too narrow.
BROKEN = """
const found = new Set(), range = document.createRange();
const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
for (let node; (node = walk.nextNode());) {
    if (!node.parentElement.checkVisibility() || node.parentElement.closest('code, pre, bdi, script, template'))
        continue;
    for (const word of node.data.matchAll(/[\\p{L}\\p{N}]{2,14}/gu)) {
        range.setStart(node, word.index);
        range.setEnd(node, word.index + word[0].length);
        if (new Set([...range.getClientRects()].map((r) => Math.round(r.top))).size > 1 && !/[\\p{L}\\p{N}@._:/+-]{15}/u.test(node.data))
            found.add(word[0]);
    }
}
return [...found].slice(0, 10);
"""


def looks(browser, name, axe):
    """One page: at both widths, light and dark."""
    for width, dark in ((DESKTOP, False), (DESKTOP, True), (PHONE, True), (PHONE, False)):
        browser.shape(width, dark=dark)
        kind = f"{name}-{'phone' if width == PHONE else 'desktop'}-{'dark' if dark else 'light'}"
        over = browser.run("return document.scrollingElement.scrollWidth - window.innerWidth")
        tap.ok(over <= 0, f"{kind}: nothing is wider than the window", over)
        tap.equal(browser.run(BROKEN), [], f"{kind}: no word is broken")
        browser.picture("console-" + kind)
        if axe and (width == PHONE) == dark:
            faults = browser.faults(axe)
            tap.ok(not faults, f"{kind}: axe-core finds nothing", *faults)
    browser.shape(320)
    over = browser.run("return document.scrollingElement.scrollWidth - window.innerWidth")
    tap.ok(over <= 0, f"{name}: at 320 pixels, too, nobody has to scroll sideways", over)
    words = browser.text()
    tap.ok(not FORGOTTEN.search(words), f"{name}: no value is missing", words)
    tap.equal(browser.run("return document.querySelectorAll('h1').length"), 1, f"{name}: one heading of the first order")
    tap.ok(browser.title and browser.run("return document.documentElement.lang"), f"{name}: a title and a language")
    calm(browser, name)


def keyboard(stack, browser):
    """Without a mouse: past the navigation, and along the links, always seeing where one is."""
    browser.shape(DESKTOP)
    visit(browser, stack, "?view=users")
    browser.run("document.activeElement.blur(); scrollTo(0, 0)")
    browser.keys(TAB)
    tap.ok(browser.run("return document.activeElement.textContent.startsWith('Skip') && document.activeElement.getBoundingClientRect().top >= 0"),
           "the first stop is the way past the navigation, and is seen", browser.run("return document.activeElement.outerHTML"))
    browser.keys(ENTER)
    tap.ok(browser.run("return document.activeElement.closest('main') !== null"), "it leads to the content")
    lost, stops = [], set()
    for _ in range(60):
        browser.keys(TAB)
        where = browser.run("""const e = document.activeElement, s = getComputedStyle(e), box = e.getBoundingClientRect();
            return e === document.body ? null : {what: e.outerHTML.slice(0, 120), seen: box.width > 0 && box.bottom > 0 && box.top < innerHeight
                && (s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0 || s.boxShadow !== 'none')}""")
        if where is None or where["what"] in stops and len(stops) > 20:
            break
        stops.add(where["what"])
        if not where["seen"]:
            lost.append(where["what"])
    tap.ok(len(stops) >= 10 and not lost, f"each of {len(stops)} stops is seen to have the focus", *lost)


def dialogs(stack, browser, axe):
    """Questions: by keyboard, with the numbers, and taken back without effect."""
    browser.shape(DESKTOP)
    who = become(browser, stack, "desk", "cora@example.com")
    team = names(who.get("/teams"), "teams", "id")[0]
    visit(browser, stack, "?view=tokens")
    browser.run("arguments[0].focus()", {ELEMENT: browser.find("press", "New token")})
    browser.keys(ENTER)
    browser.find("heading", "New token")
    looks(browser, "dialog", axe)
    browser.keys(ESCAPE)
    tap.ok(browser.wait("no dialog", "return !document.querySelector('dialog[open]')"), "Escape closes it")
    tap.ok(browser.run("return document.activeElement.textContent.startsWith('New token')"), "and the focus is back where it was")
    browser.press("Revoke okta 2026")
    goes(browser, "This revokes the token that", "revoking says what it ends")
    browser.press("Cancel")
    visit(browser, stack, "?view=teams")
    browser.press("Sales", exact=True)
    browser.press("Restore the former members")
    goes(browser, "removes 1 person from Sales and adds 2 people", "restoring says how many come and go")
    browser.press("Cancel")
    tap.equal(len(who.get("/teams/" + team).json["members"]), 2, "taking it back changes nothing")
    browser.press("Restore the former members")
    browser.press("Restore", exact=True)
    browser.wait("no dialog", "return !document.querySelector('dialog[open]')")
    tap.equal(len(who.get("/teams/" + team).json["members"]), 3, "doing it restores them")
    goes(browser, "are restored")
    calm(browser, "dialogs")


def matrix(stack, browser, axe, more):
    browser.forget()
    visit(browser, stack, "")
    looks(browser, "sign-in", axe)
    visit(browser, stack, "?view=welcome")
    looks(browser, "no-invitation", axe)
    browser.open(link(stack, "desk", "ben@example.com"))
    looks(browser, "welcome", axe)
    browser.shape(DESKTOP)
    become(browser, stack, "desk", "cleo@example.com")
    views = views_of(browser)
    tap.ok(len(views) >= 12, "there are all pages", views)
    for view in dict.fromkeys(views + ["user", "team", "entry", "deleted", "mismatches"]):
        visit(browser, stack, f"?view={view}{more.get(view, '')}")
        looks(browser, view, axe)
    for idp in ("entra", "onelogin", "jumpcloud", "other"):
        visit(browser, stack, f"?view=setup&idp={idp}")
        looks(browser, f"setup-{idp}", axe)
    become(browser, stack, None, "olga@operator.example")
    for view in ("accounts", "people", "audit", "admins"):
        visit(browser, stack, f"?view={view}")
        looks(browser, f"staff-{view}", axe)
    visit(browser, stack, "?view=accounts")
    browser.press("Desk & Chair Ltd")
    goes(browser, "Overview", "staff go into an account")
    tap.ok("account=desk" in browser.url, "which stands in the address", browser.url)
    looks(browser, "staff-overview", axe)


def become(browser, stack, account, email):
    """Signed in as a new admin, with the cookie that an invitation was taken for."""
    who = admin(stack, account, email)
    browser.shape(DESKTOP)
    browser.forget()
    browser.cdp("Network.setCookie", name="__Host-roster", value=who.cookie, url=f"http://127.0.0.1:{stack.port}/", path="/",
                secure=True, httpOnly=True, sameSite="Strict")
    visit(browser, stack, "")
    return who


# --- pages of others ---

EVIL = """
const target = arguments[0], done = [];
const tried = (name, promise) => done.push(promise.then((r) => [name, r], () => [name, 'refused']));
const send = (method, path, type, body, mode) => fetch(target + path, {method, mode, credentials: 'include',
    headers: {'Content-Type': type}, body});
const once = (e) => new Promise((yes, no) => { e.onload = () => yes('loaded'); e.onerror = no; document.body.append(e); });
const token = JSON.stringify({name: 'forged'});
tried('read', fetch(target + '/api/v1/users', {credentials: 'include'}).then((r) => r.text()));
tried('session', fetch(target + '/api/v1/session', {credentials: 'include'}).then((r) => r.text()));
tried('simple', send('POST', '/api/v1/tokens', 'text/plain', token, 'no-cors').then((r) => r.type));
tried('json', send('POST', '/api/v1/tokens', 'application/json', token, 'cors').then((r) => r.text()));
tried('delete', send('DELETE', '/api/v1/session', 'application/json', undefined, 'cors').then((r) => r.text()));
tried('image', once(Object.assign(document.createElement('img'), {src: target + '/console/icon.svg'})));
tried('script', once(Object.assign(document.createElement('script'), {src: target + '/console/app.js'})));
const frame = Object.assign(document.createElement('iframe'), {name: 'hole', src: target + '/console/?view=tokens'});
tried('frame', once(frame));
const form = Object.assign(document.createElement('form'), {method: 'POST', action: target + '/api/v1/tokens', enctype: 'text/plain', target: 'hole2'});
form.append(Object.assign(document.createElement('input'), {name: '{"name":"forged","x":"', value: '"}'}));
const hole = Object.assign(document.createElement('iframe'), {name: 'hole2'});
document.body.append(hole, form);
form.submit();
return Promise.all(done).then(async (all) => { await new Promise((yes) => setTimeout(yes, 500)); return Object.fromEntries(all); });
"""


class Elsewhere(http.server.BaseHTTPRequestHandler):
    """An empty page of another origin. It is of the same site, as another port of one address is: the cookie goes along with its requests."""

    def do_GET(self):
        body = b"<!DOCTYPE html><title>Elsewhere</title><h1>Elsewhere</h1>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments):
        pass


def foreign(stack, browser):
    """A page of another origin, open beside the console, reads nothing and changes nothing."""
    who = become(browser, stack, "desk", "fay@example.com")
    before = who.get("/tokens").body
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        browser.open(f"http://127.0.0.1:{server.server_address[1]}/")
        became = browser.run(EVIL, f"http://127.0.0.1:{stack.port}")
        frames = [f["frame"] for f in browser.cdp("Page.getFrameTree")["frameTree"].get("childFrames", [])]
        server.shutdown()
    for name in ("read", "session", "json", "delete", "image", "script"):
        tap.equal(became.get(name), "refused", f"another origin: {name}")
    tap.equal(became.get("simple"), "opaque", "what a form could send is sent, but the answer is hidden")
    tap.ok(frames and all(f.get("unreachableUrl") for f in frames if f["name"] == "hole"), "the console is not shown in a frame", frames)
    tap.equal(who.get("/tokens").body, before, "no token was made")
    tap.equal(who.get("/session").status, 200, "nobody was signed out")
    codes = {e["code"] for e in who.get("/audit").json["entries"] if e["path"] == "/api/v1/tokens" and e["admin"]["email"] == who.email}
    tap.ok(codes <= {"ORIGIN_FOREIGN"}, "nothing else came of it", codes)
    visit(browser, stack, "?view=tokens")
    tap.ok(browser.says("okta 2026") and "forged" not in browser.text(), "the console is as it was", browser.text())
    browser.trouble()


# --- nothing there, nobody there ---

def doors(browser):
    """Where the page itself leads: addresses of links, and what stands on buttons."""
    return " ".join(browser.run("return [...document.querySelectorAll('main a, main button')].map((e) => e.getAttribute('href') ?? e.textContent)"))


def emptiness(stack, browser):
    """An account in which nothing has happened: each page says what to do."""
    stack.ctl("account", "add", "empty", "--name", "Empty")
    browser.shape(DESKTOP)
    become(browser, stack, "empty", "eve@example.com")
    for view in ("overview", "setup", "tokens", "users", "deleted", "mismatches", "teams", "types", "seats", "log", "errors", "audit"):
        visit(browser, stack, f"?view={view}")
        words = browser.text()
        tap.ok(not FORGOTTEN.search(words) and "cannot be shown" not in words, f"empty: {view}", words)
    for view, door in (("overview", "view=tokens"), ("tokens", "New token"), ("users", "view=setup"), ("teams", "view=setup"), ("log", "view=setup")):
        visit(browser, stack, f"?view={view}")
        tap.ok(door in doors(browser), f"empty: {view} leads to what is to be done", browser.text())
    for query in ("?view=user&id=00000000-0000-4000-8000-000000000000", "?view=team&id=x", "?view=entry&seq=99999", "?view=user", "?view=nonsense",
                  "?view=log&from=nonsense", "?view=users&after=nonsense", "?view=log&before=-1"):
        visit(browser, stack, query)
        words = browser.text()
        tap.ok(not FORGOTTEN.search(words), f"empty: {query} is a page", words)
    calm(browser, "the empty account")


def losing(stack, browser):
    """The session ends, the server is away: the page says so, and goes on where it was."""
    who = become(browser, stack, "desk", "dora@example.com")
    visit(browser, stack, "?view=users")
    browser.forget()
    browser.press("Teams", exact=True)
    goes(browser, "Sign in", "without a session a page asks who one is")
    goes(browser, "Your session has ended", "and says why")
    looks_at = browser.url
    sign_in(browser, "desk", "dora@example.com", who.authenticator)
    goes(browser, "Sales", "then it goes on where it was")
    tap.equal(browser.url, looks_at, "at the same address")
    stack.ctl("console", "remove", "desk", "dora@example.com")
    browser.press("Users", exact=True)
    goes(browser, "Your session has ended", "an admin who is removed is out at once")
    sign_in(browser, "desk", "dora@example.com", who.authenticator)
    goes(browser, "Signing in has failed", "and does not come in again")

    become(browser, stack, "desk", "emil@example.com")
    stack.stop_roster()
    browser.press("Users", exact=True)
    goes(browser, "Try again", "Roster is away: the page says what to do")
    browser.picture("console-unavailable")
    stack.start_master()
    stack.wait_ready()
    browser.press("Try again")
    tap.ok(browser.says("person1@example.com"), "and goes on when it is back", browser.text())
    browser.trouble()
    stack.stop_process(stack.web, "the web server")
    browser.press("Teams", exact=True)
    goes(browser, "The server cannot be reached", "the web server is away: the page says so")
    goes(browser, "Check the connection", "and what to do")
    browser.picture("console-unreachable")
    stack.start_web()
    stack.wait_ready()
    browser.press("Try again")
    goes(browser, "Sales", "and goes on when it is back")
    visit(browser, stack, "?view=users&account=empty")
    goes(browser, "Another account", "a link into another account leads nowhere")
    calm(browser, "losing the server")


# --- hostile text ---

POLYGLOTS = (
    "jaVasCript:/*-/*`/*\\`/*'/*\"/**/(/* */oNcliCk=alert() )//</stYle/</titLe/</teXtarEa/</scRipt/--!>\\x3csVg/<sVg/oNloAd=alert()//>\\x3e",
    "\"><img src=x onerror=alert(1)><svg onload=pwned=1>'`--><script>pwned=1</script>",
    "{{constructor.constructor('alert(1)')()}}${alert(1)}<iframe srcdoc='<script>parent.pwned=1</script>'>",
)


def poison(i):
    """Never the same twice, where things must differ."""
    return f"{POLYGLOTS[i % len(POLYGLOTS)]}{i}"


def hostile_user(i):
    bad = poison(i)
    text = {name: bad for name in ("displayName", "nickName", "title", "externalId")}
    return dict(text, schemas=[USER, ENTERPRISE], userName=bad, active=True, userType="member",
                name={n: bad for n in ("formatted", "familyName", "givenName", "middleName", "honorificPrefix", "honorificSuffix")},
                emails=[{"value": bad, "type": bad, "display": bad, "primary": True}], phoneNumbers=[{"value": bad, "type": bad, "display": bad}],
                ims=[{"value": bad, "type": bad}], photos=[{"value": "javascript:alert(1)//" + bad, "type": bad}], profileUrl="javascript:alert(1)//" + bad,
                addresses=[{n: bad for n in ("formatted", "streetAddress", "locality", "region", "postalCode", "country", "type")}],
                entitlements=[{"value": bad, "display": bad}], x509Certificates=[{"value": "AAAA", "display": bad}], locale=bad, timezone=bad, preferredLanguage=bad,
                **{ENTERPRISE: {n: bad for n in ("employeeNumber", "costCenter", "organization", "division", "department")}})


def make_hostile(client, i):
    """A user with as much of it as the server takes; attributes that it refuses are left out one by one."""
    whole = hostile_user(i)
    for _ in range(30):
        answer = client.post("/Users", whole)
        if answer.status == 201:
            return answer.json["id"], whole
        detail = answer.json["detail"]
        name = next((n for n in sorted(whole, key=len, reverse=True) if n not in ("schemas", "userName") and n in detail), None)
        if name is None:
            break
        del whole[name]
    raise RuntimeError(f"no hostile user: {answer!r}")


def plant(stack):
    """Text that wants to be a program, wherever somebody may put text; ids to look at."""
    stack.ctl("account", "add", "hostile", "--name", poison(0), "--policy", "rfc")
    stack.ctl("account", "set", "hostile", "seat_limit=20")
    role = stack.ctl("role", "add", "hostile", poison(1)[:60], "--base", "member", check=False)
    client = Client(stack.port, stack.token("hostile", poison(0)[:60]))
    send = client.request
    client.request = lambda method, path, body=None, headers=None, chunked=False: send(
        method, path, body, dict({"User-Agent": poison(2)}, **(headers or {})), chunked)
    kept = []
    for i in range(3):
        who, whole = make_hostile(client, i)
        kept.append(who)
    tap.ok(role.returncode == 0 and len(whole) >= 12, "hostile text is taken in nearly every attribute", role, sorted(set(hostile_user(0)) - set(whole)))
    team = client.post("/Groups", {"schemas": [GROUP], "displayName": poison(0), "externalId": poison(0),
                                   "members": [{"value": i, "display": poison(1)} for i in kept]}).json["id"]
    client.post("/Groups", {"schemas": [GROUP], "displayName": poison(0), "members": [{"value": kept[0]}]})
    client.patch("/Users/" + kept[0], [{"op": "replace", "path": poison(0), "value": poison(1)}])
    client.patch("/Users/" + kept[0], [{"op": "replace", "value": {poison(0): poison(1), "title": poison(2)}}])
    client.patch("/Groups/" + team, [{"op": "add", "path": "members", "value": [{"value": poison(2)}]}])
    client.find("Users", "userName", poison(0))
    client.request("DELETE", "/Users/" + "".join(f"%{c:02x}" for c in poison(1).encode() if c != 0x2f))
    client.post("/Users", b"{" + poison(0).encode())
    client.post("/Users", user("x", userName=poison(0)))  # taken
    gone = make_hostile(client, 4)[0]
    client.delete("/Users/" + gone)
    admin_ = admin(stack, "hostile", "\"<svg/onload=alert()>\"@example.com")
    for i in range(2):
        admin_.post("/tokens", {"name": poison(i)[:100], "expires": 100})
    admin_.post("/tokens", {"name": poison(1), poison(0): poison(0)})
    admin_.post("/rules", {"team": poison(0), "role": "viewer"})
    admin_.post("/roles", {"name": poison(2)[:60], "base": "viewer"})
    admin_.patch("/account", {"name": poison(1)[:100]})
    wait_for_log(admin_)
    return kept, team, admin_


def detector(browser):
    """That something would be noticed: the page's policy refuses what we try ourselves, and it is seen."""
    browser.trouble()
    browser.run("try { document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=alert(1)>'); } catch (e) { /* refused */ }")
    browser.run("const a = document.createElement('a'); a.href = 'javascript:pwned=1'; document.body.append(a); a.click(); a.remove();")
    time.sleep(0.3)
    found = browser.trouble()
    tap.ok(any("require-trusted-types-for" in f for f in found) and any("script-src" in f for f in found) and not any("ran:" in f for f in found),
           "what is tried by hand is refused by the policy, and noticed", *found)
    browser.run("window.alert()")
    tap.ok(any("ran: alert" in f for f in browser.trouble()), "and what would run would be noticed")


def hostility(stack, browser):
    kept, team, who = plant(stack)
    browser.shape(DESKTOP)
    browser.forget()
    browser.cdp("Network.setCookie", name="__Host-roster", value=who.cookie, url=f"http://127.0.0.1:{stack.port}/", path="/",
                secure=True, httpOnly=True, sameSite="Strict")
    visit(browser, stack, "")
    seen = 0
    entries = [e["seq"] for e in who.get("/log?before=0&limit=100").json["entries"]]
    queries = [f"?view={view}" for view in views_of(browser)] + ["?view=deleted", "?view=mismatches", f"?view=team&id={team}", "?view=tokens&old=true"]
    queries += [f"?view=user&id={i}" for i in kept] + [f"?view=entry&seq={i}" for i in entries]
    for query in queries:
        visit(browser, stack, query)
        browser.run("for (const d of document.querySelectorAll('details')) d.open = true;")
        words = browser.run("return document.querySelector('main').innerText")
        seen += any(part in words for part in ("oNcliCk=alert", "onerror=alert", "constructor.constructor"))
        calm(browser, "hostile: " + query.replace(team, "ID"))
    tap.ok(seen >= 12, f"hostile text stands on the pages ({seen} of {len(queries)}), as text")
    for view in ("users", "log", "teams", "setup", "errors", "entry", "user", "signin", "welcome"):
        for name in ("q", "id", "code", "idp", "account", "after", "client"):
            bad = quote(poison(1))
            visit(browser, stack, f"?view={view}&{name}={bad}#{bad}")
            found = browser.trouble()
            if found:
                tap.ok(False, f"hostile: {view} with {name} in the address", *found)
    visit(browser, stack, "?view=" + quote(poison(0)))
    calm(browser, "hostile: addresses")
    visit(browser, stack, "?view=tokens")
    browser.press("Revoke ")
    browser.find("press", "Cancel")
    calm(browser, "hostile: a question")
    browser.press("Cancel")
    visit(browser, stack, f"?view=user&id={kept[0]}")
    browser.press("Protect")
    browser.press("Protect", exact=True)
    goes(browser, "The user is protected")
    tap.equal(browser.run("return [...document.querySelectorAll('a[href]')].filter((a) => !/^(\\?|#|\\.\\.\\/|blob:|otpauth:)/.test(a.getAttribute('href'))).length"),
              0, "no link leads out of the console")
    calm(browser, "hostile: acting")
    exports(browser, stack)
    become(browser, stack, None, "\"<svg/onload=alert()>\"@operator.example")
    for query in ("?view=accounts", "?view=people&email=" + quote(poison(0)), "?view=accounts&q=" + quote(poison(1)[:20]), "?view=audit", "?view=admins",
                  *(f"?view={view}&account=hostile" for view in ("overview", "users", "log", "tokens", "audit"))):
        visit(browser, stack, query)
        calm(browser, "hostile: staff at " + query[:22])
    detector(browser)


def exports(browser, stack):
    """Files for spreadsheets have no cell that is a formula."""
    client = Client(stack.port, stack.token("hostile", "export"))
    for i, first in enumerate(("=", "+", "-", "@", "\t=", "\r=")):
        client.post("/Users", user(f"f{i}", displayName=f'{first}cmd|"/c calc"!A{i}', userName=f"={i}@example.com"))
    browser.cdp("Browser.setDownloadBehavior", behavior="allow", downloadPath=browser.dir)
    for view, least in (("users", 9), ("teams", 1), ("log", 10)):
        visit(browser, stack, f"?view={view}")
        for kind, label in (("csv", "CSV export"), ("json", "JSON export")):
            browser.press(label)
            path = downloaded(browser, view, "." + kind)
            if not tap.ok(path, f"{view} are exported as {kind.upper()}"):
                continue
            with open(path, encoding="utf-8-sig", newline="") as f:
                rows = json.load(f) if kind == "json" else list(csv.reader(f))[1:]
            tap.ok(len(rows) >= least, f"all of them ({len(rows)})")
            bad = [c for row in rows for c in row if re.match(r"\s*[=+\-@]", c)] if kind == "csv" else []
            tap.ok(not bad, "no cell begins a formula", bad[:5])
    calm(browser, "exports")


def downloaded(browser, beginning, ending, seconds=10):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for name in os.listdir(browser.dir):
            if name.startswith(beginning) and name.endswith(ending):
                return os.path.join(browser.dir, name)
        time.sleep(0.05)
    return None


# --- rules ---

def rules(stack, browser):
    """A rule is ended by what it is about, not by its place."""
    okta = Okta(stack.port, stack.account("ruled"))
    okta.post("/Groups", {"schemas": [GROUP], "displayName": "Design"})
    stack.ctl("rule", "add", "ruled", "Design", "viewer")
    who = become(browser, stack, "ruled", "rosa@example.com")
    who.post("/rules", {"role": "guest"})
    for place, whose, left in ((2, "everybody", ["Design"]), (1, "Design", [])):
        visit(browser, stack, "?view=types")
        browser.press(f"Delete rule {place}", exact=True)
        goes(browser, f"of {whose} another type", f"deleting the rule of {whose} says for whom")
        browser.press("Delete", exact=True)
        goes(browser, "The rule is deleted.")
        tap.equal(names(who.get("/rules"), "rules", "displayName"), left, f"the rule of {whose} is gone")
    calm(browser, "rules")


# --- the command that sends a request again ---

AWKWARD = ('/Users?filter=userName eq "a', "/Users?filter=emails[type", "/Users?filter=userName eq 'it''s' #+50%25 {x,y} $HOME \\ `id`", "/Users/[a-z] 50%\u00e9?count=1")


def shell(command, token):
    """The answer's status and body."""
    told = subprocess.run(["bash", "-c", command + " --silent --max-time 20 --write-out '\\n%{http_code}'"], capture_output=True, text=True, timeout=30,
                          check=False, stdin=subprocess.DEVNULL, env=dict(os.environ, TOKEN=token, no_proxy="*"))
    body, _, status = told.stdout.rpartition("\n")
    return status, body or told.stderr


def logged(who, n, seconds=10):
    """All entries of the log, newest first, once there are n: each worker writes its own when there is time."""
    end = time.monotonic() + seconds
    while True:
        entries = who.get("/log?before=0&limit=100").json["entries"]
        if len(entries) >= n or time.monotonic() > end:
            return entries
        time.sleep(0.1)


def commands(stack, browser):
    """What the log shows as a command is refused with the same words, and is the same request."""
    if shutil.which("curl") is None:
        return tap.skip("commands", "curl is not installed")
    token = stack.account("again")
    client = Client(stack.port, token)
    asked = [client.get(quote(path, safe="/?=")) for path in AWKWARD]
    asked.append(client.post("/Users", {"schemas": [USER], "userName": "it's", "title": ["\x7f $HOME `id` \\ \u00e9"]}))
    tap.ok(all(a.status >= 400 for a in asked), "awkward requests are refused", *asked)
    who = become(browser, stack, "again", "zoe@example.com")
    kept = logged(who, len(asked))
    for i, entry in enumerate(kept):
        what = f"{entry['method']} {entry['path']}"
        visit(browser, stack, f"?view=entry&seq={entry['seq']}")
        command = browser.run("return document.querySelector('pre[aria-label=\"curl command\"]').textContent")
        goes(browser, f"Token test {entry['token']}", "with the name of its token")
        status, body = shell(command, token)
        tap.ok(status == str(entry["status"]) and f'"{entry["code"]}: ' in body, f"sent again by its command: {what}", command, body)
        again = logged(who, len(kept) + i + 1)[0]
        tap.ok(again["seq"] > entry["seq"] and all(again.get(n) == entry.get(n) for n in ("method", "path", "body", "sentence")),
               f"it is the same request: {what}", entry, again)
    tap.equal(sorted(e["path"] for e in kept), sorted(stack.base + path for path in (*AWKWARD, "/Users")), "each is in the log once")
    return calm(browser, "commands")


# --- a token that is shown once ---

def arriving(stack, browser):
    """What has come while the check-list could not be had is said when it can be had again."""
    okta = Okta(stack.port, stack.account("late"))
    become(browser, stack, "late", "lena@example.com")
    visit(browser, stack, "?view=setup&idp=okta")
    goes(browser, "It ticks itself", "the check-list is there")
    browser.cdp("Network.enable")
    browser.cdp("Network.setBlockedURLs", urls=["*/api/v1/overview*"])
    goes(browser, "cannot be brought up to date now", "it says that it cannot be brought up to date")
    provision(okta)
    browser.cdp("Network.setBlockedURLs", urls=[])
    tap.ok(browser.says("The check-list is complete.", TICKS), "what came meanwhile is said, and stands", browser.text()[-2000:])
    tap.ok("cannot be brought" not in browser.text(), "in place of the trouble", browser.text()[-2000:])
    calm(browser, "arriving")


def make_unlisted(browser, name):
    """Makes a token whose list cannot be had."""
    browser.cdp("Network.setBlockedURLs", urls=["*/api/v1/tokens?*"])
    browser.press("New token")
    browser.fill("Name", name)
    browser.press("Make it")
    goes(browser, "The server cannot be reached", "a token is made, and the list cannot be had")


def shown_once(stack, browser):
    """A token just made waits for its list, but for nobody else and on no other page."""
    stack.ctl("account", "add", "once")
    other = admin(stack, "once", "nils@example.com")
    become(browser, stack, "once", "nia@example.com")
    browser.cdp("Network.enable")
    visit(browser, stack, "?view=tokens")
    make_unlisted(browser, "the first")
    browser.cdp("Network.setBlockedURLs", urls=[])
    browser.press("Try again")
    goes(browser, "it is not shown again", "it is shown when the list is there")
    for way, leave in (("the page was left", lambda: browser.press("Overview")), ("another has signed in", lambda: browser.press("Sign out"))):
        make_unlisted(browser, f"when {way}")
        leave()
        browser.cdp("Network.setBlockedURLs", urls=[])
        if browser.says("You are signed out", 1):
            sign_in(browser, "once", "nils@example.com", other.authenticator)
        browser.press("Tokens", exact=True)
        goes(browser, f"when {way}", f"the token is in the list, when {way}")
        tap.ok("it is not shown again" not in browser.text(), f"it is not shown any more: {way}", browser.text())
    calm(browser, "a token that is shown once")


# --- what waits ---

# Where the sign of the first item stands against the words; arguments[0]: words instead of its own.
SIGN = """
const item = document.querySelector('.waiting li'), range = document.createRange();
const walk = document.createTreeWalker(item, NodeFilter.SHOW_TEXT, (node) => node.parentElement.closest('.badge') ? 2 : 1);
const words = walk.nextNode();
words.data = arguments[0] ?? words.data;
range.selectNodeContents(words);
const lines = [...range.getClientRects()], sign = item.querySelector('.badge').getBoundingClientRect();
return {lines: lines.length, beside: sign.top < lines[0].bottom && lines[0].top < sign.bottom && lines.every((l) => l.left >= sign.right), width: sign.width};
"""


def waiting(stack, browser):
    """The sign of what waits stands beside its words, however long one of them is."""
    stack.ctl("account", "add", "waits")
    stack.token("waits", "idle", ("events:read",))
    become(browser, stack, "waits", "wanda@example.com")
    visit(browser, stack, "?view=overview")
    goes(browser, "No token of an identity provider is live")
    for width in (DESKTOP, PHONE, 320):
        browser.shape(width)
        for words in (None, "W" * 400):
            at = browser.run(SIGN, words)
            tap.ok(at["beside"] and at["width"] >= 8 and (at["lines"] > 1 or words is None), f"at {width} pixels the sign is beside the words", at)
        visit(browser, stack, "?view=overview")
    calm(browser, "what waits")


# --- two people in one browser ---

# Writes down, where loading the page anew does not forget it, that people of the one account stood under the name of the other one's admin.
MIXED = """
const [me, theirs] = arguments;
const look = () => {
    if (document.getElementById('me').textContent === me && document.querySelector('main').textContent.includes(theirs))
        window.name = `${me} sees ${theirs}`;
};
window.name = '';
new MutationObserver(look).observe(document, {subtree: true, childList: true, characterData: true});
"""


def others(stack, browser):
    """In another tab somebody else signs in: this one is theirs then, and never shows the one's people to the other."""
    people = {}
    browser.shape(DESKTOP)
    for account in ("mine", "yours"):
        okta = Okta(stack.port, stack.account(account))
        okta.post("/Users", user(f"{account}.person"))
        okta.post("/Groups", {"schemas": [GROUP], "displayName": f"{account}.person team"})
        people[account] = admin(stack, account, f"admin@{account}.example")
    turns = [("mine", "yours"), ("yours", "mine")] * 3
    browser.cdp("Browser.setDownloadBehavior", behavior="allow", downloadPath=browser.dir)
    ways = (
        ("its window is gone to", "users", lambda: browser.run("window.dispatchEvent(new Event('focus'))")),
        ("its tab is gone to", "users", lambda: browser.run("document.dispatchEvent(new Event('visibilitychange', {bubbles: true}))")),
        ("a link is followed", "users", lambda: browser.press("Teams", exact=True)),
        ("it looks by itself", "setup", lambda: None),
        ("all is exported", "users", lambda: browser.press("CSV export")),
        ("something is changed", "policy", lambda: change_policy(browser)),
    )
    for (own, other), (way, view, act) in zip(turns, ways):
        carry(browser, stack, people[own])
        visit(browser, stack, f"?view={view}")
        browser.run(MIXED, people[own].email, f"{other}.person")
        if view == "users":
            goes(browser, f"{own}.person@example.com")
        carry(browser, stack, people[other])
        act()
        tap.ok(browser.wait("the other", "return document.getElementById('me').textContent === arguments[0]", people[other].email),
               f"when {way}, the page is that of who has signed in")
        browser.settle()
        tap.equal(browser.run("return [window.name, document.body.innerText.includes(arguments[0])]", f"{own}.person"), ["", False],
                  "and nobody has seen anything of the other account")
    tap.ok(downloaded(browser, "users", ".csv", 1) is None, "nothing is exported of two accounts")
    tap.equal([p.get("/policy").json["settings"]["restore_days"]["value"] for p in people.values()], ["30", "30"], "and nothing is changed in either")
    browser.forget()
    browser.run("window.dispatchEvent(new Event('focus'))")
    tap.ok(browser.says("Your session has ended") and ".person" not in browser.text(), "who has signed out elsewhere is out here, too", browser.text())
    calm(browser, "two people")


def carry(browser, stack, who):
    """The browser has the session of this admin, as if in another tab."""
    browser.cdp("Network.setCookie", name="__Host-roster", value=who.cookie, url=f"http://127.0.0.1:{stack.port}/", path="/",
                secure=True, httpOnly=True, sameSite="Strict")


def change_policy(browser):
    browser.fill("restore_days", "44")
    browser.press("Change the policy")
    browser.press("Change", exact=True)


# --- all ---

def find_axe():
    try:
        return axe_core()
    except Skip as e:
        tap.skip("axe-core", str(e))
        return None


def test(front):
    with Stack(front, workers=3) as stack, Browser() as browser:
        parts = [walk]
        if front == "lighttpd":
            axe, more = find_axe(), furnish(stack)
            parts = [lambda *both: matrix(*both, axe, more), lambda *both: dialogs(*both, axe), keyboard, emptiness, losing, foreign, rules, commands,
                     arriving, shown_once, waiting, others,
                     hostility, walk]  # the last: it moves the clock
            tap.note(f"pictures: {ARTEFACTS}")
        for part in parts:
            try:
                part(stack, browser)
            except Trouble as e:  # the next part can still be looked at
                tap.ok(False, "the page comes to what is waited for", str(e))
        tap.equal(stack.verify().returncode, 0, "rosterctl verify is content")


if __name__ == "__main__":
    main(test, FRONTS, seconds=540)
