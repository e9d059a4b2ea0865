# SPDX-License-Identifier: Apache-2.0
"""
Types and characteristics that the core schemas do not have, on whatever extension of users has such an attribute: integer,
decimal, dateTime, binary, reference, case-exact text, many simple values; immutable, readOnly, returned, uniqueness.
"""

import json

from harness.client import op
from harness.expect import equal, one_of, path, refused, status, true
from harness.registry import cases, check


def exact(w):
    return w.extension(caseExact=True)


def holding(w, where, value, **more):
    """A user with that value in the extension."""
    urn, name = where
    return w.user("typed", **{urn: {name: value}}, **more)


def told(user, where):
    return path(user, *where)


def full(where):
    return f"{where[0]}:{where[1]}"


def row(w, where, values):
    """{id: value} of a user for each value, told apart from others by their title."""
    title = w.word("row")
    return title, {holding(w, where, value, title=title)["id"]: value for value in values}


def found(w, made, text):
    title, values = made
    answer = status(w.client.get("/Users", {"filter": f'title eq "{title}" and {text}', "count": 50}), 200)
    return sorted(values[each] for each in answer.ids)


def in_order(w, made, where, direction="ascending"):
    title, values = made
    answer = w.client.get("/Users", {"filter": f'title eq "{title}"', "sortBy": full(where), "sortOrder": direction, "count": 50})
    return [values[each] for each in status(answer, 200).ids]


# --- integer and decimal ---

NUMBERS = [9, 100, -1, 10]


def integers(w):
    where = w.extension(type="integer")
    return where, row(w, where, NUMBERS)


@cases("RFC7643 2.3.4, RFC7644 3.4.2.2", [
    ("eq (trap 7)", "eq 9", [9]),
    ("eq a negative number", "eq -1", [-1]),
    ("ne", "ne 9", [-1, 10, 100]),
    ("gt goes by number, not by text (trap 7)", "gt 9", [10, 100]),
    ("ge", "ge 10", [10, 100]),
    ("lt goes by number, not by text (trap 7)", "lt 10", [-1, 9]),
    ("le", "le -1", [-1]),
    ("pr", "pr", [-1, 9, 10, 100]),
], needs="filter")
def integer_filters(w, text, want):
    where, made = w.shared(integers)
    equal(found(w, made, f"{full(where)} {text}"), want, f"found by {text}")


@check("RFC7643 2.3.4, RFC7644 3.4.2.3", needs="filter sort")
def integer_sort(w):
    """integers are sorted by number (trap 29)"""
    where, made = w.shared(integers)
    equal(in_order(w, made, where), [-1, 9, 10, 100], "ascending")
    equal(in_order(w, made, where, "descending"), [100, 10, 9, -1], "descending")


@cases("RFC7643 2.3.4, RFC7644 3.12", [
    ("a fraction is no integer (trap 7)", "1.5"),
    ("1.0 is no integer (trap 7)", "1.0"),
    ("an exponent is no integer (trap 7)", "1e2"),
    ("a text is no integer", '"nine"'),
    ("true is no integer", "true"),
    ("an object is no integer", '{"value":1}'),
])
def no_integer(w, text):
    urn, name = w.extension(type="integer")
    body = json.dumps(w.user_body("bad", **{urn: {name: "@@@"}})).replace('"@@@"', text)  # a JSON library would write it otherwise
    refused(w.client.post("/Users", body.encode()), 400, "invalidValue invalidSyntax")


@check("RFC7643 2.3.4")
def large_integer(w):
    """an integer beyond the doubles comes back exactly, or is refused (trap 7)"""
    urn, name = w.extension(type="integer")
    answer = w.client.post("/Users", w.user_body("large", **{urn: {name: 9007199254740993}}))
    if answer.status == 201:
        equal(path(w.read("/Users/" + answer["id"]), urn, name), 9007199254740993, "2^53 + 1")
    else:
        refused(answer, 400, "invalidValue")


@cases("RFC7643 2.3.3, RFC7644 3.4.2.2", [
    ("eq of decimals", "eq 0.25", [0.25]),
    ("eq of a decimal that is written otherwise (trap 7)", "eq 0.250", [0.25]),
    ("gt of decimals goes by number (trap 7)", "gt 0.3", [10.5]),
    ("le of decimals", "le 0.25", [0.1, 0.25]),
], needs="filter")
def decimals(w, text, want):
    where = w.extension(type="decimal")
    equal(found(w, row(w, where, [10.5, 0.1, 0.25]), f"{full(where)} {text}"), want, f"found by {text}")


# --- dateTime ---

def moments(w):
    where = w.extension(type="dateTime")
    return where, row(w, where, ["2020-01-01T12:00:00Z", "2020-01-01T08:00:00-08:00", "2020-01-01T13:00:00+09:00"])


@cases("RFC7643 2.3.5, RFC7644 3.4.2.2", [
    ("eq the moment in another zone (trap 7)", 'eq "2020-01-01T13:00:00+01:00"', ["2020-01-01T12:00:00Z"]),
    ("gt is chronological (trap 7)", 'gt "2020-01-01T12:30:00Z"', ["2020-01-01T08:00:00-08:00"]),
    ("lt is chronological (trap 7)", 'lt "2020-01-01T11:59:59.999Z"', ["2020-01-01T13:00:00+09:00"]),
    ("le with a fraction of nothing (trap 7)", 'le "2020-01-01T12:00:00.000Z"', ["2020-01-01T12:00:00Z", "2020-01-01T13:00:00+09:00"]),
], needs="filter")
def moment_filters(w, text, want):
    where, made = w.shared(moments)
    equal(found(w, made, f"{full(where)} {text}"), want, f"found by {text}")


@check("RFC7643 2.3.5, RFC7644 3.4.2.3", needs="filter sort")
def moment_sort(w):
    """times are sorted chronologically (traps 7, 29)"""
    where, made = w.shared(moments)
    equal(in_order(w, made, where), ["2020-01-01T13:00:00+09:00", "2020-01-01T12:00:00Z", "2020-01-01T08:00:00-08:00"], "order")


@cases("RFC7643 2.3.5, RFC7644 3.12", [
    ("a date without a time (trap 7)", "2020-01-01"),
    ("a thirteenth month (trap 7)", "2020-13-01T00:00:00Z"),
    ("a 30th of February (trap 7)", "2020-02-30T00:00:00Z"),
    ("words (trap 7)", "tomorrow"),
    ("a number (trap 7)", 1577880000),
])
def no_moment(w, value):
    urn, name = w.extension(type="dateTime")
    refused(w.client.post("/Users", w.user_body("bad", **{urn: {name: value}})), 400, "invalidValue invalidSyntax")


# --- binary, boolean, case-exact text ---

@cases("RFC7643 2.3.6, RFC7644 3.4.2.2", [(f"{how} on a binary attribute (trap 23)", how) for how in ("gt", "ge", "lt", "le")], needs="filter")
def binary_order(w, how):
    where = w.extension(type="binary", caseExact=True)
    refused(w.client.get("/Users", {"filter": f'{full(where)} {how} "AAAA"'}), 400, "invalidFilter")


@check("RFC7643 2.3.6")
def binary(w):
    """binary comes back as it was sent, and what is no base64 is refused"""
    where = w.extension(type="binary", caseExact=True)
    equal(told(holding(w, where, "SGVsbG8h"), where), "SGVsbG8h", "binary")
    refused(w.client.post("/Users", w.user_body("bad", **{where[0]: {where[1]: "no base64 at all!"}})), 400, "invalidValue invalidSyntax")


@cases("RFC7643 2.3.2, RFC7644 3.4.2.2", [(f"{how} on a boolean attribute (trap 23)", how) for how in ("gt", "ge", "lt", "le")], needs="filter")
def boolean_order(w, how):
    where = w.extension(type="boolean")
    refused(w.client.get("/Users", {"filter": f"{full(where)} {how} true"}), 400, "invalidFilter")


@check("RFC7643 2.2, RFC7644 3.4.2.2", needs="filter")
def case_exact(w):
    """a case-exact text is found in its case alone (trap 2)"""
    where = exact(w)
    made = row(w, where, ["Abc", "abc"])
    equal(found(w, made, f'{full(where)} eq "abc"'), ["abc"], "eq")
    equal(found(w, made, f'{full(where)} sw "A"'), ["Abc"], "sw")
    equal(found(w, made, f'{full(where)} co "BC"'), [], "co")


@check("RFC7643 2.2, RFC7644 3.4.2.3", needs="filter sort")
def case_exact_sort(w):
    """case-exact texts are sorted with case (traps 2, 29)"""
    where = exact(w)
    equal(in_order(w, row(w, where, ["b", "a", "B", "A"]), where), ["A", "B", "a", "b"], "order")


@check("RFC7643 2.3.7, RFC7644 3.4.2.2", needs="filter")
def references(w):
    """references heed case (trap 2)"""
    where = w.extension(type="reference", caseExact=True)
    made = row(w, where, ["https://example.com/Path"])
    equal(found(w, made, f'{full(where)} eq "https://example.com/path"'), [], "in another case")
    equal(found(w, made, f'{full(where)} eq "https://example.com/Path"'), ["https://example.com/Path"], "in its case")


# --- many simple values ---

def several(w):
    return w.extension(multiValued=True)


@check("RFC7643 2.4, RFC7644 3.4.2.2", needs="filter")
def simple_values(w):
    """a filter on many simple values matches any (traps 4, 21)"""
    where = several(w)
    user = holding(w, where, ["one", "two"])
    equal(sorted(told(user, where)), ["one", "two"], "values")
    for text, want in (('eq "TWO"', 1), ('sw "o"', 1), ('eq "three"', 0), ("pr", 1)):
        answer = status(w.client.get("/Users", {"filter": f'id eq "{user["id"]}" and {full(where)} {text}'}), 200)
        equal(answer["totalResults"], want, f"found by {text}")


@cases("RFC7644 3.5.2, RFC7643 2.4", [
    ("add to many simple values", "add", "", ["three"], ["one", "three", "two"]),
    ("add of what is there (trap 36)", "add", "", ["one"], ["one", "two"]),
    ("replace of many simple values", "replace", "", ["three"], ["three"]),
    ("remove of one of many simple values (trap 41)", "remove", '[value eq "one"]', ..., ["two"]),
    ("remove of none of many simple values (traps 35, 41)", "remove", '[value eq "none"]', ..., ["one", "two"]),
    ("remove of many simple values", "remove", "", ..., []),
], needs="patch")
def patch_simple_values(w, verb, selection, value, want):
    where = several(w)
    user = holding(w, where, ["one", "two"])
    status(w.client.patch("/Users/" + user["id"], op(verb, full(where) + selection, value)), 200, 204)
    equal(sorted(told(w.read("/Users/" + user["id"]), where) or []), want, "values")


# --- mutability ---

def immutable(w):
    return w.extension(mutability="immutable")


@check("RFC7644 3.5.1, RFC7643 7")
def immutable_put(w):
    """PUT of another value for an immutable attribute is refused, of the same value taken (trap 13)"""
    urn, name = immutable(w)
    body = w.user_body("fix", **{urn: {name: "first"}})
    where = "/Users/" + w.create("/Users", body)["id"]
    status(w.client.put(where, {**body, "title": "Boss"}), 200)
    refused(w.client.put(where, {**body, urn: {name: "second"}}), 400, "mutability")
    equal(path(w.read(where), urn, name), "first", "value")


@check("RFC7644 3.5.1, RFC7643 7")
def immutable_put_unset(w):
    """PUT may set an immutable attribute that is not set (trap 13)"""
    urn, name = immutable(w)
    body = w.user_body("fix")
    where = "/Users/" + w.create("/Users", body)["id"]
    schemas = [*body["schemas"], urn]
    equal(path(status(w.client.put(where, {**body, "schemas": schemas, urn: {name: "first"}}), 200).json, urn, name), "first", "value")


@check("RFC7644 3.5.2, RFC7643 7", needs="patch")
def immutable_patch(w):
    """PATCH may add to an immutable attribute that is not set, and not change it (trap 13)"""
    where = immutable(w)
    user = "/Users/" + w.user("fix")["id"]
    status(w.client.patch(user, op("add", full(where), "first")), 200, 204)
    for operation in (op("replace", full(where), "second"), op("add", full(where), "second"), op("remove", full(where))):
        refused(w.client.patch(user, operation), 400, "mutability")
    equal(told(w.read(user), where), "first", "value")


@check("RFC7644 3.3, RFC7644 3.5.2, RFC7643 7")
def read_only(w):
    """a readOnly attribute is passed over in POST and refused in PATCH (trap 13)"""
    where = w.extension(mutability="readOnly")
    user = holding(w, where, "mine")
    true(told(user, where) != "mine", "value", user)
    if not w.missing("patch"):
        refused(w.client.patch("/Users/" + user["id"], op("replace", full(where), "mine")), 400, "mutability")


# --- returned ---

@check("RFC7643 7, RFC7644 3.9")
def on_request(w):
    """what is returned on request is there when it is asked for, and else not (trap 11)"""
    where = w.extension(returned="request")
    user = holding(w, where, "asked")
    true(told(w.read("/Users/" + user["id"]), where) is None, "not in GET")
    equal(told(w.read("/Users/" + user["id"], {"attributes": full(where)}), where), "asked", "with attributes")


@check("RFC7643 7, RFC7644 3.9")
def always(w):
    """what is returned always is there whatever is asked for (trap 11)"""
    where = w.extension(returned="always")
    user = holding(w, where, "always")
    for query in ({"attributes": "userName"}, {"excludedAttributes": full(where)}, {"excludedAttributes": where[0]}):
        equal(told(w.read("/Users/" + user["id"], query), where), "always", f"with {query}")


@check("RFC7643 7, RFC7644 3.9")
def never(w):
    """what is returned never is not there, even if it is asked for (trap 11)"""
    where = w.extension(returned="never")
    user = holding(w, where, "never told")
    for shown in (user, w.read("/Users/" + user["id"]), w.read("/Users/" + user["id"], {"attributes": full(where)})):
        true("never told" not in str(shown), "not shown", shown)


# --- uniqueness ---

@cases("RFC7643 7, RFC7644 3.12", [
    ("a value that is unique in the server is 409 for the second (trap 46)", False, False, 409),
    ("a unique value in another case is 409 (traps 2, 46)", False, True, 409),
    ("a case-exact unique value is 409 for the second (trap 46)", True, False, 409),
    ("a case-exact unique value in another case is another value (trap 2)", True, True, 201),
])
def unique(w, case_exact, other_case, want):
    urn, name = w.extension(uniqueness="server", caseExact=case_exact)
    value = w.word("unique")
    holding(w, (urn, name), value)
    answer = w.client.post("/Users", w.user_body("unique", **{urn: {name: value.upper() if other_case else value}}))
    if want == 201:
        status(answer, 201)
    else:
        refused(answer, want, "uniqueness")


@cases("RFC7643 2.2, RFC7643 2.5", [
    ("0 is a value, and null is none (trap 5)", "integer", 0),
    ("false is a value, and null is none (trap 5)", "boolean", False),
    ("0.5 is a value, and null is none (trap 5)", "decimal", 0.5),
    ("an empty text is a value or refused, and null is none (trap 5)", "string", ""),
])
def present(w, kind, value):
    where = w.extension(type=kind)
    equal(told(holding(w, where, None), where), None, "null")
    answer = w.client.post("/Users", w.user_body("value", **{where[0]: {where[1]: value}}))
    if answer.status == 400 and value == "":
        refused(answer, 400, "invalidValue")
    else:
        one_of(told(status(answer, 201).json, where), (value, None) if value == "" else (value,), kind)
