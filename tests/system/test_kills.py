#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
Kills at any moment: of a worker, of all of Roster, of its master, of the web server. Meanwhile clients write, and keep a
journal of what was acknowledged. The service comes back by itself within 5 s each time, nothing acknowledged is lost,
nothing is there by half, the events tell the same story, and no process is left behind. Then what is no accident: SIGHUP
loses no request, SIGTERM lets requests in hand end, and a worker that cannot start is not started in a tight loop.

What nobody supervises here is started again by the test, as systemd would do it: the master of one's own, and the web
server itself. All else must come back by itself.

$ROSTER_KILLS   the number of kills, divided over the set-ups; without it 44, and what must be back within 5 s has 18, for a
                machine that is busy or a build that is slow: a campaign proves the promise, this that it comes back
$ROSTER_SEED    repeats the choices of a run, not its timing
"""

import collections
import contextlib
import http.client
import json
import os
import random
import re
import signal
import socket
import sys
import threading
import time
import urllib.parse

from lib import FRONTS, Client, events, group, main, tap, user
from stack import Stack, processes

KILLS = int(os.environ.get("ROSTER_KILLS") or 44)
SEED = int(os.environ.get("ROSTER_SEED") or random.SystemRandom().randrange(1000000))
ROUND = 60  # kills from one look at everything to the next
CLIENTS, ACCOUNTS, SHARED = 8, 2, 2
USERS_MAX, TEAMS_MAX = 25, 4  # of one client
BACK = 5.0 if os.environ.get("ROSTER_KILLS") else 18.0  # seconds: the promise
STEADY = 0.15  # so long after a kill no request may have failed for the service to count as back
STILL = 10.0  # of one request: mod_fcgid lets one that finds every process taken sleep a second at a time
GIVE_UP = 20.0
WORKERS = 3

# How often of each kind. "twice": all, and all again while they join and recover.
DECK = {"worker": 8, "all": 4, "twice": 2, "master": 3, "web": 3}
# Under mod_fcgid, the master is any of the small parents.
DECK_FCGID = {"worker": 8, "all": 4, "twice": 2, "master": 4, "web": 2}

USER_KEYS = ("userName", "externalId", "displayName", "title", "active")
CUT = (OSError, http.client.HTTPException)


class Fault(Exception):
    """What must not be; the text says it."""


# --- killing ---

def send_signal(pid, signo, is_ours):
    """
    To the process pid if is_ours(pid, its parent, its program file). It is held before it is looked at, so that the one that
    gets the signal is the one that was looked at. False: it is gone.
    """
    if pid <= 1:
        raise Fault(f"process {pid} is none of ours")
    try:
        fd = os.pidfd_open(pid)
    except ProcessLookupError:
        return False
    try:
        found = processes().get(pid)
        with contextlib.suppress(ProcessLookupError):
            if found is None or not is_ours(pid, *found):
                return False
            signal.pidfd_send_signal(fd, signo)
            return True
    finally:
        os.close(fd)
    return False


def kill_roster(stack, pids):
    parents = set(stack.processes()[0])

    def is_ours(_pid, parent, exe):
        return exe == stack.fcgi or (exe is None and parent in parents)

    return sum(send_signal(pid, signal.SIGKILL, is_ours) for pid in pids)


def web_children(stack, program):
    """The web server's own but for the first: in the session that was made for it, with its program file."""
    ours = []
    for pid, (_, exe) in processes().items():
        with contextlib.suppress(ProcessLookupError):
            if exe == program and pid != stack.web.pid and os.getsid(pid) == stack.web.pid:
                ours.append(pid)
    return ours


def web_processes(stack):
    leader = stack.web.pid
    program = processes()[leader][1] if stack.web.poll() is None else None
    return [leader] + web_children(stack, program) if program else []


def is_held(port):
    """A process that looks dead may still hold it: one with many threads is a zombie as soon as its first thread is gone."""
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            s.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def kill_web(stack):
    """
    All of the web server's own processes and no others. It is reaped last: as long as it is not, its number and that of
    its session are nobody else's.
    """
    leader, program = stack.web.pid, processes()[stack.web.pid][1]

    def is_ours(pid, _parent, exe):
        return exe == program and os.getsid(pid) == leader

    pids = web_processes(stack)
    for pid in [leader] + [p for p in pids if p != leader]:
        send_signal(pid, signal.SIGKILL, is_ours)
    end = time.monotonic() + 10
    while ((late := web_children(stack, program)) or is_held(stack.port)) and time.monotonic() < end:
        for pid in late:  # forked just before: it would go on answering, and keep the port from the next web server
            send_signal(pid, signal.SIGKILL, is_ours)
        time.sleep(0.001)
    stack.web.wait(10)


def restart_master(stack):
    stack.master.wait(10)
    stack.start_master()


def gone(stack):
    """
    Waits until Roster has noticed that its web server is dead, and has ended. So does what starts a web server anew (systemd: all of the
    control group); lighttpd that comes too soon finds its socket answered and starts nothing, see started_by_web().
    """
    end = time.monotonic() + BACK
    while any(stack.processes()) and time.monotonic() < end:
        time.sleep(0.01)


class Killer:
    def __init__(self, stack, rng):
        self.stack, self.rng = stack, rng
        self.deck = DECK_FCGID if stack.front == "apache-fcgid" else DECK
        self.hand = list(self.deck)  # first one of each kind
        self.rng.shuffle(self.hand)
        self.done, self.ended = collections.Counter(), 0

    def next_kind(self):
        if not self.hand:
            self.hand = [kind for kind, n in self.deck.items() for _ in range(n)]
            self.rng.shuffle(self.hand)
        return self.hand.pop()

    def kill(self, kind):
        """Returns the moment. What nobody supervises is running again afterwards."""
        getattr(self, "kill_" + kind)()
        self.done[kind] += 1
        return self.at

    def hit(self, pids):
        self.at = time.monotonic()
        self.ended += kill_roster(self.stack, pids)

    def revive(self):
        if self.stack.has_master and self.stack.master.poll() is not None:
            self.stack.start_master()

    def kill_worker(self):
        workers = self.stack.processes()[1]
        self.hit(self.rng.sample(workers, 1) if workers else [])

    def kill_master(self):
        parents = self.stack.processes()[0]
        self.hit(self.rng.sample(parents, 1) if parents else [])
        if self.stack.has_master:
            restart_master(self.stack)

    def kill_all(self):
        parents, workers = self.stack.processes()
        both = parents + workers
        self.rng.shuffle(both)
        self.hit(both)
        if self.stack.has_master:
            restart_master(self.stack)

    def kill_twice(self):
        self.kill_all()
        time.sleep(self.rng.uniform(0.001, 0.06))
        self.kill_all()

    def kill_web(self):
        self.at = time.monotonic()
        kill_web(self.stack)
        if self.stack.front == "lighttpd-spawn":
            gone(self.stack)
        self.stack.start_web()


# --- clients that write ---

def view(body):
    """What the journal has of a user."""
    return {key: body.get(key) for key in USER_KEYS}


def members(body):
    return {m["value"] for m in body.get("members") or []}


class Account:
    def __init__(self, stack, slug):
        self.stack, self.slug, self.token = stack, slug, stack.account(slug)
        self.client = stack.client(self.token)
        self.shared = {}
        for i in range(SHARED):
            made = self.client.post("/Groups", group(f"shared {i}"))
            self.shared[made.json["id"]] = f"shared {i}"
        self.log = Log()
        self.writers = []


class Writer:
    """
    A client with users and teams of its own, which puts its users into shared teams too. Its journal is what the service
    must hold. What is unknown after a cut connection or a 5xx is looked up, must have happened wholly or not at all, and
    is asked for again in the second case.
    """

    def __init__(self, run, account, number):
        self.run, self.account, self.number = run, account, number
        self.client = Client(run.stack.port, account.token, timeout=STILL + 5)
        self.rng = random.Random(f"{SEED} {run.stack.front} {number}")
        self.users, self.teams = {}, {}  # id: view; id: [name, members]
        self.shared = {team: set() for team in account.shared}
        self.gone = collections.deque(maxlen=40)  # paths
        self.acknowledged = []  # (request id, resource id), until they are found among the events
        self.count = collections.Counter()
        self.serial = 0
        self.longest = 0.0  # from the first try of a change to its acknowledgement

    def name(self, what):
        self.serial += 1
        return f"{what}{self.number}x{self.serial}"

    # --- asking ---

    def read(self, path):
        """The body, or None for 404; goes on until the service answers."""
        end = time.monotonic() + GIVE_UP
        why = None
        while time.monotonic() < end:
            try:
                answer = self.client.get(path)
                if answer.status == 200 and answer.json is not None:
                    return answer.json
                if answer.status == 404:
                    return None
                if answer.status < 500:
                    raise Fault(f"GET {path}: {answer!r}")
                why = answer.status
            except CUT as e:
                why = repr(e)
            time.sleep(0.02)
        raise Fault(f"GET {path}: not answered for {GIVE_UP} s, at last {why}")

    def find(self, resources, attribute, value):
        """The id, or None."""
        text = urllib.parse.quote(f'{attribute} eq "{value}"', safe="")
        found = self.read(f"/{resources}?filter={text}")["Resources"]
        if len(found) > 1:
            raise Fault(f"{attribute} {value} is there {len(found)} times")
        return found[0]["id"] if found else None

    def change(self, what, send, look, before, after):
        """
        send() asks for it, look() gives what is there of what it touches: before or after. Returns the answer, or None if
        it was found to have happened.
        """
        begin = time.monotonic()
        for attempt in range(40):
            began, answer = time.monotonic(), None
            with contextlib.suppress(*CUT):
                answer = send()
            self.run.slowest.add(time.monotonic() - began)
            if answer is not None and 200 <= answer.status < 300:
                self.count["acknowledged"] += 1
                self.longest = max(self.longest, time.monotonic() - begin)
                return answer
            repeated = answer is not None and attempt > 0 and answer.status in (404, 409)
            if answer is not None and answer.status < 500 and not repeated:
                self.count["refused"] += 1
                raise Fault(f"{what}: refused: {answer!r}")
            self.count["unknown"] += 1
            self.run.failures.append((what, answer.status if answer else "cut"))
            time.sleep(self.run.settle)  # what was asked for may be under way still
            seen = look()
            if seen == after:
                self.count["happened"] += 1
                return None
            if seen != before:
                raise Fault(f"{what}: neither done nor undone:\n  seen   {seen}\n  before {before}\n  after  {after}")
        raise Fault(f"{what}: not taken in 40 tries")

    def note(self, answer, resource):
        if answer is not None:
            self.acknowledged.append((answer.header("X-Request-Id"), resource))

    # --- changes ---

    def create_user(self):
        name = self.name("user")
        body = user(name, title=name, active=self.rng.random() < 0.8)
        where = []

        def look():
            who = self.find("Users", "userName", body["userName"])
            where[:] = [who]
            found = who and self.read("/Users/" + who)
            return view(found) if found else None

        answer = self.change(f"create {name}", lambda: self.client.post("/Users", body), look, None, view(body))
        who = answer.json["id"] if answer else where[0]
        if answer and view(answer.json) != view(body):
            raise Fault(f"create {name}: answered {answer!r}")
        self.users[who] = view(body)
        self.note(answer, who)

    def look_user(self, who):
        found = self.read("/Users/" + who)
        return view(found) if found else None

    def update_user(self, who, after, send):
        before = self.users[who]
        answer = self.change(f"update {before['userName']}", send, lambda: self.look_user(who), before, after)
        if answer and view(answer.json) != after:
            raise Fault(f"update {before['userName']}: answered {answer!r}")
        self.users[who] = after
        self.note(answer, who)

    def patch_user(self):
        who = self.rng.choice(list(self.users))
        value = {"title": self.name("title"), "active": not self.users[who]["active"]}
        if self.rng.random() < 0.3:
            del value["active"]
        self.update_user(who, dict(self.users[who], **value),
                         lambda: self.client.patch("/Users/" + who, [{"op": "replace", "value": value}]))

    def put_user(self):
        who = self.rng.choice(list(self.users))
        old = self.users[who]
        body = user(old["userName"], externalId=old["externalId"], displayName=self.name("Display "), title=self.name("title"),
                    active=self.rng.random() < 0.8)
        self.update_user(who, view(body), lambda: self.client.put("/Users/" + who, body))

    def delete_user(self):
        who = self.rng.choice(list(self.users))
        teams = [(t, m) for t, (_, m) in self.teams.items() if who in m] + [(t, m) for t, m in self.shared.items() if who in m]

        def look():
            return self.look_user(who), {t: who in members(self.read("/Groups/" + t)) for t, _ in teams}

        answer = self.change(f"delete {self.users[who]['userName']}", lambda: self.client.delete("/Users/" + who), look,
                             (self.users[who], {t: True for t, _ in teams}), (None, {t: False for t, _ in teams}))
        del self.users[who]
        for _, team in teams:
            team.remove(who)
        self.gone.append("/Users/" + who)
        self.note(answer, who)

    def some_users(self, most=4):
        return self.rng.sample(list(self.users), min(len(self.users), self.rng.randint(1, most)))

    def look_team(self, team):
        found = self.read("/Groups/" + team)
        return (found["displayName"], members(found)) if found else None

    def create_team(self):
        name, whom = self.name("team"), self.some_users()
        where = []

        def look():
            where[:] = [self.find("Groups", "displayName", name)]
            return where[0] and self.look_team(where[0])

        answer = self.change(f"create {name}", lambda: self.client.post("/Groups", group(name, whom)), look, None, (name, set(whom)))
        team = answer.json["id"] if answer else where[0]
        self.teams[team] = [name, set(whom)]
        self.note(answer, team)

    def rename_team(self):
        team = self.rng.choice(list(self.teams))
        (old, whom), new = self.teams[team], self.name("team")
        answer = self.change(f"rename {old} to {new}", lambda: self.client.patch(
            "/Groups/" + team, [{"op": "replace", "value": {"id": team, "displayName": new}}]),
            lambda: self.look_team(team), (old, whom), (new, whom))
        self.teams[team][0] = new
        self.note(answer, team)

    def delete_team(self):
        team = self.rng.choice(list(self.teams))
        name, whom = self.teams[team]
        answer = self.change(f"delete {name}", lambda: self.client.delete("/Groups/" + team), lambda: self.look_team(team),
                             (name, whom), None)
        del self.teams[team]
        self.gone.append("/Groups/" + team)
        self.note(answer, team)

    def change_members(self, team, now, look, wrap):
        """Some join and some leave in one request: both or neither."""
        leave = [who for who in now if self.rng.random() < 0.4]
        join = [who for who in self.some_users() if who not in now]
        operations = [{"op": "remove", "path": f'members[value eq "{who}"]'} for who in leave]
        if join:
            operations.append({"op": "add", "path": "members", "value": [{"value": who} for who in join]})
        if not operations:
            return
        after = (now - set(leave)) | set(join)
        answer = self.change(f"members of {team}", lambda: self.client.patch("/Groups/" + team, operations), look,
                             wrap(set(now)), wrap(after))
        now.clear()
        now.update(after)
        self.note(answer, team)

    def change_own(self):
        team = self.rng.choice(list(self.teams))
        name, now = self.teams[team]
        self.change_members(team, now, lambda: self.look_team(team), lambda whom: (name, whom))

    def change_shared(self):
        team = self.rng.choice(list(self.shared))

        def mine():
            found = self.read("/Groups/" + team)
            return members(found) & set(self.users) if found else None

        self.change_members(team, self.shared[team], mine, lambda whom: whom)

    def step(self):
        choice = self.rng.random()
        if len(self.users) < 3 or choice < 0.14 and len(self.users) < USERS_MAX:
            self.create_user()
        elif choice < 0.44:
            self.patch_user()
        elif choice < 0.54:
            self.put_user()
        elif choice < 0.63:
            self.delete_user()
        elif choice < 0.83:
            self.change_shared()
        elif not self.teams or choice < 0.87 and len(self.teams) < TEAMS_MAX:
            self.create_team()
        elif choice < 0.90:
            self.rename_team()
        elif choice < 0.93:
            self.delete_team()
        else:
            self.change_own()

    def work(self):
        while self.run.may_go_on():
            try:
                self.step()
            except Fault as e:
                self.run.fault(f"client {self.number}: {e}")
                return
            except Exception as e:
                self.run.fault(f"client {self.number}: {e!r}")
                raise


class Longest:
    def __init__(self):
        self.value = 0.0

    def add(self, value):
        self.value = max(self.value, value)


class Run:
    """The clients of a set-up, together."""

    def __init__(self, stack, settle):
        self.stack, self.settle = stack, settle
        self.accounts = [Account(stack, f"kills{i}") for i in range(ACCOUNTS)]
        self.faults, self.failures, self.slowest = [], [], Longest()
        self.condition, self.paused, self.resting, self.ended = threading.Condition(), False, 0, False
        for i in range(CLIENTS):
            account = self.accounts[i % ACCOUNTS]
            account.writers.append(Writer(self, account, i))
        self.writers = [w for a in self.accounts for w in a.writers]
        self.threads = [threading.Thread(target=w.work, daemon=True) for w in self.writers]
        for t in self.threads:
            t.start()

    def fault(self, text):
        self.faults.append(text)
        tap.note("fault: " + text)

    def may_go_on(self):
        with self.condition:
            while self.paused and not self.ended:
                self.resting += 1
                self.condition.notify_all()
                self.condition.wait(60)
                self.resting -= 1
            return not self.ended

    def pause(self):
        """Until every client has come to the end of what it was at."""
        end = time.monotonic() + 3 * GIVE_UP
        with self.condition:
            self.paused = True
            while self.resting < sum(t.is_alive() for t in self.threads):
                if time.monotonic() > end:
                    raise Fault("the clients do not come to an end")
                self.condition.wait(0.5)

    def resume(self):
        with self.condition:
            self.paused = False
            self.condition.notify_all()

    def end(self):
        with self.condition:
            self.ended = True
            self.condition.notify_all()
        for t in self.threads:
            t.join(3 * GIVE_UP)

    def total(self, what):
        return sum(w.count[what] for w in self.writers)


# --- looking at everything ---

class Log:
    """The events of an account, played again."""

    def __init__(self):
        self.last, self.users, self.teams = 0, {}, {}
        self.requests = {}  # of the events read last: request: [resource]

    def read(self, stack, token):
        self.requests = collections.defaultdict(list)
        for event in events(stack.port, token, self.last):  # which sees to it that there is no gap
            self.last = event["seq"]
            self.requests[event["request"]].append(event["resource"]["id"])
            self.play(event)

    def play(self, event):
        kind, what = event["type"].split(".")
        who = event["resource"]["id"]
        there = self.users if kind == "user" else self.teams
        if (what == "created") == (who in there):
            raise Fault(f"event {event['seq']}: {event['type']} of what is {'' if who in there else 'not '}there")
        if what == "deleted":
            del there[who]
            return
        if what == "created":
            there[who] = {} if kind == "user" else {"members": set()}
        for change in event.get("changes", []):
            if there[who].get(change["path"]) != change.get("old"):
                raise Fault(f"event {event['seq']}: {change['path']} was {there[who].get(change['path'])!r}: {change}")
            there[who][change["path"]] = change.get("new")
        told = event.get("members", {})
        added, removed = set(told.get("added", [])), set(told.get("removed", []))
        if added or removed:
            now = there[who]["members"]
            if added & now or removed - now:
                raise Fault(f"event {event['seq']}: joins who is in or leaves who is not: {told}")
            there[who]["members"] = (now | added) - removed


def listed(client, resources, query=""):
    found, total = {}, 1
    while len(found) < total:
        page = client.get(f"/{resources}?startIndex={len(found) + 1}&count=100{query}").json
        total = page["totalResults"]
        if not page["Resources"]:
            break
        for body in page["Resources"]:
            found[body["id"]] = body
    if len(found) != total:
        raise Fault(f"{resources}: {total} and {len(found)} of them")
    return found


def differences(got, want):
    """Of two dictionaries, in words."""
    return [f"{key}: {got.get(key)!r} and not {want.get(key)!r}" for key in sorted(set(got) | set(want), key=str)
            if got.get(key) != want.get(key)]


def check_account(account, extra):
    """What is wrong; extra: users of the account that no client's journal has."""
    wrong, client = [], account.client
    users = listed(client, "Users")
    teams = {team: client.get("/Groups/" + team).json for team in listed(client, "Groups", "&excludedAttributes=members")}
    want_users = {who: v for w in account.writers for who, v in w.users.items()}
    want_teams = {team: (name, whom) for w in account.writers for team, (name, whom) in w.teams.items()}
    for team, name in account.shared.items():
        want_teams[team] = (name, {who for w in account.writers for who in w.shared[team]})

    wrong += differences({who: view(b) for who, b in users.items() if who not in extra}, want_users)
    wrong += differences({team: (b["displayName"], members(b)) for team, b in teams.items()}, want_teams)
    of_user = {who: {g["value"] for g in b.get("groups", [])} for who, b in users.items()}
    wrong += differences(of_user, {who: {t for t, (_, whom) in want_teams.items() if who in whom} for who in users})
    for writer in account.writers:
        for path in writer.gone:
            answer = client.get(path)
            if answer.status != 404:
                wrong.append(f"deleted, and there: {path}: {answer!r}")

    account.log.read(account.stack, account.token)
    played = {who: {key: u.get(key) for key in USER_KEYS} for who, u in account.log.users.items()}
    wrong += ["events: " + d for d in differences(played, {who: view(b) for who, b in users.items()})]
    played = {team: (t["displayName"], t["members"]) for team, t in account.log.teams.items()}
    wrong += ["events: " + d for d in differences(played, {t: (b["displayName"], members(b)) for t, b in teams.items()})]
    for writer in account.writers:
        for request, resource in writer.acknowledged:
            if resource not in account.log.requests.get(request, []):
                wrong.append(f"acknowledged, without an event: request {request} of {resource}")
        writer.acknowledged = []
    return wrong


def family(stack):
    """What is wrong with the processes that there are: "" or words."""
    found, (parents, workers) = processes(), stack.processes()
    if stack.front == "apache-fcgid":
        web = set(web_processes(stack))
        strays = [p for p in parents if p in found and found[p][0] not in web]
        good = not strays and 1 <= len(parents) <= 8 and len(workers) == len(parents)
    else:
        parent = os.getpid() if stack.has_master else stack.web.pid
        strays = [p for p in parents if p in found and found[p][0] != parent]
        good = not strays and len(parents) == 1 and len(workers) == WORKERS
    return "" if good else f"parents {parents}, of which strays {strays}, workers {workers}"


def settled_family(stack, seconds=10):
    end = time.monotonic() + seconds
    while (wrong := family(stack)) and time.monotonic() < end:
        time.sleep(0.05)
    return wrong


def check_everything(run, probe, when):
    run.pause()
    tap.equal(settled_family(run.stack), "", f"{when}: as many processes as there should be, all of them under their parents")
    tap.equal(run.faults, [], f"{when}: whatever was unknown had happened wholly or not at all, nothing was refused")
    wrong = []
    for account in run.accounts:
        wrong += check_account(account, {probe.me} if account is run.accounts[0] else ())
    tap.equal(wrong[:5], [], f"{when}: what was acknowledged is there, no more and no less, and the events say the same")
    done = run.stack.verify()
    tap.equal(done.returncode, 0, f"{when}: rosterctl verify is content", done.stdout, done.stderr)


# --- measuring ---

class Probe:
    """One user whose title counts up."""

    def __init__(self, stack, account):
        self.client = Client(stack.port, account.token, timeout=3)
        self.me = stack.client(account.token).post("/Users", user("probe", title="0")).json["id"]
        self.number, self.possible = 0, {"0"}
        self.why = None

    def works(self):
        """An authenticated read, then a durable write."""
        try:
            answer = self.client.get("/Users/" + self.me)
            if answer.status != 200:
                self.why = answer
                return False
            if answer.json["title"] not in self.possible:
                raise Fault(f"an acknowledged change is lost: {answer.json['title']!r} is none of {sorted(self.possible)}")
            self.number += 1
            title = str(self.number)
            self.possible.add(title)
            answer = self.client.patch("/Users/" + self.me, [{"op": "replace", "value": {"title": title}}])
            if answer.status == 200:
                self.possible = {title}
                return True
            self.why = answer
        except CUT as e:
            if signal.getitimer(signal.ITIMER_REAL)[0] == 0:
                raise  # the time for the whole test is over
            self.why = e
        return False

    def back(self, since, busy):
        """
        Seconds from `since` to the first success behind the last failure. busy(): called between two tries. Raises
        if that takes too long.
        """
        first = None
        while time.monotonic() - since < GIVE_UP:
            busy()
            if not self.works():
                first = None
                time.sleep(0.005)
                continue
            now = time.monotonic()
            first = first or now
            if now - since > STEADY:
                return first - since
            time.sleep(0.01)
        raise Fault(f"not back {GIVE_UP} s after a kill; at last {self.why!r}\n")


def campaign(stack, run, probe, kills):
    rng = random.Random(f"{SEED} {stack.front}")
    killer, took = Killer(stack, rng), collections.defaultdict(list)
    late = []
    for i in range(1, kills + 1):
        time.sleep(rng.uniform(0.01, 0.25))
        kind = killer.next_kind()
        seconds = probe.back(killer.kill(kind), killer.revive)
        took[kind].append(seconds)
        if seconds > BACK:
            late.append((i, kind, round(seconds, 2)))
            tap.note(f"kill {i} ({kind}): back after {seconds:.2f} s; {probe.why!r}")
        if i % ROUND == 0 and i + ROUND / 2 < kills:
            check_everything(run, probe, f"after {i} kills")
            run.resume()
    tap.equal(late, [], f"{kills} kills: read and write are answered again within {BACK:.0f} s, each time")
    check_everything(run, probe, f"after {kills} kills")
    times = [t for kind in took.values() for t in kind]
    tap.note(f"{stack.front}: {kills} kills, of {killer.ended} processes of Roster; {run.total('acknowledged')} changes "
             f"acknowledged, {run.total('unknown')} unknown of which {run.total('happened')} had happened; "
             f"{sum(a.log.last for a in run.accounts)} events")
    if times:
        tap.note(f"back after a kill: mean {1000 * sum(times) / len(times):.0f} ms, longest {1000 * max(times):.0f} ms")
    for kind, values in sorted(took.items()):
        tap.note(f"  {kind}: {len(values)} kills, mean {1000 * sum(values) / len(values):.0f} ms, longest {1000 * max(values):.0f} ms")
    tap.note(f"longest request {1000 * run.slowest.value:.0f} ms; longest from the first try of a change to its "
             f"acknowledgement {1000 * max(w.longest for w in run.writers):.0f} ms")
    tap.ok(run.slowest.value <= STILL, f"no request stood still for more than {STILL:.0f} s", run.slowest.value)
    told = collections.Counter(re.findall(r" event=(recover|throttle|storage_fault|fatal) .*?reason=(\w+)", log_of(stack)))
    tap.note("log: " + ", ".join(f"{n} {event} ({reason})" for (event, reason), n in sorted(told.items())))
    tap.equal([key for key in told if key[0] in ("fatal", "storage_fault")], [], "no process found the store unusable")


# --- what is no accident ---

def log_of(stack):
    with contextlib.suppress(OSError):
        with open(stack.path("roster.log"), encoding="utf-8", errors="replace") as f:
            return f.read()
    return ""


def reload_under_load(stack, run):
    before, unknown = len(run.failures), run.total("unknown")
    acknowledged = run.total("acknowledged")
    run.resume()
    old = set(stack.processes()[1])
    for _ in range(8):
        time.sleep(0.15)
        stack.master.send_signal(signal.SIGHUP)
    time.sleep(0.3)
    run.pause()
    tap.equal((run.total("unknown") - unknown, run.failures[before:][:5]), (0, []), "SIGHUP, 8 times under load: no request is lost")
    tap.ok(run.total("acknowledged") > acknowledged + 20, "and requests there were", run.total("acknowledged") - acknowledged)
    tap.equal(settled_family(stack), "", "and the old workers have gone")
    tap.equal(old & set(stack.processes()[1]), set(), "all of them")


def request_in_hand(stack, run, probe):
    """A worker is reading the body when the master is told to end. Apache passes the body on as it comes."""
    body = json.dumps(user("inhand")).encode()
    head = (f"POST /scim/v2/Users HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {probe.client.token}\r\nConnection: close\r\n"
            f"Content-Type: application/scim+json\r\nContent-Length: {len(body)}\r\n\r\n").encode()
    with socket.create_connection(("127.0.0.1", stack.port), timeout=15) as s:
        s.sendall(head + body[:20])
        time.sleep(0.5)
        stack.master.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        tap.ok(stack.master.poll() is None, "SIGTERM: the master waits for the request in hand")
        s.sendall(body[20:])
        data = b""
        with contextlib.suppress(OSError):
            while piece := s.recv(65536):
                data += piece
    tap.ok(data.startswith(b"HTTP/1.1 201 "), "SIGTERM: the request in hand is answered", data[:600])
    return 1


def stop_under_load(stack, run, probe):
    made, logged = 0, len(log_of(stack))
    if stack.front == "apache-proxy":
        made = request_in_hand(stack, run, probe)
    else:
        run.resume()
        time.sleep(0.3)
        stack.master.send_signal(signal.SIGTERM)
    begin = time.monotonic()
    with contextlib.suppress(Exception):
        stack.master.wait(15)
    tap.equal(stack.master.poll(), 0, "SIGTERM: the master ends with status 0", stack.logs())
    tap.ok(time.monotonic() - begin < 6, "SIGTERM: within 6 s", time.monotonic() - begin)
    tap.equal(stack.processes(), ([], []), "SIGTERM: no process is left")
    tap.ok(not os.path.exists(stack.path("roster.sock")), "SIGTERM: nor its socket")
    tap.equal(re.findall(r"event=(?:worker_died|poisoned).*", log_of(stack)[logged:]), [], "SIGTERM: no worker was killed")
    stack.start_master()
    tap.ok(probe.back(time.monotonic(), lambda: None) < BACK, "and starts again")
    run.pause()
    tap.equal(run.faults, [], "the clients know what was taken")
    found = stack.client(probe.client.token).find("Users", "userName", "inhand@example.com").json
    tap.equal(found["totalResults"], made, "what was in hand was done")


def started_by_web(stack, probe):
    """
    Where the web server starts Roster, all of Roster ends with it: else lighttpd, started again, finds its socket answered,
    starts nothing, and nothing any more when what answered dies. That also happens if one process of the dead master's
    still has the socket for a moment.
    """
    kill_web(stack)
    gone(stack)
    tap.equal(stack.processes(), ([], []), "the web server is killed: Roster, which it started, ends by itself")
    stack.start_web()
    took = []
    for _ in range(6):
        took.append(probe.back(time.monotonic(), lambda: None))
        kill_roster(stack, stack.processes()[0])
    took.append(probe.back(time.monotonic(), lambda: None))
    tap.ok(max(took) <= BACK, "the web server starts again what it started, each time", took)


def throttled(stack, probe):
    """Workers that cannot open the store: the directory may be written to by others, which is refused."""
    stack.stop_roster()
    logged = len(log_of(stack))
    os.chmod(stack.data, 0o777)
    stack.start_master()
    time.sleep(2.5)
    text = log_of(stack)[logged:]
    died, pauses = text.count(" event=worker_died "), [int(ms) for ms in re.findall(r" event=throttle .*?ms=(\d+)", text)]
    # At 0, 0.25, 0.75 and 1.75 s.
    tap.ok(WORKERS <= died <= 5 * WORKERS, "workers that cannot start are not started in a tight loop", died, text[-1500:])
    tap.ok(len(pauses) >= 3 and pauses == sorted(set(pauses)), "the pauses between the tries grow", pauses)
    tap.ok(stack.master.poll() is None, "the master goes on")
    os.chmod(stack.data, 0o700)
    begin = time.monotonic()
    stack.master.send_signal(signal.SIGHUP)
    tap.ok(probe.back(begin, lambda: None) < BACK, "when the cause is gone, SIGHUP ends the pause")


def share(front):
    """This set-up's part of the kills."""
    chosen = sys.argv[1:] or os.environ.get("ROSTER_FRONTS", "").split() or list(FRONTS)
    chosen = [f for f in chosen if f in FRONTS]
    return KILLS // len(chosen) + (chosen.index(front) < KILLS % len(chosen))


def test(front):
    tap.note(f"ROSTER_SEED={SEED}")
    with Stack(front, workers=WORKERS) as stack:
        # Behind Apache's own processes requests do not queue in one row.
        run = Run(stack, 0.4 if front == "apache-fcgid" else 0.15)
        probe = Probe(stack, run.accounts[0])
        try:
            campaign(stack, run, probe, share(front))
            if stack.has_master:
                reload_under_load(stack, run)
                stop_under_load(stack, run, probe)
            else:
                started_by_web(stack, probe)
        except Fault as e:
            run.fault(str(e))
            tap.ok(False, "the campaign went through", str(e), stack.logs())
        finally:
            run.end()
        if front == "lighttpd":
            throttled(stack, probe)
        tap.equal(stack.verify().returncode, 0, "rosterctl verify is content at the end")
        tap.equal(stack.stop(), 0, "all processes end in order when the services are stopped")


if __name__ == "__main__":
    main(test, FRONTS, seconds=300 + 4 * KILLS)
