# SPDX-License-Identifier: Apache-2.0
"""Filters: grammar, precedence, operators by type, any-value and same-value, names, and what is refused."""

import datetime
import json
import re

from harness.client import op
from harness.expect import equal, one_of, path, refused, skip, status, true
from harness.names import ENTERPRISE, GROUP, USER
from harness.registry import cases, check

NEEDS = "filter"
ODD = 'A "quoted] and (odd): \\ '


def people(w):
    """{name: resource} of four users that differ in what filters look at. In filters, ~ stands for the run's tag."""
    t = w.tag
    mail = lambda local, domain, kind, **more: {"value": f"{local}-{t}@{domain}.example", "type": kind, **more}
    made = {}
    made["ann"] = w.user(
        userName=f"Ann-{t}@example.com", name={"givenName": "Ann", "familyName": "O'Malley"}, nickName=f"Alpha {t}",
        title=f"Engineer {t}", userType="member", externalId=f"Key-{t}-A", displayName=f"Ann {t}",
        emails=[mail("ann", "work", "work", primary=True), mail("ann", "home", "home")],
        **{ENTERPRISE: {"employeeNumber": f"{t}-007", "department": f"Tools {t}"}})
    made["bob"] = w.user(
        userName=f"bob-{t}@example.com", name={"givenName": "Bob", "familyName": "Brown"}, nickName=f"alphabet {t}",
        title=ODD + t, userType="viewer", externalId=f"key-{t}-b", active=False, emails=[mail("bob", "home", "work")])
    made["cid"] = w.user(
        userName=f"cid-{t}@example.com", name={"givenName": "Cid", "familyName": "Clark"}, title=f"Zebra {t}", externalId=f"key-{t}-c",
        emails=[mail("cid", "work", "home"), mail("cid", "other", "other")])
    made["dan"] = w.user(
        userName=f"dan-{t}@example.com", name={"givenName": "Dan", "familyName": "Zed"}, displayName=f"Dan {t}",
        **{ENTERPRISE: {"employeeNumber": f"{t}-100", "manager": {"value": made["ann"]["id"]}}})
    return made


def crew(w):
    """A group of ann and bob, and one of nobody."""
    who = w.shared(people)
    return w.group("Crew", [who["ann"]["id"], who["bob"]["id"]]), w.group("Empty")


def names(w, text):
    """The people that a filter finds, as one text."""
    who = w.shared(people)
    text = text.replace("~", w.tag)
    first = w.client.get("/Users", {"filter": text, "count": 1})
    if "[" in text and first.status == 400 and w.client.get("/Users", {"filter": 'emails[type eq "work"]'}).status == 400:
        skip("value paths in filters are optional (RFC 7644 table 5) and refused here")
    status(first, 200)
    ids = {each["id"] for each in w.all("/Users", filter=text)}
    return " ".join(name for name in who if who[name]["id"] in ids)


@cases("RFC7644 3.4.2.2", [
    ("eq finds one", 'userName eq "bob-~@example.com"', "bob"),
    ("eq that matches nothing", 'userName eq "nobody-~@example.com"', ""),
    ("eq ignores case where caseExact is false (trap 2)", 'userName eq "ANN-~@EXAMPLE.COM"', "ann"),
    ("eq on externalId heeds case (trap 2)", 'externalId eq "KEY-~-A"', ""),
    ("eq on externalId in its case (trap 2)", 'externalId eq "Key-~-A"', "ann"),
    ("sw on externalId heeds case (trap 2)", 'externalId sw "key-~"', "bob cid"),
    ("ne", 'title pr and title ne "engineer ~"', "bob cid"),
    ("co", 'title co "NGINEER ~"', "ann"),
    ("co with the whole value", 'title co "Zebra ~"', "cid"),
    ("sw", 'nickName sw "alpha" and nickName co "~"', "ann bob"),
    ("sw with the whole value", 'nickName sw "ALPHA ~"', "ann"),
    ("ew", 'userName ew "-~@EXAMPLE.com"', "ann bob cid dan"),
    ("ew is not co", 'userName ew "ann-~"', ""),
    ("sw is not co", 'nickName sw "lpha"', ""),
    ("pr on a simple attribute", "nickName pr", "ann bob"),
    ("pr on a complex attribute", "name pr", "ann bob cid dan"),
    ("pr on a sub-attribute", "name.familyName pr", "ann bob cid dan"),
    ("pr on a multi-valued attribute (trap 22)", "emails pr", "ann bob cid"),
    ("pr is false for what nobody set (trap 5)", "timezone pr", ""),
    ("eq null is not pr (trap 23)", "nickName eq null", "cid dan"),
    ("ne null is pr (trap 23)", "nickName ne null", "ann bob"),
    ("gt on a string", 'title co "~" and title gt "F"', "cid"),
    ("gt ignores case", 'title gt "ZEBRA ~"', ""),
    ("ge is also equal", 'title ge "ZEBRA ~" and title co "~"', "cid"),
    ("lt on a string ignores case", 'title co "~" and title lt "F"', "ann bob"),
    ("lt is not equal", 'title co "~" and title lt "ENGINEER ~"', "bob"),
    ("le is also equal", 'title co "~" and title le "ENGINEER ~"', "ann bob"),
    ("eq true on a boolean", "active eq true", "ann cid dan"),
    ("eq false on a boolean", "active eq false", "bob"),
    ("ne on a boolean", "active ne true", "bob"),
    ("eq on a sub-attribute", 'name.familyName eq "brown" and userName co "~"', "bob"),
    ("an apostrophe in a value", 'name.familyName co "O\'Malley" and userName co "~"', "ann"),
    ("eq on userType", 'userType eq "MEMBER" and userName co "~"', "ann"),
])
def operators(w, text, want):
    equal(names(w, text), want, f"found by {text}")


@cases("RFC7644 3.4.2.2", [
    ("and before or, or first (trap 20)", 'userName eq "bob-~@example.com" or userName eq "ann-~@example.com" and active eq true', "ann bob"),
    ("and before or, and first (trap 20)", 'userName eq "ann-~@example.com" and active eq false or userName eq "bob-~@example.com"', "bob"),
    ("parentheses before and (trap 20)", '(userName eq "bob-~@example.com" or userName eq "ann-~@example.com") and active eq true', "ann"),
    ("parentheses on the right", 'active eq true and (userName eq "bob-~@example.com" or userName eq "ann-~@example.com")', "ann"),
    ("needless parentheses", '((((userName eq "bob-~@example.com"))))', "bob"),
    ("not before and (trap 20)", "not (active eq true) and title pr", "bob"),
    ("not before or (trap 20)", 'not (userName co "~") or userName eq "bob-~@example.com"', "bob"),
    ("not without a space (trap 20)", "not(title pr)", "dan"),
    ("not of not", "not (not (title pr))", "ann bob cid"),
    ("not of or", 'not (active eq false or nickName pr)', "cid dan"),
    ("not of and", 'not (active eq true and title pr)', "bob dan"),
    ("not on the right of and", 'title pr and not (active eq true)', "bob"),
    ("three terms of and", 'title pr and active eq true and nickName pr', "ann"),
    ("three terms of or", 'userName sw "ann-~" or userName sw "bob-~" or userName sw "cid-~"', "ann bob cid"),
    ("operators in any case (trap 20)", 'userName Eq "ann-~@example.com" OR NOT (title PR)', "ann dan"),
    ("and in any case", 'title Pr AND active EQ true And nickName pR', "ann"),
    ("attribute names in any case (trap 1)", 'USERNAME eq "ann-~@example.com"', "ann"),
    ("sub-attribute names in any case (trap 1)", 'NAME.FAMILYname eq "zed" and username co "~"', "dan"),
])
def logic(w, text, want):
    equal(names(w, text), want, f"found by {text}")


@cases("RFC7644 3.4.2.2", [
    ("and may meet different values (trap 21)", 'emails.type eq "work" and emails.value co "-~@home.example"', "ann bob"),
    ("a value path meets one value (trap 21)", 'emails[type eq "work" and value co "-~@home.example"]', "bob"),
    ("ne means some value that differs (trap 21)", 'emails pr and emails.type ne "work"', "ann cid"),
    ("not of eq means no value that equals (trap 21)", 'not (emails.type eq "work")', "cid dan"),
    ("co on emails means their values (trap 22)", 'emails co "-~@work.example"', "ann cid"),
    ("eq on emails means their values, without case (trap 22)", 'emails eq "BOB-~@HOME.EXAMPLE"', "bob"),
    ("sw on emails.value", 'emails.value sw "cid-~"', "cid"),
    ("ew on emails.value", 'emails.value ew "-~@other.example"', "cid"),
    ("a boolean sub-attribute", "emails.primary eq true", "ann"),
    ("a value path with or", 'emails[type eq "other" or value sw "bob-~"]', "bob cid"),
    ("a value path with not (trap 27)", 'emails[not (type eq "work")]', "ann cid"),
    ("not of a value path (trap 21)", 'not (emails[type eq "work"])', "cid dan"),
    ("a value path and an attribute", 'emails[type eq "work"] and active eq true', "ann"),
    ("an attribute or a value path", 'title sw "zebra ~" or emails[type eq "work" and value sw "bob-~"]', "bob cid"),
    ("a value path with pr", "emails[primary pr]", "ann"),
    ("two value paths", 'emails[type eq "work"] and emails[type eq "home"]', "ann"),
    ("a value path with parentheses", 'emails[(type eq "work" or type eq "home") and value co "~@work"]', "ann cid"),
    ("precedence in a value path", 'emails[type eq "other" or type eq "home" and value co "-~@home"]', "ann cid"),
    ("a value path with names in any case (trap 1)", 'EMAILS[TYPE eq "WORK" and Value sw "ann-~"]', "ann"),
], needs="User.emails")
def multi_valued(w, text, want):
    equal(names(w, text), want, f"found by {text}")


@cases("RFC7644 3.10, RFC7644 3.4.2.2", [
    ("a URN before the name (trap 26)", USER + ':userName eq "bob-~@example.com"', "bob"),
    ("a URN in any case (traps 1, 26)", USER.upper() + ':username eq "bob-~@example.com"', "bob"),
    ("a URN before name.familyName (trap 26)", USER + ':name.familyName eq "Clark" and userName co "~"', "cid"),
    ("a URN before a value path (trap 26)", USER + ':emails[type eq "work" and value sw "ann-~"]', "ann"),
    ("schemas eq the core URN (trap 26)", f'schemas eq "{USER}"', "ann bob cid dan"),
    ("meta.resourceType eq User (trap 26)", 'meta.resourceType eq "User"', "ann bob cid dan"),
    ("meta.resourceType eq Group at /Users", 'meta.resourceType eq "Group"', ""),
])
def qualified(w, text, want):
    equal(names(w, text), want, f"found by {text}")


@cases("RFC7644 3.10, RFC7643 4.3", [
    ("an extension's attribute (trap 26)", ENTERPRISE + ':employeeNumber eq "~-007"', "ann"),
    ("an extension's attribute, sw", ENTERPRISE + ':employeeNumber sw "~-"', "ann dan"),
    ("an extension's attribute, pr", ENTERPRISE + ":department pr", "ann"),
    ("an extension's URN in any case (trap 1)", ENTERPRISE.upper() + ':DEPARTMENT eq "tools ~"', "ann"),
    ("schemas eq the extension's URN (trap 26)", f'schemas eq "{ENTERPRISE}"', "ann dan"),
    ("not of an extension's attribute", f"not ({ENTERPRISE}:employeeNumber pr)", "bob cid"),
], needs="enterprise")
def extension(w, text, want):
    equal(names(w, text), want, f"found by {text}")


@check("RFC7643 4.3, RFC7644 3.10", needs="enterprise")
def by_manager(w):
    """a filter on the manager's id (trap 26)"""
    ann = w.shared(people)["ann"]["id"]
    equal(names(w, f'{ENTERPRISE}:manager.value eq "{ann}"'), "dan", "who has ann as manager")


@check("RFC7643 3.1")
def by_id(w):
    """id eq finds the one, and heeds case (trap 2)"""
    ann = w.shared(people)["ann"]["id"]
    equal(names(w, f'id eq "{ann}"'), "ann", "id eq the id")
    other = ann.swapcase()
    if other != ann:
        equal(names(w, f'id eq "{other}"'), "", "id eq the id in the other case")


@check("RFC7643 3.1")
def by_several_ids(w):
    """id eq one or id eq another"""
    who = w.shared(people)
    equal(names(w, f'id eq "{who["cid"]["id"]}" or id eq "{who["ann"]["id"]}"'), "ann cid", "either")


# --- dateTime ---

def elsewhere(w, name, hours):
    """When that user was created, as it is written in another zone; the fraction as the server has it."""
    text = path(w.shared(people)[name], "meta", "created")
    parts = re.fullmatch(r"([^.Z+]+T[^.Z+-]+)(\.\d+)?(Z|[+-]\d\d:\d\d)", text or "")
    true(parts, "meta.created is a dateTime", text)
    second = datetime.datetime.fromisoformat(parts[1] + parts[3].replace("Z", "+00:00"))
    there = second.astimezone(datetime.timezone(datetime.timedelta(hours=hours))).isoformat()
    return there[:19] + (parts[2] or "") + there[19:]


@cases("RFC7644 3.4.2.2, RFC7643 2.3.5", [
    ("gt a time long ago", 'meta.created gt "2001-01-01T00:00:00Z"', "ann bob cid dan"),
    ("lt a time long ago", 'meta.created lt "2001-01-01T00:00:00Z"', ""),
    ("ge and le with an offset (trap 7)", 'meta.created ge "2001-01-01T00:00:00+05:30" and meta.created le "2999-12-31T23:59:59-08:00"', "ann bob cid dan"),
    ("lastModified with a fraction (trap 7)", 'meta.lastModified gt "2011-05-13T04:42:34.123Z"', "ann bob cid dan"),
    ("ne a time", 'meta.created ne "2001-01-01T00:00:00Z"', "ann bob cid dan"),
])
def times(w, text, want):
    equal(names(w, text), want, f"found by {text}")


@cases("RFC7644 3.4.2.2, RFC7643 2.3.5", [
    ("eq the moment in another zone, ahead (trap 7)", "eq", 14, True),
    ("eq the moment in another zone, behind (trap 7)", "eq", -11, True),
    ("lt is chronological, not textual (trap 7)", "lt", 14, False),
    ("gt is chronological, not textual (trap 7)", "gt", -11, False),
    ("ge the moment in another zone (trap 7)", "ge", 14, True),
    ("le the moment in another zone (trap 7)", "le", -11, True),
])
def zones(w, operator, hours, want):
    text = f'meta.created {operator} "{elsewhere(w, "bob", hours)}"'
    equal("bob" in names(w, text).split(), want, f"bob is found by {text}")


# --- strings ---

@check("RFC7644 3.4.2.2, RFC8259 7")
def escapes(w):
    """a value is a JSON string: quotes, brackets, backslashes (trap 27)"""
    equal(names(w, f"title eq {json.dumps(ODD + w.tag)}"), "bob", "title eq the odd title")


@cases("RFC7644 3.4.2.2", [
    ("a bracket in a value (trap 27)", 'title co "] and (" and title co "~"', "bob"),
    ("a colon in a value (trap 27)", 'title co "): " and title co "~"', "bob"),
    ("a quote in a value (trap 27)", r'title co "\"quoted" and title co "~"', "bob"),
    ("a \\u escape in a value (trap 20)", r'userName eq "\u0041nn-~@example.com"', "ann"),
    ("a value that looks like a filter (trap 27)", r'title eq "x\" or title pr or title eq \"x"', ""),
    ("and in a value (trap 27)", 'nickName eq "a and b ~"', ""),
    ("a percent sign and an underscore are no wildcards (trap 27)", 'nickName co "%" or nickName sw "_lpha"', ""),
    ("an asterisk is no wildcard", 'nickName eq "alph* ~"', ""),
])
def strings(w, text, want):
    equal(names(w, text), want, f"found by {text}")


# --- groups ---

@cases("RFC7644 3.4.2.2, RFC7643 4.2", [
    ("displayName eq ignores case", lambda g, a: f'displayName eq "{g["displayName"].upper()}"', True),
    ("members.value eq", lambda g, a: f'members.value eq "{a}"', True),
    ("members eq means their values (trap 22)", lambda g, a: f'members eq "{a}"', True),
    ("members[value eq]", lambda g, a: f'members[value eq "{a}"]', True),
    ("members.value eq nobody's id", lambda g, a: f'members.value eq "{a}-x"', False),
    ("id and members.value", lambda g, a: f'id eq "{g["id"]}" and members.value eq "{a}"', True),
    ("not of members.value eq", lambda g, a: f'id eq "{g["id"]}" and not (members.value eq "{a}")', False),
    ("a URN before displayName (trap 26)", lambda g, a: f'{GROUP}:displayName eq "{g["displayName"]}"', True),
], needs="groups")
def groups(w, text, want):
    group, empty = w.shared(crew)
    text = text(group, w.shared(people)["ann"]["id"])
    found = [each["id"] for each in w.all("/Groups", filter=text)]
    equal(group["id"] in found, want, f"the group is found by {text}")
    true(empty["id"] not in found, f"a group without members is not found by {text}")


@check("RFC7644 3.4.2.2, RFC7643 4.2", needs="groups")
def no_members(w):
    """members pr is false for a group without members (trap 5)"""
    group, empty = w.shared(crew)
    for which, want in ((group, 1), (empty, 0)):
        answer = status(w.client.get("/Groups", {"filter": f'id eq "{which["id"]}" and members pr'}), 200)
        equal(answer["totalResults"], want, "groups with members")


@check("RFC7643 4.1.2", needs="groups User.groups")
def by_group(w):
    """a filter on the groups of a user"""
    equal(names(w, f'groups.value eq "{w.shared(crew)[0]["id"]}"'), "ann bob", "who is in the group")


# --- what is refused ---

@cases("RFC7644 3.4.2.2, RFC7644 3.12", [
    ("no operator", "userName"),
    ("no value", "userName eq"),
    ("no attribute", 'eq "x"'),
    ("an empty filter", ""),
    ("a filter of spaces", "   "),
    ("and without a right side", 'userName eq "x" and'),
    ("and without a left side", 'and userName eq "x"'),
    ("two expressions without and", 'userName eq "x" userName eq "y"'),
    ("a parenthesis that is not closed", '(userName eq "x"'),
    ("a parenthesis that is not open", 'userName eq "x")'),
    ("empty parentheses", "()"),
    ("an unknown operator (trap 25)", 'userName regex "x"'),
    ("an unknown operator after a known one (trap 25)", 'userName pr and userName like "x"'),
    ("single quotes (trap 20)", "userName eq 'x'"),
    ("a string that is not closed", 'userName eq "x'),
    ("a bad escape in a string (trap 20)", r'userName eq "\q"'),
    ("not without parentheses (trap 20)", 'not userName eq "x"'),
    ("a value path that is not closed (trap 27)", 'emails[type eq "work"'),
    ("an empty value path", "emails[]"),
    ("a value path in a value path (trap 27)", 'emails[type[value eq "x"]]'),
    ("a value path of a simple attribute", 'userName[value eq "x"]'),
    ("pr with a value", 'userName pr "x"'),
    ("something after the filter", 'userName eq "x"; userName pr'),
    ("an unknown attribute (trap 24)", 'noSuchAttribute eq "x"'),
    ("an unknown attribute with pr (trap 24)", "noSuchAttribute pr"),
    ("an unknown attribute in a second term (trap 24)", 'userName eq "x" or noSuchAttribute eq "x"'),
    ("an unknown sub-attribute (trap 24)", 'name.noSuch eq "x"'),
    ("an unknown sub-attribute in a value path (trap 24)", 'emails[noSuch eq "x"]'),
    ("an unknown URN (trap 24)", 'urn:example:none:2.0:User:userName eq "x"'),
    ("a sub-attribute of a simple attribute", 'userName.value eq "x"'),
    ("eq on a complex attribute (trap 22)", 'name eq "x"'),
    ("gt on a boolean (trap 23)", "active gt true"),
    ("ge on a boolean (trap 23)", "active ge false"),
    ("lt on a boolean (trap 23)", "active lt true"),
    ("le on a boolean (trap 23)", "active le false"),
    ("gt on a boolean in a value path (trap 23)", "emails[primary gt false]"),
    ("a time that is none (trap 23)", 'meta.created gt "yesterday"'),
])
def refuses(w, text):
    refused(w.client.get("/Users", {"filter": text}), 400, "invalidFilter")


@check("RFC7644 3.4.2.2", needs="User.x509Certificates.value")
def binary_order(w):
    """gt on a binary attribute (trap 23)"""
    refused(w.client.get("/Users", {"filter": 'x509Certificates.value gt "TUlJ"'}), 400, "invalidFilter")


@cases("RFC7644 3.4.2.2, RFC7643 2.3", [
    ("a number for a string (trap 23)", "userName eq 5"),
    ("a word for a boolean (trap 23)", 'active eq "maybe"'),
    ("true for a string (trap 23)", "userName eq true"),
])
def mismatch(w, text):
    answer = w.client.get("/Users", {"filter": text})
    if answer.status == 200:
        equal(answer["totalResults"], 0, f"found by {text}")
    else:
        refused(answer, 400, "invalidFilter")


@check("RFC7644 3.4.2.2, RFC8259 8.2")
def lone_surrogate(w):
    """half a surrogate pair in a value finds nobody (trap 49)"""
    answer = w.client.get("/Users", {"filter": r'userName eq "\ud800"'})
    if answer.status == 200:
        equal(answer["totalResults"], 0, "found")
    else:
        refused(answer, 400, "invalidFilter invalidValue")


@cases("RFC7644 3.12", [
    ("a thousand parentheses (trap 27)", "(" * 1000 + "userName pr" + ")" * 1000),
    ("a thousand nots (trap 27)", "not (" * 1000 + "userName pr" + ")" * 1000),
    ("a thousand terms (trap 27)", " or ".join('userName eq "x"' for _ in range(1000))),
    ("a long value (trap 27)", f'userName eq "{"x" * 5000}"'),
])
def bounds(w, text):
    answer = w.client.get("/Users", {"filter": text, "count": 0})
    one_of(answer.status, (200, 400, 413, 414, 431), "status")
    if answer.status == 400:
        refused(answer, 400, "invalidFilter tooMany")
    status(w.client.get("/Users", {"filter": "userName pr", "count": 0}), 200)


@check("RFC7643 7, RFC7644 7.5")
def password(w):
    """a filter on the password tells nothing (trap 11)"""
    secret = "Tell-me-0ne-more!"
    user = w.user("secret", password=secret)
    found = []
    for text in (secret, "not the one"):
        answer = w.client.get("/Users", {"filter": f'id eq "{user["id"]}" and password eq {json.dumps(text)}'})
        if answer.status == 200:
            found.append(answer["totalResults"])
        else:
            refused(answer, (400, 403), "invalidFilter sensitive")
    true(found in ([], [0, 0]), "right and wrong password answer alike", found)


@check("RFC7644 3.4.2.2, RFC7643 2.5", needs="patch")
def after_a_change(w):
    """a filter sees a change at once"""
    user = w.user("shift", title=f"before {w.tag}")
    status(w.client.patch("/Users/" + user["id"], op("replace", "title", f"after {w.tag}")), 200, 204)
    for text, want in ((f"before {w.tag}", 0), (f"after {w.tag}", 1)):
        equal(status(w.client.get("/Users", {"filter": f'title eq "{text}"'}), 200)["totalResults"], want, f"users with the title {text}")


@check("RFC7644 3.4.2.2, RFC7643 2.4", needs="User.roles")
def roles(w):
    """a filter on a multi-valued attribute whose types are free"""
    user = w.user("role", roles=[{"value": f"boss {w.tag}", "type": "t1"}, {"value": f"clerk {w.tag}", "type": "t2"}])
    for text, want in ((f'roles.value eq "BOSS {w.tag}"', 1), (f'roles[value eq "clerk {w.tag}" and type eq "t1"]', 0),
                       (f'roles[value eq "clerk {w.tag}" and type eq "t2"]', 1), (f'roles eq "boss {w.tag}"', 1)):
        answer = status(w.client.get("/Users", {"filter": f'id eq "{user["id"]}" and {text}'}), 200)
        equal(answer["totalResults"], want, f"found by {text}")
