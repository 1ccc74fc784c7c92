"""The sandbox as a whole: what is mounted where, and what a client sees of broken connections on a real server."""

from __future__ import annotations

import asyncio
import datetime as dt
import http
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
import uvicorn

from ledgermesh.clock import ManualClock, SystemClock
from ledgermesh.sandbox.app import NoSuchEmulator, Sandbox, make_sandbox, makers
from ledgermesh.sandbox.world import make_world
from tests.sandbox.accountsos_desk import START
from tests.sandbox.sandbox_desk import PATH, Room, key, open_room, small_world


@pytest.fixture
def room() -> Room:
    return open_room()


# -- mounting ------------------------------------------------------------------------------------------------------


async def test_every_emulator_is_found_and_listed(room: Room) -> None:
    """Sorted, each below its own name; an emulator calls itself what it is mounted as."""
    names = list(makers())
    assert names == ["accountsos", "bossinsights", "kashoo", "smallinvoice", "trulysmall"]
    assert {name: name for name in names} == {
        name: each.name for name, each in room.sandbox.emulators.items()
    }
    listed = (await room.client.get("/")).json()
    assert listed == {"providers": {name: f"/{name}" for name in names}, "control": "/_control"}


async def test_each_provider_answers_below_its_name(room: Room) -> None:
    """Its own paths follow the prefix, and errors are its own."""
    assert (await room.client.get(PATH)).json()["pagination"]["total"] == 7
    assert (await room.client.get("/accountsos/api/nowhere")).json()["error"]["code"] == "not_found"
    assert (await room.client.get("/kashoo/api/users/me/businesses")).status_code == 401
    assert (await room.client.get("/trulysmall/api/users/me/businesses")).status_code == 401
    assert (await room.client.get("/smallinvoice/v2/contacts")).status_code == 401
    assert (await room.client.get("/bossinsights/mycompany-sandbox/api/invoices")).status_code == 401
    assert (await room.client.get("/api/transactions")).status_code == 404


async def test_alone_a_provider_stands_at_the_root() -> None:
    """With `only`, its paths are those of the real one; the listing and the switches stay."""
    world = small_world()
    sandbox = make_sandbox(world, ManualClock(START), only="accountsos")
    headers = {"Authorization": key(sandbox, world)}
    transport = httpx.ASGITransport(sandbox.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://sandbox", headers=headers) as client:
        assert (await client.get("/api/transactions")).json()["pagination"]["total"] == 7
        assert (await client.get(PATH)).status_code == 404
        assert (await client.get("/")).json() == {"providers": {"accountsos": "/"}, "control": "/_control"}
        assert list((await client.get("/_control/switches")).json()) == ["accountsos"]
        assert (await client.get("/_control/nothing")).status_code == 404
        assert [seen.path for seen in sandbox.board.log] == ["/api/transactions", PATH]


def test_an_unknown_provider_alone_is_refused() -> None:
    """The message says which there are."""
    with pytest.raises(NoSuchEmulator, match=r"no emulator of 'acme'; there are accountsos, "):
        make_sandbox(small_world(), ManualClock(START), only="acme")


def test_credentials_open_every_set_of_books_of_the_world() -> None:
    """Each emulator knows the books of each company that keeps some with it."""
    world = make_world(today=dt.date(2025, 11, 15))
    sandbox = make_sandbox(world, ManualClock(START))
    assert {provider for _, provider in world.books} == set(sandbox.emulators)
    for (_, provider), books in world.books.items():
        assert sandbox.emulators[provider].credentials(books)


# -- on a real server ------------------------------------------------------------------------------------------------


class Server(uvicorn.Server):
    """Tells when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


@asynccontextmanager
async def serving(sandbox: Sandbox, protocol: str) -> AsyncIterator[int]:
    """The sandbox under uvicorn on a free port of this machine; fails if the application was blamed for anything."""
    config = uvicorn.Config(
        sandbox.app, http="h11" if protocol == "h11" else "httptools", log_config=None, access_log=False
    )
    server = Server(config)
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        task = asyncio.create_task(server.serve(sockets=[bound]))
        await asyncio.wait_for(server.ready.wait(), 10)
        try:
            yield bound.getsockname()[1]
        finally:
            server.should_exit = True
            await task


async def raw(port: int, header: str) -> bytes:
    """Every byte that comes back for a request for the transactions, until the server closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(
        f"GET {PATH} HTTP/1.1\r\nHost: sandbox\r\nConnection: close\r\nAuthorization: {header}\r\n\r\n".encode()
    )
    found = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    await writer.wait_closed()
    return found


@pytest.fixture(params=["h11", "httptools"])
async def served(
    request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture
) -> AsyncIterator[tuple[Room, int]]:
    """A room whose sandbox is on a port as well, with either of uvicorn's HTTP parsers."""
    room = open_room()
    async with serving(room.sandbox, request.param) as port:
        yield room, port
    assert [] == [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]


async def test_a_dropped_connection_says_nothing_at_all(served: tuple[Room, int]) -> None:
    """Not one byte, no 500; the next request is answered."""
    room, port = served
    header = room.client.headers["Authorization"]
    await room.fault("drop", times=1)
    assert await raw(port, header) == b""
    assert (await raw(port, header)).startswith(b"HTTP/1.1 200 ")
    async with httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{port}", headers={"Authorization": header}
    ) as client:
        await room.fault("drop", times=1)
        with pytest.raises(httpx.RemoteProtocolError):
            await client.get(PATH)
        assert (await client.get(PATH)).status_code == http.HTTPStatus.OK
    assert [seen.status for seen in room.sandbox.board.log] == [None, 200, None, 200]


async def test_a_truncated_answer_breaks_off(served: tuple[Room, int]) -> None:
    """The whole length is announced and half of it comes, then the connection ends."""
    room, port = served
    header = room.client.headers["Authorization"]
    whole = (await room.client.get(PATH)).content
    await room.fault("truncate")
    head, _, body = (await raw(port, header)).partition(b"\r\n\r\n")
    assert f"content-length: {len(whole)}".encode() in head
    assert body == whole[: len(whole) // 2]
    async with httpx.AsyncClient(headers={"Authorization": header}) as client:
        with pytest.raises(httpx.RemoteProtocolError):
            await client.get(f"http://127.0.0.1:{port}{PATH}")


async def test_a_dripping_answer_comes_whole_in_pieces(served: tuple[Room, int]) -> None:
    """On a clock that waits for nobody every byte comes, and the pauses were taken."""
    room, port = served
    whole = (await room.client.get(PATH)).content
    before = room.clock.monotonic()
    await room.fault("drip", seconds=0.5, piece_bytes=100)
    async with httpx.AsyncClient(headers={"Authorization": room.client.headers["Authorization"]}) as client:
        assert (await client.get(f"http://127.0.0.1:{port}{PATH}")).content == whole
    assert room.clock.monotonic() - before == 0.5 * -(-len(whole) // 100)


async def test_the_machines_clock_is_not_moved() -> None:
    """A sandbox on the real clock refuses to move it and tells the time."""
    sandbox = make_sandbox(small_world(), SystemClock())
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(sandbox.app), base_url="http://sandbox"
    ) as client:
        answer = await client.post("/_control/clock", json={"advance_seconds": 1})
        assert answer.status_code == 400
        assert "machine's own clock" in answer.json()["error"]
        assert (
            dt.datetime.fromisoformat((await client.get("/_control/clock")).json()["now"]).tzinfo is not None
        )
