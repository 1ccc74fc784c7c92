"""From a name to a connection."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence

import pytest

from ledgermesh.upstream.guard import read
from ledgermesh.upstream.http1.connection import Connection
from ledgermesh.upstream.http1.dialing import Dialer, Names, first

from .wires import saying, serving, whole


class Phonebook:
    """What names stand for; a lookup is held until it is let go."""

    def __init__(self, *answer: str) -> None:
        self.answer: Sequence[str] = answer
        self.asked = 0
        self.go = asyncio.Event()

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked += 1
        await self.go.wait()
        if not self.answer:
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        return self.answer


async def test_a_name_is_asked_for_once() -> None:
    """By all who want it at the same time; whoever leaves does not take the answer away, and it is known then."""
    book = Phonebook("192.0.2.1")
    names = Names(book)
    asked = [asyncio.ensure_future(names.behind("books.example", 443)) for _ in range(5)]
    await asyncio.sleep(0)
    asked[0].cancel()
    book.go.set()
    assert [await each for each in asked[1:]] == [("192.0.2.1",)] * 4
    assert await names.behind("books.example", 443) == ("192.0.2.1",)
    assert book.asked == 1


async def test_a_name_that_nobody_knows_is_asked_for_again() -> None:
    """A failure is not remembered."""
    book = Phonebook()
    book.go.set()
    names = Names(book)
    for _ in range(2):
        with pytest.raises(OSError, match="unknown"):
            await names.behind("gone.example", 443)
    assert book.asked == 2


async def test_names_can_be_closed_while_they_are_asked() -> None:
    """Whoever waits is let go."""
    names = Names(Phonebook("192.0.2.1"))
    asked = asyncio.ensure_future(names.behind("books.example", 443))
    await asyncio.sleep(0)
    await names.close()
    with pytest.raises(asyncio.CancelledError):
        await asked


class Owner:
    """Counts."""

    def __init__(self) -> None:
        self.up: list[Connection] = []
        self.gone_: list[Connection] = []

    def made(self, connection: Connection) -> None:
        """See Owner."""
        self.up.append(connection)

    def freed(self, connection: Connection) -> None:
        """See Owner."""

    def gone(self, connection: Connection) -> None:
        """See Owner."""
        self.gone_.append(connection)


async def test_the_next_address_is_tried_when_one_does_not_answer() -> None:
    """A closed port at the first, a server at the second."""
    owner, book = Owner(), Phonebook("127.0.0.2", "127.0.0.1")
    book.go.set()
    async with serving(saying(whole(b"{}"))) as url:
        site = read(url.replace("127.0.0.1", "books.example"))
        connection = await Dialer(site, Names(book), None).dial(lambda: Connection(owner))
        assert connection.open and owner.up == [connection]
        connection.abort()
        while not owner.gone_:
            await asyncio.sleep(0)


async def test_the_first_that_comes_up_is_taken_and_the_others_are_let_go() -> None:
    """One that hangs does not hold up the next; one that comes up too late is abandoned."""
    abandoned: list[str] = []
    hold = asyncio.Event()

    async def hangs() -> str:
        await hold.wait()
        return "late"

    async def stubborn() -> str:
        try:
            await hold.wait()
        except asyncio.CancelledError:
            return "came up all the same"
        return "late"

    async def comes() -> str:
        return "up"

    async def fails() -> str:
        raise OSError("no")

    assert (
        await first([hangs(), stubborn(), fails(), comes(), hangs()], abandoned.append, stagger=0.0) == "up"
    )
    for _ in range(3):
        await asyncio.sleep(0)
    assert abandoned == ["came up all the same"]
    with pytest.raises(OSError, match="no"):
        await first([fails(), fails()], abandoned.append, stagger=0.0)
