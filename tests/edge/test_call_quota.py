"""How many calls to providers a caller may cause in a minute, through the whole gateway."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from typing import Any

import httpx
import pytest

from ledgermesh.clock import SystemClock
from ledgermesh.edge.auth import Authenticator
from ledgermesh.edge.incoming import Limits
from ledgermesh.edge.routes import application
from ledgermesh.graph.limits.quota import KIND, CallQuota
from ledgermesh.graph.schema import Gateway
from ledgermesh.state.entries import KeyEntry, digest
from ledgermesh.state.limits import Limits as Buckets
from tests.graph.demo import Demo, demo_house
from tests.harness import NOW
from tests.states import KEYS

ASK = '{ company(key: "alpine-studio") { invoices(first: 2) { nodes { id } sources { status calls } } } }'
PLAN = """mutation { updateCompany(key: "nowhere", name: "x") { key } }"""
PER_MINUTE = 12


@pytest.fixture
async def house() -> AsyncIterator[Demo]:
    async with demo_house() as made:
        yield made


def metered(house: Demo, per_minute: int | None = PER_MINUTE) -> Gateway:
    """The same gateway where every caller has so many calls a minute; one replica of several over the same store."""
    gateway: Any = house.gateway.answers
    buckets = Buckets(house.gateway.state.store, house.clock, kind=KIND)
    quota = CallQuota(limits=buckets, clock=house.clock, per_minute=per_minute)
    return Gateway(gateway._schema, replace(gateway._parts, call_quota=quota))


def caller(house: Demo, gateway: Gateway, key: str = "lm_demo_read") -> httpx.AsyncClient:
    """Somebody with this key at this gateway."""
    who = Authenticator(house.gateway.state.registry, KEYS, SystemClock())
    app = application(answers=gateway, who=who, sdl="", limits=Limits(), pages=[])
    headers = {"Authorization": f"Bearer {key}"}
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://gateway.test", headers=headers
    )


async def ask(http: httpx.AsyncClient, text: str = ASK) -> httpx.Response:
    return await http.post("/graphql", json={"query": text})


def cost(answer: httpx.Response) -> Mapping[str, int]:
    """What X-Cost says."""
    return {
        name: int(value)
        for name, _, value in (each.partition("=") for each in answer.headers["X-Cost"].split(", "))
    }


def made(answer: httpx.Response) -> int:
    return sum(step["cache"] == "MISS" for step in answer.json()["extensions"]["calls"])


async def test_calls_are_counted_as_made_and_refused_before_any(house: Demo) -> None:
    """Until the minute's calls are used up; then 429 with figure, limit and time, and no provider is asked."""
    async with caller(house, metered(house)) as http:
        spent = made(await ask(http))
        while (answer := await ask(http)).status_code == 200:
            spent += made(answer)
            assert spent <= PER_MINUTE
        before = house.reads
        again = await ask(http)

    (error,) = answer.json()["errors"]
    asked = cost(answer)["calls"]
    assert answer.status_code == again.status_code == 429
    assert error["extensions"]["code"] == "RATE_LIMITED"
    assert f"about {asked} calls" in error["message"]
    assert f"of {PER_MINUTE} a minute this caller has {PER_MINUTE - spent} left" in error["message"]
    wait = dt.datetime.fromisoformat(error["extensions"]["retryAt"]) - NOW
    assert wait.total_seconds() == pytest.approx((asked - (PER_MINUTE - spent)) * 60 / PER_MINUTE, abs=0.01)
    assert int(answer.headers["Retry-After"]) == -(-wait // dt.timedelta(seconds=1))
    assert house.reads == before

    house.clock.advance(wait.total_seconds())
    async with caller(house, metered(house)) as http:
        assert (await ask(http)).status_code == 200


async def test_replicas_count_together_and_cached_answers_cost_nothing(house: Demo) -> None:
    """Half of the calls at each of two gateways leave none; what no provider was asked for is given back."""
    first, second = metered(house), metered(house)
    async with caller(house, first) as one, caller(house, second) as two:
        first_time = await ask(one)
        quiet = [
            await one.post("/graphql", json={"query": ASK}, headers={"Cache-Control": "max-age=60"})
            for _ in range(8)
        ]
        spent = sum(map(made, (first_time, *quiet)))
        answers = await asyncio.gather(*(ask(http) for http in (one, two) for _ in range(8)))

    good = [each for each in answers if each.status_code == 200]
    assert [made(each) for each in quiet[2:]] == [0] * 6
    assert [each.status_code for each in quiet] == [200] * 8
    assert 0 < spent <= spent + sum(map(made, good)) <= PER_MINUTE
    assert {each.status_code for each in answers} == {200, 429}


async def test_a_key_of_its_own_figure_has_its_own_calls(house: Demo) -> None:
    """A key with a figure is bound by that alone; what can never be is no matter of waiting."""
    registry = house.gateway.state.registry
    entry = registry.principal("lm_demo_read")
    assert entry is not None
    for name, figure in (("rich", 500), ("poor", 1)):
        registry.set(replace(entry.key, id=name, digest=digest(name), calls_per_minute=figure))
    assert isinstance(registry.at(entry.key.place), KeyEntry)
    gateway = metered(house)
    async with caller(house, gateway) as common, caller(house, gateway, "rich") as rich:
        while (await ask(common)).status_code == 200:
            pass
        answer = await ask(rich)
    async with caller(house, gateway, "poor") as poor:
        never = await ask(poor)

    assert answer.status_code == 200
    assert cost(answer)["callsLeft"] > 400
    (error,) = never.json()["errors"]
    assert error["extensions"]["code"] == "TOO_COSTLY"
    assert "may make 1 a minute" in error["message"]


async def test_what_asks_no_provider_is_free(house: Demo) -> None:
    """Questions about companies and the schema are answered when no call is left; a change is not begun."""
    async with (
        caller(house, metered(house, 1)) as http,
        caller(house, metered(house, 1), "lm_demo_admin") as admin,
    ):
        free = [await ask(http, "{ companies { key } }") for _ in range(3)]
        writes = [await ask(admin, PLAN) for _ in range(2)]
        schema = await ask(http, "{ __schema { queryType { name } } }")

    assert [each.status_code for each in (*free, schema)] == [200] * 4
    assert all("callsLeft" not in each.headers["X-Cost"] for each in free)
    assert [each.status_code for each in writes] == [
        200,
        200,
    ]  # neither made a call: what was counted came back


async def test_without_a_figure_nothing_is_counted(house: Demo) -> None:
    """The default is the providers' own budgets."""
    async with caller(house, metered(house, None)) as http:
        answers = [await ask(http) for _ in range(6)]

    assert {each.status_code for each in answers} == {200}
    assert all("callsLeft" not in each.headers["X-Cost"] for each in answers)
