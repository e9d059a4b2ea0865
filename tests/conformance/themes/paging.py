# SPDX-License-Identifier: Apache-2.0
"""Index pagination: startIndex and count at their edges, and what a list says of itself."""

from harness.expect import equal, one_of, path, refused, status, true
from harness.names import LIST
from harness.registry import cases, check

NEEDS = "filter index"
ALL = 7


def people(w):
    return [w.user("page", title=f"page {w.tag}")["id"] for _ in range(ALL)]


def page(w, **query):
    w.shared(people)
    return w.client.get("/Users", {"filter": f'title eq "page {w.tag}"', **query})


@cases("RFC7644 3.4.2.4", [
    ("the first page", {"startIndex": 1, "count": 3}, 1, 3),
    ("the middle", {"startIndex": 3, "count": 3}, 3, 3),
    ("the last page is short", {"startIndex": 6, "count": 3}, 6, 2),
    ("the last one alone", {"startIndex": 7, "count": 3}, 7, 1),
    ("startIndex 0 means 1 (trap 18)", {"startIndex": 0, "count": 3}, 1, 3),
    ("a negative startIndex means 1 (trap 18)", {"startIndex": -5, "count": 3}, 1, 3),
    ("startIndex alone", {"startIndex": 5}, 5, 3),
    ("count alone", {"count": 4}, 1, 4),
    ("neither", {}, 1, 7),
    ("a page larger than the list", {"startIndex": 1, "count": 50}, 1, 7),
    ("beyond the end is an empty page (trap 18)", {"startIndex": 8, "count": 3}, None, 0),
    ("far beyond the end (trap 18)", {"startIndex": 1000000, "count": 3}, None, 0),
    ("count 0 asks for the number alone (trap 18)", {"count": 0}, None, 0),
    ("a negative count means 0 (trap 18)", {"count": -3}, None, 0),
    ("count 0 with a startIndex", {"startIndex": 3, "count": 0}, None, 0),
])
def pages(w, query, start, number):
    answer = status(page(w, **query), 200)
    equal(answer["totalResults"], ALL, "totalResults, whatever the page (trap 18)")
    equal(len(answer.resources), number, "resources on the page")
    if answer["itemsPerPage"] is not None or (0 < number < ALL):
        equal(answer["itemsPerPage"], number, "itemsPerPage is the number returned (trap 17)")
    if start is not None and (answer["startIndex"] is not None or number < ALL):
        equal(answer["startIndex"], start, "startIndex")


@check("RFC7644 3.4.2.4")
def cover(w):
    """pages of three give all, each once, in one order (trap 19)"""
    whole = status(page(w, count=ALL), 200).ids
    parts = [each for start in (1, 4, 7) for each in status(page(w, startIndex=start, count=3), 200).ids]
    equal(parts, whole, "pages of three against the whole")
    equal(sorted(whole), sorted(w.shared(people)), "the whole against what was made")


@check("RFC7644 3.4.2.4")
def ones(w):
    """pages of one give all, each once (trap 19)"""
    parts = [each for start in range(1, ALL + 1) for each in status(page(w, startIndex=start, count=1), 200).ids]
    equal(sorted(parts), sorted(w.shared(people)), "pages of one")


@check("RFC7644 3.4.2.4, RFC7643 5")
def clamp(w):
    """a count above the server's own limit is cut down, no error (trap 18)"""
    answer = status(page(w, count=1000000000), 200)
    equal(answer["totalResults"], ALL, "totalResults")
    limit = path(w.config, "filter", "maxResults")
    true(limit is None or len(answer.resources) <= limit, f"no more than filter.maxResults, {limit}", len(answer.resources))


@check("RFC7644 3.4.2")
def none(w):
    """no match is 200 with totalResults 0, not 404 (trap 17)"""
    answer = status(w.client.get("/Users", {"filter": f'userName eq "none-{w.tag}@example.com"'}), 200)
    equal(answer["totalResults"], 0, "totalResults")
    equal(answer.resources, [], "Resources")


@check("RFC7644 3.4.2")
def shape(w):
    """a list is a ListResponse of whole resources (trap 17)"""
    answer = status(page(w, count=2), 200)
    true(LIST in answer["schemas"], "schemas", answer["schemas"])
    equal(answer.type, "application/scim+json", "Content-Type")
    for name in ("totalResults", "itemsPerPage", "startIndex"):
        true(isinstance(answer[name], int) and not isinstance(answer[name], bool), f"{name} is an integer", answer[name])
    one = answer.resources[0]
    equal(w.read("/Users/" + one["id"]), one, "a resource by itself against the one in the list")


@cases("RFC7644 3.4.2.4, RFC7644 3.12", [
    ("startIndex that is no number", {"startIndex": "abc"}),
    ("count that is no number", {"count": "abc"}),
    ("count with a fraction", {"count": "1.5"}),
    ("an empty count", {"count": ""}),
    ("startIndex beyond 64 bits (trap 18)", {"startIndex": 10 ** 25}),
    ("count beyond 64 bits (trap 18)", {"count": 10 ** 25}),
    ("startIndex at the edge of 32 bits (trap 18)", {"startIndex": 2 ** 31}),
])
def odd(w, query):
    answer = page(w, **query)
    if answer.status == 200:  # the RFC does not say that it must be refused, but what is answered must be true
        equal(answer["totalResults"], ALL, "totalResults")
    else:
        refused(answer, 400, "invalidValue invalidSyntax invalidCount")


@check("RFC7644 3.4.2")
def unknown(w):
    """query parameters that nobody knows are ignored (trap 32)"""
    answer = status(page(w, count=3, flavour="vanilla", _="17"), 200)
    equal(len(answer.resources), 3, "resources")


@check("RFC7644 3.4.2.4")
def projected(w):
    """pages of a projection"""
    answer = status(page(w, startIndex=2, count=2, attributes="userName"), 200)
    equal((answer["totalResults"], len(answer.resources)), (ALL, 2), "totalResults and resources")
    true(all("title" not in each and "userName" in each for each in answer.resources), "and only userName", answer)


@check("RFC7644 3.4.2.4", needs="groups")
def groups(w):
    """pages of groups"""
    made = [w.group("Page")["id"] for _ in range(4)]
    text, found = " or ".join(f'id eq "{each}"' for each in made), []
    for start in (1, 3, 5):
        answer = status(w.client.get("/Groups", {"filter": text, "startIndex": start, "count": 2}), 200)
        equal(answer["totalResults"], 4, "totalResults")
        found += answer.ids
    equal(sorted(found), sorted(made), "all pages")


@check("RFC7644 3.4.2.4")
def unfiltered(w):
    """pages of all users include each that was made"""
    made = w.shared(people)
    answer = w.client.get("/Users", {"count": 0})
    one_of(answer.status, (200, 400), "status")
    if answer.status == 400:  # RFC 7644 3.4.2.1 lets a server refuse
        refused(answer, 400, "tooMany")
        return
    found = [each["id"] for each in w.all("/Users")]
    equal(len(found), len(set(found)), "each once")
    true(set(made) <= set(found), "all that were made are there", sorted(set(made) - set(found)))


@check("RFC7644 3.4.2.4, RFC7644 3.6")
def counted(w):
    """totalResults follows creation and deletion"""
    ask = lambda: status(w.client.get("/Users", {"filter": f'title eq "count {w.tag}"', "count": 0}), 200)["totalResults"]
    made = [w.user("count", title=f"count {w.tag}")["id"] for _ in range(2)]
    equal(ask(), 2, "after two were made")
    status(w.client.delete("/Users/" + made[0]), 204)
    equal(ask(), 1, "after one was deleted")
