#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
What is told of an account at a glance: its state, what an identity provider has done already, how much was accepted and
refused, and what waits; for the operator all accounts, those in trouble first. The counts are exact whatever runs at the
same time, and outlast workers and restarts.
"""

import os
import signal
import threading
import time

from lib import Client, group, main, tap, user
from stack import Stack

BULK_REQUEST = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
OKTA = {"User-Agent": "Okta SCIM Client 1.0.0"}
STEPS = ["connected", "looked_up", "created", "updated", "deactivated", "pushed", "member_changed"]


class Staff:
    def __init__(self, stack, account):
        self.stack, self.slug = stack, account
        self.client = Client(stack.port, stack.token(account, "console", ("manage",)), base="/api/v1")

    def ask(self, path):
        answer = self.client.get(path)
        if answer.status != 200:
            raise RuntimeError(f"{path}: {answer!r}")
        return answer.json

    def overview(self):
        return self.ask("/overview")

    def today(self):
        """(accepted, refused)"""
        day = self.overview()["days"][-1]
        return day["accepted"], day["refused"]

    def steps(self):
        return [c["step"] for c in self.overview()["checklist"] if c["first"]]

    def refusals(self):
        return {r["code"]: r["count"] for r in self.ask("/refusals")["refusals"]}

    def waiting(self):
        return {w["what"]: w for w in self.overview()["waiting"]}

    def wait(self, what, wanted, seconds=15):
        """What `what` says once it is that; what other workers have counted is there after some seconds."""
        end = time.monotonic() + seconds
        while (found := what()) != wanted and time.monotonic() < end:
            time.sleep(0.1)
        return found


class Operator:
    def __init__(self, stack):
        token = stack.ctl("operator-token", "add", "--name", "staff").stdout.strip()
        self.client = Client(stack.port, token, base="/api/v1")

    def overviews(self, query="", limit=1000):
        after, found = "", []
        while after is not None:
            page = self.client.get(f"/overviews?limit={limit}{query}" + (f"&after={after}" if after else "")).json
            found, after = found + page["accounts"], page["next"]
        return found

    def states(self, query="", limit=1000):
        return [(a["slug"], a["state"]) for a in self.overviews(query, limit)]


def set_up(stack, staff):
    """What somebody sees who connects an identity provider."""
    got = staff.overview()
    tap.equal((got["state"], got["client"], got["lastRequest"], staff.steps()), ("not_configured", None, None, []), "there is no token", got)
    tap.ok("token" in staff.waiting() and "generate one" in got["words"], "and is said so", got)
    client = stack.client(stack.token("fresh", "okta", ("scim",)))
    tap.equal((staff.overview()["state"], "token" in staff.waiting()), ("waiting", False), "a token that nobody used")
    client.get("/ServiceProviderConfig", headers=OKTA)
    tap.equal(staff.wait(staff.steps, STEPS[:1]), STEPS[:1], "connected")
    got = staff.overview()
    tap.equal((got["state"], got["client"], got["lastChange"]), ("active", "Okta", None), "and active", got)
    tap.ok(got["lastRequest"] and "Okta is connected" in got["words"], "by Okta", got)
    client.find("Users", "userName", "ana@example.com")
    tap.equal(staff.wait(staff.steps, STEPS[:2]), STEPS[:2], "looked up")
    ana = client.post("/Users", user("ana"), headers=OKTA).json["id"]
    tap.equal(staff.steps(), STEPS[:3], "created, at once")
    client.patch("/Users/" + ana, [{"op": "replace", "value": {"title": "New"}}], headers=OKTA)
    client.patch("/Users/" + ana, [{"op": "replace", "value": {"active": False}}], headers=OKTA)
    tap.equal(staff.steps(), STEPS[:5], "updated and deactivated")
    client.patch("/Users/" + ana, [{"op": "replace", "value": {"active": True}}], headers=OKTA)
    team = client.post("/Groups", group("Sales"), headers=OKTA).json["id"]
    tap.equal(staff.steps(), STEPS[:6], "pushed")
    client.patch("/Groups/" + team, [{"op": "add", "path": "members", "value": [{"value": ana}]}], headers=OKTA)
    got = staff.overview()
    tap.equal(staff.steps(), STEPS, "a member changed")
    tap.ok(all(c["first"] <= c["last"] <= got["lastRequest"] for c in got["checklist"]), "with times", got["checklist"])
    tap.equal((got["users"], got["active"], got["teams"], got["seats"], got["state"]), (1, 1, 1, {"used": 1, "limit": None}, "active"), "counts")
    tap.ok("6 changes were accepted" in got["words"] and got["lastChange"], "in words", got["words"])
    tap.equal(staff.wait(staff.today, (8, 0)), (8, 0), "the day's requests")
    tap.equal((len(got["days"]), got["days"] == sorted(got["days"], key=lambda d: d["day"]), got["days"][-1]["day"]),
              (7, True, time.strftime("%Y-%m-%d", time.gmtime())), "seven days")
    return client, ana


def refusals(stack, staff, client, ana):
    tap.equal(staff.refusals(), {}, "nothing was refused")
    for _ in range(3):
        client.post("/Users", user("ana"), headers=OKTA)
    client.get("/Users/unknown")
    client.get("/Users?filter=title%20eq")
    tap.equal(staff.wait(staff.refusals, {"USERNAME_TAKEN": 3, "RESOURCE_NOT_FOUND": 1, "FILTER_SYNTAX": 1}),
              {"USERNAME_TAKEN": 3, "RESOURCE_NOT_FOUND": 1, "FILTER_SYNTAX": 1}, "by code")
    listed = staff.ask("/refusals")["refusals"]
    tap.ok([r["last"] for r in listed] == sorted((r["last"] for r in listed), reverse=True) and all(r["first"] <= r["last"] for r in listed), "latest first", listed)
    tap.equal(staff.today(), (8, 5), "of the day")
    codes = [w["code"] for w in staff.overview()["waiting"] if w["what"] == "refusals"]
    tap.equal(sorted(codes), ["FILTER_SYNTAX", "USERNAME_TAKEN"], "what waits: not that somebody was not there")
    tap.equal(staff.overview()["state"], "active", "less was refused than accepted")
    for _ in range(4):
        client.post("/Users", user("ana"), headers=OKTA)
    tap.equal(staff.wait(lambda: staff.overview()["state"], "failing"), "failing", "more was")
    tap.ok("7 changes were refused and 6 accepted" in staff.overview()["words"], "in words", staff.overview()["words"])
    for i in range(3):
        client.patch("/Users/" + ana, [{"op": "replace", "value": {"title": f"T{i}"}}], headers=OKTA)
    tap.equal(staff.overview()["state"], "active", "until more is accepted")
    stack.ctl("account", "set", "fresh", "seat_limit=1")
    time.sleep(0.6)
    client.post("/Users", user("bob"), headers=OKTA)
    tap.equal(staff.wait(lambda: staff.waiting().get("seats", {}).get("count"), 1), 1, "a seat that was refused", staff.waiting())
    tap.ok("All seats are taken, 1 of 1." in staff.waiting()["seats"]["words"], "in words", staff.waiting())


def turned_away(stack, staff):
    """A token that was the account's and is none any more."""
    old = stack.client(stack.token("fresh", "old", ("scim",)))
    old.get("/Users?count=0", headers=OKTA)
    stack.ctl("token", "revoke", "fresh", "old")
    for _ in range(100):
        if old.get("/Users?count=0", headers=OKTA).status == 401:
            break
        time.sleep(0.05)
    time.sleep(0.6)
    tap.equal(old.get("/Users?count=0", headers=OKTA).code, "AUTH_INVALID", "a revoked token")
    tap.equal(staff.wait(lambda: staff.overview()["state"], "failing"), "failing", "the account is told")
    tap.ok("Okta is turned away (AUTH_INVALID)" in staff.overview()["words"], "in words", staff.overview()["words"])
    tap.ok("AUTH_INVALID" in staff.refusals(), "and counted", staff.refusals())
    before = staff.refusals()
    stack.client("rst_fresh_" + "A" * 49).get("/Users")
    stack.client(None).get("/Users")
    time.sleep(6)
    tap.equal(staff.refusals(), before, "what nobody knows is nobody's")
    tap.ok(not staff.ask("/log?code=AUTH_INVALID")["entries"], "the sync log has no entry of it")
    stack.ctl("token", "revoke", "fresh", "okta")
    time.sleep(0.6)
    got = staff.overview()
    tap.equal((got["state"], staff.waiting()["token"]["count"]), ("not_configured", 0), "no token is live", got)
    tap.ok("was revoked or has expired" in got["words"], "in words", got["words"])


def silent(stack):
    """An account without a sync log is counted all the same."""
    client = stack.client(stack.account("silent", log_entries="0"))
    staff = Staff(stack, "silent")
    ana = client.post("/Users", user("ana"), headers=OKTA).json["id"]
    client.post("/Users", user("ana"), headers=OKTA)
    client.get("/Users/" + ana, headers=OKTA)
    client.post("/Bulk", {"schemas": [BULK_REQUEST], "Operations": [
        {"method": "POST", "path": "/Users", "bulkId": "a", "data": user("bob")}, {"method": "POST", "path": "/Users", "bulkId": "b", "data": user("ana")}]}, headers=OKTA)
    tap.equal(staff.wait(staff.today, (3, 2)), (3, 2), "without a sync log")
    tap.equal((staff.refusals(), staff.steps(), staff.ask("/log")), ({"USERNAME_TAKEN": 2}, STEPS[:3], {"entries": [], "last": 0, "newest": 0}), "everything but its entries")
    return staff


def traffic(stack):
    """Many at a time, with a worker killed in the middle: every change that was answered is counted, and none twice."""
    token = stack.account("busy")
    staff, done, lock = Staff(stack, "busy"), {"accepted": 0, "refused": 0, "lost": 0}, threading.Lock()

    def work(name, n, kill):
        client = stack.client(token)
        for i in range(n):
            try:
                answer = client.post("/Users", user(f"{name}-{i // 2}"), headers=OKTA)  # each twice
                word = {201: "accepted", 409: "refused"}.get(answer.status, "lost")
            except OSError:
                word = "lost"
            with lock:
                done[word] += 1
            if kill and i == n // 2:
                for pid in stack.processes()[1]:
                    os.kill(pid, signal.SIGKILL)

    def run(n, kill):
        threads = [threading.Thread(target=work, args=(f"{kill}-{n}-{k}", n, kill and k == 0)) for k in range(8)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()

    run(40, False)
    wanted = (done["accepted"], done["refused"])
    tap.equal(wanted, (160, 160), "requests side by side")
    tap.equal(staff.wait(staff.today, wanted), wanted, "are counted exactly")
    before = staff.today()[0]
    run(40, True)
    stack.wait_ready()
    time.sleep(6)
    users = staff.overview()["users"]
    tap.equal(staff.today()[0], users, "after workers were killed: as many changes as there are users", done)
    tap.ok(users >= done["accepted"] and users > before and staff.today()[1] <= done["refused"] + done["lost"], "and no refusal twice", staff.today(), done)
    tap.equal(stack.verify().returncode, 0, "verify")
    client = stack.client(token)
    for i in range(100):  # some acknowledgements were lost: more than was refused
        client.post("/Users", user(f"more-{i}"), headers=OKTA)
    return staff


def restart(stack, *all_staff):
    client = stack.client(stack.token("busy", "last"))
    was = all_staff[-1].today()[1]
    client.post("/Users", {"schemas": []})  # nobody waits for the disk
    tap.equal(all_staff[-1].wait(lambda: all_staff[-1].today()[1], was + 1), was + 1, "a refusal")
    before = [(s.today(), s.refusals(), s.steps()) for s in all_staff]
    stack.stop_roster()
    stack.start_master()
    stack.wait_ready()
    tap.equal([(s.today(), s.refusals(), s.steps()) for s in all_staff], before, "nothing is lost by a restart")


def all_accounts(stack, boss):
    """Failing, stale, not configured, waiting, active, suspended."""
    stack.ctl("account", "add", "asleep")
    stack.ctl("account", "set", "asleep", "status=suspended")
    stack.account("empty-one")
    stack.ctl("account", "add", "bare")
    stack.ctl("account", "set", "bare", "name=Bäre & Söhne")
    worse = stack.client(stack.account("worse"))
    for _ in range(5):
        worse.post("/Users", {"schemas": []}, headers=OKTA)
    bad = stack.client(stack.account("bad"))
    for _ in range(2):
        bad.post("/Users", {"schemas": []}, headers=OKTA)
    wanted = [("worse", "failing"), ("bad", "failing"), ("fresh", "not_configured"), ("bare", "not_configured"), ("empty-one", "waiting"),
              ("busy", "active"), ("silent", "active"), ("asleep", "suspended")]
    for _ in range(100):
        if boss.states()[:2] == wanted[:2]:
            break
        time.sleep(0.1)
    got = boss.states()
    tap.equal([s for s in got if s[0] != "fresh"], [s for s in wanted if s[0] != "fresh"], "those in trouble first")
    tap.equal(got[0:1] + got[2:3], [("worse", "failing"), ("fresh", "not_configured")], "by how much")
    for limit in (1, 2, 3):
        tap.equal(boss.states(limit=limit), got, f"page by page, {limit} on each")
    tap.equal(boss.states("&q=B%C3%84RE"), [("bare", "not_configured")], "by a part of the name")
    tap.equal(sorted(boss.states("&q=b")), sorted(s for s in got if "b" in s[0]), "or of the slug")
    tap.equal(boss.states("&q=nothing"), [], "or none")
    one = next(a for a in boss.overviews() if a["slug"] == "worse")
    tap.equal((one["refused24h"], one["client"], one["status"], one["users"], one["seats"]), (5, "Okta", "active", 0, {"used": 0, "limit": None}), "one of them", one)
    for after in ("x", "1.2", "1.2.3.4.5", "-1", ""):
        tap.equal(boss.client.get("/overviews?after=" + after).code, "PARAMETER_INVALID", f"after={after}")


def people(stack, boss):
    one, two = stack.client(stack.account("one")), stack.client(stack.account("two"))
    ana = one.post("/Users", user("ana", userName="Ana@Work.example", emails=[{"value": "ana@home.example"}])).json["id"]
    other = two.post("/Users", user("x", emails=[{"value": "ana@home.example"}], active=False)).json["id"]

    def found(email):
        return sorted((p["account"]["slug"], p["id"], p["active"]) for p in boss.client.get("/people?email=" + email).json["people"])

    tap.equal(found("ANA@home.example"), [("one", ana, True), ("two", other, False)], "a person in all accounts")
    tap.equal(found("ana@work.example"), [("one", ana, True)], "by userName")
    tap.equal((found("ana@home"), found("%25")), ([], []), "the whole address only")
    for query in ("", "?email=", "?email=%20"):
        tap.equal(boss.client.get("/people" + query).code, "PARAMETER_INVALID", "people" + query)


def log_filters(stack, staff, client):
    log = staff.ask("/log?before=0&limit=1000")
    entries = log["entries"]
    tap.ok(log["next"] is None and [e["seq"] for e in entries] == sorted((e["seq"] for e in entries), reverse=True) and entries, "newest first", log["next"])
    forward = staff.ask("/log?after=0&limit=1000")["entries"]
    tap.equal(entries, forward[::-1], "the same as forwards")
    walked, before = [], 0
    while before is not None:
        page = staff.ask(f"/log?before={before}&limit=3")
        walked, before = walked + page["entries"], page["next"]
    tap.equal(walked, entries, "page by page")
    one = entries[3]
    tap.equal(staff.ask(f"/log/{one['seq']}"), one, "one entry")
    for which in ("0", "x", "99999999", "-1"):
        tap.equal(staff.client.get("/log/" + which).code, "LOG_ENTRY_UNKNOWN", "none: " + which)
    requests = [e for e in entries if "status" in e]
    middle = entries[len(entries) // 2]["time"]
    for query, wanted in (("method=post", [e for e in requests if e["method"] == "POST"]), ("status=409", [e for e in requests if e["status"] == 409]),
                          ("token=" + one["token"], [e for e in entries if e["token"] == one["token"]]), ("token=00000000-0000-4000-8000-000000000001", []),
                          ("client=OKTA", [e for e in entries if e["client"] == "Okta"]), ("q=ANA@", [e for e in entries if "ana@" in e["sentence"]]),
                          ("from=" + middle, [e for e in entries if e["time"] >= middle]), ("to=" + middle, [e for e in entries if e.get("first", e["time"]) < middle]),
                          ("q=created&status=201&method=POST", [e for e in requests if "created" in e["sentence"] and e["status"] == 201 and e["method"] == "POST"]),
                          ("q=100%25", []), ("status=99999", [])):
        tap.equal(staff.ask("/log?before=0&limit=1000&" + query)["entries"], wanted, "backwards: " + query)
        tap.equal(staff.ask("/log?after=0&limit=1000&" + query)["entries"], wanted[::-1], "forwards: " + query)
    for query in ("token=x", "from=yesterday", "to=1", "status=many", "before=x"):
        tap.equal(staff.client.get("/log?" + query).code, "PARAMETER_INVALID", query)


def nothing_leaves(stack):
    exported = stack.ctl("export", "busy").stdout
    tap.ok('"seen"' not in exported and "USERNAME_TAKEN" not in exported, "an export has nothing of it")
    dump = stack.ctl("dump", "seen").stdout
    tap.ok("SEATS_EXCEEDED" in dump, "dump shows the keys", dump)
    tap.ok(stack.ctl("account", "remove", "fresh", "--yes").returncode == 0 and "SEATS_EXCEEDED" not in stack.ctl("dump", "seen").stdout, "removed with its account")


def test(front):
    with Stack(front) as stack:
        boss = Operator(stack)
        stack.ctl("account", "add", "fresh")
        staff = Staff(stack, "fresh")
        client, ana = set_up(stack, staff)
        refusals(stack, staff, client, ana)
        log_filters(stack, staff, client)
        turned_away(stack, staff)
        quiet, busy = silent(stack), traffic(stack)
        restart(stack, staff, quiet, busy)
        all_accounts(stack, boss)
        people(stack, boss)
        nothing_leaves(stack)
        tap.equal(stack.verify().returncode, 0, "verify", stack.verify().stdout)


if __name__ == "__main__":
    main(test, fronts=("lighttpd",), seconds=240)
