#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
Executes Okta's published SCIM 2.0 test from Okta's own file (client behaviour 1.10): every request as the file writes it,
every assertion by its own word. The file is not part of this project: it is fixtures/okta-spec-test.json in a folder beside
the tree, or in $ROSTER_SHARED; without it the test is skipped (test_okta_first_contact.py covers the same ground).
"""

import json
import os
import random
import re
import string
import time
import urllib.parse

from lib import Client, Skip, main, tap, user
from stack import TOP, Stack

FILE = os.path.join(os.environ.get("ROSTER_SHARED", os.path.join(TOP, "..", "shared")), "fixtures", "okta-spec-test.json")
PAUSE = 0.02  # the file's pauses are seconds


def variables(token):
    """As Okta's initial script makes them."""
    def word(n):
        return "".join(random.choices(string.ascii_lowercase, k=n))

    name = "Runscope300" + word(4).capitalize() + word(8)
    return {
        "auth": "Bearer " + token,
        "InvalidUserEmail": f"abcdefgh@{word(6)}.example.com",
        "UserIdThatDoesNotExist": "010101001010101011001010101011",
        "randomEmail": f"{name}.e@atko.com".lower(),
        "randomUsername": f"{name}@atko.com",
        "randomUsernameCaps": f"{name}@atko.com".upper(),
        "randomGivenName": "Runscope " + word(5),
        "randomFamilyName": "Test" + word(6),
    }


def expand(text, values):
    return re.sub(r"\{\{(\w+)\}\}", lambda m: values[m.group(1)], text)


def at(value, path):
    """The value at "Resources[0].name.givenName"; None where there is none."""
    for name, index in re.findall(r"(\w+)|\[(\d+)\]", path):
        if name:
            value = value.get(name) if isinstance(value, dict) else None
        else:
            value = value[int(index)] if isinstance(value, list) and len(value) > int(index) else None
    return value


def text_of(value):
    return value if isinstance(value, str) else json.dumps(value)


def number(value):
    return not isinstance(value, bool) and isinstance(value, (int, float))


COMPARISONS = {
    "equal": lambda got, want: text_of(got) == want,
    "equal_number": lambda got, want: number(got) and got == float(want),
    "not_empty": lambda got, want: got is not None and got != "" and got != [] and got != {},
    "has_value": lambda got, want: isinstance(got, list) and want in got,
    "is_a_number": lambda got, want: number(got),
    "contains": lambda got, want: want in got if isinstance(got, (str, list)) else False,
    "is_less_than": lambda got, want: number(got) and got < float(want),
}


def check(step, answer, took, values, name):
    sources = {
        "response_status": lambda prop: answer.status,
        "response_time": lambda prop: took,
        "response_json": lambda prop: at(answer.json, prop),
    }
    wrong = []
    for a in step["assertions"]:
        got = sources[a["source"]](a.get("property"))
        want = expand(a["value"], values) if a["value"] is not None else None
        if not COMPARISONS[a["comparison"]](got, want):
            wrong.append(f"{a['source']} {a.get('property') or ''} {a['comparison']} {want}: got {got!r}")
    tap.ok(not wrong, f"{name}: {len(step['assertions'])} assertions", *wrong, answer)


def test(front):
    if not os.path.exists(FILE):
        raise Skip(f"{FILE} is not here")
    with open(FILE, encoding="utf-8") as f:
        steps = json.load(f)["steps"]
    with Stack(front) as stack:
        token = stack.account("okta", passwords="on")
        values = variables(token)
        values["SCIMBaseURL"] = stack.base
        made = stack.client(token).post("/Users", user("complete.user"))  # Okta asks for one complete user beforehand
        tap.equal(made.status, 201, "a complete user is there before the test", made)
        plain = Client(stack.port, None, base="")
        done = 0
        for step in steps:
            if step["step_type"] == "pause":
                time.sleep(PAUSE)
                continue
            done += 1
            path = urllib.parse.quote(expand(step["url"], values), safe="/?&=%:")
            headers = {n: expand(v[0], values) for n, v in step["headers"].items()}
            body = expand(step["body"], values).encode() if step.get("body") else None
            begin = time.monotonic()
            answer = plain.request(step["method"], path, body, headers)
            took = (time.monotonic() - begin) * 1000
            check(step, answer, took, values, f"step {done}, {step['note'].strip()}")
            for v in step["variables"]:
                values[v["name"]] = text_of(at(answer.json, v["property"]))
        tap.equal(done, 12, "twelve steps")


if __name__ == "__main__":
    main(test, seconds=180)
