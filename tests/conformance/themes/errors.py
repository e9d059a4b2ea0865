# SPDX-License-Identifier: Apache-2.0
"""Errors in the SCIM shape, media types, bodies that are none, methods, paths and credentials."""

import json

from harness.client import Client
from harness.expect import equal, error_shape, one_of, refused, skip, status, true
from harness.names import USER
from harness.registry import cases, check


def somebody(w):
    return w.user("error")


# --- credentials ---

@cases("RFC7644 2, RFC7644 3.12", [
    ("no credentials (trap 48)", None),
    ("a token that is none (trap 48)", "Bearer not-a-token"),
    ("another scheme (trap 48)", "Negotiate abc"),
    ("an empty token (trap 48)", "Bearer "),
    ("a long token (trap 48)", "Bearer " + "x" * 4000),
])
def unauthorized(w, value):
    answer = refused(w.client.request("GET", "/Users", None, {"Authorization": value}), 401)
    true(answer.header("WWW-Authenticate"), "WWW-Authenticate (RFC 9110 15.5.2)", answer.headers)


@cases("RFC7644 2, RFC7644 3.12", [(f"{method} without credentials changes nothing", method) for method in ("POST", "PUT", "PATCH", "DELETE")])
def unauthorized_write(w, method):
    user = w.shared(somebody)
    where = "/Users" if method == "POST" else "/Users/" + user["id"]
    answer = w.client.request(method, where, None if method == "DELETE" else w.user_body("no"), {"Authorization": None})
    refused(answer, 401)
    equal(w.read("/Users/" + user["id"]), user, "the user afterwards")


# --- media types ---

@cases("RFC7644 3.1, RFC7644 3.8", [
    ("application/scim+json (trap 49)", "application/scim+json"),
    ("application/json (trap 49)", "application/json"),
    ("with a charset (trap 49)", "application/scim+json; charset=utf-8"),
    ("with a charset in capitals, quoted (trap 49)", 'Application/SCIM+JSON;Charset="UTF-8"'),
])
def content_types(w, kind):
    answer = status(w.client.post("/Users", w.user_body("type"), Content_Type=kind), 201)
    equal(answer.type, "application/scim+json", "Content-Type of the answer")


@cases("RFC9110 15.5.16, RFC7644 3.12", [
    ("text/plain (trap 49)", "text/plain"),
    ("a form (trap 49)", "application/x-www-form-urlencoded"),
    ("XML (trap 49)", "application/xml"),
])
def other_content_types(w, kind):
    refused(w.client.post("/Users", w.user_body("type"), Content_Type=kind), (415, 400))


@check("RFC7644 3.1")
def no_content_type(w):
    """no Content-Type is taken for JSON or refused (trap 49)"""
    answer = w.client.request("POST", "/Users", w.user_body("bare"), {"Content-Type": None})
    if answer.status != 201:
        refused(answer, (400, 415))


@cases("RFC7644 3.1, RFC7644 3.8", [
    ("Accept */* (trap 49)", "*/*"),
    ("Accept application/* (trap 49)", "application/*"),
    ("Accept application/json (trap 49)", "application/json"),
    ("Accept with weights (trap 49)", "text/html;q=0.2, application/scim+json;q=0.9"),
    ("no Accept (trap 49)", None),
])
def accepts(w, value):
    answer = status(w.client.request("GET", "/Users/" + w.shared(somebody)["id"], None, {"Accept": value}), 200)
    one_of(answer.type, ("application/scim+json", "application/json"), "Content-Type")
    equal(answer["id"], w.shared(somebody)["id"], "id")


@check("RFC7644 3.8, RFC9110 15.5.7")
def other_accept(w):
    """Accept of something else is answered anyway, or 406 (trap 49)"""
    answer = w.client.get("/Users/" + w.shared(somebody)["id"], Accept="image/png")
    if answer.status != 200:
        refused(answer, 406)


# --- what web servers in front like to change ---

@check("RFC9112 7.1, RFC7644 3.3")
def chunked(w):
    """a body in chunks, without Content-Length, is taken, or 411 (trap 69)"""
    body = json.dumps(w.user_body("chunk")).encode()
    pieces = b"".join(b"%x\r\n%s\r\n" % (len(body[i:i + 20]), body[i:i + 20]) for i in range(0, len(body), 20))
    answer = w.client.request("POST", "/Users", pieces + b"0\r\n\r\n", {"Content-Length": None, "Transfer-Encoding": "chunked"})
    if answer.status != 201:
        refused(answer, 411)


@check("RFC7644 3.14, RFC9110 8.8.3", needs="etag")
def compressed(w):
    """the ETag of an answer that may be compressed is good for If-Match (trap 66)"""
    body = w.user_body("zip", title="x" * 2000)
    where = "/Users/" + w.create("/Users", body)["id"]
    tag = status(w.client.get(where, Accept_Encoding="gzip, deflate, br"), 200).header("ETag")
    status(w.client.put(where, {**body, "title": "New"}, If_Match=tag), 200)


@check("RFC3986 2.1, RFC7644 3.4.2.2", needs="filter")
def plus(w):
    """%2B in a filter is a plus sign (trap 68)"""
    user = w.user("plus", userName="a+b-" + w.address("plus"))
    equal(status(w.client.get("/Users", {"filter": f'userName eq "{user["userName"]}"'}), 200).ids, [user["id"]], "found")


@check("RFC7644 3.4.1, RFC7644 3.14")
def no_redirect(w):
    """answers with 200 are answers, not redirects (traps 64, 65)"""
    where = "/Users/" + w.shared(somebody)["id"]
    for answer in (w.client.get(where), w.client.get(where, If_None_Match='"none"'), w.client.get("/Users", {"count": 1})):
        status(answer, 200)


# --- bodies ---

@cases("RFC7644 3.12, RFC8259 2", [
    ("no JSON", b"{", "invalidSyntax"),
    ("no body", b"", "invalidSyntax invalidValue"),
    ("an array", b"[]", "invalidSyntax invalidValue"),
    ("a string", b'"x"', "invalidSyntax invalidValue"),
    ("null", b"null", "invalidSyntax invalidValue"),
    ("a comma too many", b'{"schemas":["' + USER.encode() + b'"],}', "invalidSyntax"),
    ("single quotes", b"{'userName':'x@example.com'}", "invalidSyntax"),
    ("NaN", b'{"schemas":["' + USER.encode() + b'"],"userName":NaN}', "invalidSyntax invalidValue"),
    ("two texts", b"{}{}", "invalidSyntax"),
    ("bytes that are no UTF-8 (trap 49)", b'{"schemas":["' + USER.encode() + b'"],"userName":"\xff\xfe@example.com"}', "invalidSyntax invalidValue"),
    ("half a surrogate pair (trap 49)", b'{"schemas":["' + USER.encode() + b'"],"userName":"\\ud800@example.com"}', "invalidSyntax invalidValue"),
    ("deep nesting", b"[" * 20000 + b"]" * 20000, "invalidSyntax invalidValue"),
])
def bodies(w, body, types):
    refused(w.client.post("/Users", body), (400, 413), types)


@check("RFC8259 4, RFC7644 3.12")
def twice(w):
    """a name that is there twice: refused, or one of the two counts (trap 49)"""
    names = w.address("one"), w.address("two")
    answer = w.client.post("/Users", f'{{"schemas":["{USER}"],"userName":"{names[0]}","userName":"{names[1]}"}}'.encode())
    if answer.status == 201:
        one_of(answer["userName"], names, "userName")
    else:
        refused(answer, 400, "invalidSyntax invalidValue")


@cases("RFC7643 3, RFC7644 3.12", [
    ("userName is missing (trap 14)", {"userName": None}, "invalidValue"),
    ("userName is empty", {"userName": ""}, "invalidValue"),
    ("userName is a number", {"userName": 5}, "invalidValue invalidSyntax"),
    ("userName is an object", {"userName": {"value": "x"}}, "invalidValue invalidSyntax"),
    ("userName is an array", {"userName": ["x@example.com"]}, "invalidValue invalidSyntax"),
    ("active is a word", {"active": "banana"}, "invalidValue invalidSyntax"),
    ("name is a string", {"name": "Ann"}, "invalidValue invalidSyntax"),
    ("emails is a number", {"emails": 5}, "invalidValue invalidSyntax"),
    ("a value of emails is a number", {"emails": [5]}, "invalidValue invalidSyntax"),
    ("schemas is missing (trap 9)", {"schemas": None}, "invalidSyntax invalidValue"),
    ("schemas is empty (trap 9)", {"schemas": []}, "invalidSyntax invalidValue"),
    ("schemas is of another type (trap 9)", {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"]}, "invalidSyntax invalidValue"),
    ("schemas is a string (trap 9)", {"schemas": USER}, "invalidSyntax invalidValue"),
    ("two primary e-mails (trap 6)", {"emails": [{"value": "a@x.example", "primary": True}, {"value": "b@x.example", "primary": True}]}, "invalidValue"),
])
def values(w, more, types):
    body = {name: value for name, value in {**w.user_body("bad"), **more}.items() if value is not None}
    answer = w.client.post("/Users", body)
    if answer.status == 201 and more.get("schemas") == USER:  # a server may read one text as a list of one
        return
    refused(answer, 400, types)


# --- paths and methods ---

@cases("RFC7644 3.12", [
    ("an endpoint that is not there (trap 48)", "GET", "/Nothing"),
    ("a user that is not there (trap 48)", "GET", "/Users/no-such-user"),
    ("PUT of a user that is not there", "PUT", "/Users/no-such-user"),
    ("PATCH of a user that is not there", "PATCH", "/Users/no-such-user"),
    ("DELETE of a user that is not there", "DELETE", "/Users/no-such-user"),
    ("a group that is not there", "GET", "/Groups/no-such-group"),
    ("a path below a user", "GET", "/Users/no-such-user/more"),
    ("an encoded slash in an id (trap 68)", "GET", "/Users/no%2Fsuch"),
    ("an id beyond ASCII", "GET", "/Users/%C3%A4"),
    ("a long id", "GET", "/Users/" + "x" * 1000),
])
def not_found(w, method, where):
    body = {"PUT": w.user_body("none"), "PATCH": {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
                                                   "Operations": [{"op": "add", "path": "title", "value": "x"}]}}.get(method)
    refused(w.client.request(method, where, body), 404)


@cases("RFC9110 15.5.6, RFC7644 3.2", [
    ("PUT of /Users (trap 48)", "PUT", "/Users"),
    ("DELETE of /Users (trap 48)", "DELETE", "/Users"),
    ("PATCH of /Users (trap 48)", "PATCH", "/Users"),
    ("POST of a user", "POST", "/Users/ID"),
])
def wrong_method(w, method, where):
    user = w.shared(somebody)
    answer = w.client.request(method, where.replace("ID", user["id"]), None if method == "DELETE" else w.user_body("wrong"))
    refused(answer, (405, 404, 501))
    if answer.status == 405:
        true(answer.header("Allow"), "Allow", answer.headers)
    equal(w.read("/Users/" + user["id"]), user, "the user afterwards")


@check("RFC7644 3.12, RFC9110 15.6.2")
def unknown_method(w):
    """a method that nobody knows has an error, too (trap 48)"""
    refused(w.client.request("FROBNICATE", "/Users"), (400, 405, 501))


@check("RFC9110 9.3.2, RFC7644 3.4.1")
def head(w):
    """HEAD is GET without the body, or refused (trap 54)"""
    where = "/Users/" + w.shared(somebody)["id"]
    answer = w.client.request("HEAD", where)
    equal(answer.body, b"", "body")
    one_of(answer.status, (200, 405, 501), "status")
    if answer.status == 200:
        equal(answer.header("ETag"), w.client.get(where).header("ETag"), "ETag")


@check("RFC3986 6.2.2.2")
def encoded(w):
    """a percent-encoded id is the same id (trap 54)"""
    user = w.shared(somebody)
    code = "".join(f"%{ord(c):02X}" for c in user["id"][:4]) + user["id"][4:]
    equal(status(w.client.get("/Users/" + code), 200)["id"], user["id"], "id")


@check("RFC7644 3.4.2, RFC3986 6.2")
def slash(w):
    """a slash at the end is the list or an error in its shape (trap 54)"""
    answer = w.client.get("/Users/", {"count": 0})
    if answer.status != 200:
        error_shape(answer)


@check("RFC7644 3.13")
def version(w):
    """another version of the protocol is refused (trap 51)"""
    if not w.client.base.endswith("/v2"):
        skip("the base URL does not end in /v2")
    one_of(Client(w.url[:-2] + "v9", w.client.token).get("/Users").status, (400, 401, 403, 404, 501), "status")


@check("RFC7644 3.12")
def detail(w):
    """an error says what is wrong"""
    answer = refused(w.client.post("/Users", {"schemas": [USER]}), 400)
    true(isinstance(answer["detail"], str) and len(answer["detail"]) > 5, "detail", answer["detail"])


@check("RFC7644 3.12, RFC9110 15.5.14")
def huge(w):
    """a body of 20 MiB is taken whole, or an error in the SCIM shape (traps 48, 67)"""
    answer = w.client.post("/Users", w.user_body("huge", title="x" * (20 << 20)))
    if answer.status == 201:
        equal(len(w.read("/Users/" + answer["id"])["title"]), 20 << 20, "characters of the title")
    else:
        refused(answer, (400, 413))


@check("RFC7644 3.8, RFC8259 8.1")
def unknown_attribute(w):
    """an attribute that no schema has is ignored or refused, not stored (trap 10)"""
    answer = w.client.post("/Users", w.user_body("extra", favouriteColour="blue"))
    if answer.status == 201:
        true("favouriteColour" not in w.read("/Users/" + answer["id"]), "not shown")
    else:
        refused(answer, 400, "invalidSyntax invalidValue")


@check("RFC7644 3.12, RFC7643 4.1.1")
def secrets(w):
    """an error does not repeat a password (trap 11)"""
    answer = w.client.post("/Users", {"schemas": [USER], "password": "S3cret-of-mine!"})
    true(b"S3cret-of-mine!" not in refused(answer, 400).body, "the secret", json.dumps(answer.json))
