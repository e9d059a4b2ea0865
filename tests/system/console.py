# SPDX-License-Identifier: Apache-2.0
"""Somebody who uses the console, without a browser: what its pages ask, and what an authenticator shows."""

import base64
import copy
import hashlib
import hmac
import struct
import time

from lib import Client

COOKIE = "__Host-roster"
PASSWORD = "a long enough password"


class Authenticator:
    """RFC 6238. It waits where it would show a code again, which is taken only once."""

    STEP, SOON = 30, 8

    def __init__(self, secret, stack):
        """stack: by whose clock it goes."""
        self.key, self.stack, self.last = base64.b32decode(secret), stack, 0

    def at(self, step):
        digest = hmac.new(self.key, struct.pack(">Q", step), hashlib.sha1).digest()
        offset = digest[-1] & 15
        return f"{(struct.unpack('>I', digest[offset:offset + 4])[0] & 0x7fffffff) % 1000000:06}"

    def code(self):
        """
        Of the first step that was not shown yet. The server takes one of the last and of the next step, too; that of the last
        is left out where it could be too old when it is used.
        """
        while True:
            now = int(time.time() + self.stack.ahead)
            step = max(self.last + 1, (now + self.SOON) // self.STEP - 1)
            if step <= now // self.STEP + 1:
                self.last = step
                return self.at(step)
            time.sleep(0.2)


def invite(stack, account, email):
    """The link; account None: of the operator's staff."""
    return stack.ctl("console", "invite", account or "--operator", email, "--url", f"http://127.0.0.1:{stack.port}").stdout.strip()


class Admin:
    """An admin of an account, or with account None one of the operator's staff."""

    def __init__(self, stack, account, email, link=None):
        """link: of an invitation that there is already."""
        self.stack, self.account, self.email, self.password = stack, account, email, PASSWORD
        self.base = stack.base.replace("/scim/v2", "/api/v1")
        self.client = Client(stack.port, base=self.base)
        self.origin = f"http://127.0.0.1:{stack.port}"
        self.cookie = self.csrf = self.chosen = self.recovery = self.authenticator = None
        self.link = link or invite(stack, account, email)
        self.invitation = self.link.partition("#")[2]

    def request(self, method, path, body=None, headers=None):
        """headers: replace what a page would send; None leaves one out."""
        change = method not in ("GET", "HEAD")
        sent = {"Cookie": f"theme=dark; {COOKIE}={self.cookie}" if self.cookie else None, "Origin": self.origin if change else None,
                "X-CSRF-Token": self.csrf if change else None, "Roster-Account": self.chosen}
        if body is not None:
            sent["Content-Type"] = "application/json"
        sent.update(headers or {})
        answer = self.client.request(method, path, body, headers=sent)
        given = answer.header("Set-Cookie")
        if given is not None and given.startswith(COOKIE + "="):
            self.cookie = given.partition(";")[0].partition("=")[2] or None
        value = answer.json if isinstance(answer.json, dict) else {}
        self.csrf = value.get("csrf") or value.get("session", {}).get("csrf") or self.csrf
        return answer

    def ask(self, method, path, body=None, **headers):
        """The same; Origin="…" and so on."""
        return self.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})

    def get(self, path, **more):
        return self.request("GET", path, **more)

    def post(self, path, body=None, **more):
        return self.request("POST", path, body, **more)

    def patch(self, path, body, **more):
        return self.request("PATCH", path, body, **more)

    def delete(self, path, **more):
        return self.request("DELETE", path, **more)

    def again(self):
        """The same person at another machine, not signed in."""
        other = copy.copy(self)
        other.cookie = other.csrf = None
        return other

    def accept(self):
        offer = self.ask("POST", "/invitation", {"invitation": self.invitation})
        if offer.status != 200:
            return offer
        self.authenticator = Authenticator(offer.json["secret"], self.stack)
        answer = self.ask("POST", "/invitation/accept", {"invitation": self.invitation, "password": self.password, "code": self.authenticator.code()})
        self.recovery = answer.json.get("recoveryCodes")
        return answer

    def sign_in(self, code=None):
        body = {"email": self.email, "password": self.password, "code": code or self.authenticator.code()}
        return self.ask("POST", "/session", {**body, "account": self.account} if self.account else body)

    def confirm(self, code=None):
        return self.ask("POST", "/session/confirm", {"password": self.password, "code": code or self.authenticator.code()})


def admin(stack, account, email):
    """One who has taken the invitation and is signed in."""
    who = Admin(stack, account, email)
    answer = who.accept()
    if answer.status != 201:
        raise RuntimeError(f"{email} cannot take the invitation: {answer!r}")
    return who
