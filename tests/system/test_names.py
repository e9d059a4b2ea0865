#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
User names and passwords as RFC 8265 prepares them (RFC 7644 5, 7.8): names that are one however they are spelt, what they
may consist of, and that what was sent is what comes back.
"""

import random
import string
import time
import unicodedata
import urllib.parse

from lib import is_error, main, newest, tap, user
from stack import Stack

# Two spellings of one name: (what they differ in, one, other). Trap 16.
SAME = [
    ("case", "ana@example.com", "ANA@Example.COM"),
    ("sharp s and SS", "straße@example.com", "STRASSE@example.com"),
    ("capital sharp s", "weiß@example.com", "WEIẞ@EXAMPLE.COM"),
    ("final sigma", "σίσυφος@example.com", "ΣΊΣΥΦΟΣ@example.com"),
    ("the Turkish dotted I and its parts", "İzmir@example.com", "i\u0307zmir@example.com"),
    ("composed and decomposed", "zoë@example.com", unicodedata.normalize("NFD", "ZOË@example.com")),
    ("full width", "ken@example.com", "ＫＥＮ＠ｅｘａｍｐｌｅ．ｃｏｍ"),
    ("half-width Katakana", "ガ@example.com", "ｶﾞ@example.com"),
    ("Cyrillic case", "иван@example.com", "ИВАН@example.com"),
]

# Names that look or sound alike and are two.
APART = [
    ("dotless i and i", "ılgaz@example.com", "ilgaz@example.com"),
    ("with and without an accent", "rené@example.com", "rene@example.com"),
    ("Latin and Cyrillic a", "anna@example.com", "\u0430nna@example.com"),
    ("one space and two", "foo bar", "foo  bar"),
]

# (what, userName, code, what the detail names)
REFUSED = [
    ("a control character", "a\u0007b@example.com", "USERNAME_BAD_CHARACTER", "U+0007 at position 2"),
    ("private use", "ab\ue000@example.com", "USERNAME_BAD_CHARACTER", "U+E000 at position 3"),
    ("unassigned", "a\u0378", "USERNAME_BAD_CHARACTER", "U+0378 at position 2"),
    ("a symbol", "\u265a", "USERNAME_BAD_CHARACTER", "U+265A at position 1"),
    ("a Roman numeral", "henry\u2163", "USERNAME_BAD_CHARACTER", "U+2163 at position 6"),
    ("an emoji", "zoë\U0001f600", "USERNAME_BAD_CHARACTER", "U+1F600 at position 4"),
    ("a no-break space", "a\u00a0b", "USERNAME_BAD_CHARACTER", "U+00A0 at position 2"),
    ("a wide space", "a\u3000b", "USERNAME_BAD_CHARACTER", "U+3000 at position 2"),
    ("a zero width space", "a\u200bb", "USERNAME_BAD_CHARACTER", "U+200B at position 2"),
    ("a direction override", "a\u202eb", "USERNAME_BAD_CHARACTER", "U+202E at position 2"),
    ("a space in front", " ana", "USERNAME_BAD_CHARACTER", "U+0020 at position 1"),
    ("Hebrew and Latin in one part", "\u05d0b@example.com", "USERNAME_DIRECTION", "U+0062 at position 2"),
]

BAD_PASSWORDS = [("a control character", "pass\u0007word"), ("private use", "pass\ue000word"), ("an invisible one", "pass\u200bword")]
GOOD_PASSWORDS = ["correct horse battery staple", "πßå and more", "Jack of ♦s", "foofoo\u1680bar", "\U0001f600\U0001f600", "ＫＥＶＩＮ"]


def named(name, **more):
    return user("x@example.com", userName=name, externalId=None, **more)


def matching(client, text):
    answer = client.get("/Users?filter=" + urllib.parse.quote(text, safe=""))
    return [r["id"] for r in answer.json["Resources"]] if answer.status == 200 else answer


def found(client, text, attribute="userName"):
    return matching(client, f'{attribute} eq "{text}"')


def until(fits, name):
    """Workers hear of a changed account within a second."""
    for _ in range(100):
        answer = fits()
        if answer:
            break
        time.sleep(0.1)
    return tap.ok(answer, name)


def refused(answer, status, code, name, *words):
    wrong = is_error(answer, status) or (f"code {answer.code}, not {code}" if answer.code != code else "")
    detail = (answer.json or {}).get("detail", "")
    return tap.ok(not wrong and all(w in detail for w in words), name, wrong, answer)


def one_name(client):
    for what, one, other in SAME:
        made = client.post("/Users", named(one))
        if not tap.ok(made.status == 201 and made.json["userName"] == one, f"trap 16, {what}: comes back as it was sent", made):
            continue
        who = made.json["id"]
        refused(client.post("/Users", named(other)), 409, "USERNAME_TAKEN", f"trap 16, {what}: the other spelling is taken")
        tap.equal([found(client, one), found(client, other)], [[who], [who]], f"trap 16, {what}: a filter finds it by both")
        local, _, domain = other.replace("＠", "@").partition("@")
        for operator, part in (("sw", local), ("ew", domain), ("co", local + "@"), ("ge", other), ("le", other)):
            tap.equal(matching(client, f'id eq "{who}" and userName {operator} "{part}"'), [who], f"trap 16, {what}: {operator}")
        answer = client.patch("/Users/" + who, [{"op": "replace", "path": "userName", "value": other}])
        tap.ok(answer.status == 200 and answer.json["userName"] == other, f"trap 16, {what}: the name is no obstacle to itself", answer)
        tap.equal(client.delete("/Users/" + who).status, 204, f"trap 16, {what}: it goes")
        tap.equal(found(client, one), [], f"trap 16, {what}: and is found no more")


def two_names(client):
    for what, one, other in APART:
        ids = [client.post("/Users", named(name)) for name in (one, other)]
        tap.equal([a.status for a in ids], [201, 201], f"{what} are two names", *ids)
        tap.equal(found(client, one), [ids[0].json.get("id")], f"{what}: each is found by itself")


def display_names(client):
    """What is not userName folds too, but keeps its width."""
    who = client.post("/Users", named("display@example.com", displayName="Große Straße")).json["id"]
    wide = client.post("/Users", named("wide@example.com", displayName="ＡＢＣ")).json["id"]
    tap.equal(found(client, "GROSSE STRASSE", "displayName"), [who], "displayName eq folds")
    tap.equal(matching(client, f'id eq "{who}" and displayName co "SSE STR"'), [who], "displayName co folds")
    tap.equal(found(client, "ａｂｃ", "displayName"), [wide], "wide letters have cases")
    tap.equal(found(client, "abc", "displayName"), [], "and are no plain letters where nothing is prepared")


def orders(client):
    """Lists are sorted by the forms that are compared (RFC 7644 3.4.2.3)."""
    names = ["carl", "ＢＯＢ", "Weiß 2", "WEISS 1", "anna", "weiss 3"]
    for number, name in enumerate(names):
        client.post("/Users", named(name + "@sorted.org", displayName=name, title="sorted", nickName=str(number)))
    for attribute, wanted in [("userName", [4, 1, 0, 3, 2, 5]), ("displayName", [4, 0, 3, 2, 5, 1])]:
        for order, expected in [("ascending", wanted), ("descending", wanted[::-1])]:
            answer = client.get(f"/Users?filter=title%20eq%20%22sorted%22&sortBy={attribute}&sortOrder={order}")
            tap.equal([names[int(r["nickName"])] for r in answer.json.get("Resources", [])], [names[n] for n in expected],
                      f"sorted by {attribute}, {order}", answer)
    for operator, part, wanted in [("sw", "weiẞ", 3), ("co", "ＯＢ@", 1), ("ew", "@SORTED.ＯＲＧ", 6)]:
        tap.equal(len(matching(client, f'userName {operator} "{part}"')), wanted, f"userName {operator} finds {wanted}")


def bad_names(client, token_port):
    before, held = newest(*token_port), client.get("/Users").json["totalResults"]
    who = client.post("/Users", named("good@example.com")).json["id"]
    for what, name, code, words in REFUSED:
        refused(client.post("/Users", named(name)), 400, code, f"{what} in a userName", words)
        refused(client.patch("/Users/" + who, [{"op": "replace", "value": {"userName": name}}]), 400, code, f"PATCH: {what}", words)
        refused(client.put("/Users/" + who, named(name)), 400, code, f"PUT: {what}", words)
    tap.equal((newest(*token_port), client.get("/Users").json["totalResults"]), (before + 1, held + 1), "nothing of it came to be")


def passwords(stack, client):
    who = client.post("/Users", named("secret@example.com")).json["id"]
    for what, password in BAD_PASSWORDS:
        for verb, answer in [("POST", client.post("/Users", named("new@example.com", password=password))),
                             ("PUT", client.put("/Users/" + who, named("secret@example.com", password=password))),
                             ("PATCH", client.patch("/Users/" + who, [{"op": "replace", "value": {"password": password}}])),
                             ("PATCH by path", client.patch("/Users/" + who, [{"op": "add", "path": "password", "value": password}]))]:
            refused(answer, 400, "PASSWORD_BAD_CHARACTER", f"{verb}: {what} in a password")
            tap.ok("U+" not in answer.json["detail"] and "word" not in answer.json["detail"].lower().replace("password", ""),
                   f"{verb}: {what}: nothing of the password is told", answer)
    tap.equal(found(client, "new@example.com"), [], "no user of a refused password")
    random.seed(16)
    signs = string.ascii_letters + string.digits + string.punctuation + " "
    for password in GOOD_PASSWORDS + ["".join(random.choices(signs, k=16)) for _ in range(40)]:
        answer = client.put("/Users/" + who, named("secret@example.com", password=password))
        if answer.status != 200 or "password" in answer.json:
            tap.ok(False, "a good password is taken and not shown", repr(password), answer)
    tap.ok("pass\u0007" not in stack.logs() and "horse battery" not in stack.logs(), "no password is in a log")


def settings(stack, client):
    """Which characters are fine is the account's to say; who is there already is not judged again."""
    made = []

    def takes():
        made[:] = [client.post("/Users", named("zoë \U0001f600"))]
        return made[0].status == 201

    stack.ctl("account", "set", "names", "username_characters=any")
    if not until(takes, "username_characters=any takes an emoji"):
        return
    refused(client.post("/Users", named("a\u0085")), 400, "USERNAME_BAD_CHARACTER", "but no control character", "U+0085 at position 2")
    stack.ctl("account", "set", "names", "username_characters=precis")
    who, whole = "/Users/" + made[0].json["id"], made[0].json
    until(lambda: client.post("/Users", named(f"{time.time()} \U0001f600")).code == "USERNAME_BAD_CHARACTER",
          "username_characters=precis refuses another such user")
    time.sleep(1)  # now every worker has heard of it
    refused(client.patch(who, [{"op": "replace", "path": "userName", "value": "x\U0001f600"}]), 400, "USERNAME_BAD_CHARACTER", "and another such name")
    tap.equal(client.put(who, dict(whole, title="x")).status, 200, "but the user can be replaced under the old one")
    answer = client.patch(who, [{"op": "replace", "value": {"active": False}}])
    tap.ok(answer.status == 200 and answer.json["active"] is False and answer.json["userName"] == whole["userName"], "and be deactivated", answer)


def moved(stack, client):
    """Export and import make the indexes anew, in the form in which names are compared."""
    who = client.post("/Users", named("ＭＯＶＥＤ@example.com")).json["id"]
    with open(stack.path("data/names.ndjson"), "w", encoding="utf-8") as f:
        f.write(stack.ctl("export", "names").stdout)
    stack.ctl("account", "remove", "names", "--yes")
    stack.ctl("import", stack.path("data/names.ndjson"))
    until(lambda: found(client, "moved@example.com") == [who], "after export and import the name is found as before")
    refused(client.post("/Users", named("Moved@Example.com")), 409, "USERNAME_TAKEN", "and is taken")


def test(front):
    with Stack(front, workers=2) as stack:
        client = stack.client(stack.account("names", policy="rfc", passwords="on"))
        one_name(client)
        two_names(client)
        display_names(client)
        orders(client)
        bad_names(client, (stack.port, client.token))
        passwords(stack, client)
        settings(stack, client)
        moved(stack, client)
        done = stack.verify()
        tap.equal(done.returncode, 0, "rosterctl verify is content", done.stdout, done.stderr)
        plain = stack.client(stack.account("plain"))
        for name in ("o'neil+x@example.com", "jörg@bücher.example", "\u05d0\u05d1@example.com", "ana_b%c@sub.example.co.uk"):
            tap.equal(plain.post("/Users", user(name)).status, 201, f"workspace takes the address {name}")
        refused(plain.post("/Users", user("ana\u2163@example.com")), 400, "USERNAME_BAD_CHARACTER", "workspace judges characters, too")


if __name__ == "__main__":
    main(test, fronts=("lighttpd",), seconds=300)
