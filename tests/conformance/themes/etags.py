# SPDX-License-Identifier: Apache-2.0
"""Versions: the ETag header and meta.version, conditional requests, and what does not move a version."""

import re

from harness.client import op
from harness.expect import equal, one_of, path, refused, status, true
from harness.registry import cases, check

NEEDS = "etag"
STALE = 'W/"no-such-version"'


def put_body(user, **more):
    return {name: value for name, value in {**user, **more}.items() if name not in ("meta", "groups")}


def version(w, where):
    answer = status(w.client.get(where), 200)
    true(answer.header("ETag"), "ETag", answer.headers)
    return answer.header("ETag")


@check("RFC7644 3.14, RFC9110 8.8.3")
def form(w):
    """ETag is an entity tag, and meta.version the same text (trap 50)"""
    user = w.user("tag")
    answer = status(w.client.get("/Users/" + user["id"]), 200)
    true(re.fullmatch(r'(W/)?"[\x21\x23-\x7e\x80-\xff]*"', answer.header("ETag") or ""), "ETag", answer.header("ETag"))
    if path(answer.json, "meta", "version") is not None:  # SHOULD
        equal(answer["meta"]["version"], answer.header("ETag"), "meta.version against ETag")


@cases("RFC7644 3.14", [
    ("POST tells the version that GET tells", "POST"),
    ("PUT tells the version that GET tells", "PUT"),
    ("PATCH tells the version that GET tells (trap 43)", "PATCH"),
])
def told(w, method):
    body = w.user_body("told")
    answer = status(w.client.post("/Users", body), 201)
    where = "/Users/" + answer["id"]
    if method == "PUT":
        answer = status(w.client.put(where, {**body, "title": "Boss"}), 200)
    if method == "PATCH":
        w.need("patch")
        answer = status(w.client.patch(where, op("add", "title", "Boss")), 200, 204)
    equal(answer.header("ETag"), version(w, where), f"ETag of {method} against GET")


@check("RFC7644 3.14, RFC7644 3.9")
def projections(w):
    """the version is the resource's, whatever is shown of it (trap 50)"""
    where = "/Users/" + w.user("shown", title="Boss")["id"]
    whole = version(w, where)
    for query in ({"attributes": "userName"}, {"excludedAttributes": "title,meta"}):
        equal(status(w.client.get(where, query), 200).header("ETag"), whole, f"ETag with {query}")


@check("RFC7644 3.14", needs="filter")
def in_a_list(w):
    """a list tells the same version"""
    user = w.user("list")
    answer = status(w.client.get("/Users", {"filter": f'id eq "{user["id"]}"'}), 200)
    equal(path(answer.resources[0], "meta", "version"), path(w.read("/Users/" + user["id"]), "meta", "version"), "meta.version")


# --- reading ---

@cases("RFC7644 3.14, RFC9110 13.1.2", [
    ("If-None-Match with the version is 304 (trap 50)", lambda tag: tag, 304),
    ("If-None-Match with a list that has it is 304 (trap 50)", lambda tag: f'"a", {tag}, "b"', 304),
    ("If-None-Match with * is 304 (trap 50)", lambda tag: "*", 304),
    ("If-None-Match compares weakly (trap 50)", lambda tag: tag[2:] if tag.startswith("W/") else "W/" + tag, 304),
    ("If-None-Match with another version is 200", lambda tag: STALE, 200),
    ("If-None-Match with a list that has it not is 200", lambda tag: '"a", W/"b"', 200),
])
def conditional_get(w, header, want):
    where = "/Users/" + w.user("read")["id"]
    tag = version(w, where)
    answer = status(w.client.get(where, If_None_Match=header(tag)), want)
    equal(answer.header("ETag"), tag, f"ETag of {want}")
    if want == 304:
        equal(answer.body, b"", "body of 304")


@check("RFC7644 3.14")
def get_after_change(w):
    """If-None-Match with the version of before is 200"""
    body = w.user_body("old")
    user = w.create("/Users", body)
    tag = version(w, "/Users/" + user["id"])
    status(w.client.put("/Users/" + user["id"], {**body, "title": "New"}), 200)
    status(w.client.get("/Users/" + user["id"], If_None_Match=tag), 200)


# --- writing ---

WRITES = {
    "PUT": lambda w, where, body, **h: w.client.put(where, {**body, "title": "Changed"}, **h),
    "PATCH": lambda w, where, body, **h: w.client.patch(where, op("add", "title", "Changed"), **h),
    "DELETE": lambda w, where, body, **h: w.client.delete(where, **h),
}


@cases("RFC7644 3.14, RFC9110 13.1.1", [row for method in WRITES for row in [
    (f"{method} with If-Match of the version (trap 50)", method, lambda tag: tag, True),
    (f"{method} with If-Match of another version is 412 (trap 50)", method, lambda tag: STALE, False),
    (f"{method} with If-Match * (trap 50)", method, lambda tag: "*", True),
    (f"{method} with If-Match of a list that has it (trap 50)", method, lambda tag: f'"a", {tag}', True),
    (f"{method} with If-Match of a list that has it not is 412 (trap 50)", method, lambda tag: '"a", W/"b"', False),
]])
def conditional_write(w, method, header, good):
    if method == "PATCH":
        w.need("patch")
    body = w.user_body("write")
    where = "/Users/" + w.create("/Users", body)["id"]
    tag = version(w, where)
    answer = WRITES[method](w, where, body, If_Match=header(tag))
    if good:
        status(answer, 200, 204)
    else:
        refused(answer, 412)
        equal(version(w, where), tag, "the version afterwards")
        equal(w.read(where).get("title"), None, "the title afterwards")


@cases("RFC9110 13.1.2", [(f"{method} with If-None-Match of the version is 412 (trap 50)", method) for method in WRITES])
def if_none_match_write(w, method):
    if method == "PATCH":
        w.need("patch")
    body = w.user_body("none")
    where = "/Users/" + w.create("/Users", body)["id"]
    refused(WRITES[method](w, where, body, If_None_Match=version(w, where)), 412)
    equal(w.read(where).get("title"), None, "the title afterwards")


@check("RFC7644 3.14")
def lost_update(w):
    """of two writers with one version the second is refused"""
    body = w.user_body("race")
    where = "/Users/" + w.create("/Users", body)["id"]
    tag = version(w, where)
    status(w.client.put(where, {**body, "title": "First"}, If_Match=tag), 200)
    refused(w.client.put(where, {**body, "title": "Second"}, If_Match=tag), 412)
    equal(w.read(where)["title"], "First", "title")


@check("RFC7644 3.14, RFC7644 3.12")
def nobody(w):
    """If-Match for a resource that is not there"""
    refused(w.client.delete(f"/Users/none-{w.tag}", If_Match="*"), (404, 412))


# --- what moves a version ---

@check("RFC7644 3.14, RFC7643 3.1")
def moves(w):
    """a change moves the version, and lastModified never goes back"""
    body = w.user_body("move")
    user = w.create("/Users", body)
    where = "/Users/" + user["id"]
    before = version(w, where)
    after = status(w.client.put(where, {**body, "title": "Boss"}), 200)
    true(after.header("ETag") != before, "another version", before)
    true(after["meta"]["lastModified"] >= user["meta"]["lastModified"], "lastModified", after["meta"])
    equal(after["meta"]["created"], user["meta"]["created"], "created")


@cases("RFC7644 3.5.2.1, RFC7643 3.1", [
    ("add of what is there does not move it (traps 36, 50)", op("add", "title", "Boss")),
    ("add of an e-mail that is there does not move it (traps 36, 50)", "emails"),
    ("add without path of what is there does not move it (trap 36)", op("add", None, {"title": "Boss"})),
    ("remove of what is not there does not move it (traps 35, 36)", op("remove", 'emails[value eq "nobody@example.com"]')),
], needs="patch")
def still(w, operation):
    mail = {"value": w.address("mail"), "type": "work"}
    if operation == "emails":
        operation = op("add", "emails", [mail])
    where = "/Users/" + w.user("still", title="Boss", emails=[mail])["id"]
    before = w.read(where)
    status(w.client.patch(where, operation), 200, 204)
    after = w.read(where)
    equal(after["meta"], before["meta"], "meta, with version and lastModified")


@check("RFC7644 3.5.2", needs="patch")
def failed(w):
    """a PATCH that is refused does not move it (trap 34)"""
    where = "/Users/" + w.user("failed")["id"]
    before = version(w, where)
    refused(w.client.patch(where, op("add", "title", "x"), op("remove", "userName")))
    equal(version(w, where), before, "version")


@check("RFC7644 3.14, RFC7643 4.2", needs="groups patch")
def members(w):
    """a new member moves the version of the group, the same member again does not (trap 36)"""
    user = w.user("member")["id"]
    where = "/Groups/" + w.group("Tagged")["id"]
    tags = [version(w, where)]
    for _ in range(2):
        one_of(w.client.patch(where, op("add", "members", [{"value": user}])).status, (200, 204), "status of PATCH")
        tags.append(version(w, where))
    true(tags[0] != tags[1], "the new member moves it", tags)
    equal(tags[2], tags[1], "the same member does not")
