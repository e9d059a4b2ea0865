#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
What a web server may do to a request on its way: every set-up passes it on unharmed, and what the web server itself has to
say is SCIM JSON too.
"""

import json
import os
import re
import socket
import time

from lib import ERROR, GROUP, USER, is_error, main, raw, tap, user
from stack import TOP, Stack

FRONTS = ("lighttpd", "lighttpd-spawn", "apache-fcgid", "apache-proxy", "apache-htaccess")
MIB = 1048576


def padded(size):
    head, tail = b'{"schemas":["' + GROUP.encode() + b'"],"displayName":"big","x":"', b'"}'
    return head + b"a" * (size - len(head) - len(tail)) + tail


def error_files():
    """The files that the configurations hand out are SCIM errors, with codes of the catalogue, and all of them are named."""
    with open(os.path.join(TOP, "include", "roster", "errors.def"), encoding="utf-8") as f:
        codes = set(re.findall(r"^ERROR\((\w+),", f.read(), re.M))
    folder = os.path.join(TOP, "lighttpd-conf", "errors")
    statuses = set()
    for name in sorted(os.listdir(folder)):
        status = re.fullmatch(r"roster\.(\d{3})\.html", name)
        with open(os.path.join(folder, name), encoding="utf-8") as f:
            body = json.load(f)
        good = (status and body["schemas"] == [ERROR] and body["status"] == status[1] and body["detail"].split(":")[0] in codes)
        tap.ok(good, f"{name} is a SCIM error with a code of the catalogue", body)
        statuses.add(status[1])
    for conf, pattern in (("apache-conf/roster-common.conf", r"^ErrorDocument (\d{3}) /roster-errors/roster\.\1\.html$"),
                          ("lighttpd-conf/roster-common.conf", r'^\s*"\.(\d{3})\.html" => "application/scim\+json",$')):
        with open(os.path.join(TOP, conf), encoding="utf-8") as f:
            tap.equal(set(re.findall(pattern, f.read(), re.M)), statuses, f"{conf} names each of them")


def passing(stack, client):
    hosted = stack.front == "apache-htaccess"
    discovery = client.get("/ServiceProviderConfig")
    tap.equal(discovery.header("Vary"), None, "no Vary header comes from the configuration", discovery)
    made = client.post("/Users", user("front", userName="front+tag@example.com"))
    tap.equal(made.status, 201, "POST, with the Authorization header", made)
    me = made.json["id"]
    tap.ok(made.header("Location").endswith(stack.base + "/Users/" + me), "Location names the address seen from outside", made)
    etag = made.header("ETag")
    got = client.get("/Users/" + me)
    tap.ok(got.status == 200 and got.header("ETag") == etag == got.json["meta"]["version"], "GET, with the entity tag", got)
    head = client.request("HEAD", "/Users/" + me)
    tap.ok(head.status == 200 and head.body == b"" and head.header("ETag") == etag, "HEAD has no body", head)
    same = client.get("/Users/" + me, headers={"If-None-Match": etag})
    tap.ok(same.status == 304 and same.body == b"", "If-None-Match: 304", same)
    tap.equal(client.get("/Users/" + me, headers={"If-None-Match": 'W/"0"'}).status, 200, "If-None-Match of another version: 200")
    zipped = client.get("/Users/" + me, headers={"Accept-Encoding": "gzip, deflate"})
    tap.equal(zipped.header("ETag"), etag, "the entity tag is the same for a client that takes gzip", zipped)
    stale = client.patch("/Users/" + me, [{"op": "replace", "value": {"title": "x"}}], headers={"If-Match": 'W/"0"'})
    tap.equal(is_error(stale, 412), "", "If-Match of another version: 412", stale)
    fresh = client.patch("/Users/" + me, [{"op": "replace", "value": {"title": "Lead"}}], headers={"If-Match": etag})
    tap.ok(fresh.status in (200, 204), "If-Match of this version: PATCH", fresh)
    whole = client.get("/Users/" + me).json
    tap.equal(client.put("/Users/" + me, dict(whole, title="Chief")).status, 200, "PUT")
    tap.equal(client.get("/Users/" + me).json["title"], "Chief", "and it is there")

    for what, query in (("%20 and %2B", "filter=userName%20eq%20%22front%2Btag%40example.com%22"),
                        ("+ as space", "filter=userName+eq+%22front%2Btag%40example.com%22"),
                        ("raw quotes", 'filter=userName%20eq%20"front%2Btag@example.com"')):
        answer = client.get("/Users?" + query)
        tap.ok(answer.status == 200 and answer.json["totalResults"] == 1, f"a query with {what}", answer)
    answer = client.get("/Users?filter=userName%20eq%20%22front+tag%40example.com%22")
    tap.ok(answer.status == 200 and answer.json["totalResults"] == 0, "an unescaped + is a space", answer)
    for path in ("//Users/" + me, "/Users//" + me, "/Users/" + me + "/", "/users/" + me, "/Users/" + me + "?"):
        answer = client.get(path)
        tap.ok(answer.status == 200 and answer.json["id"] == me, f"GET {path.replace(me, 'ID')}", answer)
    slash = client.get("/Users/a%2Fb")
    if hosted:
        tap.equal(slash.status, 404, "an encoded slash: Apache's own 404, found before .htaccess is read", slash)
    else:
        tap.ok(is_error(slash, 404) == "" and slash.code == "RESOURCE_NOT_FOUND", "an encoded slash is part of the id", slash)
    answer = client.get("/Users/a%3Fb")
    tap.ok(is_error(answer, 404) == "" and answer.code == "RESOURCE_NOT_FOUND", "an encoded question mark", answer)
    long = "userName eq \"" + "x" * 4000 + "\""
    answer = client.get("/Users?filter=" + "".join(f"%{c:02X}" if hosted is False else chr(c) if chr(c).isalnum() else f"%{c:02X}" for c in long.encode()))
    tap.ok(answer.status == 200 and answer.json["totalResults"] == 0, "a filter of 4,000 bytes, percent-encoded", answer)

    tap.equal(client.delete("/Users/" + me).status, 204, "DELETE")
    tap.equal(client.get("/Users/" + me).status, 404, "and it is gone")
    made = client.post("/Users", user("body")).json["id"]
    tap.equal(client.request("DELETE", "/Users/" + made, b"{}").status, 204, "DELETE with a body")
    answer = client.get("=" + stack.base.replace("/scim/v2", "/healthz"))
    tap.equal(answer.status, 200, "/healthz needs no token", answer)


def bodies(stack, client):
    limit = 131072 if stack.front == "apache-htaccess" else MIB
    for chunked in (False, True):
        how = ", chunked" if chunked else ""
        # Shared hosting: Apache's own limit counts a little more than the body.
        size = limit - 1024 if stack.front == "apache-htaccess" else limit
        answer = client.post("/Groups", padded(size), chunked=chunked)
        tap.equal(answer.status, 201, f"a body of {size} bytes{how}", answer)
        client.delete("/Groups/" + answer.json["id"])
        small = client.post("/Users", user("chunk"), chunked=chunked) if not chunked else \
            client.post("/Users", json.dumps(user("chunk")).encode(), chunked=True)
        tap.ok(small.status == 201 and small.json["userName"] == "chunk@example.com", f"a small body{how}", small)
        client.delete("/Users/" + small.json["id"])
    answer = client.post("/Groups", padded(limit + 1))
    tap.equal(is_error(answer, 413), "", "a body of a byte too much: 413", answer)
    answer = client.post("/Groups", padded(3 * MIB))
    tap.equal(is_error(answer, 413), "", "a body of 3 MiB: 413", answer)
    answer = client.post("/Groups", padded(3 * MIB), chunked=True)
    if stack.front == "apache-htaccess":
        tap.equal(is_error(answer, 500), "", "chunked: Apache's 500, which .htaccess cannot change", answer)
    else:
        tap.equal(is_error(answer, 413), "", "chunked: 413", answer)
    expect = client.post("/Users", user("expect"), headers={"Expect": "100-continue"})
    tap.equal(expect.status, 201, "Expect: 100-continue", expect)
    client.delete("/Users/" + expect.json["id"])

    before = client.get("/Users?count=0").json["totalResults"]
    whole = json.dumps(user("cut")).encode()
    head = (f"POST {stack.base}/Users HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {client.token}\r\n"
            "Content-Type: application/scim+json\r\nConnection: close\r\n")
    for framing in (f"Content-Length: {len(whole) + 10}\r\n\r\n".encode() + whole,
                    b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n" % (len(whole), whole)):
        with socket.create_connection(("127.0.0.1", stack.port), timeout=10) as s:
            s.sendall(head.encode() + framing)  # and goes away, with complete JSON sent
    time.sleep(0.5)
    tap.equal(client.get("/Users?count=0").json["totalResults"], before, "a client that vanishes in the middle of a body creates nobody")


def own_errors(stack, client):
    """Everything the web server says by itself."""
    hosted = stack.front == "apache-htaccess"
    outside = "=/roster/elsewhere" if hosted else "=/elsewhere"
    for path in (outside, outside + "/x?y=z") + (() if hosted else ("=/scim", "=/scim/v2foo", "=/healthzx")):
        answer = client.get(path)
        tap.equal(is_error(answer, 404), "", f"GET {path[1:]}: 404", answer)
    if not hosted:
        answer = client.get("=/")
        tap.ok(is_error(answer) == "" and answer.status in (403, 404), "GET /: 403 or 404", answer)
    answer = client.post(outside, b"{}")
    tap.equal(is_error(answer, answer.status), "", f"POST outside: {answer.status}", answer)
    if hosted:
        tap.skip("requests that are no good", "found before .htaccess is read: the host's own page")
        return
    answer = client.get("/Users/%zz")
    tap.equal(is_error(answer, 400), "", "a broken escape: 400", answer)
    answer = client.get("/Users/%00")
    tap.ok(is_error(answer) == "" and answer.status in (400, 404), "%00: 400 or 404", answer)
    answer = client.get("/Users?filter=" + "a" * 70000)
    tap.ok(is_error(answer) == "" and answer.status in (414, 431), "an address of 70 KB: 414 or 431", answer)
    for size in (12000, 20000, 30000):
        answer = client.get("/Users?filter=" + "a" * size)
        tap.ok(is_error(answer) == "" and answer.status in (400, 414, 431), f"an address of {size} bytes: 400, 414 or 431, but an answer", answer)
    answer = client.get("/Users", headers={"X-Long": "a" * 70000})
    tap.ok(is_error(answer) == "" and answer.status in (400, 431), "a header of 70 KB: 400 or 431", answer)
    for i in (20, 90):
        answer = client.get("/Users", headers={f"X-{n}": "a" * 900 for n in range(i)})
        # mod_fcgid fits all of them into one record of 64 KB, or gives up with its own 500.
        allowed = (400, 431, 500) if stack.front == "apache-fcgid" else (400, 431)
        tap.ok(answer.status == 200 or is_error(answer) == "" and answer.status in allowed,
               f"{i} headers of 900 bytes: 200 or one of {allowed}", answer)
    for name, request in (
            ("what is not HTTP", b"NONSENSE\r\n\r\n"),
            ("no Host", b"GET /scim/v2/Users HTTP/1.1\r\n\r\n"),
            ("a header without a colon", b"GET /scim/v2/Users HTTP/1.1\r\nHost: x\r\nnonsense\r\nConnection: close\r\n\r\n"),
            ("a length that is no number", b"POST /scim/v2/Users HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n"),
            ("two lengths", b"POST /scim/v2/Users HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}"),
            ("an unknown coding", b"POST /scim/v2/Users HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: x\r\n\r\n"),
            ("a bad chunk", b"POST /scim/v2/Users HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\nzz\r\n"),
            ("an unknown expectation", b"POST /scim/v2/Users HTTP/1.1\r\nHost: x\r\nExpect: x\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"),
            ("a POST without a length", b"POST /scim/v2/Users HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
            ("TRACE", b"TRACE /scim/v2/Users HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
            ("an unknown method", b"FOO /scim/v2/Users HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")):
        answer = raw(stack.port, request)
        tap.equal(is_error(answer, answer.status), "", f"{name}: {answer.status}", answer)


def down(stack, client):
    """While Roster is away: JSON, with Retry-After where the server can; back as soon as Roster is."""
    stack.stop_roster()
    answer = client.get("/Users")
    tap.ok(is_error(answer) == "" and answer.status in (502, 503), f"Roster is stopped: {answer.status}", answer)
    if stack.front == "apache-proxy":
        tap.ok((answer.header("Retry-After") or "").isdigit(), "with Retry-After in seconds", answer)
    else:
        tap.skip("with Retry-After in seconds", "lighttpd has no setting for it")
    answer = client.post("/Users", user("down"))
    tap.ok(is_error(answer) == "" and answer.status in (502, 503), f"POST meanwhile: {answer.status}", answer)
    stack.start_master()
    took = stack.wait_ready(10)
    tap.ok(took < 10, f"back {took:.2f} s after its start, without touching the web server")
    tap.equal(client.get("/Users?count=0").status, 200, "and answers")


def test(front):
    if front == "lighttpd":
        error_files()
    with Stack(front, workers=2) as stack:
        client = stack.client(stack.account("front"))
        passing(stack, client)
        bodies(stack, client)
        own_errors(stack, client)
        if stack.has_master:
            down(stack, client)
        tap.equal(stack.verify().returncode, 0, "rosterctl verify is content")
        tap.equal(stack.stop(), 0, "all processes end in order when the services are stopped")


if __name__ == "__main__":
    main(test, FRONTS, seconds=300)
