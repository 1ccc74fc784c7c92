"""Grants are renewed ahead of their end, by one task, and kept before they are used."""

from __future__ import annotations

import asyncio
import json
from random import Random

import pytest
from starlette.requests import Request
from starlette.responses import Response

from ledgermesh.errors import Reconnect, SlowDown, TooLate, Unavailable
from ledgermesh.upstream.tokens import Tokens

from .conftest import Gate, Seen, World, raw, say
from .issuer import CLIENT, kept, rotating, stored


def renewals(world: World) -> list[Seen]:
    """The requests for tokens."""
    return [seen for seen in world.server.seen if seen.path in ("/v1/token", "/v1/login")]


def another(world: World, seed: int = 1) -> Tokens:
    """One more process, or its like."""
    return Tokens(world.clock, Random(seed), world.wire, world.state)


async def test_a_good_token_is_left_alone(world: World) -> None:
    """More than a minute before its end nobody renews it."""
    await rotating(world, expires_in=61)
    await world.ask()
    assert renewals(world) == []


async def test_it_is_renewed_ahead_of_its_end(world: World) -> None:
    """The call goes out with the new token; no 401 is ever seen."""
    await rotating(world, expires_in=45)
    await world.ask()
    assert len(renewals(world)) == 1
    assert world.lines() == [("MISS", 1, 200, None)]


async def test_processes_begin_at_different_moments(world: World) -> None:
    """Each has a moment of its own, from a minute to 45 s before the end."""
    seconds = set()
    for seed in range(10):
        issuer, tokens = await rotating(world, expires_in=60), another(world, seed)
        began = world.clock.monotonic()
        while not issuer.presented:
            world.clock.advance(0.5)
            await tokens.ready(world.call())
        seconds.add(world.clock.monotonic() - began)
    assert len(seconds) > 5
    assert max(seconds) <= 15.5


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
    assert (await stored(world.state))["refresh_token"] == "r3"


async def test_the_rotated_token_is_kept_before_it_is_used(world: World) -> None:
    """When the first call with the new token reaches the provider, the store has it already."""
    issuer = await rotating(world, expires_in=-5)
    kept: list[str] = []

    async def look(request: Request) -> Response:
        if request.url.path == "/v1/things":
            kept.append((await stored(world.state))["refresh_token"])
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

    assert (await stored(world.state))["refresh_token"] == "r1"


async def test_a_slow_renewal_ends_with_the_callers_deadline(world: World) -> None:
    """The caller is told; the renewal goes on for the next one."""
    issuer = await rotating(world, expires_in=-5)
    issuer.gate = Gate(say({}))
    tokens = another(world)
    with pytest.raises(TooLate):
        await tokens.ready(world.call(deadline=0.01))
    issuer.gate.open.set()
    await tokens.close()
    assert (await stored(world.state))["access_token"] == "a1"


async def test_a_revoked_refresh_token_asks_the_tenant_and_is_not_sent_again(world: World) -> None:
    """NEEDS_REAUTH; within a minute no process sends it again, and a new link works at once."""
    await rotating(world, expires_in=-5)
    await world.grant("oauth2", expires_in=-5, access_token="x", refresh_token="revoked", **CLIENT)
    for _ in range(3):
        with pytest.raises(Reconnect):
            await another(world).ready(world.call())
    assert len(renewals(world)) == 1

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


async def test_a_slow_renewal_ahead_of_time_is_not_waited_for(world: World) -> None:
    """After two seconds the call goes out with what still holds, and the calls after it do not wait at all."""
    issuer = await rotating(world, expires_in=30)
    issuer.gate = Gate(say({}))
    tokens = another(world)
    slow = asyncio.ensure_future(tokens.renew(world.call(), used=await kept(world.state)))
    await issuer.gate.reached.wait()
    # The renewal is under way; a caller with hardly any time left is a caller who waited as long as it may.
    assert (await tokens.ready(world.call(deadline=0.01))).grant.secrets["access_token"].reveal() == "a0"
    assert (await tokens.ready(world.call())).grant.secrets["access_token"].reveal() == "a0"
    issuer.gate.open.set()
    assert (await slow).secrets["access_token"].reveal() == "a1"
    assert (await tokens.ready(world.call())).grant.secrets["access_token"].reveal() == "a1"
    assert issuer.presented == ["r0"]


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
