"""Requests as bytes, and what comes back, over sockets of the operating system: nothing on the way tidies them up."""

from __future__ import annotations

import base64
import json
import os
import socket
import struct
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPResponse
from typing import Any, Final

SECONDS: Final = 30
READ_KEY: Final = "lm_demo_read"
JSON: Final = "application/json"
BIG: Final = 1 << 20

# What is said again and again.
BAD: Final = "400 BAD_USER_INPUT"
WRONG: Final = "200 BAD_USER_INPUT"
INVALID: Final = "200 GRAPHQL_VALIDATION_FAILED"
UNPARSED: Final = "200 GRAPHQL_PARSE_FAILED"
COSTLY: Final = "200 TOO_COSTLY"
LARGE: Final = "413 BODY_TOO_LARGE"
UNREAD: Final = "415 UNSUPPORTED_MEDIA_TYPE"
HEADS: Final = "431 HEADERS_TOO_LARGE"
NOWHERE: Final = "404 NOT_FOUND"
METHOD: Final = "405 METHOD_NOT_ALLOWED"
HOST: Final = "421 HOST_NOT_SERVED"
FORBIDDEN: Final = "200 FORBIDDEN"
UNKNOWN: Final = "200 PERSISTED_QUERY_NOT_FOUND"
UNACCEPTED: Final = "406 NOT_ACCEPTABLE"
CURSOR: Final = "200 CURSOR_MISMATCH"


@dataclass(frozen=True)
class Reply:
    """What came back."""

    says: str
    """Status and code of the first error; of a socket, what was heard of it and the code of its close."""
    content: bytes = b""
    headers: str = ""


@dataclass
class Door:
    """Where the gateway is, and what a caller knows of it."""

    port: int
    known: Mapping[str, Any]
    lock: threading.Lock = field(default_factory=threading.Lock)

    def connected(self, *, receive_bytes: int | None = None) -> socket.socket:
        """A connection."""
        made = socket.socket()
        made.settimeout(SECONDS)
        if receive_bytes is not None:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        made.connect(("127.0.0.1", self.port))
        return made

    def exchange(self, sent: bytes | Iterable[bytes], *, method: str = "POST") -> Reply:
        """Send, and read one answer."""
        with self.connected() as wire:
            _send(wire, [sent] if isinstance(sent, bytes) else sent)
            return heard(wire, method)

    def ask(self, query: str, key: str = READ_KEY, **variables: Any) -> Any:
        """A question that is a good one."""
        body = json.dumps({"query": query, "variables": variables}).encode()
        reply = self.exchange(request(body, Authorization=f"Bearer {key}"))
        return json.loads(reply.content)


@dataclass(frozen=True)
class Case:
    """One hostile thing to do."""

    name: str
    run: Callable[[Door], Reply]
    says: str
    """What the gateway says to it; alternatives are divided by |."""

    def wrong(self, reply: Reply) -> bool:
        """Whether the gateway said something else."""
        return reply.says not in self.says.split("|")


def _send(wire: socket.socket, parts: Iterable[bytes]) -> None:
    """Send until the other side has heard enough."""
    try:
        for part in parts:
            wire.sendall(part)
    except ConnectionError:
        pass


def heard(wire: socket.socket, method: str = "POST") -> Reply:
    """The next answer on a connection."""
    answer = HTTPResponse(wire, method=method)
    try:
        answer.begin()
        content = answer.read()
    except (HTTPException, ConnectionError, ValueError):
        return Reply("closed")
    finally:
        answer.close()
    return Reply(f"{answer.status} {code(content)}".strip(), content, str(answer.headers))


def code(content: bytes) -> str:
    """The code of the first error in an answer; of several answers, of the first that has one."""
    for piece in content.split(b"\n"):
        text = piece.removeprefix(b"data:").strip()
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            continue
        for each in found if isinstance(found, list) else [found]:
            errors = each.get("errors") if isinstance(each, dict) else None
            if errors:
                return str(errors[0]["extensions"]["code"])
    return ""


def request(
    body: bytes = b"", line: str | bytes = "POST /graphql HTTP/1.1", *more: bytes, **headers: str | None
) -> bytes:
    """An HTTP request; underscores in names of headers are hyphens, None leaves a header out, `more` are lines."""
    given: dict[str, str | None] = {
        "Host": "127.0.0.1", "Authorization": f"Bearer {READ_KEY}", "Content-Type": JSON,
        "Content-Length": str(len(body)),
    }  # fmt: skip
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [line if isinstance(line, bytes) else line.encode("latin-1")]
    lines += [f"{name}: {value}".encode("latin-1") for name, value in given.items() if value is not None]
    return b"\r\n".join([*lines, *more]) + b"\r\n\r\n" + body


def post(name: str, body: Any, says: str, **headers: str | None) -> Case:
    """A POST of bytes, or of a value as JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    given: dict[str, Any] = {**headers}
    return Case(name, lambda door: door.exchange(request(content, **given)), says)


def query(name: str, text: str, says: str, variables: Any = None, **headers: str | None) -> Case:
    """A POST of a document."""
    return post(name, {"query": text, "variables": variables or {}}, says, **headers)


def get(name: str, path: str | bytes, says: str, method: str = "GET", **headers: str | None) -> Case:
    """A request without a body."""
    place = path if isinstance(path, bytes) else path.encode("latin-1")
    line = method.encode() + b" " + place + b" HTTP/1.1"
    empty: dict[str, str | None] = {"Content_Type": None, "Content_Length": None}
    given: dict[str, Any] = empty | headers
    sent = request(b"", line, **given)
    return Case(name, lambda door: door.exchange(sent, method=method), says)


def raw(name: str, sent: bytes | Iterable[bytes], says: str) -> Case:
    """Whatever these bytes are."""
    parts = [sent] if isinstance(sent, bytes) else list(sent)
    return Case(name, lambda door: door.exchange(parts), says)


# -- sockets -------------------------------------------------------------------------------------------------------


def frame(payload: bytes, opcode: int = 1, *, final: bool = True) -> bytes:
    """One frame from a client, RFC 6455 section 5.2; its mask is all zeros."""
    size = len(payload)
    head = bytes([opcode | (0x80 if final else 0)])
    if size < 126:
        return head + bytes([0x80 | size]) + bytes(4) + payload
    if size < 1 << 16:
        return head + b"\xfe" + struct.pack(">H", size) + bytes(4) + payload
    return head + b"\xff" + struct.pack(">Q", size) + bytes(4) + payload


def message(**content: Any) -> bytes:
    """A message of the subprotocol in a frame."""
    return frame(json.dumps(content).encode())


def upgrade(protocol: str | None = "graphql-transport-ws", *more: bytes, **headers: str | None) -> bytes:
    """The request for a socket."""
    key = base64.b64encode(os.urandom(16)).decode()
    given: dict[str, str | None] = {
        "Content_Type": None, "Content_Length": None, "Upgrade": "websocket", "Connection": "Upgrade",
        "Sec_WebSocket_Key": key, "Sec_WebSocket_Version": "13", "Sec_WebSocket_Protocol": protocol,
    }  # fmt: skip
    return request(b"", "GET /graphql HTTP/1.1", *more, **(given | headers))


def opened(door: Door, sent: bytes) -> tuple[socket.socket, bytes]:
    """A socket that was asked for, and what came with the answer; the answer alone where it was refused."""
    wire = door.connected()
    _send(wire, [sent])
    head = b""
    while b"\r\n\r\n" not in head:
        chunk = wire.recv(BIG)
        if not chunk:
            break
        head += chunk
    return wire, head


def converse(door: Door, frames: Sequence[bytes], *, hello: bytes | None = None, known: bool = True) -> Reply:
    """Open a socket, send frames, and hear what comes until the end; a complete operation `last` is an end too."""
    wire, head = opened(door, hello if hello is not None else upgrade())
    with wire:
        status, _, rest = head.partition(b"\r\n\r\n")
        if b" 101 " not in status[:20]:
            return Reply(status[9:12].decode(), rest, status.decode("latin-1"))
        first = [message(type="connection_init")] if known else []
        _send(wire, [*first, *frames])
        return Reply(*_listened(wire, rest))


def _listened(wire: socket.socket, rest: bytes) -> tuple[str, bytes]:
    """What was heard: kinds of messages with their codes, each once, and the close."""
    told: list[str] = []
    seen, left = rest, rest
    while True:
        found, left = _frames(left)
        for opcode, payload in found:
            _note(told, _kind(opcode, payload))
            if opcode == 8 or (b'"last"' in payload and b'"next"' not in payload):
                return " ".join(told), seen
        try:
            chunk = wire.recv(BIG)
        except ConnectionError:
            chunk = b""
        if not chunk:
            return " ".join([*told, "gone"]), seen
        seen, left = seen + chunk, left + chunk


def _note(told: list[str], kind: str) -> None:
    if kind and kind not in told:
        told.append(kind)


def _frames(content: bytes) -> tuple[list[tuple[int, bytes]], bytes]:
    """The frames that are complete, and what is left."""
    found = []
    while len(content) > 1:
        size, start = content[1] & 0x7F, 2
        if size > 125:
            start = 4 if size == 126 else 10
            size = int.from_bytes(content[2:start])
        if len(content) < start + size:
            break
        found.append((content[0] & 0x0F, content[start : start + size]))
        content = content[start + size :]
    return found, content


def _kind(opcode: int, payload: bytes) -> str:
    if opcode == 8:
        return str(int.from_bytes(payload[:2])) if payload else "1005"
    if opcode != 1:
        return ""
    content = json.loads(payload)
    if content["type"] == "connection_ack" or content["type"] == "ping":
        return ""
    errors = (
        content.get("payload") if content["type"] == "error" else (content.get("payload") or {}).get("errors")
    )
    return f"{content['type']} {errors[0]['extensions']['code']}" if errors else str(content["type"])


def talk(
    name: str, frames: Sequence[bytes], says: str, *, known: bool = True, hello: bytes | None = None
) -> Case:
    """A socket, and what is said on it."""
    return Case(name, lambda door: converse(door, frames, hello=hello, known=known), says)
