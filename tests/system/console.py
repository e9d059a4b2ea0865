# SPDX-License-Identifier: Apache-2.0
"""Somebody who uses the console, without a browser: what its pages ask, and what an authenticator shows."""

import base64
import hashlib
import hmac
import struct
import time

from lib import Client

COOKIE = "__Host-roster"
PASSWORD = "a long enough password"


class Authenticator:
    """RFC 6238. It waits where it would show a code again, which is taken only once."""

    STEP = 30

    def __init__(self, secret):
        self.key, self.last = base64.b32decode(secret), 0

    def at(self, step):
        digest = hmac.new(self.key, struct.pack(">Q", step), hashlib.sha1).digest()
        offset = digest[-1] & 15
        return f"{(struct.unpack('>I', digest[offset:offset + 4])[0] & 0x7fffffff) % 1000000:06}"

    def code(self):
        """Of the first step that was not shown yet; the server takes one of the next step, too."""
        step = max(int(time.time()) // self.STEP, self.last + 1)
        while step > time.time() // self.STEP + 1:
            time.sleep(0.2)
        self.last = step
        return self.at(step)


class Admin:
    """An admin of an account, or with account None one of the operator's staff."""

    def __init__(self, stack, account, email):
        self.account, self.email, self.password = account, email, PASSWORD
        self.base = stack.base.replace("/scim/v2", "/api/v1")
        self.client = Client(stack.port, base=self.base)
        self.origin = f"http://127.0.0.1:{stack.port}"
        self.cookie = self.csrf = self.chosen = self.recovery = None
        link = stack.ctl("console", "invite", account or "--operator", email, "--url", self.origin).stdout.strip()
        self.link, self.invitation = link, link.partition("#")[2]

    def ask(self, method, path, body=None, **headers):
        """headers: Origin="…" and so on replace what a page would send; None leaves one out."""
        change = method not in ("GET", "HEAD")
        sent = {"Cookie": f"theme=dark; {COOKIE}={self.cookie}" if self.cookie else None, "Origin": self.origin if change else None,
                "X-CSRF-Token": self.csrf if change else None, "Roster-Account": self.chosen}
        sent.update({name.replace("_", "-"): value for name, value in headers.items()})
        answer = self.client.request(method, path, body, headers=sent)
        given = answer.header("Set-Cookie")
        if given is not None and given.startswith(COOKIE + "="):
            self.cookie = given.partition(";")[0].partition("=")[2] or None
        value = answer.json if isinstance(answer.json, dict) else {}
        self.csrf = value.get("csrf") or value.get("session", {}).get("csrf") or self.csrf
        return answer

    def accept(self):
        offer = self.ask("POST", "/invitation", {"invitation": self.invitation})
        if offer.status != 200:
            return offer
        self.authenticator = Authenticator(offer.json["secret"])
        answer = self.ask("POST", "/invitation/accept", {"invitation": self.invitation, "password": self.password, "code": self.authenticator.code()})
        self.recovery = answer.json.get("recoveryCodes")
        return answer

    def sign_in(self, code=None):
        body = {"email": self.email, "password": self.password, "code": code or self.authenticator.code()}
        return self.ask("POST", "/session", {**body, "account": self.account} if self.account else body)

    def confirm(self, code=None):
        return self.ask("POST", "/session/confirm", {"password": self.password, "code": code or self.authenticator.code()})
