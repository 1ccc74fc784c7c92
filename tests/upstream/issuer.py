"""A token endpoint with rotating, single-use refresh tokens, in front of things that want the newest token."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ledgermesh.state.base import Grant, Secret
from ledgermesh.state.shared import State

from .conftest import Gate, World

CLIENT: dict[str, Any] = {"client_id": "id", "client_secret": "secret"}


class Issuer:
    """Answers in the place of the provider's server; tokens are `a1`, `a2` … and `r1`, `r2` …

    A lenient one takes the refresh token before the newest as well, as some do against lost answers.
    """

    def __init__(self, *, lifetime: int = 3600, lenient: bool = False) -> None:
        self.issued = 0
        self.presented: list[str] = []
        """The refresh tokens that were sent here."""
        self.lifetime = lifetime
        self.lenient = lenient
        self.gate: Gate | None = None
        """Between issuing and answering."""

    async def __call__(self, request: Request) -> Response:
        """As an application's endpoint."""
        if request.url.path != "/v1/token":
            return JSONResponse(*self.thing(request.headers["authorization"]))
        document, status = self.issue(await request.json())
        if self.gate is not None and status == 201:
            await self.gate(request)
        return JSONResponse(document, status)

    def thing(self, authorization: str) -> tuple[dict[str, Any], int]:
        """What the newest access token lets see."""
        return ({"ok": True}, 200) if authorization == f"Bearer a{self.issued}" else ({}, 401)

    def issue(self, asked: dict[str, str]) -> tuple[dict[str, Any], int]:
        """The next pair of tokens."""
        token = asked["refresh_token"]
        self.presented.append(token)
        good = {f"r{self.issued}"} | ({f"r{self.issued - 1}"} if self.lenient else set())
        if token not in good or (asked["client_id"], asked["client_secret"]) != tuple(CLIENT.values()):
            return {"error": "invalid_grant"}, 401
        self.issued += 1
        pair = {"access_token": f"a{self.issued}", "refresh_token": f"r{self.issued}"}
        return {**pair, "expires_in": self.lifetime}, 201

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[str]:
        """On a real socket of loopback, for other processes; gives the address."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        try:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        finally:
            server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            headers = dict(line.split(": ", 1) for line in head.strip().split("\r\n")[1:])
            body = await reader.readexactly(int(headers.get("content-length", 0)))
            if " /v1/token " in head:
                document, status = self.issue(json.loads(body))
            else:
                document, status = self.thing(headers["authorization"].capitalize())
            answer = json.dumps(document).encode()
            line = f"HTTP/1.1 {status} -\r\nContent-Length: {len(answer)}\r\nConnection: close\r\n\r\n"
            writer.write(line.encode() + answer)
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # killed in the middle
        finally:
            writer.close()


async def rotating(world: World, *, expires_in: float, access_token: str = "a0", **client: str) -> Issuer:
    """A connection with a rotating refresh token, and who renews it."""
    issuer = Issuer()
    world.server.usual = issuer
    await world.grant(
        "oauth2", expires_in=expires_in, access_token=access_token, refresh_token="r0", **(client or CLIENT)
    )
    return issuer


async def relink(state: State, **secrets: str) -> None:
    """A person links again: other secrets, in the place of the grant there is."""
    grant = await kept(state)
    hidden = {name: Secret(text) for name, text in secrets.items()}
    assert await state.grants.write(replace(grant, secrets=hidden))


async def kept(state: State) -> Grant:
    """The grant that is kept now."""
    grant = await state.grants.find("tenant-1", "live", "connection-1")
    assert grant is not None
    return grant


async def stored(state: State) -> dict[str, str]:
    """Its secrets."""
    return {name: secret.reveal() for name, secret in (await kept(state)).secrets.items()}
