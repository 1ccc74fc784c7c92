"""How often a caller may ask about a company: verdicts, status and headers, through the whole gateway."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import pytest

from ledgermesh.clock import SystemClock
from ledgermesh.edge.auth import Authenticator
from ledgermesh.edge.incoming import Limits
from ledgermesh.edge.routes import application
from ledgermesh.gateway import Running
from ledgermesh.state.entries import KeyEntry, digest
from ledgermesh.state.limits import Rate
from tests.graph.demo import Demo, demo_house
from tests.harness import NOW
from tests.states import KEYS

RATE = Rate(per_second=2.0, burst=3)
ONE = '{ company(key: "alpine-studio") { LISTS } }'
TWO = '{ one: company(key: "alpine-studio") { LISTS } two: company(key: "harbour-legal") { LISTS } }'
LISTS = """invoices(first: 2) { nodes { id payments { id } } sources { ...verdict } }
 parties(first: 2) { nodes { id } sources { ...verdict } }"""
VERDICT = "fragment verdict on SourceVerdict { connection { id } status error { code retryAt retryable } }"
FILES = """{ company(key: "alpine-studio") { invoices(first: 1, from: ["smallinvoice"]) {
  nodes { downloads { url } } } } }"""


@pytest.fixture
async def house() -> AsyncIterator[Demo]:
    """Three operations at once about each company, two a second."""
    async with demo_house(rate=RATE) as made:
        yield made


def caller(running: Running, key: str = "lm_demo_read") -> httpx.AsyncClient:
    """Somebody with this key."""
    app = application(
        answers=running.answers,
        who=Authenticator(running.state.registry, KEYS, SystemClock()),
        sdl="",
        limits=Limits(),
        pages=[],
    )
    headers = {"Authorization": f"Bearer {key}"}
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://gateway.test", headers=headers
    )


async def ask(http: httpx.AsyncClient, text: str) -> httpx.Response:
    """One question about these lists."""
    whole = text.replace("LISTS", LISTS)
    return await http.post("/graphql", json={"query": whole + (VERDICT if "verdict" in whole else "")})


def statuses(company: Any) -> set[str]:
    """What became of a company's sources."""
    return {source["status"] for page in company.values() for source in page["sources"]}


def told(answer: httpx.Response) -> tuple[str, str, str]:
    """Limit, remaining, reset."""
    names = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")
    return (answer.headers[names[0]], answer.headers[names[1]], answer.headers[names[2]])


async def test_an_operation_counts_once_however_much_it_asks(house: Demo) -> None:
    """Two lists with relations of three sources are one operation; the headers count down by one."""
    async with caller(house.gateway) as http:
        answers = [await ask(http, ONE) for _ in range(3)]
    assert [told(answer) for answer in answers] == [("3", "2", "1"), ("3", "1", "1"), ("3", "0", "2")]
    assert all(answer.status_code == 200 for answer in answers)
    assert len(answers[0].json()["extensions"]["calls"]) > 3


async def test_too_many_are_a_429_with_verdicts_and_without_a_call(house: Demo) -> None:
    """Every source says RATE_LIMITED and until when; no provider hears of it; at that moment it goes on."""
    async with caller(house.gateway) as http:
        answers = await asyncio.gather(*(ask(http, ONE) for _ in range(10)))
        reached = len(house.board.log)
        refused = [answer for answer in answers if answer.status_code == 429]
        assert len(refused) == 7
        again = await ask(http, ONE)
        assert len(house.board.log) == reached
        house.clock.advance(0.5)
        assert (await ask(http, ONE)).status_code == 200
    assert (again.headers["Retry-After"], told(again)) == ("1", ("3", "0", "2"))
    company = again.json()["data"]["company"]
    assert statuses(company) <= {"RATE_LIMITED", "UNSUPPORTED"}
    errors = [each["error"] for page in company.values() for each in page["sources"]]
    limited = [error for error in errors if error["code"] == "RATE_LIMITED"]
    assert limited and all(error["retryable"] for error in limited)
    assert {error["retryAt"] for error in limited} == {"2026-11-15T12:00:00.500000Z"}
    assert again.json()["extensions"]["calls"] == []


async def test_one_refused_company_leaves_the_others_as_they_are(house: Demo) -> None:
    """It has its verdicts in an answer that is a 200; headers are those of the company of which least is left."""
    async with caller(house.gateway) as http:
        for _ in range(3):
            await ask(http, ONE)
        both = await ask(http, TWO)
        assert both.status_code == 200 and "Retry-After" not in both.headers
        data = both.json()["data"]
        assert statuses(data["one"]) <= {"RATE_LIMITED", "UNSUPPORTED"}
        assert statuses(data["two"]) <= {"OK", "UNSUPPORTED"}
        assert told(both)[1] == "0"
        for _ in range(2):
            await ask(http, TWO)
        assert (await ask(http, TWO)).status_code == 429


async def test_what_asks_no_provider_is_not_counted(house: Demo) -> None:
    """Names and connections come from this gateway's own memory."""
    async with caller(house.gateway) as http:
        for _ in range(10):
            answer = await ask(http, '{ company(key: "alpine-studio") { name connections { id } } }')
            assert answer.status_code == 200 and "RateLimit-Limit" not in answer.headers


async def test_a_key_has_the_rate_that_was_set_for_it(house: Demo) -> None:
    """In a bucket of its own: neither its tenant's other keys nor it itself feel the other's use."""
    await house.gateway.state.directory.add(
        KeyEntry(
            id="fast",
            digest=digest("lm_fast"),
            tenant="demo",
            environment="sandbox",
            scopes=frozenset(("api.read",)),
            requests_per_second=20.0,
        )
    )
    async with caller(house.gateway, "lm_fast") as fast, caller(house.gateway) as plain:
        answers = await asyncio.gather(*(ask(fast, ONE) for _ in range(40)))
        assert sum(answer.status_code == 200 for answer in answers) == 30
        assert {answer.headers["RateLimit-Limit"] for answer in answers} == {"30"}
        assert (await ask(plain, ONE)).headers["RateLimit-Remaining"] == "2"


async def test_files_count_too(house: Demo) -> None:
    """A link to a file is about its company; the refusal is a 429 with the moment to come back."""
    async with caller(house.gateway) as http:
        answer = await http.post("/graphql", json={"query": FILES})
        [node] = answer.json()["data"]["company"]["invoices"]["nodes"]
        url = node["downloads"][0]["url"]
        found = [await http.get(url) for _ in range(3)]
    assert [each.status_code for each in found] == [200, 200, 429]
    assert found[-1].json()["errors"][0]["extensions"]["code"] == "RATE_LIMITED"
    later = parsedate_to_datetime(found[-1].headers["Retry-After"])
    assert later == NOW + dt.timedelta(seconds=1)
