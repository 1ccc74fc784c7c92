"""What a provider allows is never exceeded, and what it says about it is believed."""

from __future__ import annotations

import asyncio
from collections import Counter

import httpx
import pytest

from ledgermesh.engine.request import call
from ledgermesh.errors import SlowDown
from ledgermesh.spec.budgets import Budget
from ledgermesh.spec.paging import Numbered, Paging
from ledgermesh.upstream.call import Call
from tests.contract.known import PROVIDERS
from tests.contract.stand import Stand, standing

BUDGETS = [
    pytest.param(name, budget, id=f"{name}-{budget.calls}-in-{budget.per_seconds}s")
    for name, provider in sorted(PROVIDERS.items())
    for budget in provider.budgets
]
TOLD = sorted(name for name, provider in PROVIDERS.items() if provider.budget_headers is not None)


def reads(stand: Stand, count: int, *, seconds: float) -> list[Call]:
    """So many different calls of one connection."""
    terms, link = stand.terms(seconds=seconds), stand.link()
    resource = next(each for each in stand.provider.resources if each.get is not None)
    assert resource.get is not None
    return [
        call(terms, link, resource.get.path, {"id": str(number), "parent": "1"}, ())
        for number in range(1, count + 1)
    ]


async def signed_in(stand: Stand) -> None:
    """Get in once, so that only reads follow."""
    stand.line.answering = _good
    await stand.stack(reads(stand, 1, seconds=20)[0])
    stand.line.lax = True
    stand.clock.advance(7200)
    stand.line.seen.clear()
    stand.line.statuses.clear()


def _good(request: httpx.Request) -> httpx.Response | None:
    return httpx.Response(200, json={"id": 1}) if request.method == "GET" else None


@pytest.mark.parametrize(("name", "budget"), BUDGETS)
async def test_a_declared_budget_is_not_exceeded(name: str, budget: Budget) -> None:
    """A burst of more calls than two windows allow: all arrive, and no window ever sees more than it may."""
    async with standing(name) as stand:
        await signed_in(stand)
        count = budget.calls + 60
        await asyncio.gather(*(stand.stack(each) for each in reads(stand, count, seconds=9 * 3600)))
        windows = Counter(moment // budget.per_seconds for moment, _ in stand.line.seen)
    assert sum(windows.values()) == count
    assert len(windows) > 1 and max(windows.values()) <= budget.calls


async def test_no_more_calls_fly_at_once_than_declared(stand: Stand) -> None:
    """A burst keeps within the provider's cap of calls in flight, and uses it."""
    await signed_in(stand)
    stand.line.in_flight_max = 0
    await asyncio.gather(*(stand.stack(each) for each in reads(stand, 25, seconds=600)))
    assert stand.line.in_flight_max == stand.provider.concurrent_max


@pytest.mark.parametrize("name", TOLD)
async def test_the_headers_of_an_answer_are_believed(name: str) -> None:
    """Nothing left for forty seconds: the next call goes out when they are over, not before."""
    async with standing(name) as stand:
        await signed_in(stand)
        told = stand.provider.budget_headers
        assert told is not None
        now = stand.clock.now().timestamp()
        reset = 40 if told.reset_is == "seconds_left" else int(now) + 40
        spent = {told.limit: "100", told.remaining: "0", told.reset: str(reset)}
        stand.line.answering = lambda _: httpx.Response(200, json={"id": 1}, headers=spent)
        first, second, third = reads(stand, 3, seconds=100)
        await stand.stack(first)
        stand.line.answering = _good
        await stand.stack(second)
        assert stand.line.seen[-1][0] - now >= 39
        assert stand.line.seen[-1][0] - now <= 42
        await stand.stack(third)


async def test_a_429_is_obeyed(stand: Stand) -> None:
    """Come back in seven seconds: the same call goes out again then, and nothing of the connection before."""
    await signed_in(stand)
    answers = [httpx.Response(429, headers={"Retry-After": "7"}, json={})]
    stand.line.answering = lambda request: answers.pop() if answers else _good(request)
    began = stand.clock.now().timestamp()
    await asyncio.gather(*(stand.stack(each) for each in reads(stand, 1, seconds=60)))
    assert [round(moment - began) for moment, _ in stand.line.seen] == [0, 7]


async def test_a_429_that_outlasts_the_deadline_says_when_to_come_back(stand: Stand) -> None:
    """No waiting that cannot help: RATE_LIMITED with the moment, and no second call."""
    await signed_in(stand)
    stand.line.answering = lambda _: httpx.Response(429, headers={"Retry-After": "90"}, json={})
    now = stand.clock.now()
    with pytest.raises(SlowDown) as refused:
        await stand.stack(reads(stand, 1, seconds=20)[0])
    assert refused.value.retry_at is not None and refused.value.retryable
    assert round((refused.value.retry_at - now).total_seconds()) == 90
    assert len(stand.line.seen) == 1


def _parameter(page: Paging) -> str:
    """A parameter of the list that makes calls differ."""
    return page.page if isinstance(page, Numbered) else "limit"


async def test_the_emulators_own_limit_is_kept(stand: Stand) -> None:
    """Thirteen calls against a provider that takes five a minute: all are answered, each refusal once at most."""
    stand.rig.limit(stand.emulator, 5, 60)
    resource = next(each for each in stand.provider.resources if each.list is not None and not each.children)
    assert resource.list is not None
    terms, link = stand.terms(seconds=3600), stand.link()
    for number in range(1, 14):
        query = ((_parameter(resource.list.page), str(number)),)
        answer = await stand.stack(call(terms, link, resource.list.path, {}, query))
        assert answer.status == 200
    assert stand.line.statuses.count(429) <= 3
