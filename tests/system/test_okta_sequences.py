#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
Both Okta clients, from the connection test to the deletion of the group: the one of apps made with the wizard (AIW),
which only knows PUT, and the one of catalogue apps (OIN), which uses PATCH. Then what Okta does to a group when many
people change at once, and an import by pages.
"""

import copy
import threading

from lib import GROUP, USER, Client, events, is_error, main, tap, user
from stack import Stack

HEADERS = {"accept-charset": "utf-8", "accept-encoding": "gzip,deflate", "user-agent": "Okta SCIM Client 1.0.0"}
BURST, THREADS = 200, 16


class Okta(Client):
    """Sends Okta's headers: no Content-Type on GET, a connection for each request."""

    def request(self, method, path, body=None, headers=None, chunked=False):
        return super().request(method, path, body, dict(HEADERS, **(headers or {})), chunked)


def names(answer):
    return sorted(m["value"] for m in answer.json.get("members") or [])


def absent(answer, *words):
    return not any(word.encode() in answer.body for word in words)


def assign(okta, address, name):
    """Look up, then create; the body is the one seen from a live app. Returns the id."""
    found = okta.find("Users", "userName", address)
    tap.ok(found.status == 200 and found.json["totalResults"] == 0, f"{name}: not there before", found)
    made = okta.post("/Users", {
        "schemas": [USER], "userName": address, "name": {"givenName": "Test", "familyName": "Joiner"},
        "emails": [{"primary": True, "value": address}], "externalId": "00u18ep2sjmnGT1wk698-" + address, "groups": [],
        "password": "Ran-dom-0-pass-word", "active": True})
    tap.ok(made.status == 201 and made.json["id"] and made.json["active"] is True and made.json["userName"] == address,
           f"{name}: created, with a password and an empty list of groups", made)
    tap.ok(absent(made, "Ran-dom-0", "password"), f"{name}: the password does not come back")
    return made.json["id"]


def aiw(okta):
    answer = okta.get("/Users?startIndex=1&count=2")
    tap.ok(answer.status == 200 and answer.json["Resources"] == [], "AIW: connection test, nobody there", answer)
    tap.equal(okta.get("/Groups?startIndex=1&count=100").status, 200, "AIW: groups are listed")
    who = assign(okta, "test.joiner@example.com", "AIW")

    # Profile push: GET, merge, PUT the whole back, with id, meta and groups as they came.
    whole = okta.get("/Users/" + who).json
    changed = copy.deepcopy(whole)
    changed.update({"title": "Engineer", "name": {"givenName": "Test", "familyName": "Leaver", "middleName": ""}, "groups": []})
    answer = okta.put("/Users/" + who, changed)
    tap.ok(answer.status == 200 and answer.json["title"] == "Engineer" and answer.json["name"]["familyName"] == "Leaver" and
           answer.json["id"] == who, "AIW: profile push by PUT of what GET gave", answer)

    for active in (False, True):
        whole = okta.get("/Users/" + who).json
        answer = okta.put("/Users/" + who, dict(whole, active=active))
        tap.ok(answer.status == 200 and answer.json["active"] is active, f"AIW: PUT active {active}", answer)
        seen = okta.get("/Users/" + who)
        tap.ok(seen.status == 200 and seen.json["active"] is active, "AIW: and it can be read", seen)
    whole = okta.get("/Users/" + who).json
    del whole["active"]
    okta.put("/Users/" + who, dict(whole, active=False))
    answer = okta.put("/Users/" + who, whole)
    tap.ok(answer.status == 200 and answer.json["active"] is False, "AIW: PUT without active leaves it as it was", answer)
    found = okta.find("Users", "userName", "TEST.JOINER@EXAMPLE.COM")
    tap.ok(found.json["totalResults"] == 1 and found.json["Resources"][0]["id"] == who,
           "AIW: an inactive user is found, so that assigning again links", found)
    answer = okta.put("/Users/" + who, dict(whole, active=True, password="An-other-1-word"))
    tap.ok(answer.status == 200 and answer.json["active"] is True and absent(answer, "An-other"), "AIW: password by PUT", answer)

    # Group push: look up, POST with members, GET, PUT of the whole group.
    other = assign(okta, "second.joiner@example.com", "AIW")
    answer = okta.find("Groups", "displayName", "APP-Rostr-Users")
    tap.ok(answer.status == 200 and answer.json["totalResults"] == 0, "AIW: no such group before", answer)
    answer = okta.post("/Groups", {"schemas": [GROUP], "displayName": "APP-Rostr-Users",
                                   "members": [{"value": who, "display": "test.joiner@example.com"}]})
    tap.ok(answer.status == 201 and names(answer) == [who], "AIW: group with a member", answer)
    team = answer.json["id"]
    tap.equal([g["value"] for g in okta.get("/Users/" + who).json.get("groups", [])], [team], "AIW: the user's groups follow")
    tap.equal(okta.get("/Groups/" + team).status, 200, "AIW: group read")
    answer = okta.put("/Groups/" + team, {"schemas": [GROUP], "displayName": "APP-Rostr-Users", "members": [
        {"value": who, "display": "a"}, {"value": other, "display": "b"}]})
    tap.ok(answer.status == 200 and names(okta.get("/Groups/" + team)) == sorted([who, other]), "AIW: PUT adds a member", answer)
    answer = okta.put("/Groups/" + team, {"schemas": [GROUP], "displayName": "APP-Renamed", "members": [{"value": other}]})
    after = okta.get("/Groups/" + team)
    tap.ok(answer.status == 200 and after.json["displayName"] == "APP-Renamed" and names(after) == [other],
           "AIW: PUT renames and removes", answer)
    answer = okta.put("/Groups/" + team, {"schemas": [GROUP], "displayName": "APP-Renamed", "members": []})
    tap.ok(answer.status == 200 and names(okta.get("/Groups/" + team)) == [], "AIW: PUT empties", answer)
    tap.equal(okta.delete("/Groups/" + team).status, 204, "AIW: group deleted")
    tap.equal(okta.get("/Groups/" + team).status, 404, "AIW: and gone")


def oin(okta):
    answer = okta.get("/Users?startIndex=1&count=2")
    tap.equal(answer.status, 200, "OIN: connection test", answer)
    who, other = assign(okta, "pat.one@example.com", "OIN"), assign(okta, "pat.two@example.com", "OIN")

    def patch(path, operations, name, status=(200, 204)):
        result = okta.patch(path, operations)
        tap.ok(result.status in status and (result.status == 204) == (result.body == b""), "OIN: " + name, result)
        return okta.get(path)

    seen = patch("/Users/" + who, [{"op": "replace", "value": {"active": False}}], "deactivate, without a path")
    tap.ok(seen.status == 200 and seen.json["active"] is False, "OIN: inactive and readable", seen)
    seen = patch("/Users/" + who, [{"op": "replace", "value": {"active": True}}], "reactivate")
    tap.equal(seen.json["active"], True, "OIN: active again")
    seen = patch("/Users/" + who, [{"op": "replace", "value": {"password": "Fresh-2-pass-word"}}], "password")
    tap.ok(absent(seen, "Fresh-2"), "OIN: the password is not read back")
    seen = patch("/Users/" + who, [{"op": "replace", "value": {"name": {"givenName": "Patricia"}, "title": "Lead"}}],
                 "profile push, nested and without a path")
    tap.ok(seen.json["name"] == {"givenName": "Patricia", "familyName": "Joiner"} and seen.json["title"] == "Lead",
           "OIN: the family name stayed", seen)
    seen = patch("/Users/" + who, [{"op": "Replace", "path": "name.familyName", "value": "Moved"},
                                   {"op": "add", "value": {"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "R&D"}}}],
                 "profile push by path and by schema")
    tap.ok(seen.json["name"]["familyName"] == "Moved" and
           seen.json["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"]["department"] == "R&D", "OIN: both are there", seen)

    answer = okta.post("/Groups", {"schemas": [GROUP], "displayName": "Test SCIMv2", "members": []})
    tap.ok(answer.status == 201 and names(answer) == [], "OIN: an empty group", answer)
    team = answer.json["id"]
    path = "/Groups/" + team
    found = okta.find("Groups", "displayName", "test scimV2")
    tap.equal([g["id"] for g in found.json["Resources"]], [team], "OIN: found by its name without case", found)
    seen = patch(path, [{"op": "replace", "value": {"id": team, "displayName": "Renamed"}}], "rename, with the id in the value")
    tap.equal(seen.json["displayName"], "Renamed", "OIN: renamed")
    seen = patch(path, [{"op": "add", "path": "members", "value": [{"value": who, "display": "pat.one@example.com"}]}], "add a member")
    tap.equal(names(seen), [who], "OIN: one member")
    seen = patch(path, [{"op": "remove", "path": f'members[value eq "{who}"]'},
                        {"op": "add", "path": "members", "value": [{"value": other, "display": "pat.two@example.com"}]}],
                 "remove and add in one request")
    tap.equal(names(seen), [other], "OIN: the other member")
    seen = patch(path, [{"op": "replace", "path": "members", "value": [{"value": who}, {"value": other}]}], "push of all members")
    tap.equal(names(seen), sorted([who, other]), "OIN: both")
    seen = patch(path, [{"op": "replace", "path": "members", "value": []}], "empty push by path")
    tap.equal(names(seen), [], "OIN: empty")
    patch(path, [{"op": "add", "path": "members", "value": [{"value": who}]}], "a member again")
    seen = patch(path, [{"op": "replace", "value": {"members": [], "id": team, "displayName": "Renamed"}}], "empty push without a path")
    tap.ok(names(seen) == [] and seen.json["displayName"] == "Renamed", "OIN: empty again", seen)
    answer = okta.patch(path, [{"op": "add", "path": "members", "value": [{"value": "00000000-0000-4000-8000-000000000000"}]}])
    tap.ok(is_error(answer, 400) == "" and answer.code == "MEMBER_UNKNOWN", "OIN: a member who is nobody", answer)
    tap.equal(okta.delete(path).status, 204, "OIN: group deleted")
    tap.equal(okta.delete(path).status, 404, "OIN: and gone")


def in_threads(jobs):
    """Runs job() for every one, from THREADS threads; the results in their order, exceptions among them."""
    results, lock = [None] * len(jobs), threading.Lock()
    waiting = list(enumerate(jobs))

    def work():
        while True:
            with lock:
                if not waiting:
                    return
                i, job = waiting.pop(0)
            try:
                results[i] = job()
            except Exception as e:
                results[i] = e

    threads = [threading.Thread(target=work) for _ in range(THREADS)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    return results


def burst(stack, okta, token):
    """Many people join one group at the same moment: Okta sends one PATCH for each, all at once."""
    made = in_threads([lambda i=i: okta.post("/Users", user(f"burst{i}")) for i in range(BURST)])
    good = [a.json["id"] for a in made if not isinstance(a, Exception) and a.status == 201]
    if not tap.equal(len(good), BURST, f"{BURST} users created at once", *[a for a in made if getattr(a, 'status', 0) != 201][:3]):
        return
    team = okta.post("/Groups", {"schemas": [GROUP], "displayName": "Burst", "members": []}).json["id"]
    before = events(stack.port, token)[-1]["seq"] if stack.base == "/scim/v2" else 0

    def join(who):
        return okta.patch("/Groups/" + team, [{"op": "add", "path": "members", "value": [{"value": who, "display": "x"}]}])

    answers = in_threads([lambda who=who: join(who) for who in good])
    refused = [a for a in answers if getattr(a, "status", 0) not in (200, 204)]
    tap.equal(len(refused), 0, f"{BURST} membership PATCHes at once are all taken", *refused[:3])
    tap.equal(names(okta.get("/Groups/" + team)), sorted(good), f"{BURST} members afterwards")
    if stack.base == "/scim/v2":
        told = [m for e in events(stack.port, token, before) if e["resource"]["id"] == team for m in e.get("members", {}).get("added", [])]
        tap.equal(sorted(told), sorted(good), "every joining is an event, once")


def import_pages(okta, count=100):
    """Import: pages of 100 until totalResults, in an order that is the same every time."""
    def walk():
        ids, at, total = [], 1, 1
        while at <= total:
            page = okta.get(f"/Users?startIndex={at}&count={count}").json
            total = page["totalResults"]
            ids += [u["id"] for u in page["Resources"]]
            at += count
        return ids, total

    ids, total = walk()
    tap.ok(len(ids) == total and len(set(ids)) == total, f"import: {total} users, each once", len(ids), total)
    tap.equal(walk()[0], ids, "import: the same order again")


def test(front):
    with Stack(front, workers=4) as stack:
        token = stack.account("aiw", passwords="on")
        okta = Okta(stack.port, token, base=stack.base)
        aiw(okta)
        token = stack.account("oin", passwords="on")
        okta = Okta(stack.port, token, base=stack.base)
        oin(okta)
        burst(stack, okta, token)
        import_pages(okta)
        done = stack.verify()
        tap.equal(done.returncode, 0, "rosterctl verify is content", done.stdout, done.stderr)


if __name__ == "__main__":
    main(test, seconds=300)
