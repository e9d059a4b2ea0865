# SPDX-License-Identifier: Apache-2.0
"""Texts of every script: as they were sent when they come back, prepared when they are compared."""

import json
import unicodedata

from harness.client import op
from harness.expect import equal, one_of, refused, skip, status, true
from harness.registry import cases, check


def found(w, where, text):
    return status(w.client.get(where, {"filter": text}), 200)["totalResults"]


# --- back as sent ---

@cases("RFC7643 2.3.1, RFC7644 3.8", [
    ("letters with marks (trap 15)", "Zoë Müller-Łukasiewicz"),
    ("Greek", "Ελευθέριος Οδυσσεύς"),
    ("from right to left", "מרים ابراهيم"),
    ("CJK", "山田太郎"),
    ("Devanagari", "क्षितिज"),
    ("beyond the first plane", "𝒳 😀 𠮷"),
    ("joined emoji", "👩‍👩‍👧"),
    ("marks by themselves, not composed (trap 15)", "Zoe\u0308 A\u030a"),
    ("quotes, tags and a backslash", "\"<b>&amp;</b>' \\ / \t"),
    ("U+2028 and U+FEFF", "a\u2028b\ufeffc"),
])
def back(w, text):
    user = w.user("back", title=text)
    equal(user.get("title"), text, "title in POST")
    equal(w.read("/Users/" + user["id"]).get("title"), text, "title in GET")


@check("RFC8259 7, RFC7643 2.3.1")
def escaped(w):
    """\\u escapes, also of a pair, are the characters"""
    body = w.user_body("escape", title="@@@")
    sent = w.client.request("POST", "/Users", json.dumps(body).replace("@@@", "\\u00e4\\ud83d\\ude00").encode())
    equal(status(sent, 201)["title"], "ä😀", "title")


@check("RFC8259 7")
def nul(w):
    """U+0000 is kept or refused, nothing is cut off after it"""
    answer = w.client.post("/Users", w.user_body("nul", title="before\0after"))
    if answer.status == 201:
        equal(w.read("/Users/" + answer["id"])["title"], "before\0after", "title")
    else:
        refused(answer, 400, "invalidValue invalidSyntax")


# --- found when they are equal ---

@cases("RFC7644 7.8, RFC7644 5, RFC7643 2.2", [
    ("eq without case beyond ASCII (trap 16)", "Ärger ÀÉ", "äRGER àé", True),
    ("eq of Cyrillic without case (trap 16)", "Наташа", "НАТАША", True),
    ("eq of Greek without case, final sigma (trap 16)", "Οδυσσευς", "ΟΔΥΣΣΕΥΣ", True),
    ("eq of composed and decomposed letters (trap 16)", "Zoë", "Zoe\u0308", True),
    ("eq of decomposed and composed letters (trap 16)", "A\u030angström", "Ångström", True),
    ("eq of marks in another order (trap 16)", "a\u0323\u0307", "a\u0307\u0323", True),
    ("eq of capital and small sharp s (trap 16)", "GROẞ", "groß", True),
    ("eq of the three forms of a digraph (trap 16)", "ǅ", "Ǆ", True),
    ("I with a dot is i and a dot (trap 16)", "İZMİR", "i\u0307zmi\u0307r", True),
    ("I with a dot is not i (trap 16)", "İzmir", "izmir", False),
    ("i without a dot is not i (trap 16)", "ılık", "ilik", False),
    ("a letter with a mark is not the letter", "Zoë", "Zoe", False),
], needs="filter")
def equals(w, text, asked, want):
    user = w.user("equal", displayName=f"{text} {w.tag}")
    equal(found(w, "/Users", f'id eq "{user["id"]}" and displayName eq "{asked} {w.tag}"'), int(want), f"{text!r} found by {asked!r}")


@check("RFC7644 7.8, RFC7644 5", needs="filter")
def sharp_s(w):
    """ß and ss: one by full folding, two by lower case; eq and sw agree (trap 16)"""
    user = w.user("sharp", displayName=f"Straße {w.tag}")
    both = [found(w, "/Users", f'id eq "{user["id"]}" and displayName {how} "{asked}"')
            for how, asked in (("eq", f"STRASSE {w.tag}"), ("sw", "STRASSE"))]
    true(both in ([1, 1], [0, 0]), "found by eq and sw", both)


@cases("RFC7644 7.8, RFC7644 3.4.2.2", [
    ("co without case beyond ASCII (trap 16)", 'displayName co "ÜLLER-ł"', 1),
    ("sw without case beyond ASCII (trap 16)", 'displayName sw "zoË mü"', 1),
    ("ew with decomposed letters (trap 16)", 'displayName ew "Łukasiewicz\u0301"', 1),
    ("a \\u escape of a pair in a filter (trap 20)", r'nickName eq "\ud83d\ude00"', 1),
    ("a letter beyond the first plane in a filter", 'nickName co "😀"', 1),
    ("half of an emoji's bytes matches nothing", 'nickName co "Ÿ"', 0),
], needs="filter")
def parts(w, text, want):
    user = w.user("part", displayName="Zoë Müller-Łukasiewicź", nickName="😀")
    equal(found(w, "/Users", f'id eq "{user["id"]}" and {text}'), want, f"found by {text}")


@check("RFC7643 3.1, RFC7644 3.4.2.2", needs="filter")
def exact(w):
    """externalId heeds case beyond ASCII, too (trap 2)"""
    user = w.user("exact", externalId=f"Ä-{w.tag}")
    equal(found(w, "/Users", f'id eq "{user["id"]}" and externalId eq "ä-{w.tag}"'), 0, "found in another case")
    equal(found(w, "/Users", f'id eq "{user["id"]}" and externalId eq "Ä-{w.tag}"'), 1, "found in its case")


@check("RFC7643 4.2, RFC7644 7.8", needs="groups filter")
def group_name(w):
    """a group by its name in other letters (trap 16)"""
    group = w.group("Équipe Österreich")
    asked = unicodedata.normalize("NFD", group["displayName"].upper())
    equal(found(w, "/Groups", f'displayName eq "{asked}"'), 1, f"found by {asked!r}")


# --- userNames that are one ---

def named(w, text):
    """A user of that name; skips if the server takes no such names."""
    answer = w.client.post("/Users", w.user_body(userName=text))
    if answer.status == 400:
        skip("the server's rules for userName do not take this one")
    return status(answer, 201).json


SAME = [
    ("composed and decomposed letters (trap 16)", "zoë", "zoe\u0308"),
    ("capital letters beyond ASCII (trap 16)", "jürgen", "JÜRGEN"),
    ("full-width letters (trap 16)", "ann", "ａｎｎ"),
    ("full-width capital letters (trap 16)", "ann", "ＡＮＮ"),
    ("half-width katakana (trap 16)", "カナ", "ｶﾅ"),
    ("final sigma and capitals (trap 16)", "οδυσσευς", "ΟΔΥΣΣΕΥΣ"),
    ("capital and small sharp s (trap 16)", "groß", "GROẞ"),
    ("I with a dot, and i and a dot (trap 16)", "i\u0307zmir", "İzmir"),
]


@cases("RFC7644 5, RFC8265 3.3, RFC7644 7.8", SAME)
def one_name(w, first, second):
    tail = w.address("x")
    user = named(w, f"{first}-{tail}")
    answer = w.client.post("/Users", w.user_body(userName=f"{second}-{tail}"))
    refused(answer, (409, 400), "uniqueness invalidValue")
    if answer.status == 409:
        equal(answer["scimType"], "uniqueness", "scimType")
    if not w.missing("filter"):
        equal(found(w, "/Users", f'userName eq "{second}-{tail}" and id eq "{user["id"]}"'), 1, "the first one, found by the second name")


@cases("RFC7644 5, RFC8265 3.3", SAME[:3], needs="patch")
def one_name_by_patch(w, first, second):
    tail = w.address("x")
    named(w, f"{first}-{tail}")
    other = w.user("other")
    refused(w.client.patch("/Users/" + other["id"], op("replace", "userName", f"{second}-{tail}")), (409, 400), "uniqueness invalidValue")
    equal(w.read("/Users/" + other["id"]), other, "the other user afterwards")


@cases("RFC7644 5, RFC8265 3.3, RFC7644 7.8", [
    ("sharp s and ss: one name or two, and filters agree (trap 16)", "straße", "strasse"),
    ("sigma at the end in both forms: one name or two, and filters agree (trap 16)", "οδος", "οδοσ"),
], needs="filter")
def one_or_two(w, first, second):
    """RFC 7613 folds, RFC 8265 makes lower case: both are in use. What is one for uniqueness must be one for filters."""
    tail = "-" + w.address("x")
    named(w, first + tail)
    answer = w.client.post("/Users", w.user_body(userName=second + tail))
    one_of(answer.status, (201, 409), "status")
    equal(found(w, "/Users", f'userName eq "{second + tail}"'), 1, "found by the second name")
    equal(found(w, "/Users", f'userName eq "{first + tail}"'), 1, "found by the first name")


@cases("RFC7644 5, RFC8265 3.3", [
    ("i without a dot is another name than i (trap 16)", "ilik", "ılık"),
    ("I with a dot is another name than i (trap 16)", "izmir", "İzmir"),
    ("a letter with a mark is another name (trap 16)", "zoe", "zoë"),
])
def two_names(w, first, second):
    tail = w.address("x")
    named(w, f"{first}-{tail}")
    named(w, f"{second}-{tail}")


@cases("RFC7644 5, RFC8265 3.3, RFC8264 4.2", [
    ("a control character in a userName (trap 16)", "a\u0007b"),
    ("a line break in a userName (trap 16)", "a\nb"),
    ("a space of no width in a userName (trap 16)", "a\u200bb"),
    ("a private character in a userName (trap 16)", "a\ue000b"),
    ("a letter without a meaning yet in a userName (trap 16)", "a\U000e0fffb"),
])
def no_name(w, text):
    refused(w.client.post("/Users", w.user_body(userName=f"{text}-{w.address('x')}")), 400, "invalidValue invalidSyntax")
