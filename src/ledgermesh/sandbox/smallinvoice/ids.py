"""Ids and other values that look random but are the same in every run."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import itertools

_LOWEST = 100_000_000
_SPREAD = 900_000_000


def digest(*names: str) -> int:
    """A 64-bit number that depends on the names alone."""
    return int.from_bytes(hashlib.blake2b("\0".join(names).encode(), digest_size=8).digest(), "big")


class Ids:
    """The nine-digit ids of one company's records; every kind of record has its own number space."""

    def __init__(self, company: str) -> None:
        self._company = company
        self._given: dict[tuple[str, str], int] = {}
        self._taken: dict[str, set[int]] = {}
        self._first: dict[tuple[str, str], str] = {}

    def of(self, kind: str, key: str) -> int:
        """The id of this record; once given it stays, whatever is added or removed later."""
        known = self._given.get((kind, key))
        return self._give(kind, key) if known is None else known

    def move(self, kind: str, old: str, new: str) -> None:
        """The record has another key now, and keeps its id."""
        if old != new:
            self._given[kind, new] = self.of(kind, old)
            self._first[kind, new] = self.first_key(kind, old)
            self.drop(kind, old)

    def first_key(self, kind: str, key: str) -> str:
        """The key that this record had before it was moved."""
        return self._first.get((kind, key), key)

    def drop(self, kind: str, key: str) -> None:
        """The record is gone; its id is not given again."""
        self._given.pop((kind, key), None)
        self._first.pop((kind, key), None)

    def _give(self, kind: str, key: str) -> int:
        taken = self._taken.setdefault(kind, set())
        candidate = _LOWEST + digest(self._company, kind, key) % _SPREAD
        while candidate in taken:
            candidate = _LOWEST + (candidate - _LOWEST + 1) % _SPREAD
        taken.add(candidate)
        self._given[kind, key] = candidate
        return candidate


def storage_order(id: int) -> int:
    """Where a record lies among those that sort alike: an order of its own, neither by id nor by age."""
    return id * 2_654_435_761 % 2**32


def client_id(company: str, grant: str) -> str:
    """Twenty upper-case letters and digits."""
    number = digest(company, grant, "client id") << 64 | digest(company, grant, "more of it")
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    return "".join(letters[number // 36**place % 36] for place in range(20))


def client_secret(company: str, grant: str) -> str:
    """Eighty letters of the base64 alphabet, always with `/` and `+` among them, so that it must be url-encoded."""
    for attempt in itertools.count():
        raw = b"".join(
            digest(company, grant, str(attempt), str(part)).to_bytes(8, "big") for part in range(8)
        )
        secret = base64.b64encode(raw[:60]).decode()
        if "/" in secret and "+" in secret:
            return secret
    raise AssertionError("unreachable: count() does not end")


class Mint:
    """Makes tokens, codes and request ids: no two alike, not even across restarts at another time."""

    def __init__(self, start: dt.datetime) -> None:
        self._start = start.isoformat()
        self._count = itertools.count()

    def raw(self, size: int) -> bytes:
        """So many fresh bytes, 64 at most."""
        text = f"{self._start}\0{next(self._count)}"
        return hashlib.blake2b(text.encode(), digest_size=size).digest()

    def token(self) -> str:
        """An opaque token."""
        return base64.urlsafe_b64encode(self.raw(48)).decode()
