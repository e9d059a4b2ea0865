# SPDX-License-Identifier: Apache-2.0
"""attributes and excludedAttributes on everything that answers with a resource, and what is always and never shown."""

from harness.client import op
from harness.expect import equal, path, refused, skip, status, true
from harness.names import ENTERPRISE, USER
from harness.registry import cases, check

SECRET = "S3cret-and-never-shown!"
NAME = {"givenName": "Ann", "familyName": "Able"}


def body(w):
    more = {} if w.missing("enterprise") else {ENTERPRISE: {"employeeNumber": "7", "department": "Tools"}}
    return w.user_body("shown", name=NAME, title="Boss", nickName="Nick", displayName=f"shown {w.tag}", password=SECRET,
                       emails=[{"value": "a@work.example", "type": "work"}, {"value": "a@home.example", "type": "home"}], **more)


def somebody(w):
    return w.create("/Users", body(w))


def flat(value, prefix=""):
    """{"name.givenName", "title", "urn:…:department", …} of a resource; of many values the names that any has."""
    found = set()
    for name, each in value.items():
        whole = prefix + name
        if isinstance(each, dict):
            found |= flat(each, whole + (":" if name.startswith("urn:") else "."))
        elif isinstance(each, list) and each and isinstance(each[0], dict):
            for one in each:
                found |= flat(one, whole + ".")
        else:
            found.add(whole)
    return found


def rest(found):
    """Without what a server may show although nobody asked: schemas and id, and the whole of meta is checked elsewhere."""
    return {name for name in found if name not in ("schemas", "id")}


ASKED = [
    ("one attribute", "title", {"title"}),
    ("several attributes (trap 12)", "title,nickName", {"title", "nickName"}),
    ("spaces in the list", "title, nickName", {"title", "nickName"}),
    ("a complex attribute whole", "name", {"name.givenName", "name.familyName"}),
    ("a sub-attribute (trap 12)", "name.givenName", {"name.givenName"}),
    ("two sub-attributes", "name.givenName,name.familyName", {"name.givenName", "name.familyName"}),
    ("a sub-attribute of many values (trap 12)", "emails.value", {"emails.value"}),
    ("many values whole", "emails", {"emails.value", "emails.type"}),
    ("a name in any case (trap 1)", "TITLE,NAME.givenname", {"title", "name.givenName"}),
    ("a name with its URN (traps 12, 26)", USER + ":title", {"title"}),
    ("a sub-attribute with its URN (traps 12, 26)", USER + ":name.familyName", {"name.familyName"}),
    ("an unknown name is ignored (trap 12)", "title,noSuch", {"title"}),
    ("unknown names alone leave the least (trap 12)", "noSuch", set()),
    ("meta's sub-attribute", "meta.resourceType", {"meta.resourceType"}),
    ("id alone", "id", set()),
    ("password is never shown (trap 11)", "password,title", {"title"}),
    ("what is not set is not there (trap 5)", "title,timezone", {"title"}),
]


@cases("RFC7644 3.9, RFC7643 7", ASKED)
def attributes(w, names, want):
    user = w.shared(somebody)
    shown = w.read("/Users/" + user["id"], {"attributes": names})
    equal(shown.get("id"), user["id"], "id, which is returned always (trap 11)")
    equal(rest(flat(shown)), want, f"attributes={names}")


@cases("RFC7644 3.9, RFC7644 3.10", [
    ("an extension's attribute (trap 12)", ENTERPRISE + ":department", {ENTERPRISE + ":department"}),
    ("an extension whole (trap 12)", ENTERPRISE, {ENTERPRISE + ":department", ENTERPRISE + ":employeeNumber"}),
    ("an extension's attribute in any case (trap 1)", ENTERPRISE.upper() + ":DEPARTMENT", {ENTERPRISE + ":department"}),
    ("an extension's attribute and another", f"{ENTERPRISE}:department,title", {ENTERPRISE + ":department", "title"}),
], needs="enterprise")
def extension(w, names, want):
    attributes_of = flat(w.read("/Users/" + w.shared(somebody)["id"], {"attributes": names}))
    equal(rest(attributes_of), want, f"attributes={names}")


@cases("RFC7644 3.9, RFC7643 7", [
    ("one attribute excluded", "title", {"title"}),
    ("several attributes excluded (trap 12)", "title,nickName", {"title", "nickName"}),
    ("a complex attribute excluded", "name", {"name.givenName", "name.familyName"}),
    ("a sub-attribute excluded (trap 12)", "name.givenName", {"name.givenName"}),
    ("a sub-attribute of many values excluded", "emails.type", {"emails.type"}),
    ("many values excluded", "emails", {"emails.value", "emails.type"}),
    ("a name in any case excluded (trap 1)", "TITLE", {"title"}),
    ("a name with its URN excluded (trap 26)", USER + ":title", {"title"}),
    ("an unknown name excluded is ignored (trap 12)", "noSuch", set()),
    ("id cannot be excluded (trap 11)", "id,title", {"title"}),
])
def excluded(w, names, want):
    where = "/Users/" + w.shared(somebody)["id"]
    whole, shown = flat(w.read(where)), flat(w.read(where, {"excludedAttributes": names}))
    equal(whole - shown, want, f"what excludedAttributes={names} takes away")
    true(shown <= whole, "and nothing more is there", sorted(shown - whole))


@cases("RFC7644 3.9, RFC7644 3.10", [
    ("an extension's attribute excluded (trap 12)", ENTERPRISE + ":department", {ENTERPRISE + ":department"}),
    ("an extension excluded whole (trap 12)", ENTERPRISE, {ENTERPRISE + ":department", ENTERPRISE + ":employeeNumber"}),
], needs="enterprise")
def extension_excluded(w, names, want):
    where = "/Users/" + w.shared(somebody)["id"]
    equal(flat(w.read(where)) - flat(w.read(where, {"excludedAttributes": names})), want, f"what excludedAttributes={names} takes away")


@check("RFC7644 3.9")
def both(w):
    """attributes and excludedAttributes exclude each other (trap 12)"""
    refused(w.client.get("/Users/" + w.shared(somebody)["id"], {"attributes": "title", "excludedAttributes": "name"}), 400)


@check("RFC7644 3.9")
def both_in_list(w):
    """in a list, too (trap 12)"""
    refused(w.client.get("/Users", {"attributes": "title", "excludedAttributes": "name", "count": 1}), 400)


# --- everywhere ---

def via_list(w, query):
    user = w.shared(somebody)
    return status(w.client.get("/Users", {"filter": f'id eq "{user["id"]}"', **query}), 200).resources[0]


def via_post(w, query):
    return status(w.client.post("/Users", body(w), query), 201).json


def via_put(w, query):
    sent = body(w)
    return status(w.client.put("/Users/" + w.create("/Users", sent)["id"], {**sent, "active": False}, query), 200).json


def via_patch(w, query):
    answer = w.client.patch("/Users/" + somebody(w)["id"], op("replace", "active", False), query=query)
    return None if answer.status == 204 and "attributes" not in query else status(answer, 200).json


WAYS = {"a list": (via_list, "filter"), "POST": (via_post, ""), "PUT": (via_put, ""), "PATCH": (via_patch, "patch")}


@cases("RFC7644 3.9, RFC7644 3.5.2", [row for way in WAYS for row in [
    (f"attributes with {way} (trap 12)", way, {"attributes": "userName,name.givenName"}),
    (f"excludedAttributes with {way} (trap 12)", way, {"excludedAttributes": "userName,name.givenName"}),
]])
def everywhere(w, way, query):
    ask, need = WAYS[way]
    if need:
        w.need(need)
    shown = ask(w, query)
    if shown is None:
        skip("PATCH is answered with 204")
    true("id" in shown, "id", shown)
    if "attributes" in query:
        equal(rest(flat(shown)), {"userName", "name.givenName"}, "what is shown")
    else:
        found = flat(shown)
        true(not found & {"userName", "name.givenName"}, "what is excluded", found)
        true({"title", "name.familyName", "emails.value"} <= found, "and the rest is there", found)


@cases("RFC7643 7, RFC7643 4.1.1", [(f"password is not shown by {way} (trap 11)", way) for way in WAYS])
def secret(w, way):
    ask, need = WAYS[way]
    if need:
        w.need(need)
    for query in ({"attributes": "password,id"}, {"excludedAttributes": "title"}):
        true("password" not in (ask(w, query) or {}), f"password with {query}")
    true(SECRET not in " ".join(w.client.said[-1].split("\n->")[1:]), "the secret")


# --- groups ---

def crew(w):
    return w.group("Shown", [w.shared(somebody)["id"]])


@cases("RFC7644 3.9, RFC7643 4.2", [
    ("a group without its members", {"excludedAttributes": "members"}, {"displayName"}, {"members"}),
    ("a group's name alone", {"attributes": "displayName"}, {"displayName"}, {"members", "meta"}),
    ("a group's members alone", {"attributes": "members"}, {"members"}, {"displayName", "meta"}),
    ("values of a group's members", {"attributes": "members.value"}, {"members"}, {"displayName"}),
], needs="groups")
def group(w, query, there, away):
    shown = w.read("/Groups/" + w.shared(crew)["id"], query)
    true(there <= set(shown), f"{sorted(there)} is there", shown)
    true(not away & set(shown), f"{sorted(away)} is not there", shown)
    if query.get("attributes") == "members.value":
        equal([sorted(each) for each in shown["members"]], [["value"]], "the members' sub-attributes")


@check("RFC7644 3.9, RFC7643 4.1.2", needs="groups User.groups")
def groups_of_user(w):
    """the groups of a user alone"""
    group_id = w.shared(crew)["id"]
    shown = w.read("/Users/" + w.shared(somebody)["id"], {"attributes": "groups"})
    equal([path(each, "value") for each in shown.get("groups") or []], [group_id], "groups")
    true("userName" not in shown, "and nothing else", shown)
