# SPDX-License-Identifier: Apache-2.0
"""A console admin without a browser: authenticator, cookie, and what the page sends with each request."""

import base64
import hashlib
import hmac
import json
import struct
import time
import urllib.parse

from lib import Client

PASSWORD = "plenty of gravel, 9 spoons"
COOKIE = "__Host-roster"
STEP, SOON = 30, 8


class Authenticator:
    """What a telephone does (RFC 6238), but for giving no code twice: none is taken twice."""

    def __init__(self, secret, stack):
        """stack: whose clock it goes by."""
        self.key = base64.b32decode(secret + "=" * (-len(secret) % 8))
        self.stack, self.last = stack, 0

    def at(self, step):
        digest = hmac.new(self.key, struct.pack(">Q", step), hashlib.sha1).digest()
        at = digest[-1] & 15
        return f"{(struct.unpack_from('>I', digest, at)[0] & 0x7fffffff) % 1000000:06}"

    def code(self):
        """
        A fresh one. The server takes those of the last and of the next step, too, so that there is seldom anything to wait for;
        that of the last step is left out where it would be too old before it is used.
        """
        while True:
            now = int(time.time() + self.stack.ahead)
            step = max(self.last + 1, (now + SOON) // STEP - 1)
            if step <= now // STEP + 1:
                self.last = step
                return self.at(step)
            time.sleep(0.2)


class Admin(Client):
    """One browser's worth of a console admin: keeps the cookie and sends what the page sends. Below /api/v1."""

    def __init__(self, stack, account=None, cookie=None):
        """account: for staff, the one that the requests are about."""
        super().__init__(stack.port, base=stack.base.replace("/scim/v2", "/api/v1"))
        self.stack, self.account, self.cookie = stack, account, cookie
        self.origin = f"http://127.0.0.1:{stack.port}"
        self.csrf = self.email = self.password = self.authenticator = None
        self.recovery = []

    def request(self, method, path, body=None, headers=None, chunked=False):
        sent = {"Content-Type": "application/json", "Origin": None if method == "GET" else self.origin,
                "Cookie": self.cookie and f"{COOKIE}={self.cookie}", "Roster-Account": self.account,
                "X-CSRF-Token": None if method == "GET" else self.csrf}
        if body is None:
            del sent["Content-Type"]
        sent.update(headers or {})
        answer = super().request(method, path, body, sent, chunked)
        given = answer.header("Set-Cookie")
        if given is not None:
            self.cookie = given.split(";")[0].partition("=")[2] or None
        return answer

    def patch(self, path, body, **more):
        return self.request("PATCH", path, body, **more)

    def _take(self, answer):
        session = answer.json.get("session", answer.json) if answer.status in (200, 201) else {}
        self.csrf = session.get("csrf", self.csrf)
        return answer

    def accept(self, invitation, password=PASSWORD):
        """Takes the invitation; the answer."""
        told = self.post("/invitation", {"invitation": invitation})
        if told.status != 200:
            return told
        self.authenticator, self.email, self.password = Authenticator(told.json["secret"], self.stack), told.json["email"], password
        answer = self._take(self.post("/invitation/accept", {"invitation": invitation, "password": password,
                                                             "code": self.authenticator.code()}))
        if answer.status == 201:
            self.recovery = answer.json["recoveryCodes"]
        return answer

    def sign_in(self, account, code=None, **more):
        body = {"account": account, "email": self.email, "password": self.password, "code": code or self.authenticator.code()}
        return self._take(self.post("/session", {n: v for n, v in body.items() if v is not None}, **more))

    def confirm(self):
        return self._take(self.post("/session/confirm", {"password": self.password, "code": self.authenticator.code()}))

    def again(self):
        """The same person at another machine, not signed in."""
        other = Admin(self.stack, self.account)
        other.email, other.password, other.authenticator = self.email, self.password, self.authenticator
        return other


def link(stack, account, email):
    """The link of an invitation; account None: of the operator's staff."""
    whose = [account] if account else ["--operator"]
    return stack.ctl("console", "invite", *whose, email, "--url", f"http://127.0.0.1:{stack.port}").stdout.strip()


def secret_of(address):
    return urllib.parse.urlsplit(address).fragment


def admin(stack, account, email):
    """An admin who has taken the invitation and is signed in."""
    who = Admin(stack)
    answer = who.accept(secret_of(link(stack, account, email)))
    if answer.status != 201:
        raise RuntimeError(f"{email} cannot take the invitation: {answer!r}")
    return who


def names(answer, what, member):
    """Those of a list in an answer."""
    return [item[member] for item in json.loads(answer.body)[what]]
