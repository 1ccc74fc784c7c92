"""Try again what may be repeated."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from ledgermesh.errors import (
    Garbled,
    LedgermeshError,
    Reconnect,
    Refused,
    SlowDown,
    TooLate,
    Unavailable,
)
from ledgermesh.upstream.call import Call, Response
from ledgermesh.upstream.local import refusal
from ledgermesh.upstream.retry import Retry
from ledgermesh.upstream.tokens import Tokens

from .conftest import START, World, raw, say


class Below:
    """What stands under retry: always fails with one error, and counts."""

    def __init__(self, error: LedgermeshError | None) -> None:
        self.error = error
        self.attempts: list[int] = []

    async def __call__(self, call: Call) -> Response:
        self.attempts.append(call.attempt)
        if self.error is not None:
            raise self.error
        return Response(200, {}, b"{}", {}, START)


def retrying(world: World, seed: int = 1) -> Retry:
    """The layer by itself."""
    return Retry(world.clock, Random(seed), Tokens(world.clock, Random(1), world.wire, world.state))


@pytest.mark.parametrize(
    ("error", "attempts"),
    [
        (Unavailable("503"), 3),
        (Garbled("cut", details={"cutShort": True}), 3),
        (Garbled("html"), 1),
        (Refused("400"), 1),
        (TooLate("slow", details={"seconds": 9.0}), 1),
        (SlowDown("429, no word when"), 1),
        (refusal(SlowDown, "pace"), 1),
        (refusal(Unavailable, "open circuit"), 1),
    ],
)
async def test_what_is_tried_again(world: World, error: LedgermeshError, attempts: int) -> None:
    """Broken providers and broken transports are, twice; refusals of theirs and of ours are not."""
    below = Below(error)
    with pytest.raises(type(error)):
        await retrying(world).answer(world.call(), below)
    assert below.attempts == list(range(1, attempts + 1))


async def test_a_write_is_never_repeated_after_a_failure(world: World) -> None:
    """It may have been done."""
    world.server.then(say({}, 503))
    with pytest.raises(Unavailable):
        await world.ask(method="POST", body=b"{}")
    assert len(world.server.seen) == 1


async def test_pauses_are_random_and_short(world: World) -> None:
    """Full jitter: seeds give other pauses, none over 0.1 s and 0.2 s."""
    pauses = set()
    for seed in range(20):
        began = world.clock.monotonic()
        with pytest.raises(Unavailable):
            await retrying(world, seed).answer(world.call(), Below(Unavailable("x")))
        pauses.add(world.clock.monotonic() - began)
    assert len(pauses) == 20
    assert max(pauses) <= 0.3


async def test_retry_after_is_obeyed_exactly(world: World) -> None:
    """A told pause that fits the deadline is waited for; one that does not ends the call at once."""
    world.server.then(say({}, 503, retry_after="4"))
    await world.ask()
    assert world.clock.monotonic() == 4.0

    world.server.then(say({}, 503, retry_after="400"))
    with pytest.raises(Unavailable) as caught:
        await world.ask()
    assert world.clock.monotonic() == 4.0
    assert caught.value.retry_at is not None
    assert (caught.value.retry_at - world.clock.now()).total_seconds() == 400


async def test_a_429_that_fits_is_waited_for_in_pace(world: World) -> None:
    """The second try goes out when the provider said, and the wait is told apart from latency."""
    world.server.then(say({}, 429, retry_after="3"))
    assert (await world.ask()).document == {"n": 2}
    assert [(step.status, step.wait_ms) for step in world.trace.steps] == [(429, 0.0), (200, 3000.0)]


async def test_no_try_begins_after_the_deadline(world: World) -> None:
    """One deadline for all tries."""
    below = Below(Unavailable("x"))
    with pytest.raises(Unavailable):
        await retrying(world).answer(world.call(deadline=world.clock.monotonic()), below)
    assert below.attempts == [1]


async def test_the_budget_bounds_the_extra_load(world: World) -> None:
    """When everything fails, extra calls are a fifth of the calls, or three when calls are few."""
    layer, below = retrying(world), Below(Unavailable("x"))
    for _ in range(100):
        with pytest.raises(Unavailable):
            await layer.answer(world.call(), below)
    assert len(below.attempts) == 120

    few, other = Below(Unavailable("x")), replace(world.link, base_url="https://other.example")
    for _ in range(3):
        with pytest.raises(Unavailable):
            await layer.answer(world.call(link=other), few)
    assert len(few.attempts) == 6


async def test_an_answer_cut_short_is_asked_for_again(world: World) -> None:
    """Through the stack only real transport failures are; a page of HTML is not."""
    world.server.then(raw(b"<html>"))
    with pytest.raises(Garbled):
        await world.ask()
    assert len(world.server.seen) == 1


async def test_a_401_that_nothing_can_renew_asks_the_tenant(world: World) -> None:
    """An API key is never sent twice."""
    world.server.then(say({}, 401))
    with pytest.raises(Reconnect) as caught:
        await world.ask()
    assert type(caught.value) is Reconnect
    assert len(world.server.seen) == 1


async def test_after_a_401_even_a_write_is_sent_again_once(world: World) -> None:
    """A 401 did nothing; after the renewal the same body goes out. A second 401 is final."""
    await world.grant("client", client_id="id", client_secret="secret", access_token="old")
    token = say({"access_token": "new", "expires_in": 3600})
    world.server.then(say({}, 401), token, say({"made": 1}, 201))
    made = await world.ask(method="POST", body=b'{"a": 1}')
    assert made.document == {"made": 1}
    assert [seen.headers["authorization"] for seen in world.server.seen if seen.path == "/v1/things"] == [
        "Bearer old",
        "Bearer new",
    ]
    assert [(step.attempt, step.status) for step in world.trace.steps] == [(1, 401), (2, 201)]

    world.server.then(say({}, 401), token, say({}, 401))
    with pytest.raises(Reconnect) as caught:
        await world.ask(method="POST", body=b"{}")
    assert type(caught.value) is Reconnect
    assert caught.value.details["status"] == 401
