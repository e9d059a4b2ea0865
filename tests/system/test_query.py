#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Lists as clients ask for them: filters that no index serves, sorting, cursors, POST .search, queries at the root."""

import urllib.parse

import lib
from lib import ERROR, LIST, USER, tap
from stack import Stack

SEARCH = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
N = 45


def q(**words):
    return "?" + urllib.parse.urlencode(words)


def populate(client):
    ids = []
    for i in range(N):
        body = {"schemas": [USER], "userName": f"user{i:02}@example.com", "displayName": ("Zoë", "adam", "Bea")[i % 3],
                "emails": [{"value": f"user{i:02}@example.com", "type": "work"}], "active": i % 4 > 0}
        if i % 5 == 0:
            body["title"] = f"T{i % 10}"
        answer = client.post("/Users", body)
        tap.ok(answer.status == 201, f"user {i} is made", answer) if answer.status != 201 else None
        ids.append(answer.json["id"])
    groups = [client.post("/Groups", {"schemas": [lib.GROUP], "displayName": f"Team {i}", "members": [{"value": ids[i]}]}).json["id"]
              for i in range(4)]
    return ids, groups


def found(answer):
    return [x["id"] for x in answer.json["Resources"]]


def refused(answer, code, scim_type, name):
    body = answer.json or {}
    tap.ok(answer.status == 400 and body.get("schemas") == [ERROR] and body.get("status") == "400" and body.get("scimType") == scim_type
           and body.get("detail", "").startswith(code + ":"), name, answer)


def filters(client, ids):
    for text, want in [("userName pr", range(N)), ('displayName co "O\u00cb"', range(0, N, 3)), ("not (title pr)", [i for i in range(N) if i % 5]),
                       ('userName sw "user0" and active eq true', [i for i in range(10) if i % 4]),
                       ('userName ge "user40" or title eq "t5"', [i for i in range(N) if i >= 40 or i % 10 == 5]),
                       ('groups.display eq "team 2"', [2]), ("groups pr", range(4)), ('meta.created gt "2020-01-01T00:00:00+05:00"', range(N))]:
        answer = client.get("/Users" + q(filter=text, count=100))
        tap.ok(answer.status == 200 and found(answer) == [ids[i] for i in want] and answer.json["totalResults"] == len(want), f"where {text}", answer)
        post = client.post("/Users/.search", {"schemas": [SEARCH], "filter": text, "count": 100})
        tap.ok(post.status == 200 and post.json == answer.json, f"POST .search says the same where {text}", post)


def sorting(client, ids):
    names = ("Zoë", "adam", "Bea")
    by_name = sorted(range(N), key=lambda i: (names[i % 3].casefold(), i))
    titles = sorted((i for i in range(N) if i % 5 == 0), key=lambda i: (i % 10, i))
    missing = [i for i in range(N) if i % 5]
    for by, order, want in [("displayName", None, by_name), ("DISPLAYNAME", "ascending", by_name),
                            ("displayName", "Descending", sorted(range(N), key=lambda i: (-(i % 3 != 1) - (i % 3 == 0), i))),
                            ("userName", "descending", list(range(N))[::-1]), ("title", None, titles + missing),
                            ("title", "descending", missing + sorted(titles, key=lambda i: (-(i % 10), i))),
                            ("emails", None, list(range(N))), (USER + ":userName", None, list(range(N))), ("meta.created", None, list(range(N)))]:
        words = {"sortBy": by, "count": 100} | ({"sortOrder": order} if order else {})
        answer = client.get("/Users" + q(**words))
        tap.ok(answer.status == 200 and found(answer) == [ids[i] for i in want], f"sorted by {by} {order}", [ids.index(x) for x in found(answer)])
        pages = []
        for start in range(1, N + 1, 10):
            pages += found(client.get("/Users" + q(**words | {"startIndex": start, "count": 10})))
        tap.equal(pages, [ids[i] for i in want], f"sorted by {by} {order}, page by page")
    for words, code in [({"sortBy": "nonsense"}, "SORT_ATTRIBUTE"), ({"sortBy": "password"}, "SORT_ATTRIBUTE"), ({"sortBy": "name"}, "SORT_ATTRIBUTE"),
                        ({"sortBy": "userName", "sortOrder": "up"}, "PARAMETER_INVALID")]:
        refused(client.get("/Users" + q(**words)), code, "invalidValue", f"{words}: {code}")


def walk(client, words, name):
    """From page to page, there and back; the ids in order."""
    ids, cursor, pages, previous = [], "", 0, None
    while cursor is not None and pages < 100:
        body = client.get("/Users" + q(**words, cursor=cursor)).json
        ids += [x["id"] for x in body["Resources"]]
        tap.ok("startIndex" not in body and body["itemsPerPage"] == len(body["Resources"]) and ("previousCursor" in body) == (pages > 0),
               f"{name}: page {pages + 1} is a page of a cursor", body)
        cursor, previous, pages = body.get("nextCursor"), body.get("previousCursor"), pages + 1
    back = [x["id"] for x in body["Resources"]]
    while previous is not None and pages < 200:
        body = client.get("/Users" + q(**words, cursor=previous)).json
        back = [x["id"] for x in body["Resources"]] + back
        previous, pages = body.get("previousCursor"), pages + 1
    tap.equal(back, ids, f"{name}: back is the same way")
    whole = client.get("/Users" + q(**{k: v for k, v in words.items() if k != "count"}, count=200))
    tap.equal(ids, found(whole), f"{name}: all pages together are the list")


def cursors(client, other, ids):
    for words in ({"count": 7}, {"count": 45}, {"count": 10, "sortBy": "userName", "sortOrder": "descending"}, {"count": 4, "sortBy": "title"},
                  {"count": 4, "filter": 'userName sw "user1"'}, {"count": 6, "filter": "title pr", "sortBy": "displayName", "sortOrder": "descending"}):
        walk(client, words, f"trap 33: {words}")
    first = client.get("/Users?cursor&count=5").json
    cursor = first["nextCursor"]
    tap.ok(set(cursor) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"), "a cursor needs no encoding", cursor)
    tap.equal(found(client.get("/Users" + q(cursor=cursor)))[:5], ids[5:10], "the count of the first page holds where none is said")
    for path, code, kind in [
            ("/Users" + q(cursor=cursor[:-1] + ("A" if cursor[-1] != "A" else "B"), count=5), "CURSOR_INVALID", "invalidCursor"),
            ("/Users" + q(cursor="x", count=5), "CURSOR_INVALID", "invalidCursor"), ("/Groups" + q(cursor=cursor, count=5), "CURSOR_INVALID", "invalidCursor"),
            ("/Users" + q(cursor=cursor, count=5, filter="title pr"), "CURSOR_INVALID", "invalidCursor"),
            ("/Users" + q(cursor=cursor, count=5, sortBy="title"), "CURSOR_INVALID", "invalidCursor"),
            ("/Users" + q(cursor=cursor, count=5, attributes="title"), "CURSOR_INVALID", "invalidCursor"),
            ("/Users" + q(cursor=cursor, count=6), "CURSOR_COUNT", "invalidCount")]:
        refused(client.get(path), code, kind, f"trap 33: {path[:20]}… {code}")
    refused(other.get("/Users" + q(cursor=cursor, count=5)), "CURSOR_INVALID", "invalidCursor", "trap 33: a cursor is worth nothing in another account")
    answer = client.post("/Users/.search", {"schemas": [SEARCH], "cursor": cursor, "count": 5})
    tap.equal(found(answer), ids[5:10], "trap 33: cursors work in .search")
    zero = client.get("/Users?cursor=&count=0").json
    tap.ok(zero["totalResults"] == N and zero["Resources"] == [] and "nextCursor" not in zero, "count=0 tells the total alone", zero)
    for text in ('userName pr or id pr or active eq true or not (userName eq "x")', f'id eq "{ids[0]}" or userName sw "user"', f'groups.value pr or id eq "{ids[1]}"'):
        for path in ("/Users", "/Groups", ""):
            answer = other.get(path + q(filter=text))
            tap.ok(answer.json.get("totalResults", 0) == 0, f"trap 28: {path or 'the root'} of another account has nothing where {text[:30]}", answer)
    pagination = client.get("/ServiceProviderConfig").json["pagination"]
    tap.ok(pagination["cursor"] is True and pagination["index"] is True and pagination["cursorTimeout"] == 3600
           and pagination["defaultPaginationMethod"] == "index", "cursors are advertised", pagination)


def root(client, ids, groups):
    for path in ("", "/"):
        answer = client.get(path + "?count=100")
        tap.ok(answer.status == 200 and found(answer) == ids + groups and answer.json["totalResults"] == N + 4, f"trap 31: all that there is, at {path!r}", answer)
    for text, want in [('displayName sw "team"', groups), ('displayName eq "adam" or displayName eq "Team 1"', ids[1::3] + groups[1:2]),
                       ('userName eq "user07@example.com"', ids[7:8]), ('nonsense eq "x"', []), ('not (nonsense pr) and meta.resourceType eq "Group"', groups),
                       (f'members eq "{ids[3]}"', groups[3:])]:
        answer = client.get(q(filter=text, count=100))
        tap.ok(answer.status == 200 and found(answer) == want, f"trap 24: at the root, where {text[:40]}", answer)
        post = client.post("/.search", {"schemas": [SEARCH], "filter": text, "count": 100})
        tap.ok(post.status == 200 and post.json == answer.json, f"trap 30: POST /.search says the same where {text[:40]}", post)
    refused(client.get(q(filter="nonsense eq")), "FILTER_SYNTAX", "invalidFilter", "a broken filter is refused at the root too")
    body = client.post("/.search", {"schemas": [SEARCH], "attributes": ["displayName"], "excludedAttributes": [], "sortBy": "displayName",
                                    "sortOrder": "descending", "startIndex": 2, "count": 3, "FILTER": None}).json
    tap.ok(body["schemas"] == [LIST] and body["startIndex"] == 2 and body["itemsPerPage"] == 3
           and all(set(x) <= {"schemas", "id", "displayName"} for x in body["Resources"]), "a search has all the parameters of an address", body)
    for body, code, kind in [({"filter": "title pr"}, "SCHEMAS_MISSING", "invalidSyntax"), ({"schemas": [SEARCH], "filter": 7.5}, "PARAMETER_INVALID", "invalidValue"),
                             ({"schemas": [SEARCH], "count": "many"}, "PARAMETER_INVALID", "invalidValue"),
                             ({"schemas": [SEARCH], "attributes": [1]}, "PARAMETER_INVALID", "invalidValue"),
                             ({"schemas": [SEARCH], "attributes": ["a"], "excludedAttributes": ["b"]}, "PARAMETER_CONFLICT", "invalidValue")]:
        refused(client.post("/Users/.search", body), code, kind, f"trap 30: a search of {body}: {code}")
    tap.equal(client.get("/.search").status, 405, "a search is a POST")


def test(front):
    with Stack(front) as stack:
        client, other = (stack.client(stack.account(slug, "rfc")) for slug in ("acme", "other"))
        ids, groups = populate(client)
        filters(client, ids)
        sorting(client, ids)
        cursors(client, other, ids)
        root(client, ids, groups)


lib.main(test)
