# SPDX-License-Identifier: Apache-2.0
"""One kept connection of one client, written for speed: http.client would take most of the time of a long run."""

import json
import select
import socket
import urllib.parse


class Response:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def header(self, name):
        return self.headers.get(name.lower())

    @property
    def json(self):
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    def __repr__(self):
        return f"{self.status} ETag={self.header('etag')} {self.body[:4000].decode(errors='replace')}"


class Client:
    """url: http://HOST:PORT; the addresses below it are given whole."""

    def __init__(self, url, token, timeout=60):
        parts = urllib.parse.urlsplit(url)
        self.address, self.host, self.timeout = (parts.hostname, parts.port or 80), parts.netloc, timeout
        self.url, self.token, self.socket, self.requests = f"http://{self.host}", token, None, 0

    def close(self):
        if self.socket:
            self.socket.close()
        self.socket = None

    def connect(self):
        """The connection; a new one where the server has closed the last one meanwhile (it then can be read from)."""
        if self.socket and select.select([self.socket], [], [], 0)[0]:
            self.close()
        if not self.socket:
            self.socket = socket.create_connection(self.address, self.timeout)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self.socket

    def send(self, method, target, body=None, headers=()):
        """body: bytes or None."""
        lines = [f"{method} {target} HTTP/1.1", f"Host: {self.host}", f"Authorization: Bearer {self.token}",
                 "Accept: application/scim+json"]
        lines += [f"{name}: {value}" for name, value in headers]
        if body is not None:
            lines += ["Content-Type: application/scim+json", f"Content-Length: {len(body)}"]
        self.connect().sendall("\r\n".join(lines + ["", ""]).encode() + (body or b""))
        self.requests += 1
        self.buffer = b""
        head = self.read_until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        fields = dict(line.split(":", 1) for line in head[1:] if ":" in line)
        fields = {name.lower(): value.strip() for name, value in fields.items()}
        status = int(head[0].split()[1])
        answer = Response(status, fields, self.read_body(method, status, fields))
        if fields.get("connection", "").lower() == "close":
            self.close()
        return answer

    def more(self):
        piece = self.socket.recv(262144)
        if not piece:
            self.close()
            raise ConnectionError("the server closed the connection in the middle of an answer")
        self.buffer += piece

    def read_until(self, end):
        while end not in self.buffer:
            self.more()
        head, _, self.buffer = self.buffer.partition(end)
        return head

    def read_exactly(self, n):
        while len(self.buffer) < n:
            self.more()
        piece, self.buffer = self.buffer[:n], self.buffer[n:]
        return piece

    def read_body(self, method, status, fields):
        if method == "HEAD" or status in (204, 304):
            return b""
        if fields.get("transfer-encoding", "").lower() != "chunked":
            return self.read_exactly(int(fields["content-length"]))
        body = b""
        while True:
            size = int(self.read_until(b"\r\n").split(b";")[0], 16)
            body += self.read_exactly(size)
            self.read_exactly(2)
            if size == 0:
                return body
