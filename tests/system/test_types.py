#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
User types, custom roles, rules and seats, from the operator's commands to what an identity provider is told: what decides a type,
what is refused and why, who cannot be touched, and that no seat is given twice, whoever asks at the same time.
"""

import json
import random
import threading
from concurrent.futures import ThreadPoolExecutor

from lib import ROLE, Client, events, group, is_error, main, tap, user
from stack import Stack

CLIENTS = 8
HISTORIES = 1000
LIMIT = 40
TAKES = ("admin", "member")  # by the rules of a new account


def explained(stack, who, account="acme"):
    return json.loads(stack.ctl("user", "show", account, who).stdout)["type"]


def seats(stack, account):
    return json.loads(stack.ctl("seat", "show", account, "--json").stdout)


def replace(client, who, **values):
    """As Okta does it: no path."""
    return client.patch("/Users/" + who, [{"op": "replace", "value": values}])


def refused(answer, status, code, name, *words):
    tap.ok(is_error(answer, status) == "" and answer.code == code and all(w in answer.json["detail"] for w in words),
           f"{name}: {code}", answer)


def not_done(done, code, name):
    tap.ok(done.returncode == 1 and done.stderr.startswith(code + ":") and done.stdout == "", f"{name}: {code}", done)


# --- types and roles ---

ENTRA = json.dumps({"id": "06b0c0f1", "value": "Viewer", "displayName": "Viewer"})
TYPES = [  # what is sent, the type, what decides
    ({"userType": "admin"}, "admin", "userType is admin"),
    ({"userType": "Viewer"}, "viewer", "userType is Viewer"),
    ({}, "member", "default_type"),
    ({"userType": None, "roles": [{"value": "guest"}]}, "guest", "a value of roles is guest"),
    ({"roles": [{"value": ENTRA}]}, "viewer", "a value of roles is"),
    ({"roles": [{"value": "Admin", "primary": "True", "type": "WindowsAzureActiveDirectoryRole"}]}, "admin", "a value of roles is Admin"),
    ({"roles": [{"value": "User"}]}, "member", "default_type"),
    ({"entitlements": [{"value": "viewer"}]}, "viewer", "a value of entitlements is viewer"),
]


def deciding(stack, client):
    for i, (sent, what, why) in enumerate(TYPES):
        answer = client.post("/Users", user(f"type{i}", **sent))
        got = explained(stack, answer.json["id"]) if answer.status == 201 else answer
        tap.ok(answer.status == 201 and got["id"] == what and why in got["why"], f"{sent} is {what}", got)
        tap.equal(answer.json.get("userType"), sent.get("userType"), "what was written comes back as written")
    # 12: types through roles in every form that a PATCH can have
    who = client.post("/Users", user("forms")).json["id"]
    for value in ("viewer", ["viewer"], [{"value": "viewer"}], [{"value": ENTRA}]):
        answer = client.patch("/Users/" + who, [{"op": "Add", "path": "roles", "value": value}])
        got = explained(stack, who)
        tap.ok(answer.status == 200 and got["id"] == "viewer", f"PATCH of roles with {value!r}", answer, got)
        client.patch("/Users/" + who, [{"op": "Remove", "path": "roles"}])
        tap.equal(explained(stack, who)["id"], "member", "without roles it is the default again")


def roles(stack, client):
    role = stack.ctl("role", "add", "acme", "Contractor", "--base", "guest").stdout.strip()
    tap.ok(len(role) == 10 and role.startswith("r-"), "role add prints the id, alone", role)
    listed = {r["id"]: r for r in client.get("/Roles").json["Resources"]}
    tap.equal((len(listed), listed.get(role, {}).get("displayName"), listed.get(role, {}).get("schemas")), (5, "Contractor", [ROLE]),
              "/Roles lists it beside the four types", listed)
    tap.equal(client.get("/Roles/" + role).json["meta"]["location"].rpartition("/")[2], role, "/Roles/{id} leads to it")
    tap.equal(client.get("/Roles?filter=displayName%20eq%20%22contractor%22").json["totalResults"], 1, "and it is found")
    tap.equal(client.get("/Roles?startIndex=5&count=1").json["Resources"][0]["id"], role, "pages have it")
    cara = client.post("/Users", user("cara", userType=role))
    tap.ok(cara.status == 201 and cara.json["userType"] == role, "a user with a custom role", cara)
    cara = cara.json["id"]
    tap.equal(explained(stack, cara), {"id": role, "name": "Contractor", "base": "guest", "why": f"userType is {role}", "protected": False},
              "user show explains it")
    stack.ctl("role", "rename", "acme", "contractor", "Freelancer")
    tap.equal(explained(stack, cara)["name"], "Freelancer", "a renamed role is the same role")
    tap.equal(client.get("/Roles/" + role).json["displayName"], "Freelancer", "under its new name")
    refused(client.post("/Users", user("dora", userType="r-abcdefgh")), 400, "TYPE_UNKNOWN", "an id that nobody gave", "r-abcdefgh")
    refused(client.post("/Users", user("dora", userType="User")), 400, "TYPE_UNKNOWN", "Entra's old default", "User")
    refused(replace(client, cara, userType="Contractor"), 400, "TYPE_UNKNOWN", "the name instead of the id")
    not_done(stack.ctl("role", "add", "acme", "FREELANCER", check=False), "ROLE_NAME_TAKEN", "a name that is taken")
    not_done(stack.ctl("role", "add", "acme", "Boss", "--base", "admin", check=False), "ROLE_BASE", "admin as a base")
    not_done(stack.ctl("role", "add", "acme", "\u202e\n", check=False), "ROLE_NAME", "a name with a line break")
    not_done(stack.ctl("role", "rename", "acme", "guest", "X", check=False), "ROLE_IS_BASE", "renaming a base type")
    not_done(stack.ctl("role", "rename", "acme", "nothing", "X", check=False), "ROLE_UNKNOWN", "renaming nothing")
    not_done(stack.ctl("role", "remove", "acme", role, "admin", check=False), "ROLE_SUCCESSOR", "admin as a successor")
    stack.ctl("role", "remove", "acme", "Freelancer", "viewer")
    got = explained(stack, cara)
    tap.ok(got["id"] == "viewer" and "removed in favour of viewer" in got["why"], "who had a removed role has its successor", got)
    tap.equal(client.get("/Roles/" + role).code, "RESOURCE_NOT_FOUND", "a removed role is not listed")
    tap.ok(replace(client, cara, userType=role, title="T").status == 200, "who had it can be synced as before")
    refused(client.post("/Users", user("dora", userType=role)), 400, "ROLE_DELETED", "nobody else gets it", "Freelancer", "viewer")
    refused(client.post("/Users", user("dora", roles=[{"value": role}])), 400, "ROLE_DELETED", "by roles neither")
    tap.equal(client.find("Users", "userName", "dora@example.com").json["totalResults"], 0, "refused requests leave nothing")


def told(stack, token, client):
    """The application learns the type from the events, whatever decided it."""
    before = events(stack.port, token)[-1]["seq"]
    who = client.post("/Users", user("told", roles=[{"value": "viewer"}])).json["id"]
    replace(client, who, userType="guest")
    replace(client, who, title="T")
    replace(client, who, active=False)
    got = [(e["type"], e.get("role"), e.get("revoke_sessions")) for e in events(stack.port, token, before)]
    tap.equal(got, [("user.created", {"old": None, "new": "viewer"}, None), ("user.updated", {"old": "viewer", "new": "guest"}, None),
                    ("user.updated", None, None), ("user.deactivated", None, True)], "events tell types and ended sessions")


# --- who cannot be touched ---

def untouchable(stack, client):
    last = [r["id"] for r in client.get("/Users?count=100").json["Resources"] if explained(stack, r["id"])["id"] == "admin"]
    for who in last[1:]:
        client.delete("/Users/" + who)
    for name, answer in (("demoted", replace(client, last[0], userType="member")), ("deactivated", replace(client, last[0], active=False)),
                         ("deleted", client.delete("/Users/" + last[0]))):
        refused(answer, 403, "LAST_ADMIN", f"the last admin is not {name}")
    both = client.patch("/Users/" + last[0], [{"op": "replace", "path": "title", "value": "partly"}, {"op": "replace", "path": "active", "value": False}])
    tap.ok(both.status == 403 and client.get("/Users/" + last[0]).json.get("title") != "partly", "nothing of a refused PATCH is done", both)
    other = client.post("/Users", user("next", userType="admin")).json["id"]
    tap.equal(replace(client, last[0], userType="member").status, 200, "with another admin he can be demoted")
    stack.ctl("user", "protect", "acme", "told@example.com")
    who = client.find("Users", "userName", "told@example.com").json["Resources"][0]["id"]
    tap.equal(explained(stack, who)["protected"], True, "user show tells the protection")
    tap.equal(replace(client, who, active=True).status, 200, "a protected user can be reactivated")
    refused(replace(client, who, userType="member"), 403, "USER_PROTECTED", "given another type")
    refused(replace(client, who, active=False), 403, "USER_PROTECTED", "deactivated")
    refused(client.delete("/Users/" + who), 403, "USER_PROTECTED", "deleted")
    stack.ctl("user", "unprotect", "acme", who)
    tap.equal(client.delete("/Users/" + who).status, 204, "until the protection is lifted")
    client.delete("/Users/" + other)


# --- seats ---

def race(stack, token):
    """Two requests for the last seat: one gets it."""
    won = []
    for i in range(25):
        stack.ctl("account", "set", "race", f"seat_limit={i + 1}")
        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(lambda n: stack.client(token).post("/Users", user(f"race{i}-{n}")), range(4)))
        won.append(sorted(a.status for a in answers))
        if not all(a.code == "SEATS_EXCEEDED" and f"{i + 1} of {i + 1}" in a.json["detail"] for a in answers if a.status != 201):
            tap.ok(False, "a refusal says n of m", answers)
    tap.equal(won, [[201, 403, 403, 403]] * 25, "of four requests for the last seat exactly one gets it, 25 times")


def history(client, seed, refusals):
    """A user's life: made, changed, suspended, woken, perhaps deleted."""
    dice = random.Random(seed)
    made = client.post("/Users", user(f"h{seed}", userType=dice.choice(["member", "viewer", "admin", "guest"]), active=dice.random() < 0.8))
    if made.status != 201:
        refusals.append(made)
        return
    who = made.json["id"]
    for _ in range(dice.randrange(6)):
        change = dice.choice([{"active": False}, {"active": True}, {"userType": "member"}, {"userType": "viewer"}, {"userType": "admin"},
                              {"userType": "member", "active": True}])
        answer = replace(client, who, **change)
        if answer.status != 200:
            refusals.append(answer)
    if dice.random() < 0.5:
        client.delete("/Users/" + who)


def replayed(all_events):
    """The seats taken after each event, by what the events alone tell."""
    people, taken = {}, []
    for e in all_events:
        who = e["resource"]["id"]
        if e["type"] == "user.deleted":
            people.pop(who)
        elif e["type"].startswith("user."):
            role, active = people.get(who, (None, True))
            role = e.get("role", {"new": role})["new"]
            for change in e.get("changes", []):
                active = change["new"] if change["path"] == "active" else active
            people[who] = (role, active)
        taken.append(sum(1 for role, active in people.values() if active and role in TAKES))
    return taken


def histories(stack, token):
    stack.ctl("account", "set", "many", f"seat_limit={LIMIT}", "last_admin=free")
    refusals, seeds, lock = [], iter(range(HISTORIES)), threading.Lock()

    def live():
        client = Client(stack.port, token, keep=True, base=stack.base)
        while True:
            with lock:
                seed = next(seeds, None)
            if seed is None:
                return
            history(client, seed, refusals)

    threads = [threading.Thread(target=live) for _ in range(CLIENTS)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    taken = replayed(events(stack.port, token))
    tap.ok(max(taken) == LIMIT, f"{HISTORIES} histories, {CLIENTS} at a time: never more than {LIMIT} seats are taken, and once all of them", max(taken))
    tap.ok(len(refusals) > 100 and {(a.status, a.code) for a in refusals} == {(403, "SEATS_EXCEEDED")}, "whoever got none was told",
           {(a.status, a.code) for a in refusals}, len(refusals))
    tap.ok(all(f"{LIMIT} of {LIMIT} are taken" in a.json["detail"] for a in refusals), "and every refusal was when all were taken")
    tap.equal(seats(stack, "many")["used"], taken[-1], "seat show counts what the events tell")
    client, made = stack.client(token), 0
    while client.post("/Users", user(f"fill{made}")).status == 201:
        made += 1
    tap.equal(made, LIMIT - taken[-1], "exactly so many more get a seat as are free")


def rules(stack, token):
    """Types by team, and seats that memberships take: who joins, and who leaves, at the same time."""
    client = stack.client(token)
    stack.ctl("account", "set", "ruled", "default_type=guest", f"seat_limit={LIMIT}")
    crew = client.post("/Groups", group("Crew")).json["id"]
    stack.ctl("rule", "add", "ruled", "CREW", "member")
    listed = [json.loads(line) for line in stack.ctl("rule", "list", "ruled", "--json").stdout.splitlines()]
    tap.equal(listed, [{"rule": 1, "team": crew, "displayName": "Crew", "role": "member"}], "rule list")
    people = [client.post("/Users", user(f"ruled{i}")).json["id"] for i in range(2 * LIMIT)]

    def live(seed):
        rng, mine = random.Random(seed), Client(stack.port, token, keep=True, base=stack.base)
        return [mine.patch("/Groups/" + crew, [
            {"op": "add", "path": "members", "value": [{"value": who}]} if rng.random() < 0.7 else
            {"op": "remove", "path": f'members[value eq "{who}"]'}]) for who in rng.sample(people, LIMIT)]

    with ThreadPoolExecutor(CLIENTS) as pool:
        answers = [a for part in pool.map(live, range(CLIENTS)) for a in part]
    codes = {(a.status, a.code if a.status != 204 else "") for a in answers}
    tap.equal(codes, {(204, ""), (403, "SEATS_EXCEEDED")}, "members come and go at the same time, until the seats are taken")
    inside = len(client.get("/Groups/" + crew).json["members"])
    tap.equal((seats(stack, "ruled")["used"], seats(stack, "ruled")["member"]), (inside, inside), "who is in takes a seat", inside)
    outside = next(p for p in people if p not in {m["value"] for m in client.get("/Groups/" + crew).json["members"]})
    tap.equal(explained(stack, outside, "ruled")["id"], "guest", "who is not has the default type")
    first = client.get("/Groups/" + crew).json["members"][0]["value"]
    tap.ok("the members of Crew" in explained(stack, first, "ruled")["why"], "user show says why", explained(stack, first, "ruled"))
    stack.ctl("account", "set", "ruled", f"seat_limit={inside}")
    refused(client.patch("/Groups/" + crew, [{"op": "add", "path": "members", "value": [{"value": outside}]}]), 403, "SEATS_EXCEEDED",
            "one member more", f"{inside} of {inside}")
    not_done(stack.ctl("rule", "add", "ruled", "Crew", "viewer", check=False), "RULE_TEAM", "a second rule of a team")
    not_done(stack.ctl("rule", "remove", "ruled", "2", check=False), "RULE_UNKNOWN", "a rule that is not there")
    stack.ctl("rule", "remove", "ruled", "1")
    tap.equal(seats(stack, "ruled")["used"], 0, "without the rule nobody does")


def overflow(stack, token):
    client = stack.client(token)
    stack.ctl("account", "set", "over", "seat_limit=1", "seat_overflow=viewer")
    ana, ben = [client.post("/Users", user(n, userType="member")).json["id"] for n in ("ana", "ben")]
    got = explained(stack, ben, "over")
    tap.ok(got["id"] == "viewer" and got["why"] == "userType is member, but there is no seat", "the overflow becomes viewer", got)
    tap.equal(seats(stack, "over"), {"used": 1, "limit": 1, "admin": 0, "member": 1, "viewer": 1, "guest": 0, "overflowed": 1}, "seat show")
    replace(client, ana, active=False)
    replace(client, ben, userType="member")  # as the next sync sends it
    tap.equal(explained(stack, ben, "over")["id"], "member", "the next sync gives him the seat that came free")
    replace(client, ana, active=True)
    stack.ctl("user", "protect", "over", ben)
    role = stack.ctl("role", "add", "over", "R").stdout.strip()
    stack.ctl("role", "remove", "over", role, "guest")
    client.post("/Groups", group("Crew", [ana]))
    stack.ctl("rule", "add", "over", "Crew", "viewer")


def moved(stack):
    """Roles, marks and numbers move with an account."""
    exported = stack.ctl("export", "over").stdout
    kinds = [json.loads(line)["type"] for line in exported.splitlines()]
    tap.ok((kinds.count("role"), kinds.count("rule"), kinds.count("mark")) == (1, 1, 2), "the export has roles, rules and marks", kinds)
    lines = [line for line in exported.splitlines() if json.loads(line)["type"] != "token"]
    stack.write("over.jsonl", "\n".join(lines) + "\n")
    stack.ctl("import", stack.path("over.jsonl"), "--account", "moved")
    again = [line for line in stack.ctl("export", "moved").stdout.replace('"slug":"moved"', '"slug":"over"').splitlines()]
    tap.equal(again, lines, "an import has the same")
    tap.equal(seats(stack, "moved"), seats(stack, "over"), "and counts the same")


def test(front):
    with Stack(front) as stack:
        token = stack.account("acme")
        client = stack.client(token)
        deciding(stack, client)
        roles(stack, client)
        told(stack, token, client)
        untouchable(stack, client)
        race(stack, stack.account("race"))
        histories(stack, stack.account("many"))
        rules(stack, stack.account("ruled"))
        overflow(stack, stack.account("over"))
        moved(stack)
        done = stack.verify()
        tap.ok(done.returncode == 0, "verify", done)


if __name__ == "__main__":
    main(test, seconds=240)
