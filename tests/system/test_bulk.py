#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
Bulk requests (RFC 7644 3.7, traps 55 to 60): every method, references forward and in circles, what depends on what
fails, failOnErrors, versions, limits, and one event for each change without a gap.
"""

import json
import threading

from lib import ENTERPRISE, ERROR, GROUP, PATCH, USER, Client, events, group, is_error, main, newest, tap, user
from stack import Stack

REQUEST = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
RESPONSE = "urn:ietf:params:scim:api:messages:2.0:BulkResponse"
NOBODY = "00000000-0000-4000-8000-000000000000"


def post_user(bulk_id, name, manager=None, **more):
    data = user(name, **more)
    if manager is not None:
        data[ENTERPRISE] = {"manager": {"value": manager}}
    return {"method": "POST", "path": "/Users", "bulkId": bulk_id, "data": data}


def post_group(bulk_id, name, members=()):
    return {"method": "POST", "path": "/Groups", "bulkId": bulk_id, "data": group(name, members)}


def patch(path, *operations, **more):
    return dict({"method": "PATCH", "path": path, "data": {"schemas": [PATCH], "Operations": list(operations)}}, **more)


def put(path, data, **more):
    return dict({"method": "PUT", "path": path, "data": data}, **more)


def delete(path, **more):
    return dict({"method": "DELETE", "path": path}, **more)


def send(client, operations, **more):
    return client.post("/Bulk", dict({"schemas": [REQUEST], "Operations": operations}, **more))


class Results:
    """The results of a bulk request that was processed; checks what all of them have (trap 58)."""

    def __init__(self, client, operations, name, **more):
        answer = send(client, operations, **more)
        whole = answer.json if isinstance(answer.json, dict) else {}
        self.all = whole.get("Operations", [])
        tap.ok(answer.status == 200 and answer.type == "application/scim+json" and whole.get("schemas") == [RESPONSE],
               f"{name}: the request is processed", answer)
        wrong = [why for result in self.all for why in [self.fault(result)] if why]
        tap.equal(wrong, [], f"{name}: trap 58, the form of every result")

    @staticmethod
    def fault(result):
        status, made = result.get("status"), result.get("method") == "POST"
        if not isinstance(status, str) or not status.isdigit():
            return f"status {status!r}"
        good = status.startswith("2")
        if good != ("response" not in result):
            return f"{status} with response {result.get('response')!r}"
        if not good:
            body = result["response"]
            if body["schemas"] != [ERROR] or body["status"] != status or ":" not in body["detail"]:
                return f"response {body!r}"
        if good and ("version" in result) != (result["method"] != "DELETE"):
            return f"version of {result!r}"
        if made and ("location" in result) != good:
            return f"location of {result!r}"
        if made and "bulkId" not in result and "needs a bulkId" not in result["response"]["detail"]:
            return f"no bulkId in {result!r}"
        return ""

    @property
    def statuses(self):
        return [r["status"] for r in self.all]

    @property
    def codes(self):
        return [r["response"]["detail"].split(":")[0] if "response" in r else "" for r in self.all]

    def id(self, place):
        return self.all[place]["location"].rsplit("/", 1)[1]

    def detail(self, place):
        return self.all[place]["response"]["detail"]


def manager(client, who):
    return client.get("/Users/" + who).json.get(ENTERPRISE, {}).get("manager", {}).get("value")


def members(client, team):
    return sorted(m["value"] for m in client.get("/Groups/" + team).json["members"])


# --- what works ---

def every_method(client):
    """RFC 7644 3.7.3's example, with what is there."""
    ids = [client.post("/Users", user(f"method{i}")).json["id"] for i in range(3)]
    version = {i: client.get("/Users/" + i).header("ETag") for i in ids}
    base = client.get("/Users/" + ids[0]).json["meta"]["location"].rsplit("/Users/", 1)[0]
    r = Results(client, [
        post_user("qwerty", "method-new"),
        put("Users/" + ids[0], user("method0", title="Put"), version=version[ids[0]]),
        {"method": "patch", "path": base + "/Users/" + ids[1], "version": version[ids[1]],
         "data": {"Operations": [{"op": "add", "path": "title", "value": "Patched"}]}},
        delete("/users/" + ids[2], version=version[ids[2]], bulkId="label"),
    ], "every method", failOnErrors=1)
    tap.equal(r.statuses, ["201", "200", "200", "204"], "every method", r.all)
    tap.equal([x["method"] for x in r.all], ["POST", "PUT", "PATCH", "DELETE"], "methods are told in their own spelling")
    tap.equal([x.get("bulkId") for x in r.all], ["qwerty", None, None, "label"], "bulkIds come back where they were sent")
    made = client.get("/Users/" + r.id(0))
    tap.ok(made.status == 200 and made.header("ETag") == r.all[0]["version"] and
           made.json["meta"]["location"] == r.all[0]["location"], "the location and version of what was made", made, r.all)
    tap.equal([client.get("/Users/" + i).json["title"] for i in ids[:2]], ["Put", "Patched"], "PUT and PATCH did it")
    tap.equal([client.get("/Users/" + i).header("ETag") for i in ids[:2]], [x["version"] for x in r.all[1:3]], "their versions")
    tap.equal(client.get("/Users/" + ids[2]).status, 404, "DELETE did it")
    team = client.post("/Groups", group("Quiet", [ids[0]])).json["id"]
    r = Results(client, [patch("/Groups/" + team, {"op": "add", "path": "members", "value": [{"value": ids[1]}]})], "group PATCH")
    tap.equal(r.statuses, [str(client.patch("/Groups/" + team, [{"op": "add", "path": "displayName", "value": "Quiet"}]).status)],
              "the status is that of the request by itself")
    tap.equal(members(client, team), sorted(ids[:2]), "and the member is there")


def forward(client):
    r = Results(client, [
        post_group("g", "Forward", ["bulkId:u1", "bulkId:u2"]),
        patch("/Groups/bulkId:g", {"op": "remove", "path": 'members[value eq "bulkId:u2"]'},
              {"op": "add", "path": "members", "value": [{"value": "bulkId:u3"}]}),
        post_user("u1", "forward1", "bulkId:u3"),
        post_user("u2", "forward2"),
        post_user("u3", "forward3"),
        put("/Users/bulkId:u2", user("forward2", title="Put")),
        post_user("u4", "forward4"),
        delete("/Users/bulkId:u4"),
    ], "trap 57: forward")
    tap.equal(r.statuses, ["201", "204", "201", "201", "201", "200", "201", "204"], "trap 57: a group before its users", r.all)
    tap.equal(members(client, r.id(0)), sorted([r.id(2), r.id(4)]), "trap 57: references in values and in a value path's filter")
    tap.equal(manager(client, r.id(2)), r.id(4), "trap 57: in an extension")
    tap.equal([client.get("/Users/" + r.id(3)).json["title"], client.get("/Users/" + r.id(6)).status], ["Put", 404],
              "trap 57: in paths")
    tap.equal([r.id(1), r.id(5), r.id(7)], [r.id(0), r.id(3), r.id(6)], "the location of a path with a reference is the real one")


def circles(client):
    for n in (1, 2, 3, 50):
        r = Results(client, [post_user(f"c{i}", f"circle{n}-{i}", f"bulkId:c{(i + 1) % n}") for i in range(n)], f"circle of {n}")
        tap.equal(r.statuses, ["201"] * n, f"trap 57: a circle of {n}", r.all[:3])
        tap.equal([manager(client, r.id(i)) for i in range(n)], [r.id((i + 1) % n) for i in range(n)],
                  f"trap 57: each of {n} has the next as manager")


def read_only_references(client):
    """What nobody reads is no reference: many send a user's groups along."""
    r = Results(client, [post_user("u", "readonly", groups=[{"value": "bulkId:g"}]), post_group("g", "Read-only", ["bulkId:u"])], "groups")
    tap.equal(r.statuses, ["201", "201"], "a user's groups, which are read-only, make no circle", r.all)
    tap.equal(members(client, r.id(1)), [r.id(0)], "and the member is there")


def marked_passwords(client):
    """A password is no reference, whatever it says: it was told in an error, or became an id."""
    secret = "bulkId:Tr0ub4dor&3"
    r = Results(client, [post_user("u", "marked", password=secret), patch("/Users/bulkId:u", {"op": "add", "path": "password", "value": secret}),
                         patch("/Users/bulkId:u", {"op": "replace", "value": {"Password": secret, "title": "T"}}),
                         put("/Users/bulkId:u", dict(user("marked"), **{USER: {"password": secret}}))], "passwords")
    tap.equal([s for s in r.statuses if s not in ("200", "201")], [], "a password that begins with bulkId: is a password", r.all)


def existing_team(client):
    """A team of the name is taken over: its id is what the reference means."""
    team = client.post("/Groups", group("Taken Over")).json["id"]
    r = Results(client, [post_group("g", "taken over"), post_user("u", "takeover"),
                         patch("/Groups/bulkId:g", {"op": "add", "path": "members", "value": [{"value": "bulkId:u"}]})], "same name")
    tap.equal([r.statuses, r.id(0)], [["201", "201", "204"], team], "a POST that meets a team of the name tells its id", r.all)
    tap.equal(members(client, team), [r.id(1)], "and its bulkId means that team")


# --- what fails, and what fails with it ---

def partial_failure(client, stack, token):
    before = newest(stack.port, token)
    r = Results(client, [
        post_user("a", "partial-a"),
        post_user("b", "PARTIAL-A"),
        post_user("c", "partial-c", "bulkId:b"),
        post_group("g", "Partial", ["bulkId:a", "bulkId:c"]),
        patch("/Users/bulkId:c", {"op": "add", "path": "title", "value": "x"}),
        post_group("h", "Partial two", ["bulkId:a", NOBODY]),
        patch("/Users/bulkId:a", {"op": "add", "path": "title", "value": "T"}, {"op": "add", "path": "nothing", "value": "T"}),
        put("/Users/" + NOBODY, user("partial-x")),
        post_user("d", "partial-d"),
    ], "partial failure")
    tap.equal(r.codes, ["", "USERNAME_TAKEN", "BULK_REFERENCE", "BULK_REFERENCE", "BULK_REFERENCE", "MEMBER_UNKNOWN", "PATCH_PATH",
                        "RESOURCE_NOT_FOUND", ""], "trap 56: all are run, and what depends on a failure fails", r.all)
    tap.equal([r.statuses[i] for i in (1, 2, 5, 7)], ["409", "409", "400", "404"], "each with its own status")
    tap.ok("bulkId b" in r.detail(2) and "bulkId c" in r.detail(3), "trap 57: the answer names the bulkId", r.all)
    tap.ok(r.all[7]["location"].endswith("/Users/" + NOBODY), "trap 58: a location also where nobody is", r.all[7])
    told = events(stack.port, token, before)
    tap.equal([(e["type"], e["resource"]["id"]) for e in told], [("user.created", r.id(0)), ("user.created", r.id(8))],
              "trap 60: an event for each change and none for what failed")
    tap.ok("title" not in client.get("/Users/" + r.id(0)).json, "trap 60: an operation is applied whole or not at all")
    tap.equal(client.find("Groups", "displayName", "Partial two").json["totalResults"], 0, "trap 60: also a group with one good member")


def broken_circles(client, stack, token):
    before = newest(stack.port, token)
    r = Results(client, [
        post_user("a", "broken-a", "bulkId:b"),
        post_user("b", "broken-b", "bulkId:c"),
        post_user("c", "not an address", "bulkId:a"),
        post_group("g", "Broken", ["bulkId:a"]),
        post_user("d", "broken-d"),
    ], "broken circle")
    tap.equal(r.codes[:2] + r.codes[3:], ["BULK_REFERENCE", "BULK_REFERENCE", "BULK_REFERENCE", ""], "a circle stands or falls as one", r.all)
    tap.ok(r.codes[2] not in ("", "BULK_REFERENCE"), "the one that broke it tells why", r.all)
    tap.ok("bulkId c" in r.detail(0) and "bulkId c" in r.detail(1), "the others name it", r.all)
    tap.equal([client.find("Users", "userName", f"broken-{n}@example.com").json["totalResults"] for n in "abd"], [0, 0, 1],
              "nobody of it is left")
    told = [e["type"] for e in events(stack.port, token, before)]
    tap.equal(sorted(told), ["user.created"] * 3 + ["user.deleted"] * 2, "its events tell that they came and went")
    before = newest(stack.port, token)
    r = Results(client, [
        post_group("A", "Circle A", ["bulkId:B"]), post_group("B", "Circle B", ["bulkId:A"]), post_group("S", "Self", ["bulkId:S"]),
        post_user("u", "through-group", "bulkId:G"), post_group("G", "Circle G", ["bulkId:u"]),
    ], "circle of groups")
    tap.equal(r.codes, ["BULK_CIRCLE"] * 3 + ["BULK_REFERENCE", "BULK_CIRCLE"], "trap 57: a circle through a group is a conflict", r.all)
    tap.equal(set(r.statuses), {"409"}, "of status 409")
    tap.equal(newest(stack.port, token), before, "and leaves nothing behind")


def fail_on_errors(client):
    def operations(tag):
        return [post_user("a", f"{tag}-a"), put("/Users/" + NOBODY, user("x")), post_user("b", f"{tag}-b"), post_user("b2", f"{tag}-b"),
                post_user("c", f"{tag}-c")]

    r = Results(client, operations("fail1"), "failOnErrors 1", failOnErrors=1)
    tap.equal(r.statuses, ["201", "404"], "trap 56: after one error the rest is not done and not told", r.all)
    tap.equal(client.find("Users", "userName", "fail1-b@example.com").json["totalResults"], 0, "trap 56: it is really not done")
    r = Results(client, operations("fail2"), "failOnErrors 2", failOnErrors=2)
    tap.equal(r.statuses, ["201", "404", "201", "409"], "trap 56: after two", r.all)
    r = Results(client, operations("fail3"), "failOnErrors 3", failOnErrors=3)
    tap.equal(r.statuses, ["201", "404", "201", "409", "201"], "trap 56: fewer errors than are taken", r.all)
    r = Results(client, operations("fail0"), "no failOnErrors")
    tap.equal(len(r.all), 5, "trap 56: without it all are done")
    r = Results(client, [post_group("g", "Order", ["bulkId:u"]), put("/Users/" + NOBODY, user("x")), post_user("v", "order-v"),
                         post_user("u", "order-u")], "failOnErrors and order", failOnErrors=1)
    tap.equal([(x.get("bulkId"), x["status"]) for x in r.all], [("g", "201"), (None, "404"), ("u", "201")],
              "trap 58: results are in the order of the request, of what was done", r.all)


def versions(client):
    who = client.post("/Users", user("versions")).json["id"]
    tag = client.get("/Users/" + who).header("ETag")
    path = "/Users/" + who
    title = {"op": "replace", "path": "title", "value": "New"}
    r = Results(client, [patch(path, title, version='W/"1"'), patch(path, title, version=tag), put(path, user("versions"), version=tag),
                         delete(path, version=tag), delete(path, version=tag[2:]), patch(path, title, version="*")], "versions")
    tap.equal(r.codes, ["VERSION_MISMATCH", "", "VERSION_MISMATCH", "VERSION_MISMATCH", "VERSION_MISMATCH", ""],
              "trap 59: version is each operation's If-Match", r.all)
    tap.equal([r.statuses[0], r.all[0]["location"].endswith(path)], ["412", True], "of status 412, with its location")
    tap.equal(Results(client, [delete(path, version=r.all[5]["version"])], "version of a result").statuses, ["204"], "a result's version goes on")


def wrong_operations(client):
    r = Results(client, [
        delete("/Me"), delete("/Schemas/" + USER), {"method": "POST", "path": "/Bulk", "bulkId": "n", "data": {"schemas": [REQUEST]}},
        {"method": "GET", "path": "/Users"}, {"method": "POST", "path": "/Users", "data": user("no-bulk-id")},
        post_user("t", "twice-one"), post_user("t", "twice-two"), post_group("g", "Twice", ["bulkId:t"]),
        post_group("h", "Ghost", ["bulkId:ghost"]), {"method": "PUT", "path": "/Users", "data": {}}, 17,
        put("/Users/" + NOBODY, [1]), {"method": "POST", "path": "/Users", "bulkId": "s", "data": {"userName": "x"}},
        delete("/Users/" + NOBODY),
    ], "wrong operations")
    tap.equal(r.codes, ["BULK_PATH"] * 3 + ["BULK_OPERATION"] * 2 + ["BULK_ID_TWICE"] * 2 + ["BULK_REFERENCE", "BULK_ID_UNKNOWN",
              "METHOD_NOT_ALLOWED"] + ["BULK_OPERATION"] * 2 + ["SCHEMAS_MISSING", "RESOURCE_NOT_FOUND"],
              "what is wrong with one operation is its result", r.all)
    tap.equal(client.find("Users", "userName", "twice-one@example.com").json["totalResults"], 0, "trap 57: a bulkId given twice makes nobody")
    for name, body, status, code in (
            ("no schemas", {"Operations": [post_user("a", "whole")]}, 400, "SCHEMAS_MISSING"),
            ("no Operations", {"schemas": [REQUEST]}, 400, "BULK_SYNTAX"),
            ("failOnErrors of 0", {"schemas": [REQUEST], "failOnErrors": 0, "Operations": [post_user("a", "whole")]}, 400, "BULK_SYNTAX"),
            ("half a message", b'{"schemas":["' + REQUEST.encode() + b'"],"Operations":[{', 400, "JSON_MALFORMED"),
            ("an array", b"[]", 400, "BODY_NOT_OBJECT")):
        answer = client.post("/Bulk", body)
        tap.ok(is_error(answer, status) == "" and answer.code == code, f"{name} refuses the request", answer)
    answer = client.get("/Bulk")
    tap.ok(answer.status == 405 and answer.header("Allow") == "POST", "GET is not taken", answer)
    tap.equal(client.find("Users", "userName", "whole@example.com").json["totalResults"], 0, "and nothing of it is done")


# --- limits, passwords, size, others at the same time ---

def limits(client, stack, token):
    told = client.get("/ServiceProviderConfig").json["bulk"]
    tap.ok(told["supported"] is True and told["maxOperations"] == 1000 and told["maxPayloadSize"] > 0, "trap 55: the limits are told", told)
    before = newest(stack.port, token)
    for n in (told["maxOperations"] + 1, 10000):
        answer = send(client, [delete("/Users/" + NOBODY)] * n)
        tap.ok(is_error(answer, 413) == "" and answer.code == "BULK_TOO_MANY_OPERATIONS" and
               f"maxOperations, which is {told['maxOperations']}" in answer.json["detail"], f"trap 55: {n} operations are too many", answer)
    answer = send(client, [post_user("a", "large", title="x" * told["maxPayloadSize"])])
    tap.ok(answer.status == 413 and answer.json["status"] == "413", "trap 55: too many bytes", answer)
    if answer.code == "BODY_TOO_LARGE" and "maxPayloadSize" in answer.json["detail"]:
        tap.ok(f" {told['maxPayloadSize']} bytes" in answer.json["detail"], "trap 55: with the limit", answer)
    tap.equal(newest(stack.port, token), before, "trap 55: nothing of them was done")
    r = Results(client, [post_user(f"m{i}", f"most{i}") for i in range(900)] +
                [post_group("g", "Most", [f"bulkId:m{i}" for i in range(900)])] +
                [delete("/Users/" + NOBODY)] * 99, "as many as are taken")
    tap.equal([len(r.all), r.statuses.count("201"), r.statuses.count("404")], [1000, 901, 99], "trap 55: as many as are taken")
    tap.equal(members(client, r.id(900)), sorted(r.id(i) for i in range(900)), "and a group of nearly as many")
    answer = send(client, [delete("/Users/" + NOBODY)] * 1000)
    tap.ok(len(answer.body) > 256 * 1024 and
           [x["status"] for x in answer.json["Operations"]] == ["404"] * 1000, "a long answer leaves in pieces and is whole", answer)
    told = events(stack.port, token, before)
    tap.equal([e["resource"]["id"] for e in told], [r.id(i) for i in range(901)], "trap 60: an event each, in order, without a gap")
    tap.equal(len({e["request"] for e in told}), 1, "of one request")


def passwords(client, stack, token):
    before = newest(stack.port, token)
    secret = "Se-cret-4-every-one"
    operations = [post_user("p", "password", password=secret), post_user("p2", "password", password=secret),
                  patch("/Users/bulkId:p", {"op": "replace", "value": {"password": secret}})]
    answer = send(client, operations)
    tap.equal([x["status"] for x in answer.json["Operations"]], ["201", "409", "200"], "passwords are taken", answer)
    tap.ok(secret.encode() not in answer.body and secret not in json.dumps(events(stack.port, token, before)), "and told nobody")


def at_once(client, stack, token):
    """Bulk requests in parallel: each whole, all events there, no id twice."""
    before, results = newest(stack.port, token), [None] * 4

    def run(i):
        one = Client(stack.port, token, base=client.base)
        results[i] = send(one, [post_group("g", f"Parallel {i}", [f"bulkId:{j}" for j in range(40)])] +
                          [post_user(str(j), f"parallel{i}-{j}", f"bulkId:{(j + 1) % 40}") for j in range(40)])

    threads = [threading.Thread(target=run, args=(i,)) for i in range(len(results))]
    for t in threads:
        t.start()
    for t in threads:
        t.join(60)
    good = [a for a in results if a is not None and a.status == 200 and {x["status"] for x in a.json["Operations"]} == {"201"}]
    if not tap.equal(len(good), len(results), "four bulk requests at once", *results):
        return
    made = [x["location"].rsplit("/", 1)[1] for a in good for x in a.json["Operations"]]
    told = [e["resource"]["id"] for e in events(stack.port, token, before)]
    tap.ok(len(set(made)) == len(made) and sorted(told) == sorted(made), "every resource once, every event once")
    for a in good:
        ids = [x["location"].rsplit("/", 1)[1] for x in a.json["Operations"]]
        tap.equal(members(client, ids[0]), sorted(ids[1:]), "each group has its own members")


def test(front):
    with Stack(front, workers=2) as stack:
        token = stack.account("bulk", passwords="on")
        client = Client(stack.port, token, base=stack.base)
        for part in (every_method, forward, circles, read_only_references, marked_passwords, existing_team, fail_on_errors, versions, wrong_operations):
            part(client)
        for part in (partial_failure, broken_circles, passwords, limits, at_once):
            part(client, stack, token)
        done = stack.verify()
        tap.equal(done.returncode, 0, "rosterctl verify is content", done.stdout, done.stderr)


if __name__ == "__main__":
    main(test, seconds=300)
