# SPDX-License-Identifier: Apache-2.0
"""sortBy and sortOrder: by type and case, where missing values go, multi-valued attributes, and together with paging."""

from harness.expect import equal, refused, status, true
from harness.names import ENTERPRISE, USER
from harness.registry import cases, check

NEEDS = "sort filter"


def people(w):
    """{name: id}, made in an order that no sort gives."""
    t = w.tag
    mail = lambda text, **more: {"value": f"{text}-{t}@example.com", **more}
    rows = {
        "cid": {"nickName": "Charly", "title": "same", "name": {"givenName": "C", "familyName": "beta"},
                "emails": [mail("a", type="home"), mail("z", type="work", primary=True)], "externalId": "b"},
        "ann": {"nickName": "alpha", "title": "same", "name": {"givenName": "A", "familyName": "Gamma"},
                "emails": [mail("m", type="work"), mail("b", type="home")], "externalId": "a"},
        "eve": {"title": "same", "name": {"givenName": "E", "familyName": "alpha"}, "externalId": "A"},
        "bob": {"nickName": "Beta", "title": "same", "name": {"givenName": "B", "familyName": "Delta"},
                "emails": [mail("Y", type="work"), mail("c", type="home")], "externalId": "B"},
        "dan": {"nickName": "delta", "title": "same", "name": {"givenName": "D", "familyName": "epsilon"},
                "emails": [mail("q", type="home", primary=True)], "externalId": "c"},
    }
    rows["dan"][ENTERPRISE], rows["bob"][ENTERPRISE] = {"employeeNumber": "2"}, {"employeeNumber": "10"}
    if w.missing("enterprise"):
        del rows["dan"][ENTERPRISE], rows["bob"][ENTERPRISE]
    for row in rows.values():
        row["externalId"] = f"{t}-{row['externalId']}"
        row["displayName"] = f"{t}"
    return {name: w.user(name, userName=f"{name}-{t}@example.com", **row)["id"] for name, row in rows.items()}


def order(w, **query):
    """The people in the order of the answer, as one text."""
    who = {each: name for name, each in w.shared(people).items()}
    answer = status(w.client.get("/Users", {"filter": f'displayName eq "{w.tag}"', "count": 100, **query}), 200)
    return " ".join(who.get(each, "?") for each in answer.ids)


@cases("RFC7644 3.4.2.3", [
    ("ascending by default", {"sortBy": "userName"}, "ann bob cid dan eve"),
    ("ascending", {"sortBy": "userName", "sortOrder": "ascending"}, "ann bob cid dan eve"),
    ("descending", {"sortBy": "userName", "sortOrder": "descending"}, "eve dan cid bob ann"),
    ("case does not count where caseExact is false; missing values last (trap 29)", {"sortBy": "nickName"}, "ann bob cid dan eve"),
    ("missing values first when descending (trap 29)", {"sortBy": "nickName", "sortOrder": "descending"}, "eve dan cid bob ann"),
    ("by a sub-attribute (trap 29)", {"sortBy": "name.familyName"}, "eve cid bob dan ann"),
    ("by a sub-attribute, descending", {"sortBy": "name.familyName", "sortOrder": "descending"}, "ann dan bob cid eve"),
    ("multi-valued: primary, else the first value (trap 29)", {"sortBy": "emails.value"}, "ann dan bob cid eve"),
    ("multi-valued, descending: none first (trap 29)", {"sortBy": "emails.value", "sortOrder": "descending"}, "eve cid bob dan ann"),
    ("case counts where caseExact is true (trap 2)", {"sortBy": "externalId"}, "eve bob ann cid dan"),
    ("by time of creation", {"sortBy": "meta.created"}, "cid ann eve bob dan"),
    ("name in any case (trap 1)", {"sortBy": "USERNAME"}, "ann bob cid dan eve"),
    ("name with its URN (trap 26)", {"sortBy": USER + ":userName"}, "ann bob cid dan eve"),
    ("together with attributes", {"sortBy": "userName", "attributes": "displayName"}, "ann bob cid dan eve"),
    ("together with excludedAttributes", {"sortBy": "userName", "excludedAttributes": "userName"}, "ann bob cid dan eve"),
])
def orders(w, query, want):
    if query["sortBy"] == "meta.created":
        users = [w.read("/Users/" + each)["meta"]["created"] for each in w.shared(people).values()]
        if len(set(users)) < len(users):  # what was made in one moment may come in any order
            return equal(sorted(order(w, **query).split()), sorted(want.split()), "all")
    return equal(order(w, **query), want, f"order by {query}")


@check("RFC7644 3.4.2.3, RFC7643 4.3", needs="enterprise")
def by_extension(w):
    """by an extension's attribute: text order, missing values last"""
    found = order(w, sortBy=ENTERPRISE + ":employeeNumber").split()
    equal(found[:2], ["bob", "dan"], "the two that have one, as text")
    equal(sorted(found[2:]), ["ann", "cid", "eve"], "and the others")


@check("RFC7644 3.4.2.3")
def unknown_order(w):
    """an unknown sortOrder is refused (trap 29)"""
    refused(w.client.get("/Users", {"sortBy": "userName", "sortOrder": "sideways"}), 400, "invalidValue invalidSyntax")


@check("RFC7644 3.4.2.3")
def order_alone(w):
    """sortOrder without sortBy is no error"""
    equal(sorted(order(w, sortOrder="descending").split()), ["ann", "bob", "cid", "dan", "eve"], "all")


@cases("RFC7644 3.4.2.3, RFC7644 3.4.2.4", [
    ("pages follow the order", {"sortBy": "nickName"}, "ann bob cid dan eve"),
    ("pages follow the descending order", {"sortBy": "nickName", "sortOrder": "descending"}, "eve dan cid bob ann"),
])
def paged(w, query, want):
    found = [order(w, startIndex=start, count=2, **query) for start in (1, 3, 5)]
    equal(" ".join(found), want, f"pages of two by {query}")


@check("RFC7644 3.4.2.3, RFC7644 3.4.2.4")
def ties(w):
    """equal values lose nobody between pages (trap 19)"""
    found = " ".join(order(w, sortBy="title", startIndex=start, count=2) for start in (1, 3, 5))
    equal(sorted(found.split()), ["ann", "bob", "cid", "dan", "eve"], "all once")
    equal(" ".join(order(w, sortBy="title", startIndex=start, count=1) for start in range(1, 6)), found, "in pages of one")


@check("RFC7644 3.4.2.3")
def repeated(w):
    """the same query gives the same order (trap 19)"""
    equal(order(w, sortBy="title"), order(w, sortBy="title"), "order")


@check("RFC7644 3.4.2.3, RFC7643 4.2", needs="groups")
def groups(w):
    """groups by displayName, without case"""
    made = [w.group(stem)["id"] for stem in ("bravo", "Charlie", "Alfa")]
    text = " or ".join(f'id eq "{each}"' for each in made)
    answer = status(w.client.get("/Groups", {"filter": text, "sortBy": "displayName"}), 200)
    equal(answer.ids, [made[2], made[0], made[1]], "order")


@check("RFC7644 3.4.2.3, RFC7643 2.4", needs="patch")
def change(w):
    """an order follows a change"""
    one, two = w.user("one", title=f"{w.tag}-1"), w.user("two", title=f"{w.tag}-2")
    ask = lambda: status(w.client.get("/Users", {"filter": f'title sw "{w.tag}-"', "sortBy": "title"}), 200).ids
    equal(ask(), [one["id"], two["id"]], "before")
    status(w.client.patch("/Users/" + one["id"], {"op": "replace", "path": "title", "value": f"{w.tag}-3"}), 200, 204)
    equal(ask(), [two["id"], one["id"]], "after")


@check("RFC7644 3.4.2.3")
def fold(w):
    """letters beyond ASCII are ordered without case, too"""
    t, made = w.tag, {}
    for key, text in (("2", "Ärger"), ("1", "äpfel"), ("3", "ÄTHER")):
        made[w.user("fold", title=f"{t} {text}")["id"]] = key
    answer = status(w.client.get("/Users", {"filter": f'title sw "{t} "', "sortBy": "title"}), 200)
    equal([made.get(each) for each in answer.ids], ["1", "2", "3"], "äpfel, Ärger, ÄTHER")
    true(answer["totalResults"] == 3, "and all", answer)
