#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
The error catalogue: each code is reached, by a request or, where only an operator can meet it, by a command; each answer
tells code, cause and remedy as GET /api/v1/errors has them; and no other text reaches a client.
"""

import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time

from lib import USER, Answer, Client, Skip, group, is_error, main, tap, user
from console import Admin, link, secret_of
from stack import TOP, Stack

sys.path.insert(0, os.path.join(TOP, "tests", "wire"))
import fastcgi  # noqa: E402

NOBODY = "0190a6c4-0000-7000-8000-000000000000"
EXT = "urn:example:extra:2.0:User"
SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:Schema"
BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
SECRET, WRONG = "a-good-password-1", "a-wrong-password-1"
ROLES_MAX, RULES_MAX = 200, 50

# What nobody can bring about from outside without a fault or an accident of timing: why, and the unit test that makes it.
ELSEWHERE = {
    "INTERNAL": ("it takes a fault of the program", "tests/unit/test_api.c", "renders_every_code"),
    "BUSY": ("it takes conflicts without end, or a backup of minutes", "tests/unit/test_api.c", "ERR_BUSY"),
    "TOKEN_LIMIT": ("it takes 10,000 tokens", "tests/unit/test_token.c", "ERR_TOKEN_LIMIT"),
    "ADMIN_LIMIT": ("it takes 100 admins", "tests/unit/test_session.c", "ERR_ADMIN_LIMIT"),
    "TYPE_CHANGES": ("it takes 5,001 users", "tests/unit/test_rules.c", "too_many_changes_of_types_are_refused"),
    "VERIFY_FAULTS": ("it takes a damaged store", "tests/unit/test_portable.c", "every_damage_is_found"),
}
# The web server tells these by itself, with the status that it saw.
BY_WEB_SERVER = {"UPSTREAM_DOWN": (500, 502, 503, 504)}

# While the file LATE exists it is as many seconds later as it has bytes, while FULL exists the disk has 40 MiB left.
WEATHER = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>
int clock_gettime(clockid_t which, struct timespec *t)
{
    static int (*real)(clockid_t, struct timespec *);
    if (real == NULL)
        real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    struct stat late;
    int rc = real(which, t);
    if (rc == 0 && which == CLOCK_REALTIME && stat(LATE, &late) == 0)
        t->tv_sec += late.st_size;
    return rc;
}
#define FILLED(name, type) \
    int name(const char *path, struct type *v) \
    { \
        int rc = ((int (*)(const char *, struct type *))dlsym(RTLD_NEXT, #name))(path, v); \
        if (rc == 0 && access(FULL, F_OK) == 0) \
            v->f_bavail = ((unsigned long)40 << 20) / v->f_frsize; \
        return rc; \
    }
FILLED(statvfs, statvfs)
FILLED(statvfs64, statvfs64)
"""


class Watching(Client):
    """Keeps every refusal that it is answered."""

    seen = []

    def request(self, *words, **more):
        answer = super().request(*words, **more)
        if answer.status >= 400 and answer.body:
            self.seen.append(answer)
        return answer


class WatchingAdmin(Admin, Watching):
    """The same of a console admin."""


class World:
    """The accounts and people that the requests below are about."""

    def __init__(self, stack):
        self.stack = stack
        stack.write("schema.json", json.dumps({"schemas": [SCHEMA], "id": EXT, "name": "Extra", "attributes": [
            {"name": "badge", "type": "string", "uniqueness": "server"}, {"name": "ticket", "type": "string", "mutability": "immutable"}]}))
        self.acme = self.client(stack.account("acme"))
        stack.ctl("schema", "add", "acme", stack.path("schema.json"))
        self.strict = self.client(stack.account("strict", unknown_attributes="reject", email_case="reject", passwords="on",
                                                team_same_name="refuse", seat_limit="0", check_locale="on", check_timezone="on"))
        self.asleep = self.client(stack.account("asleep", status="suspended"))
        self.app = self.client(stack.token("strict", "app", ("authenticate",)))
        self.console = self.client(stack.token("acme", "console", ("manage",)))
        self.role = stack.ctl("role", "add", "acme", "Crew").stdout.strip()
        stack.ctl("role", "remove", "acme", "Crew", "viewer")
        stack.ctl("role", "add", "acme", "Crew")
        self.who = self.make("first", **{EXT: {"badge": "B-1", "ticket": "T-1"}})
        self.boss, self.safe = self.make("boss", userType="admin"), self.make("safe")
        stack.ctl("user", "protect", "acme", "safe@example.com")
        self.team = self.acme.post("/Groups", group("Crew", [self.who])).json["id"]
        self.strict.post("/Groups", group("Crew"))
        self.gone = self.client(stack.ctl("token", "add", "acme", "--name", "gone", "--user", self.make("gone")).stdout.strip())
        self.acme.delete("/Users/" + self.acme.find("Users", "userName", "gone@example.com").json["Resources"][0]["id"])
        self.cursor = self.acme.get("/Users?cursor&count=1").json["nextCursor"]
        self.taken, self.fresh = (secret_of(link(stack, "acme", f"{name}@example.com")) for name in ("ana", "eve"))
        self.ana, self.op, self.eve = WatchingAdmin(stack), WatchingAdmin(stack), WatchingAdmin(stack)
        self.ana.accept(self.taken)
        self.op.accept(secret_of(link(stack, None, "op@example.com")))

    def client(self, token):
        return Watching(self.stack.port, token, base=self.stack.base)

    def make(self, name, **more):
        return self.acme.post("/Users", user(name, **more)).json["id"]

    # --- ways to ask ---

    def new(self, **more):
        return self.acme.post("/Users", dict(user("new"), **more))

    def raw(self, body, **headers):
        return self.acme.post("/Users", body, headers=headers)

    def named(self, text):
        """A name whose JSON is text."""
        return self.raw(b'{"schemas":["' + USER.encode() + b'"],"userName":' + text + b"}")

    def patch(self, **operation):
        return self.acme.patch("/Users/" + self.who, [operation])

    def crew(self, **operation):
        return self.acme.patch("/Groups/" + self.team, [operation])

    def filter(self, text):
        return self.acme.post("/Users/.search", {"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": text})

    def bulk(self, *operations):
        """The refusal of the first operation, as an answer of its own."""
        answer = self.acme.post("/Bulk", {"schemas": [BULK], "Operations": list(operations)})
        first = answer.json["Operations"][0]
        return Answer(int(first["status"]), [("Content-Type", answer.type)], json.dumps(first["response"]).encode())

    def api(self, client, method, path, body=None):
        return client.request(method, "=" + self.stack.base.replace("/scim/v2", "/api/v1") + path, body)

    def sign_in(self, **body):
        return self.api(self.app, "POST", "/authenticate", body)

    def wire(self, body=b"", **params):
        """Past the web server, which would not let it through."""
        first = {"REQUEST_METHOD": "POST", "SCRIPT_NAME": "", "PATH_INFO": "", "REQUEST_URI": "/scim/v2/Users", "QUERY_STRING": "",
                 "SERVER_PROTOCOL": "HTTP/1.1", "HTTP_HOST": "localhost", "CONTENT_TYPE": "application/scim+json",
                 "CONTENT_LENGTH": "100", "HTTP_AUTHORIZATION": "Bearer " + self.acme.token, "REMOTE_ADDR": "127.0.0.1"}
        with fastcgi.Peer(self.stack.path("roster.sock")) as peer:
            peer.try_send(fastcgi.request(dict(first, **params), body))
            reply = peer.reply()
        return Answer(reply.status, [tuple(line.split(": ", 1)) for line in reply.head.split("\r\n")], reply.body)

    def unfit(self):
        """A request that is no HTTP."""
        with socket.create_connection(("127.0.0.1", self.stack.port), timeout=10) as s, contextlib.suppress(ConnectionError):
            s.sendall(b"GET /scim/v2/Users HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n")
            data = b""
            while piece := s.recv(65536):
                data += piece
        head, _, body = data.partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        return Answer(int(lines[0].split()[1]), [tuple(line.split(": ", 1)) for line in lines[1:]], body)

    # --- what takes more than one request ---

    def grow(self):
        """Until the user is too large."""
        who = self.make("large")
        for part in range(20):
            values = [{"value": f"{part}-{i}-" + "x" * 8000, "display": "y" * 8000} for i in range(5)]
            answer = self.acme.patch(f"/Users/{who}?attributes=id", [{"op": "add", "path": "roles", "value": values}])
            if answer.status != 200:
                break
        return answer

    def fail(self):
        """Until the name has to wait."""
        for _ in range(11):
            answer = self.sign_in(userName="nobody@example.com", password=WRONG)
            if answer.status != 200:
                break
        return answer

    def change_meanwhile(self):
        """The account's settings change while a bulk request is under way."""
        for attempt in range(30):
            operations = [{"method": "POST", "path": "/Groups", "bulkId": f"b{i}", "data": group(f"Bulk {attempt} {i}")} for i in range(600)]
            done = []
            asking = threading.Thread(target=lambda: done.append(self.acme.post("/Bulk", {"schemas": [BULK], "Operations": operations})))
            asking.start()
            for turn in range(50):
                self.stack.ctl("account", "set", "acme", f"seat_grace={attempt * 50 + turn + 1}")
                if not asking.is_alive():
                    break
            asking.join()
            for result in done[0].json.get("Operations", []):
                if result.get("response", {}).get("detail", "").startswith("ACCOUNT_CHANGED:"):
                    return Answer(int(result["status"]), [("Content-Type", "application/scim+json")], json.dumps(result["response"]).encode())
        return done[0]

    @contextlib.contextmanager
    def weather(self, name, size=0):
        self.stack.write("www/" + name, " " * size)
        try:
            yield
        finally:
            os.unlink(self.stack.path("www/" + name))

    def too_late(self):
        with self.weather("late", 7200):
            return self.acme.get(f"/Users?cursor={self.cursor}&count=1")

    def unconfirmed(self):
        with self.weather("late", 301):
            return self.ana.post("/tokens", {"name": "x"})

    def signed_out(self):
        with self.weather("late", 7200):
            return self.ana.get("/session")

    def full(self):
        with self.weather("full"):
            for _ in range(60):
                answer = self.acme.patch("/Users/" + self.who, [{"op": "replace", "value": {"title": f"{time.monotonic()}"}}])
                if answer.status != 200:
                    break
                time.sleep(0.05)  # the disk is looked at once a second
        time.sleep(1.1)
        return answer


# --- code -> how: requests ---

REQUESTS = {
    "AUTH_MISSING": lambda w: w.acme.get("/Users", headers={"Authorization": None}),
    "AUTH_INVALID": lambda w: w.acme.get("/Users", headers={"Authorization": "Bearer rst_acme_" + "A" * 49}),
    "AUTH_SCOPE": lambda w: w.app.get("/Users"),
    "ACCOUNT_SUSPENDED": lambda w: w.asleep.get("/Users"),
    "PATH_UNKNOWN": lambda w: w.acme.get("/Nothing"),
    "PATH_MALFORMED": lambda w: w.wire(REQUEST_METHOD="GET", REQUEST_URI="/scim/v2/Users/%zz"),
    "METHOD_NOT_ALLOWED": lambda w: w.acme.delete("/Users"),
    "MEDIA_TYPE": lambda w: w.raw(b"{}", **{"Content-Type": "text/plain"}),
    "BODY_TOO_LARGE": lambda w: w.wire(b"x" * (1 << 20) + b"x", CONTENT_LENGTH=(1 << 20) + 1),
    "BODY_TOO_MANY_OBJECTS": lambda w: w.raw(b'{"x":[' + b",".join([b"{}"] * 40000) + b"]}"),
    "BODY_INCOMPLETE": lambda w: w.wire(b'{"schemas":'),
    "BODY_MISSING": lambda w: w.raw(b""),
    "HEADERS_TOO_LARGE": lambda w: w.wire(HTTP_X_LONG="x" * 70000),
    "JSON_MALFORMED": lambda w: w.raw(b"{'a':1}"),
    "JSON_NOT_UTF8": lambda w: w.named(b'"J\xf6rg"'),
    "JSON_DUPLICATE_NAME": lambda w: w.raw(b'{"userName":"a","USERNAME":"b"}'),
    "JSON_TOO_DEEP": lambda w: w.raw(b'{"x":' + b"[" * 50 + b"]" * 50 + b"}"),
    "JSON_NUMBER_RANGE": lambda w: w.named(b"1e999"),
    "BODY_NOT_OBJECT": lambda w: w.raw(b"[]"),
    "RESOURCE_NOT_FOUND": lambda w: w.acme.get("/Users/" + NOBODY),
    "DISCOVERY_UNKNOWN": lambda w: w.acme.get("/Schemas/urn:x"),
    "SCHEMAS_MISSING": lambda w: w.acme.post("/Users", {"userName": "new@example.com"}),
    "ATTRIBUTE_UNKNOWN": lambda w: w.strict.post("/Users", user("new", shoeSize=43)),
    "ATTRIBUTE_TYPE": lambda w: w.new(name="A B"),
    "ATTRIBUTE_REQUIRED": lambda w: w.new(userName=None),
    "ATTRIBUTE_TOO_LONG": lambda w: w.new(title="x" * 100000),
    "PRIMARY_TWICE": lambda w: w.new(emails=[{"value": f"{n}@example.com", "primary": True} for n in "ab"]),
    "VALUES_TOO_MANY": lambda w: w.new(emails=[{"value": f"n{i}@example.com"} for i in range(5000)]),
    "RESOURCE_TOO_LARGE": lambda w: w.grow(),
    "USERNAME_NOT_EMAIL": lambda w: w.new(userName="nobody"),
    "USERNAME_BAD_CHARACTER": lambda w: w.new(userName="a\ue000@example.com"),
    "USERNAME_DIRECTION": lambda w: w.new(userName="\u05d0b@example.com"),
    "EMAIL_NOT_LOWERCASE": lambda w: w.strict.post("/Users", user("new", emails=[{"value": "New@example.com"}])),
    "EMAIL_MALFORMED": lambda w: w.new(emails=[{"value": "nonsense"}]),
    "NAME_BAD_CHARACTER": lambda w: w.new(name={"givenName": "A<b>", "familyName": "B"}),
    "LOCALE_UNKNOWN": lambda w: w.strict.post("/Users", user("new", userType="viewer", locale="xx-YY")),
    "TIMEZONE_UNKNOWN": lambda w: w.strict.post("/Users", user("new", userType="viewer", timezone="Europe/Nowhere")),
    "PASSWORD_BAD_CHARACTER": lambda w: w.strict.post("/Users", user("new", userType="viewer", password="bad\u0007password")),
    "PASSWORD_POLICY": lambda w: w.strict.post("/Users", user("new", userType="viewer", password="password123")),
    "PASSWORDS_OFF": lambda w: w.patch(op="replace", value={"password": SECRET}),
    "MEMBER_REQUIRED": lambda w: w.sign_in(userName="new@example.com"),
    "BODY_MEMBER_UNKNOWN": lambda w: w.api(w.console, "PATCH", "/account", {"slug": "other"}),
    "BODY_MEMBER_INVALID": lambda w: w.api(w.console, "POST", "/tokens", {"name": "x", "expires": "soon"}),
    "RATE_LIMITED": lambda w: w.fail(),
    "TYPE_UNKNOWN": lambda w: w.new(userType="User"),
    "ROLE_DELETED": lambda w: w.new(userType=w.role),
    "SEATS_EXCEEDED": lambda w: w.strict.post("/Users", user("new")),
    "LAST_ADMIN": lambda w: w.acme.delete("/Users/" + w.boss),
    "USER_PROTECTED": lambda w: w.acme.delete("/Users/" + w.safe),
    "USERNAME_TAKEN": lambda w: w.acme.post("/Users", user("FIRST")),
    "TEAM_NAME_TAKEN": lambda w: w.strict.post("/Groups", group("crew")),
    "MEMBER_UNKNOWN": lambda w: w.crew(op="add", path="members", value=[{"value": NOBODY}]),
    "MEMBER_NESTED": lambda w: w.crew(op="add", path="members", value=[{"value": w.team}]),
    "VALUE_TAKEN": lambda w: w.new(**{EXT: {"badge": "b-1"}}),
    "ATTRIBUTE_IMMUTABLE": lambda w: w.acme.put("/Users/" + w.who, user("first", **{EXT: {"ticket": "T-2"}})),
    "ACCOUNT_CHANGED": lambda w: w.change_meanwhile(),
    "VERSION_MISMATCH": lambda w: w.acme.delete("/Users/" + w.who, headers={"If-Match": 'W/"0"'}),
    "FILTER_SYNTAX": lambda w: w.filter("userName eq"),
    "FILTER_TOO_LARGE": lambda w: w.filter(" or ".join(["title pr"] * 65)),
    "FILTER_ATTRIBUTE": lambda w: w.filter("shoeSize pr"),
    "FILTER_TYPE": lambda w: w.filter("userName eq true"),
    "FILTER_FORBIDDEN": lambda w: w.acme.get("/Schemas?filter=id%20pr"),
    "PARAMETER_CONFLICT": lambda w: w.acme.get("/Users?attributes=title&excludedAttributes=name"),
    "PARAMETER_INVALID": lambda w: w.acme.get("/Users?startIndex=x"),
    "SORT_ATTRIBUTE": lambda w: w.acme.get("/Users?sortBy=password"),
    "CURSOR_INVALID": lambda w: w.acme.get("/Users?cursor=x&count=1"),
    "CURSOR_EXPIRED": lambda w: w.too_late(),
    "CURSOR_COUNT": lambda w: w.acme.get(f"/Users?cursor={w.cursor}&count=2"),
    "PATCH_SYNTAX": lambda w: w.patch(op="move", path="title", value="x"),
    "PATCH_PATH": lambda w: w.patch(op="add", path="a b c", value="x"),
    "PATCH_FILTER": lambda w: w.patch(op="replace", path="emails[" + "(" * 100 + "type pr" + ")" * 100 + "].value", value="x"),
    "PATCH_NO_TARGET": lambda w: w.patch(op="remove"),
    "PATCH_MUTABILITY": lambda w: w.patch(op="replace", path="id", value="x"),
    "PATCH_VALUE": lambda w: w.patch(op="replace", path="userName", value=[1]),
    "ME_UNSUPPORTED": lambda w: w.acme.get("/Me"),
    "ME_GONE": lambda w: w.gone.get("/Me"),
    "BULK_SYNTAX": lambda w: w.acme.post("/Bulk", {"schemas": [BULK]}),
    "BULK_TOO_MANY_OPERATIONS": lambda w: w.acme.post("/Bulk", {"schemas": [BULK], "Operations": [{"method": "DELETE", "path": "/Users/x"}] * 1001}),
    "BULK_OPERATION": lambda w: w.bulk({"method": "GET", "path": "/Users"}),
    "BULK_PATH": lambda w: w.bulk({"method": "DELETE", "path": "/Me"}),
    "BULK_ID_TWICE": lambda w: w.bulk(*[{"method": "POST", "path": "/Users", "bulkId": "t", "data": user(f"twice{i}")} for i in range(2)]),
    "BULK_ID_UNKNOWN": lambda w: w.bulk({"method": "POST", "path": "/Groups", "bulkId": "g", "data": group("Ghost", ["bulkId:ghost"])}),
    "BULK_REFERENCE": lambda w: w.bulk({"method": "POST", "path": "/Groups", "bulkId": "g", "data": group("Bound", ["bulkId:u"])},
                                       {"method": "POST", "path": "/Users", "bulkId": "u", "data": user("first")}),
    "BULK_CIRCLE": lambda w: w.bulk({"method": "POST", "path": "/Groups", "bulkId": "g", "data": group("Self", ["bulkId:g"])}),
    "FORMER_UNKNOWN": lambda w: w.api(w.console, "POST", f"/deleted-users/{NOBODY}/restore"),
    "STORAGE_FULL": lambda w: w.full(),
    "REQUEST_REFUSED": lambda w: w.unfit(),
    "SESSION_MISSING": lambda w: w.eve.get("/session"),
    "SIGN_IN_FAILED": lambda w: w.ana.sign_in("acme", "000000"),
    "ORIGIN_FOREIGN": lambda w: w.ana.post("/roles", {"name": "x"}, headers={"Origin": "https://evil.example"}),
    "CSRF_TOKEN": lambda w: w.ana.post("/roles", {"name": "x"}, headers={"X-CSRF-Token": "x"}),
    "CONFIRM_REQUIRED": lambda w: w.unconfirmed(),
    "SESSION_ENDED": lambda w: w.signed_out(),
    "ACCOUNT_NOT_CHOSEN": lambda w: w.op.get("/users"),
    "INVITATION_UNKNOWN": lambda w: w.eve.post("/invitation", {"invitation": w.taken}),
    "CODE_WRONG": lambda w: w.eve.post("/invitation/accept", {"invitation": w.fresh, "password": SECRET, "code": "nine"}),
    "LOG_ENTRY_UNKNOWN": lambda w: w.api(w.console, "GET", "/log/999999999"),
    "CODE_UNKNOWN": lambda w: w.api(w.acme, "GET", "/errors/NO_SUCH_CODE"),
}
# Of a service whose shared memory for logins and counters cannot be had.
REQUESTS_CRIPPLED = {
    "PASSWORD_BUSY": lambda w: w.sign_in(userName="new@example.com", password=WRONG),
    "STORAGE_FAULT": lambda w: w.acme.get("=/metrics"),
}
REQUESTS_STOPPED = {"UPSTREAM_DOWN": lambda w: w.acme.get("/Users")}

# --- code -> how: commands ---

COMMANDS = {
    "ACCOUNT_UNKNOWN": ["account", "show", "nobody"],
    "ACCOUNT_TAKEN": ["account", "add", "acme"],
    "ACCOUNT_NAME": ["account", "add", "Not A Slug"],
    "SETTING_UNKNOWN": ["account", "set", "acme", "nonsense=1"],
    "SETTING_VALUE": ["account", "set", "acme", "email_case=loud"],
    "TOKEN_UNKNOWN": ["token", "revoke", "acme", "nothing"],
    "TOKEN_NAME": ["token", "add", "acme", "--name", "test"],
    "SCHEMA_INVALID": ["schema", "add", "acme", "{dir}/bad.json"],
    "SCHEMA_TAKEN": ["schema", "add", "acme", "{dir}/schema.json"],
    "SCHEMA_UNKNOWN": ["schema", "show", "acme", "urn:example:none"],
    "SCHEMA_IN_USE": ["schema", "remove", "acme", EXT],
    "SCHEMA_LIMIT": ["schema", "add", "acme", "{dir}/wide.json"],
    "ROLE_NAME": ["role", "add", "acme", "a\nb"],
    "ROLE_NAME_TAKEN": ["role", "add", "acme", "CREW"],
    "ROLE_BASE": ["role", "add", "acme", "Boss", "--base", "admin"],
    "ROLE_LIMIT": ["role", "add", "roles", "One more"],
    "ROLE_UNKNOWN": ["role", "rename", "acme", "nothing", "X"],
    "ROLE_IS_BASE": ["role", "rename", "acme", "guest", "X"],
    "ROLE_SUCCESSOR": ["role", "remove", "acme", "Crew", "admin"],
    "RULE_TEAM": ["rule", "add", "acme", "Crew", "viewer"],
    "RULE_LIMIT": ["rule", "add", "roles", "Full", "viewer"],
    "RULE_UNKNOWN": ["rule", "remove", "acme", "2"],
    "ADMIN_UNKNOWN": ["console", "remove", "acme", "nobody@example.com"],
    "ADMIN_EMAIL": ["console", "invite", "acme", "nobody", "--url", "https://example.com"],
    "CONSOLE_URL": ["console", "invite", "acme", "nobody@example.com"],
    "IMPORT_LINE": ["import", "{dir}/bad.json"],
    "FILE_UNUSABLE": ["import", "{dir}/nothing"],
    "CONFIG_INVALID": ["--config", "{dir}/wrong.conf", "check-config"],
    "STORE_CLOSED": ["--config", "{dir}/closed.conf", "account", "list"],
    "DIRECTORY_UNUSABLE": ["backup", "{dir}/www"],
    "BACKUP_INVALID": ["--config", "{dir}/fresh.conf", "restore", "{dir}/www"],
    "STORE_IN_USE": ["restore", "{dir}/www"],
}


def prepare(stack):
    """The files that the commands name, and an account that has all the roles and rules it may have."""
    stack.write("bad.json", '{"type":"nonsense"}\n')
    wide = [{"name": f"c{i}", "type": "complex", "subAttributes": [{"name": f"s{j}"} for j in range(20)]} for i in range(48)]
    stack.write("wide.json", json.dumps({"schemas": [SCHEMA], "id": "urn:example:wide", "name": "Wide", "attributes": wide}))
    stack.write("wrong.conf", "[store]\nno_such_setting = 1\n")
    stack.write("closed.conf", "[store]\ndata = /nonexistent/data\nregions = /nonexistent/regions\n")
    stack.write("fresh.conf", f"[store]\ndata = {stack.path('fresh')}\nregions = {stack.path('fresh-env')}\n")
    roles = [{"type": "role", "id": "r-" + f"{i:08}".replace("0", "a").replace("1", "b"), "name": f"R{i}", "base": "guest",
              "created": "2026-01-01T00:00:00.000Z"} for i in range(ROLES_MAX)]
    stack.account("few")
    head = stack.ctl("export", "few").stdout.splitlines()[:2]
    rules = [{"type": "rule", "team": f"0190a6c4-0000-7000-8000-{i:012}", "role": "viewer"} for i in range(RULES_MAX)]
    stack.write("roles.jsonl", "\n".join(head + [json.dumps(r, separators=(",", ":")) for r in roles + rules]) + "\n")
    stack.ctl("import", stack.path("roles.jsonl"), "--account", "roles")
    stack.client(stack.token("roles")).post("/Groups", group("Full"))
    stack.ctl("rule", "add", "acme", "Crew", "guest")


# --- judging ---

def pattern(text):
    """Of a catalogue's text: what the request says stands for {}."""
    return re.escape(text).replace(re.escape("{}"), ".*")


def wrong_with(answer, catalogue):
    """ "" or what is wrong with a refusal, whatever it is about."""
    wrong = is_error(answer)
    if wrong:
        return wrong
    entry, body = catalogue.get(answer.code), answer.json
    if entry is None:
        return f"{answer.code} is not in the catalogue"
    if answer.status not in BY_WEB_SERVER.get(answer.code, (entry["status"],)):
        return f"status {answer.status}"
    if body.get("scimType") != entry.get("scimType"):
        return f"scimType {body.get('scimType')}"
    told = f"{entry['code']}: {pattern(entry['sentence'])}\\. Why: {re.escape(entry['cause'])} What to do: {re.escape(entry['admin'])}"
    return "" if re.fullmatch(told, body["detail"]) else f"the detail is not {told}"


def ask(world, table, catalogue, reached):
    for code, how in table.items():
        answer = how(world)
        reached.add(answer.code)
        wrong = wrong_with(answer, catalogue)
        tap.ok(not wrong and answer.code == code, f"a request is answered {code}", wrong, answer)


def command(stack, catalogue, reached):
    for code, words in COMMANDS.items():
        done = stack.ctl(*[w.replace("{dir}", stack.dir) for w in words], check=False)
        entry = catalogue[code]
        told = f"{code}: {pattern(entry['sentence'])}\n{re.escape(entry['engineer'])}\n"
        if tap.ok(done.returncode == 1 and done.stdout == "" and re.fullmatch(told, done.stderr), f"a command is answered {code}", done):
            reached.add(code)


def told_alike(stack, catalogue):
    """The catalogue in its other forms."""
    for code in ("SEATS_EXCEEDED", "AUTH_SCOPE"):
        text = " ".join(stack.ctl("explain", code.lower()).stdout.split())
        tap.ok(all(str(v) in text for v in catalogue[code].values()), f"rosterctl explain {code} has all of it", text)
        one = stack.client().get("=/api/v1/errors/" + code.lower())
        tap.ok(one.status == 200 and one.type == "application/json" and one.json == catalogue[code], "GET /api/v1/errors/{code}", one)
    with open(os.path.join(TOP, "doc", "errors.md"), encoding="utf-8") as f:
        text = f.read()
    tap.equal([c for c, e in catalogue.items() if f"## {c}\n" not in text or any(e[n] not in text for n in ("cause", "admin", "engineer"))],
              [], "doc/errors.md has all of all")
    folder = os.path.join(TOP, "lighttpd-conf", "errors")
    for name in sorted(os.listdir(folder)):
        with open(os.path.join(folder, name), encoding="utf-8") as f:
            detail = json.load(f)["detail"]
        entry = catalogue[detail.split(":")[0]]
        tap.ok(detail.endswith(f". Why: {entry['cause']} What to do: {entry['admin']}"), f"{name} tells cause and remedy", detail)


def elsewhere(reached):
    for code, (why, path, words) in ELSEWHERE.items():
        with open(os.path.join(TOP, path), encoding="utf-8") as f:
            tap.ok(words in f.read() and code not in reached, f"{code} is made by {path}: {why}")


# --- set-ups ---

@contextlib.contextmanager
def preloaded(stack):
    """What is started meanwhile has its weather made by files."""
    compiler = shutil.which("cc")
    if compiler is None:
        raise Skip("no C compiler")
    library, late, full = stack.path("weather.so"), stack.path("www/late"), stack.path("www/full")
    subprocess.run([compiler, "-shared", "-fPIC", f'-DLATE="{late}"', f'-DFULL="{full}"', "-xc", "-", "-o", library], input=WEATHER,
                   text=True, check=True, timeout=60)
    more = {"LD_PRELOAD": library, "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"}
    before = {name: os.environ.get(name) for name in more}
    os.environ.update(more)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value


def cripple(stack):
    """Directories stand where the shared memory of logins and counters would be."""
    stack.stop_roster()
    for folder, _, names in os.walk(stack.regions):
        for name in names:
            if name.startswith(("metrics", "throttle", "login")):
                os.unlink(os.path.join(folder, name))
                os.mkdir(os.path.join(folder, name))
    stack.start_master()
    stack.wait_ready()


def test(front):
    stack = Stack(front, workers=1)
    with contextlib.ExitStack() as at_end:
        at_end.callback(stack.remove)
        with preloaded(stack):
            stack.start()
        world, reached = World(stack), set()
        prepare(stack)
        answer = stack.client().get("=/api/v1/errors")
        catalogue = {e["code"]: e for e in answer.json["errors"]}
        tap.ok(answer.status == 200 and answer.type == "application/json" and len(catalogue) > 100, "GET /api/v1/errors, without a token")
        ask(world, REQUESTS, catalogue, reached)
        command(stack, catalogue, reached)
        told_alike(stack, catalogue)
        tap.equal(stack.verify().returncode, 0, "verify: whatever was refused left nothing half done")
        cripple(stack)
        ask(world, REQUESTS_CRIPPLED, catalogue, reached)
        stack.stop_roster()
        ask(world, REQUESTS_STOPPED, catalogue, reached)
        elsewhere(reached)
        tap.equal(sorted(reached | set(ELSEWHERE)), sorted(catalogue), "every code of the catalogue is reached, and no other")
        wrong = [(wrong_with(a, catalogue), a) for a in Watching.seen]
        tap.ok(len(wrong) > 60 and not any(w for w, _ in wrong), f"nothing but the catalogue was told in {len(wrong)} refusals", [w for w in wrong if w[0]][:3])


if __name__ == "__main__":
    main(test, ("lighttpd",), seconds=120)
