#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
The real program behind its socket, without a web server: whatever FastCGI records come, each request that is one gets
one whole answer, no worker ends, and the next request is answered.
"""

import contextlib
import json
import os
import random
import signal
import socket
import struct
import subprocess
import sys
import time

TOP = os.environ.get("top_srcdir") or os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
sys.path.insert(0, os.path.join(TOP, "tests", "system"))

import fastcgi as fc  # noqa: E402
from lib import USER, main, tap, user  # noqa: E402
from stack import Stack  # noqa: E402

KIB = 1024
MIB = 1024 * KIB
MAX_PARAMS, MAX_BODY = 64 * KIB, MIB  # the defaults
RSS_MAX = 64 * MIB  # of a worker, whatever comes
PASSWORD = "Wire-canary-8842"


class Wire:
    """The program with its socket, and an account to speak for."""

    def __init__(self):
        self.stack = Stack("lighttpd", workers=2)  # the web server is never started
        self.path = self.stack.path("roster.sock")
        self.token = self.stack.account("wire", "rfc")
        self.stack.start_master()
        end = time.monotonic() + 20
        while not self.ready():
            if time.monotonic() > end:
                raise RuntimeError("not ready\n" + self.stack.logs())
            time.sleep(0.02)
        self.pids = self.stack.processes()

    def ready(self):
        try:
            with self.peer(timeout=2) as p:
                return p.send(fc.request(self.params("GET", "=/readyz"))).reply().status == 200 and \
                    len(self.stack.processes()[1]) == 2
        except OSError:
            return False

    def peer(self, **more):
        return fc.Peer(self.path, **more)

    def params(self, method, path, body=None, **more):
        """As lighttpd gives them. more: further ones, replaced ones; None leaves one out."""
        target = path[1:] if path.startswith("=") else "/scim/v2" + path
        all_params = {"GATEWAY_INTERFACE": "CGI/1.1", "SERVER_PROTOCOL": "HTTP/1.1", "REQUEST_METHOD": method,
                      "REQUEST_URI": target, "QUERY_STRING": target.partition("?")[2], "REMOTE_ADDR": "127.0.0.1",
                      "HTTP_HOST": "roster.example", "HTTP_AUTHORIZATION": "Bearer " + self.token}
        if body is not None:
            all_params.update(CONTENT_TYPE="application/scim+json", CONTENT_LENGTH=len(body))
        all_params.update(more)
        return {name: value for name, value in all_params.items() if value is not None}

    def ask(self, params, body=b"", tail=b"", **more):
        """One request on a connection of its own. tail: bytes that follow the parameters among them."""
        with self.peer() as p:
            return p.send(fc.request(fc.pairs(params) + tail, body, **more)).reply()

    def users(self):
        return json.loads(self.ask(self.params("GET", "/Users?count=0")).body)["totalResults"]

    def rss(self):
        """Of the worker that has most."""
        most = 0
        for pid in self.stack.processes()[1]:
            with open(f"/proc/{pid}/statm", encoding="ascii") as f:
                pages = [int(word) for word in f.read().split()]
            most = max(most, (pages[1] - pages[2]) * os.sysconf("SC_PAGE_SIZE"))
        return most

    def small(self):
        if keeps_freed_memory(self.pids[1][0]):
            tap.skip("no worker has grown over 64 MiB", "the address sanitizer keeps what is freed")
        else:
            tap.ok(self.rss() < RSS_MAX, "no worker has grown over 64 MiB", f"{self.rss() / MIB:.1f} MiB")

    def alive(self, after):
        """The same workers, and every one of them answers."""
        good = all(self.ask(self.params("GET", "/Users?count=1")).status == 200 for _ in range(4))
        pids = self.stack.processes()
        tap.ok(good and pids == self.pids, f"the workers live and answer after {after}",
               f"pids {pids}, before {self.pids}", self.stack.logs())
        self.pids = pids


def code_of(reply):
    try:
        return json.loads(reply.body)["detail"].split(":")[0]
    except (ValueError, KeyError):
        return None


def answered(reply, status, name, code=None):
    """One whole answer with this status, and this code of the error catalogue."""
    return tap.ok(reply.ended and reply.status == status and reply.app_status == 0 and
                  reply.protocol_status == fc.REQUEST_COMPLETE and (code is None or code_of(reply) == code),
                  f"{name}: {status}" + (f" {code}" if code else ""), repr(reply))


def new_user(name):
    return json.dumps(user(name)).encode()


# --- parameters ---


def parameters(w):
    many = {f"HTTP_X_{i}": "v" * 100 for i in range(700)}
    answered(w.ask(w.params("GET", "/Users", HTTP_X_BIG="x" * MAX_PARAMS)), 431, "one parameter over the limit",
             "HEADERS_TOO_LARGE")
    answered(w.ask(w.params("GET", "/Users", **many)), 431, "many parameters over the limit", "HEADERS_TOO_LARGE")
    answered(w.ask({**many, **w.params("GET", "/Users")}), 431, "over the limit in front of the others")
    answered(w.ask(w.params("GET", "/Users", HTTP_X_BIG="x" * (MAX_PARAMS - KIB))), 200, "just under the limit")
    answered(w.ask(w.params("GET", "/Users"), step=1), 200, "a byte in each record")
    answered(w.ask(w.params("GET", "/Users"), padding=255), 200, "padding")
    answered(w.ask(w.params("GET", "/Users", **{"HTTP_X_" + "N" * 300: "long name", "": "no name", "=": "="})), 200,
             "odd names")
    answered(w.ask(w.params("GET", "/Users", HTTP_X=b"\0\xff\n")), 200, "odd bytes in a value")
    answered(w.ask(w.params("GET", "/Users", HTTP_ACCEPT="")), 200, "an empty value")
    answered(w.ask(w.params("GET", "/Users"), tail=bytes(900 * KIB)), 431, "450,000 pairs of nothing behind")
    answered(w.ask({}), 404, "no parameters at all")
    answered(w.ask(w.params("GET", "/Users", REQUEST_METHOD=None)), 405, "no REQUEST_METHOD", "METHOD_NOT_ALLOWED")
    answered(w.ask(w.params("", "/Users")), 405, "an empty REQUEST_METHOD")
    answered(w.ask(w.params("G" * 10 * KIB, "/Users")), 405, "a method of 10 KB", "METHOD_NOT_ALLOWED")
    answered(w.ask(w.params("get", "/Users")), 405, "a method in the wrong case")
    answered(w.ask(w.params("GET\r\nX: y", "/Users")), 405, "a method with a line break")
    answered(w.ask(w.params("GET", "/Users", REQUEST_URI=None)), 404, "no REQUEST_URI", "PATH_UNKNOWN")
    answered(w.ask(w.params("GET", "/Users", REQUEST_URI=None, SCRIPT_NAME="/scim/v2", PATH_INFO="/Users")), 200,
             "SCRIPT_NAME and PATH_INFO instead of REQUEST_URI")
    answered(w.ask(w.params("GET", "=/" + "a" * 30 * KIB)), 404, "an address of 30 KB")
    answered(w.ask(w.params("GET", "=" + "/a" * 15 * KIB)), 404, "an address of 15,000 segments")
    answered(w.ask(w.params("GET", "/Users/%")), 400, "a broken escape in the address", "PATH_MALFORMED")
    answered(w.ask(w.params("GET", "/Users/%00")), 400, "a NUL in the address", "PATH_MALFORMED")
    w.alive("odd parameters")


def broken_parameters(w):
    """What is no list of pairs, or far too long: the request is none, and the connection ends."""
    head = fc.begin()
    for name, content in (
            ("2 MiB in a pair", fc.pairs({"HTTP_X": "x" * 2 * MIB})),
            ("2 MiB in many pairs", fc.pairs({f"HTTP_X_{i}": "x" * 1000 for i in range(2 * KIB)})),
            ("5 MiB of empty pairs", bytes(5 * MIB)),
            ("a pair that is cut off", fc.pairs(w.params("GET", "/Users")) + b"\x05\x05ab"),
            ("a length that is cut off", b"\x80\x00"),
            ("a name of 2 GiB", b"\xff\xff\xff\xff\x01abc"),
            ("a name and a value of 2 GiB", b"\xff\xff\xff\xff\xff\xff\xff\xffabc"),
            ("a value of 2 GiB less 2", b"\x01\xff\xff\xff\xfdabc"),
            ("lengths whose sum does not fit", b"\xc0\x00\x00\x00\xc0\x00\x00\x00abc")):
        with w.peer() as p:
            p.try_send(head + fc.stream(fc.PARAMS, content) + fc.record(fc.PARAMS) + fc.record(fc.STDIN))
            r = p.reply()
            tap.ok(r.out == b"" and r.closed, f"parameters with {name}: closed without an answer", repr(r))
    body = new_user("stays")
    here = json.loads(w.ask(w.params("POST", "/Users", body), body).body)["id"]
    with w.peer() as p:  # where one more may follow: a condition, say
        p.send(head + fc.record(fc.PARAMS, fc.pairs(w.params("DELETE", "/Users/" + here))))
        p.socket.shutdown(socket.SHUT_WR)
        r = p.reply()
        tap.ok(r.out == b"" and r.closed, "parameters that end between two pairs: closed without an answer", repr(r))
    answered(w.ask(w.params("GET", "/Users/" + here)), 200, "and what they asked for was not done")
    w.small()
    w.alive("broken parameters")


def credentials(w):
    token = "Bearer " + w.token
    answered(w.ask(w.params("GET", "/Users", HTTP_AUTHORIZATION=None)), 401, "no Authorization", "AUTH_MISSING")
    answered(w.ask(w.params("GET", "/Users", HTTP_AUTHORIZATION=None, REDIRECT_HTTP_AUTHORIZATION=token)), 200,
             "REDIRECT_HTTP_AUTHORIZATION")
    answered(w.ask(w.params("GET", "/Users", HTTP_AUTHORIZATION="", REDIRECT_HTTP_AUTHORIZATION=token)), 200,
             "an empty HTTP_AUTHORIZATION beside it")
    answered(w.ask(w.params("GET", "/Users", HTTP_AUTHORIZATION="Bearer x", REDIRECT_HTTP_AUTHORIZATION=token)), 401,
             "HTTP_AUTHORIZATION goes first", "AUTH_INVALID")
    answered(w.ask(w.params("GET", "/Users", HTTP_AUTHORIZATION=token + "x" * 60000)), 401, "a token of 60 KB")
    twice = list(w.params("GET", "/Users").items()) + [("HTTP_AUTHORIZATION", "Bearer other")]
    answered(w.ask(twice), 401, "HTTP_AUTHORIZATION twice")


# --- bodies ---


def lengths(w):
    """CONTENT_LENGTH and the body need not agree, and then nothing is done."""
    body, before = new_user("lengths"), w.users()
    for name, length in (("longer", len(body) + 1), ("much longer", MAX_BODY), ("shorter", len(body) - 1), ("zero", 0),
                         ("negative", -5), ("less than nothing", "-0"),
                         ("with a sign", f"+{len(body)}"), ("words", "twelve"), ("a number and words", "12abc"), ("a space", " "),
                         ("hexadecimal", "0x10"), ("two numbers", f"{len(body)}, {len(body)}")):
        answered(w.ask(w.params("POST", "/Users", body, CONTENT_LENGTH=length), body), 400, f"CONTENT_LENGTH {name}",
                 "BODY_INCOMPLETE")
    for name, length in (("of 2 MiB", 2 * MIB), ("of 9 EiB", 2**63 - 1), ("beyond 64 bits", "9" * 30)):
        answered(w.ask(w.params("POST", "/Users", body, CONTENT_LENGTH=length), body), 413, f"CONTENT_LENGTH {name}",
                 "BODY_TOO_LARGE")
    tap.equal(w.users(), before, "no user was made of any of them")
    answered(w.ask(w.params("POST", "/Users", body, CONTENT_LENGTH=None), body), 201, "no CONTENT_LENGTH, as chunked bodies come")
    answered(w.ask(w.params("POST", "/Users", new_user("empty"), CONTENT_LENGTH=""), new_user("empty")), 201,
             "an empty CONTENT_LENGTH")
    answered(w.ask(w.params("POST", "/Users", b"")), 400, "no body", "BODY_MISSING")
    small = new_user("small")
    answered(w.ask(w.params("POST", "/Users", small), small, step=1), 201, "a body of one byte in each record")
    w.alive("lengths that lie")


def large_bodies(w):
    def padded(size):
        head = b'{"schemas":["' + USER.encode() + b'"],"userName":"large@example.com","active":true'
        return head + b" " * (size - len(head) - 1) + b"}"

    before = w.users()
    for name, more in (("declared", {}), ("of unknown length", {"CONTENT_LENGTH": None})):
        body = padded(MAX_BODY + 1)
        answered(w.ask(w.params("POST", "/Users", body, **more), body), 413, f"a byte over the limit, {name}",
                 "BODY_TOO_LARGE")
        with w.peer() as p:  # streamed: the program reads on, so that the answer can be read
            p.send(fc.begin(flags=fc.KEEP_CONN) + fc.stream(fc.PARAMS, fc.pairs(w.params("POST", "/Users", b"", **{
                "CONTENT_LENGTH": 32 * MIB, **more}))) + fc.record(fc.PARAMS))
            block = fc.stream(fc.STDIN, bytes(MIB))
            sent = all(p.try_send(block) for _ in range(32))
            p.try_send(fc.record(fc.STDIN))
            answered(p.reply(), 413, f"32 MiB streamed, {name}", "BODY_TOO_LARGE")
            tap.ok(sent, f"32 MiB streamed, {name}: read to their end")
            p.send(fc.request(w.params("GET", "/Users?count=0")))
            answered(p.reply(), 200, f"32 MiB streamed, {name}: the connection goes on")
    with w.peer() as p:  # without end: given up
        p.send(fc.begin() + fc.stream(fc.PARAMS, fc.pairs(w.params("POST", "/Users", b"", CONTENT_LENGTH=None))) +
               fc.record(fc.PARAMS))
        block = fc.stream(fc.STDIN, bytes(MIB))
        blocks = 0
        while blocks < 200 and p.try_send(block):
            blocks += 1
        tap.ok(blocks < 200, "a body without end is given up", f"{blocks} MiB were taken")
    tap.equal(w.users(), before, "no user was made of any of them")
    body = padded(MAX_BODY)
    answered(w.ask(w.params("POST", "/Users", body), body), 201, "exactly the limit")
    w.small()
    w.alive("large bodies")


def unread_bodies(w):
    """A handler that wants no body leaves none behind."""
    with w.peer() as p:
        for method, path, status in (("GET", "/Users?count=0", 200), ("GET", "/Nothing", 404), ("DELETE", "/Users", 405),
                                     ("GET", "/Users?count=0", 200)):
            p.send(fc.request(w.params(method, path, b"x" * 200000), b"x" * 200000, flags=fc.KEEP_CONN))
            answered(p.reply(), status, f"{method} {path} with a body of 200 KB, on a kept connection")
    big = bytes(3 * MIB)
    with w.peer() as p:
        p.send(fc.request(w.params("POST", "/Users", big, HTTP_AUTHORIZATION=None), big, flags=fc.KEEP_CONN))
        answered(p.reply(), 401, "no Authorization and 3 MiB")
        p.send(fc.request(w.params("GET", "/Users?count=0"), flags=fc.KEEP_CONN))
        answered(p.reply(), 200, "the next request on the same connection")


# --- connections ---


def kept_connections(w):
    with w.peer() as p:
        for i in range(20):
            body = new_user(f"kept{i}")
            p.send(fc.request(w.params("POST", "/Users", body), body, flags=fc.KEEP_CONN))
            answered(p.reply(), 201, f"request {i + 1} of a kept connection") if i in (0, 1, 19) else p.reply()
        p.send(fc.request(w.params("GET", "/Users?count=0"), flags=fc.KEEP_CONN, number=77))
        answered(p.reply(), 200, "another request number")
        p.send(fc.request(w.params("GET", "/Users?count=0")))
        answered(p.reply(), 200, "the last one, without KEEP_CONN")
        tap.ok(p.is_closed(), "then the program closes the connection")
    peers = [w.peer() for _ in range(150)]  # more than the workers keep open
    for p in peers:
        p.try_send(fc.request(w.params("GET", "/Users?count=0"), flags=fc.KEEP_CONN))
    good = sum(p.reply().status == 200 for p in peers)
    tap.equal(good, len(peers), "150 kept connections: each got its answer")
    answered(w.ask(w.params("GET", "/Users?count=0")), 200, "and a new one is answered beside them")
    for p in peers:
        p.close()
    w.alive("kept connections")


def hold(workers):
    """Stops workers that are at rest. One that is stopped on its way to rest may take a connection along as it stops."""
    time.sleep(0.3)
    for pid in workers:
        os.kill(pid, signal.SIGSTOP)


def together(w):
    """
    Answers that wait for the disk together. Both workers stand still while requests pile up; then one goes on and finds
    them all: it does what is whole, and lets no answer wait for what is not.
    """
    workers = w.stack.processes()[1]
    kept = [w.peer(timeout=5) for _ in range(4)]
    for p in kept:
        p.send(fc.request(w.params("GET", "/Users?count=0"), flags=fc.KEEP_CONN)).reply()
    hold(workers)
    try:
        late, peers = fc.request(w.params("GET", "/Users?count=0")), []
        for i in range(40):  # more than wait at a time
            if i == 20:
                half = w.peer(timeout=5).send(late[:-8])
            body = new_user(f"together{i % 10}")  # after the tenth they are refused
            peers.append(w.peer(timeout=5).send(fc.request(w.params("POST", "/Users", body), body)))
        with w.peer() as gone:
            body = new_user("together-gone")
            gone.send(fc.request(w.params("POST", "/Users", body), body))
        broken = w.peer(timeout=5).send(fc.request(w.params("POST", "/Users", b"{"), b"{"))
        for i, p in enumerate(kept):
            body = new_user(f"kept-together{i}")
            p.send(fc.request(w.params("POST", "/Users", body), body, flags=fc.KEEP_CONN)).socket.shutdown(socket.SHUT_WR)
        reading = w.peer(timeout=5).send(fc.request(w.params("GET", "/Users?count=1000")))
        os.kill(workers[0], signal.SIGCONT)
        replies = [p.reply() for p in peers[:20]]
        tap.ok(True, "no answer waits for the request behind it that is not whole")
        half.send(late[-8:])
        answered(half.reply(), 200, "which is answered when it is")
        replies += [p.reply() for p in peers[20:]]
        tap.equal([r.status for r in replies], [201] * 10 + [409] * 30, "40 changes at once, each with its own answer")
        good = all(json.loads(r.body)["userName"] == f"together{i}@example.com" for i, r in enumerate(replies[:10]))
        tap.ok(good, "and none with another's")
        answered(broken.reply(), 400, "a body that is no JSON among them")
        answered(reading.reply(), 200, "a list among them")
    finally:
        for pid in workers:
            os.kill(pid, signal.SIGCONT)
    tap.equal([p.reply().status for p in kept], [201] * 4, "kept connections that come to their end before the answer")
    tap.equal(w.ask(w.params("GET", "/Users?filter=userName%20eq%20%22together-gone@example.com%22")).body.count(b'"userName"'), 1,
              "what a peer that has gone asked for was done")
    w.alive("answers that waited together")


def leaving_busy(_w):
    """A worker that is told to leave does so although there is always more to do, and somebody else does the rest."""
    w = Wire()
    try:
        leaves, stays = w.stack.processes()[1]
        hold((leaves, stays))
        log_size, peers = os.path.getsize(w.stack.path("roster.log")), []
        for i in range(300):
            body = json.dumps(user(f"leaving{i}", x="x" * 20 * KIB)).encode()  # too long to let answers wait for it
            peers.append(w.peer().send(fc.request(w.params("POST", "/Users", body), body)))
        os.kill(leaves, signal.SIGCONT)
        time.sleep(0.01)
        os.kill(leaves, signal.SIGTERM)
        end = time.monotonic() + 30  # with the sanitizers it ends slowly
        while leaves in w.stack.processes()[1] and time.monotonic() < end:
            time.sleep(0.02)
        os.kill(stays, signal.SIGCONT)
        tap.equal([p.reply().status for p in peers], [201] * len(peers), "every request is answered")
        tap.ok(leaves not in w.stack.processes()[1], "the worker has left")
        with open(w.stack.path("roster.log"), encoding="utf-8") as f:
            f.seek(log_size)
            done = sum(f" pid={leaves} " in line and " event=request " in line for line in f)
        tap.ok(done < len(peers) / 2, "it has not done everything before", f"{done} requests")
    finally:
        w.stack.stop()
        w.stack.remove()


def slow_readers(_w):
    """No answer that is short waits for the reader of a long one, whether that comes in pieces or whole."""
    w = Wire()
    try:
        for i in range(700):
            body = new_user(f"reader{i}")
            w.ask(w.params("POST", "/Users", body), body)
        workers = w.stack.processes()[1]
        for count in (700, 420):  # sent in pieces; just short enough to be sent whole, and more than a socket holds
            hold(workers)
            peers = []
            for i in range(5):
                body = new_user(f"before{count}-{i}")
                peers.append(w.peer(timeout=5).send(fc.request(w.params("POST", "/Users", body), body)))
            reader = w.peer().send(fc.request(w.params("GET", f"/Users?count={count}")))
            behind = new_user(f"behind{count}")
            later = w.peer(timeout=20).send(fc.request(w.params("POST", "/Users", behind), behind))
            os.kill(workers[0], signal.SIGCONT)
            try:
                got = [p.reply().status for p in peers]
            except OSError as e:
                got = repr(e)
            tap.equal(got, [201] * 5, f"changes in front of a list of {count} that nobody reads")
            size = len(reader.reply().body)
            tap.ok(size > 208 * KIB and (size < 256 * KIB or count == 700), "which was long enough", size)
            answered(later.reply(), 201, "and one behind it")
            os.kill(workers[1], signal.SIGCONT)
    finally:
        w.stack.stop()
        w.stack.remove()


def silence(w):
    """Connections that say nothing, or half of something, keep nobody else from being served."""
    silent = [w.peer() for _ in range(20)]
    began = time.monotonic()
    good = all(w.ask(w.params("GET", "/Users?count=0")).status == 200 for _ in range(10))
    tap.ok(good and time.monotonic() - began < 5, "ten requests beside 20 silent connections",
           f"{time.monotonic() - began:.1f} s")
    silent[0].send(fc.request(w.params("GET", "/Users?count=0")))
    answered(silent[0].reply(), 200, "one of them speaks after all")
    for p in silent:
        p.close()
    with w.peer() as p:
        whole = fc.request(w.params("GET", "/Users?count=0"))
        for byte in whole[:200]:
            p.send(bytes([byte]))
        time.sleep(0.3)
        p.send(whole[200:])
        answered(p.reply(), 200, "byte by byte, with a pause")
    for end in (1, 7, 8, 15, 16, 20, 24, 60, len(whole) - 8, len(whole) - 1):
        with w.peer() as p:
            p.send(whole[:end])
    w.alive("requests that break off")
    body = new_user("gone")
    for _ in range(20):
        with w.peer() as p:
            p.send(fc.request(w.params("POST", "/Users", body), body))
    for _ in range(10):
        with w.peer() as p:  # reads a part of a long answer
            p.send(fc.request(w.params("GET", "/Users?count=1000")))
            p.socket.recv(100)
    w.alive("peers that are gone before the answer")
    tap.equal(w.ask(w.params("GET", "/Users?filter=userName%20eq%20%22gone@example.com%22")).body.count(b'"userName"'), 1,
              "what they asked for was done, once")


# --- records ---


def slow(w):
    """A body that never comes to its end by itself, a byte now and then."""
    if "ROSTER_SLOW" not in os.environ:
        tap.skip("a request that takes too long is given up", "it takes two minutes; set ROSTER_SLOW")
        return
    began = time.monotonic()
    with w.peer() as p:
        p.send(fc.begin() + fc.stream(fc.PARAMS, fc.pairs(w.params("POST", "/Users", bytes(100)))) + fc.record(fc.PARAMS))
        while p.try_send(fc.record(fc.STDIN, b"x")) and time.monotonic() - began < 180:
            time.sleep(5)
        answered(p.reply(), 400, "a request that takes too long is given up", "BODY_INCOMPLETE")
        tap.ok(time.monotonic() - began < 140, "after two minutes")
    w.alive("a slow request")


def abort(w):
    body, before = new_user("abort"), w.users()
    start = fc.begin() + fc.stream(fc.PARAMS, fc.pairs(w.params("POST", "/Users", body))) + fc.record(fc.PARAMS)
    unknown = fc.begin() + fc.stream(fc.PARAMS, fc.pairs(w.params("POST", "/Users", body, CONTENT_LENGTH=None))) + \
        fc.record(fc.PARAMS)
    for name, data in (("in front of the parameters", fc.begin()),
                       ("among the parameters", fc.begin() + fc.record(fc.PARAMS, fc.pairs(w.params("POST", "/Users"))[:40])),
                       ("in front of the body", start), ("in the body", start + fc.record(fc.STDIN, body[:20])),
                       ("behind a body of unknown length that is whole but not ended",
                        unknown + fc.record(fc.STDIN, body))):
        with w.peer(timeout=5) as p:
            p.send(data + fc.record(fc.ABORT))
            r = p.reply()
            tap.ok(r.status in (None, 400) and (r.ended or r.closed), f"ABORT_REQUEST {name} ends the request", repr(r))
    for name, data in (("in the body", start + fc.record(fc.STDIN, body[:20])),
                       ("behind a body of unknown length that is whole", unknown + fc.record(fc.STDIN, body)),
                       ("behind a whole body", start + fc.record(fc.STDIN, body))):
        with w.peer() as p:
            p.send(data)
            p.socket.shutdown(socket.SHUT_WR)
            r = p.reply()
            tap.ok(r.status in (None, 400), f"the connection ends {name}: not done", repr(r))
    tap.equal(w.users(), before, "none of them made a user")
    w.alive("ABORT_REQUEST")


def odd_records(w):
    names = {"FCGI_MAX_CONNS": "", "FCGI_MAX_REQS": "", "FCGI_MPXS_CONNS": "", "FCGI_WHAT": ""}
    start = fc.begin() + fc.stream(fc.PARAMS, fc.pairs(w.params("GET", "/Users?count=0")))
    rest = fc.record(fc.PARAMS) + fc.record(fc.STDIN)
    for name, data in (("GET_VALUES, which no web server sends", fc.record(fc.GET_VALUES, fc.pairs(names), number=0) + start + rest),
                       ("GET_VALUES and nothing else", fc.record(fc.GET_VALUES, fc.pairs(names), number=0)),
                       ("an unknown management record", fc.record(99, b"something", number=0) + start + rest),
                       ("GET_VALUES among the parameters", start + fc.record(fc.GET_VALUES, fc.pairs(names), number=0) + rest),
                       ("an unknown record among the parameters", start + fc.record(99, b"x" * 100) + rest),
                       ("STDIN among the parameters", start + fc.record(fc.STDIN, b"x") + rest),
                       ("BEGIN among the parameters", start + fc.begin() + rest)):
        with w.peer(timeout=5) as p:
            p.try_send(data)
            r = p.reply()
            tap.ok(r.status is None and r.closed, f"{name}: no answer, and the connection ends", repr(r))
    for name, data in (("an unknown record in the body", fc.record(99, b"x" * 100)), ("a DATA record", fc.record(fc.DATA, b"x")),
                       ("PARAMS in the body", fc.record(fc.PARAMS, b"x"))):
        with w.peer(timeout=5) as p:
            p.try_send(start + fc.record(fc.PARAMS) + data + fc.record(fc.STDIN))
            r = p.reply()
            tap.ok(r.status in (None, 200, 400) and (r.closed or p.is_closed()), f"{name}: the connection ends", repr(r))
    with w.peer() as p:
        p.send(start + fc.record(fc.STDIN, b"x", number=9) + rest)
        answered(p.reply(), 200, "a record of another request is passed over")
    for name, data in (("another version", fc.record(fc.BEGIN, struct.pack(">HB5x", 1, 0), version=2)),
                       ("no BEGIN", fc.record(fc.PARAMS, b"x")), ("a short BEGIN", fc.record(fc.BEGIN, b"x")),
                       ("an endless BEGIN", fc.record(fc.BEGIN, bytes(8000))), ("HTTP", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
                       ("noise", bytes(range(256)) * 40), ("GET_VALUES of noise", fc.record(fc.GET_VALUES, b"\xff" * 5000, 0)),
                       ("GET_VALUES that is cut off", fc.record(fc.GET_VALUES, b"\x05", 0)),
                       ("a management record of 64 KB", fc.record(99, bytes(65535), number=0))):
        with w.peer(timeout=5) as p:
            p.try_send(data)
            p.socket.shutdown(socket.SHUT_WR)
            r = p.reply()
            tap.ok(r.status is None and r.closed, f"{name}: no answer, and the connection ends", repr(r))
    w.alive("odd records")


def noise(w):
    """Good requests with some bytes changed, cut out or put in. ROSTER_NOISE: how many."""
    chance = random.Random(7)
    body = new_user("noise")
    good = [fc.request(w.params("GET", "/Users?count=1"), step=50, padding=3), fc.request(w.params("DELETE", "/Users/1")),
            fc.request(w.params("POST", "/Users", body), body, step=100), fc.request(w.params("POST", "/Users", b"{}"), b"{}")]
    count = int(os.environ.get("ROSTER_NOISE", "2000"))
    answers = 0
    for i in range(count):
        data = bytearray(chance.choice(good))
        for _ in range(chance.randint(1, 4)):
            at = chance.randrange(len(data)) if chance.random() < 0.5 else chance.randrange(min(40, len(data)))
            what = chance.random()
            if what < 0.7:
                data[at] = chance.choice((0, 1, 4, 5, 127, 128, 255, chance.randrange(256)))
            elif what < 0.85:
                del data[at:at + chance.randint(1, 9)]
            else:
                data[at:at] = bytes(chance.randrange(256) for _ in range(chance.randint(1, 9)))
        with w.peer() as p:
            if p.try_send(bytes(data)):
                p.socket.shutdown(socket.SHUT_WR)
            try:
                answers += p.reply().status is not None
            except TimeoutError:
                tap.ok(False, f"request {i} comes to an end", repr(bytes(data)))
    tap.ok(0 < answers < count, f"{count} broken requests came to their end", f"{answers} were answered")
    w.alive("noise")


def roles(w):
    for name, role in (("AUTHORIZER", fc.AUTHORIZER), ("FILTER", fc.FILTER), ("9", 9), ("0", 0)):
        with w.peer(timeout=5) as p:
            p.try_send(fc.request(w.params("GET", "/Users?count=0"), role=role))
            r = p.reply()
            tap.ok(r.status != 200, f"role {name} is not taken for a request", repr(r))
    with w.peer() as p:
        p.send(fc.begin() + fc.stream(fc.PARAMS, fc.pairs(w.params("GET", "/Users?count=0"))) + fc.record(fc.PARAMS) +
               fc.begin(number=2) + fc.record(fc.STDIN))
        r = p.reply()
        tap.equal((r.out, r.protocol_status), (b"", fc.CANT_MPX_CONN), "a second request at the same time is refused")
        answered(p.reply(), 200, "and the first one is answered")
    w.alive("wrong roles")


def keeps_freed_memory(pid):
    """Whether the address sanitizer is in it; where nobody may look, it is not taken to be."""
    try:
        with open(f"/proc/{pid}/maps", encoding="utf-8") as maps:
            return "libasan" in maps.read()
    except PermissionError:
        return False


def memory_of(pid, words):
    """How often each of the words stands in what a process may write to and has for itself. None: it is not to be seen."""
    found = dict.fromkeys(words, 0)
    try:
        with open(f"/proc/{pid}/maps", encoding="utf-8") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
            for line in maps:
                where, access, _, device = line.split()[:4]
                start, end = (int(n, 16) for n in where.split("-"))
                if access != "rw-p" or device != "00:00" or "[stack]" in line or end - start > 256 * MIB:
                    continue
                memory.seek(start)
                data = memory.read(end - start)
                for word in words:
                    found[word] += data.count(word)
    except PermissionError:
        return None
    return found


def secrets(w):
    """What a request brought that is secret is wiped when it is over."""
    for i in range(6):
        body = json.dumps(user(f"secret{i}", password=PASSWORD)).encode()
        answered(w.ask(w.params("POST", "/Users", body), body), 201, "a user with a password") if i == 0 else \
            w.ask(w.params("POST", "/Users", body), body)
    for _ in range(6):
        w.ask(w.params("GET", "/Users"))
    time.sleep(0.3)  # the answer is here a moment before the worker is done with the request
    for pid in w.pids[1]:
        found = None if keeps_freed_memory(pid) else memory_of(pid, (w.token.encode()[8:], PASSWORD.encode()))
        if found is None:
            tap.skip("memory of a worker", "only root may look, and not with a sanitizer")
        else:
            tap.equal(list(found.values()), [0, 0], "neither token nor password is left in a worker's memory")


class Second:
    """Another master of the same installation, beside the first one."""

    def __init__(self, w, listen=None, stdin=None):
        self.stack, self.path = w.stack, w.stack.path("second.sock")
        self.manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(w.stack.path("notify"))
        self.manager.bind(w.stack.path("notify"))
        os.chmod(w.stack.path("notify"), 0o777)
        self.manager.settimeout(15)
        command = [self.stack.fcgi, "--config", self.stack.config, "--workers", "1"]
        if listen is not None:
            command += ["--listen", listen]
        user = self.stack.user
        with open(w.stack.path("second.out"), "ab") as out:
            self.process = subprocess.Popen(command, stdin=stdin or subprocess.DEVNULL, stdout=out, stderr=out, user=user,
                                            group=user, extra_groups=[] if user else None, cwd=self.stack.dir,
                                            env={**os.environ, "NOTIFY_SOCKET": w.stack.path("notify")})

    def told(self):
        try:
            return self.manager.recv(100).decode()
        except TimeoutError:
            return None

    def answers(self, w, path):
        with fc.Peer(path) as p:
            return p.send(fc.request(w.params("GET", "/Users?count=0"))).reply().status == 200

    def end(self, number):
        self.process.send_signal(number)
        try:
            return self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return None
        finally:
            self.manager.close()


def starts(w):
    """By --listen under a service manager, and by a web server that hands its socket over."""
    path = w.stack.path("second.sock")
    second = Second(w, listen=path)
    tap.equal(second.told(), "READY=1", "READY is told")
    tap.ok(second.answers(w, path), "and then it answers at once")
    tap.equal(os.stat(path).st_mode & 0o777, 0o660, "the socket has its mode")
    third = Second(w, listen=path)
    tap.equal(third.process.wait(10), 1, "a second master for the same socket ends")
    third.manager.close()
    with open(w.stack.path("second.out"), encoding="utf-8") as f:
        tap.ok("is served already" in f.read(), "and says why")
    tap.ok(second.answers(w, path), "the first one still answers")
    second.process.kill()
    second.process.wait(10)
    second.manager.close()
    tap.ok(os.path.exists(path), "killed, it leaves the socket")
    second = Second(w, listen=path)
    tap.ok(second.told() == "READY=1" and second.answers(w, path), "the next one takes its place")
    tap.equal(second.end(signal.SIGINT), 0, "INT ends it in order")
    tap.ok(not os.path.exists(path), "and the socket is gone")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listening:
        listening.bind(path)
        listening.listen(16)
        os.chmod(path, 0o777)
        second = Second(w, stdin=listening)
        tap.ok(second.told() == "READY=1" and second.answers(w, path), "descriptor 0 is a listening socket")
        with fc.Peer(path) as p:
            p.send(fc.request(w.params("GET", "/Users?count=0"))[:100])
            time.sleep(0.2)
            second.process.send_signal(signal.SIGTERM)
            time.sleep(0.2)
            p.send(fc.request(w.params("GET", "/Users?count=0"))[100:])
            answered(p.reply(), 200, "a request that was half there when TERM came")
        tap.equal(second.end(signal.SIGTERM), 0, "TERM ends it in order")
        tap.ok(os.path.exists(path), "the web server's socket is left to it")
    end = time.monotonic() + 10
    while w.stack.processes() != w.pids and time.monotonic() < end:
        time.sleep(0.05)
    w.alive("other masters came and went")


def signals(w):
    """What the web server's user may send, and what means nothing."""
    for number in (signal.SIGUSR1, signal.SIGHUP, signal.SIGPIPE, signal.SIGQUIT):
        for pid in w.pids[1]:
            os.kill(pid, number)
        w.alive(f"{number.name} to the workers")
    with w.peer() as p:
        p.send(fc.request(w.params("GET", "/Users?count=0"))[:100])
        time.sleep(0.2)
        w.stack.master.send_signal(signal.SIGHUP)
        time.sleep(1)
        p.send(fc.request(w.params("GET", "/Users?count=0"))[100:])
        answered(p.reply(), 200, "a request that was half there when HUP came")
    end = time.monotonic() + 10
    while (set(w.stack.processes()[1]) & set(w.pids[1]) or len(w.stack.processes()[1]) != 2) and time.monotonic() < end:
        time.sleep(0.05)
    parents, workers = w.stack.processes()
    tap.ok(parents == w.pids[0] and len(workers) == 2 and not set(workers) & set(w.pids[1]), "HUP: two new workers")
    w.pids = parents, workers
    w.alive("HUP")
    w.stack.master.send_signal(signal.SIGUSR1)  # how some managers of FastCGI programs ask one to end
    tap.equal(w.stack.master.wait(10), 0, "USR1 ends the master in order")
    with open(w.stack.path("roster.log"), encoding="utf-8") as f:
        tap.ok("event=stop role=master" in f.read(), "and it says so")


# secrets before what breaks off in the parameters: there the library frees them before anybody could wipe them.
TESTS = (parameters, credentials, lengths, large_bodies, unread_bodies, kept_connections, together, leaving_busy,
         slow_readers, secrets, broken_parameters, silence, slow, abort, odd_records, noise, roles, starts, signals)


def test(_front):
    w = Wire()
    try:
        for part in TESTS:
            tap.prefix = part.__name__ + ": "
            try:
                part(w)
            except OSError as e:
                tap.ok(False, f"went through ({e!r})", w.stack.logs())
                w.pids = w.stack.processes()
        tap.prefix = ""
        tap.equal(w.stack.verify().returncode, 0, "rosterctl verify is content")
        tap.equal(w.stack.stop(), 0, "all ended when told to")
        with open(w.stack.path("roster.log"), encoding="utf-8") as f:
            log = f.read()
        tap.ok("worker_died" not in log, "the log tells of no death", w.stack.logs())
        tap.ok(not any(word in log for word in (w.token, w.token[8:], PASSWORD, "example.com")),
               "nor of a token, a password or a name")
        tap.ok(all(line.startswith("time=") for line in log.splitlines()), "and each of its lines is whole")
    finally:
        w.stack.remove()


if __name__ == "__main__":
    main(test, fronts=("socket",), seconds=300)
