#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
The README's first command, as a newcomer and as a program use it. Builds nothing where $ROSTER_BUILD or the build that
the tests run for has the programs already.
"""

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from types import SimpleNamespace

from console import Admin, secret_of
from lib import Client, events, main, tap, user
from scene import provision
from stack import BUILD, TOP, free_port
from test_okta_sequences import Okta

FRONTS = ("lighttpd", "apache-proxy", "apache-fcgid")
KEYS = ["BASE_URL", "TOKEN", "ACCOUNT", "CONSOLE_URL", "PID", "DATA"]
SECONDS = 240  # for a build
SOON = 180  # seconds from the first command to a check-list that is complete, the build included


def quickstart(*words):
    environment = dict(os.environ)
    if os.path.exists(os.path.join(BUILD, "src", "roster.fcgi")):
        environment["ROSTER_BUILD"] = BUILD
    return dict(args=[os.path.join(TOP, "quickstart"), *words], env=environment, text=True, stdin=subprocess.DEVNULL)


def run(*words):
    return subprocess.run(**quickstart(*words), capture_output=True, check=False, timeout=SECONDS)


def belongings(data):
    """Processes that were started for this directory."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            text = b""
            for name in ("cmdline", "environ"):
                with open(f"/proc/{pid}/{name}", "rb") as f:
                    text += f.read()
            if data.encode() in text and int(pid) != os.getpid():
                found.append(int(pid))
    return found


def gone(data, seconds=10):
    end = time.monotonic() + seconds
    while belongings(data) and time.monotonic() < end:
        time.sleep(0.05)
    return not belongings(data)


def www_data_reaches(path):
    who = pwd.getpwnam("www-data")
    return subprocess.run(["test", "-r", path], user=who.pw_uid, group=who.pw_gid, extra_groups=[], check=False).returncode == 0


def refused_to_apache(front):
    """As root, in a directory that www-data cannot enter, there is only lighttpd."""
    return front != "lighttpd" and os.geteuid() == 0 and not www_data_reaches(os.path.join(TOP, "lighttpd-conf", "roster-common.conf"))


def detached(front, data, port):
    begun = time.monotonic()
    done = run("--detach", "--front", front, "--port", str(port), "--workers", "2", "--data", data)
    lines = done.stdout.splitlines()
    tap.ok(done.returncode == 0 and [line.split("=")[0] for line in lines] == KEYS,
           "--detach prints KEY=VALUE lines and nothing else", done)
    values = dict(line.split("=", 1) for line in lines)
    tap.equal(values["BASE_URL"], f"http://127.0.0.1:{port}/scim/v2", "the base URL is what Okta asks for")
    client = Client(port, values["TOKEN"])
    made = client.post("/Users", user("first"))
    tap.equal(made.status, 201, "the token makes a user", made)
    tap.equal(len(events(port, values["TOKEN"])), 1, "the token reads the events")
    console(port, values["TOKEN"], values["CONSOLE_URL"], begun)
    again = run("--detach", "--front", front, "--port", str(free_port()), "--data", data)
    tap.ok(again.returncode == 1 and "it runs already" in again.stderr and f"--stop --data {data} " in again.stderr, "a second start in the same directory is refused", again)
    stopped = run("--stop", "--data", data)
    tap.ok(stopped.returncode == 0 and gone(data), "--stop ends everything", stopped, belongings(data))
    return values["TOKEN"], made.json["id"]


def console(port, token, address, begun):
    """The link leads to the page, which signs one in with what stands behind its '#'; and soon one sees that all has arrived."""
    tap.equal(address.partition("#")[0], f"http://127.0.0.1:{port}/console/?view=welcome", "the console's link")
    answer = Client(port).get("=/console/?view=welcome")
    tap.ok(answer.status == 200 and answer.header("Content-Security-Policy"), "the page is there, and strict", answer)
    admin = Admin(SimpleNamespace(port=port, base="/scim/v2", ahead=0))
    answer = admin.accept(secret_of(address))
    tap.ok(answer.status == 201 and admin.get("/account").json["slug"] == "demo", "the link signs in, to the account", answer)
    provision(Okta(port, token))
    end = time.monotonic() + 10
    while (missing := [s["step"] for s in admin.get("/overview").json["checklist"] if not s["first"]]) and time.monotonic() < end:
        time.sleep(0.1)
    tap.equal(missing, [], "the check-list is complete")
    took = time.monotonic() - begun
    tap.ok(took < SOON, f"{took:.0f} s after the first command")


def once_more(front, data, port, token, me):
    done = run("--detach", "--front", front, "--port", str(port), "--data", data, "--policy", "rfc")
    values = dict(line.split("=", 1) for line in done.stdout.splitlines())
    tap.equal(values.get("TOKEN"), token, "the next start has the same token", done)
    tap.equal(values.get("CONSOLE_URL"), f"http://127.0.0.1:{port}/console/", "and no further way in: there is an admin")
    client = Client(port, token)
    tap.equal(client.get("/Users/" + me).status, 200, "and the same users")
    tap.equal(client.post("/Users", user("x", userName="no address")).status, 201, "--policy changes the account's rules")
    os.kill(int(values["PID"]), signal.SIGTERM)
    tap.ok(gone(data), "a signal to PID ends everything", belongings(data))


def one_dies(data, port):
    values = dict(line.split("=", 1) for line in run("--detach", "--port", str(port), "--data", data).stdout.splitlines())
    with open(os.path.join(data, "front.pid"), encoding="ascii") as f:
        os.kill(int(f.read()), signal.SIGKILL)
    tap.ok(gone(data), "when the web server dies, nothing is left behind", values, belongings(data))


def like_a_terminal():
    """Of a program that was started in the background Ctrl-C is ignored, and of all that it starts: no shell can undo it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def in_the_foreground(data, port):
    with subprocess.Popen(**quickstart("--port", str(port), "--data", data), stdout=subprocess.PIPE,
                          start_new_session=True, preexec_fn=like_a_terminal) as shell:
        text = ""
        while "Ctrl-C" not in text and (line := shell.stdout.readline()):
            text += line
        tap.ok(f"http://127.0.0.1:{port}/scim/v2" in text and "curl -H" in text and f"http://127.0.0.1:{port}/console/" in text,
               "it says what to do", text)
        os.killpg(shell.pid, signal.SIGINT)
        try:
            tap.equal(shell.wait(20), 0, "Ctrl-C ends it")
        except subprocess.TimeoutExpired:
            tap.ok(False, "Ctrl-C ends it within 20 s")
            shell.terminate()
    tap.ok(gone(data), "and everything with it", belongings(data))


def refusals(data):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = run("--detach", "--port", port, "--data", data)
        tap.ok(done.returncode == 1 and f"is port {port} free?" in done.stderr, "a port that is taken is named", done)
        tap.ok(gone(data), "and nothing is left behind", belongings(data))
    for words in (["--port"], ["--port", "0"], ["--port", "70000"], ["--port", "x"], ["--front", "nginx"], ["--policy", "x"],
                  ["--workers", "0"], ["--what"], ["word"]):
        done = run(*words)
        tap.ok(done.returncode == 2 and "--help" in done.stderr, f"{' '.join(words)} is wrong use", done)
    tap.equal(run("--stop", "--data", data).returncode, 0, "--stop where nothing runs is no error")


def test(front):
    data = os.path.realpath(tempfile.mkdtemp(prefix="roster-test.", dir="/tmp"))
    port = free_port()
    try:
        if refused_to_apache(front):
            done = run("--detach", "--front", front, "--port", str(port), "--data", data)
            tap.ok(done.returncode == 1 and "www-data cannot enter" in done.stderr, "it says that Apache cannot enter the directory", done)
            return
        once_more(front, data, port, *detached(front, data, port))
        if front == "lighttpd":
            one_dies(data, port)
            in_the_foreground(data, port)
            refusals(data)
    finally:
        run("--stop", "--data", data)
        for pid in belongings(data):
            os.kill(pid, signal.SIGKILL)
        shutil.rmtree(data, ignore_errors=True)


if __name__ == "__main__":
    main(test, FRONTS, seconds=600)
