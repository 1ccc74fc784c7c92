"""What processes leave in the store about renewals: one that was begun, one that failed a moment ago."""

from __future__ import annotations

import datetime as dt
import hashlib
from contextlib import suppress

import msgspec

from ledgermesh.errors import (
    LedgermeshError,
    MissingScope,
    NeedsConfig,
    Paused,
    Reconnect,
    SlowDown,
    StateDown,
    Unavailable,
)
from ledgermesh.state.base import Secret, Store
from ledgermesh.state.entries import place

BEGUN = "renewal-begun"
FAILED = "renewal-failed"
KINDS: dict[str, type[LedgermeshError]] = {
    kind.code: kind for kind in (MissingScope, NeedsConfig, Paused, Reconnect, SlowDown, Unavailable)
}

Key = tuple[str, str, str]
"""Owner, environment, connection."""


class _Failure(msgspec.Struct, frozen=True, kw_only=True):
    """Why a renewal failed."""

    version: int
    """Of the grant."""
    code: str
    message: str
    retry_at: dt.datetime | None = None


class Marks:
    """Written and read under the claim of the connection's renewal, so by one process at a time."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def begin(self, key: Key, refresh_token: Secret) -> bool:
        """A refresh token is about to be sent, lasting; whether it was begun before and never ended.

        Raises StateDown, and then it must not be sent: nobody could say afterwards what became of it.
        """
        where, of = place(BEGUN, *key), _digest(key, refresh_token)
        while True:
            kept = await self._store.get(where)
            if kept is not None and kept.value == of:
                return True
            if await self._store.put(where, of, expect=kept.version if kept is not None else 0):
                return False

    async def end(self, key: Key) -> None:
        """What the provider answered is known and kept. A mark that stays is one of a token that is gone."""
        where = place(BEGUN, *key)
        with suppress(StateDown):
            kept = await self._store.get(where)
            if kept is not None:
                await self._store.delete(where, expect=kept.version)

    async def fail(self, key: Key, version: int, error: LedgermeshError, *, seconds: float) -> None:
        """Let nobody try the same again for so many seconds."""
        where = place(FAILED, *key)
        failure = _Failure(version=version, code=error.code, message=error.message, retry_at=error.retry_at)
        with suppress(StateDown):
            kept = await self._store.get(where)
            expect = kept.version if kept is not None else 0
            await self._store.swap(where, msgspec.json.encode(failure), expect=expect, seconds=seconds)

    async def failure(self, key: Key, version: int) -> LedgermeshError | None:
        """The error to raise in place of one more try. Raises StateDown."""
        kept = await self._store.get(place(FAILED, *key))
        if kept is None:
            return None
        failure = msgspec.json.decode(kept.value, type=_Failure)
        if failure.version != version:
            return None
        return KINDS[failure.code](failure.message, retry_at=failure.retry_at, details={"local": True})


def _digest(key: Key, refresh_token: Secret) -> bytes:
    """Knows the token again, also after it was sealed anew; gives nothing away of a long random text."""
    return hashlib.sha256(msgspec.json.encode((*key, refresh_token.reveal()))).hexdigest().encode()
