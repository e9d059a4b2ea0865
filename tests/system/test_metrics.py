#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""/metrics: what all workers answered, for who asks from this machine; and the client's name in the log."""

import re
import time

from lib import Client, is_error, main, tap
from stack import Stack

FRONTS = ("lighttpd", "lighttpd-spawn", "apache-fcgid", "apache-proxy")
LINE = re.compile(r'roster_requests_total\{client="(\w+)",method="(\w+)",status="(\dxx)"\} (\d+)')
SENT = {  # headers, query, and the client that they show
    "okta": ({"User-Agent": "Okta SCIM Client 1.0.0"}, ""),
    "entra": ({"Adscimversion": "Date: 2026-11-25"}, "?aadOptscim062020"),
    "other": ({"User-Agent": "Apache-HttpClient/4.5.14"}, ""),
}
COUNT = 20


def read(client):
    answer = client.get("=/metrics")
    if answer.status != 200:
        raise RuntimeError(f"metrics: {answer!r}")
    lines = answer.body.decode().splitlines()
    wrong = [line for line in lines if not line.startswith("# ") and not LINE.fullmatch(line)]
    return {m.groups()[:3]: int(m.group(4)) for m in map(LINE.fullmatch, lines) if m}, wrong, answer


def wait_for(look):
    """look() once it is true, or as it last was: an answer is counted after it has left."""
    end = time.monotonic() + 10
    while not look() and time.monotonic() < end:
        time.sleep(0.05)
    return look()


def test(front):
    with Stack(front, workers=3) as stack:
        token = stack.account("acme")
        client = Client(stack.port, token, base=stack.base)
        before, wrong, answer = read(client)
        tap.ok(not wrong and answer.type == "text/plain" and "version=0.0.4" in answer.header("Content-Type"),
               "the text format of Prometheus", answer)
        for headers, query in SENT.values():
            for _ in range(COUNT):
                client.get("/Users" + query, headers=headers)
            client.post("/Users", b"{", headers=headers)

        def grown():
            now = read(client)[0]
            return {key: now[key] - before.get(key, 0) for key in now if key[1:] != ("GET", "2xx") or key[0] in ("okta", "entra")}

        want = {("okta", "GET", "2xx"): COUNT, ("entra", "GET", "2xx"): COUNT, ("okta", "POST", "4xx"): 1,
                ("entra", "POST", "4xx"): 1, ("other", "POST", "4xx"): 1}
        wait_for(lambda: want.items() <= grown().items())
        tap.equal({k: v for k, v in grown().items() if k in want}, want, "all workers' answers are in one place, each once")
        tap.ok(read(client)[0][("other", "GET", "2xx")] >= before.get(("other", "GET", "2xx"), 0) + COUNT, "a client that says nothing of itself is an other")

        for headers in ({"X-Forwarded-For": "192.0.2.1"}, {"Forwarded": "for=192.0.2.1"}):
            answer = client.get("=/metrics", headers=headers)
            tap.ok(is_error(answer, 404) == "" and answer.code == "PATH_UNKNOWN", f"through a proxy there is no such address: {headers}", answer)
        answer = Client(stack.port).get("=/metrics")
        tap.equal(answer.status, 200, "no token is asked for", answer)

        def logged():
            with open(stack.path("roster.log"), encoding="utf-8") as f:
                lines = [line for line in f if " route=/scim/v2/Users " in line]
            return {name: sum(line.rstrip().endswith(" client=" + name) for line in lines) for name in SENT}

        told = {name: COUNT + 1 for name in SENT}
        wait_for(lambda: logged() == told)
        tap.equal(logged(), told, "the log tells the client of each request")


if __name__ == "__main__":
    main(test, fronts=FRONTS, seconds=240)
