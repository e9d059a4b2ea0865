#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
Schemas of an account's own, from `rosterctl schema add` to the wire and back: values, filters, PATCH, projection,
uniqueness, events, discovery, moving. Names the traps of RFC 7643 and 7644 that it is about.
"""

import json
import os
import time
import urllib.parse

from lib import ENTERPRISE, GROUP, PATCH, ROLE, USER, events, group, is_error, main, tap, user
from stack import TOP, Stack

EXT = "urn:ietf:params:scim:schemas:extension:CustomExtensionName:2.0:User"
FACTS = "urn:example:team-facts:1.0"
BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:Schema"
META = [f"urn:ietf:params:scim:schemas:core:2.0:{name}" for name in ("ServiceProviderConfig", "ResourceType", "Schema")]
ENOUGH = 30  # requests, a connection each, to have met every worker

VALUES = {
    "badge": "B-1", "ticket": "T-1", "remote": True, "level": 7, "ratio": 0.25, "hired": "2026-11-25T09:00:00+01:00",
    "key": "AAEC/w==", "page": "https://example.com/ana", "plain": "p", "skills": ["C", "SQL"], "scores": [3, 1, 2],
    "desk": {"floor": 2, "room": "2.17", "tags": ["window", "quiet"], "since": "2026-01-01T00:00:00Z"},
    "devices": [{"value": "d-1", "display": "Laptop", "type": "laptop", "primary": True, "weight": 1.25},
                {"value": "d-2", "type": "phone", "$ref": "https://example.com/d-2"}],
}
WRITTEN = dict(VALUES, note="only when asked")  # note is returned on request: also by the write that names it


def data(name):
    with open(os.path.join(TOP, "tests", "data", "schema", name), encoding="utf-8") as f:
        return f.read()


def definition(urn, attributes, **more):
    return json.dumps({"schemas": [SCHEMA], "id": urn, "name": urn.split(":")[-1], "attributes": attributes, **more})


def add(stack, account, text, *words, check=True):
    stack.write("schema.json", text)
    return stack.ctl("schema", "add", account, stack.path("schema.json"), *words, check=check)


def refused(done, code, why, name):
    tap.ok(done.returncode == 1 and done.stderr.startswith(code + ":") and why in done.stderr and done.stdout == "",
           f"{name}: {code}", done)


def query(client, resources, text, **more):
    parts = urllib.parse.urlencode({"filter": text, **more}, quote_via=urllib.parse.quote)
    return client.get(f"/{resources}?{parts}")


def found(client, text, resources="Users"):
    answer = query(client, resources, text)
    return [r["id"] for r in answer.json["Resources"]] if answer.status == 200 else answer


def loading(stack):
    """Traps 3 and 4: definitions and the errata that hold for them."""
    add(stack, "acme", data("valid/every-type.json"))
    add(stack, "acme", data("valid/from-discovery.json"), "--for", "Group")
    listed = [json.loads(line) for line in stack.ctl("schema", "list", "acme", "--json").stdout.splitlines()]
    tap.equal([(s["urn"], s["for"], s["number"]) for s in listed], [(EXT, "User", 1), (FACTS, "Group", 2)], "schema list --json")
    tap.ok(EXT in stack.ctl("schema", "list", "acme").stdout, "schema list")
    shown = json.loads(stack.ctl("schema", "show", "acme", EXT.upper()).stdout)
    plain = [a for a in shown["attributes"] if a["name"] == "plain"]
    tap.equal(plain, [{"name": "plain", "type": "string", "multiValued": False, "description": "", "required": False,
                       "caseExact": False, "mutability": "readWrite", "returned": "default", "uniqueness": "none"}],
              "trap 3: what a definition leaves out has the RFC's default")
    for name in sorted(os.listdir(os.path.join(TOP, "tests", "data", "schema", "invalid"))):
        why, text = data("invalid/" + name).split("\n", 1)
        refused(add(stack, "acme", text, check=False), "SCHEMA_INVALID", why[3:], f"trap 4: {name}")
    one = [{"name": "a"}]
    for urn in (EXT.lower(), USER, GROUP + ":more", ENTERPRISE + ".x", FACTS + ":sub", "urn:example:team-facts", ROLE, SCHEMA):
        if urn == "urn:example:team-facts":
            tap.ok(add(stack, "other", definition(urn, one)).returncode == 0, f"{urn} is free in another account")
        refused(add(stack, "acme", definition(urn, one), check=False), "SCHEMA_TAKEN", urn, f"{urn} is taken")
    refused(stack.ctl("schema", "show", "acme", "urn:example:none", check=False), "SCHEMA_UNKNOWN", "urn:example:none", "schema show")
    refused(stack.ctl("schema", "remove", "acme", ENTERPRISE, check=False), "SCHEMA_UNKNOWN", ENTERPRISE,
            "the enterprise extension cannot be removed")
    refused(add(stack, "acme", definition("urn:example:b", one), "--for", "Role", check=False), "SETTING_VALUE", "--for", "--for Role")
    refused(stack.ctl("schema", "add", "acme", stack.path("none.json"), check=False), "FILE_UNUSABLE", "none.json", "no such file")
    refused(add(stack, "nobody", definition("urn:example:b", one), check=False), "ACCOUNT_UNKNOWN", "nobody", "no such account")
    done = stack.ctl("schema", "add", "acme", check=False)
    tap.equal(done.returncode, 2, "schema add without a file is wrong use", done)


def limits(stack):
    stack.ctl("account", "add", "many")
    for i in range(16):
        add(stack, "many", definition(f"urn:example:n{i}", [{"name": "a"}]))
    refused(add(stack, "many", definition("urn:example:n16", [{"name": "a"}]), check=False), "SCHEMA_LIMIT", "16", "a seventeenth schema")
    stack.ctl("schema", "remove", "many", "urn:example:n3")
    wide = [{"name": f"c{i}", "type": "complex", "subAttributes": [{"name": f"s{j}"} for j in range(20)]} for i in range(48)]
    refused(add(stack, "many", definition("urn:example:wide", wide), check=False), "SCHEMA_LIMIT", "1000", "more than 1000 attributes")
    long = [{"name": f"a{i}", "description": "x" * 1000, "canonicalValues": ["y" * 200] * 7} for i in range(99)]
    refused(add(stack, "many", definition("urn:example:long", long), check=False), "SCHEMA_LIMIT", "262144", "more than 262144 bytes")
    add(stack, "many", definition("urn:example:n16", [{"name": "a"}]))
    numbers = [json.loads(line)["number"] for line in stack.ctl("schema", "list", "many", "--json").stdout.splitlines()]
    tap.equal(numbers, [1, 2, 3] + list(range(5, 18)), "numbers are never given again")
    tap.ok(stack.verify().returncode == 0, "verify", stack.verify())


def values(client):
    """POST, GET, PUT: values of every type; trap 9: schemas names what is there."""
    made = client.post("/Users", user("ana", **{EXT.upper(): dict(VALUES, note="only when asked", unknown=1)}))
    tap.equal(made.status, 201, "POST with values of every type", made)
    ana = made.json["id"]
    read = client.get("/Users/" + ana)
    tap.equal(read.json.get(EXT), VALUES, "GET gives them back under the URN as it was defined, without what is `request`")
    tap.equal((made.json.get(EXT), read.json["schemas"]), (WRITTEN, [USER, EXT]), "trap 9: schemas has the URN; the write tells what it named")
    tap.equal(read.header("ETag"), read.json["meta"]["version"], "the ETag is the version")
    plain = client.post("/Users", user("ben", **{EXT: {}, ENTERPRISE: {"department": "D"}})).json
    tap.ok(EXT not in plain and plain["schemas"] == [USER, ENTERPRISE], "trap 9: and only where there are values", plain)
    for name, value in (("remote", "maybe"), ("level", 1.5), ("level", "7"), ("ratio", "x"), ("skills", "C"), ("desk", 3),
                        ("badge", 7), ("devices", [{"display": "no value"}]), ("desk", {"floor": 1}), ("hired", "tomorrow"),
                        ("hired", "2026-11-25"), ("key", "!!"),
                        ("devices", [{"value": "a", "primary": True}, {"value": "b", "primary": True}])):
        answer = client.post("/Users", user("bad", **{EXT: {name: value}}))
        tap.ok(is_error(answer, 400) == "" and EXT + ":" + name in answer.json["detail"], f"{name} = {value!r} is refused", answer)
    same = client.put("/Users/" + ana, dict(read.json, **{EXT: WRITTEN}))
    tap.equal((same.status, same.header("ETag")), (200, read.header("ETag")), "PUT of the same changes no version", same)
    less = client.put("/Users/" + ana, user("ana", **{EXT: {"level": 8}}))
    tap.equal(less.json.get(EXT), {"ticket": "T-1", "level": 8}, "trap 13: PUT clears what it leaves out, but for what is immutable")
    other = client.put("/Users/" + ana, user("ana", **{EXT: {"ticket": "T-2"}}))
    tap.ok(is_error(other, 400) == "" and other.code == "ATTRIBUTE_IMMUTABLE" and other.json.get("scimType") == "mutability",
           "trap 13: PUT cannot change what is immutable", other)
    back = client.put("/Users/" + ana, user("ana", **{EXT: WRITTEN}),
                      headers={"If-Match": less.header("ETag")})
    tap.equal((back.status, back.json.get(EXT)), (200, WRITTEN), "PUT with If-Match", back)
    stale = client.put("/Users/" + ana, user("ana"), headers={"If-Match": less.header("ETag")})
    tap.ok(is_error(stale, 412) == "", "and with an old version: 412", stale)
    return ana, plain["id"]


def patches(client, ana):
    def patch(name, operations, **expected):
        answer = client.patch("/Users/" + ana, operations)
        got = {key: answer.json.get(EXT, {}).get(key) for key in expected} if answer.status == 200 else answer
        tap.equal(got, expected, f"PATCH: {name}", answer)
        return answer

    patch("the full path", [{"op": "replace", "path": EXT + ":level", "value": 9}], level=9)
    patch("the dotted form", [{"op": "Add", "path": EXT + ".plain", "value": "dotted"}], plain="dotted")
    patch("without the URN, where no core attribute has the name", [{"op": "replace", "path": "ratio", "value": 0.5}], ratio=0.5)
    patch("trap 1: in any case", [{"op": "replace", "path": EXT.upper() + ":REMOTE", "value": "False"}], remote=False)
    patch("without a path, the URN as key", [{"op": "replace", "value": {EXT: {"level": 10, "plain": "q"}}}], level=10, plain="q")
    patch("without a path, full names as keys", [{"op": "add", "value": {EXT + ":level": 11, EXT + ":desk": {"floor": 3}}}],
          level=11, desk={"floor": 3, "room": "2.17", "tags": ["window", "quiet"], "since": "2026-01-01T00:00:00Z"})
    patch("the extension as path", [{"op": "replace", "path": EXT, "value": {"level": 12}}], level=12, plain="q")
    patch("values are added to a simple list", [{"op": "add", "path": EXT + ":skills", "value": ["Perl", "c"]}], skills=["C", "SQL", "Perl"])
    patch("a value is removed from it by value", [{"op": "remove", "path": EXT + ':skills[value eq "sql"]'}], skills=["C", "Perl"])
    patch("a list of numbers is replaced", [{"op": "replace", "path": EXT + ":scores", "value": [9]}], scores=[9])
    patch("a sub-attribute", [{"op": "replace", "path": EXT + ":desk.floor", "value": 4}],
          desk={"floor": 4, "room": "2.17", "tags": ["window", "quiet"], "since": "2026-01-01T00:00:00Z"})
    patch("a list in a complex attribute", [{"op": "add", "path": EXT + ":desk.tags", "value": ["lift"]}],
          desk={"floor": 4, "room": "2.17", "tags": ["window", "quiet", "lift"], "since": "2026-01-01T00:00:00Z"})
    patch("the sub-attribute of the values that match", [{"op": "replace", "path": EXT + ':devices[type eq "phone"].display', "value": "Phone"}],
          devices=[{"value": "d-1", "display": "Laptop", "type": "laptop", "primary": True, "weight": 1.25},
                   {"value": "d-2", "display": "Phone", "type": "phone", "$ref": "https://example.com/d-2"}])
    patch("a value that becomes primary", [{"op": "add", "path": EXT + ":devices", "value": [{"value": "d-3", "primary": True}]}])
    tap.equal([d["value"] for d in client.get("/Users/" + ana).json[EXT]["devices"] if d.get("primary")], ["d-3"], "clears the others")
    patch("the values that match are removed", [{"op": "remove", "path": EXT + ":devices[weight gt 1]"},
                                                {"op": "remove", "path": EXT + ':devices[value eq "d-3"]'}],
          devices=[{"value": "d-2", "display": "Phone", "type": "phone", "$ref": "https://example.com/d-2"}])
    patch("trap 5: null unassigns", [{"op": "replace", "path": EXT + ":plain", "value": None}], plain=None)
    patch("remove", [{"op": "remove", "path": EXT + ":level"}], level=None)
    for name, operation, code in (
            ("trap 39: a required sub-attribute", {"op": "remove", "path": EXT + ":desk.room"}, None),
            ("trap 13: an immutable attribute", {"op": "replace", "path": EXT + ":ticket", "value": "T-9"}, "PATCH_MUTABILITY"),
            ("an attribute that is not there", {"op": "replace", "path": EXT + ":nothing", "value": 1}, "PATCH_PATH"),
            ("another type", {"op": "replace", "path": EXT + ":level", "value": "x"}, "PATCH_VALUE"),
            ("a date that is none", {"op": "replace", "path": EXT + ":hired", "value": "x"}, "PATCH_VALUE")):
        answer = client.patch("/Users/" + ana, [operation])
        tap.ok(is_error(answer, 400) == "" and code in (None, answer.code), f"PATCH refuses {name}", answer)
    before = client.get("/Users/" + ana)
    again = client.patch("/Users/" + ana, [{"op": "replace", "path": EXT + ":scores", "value": [9]}])
    tap.equal(again.header("ETag"), before.header("ETag"), "trap 36: a PATCH that changes nothing leaves the version")
    gone = client.patch("/Users/" + ana, [{"op": "remove", "path": EXT}])
    tap.ok(is_error(gone, 400) == "" and gone.code == "ATTRIBUTE_IMMUTABLE", "trap 13: what is immutable does not go with its extension", gone)
    cay = client.post("/Users", user("cay", **{EXT: {"level": 1}})).json["id"]
    gone = client.patch("/Users/" + cay, [{"op": "remove", "path": EXT}])
    tap.ok(gone.status == 200 and EXT not in gone.json and gone.json["schemas"] == [USER],
           "trap 9: a PATCH that removes the extension takes its URN out of schemas", gone)
    back = client.patch("/Users/" + cay, [{"op": "add", "value": {EXT: {"level": 1}}}])
    tap.equal((back.json.get(EXT), back.json["schemas"]), ({"level": 1}, [USER, EXT]), "trap 9: and one that adds it puts it in again", back)
    client.delete("/Users/" + cay)
    back = client.put("/Users/" + ana, user("ana", **{EXT: WRITTEN}))
    tap.equal(back.json.get(EXT), WRITTEN, "PUT brings all back", back)


def frozen(stack):
    """Trap 13: whatever an immutable value is in, no PATCH changes it or takes it away, and one that says the same may."""
    urn = "urn:example:ice"
    client = stack.client(stack.account("ice"))
    add(stack, "ice", definition(urn, [
        {"name": "badge", "type": "complex", "mutability": "immutable", "subAttributes": [{"name": "number"}, {"name": "colour"}]},
        {"name": "desk", "type": "complex", "subAttributes": [{"name": "room", "mutability": "immutable"}, {"name": "floor"}]},
        {"name": "marks", "multiValued": True, "mutability": "immutable"},
        {"name": "keys", "type": "complex", "multiValued": True, "mutability": "immutable", "subAttributes": [{"name": "value"}, {"name": "door"}]},
        {"name": "cost", "type": "decimal", "mutability": "immutable"}]))
    time.sleep(1)
    values = {"badge": {"number": "1", "colour": "red"}, "desk": {"room": "R", "floor": "2"}, "marks": ["a"], "keys": [{"value": "k", "door": "d"}],
              "cost": 0.1}
    who = "/Users/" + client.post("/Users", user("ice", **{urn: values})).json["id"]
    for name, operation in (
            ("the extension removed", {"op": "remove", "path": urn}), ("the extension set to null", {"op": "replace", "path": urn, "value": None}),
            ("the extension null without a path", {"op": "replace", "value": {urn: None}}),
            ("an object that holds one removed", {"op": "remove", "path": urn + ":desk"}),
            ("a part of an immutable object", {"op": "replace", "path": urn + ":badge.number", "value": "2"}),
            ("a part of it removed", {"op": "remove", "path": urn + ":badge.colour"}),
            ("the object", {"op": "replace", "path": urn + ":badge", "value": {"number": "2"}}),
            ("a value more", {"op": "add", "path": urn + ":marks", "value": ["b"]}), ("a value less", {"op": "remove", "path": urn + ':marks[value eq "a"]'}),
            ("a value changed", {"op": "replace", "path": urn + ':keys[value eq "k"].door', "value": "e"}),
            ("all values changed", {"op": "replace", "path": urn + ":keys.door", "value": "e"}),
            ("a decimal of more digits", {"op": "replace", "path": urn + ":cost", "value": 0.10000000000000000001})):
        text = json.dumps({"schemas": [PATCH], "Operations": [operation]}).replace("0.1}", "0.10000000000000000001}")
        answer = client.request("PATCH", who, text.encode())
        tap.ok(is_error(answer, 400) == "" and answer.json.get("scimType") == "mutability", f"trap 13: {name}", answer)
    answer = client.patch(who, [{"op": "replace", "path": urn + ":desk.floor", "value": "3"}, {"op": "add", "path": urn, "value": values}])
    tap.equal(answer.status, 200, "what is not immutable beside it can be changed, and the same be said again", answer)
    tap.equal(client.get(who).json[urn], values, "nothing else has changed")
    text = json.dumps(user("ice", **{urn: values})).replace("0.1}", "0.10000000000000000001}")
    answer = client.request("PUT", who, text.encode())
    tap.ok(is_error(answer, 400) == "" and answer.code == "ATTRIBUTE_IMMUTABLE", "PUT of a decimal of more digits is another value", answer)
    answer = client.request("PUT", who, text.replace("0.10000000000000000001", "0." + "1" * 300).encode())
    tap.ok(is_error(answer, 400) == "" and answer.code == "ATTRIBUTE_TOO_LONG", "a decimal has a greatest length", answer)


def merged(stack):
    """A pushed group that joins a team of its name leaves what it does not say, in the extension too."""
    client = stack.client(stack.account("merge"))
    stack.ctl("account", "set", "merge", "team_same_name=merge")
    add(stack, "merge", definition("urn:example:facts", [{"name": "site"}, {"name": "cost"}]), "--for", "Group")
    time.sleep(1)
    team = client.post("/Groups", dict(group("Sales", []), **{"urn:example:facts": {"site": "Bern", "cost": "K-1"}})).json["id"]
    client.post("/Groups", dict(group("sales", []), **{"urn:example:facts": {"cost": "K-2"}}))
    tap.equal(client.get("/Groups/" + team).json.get("urn:example:facts"), {"site": "Bern", "cost": "K-2"}, "merge keeps the rest of the extension")


def filters(client, ana, ben):
    """Trap 26: URN-qualified names in filters, with an index and without; sorting by them (trap 29)."""
    tap.equal(found(client, f'{EXT}:badge eq "b-1"'), [ana], "trap 26: eq on a unique attribute, without regard to case")
    tap.equal(found(client, f'{EXT.lower()}:BADGE eq "B-1" and active eq true'), [ana], "in any case, with a further term")
    tap.equal(found(client, 'badge eq "B-1"'), [ana], "without the URN")
    tap.equal(found(client, f'{EXT}:badge eq "B-2"'), [], "nothing found is an empty list")
    for text, holds in ((f'{EXT}:level gt 6 and {EXT}:level lt 8', True), (f'{EXT}:ratio eq 0.25', True), (f'{EXT}:remote eq true', True),
                        (f'{EXT}:hired eq "2026-11-25T08:00:00Z"', True), (f'{EXT}:hired lt "2026-11-25T09:00:00Z"', True),
                        (f'{EXT}:skills eq "sql"', True), (f'{EXT}:scores ge 3', True), (f'{EXT}:scores gt 3', False),
                        (f'{EXT}:desk.floor eq 2', True), (f'{EXT}:desk.tags eq "QUIET"', True), (f'{EXT}:ticket eq "t-1"', False),
                        (f'{EXT}:devices[type eq "phone" and value eq "d-2"]', True),
                        (f'{EXT}:devices[type eq "phone" and value eq "d-1"]', False), (f'{EXT} pr', True), (f'{EXT}:key pr', True)):
        both = f'userName eq "ana@example.com" and {text}'
        tap.equal((found(client, both), found(client, text)), ([ana] if holds else [],) * 2, f"trap 26: {text}")
    tap.equal(found(client, f'userName eq "ben@example.com" and not ({EXT} pr)'), [ben], "not (extension pr)")
    tap.equal(found(client, f'{EXT}:badge sw "b-" or {EXT}:level gt 1'), [ana], "or, of an indexed attribute and another")
    for order, expected in (("ascending", [ana, ben]), ("descending", [ben, ana])):  # who has no value is last, then first
        answer = query(client, "Users", f"{EXT} pr or userName sw \"ben\"", sortBy=f"{EXT}:hired", sortOrder=order)
        tap.equal([r["id"] for r in answer.json["Resources"]], expected, f"trap 29: sortBy an attribute of the account's own, {order}", answer)
    for text in (f'{EXT}:nothing eq "x"', f"{EXT}:level eq true", f'{EXT}:key gt "AA"', f'{EXT}:desk eq "x"', f'{EXT}:hired eq "x"'):
        answer = query(client, "Users", f'userName eq "ana@example.com" and {text}')
        tap.ok(is_error(answer, 400) == "" and answer.json.get("scimType") == "invalidFilter", f"traps 23, 24: {text}", answer)


def projections(client, ana):
    def get(parameters):
        return client.get(f"/Users/{ana}?{urllib.parse.urlencode(parameters)}").json

    tap.equal(get({"attributes": EXT + ":note"}), {"schemas": [USER, EXT], "id": ana, EXT: {"note": "only when asked"}},
              "trap 11: `request` is told where it is named")
    tap.equal(get({"attributes": "badge," + EXT + ":desk.room"})[EXT], {"badge": "B-1", "desk": {"room": "2.17"}}, "attributes, of parts")
    tap.equal(get({"attributes": EXT})[EXT], WRITTEN, "trap 12: attributes, of the whole extension")
    left = get({"excludedAttributes": EXT + ":devices.display," + EXT + ":badge"})[EXT]
    tap.equal((left["devices"][0], "badge" in left, "note" in left),
              ({"value": "d-1", "type": "laptop", "primary": True, "weight": 1.25}, False, False), "excludedAttributes, of parts")
    tap.ok(EXT not in get({"excludedAttributes": EXT}), "excludedAttributes, of the whole extension")
    tap.ok("note" not in query(client, "Users", f'{EXT}:badge eq "B-1"').json["Resources"][0][EXT], "trap 11: lists do not tell it either")


def uniqueness(client, ana, ben):
    """Trap 46: 409 with uniqueness, for POST, PUT and PATCH."""
    for name, answer in (
            ("POST", client.post("/Users", user("cyd", **{EXT: {"badge": "b-1"}}))),
            ("PUT", client.put("/Users/" + ben, user("ben", **{EXT: {"badge": "B-1"}}))),
            ("PATCH", client.patch("/Users/" + ben, [{"op": "add", "path": EXT + ":badge", "value": "B-1"}]))):
        tap.ok(is_error(answer, 409) == "" and answer.code == "VALUE_TAKEN" and answer.json.get("scimType") == "uniqueness"
               and "badge" in answer.json["detail"], f"{name} of a value that is taken: 409 VALUE_TAKEN", answer)
    tap.equal(client.patch("/Users/" + ana, [{"op": "replace", "path": EXT + ":badge", "value": "B-9"}]).status, 200, "the value is given up")
    tap.equal(client.patch("/Users/" + ben, [{"op": "add", "path": EXT + ":badge", "value": "B-1"}]).status, 200, "and is free then")
    tap.equal(client.delete("/Users/" + ben).status, 204, "DELETE")
    tap.equal(client.patch("/Users/" + ana, [{"op": "replace", "path": EXT + ":badge", "value": "B-1"}]).status, 200, "gives it up, too")


def teams(client, ana):
    body = dict(group("Sales", [ana]), **{FACTS: {"cost-centre_2$": "K-1", "owner": {"value": ana, "$ref": "../Users/" + ana}}})
    made = client.post("/Groups", body)
    tap.equal((made.status, made.json.get("schemas"), made.json.get(FACTS)), (201, [GROUP, FACTS], body[FACTS]), "a group has its extension", made)
    team = made.json["id"]
    client.patch("/Groups/" + team, [{"op": "replace", "path": FACTS + ":owner.value", "value": "x"},
                                     {"op": "add", "path": FACTS + ":cost-centre_2$", "value": "K-2"}])
    tap.equal(client.get("/Groups/" + team).json[FACTS], {"cost-centre_2$": "K-2", "owner": {"value": "x"}},
              "PATCH of names with - _ $; a new value makes its $ref void")
    answer = client.post("/Users", user("dan", **{FACTS: {"owner": {"value": "x"}}}))
    tap.ok(answer.status == 201 and FACTS not in answer.json, "a user has not", answer)
    client.delete("/Users/" + answer.json["id"])
    return team


def discovery(stack, client, other):
    """Trap 52: discovery lists and single resources, without regard to case."""
    schemas = {s["id"]: s for s in client.get("/Schemas").json["Resources"]}
    tap.equal(set(schemas), {USER, GROUP, ROLE, ENTERPRISE, EXT, FACTS}, "/Schemas lists the account's own")
    badge = schemas[EXT]["attributes"][0]
    tap.equal((badge["name"], badge["uniqueness"], badge["caseExact"]), ("badge", "server", False), "with their characteristics")
    tap.ok("null" not in client.get("/Schemas").body.decode(), "without nulls")
    shown = json.loads(stack.ctl("schema", "show", "acme", EXT).stdout)
    tap.equal({k: v for k, v in schemas[EXT].items() if k != "meta"}, shown, "as schema show prints them")
    types = {t["id"]: t for t in client.get("/ResourceTypes").json["Resources"]}
    tap.equal([(n, [x["schema"] for x in types[n]["schemaExtensions"]]) for n in ("User", "Group", "Role")],
              [("User", [ENTERPRISE, EXT]), ("Group", [FACTS]), ("Role", [])], "/ResourceTypes has them as schemaExtensions")
    tap.equal((types["Role"]["endpoint"], types["Role"]["schema"]), ("/Roles", ROLE), "and the resource type Role")
    for path, expected in (("/Schemas/" + EXT.upper(), EXT), ("/schemas/User", USER), ("/Schemas/group", GROUP), ("/Schemas/CustomExtensionName", EXT),
                           ("/Schemas/" + META[0], META[0]), ("/Schemas/resourcetype", META[1])):
        answer = client.get(path)
        tap.equal((answer.status, answer.json.get("id")), (200, expected), f"trap 52: GET {path}")
        tap.ok(answer.json["meta"]["location"].endswith("/Schemas/" + expected), "with its location", answer)
    tap.equal(client.get("/ResourceTypes/ROLE").json["id"], "Role", "trap 52: GET /ResourceTypes/ROLE")
    for path in ("/Schemas/urn:none", "/ResourceTypes/None"):
        tap.ok(is_error(client.get(path), 404) == "", f"trap 52: GET {path} is 404")
    for path in ("/Schemas", "/Schemas/User", "/ResourceTypes", "/ResourceTypes/Role", "/Roles", "/Roles/admin"):
        answer = client.post(path, {"schemas": [ROLE]})
        tap.ok(is_error(answer, 405) == "" and answer.header("Allow") == "GET, HEAD", f"trap 52: POST {path} is 405", answer)
    tap.ok(is_error(client.get("/Schemas?filter=id%20pr"), 403) == "", "trap 52: a filter is 403")
    tap.equal(client.get("/Schemas?startIndex=2&count=1").json["itemsPerPage"], len(schemas), "trap 52: paging is ignored")
    tap.ok(EXT not in [s["id"] for s in other.get("/Schemas").json["Resources"]], "another account has other schemas")

    stack.ctl("account", "set", "acme", "meta_schemas=on", "write_only_listed=off")
    time.sleep(1)
    schemas = {s["id"]: s for s in client.get("/Schemas").json["Resources"]}
    tap.ok(set(META) <= set(schemas), "meta_schemas=on lists the schemas of discovery itself", list(schemas))
    tap.ok("password" not in [a["name"] for a in schemas[USER]["attributes"]], "write_only_listed=off leaves password out")
    extensions = [a for a in schemas[META[1]]["attributes"] if a["name"] == "schemaExtensions"][0]
    tap.equal((extensions["multiValued"], "uniqueness" in extensions), (True, False), "errata 7522 and 6004")
    stack.ctl("account", "set", "acme", "meta_schemas=off", "write_only_listed=on")
    time.sleep(1)
    tap.ok("password" in [a["name"] for a in client.get("/Schemas/User").json["attributes"]], "write_only_listed=on lists it")


def roles(client):
    answer = client.get("/Roles?count=1&startIndex=1").json
    tap.equal((answer["itemsPerPage"], answer["totalResults"], answer["startIndex"], len(answer["Resources"])), (1, 4, 1, 1),
              "Okta's entitlements test: GET /Roles?count=1&startIndex=1 has itemsPerPage 1")
    everyone = client.get("/Roles").json["Resources"]
    tap.equal([r["id"] for r in everyone], ["admin", "member", "viewer", "guest"], "GET /Roles")
    one = client.get("/Roles/admin").json
    tap.equal((one, set(one), one["schemas"]), (everyone[0], {"schemas", "id", "displayName", "description", "meta"}, [ROLE]), "GET /Roles/admin")
    tap.ok(one["meta"]["resourceType"] == "Role" and one["meta"]["location"].endswith("/scim/v2/Roles/admin"), "with meta", one)
    tap.ok(is_error(client.get("/Roles/none"), 404) == "" and client.get("/Roles/none").code == "RESOURCE_NOT_FOUND", "no such role: 404")
    tap.equal([r["id"] for r in client.get("/Roles?startIndex=3&count=10").json["Resources"]], ["viewer", "guest"], "startIndex")
    beyond, none = client.get("/Roles?startIndex=9").json, client.get("/Roles?count=0").json
    tap.equal((beyond["totalResults"], beyond["Resources"], none["totalResults"], none["Resources"]), (4, [], 4, []),
              "trap 18: beyond the end, and count=0")
    tap.equal(client.get("/Roles/guest?attributes=displayName").json, {"schemas": [ROLE], "id": "guest", "displayName": "Guest"}, "attributes")
    tap.equal(set(client.get("/Roles/guest?excludedAttributes=description,meta.location").json), {"schemas", "id", "displayName", "meta"},
              "excludedAttributes")
    tap.equal(found(client, 'displayName eq "ADMIN" or id eq "guest"', "Roles"), ["admin", "guest"], "filter")
    tap.equal(found(client, 'not (displayName sw "m") and meta.resourceType eq "Role"', "Roles"), ["admin", "viewer", "guest"], "filter, not")
    tap.ok(is_error(query(client, "Roles", 'nothing eq "x"'), 400) == "", "trap 24: an unknown attribute in a filter is 400")
    given = client.post("/Users", user("eve", roles=[{"value": "admin", "display": "Admin"}], userType="admin"))
    tap.equal(given.json.get("roles"), [{"value": "admin", "display": "Admin"}], "a user carries roles")
    client.delete("/Users/" + given.json["id"])


def bulk(client):
    """Bulk knows the account's own attributes, also where they refer to what the same request makes."""
    answer = client.post("/Bulk", {"schemas": [BULK], "Operations": [
        {"method": "POST", "path": "/Users", "bulkId": "a", "data": user("fay", **{EXT: {"badge": "F-1", "plain": "bulkId:b"}})},
        {"method": "POST", "path": "/Users", "bulkId": "b", "data": user("gus", **{EXT: {"badge": "F-1"}})},
        {"method": "POST", "path": "/Users", "bulkId": "c", "data": user("hal", **{EXT: {"level": "x"}})},
    ]})
    results = [(o["status"], (o.get("response") or {}).get("detail", "").split(":")[0]) for o in answer.json["Operations"]]
    tap.equal(results, [("409", "VALUE_TAKEN"), ("201", ""), ("400", "ATTRIBUTE_TYPE")], "bulk operations with attributes of the account's own", answer)
    made = found(client, 'badge eq "F-1"')
    tap.equal(len(made), 1, "the first that came kept the value", made)
    client.delete("/Users/" + made[0])
    tap.equal(found(client, 'userName eq "fay@example.com"'), [], "and nothing is left of the other")


def told(stack, token, ana):
    changes = [c for e in events(stack.port, token) if e["resource"]["id"] == ana for c in e.get("changes", [])]
    paths = {c["path"] for c in changes}
    tap.ok({f"{EXT}:level", f"{EXT}:desk.floor", f"{EXT}:devices", f"{EXT}:skills"} <= paths, "events tell changes by their full names", paths)
    tap.ok({"path": f"{EXT}:level", "old": 9, "new": 10} in changes, "with the old and the new value", changes)


def changing(stack, client, token):
    """A new schema counts in every worker at once, also for a token that is known there."""
    urn = "urn:example:late"
    tap.equal({client.get("/Users?count=0").status for _ in range(ENOUGH)}, {200}, "the token is known in every worker")
    add(stack, "acme", definition(urn, [{"name": "when", "type": "dateTime"}]))
    answers = [client.post("/Users", user(f"late{i}", **{urn: {"when": "2026-11-25T09:00:00Z"}})) for i in range(ENOUGH)]
    tap.ok(all(a.status == 201 and urn in a.json for a in answers), "what was read by older schemas is read again, not refused or half kept", [a.status for a in answers])
    refused(stack.ctl("schema", "remove", "acme", urn, check=False), "SCHEMA_IN_USE", "User", "a schema that somebody has values of stays")
    for a in answers:
        client.delete("/Users/" + a.json["id"])
    stack.ctl("schema", "remove", "acme", urn.upper())
    time.sleep(1)
    late = client.post("/Users", user("late", **{urn: {"when": "2026-11-25T09:00:00Z"}}))
    tap.ok(late.status == 201 and urn not in late.json, "removed: a second later nobody knows it", late)
    client.delete("/Users/" + late.json["id"])
    add(stack, "acme", definition(urn, [{"name": "when", "type": "integer"}]))
    time.sleep(1)
    late = client.post("/Users", user("late", **{urn: {"when": 5}}))
    tap.equal(late.json.get(urn), {"when": 5}, "the URN can be used again, for something else", late)
    tap.ok(late.status == 201 and stack.verify().returncode == 0, "verify", stack.verify())


def apart(stack, client, other):
    """Two accounts, one URN, two meanings."""
    add(stack, "other", definition(EXT, [{"name": "badge", "type": "integer"}, {"name": "level", "multiValued": True}]))
    time.sleep(1)
    for i in range(ENOUGH):  # each worker serves both in turn
        mine = client.post("/Users", user(f"both{i}", **{EXT: {"badge": f"X{i}", "level": i}}))
        theirs = other.post("/Users", user(f"both{i}", **{EXT: {"badge": i, "level": [str(i)]}}))
        if (mine.json.get(EXT), theirs.json.get(EXT)) != ({"badge": f"X{i}", "level": i}, {"badge": i, "level": [str(i)]}):
            break
        client.delete("/Users/" + mine.json["id"])
    else:
        i = ENOUGH
    tap.equal(i, ENOUGH, "two accounts with different schemas of one URN never mix", mine, theirs)
    answer = other.get("/Users?filter=" + urllib.parse.quote(f'{EXT}:badge eq "X0"'))
    tap.ok(is_error(answer, 400) == "", "nor do their filters", answer)


def moving(stack, client, token, ana):
    before = stack.ctl("export", "acme").stdout
    kinds = [json.loads(line)["type"] for line in before.splitlines()]
    tap.equal((kinds[:5], kinds.count("schema")), (["account", "state", "schema", "schema", "schema"], 3), "export has the schemas before all that needs them")
    plain = "".join(line for line in before.splitlines(True) if not line.startswith('{"type":"token"'))
    stack.write("data/acme.ndjson", plain)
    stack.ctl("import", stack.path("data/acme.ndjson"), "--account", "copy")
    after = stack.ctl("export", "copy").stdout
    tap.equal(after, plain.replace('"slug":"acme"', '"slug":"copy"'), "export, import, export: the same bytes")
    copy = stack.client(stack.token("copy"))
    tap.equal(copy.get("/Users/" + ana).json.get(EXT), client.get("/Users/" + ana).json.get(EXT), "the copy answers the same values")
    tap.equal(found(copy, f'{EXT}:badge eq "b-1"'), [ana], "and finds them")
    taken = copy.post("/Users", user("new", **{EXT: {"badge": "B-1"}}))
    tap.ok(is_error(taken, 409) == "" and taken.code == "VALUE_TAKEN", "and keeps them unique", taken)
    tap.ok(stack.verify().returncode == 0, "verify", stack.verify())
    lines = plain.splitlines(True)
    bad = next(i for i, line in enumerate(lines) if line.startswith('{"type":"schema"'))
    for name, line in (("type", lines[bad].replace('"for":"User"', '"for":"Role"')), ("definition", lines[bad].replace('"integer"', '"number"', 1)),
                       ("a second time", lines[bad] * 2)):
        stack.write("data/bad.ndjson", "".join(lines[:bad] + [line] + lines[bad + 1:]))
        refused(stack.ctl("import", stack.path("data/bad.ndjson"), "--account", "bad", check=False), "IMPORT_LINE", "Line ", f"a schema line with a bad {name}")
    without = [line for line in lines if not line.startswith('{"type":"schema"')]
    stack.write("data/bad.ndjson", "".join(without))
    refused(stack.ctl("import", stack.path("data/bad.ndjson"), "--account", "bad", check=False), "IMPORT_LINE", EXT, "values without their schema")
    dump = stack.ctl("dump", "schema", "--account", "acme").stdout
    tap.ok(dump.startswith("acme schema (0)") and len(dump.splitlines()) == 4, "dump has the space schema", dump)
    stack.ctl("account", "remove", "copy", "--yes")
    tap.equal([line for line in stack.ctl("dump", "schema").stdout.splitlines() if line.startswith("copy")], [], "account remove drops the schemas")
    stack.ctl("account", "add", "copy")
    tap.equal(stack.ctl("schema", "list", "copy").stdout, "", "a new account of the same name has none")


def test(front):
    with Stack(front) as stack:
        token = stack.account("acme")
        client, other = stack.client(token), stack.client(stack.account("other"))
        loading(stack)
        limits(stack)
        time.sleep(1)
        ana, ben = values(client)
        patches(client, ana)
        frozen(stack)
        merged(stack)
        filters(client, ana, ben)
        projections(client, ana)
        uniqueness(client, ana, ben)
        teams(client, ana)
        discovery(stack, client, other)
        roles(client)
        bulk(client)
        told(stack, token, ana)
        changing(stack, client, token)
        apart(stack, client, other)
        moving(stack, client, token, ana)


if __name__ == "__main__":
    main(test)
