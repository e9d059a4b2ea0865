# SPDX-License-Identifier: Apache-2.0
"""Two tenants of one server: neither sees, finds, counts or changes what is the other's. Needs --other-token."""

from harness.client import op
from harness.expect import equal, one_of, refused, skip, status, true
from harness.names import BULK_REQUEST, ENTERPRISE, SEARCH
from harness.registry import cases, check

NEEDS = "other"


def ours(w):
    """A user and a group of the first tenant."""
    user = w.user("ours", title=f"ours {w.tag}", externalId=f"iso-{w.tag}")
    group = None if w.missing("groups") else w.group("Ours", [user["id"]])
    return user, group


def theirs(w):
    """A user of the second tenant."""
    return status(w.other.post("/Users", w.user_body("theirs", title=f"theirs {w.tag}")), 201).json


def untouched(w):
    user, group = w.shared(ours)
    equal(w.read("/Users/" + user["id"])["userName"], user["userName"], "our user")
    if group:
        equal(w.read("/Groups/" + group["id"])["displayName"], group["displayName"], "our group")


@cases("RFC7644 6, RFC7644 3.12", [(f"{method} of another tenant's user is 404 (trap 28)", method) for method in ("GET", "PUT", "PATCH", "DELETE")])
def user(w, method):
    mine, _ = w.shared(ours)
    where = "/Users/" + mine["id"]
    if method == "PATCH":
        refused(w.other.patch(where, op("add", "title", "stolen")), (404, 501))
    else:
        refused(w.other.request(method, where, w.user_body("stolen") if method == "PUT" else None), 404)
    untouched(w)
    equal(w.read(where), mine | {"groups": w.read(where).get("groups")} if "groups" in w.read(where) else mine, "our user, whole")


@cases("RFC7644 6, RFC7644 3.12", [(f"{method} of another tenant's group is 404 (trap 28)", method) for method in ("GET", "PUT", "PATCH", "DELETE")],
       needs="groups")
def group(w, method):
    _, mine = w.shared(ours)
    where = "/Groups/" + mine["id"]
    if method == "PATCH":
        refused(w.other.patch(where, op("replace", "displayName", "Stolen")), (404, 501))
    else:
        refused(w.other.request(method, where, w.group_body("Stolen") if method == "PUT" else None), 404)
    untouched(w)


FILTERS = [
    ("by its id (trap 28)", 'id eq "ID"'),
    ("by its userName (trap 28)", 'userName eq "NAME"'),
    ("by or with what all have (trap 28)", 'userName eq "NAME" or id pr'),
    ("by or with something true on the left (trap 28)", 'id pr or userName eq "NAME"'),
    ("by not (trap 28)", 'not (userName eq "nobody@example.com")'),
    ("by not of not (trap 28)", "not (not (id pr))"),
    ("by brackets that seem to close another (trap 28)", 'title eq "x" or (id pr) or (title eq "ours TAG")'),
    ("by what begins its externalId (trap 28)", 'externalId sw "iso-TAG"'),
    ("by its time (trap 28)", 'meta.created gt "2001-01-01T00:00:00Z"'),
    ("by ne (trap 28)", 'userName ne "nobody@example.com"'),
]


@cases("RFC7644 6, RFC7644 3.4.2.2", FILTERS, needs="filter")
def finds(w, text):
    mine, _ = w.shared(ours)
    other = w.shared(theirs)
    text = text.replace("ID", mine["id"]).replace("NAME", mine["userName"]).replace("TAG", w.tag)
    answer = status(w.other.get("/Users", {"filter": text, "count": 200}), 200)
    true(mine["id"] not in answer.ids, "our user is not found", answer)
    counted = status(w.other.get("/Users", {"filter": f'({text}) and title eq "ours {w.tag}"'}), 200)
    equal(counted["totalResults"], 0, "nor counted")
    if " pr" in text or "not (" in text or " gt " in text or " ne " in text:
        counted = status(w.other.get("/Users", {"filter": f'({text}) and id eq "{other["id"]}"'}), 200)
        equal(counted["totalResults"], 1, "and their own is found")


@check("RFC7644 6, RFC7644 3.4.2")
def listed(w):
    """a list of all has their own users alone (trap 28)"""
    mine, _ = w.shared(ours)
    w.shared(theirs)
    start, seen = 1, []
    for _ in range(200):
        answer = status(w.other.get("/Users", {"startIndex": start, "count": 200}), 200)
        seen += answer.ids
        start += len(answer.ids)
        if not answer.ids or start > answer["totalResults"]:
            break
    true(mine["id"] not in seen and w.shared(theirs)["id"] in seen, "ours is not there, theirs is")


@cases("RFC7644 6, RFC7644 3.4.3", [("/Users/.search (trap 28)", "/Users/.search"), ("/.search (trap 28)", "/.search")], needs="filter")
def searched(w, where):
    mine, _ = w.shared(ours)
    answer = w.other.post(where, {"schemas": [SEARCH], "filter": f'id eq "{mine["id"]}" or title eq "ours {w.tag}"'})
    if answer.status == 501:
        skip("/.search is answered with 501")
    equal(status(answer, 200)["totalResults"], 0, "found")


@check("RFC7643 3.1, RFC7643 4.1.1")
def same_name(w):
    """both may have one userName and one externalId (trap 8)"""
    mine, _ = w.shared(ours)
    made = status(w.other.post("/Users", w.user_body(userName=mine["userName"], externalId=mine["externalId"])), 201).json
    true(made["id"] != mine["id"], "another id")
    if not w.missing("filter"):
        text = f'userName eq "{mine["userName"]}"'
        equal(status(w.client.get("/Users", {"filter": text}), 200).ids, [mine["id"]], "each finds its own: we")
        equal(status(w.other.get("/Users", {"filter": text}), 200).ids, [made["id"]], "and they")


@check("RFC7643 4.2, RFC7644 6", needs="groups")
def member(w):
    """another tenant's user does not become a member (trap 28)"""
    mine, _ = w.shared(ours)
    answer = w.other.post("/Groups", w.group_body("Theirs", [mine["id"]]))
    if answer.status == 201:  # a server that does not look at what members name
        true(not any(each.get("display") or each.get("$ref") for each in answer["members"] or []), "nothing of ours is shown", answer)
    else:
        refused(answer, (400, 404, 409))
    true(len(w.read("/Users/" + mine["id"]).get("groups") or []) <= 1, "our user is in no group of theirs")


@check("RFC7643 4.3, RFC7644 6", needs="enterprise")
def manager(w):
    """another tenant's user as manager shows nothing of that user (trap 28)"""
    mine, _ = w.shared(ours)
    answer = w.other.post("/Users", w.user_body("staff", **{ENTERPRISE: {"manager": {"value": mine["id"]}}}))
    one_of(answer.status, (201, 400, 404, 409), "status")
    true(mine["userName"].encode() not in answer.body and b"Given Family" not in answer.body, "nothing of ours is shown", answer)


@check("RFC7644 6, RFC7644 3.4.2.2", needs="groups filter")
def found_by_member(w):
    """their groups are not found by our members, nor ours by theirs (trap 28)"""
    mine, _ = w.shared(ours)
    for text in (f'members.value eq "{mine["id"]}"', f'members[value eq "{mine["id"]}"]', f'displayName pr and members.value eq "{mine["id"]}"'):
        equal(status(w.other.get("/Groups", {"filter": text}), 200)["totalResults"], 0, f"found by {text}")


@check("RFC7644 3.7, RFC7644 6", needs="bulk")
def bulk(w):
    """in a bulk request another tenant's user is 404 (trap 28)"""
    mine, _ = w.shared(ours)
    answer = w.other.post("/Bulk", {"schemas": [BULK_REQUEST], "Operations": [
        {"method": "DELETE", "path": "/Users/" + mine["id"]},
        {"method": "PATCH", "path": "/Users/" + mine["id"], "data": {
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [op("add", "title", "stolen")]}}]})
    equal([each["status"] for each in status(answer, 200)["Operations"]], ["404", "404"], "status")
    untouched(w)


@check("RFC7644 6, RFC7644 3.4.2.1", needs="filter")
def root(w):
    """a query at the root shows nothing of another tenant (trap 28)"""
    mine, _ = w.shared(ours)
    answer = w.other.get("/", {"filter": f'id eq "{mine["id"]}" or id pr', "count": 200})
    if answer.status != 200:
        skip(f"a query at the root is answered with {answer.status}")
    true(mine["id"] not in answer.ids, "our user", answer)
