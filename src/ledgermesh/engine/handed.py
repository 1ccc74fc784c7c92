"""Files that a provider fetches from us: sealed in the store for a quarter of an hour, behind a link without a key."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from typing import Final

import msgspec
from cryptography.exceptions import InvalidTag
from msgspec import Struct

from ledgermesh.clock import Clock
from ledgermesh.errors import BadInput, NotFound
from ledgermesh.spec.write import File
from ledgermesh.state.base import Store
from ledgermesh.state.entries import Environment, place
from ledgermesh.state.sealing import NotSealed, Seal, SealingKey
from ledgermesh.state.vault import Envelopes

PATH: Final = "/handed/"
HOLE: Final = "${file}"
"""Stands in a plan for the address of a file, which there is only while the plan is carried out."""
BYTES_MAX: Final = 8_000_000
LASTS_SECONDS: Final = 900
FETCHES_MAX: Final = 5
GRACE_SECONDS: Final = 60
"""After the first fetch that came to its end: for a provider that fetches once to look and once to keep."""
KIND: Final = "handed"
FETCHES: Final = "handedfetches"

_QUOTED: Final = re.compile(rb'"\$\{file\}"')


class HandedEnded(NotFound):
    """A link to a file that is over, was used up, or was never made here: the same answer for all."""

    remedy = "Push the write again: each link lasts a quarter of an hour and a few fetches."


class _Where(msgspec.Struct, frozen=True, array_like=True):
    """What a link says to us."""

    tenant: str
    environment: Environment
    id: str
    expires_at: int
    """Epoch seconds."""

    def words(self, kind: str) -> str:
        return place(kind, self.tenant, self.environment, self.id)


class _Content(msgspec.Struct, frozen=True, array_like=True):
    """What is sealed of a file."""

    name: str
    content_type: str
    body: bytes


class Handed(Struct, frozen=True):
    """A file that waits to be fetched."""

    url: str
    link: str
    """The opaque end of it."""


class Handing:
    """Hands files over. Every coroutine raises StateDown."""

    def __init__(
        self, store: Store, keys: Sequence[SealingKey], clock: Clock, *, public_url: str = ""
    ) -> None:
        self._store = store
        self._clock = clock
        self._public_url = public_url
        self._links = Seal(keys, "handed file")
        self._envelopes = Envelopes(keys)

    def check(self, file: File) -> None:
        """Raise BadInput where a file cannot be handed over: told when a plan is made, before anything is sent."""
        if not self._public_url:
            raise BadInput(
                "the provider fetches the file from here: set `server.public_url` to where the gateway is reached from "
                "outside",
                details={"field": "file", "setting": "server.public_url"},
            )
        if len(file.body) > BYTES_MAX:
            raise BadInput(
                f"the file has {len(file.body)} bytes and may have {BYTES_MAX}", details={"field": "file"}
            )

    async def hand_over(self, file: File, tenant: str, environment: Environment) -> Handed:
        """Keep it, and the address under which it is; raises BadInput."""
        self.check(file)
        expires_at = int(self._clock.now().timestamp()) + LASTS_SECONDS
        where = _Where(tenant, environment, secrets.token_urlsafe(16), expires_at)
        content = msgspec.msgpack.encode(_Content(file.name, file.content_type, file.body))
        key = where.words(KIND)
        sealed = self._envelopes.seal(content, key.encode())
        await self._store.swap(key, sealed, expect=0, seconds=LASTS_SECONDS)
        link = self._links.seal(msgspec.msgpack.encode(where))
        return Handed(f"{self._public_url}{PATH}{link}", link)

    async def fetch(self, link: str) -> File:
        """The file, once more of the few times it may be fetched; raises HandedEnded."""
        where = self._opened(link)
        key = where.words(KIND)
        kept = await self._store.get(key)
        if kept is None or not await self._counted(where):
            raise HandedEnded("there is no file at this address")
        try:
            opened = self._envelopes.open(kept.value, key.encode())
        except (InvalidTag, KeyError, ValueError) as error:  # sealed under a key that is not here any more
            raise HandedEnded("there is no file at this address") from error
        content = msgspec.msgpack.decode(opened, type=_Content)
        return File(content.name, content.content_type, content.body)

    async def fetched(self, link: str) -> None:
        """It came to its end: the file stays for a moment only."""
        where = self._opened(link)
        key = where.words(KIND)
        kept = await self._store.get(key)
        left = where.expires_at - self._clock.now().timestamp()
        if kept is not None and left > GRACE_SECONDS and await self._first(where):
            await self._store.swap(key, kept.value, expect=kept.version, seconds=GRACE_SECONDS)

    async def erase(self, link: str) -> None:
        """The outcome is final: nobody fetches it any more."""
        where = self._opened(link)
        key = where.words(KIND)
        kept = await self._store.get(key)
        if kept is not None:
            await self._store.swap(key, None, expect=kept.version, seconds=0.0)

    async def _counted(self, where: _Where) -> bool:
        """Whether it may be fetched once more; that is counted, whoever else counts."""
        key = where.words(FETCHES)
        while True:
            kept = await self._store.get(key)
            count, version = (int(kept.value), kept.version) if kept is not None else (0, 0)
            if count >= FETCHES_MAX:
                return False
            value = str(count + 1).encode()
            if (await self._store.swap(key, value, expect=version, seconds=LASTS_SECONDS)).won:
                return True

    async def _first(self, where: _Where) -> bool:
        """Whether no fetch came to its end before: the moment that is left does not begin again."""
        key = place(FETCHES, where.tenant, where.environment, where.id, "ended")
        return (await self._store.swap(key, b"", expect=0, seconds=LASTS_SECONDS)).won

    def _opened(self, link: str) -> _Where:
        try:
            where = msgspec.msgpack.decode(self._links.open(link), type=_Where)
        except (NotSealed, msgspec.MsgspecError) as error:
            raise HandedEnded("there is no file at this address") from error
        if where.expires_at <= self._clock.now().timestamp():
            raise HandedEnded("there is no file at this address")
        return where


def has_hole(body: bytes | None) -> bool:
    """Whether a step's JSON body waits for the address of a file."""
    return body is not None and _QUOTED.search(body) is not None


def with_address(body: bytes, url: str) -> bytes:
    """The body with its hole filled; every other byte is the plan's."""
    return _QUOTED.sub(lambda _: msgspec.json.encode(url), body)
