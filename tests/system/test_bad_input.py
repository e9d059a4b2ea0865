#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
Whatever a client sends: a catalogued SCIM error, nothing changed, every worker still the same process.
"""

import base64
import hashlib
import http.client
import json
import socket
import time

from lib import GROUP, PATCH, USER, Answer, is_error, main, newest, tap, user
from stack import Stack

NOBODY = "0190a6c4-0000-7000-8000-000000000000"
SYNTAX = "invalidSyntax"


def nested(depth):
    return b'{"userName":"deep@example.com","x":' + b"[" * (depth - 1) + b"]" * (depth - 1) + b"}"


def with_value(text):
    return b'{"schemas":["' + USER.encode() + b'"],"userName":"bad@example.com","displayName":' + text + b"}"


def new(**more):
    value = user("bad")
    value.update(more)
    return value


# What no JSON reader may take: (name, body, codes, scimType)
BODIES = [
    ("no body", b"", {"BODY_MISSING"}, SYNTAX),
    ("white space only", b" \r\n\t ", {"BODY_MISSING", "JSON_MALFORMED"}, SYNTAX),
    ("cut off", b'{"userName":', {"JSON_MALFORMED"}, SYNTAX),
    ("cut off in a string", b'{"userName":"a', {"JSON_MALFORMED"}, SYNTAX),
    ("single quotes", b"{'userName':'a'}", {"JSON_MALFORMED"}, SYNTAX),
    ("a comma at the end", b'{"userName":"a",}', {"JSON_MALFORMED"}, SYNTAX),
    ("a comment", b'{"userName":"a"/**/}', {"JSON_MALFORMED"}, SYNTAX),
    ("text behind", b'{"userName":"a"} x', {"JSON_MALFORMED"}, SYNTAX),
    ("two values", b'{"userName":"a"}{}', {"JSON_MALFORMED"}, SYNTAX),
    ("NaN", with_value(b"NaN"), {"JSON_MALFORMED"}, SYNTAX),
    ("-Infinity", with_value(b"-Infinity"), {"JSON_MALFORMED"}, SYNTAX),
    ("TRUE", with_value(b"TRUE"), {"JSON_MALFORMED"}, SYNTAX),
    ("a number with a leading zero", with_value(b"01"), {"JSON_MALFORMED"}, SYNTAX),
    ("a number with a bare point", with_value(b"5."), {"JSON_MALFORMED"}, SYNTAX),
    ("a raw tab in a string", with_value(b'"a\tb"'), {"JSON_MALFORMED"}, SYNTAX),
    ("an unknown escape", with_value(b'"\\x41"'), {"JSON_MALFORMED"}, SYNTAX),
    ("a byte order mark", b"\xef\xbb\xbf{}", {"JSON_MALFORMED"}, SYNTAX),
    ("form data", b"userName=a&active=true", {"JSON_MALFORMED"}, SYNTAX),
    ("XML", b"<User><userName>a</userName></User>", {"JSON_MALFORMED"}, SYNTAX),
    ("an array", b"[]", {"BODY_NOT_OBJECT"}, SYNTAX),
    ("a string", b'"x"', {"BODY_NOT_OBJECT"}, SYNTAX),
    ("a number", b"1", {"BODY_NOT_OBJECT"}, SYNTAX),
    ("null", b"null", {"BODY_NOT_OBJECT"}, SYNTAX),
    ("a name twice", b'{"userName":"a@example.com","userName":"b@example.com"}', {"JSON_DUPLICATE_NAME"}, SYNTAX),
    ("a name twice in other case", b'{"userName":"a@example.com","USERNAME":"b@example.com"}', {"JSON_DUPLICATE_NAME"}, SYNTAX),
    ("a name twice by an escape", b'{"userName":"a@example.com","user\\u004eame":"b@example.com"}', {"JSON_DUPLICATE_NAME"}, SYNTAX),
    ("a name twice further in", b'{"userName":"a@example.com","name":{"givenName":"a","givenName":"b"}}', {"JSON_DUPLICATE_NAME"}, SYNTAX),
    ("17 levels", nested(17), {"JSON_TOO_DEEP"}, SYNTAX),
    ("10,000 levels", nested(10000), {"JSON_TOO_DEEP"}, SYNTAX),
    ("overlong UTF-8", with_value(b'"\xc0\x80"'), {"JSON_NOT_UTF8"}, SYNTAX),
    ("a surrogate in UTF-8", with_value(b'"\xed\xa0\x80"'), {"JSON_NOT_UTF8"}, SYNTAX),
    ("UTF-8 cut off", with_value(b'"\xe2\x82"'), {"JSON_NOT_UTF8"}, SYNTAX),
    ("Latin-1", with_value(b'"J\xf6rg"'), {"JSON_NOT_UTF8"}, SYNTAX),
    ("beyond Unicode", with_value(b'"\xf4\x90\x80\x80"'), {"JSON_NOT_UTF8"}, SYNTAX),
    ("a lone surrogate by an escape", with_value(b'"\\ud800"'), {"JSON_NOT_UTF8", "JSON_MALFORMED"}, SYNTAX),
    ("UTF-16", '{"userName":"a"}'.encode("utf-16"), {"JSON_MALFORMED", "JSON_NOT_UTF8"}, SYNTAX),
    ("a raw NUL", b'{"userName":"a\x00b"}', {"JSON_MALFORMED", "JSON_NOT_UTF8"}, SYNTAX),
    ("a NUL behind", b'{"userName":"a"}\x00', {"JSON_MALFORMED", "JSON_NOT_UTF8"}, SYNTAX),
    ("a NUL by an escape", with_value(b'"a\\u0000b"'), {"JSON_MALFORMED", "JSON_NOT_UTF8"}, SYNTAX),
    ("a NUL in a name", b'{"user\\u0000Name":"a@example.com"}', {"JSON_MALFORMED", "JSON_NOT_UTF8"}, SYNTAX),
    ("an integer over 64 bits", with_value(b"18446744073709551616"), {"JSON_NUMBER_RANGE"}, SYNTAX),
    ("a number that is no double", with_value(b"1e999"), {"JSON_NUMBER_RANGE"}, SYNTAX),
]

# JSON, but not a user: (name, body, codes, scimType)
USERS = [
    ("no schemas", {"userName": "bad@example.com"}, {"SCHEMAS_MISSING"}, SYNTAX),
    ("schemas a string", new(schemas=USER), {"SCHEMAS_MISSING", "ATTRIBUTE_TYPE"}, None),
    ("another schema", new(schemas=[GROUP]), {"SCHEMAS_MISSING"}, SYNTAX),
    ("no userName", {"schemas": [USER], "displayName": "x"}, {"ATTRIBUTE_REQUIRED"}, "invalidValue"),
    ("userName empty", new(userName=""), {"ATTRIBUTE_REQUIRED", "USERNAME_NOT_EMAIL"}, "invalidValue"),
    ("userName null", new(userName=None), {"ATTRIBUTE_REQUIRED"}, "invalidValue"),
    ("userName a number", new(userName=5), {"ATTRIBUTE_TYPE"}, "invalidValue"),
    ("userName an array", new(userName=["a@example.com"]), {"ATTRIBUTE_TYPE"}, "invalidValue"),
    ("userName an object", new(userName={"value": "a@example.com"}), {"ATTRIBUTE_TYPE"}, "invalidValue"),
    ("userName no address", new(userName="nobody"), {"USERNAME_NOT_EMAIL"}, "invalidValue"),
    ("userName of 100 KB", new(userName="a" * 100000 + "@example.com"),
     {"ATTRIBUTE_TOO_LONG", "USERNAME_NOT_EMAIL", "EMAIL_MALFORMED"}, "invalidValue"),
    ("name a string", new(name="A B"), {"ATTRIBUTE_TYPE"}, "invalidValue"),
    ("name a list", new(name=[{"givenName": "A"}]), {"ATTRIBUTE_TYPE"}, "invalidValue"),
    ("a name with a bad character", new(name={"givenName": "A<b>", "familyName": "B"}), {"NAME_BAD_CHARACTER"}, "invalidValue"),
    ("emails a number", new(emails=5), {"ATTRIBUTE_TYPE"}, "invalidValue"),
    ("emails a list of numbers", new(emails=[1, 2]), {"ATTRIBUTE_TYPE"}, "invalidValue"),
    ("an e-mail value that is an object", new(emails=[{"value": {"x": 1}}]), {"ATTRIBUTE_TYPE"}, "invalidValue"),
    ("an e-mail that is none", new(emails=[{"value": "nonsense"}]), {"EMAIL_MALFORMED"}, "invalidValue"),
    ("two primary e-mails", new(emails=[{"value": "a@example.com", "primary": True}, {"value": "b@example.com", "primary": True}]),
     {"PRIMARY_TWICE"}, "invalidValue"),
    ("active an object", new(active={}), {"ATTRIBUTE_TYPE"}, "invalidValue"),
    ("active a word", new(active="perhaps"), {"ATTRIBUTE_TYPE"}, "invalidValue"),
    ("an unknown userType", new(userType="emperor"), {"TYPE_UNKNOWN"}, "invalidValue"),
]

GROUPS = [
    ("no displayName", {"schemas": [GROUP], "members": []}, {"ATTRIBUTE_REQUIRED"}, "invalidValue"),
    ("displayName a list", {"schemas": [GROUP], "displayName": ["x"]}, {"ATTRIBUTE_TYPE"}, "invalidValue"),
    ("members a string", {"schemas": [GROUP], "displayName": "x", "members": "y"}, {"ATTRIBUTE_TYPE"}, "invalidValue"),
    ("members a list of lists", {"schemas": [GROUP], "displayName": "x", "members": [[]]}, {"ATTRIBUTE_TYPE", "MEMBER_UNKNOWN"}, "invalidValue"),
    ("a member who is nobody", {"schemas": [GROUP], "displayName": "x", "members": [{"value": NOBODY}]}, {"MEMBER_UNKNOWN"}, "invalidValue"),
    ("a member of no shape", {"schemas": [GROUP], "displayName": "x", "members": [{"value": "../etc"}]}, {"MEMBER_UNKNOWN"}, "invalidValue"),
]

OPERATIONS = [
    ("not a PATCH message", {"active": False}, {"SCHEMAS_MISSING", "PATCH_SYNTAX"}, SYNTAX),
    ("no operations", {"schemas": [PATCH]}, {"PATCH_SYNTAX"}, SYNTAX),
    ("operations an object", {"schemas": [PATCH], "Operations": {"op": "add"}}, {"PATCH_SYNTAX"}, SYNTAX),
    ("an operation that is a word", {"schemas": [PATCH], "Operations": ["add"]}, {"PATCH_SYNTAX"}, SYNTAX),
    ("an unknown op", {"schemas": [PATCH], "Operations": [{"op": "move", "path": "title", "value": "x"}]}, {"PATCH_SYNTAX"}, SYNTAX),
    ("op missing", {"schemas": [PATCH], "Operations": [{"path": "title", "value": "x"}]}, {"PATCH_SYNTAX"}, SYNTAX),
    ("remove without a path", {"schemas": [PATCH], "Operations": [{"op": "remove"}]}, {"PATCH_NO_TARGET", "PATCH_SYNTAX"}, None),
    ("a path with a bad filter", {"schemas": [PATCH], "Operations": [{"op": "replace", "path": 'emails[type eq "work"', "value": "x"}]},
     {"PATCH_FILTER", "PATCH_PATH"}, None),
    ("a path that is nonsense", {"schemas": [PATCH], "Operations": [{"op": "replace", "path": "a b c", "value": "x"}]}, {"PATCH_PATH"}, "invalidPath"),
    ("a path into the program", {"schemas": [PATCH], "Operations": [{"op": "replace", "path": "__proto__.x", "value": "x"}]}, {"PATCH_PATH"}, "invalidPath"),
    ("a value of the wrong type", {"schemas": [PATCH], "Operations": [{"op": "replace", "path": "userName", "value": [1]}]},
     {"PATCH_VALUE", "ATTRIBUTE_TYPE"}, "invalidValue"),
    ("userName taken away", {"schemas": [PATCH], "Operations": [{"op": "remove", "path": "userName"}]},
     {"PATCH_MUTABILITY", "ATTRIBUTE_REQUIRED"}, None),
    ("id changed", {"schemas": [PATCH], "Operations": [{"op": "replace", "path": "id", "value": "x"}]},
     {"PATCH_MUTABILITY"}, "mutability"),
]

IDS = ["0", "1", "-1", "null", "undefined", NOBODY, NOBODY.upper(), NOBODY.replace("-", ""), NOBODY + "0", NOBODY[:-1],
       "010101001010101011001010101011", "00919288221112222", "x" * 2000, "%C3%A4%E2%82%AC", "a%20b", "a+b", "a%3Bb", "..%2e",
       "%7B%7D", "'--", "%22", "me@example.com", "rst_x", "*", "$ref", "a:b", "{id}"]

QUERIES = [
    ("filter=userName", {"FILTER_SYNTAX"}, "invalidFilter"),
    ("filter=userName%20eq", {"FILTER_SYNTAX"}, "invalidFilter"),
    ("filter=userName%20eq%20%22a", {"FILTER_SYNTAX"}, "invalidFilter"),
    ("filter=userName%20is%20%22a%22", {"FILTER_SYNTAX"}, "invalidFilter"),
    ("filter=(userName%20eq%20%22a%22", {"FILTER_SYNTAX"}, "invalidFilter"),
    ("filter=nonsense%20eq%20%22a%22", {"FILTER_ATTRIBUTE"}, "invalidFilter"),
    ("filter=" + "(" * 100 + "userName%20eq%20%22a%22" + ")" * 100, {"FILTER_TOO_LARGE"}, "invalidFilter"),
    ("filter=userName%20eq%20%22" + "a" * 5000 + "%22", {"FILTER_TOO_LARGE"}, "invalidFilter"),
    ("startIndex=x", {"PARAMETER_INVALID"}, "invalidValue"),
    ("count=1e3", {"PARAMETER_INVALID"}, "invalidValue"),
    ("attributes=userName&excludedAttributes=name", {"PARAMETER_CONFLICT"}, "invalidValue"),
    ("filter=userName%20eq%20%22a%ff%22", {"PATH_MALFORMED", "FILTER_SYNTAX", "REQUEST_REFUSED"}, None),
    ("filter=userName%20eq%20%22a%00%22", {"PATH_MALFORMED", "FILTER_SYNTAX", "REQUEST_REFUSED"}, None),
    ("filter=userName%20eq%20%22a%2%22", {"PATH_MALFORMED", "FILTER_SYNTAX", "REQUEST_REFUSED"}, None),
]


def headers_that_are_no_token(good, other, revoked, expired):
    """Values of Authorization; a list is sent as several headers."""
    flipped = good[:-10] + ("A" if good[-10] != "A" else "B") + good[-9:]
    sums = hashlib.sha256(good.encode())
    return [
        ("absent", None), ("empty", ""), ("Bearer alone", "Bearer"), ("Bearer and a space", "Bearer "),
        ("Basic", "Basic " + base64.b64encode(f"admin:{good}".encode()).decode()), ("Basic of the token", "Basic " + good),
        ("Digest", 'Digest username="x"'), ("Token", "Token " + good), ("OAuth", "OAuth " + good), ("non-token", "non-token"),
        ("Bearer null", "Bearer null"), ("Bearer undefined", "Bearer undefined"), ("Bearer []", "Bearer []"),
        ("one character less", "Bearer " + good[:-1]), ("one character more", "Bearer " + good + "A"),
        ("one character behind removed in the middle", "Bearer " + good[:20] + good[21:]), ("one character changed", "Bearer " + flipped),
        ("lower case", "Bearer " + good.lower()), ("upper case", "Bearer " + good.upper()), ("backwards", "Bearer " + good[::-1]),
        ("in quotes", f'Bearer "{good}"'), ("in angle brackets", f"Bearer <{good}>"), ("with a colon", "Bearer: " + good),
        ("with an equals sign", "Bearer=" + good), ("Bearer twice", "Bearer Bearer " + good), ("two tokens", f"Bearer {good} {good}"),
        ("two tokens with a comma", f"Bearer {good}, Bearer {good}"), ("a parameter behind", f"Bearer {good}; a=b"),
        ("its hash in hex", "Bearer " + sums.hexdigest()), ("its hash in base64", "Bearer " + base64.b64encode(sums.digest()).decode()),
        ("its prefix", "Bearer " + good[:12]), ("4,000 characters", "Bearer " + "A" * 4000), ("two headers, both good", [f"Bearer {good}"] * 2),
        ("two headers, good and bad", [f"Bearer {good}", "Bearer x"]), ("two headers, of two accounts", [f"Bearer {good}", f"Bearer {other}"]),
        ("revoked", "Bearer " + revoked), ("expired", "Bearer " + expired),
    ]


def raw(port, method, path, values):
    """One request with any number of Authorization headers, byte by byte."""
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", "Accept: application/scim+json", "Connection: close"]
    lines += [f"Authorization: {v}" for v in values]
    with socket.create_connection(("127.0.0.1", port), timeout=20) as s:
        s.sendall(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))
        r = http.client.HTTPResponse(s)
        r.begin()
        return Answer(r.status, r.getheaders(), r.read())


def huge(client, here, team):
    """More of everything than anybody sends: refused by number or by size before it costs anything."""
    def message(operations):
        return json.dumps({"schemas": [PATCH], "Operations": operations}).encode()

    title, many = {"op": "replace", "path": "title", "value": "x"}, [{"value": str(i)} for i in range(100000)]
    for name, operations, status, codes in [
            ("10,000 operations", [title] * 10000, 400, {"PATCH_SYNTAX"}),
            ("100,000 words in an operation", [dict(title, op="add", path="emails", value=[str(i) for i in range(100000)])], 400, {"VALUES_TOO_MANY"}),
            ("as many in a value without a path", [{"op": "add", "value": {"emails": [str(i) for i in range(100000)]}}], 400, {"VALUES_TOO_MANY"}),
            ("as many to remove", [{"op": "remove", "path": "emails", "value": [str(i) for i in range(100000)]}], 400, {"VALUES_TOO_MANY"}),
            ("8,000 parentheses in a path", [dict(title, path="emails[" + "(" * 8000 + "type pr" + ")" * 8000 + "].value")], 400, {"PATCH_FILTER"}),
            ("8,000 that do not close", [dict(title, path="emails[" + "(" * 8000 + "type pr]")], 400, {"PATCH_FILTER"}),
            ("8,000 times not", [dict(title, path="emails[" + "not (" * 8000 + "type pr]")], 400, {"PATCH_FILTER"}),
            ("8,000 brackets", [dict(title, path="emails" + "[" * 8000)], 400, {"PATCH_PATH"}),
            ("8,000 dots", [dict(title, path="name" + ".name" * 8000)], 400, {"PATCH_PATH"}),
            ("a path of 900 KB", [dict(title, path="x" * 900000)], 400, {"PATCH_PATH"}),
            ("50,000 keys without a path", [{"op": "add", "value": {f"emails.x{i}": 1 for i in range(50000)}}], 200, None)]:
        answer = client.request("PATCH", "/Users/" + here, message(operations))
        if status == 200:
            tap.equal(answer.status, 200, f"huge: {name} are passed over")
        else:
            refused(answer, status, codes, None, "huge: " + name)
    body = message([{"op": "add", "path": "members", "value": many}])
    codes = {"BODY_TOO_LARGE", "BODY_TOO_MANY_OBJECTS", "VALUES_TOO_MANY"}
    answer = client.request("PATCH", "/Groups/" + team, body)
    refused(answer, 413 if answer.status == 413 else 400, codes, None, "huge: 100,000 members in an operation")
    for name, more in (("name.x", {f"name.x{i}": 1 for i in range(50000)}), ("name.givenName", {"name.givenName": "x" * 900000}),
                       ("dots", {"name" + ".name" * 8000: 1}), ("URN", {f"urn:ietf:params:scim:schemas:core:2.0:User:x{i}": 1 for i in range(10000)})):
        answer = client.post("/Users", new(userName="bad@example.com", schemas=[USER], emails=5, **more))
        refused(answer, 400, {"ATTRIBUTE_TYPE", "ATTRIBUTE_TOO_LONG"}, "invalidValue", f"huge: a body with keys that are paths: {name}")


def refused(answer, status, codes, scim_type, name):
    wrong = is_error(answer, status)
    if not wrong and answer.code not in codes:
        wrong = f"code {answer.code}, not {' or '.join(sorted(codes))}"
    if not wrong and scim_type is not None and answer.json.get("scimType") != scim_type:
        wrong = f"scimType {answer.json.get('scimType')}, not {scim_type}"
    tap.ok(not wrong, name, wrong, answer)


def bodies(client, here, team):
    for name, body, codes, scim_type in BODIES:
        refused(client.post("/Users", body), 400, codes, scim_type, "body: " + name)
    for name, body, codes, scim_type in USERS:
        refused(client.post("/Users", body), 400, codes, scim_type, "user: " + name)
        refused(client.put("/Users/" + here, body), 400, codes, scim_type, "user by PUT: " + name)
    for name, body, codes, scim_type in GROUPS:
        refused(client.post("/Groups", body), 400, codes, scim_type, "group: " + name)
        refused(client.put("/Groups/" + team, body), 400, codes, scim_type, "group by PUT: " + name)
    for name, body, codes, scim_type in OPERATIONS:
        refused(client.request("PATCH", "/Users/" + here, body), 400, codes, scim_type, "patch: " + name)
    for name, body in (("malformed", b"{"), ("nothing", b""), ("an array", b"[]")):
        codes = {"JSON_MALFORMED", "BODY_MISSING", "BODY_NOT_OBJECT"}
        refused(client.put("/Users/" + here, body), 400, codes, SYNTAX, "body of PUT: " + name)
        refused(client.request("PATCH", "/Users/" + here, body), 400, codes, SYNTAX, "body of PATCH: " + name)
    refused(client.post("/Users", new(userName="here@example.com")), 409, {"USERNAME_TAKEN"}, "uniqueness", "a userName that is taken")


def sizes(client):
    def padded(size):
        head, tail = b'{"schemas":["' + GROUP.encode() + b'"],"x":"', b'"}'
        return head + b"a" * (size - len(head) - len(tail)) + tail

    limit = 1048576
    exact = client.post("/Groups", padded(limit))
    refused(exact, 400, {"ATTRIBUTE_REQUIRED"}, "invalidValue", "a body of exactly 1 MiB is read")
    refused(client.post("/Groups", padded(limit), chunked=True), 400, {"ATTRIBUTE_REQUIRED"}, "invalidValue", "and chunked")
    refused(client.post("/Groups", padded(limit + 1)), 413, {"BODY_TOO_LARGE"}, None, "a byte more is not")
    refused(client.post("/Groups", padded(limit + 1), chunked=True), 413, {"BODY_TOO_LARGE"}, None, "and chunked")


def media(client):
    for value in ("text/plain", "application/x-www-form-urlencoded", "text/html; charset=utf-8", "multipart/form-data", "application/xml"):
        refused(client.post("/Users", new(), headers={"Content-Type": value}), 415, {"MEDIA_TYPE"}, None, "Content-Type " + value)


def ids(client):
    for name in IDS:
        for resources in ("Users", "Groups"):
            path = f"/{resources}/{name}"
            refused(client.get(path), 404, {"RESOURCE_NOT_FOUND"}, None, f"GET {path[:60]}")
        refused(client.delete(f"/Users/{name}"), 404, {"RESOURCE_NOT_FOUND"}, None, f"DELETE /Users/{name[:40]}")
        refused(client.patch(f"/Users/{name}", [{"op": "replace", "value": {"active": False}}]), 404, {"RESOURCE_NOT_FOUND"}, None,
                f"PATCH /Users/{name[:40]}")
        refused(client.put(f"/Groups/{name}", {"schemas": [GROUP], "displayName": "x"}), 404, {"RESOURCE_NOT_FOUND"}, None,
                f"PUT /Groups/{name[:40]}")


def paths(client, here):
    for path in ("/Nothing", "/Users/a/b", "/users%2F" + here, "/Users/" + here + "/groups", "/Bulk/x", "/Me/x"):
        refused(client.get(path), 404, {"PATH_UNKNOWN", "RESOURCE_NOT_FOUND"}, None, f"GET {path}")
    refused(client.get("=/api/v1/nothing"), 404, {"PATH_UNKNOWN"}, None, "GET /api/v1/nothing")
    for method, path, allow in (("PUT", "/Users", {"GET", "HEAD", "POST"}), ("DELETE", "/Users", {"GET", "HEAD", "POST"}),
                                ("PATCH", "/Groups", {"GET", "HEAD", "POST"}),
                                ("POST", "/Users/" + here, {"GET", "HEAD", "PUT", "PATCH", "DELETE"}),
                                ("POST", "/ServiceProviderConfig", {"GET", "HEAD"}), ("DELETE", "/Schemas", {"GET", "HEAD"}),
                                ("MKCOL", "/Users", {"GET", "HEAD", "POST"}), ("PROPFIND", "/Groups", {"GET", "HEAD", "POST"})):
        answer = client.request(method, path, b"{}" if method != "DELETE" else None)
        refused(answer, 405, {"METHOD_NOT_ALLOWED"}, None, f"{method} {path}")
        given = {m.strip() for m in (answer.header("Allow") or "").split(",")}
        tap.ok(allow <= given and method not in given, f"Allow of {method} {path}", given)
    for query, codes, scim_type in QUERIES:
        answer = client.get("/Users?" + query)
        refused(answer, 400, codes, scim_type, "?" + query[:60])


def authorisation(stack, client, other):
    stack.token("bad", name="to-revoke")
    revoked = stack.token("bad", name="revoked")
    stack.ctl("token", "revoke", "bad", "revoked")
    soon = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 2))
    expired = stack.ctl("token", "add", "bad", "--name", "expired", "--expires", soon).stdout.strip()
    time.sleep(2.1)  # until then; and a revocation counts everywhere within a second
    for name, value in headers_that_are_no_token(client.token, other, revoked, expired):
        values = value if isinstance(value, list) else [] if value is None else [value]
        answer = raw(stack.port, "GET", stack.base + "/Users", values)
        refused(answer, 401, {"AUTH_MISSING", "AUTH_INVALID"}, None, f"Authorization: {name}")
        tap.ok((answer.header("WWW-Authenticate") or "").lower().startswith("bearer"), f"WWW-Authenticate: {name}", answer)
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        answer = client.request(method, "/Users" if method == "POST" else "/Users/" + NOBODY, b"{}" if method != "DELETE" else None,
                                headers={"Authorization": "Bearer no"})
        refused(answer, 401, {"AUTH_INVALID"}, None, f"{method} without a good token")
    narrow = stack.client(stack.token("bad", name="narrow", scopes=("events:read",)))
    refused(narrow.get("/Users"), 403, {"AUTH_SCOPE"}, None, "a token without the scope")
    tap.equal(client.get("/Users?count=0").status, 200, "the good token still works")


def test(front):
    with Stack(front, workers=2) as stack:
        token = stack.account("bad")
        other = stack.account("other")
        client = stack.client(token)
        here = client.post("/Users", user("here")).json["id"]
        team = client.post("/Groups", {"schemas": [GROUP], "displayName": "Team", "members": [{"value": here}]}).json["id"]
        user_before, team_before = client.get("/Users/" + here).body, client.get("/Groups/" + team).body
        before, processes = newest(stack.port, token), stack.processes()

        bodies(client, here, team)
        sizes(client)
        huge(client, here, team)
        media(client)
        ids(client)
        paths(client, here)
        authorisation(stack, client, other)
        refused(stack.client(other).get("/Users/" + here), 404, {"RESOURCE_NOT_FOUND"}, None, "another account's user is unknown")

        tap.equal(newest(stack.port, token), before, "nothing was changed: no event")
        tap.ok(client.get("/Users/" + here).body == user_before, "the user is as before")
        tap.ok(client.get("/Groups/" + team).body == team_before, "the group is as before")
        after = stack.processes()
        tap.ok(set(processes[1]) <= set(after[1]) and (not stack.has_master or processes == after),
               "no worker has ended", processes, after, stack.logs())
        tap.equal(stack.verify().returncode, 0, "rosterctl verify is content")


if __name__ == "__main__":
    main(test, seconds=400)
