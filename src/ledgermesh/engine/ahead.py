"""Pages of one list asked for before their turn: where the first page says how many rows there are, the next ones are
fetched at once, a few at a time, and still taken one after the other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable
from typing import Final

from ledgermesh.spec.paging import Offset, Paging
from ledgermesh.upstream.call import Call, Fresh, Handler, Response

AT_ONCE: Final = 4
"""Pages of one list that are under way beside the one that is being taken: as many calls at most are in vain."""

Key = tuple[tuple[tuple[str, str], ...], Fresh]


def foreseen(paging: Paging, next_: int | None, total: int | None, count: int, pages: int) -> list[int]:
    """Where the next pages begin, at most `pages` of them, if they are as long as one of `count` rows; none where
    nobody knows.
    """
    if not isinstance(paging, Offset) or next_ is None or total is None or not count:
        return []
    # Cut before it is made: a provider may say any total.
    return list(range(next_, total, count)[: min(pages, AT_ONCE)])


class Ahead:
    """Sends the calls of one list. What was begun ahead and is not asked for next was in vain: it is given up, and
    nothing more is begun, for the pages are not as they seemed.
    """

    def __init__(self, send: Handler) -> None:
        self._send = send
        self._begun: dict[Key, asyncio.Task[Response]] = {}
        self._blind = False

    def response(self, call: Call) -> Awaitable[Response]:
        """The answer to a call; raises LedgermeshError."""
        if not self._begun:
            return self._send(call)
        self._expect(call)
        begun = self._begun.pop(_key(call), None)
        return self._send(call) if begun is None else begun

    def begin(self, calls: Iterable[Call]) -> None:
        """Send these too, now; the first of them is the one that is asked for next."""
        for number, call in enumerate(calls):
            if number == 0:
                self._expect(call)
            if self._blind:
                return
            if _key(call) not in self._begun:
                task = self._begun[_key(call)] = asyncio.ensure_future(self._told(call))
                task.add_done_callback(_looked_at)

    def _expect(self, call: Call) -> None:
        if self._begun and _key(call) not in self._begun:
            self._blind = True
            self.drop()

    async def _told(self, call: Call) -> Response:
        return await self._send(call)

    def drop(self) -> None:
        """Give up what was begun and will not be asked for."""
        for task in self._begun.values():
            task.cancel()
        self._begun.clear()


def _key(call: Call) -> Key:
    return call.query, call.fresh


def _looked_at(task: asyncio.Task[Response]) -> None:
    """An error of a page that nobody came to is nobody's."""
    if not task.cancelled():
        task.exception()
