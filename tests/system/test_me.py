#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""/Me (RFC 7644 3.11, trap 53): the user that a token was made for, and the tokens that stand for nobody."""

import json

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
    one = client.get("/Users/" + who)
    answer = me.get("/ME/")
    tap.ok(answer.status == 200 and answer.json == one.json and answer.header("ETag") == one.header("ETag"),
           "trap 53: GET /Me is the user, with the permanent location in meta", answer, one)
    tap.ok(answer.json["meta"]["location"].endswith("/Users/" + who) and answer.header("Location") is None,
           "and without a header that a web server would take for a redirect", answer)
    tap.equal(me.get("/Me?attributes=userName").json.keys(), {"schemas", "id", "userName"}, "attributes count")
    tap.equal(me.get("/Me", headers={"If-None-Match": one.header("ETag")}).status, 304, "and If-None-Match")
    answer = me.patch("/Me", [{"op": "replace", "path": "title", "value": "Patched"}])
    tap.ok(answer.status == 200 and answer.json["title"] == "Patched" and answer.json["id"] == who, "PATCH /Me", answer)
    answer = me.put("/Me", user("me", title="Put"), headers={"If-Match": one.header("ETag")})
    tap.ok(is_error(answer, 412) == "", "PUT /Me keeps If-Match", answer)
    answer = me.put("/Me", user("me", title="Put"))
    tap.ok(answer.status == 200 and answer.json["title"] == "Put" and client.get("/Users/" + who).json == answer.json, "PUT /Me", answer)
    answer = me.put("/Me", user("other"))
    tap.ok(is_error(answer, 409) == "" and answer.header("Location") is None, "an error is that of the user", answer)


def gone(client, me, who):
    answer = me.delete("/Me")
    tap.ok(answer.status == 204 and answer.body == b"" and (answer.header("Location") or "").endswith("/Users/" + who),
           "trap 53: DELETE /Me tells the permanent location", answer)
    tap.equal(client.get("/Users/" + who).status, 404, "and the user is gone")
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
            tap.equal(me.get("/Me").json["id"], who, f"a token for a user {name}")
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
