"""Several gateways at one token that may be renewed once: by one of them, for all, whatever dies in the middle."""

from __future__ import annotations

import asyncio
import datetime as dt
import sys
from asyncio.subprocess import PIPE, Process, create_subprocess_exec
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from ledgermesh.clock import Clock, ManualClock, SystemClock
from ledgermesh.errors import Reconnect
from ledgermesh.state.base import Grant, Secret, Store
from ledgermesh.state.file import FileStore
from ledgermesh.state.memory import MemoryStore
from ledgermesh.state.opening import open_store
from ledgermesh.state.shared import State, make_state
from ledgermesh.upstream.stack import Stack
from ledgermesh.upstream.wire_http1 import OwnWire
from ledgermesh.upstream.wire_httpx import HttpxWire
from tests.shape.sources import ROOT
from tests.state.stores import Server
from tests.states import KEYS

from .conftest import ACME
from .issuer import CLIENT, Issuer, stored
from .replica import answered, call, gateway

REPLICAS = 3
CALLERS = 200
Opening = Callable[[], Awaitable[Store]]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A real Valkey."""
    made = Server(tmp_path_factory.mktemp("valkey"))
    yield made
    made.stop()


@pytest.fixture(params=["memory", "file", "valkey"])
def opening(request: pytest.FixtureRequest, tmp_path: Path) -> Opening:
    """Opens what the replicas share, as one more of them does."""
    memory = MemoryStore(SystemClock())

    async def opened() -> Store:
        match request.param:
            case "memory":
                return memory
            case "file":
                return FileStore(tmp_path / "state", SystemClock())
            case _:
                url = request.getfixturevalue("server").url
                return await open_store(f"{url}&prefix=renewal:", SystemClock())

    if request.param == "valkey":
        request.getfixturevalue("server")
    return opened


async def link(state: State, now: dt.datetime) -> None:
    """Link the connection with a token that has ended."""
    secrets = {"access_token": "a0", "refresh_token": "r0", **CLIENT}
    assert await state.grants.write(
        Grant(
            tenant="tenant-1",
            environment="live",
            connection="connection-1",
            scheme="oauth2",
            secrets={name: Secret(text) for name, text in secrets.items()},
            expires_at=now - dt.timedelta(seconds=5),
        )
    )


async def test_callers_of_all_replicas_are_served_by_one_renewal(opening: Opening) -> None:
    """Two hundred at once over three gateways: one refresh, everybody answered, the rotated token kept."""
    issuer, clock = Issuer(), SystemClock()
    app = Starlette(routes=[Route("/{path:path}", issuer.__call__, methods=["GET", "POST"])])
    async with AsyncExitStack() as closing:
        client = await closing.enter_async_context(httpx.AsyncClient(transport=httpx.ASGITransport(app)))
        stacks: list[Stack] = []
        for seed in range(REPLICAS):
            store = await opening()
            closing.push_async_callback(store.close)
            state, stack = await gateway(store, HttpxWire(client), clock, seed)
            closing.push_async_callback(stack.close)
            stacks.append(stack)
        await link(state, clock.now())
        served = await asyncio.gather(
            *(
                answered(stack, ACME.base_url, clock, range(first, CALLERS, REPLICAS))
                for first, stack in enumerate(stacks)
            )
        )
        assert sum(served) == CALLERS
        assert issuer.presented == ["r0"]
        assert (await stored(state))["refresh_token"] == "r1"


# -- processes that are killed ---------------------------------------------------------------------------------------


@asynccontextmanager
async def started(folder: Path, url: str, callers: int, *more: str) -> AsyncIterator[Process]:
    """A gateway as a process, killed at the end if it has not been before."""
    command = (sys.executable, "-m", "tests.upstream.replica", str(folder), url, str(callers), *more)
    process = await create_subprocess_exec(*command, cwd=ROOT, stdout=PIPE)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def counted(process: Process) -> int:
    """How many of its callers a gateway answered."""
    assert process.stdout is not None
    return int(await process.stdout.readline() or -1)


@asynccontextmanager
async def next_start(folder: Path, clock: Clock) -> AsyncIterator[tuple[State, Stack]]:
    """The gateway that is started after all the others died."""
    wire = OwnWire()
    state, stack = await gateway(FileStore(folder, clock), wire, clock, 1)
    yield state, stack
    await stack.close()
    await wire.close()


def later() -> ManualClock:
    """A moment at which what dead processes held has ended."""
    return ManualClock(dt.datetime.now(dt.UTC) + dt.timedelta(minutes=2))


async def test_a_rotated_token_survives_the_death_of_every_replica(tmp_path: Path) -> None:
    """Three processes serve two hundred callers after one renewal and are killed; the next one goes on from there."""
    folder, issuer = tmp_path / "state", Issuer()
    await link(make_state(FileStore(folder, SystemClock()), KEYS, SystemClock()), SystemClock().now())
    async with issuer.listening() as url:
        async with AsyncExitStack() as running:
            shares = [len(range(first, CALLERS, REPLICAS)) for first in range(REPLICAS)]
            processes = [await running.enter_async_context(started(folder, url, each)) for each in shares]
            assert await asyncio.gather(*map(counted, processes)) == shares
        assert all(process.returncode == -9 for process in processes)
        assert issuer.presented == ["r0"]
        clock = later()
        async with next_start(folder, clock) as (state, stack):
            assert (await stored(state))["refresh_token"] == "r1"
            clock.advance(issuer.lifetime)
            assert await answered(stack, url, clock, range(5)) == 5
            assert issuer.presented == ["r0", "r1"]
            assert (await stored(state))["refresh_token"] == "r2"


@asynccontextmanager
async def cut_off(folder: Path, issuer: Issuer) -> AsyncIterator[str]:
    """A connection whose renewal was answered, and whose gateway died before it could keep the answer."""
    clock = SystemClock()
    await link(make_state(FileStore(folder, clock), KEYS, clock), clock.now())
    async with issuer.listening() as url:
        async with started(folder, url, 3, "die") as process:
            assert await counted(process) == -1
            await process.wait()
        assert process.returncode == -9
        assert (issuer.presented, issuer.issued) == (["r0"], 1)
        yield url


async def test_a_renewal_that_died_with_its_process_is_reported(tmp_path: Path) -> None:
    """Where the provider takes a refresh token once, a person links again, and reads why; nothing is tried blindly."""
    issuer = Issuer()
    async with (
        cut_off(tmp_path / "state", issuer) as url,
        next_start(tmp_path / "state", clock := later()) as (state, stack),
    ):
        for _ in range(3):
            with pytest.raises(Reconnect, match="cut off before its answer could be kept"):
                await stack(call(url, clock))
        assert issuer.presented == ["r0", "r0"]
        standing = state.registry.standing("live", "connection-1")
        assert standing is not None and standing.state == "NEEDS_REAUTH"
        assert "cut off before its answer could be kept" in standing.reason


async def test_a_renewal_that_died_with_its_process_is_made_good_where_it_can_be(tmp_path: Path) -> None:
    """A provider that takes the refresh token before the newest too gives another pair; nobody notices."""
    issuer = Issuer(lenient=True)
    async with (
        cut_off(tmp_path / "state", issuer) as url,
        next_start(tmp_path / "state", clock := later()) as (state, stack),
    ):
        assert await answered(stack, url, clock, range(5)) == 5
        assert issuer.presented == ["r0", "r0"]
        assert (await stored(state))["refresh_token"] == "r2"
        assert state.registry.standing("live", "connection-1") is None
