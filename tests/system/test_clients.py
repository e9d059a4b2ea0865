#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
The dialects of the identity providers, each behaviour by its number: what a client sends, and what it relies on in the
answer. Everything runs under the default policy, without a setting for any client.

0 what all of them need, 1 Okta, 2 Entra ID, 3 OneLogin, 4 JumpCloud, 5 Google Workspace, 6 Ping, 7 CyberArk,
8 SailPoint, 9 Rippling, 10 Keycloak's clients, authentik and others, 11 the verbs of each, 12 password and user type, 13 what
nobody knows. Okta's whole sequences are in test_okta_sequences.py, every form of PATCH in test_protocol.py; 1.10 is
test_okta_spec.py.
"""

import json
import urllib.parse

from lib import ENTERPRISE, ERROR, GROUP, LIST, PATCH, USER, Client, group, is_error, main, newest, tap, user
from scene import Scene
from stack import Stack

NOBODY = "0190a6c4-0000-7000-8000-000000000000"
FOREIGN = "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"
WORK = 'emails[type eq "work"].value'
CUSTOM = "urn:ietf:params:scim:schemas:extension:Custom:2.0:User"


def op(verb, path=None, **value):
    return {"op": verb, **({} if path is None else {"path": path}), **value}


def case(number, text):
    return f"client behaviour {number}: {text}"


def contains(got, wanted):
    """Whether got has all that wanted has; None in wanted: it is absent."""
    if not isinstance(wanted, dict):
        return got == wanted and type(got) is type(wanted)
    return isinstance(got, dict) and all(n not in got if v is None else contains(got.get(n), v) for n, v in wanted.items())


# --- POST: (behaviour, body besides schemas, userName and active, what comes back; None: it is absent) ---

MANAGER = {"manager": {"value": "m"}}
CREATES = [
    ("0.7", "names and URNs in odd case, dotted keys",
     {"NAME": {"GivenName": "G"}, "name.familyName": "F", "Emails": [{"Value": "a@example.com", "Primary": "True"}], "DisplayName": "D",
      ENTERPRISE.upper(): {"Department": "R"}, "Manager.Value": "m", "meta.Created": "2020-01-01T00:00:00Z"},
     {"name": {"givenName": "G", "familyName": "F"}, "emails": [{"value": "a@example.com", "primary": True}], "displayName": "D",
      ENTERPRISE: {"department": "R", "manager": {"value": "m"}}}),
    ("0.7", "emails.Value alone is an address", {"emails.Value": "b@example.com"}, {"emails": [{"value": "b@example.com"}]}),
    ("0.8", "active as the string False", {"active": "False"}, {"active": False}),
    ("0.8", "active as the string true", {"active": "true"}, {"active": True}),
    ("1.2", "Okta: groups, a random password, an extension that schemas does not name",
     {"groups": [], "password": "1mz050nq", "emails": [{"primary": True, "value": "c@example.com"}], "externalId": "00u1", ENTERPRISE: {"department": "D"}},
     {"groups": None, "password": None, "emails": [{"value": "c@example.com", "primary": True}], "externalId": "00u1", ENTERPRISE: {"department": "D"},
      "schemas": [USER, ENTERPRISE]}),
    ("1.3", "null and empty values", {"name": {"givenName": "G", "middleName": "", "honorificPrefix": None}, "title": None, "nickName": ""},
     {"name": {"givenName": "G", "middleName": None, "honorificPrefix": None}, "title": None, "nickName": None}),
    ("2.3", "Entra: meta, empty roles and nulls",
     {"meta": {"resourceType": "User"}, "roles": [], "addresses": None, "phoneNumbers": None, "title": None, "department": None, "manager": None},
     {"roles": None, "addresses": None, "title": None, ENTERPRISE: None, "schemas": [USER]}),
    ("2.3", "Entra: null inside an address, a string boolean in roles",
     {"addresses": [{"type": "work", "locality": None, "country": "DE"}], "roles": [{"primary": "True", "value": "r", "display": "R", "type": "t"}]},
     {"addresses": [{"country": "DE", "type": "work"}], "roles": [{"value": "r", "display": "R", "type": "t", "primary": True}]}),
    ("2.3", "Entra: an extension of nobody, in schemas or not", {"schemas": [USER, CUSTOM], CUSTOM: {"x": 1}, "urn:other": {"y": [2]}},
     {CUSTOM: None, "urn:other": None, "schemas": [USER]}),
    ("2.4", "Entra: a manager in an array", {ENTERPRISE: {"manager": [{"$ref": None, "value": "m"}]}}, {ENTERPRISE: MANAGER}),
    ("2.4", "Entra: a manager as a bare string", {ENTERPRISE: {"manager": "m"}}, {ENTERPRISE: MANAGER}),
    ("2.4", "Entra: flattened keys with the URN", {"name.givenName": "G", ENTERPRISE + ":employeeNumber": "7", USER + ":title": "T"},
     {"name": {"givenName": "G"}, ENTERPRISE: {"employeeNumber": "7"}, "title": "T"}),
    ("2.7", "values come back as they were sent, not judged", {"locale": "nonsense", "timezone": "Mars/Olympus",
                                                               "phoneNumbers": [{"value": "0-351", "type": "Desk"}]},
     {"locale": "nonsense", "timezone": "Mars/Olympus", "phoneNumbers": [{"value": "0-351", "type": "Desk"}]}),
    ("3.5", "OneLogin: a template with strings, id null and managerId",
     {"active": "true", "id": None, "meta": {"resourceType": "User"}, "name": {"familyName": "F", "givenName": "G", "formatted": ""},
      ENTERPRISE: {"department": "", "manager": {"managerId": "m", "displayName": "Max Muster"}}},
     {"active": True, "name": {"familyName": "F", "givenName": "G", "formatted": None}, ENTERPRISE: {"department": None, **MANAGER}}),
    ("3.5", "OneLogin: nothing to fill the template with", {ENTERPRISE: {"department": "", "manager": {"managerId": "", "displayName": " "}}},
     {ENTERPRISE: None}),
    ("3.6", "OneLogin: emails as one object", {"emails": {"value": "d@example.com", "type": "work", "primary": True}},
     {"emails": [{"value": "d@example.com", "type": "work", "primary": True}]}),
    ("4", "JumpCloud: schemas names an extension that is not there", {"schemas": [USER, ENTERPRISE],
                                                                      "phoneNumbers": [{"primary": True, "type": "work", "value": "tel:+1-555"}]},
     {ENTERPRISE: None, "schemas": [USER], "phoneNumbers": [{"value": "tel:+1-555", "type": "work", "primary": True}]}),
    ("5", "Google: the URNs of SCIM 1.0 and 2.0 in one array", {"schemas": ["urn:scim:schemas:core:1.0", USER]}, {"schemas": [USER]}),
    ("5", "Google: active on create is honoured", {"active": False}, {"active": False}),
    ("5", "Google: active left out is true, displayName may be missing", {"active": None}, {"active": True, "displayName": None}),
    ("10.2", "keycloak-scim: roles by value alone, all that it reads comes back",
     {"roles": [{"value": "manager"}], "displayName": "K", "emails": [{"value": "k@example.com"}], "active": "true"},
     {"roles": [{"value": "manager"}], "displayName": "K", "emails": [{"value": "k@example.com"}], "active": True}),
    ("12", "userType arrives as a plain string", {"userType": "guest"}, {"userType": "guest"}),
    ("12", "userType empty on create", {"userType": ""}, {"userType": None}),
]


def creates(s):
    for i, (number, text, body, wanted) in enumerate(CREATES):
        name = f"New.User{i}@Example.com"
        answer = s.client.post("/Users", {"schemas": [USER], "userName": name, **body})
        tap.ok(answer.status == 201 and contains(answer.json, dict(wanted, userName=name)) and answer.json["id"] and
               answer.header("Location") == answer.json["meta"]["location"] and s.user(answer.json["id"]) == answer.json, case(number, text), answer)


# --- PUT: (behaviour, what the user has first, body besides schemas and userName, what it has then) ---

PUTS = [
    ("0.12", "the whole in one PUT", {"title": "T"}, {"displayName": "New", "active": False, "name": {"givenName": "N"}},
     {"displayName": "New", "active": False, "name": {"givenName": "N"}, "title": None, "emails": None}),
    ("1.3", "absent active neither wakes", {"active": False}, {"displayName": "N"}, {"active": False}),
    ("1.3", "nor suspends", {"active": True}, {"displayName": "N", "active": None}, {"active": True}),
    ("1.3", "absent password is unchanged", {"password": "Secret-1-word"}, {"displayName": "N"}, {"password": None, "displayName": "N"}),
    ("1.4", "deactivation by PUT", {"active": True}, {"active": False}, {"active": False}),
    ("1.5", "password by PUT", {}, {"password": "Secret-2-word"}, {"password": None}),
    ("3.8", "OneLogin: PUT with strings and one object", {}, {"active": "false", "emails": {"value": "x@example.com"}},
     {"active": False, "emails": [{"value": "x@example.com"}]}),
    ("4", "JumpCloud: emails null in a PUT", {}, {"active": True, "emails": None, "id": "d500eedc", "name": {"givenName": "J"}},
     {"active": True, "emails": None, "name": {"givenName": "J"}}),
    ("4", "JumpCloud: empty arrays, a photo without type, the URNs in other order", {"addresses": [{"type": "work", "country": "DE"}]},
     {"addresses": [], "phoneNumbers": [], "photos": [{"value": "https://x/y.png"}], "schemas": [ENTERPRISE, USER], ENTERPRISE: {"department": "C"}},
     {"addresses": None, "phoneNumbers": None, "photos": [{"value": "https://x/y.png"}], "schemas": [USER, ENTERPRISE], ENTERPRISE: {"department": "C"}}),
    ("5", "Google: no reactivation by itself, suspension by PUT", {}, {"active": False, "displayName": "G"}, {"active": False}),
    ("12", "a PUT without userType leaves the type", {"userType": "admin"}, {"displayName": "N"}, {"userType": "admin"}),
    ("12", "an empty userType too", {"userType": "admin"}, {"userType": ""}, {"userType": "admin"}),
    ("12", "and null", {"userType": "admin"}, {"userType": None}, {"userType": "admin"}),
    ("12", "another type is another type", {"userType": "admin"}, {"userType": "viewer"}, {"userType": "viewer"}),
]


def puts(s):
    for i, (number, text, first, body, wanted) in enumerate(PUTS):
        made = s.client.post("/Users", user(f"put{i}", **first)).json
        answer = s.client.put("/Users/" + made["id"], {"schemas": [USER], "userName": made["userName"], **body})
        tap.ok(answer.status == 200 and contains(answer.json, dict(wanted, id=made["id"])) and s.user(made["id"]) == answer.json and
               answer.json["meta"]["created"] == made["meta"]["created"] and "Secret" not in answer.body.decode(), case(number, text), answer)


# --- PATCH of a user: (behaviour, what the user has first, operations, what it has then) ---

HOME = {"emails": [{"value": "h@example.com", "type": "home"}]}
ASSIGNED = {ENTERPRISE: {"department": "D", "manager": {"value": "old", "$ref": "../Users/old"}}}
JSON_ROLE = '{"id":"06b0","value":"Admin","displayName":"Admin"}'
PATCHES = [
    ("0.12", "the same by PATCH", {}, [op("replace", value={"displayName": "New", "active": False}), op("remove", "emails")],
     {"displayName": "New", "active": False, "emails": None}),
    ("1.3", "Okta OIN: nested, dotted and URN keys in one value", {},
     [op("replace", value={"name": {"givenName": "x"}, "name.middleName": "y", ENTERPRISE: {"division": "V"}, ENTERPRISE + ":department": "D", "id": "z"})],
     {"name": {"givenName": "x", "middleName": "y", "familyName": "Example"}, ENTERPRISE: {"division": "V", "department": "D"}}),
    ("1.4", "Okta OIN: deactivation without a path", {}, [op("replace", value={"active": False})], {"active": False}),
    ("1.4", "and reactivation", {"active": False}, [op("replace", value={"active": True})], {"active": True}),
    ("1.5", "Okta OIN: password without a path", {}, [op("replace", value={"password": "Secret-3-word"})], {"password": None}),
    ("2.4", "disable by the string False", {}, [op("Replace", "active", value="False")], {"active": False}),
    ("2.4", "enable by the string True", {"active": False}, [op("Add", "active", value="True")], {"active": True}),
    ("2.4", "disable by false", {}, [op("replace", "active", value=False)], {"active": False}),
    ("2.4", "flattened keys beside a filtered path", HOME,
     [op("replace", WORK, value="w@example.com"), op("replace", value={"displayName": "B", "name.givenName": "K", ENTERPRISE + ":employeeNumber": "A"})],
     {"emails": HOME["emails"] + [{"value": "w@example.com", "type": "work"}], "displayName": "B", "name": {"givenName": "K", "familyName": "Example"},
      ENTERPRISE: {"employeeNumber": "A"}}),
    ("2.4", "add of a single value", {}, [op("Add", "nickName", value="Babs")], {"nickName": "Babs"}),
    ("2.4", "Replace on emails[type eq work].value creates the element", HOME, [op("Replace", WORK, value="w@example.com")],
     {"emails": HOME["emails"] + [{"value": "w@example.com", "type": "work"}]}),
    ("2.4", "Add creates the first element of an absent array", {"phoneNumbers": None}, [op("Add", 'phoneNumbers[type eq "mobile"].value', value="+1")],
     {"phoneNumbers": [{"value": "+1", "type": "mobile"}]}),
    ("2.4", "Replace makes one address from several paths", {},
     [op("Replace", f'addresses[type eq "work"].{n}', value=v) for n, v in (("country", "DE"), ("locality", "Bonn"), ("postalCode", "53"))],
     {"addresses": [{"locality": "Bonn", "postalCode": "53", "country": "DE", "type": "work"}]}),
    ("2.4", "an element with two terms in its selector", {}, [op("Add", 'emails[type eq "other" and primary eq false].value', value="o@example.com")],
     {"emails": [{"value": None, "type": "work", "primary": True}, {"value": "o@example.com", "type": "other", "primary": False}]}),
    ("2.4", "a missed path does not cost the deactivation", {},
     [op("Replace", 'phoneNumbers[type eq "fax"].value', value="+3"), op("Replace", "active", value="False")], {"active": False}),
    ("2.4", "manager as a bare string", {}, [op("Add", ENTERPRISE + ":manager", value="271")], {ENTERPRISE: {"manager": {"value": "271"}}}),
    ("2.4", "manager as an object", ASSIGNED, [op("Replace", ENTERPRISE + ":manager", value={"value": "271"})],
     {ENTERPRISE: {"department": "D", "manager": {"value": "271"}}}),
    ("2.4", "manager in an array, by its short name", {}, [op("Add", "manager", value=[{"$ref": "../Users/271", "value": "271"}])],
     {ENTERPRISE: {"manager": {"value": "271", "$ref": "../Users/271"}}}),
    ("2.4", "manager by the old dotted path", ASSIGNED, [op("Replace", ENTERPRISE + ".manager", value="271")],
     {ENTERPRISE: {"department": "D", "manager": {"value": "271"}}}),
    ("2.4", "manager removed", ASSIGNED, [op("Remove", ENTERPRISE + ":manager")], {ENTERPRISE: {"department": "D"}}),
    ("2.4", "manager replaced by an empty string is absent", ASSIGNED, [op("Replace", ENTERPRISE + ":manager", value="")], {ENTERPRISE: {"department": "D"}}),
    ("2.4", "manager replaced by null is absent", ASSIGNED, [op("Replace", ENTERPRISE + ":manager", value=None)], {ENTERPRISE: {"department": "D"}}),
    ("2.4", "the last attribute of an extension takes its URN along", ASSIGNED,
     [op("Remove", ENTERPRISE + ":manager"), op("Remove", ENTERPRISE + ":department")],
     {ENTERPRISE: None, "schemas": [USER]}),
    ("2.4", "Remove with a value removes", {"emails": [{"value": "w@example.com", "type": "work", "display": "W"}]},
     [op("Remove", WORK, value="w@example.com")],
     {"emails": [{"display": "W", "type": "work"}]}),
    ("2.4", "null and empty strings unassign", {"title": "T", "nickName": "N"}, [op("Replace", "title", value=""), op("Add", "nickName", value=None)],
     {"title": None, "nickName": None}),
    ("2.4", "roles as JSON in a string", {}, [op("Add", "roles", value=[{"value": JSON_ROLE}])], {"roles": [{"value": JSON_ROLE}]}),
    ("2.4", "roles replaced as a whole", {"roles": [{"value": "a"}, {"value": "b"}]},
     [op("replace", "roles", value=[{"primary": False, "type": "t", "display": "User", "value": "User"}])],
     {"roles": [{"value": "User", "display": "User", "type": "t", "primary": False}]}),
    ("2.4", "a single role by a string boolean in the path", {"roles": [{"value": "a", "primary": True}, {"value": "b"}]},
     [op("Replace", 'roles[primary eq "True"].value', value="c")], {"roles": [{"value": "c", "primary": True}, {"value": "b"}]}),
    ("2.4", "a single role where there was none", {}, [op("Add", 'roles[primary eq "True"].value', value="c")], {"roles": [{"value": "c", "primary": True}]}),
    ("2.4", "remove, add and replace of one attribute in this order", {"nickName": "a"},
     [op("Remove", "nickName"), op("Add", "nickName", value="b"), op("Replace", "nickName", value="c")], {"nickName": "c"}),
    ("2.8", "unknown keys in an operation", {}, [dict(op("Add", "nickName", value="n"), name="addMember", typeName="x")], {"nickName": "n"}),
    ("2.8", "null updates read back as nothing", {"title": "T", "displayName": "D"},
     [op("Replace", "title", value=""), op("Replace", "displayName", value=""), op("Replace", "title", value=None)], {"title": None, "displayName": None}),
    ("10.2", "keycloak-scim: active as the string true", {"active": False}, [op("replace", "active", value="true"), op("replace", "displayName", value="K")],
     {"active": True, "displayName": "K"}),
    ("12", "an empty userType in a PATCH leaves the type", {"userType": "admin"}, [op("Replace", "userType", value=""), op("Replace", "title", value="x")],
     {"userType": "admin", "title": "x"}),
    ("12", "and null without a path", {"userType": "admin"}, [op("replace", value={"userType": None, "title": "x"})], {"userType": "admin", "title": "x"}),
    ("12", "who removes it by its path removes it", {"userType": "admin"}, [op("remove", "userType")], {"userType": None}),
    ("12", "a type through roles is a role", {}, [op("Add", "roles", value=[{"value": '{"value":"admin"}'}])],
     {"roles": [{"value": '{"value":"admin"}'}], "userType": None}),
]


def patches(s):
    for i, (number, text, first, operations, wanted) in enumerate(PATCHES):
        made = s.client.post("/Users", user(f"patch{i}", **first)).json
        if "emails" in wanted and wanted["emails"] and wanted["emails"][0].get("value", "") is None:
            wanted = dict(wanted, emails=made["emails"] + wanted["emails"][1:])
        told = newest(s.port, s.client.token)
        answer = s.client.patch("/Users/" + made["id"], operations)
        changed = {n: v for n, v in (answer.json or {}).items() if n != "meta"} != {n: v for n, v in made.items() if n != "meta"}
        changed = changed or "password" in json.dumps(operations)  # which is told, and nothing of it
        tap.ok(answer.status == 200 and contains(answer.json, wanted) and s.user(made["id"]) == answer.json and "Secret" not in answer.body.decode() and
               newest(s.port, s.client.token) - told == changed, case(number, text), answer)


# --- PATCH of a group: (behaviour, members before, operations with {1} and {2} for the users, members after) ---

GROUP_PATCHES = [
    ("1.7", "Okta: remove by filter and add in one message", [1], [op("remove", 'members[value eq "{1}"]'),
                                                                   op("add", "members", value=[{"value": "{2}", "display": "x"}])], [2]),
    ("1.7", "Okta: full push", [1], [op("replace", "members", value=[{"value": "{1}"}, {"value": "{2}"}])], [1, 2]),
    ("1.7", "Okta: push now of an empty group, by path", [1, 2], [op("replace", "members", value=[])], []),
    ("1.7", "Okta: and without one", [1, 2], [op("replace", value={"members": [], "id": "x", "displayName": "Crew"})], []),
    ("1.7", "Okta: rename that carries the id leaves the members", [1, 2], [op("replace", value={"id": "x", "displayName": "Crew two"})], [1, 2]),
    ("2.6", "Entra: $ref null, several members in one operation", [], [op("Add", "members",
                                                                          value=[{"$ref": None, "value": "{1}"}, {"$ref": None, "value": "{2}"}])], [1, 2]),
    ("2.6", "Entra: adding who is there", [1], [op("Add", "members", value=[{"value": "{1}"}])], [1]),
    ("2.6", "Entra: removing who is not there", [1], [op("Remove", "members", value=[{"$ref": None, "value": "{2}"}])], [1]),
    ("2.6", "Entra: removing only those in the list", [1, 2], [op("Remove", "members", value=[{"$ref": None, "value": "{1}"}])], [2]),
    ("2.6", "Entra: Replace replaces all", [1], [op("Replace", "members", value=[{"value": "{2}"}])], [2]),
    ("2.8", "members as bare strings", [], [op("add", "members", value=["{1}", "{2}"])], [1, 2]),
    ("2.8", "several operations on one attribute in order", [1], [op("Remove", "members"), op("Add", "members", value=[{"value": "{2}"}]),
                                                                  op("Replace", "members", value=[{"value": "{1}"}])], [1]),
    ("3.8", "OneLogin: one member without an array", [], [op("add", "members", value={"value": "{1}"})], [1]),
    ("3.8", "OneLogin: members in a value without a path", [1], [op("add", value={"members": [{"value": "{2}"}]})], [1, 2]),
    ("6", "Ping: removal by filter", [1, 2], [op("remove", 'members[value eq "{2}"]')], [1]),
    ("6", "Ping: removal by value", [1, 2], [op("remove", "members", value={"value": "{2}"})], [1]),
    ("10.1", "authentik: one operation for each user", [], [op("add", "members", value=[{"value": "{1}"}]),
                                                            op("add", "members", value=[{"value": "{2}"}])], [1, 2]),
    ("10.1", "authentik: removal by value", [1, 2], [op("remove", "members", value=[{"value": "{1}"}])], [2]),
    ("10.1", "authentik: rename with the whole group", [1], [op("replace",
                                                                value={"schemas": [GROUP], "externalId": "e", "displayName": "Crew three", "id": "x"})], [1]),
    ("10.2", "keycloak-scim: remove without a value empties", [1, 2], [op("remove", "members", value=None),
                                                                       op("replace", "displayName", value="Crew four")], []),
    ("13", "every removal in one message", [1, 2], [op("remove", 'members[value eq "{1}"]'), op("Remove", "members", value=["{2}"])], []),
]


def group_patches(s):
    path = "/Groups/" + s.gid
    for number, text, before, operations, after in GROUP_PATCHES:
        who = {1: s.id1, 2: s.id2}
        s.client.put(path, {"schemas": [GROUP], "displayName": "Crew", "members": [{"value": who[m]} for m in before]})
        operations = json.loads(json.dumps(operations).replace("{1}", s.id1).replace("{2}", s.id2))
        was, told = s.team(), newest(s.port, s.client.token)
        answer = s.client.patch(path, operations)
        now = s.team()
        tap.ok(answer.status == 204 and answer.body == b"" and answer.header("ETag") == now["meta"]["version"] and s.members() == after,
               case(number, text), answer, now)
        changed = before != after or was["displayName"] != now["displayName"]
        tap.equal(newest(s.port, s.client.token) - told, changed, case(number, text + (": one event" if changed else ": no event, no new version")))
        tap.equal(was["meta"] != now["meta"], changed, case(number, text + ": its version"))


# --- GET: (behaviour, path, who is found) ---

def q(text):
    return urllib.parse.quote(text, safe="")


READS = [
    ("0.3", 'an empty search is 200', "/Users?filter=" + q('userName eq "nobody@example.com"'), []),
    ("0.6", "userName is matched without case", "/Users?filter=" + q('userName eq "FIRST@EXAMPLE.COM"'), [1]),
    ("0.7", "names, URNs and operators in a filter without case", "/Users?filter=" + q(USER.upper() + ':USERNAME EQ "first@example.com"'), [1]),
    ("1.2", "Okta: the unique identifier may be externalId", "/Users?filter=externalId%20eq%20%22ext-first%22&startIndex=1&count=100", [1]),
    ("1.2", "Okta: or id", "/Users?filter=id%20eq%20%22{1}%22&startIndex=1&count=100", [1]),
    ("1.9", "Okta: capitals in the filter are no other user", "/Users?filter=" + q('userName eq "First@Example.COM"') + "&startIndex=1&count=100", [1]),
    ("2.1", "Entra: probe with a random value", "/Users?filter=userName+eq+%226a1d5c3e-3b0f-4c0e-9c70-000000000000%22", []),
    ("2.2", "Entra: by a value path", "/Users?filter=" + q('emails[type eq "work"].value eq "first@example.com"'), [1]),
    ("2.2", "Entra: unquoted values", "/Users?filter=externalId+eq+ext-first", [1]),
    ("2.2", "Entra: reference check of a manager", "/Users?filter=" + q('id eq "{1}" and manager eq "boss"') + "&attributes=id", [1]),
    ("2.2", "Entra: and its miss", "/Users?filter=" + q('id eq "{1}" and manager eq "{2}"') + "&attributes=id", []),
    ("2.4", "Entra: the flag in the URL is no concern of ours", "/Users?aadOptscim062020&filter=" + q('userName eq "first@example.com"'), [1]),
    ("2.4", "Entra: another flag, behind", "/Users?filter=" + q('userName eq "first@example.com"') + "&AzureAdScimPatch2017", [1]),
    ("2.4", "Entra: the flag was typed behind the base URL, and the query follows with another ?",
     "/Users?aadOptscim062020?filter=" + q('userName eq "second@example.com"'), [2]),
    ("2.8", "a slash before the query, + for a space", "/Users/?filter=DisplayName+eq+%22first+example%22", [1]),
    ("2.8", "or, parentheses, co and sw in odd case", "/Users?filter=" + q('(DisplayName CO "st ex" Or userName sw "SECOND") and active Eq True'), [1, 2]),
    ("2.8", "gt and a date with seven fractional digits and an offset", "/Users?filter=" + q('meta.Created gt "2020-01-31T12:00:00.1234567+05:30"'), [1, 2]),
    ("2.8", "Entra reads: who is active and was changed between two times", "/Users?startindex=0&count=5&filter=" +
     q('active eq true and (meta.lastModified ge "2020-01-01T00:00:00Z" and meta.lastModified le "2020-01-02T00:00:00Z")'), []),
    ("2.8", "a value path in attributes=", "/Users?attributes=" + q(WORK) + "&filter=" + q('userName eq "first@example.com"'), [1]),
    ("2.8", "parameter names in odd case", "/Users?StartIndex=2&COUNT=1", [2]),
    ("2.8", "startindex=0 is the first", "/Users?startindex=0&count=1", [1]),
    ("3.1", "OneLogin: connect", "/Users?filter=" + q('userName eq "nonexistent"'), []),
    ("3.2", "OneLogin: provision looks up", "/Users?filter=" + q('userName eq "second@example.com"'), [2]),
    ("5", "Google: the list without parameters", "/Users", [1, 2]),
    ("6", "Ping: emails without .value", "/Users?filter=" + q('emails eq "second@example.com"'), [2]),
    ("6", "Ping: userName unquoted", "/Users?filter=" + q("userName eq second@example.com"), [2]),
    ("7", "CyberArk: count without startIndex", "/Users?count=1", [1]),
    ("9", "Rippling: lists users first", "/Users?startIndex=1&count=2", [1, 2]),
    ("10.1", "authentik: an unquoted filter value", "/Users?filter=userName+eq+first@example.com", [1]),
    ("10.1", "authentik: the next page by what was seen", "/Users?startIndex=2", [2]),
    ("10.4", "One Identity: an or-filter", "/Users?filter=" + q('userName eq "x" or userName eq "second@example.com" or userName eq "first@example.com"'),
     [1, 2]),
    ("10.4", "IBM: the list is 200", "/Users", [1, 2]),
]


def reads(s):
    s.client.patch("/Users/" + s.id1, [op("add", "manager", value="boss")])
    for number, text, path, found in READS:
        answer = s.client.get(path.replace("{1}", s.id1).replace(q("{1}"), s.id1).replace(q("{2}"), s.id2))
        who, page = {s.id1: 1, s.id2: 2}, answer.json
        tap.ok(answer.status == 200 and [who[r["id"]] for r in page["Resources"]] == found and page["schemas"] == [LIST] and
               page["itemsPerPage"] == len(found) and all(r["meta"]["resourceType"] == "User" for r in page["Resources"] if "meta" in r),
               case(number, text), answer)


# --- everything else, in the order of the numbers ---

def general(stack, s):
    """0: what all of them need."""
    path, client = "/Users/" + s.id1, s.client
    refusals = [client.get("/Users/x"), client.get("/Nothing"), client.request("DELETE", "/Users"), client.post("/Users", b"{"),
                client.get(path, headers={"Authorization": None}), client.get(path, headers={"If-Match": '"x"'}),
                client.post("/Users", b"x", headers={"Content-Type": "text/plain"}), client.post("/Users", b" " * 1100000)]
    tap.equal([a.status for a in refusals], [404, 404, 405, 400, 401, 412, 415, 413], case("0.1", "the refusals"))
    tap.equal([is_error(a) for a in refusals], [""] * 8, case("0.1", "every error is application/scim+json"))
    for accept, wanted in (("application/json", "application/json"), ("application/json, */*", "application/scim+json"), ("*/*", "application/scim+json"),
                           (None, "application/scim+json"), ("application/scim+json, application/json", "application/scim+json")):
        for answer in (client.get(path, headers={"Accept": accept}), client.get("/Users/x", headers={"Accept": accept})):
            tap.equal(answer.type, wanted, case("0.1", f"the answer to Accept: {accept} ({answer.status})"))
            if accept == "application/json":
                tap.equal(answer.type, wanted, case("3.3", f"OneLogin asks for application/json and gets it ({answer.status})"))
    for i, kind in enumerate(("application/scim+json", "application/json", "application/scim+json; charset=utf-8", "Application/JSON; charset=UTF-8")):
        made = client.post("/Users", user(f"type{i}"), headers={"Content-Type": kind})
        tap.equal(made.status, 201, case("0.2", f"Content-Type {kind}"), made)
        tap.equal(client.get("/Users/" + made.json["id"], headers={"Content-Type": kind}).status, 200, case("0.2", "the same on GET"))
        tap.equal(client.delete("/Users/" + made.json["id"], headers={"Content-Type": None if i else kind}).status, 204, case("0.2", "DELETE without one"))
    for name in ("Users", "Groups"):
        empty = client.get(f"/{name}?filter=" + q(('userName' if name == "Users" else 'displayName') + ' eq "no such"'))
        tap.ok(empty.status == 200 and empty.json == {"schemas": [LIST], "totalResults": 0, "startIndex": 1, "itemsPerPage": 0, "Resources": []},
               case("0.4", f"an empty list of {name} has all its members"), empty)
        tap.ok(all(type(client.get("/" + name).json[n]) is int for n in ("totalResults", "startIndex", "itemsPerPage")), case("0.4", "integers"))
        for odd in ("010101001010101011001010101011", "00919288221112222", "x", NOBODY):
            tap.equal(is_error(client.get(f"/{name}/{odd}"), 404), "", case("0.5", f"{name} {odd} is 404"))
    tap.equal(client.get(path).json["id"], s.id1, case("0.5", "an id is for ever"))
    made = client.post("/Users", user("Runscope300Hfluaklab151@atko.com"))
    tap.equal(made.json["userName"], "Runscope300Hfluaklab151@atko.com", case("0.6", "the case of userName is kept"))
    taken = client.post("/Users", user("RUNSCOPE300hfluaklab151@ATKO.com"))
    tap.ok(is_error(taken, 409) == "" and taken.json["scimType"] == "uniqueness", case("0.6", "and is none for uniqueness"), taken)
    for target in ("=/nothing", "=/scim/v2/Users/%zz", "=/scim/v3/Users"):
        answer = client.get(target)
        tap.ok(answer.status < 500 and answer.json is not None and ERROR in answer.json["schemas"], case("0.9", f"{target[1:]} is SCIM JSON"), answer)
    patient = Client(stack.port, client.token, base=stack.base, timeout=60)
    tap.equal(patient.get("/Users?count=1000").status, 200, case("0.11", "a full page before Okta's socket limit"))


def okta(stack, s):
    """1: what test_okta_sequences.py does not say."""
    client, token = s.client, s.client.token
    for value in (token, "Bearer " + token, "bearer " + token):
        tap.equal(client.get("/Users?startIndex=1&count=2", headers={"Authorization": value}).status, 200,
                  case("1", f"the token as {value.replace(token, 'TOKEN')}"))
    tap.equal(client.get("//Users?startIndex=1&count=2").status, 200, case("1", "a base URL with a slash at its end"))
    tap.equal(client.get("/Users?startIndex=1&count=2", headers={"Accept-Encoding": "gzip,deflate"}).json["totalResults"], 2, case("1.1", "connection test"))
    tap.equal(client.get("/Groups?startIndex=1&count=100").json["totalResults"], 1, case("1.1", "and of groups"))
    tap.equal(is_error(client.get("/Users?startIndex=1&count=2", headers={"Authorization": "Bearer wrong"}), 401), "", case("1.1", "a wrong token"))
    client.patch("/Users/" + s.id2, [op("replace", value={"active": False})])
    tap.equal(client.find("Users", "userName", "second@example.com").json["totalResults"], 1, case("1.2", "an inactive user is found, so it can be linked"))
    whole = client.get("/Users/" + s.id1).json
    told = newest(stack.port, token)
    answer = client.put("/Users/" + s.id1, dict(whole, meta=dict(whole["meta"], location="https://elsewhere/x", created="2018-02-13T15:05:24.000-08:00"),
                                               groups=[{"value": NOBODY}], id="other", invented={"x": 1}))
    tap.ok(answer.status == 200 and answer.json == whole and newest(stack.port, token) == told,
           case("1.3", "PUT echoes id, meta and groups, and nothing changes"), answer)
    seen = client.get("/Users/" + s.id2)
    tap.ok(seen.status == 200 and seen.json["active"] is False, case("1.4", "who was deactivated can be read"), seen)
    first = client.get("/Users?count=1&startIndex=1").json["Resources"][0]
    tap.ok(all(first.get(n) for n in ("id", "userName", "active")) and first["name"]["givenName"] and first["name"]["familyName"] and
           first["emails"][0]["value"],
           case("1.6", "the first of the list is whole"), first)
    tap.equal([u["id"] for i in (1, 2) for u in client.get(f"/Users?startIndex={i}&count=1").json["Resources"]], [s.id1, s.id2],
              case("1.6", "pages have one order"))
    answer = client.put("/Groups/" + s.gid, {"schemas": [GROUP], "displayName": "Crew", "members": [{"value": s.id1, "display": "x"}]})
    tap.ok(answer.status == 200 and s.members() == [1], case("1.7", "AIW: PUT of a group without its id"), answer)
    again = client.post("/Groups", group("crew", [s.id2]))
    tap.ok(again.status == 201 and again.json["id"] == s.gid and s.members() == [2], case("1.7", "a pushed group is linked to the team of its name"), again)
    bad = client.get("/Users", headers={"Authorization": "non-token"})
    tap.ok(is_error(bad, 401) == "" and bad.json["status"] == "401" and bad.json["detail"], case("1.8", "a token without a scheme that is none"), bad)
    missing = client.get("/Users/" + NOBODY)
    tap.ok(missing.json["status"] == "404" and missing.json["detail"], case("1.8", "what is not there is told in words"), missing)


def entra(stack, s):
    """2: what the tables do not say."""
    client = s.client
    for path in (f"/Groups?excludedAttributes=members&filter={q('displayName eq ')}%22crew%22", f"/Groups/{s.gid}?excludedAttributes=members"):
        answer = client.get(path)
        one = answer.json["Resources"][0] if "Resources" in answer.json else answer.json
        tap.ok(answer.status == 200 and one["displayName"] == "Crew" and "members" not in one, case("2.2", "groups without their members"), answer)
    for text, found in ((f'id eq "{s.gid}" and members eq "{s.id1}"', [s.gid]), (f'id eq "{s.gid}" and members eq "{s.id2}"', [])):
        answer = client.get(f"/Groups?filter={q(text)}&attributes=id")
        tap.equal([g["id"] for g in answer.json["Resources"]], found, case("2.2", "reference check of a member"), answer)
    made = client.post("/Users", user("entra"))
    tap.ok(made.status == 201 and made.header("Location") == made.json["meta"]["location"] and made.json["id"], case("2.3", "201, id and Location"), made)
    taken = client.post("/Users", user("ENTRA"))
    tap.ok(is_error(taken, 409) == "" and taken.json["scimType"] == "uniqueness", case("2.3", "409 and uniqueness"), taken)
    path = "/Users/" + made.json["id"]
    answer = client.patch(path + "?aadOptscim062020", [op("replace", "active", value=False)])
    tap.ok(answer.status == 200 and answer.json["active"] is False, case("2.5", "soft delete with the flag in the URL"), answer)
    tap.equal(client.find("Users", "userName", "entra@example.com").json["totalResults"], 1, case("2.5", "who is inactive is found"))
    tap.equal([client.delete(path).status, client.get(path).status, client.delete(path).status], [204, 404, 404], case("2.5", "hard delete, and once more"))
    reborn = client.post("/Users", user("entra"))
    tap.ok(reborn.status == 201 and reborn.json["id"] != made.json["id"], case("2.5", "a deleted userName can be used again"), reborn)
    answer = client.post("/Groups", {"schemas": [GROUP, FOREIGN], "externalId": "8aa1", "displayName": "Entra", "meta": {"resourceType": "Group"}})
    tap.ok(answer.status == 201 and answer.json["schemas"] == [GROUP] and answer.json["externalId"] == "8aa1",
           case("2.6", "a schema URN of somebody else"), answer)
    rename = client.patch("/Groups/" + answer.json["id"], [op("Replace", "displayName", value="Entra two")])
    tap.ok(rename.status == 204 and rename.body == b"", case("2.6", "204 to a group PATCH"), rename)
    taken = client.patch("/Groups/" + answer.json["id"], [op("Replace", "displayName", value="CREW")])
    tap.ok(is_error(taken, 409) == "" and taken.json["scimType"] == "uniqueness", case("2.6", "the name of another group is 409"), taken)
    listed = client.get("/Schemas").json
    tap.ok(listed["schemas"] == [LIST] and "null" not in json.dumps(listed) and {"userName", "name", "emails", "active"} <=
           {a["name"] for x in listed["Resources"] if x["id"] == USER for a in x["attributes"]}, case("2.7", "/Schemas is a list in camelCase without nulls"))
    twice = client.post("/Users", user("entra-twice", emails=[{"value": "a@example.com", "type": "work"}]))
    twice = client.patch("/Users/" + twice.json["id"], [op("Add", "emails", value=[{"value": "a@example.com", "type": "work"}])])
    tap.equal(len(twice.json["emails"]), 1, case("2.7", "one value of a type is not there twice"), twice)
    tap.ok({s["id"] for s in listed["Resources"]} >= {USER, GROUP, ENTERPRISE}, case("2.8", "/Schemas lists the Group schema too"))
    tap.equal(client.get("/Users?startIndex=2&count=1").json["startIndex"], 2, case("2.8", "startIndex of the answer is the one asked for"))
    for body in ({"schemas": [USER], "displayName": "x"}, b"{"):
        tap.equal(is_error(client.post("/Users", body), 400), "", case("2.8", "no userName, or broken JSON, is 400"))
        tap.equal(is_error(client.put("/Users/" + s.id1, body), 400), "", case("2.8", "and by PUT"))
    answer = client.put("/Users/" + s.id1, dict(client.get("/Users/" + s.id1).json, shoeSize=43))
    tap.ok(answer.status == 200 and "shoeSize" not in answer.json, case("2.8", "an unknown attribute in a PUT"), answer)
    answer = client.patch("/Users/" + s.id1, [op("Replace", 'emails[type eq "x" or type eq "y"].value', value="z@example.com"),
                                              op("Replace", "active", value="False")])
    tap.ok(is_error(answer, 400) == "" and answer.json["scimType"] == "noTarget" and "Operation 1" in answer.json["detail"] and
           client.get("/Users/" + s.id1).json["active"],
           case("2.4", "what cannot be made is said, and then nothing is done"), answer)
    for name in ("Users", "Groups"):
        tap.equal([is_error(client.delete(f"/{name}/{x}"), 404) for x in (NOBODY, "x")], ["", ""], case("2.8", f"DELETE of unknown {name}"))


def others(stack, s):
    """3 to 11."""
    client = s.client
    made = client.post("/Users", user("onelogin")).json["id"]
    tap.equal([client.delete("/Users/" + made).status, client.get("/Users/" + made).status], [204, 404], case("3.4", "OneLogin deletes"))
    made = client.post("/Users", user("onelogin")).json["id"]
    answer = client.patch("/Users/" + made, [op("replace", "active", value="false")])
    tap.ok(answer.json["active"] is False, case("3.4", "or suspends, by a string"), answer)
    for value in ("OneLogin", ""):
        tap.equal(client.get("/Users?count=0", headers={"X-Custom-Header": value, "User-Agent": value}).status, 200, case("3.7", "headers that an admin added"))

    for attempt in (1, 2):
        who = client.post("/Users", user("jumpcloud-test"))
        crew = client.post("/Groups", group("JumpCloud test", [who.json["id"]]))
        steps = [who.status, crew.status, client.put("/Groups/" + crew.json["id"], group("JumpCloud test")).status,
                 client.delete("/Groups/" + crew.json["id"]).status, client.delete("/Users/" + who.json["id"]).status]
        tap.equal(steps, [201, 201, 200, 204, 204], case("4", f"JumpCloud's test of a connection makes and deletes, {attempt}"))

    for path in ("/Users?count=1", "/Groups", "/ServiceProviderConfig", "/ResourceTypes/User", "/ResourceTypes/Group", "/Schemas/" + USER, "/Schemas/" + GROUP):
        tap.equal(client.get(path).status, 200, case("7", f"CyberArk requires {path}"))
    for path in ("/ServiceProviderConfig", "/ResourceTypes", "/Schemas", "/ResourceTypes/User", "/Schemas/" + USER, "/schemas", "/resourcetypes/user",
                 "/users?count=1"):
        tap.equal(client.get(path).status, 200, case("8", f"SailPoint requires {path}"))
    tap.equal(client.get("/ServiceProviderConfig").json["patch"], {"supported": True}, case("9", "Rippling probes what is supported"))

    config = client.get("/ServiceProviderConfig").json
    tap.ok(config["patch"]["supported"] is True and config["filter"]["supported"] is True and type(config["bulk"]["maxOperations"]) is int,
           case("10.1", "authentik decides by these"), config)
    members = client.get("/Groups/" + s.gid).json["members"]
    tap.equal([m["value"] for m in members], [s.id1], case("10.1", "a group that is read has its members"))
    total = client.get("/Users").json["totalResults"]
    seen = 0
    while seen < total:
        page = client.get(f"/Users?startIndex={seen + 1}").json
        if not tap.ok(page["Resources"], case("10.1", "no page before the end is empty"), page):
            break
        seen += len(page["Resources"])
    tap.equal(seen, total, case("10.1", "as many as were promised"))
    gone = client.put("/Users/" + NOBODY, user("nobody"))
    tap.equal(is_error(gone, 404), "", case("10.1", "an update of who is gone is 404, so that he is made again"))
    made = client.post("/Users", user("keycloak")).json
    tap.ok({"id", "userName", "displayName", "active", "emails"} <= set(made), case("10.2", "keycloak-scim reads all of these from the answer"), made)
    tap.equal(client.get("/Users", headers={"Accept": "*/*"}).type, "application/scim+json", case("10.3", "SCIM-SDK takes no other type"))
    tap.ok(all(USER in u["schemas"] and u["meta"]["resourceType"] == "User" for u in client.get("/Users").json["Resources"]),
           case("10.4", "each in a list has schemas and meta.resourceType"))

    for resources, body in (("Users", user("verbs")), ("Groups", group("Verbs"))):
        made = client.post("/" + resources, body)
        path = f"/{resources}/{made.json['id']}"
        steps = [made.status, client.get(path).status, client.put(path, body).status,
                 client.patch(path, [op("replace", "displayName", value="Verbs two")]).status,
                 client.delete(path).status]
        tap.ok(steps == [201, 200, 200, 204 if resources == "Groups" else 200, 204], case("11", f"every verb that some client has, on {resources}"), steps)
    bare = client.request("PATCH", "/Users/" + s.id2, {"schemas": [PATCH, "urn:x"], "operations": [{"Op": "REPLACE", "PATH": "nickName", "Value": "x"}]})
    tap.ok(bare.status == 200 and bare.json["nickName"] == "x", case("13", "a PATCH in any case"), bare)


def user_types(stack):
    """12: under `rfc`, what is blank is cleared."""
    s = Scene(stack, "rfc", "rfc", [], {"userType": "anything"})
    path = "/Users/" + s.id1
    answer = s.client.put(path, {k: v for k, v in s.before.items() if k != "userType"})
    tap.ok(answer.status == 200 and "userType" not in answer.json, case("12", "under rfc a PUT without userType clears it"), answer)
    s.client.patch(path, [op("add", "userType", value="x")])
    answer = s.client.patch(path, [op("replace", "userType", value=None)])
    tap.ok(answer.status == 200 and "userType" not in answer.json, case("12", "and null in a PATCH"), answer)
    answer = s.client.patch(path, [op("Replace", 'phoneNumbers[type eq "work"].value', value="+1")])
    tap.ok(is_error(answer, 400) == "" and answer.json["scimType"] == "noTarget" and answer.code == "PATCH_NO_TARGET",
           case("2.4", "under rfc a replace through a path that matches nothing has no target"), answer)
    answer = s.client.patch(path, [op("add", 'phoneNumbers[type eq "work"].value', value="+1")])
    tap.ok(answer.status == 200 and answer.json["phoneNumbers"] == [{"value": "+1", "type": "work"}], case("2.4", "and an add makes it"), answer)
    s = Scene(stack, "strict", "rfc")
    stack.ctl("account", "set", "strict", "unmatched_path=refuse")
    strict = stack.client(stack.token("strict", name="later"))  # a token that no worker knows yet comes with the account as it is
    answer = strict.patch("/Users/" + s.id1, [op("add", 'phoneNumbers[type eq "work"].value', value="+1")])
    tap.equal(answer.code, "PATCH_NO_TARGET", case("2.4", "where unmatched_path is refuse, an add has none either"), answer)


def test(front):
    with Stack(front, workers=2) as stack:
        for number, (run, members) in enumerate(((creates, []), (puts, []), (patches, []), (group_patches, []), (reads, []))):
            run(Scene(stack, f"t{number}", members=members))
        for number, run in enumerate((general, okta, entra, others)):
            run(stack, Scene(stack, f"s{number}", members=[1]))
        user_types(stack)
        tap.equal(stack.verify().returncode, 0, "rosterctl verify is content")


if __name__ == "__main__":
    main(test, fronts=("lighttpd", "apache-proxy"), seconds=300)
