#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
The sync log: what an identity provider asked is kept with its words, its difference and its remedy; what only looked is
counted; and nobody else's is told.
"""

import json
import time

from lib import Client, group, main, tap, user
from stack import Stack

BULK_REQUEST = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
OKTA = {"User-Agent": "Okta SCIM Client 1.0.0"}


class Log:
    def __init__(self, stack, account):
        token = stack.token(account, "console", ("manage",))
        self.client = Client(stack.port, token, base=stack.base.replace("/scim/v2", "/api/v1"))

    def page(self, query=""):
        answer = self.client.get("/log" + query)
        if answer.status != 200:
            raise RuntimeError(f"log: {answer!r}")
        return answer.json

    def entries(self, query=""):
        return self.page(query)["entries"]

    def wait(self, wanted, query=""):
        """The entries once wanted(entries); counts of all workers are there after some seconds."""
        for _ in range(150):
            found = self.entries(query)
            if wanted(found):
                break
            time.sleep(0.1)
        return found


def sentences(entries):
    return [e["sentence"] for e in entries]


def changes(log, client):
    made = client.post("/Users", user("ana", title="T", password="Wort-eins-canary"), headers=OKTA)
    who = made.json["id"]
    bob = client.post("/Users", user("bob"), headers=OKTA).json["id"]
    client.patch("/Users/" + who, [{"op": "replace", "value": {"title": "New"}}], headers=OKTA)
    client.patch("/Users/" + who, [{"op": "replace", "value": {"active": False}}], headers=OKTA)
    client.put("/Users/" + who, user("ana", title="New", active=True), headers=OKTA)
    team = client.post("/Groups", group("Design", [who, bob]), headers=OKTA).json["id"]
    client.patch("/Groups/" + team, [{"op": "remove", "path": f'members[value eq "{bob}"]'}], headers=OKTA)
    client.patch("/Groups/" + team, [{"op": "replace", "value": {"displayName": "Art"}}], headers=OKTA)
    client.delete("/Groups/" + team, headers=OKTA)
    client.delete("/Users/" + bob, headers=OKTA)
    entries = log.entries()
    tap.equal(sentences(entries), [
        "Okta created ana@example.com", "Okta created bob@example.com", "Okta updated ana@example.com", "Okta deactivated ana@example.com",
        "Okta reactivated ana@example.com", "Okta created team Design with 2 members", "Okta removed 1 member from team Design",
        "Okta renamed a team to Art", "Okta deleted team Art", "Okta deleted bob@example.com"], "each change has its sentence, at once")
    first, title = entries[0], entries[2]
    tap.ok(first["status"] == 201 and first["method"] == "POST" and first["path"] == "/scim/v2/Users" and first["client"] == "Okta" and
           first["request"] == made.header("X-Request-Id") and first["microseconds"] > 0 and not first["failed"], "what was asked", first)
    tap.ok(first["body"]["password"] == "***" and first["body"]["title"] == "T", "its body, without the password", first["body"])
    tap.equal([(e["seq"], e["changes"]) for e in title["events"]], [(title["firstEvent"], [{"path": "title", "old": "T", "new": "New"}])],
              "the difference, before and after")
    tap.equal(entries[6]["status"], 204, "the status that was answered")
    tap.equal(log.entries("?user=" + who)[0]["seq"], first["seq"], "by the id of a user")
    tap.equal(sentences(log.entries("?user=BOB@example.com")), ["Okta created bob@example.com", "Okta deleted bob@example.com"], "by a userName")
    return who


def failures(log, client, who):
    start = log.page()["newest"]
    client.post("/Users", user("ana"), headers=OKTA)
    client.put("/Users/" + who, user("ana", userType="queen"))
    client.get("/Users?filter=title%20eq")
    client.get("/Users?filter=password%20eq%20%22Wort-zwei-canary%22")
    client.get("/Userz")
    client.request("POST", "/Users", b'{"userName": "x", ')
    client.patch("/Users/" + who, [{"op": "replace", "path": 'password[value eq "Wort-drei-canary"]', "value": "Wort-vier-canary"}])
    client.get("/Users/unknown")
    Client(client.port, log.client.token, base=client.base).get("/Users")
    found = log.wait(lambda e: len(e) >= 9, f"?after={start}&failed=true")
    by_code = {e["code"]: e for e in found}
    taken = by_code.get("USERNAME_TAKEN", {})
    tap.ok(len(found) >= 8 and all(e["failed"] and e["remedy"] and e["answer"]["detail"].startswith(e["code"] + ": ") for e in found),
           "a request that failed has its code, its remedy and the answer", found)
    tap.ok(taken.get("sentence", "").startswith("Okta tried to create ana@example.com; refused: ") and taken["status"] == 409 and taken["body"]["userName"] == "ana@example.com",
           "and says who was refused what", taken)
    tap.ok(by_code["TYPE_UNKNOWN"]["sentence"].startswith("The identity provider tried to update ana@example.com; refused: "), "by the name of whom the address names", by_code["TYPE_UNKNOWN"])
    tap.ok("PATH_UNKNOWN" in by_code and by_code["PATH_UNKNOWN"]["path"] == "/scim/v2/Userz", "an address that there is not", by_code.get("PATH_UNKNOWN"))
    tap.ok("body" not in by_code["JSON_MALFORMED"] and by_code["JSON_MALFORMED"]["bodyBytes"] > 0, "a body that is none is not kept", by_code["JSON_MALFORMED"])
    tap.ok("events" not in taken and not any("firstEvent" in e for e in found), "and has no event")
    tap.equal({e["code"] for e in log.entries("?code=username_taken")}, {"USERNAME_TAKEN"}, "by code")
    tap.equal([e["code"] for e in log.entries("?failed=true&limit=1")], [found[-1]["code"]], "the newest")


def reads(log, client, who):
    start = log.page()["newest"]
    for _ in range(118):
        client.get("/Users/" + who, headers=OKTA)
    client.get("/Groups", headers=OKTA)
    client.put("/Users/" + who, user("ana", title="New", active=True), headers=OKTA)
    client.request("HEAD", "/Schemas", headers=OKTA)

    def total(entries):
        return sum(e.get("times", 0) for e in entries)

    found = log.wait(lambda e: total(e) >= 121, f"?after={start}")
    users = [e for e in found if e.get("kind") == "users"]
    tap.ok(len(users) == 1 and users[0]["times"] == 118 and users[0]["sentence"] == "Okta looked up users 118 times" and users[0]["first"] <= users[0]["last"],
           "reading is counted, by all processes together", found)
    tap.equal(sorted(e["kind"] for e in found if e["kind"] != "users"), ["service", "teams", "unchanged"], "by kind, also what changed nothing")
    client.patch("/Users/" + who, [{"op": "replace", "value": {"title": "Newer"}}], headers=OKTA)
    client.get("/Users/" + who, headers=OKTA)
    found = log.wait(lambda e: total(e) >= 122, f"?after={start}")
    tap.equal([e.get("kind") for e in found if e.get("kind") in ("users", None)], ["users", None, "users"], "until something comes between")


def bulk(log, client):
    start = log.page()["newest"]
    operations = [{"method": "POST", "path": "/Users", "bulkId": "a", "data": user("carl")}, {"method": "POST", "path": "/Users", "bulkId": "b", "data": user("ana")},
                  {"method": "POST", "path": "/Users", "bulkId": "c", "data": user("dora")}]
    client.post("/Bulk", {"schemas": [BULK_REQUEST], "Operations": operations}, headers=OKTA)
    found = log.entries(f"?after={start}")
    tap.equal(sentences(found), ["Okta sent 3 changes in one request; refused: 1 of them"], "a bulk request has one entry")
    entry = found[0]
    tap.equal((entry["operations"], entry["refusedCount"], [(r["operation"], r["code"]) for r in entry["refused"]], [e["type"] for e in entry["events"]]),
              (3, 1, [(2, "USERNAME_TAKEN")], ["user.created", "user.created"]), "with what was refused and all its events")
    tap.equal(log.entries(f"?after={start}&failed=true"), found, "which counts as failed in part")


def rosterctl(stack, log):
    lines = stack.ctl("log", "acme", "--limit", "1000").stdout.splitlines()
    tap.ok(any(line.endswith(" 201 Okta created ana@example.com") for line in lines) and any(line.startswith("    USERNAME_TAKEN: ") for line in lines),
           "rosterctl log: words, code and remedy", lines[:5])
    entries = [json.loads(line) for line in stack.ctl("log", "acme", "--json", "--limit", "1000").stdout.splitlines()]
    tap.equal(entries, log.entries("?limit=1000"), "rosterctl log --json: the same as the API")
    failed = [json.loads(line) for line in stack.ctl("log", "acme", "--json", "--failed", "--limit", "2").stdout.splitlines()]
    tap.equal(failed, [e for e in entries if e["failed"]][-2:], "--failed --limit: the newest")
    after = [json.loads(line) for line in stack.ctl("log", "acme", "--json", "--after", str(entries[2]["seq"]), "--limit", "3").stdout.splitlines()]
    tap.equal(after, entries[3:6], "--after: the next")
    got, last = [], 0
    for _ in range(len(entries) + 1):
        page = log.page(f"?after={last}&limit=7")
        if not page["entries"]:
            break
        got, last = got + page["entries"], page["last"]
    tap.equal(got, entries, "page by page")


def bounds(stack, log, client):
    stack.ctl("account", "set", "acme", "log_entries=10")
    time.sleep(0.6)  # until every worker has it
    members = [client.post("/Users", user(f"n{i}")).json["id"] for i in range(30)]
    tap.ok(len(log.entries()) <= 12, "no more are kept than the account says", len(log.entries()))
    for title in ("ä" * 8000, "x" * 8000):
        client.patch("/Users/" + members[0], [{"op": "replace", "value": {"title": title}}])
    entry = log.entries("?limit=1")[0]
    tap.ok(isinstance(entry["body"], str) and len(entry["body"]) <= 4096 and entry["bodyBytes"] > 8000, "a long body is cut", entry)
    stack.ctl("account", "set", "acme", "log_entries=0")
    time.sleep(0.6)
    newest = log.page()["newest"]
    client.post("/Users", user("silent"))
    client.post("/Users", user("silent"))
    client.get("/Users")
    tap.equal(log.page()["newest"], newest, "off: nothing is written")


def denied(stack, log, client):
    scim = Client(stack.port, client.token, base=log.client.base)
    tap.equal(scim.get("/log").code, "AUTH_SCOPE", "an identity provider does not read it")
    tap.equal(log.client.get("/log?failed=maybe").code, "PARAMETER_INVALID", "failed is true or false")
    other = Log(stack, stack.account("other").split()[0] and "other")
    tap.equal(other.entries(), [], "another account has none of it")
    exported = stack.ctl("export", "acme").stdout
    tap.ok("tried to" not in exported and "sentence" not in exported, "an export has none of it")


def odd(stack, log, client):
    """What a client can write into the log neither hides what is behind it nor tells a secret."""
    deep = {}
    for _ in range(13):
        deep = [deep]
    tap.equal(client.post("/Users", user("deep", zz={"a": deep})).status, 201, "a body as deep as is taken")
    tap.ok(any("deep@example.com" in s for s in sentences(log.entries())), "is in the log")
    tap.equal(client.post("/Users", user("deep", zz={"a": deep})).code, "USERNAME_TAKEN", "and again")
    client.patch("/Users/nobody", [{"op": "remove", "path": "title"}])
    tap.ok("nobody" in stack.ctl("log", "acme").stdout.splitlines()[-2], "rosterctl log goes on behind it")
    tap.equal(len(log.entries("?code=username_taken&user=deep@example.com")), 1, "and it is found by its code")
    tap.equal((log.entries("?code=NONE"), log.page("?code=NONE")["last"] == log.page()["newest"]), ([], True), "a code that nothing has")
    tap.equal(log.page("?after=9223372036854775807")["newest"], log.page()["newest"], "a place behind the end")
    for name in ("a" * 60 + client.token + "b" * 60 + "@x", "\x01" + client.token):
        client.post("/Users", user("new", userName=name))
    client.request("POST", "/Users", b'{"%s":1,"%s":2}' % ((client.token.encode(),) * 2))
    client.request("POST", "/Users", b"{}", headers={"Content-Type": client.token})
    text = json.dumps(log.entries("?limit=4")) + stack.ctl("log", "acme", "--limit", "4").stdout
    tap.ok(text.count("JSON_DUPLICATE_NAME") and "rst_" not in text, "a token that is quoted in errors is not in it", text)
    before = client.get("/Users?count=0")
    tap.equal(before.status, 200, "and all goes on")


def canaries(stack, log):
    text = json.dumps(log.entries("?limit=1000")) + stack.ctl("log", "acme", "--json", "--limit", "1000").stdout
    tap.ok("created ana" in text and "-canary" not in text and "rst_" not in text, "no password and no token is in it", [e for e in log.entries("?limit=1000") if "-canary" in json.dumps(e)])


def test(front):
    with Stack(front) as stack:
        client = stack.client(stack.account("acme"))
        log = Log(stack, "acme")
        who = changes(log, client)
        failures(log, client, who)
        reads(log, client, who)
        bulk(log, client)
        rosterctl(stack, log)
        canaries(stack, log)
        denied(stack, log, client)
        odd(stack, log, client)
        bounds(stack, log, client)
        tap.equal(stack.verify().returncode, 0, "verify")
        tap.ok(stack.ctl("account", "remove", "acme", "--yes").returncode == 0 and " log " not in stack.ctl("dump", "--account", "other").stdout, "removed with its account")


if __name__ == "__main__":
    main(test, fronts=("lighttpd",), seconds=120)
