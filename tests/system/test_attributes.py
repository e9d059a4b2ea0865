#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
The attributes that provisioning carries - name, e-mail, userType, title, active, time zone, locale, phone number, address
- from Okta to what is read: created, read, found, changed and taken away in each shape that Okta sends, and what is refused.
"""

import copy
import urllib.parse

from lib import USER, events, is_error, main, newest, tap, user
from stack import Stack

BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
HOME = {"type": "home", "streetAddress": "Rua das Flores 7\n2.º andar", "locality": "Lisboa", "region": "", "postalCode": "1200-192", "country": "PT"}


def mail(*values):
    return [{"value": v, "type": "work" if i == 0 else "home", "primary": i == 0} for i, v in enumerate(values)]


def phones(work, mobile):
    return [{"value": work, "type": "work", "primary": True}, {"value": mobile, "type": "mobile"}]


def place(value):
    return [{"type": "work", "primary": True, "value": value}]


# attribute, two values, filters that find the second and not the first, whether it can be taken away
ATTRIBUTES = [
    ("name", {"givenName": "Ana", "familyName": "Lima", "middleName": "M."}, {"givenName": "Zoë", "familyName": "O'Neil-Łukasz", "middleName": "J."},
     ['name.familyName eq "o\'neil-łukasz"', 'name.givenName sw "ZO"', 'name.middleName eq "j."'], True),
    ("displayName", "Ana Lima", "Zoë O'Neil (QA)", ['displayName eq "zoë o\'neil (qa)"', 'displayName co "neil"'], True),
    ("emails", mail("ana@example.com"), mail("zoe@example.com", "z@home.example"),
     ['emails.value eq "ZOE@example.com"', 'emails[type eq "home" and value ew "home.example"]', 'emails eq "zoe@example.com"'], True),
    ("userType", "member", "viewer", ['userType eq "viewer"', 'userType eq "VIEWER"'], True),
    ("title", "Lead", "Präsidentin & Co", ['title eq "präsidentin & co"', 'title co "&"'], True),
    ("active", True, False, ["active eq false", "not (active eq true)"], False),
    ("timezone", "Europe/Brussels", "Asia/Calcutta", ['timezone eq "asia/calcutta"', 'timezone sw "Asia"'], True),
    ("locale", "es", "en_US", ['locale eq "en_us"', 'locale sw "en"'], True),
    ("phoneNumbers", phones("+1 555 0100", "0171 1"), phones("tel:+49-228-1;ext=2", "(0228) 2"),
     ['phoneNumbers.value eq "(0228) 2"', 'phoneNumbers[type eq "work"].value sw "tel:"', 'phoneNumbers[type eq "mobile" and value co "0228"]'], True),
    ("addresses", place("21B Baker St., London"), place("1600 Amphitheatre Pkwy\nMountain View"),
     ['addresses.value sw "1600"', 'addresses[type eq "work" and value co "mountain view"]'], True),
]
FIRST = {name: first for name, first, *_ in ATTRIBUTES}
SECOND = {name: second for name, _, second, *_ in ATTRIBUTES}


def has(answer, wanted):
    """The attributes, and no others of these."""
    got = {name: answer.json[name] for name in FIRST if name in answer.json} if answer.json else {}
    return got == wanted


def found(client, text):
    return client.get("/Users?attributes=userName&filter=" + urllib.parse.quote(text, safe="")).json


def created(client, slug, **values):
    """The body that Okta sends for a new user."""
    return client.post("/Users", {"schemas": [USER], "userName": slug + "@example.com", "externalId": "00u-" + slug, "groups": [],
                                  "password": "Ran-dom-0-pass-word", **values})


def shapes(client, who, told):
    """Each change as each of Okta's clients writes it; the values that are there afterwards."""
    whole = client.get(who).json
    yield "AIW: PUT of what GET gave, changed", client.put(who, dict(copy.deepcopy(whole), **SECOND)), SECOND
    yield "OIN: PATCH without a path", client.patch(who, [{"op": "replace", "value": copy.deepcopy(FIRST)}]), FIRST
    yield "an operation for each path", client.patch(who, [{"op": "replace", "path": n, "value": v} for n, v in SECOND.items()]), SECOND
    yield "PUT without groups and meta", client.put(who, {"schemas": [USER], "userName": whole["userName"], **FIRST}), FIRST
    before = newest(*told)
    yield "the same again", client.put(who, {"schemas": [USER], "userName": whole["userName"], **FIRST}), FIRST
    tap.equal(newest(*told), before, "the same again is no event")


def one_by_one(client, told):
    """Every attribute alone: added to a user who has none, found, changed, told, taken away."""
    for name, first, second, filters, goes in ATTRIBUTES:
        who = "/Users/" + created(client, "one-" + name).json["id"]
        answer = client.patch(who, [{"op": "add", "path": name, "value": first}])
        tap.ok(answer.status == 200 and answer.json[name] == first, f"{name}: added", answer)
        tap.ok(client.get(who + "?attributes=" + name).json[name] == first, f"{name}: asked for alone")
        none = [f for f in filters if who[7:] in [r["id"] for r in found(client, f)["Resources"]]]
        before = newest(*told)
        answer = client.patch(who, [{"op": "Replace", "value": {name: second}}])
        got = {f: [r["id"] for r in found(client, f)["Resources"]] for f in filters}
        tap.ok(answer.json[name] == second and not none and all(ids == [who[7:]] for ids in got.values()), f"{name}: changed, and found by it", answer, none, got)
        event = events(*told, after=before)
        # name is told by its parts
        changes = {c["path"]: c for e in event for c in e["changes"]}
        tap.ok(len(event) == 1 and (name == "name" or (changes[name]["old"], changes[name]["new"]) == (first, second)) and
               all(path.split(".")[0] == name for path in changes), f"{name}: told", event)
        if goes:
            answer = client.patch(who, [{"op": "remove", "path": name}])
            tap.ok(answer.status == 200 and name not in answer.json, f"{name}: taken away", answer)
        client.delete(who)


def addresses(client):
    """An address that is one string, in every form that somebody sends, and one in parts."""
    text = "21B Baker St., London"
    for i, form in enumerate(([text], {"value": text}, [{"value": text}], [{"type": "", "value": text, "formatted": None}])):
        answer = created(client, f"form{i}", addresses=form)
        tap.ok(answer.status == 201 and answer.json["addresses"] == [{"value": text}], f"addresses: {form!r}", answer)
        answer = client.patch("/Users/" + answer.json["id"], [{"op": "replace", "path": "addresses", "value": form}])
        tap.ok(answer.status == 200 and answer.json["addresses"] == [{"value": text}], f"addresses: PATCH with {form!r}", answer)
    who = "/Users/" + created(client, "parts", addresses=place("1 Old St.")).json["id"]
    answer = client.patch(who, [{"op": "replace", "path": 'addresses[type eq "work"].value', "value": "2 New St."}])
    tap.equal(answer.json["addresses"], place("2 New St."), "addresses: the string alone")
    answer = client.patch(who, [{"op": "add", "path": "addresses", "value": [HOME]}])
    parts = {k: v for k, v in HOME.items() if v}
    tap.equal(answer.json["addresses"], place("2 New St.") + [parts], "addresses: parts beside it")
    answer = client.patch(who, [{"op": "add", "path": 'addresses[type eq "home"].formatted', "value": "Rua das Flores 7, Lisboa"},
                                {"op": "remove", "path": 'addresses[type eq "work"]'}])
    tap.equal(answer.json["addresses"], [dict(parts, formatted="Rua das Flores 7, Lisboa")], "addresses: a part more, a value less")
    tap.equal(found(client, 'addresses.locality eq "lisboa"')["totalResults"], 1, "addresses: found by a part")
    tap.equal(found(client, 'addresses[country eq "PT" and postalCode sw "1200"]')["totalResults"], 1, "addresses: found by two parts of one")


# attribute, value, code, words of the refusal; what is of the wrong type is a PATCH_VALUE where a PATCH has it
REFUSED = [
    ("name", {"givenName": "<b>"}, "NAME_BAD_CHARACTER", ("name.givenName", "<", "position 1")),
    ("name", "Ana", "ATTRIBUTE_TYPE", ("name",)),
    ("displayName", "Ana\u2603", "NAME_BAD_CHARACTER", ("displayName", "\u2603")),
    ("emails", mail("nobody"), "EMAIL_MALFORMED", ("nobody", "no @")),
    ("emails", [{"value": 7}], "ATTRIBUTE_TYPE", ("emails[0].value",)),
    ("emails", mail("a@example.com") + mail("b@example.com"), "PRIMARY_TWICE", ("emails",)),
    ("userType", "Boss", "TYPE_UNKNOWN", ("Boss",)),
    ("userType", 5, "ATTRIBUTE_TYPE", ("userType",)),
    ("title", {"value": "Lead"}, "ATTRIBUTE_TYPE", ("title",)),
    ("active", "perhaps", "ATTRIBUTE_TYPE", ("active",)),
    ("timezone", 2, "ATTRIBUTE_TYPE", ("timezone",)),
    ("locale", True, "ATTRIBUTE_TYPE", ("locale",)),
    ("phoneNumbers", [{"value": ["1"]}], "ATTRIBUTE_TYPE", ("phoneNumbers[0].value",)),
    ("addresses", [{"value": {"street": "x"}}], "ATTRIBUTE_TYPE", ("addresses[0].value",)),
]
# where the account checks them
REGIONAL = [
    ("locale", "nonsense", "LOCALE_UNKNOWN", ("nonsense",)),
    ("locale", "en-XX", "LOCALE_UNKNOWN", ("en-XX",)),
    ("locale", "en_US.UTF-8", "LOCALE_UNKNOWN", ("en_US.UTF-8",)),
    ("locale", "x" * 5000, "LOCALE_UNKNOWN", ("xxx\u2026",)),
    ("timezone", "Mars/Olympus", "TIMEZONE_UNKNOWN", ("Mars/Olympus",)),
    ("timezone", "europe/berlin", "TIMEZONE_UNKNOWN", ("europe/berlin",)),
    ("timezone", "Europe/Berlin ", "TIMEZONE_UNKNOWN", ("Europe/Berlin",)),
    ("timezone", "\u0415urope/Berlin", "TIMEZONE_UNKNOWN", ("Berlin",)),
]


def refused(client, told, rows):
    """By each verb, whole: what else the request says is not done either."""
    who = "/Users/" + client.find("Users", "userName", "okta@example.com").json["Resources"][0]["id"]
    before, event = client.get(who).json, newest(*told)
    for name, value, code, words in rows:
        bulk = {"schemas": [BULK], "Operations": [{"method": "PATCH", "path": who, "data": {"Operations": [
            {"op": "replace", "value": {"nickName": "partly", name: value}}]}}]}
        answers = {"POST": created(client, "refused", **{name: value}),
                   "PUT": client.put(who, dict(before, **{"nickName": "partly", name: value})),
                   "PATCH": client.patch(who, [{"op": "replace", "path": "nickName", "value": "partly"}, {"op": "replace", "path": name, "value": value}]),
                   "PATCH without a path": client.patch(who, [{"op": "replace", "value": {"nickName": "partly", name: value}}])}
        patched = "PATCH_VALUE" if code == "ATTRIBUTE_TYPE" else code
        wrong = {verb: a for verb, a in answers.items() if is_error(a, 400) or a.json["scimType"] != "invalidValue" or
                 a.code != (patched if verb.startswith("PATCH") else code) or not all(w in a.json["detail"] for w in words)}
        inner = client.post("/Bulk", bulk).json["Operations"][0]
        tap.ok(not wrong and inner["status"] == "400" and inner["response"]["detail"].startswith(patched + ":"),
               f"{name} {str(value)[:40]!r} is refused: {code}", wrong, inner)
    tap.ok(client.get(who).json == before and newest(*told) == event and found(client, 'userName eq "refused@example.com"')["totalResults"] == 0,
           "and nothing of what was refused is done")


def regional(stack, client, told):
    """Locales and time zones are names where the account says so, and what is there already stays."""
    odd = "/Users/" + created(client, "odd", locale="nonsense", timezone="Mars/Olympus").json["id"]
    stack.ctl("account", "set", "acme", "check_locale=on", "check_timezone=on")
    refused(client, told, REGIONAL)
    answer = client.patch(odd, [{"op": "replace", "value": {"title": "T", "locale": "nonsense", "timezone": "Mars/Olympus"}}])
    tap.ok(answer.status == 200 and answer.json["title"] == "T", "what was there is not judged again by PATCH", answer)
    tap.equal(client.put(odd, dict(answer.json, active=False)).status, 200, "nor by PUT")
    for locale, timezone in (("en", "UTC"), ("en_US", "America/New_York"), ("en-US", "US/Pacific"), ("EN-us", "Asia/Calcutta"),
                             ("zh-Hant-TW", "Asia/Kolkata"), ("pt_BR", "America/Argentina/Buenos_Aires"), ("no_NO", "Etc/GMT+5"), (None, None)):
        answer = client.patch(odd, [{"op": "replace", "value": {"locale": locale, "timezone": timezone}}])
        tap.ok(answer.status == 200 and (answer.json.get("locale"), answer.json.get("timezone")) == (locale, timezone),
               f"taken, and kept as it is written: {locale}, {timezone}", answer)
    shown = stack.ctl("account", "show", "acme").stdout
    tap.ok("check_locale         on" in shown and "check_timezone       on" in shown, "account show", shown)
    stack.ctl("account", "set", "acme", "check_locale=off", "check_timezone=off")
    tap.equal(client.patch(odd, [{"op": "replace", "value": {"locale": "nonsense"}}]).status, 200, "off: not judged")


def test(front):
    with Stack(front) as stack:
        token = stack.account("acme")
        client, told = stack.client(token), (stack.port, token)
        one_by_one(client, told)
        answer = created(client, "okta", **copy.deepcopy(FIRST))
        tap.ok(answer.status == 201 and has(answer, FIRST), "Okta's create brings all of them", answer)
        who = "/Users/" + answer.json["id"]
        for name, answer, wanted in shapes(client, who, told):
            tap.ok(answer.status == 200 and has(answer, wanted) and has(client.get(who), wanted), name, answer)
        answer = client.put(who, {"schemas": [USER], "userName": "okta@example.com"})
        tap.ok(has(answer, {"userType": "member", "active": True}), "what a PUT leaves out goes, but userType and active", answer)
        client.put(who, dict(user("okta"), **FIRST))
        addresses(client)
        refused(client, told, REFUSED)
        regional(stack, client, told)
        tap.equal(stack.verify().returncode, 0, "verify")


if __name__ == "__main__":
    main(test, fronts=("lighttpd",), seconds=120)
