#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
What the server promises on the wire, held against what it does: every form of PATCH that clients use, PUT of what GET
gave, filters, pages, projections, entity tags on every verb, discovery, events, tokens, accounts that know nothing of
each other, bounds - and the error catalogue against the source.
"""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import threading
import time
import urllib.parse

from lib import ENTERPRISE, GROUP, ROLE, USER, events, group, is_error, main, newest, tap, user
from stack import TOP, Stack

NOBODY = "0190a6c4-0000-7000-8000-000000000000"


def refused(answer, status, code, name):
    wrong = is_error(answer, status) or (f"code {answer.code}, not {code}" if answer.code != code else "")
    return tap.ok(not wrong, name, wrong, answer)


def op(verb, path=None, **value):
    """An operation; value= is left out where it is not given."""
    return {"op": verb, **({} if path is None else {"path": path}), **value}


def without(resource, *names):
    return {n: v for n, v in resource.items() if n not in names}


# --- PATCH: (name, operations, what the user then has: attribute path -> value, or None: it is absent) ---

WORK = 'emails[type eq "work"].value'
FORMS = [
    ("Okta: deactivate without a path", [op("replace", value={"active": False})], {"active": False}),
    ("null wakes nobody", [op("replace", "active", value=None)], {"active": False}),
    ("an empty string wakes nobody", [op("replace", value={"active": ""})], {"active": False}),
    ("removing active wakes nobody", [op("remove", "active")], {"active": False}),
    ("Okta: reactivate", [op("replace", value={"active": True})], {"active": True}),
    ("Entra: disable by a string", [op("Replace", "active", value="False")], {"active": False}),
    ("Entra: enable by a string", [op("Replace", "active", value="True")], {"active": True}),
    ("Okta: nested object", [op("replace", value={"name": {"givenName": "Nora"}})], {"name.givenName": "Nora", "name.familyName": "Example"}),
    ("Okta: password, which is never shown", [op("replace", value={"password": "Secret-1-word"})], {"password": None}),
    ("Entra: flattened keys", [op("replace", value={"displayName": "Bj", "name.givenName": "Kk", ENTERPRISE + ":employeeNumber": "Ak"})],
     {"displayName": "Bj", "name.givenName": "Kk", ENTERPRISE + "|employeeNumber": "Ak"}),
    ("names, ops and keys in any case", [{"OP": "ADD", "Path": "NICKNAME", "VALUE": "Babs"}], {"nickName": "Babs"}),
    ("URN of the core in front", [op("add", USER + ":nickName", value="Bo")], {"nickName": "Bo"}),
    ("core under its URN as an object", [op("add", value={USER: {"nickName": "Bi"}})], {"nickName": "Bi"}),
    ("extension under its URN, in other case", [op("add", value={ENTERPRISE.upper(): {"DEPARTMENT": "R&D"}})], {ENTERPRISE + "|department": "R&D"}),
    ("what was read is sent back without a path", [op("replace", value={"id": "x", "meta": {"version": "y"}, "groups": [], "nickName": "Ba"})],
     {"nickName": "Ba"}),
    ("Entra: an element that is not there is made", [op("Add", 'phoneNumbers[type eq "mobile"].value', value="+1 2")],
     {"phoneNumbers": [{"value": "+1 2", "type": "mobile"}]}),
    ("Entra: the same by replace, others stay", [op("Replace", 'phoneNumbers[type eq "fax"].value', value="+1 3")],
     {"phoneNumbers": [{"value": "+1 2", "type": "mobile"}, {"value": "+1 3", "type": "fax"}]}),
    ("Entra: address by parts", [op("Replace", 'addresses[type eq "work"].country', value="US")], {"addresses": [{"country": "US", "type": "work"}]}),
    ("Entra: a string boolean in the filter", [op("Replace", 'roles[primary eq "True"].value', value="Boss")],
     {"roles": [{"value": "Boss", "primary": True}]}),
    ("Entra: manager as a string", [op("Add", ENTERPRISE + ":manager", value="271")], {ENTERPRISE + "|manager.value": "271"}),
    ("Entra: manager in an array", [op("Replace", "manager", value=[{"$ref": "../Users/272", "value": "272"}])], {ENTERPRISE + "|manager.value": "272"}),
    ("Entra: manager emptied", [op("Replace", ENTERPRISE + ":manager", value="")], {ENTERPRISE + "|manager": None}),
    ("Entra: manager by the dotted path", [op("Add", ENTERPRISE + ".manager", value="273")], {ENTERPRISE + "|manager.value": "273"}),
    ("the extension goes, with its URN", [op("remove", ENTERPRISE)], {ENTERPRISE: None, "schemas": [USER]}),
    ("Entra: the e-mail by its type, lowered", [op("Replace", WORK, value="New.Mail@Example.COM")],
     {"emails": [{"value": "new.mail@example.com", "type": "work", "primary": True}]}),
    ("a new primary takes it from the old", [op("add", "emails", value=[{"value": "home@example.com", "type": "home", "primary": True}])],
     {"emails": [{"value": "new.mail@example.com", "type": "work", "primary": False}, {"value": "home@example.com", "type": "home", "primary": True}]}),
    ("a filter that matches nothing removes nothing", [op("remove", 'emails[type eq "other"]')], {"emails.length": 2}),
    ("one after another", [op("remove", "nickName"), op("add", "nickName", value="a"), op("replace", "nickName", value="b")], {"nickName": "b"}),
    ("null unassigns", [op("replace", "nickName", value=None)], {"nickName": None}),
    ("an unknown attribute without a path is passed over", [op("replace", value={"favouriteColour": "x"})], {"favouriteColour": None}),
    ("unknown keys of an operation too", [dict(op("add", "nickName", value="c"), name="addMember")], {"nickName": "c"}),
]

REFUSED = [
    ("a read-only attribute by its path", [op("replace", "meta.created", value="x")], 400, "PATCH_MUTABILITY"),
    ("a user's groups by their path", [op("add", "groups", value=[{"value": "x"}])], 400, "PATCH_MUTABILITY"),
    ("an unknown attribute by its path", [op("replace", "favouriteColour", value="x")], 400, "PATCH_PATH"),
    ("a value by its number", [op("replace", "emails[0].value", value="x")], 400, "PATCH_PATH"),
    ("nothing to replace", [op("replace", 'emails[value co "zzz"].display', value="x")], 400, "PATCH_NO_TARGET"),
    ("a userName that is no address, after a good operation", [op("add", "title", value="x"), op("replace", "userName", value="no")],
     400, "USERNAME_NOT_EMAIL"),
    ("a userType that is none", [op("replace", value={"userType": "User"})], 400, "TYPE_UNKNOWN"),
    ("a name with a bad character", [op("replace", "name.familyName", value="Smíth\U0001F600")], 400, "NAME_BAD_CHARACTER"),
    ("a userName that is taken, in other case", [op("replace", "userName", value="OTHER@example.com")], 409, "USERNAME_TAKEN"),
]


def at(resource, path):
    """The value at "name.givenName", "urn…|department" or "emails.length"; None where there is none."""
    urn, bar, rest = path.rpartition("|")
    if bar:
        resource = resource.get(urn, {})
    for part in [path] if path == ENTERPRISE else rest.split("."):
        resource = len(resource) if part == "length" else (resource or {}).get(part)
    return resource


def patches(stack, client, who):
    path = "/Users/" + who
    for name, operations, expected in FORMS:
        before, seen = newest(stack.port, client.token), client.get(path).json
        answer = client.patch(path, operations)
        got = {p: at(answer.json or {}, p) for p in expected}
        tap.ok(answer.status == 200 and got == expected, f"PATCH {name}", got, answer)
        changed, told = answer.json != seen, newest(stack.port, client.token) - before
        tap.equal(told, 1 if changed else 0, f"PATCH {name}: {'one event' if changed else 'no event, no new version'}")
    before = client.get(path).body
    for name, operations, status, code in REFUSED:
        refused(client.patch(path, operations), status, code, f"PATCH {name}")
    tap.equal(client.get(path).body, before, "refused PATCHes changed nothing")
    detail = client.patch(path, [op("replace", "name.familyName", value="Smíth\U0001F600")]).json["detail"]
    tap.ok("name.familyName" in detail and "\U0001F600" in detail and "position 6" in detail, "the character and its position are named", detail)


# --- PUT ---

def puts(stack, client, who):
    path = "/Users/" + who
    whole = client.get(path)
    before = newest(stack.port, client.token)
    answer = client.put(path, whole.json)
    tap.ok(answer.status == 200 and answer.json == whole.json and answer.header("ETag") == whole.header("ETag"), "PUT of what GET gave changes nothing", answer)
    tap.equal(newest(stack.port, client.token), before, "and is no event")
    noise = dict(whole.json, id="other", meta={"location": "x", "version": 'W/"0"'}, groups=[{"value": NOBODY}], nickName="", title=None,
                 active=None, unknown={"a": [1]}, photos=[None], schemas=[USER.upper(), "urn:x:y"])
    answer = client.put(path, noise)
    tap.ok(answer.status == 200 and without(answer.json, "meta", "schemas") == without(whole.json, "meta", "schemas", "nickName"),
           "PUT: read-only, unknown, null and empty are what they should be", answer)
    for active in (False, True):
        client.put(path, dict(whole.json, active=active))
        answer = client.put(path, {"schemas": [USER], "userName": whole.json["userName"]})
        tap.ok(answer.status == 200 and answer.json["active"] is active and "emails" not in answer.json, f"PUT without active stays {active}, the rest goes", answer)
    mixed = {"SCHEMAS": [USER], "USERNAME": whole.json["userName"], "Name": {"GIVENname": "G"}, "Emails": [{"VALUE": "G@Example.com", "Primary": "True"}],
             "Active": "false", "Password": "Secret-2-word", ENTERPRISE.upper(): {"Department": "D", "MANAGER": {"Value": "m"}}}
    answer = client.put(path, mixed)
    tap.ok(answer.status == 200 and answer.json["name"] == {"givenName": "G"} and answer.json["active"] is False and b"Secret" not in answer.body and
           answer.json["emails"] == [{"value": "g@example.com", "primary": True}] and answer.json[ENTERPRISE] == {"department": "D", "manager": {"value": "m"}} and
           answer.json["schemas"] == [USER, ENTERPRISE], "PUT with names in any case, the extension from its key", answer)
    answer = client.put(path, user("other"))
    refused(answer, 409, "USERNAME_TAKEN", "PUT of a userName that is taken")
    refused(client.put("/Users/" + NOBODY, user("nobody")), 404, "RESOURCE_NOT_FOUND", "PUT makes nobody")
    client.put(path, user("pat"))


# --- groups ---

def names(answer):
    return sorted(m["value"] for m in answer.json["members"])


def groups(client, who, other):
    body = {"schemas": [GROUP], "displayName": "Crew"}
    made = client.post("/Groups", dict(body, members=[{"value": who}, {"value": who.upper(), "display": "again"}, {"value": who}]))
    tap.ok(made.status == 201 and names(made) == [who], "a member named twice is one member", made)
    crew = "/Groups/" + made.json["id"]
    tap.equal(client.put(crew, body).status, 200, "PUT without members")
    tap.equal(names(client.get(crew)), [who], "leaves them")
    tap.equal(client.put(crew, dict(body, members=None)).status, 200, "PUT with members null")
    tap.equal(names(client.get(crew)), [], "empties the group")
    second = client.post("/Groups", dict(body, displayName="Second", members=None))
    tap.ok(second.status == 201 and names(second) == [], "POST with members null", second)
    second = "/Groups/" + second.json["id"]

    again = client.post("/Groups", dict(body, displayName="CREW", members=[{"value": other}]))
    tap.ok(again.status == 201 and again.json["id"] == made.json["id"] and names(again) == [other] and again.json["displayName"] == "CREW",
           "a pushed group replaces the team of its name, with the id it had", again)
    for name, answer in (("PUT", client.put(second, dict(body, displayName="crew"))),
                         ("PATCH", client.patch(second, [op("replace", value={"id": "x", "displayName": "crew"})]))):
        refused(answer, 409, "TEAM_NAME_TAKEN", f"{name} to the name of another team")
    tap.equal(client.patch(crew, [op("replace", "displayName", value="Crew")]).status, 204, "its own name in other case is free")

    refused(client.patch(crew, [op("add", "members", value=[{"value": second[8:]}])]), 400, "MEMBER_NESTED", "a group in a group")
    refused(client.patch(crew, [op("add", "members", value=[{"value": who}, {"value": NOBODY}])]), 400, "MEMBER_UNKNOWN", "a member who is nobody")
    tap.equal(names(client.get(crew)), [other], "and the other one did not come in either")
    for name, operations, expected in [
            ("Entra: members with $ref null", [op("Add", "members", value=[{"$ref": None, "value": who}])], [who, other]),
            ("Entra: remove only those named", [op("Remove", "members", value=[{"$ref": None, "value": other}])], [who]),
            ("a member as a bare string", [op("add", "members", value=[other])], [who, other]),
            ("one member without an array", [op("remove", "members", value={"value": other})], [who]),
            ("an empty list removes nobody", [op("remove", "members", value=[])], [who]),
            ("Okta: remove by filter, who is no member", [op("remove", f'members[value eq "{other}"]')], [who]),
            ("Okta: remove and add", [op("remove", f'members[value eq "{who}"]'), op("add", "members", value=[{"value": other, "display": "x"}])], [other]),
            ("replace", [op("replace", "members", value=[{"value": who}])], [who]),
            ("remove all", [op("remove", "members")], [])]:
        answer = client.patch(crew, operations)
        tap.ok(answer.status == 204 and answer.header("ETag") == client.get(crew).header("ETag"), f"members: {name}", answer)
        tap.equal(names(client.get(crew)), sorted(expected), f"members: {name}: who is left")
    client.patch(crew, [op("add", "members", value=[{"value": who}])])
    return crew[8:]


# --- filters and pages: (filter, who is found, or the code it is refused with) ---

def filters(client, who, other, crew):
    def q(text):
        return urllib.parse.quote(text, safe="")

    by_name = 'userName eq "pat@example.com"'
    cases = [("Users", f, found) for f, found in [
        ('userName eq "PAT@example.com"', [who]), ('USERNAME Eq "pat@EXAMPLE.com"', [who]), (USER + ':userName eq "pat@example.com"', [who]),
        (USER.upper() + ':username EQ "pat@example.com"', [who]), ("userName eq pat@example.com", [who]), ("externalId eq ext-pat", [who]),
        ('externalId eq "EXT-PAT"', []), ('emails eq "pat@example.com"', [who]), ('emails.value eq "Pat@example.com"', [who]),
        (WORK + ' eq "pat@example.com"', [who]), ('emails[type eq "home"].value eq "pat@example.com"', []),
        ('EMAILS[TYPE EQ "WORK" AND VALUE EQ "pat@example.com"]', [who]), (f'id eq "{who}"', [who]), (f'id eq "{who}" and userName eq "other@example.com"', []),
        (f'id eq "{who}" and manager eq "m"', []), ('displayName eq "pat example" and active eq true', [who]),
        ('displayName eq "pat example" and active eq "False"', []), ('userName eq "other@example.com" and active eq false', [other]),
        (f'({by_name})', [who]), ('userName eq "p\\u0061t@example.com"', [who]), (f'groups eq "{crew}"', [who]), (by_name + f' and groups.value eq "{crew}"', [who]),
        (by_name + ' and meta.created gt "2020-01-01T00:00:00Z"', [who]), ('userName eq ""', []),
        (by_name + ' or userName eq "x"', [who]), ('title eq "x"', []), (f'{by_name} or id eq "{other}"', [who, other]),
        (by_name + " and groups pr", [who]), (by_name + f' and not (groups eq "{crew}")', []),
        (by_name + ' and groups.display eq "Crew"', [who]), ("userName eq 'x'", "FILTER_SYNTAX"), ("", "FILTER_SYNTAX"),
        ('shoeSize eq "43"', "FILTER_ATTRIBUTE"), ('password eq "x"', "FILTER_TYPE"), ('name eq "x"', "FILTER_TYPE"), ("userName eq true", "FILTER_TYPE"),
        (" and ".join(['userName eq "x"'] * 65), "FILTER_TOO_LARGE")]]
    cases += [("Groups", f, found) for f, found in [
        ('displayName eq "CREW"', [crew]), (f'id eq "{crew}" and members eq "{who}"', [crew]), (f'id eq "{crew}" and members eq "{other}"', []),
        (f'members[value eq "{who}"]', [crew]), ('displayName eq "Crew" and members pr', [crew]), ('userName eq "x"', "FILTER_ATTRIBUTE"),
        (f'displayName eq "Crew" and not (members.value eq "{who}")', [])]]
    for kind, text, found in cases:
        answer = client.get(f"/{kind}?filter={q(text)}&aadOptscim062020")
        if isinstance(found, str):
            refused(answer, 400, found, f"{kind} where {text[:70]}: {found}")
        else:
            tap.ok(answer.status == 200 and [x["id"] for x in answer.json["Resources"]] == found and answer.json["totalResults"] == len(found),
                   f"{kind} where {text[:70]}", answer)

    everybody = [x["id"] for x in client.get("/Users").json["Resources"]]
    for query, start, ids in [("", 1, everybody), ("?startIndex=0", 1, everybody), ("?startIndex=-7", 1, everybody), ("?startIndex=2", 2, everybody[1:]),
                              ("?startIndex=999999", 999999, []), ("?count=0", 1, []), ("?count=-3", 1, []), ("?count=1", 1, everybody[:1]),
                              ("?STARTINDEX=2&Count=1", 2, everybody[1:2]), ("?count=99999999999999999999", 1, everybody), ("/?count=1", 1, everybody[:1])]:
        answer = client.get("/Users" + query)
        page = answer.json or {}
        tap.ok(answer.status == 200 and [x["id"] for x in page["Resources"]] == ids and page["totalResults"] == len(everybody) and
               page["startIndex"] == start and page["itemsPerPage"] == len(ids), f"trap 18: page /Users{query}", answer)
    nobody = client.get("/Users?filter=" + q('userName eq "nobody@example.com"'))
    tap.ok(nobody.status == 200 and nobody.json["totalResults"] == 0 and nobody.json["Resources"] == [] and nobody.json["itemsPerPage"] == 0
           and nobody.json["startIndex"] == 1, "trap 17: nobody found is an empty list", nobody)
    tap.equal(client.get("/Users?aadOptscim062020&nonsense=%22&x").json["totalResults"], len(everybody), "trap 32: unknown parameters are passed over")
    for query in ("startIndex=x", "count=1.5", "count="):
        refused(client.get("/Users?" + query), 400, "PARAMETER_INVALID", f"page ?{query}")
    tap.equal(client.get("/Users?count=0&filter=" + q(by_name)).json["totalResults"], 1, "count=0 with a filter counts")


# --- attributes and excludedAttributes ---

def projections(client, who, crew):
    always = {"schemas", "id"}
    whole = set(client.get("/Users/" + who).json)
    for query, names_there in [
            ("attributes=userName", {"userName"}), ("attributes=" + USER + ":userName,NAME.givenname", {"userName", "name"}), ("attributes=nonsense", set()),
            ("attributes=password", set()), ("attributes=" + ENTERPRISE, set()), ("attributes=groups.display", {"groups"}), ("attributes=meta.location", {"meta"}),
            ("attributes=emails%5Btype%20eq%20%22work%22%5D.value", {"emails"}), ("attributes=", whole), ("excludedAttributes=", whole),
            ("excludedAttributes=emails,%20NAME,groups", whole - {"emails", "name", "groups"}), ("excludedAttributes=id,schemas", whole),
            ("excludedAttributes=nonsense", whole), ("excludedAttributes=meta", whole - {"meta"})]:
        answer = client.get(f"/Users/{who}?{query}")
        tap.ok(answer.status == 200 and set(answer.json) == names_there | always, f"?{query}", answer)
    tap.equal(client.get(f"/Users/{who}?excludedAttributes=name.givenName").json["name"], {"familyName": "Example"}, "a sub-attribute left out")
    tap.equal(client.get(f"/Groups/{crew}?attributes=members.value").json["members"], [{"value": who}], "a sub-attribute of the members")
    tap.ok("members" not in client.get(f"/Groups?excludedAttributes=members").json["Resources"][0], "a list without members")
    refused(client.get(f"/Users/{who}?attributes=name&excludedAttributes=id"), 400, "PARAMETER_CONFLICT", "both at once")
    made = client.post("/Users?attributes=userName", user("projected"))
    tap.ok(made.status == 201 and set(made.json) == always | {"userName"}, "POST with attributes", made)
    path = "/Users/" + made.json["id"]
    tap.equal(set(client.put(path + "?excludedAttributes=meta,name,emails", user("projected")).json), always | {"userName", "displayName", "externalId", "active"},
              "PUT with excludedAttributes")
    answer = client.patch(f"/Groups/{crew}?attributes=displayName", [op("replace", "displayName", value="Crew")])
    tap.ok(answer.status == 200 and set(answer.json) == always | {"displayName"}, "PATCH of a group with attributes is answered 200", answer)
    client.delete(path)


# --- entity tags ---

def tags(client, who):
    path = "/Users/" + who
    here = client.get(path)
    etag = here.header("ETag")
    strong = etag[2:]
    tap.equal(etag, here.json["meta"]["version"], "ETag is meta.version")
    requests = {
        "GET": lambda h: client.get(path, headers=h), "HEAD": lambda h: client.request("HEAD", path, headers=h),
        "PUT": lambda h: client.put(path, here.json, headers=h), "PATCH": lambda h: client.patch(path, [op("add", "displayName", value=here.json["displayName"])], headers=h),
        "DELETE": lambda h: client.delete(path, headers=h)}
    holds = [{"If-Match": v} for v in ("*", etag, strong, f'"x", W/"y",{etag}')] + [{"If-None-Match": v} for v in ('"x"', 'W/"0", "1-"')]
    fails = [{"If-Match": v} for v in ('"x"', 'W/"0"', '"x", "y"')] + [{"If-None-Match": v} for v in ("*", etag, strong, f'"x", {etag}')]
    for verb, send in requests.items():
        for header in holds:
            if verb != "DELETE":
                tap.equal(send(header).status, 200, f"{verb} with {header} goes on")
        for header in fails:
            answer, unchanged = send(header), verb in ("GET", "HEAD") and "If-None-Match" in header
            tap.ok(answer.status == (304 if unchanged else 412) and (not unchanged or (answer.body == b"" and answer.header("ETag") == etag)),
                   f"{verb} with {header} does not", answer)
    refused(client.delete(path, headers={"If-Match": '"x"'}), 412, "VERSION_MISMATCH", "the refusal is catalogued")
    tap.equal(client.get(path).header("ETag"), etag, "and nothing changed")
    refused(client.get("/Users/" + NOBODY, headers={"If-Match": "*"}), 404, "RESOURCE_NOT_FOUND", "If-Match on nobody")


# --- discovery and the rest of HTTP ---

def discovery(client, crew):
    config = client.get("/ServiceProviderConfig").json
    told = {n: config[n]["supported"] for n in ("patch", "bulk", "filter", "changePassword", "sort", "etag")}
    tap.equal(told, {"patch": True, "bulk": True, "filter": True, "changePassword": True, "sort": True, "etag": True}, "what is supported")
    tap.equal(client.get(f"/Users?count={config['filter']['maxResults'] + 1}").status, 200, "a page over the greatest is cut, not refused")
    schemas = client.get("/Schemas").json
    tap.equal({s["id"] for s in schemas["Resources"]}, {USER, GROUP, ENTERPRISE, ROLE}, "every schema is listed")
    for schema in schemas["Resources"]:
        tap.equal(client.get("/schemas/" + schema["id"].upper()).json, schema, f"{schema['name']} by its URN in any case")
        tap.equal(urllib.parse.urlparse(schema["meta"]["location"]).path, client.base + "/Schemas/" + schema["id"], "and its location")
    types = client.get("/ResourceTypes").json
    for kind in types["Resources"]:
        tap.equal(client.get("/ResourceTypes/" + kind["name"]).json, kind, f"resource type {kind['name']}")
        tap.equal(client.get(kind["endpoint"] + "?count=0").status, 200, "and its endpoint")
    for path in ("/ServiceProviderConfig", "/Schemas", "/ResourceTypes", "/Schemas/" + USER, "/ResourceTypes/User"):
        refused(client.get(path + "?filter=id%20eq%20%22x%22"), 403, "FILTER_FORBIDDEN", f"{path} is not filtered")
        refused(client.post(path, {}), 405, "METHOD_NOT_ALLOWED", f"POST {path}")
    refused(client.get("/Schemas/urn:x"), 404, "DISCOVERY_UNKNOWN", "an unknown schema")
    refused(client.get("/ResourceTypes/Device"), 404, "DISCOVERY_UNKNOWN", "an unknown resource type")

    for accept, wanted in (("application/json", "json"), ("application/json, */*", "scim+json"), ("text/html", "scim+json"), (None, "scim+json"),
                           ("application/*", "scim+json"), ("application/json;q=0.5, application/scim+json;q=0", "json")):
        for path, status in (("/Users?count=0", 200), ("/Nothing", 404)):
            answer = client.get(path, headers={"Accept": accept})
            tap.ok(answer.status == status and answer.type == "application/" + wanted, f"Accept {accept} on {path}", answer)
    head, get = client.request("HEAD", "/Groups/" + crew), client.get("/Groups/" + crew)
    tap.ok(head.status == 200 and head.body == b"" and head.header("Content-Length") in (None, str(len(get.body))) and head.header("ETag") == get.header("ETag"), "HEAD", head)
    answer = client.request("OPTIONS", "/Groups/" + crew)
    refused(answer, 405, "METHOD_NOT_ALLOWED", "OPTIONS")
    tap.equal(set(answer.header("Allow").split(", ")), {"GET", "HEAD", "PUT", "PATCH", "DELETE"}, "and what is allowed")


# --- events ---

def token_named(stack, name):
    lines = stack.ctl("token", "list", "wire", "--json").stdout.splitlines()
    return next(t for t in map(json.loads, lines) if t["name"] == name)


def told(stack, client, who):
    """Every change is one event that says what, who and by which request; see also patches()."""
    port, path = stack.port, "/Users/" + who
    actor = {"type": "token", "id": token_named(stack, "test")["id"]}
    for name, send, kind, changes in [
            ("create", lambda: client.post("/Users", {"schemas": [USER], "userName": "told@example.com"}), "user.created",
             [{"path": "userName", "new": "told@example.com"}, {"path": "active", "new": True}]),
            ("update", lambda: client.patch(path, [op("add", "title", value="Boss")]), "user.updated", [{"path": "title", "new": "Boss"}]),
            ("deactivation", lambda: client.patch(path, [op("add", "active", value=False)]), "user.deactivated", [{"path": "active", "old": True, "new": False}]),
            ("reactivation", lambda: client.patch(path, [op("add", "active", value=True)]), "user.reactivated", [{"path": "active", "old": False, "new": True}]),
            ("group", lambda: client.post("/Groups", group("Told", [who])), "team.created", [{"path": "displayName", "new": "Told"}])]:
        before = newest(port, client.token)
        answer = send()
        new = events(port, client.token, before)
        event = new[0] if len(new) == 1 else {}
        tap.ok(event.get("type") == kind and event["changes"] == changes and event["request"] == answer.header("X-Request-Id") and
               event["actor"] == actor and event["resource"]["version"] == answer.header("ETag") and
               event["resource"]["id"] == answer.json["id"], f"event of a {name}", new, answer)
    team = answer.json["id"]
    tap.equal(event["members"], {"added": [who], "removed": []}, "and its members")
    before = newest(port, client.token)
    made = client.find("Users", "userName", "told@example.com").json["Resources"][0]["id"]
    client.patch("/Groups/" + team, [op("add", "members", value=[{"value": made}])])
    client.delete("/Users/" + made)
    client.delete("/Groups/" + team)
    tap.equal([(e["type"], e["resource"]["id"], e.get("members")) for e in events(port, client.token, before)],
              [("team.updated", team, {"added": [made], "removed": []}), ("team.updated", team, {"added": [], "removed": [made]}),
               ("user.deleted", made, None), ("team.deleted", team, None)], "a deleted user leaves teams that are told so")
    newest_now, ahead = newest(port, client.token), client.get("=/api/v1/events?after=1000000")
    tap.ok(ahead.json == {"events": [], "last": 1000000, "newest": newest_now}, "who is ahead hears the true number", ahead)


# --- tokens and accounts ---

def tokens(stack, client):
    tap.ok(re.fullmatch(r"rst_wire_[0-9A-Za-z]{43}[0-9A-Za-z]{6}", client.token), "what a token looks like", client.token)
    for value in (f"bearer {client.token}", f"BEARER   {client.token} ", client.token):
        tap.equal(client.get("/Users?count=0", headers={"Authorization": value}).status, 200, f"Authorization as {value.replace(client.token, 'TOKEN')!r}")
    reader = stack.client(stack.token("wire", name="reader", scopes=("events:read",)))
    writer = stack.client(stack.token("wire", name="writer", scopes=("scim",)))
    refused(reader.get("/Users"), 403, "AUTH_SCOPE", "events:read is not scim")
    refused(writer.get("=/api/v1/events"), 403, "AUTH_SCOPE", "scim is not events:read")

    stack.token("wire", name="unused")
    tap.ok(token_named(stack, "unused")["last_used"] is None and token_named(stack, "writer")["last_used"], "when a token was used last")

    warm = [writer.get("/Users?count=0").status for _ in range(60)]
    tap.equal(set(warm), {200}, "every worker knows the token")
    stack.ctl("token", "revoke", "wire", "writer")
    time.sleep(1)
    cold = [writer.get("/Users?count=0") for _ in range(60)]
    tap.ok({a.status for a in cold} == {401} and {a.code for a in cold} == {"AUTH_INVALID"}, "and a second later every worker knows that it was revoked")
    never = stack.client("rst_wire_" + "A" * 49).get("/Users")
    tap.equal(cold[0].body, never.body, "which the client is not told: a token that never was is answered alike")

    soon = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 2))
    brief = stack.client(stack.ctl("token", "add", "wire", "--name", "brief", "--expires", soon).stdout.strip())
    tap.equal({brief.get("/Users?count=0").status for _ in range(30)}, {200}, "a token until its time")
    time.sleep(2.05)
    tap.equal({brief.get("/Users?count=0").code for _ in range(30)}, {"AUTH_INVALID"}, "and not a moment longer, in every worker")

    stack.ctl("account", "set", "wire", "status=suspended")
    time.sleep(1)
    refused(client.get("/Users"), 403, "ACCOUNT_SUSPENDED", "an account that is suspended")
    stack.ctl("account", "set", "wire", "status=active")
    time.sleep(1)
    tap.equal(client.get("/Users?count=0").status, 200, "and one that is active again")


def isolation(client, other, who, crew):
    for method, path, body in [("GET", "/Users/" + who, None), ("PUT", "/Users/" + who, user("pat")), ("DELETE", "/Users/" + who, None),
                               ("GET", "/Groups/" + crew, None), ("PUT", "/Groups/" + crew, group("Crew")), ("DELETE", "/Groups/" + crew, None)]:
        refused(other.request(method, path, body), 404, "RESOURCE_NOT_FOUND", f"{method} {path[:8]}… of another account")
    refused(other.patch("/Users/" + who, [op("replace", value={"active": False})]), 404, "RESOURCE_NOT_FOUND", "PATCH of another account's user")
    refused(other.post("/Groups", group("Mine", [who])), 400, "MEMBER_UNKNOWN", "another account's user as a member")
    for kind, text in (("Users", f'id eq "{who}"'), ("Users", 'userName eq "pat@example.com"'), ("Users", f'groups eq "{crew}"'),
                       ("Groups", f'id eq "{crew}"'), ("Groups", f'members eq "{who}"'), ("Groups", 'displayName eq "Crew"')):
        tap.equal(other.get(f"/{kind}?filter={urllib.parse.quote(text)}").json["totalResults"], 0, f"another account finds none: {text[:30]}")
    tap.equal(other.get("=/api/v1/events").json["events"], [], "another account has no event of it")
    made = other.post("/Users", user("pat"))
    tap.equal(made.status, 201, "names are unique in an account only", made)
    tap.equal(client.find("Users", "userName", "pat@example.com").json["totalResults"], 1, "and each finds its own")


# --- bounds: nothing that is taken may end a worker or fill its memory ---

def bounds(stack, client, who, crew):
    before = stack.processes()[1]
    path, last = "/Users/" + who, None
    for part in range(12):
        values = [{"value": f"{part}-{i}-" + "x" * 8000, "display": "y" * 8000} for i in range(5)]
        last = client.patch(path + "?attributes=id", [op("add", "roles", value=values)])
        if last.status != 200:
            break
    refused(last, 413, "RESOURCE_TOO_LARGE", "a user cannot be made to grow for ever")
    answer = client.put(path, user("pat", roles=[{"value": "\x01" * 8000}] * 10))
    refused(answer, 413, "RESOURCE_TOO_LARGE", "by PUT neither, escapes counted")
    head = b'{"schemas":["' + USER.encode() + b'"],"userName":"many@example.com","x":['
    refused(client.post("/Users", head + b",".join([b"{}"] * 300000) + b"]}"), 413, "BODY_TOO_MANY_OBJECTS", "300,000 objects in one body")
    answer = client.post("/Groups", dict(group("Big"), members=["u"] * 200000))
    refused(answer, 400, "VALUES_TOO_MANY", "200,000 members in one body")
    answer = client.patch("/Groups/" + crew, [op("remove", 'members[display co "x"]')] * 11)
    refused(answer, 400, "PATCH_FILTER", "a message that asks each member eleven times")
    tap.equal(stack.processes()[1], before, "no worker has ended")
    if os.geteuid() == 0:
        peaks = []
        for pid in before:
            with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as f:
                peaks.append(int(re.search(r"VmHWM:\s+(\d+) kB", f.read()).group(1)) // 1024)
        tap.note(f"peak memory of the workers: {peaks} MiB")
    client.put(path, user("pat"))


# --- an event that was told stays what it is ---

SLOW = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>
/* While the file SWITCH exists, what is written to the transaction log takes its time. */
static void wait_a_little(int fd)
{
    char link[64], path[1024] = "";
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    if (access(SWITCH, F_OK) == 0 && readlink(link, path, sizeof path - 1) > 0 && strstr(path, "/log.0") != NULL)
        usleep(1500000);
}
#define SLOWLY(name, offset) \
    ssize_t name(int fd, const void *p, size_t n, offset at) \
    { \
        wait_a_little(fd); \
        return ((ssize_t (*)(int, const void *, size_t, offset))dlsym(RTLD_NEXT, #name))(fd, p, n, at); \
    }
SLOWLY(pwrite, off_t)
SLOWLY(pwrite64, off64_t)
"""


def lasting(front):
    """Workers are killed while a change is committed, but not yet on disk: who has read its event must not be deceived."""
    compiler = shutil.which("cc")
    if compiler is None:
        tap.skip("an event that was told stays", "no C compiler")
        return
    stack = Stack(front, workers=2)
    switch, library = stack.path("www/slow"), stack.path("slow.so")
    subprocess.run([compiler, "-shared", "-fPIC", f'-DSWITCH="{switch}"', "-xc", "-", "-o", library], input=SLOW, text=True, check=True, timeout=60)
    more = {"LD_PRELOAD": library, "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"}
    before = {name: os.environ.get(name) for name in more}
    os.environ.update(more)
    try:
        stack.start()
    finally:
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value
    with contextlib.ExitStack() as at_end:
        at_end.callback(stack.remove)
        token = stack.account("last")

        def make():
            with contextlib.suppress(OSError):
                stack.client(token).post("/Users", user("lost"))

        tap.equal(stack.client(token).post("/Users", user("first")).status, 201, "a user, and the token is known")
        stack.write("www/slow", "")
        writer = threading.Thread(target=make)
        writer.start()
        time.sleep(0.5)
        told_first = {}
        with contextlib.suppress(OSError, RuntimeError):
            told_first = {e["seq"]: e for e in events(stack.port, token)}
        os.unlink(switch)
        for pid in stack.processes()[1]:
            os.kill(pid, signal.SIGKILL)
        writer.join()
        stack.wait_ready()
        stack.client(token).post("/Users", user("other"))
        told_last = {e["seq"]: e for e in events(stack.port, token)}
        tap.equal({n: told_last.get(n) for n in told_first}, told_first, "no event that was told has become another one")
        tap.ok(len(told_last) >= 2, "and there are events", told_last)


# --- the error catalogue ---

def text_of(*folders):
    """Everything in the folders of the source tree as one text."""
    text = ""
    for folder in folders:
        for where, _, files in os.walk(os.path.join(TOP, folder)):
            for name in files:
                with open(os.path.join(where, name), encoding="utf-8", errors="replace") as f:
                    text += f.read()
    return text


def catalogue():
    """Each code is said somewhere, is documented, and some test provokes it; none is said that there is not."""
    with open(os.path.join(TOP, "include/roster/errors.def"), encoding="utf-8") as f:
        codes = set(re.findall(r"^ERROR\(([A-Z0-9_]+)", f.read(), re.M))
    source, pages = text_of("src"), text_of("lighttpd-conf", "apache-conf")
    said = set(re.findall(r"\bERR_([A-Z0-9_]+)", source)) - {"NONE", "COUNT"}
    by_web_server = set(re.findall(r'"detail": ?"([A-Z][A-Z0-9_]+):', pages))
    tap.equal(sorted(codes - said - by_web_server), [], "no code that nobody says")
    tap.equal(sorted((said | by_web_server) - codes), [], "no code that is not catalogued")
    with open(os.path.join(TOP, "doc/errors.md"), encoding="utf-8") as f:
        tap.equal(set(re.findall(r"^## ([A-Z0-9_]+)$", f.read(), re.M)), codes, "doc/errors.md documents each")
    tests = set(re.findall(r"\b(?:ERR_)?([A-Z][A-Z0-9_]+)\b", text_of("tests")))
    tap.equal(sorted(codes - tests), [], "each is in some test")  # VERIFY_FAULTS takes a damaged store


def operators(stack):
    """What rosterctl refuses has a code too; the server is running meanwhile."""
    os.mkdir(stack.path("full"))
    stack.write("full/file", "x")
    stack.write("import.json", '{"type":"nonsense"}\n')
    stack.write("wrong.conf", "[store]\nno_such_setting = 1\n")
    stack.write("fresh.conf", f"[store]\ndata = {stack.path('fresh')}\nregions = {stack.path('fresh-env')}\n")
    stack.write("closed.conf", "[store]\ndata = /nonexistent/data\nregions = /nonexistent/regions\n")
    stack.own()
    for code, words in [("CODE_UNKNOWN", ["explain", "NO_SUCH_CODE"]), ("ACCOUNT_UNKNOWN", ["account", "show", "nobody"]),
                        ("IMPORT_LINE", ["import", stack.path("import.json")]), ("DIRECTORY_UNUSABLE", ["backup", stack.path("full")]),
                        ("BACKUP_INVALID", ["--config", stack.path("fresh.conf"), "restore", stack.path("full")]), ("STORE_IN_USE", ["restore", stack.path("full")]),
                        ("SETTING_VALUE", ["account", "set", "wire", "email_case=loud"]),
                        ("CONFIG_INVALID", ["--config", stack.path("wrong.conf"), "check-config"]),
                        ("STORE_CLOSED", ["--config", stack.path("closed.conf"), "account", "list"])]:
        done = stack.ctl(*words, check=False)
        tap.ok(done.returncode == 1 and code in done.stderr, f"rosterctl says {code}", done.returncode, done.stdout, done.stderr)


def stopped(stack, client):
    stack.stop_roster()
    answer = client.get("/Users")
    tap.ok(is_error(answer) == "" and answer.code == "UPSTREAM_DOWN", "without Roster the web server says so", answer)


def test(front):
    with Stack(front, workers=2) as stack:
        client = stack.client(stack.account("wire", passwords="on"))
        other_account = stack.client(stack.account("next"))
        who, other = (client.post("/Users", user(name, active=active)).json["id"] for name, active in (("pat", True), ("other", False)))

        catalogue()
        patches(stack, client, who)
        puts(stack, client, who)
        crew = groups(client, who, other)
        filters(client, who, other, crew)
        projections(client, who, crew)
        tags(client, who)
        discovery(client, crew)
        told(stack, client, who)
        isolation(client, other_account, who, crew)
        bounds(stack, client, who, crew)
        tokens(stack, client)
        done = stack.verify()
        tap.equal(done.returncode, 0, "rosterctl verify is content", done.stdout, done.stderr)
        operators(stack)
        stopped(stack, client)
    lasting(front)


if __name__ == "__main__":
    main(test, fronts=("lighttpd", "apache-proxy"), seconds=300)
