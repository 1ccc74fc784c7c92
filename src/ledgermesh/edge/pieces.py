"""A long answer goes to the socket in the pieces that it is made of: its data are not copied beside the rest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec

from ledgermesh.graph.question import Answer

PIECES: Final = "ledgermesh.pieces"
"""In the scope of a request: whoever sends the answer takes pieces. In the message of a body: those that stand before
it."""
LONG_BYTES: Final = 16_000
"""Copying less costs no more than sending it apart."""
BEGIN: Final = b'{"data":'

Pieces = tuple[bytes | memoryview, ...]


def apart(answer: Answer, encode: Callable[[Any], bytes]) -> tuple[Pieces, bytes] | None:
    """What stands before the end of an answer, and the end; None for one that does not begin with long data in JSON."""
    data = answer.get("data")
    if data.__class__ is not msgspec.Raw or len(answer) == 1:
        return None
    if (long := memoryview(data)).nbytes < LONG_BYTES:
        return None
    rest = encode({name: value for name, value in answer.items() if name != "data"})
    return (BEGIN, long), b"," + rest[1:]


def together(message: Any) -> Any:
    """A message whose body is there as a whole."""
    if PIECES not in message:
        return message
    return {**message, "body": b"".join((*message[PIECES], message["body"]))}
