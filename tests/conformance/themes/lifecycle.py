# SPDX-License-Identifier: Apache-2.0
"""Create, replace, delete: mutability, required and unique attributes, unassigned values, references that end."""

import datetime
import urllib.parse

from harness.client import op
from harness.expect import equal, one_of, path, refused, skip, status, true, values
from harness.names import ENTERPRISE, GROUP, USER
from harness.registry import cases, check

KEEPS = "the server keeps references to what is deleted, which RFC 7643 2.3.7 allows"

# --- create ---

@check("RFC7644 3.3")
def created(w):
    """POST is 201 with the resource, Location and meta.location alike (trap 46)"""
    body = w.user_body("new", title="Boss")
    answer = status(w.client.post("/Users", body), 201)
    equal(answer.header("Location"), path(answer.json, "meta", "location"), "Location against meta.location")
    equal((answer["userName"], answer["title"], answer["active"]), (body["userName"], "Boss", True), "what was sent")
    equal(w.read("/Users/" + answer["id"]), answer.json, "GET against the answer")


@check("RFC7643 3.1")
def meta(w):
    """meta: resourceType, created, lastModified, location (trap 7)"""
    user = w.user("meta")
    equal(user["meta"]["resourceType"], "User", "resourceType")
    for name in ("created", "lastModified"):
        when = datetime.datetime.fromisoformat(user["meta"][name].replace("Z", "+00:00"))
        true("T" in user["meta"][name] and when.tzinfo is not None, f"{name} is a dateTime with a zone", user["meta"][name])
    true(user["meta"]["location"].endswith("/Users/" + urllib.parse.quote(user["id"])), "location", user["meta"])


@check("RFC7643 3.1, RFC7644 3.3")
def location(w):
    """meta.location leads to the resource (trap 51)"""
    user = w.user("there")
    where = urllib.parse.urlsplit(user["meta"]["location"])
    true(where.scheme and where.netloc, "an absolute URL", user["meta"]["location"])
    equal(w.client.base + "/Users/" + user["id"], where.path, "its path")


@check("RFC7643 3.1")
def id_rules(w):
    """id is the server's, stable, and has no bulkId in it (trap 8)"""
    user = w.create("/Users", w.user_body("id", id="my-own-id"))
    true(isinstance(user["id"], str) and user["id"] != "my-own-id", "id", user["id"])
    true("bulkid" not in user["id"].lower(), "bulkId is reserved", user["id"])
    equal(w.read("/Users/" + user["id"])["id"], user["id"], "id in GET")


@cases("RFC7644 3.3, RFC7643 2.2", [
    ("POST ignores meta (traps 8, 13)", {"meta": {"created": "2001-01-01T00:00:00Z", "resourceType": "Device"}}),
    ("POST ignores groups (trap 13)", {"groups": [{"value": "none"}]}),
    ("POST ignores id (traps 8, 13)", {"id": "x"}),
])
def read_only(w, more):
    user = w.create("/Users", w.user_body("ro", **more))
    equal(user["meta"]["resourceType"], "User", "meta.resourceType")
    true(not user["meta"]["created"].startswith("2001"), "meta.created", user["meta"])
    true(not user.get("groups") and user["id"] != "x", "groups and id", user)


@cases("RFC7643 2.5, RFC7644 3.3", [
    ("null is not set (trap 5)", {"title": None, "nickName": None}),
    ("an empty array is not set (trap 5)", {"emails": [], "roles": []}),
    ("null for a complex attribute is not set (trap 5)", {"name": None}),
    ("null in a complex attribute is not set (trap 5)", {"name": {"givenName": "Ann", "middleName": None}}),
])
def unassigned(w, more):
    user = w.create("/Users", w.user_body("null", **more))
    for name, value in more.items():
        if isinstance(value, dict):
            true("middleName" not in (user.get(name) or {}), f"{name}", user)
        else:
            true(name not in user, f"{name} is not shown", user)


@check("RFC7643 2.1")
def names_in_any_case(w):
    """names of attributes in a body in any case; the answer has the schema's (trap 1)"""
    body = w.user_body("case")
    body["USERNAME"], body["nickname"] = body.pop("userName"), "Nick"
    body["Name"] = {"GIVENNAME": "Ann"}
    del body["name"]
    user = w.create("/Users", body)
    equal((user.get("userName"), user.get("nickName"), path(user, "name", "givenName")), (body["USERNAME"], "Nick", "Ann"), "what is told")


@check("RFC7643 3.3, RFC7643 4.3", needs="enterprise")
def schemas_said(w):
    """schemas has the extensions that are there, and no others (trap 9)"""
    plain, more = w.user("plain"), w.user("more", **{ENTERPRISE: {"department": "Tools"}})
    true(USER in plain["schemas"] and ENTERPRISE not in plain["schemas"], "schemas without", plain["schemas"])
    true(USER in more["schemas"] and ENTERPRISE in more["schemas"], "schemas with", more["schemas"])
    equal(more[ENTERPRISE].get("department"), "Tools", "department")


@check("RFC7643 2.1, RFC7643 3.3", needs="enterprise")
def schema_in_any_case(w):
    """an extension's URN as name in a body in any case (trap 1)"""
    body = w.user_body("urn", schemas=[USER, ENTERPRISE])
    body[ENTERPRISE.upper()] = {"DEPARTMENT": "Tools"}
    equal(path(w.create("/Users", body), ENTERPRISE, "department"), "Tools", "department")


@check("RFC7643 3, RFC8141 3.1")
def schemas_in_any_case(w):
    """URNs in schemas in any case are taken or refused, and told as the schema has them (trap 1)"""
    answer = w.client.post("/Users", w.user_body("urn", schemas=[USER.upper()]))
    if answer.status == 201:
        equal(answer["schemas"], [USER], "schemas")
    else:
        refused(answer, 400, "invalidSyntax invalidValue")


@cases("RFC7644 3.3, RFC7643 4.1.1", [
    ("a userName that is taken is 409 uniqueness (trap 46)", str),
    ("in other letters, too (traps 2, 46)", str.upper),
])
def taken(w, change):
    user = w.user("taken")
    refused(w.client.post("/Users", w.user_body(userName=change(user["userName"]))), 409, "uniqueness")
    equal(w.read("/Users/" + user["id"]), user, "the first one afterwards")


@check("RFC7643 2.4, RFC7643 4.1.2", needs="User.emails")
def many_values(w):
    """values come back as they were sent (trap 15)"""
    mails = [{"value": "Ann.B@Work.example", "type": "work", "primary": True}, {"value": "ann@home.example", "type": "home"}]
    user = w.user("mails", emails=mails)
    got = [{**each, "value": each["value"].lower()} for each in values(user["emails"])]  # 4.1.2: SHOULD be canonicalised
    equal(got, [{**each, "value": each["value"].lower()} for each in values(mails)], "emails")


@check("RFC7643 2.4", needs="User.emails")
def same_twice(w):
    """the same value and type is not shown twice (trap 6)"""
    answer = w.client.post("/Users", w.user_body("double", emails=[{"value": "a@x.example", "type": "work"}] * 2))
    if answer.status == 201:  # SHOULD NOT
        true(len(answer["emails"] or []) in (1, 2), "emails", answer["emails"])
    else:
        refused(answer, 400, "invalidValue")


@check("RFC7643 2.3.2, RFC7643 4.1.1")
def boolean(w):
    """false is a value, not nothing (trap 5)"""
    user = w.user("off", active=False)
    equal(user.get("active"), False, "active")
    equal(w.read("/Users/" + user["id"]).get("active"), False, "active in GET")


@check("RFC7643 2.3.1")
def long_text(w):
    """a text of some length comes back whole"""
    text = "".join(chr(97 + n % 26) for n in range(1000))
    equal(w.user("long", title=text)["title"], text, "title")


@cases("RFC7643 7, RFC7643 4.1.1", [("a password is not told by POST (trap 11)", "POST"), ("a password is not told by PUT (trap 11)", "PUT"),
                                    ("a password is not told by GET (trap 11)", "GET")])
def password(w, method):
    body = w.user_body("pass", password="N0t-to-be-told!")
    answer = status(w.client.post("/Users", body), 201)
    where = "/Users/" + answer["id"]
    if method != "POST":
        answer = w.client.put(where, body) if method == "PUT" else w.client.get(where)
        status(answer, 200)
    true("password" not in answer.json and b"N0t-to-be-told!" not in answer.body, "password", answer)


@check("RFC7643 4.1.1")
def external_id(w):
    """externalId is kept in its case, and two users may have one (traps 2, 8)"""
    one, two = w.user("ext", externalId=f"Ext-{w.tag}"), w.client.post("/Users", w.user_body("ext", externalId=f"ext-{w.tag}"))
    equal(one["externalId"], f"Ext-{w.tag}", "externalId")
    status(two, 201)


# --- replace ---

@check("RFC7644 3.5.1")
def replaced(w):
    """PUT replaces what it names and keeps id and created (trap 14)"""
    body = w.user_body("put", title="Old")
    user = w.create("/Users", body)
    answer = status(w.client.put("/Users/" + user["id"], {**body, "title": "New", "nickName": "Nick"}), 200)
    equal((answer["id"], answer["title"], answer["nickName"]), (user["id"], "New", "Nick"), "what was sent")
    equal(answer["meta"]["created"], user["meta"]["created"], "created")
    equal(w.read("/Users/" + user["id"]), answer.json, "GET against the answer")


@check("RFC7644 3.5.1, RFC7643 2.5")
def cleared(w):
    """PUT with null and [] clears (trap 5)"""
    body = w.user_body("clear", title="Old", nickName="Old", emails=[{"value": "a@x.example"}])
    user = w.create("/Users", body)
    answer = status(w.client.put("/Users/" + user["id"], {**body, "title": None, "nickName": None, "emails": []}), 200)
    true(not {"title", "nickName", "emails"} & set(answer.json), "they are gone", answer)


@check("RFC7644 3.5.1")
def omitted(w):
    """what PUT omits is cleared or kept; both are allowed, and GET agrees (trap 14)"""
    body = w.user_body("omit")
    user = w.create("/Users", {**body, "title": "Old"})
    answer = status(w.client.put("/Users/" + user["id"], body), 200)
    one_of(answer["title"], (None, "Old"), "title")
    equal(w.read("/Users/" + user["id"]), answer.json, "GET against the answer")


@cases("RFC7644 3.5.1", [
    ("PUT ignores another id (trap 13)", {"id": "another"}),
    ("PUT ignores meta (trap 13)", {"meta": {"created": "2001-01-01T00:00:00Z", "version": "x", "location": "http://x.example/"}}),
    ("PUT ignores groups (trap 13)", {"groups": [{"value": "none", "display": "None"}]}),
])
def put_read_only(w, more):
    body = w.user_body("ro")
    user = w.create("/Users", body)
    answer = status(w.client.put("/Users/" + user["id"], {**body, **more}), 200)
    equal((answer["id"], answer["meta"]["created"], answer["meta"]["location"]),
          (user["id"], user["meta"]["created"], user["meta"]["location"]), "id, created, location")
    true(not answer["groups"], "groups", answer)


@check("RFC7644 3.5.1")
def put_what_was_got(w):
    """what GET told can be PUT back"""
    user = w.user("back", title="Boss", emails=[{"value": "a@x.example", "type": "work", "primary": True}])
    answer = status(w.client.put("/Users/" + user["id"], w.read("/Users/" + user["id"])), 200)
    equal({n: v for n, v in answer.json.items() if n != "meta"}, {n: v for n, v in user.items() if n != "meta"}, "all but meta")


@cases("RFC7644 3.5.1, RFC7644 3.12", [
    ("PUT without userName (trap 14)", {"userName": None}),
    ("PUT with an empty userName", {"userName": ""}),
    ("PUT without schemas (trap 9)", {"schemas": None}),
    ("PUT with a bad value", {"active": "banana"}),
])
def put_refused(w, more):
    body = w.user_body("bad")
    user = w.create("/Users", body)
    changed = {name: value for name, value in {**body, **more}.items() if value is not None}
    refused(w.client.put("/Users/" + user["id"], changed), 400, "invalidValue invalidSyntax")
    equal(w.read("/Users/" + user["id"]), user, "the user afterwards")


@check("RFC7644 3.5.1")
def put_creates_nothing(w):
    """PUT does not create (trap 14)"""
    where = f"/Users/none-{w.tag}"
    refused(w.client.put(where, w.user_body("none")), 404)
    refused(w.client.get(where), 404)


@check("RFC7644 3.5.1, RFC7644 3.12")
def put_taken(w):
    """PUT with a userName that another has is 409 uniqueness (trap 46)"""
    other, body = w.user("other"), w.user_body("mine")
    user = w.create("/Users", body)
    refused(w.client.put("/Users/" + user["id"], {**body, "userName": other["userName"]}), 409, "uniqueness")
    equal(w.read("/Users/" + user["id"]), user, "the user afterwards")


@check("RFC7644 3.5.1, RFC7643 4.1.1")
def put_own_name(w):
    """PUT with one's own userName in other letters is no conflict (trap 2)"""
    body = w.user_body("own")
    user = w.create("/Users", body)
    status(w.client.put("/Users/" + user["id"], {**body, "userName": body["userName"].upper()}), 200)


@check("RFC7644 3.5.1, RFC7643 4.1.1")
def name_free_again(w):
    """a userName that was given up can be taken"""
    body = w.user_body("first")
    user = w.create("/Users", body)
    status(w.client.put("/Users/" + user["id"], {**body, "userName": w.address("second")}), 200)
    status(w.client.post("/Users", body), 201)


# --- delete ---

@check("RFC7644 3.6")
def deleted(w):
    """DELETE is 204 without a body (trap 47)"""
    answer = status(w.client.delete("/Users/" + w.user("gone")["id"]), 204)
    equal(answer.body, b"", "body")


@cases("RFC7644 3.6", [(f"{method} after DELETE is 404 (trap 47)", method) for method in ("GET", "PUT", "PATCH", "DELETE")])
def after_delete(w, method):
    body = w.user_body("gone")
    where = "/Users/" + w.create("/Users", body)["id"]
    status(w.client.delete(where), 204)
    if method == "PATCH":
        refused(w.client.patch(where, op("add", "title", "x")), (404, 501))
    else:
        refused(w.client.request(method, where, body if method == "PUT" else None), 404)


@check("RFC7644 3.6, RFC7644 3.4.2", needs="filter")
def hidden(w):
    """what is deleted is found by no query (trap 47)"""
    user = w.user("gone")
    status(w.client.delete("/Users/" + user["id"]), 204)
    for text in (f'userName eq "{user["userName"]}"', f'id eq "{user["id"]}"'):
        equal(status(w.client.get("/Users", {"filter": text}), 200)["totalResults"], 0, f"found by {text}")


@check("RFC7644 3.6")
def again(w):
    """the userName of a deleted user can be created again, under another id (traps 8, 47)"""
    body = w.user_body("again")
    user = w.create("/Users", body)
    status(w.client.delete("/Users/" + user["id"]), 204)
    true(w.create("/Users", body)["id"] != user["id"], "another id")


# --- groups ---

@check("RFC7643 4.2, RFC7644 3.3", needs="groups")
def group_created(w):
    """a group with members: value, $ref and type"""
    user = w.user("member")
    group = w.group("Crew", [user["id"]])
    equal(group["meta"]["resourceType"], "Group", "meta.resourceType")
    member = w.read("/Groups/" + group["id"])["members"][0]
    equal(member["value"], user["id"], "value")
    if "$ref" in member:
        true(member["$ref"].endswith("/Users/" + user["id"]), "$ref", member)
    one_of(member.get("type"), (None, "User"), "type")


@check("RFC7643 4.1.2, RFC7643 4.2", needs="groups User.groups")
def groups_derived(w):
    """the groups of a user follow the members of the group (trap 15)"""
    user = w.user("member")
    group = w.group("Crew", [user["id"]])
    told = w.read("/Users/" + user["id"]).get("groups") or []
    equal([each["value"] for each in told], [group["id"]], "groups")
    one_of(told[0].get("type"), (None, "direct"), "type")
    status(w.client.delete("/Groups/" + group["id"]), 204)
    true(not w.read("/Users/" + user["id"]).get("groups"), "groups after the group is deleted")


@check("RFC7643 4.2, RFC7644 3.12", needs="groups")
def group_without_name(w):
    """a group without displayName is refused (trap 4)"""
    refused(w.client.post("/Groups", {"schemas": [GROUP]}), 400, "invalidValue")


@check("RFC7644 3.5.1, RFC7643 4.2", needs="groups")
def group_replaced(w):
    """PUT of a group replaces its members (trap 13)"""
    who = [w.user("member")["id"] for _ in range(3)]
    group = w.group("Crew", who[:2])
    body = {"schemas": [GROUP], "displayName": group["displayName"], "members": [{"value": who[1]}, {"value": who[2]}]}
    status(w.client.put("/Groups/" + group["id"], body), 200)
    equal(sorted(each["value"] for each in w.read("/Groups/" + group["id"])["members"]), sorted(who[1:]), "members")


@check("RFC7644 3.6, RFC7643 2.3.7", needs="groups")
def member_deleted(w):
    """a deleted user is no member any more (trap 47)"""
    one, two = w.user("stay")["id"], w.user("leave")["id"]
    group = w.group("Crew", [one, two])
    status(w.client.delete("/Users/" + two), 204)
    left = [each["value"] for each in w.read("/Groups/" + group["id"])["members"]]
    if sorted(left) == sorted([one, two]):
        skip(KEEPS)
    equal(left, [one], "members")


@check("RFC7644 3.6, RFC7643 2.3.7", needs="enterprise")
def manager_deleted(w):
    """a deleted manager is nobody's manager any more (trap 47)"""
    boss = w.user("boss")["id"]
    user = w.user("staff", **{ENTERPRISE: {"manager": {"value": boss}}})
    equal(path(user, ENTERPRISE, "manager", "value"), boss, "manager")
    status(w.client.delete("/Users/" + boss), 204)
    left = path(w.read("/Users/" + user["id"]), ENTERPRISE, "manager", "value")
    if left == boss:
        skip(KEEPS)
    equal(left, None, "manager afterwards")


@check("RFC7643 4.2, RFC7644 3.12", needs="groups")
def unknown_member(w):
    """a member that is not there is refused, or kept as it was sent"""
    answer = w.client.post("/Groups", w.group_body("Crew", [f"nobody-{w.tag}"]))
    if answer.status != 201:
        refused(answer, (400, 404, 409), "invalidValue noTarget")


@check("RFC7643 2.4, RFC7643 4.2", needs="groups")
def same_member_twice(w):
    """a member that is named twice is a member once (trap 6)"""
    user = w.user("twice")["id"]
    group = w.group("Crew", [user, user])
    shown = [each["value"] for each in w.read("/Groups/" + group["id"])["members"]]
    if shown == [user, user]:
        skip("the member is shown twice, which RFC 7643 2.4 says it SHOULD NOT")
    equal(shown, [user], "members")


@check("RFC7643 4.2", needs="groups")
def nested(w):
    """a group may be a member of a group, if the server's schema says so"""
    inner = w.group("Inner")
    answer = w.client.post("/Groups", w.group_body("Outer", [inner["id"]]))
    if answer.status == 201:
        equal([each["value"] for each in answer["members"]], [inner["id"]], "members")
    else:
        refused(answer, 400, "invalidValue")
