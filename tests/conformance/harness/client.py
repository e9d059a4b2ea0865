# SPDX-License-Identifier: Apache-2.0
"""An HTTP client of one bearer token. It follows no redirect, and hides nothing."""

import http.client
import json
import urllib.parse

from .names import PATCH

TIMEOUT = 60
KEPT = 6  # exchanges that a failed check shows


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def header(self, name):
        """The value, or None; several of one name are joined."""
        values = [v for n, v in self.headers if n.lower() == name.lower()]
        return ", ".join(values) if values else None

    @property
    def type(self):
        """The media type without its parameters."""
        return (self.header("Content-Type") or "").split(";")[0].strip().lower()

    @property
    def json(self):
        """The parsed body; None if it is no JSON."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    def __getitem__(self, name):
        """An attribute of the resource in the body; None where there is none."""
        value = self.json
        return value.get(name) if isinstance(value, dict) else None

    @property
    def resources(self):
        return self["Resources"] or []

    @property
    def ids(self):
        return [each.get("id") for each in self.resources]

    def __repr__(self):
        return f"{self.status} {self.body[:500].decode('utf-8', 'replace')}"


class Client:
    """watch(answer, method, path), if given, sees every answer."""

    def __init__(self, url, token, watch=None):
        parts = urllib.parse.urlsplit(url)
        self.secure, self.netloc, self.base = parts.scheme == "https", parts.netloc, parts.path.rstrip("/")
        self.token, self.watch, self.connection, self.said = token, watch, None, []

    def connect(self):
        kind = http.client.HTTPSConnection if self.secure else http.client.HTTPConnection
        return kind(self.netloc, timeout=TIMEOUT)

    def send(self, method, target, body, headers):
        """One exchange, on the kept connection if there is one; on a new one if the server closed it before it answered."""
        for fresh in (self.connection is None, True):
            c = self.connection if not fresh else self.connect()
            self.connection = None
            try:
                c.putrequest(method, target, skip_accept_encoding=True)
                for name, value in headers.items():
                    c.putheader(name, value)
                c.endheaders(body)
                r = c.getresponse()
                answer = Answer(r.status, r.getheaders(), r.read())
            except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
                c.close()
                if fresh:
                    raise
                continue
            except BaseException:
                c.close()
                raise
            if r.will_close:
                c.close()
            else:
                self.connection = c
            return answer
        raise AssertionError("not reached")

    def request(self, method, path, body=None, headers=None):
        """
        path: below the base URL; characters that a URL may not have are percent-encoded. body: bytes, or what is to become
        JSON. headers: replace or add; None as value leaves one out.
        """
        said = {"Accept": "application/scim+json"}
        if self.token is not None:
            said["Authorization"] = "Bearer " + self.token
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        if body is not None:
            said["Content-Type"] = "application/scim+json"
            said["Content-Length"] = str(len(body))
        elif method in ("POST", "PUT", "PATCH"):
            said["Content-Length"] = "0"
        said.update(headers or {})
        said = {name: value for name, value in said.items() if value is not None}
        answer = self.send(method, self.base + urllib.parse.quote(path, safe="/?&=%:;,.+~!*'()@$-_"), body, said)
        shown = "" if body is None else body[:600].decode("utf-8", "replace")
        more = "".join(f" {n}: {v}" for n, v in (headers or {}).items() if n != "Authorization")
        self.said = self.said[1 - KEPT:] + [f"{method} {path}{more} {shown}\n-> {answer!r}"]
        if self.watch is not None:
            self.watch(answer, method, path)
        return answer

    def get(self, path, query=None, **headers):
        """query: {name: value}, values percent-encoded whole. headers: as keywords, If_Match for If-Match."""
        return self.request("GET", path + query_of(query), None, fields(headers))

    def post(self, path, body, query=None, **headers):
        return self.request("POST", path + query_of(query), body, fields(headers))

    def put(self, path, body, query=None, **headers):
        return self.request("PUT", path + query_of(query), body, fields(headers))

    def patch(self, path, *operations, query=None, **headers):
        body = {"schemas": [PATCH], "Operations": list(operations)}
        return self.request("PATCH", path + query_of(query), body, fields(headers))

    def delete(self, path, **headers):
        return self.request("DELETE", path, None, fields(headers))


def query_of(query):
    return "" if not query else "?" + "&".join(f"{n}={urllib.parse.quote(str(v), safe='')}" for n, v in query.items())


def fields(keywords):
    return {name.replace("_", "-"): value for name, value in keywords.items()}


def op(verb, path=None, value=...):
    """A PATCH operation; what is not given is not there."""
    made = {"op": verb}
    if path is not None:
        made["path"] = path
    if value is not ...:
        made["value"] = value
    return made
