# SPDX-License-Identifier: Apache-2.0
"""FastCGI 1.0 as a web server speaks it, record by record, so that a test can also say what no web server would."""

import contextlib
import socket
import struct

BEGIN, ABORT, END, PARAMS, STDIN, STDOUT, STDERR, DATA, GET_VALUES, GET_VALUES_RESULT, UNKNOWN_TYPE = range(1, 12)
RESPONDER, AUTHORIZER, FILTER = 1, 2, 3
KEEP_CONN = 1
REQUEST_COMPLETE, CANT_MPX_CONN, OVERLOADED, UNKNOWN_ROLE = range(4)


def record(kind, content=b"", number=1, padding=0, version=1, length=None):
    """length: what the header says, where that is not the truth."""
    head = struct.pack(">BBHHBx", version, kind, number, len(content) if length is None else length, padding)
    return head + content + bytes(padding)


def stream(kind, content, number=1, step=65535, padding=0):
    """The content in records of at most step bytes, without the empty one that ends a stream."""
    return b"".join(record(kind, content[i:i + step], number, padding) for i in range(0, len(content), step))


def size(n):
    return bytes([n]) if n < 128 else struct.pack(">I", n | 0x80000000)


def pairs(params):
    """params: a dictionary, or a list of pairs where a name may come twice. str or bytes."""
    out = b""
    for name, value in params.items() if isinstance(params, dict) else params:
        name = name if isinstance(name, bytes) else name.encode()
        value = value if isinstance(value, bytes) else str(value).encode()
        out += size(len(name)) + size(len(value)) + name + value
    return out


def begin(role=RESPONDER, flags=0, number=1):
    return record(BEGIN, struct.pack(">HB5x", role, flags), number)


def request(params, body=b"", role=RESPONDER, flags=0, number=1, step=65535, padding=0):
    """A whole request. params: as for pairs(), or what pairs() made of them."""
    params = params if isinstance(params, bytes) else pairs(params)
    return (begin(role, flags, number) + stream(PARAMS, params, number, step, padding) + record(PARAMS, b"", number) +
            stream(STDIN, body, number, step, padding) + record(STDIN, b"", number))


class Reply:
    """What came back: the answer's parts, and how it ended."""

    def __init__(self):
        self.out, self.errors, self.records = bytearray(), bytearray(), []
        self.ended = self.closed = False  # an END record came; the connection was closed
        self.app_status = self.protocol_status = None

    @property
    def head(self):
        return bytes(self.out.partition(b"\r\n\r\n")[0]).decode("latin-1")

    @property
    def body(self):
        return bytes(self.out.partition(b"\r\n\r\n")[2])

    @property
    def status(self):
        for line in self.head.split("\r\n"):
            name, _, value = line.partition(":")
            if name.lower() == "status":
                return int(value.split()[0])
        return None

    def __repr__(self):
        return (f"{self.head!r} {self.body[:300]!r} errors={self.errors[:200]!r} ended={self.ended} closed={self.closed} "
                f"protocol={self.protocol_status}")


class Peer:
    """One connection to the program."""

    def __init__(self, path, timeout=20):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(timeout)
        self.socket.connect(path)

    def send(self, data):
        self.socket.sendall(data)
        return self

    def try_send(self, data):
        """True if all of it was taken before the other side closed."""
        try:
            self.socket.sendall(data)
            return True
        except (BrokenPipeError, ConnectionResetError):
            return False

    def exactly(self, n):
        data = b""
        while len(data) < n:
            piece = self.socket.recv(n - len(data))
            if not piece:
                return None
            data += piece
        return data

    def record(self):
        """(kind, number, content), or None at the end of the connection."""
        try:
            head = self.exactly(8)
            if head is None:
                return None
            _, kind, number, length, padding = struct.unpack(">BBHHBx", head)
            content = self.exactly(length + padding)
        except ConnectionResetError:
            return None
        return None if content is None else (kind, number, content[:length])

    def reply(self):
        """Reads on to the END record or to the end of the connection."""
        r = Reply()
        while not r.ended:
            got = self.record()
            if got is None:
                r.closed = True
                return r
            kind, _, content = got
            r.records.append(kind)
            if kind == STDOUT:
                r.out += content
            elif kind == STDERR:
                r.errors += content
            elif kind == END:
                r.ended = True
                r.app_status, r.protocol_status = struct.unpack(">IB3x", content)
        return r

    def is_closed(self):
        """Whether the other side closes, within the time limit."""
        with contextlib.suppress(ConnectionResetError):
            return self.socket.recv(1) == b""
        return True

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self.close()
