#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
The disk is full, behind a real web server: changes are refused with 503 and change nothing, reading goes on, no process
ends, and changes are taken again by themselves when there is room. Then the disk is full to the last byte while clients
write, and when Roster starts: recovery gives up the ballast.

A small tmpfs in a mount namespace of this program's own stands for the disk, which only root can make.
"""

import collections
import contextlib
import ctypes
import http.client
import json
import os
import re
import signal
import tempfile
import threading
import time

from console import admin
from lib import Client, Skip, events, group, is_error, main, newest, tap, user
from stack import Stack, processes

FRONTS = ("lighttpd",)
DISK_MB, RESERVE_MB, BALLAST_MB = 160, 32, 24
LOOK = 1.2  # seconds: free space is looked at no more than once a second
BACK = 15.0
HOUSEKEEP = 15  # the ballast is made by housekeeping
WORKERS = 3
CUT = (OSError, http.client.HTTPException)
CLONE_NEWNS, MS_REC, MS_PRIVATE = 0x20000, 16384, 1 << 18


class Disk:
    def __init__(self):
        if os.geteuid() != 0:
            raise Skip("only root can mount a small file system")
        libc = ctypes.CDLL(None, use_errno=True)

        def mount(what, where, kind, flags, data):
            return libc.mount(what, where.encode(), kind, ctypes.c_ulong(flags), data)

        if libc.unshare(CLONE_NEWNS) != 0 or mount(b"none", "/", None, MS_REC | MS_PRIVATE, None) != 0:
            raise Skip(f"no mount namespace to be had: {os.strerror(ctypes.get_errno())}")
        self.path = tempfile.mkdtemp(prefix="roster-disk.", dir="/tmp")
        if mount(b"disk", self.path, b"tmpfs", 0, f"size={DISK_MB}m,mode=0700".encode()) != 0:
            why = os.strerror(ctypes.get_errno())
            os.rmdir(self.path)
            raise Skip(f"no tmpfs to be had: {why}")
        self.libc = libc
        self.filler, self.ballast = os.path.join(self.path, "filler"), os.path.join(self.path, "ballast")

    def remove(self):
        self.libc.umount2(self.path.encode(), 2)  # whatever is open still
        os.rmdir(self.path)

    def fill(self, leave):
        """Takes all but so many bytes."""
        fd = os.open(self.filler, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            for piece in (1 << 20, 1 << 16, 4096):
                with contextlib.suppress(OSError):
                    while os.write(fd, bytes(piece)) == piece:
                        pass
            size = os.fstat(fd).st_size
            os.ftruncate(fd, size - leave)
        finally:
            os.close(fd)

    def empty(self):
        os.unlink(self.filler)

    def has_ballast(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            with contextlib.suppress(OSError):
                if os.stat(self.ballast).st_size >= BALLAST_MB << 20:
                    return True
            time.sleep(0.1)
        return False


def log_of(stack):
    with open(stack.path("roster.log"), encoding="utf-8", errors="replace") as f:
        return f.read()


def takes_changes(client, seconds=BACK):
    """Seconds until one is taken, or None."""
    begin = time.monotonic()
    while time.monotonic() - begin < seconds:
        with contextlib.suppress(*CUT):
            made = client.post("/Groups", group(f"again {time.monotonic()}"))
            if made.status == 201:
                client.delete("/Groups/" + made.json["id"])
                return time.monotonic() - begin
        time.sleep(0.05)
    return None


def refused(answer):
    """"" or what is wrong with the answer to a change."""
    wrong = is_error(answer, 503)
    if not wrong and answer.code != "STORAGE_FULL":
        wrong = f"code {answer.code}"
    if not wrong and not re.fullmatch(r"[1-9]\d*", answer.header("Retry-After") or ""):
        wrong = f"Retry-After {answer.header('Retry-After')!r}"
    return wrong


def at_the_console(stack, ana, ben):
    """Whoever must take something away comes in, does it and goes; and nobody stays in who was put out."""
    theirs = stack.ctl("token", "list", "full", "--json").stdout
    leaked = [t["id"] for t in map(json.loads, theirs.splitlines()) if t["name"] == "leaked too"][0]
    tap.equal(ana.again().sign_in("full").status, 201, "full: an admin can sign in")
    tap.equal(ana.confirm().status, 200, "full: and confirm")
    tap.equal(ana.delete("/tokens/" + leaked).status, 204, "full: and revoke a token in the console")
    answer = ana.post("/roles", {"name": "x"})
    tap.equal(refused(answer), "", "full: but make nothing", answer)
    tap.equal(ana.delete("/session").status, 204, "full: and sign out")
    tap.equal(stack.ctl("console", "remove", "full", "ben@example.com", check=False).returncode, 0, "full: an admin can be removed")
    tap.equal(ben.get("/session").status, 401, "full: and is out")


def while_full(stack, disk, client, token):
    who = client.post("/Users", user("full", title="before")).json["id"]
    other = client.post("/Users", user("other")).json["id"]
    team = client.post("/Groups", group("full", [who])).json["id"]
    last, seen = newest(stack.port, token), [client.get(p).json for p in ("/Users/" + who, "/Users/" + other, "/Groups/" + team)]
    leaked = stack.token("full", "leaked")
    stack.token("full", "leaked too")
    ana, ben = admin(stack, "full", "ana@example.com"), admin(stack, "full", "ben@example.com")
    before = stack.processes()
    tap.equal(client.get("=/readyz").status, 200, "/readyz while there is room")
    disk.fill((RESERVE_MB - 6) << 20)
    time.sleep(LOOK)
    value = [{"op": "replace", "value": {"title": "after"}}]
    changes = {
        "POST a user": lambda: client.post("/Users", user("nobody")),
        "PUT a user": lambda: client.put("/Users/" + who, user("full", title="after")),
        "PATCH a user": lambda: client.patch("/Users/" + who, value),
        "DELETE a user": lambda: client.delete("/Users/" + who),
        "POST a group": lambda: client.post("/Groups", group("nobody", [other])),
        "PATCH members": lambda: client.patch("/Groups/" + team, [{"op": "add", "path": "members", "value": [{"value": other}]}]),
        "PATCH a name": lambda: client.patch("/Groups/" + team, [{"op": "replace", "value": {"displayName": "after"}}]),
        "DELETE a group": lambda: client.delete("/Groups/" + team),
    }
    for name, send in changes.items():
        answers = [send() for _ in range(4 * WORKERS)]  # each worker looks at the disk by itself
        tap.equal([w for w in map(refused, answers) if w], [], f"full: {name} is refused: 503, SCIM, Retry-After in seconds (client behaviour 0.10)", answers[0])
    reads = {"a user": "/Users/" + who, "a group": "/Groups/" + team, "a list": "/Users?startIndex=1&count=10",
             "a filter": "/Users?filter=userName%20eq%20%22full%40example.com%22", "the groups": "/Groups", "/healthz": "=/healthz"}
    for name, path in reads.items():
        answers = [client.get(path).status for _ in range(2 * WORKERS)]
        tap.equal(set(answers), {200}, f"full: {name} can be read")
    tap.equal(Client(stack.port, token, base="/api/v1").get("/events?after=0").status, 200, "full: the events can be read")
    answers = [refused(client.get("=/readyz")) for _ in range(2 * WORKERS)]
    tap.equal(set(answers), {""}, "full: /readyz says that no changes are taken: 503, with Retry-After")
    now = [client.get(p).json for p in ("/Users/" + who, "/Users/" + other, "/Groups/" + team)]
    tap.equal(now, seen, "full: what was refused changed nothing")
    tap.equal(newest(stack.port, token), last, "full: and made no event")
    tap.equal(client.get("/Users?count=0").json["totalResults"], 2, "full: nobody was created")
    tap.equal(stack.ctl("token", "revoke", "full", "leaked", check=False).returncode, 0, "full: a leaked token can be revoked")
    time.sleep(LOOK)
    tap.equal({Client(stack.port, leaked).get("/Users").status for _ in range(4 * WORKERS)}, {401}, "full: and is refused then")
    at_the_console(stack, ana, ben)
    for name, words in (("full: other commands are refused", ["account", "add", "another"]),
                        ("fuller: a token cannot be revoked either", ["token", "revoke", "full", "test"])):
        done = stack.ctl(*words, check=False)
        tap.ok(done.returncode == 1 and "STORAGE_FULL" in done.stderr, name, done.returncode, done.stderr)
        disk.fill((RESERVE_MB // 2 - 4) << 20)
    tap.equal(stack.verify().returncode, 0, "full: rosterctl verify is content")
    disk.empty()
    tap.ok((took := takes_changes(client)) is not None, "room again: changes are taken again by themselves")
    tap.note(f"{took} s after there was room")
    time.sleep(LOOK)
    tap.equal({client.get("=/readyz").status for _ in range(2 * WORKERS)}, {200}, "room again: /readyz says so")
    tap.equal(changes["PATCH a user"]().json["title"], "after", "room again: what was refused is taken when it is asked for again")
    tap.equal(stack.processes(), before, "no process has ended meanwhile")


def write_until(stop, client, number, made):
    for i in range(100000):
        if stop.is_set():
            return
        name = f"w{number}x{i}"
        with contextlib.suppress(*CUT):
            answer = client.post("/Users", user(name, title="t" * 1000))
            if answer.status == 201:
                made[answer.json["id"]] = f"{name}@example.com"
            elif answer.status == 503:
                time.sleep(0.02)
            elif answer.status < 500:
                made[name] = f"refused: {answer!r}"


@contextlib.contextmanager
def writing(stack, token, made, prefix):
    """Four clients write meanwhile; made: id and name of everybody who was acknowledged."""
    stop = threading.Event()
    threads = [threading.Thread(target=write_until, args=(stop, Client(stack.port, token, timeout=10), f"{prefix}{i}", made),
                                daemon=True) for i in range(4)]
    for t in threads:
        t.start()
    try:
        yield
    finally:
        stop.set()
        for t in threads:
            t.join(20)


def told(stack, logged):
    """What the log says since it had so many characters."""
    lines = re.findall(r"event=(?:recover|checkpoint|storage_full|storage_room|storage_fault|poisoned|throttle|worker_died|fatal) .*",
                       log_of(stack)[logged:])
    tap.note("\n".join(lines[:12]))
    return "\n".join(lines)


def ask(client, seconds):
    """Statuses of one read after the other, and what is wrong with the answers that are errors."""
    statuses, wrong, begin = collections.Counter(), set(), time.monotonic()
    while time.monotonic() - begin < seconds:
        try:
            answer = client.get("/Users?count=1")
        except CUT as e:
            wrong.add(repr(e))
            continue
        statuses[answer.status] += 1
        if answer.status != 200:
            wrong.add(is_error(answer) or "" if answer.status in (500, 502, 503) else f"status {answer.status}")
        time.sleep(0.02)
    return statuses, wrong - {""}


def reads_again(client, seconds):
    begin = time.monotonic()
    while time.monotonic() - begin < seconds:
        with contextlib.suppress(*CUT):
            if client.get("/Users?count=1").status == 200:
                return True
        time.sleep(0.02)
    return False


def all_there(client, made, when):
    found, total = {}, 1
    while len(found) < total:
        page = client.get(f"/Users?startIndex={len(found) + 1}&count=100&attributes=userName").json
        total = page["totalResults"]
        found.update({u["id"]: u["userName"] for u in page["Resources"]})
        if not page["Resources"]:
            break
    lost = [name for who, name in made.items() if found.get(who) != name]
    tap.equal(lost[:3], [], f"{when}: what was acknowledged is there ({len(made)} users)")


def to_the_last_byte(stack, disk, client, token, made):
    """Somebody else takes all at once, between two looks at the disk: clients are writing."""
    logged = len(log_of(stack))
    with writing(stack, token, made, "last"):
        time.sleep(0.5)
        disk.fill(0)
        statuses, wrong, end = collections.Counter(), set(), time.monotonic() + 30
        while (set(statuses) != {200} or statuses[200] < 20) and not wrong and time.monotonic() < end:  # it recovers first
            statuses, wrong = ask(client, 3)
        tap.equal((wrong, set(statuses)), (set(), {200}), "to the last byte: reading goes on: there was ballast", statuses)
    told(stack, logged)
    tap.note(f"to the last byte: {dict(statuses)}")
    disk.empty()
    tap.ok(takes_changes(client, 2 * BACK) is not None, "room again: changes are taken by themselves", log_of(stack)[-1500:])
    all_there(client, made, "room again")
    tap.ok(disk.has_ballast(HOUSEKEEP), "room again: there is ballast")


def kill_all(stack):
    """Only what is Roster's, by its program file; looked at again when it is held."""
    for pid in sum(stack.processes(), []):
        with contextlib.suppress(ProcessLookupError):
            fd = os.pidfd_open(pid)
            try:
                if pid > 1 and processes().get(pid, (0, None))[1] == stack.fcgi:
                    signal.pidfd_send_signal(fd, signal.SIGKILL)
            finally:
                os.close(fd)
    stack.master.wait(10)


def full_at_start(stack, disk, client, token, made):
    """All of Roster is killed with much in the log that is in no data file yet, and the disk is full."""
    with writing(stack, token, made, "start"):
        time.sleep(2)
        kill_all(stack)
    log_files = set(os.listdir(os.path.join(stack.data, "log")))
    disk.fill(0)
    tap.ok(os.path.exists(disk.ballast), "the disk is full, but for the ballast")
    logged = len(log_of(stack))
    stack.start_master()
    tap.ok(reads_again(client, 20), "started on a full disk: reading works", stack.logs())
    text = told(stack, logged)
    tap.ok(re.search("event=storage_full .*what=ballast", text) and not os.path.exists(disk.ballast),
           "started on a full disk: recovery gave up the ballast", text)
    all_there(client, made, "started on a full disk")
    left = set(os.listdir(os.path.join(stack.data, "log")))
    # Its last file may stay: what recovery wrote itself may have begun one more.
    tap.ok(len(log_files) > 1 and not (log_files - {max(log_files)}) & left,
           "recovery removed the log that it had read", log_files, left)
    disk.fill((RESERVE_MB - 6) << 20)  # again: the log that the recovery had read is gone
    time.sleep(LOOK)
    answers = {refused(client.post("/Users", user("nobody"))) for _ in range(2 * WORKERS)}
    tap.equal(answers, {""}, "started on a full disk: changes are refused")
    tap.equal(refused(client.get("=/readyz")), "", "started on a full disk: /readyz says so")
    disk.empty()
    tap.ok(takes_changes(client) is not None, "room again: changes are taken by themselves")
    all_there(client, made, "room again")
    tap.ok(disk.has_ballast(HOUSEKEEP), "room again: there is ballast again")
    events(stack.port, token)  # which sees to it that there is no gap
    done = stack.verify()
    tap.equal(done.returncode, 0, "rosterctl verify is content", done.stdout, done.stderr)


def test(front):
    disk = Disk()
    conf = {"store.reserve_mb": RESERVE_MB, "store.ballast_mb": BALLAST_MB, "store.log_file_mb": 4, "store.checkpoint_mb": 16}
    try:
        with Stack(front, workers=WORKERS, conf=conf, data=disk.path) as stack:
            token = stack.account("full")
            client = stack.client(token, timeout=10)
            tap.ok(disk.has_ballast(HOUSEKEEP), "there is ballast")
            while_full(stack, disk, client, token)
            made = {}
            to_the_last_byte(stack, disk, client, token, made)
            full_at_start(stack, disk, client, token, made)
            tap.equal(stack.stop(), 0, "all processes end in order when the services are stopped")
    finally:
        disk.remove()


if __name__ == "__main__":
    main(test, FRONTS, seconds=200)
