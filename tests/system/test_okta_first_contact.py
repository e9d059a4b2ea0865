#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
What Okta checks before it trusts a SCIM server: the same ground as its published test, written from what Okta documents
about its client. Each case is a row: what is sent, and what the answer must be.
"""

import time

from lib import ERROR, LIST, USER, is_error, main, tap, user
from stack import Stack

OKTA = {"Accept": "application/scim+json", "Accept-Charset": "utf-8", "User-Agent": "OKTA SCIM Integration",
        "Content-Type": "application/scim+json; charset=utf-8"}  # sent even on GET
MIXED = "First.Contact300Hfluaklab@Example.com"


def whole(value):
    return isinstance(value, int) and not isinstance(value, bool)


def is_list(answer):
    body = answer.json
    return (answer.status == 200 and LIST in body["schemas"] and whole(body["totalResults"]) and whole(body["startIndex"])
            and whole(body["itemsPerPage"]) and isinstance(body["Resources"], list))


def is_complete(u):
    return (u["id"] and u["userName"] and u["name"]["givenName"] and u["name"]["familyName"] and u["emails"][0]["value"]
            and isinstance(u["active"], bool))


def test(front):
    with Stack(front) as stack:
        okta = stack.client(stack.account("contact"))
        tap.equal(okta.post("/Users", user("oldest")).status, 201, "a user made beforehand")

        answer = okta.get("/Users?count=1&startIndex=1", headers=OKTA)
        tap.ok(is_list(answer) and answer.json["itemsPerPage"] == 1, "the first page, of one", answer)
        first = answer.json["Resources"][0]
        tap.ok(is_complete(first), "the oldest user is complete", first)

        answer = okta.get("/Users/" + first["id"], headers=OKTA)
        tap.ok(answer.status == 200 and answer.json["id"] == first["id"] and is_complete(answer.json), "read by id", answer)

        answer = okta.get('/Users?filter=userName%20eq%20%22nobody%40example.com%22', headers=OKTA)
        tap.ok(is_list(answer) and answer.json["totalResults"] == 0 and answer.json["Resources"] == [],
               "a search without result is 200 and an empty list", answer)

        for unknown in ("010101001010101011001010101011", "00919288221112222"):
            answer = okta.get("/Users/" + unknown, headers=OKTA)
            tap.equal(is_error(answer, 404), "", f"unknown id {unknown}", answer)

        tap.equal(okta.find("Users", "userName", MIXED).json["totalResults"], 0, "the new user is not there yet")
        new = {"schemas": [USER], "userName": MIXED, "name": {"givenName": "First", "familyName": "Contact"},
               "emails": [{"primary": True, "value": MIXED.lower(), "type": "work"}], "displayName": "First Contact",
               "active": True}
        as_json = {"Content-Type": "application/json", "Accept": "application/scim+json; charset=utf-8"}
        answer = okta.post("/Users", new, headers=as_json)
        tap.ok(answer.status == 201 and answer.json["active"] is True and answer.json["name"] == new["name"] and
               USER in answer.json["schemas"] and answer.json["id"], "create", answer)
        tap.equal(answer.json["userName"], MIXED, "userName keeps its case")
        tap.equal(answer.header("Location"), answer.json["meta"]["location"], "Location is meta.location")
        made = answer.json["id"]

        answer = okta.get("/Users/" + made, headers=OKTA)
        tap.ok(answer.status == 200 and answer.json["userName"] == MIXED and answer.json["name"] == new["name"],
               "what was created is there", answer)
        answer = okta.post("/Users", new, headers=as_json)
        tap.equal(is_error(answer, 409), "", "the same again is a conflict", answer)
        tap.equal(answer.json.get("scimType"), "uniqueness", "scimType of the conflict")
        answer = okta.find("Users", "userName", MIXED.upper())
        tap.ok(is_list(answer) and [u["id"] for u in answer.json["Resources"]] == [made],
               "found with another case of userName", answer)

        begin = time.monotonic()
        answer = okta.get("/Groups", headers=OKTA)
        took = time.monotonic() - begin
        tap.ok(is_list(answer) and took < 0.6, f"groups are listed within 600 ms ({took * 1000:.0f})", answer)

        answer = okta.find("Users", "userName", MIXED)
        tap.equal(answer.status, 200, "with the token")
        answer = okta.get("/Users?filter=userName%20eq%20%22x%22", headers=dict(OKTA, Authorization="non-token"))
        tap.equal(is_error(answer, 401), "", "a header that is no token: 401", answer)
        tap.ok(answer.header("WWW-Authenticate"), "WWW-Authenticate comes with it", answer)
        tap.ok(ERROR in answer.json["schemas"] and answer.json["detail"], "it says why")
        bare = okta.get("/Users?count=1", headers={"Authorization": okta.token})
        tap.equal(bare.status, 200, "the bare token, without Bearer, is taken too")


if __name__ == "__main__":
    main(test, seconds=180)
