"""The switchboard: which faults are on, which requests were seen, and the layer that stands before each emulator."""

from __future__ import annotations

import asyncio
import itertools
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from cachetools import LRUCache
from starlette.types import Message, Receive, Scope, Send

from ledgermesh.clock import Clock
from ledgermesh.sandbox.emulator import Emulator
from ledgermesh.sandbox.faults import Exchange, Fault, PageSize, Whole, held

LOG_MAX = 10_000
"""Requests that the log remembers."""
FAULTS_MAX = 1_000
"""Faults that may be on at once."""
PAGES_MAX = 200
"""First pages that are kept to be repeated."""
PAGE_SIZES = ("page_size_max", "page_size")
"""What an emulator may call the switch for the most rows in one answer."""


class TooMany(Exception):
    """No further fault can be switched on."""


@dataclass
class Rule:
    """A fault that is on, and what it has met."""

    id: int
    fault: Fault
    met: int = 0
    """Requests that fit it."""
    spoiled: int = 0

    def takes(self, provider: str, method: str, path: str) -> bool:
        """Whether this request is spoiled; counts it."""
        fault = self.fault
        if not fault.fits(provider, method, path):
            return False
        self.met += 1
        if self.met <= fault.after or (fault.times is not None and self.spoiled >= fault.times):
            return False
        self.spoiled += 1
        return True


@dataclass(frozen=True)
class Seen:
    """One request that arrived. No headers and no body: they hold credentials and books."""

    provider: str
    method: str
    path: str
    query: str
    status: int | None
    """None when the connection was dropped before an answer began."""


class Switchboard:
    """The faults that are on, and the requests that were seen."""

    def __init__(self) -> None:
        self.rules: list[Rule] = []
        self.log: deque[Seen] = deque(maxlen=LOG_MAX)
        self.pages: LRUCache[tuple[object, ...], Whole] = LRUCache(PAGES_MAX)
        self._ids = itertools.count(1)

    def add(self, fault: Fault) -> Rule:
        """Switch a fault on; it stands behind those already on. Raises TooMany."""
        if len(self.rules) >= FAULTS_MAX:
            raise TooMany(f"{FAULTS_MAX} faults are on, which is all there may be")
        rule = Rule(next(self._ids), fault)
        self.rules.append(rule)
        return rule

    def clear(self, id: int | None = None) -> int:
        """Switch one fault off, or all of them; how many that were."""
        before = len(self.rules)
        self.rules = [rule for rule in self.rules if id is not None and rule.id != id]
        self.pages.clear()
        return before - len(self.rules)

    def met(self, provider: str, method: str, path: str) -> Iterator[Fault]:
        """The faults that spoil this request, oldest first; each is counted when it is reached."""
        return (rule.fault for rule in list(self.rules) if rule.takes(provider, method, path))

    def resizes(self, provider: str) -> bool:
        """Whether some requests of this provider get another page size than others."""
        return any(
            isinstance(rule.fault, PageSize) and rule.fault.provider == provider for rule in self.rules
        )


class Spoiled:
    """ASGI: one emulator behind the switchboard."""

    def __init__(self, emulator: Emulator, board: Switchboard, clock: Clock) -> None:
        self._emulator, self._board, self._clock = emulator, board, clock
        self._turn = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, spoiled if a fault says so, and note it in the log."""
        if scope["type"] != "http":
            await self._emulator.app(scope, receive, send)
            return
        name, path = self._emulator.name, scope["path"].removeprefix(scope.get("root_path", ""))
        status: int | None = None

        async def watching(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        exchange = Exchange(
            path=path, scope=scope, receive=receive, send=watching, clock=self._clock, pages=self._board.pages
        )
        try:
            await self._pass(exchange, self._board.met(name, scope["method"], path))
        finally:
            query = scope.get("query_string", b"").decode("latin-1")
            self._board.log.append(Seen(name, scope["method"], path, query, status))

    async def _pass(self, exchange: Exchange, faults: Iterator[Fault]) -> None:
        """Through the next fault, with the rest of them and then the emulator behind it."""
        fault = next(faults, None)
        if fault is None:
            await self._ask(exchange)
        else:
            await fault.spoil(exchange, lambda onward: self._pass(onward, faults))

    async def _ask(self, exchange: Exchange) -> None:
        if not self._board.resizes(self._emulator.name):
            await self._reach(exchange)
            return
        # The size is a switch of the whole emulator, so its requests take turns while some are to see another.
        async with self._turn:
            with _resized(self._emulator, exchange.page_size):
                whole = await held(exchange, self._reach)
        await whole.go(exchange.send)

    async def _reach(self, exchange: Exchange) -> None:
        await self._emulator.app(exchange.scope, exchange.receive, exchange.send)


def switches(emulator: Emulator) -> Any:
    """The dataclass of what can be turned at this emulator; None where it has nothing to turn."""
    return getattr(emulator, "switches", None)


def page_size_switch(emulator: Emulator) -> str | None:
    """The name of its switch for the most rows in one answer, if it has one."""
    return next((name for name in PAGE_SIZES if hasattr(switches(emulator), name)), None)


@contextmanager
def _resized(emulator: Emulator, size: int | None) -> Iterator[None]:
    name = page_size_switch(emulator)
    if size is None or name is None:
        yield
        return
    turned = switches(emulator)
    before = getattr(turned, name)
    setattr(turned, name, size)
    try:
        yield
    finally:
        setattr(turned, name, before)
