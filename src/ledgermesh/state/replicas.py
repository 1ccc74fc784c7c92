"""How many processes share the store, as each of them knows it."""

from __future__ import annotations

import secrets
from contextlib import suppress
from typing import Final

from ledgermesh.clock import Clock
from ledgermesh.errors import StateDown
from ledgermesh.state.base import Store
from ledgermesh.state.entries import place

KIND: Final = "replica"
BEAT_SECONDS: Final = 2.0
END_SECONDS: Final = 6.0
"""A process that was not heard of for so long is not counted."""


class Replicas:
    """Announces this process, and counts those that announce themselves."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._place = place(KIND, secrets.token_hex(8))
        self._version = 0
        self._count = 1

    @property
    def count(self) -> int:
        """Processes, this one among them; as last known while the store is down."""
        return self._count

    async def beat(self) -> None:
        """Announce this process for some seconds more, and count. Raises StateDown."""
        swapped = await self._announced()
        if not swapped:  # it ended, or an earlier answer never came; what is there now says the version
            await self._announced()
        self._count = max(1, len(await self._store.under(f"{KIND}/")))

    async def run(self) -> None:
        """Beat until cancelled, then be counted no longer."""
        try:
            while True:
                with suppress(StateDown):
                    await self.beat()
                await self._clock.sleep(BEAT_SECONDS)
        finally:
            with suppress(StateDown):
                await self._store.swap(self._place, None, expect=self._version, seconds=0.0)

    async def _announced(self) -> bool:
        swapped = await self._store.swap(self._place, b"", expect=self._version, seconds=END_SECONDS)
        self._version = swapped.kept.version if swapped.kept is not None else 0
        return swapped.won
