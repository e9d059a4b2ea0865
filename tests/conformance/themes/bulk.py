# SPDX-License-Identifier: Apache-2.0
"""Bulk: references forward and in circles, partial success, failOnErrors, versions, limits, the shape of results."""

import json

from harness.client import op
from harness.expect import Failed, equal, one_of, path, refused, skip, status, true
from harness.names import BULK_REQUEST, BULK_RESPONSE, ENTERPRISE, ERROR, PATCH, SCIM_TYPES
from harness.registry import cases, check

NEEDS = "bulk"


def send(w, *operations, **more):
    return w.client.post("/Bulk", {"schemas": [BULK_REQUEST], "Operations": list(operations), **more})


def done(w, *operations, **more):
    """The results of a request that was processed, as many as operations."""
    answer = status(send(w, *operations, **more), 200)
    results = answer["Operations"]
    equal(len(results), len(operations), "results, one for each operation")
    return results


def post(kind, data, bulk_id):
    return {"method": "POST", "path": kind, "bulkId": bulk_id, "data": data}


def patched(where, *operations, **more):
    return {"method": "PATCH", "path": where, "data": {"schemas": [PATCH], "Operations": list(operations)}, **more}


def where(result):
    """The path of the resource that a result names."""
    kind, name = result["location"].rstrip("/").split("/")[-2:]
    return f"/{kind}/{name}"


def statuses(results):
    return [each.get("status") for each in results]


def failed(result, wanted, types=None):
    """A result that tells an error."""
    one_of(result["status"], wanted, f"status of {json.dumps(result)}")
    error = result.get("response")
    true(isinstance(error, dict) and ERROR in error.get("schemas", []), "response is the error (trap 58)", result)
    equal(error.get("status"), result["status"], "status in the error, a string")
    if "scimType" in error:
        one_of(error["scimType"], sorted(SCIM_TYPES), "scimType")
    if types:
        one_of(error.get("scimType"), types.split(), "scimType")


# --- each method ---

@check("RFC7644 3.7, RFC7644 3.7.3")
def creates(w):
    """POST: 201, bulkId, location, version, method; status is a string (trap 58)"""
    body = w.user_body("bulk")
    answer = status(send(w, post("/Users", body, "b1")), 200)
    true(BULK_RESPONSE in answer["schemas"], "schemas", answer["schemas"])
    result = answer["Operations"][0]
    equal((result["method"], result["bulkId"], result["status"]), ("POST", "b1", "201"), "method, bulkId and status")
    user = w.read(where(result))
    equal(user["userName"], body["userName"], "the user that is created")
    if not w.missing("etag"):
        equal(result.get("version"), user["meta"].get("version"), "version")
    equal(result["location"], user["meta"]["location"], "location")


@check("RFC7644 3.7, RFC7644 3.5.1")
def replaces(w):
    """PUT: 200 and location"""
    body = w.user_body("bulk")
    user = w.create("/Users", body)
    result = done(w, {"method": "PUT", "path": "/Users/" + user["id"], "data": {**body, "title": "New"}})[0]
    equal((result["method"], result["status"], result["location"]), ("PUT", "200", user["meta"]["location"]), "method, status and location")
    equal(w.read("/Users/" + user["id"])["title"], "New", "title")


@check("RFC7644 3.7, RFC7644 3.5.2", needs="patch")
def patches(w):
    """PATCH: data is a whole PatchOp message (trap 59)"""
    user = w.user("bulk")
    result = done(w, patched("/Users/" + user["id"], op("add", "title", "New")))[0]
    one_of(result["status"], ("200", "204"), "status")
    equal(result["location"], user["meta"]["location"], "location")
    equal(w.read("/Users/" + user["id"])["title"], "New", "title")


@check("RFC7644 3.7", needs="patch")
def bare_patch(w):
    """PATCH whose data is the operations alone, as in the RFC before erratum 5050, is taken or refused (trap 59)"""
    user = w.user("bulk")
    result = done(w, {"method": "PATCH", "path": "/Users/" + user["id"], "data": [op("add", "title", "New")]})[0]
    if result["status"] not in ("200", "204"):
        failed(result, ("400",), "invalidSyntax invalidValue")
    equal(w.read("/Users/" + user["id"]).get("title"), "New" if result["status"] in ("200", "204") else None, "title")


@check("RFC7644 3.7, RFC7644 3.6")
def deletes(w):
    """DELETE: 204, no data (trap 59)"""
    user = w.user("bulk")
    result = done(w, {"method": "DELETE", "path": "/Users/" + user["id"]})[0]
    equal((result["method"], result["status"]), ("DELETE", "204"), "method and status")
    equal(result["location"], user["meta"]["location"], "location")
    refused(w.client.get("/Users/" + user["id"]), 404)


@check("RFC7644 3.7.3")
def order(w):
    """results stand in the order of the operations (trap 58)"""
    users = [w.user("bulk") for _ in range(2)]
    results = done(w, post("/Users", w.user_body("b"), "z"), {"method": "DELETE", "path": "/Users/" + users[0]["id"]},
                   post("/Users", w.user_body("b"), "a"), {"method": "DELETE", "path": "/Users/" + users[1]["id"]})
    equal([(r["method"], r.get("bulkId")) for r in results if r["method"] == "POST"], [("POST", "z"), ("POST", "a")], "those of POST")
    equal([r["method"] for r in results], ["POST", "DELETE", "POST", "DELETE"], "methods")
    true(results[1]["location"].endswith(users[0]["id"]) and results[3]["location"].endswith(users[1]["id"]), "those of DELETE", results)


@check("RFC7644 3.7, RFC7644 3.3", needs="groups")
def groups(w):
    """a group, too"""
    result = done(w, post("/Groups", w.group_body("Bulk"), "g"))[0]
    equal(result["status"], "201", "status")
    true(where(result).startswith("/Groups/"), "location", result)


# --- references ---

def member_ids(w, result):
    return sorted(each["value"] for each in w.read(where(result)).get("members") or [])


def id_of(result):
    return where(result).split("/")[-1]


@check("RFC7644 3.7.2", needs="groups")
def backward(w):
    """a reference to what was created before (trap 57)"""
    results = done(w, post("/Users", w.user_body("ann"), "u"), post("/Groups", w.group_body("Crew", ["bulkId:u"]), "g"))
    equal(statuses(results), ["201", "201"], "status")
    equal(member_ids(w, results[1]), [id_of(results[0])], "members")


@check("RFC7644 3.7.2, RFC7644 3.7", needs="groups")
def forward(w):
    """a reference to what is created later (trap 57)"""
    results = done(w, post("/Groups", w.group_body("Crew", ["bulkId:u"]), "g"), post("/Users", w.user_body("ann"), "u"))
    equal(statuses(results), ["201", "201"], "status")
    equal([r["bulkId"] for r in results], ["g", "u"], "in the order of the request (trap 58)")
    equal(member_ids(w, results[0]), [id_of(results[1])], "members")


@check("RFC7644 3.7.2, RFC7644 3.7", needs="groups")
def mixed(w):
    """references forward and backward in one value (trap 57)"""
    results = done(w, post("/Users", w.user_body("a"), "a"), post("/Groups", w.group_body("Crew", ["bulkId:a", "bulkId:b"]), "g"),
                   post("/Users", w.user_body("b"), "b"))
    equal(member_ids(w, results[1]), sorted([id_of(results[0]), id_of(results[2])]), "members")


@check("RFC7644 3.7.2", needs="groups")
def reference_ids(w):
    """bulkId in a $ref beside the value is not kept as text (trap 57)"""
    body = w.group_body("Crew")
    body["members"] = [{"value": "bulkId:u", "type": "User"}]
    results = done(w, post("/Users", w.user_body("ann"), "u"), post("/Groups", body, "g"))
    true("bulkId" not in json.dumps(w.read(where(results[1]))), "no bulkId is left")


@check("RFC7644 3.7.2, RFC7643 4.3", needs="enterprise")
def manager(w):
    """a reference in an extension: the manager (trap 57)"""
    results = done(w, post("/Users", w.user_body("boss"), "m"),
                   post("/Users", w.user_body("staff", **{ENTERPRISE: {"manager": {"value": "bulkId:m"}}}), "s"))
    equal(path(w.read(where(results[1])), ENTERPRISE, "manager", "value"), id_of(results[0]), "manager")


@check("RFC7644 3.7.2, RFC7643 4.3", needs="enterprise")
def manager_forward(w):
    """a reference forward in an extension (trap 57)"""
    results = done(w, post("/Users", w.user_body("staff", **{ENTERPRISE: {"manager": {"value": "bulkId:m"}}}), "s"),
                   post("/Users", w.user_body("boss"), "m"))
    equal(path(w.read(where(results[0])), ENTERPRISE, "manager", "value"), id_of(results[1]), "manager")


@check("RFC7644 3.7.1, RFC7643 4.3", needs="enterprise")
def manager_circle(w):
    """two users who are each other's manager: resolved, or 409 (trap 57)"""
    boss = lambda bulk_id: {ENTERPRISE: {"manager": {"value": "bulkId:" + bulk_id}}}
    results = done(w, post("/Users", w.user_body("a", **boss("b")), "a"), post("/Users", w.user_body("b", **boss("a")), "b"))
    if "409" in statuses(results):
        for each in results:
            one_of(each["status"], ("201", "409"), "status")
        return
    for one, two in (results, results[::-1]):
        equal(path(w.read(where(one)), ENTERPRISE, "manager", "value"), id_of(two), "manager")


def nests(w):
    """Whether groups may be members of groups here."""
    return w.client.post("/Groups", w.group_body("Outer", [w.group("Inner")["id"]])).status == 201


@cases("RFC7644 3.7.1", [
    ("a circle of two groups: resolved, or 409 (trap 57)", 2),
    ("a circle of three groups: resolved, or 409 (trap 57)", 3),
    ("a group that is its own member: resolved, or refused (trap 57)", 1),
], needs="groups")
def circle(w, number):
    if not nests(w):
        skip("groups are no members of groups here")
    bodies = [w.group_body(f"Circle{n}") for n in range(number)]
    for n, body in enumerate(bodies):
        body["members"] = [{"value": f"bulkId:g{(n + 1) % number}", "type": "Group"}]
    results = done(w, *[post("/Groups", body, f"g{n}") for n, body in enumerate(bodies)])
    if set(statuses(results)) != {"201"}:
        for each in results:
            one_of(each["status"], ("201", "409", "400"), "status")
        return
    for n, result in enumerate(results):
        equal(member_ids(w, result), [id_of(results[(n + 1) % number])], f"members of {n}")


@check("RFC7644 3.7.2", needs="patch")
def in_path(w):
    """a bulkId in the path of a later operation (trap 57)"""
    results = done(w, post("/Users", w.user_body("ann"), "u"), patched("/Users/bulkId:u", op("add", "title", "Boss")))
    if results[1]["status"] not in ("200", "204"):  # 3.7.2 speaks of values
        failed(results[1], ("400", "404", "409"))
        return
    equal(w.read(where(results[0]))["title"], "Boss", "title")


@check("RFC7644 3.7.2", needs="groups patch")
def in_patch(w):
    """a bulkId in the value of a PATCH (trap 57)"""
    group = w.group("Crew")
    results = done(w, patched("/Groups/" + group["id"], op("add", "members", [{"value": "bulkId:u"}])), post("/Users", w.user_body("ann"), "u"))
    one_of(results[0]["status"], ("200", "204"), "status of PATCH")
    equal([each["value"] for each in w.read("/Groups/" + group["id"])["members"]], [id_of(results[1])], "members")


@check("RFC7644 3.7.2, RFC7644 3.7.3", needs="groups")
def unknown(w):
    """a bulkId that nobody has fails this operation alone (trap 57)"""
    results = done(w, post("/Groups", w.group_body("Crew", ["bulkId:none"]), "g"), post("/Users", w.user_body("ann"), "u"))
    failed(results[0], ("400", "404", "409", "412"))
    equal(results[1]["status"], "201", "status of the other")


@check("RFC7644 3.7.2, RFC7644 3.7.3", needs="groups")
def of_failed(w):
    """who refers to what could not be created fails, too (trap 57)"""
    taken = w.user("taken")
    results = done(w, post("/Users", w.user_body(userName=taken["userName"]), "u"), post("/Groups", w.group_body("Crew", ["bulkId:u"]), "g"))
    failed(results[0], ("409",), "uniqueness")
    failed(results[1], ("400", "404", "409", "412"))


# --- errors ---

@check("RFC7644 3.7, RFC7644 3.7.3")
def partial(w):
    """without failOnErrors all are tried, and what is good stays (traps 56, 60)"""
    taken = w.user("taken")
    results = done(w, post("/Users", w.user_body("a"), "a"), post("/Users", w.user_body(userName=taken["userName"]), "b"),
                   post("/Users", w.user_body("c"), "c"))
    equal(statuses(results), ["201", "409", "201"], "status")
    failed(results[1], ("409",), "uniqueness")
    true("location" not in results[1], "a POST that failed has no location (trap 58)", results[1])
    equal(results[1].get("bulkId"), "b", "bulkId (trap 58)")
    for each in (results[0], results[2]):
        w.read(where(each))


@cases("RFC7644 3.7, RFC7644 3.7.3", [
    ("failOnErrors 1 ends after the first error (trap 56)", 1, 2),
    ("failOnErrors 2 ends after the second error (trap 56)", 2, 4),
    ("failOnErrors 3 does not end after two errors (trap 56)", 3, 5),
])
def fail_on_errors(w, number, processed):
    taken = w.user("taken")["userName"]
    bodies = [w.user_body("a"), w.user_body(userName=taken), w.user_body("c"), w.user_body(userName=taken), w.user_body("e")]
    answer = status(send(w, *[post("/Users", body, f"b{n}") for n, body in enumerate(bodies)], failOnErrors=number), 200)
    good = [each["bulkId"] for each in answer["Operations"] if each["status"] == "201"]
    equal(good, [f"b{n}" for n in (0, 2, 4) if n < processed], "created")
    if not w.missing("filter"):
        for n in (2, 4):
            text = f'userName eq "{bodies[n]["userName"]}"'
            equal(status(w.client.get("/Users", {"filter": text}), 200)["totalResults"], int(n < processed), f"operation {n} is carried out")


@check("RFC7644 3.7.3")
def error_body(w):
    """a result that failed has the error in response, with its location (trap 58)"""
    results = done(w, {"method": "PUT", "path": f"/Users/none-{w.tag}", "data": w.user_body("x")},
                   {"method": "DELETE", "path": f"/Users/none-{w.tag}"})
    for each in results:
        failed(each, ("404",))
        true("location" in each, "location, REQUIRED except for POST", each)


@cases("RFC7644 3.7, RFC7644 3.12", [
    ("a method that is none", {"method": "BREW", "path": "/Users"}),
    ("GET is no method here", {"method": "GET", "path": "/Users"}),
    ("a path that is not there", {"method": "POST", "path": "/Nothing", "bulkId": "x", "data": {}}),
    ("no path", {"method": "DELETE"}),
    ("no data (trap 59)", {"method": "POST", "path": "/Users", "bulkId": "x"}),
    ("no bulkId with POST (trap 57)", {"method": "POST", "path": "/Users", "data": "BODY"}),
    ("POST of a resource", {"method": "POST", "path": "/Users/x", "bulkId": "x", "data": "BODY"}),
    ("DELETE of an endpoint", {"method": "DELETE", "path": "/Users"}),
    ("Bulk in Bulk", {"method": "POST", "path": "/Bulk", "bulkId": "x", "data": {"schemas": [BULK_REQUEST], "Operations": []}}),
    ("a bad value", {"method": "POST", "path": "/Users", "bulkId": "x", "data": {"schemas": [], "userName": 5}}),
])
def bad_operation(w, operation):
    body = w.user_body("bad")
    operation = {name: body if value == "BODY" else value for name, value in operation.items()}
    answer = send(w, operation)
    if answer.status == 200:
        failed(answer["Operations"][0], ("400", "404", "405", "409", "501"))
    else:
        refused(answer, 400)
    if not w.missing("filter"):
        equal(status(w.client.get("/Users", {"filter": f'userName eq "{body["userName"]}"'}), 200)["totalResults"], 0, "users created")


@check("RFC7644 3.7.2, RFC7644 3.12")
def same_bulk_id(w):
    """a bulkId that is there twice is refused (trap 57)"""
    answer = send(w, post("/Users", w.user_body("a"), "x"), post("/Users", w.user_body("b"), "x"))
    if answer.status == 200:
        true(any(each["status"] in ("400", "409") for each in answer["Operations"]), "one fails", answer)
    else:
        refused(answer, (400, 409))


@cases("RFC7644 3.7, RFC7644 3.12", [
    ("no BulkRequest URN (trap 9)", {"Operations": []}),
    ("another URN (trap 9)", {"schemas": [PATCH], "Operations": []}),
    ("no Operations", {"schemas": [BULK_REQUEST]}),
    ("Operations is an object", {"schemas": [BULK_REQUEST], "Operations": {}}),
    ("an operation is a string", {"schemas": [BULK_REQUEST], "Operations": ["x"]}),
    ("failOnErrors is a word", {"schemas": [BULK_REQUEST], "failOnErrors": "many", "Operations": []}),
])
def malformed(w, body):
    answer = w.client.post("/Bulk", body)
    if answer.status == 200 and isinstance(body.get("Operations"), list) and body["Operations"]:
        failed(answer["Operations"][0], ("400",))
    else:
        refused(answer, 400, "invalidSyntax invalidValue")


@check("RFC9110 15.5.6")
def only_post(w):
    """GET of /Bulk"""
    refused(w.client.get("/Bulk"), (404, 405))


# --- versions ---

@cases("RFC7644 3.7, RFC7644 3.14", [(f"{method} with {what} (trap 59)", method, good) for method in ("PUT", "PATCH", "DELETE")
                                     for what, good in (("the right version", True), ("another version is 412", False))], needs="etag patch")
def versions(w, method, good):
    body = w.user_body("version")
    user = w.create("/Users", body)
    operation = {"PUT": {"method": "PUT", "path": "/Users/" + user["id"], "data": {**body, "title": "New"}},
                 "PATCH": patched("/Users/" + user["id"], op("add", "title", "New")),
                 "DELETE": {"method": "DELETE", "path": "/Users/" + user["id"]}}[method]
    version = w.client.get("/Users/" + user["id"]).header("ETag")
    result = done(w, {**operation, "version": version if good else 'W/"other"'})[0]
    if good:
        one_of(result["status"], ("200", "204"), "status")
    else:
        failed(result, ("412",))
        equal(w.read("/Users/" + user["id"]), user, "the user afterwards")


# --- limits ---

@check("RFC7644 3.7.4")
def too_many(w):
    """more operations than advertised is 413, and says the limit (trap 55)"""
    most = path(w.config, "bulk", "maxOperations")
    true(isinstance(most, int) and most > 0, "bulk.maxOperations", most)
    if most > 20000:
        skip(f"maxOperations is {most}")
    answer = refused(send(w, *[{"method": "DELETE", "path": "/Users/x"}] * (most + 1)), 413)
    true(str(most) in json.dumps(answer.json), "the limit is named", answer)


@check("RFC7644 3.7.4")
def many(w):
    """a good number of operations is taken"""
    number = min(path(w.config, "bulk", "maxOperations"), 50)
    results = done(w, *[post("/Users", w.user_body("many"), f"m{n}") for n in range(number)])
    equal(set(statuses(results)), {"201"}, "status")


@check("RFC7644 3.7.4")
def too_large(w):
    """more bytes than advertised is 413 (trap 55)"""
    most = path(w.config, "bulk", "maxPayloadSize")
    true(isinstance(most, int) and most > 0, "bulk.maxPayloadSize", most)
    if most > 32 << 20:
        skip(f"maxPayloadSize is {most}")
    try:
        answer = send(w, post("/Users", w.user_body("large", title="x" * most), "x"))
    except (BrokenPipeError, ConnectionResetError) as e:  # a server may hang up on who does not stop
        raise Failed(f"no answer: {e}") from e
    refused(answer, 413)


# --- as one ---

@check("RFC7644 3.7, RFC7644 3.6")
def sees_before(w):
    """an operation sees what came before"""
    user = w.user("seq")
    results = done(w, {"method": "DELETE", "path": "/Users/" + user["id"]}, post("/Users", w.user_body(userName=user["userName"]), "n"))
    equal(statuses(results), ["204", "201"], "status")


@check("RFC7644 3.7, RFC7643 7")
def no_secrets(w):
    """a result shows no password (trap 11)"""
    answer = status(send(w, post("/Users", w.user_body("p", password="Bulk-s3cret!"), "p")), 200)
    true(b"Bulk-s3cret!" not in answer.body and b'"password"' not in answer.body, "password", answer)
