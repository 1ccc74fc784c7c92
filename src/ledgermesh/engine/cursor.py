"""Cursors: how far a list has been shown, sealed for the one who asked, the question and the sources."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import zlib
from collections.abc import Mapping, Sequence
from decimal import Decimal
from enum import Enum
from typing import Final

import msgspec
from cryptography.exceptions import InvalidTag

from ledgermesh.engine.order import Place, dump, load
from ledgermesh.errors import BadCursor
from ledgermesh.spec.query import And, Compare, ListQuery, Not, Or, Order, Where
from ledgermesh.state.sealing import SealingKey

VERSION: Final = 1
PURPOSE: Final = "cursor seal"
NONCE_BYTES: Final = 12
HEAD_BYTES: Final = 2 + NONCE_BYTES
TEXT_MAX: Final = 16_384
"""Characters of a cursor that are looked at; longer ones are not ours."""
CONTENT_MAX: Final = 65_536
"""Bytes a cursor may unpack to."""


class State(msgspec.Struct, frozen=True):
    """How far a list has been shown."""

    anchor: Place | None = None
    """The furthest place shown of any source; None before the first."""
    hints: Mapping[str, int] = msgspec.field(default_factory=dict)
    """Source → position of a page that starts before its own place; missing for the start."""
    own: Mapping[str, Place | None] = msgspec.field(default_factory=dict)
    """Place of each source that was behind or down, where it is not `anchor`; None when it has shown nothing."""
    unordered: Mapping[str, bool] = msgspec.field(default_factory=dict)
    """Sources that do not keep the order they promise, and whether rows may have been passed over before it showed."""
    currencies: Mapping[str, str] = msgspec.field(default_factory=dict)
    """Money field that is compared without a currency → the currency met."""


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """Where a cursor is good; it is refused everywhere else."""

    tenant: str
    environment: str
    company: str
    query: ListQuery
    sources: tuple[str, ...]
    """Names of the sources that are read, in any order."""

    @property
    def names(self) -> tuple[str, ...]:
        """The sources in the order in which a cursor counts them."""
        return tuple(sorted(set(self.sources)))

    @property
    def seal(self) -> bytes:
        """Everything that must be the same again."""
        parts = (self.tenant, self.environment, self.company, digest(self.query).hex(), *self.names)
        return msgspec.json.encode(parts)


class Cursors:
    """Seals and opens cursors. The first key seals, all of them open: during a rotation there are two."""

    def __init__(self, keys: Sequence[SealingKey]) -> None:
        self._first = keys[0]
        self._keys = {key.id: key for key in keys}

    def seal(self, state: State, scope: Scope) -> str:
        """The opaque text of a state."""
        key = self._first
        content = zlib.compress(msgspec.json.encode(_pack(state, scope.names)), 9)
        head = bytes((VERSION, key.id))
        seal = head + scope.seal
        nonce = _nonce(key, content, seal)
        sealed = key.cipher(PURPOSE).encrypt(nonce, content, seal)
        return _text(head + nonce + sealed)

    def open(self, text: str, scope: Scope) -> State:
        """The state again; raises BadCursor for anything that `seal` did not make for this very scope."""
        try:
            return _unpack(msgspec.json.decode(_inflated(self._content(text, scope))), scope)
        except (ValueError, KeyError, InvalidTag, zlib.error, msgspec.DecodeError) as error:
            raise BadCursor(
                "this cursor belongs to another query, other connections, or was changed"
            ) from error

    def _content(self, text: str, scope: Scope) -> bytes:
        raw = _bytes(text)
        if len(raw) < HEAD_BYTES or raw[0] != VERSION:
            raise ValueError("not a cursor of this version")
        nonce, sealed = raw[2:HEAD_BYTES], raw[HEAD_BYTES:]
        return self._keys[raw[1]].cipher(PURPOSE).decrypt(nonce, sealed, raw[:2] + scope.seal)


def _nonce(key: SealingKey, content: bytes, seal: bytes) -> bytes:
    """A nonce that repeats only with the same content and seal, so that equal pages have equal cursors."""
    made = len(seal).to_bytes(4, "big") + seal + content
    return hmac.digest(key.derived("cursor nonce"), made, hashlib.sha256)[:NONCE_BYTES]


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    if len(text) > TEXT_MAX:
        raise ValueError("too long")
    raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if _text(raw) != text:  # base64 has several spellings of the same bytes
        raise ValueError("not as it was written")
    return raw


def _inflated(content: bytes) -> bytes:
    unpacker = zlib.decompressobj()
    found = unpacker.decompress(content, CONTENT_MAX)
    if not unpacker.eof:
        raise ValueError("too large")
    return found


# -- the content: sources are counted in the sorted order of their names -------------------------------------------


def _pack(state: State, names: Sequence[str]) -> list[object]:
    number = {name: at for at, name in enumerate(names)}
    return [
        dump(state.anchor) if state.anchor else None,
        {number[name]: hint for name, hint in sorted(state.hints.items())},
        {number[name]: dump(own) if own else None for name, own in sorted(state.own.items())},
        {number[name]: int(lossy) for name, lossy in sorted(state.unordered.items())},
        dict(sorted(state.currencies.items())),
    ]


def _unpack(found: object, scope: Scope) -> State:
    names, order = scope.names, scope.query.order
    match found:
        case [anchor, dict(hints), dict(own), dict(unordered), dict(currencies)]:
            return State(
                anchor=_place(anchor, order),
                hints={names[int(at)]: int(hint) for at, hint in hints.items()},
                own={names[int(at)]: _place(place, order) for at, place in own.items()},
                unordered={names[int(at)]: bool(lossy) for at, lossy in unordered.items()},
                currencies=dict(currencies),
            )
    raise ValueError("not a state")


def _place(found: object, order: Sequence[Order]) -> Place | None:
    return None if found is None else load(found, order)


# -- what makes two queries the same ------------------------------------------------------------------------------


def digest(query: ListQuery) -> bytes:
    """A hash of everything that decides which records a list shows and in which order; the selection does not."""
    parts = (
        query.kind,
        None if query.where is None else _where(query.where),
        [(order.field, order.descending, order.currency) for order in query.order],
        query.search,
        sorted(set(query.sources)),
        query.include_deleted,
    )
    return hashlib.sha256(msgspec.json.encode(parts)).digest()


def _where(where: Where) -> list[object]:
    match where:
        case Compare():
            return ["compare", where.field, where.operator, _value(where.value), where.currency]
        case And(parts):
            return ["and", [_where(part) for part in parts]]
        case Or(parts):
            return ["or", [_where(part) for part in parts]]
        case Not(part):
            return ["not", _where(part)]


def _value(value: object) -> object:
    """JSON in which values of two types never look alike."""
    match value:
        case None | bool() | int():
            return value
        case Enum():
            return ["enum", _value(value.value)]
        case str():
            return ["text", value]
        case Decimal():
            return ["decimal", str(value)]
        case dt.datetime():
            return ["instant", value.isoformat()]
        case dt.date():
            return ["day", value.isoformat()]
        case tuple():
            return ["each", [_value(each) for each in value]]
    raise TypeError(f"a condition cannot hold {type(value).__name__}")
