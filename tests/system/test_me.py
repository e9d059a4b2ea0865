#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""/Me (RFC 7644 3.11, trap 53): the user that a token was made for, and the tokens that stand for nobody."""

import json
import urllib.parse

from lib import Client, is_error, main, tap, user
from stack import Stack


def token_of(stack, name, *more):
    return stack.ctl("token", "add", "acme", "--name", name, *more).stdout.strip()


def nobody(client):
    for method, body in (("GET", None), ("PUT", user("me")), ("PATCH", {"schemas": []}), ("DELETE", None)):
        answer = client.request(method, "/Me", body)
        tap.ok(is_error(answer, 501) == "" and answer.code == "ME_UNSUPPORTED", f"trap 53: {method} /Me of a token for an account", answer)
    answer = client.post("/Me", user("me"))
    tap.ok(is_error(answer, 405) == "" and answer.header("Allow") == "GET, HEAD, PUT, PATCH, DELETE", "POST /Me makes nobody", answer)


def somebody(client, me, who):
    for method, body in (("GET", None), ("PUT", user("me")), ("PATCH", {"schemas": []}), ("DELETE", None)):
        answer = me.request(method, "/ME/", body)
        tap.ok(answer.status == 308 and answer.body == b"" and answer.header("Location").endswith(me.base + "/Users/" + who),
               f"trap 53: {method} /Me leads to the permanent location", answer)
    answer = me.get("/Me?attributes=userName&x=%20")
    tap.ok(answer.header("Location").endswith(who + "?attributes=userName&x=%20"), "with what was asked", answer)
    answer = me.get("=" + urllib.parse.urlsplit(me.get("/Me").header("Location")).path)
    tap.ok(answer.status == 200 and answer.json == client.get("/Users/" + who).json, "where the user is", answer)


def gone(client, me, who):
    client.delete("/Users/" + who)
    for method, body in (("GET", None), ("PUT", user("me")), ("DELETE", None)):
        answer = me.request(method, "/Me", body)
        tap.ok(is_error(answer, 404) == "" and answer.code == "ME_GONE", f"{method} /Me of a user who is gone", answer)
    client.post("/Users", user("me"))
    tap.equal(me.get("/Me").code, "ME_GONE", "one of the same name is another")


def test(front):
    with Stack(front, workers=2) as stack:
        client = Client(stack.port, stack.account("acme"), base=stack.base)
        nobody(client)
        who = client.post("/Users", user("me")).json["id"]
        client.post("/Users", user("other"))
        for name, text in (("by name", "ME@example.com"), ("by id", who)):
            me = Client(stack.port, token_of(stack, name, "--user", text), base=stack.base)
            tap.ok((me.get("/Me").header("Location") or "").endswith(who), f"a token for a user {name}")
        tokens = [json.loads(line) for line in stack.ctl("token", "list", "acme", "--json").stdout.splitlines()]
        tap.equal([t["user"] for t in tokens], [None, who, who], "token list --json tells the user")
        tap.equal([f" user {who} by" in line for line in stack.ctl("token", "list", "acme").stdout.splitlines()], [False, True, True],
                  "token list, too")
        done = stack.ctl("token", "add", "acme", "--name", "x", "--user", "nobody@example.com", check=False)
        tap.ok(done.returncode == 1 and "RESOURCE_NOT_FOUND" in done.stderr and done.stdout == "", "no token for nobody", done.stderr)
        somebody(client, me, who)
        gone(client, me, who)


if __name__ == "__main__":
    main(test, seconds=120)
