"""What is said on a socket: messages from clients, checked; messages to them; codes that close it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Any, Final

import msgspec
from graphql import GraphQLError
from msgspec import Struct

from ledgermesh.edge.incoming import decoded
from ledgermesh.errors import BadInput, LedgermeshError
from ledgermesh.graph.present import present, typed
from ledgermesh.graph.question import Answer

SUBPROTOCOL: Final = "graphql-transport-ws"
ID_CHARACTERS_MAX: Final = 128
REASON_BYTES_MAX: Final = 123
"""That a close frame has room for, RFC 6455 section 5.5.1."""

_ENCODER = msgspec.json.Encoder(decimal_format="number")


class Code(IntEnum):
    """Why a socket is closed: the protocol's own codes, and those of RFC 6455 and its registry."""

    TOO_BIG = 1009
    RESTARTING = 1012
    TRY_LATER = 1013
    BAD_REQUEST = 4400
    UNAUTHORIZED = 4401
    FORBIDDEN = 4403
    SUBPROTOCOL = 4406
    TIMEOUT = 4408
    ALREADY_EXISTS = 4409
    TOO_MANY_INITS = 4429
    INTERNAL = 4500


class Close(Exception):
    """The socket has to be closed, with this code and for this reason."""

    def __init__(self, code: Code, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason.encode()[:REASON_BYTES_MAX].decode(errors="ignore")


# -- from the client ----------------------------------------------------------------------------------------------


class Init(Struct, frozen=True):
    """connection_init."""

    payload: Mapping[str, Any]


class Ping(Struct, frozen=True):
    """ping: wants the same back."""

    payload: Mapping[str, Any] | None


class Pong(Struct, frozen=True):
    """pong: the client lives."""


class Subscribe(Struct, frozen=True):
    """subscribe: an operation of any kind."""

    id: str
    payload: Mapping[str, Any]


class Complete(Struct, frozen=True):
    """complete: nobody listens to that operation any more."""

    id: str


Message = Init | Ping | Pong | Subscribe | Complete

PARTS: Final[Mapping[str, type]] = {
    "query": str, "documentId": str, "operationName": str, "variables": dict, "extensions": dict,
}  # fmt: skip
"""What an operation consists of, each of this type or null."""


def read(text: str, bytes_max: int) -> Message:
    """A message from a client; raises Close for anything that the protocol does not know."""
    if len(text) > bytes_max or len(text.encode(errors="surrogatepass")) > bytes_max:
        raise Close(Code.TOO_BIG, f"a message is at most {bytes_max} bytes")
    try:
        found = decoded(text.encode(), "the message")
    except (BadInput, UnicodeEncodeError) as error:
        # What exactly is wrong with it would be told in the caller's own words.
        raise Close(Code.BAD_REQUEST, "the message is not JSON, or is nested too deeply") from error
    if not isinstance(found, dict):
        raise Close(Code.BAD_REQUEST, "the message is not a JSON object")
    return _message(found)


def _message(found: dict[str, Any]) -> Message:
    payload = found.get("payload")
    if not isinstance(payload, dict | None):
        raise Close(Code.BAD_REQUEST, "`payload` is not an object")
    match found.get("type"):
        case "connection_init":
            return Init(payload or {})
        case "ping":
            return Ping(payload)
        case "pong":
            return Pong()
        case "subscribe":
            return Subscribe(_id(found), _operation(payload))
        case "complete":
            return Complete(_id(found))
    raise Close(Code.BAD_REQUEST, "`type` is none that a client sends")


def _id(found: dict[str, Any]) -> str:
    id = found.get("id")
    if not isinstance(id, str) or not 0 < len(id) <= ID_CHARACTERS_MAX:
        raise Close(Code.BAD_REQUEST, f"`id` is not a text of 1 to {ID_CHARACTERS_MAX} characters")
    return id


def _operation(payload: dict[str, Any] | None) -> dict[str, Any]:
    if payload is None:
        raise Close(Code.BAD_REQUEST, "`payload` of subscribe is missing")
    for name, kind in PARTS.items():
        if not isinstance(payload.get(name), kind | None):
            raise Close(Code.BAD_REQUEST, f"`payload.{name}` is not {'text' if kind is str else 'an object'}")
    return payload


# -- to the client ------------------------------------------------------------------------------------------------


def ack(payload: Mapping[str, str]) -> bytes:
    """The connection is there: connection_ack."""
    return _ENCODER.encode({"type": "connection_ack", "payload": payload})


def ping() -> bytes:
    """A ping."""
    return b'{"type":"ping"}'


def pong(payload: Mapping[str, Any] | None) -> bytes:
    """A pong, with what the ping brought."""
    return _ENCODER.encode({"type": "pong"} if payload is None else {"type": "pong", "payload": payload})


def following(id: str, answer: Answer) -> bytes:
    """An answer, next; one that cannot be written is masked."""
    message = {"id": id, "type": "next", "payload": answer}
    try:
        return _ENCODER.encode(message)
    except (TypeError, ValueError, RecursionError) as error:
        masked = {"errors": [present(GraphQLError("", original_error=error))]}
        return _ENCODER.encode(message | {"payload": masked})


def failed(id: str, errors: list[Any]) -> bytes:
    """The end of an operation that was not carried out, error."""
    return _ENCODER.encode({"id": id, "type": "error", "payload": errors})


def refused(id: str, error: LedgermeshError) -> bytes:
    """The same, of an error that we know."""
    return failed(id, [{"message": error.message, "extensions": typed(error)}])


def broken(id: str, error: BaseException) -> bytes:
    """The same, of one that nobody expected: masked."""
    cause = error if isinstance(error, Exception) else RuntimeError(type(error).__name__)
    return failed(id, [present(GraphQLError("", original_error=cause))])


def complete(id: str) -> bytes:
    """The end of an operation."""
    return _ENCODER.encode({"id": id, "type": "complete"})
