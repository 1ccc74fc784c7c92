"""Grants are renewed once, ahead of their end, and kept before they are used."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ledgermesh.clock import SystemClock
from ledgermesh.errors import Reconnect, SlowDown, TooLate, Unavailable
from ledgermesh.state.base import Grant, Secret
from ledgermesh.state.memory import MemoryStore
from ledgermesh.state.vault import Vault
from ledgermesh.upstream.tokens import Tokens
from tests.states import KEYS

from .conftest import Gate, Seen, World, raw, say

CLIENT: dict[str, Any] = {"client_id": "id", "client_secret": "secret"}


class Issuer:
    """A token endpoint with rotating, single-use refresh tokens, in front of things that want the newest token."""

    def __init__(self, lifetime: int = 3600) -> None:
        self.issued = 0
        self.lifetime = lifetime
        self.gate: Gate | None = None

    async def __call__(self, request: Request) -> Response:
        if request.url.path == "/v1/token":
            return await self._issue(request)
        good = request.headers["authorization"] == f"Bearer a{self.issued}"
        return JSONResponse({"ok": True}) if good else JSONResponse({}, 401)

    async def _issue(self, request: Request) -> Response:
        body = await request.json()
        if body["refresh_token"] != f"r{self.issued}":
            return JSONResponse({"error": "invalid_grant"}, 401)
        self.issued += 1
        if self.gate is not None:
            await self.gate(request)
        return JSONResponse(
            {
                "access_token": f"a{self.issued}",
                "refresh_token": f"r{self.issued}",
                "expires_in": self.lifetime,
            },
            201,
        )


def renewals(world: World) -> list[Seen]:
    """The requests for tokens."""
    return [seen for seen in world.server.seen if seen.path in ("/v1/token", "/v1/login")]


async def stored(world: World) -> dict[str, str]:
    """The secrets that are kept now."""
    grant = await world.grants.find("tenant-1", "live", "connection-1")
    assert grant is not None
    return {name: secret.reveal() for name, secret in grant.secrets.items()}


async def rotating(world: World, *, expires_in: float, access_token: str = "a0") -> Issuer:
    """A connection with a rotating refresh token."""
    issuer = Issuer()
    world.server.usual = issuer
    await world.grant(
        "oauth2", expires_in=expires_in, access_token=access_token, refresh_token="r0", **CLIENT
    )
    return issuer


async def test_a_good_token_is_left_alone(world: World) -> None:
    """More than a minute before its end nothing is renewed."""
    await rotating(world, expires_in=61)
    await world.ask()
    assert renewals(world) == []


async def test_it_is_renewed_a_minute_ahead(world: World) -> None:
    """The call goes out with the new token; no 401 is ever seen."""
    await rotating(world, expires_in=60)
    await world.ask()
    assert len(renewals(world)) == 1
    assert world.lines() == [("MISS", 1, 200, None)]


async def test_two_calls_renew_once(world: World) -> None:
    """Calls that find the same expired token send one refresh, and all succeed."""
    issuer = await rotating(world, expires_in=-5)
    issuer.gate = Gate(say({}))
    asking = [asyncio.ensure_future(world.ask(f"/{number}")) for number in range(8)]
    await issuer.gate.reached.wait()
    issuer.gate.open.set()
    answers = await asyncio.gather(*asking)
    assert [answer.document for answer in answers] == [{"ok": True}] * 8
    assert len(renewals(world)) == 1


async def test_two_calls_that_meet_a_401_renew_once(world: World) -> None:
    """Also when the provider, not the clock, says that the token has ended."""
    await rotating(world, expires_in=3600, access_token="revoked")
    await asyncio.gather(*(world.ask(f"/{number}") for number in range(5)))
    assert len(renewals(world)) == 1
    assert sorted({(step.attempt, step.status) for step in world.trace.steps}) == [(1, 401), (2, 200)]


async def test_a_late_401_does_not_renew_what_is_new(world: World) -> None:
    """A call that left with the old token and is refused after somebody renewed takes the new one."""
    await rotating(world, expires_in=3600, access_token="revoked")
    late = Gate(say({}, 401))
    world.server.then(late)
    waiting = asyncio.ensure_future(world.ask("/late"))
    await late.reached.wait()
    await world.ask("/early")
    late.open.set()
    assert (await waiting).document == {"ok": True}
    assert len(renewals(world)) == 1


async def test_rotation_goes_on(world: World) -> None:
    """Each new refresh token is the one sent next time."""
    await rotating(world, expires_in=-5)
    for _ in range(3):
        await world.ask()
        world.clock.advance(3600)
    assert [json.loads(seen.body)["refresh_token"] for seen in renewals(world)] == ["r0", "r1", "r2"]
    assert (await stored(world))["refresh_token"] == "r3"


async def test_the_rotated_token_is_kept_before_it_is_used(world: World) -> None:
    """When the first call with the new token reaches the provider, the store has it already."""
    issuer = await rotating(world, expires_in=-5)
    kept: list[str] = []

    async def look(request: Request) -> Response:
        if request.url.path == "/v1/things":
            kept.append((await stored(world))["refresh_token"])
        return await issuer(request)

    world.server.usual = look
    await world.ask()
    assert kept == ["r1"]


async def test_a_renewal_outlives_its_caller(world: World) -> None:
    """A caller who leaves in the middle of a rotation does not lose the new refresh token."""
    issuer = await rotating(world, expires_in=-5)
    issuer.gate = Gate(say({}))
    asking = asyncio.ensure_future(world.ask())
    await issuer.gate.reached.wait()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    issuer.gate.open.set()
    await world.stack.close()

    assert (await stored(world))["refresh_token"] == "r1"


async def test_a_slow_renewal_ends_with_the_callers_deadline(world: World) -> None:
    """The caller is told; the renewal goes on for the next one."""
    issuer = await rotating(world, expires_in=-5)
    issuer.gate = Gate(say({}))
    tokens = Tokens(world.clock, world.wire, world.grants)
    with pytest.raises(TooLate):
        await tokens.ready(world.call(deadline=0.01))
    issuer.gate.open.set()
    await tokens.close()
    assert (await stored(world))["access_token"] == "a1"


async def test_a_revoked_refresh_token_asks_the_tenant_and_is_not_sent_again(world: World) -> None:
    """NEEDS_REAUTH; within a minute the token endpoint is left in peace, and a new link works at once."""
    await rotating(world, expires_in=-5)
    await world.grant("oauth2", expires_in=-5, access_token="x", refresh_token="revoked", **CLIENT)
    for _ in range(3):
        with pytest.raises(Reconnect):
            await world.ask()
    assert len(renewals(world)) == 1
    assert world.lines() == []

    await world.grant("oauth2", expires_in=-5, access_token="x", refresh_token="r0", **CLIENT)
    assert (await world.ask()).status == 200


async def test_a_failed_renewal_ahead_of_time_uses_what_still_holds(world: World) -> None:
    """Half a minute before the end a broken token endpoint costs nothing yet; after it, the call fails."""
    await rotating(world, expires_in=30)
    issuer = world.server.usual
    assert issuer is not None

    async def broken(request: Request) -> Response:
        return Response(status_code=500) if request.url.path == "/v1/token" else await issuer(request)

    world.server.usual = broken
    assert (await world.ask()).status == 200
    world.clock.advance(31)
    with pytest.raises(Unavailable, match="Signing in"):
        await world.ask()


async def test_client_credentials_are_fetched_at_first_use(world: World) -> None:
    """A connection that has only its client gets a token, without any refresh token."""
    await world.grant("client", **CLIENT)
    world.server.then(say({"access_token": "a", "token_type": "Bearer", "expires_in": 43200}))
    await world.ask()
    await world.ask()
    assert [seen.headers["authorization"] for seen in world.server.seen[1:]] == ["Bearer a"] * 2
    assert len(renewals(world)) == 1


async def test_a_first_party_login_is_repeated_ahead_of_the_end(world: World) -> None:
    """With the login kept, an ended token is replaced; the header holds the object on one line."""
    await world.grant("first_party", email="a@x.example", password="pw")
    ends = int(world.clock.now().timestamp() * 1000) + 100_000
    world.server.then(raw(f'{{"authenticationCode": "one",\n "expiryDate": {ends}}}'.encode()))
    await world.ask()
    assert world.server.seen[1].headers["authorization"] == (
        f'TOKEN json:{{"authenticationCode":"one","expiryDate":{ends}}}'
    )
    world.clock.advance(50)
    world.server.then(say({"authenticationCode": "two", "expiryDate": ends + 1_000_000}))
    await world.ask()
    assert '"two"' in world.server.seen[3].headers["authorization"]


async def test_a_first_party_token_without_the_login_ends_with_it(world: World) -> None:
    """Until its end it is used; then the tenant links again, and no call is made."""
    ends = int(world.clock.now().timestamp() * 1000) + 30_000
    await world.grant("first_party", token=f'{{"expiryDate":{ends}}}')
    assert (await world.ask()).status == 200
    world.clock.advance(31)
    with pytest.raises(Reconnect):
        await world.ask()
    assert len(world.server.seen) == 1


async def test_a_sign_in_that_is_held_back_says_when(world: World) -> None:
    """A 429 of the token endpoint is SLOW_DOWN with its moment."""
    await world.grant("client", **CLIENT)
    world.server.usual = say({}, 429, retry_after="500")
    with pytest.raises(SlowDown) as caught:
        await world.ask()
    assert caught.value.retry_at is not None
    assert (caught.value.retry_at - world.clock.now()).total_seconds() == 500


class Raced(Vault):
    """A store in which another replica writes just before us."""

    def __init__(self, winner: Grant) -> None:
        super().__init__(MemoryStore(), KEYS, SystemClock())
        self.winner = winner

    async def write(self, grant: Grant) -> bool:
        """See Grants."""
        if grant.version == self.winner.version:
            await super().write(self.winner)
        return await super().write(grant)


async def test_the_faster_replicas_grant_is_used(world: World) -> None:
    """When the version has moved on meanwhile, theirs is the newer grant, and ours is not forced over it."""
    await rotating(world, expires_in=-5)
    mine = await world.grants.find("tenant-1", "live", "connection-1")
    assert mine is not None
    theirs = Grant(
        tenant="tenant-1",
        environment="live",
        connection="connection-1",
        scheme="api_key",
        version=1,
        secrets={"api_key": Secret("theirs")},
    )
    grants = Raced(theirs)
    await Vault.write(grants, Grant(**{**vars(mine), "version": 0}))
    got = await Tokens(world.clock, world.wire, grants).renew(world.call(), used=1)
    assert (got.scheme, got.version) == ("api_key", 2)
