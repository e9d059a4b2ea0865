#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
The places where servers of SCIM go wrong, by the numbers under which the project knows them: resources (1-15), PATCH
(34-45), creation, deletion, status and headers (46-54), FastCGI behind a web server (63-69). Under the preset `rfc`, for
these are about the RFCs. Units of src/scim name those of their own: see tests/unit for 16 to 33 and the rest of 35 to 45.
"""

import json
import threading

from lib import ENTERPRISE, ERROR, GROUP, PATCH, USER, group, is_error, main, newest, tap, user
from scene import Scene
from stack import Stack

NOBODY = "0190a6c4-0000-7000-8000-000000000000"


def op(verb, path=None, **value):
    return {"op": verb, **({} if path is None else {"path": path}), **value}


def ok(number, text, good, *why):
    return tap.ok(good, f"trap {number}: {text}", *why)


def refused(number, text, answer, status, scim_type, code=None):
    wrong = is_error(answer, status) or (f"scimType {answer.json.get('scimType')}" if answer.json.get("scimType") != scim_type else "") or \
        (f"code {answer.code}" if code and answer.code != code else "")
    return ok(number, text, not wrong, wrong, answer)


def there(client, text):
    answer = client.get("/Users?filter=" + text.replace(" ", "%20").replace('"', "%22"))
    return answer.json["totalResults"]


def without(resource, *names):
    return {n: v for n, v in resource.items() if n not in names}


def resources(stack, s):
    """4.1"""
    client, path = s.client, "/Users/" + s.id1
    made = client.post("/Users", {"SCHEMAS": [USER.upper()], "USERNAME": "Case", "nAME": {"GIVENNAME": "G"}, ENTERPRISE.lower(): {"DEPARTMENT": "D"}})
    ok(1, "names and URNs without case, canonical in the answer", made.status == 201 and made.json["userName"] == "Case" and made.json["name"] ==
       {"givenName": "G"} and
       made.json[ENTERPRISE] == {"department": "D"}, made)
    seen = client.get(f"/Users/{made.json['id']}?attributes=USERNAME,{ENTERPRISE.upper()}:DEPARTMENT")
    ok(1, "in attributes= too", without(seen.json, "id", "schemas") == {"userName": "Case", ENTERPRISE: {"department": "D"}}, seen)
    answer = client.patch("/Users/" + made.json["id"], [op("add", "nickname", value="N")])
    ok(1, "in a path as the RFC itself writes it", answer.json["nickName"] == "N", answer)

    ok(2, "userName is compared without case, externalId with it", [there(client, f) for f in ('userName eq "CASE"', 'externalId eq "ext-first"',
                                                                                               'externalId eq "EXT-FIRST"')] ==
       [1, 1, 0])
    upper = client.get("/Users/" + s.id1.upper())
    ok(2, "an address takes an id in capitals, for ids are UUIDs; a filter compares it exactly", upper.status == 200 and upper.json["id"] == s.id1 and
       [there(client, f'id eq "{x}"') for x in (s.id1, s.id1.upper())] == [1, 0], upper)
    schema = client.get("/Schemas/" + USER).json["attributes"]
    title = next(a for a in schema if a["name"] == "title")
    ok(3, "every characteristic is told, with the RFC's defaults", {n: title[n] for n in ("type", "multiValued", "required", "caseExact", "mutability",
                                                                                          "returned", "uniqueness")} ==
       {"type": "string", "multiValued": False, "required": False, "caseExact": False, "mutability": "readWrite", "returned": "default",
        "uniqueness": "none"}, title)
    ok(4, "nothing complex in what is complex, and displayName of a Group is required",
       all(sub["type"] != "complex" for a in schema for sub in a.get("subAttributes", [])) and
       next(a for a in client.get("/Schemas/" + GROUP).json["attributes"] if a["name"] == "displayName")["required"] is True)

    client.patch(path, [op("add", value={"title": "T", "nickName": "N", "roles": [{"value": "r"}]})])
    answer = client.put(path, dict(client.get(path).json, title=None, roles=[], nickName=None, addresses=[{}]))
    ok(5, "null and [] in a PUT clear, and nothing is left", not {"title", "roles", "nickName", "addresses"} & set(answer.json), answer)
    answer = client.patch(path, [op("add", "title", value="T"), op("replace", "emails", value=[]), op("replace", "title", value=None)])
    ok(5, "and in a PATCH", not {"title", "emails"} & set(answer.json), answer)
    answer = client.post("/Users", {"schemas": [USER], "userName": "nulls", "title": None, "emails": [], "name": {"givenName": None}})
    ok(5, "and in a POST", answer.status == 201 and not {"title", "emails", "name"} & set(answer.json), answer)

    two = [{"value": "a@x.org", "primary": True}, {"value": "b@x.org", "primary": True}]
    refused(6, "two primary values by POST", client.post("/Users", user("two", emails=two)), 400, "invalidValue", "PRIMARY_TWICE")
    refused(6, "by PUT", client.put(path, user("first", emails=two)), 400, "invalidValue", "PRIMARY_TWICE")
    refused(6, "and by PATCH", client.patch(path, [op("replace", "emails", value=two)]), 400, "invalidValue", "PRIMARY_TWICE")
    created = client.get(path).json["meta"]["created"]
    ok(7, "dateTimes are xsd:dateTime", created[10] == "T" and created.endswith("Z") and len(created) == 24, created)

    answer = client.post("/Users", user("own-id", id="my-own", meta={"version": "x", "location": "y"}, groups=[{"value": s.gid}], externalId="ext-first"))
    ok(8, "id and meta of the client count for nothing, externalId is not unique", answer.status == 201 and answer.json["id"] != "my-own" and
       "bulkid" not in answer.json["id"].lower() and answer.json["meta"]["location"].endswith(answer.json["id"]) and "groups" not in answer.json, answer)

    answer = client.patch(path, [op("add", ENTERPRISE + ":department", value="D")])
    ok(9, "the first attribute of an extension adds its URN", answer.json["schemas"] == [USER, ENTERPRISE], answer)
    answer = client.patch(path, [op("remove", ENTERPRISE + ":department")])
    ok(9, "the last one takes it away", answer.json["schemas"] == [USER] and ENTERPRISE not in answer.json, answer)
    answer = client.post("/Users", user("empty-extension", schemas=[USER, ENTERPRISE, "urn:x"], **{ENTERPRISE: {}}))
    ok(9, "a URN without anything of it is not listed, an unknown one is passed over", answer.status == 201 and answer.json["schemas"] == [USER], answer)
    for schemas in (None, [], [GROUP]):
        refused(9, f"schemas {schemas}", client.post("/Users", user("no-schemas", schemas=schemas)), 400, "invalidSyntax", "SCHEMAS_MISSING")

    answer = client.put(path, user("first", shoeSize=43))
    ok(10, "unknown attributes are ignored", answer.status == 200 and "shoeSize" not in answer.json, answer)
    stack.ctl("account", "set", "traps", "unknown_attributes=reject")
    strict = stack.client(stack.token("traps", name="strict"))
    refused(10, "or refused, as the account has it", strict.put(path, user("first", shoeSize=43)), 400, "invalidSyntax", "ATTRIBUTE_UNKNOWN")
    refused(10, "in a PATCH too", strict.patch(path, [op("add", value={"shoeSize": 43})]), 400, "invalidSyntax", "ATTRIBUTE_UNKNOWN")
    stack.ctl("account", "set", "traps", "unknown_attributes=ignore")

    seen = [client.get(path + q).json for q in ("?attributes=title", "?excludedAttributes=id,schemas,userName", "?attributes=password")]
    ok(11, "what is always returned is, whatever was asked", all({"id", "schemas"} <= set(x) for x in seen), seen)
    secret = client.put(path + "?attributes=password,userName", user("first", password="Secret-1-word"))
    ok(11, "a password never is", "assword" not in secret.body.decode() and "Secret" not in json.dumps([client.get(path).json, secret.json]), secret)
    refused(11, "and cannot be guessed by a filter", client.get("/Users?filter=password%20sw%20%22S%22"), 400, "invalidFilter")

    refused(12, "attributes and excludedAttributes", client.get(path + "?attributes=name&excludedAttributes=title"), 400, "invalidValue", "PARAMETER_CONFLICT")
    answers = [client.post("/Users?attributes=name.familyName", user("projected")), client.put(path + "?attributes=name.familyName", user("first")),
               client.patch(path + "?attributes=name.familyName,nothing", [op("add", "title", value="x")])]
    ok(12, "answers to POST, PUT and PATCH are projected", [without(a.json, "id", "schemas") for a in answers] ==
       [{"name": {"familyName": "Example"}}] * 3, *answers)
    ok(12, "a whole extension by its URN", set(client.get(path + "?attributes=" + ENTERPRISE).json) == {"id", "schemas"})

    answer = client.put(path, dict(client.get(path).json, groups=[{"value": NOBODY}], meta={"created": "1999-01-01T00:00:00Z"}))
    ok(13, "what is read-only is ignored in a PUT", answer.status == 200 and answer.json["meta"]["created"] == created, answer)
    for target in ("id", "meta.created", "groups"):
        refused(13, f"and refused as the path of a PATCH: {target}", client.patch(path, [op("replace", target, value="x")]), 400, "mutability",
                "PATCH_MUTABILITY")
    refused(13, "a member's value is immutable", client.patch("/Groups/" + s.gid, [op("replace", "members.value", value=s.id2)]), 400, "mutability")

    client.put(path, user("first", title="T", userType="Boss"))
    answer = client.put(path, {"schemas": [USER], "userName": "first@example.com"})
    ok(14, "what a PUT leaves out is cleared, but active", not {"title", "name", "emails", "userType"} & set(answer.json) and
       answer.json["active"] is True, answer)
    refused(14, "what is required is required", client.put(path, {"schemas": [USER]}), 400, "invalidValue", "ATTRIBUTE_REQUIRED")
    refused(14, "a PUT makes nothing", client.put("/Users/" + NOBODY, user("nobody")), 404, None)

    body = user("canon", emails=[{"value": " B@Example.COM"}], phoneNumbers=[{"value": "(0228) 1 2"}], locale="EN_us", profileUrl="HTTP://X")
    answer = client.post("/Users", body)
    ok(15, "nothing is canonicalised", answer.status == 201 and {n: answer.json[n] for n in ("emails", "phoneNumbers", "locale", "profileUrl")} ==
       {n: body[n] for n in ("emails", "phoneNumbers", "locale", "profileUrl")}, answer)
    client.patch("/Groups/" + s.gid, [op("add", "members", value=[{"value": s.id1}])])
    ok(15, "groups are derived", client.get(path).json["groups"][0] == {"value": s.gid, "$ref": client.get("/Groups/" + s.gid).json["meta"]["location"],
                                                                      "display": "Crew", "type": "direct"})


def patch(stack, s):
    """4.3 on the wire; each form of it is in tests/unit/test_patch.c."""
    client, path, crew = s.client, "/Users/" + s.id1, "/Groups/" + s.gid
    before, team, told = client.get(path).body, client.get(crew).body, newest(s.port, client.token)
    refused(34, "one bad operation of three undoes all", client.patch(path,
                                                                      [op("add", "title", value="x"), op("remove", "emails"),
                                                                       op("add", "active", value=3)]), 400, "invalidValue")
    refused(34, "of a group too", client.patch(crew, [op("add", "members", value=[{"value": s.id2}]), op("replace", "displayName", value="New"),
                                                     op("add", "members", value=[{"value": NOBODY}])]), 400, "invalidValue")
    ok(34, "nothing changed and nothing was told", (client.get(path).body, client.get(crew).body, newest(s.port, client.token)) == (before, team, told))

    def raise_(n):
        client.patch(path, [op("add", "roles", value=[{"value": f"r{n}"}])])

    threads = [threading.Thread(target=raise_, args=(n,)) for n in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    ok(34, "PATCHes at once lose nothing", sorted(r["value"] for r in client.get(path).json["roles"]) == [f"r{n}" for n in range(8)])

    refused(35, "remove without a path", client.patch(path, [op("remove")]), 400, "noTarget")
    ok(35, "remove that matches nothing is done", client.patch(path, [op("remove", 'emails[type eq "fax"]')]).status == 200)
    ok(35, "a member who is none, too", client.patch(crew, [op("remove", f'members[value eq "{NOBODY}"]')]).status == 204)
    refused(35, "replace that matches nothing has no target", client.patch(path, [op("replace", 'emails[type eq "fax"].value', value="x")]), 400,
            "noTarget", "PATCH_NO_TARGET")

    seen, told = client.get(path), newest(s.port, client.token)
    same = [op("add", "emails", value=seen.json["emails"]), op("add", "roles", value={"value": "r1"}), op("replace", "active", value="True"),
            op("add", value=without(seen.json, "meta"))]
    answers = [client.patch(path, [o]) for o in same] + [client.patch(path, same)]
    ok(36, "what is there already is no change: 200, lastModified and version stay",
       all(a.status == 200 and a.json == seen.json and a.header("ETag") == seen.header("ETag") for a in answers) and
       newest(s.port, client.token) == told, *answers)
    client.patch(crew, [op("add", "members", value=[{"value": s.id1}])])
    etag = client.get(crew).header("ETag")
    ok(36, "a member who is one already", client.patch(crew, [op("add", "members", value=[{"value": s.id1}])]).header("ETag") == etag)

    client.patch(path, [op("replace", "emails", value=[{"value": "a", "type": "work", "primary": True}, {"value": "b", "type": "home"},
                                                       {"value": "c", "type": "home"}])])
    answer = client.patch(path, [op("replace", 'emails[type eq "home"].primary', value=True)])
    ok(37, "a new primary is the only one, also where several match", [e.get("primary") for e in answer.json["emails"]] == [False, False, True], answer)
    answer = client.patch(path, [op("replace", "name", value={"givenName": "New"}), op("replace", 'emails[type eq "home"].display', value="D")])
    ok(38, "a complex value merges, a filter means all that match", answer.json["name"] == {"familyName": "Example", "givenName": "New"} and
       [e.get("display") for e in answer.json["emails"]] == [None, "D", "D"], answer)
    refused(39, "removing what is required", client.patch(path, [op("remove", "userName")]), 400, "mutability")
    answer = client.patch(path, [op("remove", 'emails[value eq "c"].display'), op("remove", 'emails[value eq "a"]')])
    ok(39, "a sub-attribute, or a value", answer.json["emails"] == [{"value": "b", "display": "D", "type": "home", "primary": False},
                                                                    {"value": "c", "type": "home", "primary": True}], answer)
    ok(39, "the last value takes the attribute along", "emails" not in client.patch(path, [op("remove", "emails[value pr]")]).json)
    answer = client.patch(path, [op("replace", value={ENTERPRISE: {"department": "D"}, ENTERPRISE + ":division": "V", "name.givenName": "Dot",
                                                      "roles": [{"value": "r"}]})])
    ok(40, "without a path: an extension, a full name, a dotted one, an array", answer.json[ENTERPRISE] == {"department": "D", "division": "V"} and
       answer.json["name"]["givenName"] == "Dot" and answer.json["roles"] == [{"value": "r"}], answer)
    for target, scim_type in (("emails[0]", "invalidPath"), ("nothing", "invalidPath"), ("name..givenName", "invalidPath"),
                              ("emails[type eq]", "invalidFilter"), ("emails[type eq \"work\"", "invalidPath")):
        refused(41, f"the path {target}", client.patch(path, [op("remove", target)]), 400, scim_type)
    ok(42, "ops in any case", client.patch(path, [op("Add", "title", value="x"), op("REPLACE", "title", value="y"), op("rEmOvE", "title")]).status == 200)
    refused(42, "no operations at all", client.patch(path, []), 400, "invalidSyntax", "PATCH_SYNTAX")

    answer = client.patch(crew, [op("replace", "displayName", value="Crew 2")])
    ok(43, "204 has ETag and Location", answer.status == 204 and answer.header("ETag") == client.get(crew).header("ETag") and
       answer.header("Location").endswith(crew), answer)
    answer = client.patch(crew + "?attributes=displayName", [op("replace", "displayName", value="Crew")])
    ok(43, "200 where attributes are asked for", answer.status == 200 and without(answer.json, "id", "schemas") == {"displayName": "Crew"}, answer)
    answer = client.patch(path, [op("remove", "userName"), op("add", ENTERPRISE + ":department", value="X"), op("remove", ENTERPRISE),
                                 op("add", "userName", value="again@example.com")])
    ok(44, "operations see the ones before, the whole is judged at the end", answer.status == 200 and answer.json["userName"] == "again@example.com" and
       ENTERPRISE not in answer.json, answer)
    client.patch(crew, [op("replace", "members", value=[s.id1, s.id2])])
    client.patch(crew, [op("remove", "members", value=[{"$ref": None, "value": s.id1}])])
    ok(45, "remove with values removes only these", s.members() == [2])
    answer = client.patch(path, [op("Replace", "active", value="False"), op("Add", ENTERPRISE + ":manager", value=s.id2),
                                 op("Replace", "displayName", value="")])
    ok(45, "string booleans, a bare manager, an empty string", answer.json["active"] is False and answer.json[ENTERPRISE]["manager"] ==
       {"value": s.id2} and "displayName" not in answer.json, answer)


def lifecycle(stack, s):
    """4.4"""
    client, path = s.client, "/Users/" + s.id1
    made = client.post("/Users", user("born"))
    ok(46, "201, Location and meta.location", made.status == 201 and made.header("Location") == made.json["meta"]["location"], made)
    born = "/Users/" + made.json["id"]
    for answer in (client.post("/Users", user("BORN")), client.put(path, user("born")),
                   client.patch(path, [op("replace", "userName", value="Born@example.com")])):
        refused(46, "a userName that is taken", answer, 409, "uniqueness", "USERNAME_TAKEN")

    client.patch("/Groups/" + s.gid, [op("add", "members", value=[{"value": made.json["id"]}])])
    client.patch(path, [op("add", "manager", value=made.json["id"])])
    answer = client.delete(born)
    ok(47, "DELETE is 204 and empty", answer.status == 204 and answer.body == b"", answer)
    after = [client.get(born), client.put(born, user("born")), client.patch(born, [op("add", "title", value="x")]), client.delete(born)]
    ok(47, "and then everything is 404", [is_error(a, 404) for a in after] == [""] * 4, *after)
    ok(47, "no search finds it, no group has it", there(client, 'userName eq "born@example.com"') == 0 and made.json["id"] not in json.dumps(s.team()))
    mine = client.get(path)
    ok(47, "nobody has him as a manager", ENTERPRISE not in mine.json or "manager" not in mine.json[ENTERPRISE], mine)
    again = client.post("/Users", user("born"))
    ok(47, "the name is free at once, the id is not used again", again.status == 201 and again.json["id"] != made.json["id"], again)

    for answer, status in ((client.get("/Users/x"), 404), (client.get("/Users", headers={"Authorization": None}), 401),
                           (client.request("DELETE", "/Users"), 405),
                           (client.post("/Users", b"{}", headers={"Content-Type": "text/plain"}), 415), (client.post("/Users", b" " * 1100000), 413),
                           (client.get("/Me"), 501), (client.get(path, headers={"If-Match": '"x"'}), 412)):
        ok(48, f"the error {status}: SCIM JSON, the status a string", is_error(answer, status) == "" and isinstance(answer.json["status"], str) and
           set(answer.json) <= {"schemas", "status", "scimType", "detail"}, answer)

    for kind in ("application/scim+json", "APPLICATION/JSON; Charset=UTF-8", None):
        answer = client.post("/Users", user(f"type-{kind}".replace("/", "").replace(" ", "").replace(";", "").replace("=", "")), headers={"Content-Type": kind})
        ok(49, f"Content-Type {kind}", answer.status == 201, answer)
    refused(49, "another Content-Type", client.post("/Users", user("x"), headers={"Content-Type": "application/xml"}), 415, None, "MEDIA_TYPE")
    for accept in ("*/*", "application/*", "text/html", "application/scim+json;q=0.5"):
        ok(49, f"Accept {accept}", client.get(path, headers={"Accept": accept}).type == "application/scim+json")
    for body, code in ((b'{"a":1,"A":2}', "JSON_DUPLICATE_NAME"), (b'{"a":"\xff"}', "JSON_NOT_UTF8"), (b'{"a":"\\ud800"}', None)):
        refused(49, f"the body {body}", client.post("/Users", body), 400, "invalidSyntax", code)

    seen = client.get(path)
    etag = seen.header("ETag")
    ok(50, "ETag is meta.version, and weak", etag == seen.json["meta"]["version"] and etag.startswith('W/"'), seen)
    for value in (etag, etag[2:], f'"x", {etag}', "*", etag[:-1] + '-gzip"'):
        ok(50, f"If-Match {value} holds", client.patch(path, [op("replace", "active", value=True)], headers={"If-Match": value}).status == 200)
    refused(50, "If-Match of another version", client.put(path, user("first"), headers={"If-Match": '"0"'}), 412, None, "VERSION_MISMATCH")
    refused(50, "If-None-Match on a write", client.put(path, user("first"), headers={"If-None-Match": etag}), 412, None, "VERSION_MISMATCH")
    answer = client.get(path, headers={"If-None-Match": f'"x", {etag}'})
    ok(50, "304 has the ETag and no body", answer.status == 304 and answer.body == b"" and answer.header("ETag") == etag, answer)
    client.patch("/Groups/" + s.gid, [op("add", "members", value=[{"value": s.id1}])])
    ok(50, "a user's version does not change with its groups, which are derived", client.get(path).header("ETag") == etag)
    ok(50, "a projection has the same ETag", client.get(path + "?attributes=userName").header("ETag") == etag)

    answer = client.get("=/scim/v1/Users")
    ok(51, "another version is not there, and is told where to look", is_error(answer, 404) == "" and "/scim/v2" in answer.json["detail"], answer)
    answer = client.put("/Groups/" + s.gid, {"schemas": [GROUP], "displayName": "Crew", "members": [{"value": s.id1, "$ref": "../Users/" + s.id1}]})
    ok(51, "a $ref may be relative", answer.status == 200 and s.members() == [1], answer)

    for place in ("/ServiceProviderConfig", "/ResourceTypes", "/Schemas", "/ResourceTypes/User", "/Schemas/" + USER):
        answer = client.post(place, {})
        ok(52, f"{place} is for GET", is_error(answer, 405) == "" and "GET" in answer.header("Allow"), answer)
        refused(52, f"{place} takes no filter", client.get(place + "?filter=id%20pr"), 403, None, "FILTER_FORBIDDEN")
        ok(52, f"{place} does not page or sort", client.get(place).json == client.get(place + "?startIndex=2&count=1&sortBy=id").json)
    config = client.get("/ServiceProviderConfig").json
    ok(52, "every part of the configuration is told", all(n in config for n in ("patch", "bulk", "filter", "changePassword", "sort", "etag",
                                                                                "authenticationSchemes")) and
       {"supported", "maxOperations", "maxPayloadSize"} <= set(config["bulk"]) and {"supported", "maxResults"} <= set(config["filter"]), config)
    refused(52, "an unknown schema", client.get("/Schemas/urn:nothing"), 404, None, "DISCOVERY_UNKNOWN")
    ok(52, "a URN in any case", client.get("/Schemas/" + USER.upper()).json["id"] == USER)

    for method in ("GET", "PUT", "PATCH", "DELETE"):
        refused(53, f"{method} /Me", client.request(method, "/Me", {"schemas": [PATCH]} if method in ("POST", "PUT", "PATCH") else None), 501, None,
                "ME_UNSUPPORTED")

    head = client.request("HEAD", path)
    ok(54, "HEAD", head.status == 200 and head.body == b"" and head.header("ETag") == client.get(path).header("ETag"), head)
    refused(54, "OPTIONS", client.request("OPTIONS", path), 405, None, "METHOD_NOT_ALLOWED")
    answer = client.post("/Users", {"schemas": [USER], "userName": "overridden"}, headers={"X-HTTP-Method-Override": "DELETE"})
    ok(54, "no header changes the method", answer.status == 201, answer)
    ok(54, "a slash at the end", client.get(path + "/").json == client.get(path).json and client.get("/Users/?count=0").status == 200)
    ok(54, "an id with percent escapes", client.get("/Users/" + s.id1.replace("-", "%2D").replace("a", "%61")).status == 200)
    refused(54, "no suffix", client.get(path + ".scim"), 404, None, "RESOURCE_NOT_FOUND")


def behind(stack, s):
    """4.7, behind every web server"""
    client, path = s.client, "/Users/" + s.id1
    ok(63, "the token reaches the program", client.get("/Users?count=0").status == 200)
    made = client.post("/Users", user("located"))
    ok(64, "201 with Location is 201", made.status == 201 and made.header("Location") == made.json["meta"]["location"], made)
    answers = [client.get(path), client.put(path, user("first")), client.patch(path, [op("add", "title", value="x")])]
    ok(64, "200 has no Location that could become a redirect", [(a.status, a.header("Location")) for a in answers] == [(200, None)] * 3, *answers)
    answer = client.patch("/Groups/" + s.gid, [op("replace", "displayName", value="Crew")])
    ok(64, "204 with Location is 204", answer.status == 204 and answer.header("Location") and answer.body == b"", answer)
    etag = client.get(path).header("ETag")
    answers = [client.get(path, headers=h) for h in ({"If-None-Match": etag}, {"If-Match": '"x"'}, {"If-None-Match": '"x"'})]
    ok(65, "preconditions are ours to judge", [a.status for a in answers] == [304, 412, 200] and is_error(answers[1]) == "" and
       answers[0].header("ETag") == etag, *answers)
    zipped = client.get(path, headers={"Accept-Encoding": "gzip, deflate, br"})
    ok(66, "the entity tag is not rewritten", zipped.header("ETag") == etag, zipped)
    ok(66, "and one that was is understood", client.get(path, headers={"If-None-Match": etag[:-1] + '-gzip"'}).status == 304)
    for answer, status in ((client.get("=/elsewhere"), 404), (client.post("/Users", b" " * 1100000), 413), (client.get("/Users?filter=%zz"), 400),
                           (client.get("/Users", headers={"Authorization": "Basic eDp5"}), 401)):
        ok(67, f"the error {status} is SCIM JSON", answer.status == status and answer.type == "application/scim+json" and ERROR in answer.json["schemas"],
           answer)
    ok(68, "a URN in the path", client.get("/Schemas/" + USER).json["id"] == USER and client.get("/Schemas/" + USER.replace(":", "%3A")).json["id"] == USER)
    ok(68, "+ is a space in a query, %2B is not", client.get("/Users?filter=userName+eq+%22first@example.com%22").json["totalResults"] == 1 and
       client.get("/Users?filter=userName+eq+%22a%2Bb@example.com%22").json["totalResults"] == 0)
    plus = client.post("/Users", user("a+b@example.com"))
    ok(68, "a name with + is found by it", plus.status == 201 and client.get("/Users?filter=userName+eq+%22a%2Bb@example.com%22").json["totalResults"] ==
       1, plus)
    for odd in ("/Users/a%2Fb", "/Users/%252F", "//Users//" + s.id1):
        answer = client.get(odd)
        ok(68, f"GET {odd} is decoded once", answer.status in (200, 404) and (answer.status == 200 or ERROR in answer.json["schemas"]), answer)
    body = json.dumps(user("chunked", nickName="ö" * 4000)).encode()
    answer = client.post("/Users", body, chunked=True)
    ok(69, "a body in chunks, without its length", answer.status == 201 and answer.json["nickName"] == "ö" * 4000, answer)


def test(front):
    with Stack(front, workers=2) as stack:
        scenes = [("behind", behind)]
        if front == "lighttpd":
            scenes += [("traps", resources), ("patch", patch), ("life", lifecycle)]
        for name, run in scenes:
            run(stack, Scene(stack, name, "rfc"))
        tap.equal(stack.verify().returncode, 0, "rosterctl verify is content")


if __name__ == "__main__":
    main(test, seconds=300)
