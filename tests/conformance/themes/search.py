# SPDX-License-Identifier: Apache-2.0
"""POST /.search at a resource type and at the root, and GET of the root."""

from harness.expect import equal, one_of, refused, skip, status, true
from harness.names import GROUP, LIST, SEARCH, USER
from harness.registry import cases, check

NEEDS = "filter"


def things(w):
    """Two users and a group of one name."""
    name = f"search {w.tag}"
    users = [w.user("search", displayName=name, title=f"{w.tag} {n}", userName=w.address(f"s{n}")) for n in (1, 2)]
    groups = [] if w.missing("groups") else [w.create("/Groups", {"schemas": [GROUP], "displayName": name})]
    return users, groups


def search(w, where="/Users", **more):
    w.shared(things)
    answer = w.client.post(where.rstrip("/") + "/.search", {"schemas": [SEARCH], "filter": f'displayName eq "search {w.tag}"', **more})
    if answer.status == 501:
        skip("/.search is answered with 501")
    return answer


def root(w, **query):
    w.shared(things)
    answer = w.client.get("/", query)
    if answer.status in (403, 404, 501):
        skip(f"a query at the root is answered with {answer.status}")  # RFC 7644 3.4.2.1: MAY be performed
    if answer.status == 400 and answer["scimType"] == "tooMany":
        skip("a query at the root is answered with tooMany")
    return answer


def everybody(w):
    users, groups = w.shared(things)
    return sorted(each["id"] for each in users + groups)


@check("RFC7644 3.4.3")
def finds(w):
    """at /Users: 200 and a ListResponse (trap 30)"""
    answer = status(search(w), 200)
    true(LIST in answer["schemas"], "schemas", answer["schemas"])
    equal(answer["totalResults"], 2, "totalResults")
    equal(sorted(answer.ids), sorted(each["id"] for each in w.shared(things)[0]), "resources")
    equal(answer.type, "application/scim+json", "Content-Type")


@check("RFC7644 3.4.3, RFC7644 3.4.2")
def same_as_get(w):
    """the resources are those of GET"""
    got = status(w.client.get("/Users", {"filter": f'displayName eq "search {w.tag}"'}), 200) if w.shared(things) else None
    key = lambda each: each["id"]
    equal(sorted(search(w).resources, key=key), sorted(got.resources, key=key), "by POST against by GET")


@check("RFC7644 3.4.3", needs="groups")
def groups(w):
    """at /Groups"""
    answer = status(search(w, "/Groups"), 200)
    equal(answer.ids, [w.shared(things)[1][0]["id"]], "resources")


@check("RFC7644 3.4.3, RFC7644 3.9")
def attributes(w):
    """attributes is an array (traps 12, 30)"""
    for one in status(search(w, attributes=["userName", "title"]), 200).resources:
        true({"userName", "title", "id"} <= set(one) and "displayName" not in one, "attributes", one)


@check("RFC7644 3.4.3, RFC7644 3.9")
def excluded(w):
    """excludedAttributes is an array (traps 12, 30)"""
    for one in status(search(w, excludedAttributes=["title", "id"]), 200).resources:
        true("title" not in one and "id" in one and "userName" in one, "attributes", one)


@check("RFC7644 3.9")
def both(w):
    """attributes and excludedAttributes exclude each other (trap 12)"""
    refused(search(w, attributes=["userName"], excludedAttributes=["title"]), 400)


@check("RFC7644 3.4.3, RFC7644 3.4.2.4")
def paging(w):
    """startIndex and count (trap 30)"""
    found = []
    for start in (1, 2, 3):
        answer = status(search(w, startIndex=start, count=1), 200)
        equal(answer["totalResults"], 2, "totalResults")
        found += answer.ids
    equal(sorted(found), sorted(each["id"] for each in w.shared(things)[0]), "all pages")


@cases("RFC7644 3.4.3, RFC7644 3.4.2.4", [
    ("count 0 is valid (trap 30)", {"count": 0}, 0),
    ("a negative count means 0 (trap 18)", {"count": -1}, 0),
    ("startIndex 0 means 1 (trap 18)", {"startIndex": 0, "count": 1}, 1),
    ("beyond the end (trap 18)", {"startIndex": 100, "count": 1}, 0),
])
def edges(w, more, number):
    answer = status(search(w, **more), 200)
    equal((answer["totalResults"], len(answer.resources)), (2, number), "totalResults and resources")


@check("RFC7644 3.4.3, RFC7644 3.4.2.3", needs="sort")
def sorts(w):
    """sortBy and sortOrder"""
    titles = [each["title"] for each in status(search(w, sortBy="title", sortOrder="descending"), 200).resources]
    equal(titles, [f"{w.tag} 2", f"{w.tag} 1"], "titles")


@check("RFC7644 3.4.3")
def no_filter(w):
    """a search without a filter asks for all"""
    w.shared(things)
    answer = w.client.post("/Users/.search", {"schemas": [SEARCH], "count": 0})
    one_of(answer.status, (200, 400, 501), "status")
    if answer.status == 200:
        true(answer["totalResults"] >= 2, "totalResults", answer["totalResults"])


@check("RFC7644 3.4.3, RFC7644 3.4.2")
def none(w):
    """no match is 200 with totalResults 0 (trap 17)"""
    answer = status(search(w, filter=f'userName eq "none-{w.tag}@example.com"'), 200)
    equal((answer["totalResults"], answer.resources), (0, []), "totalResults and Resources")


@cases("RFC7644 3.4.3, RFC7644 3.12", [
    ("a bad filter (trap 25)", {"filter": "userName regex"}, "invalidFilter"),
    ("an unknown attribute in the filter (trap 24)", {"filter": 'noSuch eq "x"'}, "invalidFilter"),
    ("no SearchRequest URN (trap 30)", {"schemas": [LIST]}, "invalidSyntax invalidValue"),
    ("schemas is missing (traps 9, 30)", {"schemas": []}, "invalidSyntax invalidValue"),
    ("a filter that is no string", {"filter": 5}, "invalidFilter invalidValue invalidSyntax"),
    ("attributes that is an object", {"attributes": {}}, "invalidValue invalidSyntax"),
    ("count that is a word", {"count": "many"}, "invalidValue invalidSyntax invalidCount"),
])
def refuses(w, more, types):
    refused(search(w, **more), 400, types)


@check("RFC7644 3.4.3, RFC7644 3.12")
def no_json(w):
    """a body that is no JSON"""
    search(w)
    refused(w.client.post("/Users/.search", b"{"), 400, "invalidSyntax")


@check("RFC9110 15.5.6")
def only_post(w):
    """GET of /Users/.search is no query"""
    search(w)
    refused(w.client.get("/Users/.search"), (404, 405))


# --- across types ---

@check("RFC7644 3.4.3, RFC7644 3.4.2.1")
def at_root(w):
    """at the root a search finds resources of all types (traps 30, 31)"""
    answer = search(w, "/")
    equal(sorted(status(answer, 200).ids), everybody(w), "users and groups")
    equal(answer["totalResults"], len(everybody(w)), "totalResults")


@cases("RFC7644 3.4.2.1", [
    ("meta.resourceType picks users (trap 31)", ' and meta.resourceType eq "User"', lambda users, groups: users),
    ("meta.resourceType picks groups (trap 31)", ' and meta.resourceType eq "Group"', lambda users, groups: groups),
    ("meta.resourceType picks both (trap 31)", ' and (meta.resourceType eq "User" or meta.resourceType eq "Group")', lambda users, groups: users + groups),
    ("a type has no value for what it does not know (trap 24)", ' and userName pr', lambda users, groups: users),
    ("not pr is true for what a type does not know (trap 24)", ' and not (userName pr)', lambda users, groups: groups),
    ("or with what one type knows (trap 24)", f' and (title ew " 1" or meta.resourceType eq "Group")', lambda users, groups: users[:1] + groups),
    ("schemas picks a type (trap 26)", f' and schemas eq "{USER}"', lambda users, groups: users),
])
def root_filter(w, more, want):
    answer = status(search(w, "/", filter=f'displayName eq "search {w.tag}"{more}'), 200)
    equal(sorted(answer.ids), sorted(each["id"] for each in want(*w.shared(things))), "found")


@check("RFC7644 3.4.2.1, RFC7644 3.4.2.4")
def root_pages(w):
    """at the root pages cover all types (traps 18, 31)"""
    found = []
    for start in range(1, len(everybody(w)) + 1):
        answer = status(search(w, "/", startIndex=start, count=1), 200)
        equal(answer["totalResults"], len(everybody(w)), "totalResults")
        found += answer.ids
    equal(sorted(found), everybody(w), "all pages")


@check("RFC7644 3.4.2.1, RFC7644 3.4.2.3", needs="sort")
def root_sort(w):
    """at the root missing values are last (trap 29)"""
    answer = status(search(w, "/", sortBy="title"), 200)
    users, groups = w.shared(things)
    equal(answer.ids, [each["id"] for each in users + groups], "users by title, then the group, which has none")


@check("RFC7644 3.4.2.1, RFC7644 3.4.2.2")
def root_bad_filter(w):
    """at the root a filter that is none is refused (trap 25)"""
    refused(search(w, "/", filter="displayName eq"), 400, "invalidFilter")


@check("RFC7644 3.4.2.1")
def root_get(w):
    """GET of the root with a filter finds all types (trap 31)"""
    answer = status(root(w, filter=f'displayName eq "search {w.tag}"'), 200)
    equal(sorted(answer.ids), everybody(w), "users and groups")


@check("RFC7644 3.4.2.1, RFC7644 3.9")
def root_attributes(w):
    """GET of the root with attributes"""
    for one in status(root(w, filter=f'displayName eq "search {w.tag}"', attributes="displayName"), 200).resources:
        true("userName" not in one and one["displayName"] == f"search {w.tag}" and "id" in one, "attributes", one)


@check("RFC7644 3.4.2.1, RFC7643 7")
def root_secrets(w):
    """the root does not show or match passwords (trap 11)"""
    user = w.user("rooted", password="Root-t3ll-me!", displayName=f"rooted {w.tag}")
    one = status(root(w, filter=f'id eq "{user["id"]}"'), 200).resources[0]
    true("password" not in one, "no password", one)
    answer = root(w, filter=f'id eq "{user["id"]}" and password pr')
    if answer.status == 200:
        equal(answer["totalResults"], 0, "found by password pr")
    else:
        refused(answer, (400, 403), "invalidFilter sensitive")
