#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The conformance suite (tests/conformance) against the real server, through each kind of web server."""

import json
import os
import signal
import subprocess
import sys
import time

from lib import main, tap
from stack import TOP, Stack

FOLDER = os.path.join(TOP, "tests", "conformance")
RUN = os.path.join(FOLDER, "run")
ENOUGH = 30  # requests, a connection each, to have met every worker
LEAST = 950  # checks; fewer means that a theme was not loaded


def start(url, token, other_token):
    environment = {**os.environ, "SCIM_TOKEN": token, "SCIM_OTHER_TOKEN": other_token}
    return subprocess.Popen([sys.executable, RUN, "--url", url, "--json"], stdout=subprocess.PIPE, text=True, encoding="utf-8", env=environment)


def pattern_of_nothing():
    """A pattern that is mistyped must not pass."""
    done = subprocess.run([sys.executable, RUN, "--url", "http://127.0.0.1:1", "--token", "x", "--only", "nosuch"], capture_output=True, text=True)
    tap.ok(done.returncode == 2 and "no check matches nosuch" in done.stderr, "a pattern that matches no check is a mistake", done)


def suite(url, tokens):
    """Prints each check as a line of TAP; the notes and the last line of the run."""
    notes, last = [], {}
    with start(url, *tokens) as process:
        for line in process.stdout:
            told = json.loads(line)
            if "outcome" not in told:
                notes, last = notes + [told["note"]] if "note" in told else notes, told
                continue
            name = f"{told['name']} [{', '.join(told['section'])}]"
            if told["outcome"] == "skipped":
                tap.skip(name, told["reason"])
            else:
                tap.ok(told["outcome"] == "passed", name, told["reason"], *told.get("exchanges", ()))
    return notes, last, process.returncode


def empty(stack, tokens, when):
    for token in tokens:
        for kind in ("Users", "Groups"):
            tap.equal(stack.client(token).get(f"/{kind}?count=0").json["totalResults"], 0, f"no {kind} are left {when}")


def broken_off(url, tokens):
    """Ends a run in the middle of a theme whose users are shared by all of its checks; a run may be over before it is told."""
    for _ in range(5):
        with start(url, *tokens) as process:
            while '"theme": "cursors"' not in process.stdout.readline() and process.poll() is None:
                pass
            process.send_signal(signal.SIGTERM)
            process.stdout.read()
        if process.returncode != 0:
            break
    tap.equal(process.returncode, 2, "a run that is broken off says so")


def extend(stack, account, token):
    """Gives the account the suite's extension schema; returns when every worker knows of it, which takes up to a second."""
    with open(os.path.join(FOLDER, "extension.json"), encoding="utf-8") as f:
        text = f.read()
    stack.write("extension.json", text)
    stack.own()
    stack.ctl("schema", "add", account, stack.path("extension.json"))
    client, known, end = stack.client(token), 0, time.monotonic() + 20
    while known < ENOUGH and time.monotonic() < end:
        known = known + 1 if client.get("/Schemas/" + json.loads(text)["id"]).status == 200 else 0
    tap.ok(known == ENOUGH, "the account has the suite's extension schema")


def test(front):
    pattern_of_nothing()
    with Stack(front) as stack:
        tokens = [stack.account(name, policy="rfc", passwords="on") for name in ("conform", "apart")]
        url = f"http://127.0.0.1:{stack.port}{stack.base}"
        extend(stack, "conform", tokens[0])
        notes, last, code = suite(url, tokens)
        tap.note(f"{front}: {last}")
        tap.ok(last.get("checks", 0) >= LEAST, f"the suite has at least {LEAST} checks", last, code)
        tap.equal(notes, [], "everything that was created is removed")
        empty(stack, tokens, "after the run")
        broken_off(url, tokens)
        empty(stack, tokens, "after a run that was broken off")
        done = stack.verify()
        tap.equal(done.returncode, 0, "rosterctl verify is content", done.stdout, done.stderr)


if __name__ == "__main__":
    main(test, fronts=("lighttpd", "apache-fcgid", "apache-proxy"))
