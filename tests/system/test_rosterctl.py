#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The command line, beside a running service: what scripts rely on (exit statuses, output), and what it does."""

import json
import os
import re
import subprocess
import time

from lib import events, group, is_error, main, newest, tap, user
from stack import Stack

TOKEN = re.compile(r"rst_[a-z0-9-]+_[0-9A-Za-z]{43}[0-9A-Za-z]{6}\n")
WORKERS = 3
ENOUGH = 30  # requests, a connection each, to have met every worker


def refused(stack, words, code, name):
    done = stack.ctl(*words, check=False)
    tap.ok(done.returncode == 1 and done.stderr.startswith(code + ":") and done.stdout == "", f"{name}: 1 and {code}", done)


def misused(stack, words):
    done = stack.ctl(*words, check=False)
    tap.ok(done.returncode == 2 and "rosterctl: " in done.stderr and done.stdout == "", f"wrong use: {' '.join(words)}", done)


def rows(stack, *words):
    return [json.loads(line) for line in stack.ctl(*words, "--json").stdout.splitlines()]


def use(stack):
    for words in (["nonsense"], ["account"], ["token", "add"], ["account", "add", "a", "b"], ["user", "list", "acme", "--members"],
                  ["verify", "--account", "acme"], ["account", "remove", "acme"], ["--unknown"], []):
        misused(stack, words)
    done = stack.ctl("--help")
    tap.ok("token revoke ACCOUNT" in done.stdout, "--help lists the commands")
    tap.ok(re.fullmatch(r"rosterctl \d+\.\d+\.\d+\n", stack.ctl("--version").stdout), "--version")


def configuration(stack):
    tap.equal(stack.ctl("check-config").returncode, 0, "check-config is content with the configuration")
    for line in ("[server]\nlisten = here", "[server]\nmount = x/", "[log]\nlevel = loud", "[server]\nsocket_mode = 9",
                 "[server]\npublic_url = ftp://x", "[server]\nworkers = 0", "[server]\nnonsense = 1", "[store"):
        stack.write("bad.conf", line + "\n")
        for program, words in ((stack.ctl_path, ["check-config"]), (stack.fcgi, ["--check"])):
            done = subprocess.run([program, "--config", stack.path("bad.conf"), *words], capture_output=True, check=False, timeout=20)
            tap.equal(done.returncode, 1, f"{os.path.basename(program)} refuses {line!r}", done)
    stack.write("default.conf", stack.ctl("config", "--default").stdout)
    done = subprocess.run([stack.fcgi, "--config", stack.path("default.conf"), "--check"], capture_output=True, check=False, timeout=20)
    tap.equal(done.returncode, 0, "what config --default prints is a configuration", done)


def accounts(stack):
    stack.ctl("account", "add", "first", "--name", "First & Co", "--policy", "rfc")
    refused(stack, ["account", "add", "first"], "ACCOUNT_TAKEN", "an account that is there already")
    refused(stack, ["account", "add", "Not A Slug"], "ACCOUNT_NAME", "a bad slug")
    refused(stack, ["account", "add", "x", "--policy", "none"], "SETTING_VALUE", "a policy that does not exist")
    refused(stack, ["account", "show", "nobody"], "ACCOUNT_UNKNOWN", "an account that does not exist")
    listed = rows(stack, "account", "list")
    tap.equal([(a["slug"], a["name"], a["policy"]["preset"]) for a in listed], [("first", "First & Co", "rfc")], "account list --json")
    stack.ctl("account", "set", "first", "email_case=reject", "name=Second")
    shown = rows(stack, "account", "show", "first")[0]
    tap.equal((shown["name"], shown["policy"]["email_case"]), ("Second", "reject"), "account set changes what account show shows")
    refused(stack, ["account", "set", "first", "email_case=upper"], "SETTING_VALUE", "a value that the setting does not take")
    stack.ctl("account", "remove", "first", "--yes")
    tap.equal(rows(stack, "account", "list"), [], "account remove")


def statuses(stack, token, path="/Users?count=0"):
    return {stack.client(token).get(path).status for _ in range(ENOUGH)}


def tokens(stack):
    stack.ctl("account", "add", "acme")
    tap.equal(statuses(stack, "rst_acme_" + "A" * 49), {401}, "an account without a token answers nobody")
    text = stack.ctl("token", "add", "acme", "--name", "okta").stdout
    tap.ok(TOKEN.fullmatch(text), "token add prints the token, alone", len(text))
    first, second = text.strip(), stack.token("acme", "app")
    tap.equal((statuses(stack, first), statuses(stack, second)), ({200}, {200}), "several tokens live at once")
    tap.equal(stack.client(first, timeout=5).get("=/api/v1/events").status, 403, "a token without events:read reads no events")
    refused(stack, ["token", "add", "acme", "--name", "okta"], "TOKEN_NAME", "a name that a live token has")
    listed = rows(stack, "token", "list", "acme")
    tap.equal([(t["name"], t["state"], t["scopes"]) for t in listed], [("okta", "live", "scim"), ("app", "live", "scim events:read")],
              "token list --json")
    tap.ok(all(t["last_used"] for t in listed), "with the last use", listed)
    tap.ok(not any(secret[-20:] in json.dumps(listed) for secret in (first, second)), "and without the secret")

    stack.ctl("token", "revoke", "acme", "okta")
    time.sleep(1)
    tap.equal((statuses(stack, first), statuses(stack, second)), ({401}, {200}), "revoked: a second later every worker refuses it, and it alone")
    refused(stack, ["token", "revoke", "acme", "okta"], "TOKEN_UNKNOWN", "revoked twice")

    for text in ("1970-01-01", "2020-01-01T00:00:00Z", "0", "-1", "soon"):
        refused(stack, ["token", "add", "acme", "--name", "late", f"--expires={text}"], "SETTING_VALUE", f"an expiry of {text}")
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3))
    short = stack.ctl("token", "add", "acme", "--name", "short", "--expires", at).stdout.strip()
    tap.equal(statuses(stack, short), {200}, "a token that expires in three seconds")
    time.sleep(4)
    answer = stack.client(short).get("/Users")
    tap.ok(is_error(answer, 401) == "" and answer.code == "AUTH_INVALID", "is refused afterwards", answer)
    log, end = "", time.monotonic() + 10
    while "auth=expired" not in log and time.monotonic() < end:  # a line is written after its answer has left
        with open(stack.path("roster.log"), encoding="utf-8") as f:
            log = f.read()
        time.sleep(0.05)
    tap.ok("auth=expired" in log and "auth=revoked" in log and "auth=unknown" in log,
           "the log, and only the log, tells expired, revoked and unknown tokens apart", log[-600:])
    return second


def people(stack, token):
    client = stack.client(token)
    ann = client.post("/Users", user("ann")).json["id"]
    bob = client.post("/Users", user("bob", active=False)).json["id"]
    team = client.post("/Groups", group("Sales", [ann, bob])).json["id"]
    tap.equal([u["userName"] for u in rows(stack, "user", "list", "acme")], ["ann@example.com", "bob@example.com"], "user list")
    shown = rows(stack, "user", "show", "acme", "ANN@example.com")[0]
    tap.equal((shown["id"], [g["value"] for g in shown["groups"]]), (ann, [team]), "user show finds by userName and shows teams")
    tap.equal(rows(stack, "user", "show", "acme", bob)[0]["active"], False, "and by id")
    refused(stack, ["user", "show", "acme", "nobody"], "RESOURCE_NOT_FOUND", "a user who is not there")
    shown = json.loads(stack.ctl("team", "show", "acme", "sales", "--members").stdout)
    tap.equal({m["value"] for m in shown["members"]}, {ann, bob}, "team show --members")
    told = rows(stack, "events", "acme", "--limit", "1000")
    tap.equal(told, events(stack.port, token), "events prints what /api/v1/events answers")
    tap.equal([e["seq"] for e in rows(stack, "events", "acme", "--after", "1", "--limit", "1")], [2], "--after and --limit")
    stack.ctl("account", "add", "other")
    stranger = stack.client(stack.token("other"))
    tap.equal((stranger.get("/Users/" + ann).status, stranger.delete("/Groups/" + team).status,
               stranger.get("/Users?count=0").json["totalResults"]), (404, 404, 0), "another account sees none of it")


def moving(stack, token):
    stack.ctl("export", "acme", stack.path("data/acme.ndjson"))
    first = stack.ctl("export", "acme").stdout
    with open(stack.path("data/acme.ndjson"), encoding="utf-8") as f:
        tap.equal(f.read(), first, "export writes to a file what it prints")
    refused(stack, ["import", stack.path("data/acme.ndjson")], "ACCOUNT_TAKEN", "importing over an account")
    refused(stack, ["import", stack.path("data/acme.ndjson"), "--account", "copy"], "IMPORT_LINE", "a token in two accounts")
    stack.ctl("account", "remove", "acme", "--yes")
    tap.equal(statuses(stack, token), {401}, "the removed account's token is worth nothing")
    stack.ctl("import", stack.path("data/acme.ndjson"))
    tap.equal(stack.ctl("export", "acme").stdout, first, "export, import, export: the same bytes")
    time.sleep(1)
    tap.equal(statuses(stack, token), {200}, "and the token is good again")
    refused(stack, ["import", stack.path("roster.conf")], "IMPORT_LINE", "a file that is no export")
    refused(stack, ["import", stack.path("nothing")], "FILE_UNUSABLE", "a file that is not there")


def backup(stack, token):
    copy = stack.path("data/backup")
    stack.ctl("backup", copy)
    refused(stack, ["backup", copy], "DIRECTORY_UNUSABLE", "a backup into a directory that is there")
    refused(stack, ["backup", stack.path("data/a/b")], "DIRECTORY_UNUSABLE", "a backup below a directory that is not there")
    refused(stack, ["restore", copy], "STORE_IN_USE", "a restore beside a running service")
    client = stack.client(token)
    before = newest(stack.port, token)
    late = client.post("/Users", user("late")).json["id"]
    stack.stop()
    refused(stack, ["restore", copy], "DIRECTORY_UNUSABLE", "a restore over a store that is there")
    os.rename(stack.data + "/data", stack.data + "/data.old")
    os.rename(stack.data + "/log", stack.data + "/log.old")
    stack.ctl("restore", copy)
    stack.start()
    tap.equal(client.get("/Users/" + late).status, 404, "after the restore what came later is not there")
    tap.equal((client.get("/Users?count=0").json["totalResults"], newest(stack.port, token)), (2, before), "and what came before is")
    tap.equal(client.post("/Users", user("late")).status, 201, "changes go on")
    tap.equal(stack.verify().returncode, 0, "verify is content")


def looking(stack):
    dumped = stack.ctl("dump", "unique", "--account", "acme").stdout
    tap.ok("ann@example.com" in dumped and dumped.startswith("acme unique "), "dump prints keys readably", dumped[:300])
    refused(stack, ["dump", "nonsense"], "SETTING_VALUE", "a space that does not exist")
    done = stack.ctl("doctor")
    tap.ok("roster.fcgi listens" in done.stdout and "BAD" not in done.stdout, "doctor finds nothing bad", done)
    done = stack.ctl("explain", "NAME_BAD_CHARACTER")
    tap.ok("HTTP 400" in done.stdout and "The IT admin:" in done.stdout, "explain", done)
    refused(stack, ["explain", "NONSENSE"], "CODE_UNKNOWN", "a code that does not exist")
    stack.write("elsewhere.conf", "[store]\ndata = /proc/nothing\nregions = /proc/nothing\n")
    done = subprocess.run([stack.ctl_path, "--config", stack.path("elsewhere.conf"), "account", "list"], capture_output=True,
                          text=True, check=False, timeout=20)
    tap.ok(done.returncode == 1 and done.stderr.startswith("STORE_CLOSED:"), "a store that cannot be opened", done)


def test(front):
    with Stack(front, workers=WORKERS) as stack:
        use(stack)
        configuration(stack)
        accounts(stack)
        token = tokens(stack)
        people(stack, token)
        moving(stack, token)
        looking(stack)
        backup(stack, token)


if __name__ == "__main__":
    main(test, ("lighttpd",), seconds=180)
