# SPDX-License-Identifier: Apache-2.0
"""Cursor pagination, RFC 9865: forward and backward, tampering, changed queries, changes on the way."""

import re

from harness.expect import equal, one_of, path, refused, skip, status, true
from harness.names import LIST, SEARCH
from harness.registry import cases, check

NEEDS = "filter cursor"
ALL = 7
INVALID = "invalidCursor expiredCursor"


def people(w):
    return [w.user("walk", title=f"walk {w.tag}")["id"] for _ in range(ALL)]


def page(w, cursor="", count=3, **query):
    """A page of the people; count None: without."""
    w.shared(people)
    asked = {"filter": f'title eq "walk {w.tag}"', **query, "cursor": cursor}
    if count is not None:
        asked["count"] = count
    return w.client.get("/Users", asked)


def walk(ask):
    """All pages of ask(cursor), from the first."""
    found = [status(ask(""), 200)]
    while found[-1]["nextCursor"] is not None:
        true(len(found) < 50, "the pages come to an end")
        found.append(status(ask(found[-1]["nextCursor"]), 200))
    return found


def ids(found):
    return [each for answer in found for each in answer.ids]


@check("RFC9865 2")
def begins(w):
    """an empty cursor gives the first page (trap 33)"""
    answer = status(page(w), 200)
    true(LIST in answer["schemas"], "a ListResponse", answer)
    true(0 < len(answer.resources) <= 3, "no more than count", len(answer.resources))
    true(isinstance(answer["nextCursor"], str) and answer["nextCursor"], "nextCursor is a text", answer["nextCursor"])
    true(answer["previousCursor"] is None, "no previousCursor with the first page", answer["previousCursor"])


@check("RFC9865 2")
def bare(w):
    """the word cursor without a value begins, too (trap 33)"""
    w.shared(people)
    answer = status(w.client.request("GET", f'/Users?filter=title eq "walk {w.tag}"&cursor&count=3'), 200)
    true(answer["nextCursor"], "nextCursor", answer)


@check("RFC9865 2")
def covers(w):
    """the pages give all, each once; nextCursor is missing with the last alone (trap 33)"""
    found = walk(lambda cursor: page(w, cursor))
    equal(sorted(ids(found)), sorted(w.shared(people)), "all pages")
    true(all(answer["nextCursor"] is not None for answer in found[:-1]), "each but the last has nextCursor")


@check("RFC9865 2")
def whole(w):
    """a list that fits has no nextCursor (trap 33)"""
    answer = status(page(w, count=50), 200)
    equal(sorted(answer.ids), sorted(w.shared(people)), "resources")
    equal(answer["nextCursor"], None, "nextCursor")


@check("RFC9865 2")
def exact(w):
    """a list that fits exactly has no nextCursor (trap 33)"""
    answer = status(page(w, count=ALL), 200)
    equal((len(answer.resources), answer["nextCursor"]), (ALL, None), "resources and nextCursor")


@check("RFC9865 2")
def ones(w):
    """pages of one"""
    found = walk(lambda cursor: page(w, cursor, 1))
    equal(sorted(ids(found)), sorted(w.shared(people)), "all pages")


@check("RFC9865 2")
def says(w):
    """totalResults, where it is given, is the number of all; itemsPerPage of the page"""
    for answer in walk(lambda cursor: page(w, cursor)):
        if answer["totalResults"] is not None:
            equal(answer["totalResults"], ALL, "totalResults")
        if answer["itemsPerPage"] is not None:
            equal(answer["itemsPerPage"], len(answer.resources), "itemsPerPage")


@check("RFC9865 2")
def no_start(w):
    """an answer to a cursor has no startIndex (trap 33)"""
    true(all(answer["startIndex"] is None for answer in walk(lambda cursor: page(w, cursor))), "no startIndex")


@check("RFC9865 2, RFC3986 2.3")
def alphabet(w):
    """a cursor has unreserved characters only (trap 33)"""
    for answer in walk(lambda cursor: page(w, cursor, 2)):
        for name in ("nextCursor", "previousCursor"):
            true(answer[name] is None or re.fullmatch(r"[A-Za-z0-9._~-]+", answer[name]), name, answer[name])


@check("RFC9865 2")
def backward(w):
    """previousCursor leads back over the same pages (trap 33)"""
    found = walk(lambda cursor: page(w, cursor, 2))
    if all(answer["previousCursor"] is None for answer in found):
        skip("previousCursor is optional (RFC 9865 table 2) and never given here")
    here = found[-1]
    for before in reversed(found[:-1]):
        true(here["previousCursor"], "each page but the first has previousCursor", here)
        here = status(page(w, here["previousCursor"], 2), 200)
        equal(here.ids, before.ids, "the page before")
    equal(here["previousCursor"], None, "previousCursor of the first page")
    again = status(page(w, here["nextCursor"], 2), 200)
    equal(again.ids, found[1].ids, "and forward again")


@check("RFC9865 2")
def twice(w):
    """a cursor that is used again gives the same page, or says that it is used up"""
    first = status(page(w), 200)
    one = status(page(w, first["nextCursor"]), 200)
    two = page(w, first["nextCursor"])
    if two.status == 200:
        equal(two.ids, one.ids, "the same page")
    else:
        refused(two, 400, INVALID)


# --- what is refused ---

@cases("RFC9865 2.1", [
    ("a cursor that nobody gave (trap 33)", lambda c: "0123456789abcdef"),
    ("one letter (trap 33)", lambda c: "x"),
    ("a number (trap 33)", lambda c: "1"),
    ("a cursor that is cut (trap 33)", lambda c: c[:-3]),
    ("a cursor with more (trap 33)", lambda c: c + "AAAA"),
    ("a cursor turned round (trap 33)", lambda c: c[::-1] if c != c[::-1] else c + "x"),
    ("a cursor of other characters (trap 33)", lambda c: "%00/../+= " + c),
    ("a long text (trap 33)", lambda c: "A" * 3000),
])
def tampered(w, change):
    refused(page(w, change(status(page(w), 200)["nextCursor"])), (400, 414), "invalidCursor")


@check("RFC9865 2.1, RFC9865 5.2")
def every_letter(w):
    """a cursor with another letter anywhere is refused (trap 33)"""
    cursor = status(page(w), 200)["nextCursor"]
    for at in range(0, len(cursor), max(1, len(cursor) // 20)):
        refused(page(w, cursor[:at] + ("A" if cursor[at] != "A" else "B") + cursor[at + 1:]), 400, "invalidCursor")


@cases("RFC9865 2.1", [
    ("another count than at first (trap 33)", 2),
    ("a larger count than at first (trap 33)", 4),
])
def other_count(w, count):
    cursor = status(page(w), 200)["nextCursor"]
    refused(page(w, cursor, count), 400, "invalidCount")


@cases("RFC9865 2", [
    ("another filter than at first (trap 33)", {"filter": "userName pr"}),
    ("another sort than at first (trap 33)", {"sortBy": "userName", "sortOrder": "descending"}),
])
def other_query(w, query):
    cursor = status(page(w), 200)["nextCursor"]
    refused(page(w, cursor, **query), 400, "invalidCursor invalidValue")


@check("RFC9865 2", needs="groups")
def other_endpoint(w):
    """a cursor of users at the groups (trap 33)"""
    cursor = status(page(w), 200)["nextCursor"]
    refused(w.client.get("/Groups", {"filter": f'displayName eq "{w.tag}"', "count": 3, "cursor": cursor}), 400, "invalidCursor invalidValue")


# --- counts ---

@cases("RFC9865 2", [("count 0 asks for the number alone", 0), ("a negative count means 0", -1)])
def nothing(w, count):
    answer = status(page(w, count=count), 200)
    equal(answer.resources, [], "Resources")
    equal(answer["totalResults"], ALL, "totalResults")


@check("RFC9865 2")
def no_count(w):
    """without count the server chooses"""
    found = walk(lambda cursor: page(w, cursor, None))
    equal(sorted(ids(found)), sorted(w.shared(people)), "all pages")


@check("RFC9865 4, RFC9865 2.1")
def large(w):
    """a count above maxPageSize is cut down or refused"""
    most = path(w.config, "pagination", "maxPageSize")
    answer = page(w, count=(most or 1000000) + 1)
    if answer.status == 200:
        equal(sorted(answer.ids), sorted(w.shared(people)), "resources")
    else:
        refused(answer, 400, "invalidCount")


# --- changes on the way ---

@check("RFC9865 1, RFC9865 2")
def insertion(w):
    """users made on the way cost none of the others its place (traps 19, 33)"""
    title = f"grow {w.tag}"
    made = [w.user("grow", title=title)["id"] for _ in range(5)]
    ask = lambda cursor: w.client.get("/Users", {"filter": f'title eq "{title}"', "cursor": cursor, "count": 2})
    found = [status(ask(""), 200)]
    while found[-1]["nextCursor"] is not None and len(found) < 20:
        if len(found) < 4:
            w.user("grow", title=title)
        found.append(status(ask(found[-1]["nextCursor"]), 200))
    seen = ids(found)
    equal(len(seen), len(set(seen)), "nobody twice")
    true(set(made) <= set(seen), "nobody is missing", sorted(set(made) - set(seen)))


@cases("RFC9865 1, RFC9865 2", [
    ("users deleted behind cost none of the others its place (traps 19, 33)", 0),
    ("the last user of a page may be deleted (traps 19, 33)", -1),
])
def deletion(w, which):
    title = w.word("shrink")
    made = [w.user("shrink", title=title)["id"] for _ in range(7)]
    ask = lambda cursor: w.client.get("/Users", {"filter": f'title eq "{title}"', "cursor": cursor, "count": 2})
    found, gone = [status(ask(""), 200)], set()
    while found[-1]["nextCursor"] is not None and len(found) < 20:
        status(w.client.delete("/Users/" + found[-1].ids[which]), 204)
        gone.add(found[-1].ids[which])
        found.append(status(ask(found[-1]["nextCursor"]), 200))
    seen = ids(found)
    equal(len(seen), len(set(seen)), "nobody twice")
    true(set(made) - gone <= set(seen), "nobody is missing", sorted(set(made) - gone - set(seen)))


@check("RFC9865 1, RFC9865 2")
def deletion_ahead(w):
    """a user deleted ahead does not come, and ends nothing (trap 33)"""
    title = w.word("ahead")
    made = [w.user("ahead", title=title)["id"] for _ in range(6)]
    ask = lambda cursor: w.client.get("/Users", {"filter": f'title eq "{title}"', "cursor": cursor, "count": 2})
    first = status(ask(""), 200)
    rest = [each for each in made if each not in first.ids]
    status(w.client.delete("/Users/" + rest[0]), 204)
    found = [status(ask(first["nextCursor"]), 200)]
    while found[-1]["nextCursor"] is not None and len(found) < 20:
        found.append(status(ask(found[-1]["nextCursor"]), 200))
    equal(sorted(ids(found)), sorted(rest[1:]), "the others")


# --- together with others ---

@cases("RFC9865 2.2", [("with a sort", "ascending"), ("with a descending sort", "descending")], needs="sort")
def sorted_walk(w, direction):
    query = {"sortBy": "userName", "sortOrder": direction}
    found = walk(lambda cursor: page(w, cursor, **query))
    names = [each["userName"].lower() for answer in found for each in answer.resources]
    equal(names, sorted(names, reverse=direction == "descending"), "the order over all pages")
    equal(sorted(ids(found)), sorted(w.shared(people)), "and all are there")


@check("RFC9865 2, RFC7644 3.9")
def projected(w):
    """with attributes"""
    found = walk(lambda cursor: page(w, cursor, attributes="userName"))
    equal(sorted(ids(found)), sorted(w.shared(people)), "all pages")
    true(all("title" not in each for answer in found for each in answer.resources), "and only userName")


@check("RFC9865 3")
def search(w):
    """in /.search (trap 33)"""
    w.shared(people)
    ask = lambda cursor: w.client.post("/Users/.search", {"schemas": [SEARCH], "filter": f'title eq "walk {w.tag}"',
                                                          "count": 3, "cursor": cursor})
    if ask("").status == 501:
        skip("/.search is answered with 501")
    found = walk(ask)
    equal(sorted(ids(found)), sorted(w.shared(people)), "all pages")
    true(all(answer["startIndex"] is None for answer in found), "no startIndex")


@check("RFC9865 3, RFC9865 2.1")
def search_tampered(w):
    """a forged cursor in /.search (trap 33)"""
    answer = w.client.post("/Users/.search", {"schemas": [SEARCH], "count": 3, "cursor": "0123456789abcdef"})
    if answer.status == 501:
        skip("/.search is answered with 501")
    refused(answer, 400, "invalidCursor")


@check("RFC9865 2", needs="groups")
def groups(w):
    """groups"""
    made = [w.group("Walk")["id"] for _ in range(5)]
    text = " or ".join(f'id eq "{each}"' for each in made)
    found = walk(lambda cursor: w.client.get("/Groups", {"filter": text, "count": 2, "cursor": cursor}))
    equal(sorted(ids(found)), sorted(made), "all pages")


@check("RFC9865 2")
def none(w):
    """no match: an empty page without cursors (trap 17)"""
    answer = status(page(w, filter=f'userName eq "none-{w.tag}@example.com"'), 200)
    equal((answer.resources, answer["nextCursor"], answer["previousCursor"]), ([], None, None), "Resources and cursors")


# --- what the configuration says ---

@check("RFC9865 4")
def advertised(w):
    """pagination in ServiceProviderConfig has its sub-attributes in their types (trap 33)"""
    said = w.config["pagination"]
    for name in ("cursor", "index"):
        true(isinstance(said.get(name), bool), f"pagination.{name} is a boolean", said)
    for name in ("defaultPageSize", "maxPageSize", "cursorTimeout"):
        true(name not in said or (isinstance(said[name], int) and said[name] > 0), f"pagination.{name} is a positive integer", said)
    one_of(said.get("defaultPaginationMethod"), (None, "cursor", "index"), "pagination.defaultPaginationMethod")


@check("RFC9865 2.4", needs="index")
def default_method(w):
    """without cursor and startIndex the default method answers (trap 33)"""
    w.shared(people)
    method = path(w.config, "pagination", "defaultPaginationMethod")
    if method is None:
        skip("no defaultPaginationMethod is advertised")
    answer = status(w.client.get("/Users", {"filter": f'title eq "walk {w.tag}"', "count": 3}), 200)
    if method == "index":
        equal(answer["startIndex"], 1, "startIndex")
    else:
        true(answer["nextCursor"], "nextCursor", answer)


@check("RFC9865 5.2", needs="other")
def possession(w):
    """another tenant's cursor shows nothing (trap 33)"""
    cursor = status(page(w), 200)["nextCursor"]
    answer = w.other.get("/Users", {"filter": f'title eq "walk {w.tag}"', "count": 3, "cursor": cursor})
    if answer.status == 200:
        equal(answer.resources, [], "Resources")
    else:
        refused(answer, (400, 403, 404), INVALID)
