"""Several applications on sockets of one process, from start to stop."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import signal
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from ledgermesh.errors import ConfigurationError
from ledgermesh.large_pages import keep
from ledgermesh.sandbox.certificate import self_signed
from ledgermesh.server import GRACE_SECONDS, Site, listen, serve

HOST = "127.0.0.1"


class House:
    """An application with one name that remembers whether it was closed."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.closed = False
        self.held = asyncio.Event()
        self.asked = asyncio.Event()
        self.app = Starlette(
            routes=[Route("/", self.page), Route("/held", self.held_page)], lifespan=self.lifespan
        )

    @asynccontextmanager
    async def lifespan(self, app: Starlette) -> AsyncIterator[None]:
        yield
        self.closed = True

    async def page(self, request: Request) -> Response:
        return PlainTextResponse(self.name)

    async def held_page(self, request: Request) -> Response:
        self.asked.set()
        await self.held.wait()
        return PlainTextResponse("at last")


class Running:
    """Sites that are being served, and their ports."""

    def __init__(self, *apps: Starlette, lasting: bool = False) -> None:
        self._ports: asyncio.Future[list[int]] = asyncio.get_running_loop().create_future()
        self.task = asyncio.create_task(
            serve([Site(app, HOST, 0) for app in apps], started=self._ports.set_result, lasting=lasting)
        )

    async def ports(self) -> list[int]:
        async with asyncio.timeout(20):
            return await self._ports

    async def ended(self, within: float = 20) -> None:
        async with asyncio.timeout(within):
            await self.task


async def test_two_applications_stop_together_on_a_signal() -> None:
    """Both answer on their own port; SIGTERM ends both, each closes what it holds, and `serve` returns."""
    one, two = House("one"), House("two")
    handler = signal.getsignal(signal.SIGTERM)
    running = Running(one.app, two.app)
    ports = await running.ports()

    async with httpx.AsyncClient() as http:
        found = [(await http.get(f"http://{HOST}:{port}/")).text for port in ports]
    os.kill(os.getpid(), signal.SIGTERM)
    await running.ended()

    assert found == ["one", "two"]
    assert (one.closed, two.closed) == (True, True)
    assert signal.getsignal(signal.SIGTERM) is handler


@pytest.mark.parametrize("lasting", [True, False])
async def test_what_lasts_keeps_its_memory_in_large_pages(lasting: bool) -> None:
    """As long as it is served, and nothing else does."""
    running = Running(House("one").app, lasting=lasting)
    await running.ports()
    during = [
        task for task in asyncio.all_tasks() if getattr(task.get_coro(), "cr_code", None) is keep.__code__
    ]
    os.kill(os.getpid(), signal.SIGTERM)
    await running.ended()

    assert len(during) == lasting
    assert all(task.cancelled() for task in during)


async def test_an_answer_in_flight_is_finished() -> None:
    """A signal does not cut an answer short, and no new connection is taken meanwhile."""
    house = House("one")
    running = Running(house.app)
    [port] = await running.ports()

    async with httpx.AsyncClient() as http:
        answer = asyncio.create_task(http.get(f"http://{HOST}:{port}/held"))
        await house.asked.wait()
        os.kill(os.getpid(), signal.SIGINT)
        async with asyncio.timeout(20):
            while await _accepts(port):
                pass
        house.held.set()
        assert (await answer).text == "at last"
    await running.ended()

    assert house.closed


async def _accepts(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection(HOST, port)
    except OSError:
        return False
    writer.close()
    return True


async def test_a_second_signal_does_not_wait() -> None:
    """Whoever presses Ctrl-C twice is not kept by an answer that never ends."""
    house = House("one")
    running = Running(house.app)
    [port] = await running.ports()

    async with httpx.AsyncClient() as http:
        answer = asyncio.create_task(http.get(f"http://{HOST}:{port}/held"))
        await house.asked.wait()
        for _ in range(2):
            os.kill(os.getpid(), signal.SIGINT)
        await running.ended(GRACE_SECONDS / 2)
        house.held.set()
        await asyncio.gather(answer, return_exceptions=True)

    assert running.task.done()


async def test_a_taken_port_is_named() -> None:
    """A port that another process listens on is a mistake of the operator, found before anything starts."""
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        house = House("one")

        with pytest.raises(
            ConfigurationError, match=f"cannot listen on {HOST}:{port}: Address already in use"
        ):
            await serve([Site(house.app, HOST, 0), Site(house.app, HOST, port)], started=print)


@pytest.mark.parametrize("host", ["192.0.2.1", "no such host", "host.invalid"])
def test_an_address_that_is_not_ours_is_named(host: str) -> None:
    """So is an address that this machine does not have, or a name that nobody has."""
    with pytest.raises(ConfigurationError, match=f"cannot listen on {host}:8000"):
        listen(host, 8000)


async def test_an_application_that_cannot_start_ends_the_others() -> None:
    """Nobody is told that it started; the other application is closed again."""

    @asynccontextmanager
    async def broken(app: Starlette) -> AsyncIterator[None]:
        if app.routes == []:
            raise ZeroDivisionError
        yield

    house, told = House("one"), list[list[int]]()

    with pytest.raises(ConfigurationError, match="did not start"):
        async with asyncio.timeout(20):
            await serve(
                [Site(house.app, HOST, 0), Site(Starlette(lifespan=broken), HOST, 0)], started=told.append
            )

    assert (house.closed, told) == (True, [])


async def test_a_site_can_be_secured() -> None:
    """One site speaks https to whom trusts its certificate, and to nobody else; its neighbour speaks http."""
    certificate = self_signed([HOST], dt.datetime.now(dt.UTC))
    open_, ports = House("open"), asyncio.get_running_loop().create_future()
    sites = [Site(House("safe").app, HOST, 0, certificate.context()), Site(open_.app, HOST, 0)]
    running = asyncio.create_task(serve(sites, started=ports.set_result))
    safe, plain = await asyncio.wait_for(ports, 20)

    trusting = ssl.create_default_context(cadata=certificate.pem.decode())
    async with httpx.AsyncClient(verify=trusting) as http:
        found = [(await http.get(f"https://{host}:{safe}/")).text for host in (HOST, "localhost")]
        assert (await http.get(f"http://{HOST}:{plain}/")).text == "open"
        with pytest.raises(httpx.TransportError):
            await http.get(f"http://{HOST}:{safe}/")
    async with httpx.AsyncClient() as stranger:
        with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            await stranger.get(f"https://{HOST}:{safe}/")
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.wait_for(running, 20)

    assert found == ["safe", "safe"]


async def test_the_server_does_not_name_itself() -> None:
    """An answer does not say which software made it."""
    running = Running(House("one").app)
    [port] = await running.ports()

    async with httpx.AsyncClient() as http:
        headers = (await http.get(f"http://{HOST}:{port}/")).headers
    os.kill(os.getpid(), signal.SIGTERM)
    await running.ended()

    assert "server" not in headers
