# SPDX-License-Identifier: Apache-2.0
"""What the system tests share: TAP, an HTTP client that hides nothing, names of SCIM."""

import http.client
import io
import json
import os
import signal
import socket
import sys
import threading
import traceback
import urllib.parse

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
ROLE = "urn:okta:scim:schemas:core:1.0:Role"
LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"

FRONTS = ("lighttpd", "lighttpd-spawn", "apache-fcgid", "apache-proxy")
TIMEOUT = 30


class Tap:
    """Counts and prints results. One for a program; usable from several threads."""

    def __init__(self):
        self.count = self.failed = 0
        self.prefix = ""
        self.lock = threading.Lock()

    def _line(self, good, name, tail=""):
        with self.lock:
            self.count += 1
            if not good:
                self.failed += 1
            name = name.replace("#", " ").replace("\n", " ")
            print(f"{'ok' if good else 'not ok'} {self.count} - {self.prefix}{name}{tail}", flush=True)

    def ok(self, good, name, *why):
        """why: shown when it fails."""
        self._line(bool(good), name)
        if not good:
            for item in why:
                self.note(item if isinstance(item, str) else repr(item))
        return bool(good)

    def equal(self, got, want, name, *why):
        return self.ok(got == want, name, f"got  {got!r}", f"want {want!r}", *why)

    def skip(self, name, reason):
        self._line(True, name, f" # SKIP {reason}")

    def note(self, text):
        with self.lock:
            for line in str(text)[:4000].split("\n"):
                print("# " + line, flush=True)

    def end(self):
        print(f"1..{self.count}", flush=True)
        sys.exit(1 if self.failed else 0)


tap = Tap()


def main(test, fronts=None, seconds=600):
    """
    Runs test(front) for every front named on the command line, in $ROSTER_FRONTS, or else given. Ends the program with
    a TAP plan; whatever takes longer than `seconds` for all is cut off and fails.
    """
    chosen = sys.argv[1:] or os.environ.get("ROSTER_FRONTS", "").split() or list(fronts or FRONTS)

    def too_long(_signal, _frame):
        raise TimeoutError(f"the test took more than {seconds} s")

    signal.signal(signal.SIGALRM, too_long)
    signal.alarm(seconds)
    try:
        for front in chosen:
            tap.prefix = f"{front}: "
            if fronts is not None and front not in fronts:
                tap.skip("all", "not a set-up that this test is about")
                continue
            try:
                test(front)
            except Skip as e:
                tap.skip("all", str(e))
            except Exception as e:  # a broken test is a failed test, and the next front still gets its turn
                tap.ok(False, f"the test went through ({type(e).__name__})", traceback.format_exc())
                if isinstance(e, TimeoutError):
                    break
    finally:
        signal.alarm(0)
    tap.prefix = ""
    tap.end()


class Skip(Exception):
    """Raised with the reason."""


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def header(self, name):
        """The value, or None; several of one name are joined."""
        values = [v for n, v in self.headers if n.lower() == name.lower()]
        return ", ".join(values) if values else None

    @property
    def type(self):
        return (self.header("Content-Type") or "").split(";")[0].strip()

    @property
    def json(self):
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    @property
    def code(self):
        """The code of the error catalogue that the detail begins with."""
        value = self.json
        detail = value.get("detail") if isinstance(value, dict) else None
        return detail.split(":")[0] if isinstance(detail, str) and ":" in detail else None

    def __repr__(self):
        return f"{self.status} {self.headers!r} {self.body[:600]!r}"


class Client:
    """One client of one account. A connection for each request, unless keep."""

    def __init__(self, port, token=None, keep=False, base="/scim/v2", timeout=TIMEOUT):
        self.port, self.token, self.keep, self.base, self.timeout = port, token, keep, base, timeout
        self.connection = None

    def request(self, method, path, body=None, headers=None, chunked=False):
        """
        path: below base if it begins with "/", else ("=/healthz") as it stands behind the "=". body: bytes, or what is
        to become JSON. headers: replace or add; None as value leaves one out.
        """
        all_headers = {"Host": f"127.0.0.1:{self.port}", "Accept": "application/scim+json"}
        if self.token is not None:
            all_headers["Authorization"] = "Bearer " + self.token
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        if body is not None:
            all_headers["Content-Type"] = "application/scim+json; charset=utf-8"
            if not chunked:
                all_headers["Content-Length"] = str(len(body))
        elif method in ("POST", "PUT", "PATCH"):
            all_headers["Content-Length"] = "0"
        all_headers.update(headers or {})
        target = path[1:] if path.startswith("=") else self.base + path
        for attempt in (1, 2):
            c = self.connection or http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.timeout)
            fresh = self.connection is None
            self.connection = None
            try:
                c.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
                for name, value in all_headers.items():
                    if value is not None:
                        c.putheader(name, value)
                if chunked:
                    c.putheader("Transfer-Encoding", "chunked")
                    c.endheaders()
                    for i in range(0, len(body), 50000):
                        piece = body[i:i + 50000]
                        c.send(b"%x\r\n%s\r\n" % (len(piece), piece))
                    c.send(b"0\r\n\r\n")
                else:
                    c.endheaders(body)
                r = c.getresponse()
                answer = Answer(r.status, r.getheaders(), r.read())
            except (ConnectionError, http.client.BadStatusLine):
                c.close()
                if fresh or attempt == 2 or method != "GET":
                    raise
                continue  # the server closed the kept connection meanwhile
            except BaseException:
                c.close()
                raise
            if self.keep and not r.will_close:
                self.connection = c
            else:
                c.close()
            return answer
        raise AssertionError("not reached")

    def get(self, path, **more):
        return self.request("GET", path, **more)

    def post(self, path, body, **more):
        return self.request("POST", path, body, **more)

    def put(self, path, body, **more):
        return self.request("PUT", path, body, **more)

    def patch(self, path, operations, **more):
        return self.request("PATCH", path, {"schemas": [PATCH], "Operations": operations}, **more)

    def delete(self, path, **more):
        return self.request("DELETE", path, **more)

    def find(self, resources, attribute, value):
        """GET with a filter, percent-encoded as Okta does it."""
        text = urllib.parse.quote(f'{attribute} eq "{value}"', safe="")
        return self.get(f"/{resources}?filter={text}&startIndex=1&count=100")


def raw(port, request):
    """The answer to bytes that no HTTP library would send."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as s:
        s.sendall(request)
        s.settimeout(10)
        data = b""
        try:
            while piece := s.recv(65536):
                data += piece
        except (TimeoutError, ConnectionError):
            pass
    r = http.client.HTTPResponse(Received(data))
    r.begin()
    return Answer(r.status, r.getheaders(), r.read())


class Received:
    """What http.client asks of a socket."""

    def __init__(self, data):
        self.data = data

    def makefile(self, _mode):
        return io.BytesIO(self.data)


def user(name, **more):
    """A complete user whose userName is name@example.com (or name, if that is an address)."""
    address = name if "@" in name else f"{name}@example.com"
    given = "".join(c for c in name.split("@")[0].title() if c.isalpha()) or "Given"
    value = {"schemas": [USER], "userName": address, "name": {"givenName": given, "familyName": "Example"},
             "emails": [{"value": address.lower(), "type": "work", "primary": True}], "displayName": f"{given} Example",
             "externalId": f"ext-{name}", "active": True}
    value.update(more)
    return value


def group(name, members=()):
    return {"schemas": [GROUP], "displayName": name, "members": [{"value": m} for m in members]}


def is_error(answer, status=None):
    """A SCIM error in every respect; returns "" or what is wrong."""
    body = answer.json
    if status is not None and answer.status != status:
        return f"status {answer.status}, not {status}"
    if answer.type != "application/scim+json":
        return f"Content-Type {answer.header('Content-Type')}"
    if not isinstance(body, dict):
        return "the body is not a JSON object"
    if ERROR not in body.get("schemas", []):
        return "schemas"
    if body.get("status") != str(answer.status):
        return f"status in the body: {body.get('status')!r}"
    if not answer.code or not answer.code.replace("_", "").isalnum() or answer.code != answer.code.upper():
        return f"no code in the detail: {body.get('detail')!r}"
    return ""


def events(port, token, after=0):
    """All events after a number, read in pages; asserts that they are gap-free."""
    client, all_events = Client(port, token, base="/api/v1"), []
    while True:
        answer = client.get(f"/events?after={after}&limit=1000")
        if answer.status != 200:
            raise RuntimeError(f"events: {answer!r}")
        page = answer.json
        for event in page["events"]:
            if event["seq"] != after + 1:
                raise RuntimeError(f"events: {event['seq']} follows {after}")
            after = event["seq"]
        all_events += page["events"]
        if not page["events"] or after >= page["newest"]:
            return all_events


def newest(port, token):
    """The number of the account's last event."""
    answer = Client(port, token, base="/api/v1").get("/events?after=0&limit=1")
    if answer.status != 200:
        raise RuntimeError(f"events: {answer!r}")
    return answer.json["newest"]
