#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
Passwords: pushed by Okta, kept or refused as the account's policy says, checked by the application through
POST /api/v1/authenticate, bounded in number, and found nowhere afterwards.
"""

import base64
import contextlib
import http.client
import json
import os
import time
import urllib.parse
from concurrent.futures import ThreadPoolExecutor

from console import COOKIE, Admin, link, secret_of
from lib import Client, events, is_error, main, tap, user
from stack import Stack

SECRETS = ["1mz050nq-canary-a", "Zweites-Wort-canary-b", "wrong-canary-c", "bülk-canäry-d€", "from-the-operator-canary-e"]
FIRST, SECOND, WRONG, BULK, OPERATOR = SECRETS
BULK_REQUEST = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"


def refused(answer, status, code, name):
    tap.ok(is_error(answer, status) == "" and answer.code == code, f"{name}: {code}", answer)


def replace(client, who, **values):
    return client.patch("/Users/" + who, [{"op": "replace", "value": values}])


class App:
    """The application, which checks logins."""

    def __init__(self, stack, account):
        token = stack.token(account, "app", ("authenticate",))
        self.client = Client(stack.port, token, base=stack.base.replace("/scim/v2", "/api/v1"))

    def ask(self, name, password, **more):
        return self.client.post("/authenticate", {"userName": name, "password": password, **more})

    def signs_in(self, name, password):
        answer = self.ask(name, password)
        return answer.json["authenticated"] if answer.status == 200 else answer


def off(stack, client, app):
    """As an account is made: Okta's random password is passed over, a change is refused with a reason."""
    made = client.post("/Users", user("ana", password=FIRST))
    tap.ok(made.status == 201 and "password" not in made.json, "off: a creation brings one and is taken", made)
    tap.equal(app.signs_in("ana@example.com", FIRST), False, "off: nobody signs in by it")
    who = made.json["id"]
    refused(replace(client, who, password=SECOND, title="partly"), 400, "PASSWORDS_OFF", "off: a change by PATCH")
    refused(client.put("/Users/" + who, user("ana", password=SECOND)), 400, "PASSWORDS_OFF", "off: a change by PUT")
    tap.equal(client.get("/Users/" + who).json, made.json, "off: nothing of it was done")
    tap.equal(client.put("/Users/" + who, user("ana")).status, 200, "off: a PUT without one is fine")
    tap.equal(client.get("/ServiceProviderConfig").json["changePassword"], {"supported": False}, "off: and it is not claimed")
    client.delete("/Users/" + who)


def on(stack, client, app, token):
    stack.ctl("account", "set", "acme", "passwords=on")
    time.sleep(1)  # after that, no worker remembers the settings of before
    made = client.post("/Users", user("Ana", password=FIRST))
    who = made.json["id"]
    tap.equal(client.get("/ServiceProviderConfig").json["changePassword"], {"supported": True}, "on: and it is claimed")
    good = app.ask("ANA@example.com", FIRST)
    tap.ok(good.status == 200 and good.type == "application/json" and
           good.json == {"authenticated": True, "user": {"id": who, "userName": "Ana@example.com", "email": "ana@example.com", "role": "member"}},
           "the right password, whatever the name's case", good)
    before = events(stack.port, token)[-1]["seq"]
    tap.equal(replace(client, who, password=SECOND).status, 200, "Okta OIN changes it")
    told = events(stack.port, token, before)
    tap.equal([(e["type"], e["changes"]) for e in told], [("user.updated", [{"path": "password"}])], "an event tells that, and no more")
    tap.equal([app.signs_in("ana@example.com", p) for p in (FIRST, SECOND)], [False, True], "the new one counts")
    tap.equal(client.put("/Users/" + who, user("Ana", password=FIRST)).status, 200, "Okta AIW changes it")
    tap.equal([app.signs_in("ana@example.com", p) for p in (FIRST, SECOND)], [True, False], "the new one counts again")
    tap.equal(client.put("/Users/" + who, user("Ana", title="T")).status, 200, "a PUT without one")
    tap.equal(app.signs_in("ana@example.com", FIRST), True, "leaves it")
    for password, why in (("short-7", "8 bytes"), ("x" * 1025, "1,024 bytes"), ("Passw0rd123!", "many people"), ("password123", "many people"),
                          ("ana@example.com", "own name"), ("Ana Example", "own name")):
        answer = replace(client, who, password=password, title="partly")
        tap.ok(answer.code == "PASSWORD_POLICY" and why in answer.json["detail"] and password not in answer.body.decode(),
               f"refused, and says why: {why}", answer)
    operations = [{"method": "PATCH", "path": "/Users/" + who, "data": {"Operations": [{"op": "replace", "path": "password", "value": BULK}]}}]
    answer = client.post("/Bulk", {"schemas": [BULK_REQUEST], "Operations": operations})
    tap.equal([o["status"] for o in answer.json["Operations"]], ["200"], "by Bulk")
    tap.equal(app.signs_in("ana@example.com", BULK), True, "by Bulk: it counts")
    return who


def negatives(stack, client, app, who):
    """Whoever fails learns nothing."""
    client.post("/Users", user("none"))
    client.post("/Users", user("idle", password=SECOND, active=False))
    answers = [app.ask(*x) for x in (("nobody@example.com", WRONG), ("ana@example.com", WRONG), ("none@example.com", WRONG),
                                     ("idle@example.com", SECOND), ("idle@example.com", WRONG), ("not a name \u0007", WRONG), ("", ""))]
    shapes = {(a.status, a.body, tuple(n for n, _ in a.headers if n not in ("Date", "X-Request-Id"))) for a in answers}
    tap.equal(len(shapes), 1, "unknown, wrong, none, deactivated, no name at all: one answer", shapes)
    tap.equal(answers[0].json, {"authenticated": False}, "and it says no")
    replace(client, who, active=False)
    tap.equal(app.signs_in("ana@example.com", BULK), False, "who is deactivated cannot sign in")
    replace(client, who, active=True)
    tap.equal(app.signs_in("ana@example.com", BULK), True, "until reactivated")
    refused(app.client.post("/authenticate", {"userName": "ana@example.com"}), 400, "MEMBER_REQUIRED", "no password")
    refused(app.client.post("/authenticate", {"userName": 1, "password": "x"}), 400, "MEMBER_REQUIRED", "a name that is none")
    refused(Client(stack.port, stack.token("acme", "idp"), base=app.client.base).post("/authenticate", {}), 403, "AUTH_SCOPE", "an identity provider's token")
    tap.equal(client.get("/Users").status, 200, "(which is otherwise good)")


def throttled(client, app):
    client.post("/Users", user("slow", password=SECOND))
    for who in ("slow", "ghost"):
        got = [app.signs_in(f"{who}@example.com", WRONG) for _ in range(10)]
        last = app.ask(f"{who}@example.com", SECOND)
        tap.ok(got == [False] * 10 and last.status == 429 and last.code == "RATE_LIMITED" and int(last.header("Retry-After")) > 0,
               f"{who}: ten failures, then it waits, also with the right one", got, last)
    got = {app.ask(f"n{i}@example.com", WRONG, address="192.0.2.7").status for i in range(100)}
    last = app.ask("n100@example.com", WRONG, address="192.0.2.7")
    tap.ok(got == {200} and last.status == 429, "an address has a hundred", got, last)
    tap.equal(app.ask("n100@example.com", WRONG, address="192.0.2.8").status, 200, "another address is another")


def operator(stack, client, app, who):
    done = stack.ctl_input("user", "set-password", "acme", "ana@example.com", text=OPERATOR + "\nrest\n")
    tap.ok(done.returncode == 0 and done.stdout == "", "rosterctl user set-password", done)
    tap.equal(app.signs_in("ana@example.com", OPERATOR), True, "it counts")
    done = stack.ctl_input("user", "set-password", "acme", "ana@example.com", text="short\n")
    tap.ok(done.returncode == 1 and done.stderr.startswith("PASSWORD_POLICY"), "and is judged", done)


def moved(stack):
    exported = stack.ctl("export", "acme").stdout
    lines = [line for line in exported.splitlines() if json.loads(line)["type"] != "token"]
    tap.ok(sum(json.loads(line)["type"] == "password" for line in lines) >= 3, "an export has the hashes")
    stack.write("acme.jsonl", "\n".join(lines) + "\n")
    stack.ctl("import", stack.path("acme.jsonl"), "--account", "moved")
    tap.equal(App(stack, "moved").signs_in("ana@example.com", OPERATOR), True, "and passwords move with an account")
    stack.ctl("backup", stack.path("backup"))


def persistent(ask, *words, **more):
    """As clients do: whoever's connection a crowded web server lets go asks again."""
    for _ in range(3):
        with contextlib.suppress(http.client.RemoteDisconnected):
            return ask(*words, **more)
    return ask(*words, **more)


def crowd(stack):
    """A hundred changes at once: each is done, and others are served meanwhile."""
    client = stack.client(stack.account("crowd", passwords="on"))
    ids = [client.post("/Users", user(f"c{i}")).json["id"] for i in range(20)]
    with ThreadPoolExecutor(120) as pool:
        changes = [pool.submit(persistent, replace, stack.client(client.token), ids[i % 20], password=f"{FIRST}-{i}") for i in range(100)]
        reads = [pool.submit(persistent, stack.client(client.token).get, "/Users/" + ids[0]) for _ in range(20)]
        answers, others = [f.result() for f in changes], [f.result().status for f in reads]
    tap.equal(set(others), {200}, "others are served")
    kinds = {(a.status, a.code) for a in answers}
    tap.equal(kinds, {(200, None)}, "each is done")


def slow(front):
    """Hashes that take their time: others pass them, more than can be kept are refused, and a process that ends does them first."""
    with Stack(front, workers=1, conf={"password.memory_kb": 65536, "password.passes": 2}) as stack:
        token = stack.account("acme", passwords="on")
        client, app = stack.client(token), App(stack, "acme")
        ids = [client.post("/Users", user(f"s{i}")).json["id"] for i in range(10)]
        with ThreadPoolExecutor(240) as pool:
            changes = [pool.submit(replace, stack.client(token), ids[i], password=f"{FIRST}-{i}") for i in range(10)]
            while not any(f.done() for f in changes):
                reads = [client.get("/Users/" + ids[0]).status for _ in range(20)]
            tap.ok(set(reads) == {200} and not all(f.done() for f in changes), "others pass those that wait", reads)
            stack.stop_roster()
            answers = [f.result() for f in changes]
            tap.equal({a.status for a in answers}, {200}, "a process that is told to end answers first", [a.status for a in answers])
            stack.start_master()
            stack.wait_ready()
            tap.equal([app.signs_in(f"s{i}@example.com", f"{FIRST}-{i}") for i in range(10)], [True] * 10, "and what it answered is so")
            crowd = [pool.submit(replace, stack.client(token), ids[i % 10], password=f"{FIRST}-{i}") for i in range(220)]
            while not any(f.done() and f.result().status == 503 for f in crowd) and not all(f.done() for f in crowd):
                time.sleep(0.05)
            full = [f.result() for f in crowd if f.done() and f.result().status == 503]
            tap.ok(full and {(a.code, int(a.header("Retry-After")) > 0) for a in full} == {("PASSWORD_BUSY", True)}, "more than it keeps: told to come back", full)


def console(stack):
    """What the console is entered by, right and wrong: all of it secret."""
    secret = secret_of(link(stack, "acme", "cleo@example.com"))
    cleo = Admin(stack)
    cleo.accept(secret)
    first = cleo.cookie
    cleo.confirm()
    wrong = cleo.again()
    wrong.password = "never-right-canary-f"
    wrong.sign_in("acme")
    made = cleo.post("/tokens", {"name": "from the console"}).json["secret"]
    cleo.get("/session", headers={"Cookie": f"{COOKIE}={first}"})
    used = cleo.again()
    used.sign_in("acme", cleo.recovery[0])
    cleo.get("/audit")
    return [secret, first, cleo.cookie, used.cookie, cleo.csrf, cleo.password, wrong.password, made, *cleo.recovery]


def forms(secret):
    raw = secret.encode()
    return [raw, base64.b64encode(raw).rstrip(b"=")[:-1], raw.hex().encode(), raw.hex().upper().encode(),
            urllib.parse.quote(secret, safe="").encode(), json.dumps(secret)[1:-1].encode()]


def canaries(stack, others):
    """No password is anywhere, nor any of the other secrets: store, shared memory, logs, exports, backups."""
    looked, found, names_found = 0, [], 0
    needles = {n for s in SECRETS + others for n in forms(s)}
    for top in (stack.dir, stack.regions):
        for folder, _, names in os.walk(top):
            for name in names:
                if not os.path.isfile(os.path.join(folder, name)):
                    continue  # a socket
                with open(os.path.join(folder, name), "rb") as f:
                    text = f.read()
                looked += 1
                found += [(name, n) for n in needles if n in text]
                names_found += b"Ana@example.com" in text
    tap.ok(names_found > 2, "a search of all files finds what is there", names_found)
    log = Client(stack.port, stack.token("acme", "console", ("manage",)), base=stack.base.replace("/scim/v2", "/api/v1"))
    told = [entry for code in ("", "&failed=true") for entry in log.get("/log?limit=1000" + code).json["entries"]]
    text = json.dumps(told, ensure_ascii=False).encode() + stack.ctl("log", "acme", "--json", "--limit", "1000").stdout.encode()
    tap.ok(b"Ana@example.com" in text and b'"***"' in text and b"PASSWORD_POLICY" in text, "the sync log tells of those requests", text[:300])
    tap.equal([n for n in [*needles, b"rst_"] if n in text], [], "without a password and without a token")
    tap.ok(looked > 30 and not found, f"none of {len(SECRETS) + len(others)} secrets is in any of {looked} files, in {len(needles)} forms", found)


def test(front):
    if front == "lighttpd":
        slow(front)
    with Stack(front) as stack:
        token = stack.account("acme")
        client, app = stack.client(token), App(stack, "acme")
        off(stack, client, app)
        who = on(stack, client, app, token)
        negatives(stack, client, app, who)
        throttled(client, app)
        operator(stack, client, app, who)
        moved(stack)
        crowd(stack)
        tap.equal(stack.verify().returncode, 0, "verify")
        canaries(stack, console(stack))


if __name__ == "__main__":
    main(test, seconds=200)
