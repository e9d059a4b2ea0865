#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
Replays the request shapes of real SCIM clients from a corpus of them, and holds each answer against what its client
expects: the status and what the words behind it mean. The corpus is not part of this project: it is
fixtures/wire-corpus.json in a folder beside the tree, or in $ROSTER_SHARED; without it the test is skipped
(test_clients.py covers the same ground with shapes of its own).

Every request has an account to itself, with two users and a group made for it.
"""

import json
import os

from lib import ENTERPRISE, GROUP, LIST, USER, Skip, is_error, main, tap, user
from scene import Scene
from stack import TOP, Stack

FILE = os.path.join(os.environ.get("ROSTER_SHARED", os.path.join(TOP, "..", "shared")), "fixtures", "wire-corpus.json")
PASSWORD = "Un-touched-1-word"
FIRST = {"preferredLanguage": "de", "title": "Boss", "nickName": "Al", "userType": "viewer", "password": PASSWORD,
         "phoneNumbers": [{"value": "+1 2", "type": "mobile"}], "addresses": [{"type": "home", "locality": "Bonn"}]}


# --- what the words behind a status mean: functions of the scene s and the answer a, true if it is so ---

def found(*who):
    """A ListResponse with just these users of the scene (by attribute), and integers that are integers."""
    def check(s, a):
        page, wanted = a.json, [getattr(s, w) for w in who]
        return LIST in page["schemas"] and [r["id"] for r in page["Resources"]] == wanted and page["totalResults"] == len(wanted) and \
            page["itemsPerPage"] == len(wanted) and all(type(page[n]) is int for n in ("totalResults", "startIndex", "itemsPerPage"))
    return check


def listed(total, start=1):
    return lambda s, a: LIST in a.json["schemas"] and a.json["totalResults"] == total and a.json["startIndex"] == start and \
        a.json["itemsPerPage"] == len(a.json["Resources"]) and type(a.json["totalResults"]) is int


def discovered(name):
    return lambda s, a: name in a.body.decode()


def made(s, a):
    """The whole user, at its address, and none of the password."""
    sent, got = s.body, a.json
    return a.header("Location").endswith("/Users/" + got["id"]) and a.header("Location") == got["meta"]["location"] and USER in got["schemas"] and \
        all(got.get(n) == v for n, v in sent.items() if n not in ("schemas", "groups", "password", "meta", "emails", "roles", ENTERPRISE) and v) and \
        "password" not in a.body.decode() and str(sent.get("password")) not in a.body.decode() and s.user(got["id"]) == got


def made_as_sent(s, a):
    """made(), and what has structure came back as it was sent, but for booleans that are strings."""
    roles = [dict(r, primary=True) for r in s.body.get("roles", [])]
    return made(s, a) and a.json["emails"] == s.body["emails"] and a.json.get("roles", []) == roles and \
        a.json.get(ENTERPRISE) == s.body.get(ENTERPRISE)


def put(s, a):
    """id, meta and groups of the body count for nothing."""
    got, sent = a.json, s.body
    return got["id"] == s.id1 and got["meta"]["created"] == s.before["meta"]["created"] and got["meta"]["location"] == s.before["meta"]["location"] and \
        got["groups"] == s.before["groups"] and got["active"] is sent["active"] and \
        all(got.get(n) == sent[n] for n in ("userName", "displayName", "emails", "externalId", "name")) and s.user() == got


def has(**values):
    """The user afterwards; "__" for ".", None: absent. Everything else is as it was."""
    def check(s, a):
        now, wanted = s.user(), dict(s.before)
        for name, value in values.items():
            value = value(s) if callable(value) else value
            top, _, sub = name.partition("__")
            if sub:
                value = dict(wanted.get(top, {}), **{sub: value})
            wanted[top] = value
        wanted = {n: v for n, v in wanted.items() if v is not None}
        for ours in (now, wanted):
            ours.pop("meta"), ours.pop("schemas")
        return now == wanted and (a.status == 204 or a.json["id"] == s.id1) and s.events() == 1
    return check


def crew(*members, name="Crew"):
    def check(s, a):
        return s.members() == list(members) and s.team()["displayName"] == name and (a.status == 204) == (a.body == b"")
    return check


def idempotent(*members):
    """The same once more is as good, changes nothing and is no event."""
    def check(s, a):
        events = s.events()
        again = s.again()
        return crew(*members)(s, a) and again.status == a.status and s.events() == events == 1 and s.members() == list(members)
    return check


def enterprise(**values):
    return lambda s: {n: v(s) if callable(v) else v for n, v in values.items()}


def manager(s):
    return {"value": s.id2}


def deactivated(s, a):
    return s.user()["active"] is False and s.client.get("/Users/" + s.id1).status == 200 and s.events() == 1 and (a.status == 204 or a.json["active"] is False)


def both(*checks):
    return lambda s, a: all(c(s, a) for c in checks)


def test_connection(s, a):
    bad = s.client.get("/Users?startIndex=1&count=2", headers={"Authorization": "Bearer no"})
    return listed(2)(s, a) and is_error(bad, 401) == ""


def inactive_is_found(s, a):
    s.client.post("/Users", user("test.user@okta.local", active=False))
    again = s.again().json
    return found()(s, a) and again["totalResults"] == 1 and again["Resources"][0]["active"] is False


def by_work_email(s, a):
    who = s.client.post("/Users", user("user@contoso.com")).json["id"]
    return found()(s, a) and [r["id"] for r in s.again().json["Resources"]] == [who]


def by_any_email(s, a):
    who = s.client.post("/Users", user("user@example.com")).json["id"]
    return found()(s, a) and [r["id"] for r in s.again().json["Resources"]] == [who]


def password_changed(s, a):
    """It cannot be read back, whatever is asked for; nothing else changed."""
    asked = s.client.get(f"/Users/{s.id1}?attributes=password,userName")
    return "n3w-Passw0rd" not in a.body.decode() + asked.body.decode() and "password" not in asked.json and \
        {n: v for n, v in s.user().items() if n != "meta"} == {n: v for n, v in s.before.items() if n != "meta"}


def no_members_key(s, a):
    """And with its own name the group is found, without them."""
    answers = [a.json] if "Resources" not in a.json else a.json["Resources"]
    by_name = s.client.get('/Groups?excludedAttributes=members&filter=displayName%20eq%20%22crew%22').json["Resources"]
    return all("members" not in g for g in answers + by_name) and len(by_name) == 1 and "members" in s.team()


def manager_is_found(s, a):
    s.client.patch("/Users/" + s.id1, [{"op": "Add", "path": "manager", "value": s.id2}])
    hit = s.again().json["Resources"]
    return found()(s, a) and [(r["id"], set(r) - {"schemas"}) for r in hit] == [(s.id1, {"id"})]


def group_made(s, a):
    got = a.json
    return got["id"] and got["displayName"] == s.body["displayName"] and got.get("externalId") == s.body.get("externalId") and got["members"] == [] and \
        got["schemas"] == [GROUP] and a.header("Location") == got["meta"]["location"]


def group_gone(s, a):
    return s.client.get("/Groups/" + s.gid).status == 404 and "groups" not in s.user() and s.again().status == 404


def gone_and_reusable(s, a):
    reborn = s.client.post("/Users", user("first"))
    return s.client.get("/Users/" + s.id1).status == 404 and s.again().status == 404 and reborn.status == 201 and \
        reborn.json["id"] != s.id1 and s.members() == [2]


def error(status):
    return lambda s, a: is_error(a, status) == "" and a.json["detail"]


def pages(s, a):
    """Two pages have everybody once, in one order."""
    for n in range(4):
        s.client.post("/Users", user(f"more{n}"))
    walk = [[r["id"] for i in (1, 4) for r in s.client.get(f"/Users?startIndex={i}&count=3").json["Resources"]] for _ in range(2)]
    return listed(2, 101)(s, a) and walk[0] == walk[1] and len(set(walk[0])) == 6


def as_json(s, a):
    plain = s.client.request(s.method, s.path, headers={"Accept": "application/json"})
    return found()(s, a) and plain.type == "application/json" and plain.json == a.json


def lenient_name(s, a):
    """userName eq bob without quotes, and with somebody of the name."""
    return found()(s, a) and s.client.get("/Users?filter=userName+eq+first@example.com").json["totalResults"] == 1


def one_page(s, a):
    return a.json["itemsPerPage"] == 1 and len(a.json["Resources"]) == 1


NAME = {"givenName": "Gtfd", "familyName": "Pkqf"}
WORK = [{"value": "first@example.com", "type": "work", "primary": True}]


def work(address):
    return [dict(WORK[0], value=address)]


# (client, name): check [, members of the group [, what the first user is besides [, status]]]; under the policy
# `workspace`, but for those in RFC. Every request of the corpus must be here.
SHAPES = {
    ("okta-aiw", "test connection"): (test_connection,),
    ("okta", "test connection groups"): (listed(1),),
    ("okta", "lookup"): (inactive_is_found,),
    ("okta-aiw", "create, no email type, groups [], random password"): (made_as_sent,),
    ("okta", "create, reference sample"): (made_as_sent,),
    ("okta-aiw", "PUT provision = GET result merged (meta, id, groups echoed)"): (put, [1]),
    ("okta-aiw", "PUT deactivate"): (both(put, deactivated), [1]),
    ("okta-oin", "deactivate"): (both(deactivated, has(active=False)),),
    ("okta-oin", "reactivate"): (has(active=True), [], {"active": False}),
    ("okta-oin", "password sync"): (password_changed,),
    ("okta", "import page 2"): (pages,),
    ("okta", "group lookup"): (found(),),
    ("okta", "group create"): (group_made,),
    ("okta-aiw", "group PUT membership"): (crew(1, name="Test SCIMv2"), [2]),
    ("okta-oin", "group rename path-less with id"): (crew(1, 2, name="Renamed"), [1, 2]),
    ("okta-oin", "member remove by path filter + add"): (crew(2), [1]),
    ("okta-oin", "member full replace"): (idempotent(1, 2), [2]),
    ("okta", "group delete"): (group_gone, [1]),
    ("okta", "entitlement list"): (one_page,),
    ("entra", "test connection"): (found(),),
    ("entra", "match by work email"): (by_work_email,),
    ("entra", "reference check manager"): (manager_is_found,),
    ("entra", "group by name"): (both(found(), no_members_key), [1]),
    ("entra", "group by id"): (no_members_key, [1]),
    ("entra", "create"): (made,),
    ("entra-validator", "create, roles.primary string"): (made_as_sent,),
    ("entra", "disable, string"): (both(deactivated, has(active=False)),),
    ("entra", "disable, flag"): (both(deactivated, has(active=False)),),
    ("entra", "update many, default"): (has(displayName="Pvlo", emails=work("t@test.microsoft.com"), name=NAME, externalId="Eqpj",
                                            **{ENTERPRISE: {"employeeNumber": "Eqpj"}}),),
    ("entra", "update many, flag: path-less flattened keys"): (has(displayName="Bjfe", emails=work("t2@test.microsoft.com"),
                                                                   name={"givenName": "Kkom", "familyName": "Unua"},
                                                                   **{ENTERPRISE: {"employeeNumber": "Aklq"}}),),
    ("entra", "replace on missing element creates it"): (has(phoneNumbers=FIRST["phoneNumbers"] + [{"value": "+1 555", "type": "work"}]),),
    ("entra", "add on missing address"): (has(addresses=FIRST["addresses"] + [{"type": "work", "formatted": "1111 Street Rd"}]),),
    ("entra", "manager string"): (has(**{ENTERPRISE: enterprise(manager=manager)}),),
    ("entra", "manager array"): (has(**{ENTERPRISE: lambda s: {"manager": {"value": s.id2, "$ref": f"http://h/scim/Users/{s.id2}"}}}),),
    ("entra", "manager dotted path"): (has(**{ENTERPRISE: enterprise(department="D", manager=manager)}), [],
                                       {ENTERPRISE: {"department": "D", "manager": {"value": "old", "$ref": "old"}}}),
    ("entra", "manager remove"): (has(**{ENTERPRISE: {"department": "D"}}), [], {ENTERPRISE: {"department": "D", "manager": {"value": "old"}}}),
    ("entra", "null and empty update"): (has(title=None, nickName=None),),
    ("entra", "roles replace"): (has(roles=[{"value": "User", "display": "User", "type": "WindowsAzureActiveDirectoryRole", "primary": False}]), [],
                                 {"roles": [{"value": "Old", "primary": True}]}),
    ("entra-validator", "three ops different attributes"): (has(preferredLanguage=None, externalId="x1", displayName="D"),),
    ("entra", "group create with foreign schema"): (group_made,),
    ("entra", "group rename"): (crew(1, 2, name="updated"), [1, 2], {}, 204),
    ("entra", "member add"): (idempotent(1, 2), [2], {}, 204),
    ("entra", "member remove with value"): (idempotent(2), [1, 2], {}, 204),
    ("entra", "member remove, flag"): (idempotent(2), [1, 2], {}, 204),
    ("entra-postman", "remove all members"): (idempotent(), [1, 2], {}, 204),
    ("entra", "delete twice"): (gone_and_reusable, [1, 2]),
    ("entra-postman", "slash before query, + for space"): (found(),),
    ("entra-logicapp", "pagination"): (listed(2, 6),),
    ("onelogin", "connect"): (as_json,),
    ("jumpcloud", "create"): (made_as_sent,),
    ("jumpcloud", "PUT full"): (lambda s, a: a.json["id"] == s.id1 and "addresses" not in a.json and "phoneNumbers" not in a.json and
                                a.json["photos"] == s.body["photos"] and a.json["title"] == "Captain" and a.json[ENTERPRISE] == {"department": "C-Suite"},),
    ("ping", "filter on emails without .value"): (by_any_email,),
    ("cyberark", "required /Users?count=1"): (lambda s, a: a.json["itemsPerPage"] == 1 and a.json["totalResults"] == 2,),
    ("cyberark", "required /Groups"): (listed(1),),
    ("cyberark", "required /ServiceProviderConfig"): (discovered('"patch":{"supported":true}'),),
    ("cyberark", "required /ResourceTypes/User"): (discovered('"endpoint":"/Users"'),),
    ("cyberark", "required /ResourceTypes/Group"): (discovered('"endpoint":"/Groups"'),),
    ("cyberark", "required /Schemas/" + USER): (discovered('"id":"' + USER),),
    ("sailpoint", "required /ServiceProviderConfig"): (discovered('"filter":{"supported":true'),),
    ("sailpoint", "required /ResourceTypes"): (discovered(LIST),),
    ("sailpoint", "required /Schemas"): (discovered(ENTERPRISE),),
    ("sailpoint", "required /ResourceTypes/User"): (discovered(ENTERPRISE),),
    ("sailpoint", "required /Schemas/" + USER): (discovered('"name":"userName"'),),
    ("authentik", "409 recovery, unquoted"): (lenient_name,),
    ("authentik", "member add, one op per user"): (idempotent(1, 2),),
    ("any", "bad token without scheme"): (error(401), [], {}, 401),
    ("any", "odd id"): (error(404), [], {}, 404),
}

# The shapes that the rules of `workspace` refuse, and by which code: they are replayed under `rfc`.
RFC = {
    ("entra-validator", "create, roles.primary string"): "TYPE_UNKNOWN",  # userType is a random word
}

GOOD = {"GET": (200,), "POST": (201,), "PUT": (200,), "PATCH": (200, 204), "DELETE": (204,)}


def expectation(check, members=(), first=None, status=None):
    return check, members, dict(FIRST, **(first or {})), status


def replay(stack, number, shape):
    key = (shape["client"], shape["name"])
    check, members, first, status = expectation(*SHAPES[key])
    name = f"{key[0]}: {key[1]}"
    if key in RFC:
        answer = Scene(stack, f"w{number}", "workspace", members, first).send(shape)
        tap.ok(is_error(answer, 400) == "" and answer.code == RFC[key], f"{name}: workspace says {RFC[key]}", answer)
    s = Scene(stack, f"a{number}", "rfc" if key in RFC else "workspace", members, first)
    answer = s.send(shape)
    good = (status,) if status else GOOD[shape["method"]]
    tap.ok(answer.status in good and any(str(x) in shape["expect"] for x in good), f"{name}: {answer.status}", shape["expect"], answer)
    tap.ok(answer.status == 204 or answer.type == "application/scim+json", f"{name}: the type of the answer", answer)
    right = False
    if answer.status in good:
        right = check(s, answer)
    tap.ok(right, f"{name}: {shape['expect']}", answer, s.before, s.user(), s.team())


def test(front):
    if not os.path.exists(FILE):
        raise Skip(f"{FILE} is not there")
    with open(FILE, encoding="utf-8") as f:
        shapes = json.load(f)["requests"]
    keys = [(x["client"], x["name"]) for x in shapes]
    tap.equal(sorted(set(keys) ^ set(SHAPES)), [], "each request of the corpus has its expectation, and none is made up")
    with Stack(front, workers=2) as stack:
        for number, shape in enumerate(shapes):
            if (shape["client"], shape["name"]) in SHAPES:
                replay(stack, number, shape)
        tap.equal(stack.verify().returncode, 0, "rosterctl verify is content")


if __name__ == "__main__":
    main(test, fronts=("lighttpd", "apache-proxy"), seconds=300)
