"""Every call that was made is written down."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from starlette.requests import Request
from starlette.responses import Response as HttpResponse

from ledgermesh.errors import Absent, TooLate
from ledgermesh.spec.budgets import Budget
from ledgermesh.upstream.call import Call, Response
from ledgermesh.upstream.trace import Trace, begin

from .conftest import ACME, Gate, World, fresh, say


async def test_a_line_says_what_was_asked_and_how_it_went(world: World) -> None:
    """Connection, provider, method, template, times, status and the provider's own id; never the real path."""

    async def slowly(request: Request) -> HttpResponse:
        world.clock.advance(0.25)
        return await say({}, x_request_id="r-17")(request)

    world.clock.advance(3)
    world.server.then(slowly)
    await world.ask("/things/4711", template="/things/{id}", arrived=1.0)

    (step,) = world.trace.steps
    assert (step.connection, step.provider, step.method, step.path) == (
        "connection-1",
        "acme",
        "GET",
        "/things/{id}",
    )
    assert (step.started_ms, step.ms, step.wait_ms) == (2000.0, 250.0, 0.0)
    assert (step.status, step.upstream_request_id, step.error, step.cache) == (200, "r-17", None, "MISS")


async def test_every_attempt_is_a_line(world: World) -> None:
    """Tries that failed stand before the one that did not, each with its status, id and error."""
    world.server.then(say({}, 500, x_request_id="r-1"), say({}, 503))
    await world.ask()

    assert world.lines() == [
        ("MISS", 1, 500, "PROVIDER_UNAVAILABLE"),
        ("MISS", 2, 503, "PROVIDER_UNAVAILABLE"),
        ("MISS", 3, 200, None),
    ]
    assert world.trace.steps[0].upstream_request_id == "r-1"
    assert len(world.server.seen) == 3


async def test_the_final_error_is_on_the_line_too(world: World) -> None:
    """A refusal is a call that was made."""
    world.server.then(say({}, 404))
    with pytest.raises(Absent):
        await world.ask()
    assert world.lines() == [("MISS", 1, 404, "PROVIDER_NOT_FOUND")]


async def test_a_call_left_behind_has_its_line_closed(world: World) -> None:
    """A caller who runs out of time finds the open line closed as too late, and nothing is written there later."""
    gate = Gate(say({}))
    world.server.then(gate)
    hasty = [asyncio.ensure_future(world.ask(deadline=0.1)), asyncio.ensure_future(world.ask(deadline=0.01))]
    patient = asyncio.ensure_future(world.ask(trace=None))
    for leaving in hasty:
        with pytest.raises(TooLate):
            await leaving
    await gate.reached.wait()
    closed = [("JOINED", 1, None, "TIMEOUT"), ("MISS", 1, None, "TIMEOUT")]
    assert sorted(world.lines()) == closed
    gate.open.set()
    await patient
    assert sorted(world.lines()) == closed


async def test_a_page_is_cut_off_when_the_call_is_over(world: World) -> None:
    """What a flight does for others after its first caller left is not written into that caller's answer."""
    pages: list[Call] = []

    async def send(call: Call) -> Response:
        pages.append(call)
        begin(call, world.clock)
        raise TooLate("late")

    with pytest.raises(TooLate):
        await Trace(world.clock).answer(world.call(), send)
    begin(pages[0], world.clock)

    assert world.lines() == [("MISS", 1, None, "TIMEOUT")]


async def test_a_call_without_a_trace_works(world: World) -> None:
    """Whoever does not ask for lines gets none."""
    assert (await world.ask(trace=None)).status == 200


async def test_a_line_says_how_big_the_answer_was_and_what_the_budget_still_allows(world: World) -> None:
    """A call tells its answer's bytes and the scarcest budget; a kept answer has bytes and spends nothing."""
    budgets = (Budget(calls=9, per_seconds=3600), Budget(calls=2, per_seconds=60))
    world.link = replace(world.link, provider=replace(ACME, budgets=budgets))
    world.server.then(say({"name": "twelve"}), say({}, 404))
    await world.ask()
    await world.ask(fresh=fresh(60))
    with pytest.raises(Absent):
        await world.ask("/others")
    world.clock.advance(60)
    await world.ask(deadline=70.0)

    lines = [(step.cache, step.body_bytes, step.budget_left) for step in world.trace.steps]
    assert lines == [("MISS", 18, 1), ("HIT", 18, None), ("MISS", None, 0), ("MISS", 8, 1)]


async def test_without_budgets_nothing_is_said_to_be_left(world: World) -> None:
    """Where neither documents nor headers tell a budget, no number is made up."""
    await world.ask()
    assert [step.budget_left for step in world.trace.steps] == [None]
