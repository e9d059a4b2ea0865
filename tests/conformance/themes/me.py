# SPDX-License-Identifier: Apache-2.0
"""/Me: not supported, redirected or processed, RFC 7644 3.11."""

from harness.client import op
from harness.expect import equal, one_of, refused, skip, status, true
from harness.registry import cases, check


@cases("RFC7644 3.11, RFC7644 3.12", [
    ("GET (trap 53)", "GET", None),
    ("GET with attributes (trap 53)", "GET?", None),
    ("PATCH (trap 53)", "PATCH", None),
    ("PUT (trap 53)", "PUT", {}),
    ("DELETE (trap 53)", "DELETE", None),
])
def answers(w, method, body):
    if method != "GET" and method != "GET?" and w.client.get("/Me").status in (200, 308):
        skip("/Me is somebody, who is not ours to change")
    if method == "PATCH":
        answer = w.client.patch("/Me", op("add", "title", "Me"))
    else:
        answer = w.client.request(method.rstrip("?"), "/Me?attributes=userName" if method == "GET?" else "/Me", body)
    if answer.status == 200:
        location = answer.header("Location")
        true(location and answer["id"] in location, "Location is the permanent one", answer.headers)
    elif answer.status == 308:
        true("/Users/" in (answer.header("Location") or ""), "Location", answer.headers)
    else:  # 404: the subject of this token is no user
        refused(answer, (501, 404, 403))


@check("RFC7644 3.11")
def nobody(w):
    """no credentials, no /Me (trap 53)"""
    refused(w.client.request("GET", "/Me", None, {"Authorization": None}), (401, 404, 501))


@check("RFC7644 3.11")
def alias(w):
    """/Me shows the resource that its Location names (trap 53)"""
    answer = w.client.get("/Me")
    one_of(answer.status, (200, 308, 403, 404, 501), "status")
    if answer.status == 200:
        equal(status(w.client.get("/Users/" + answer["id"]), 200).json, answer.json, "the user against /Me")
