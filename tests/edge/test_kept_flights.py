"""Equal questions at the same time: one execution, and each caller's own deadline, rate and way to leave."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
import pytest_asyncio

from ledgermesh.sandbox.faults import Answer, Exchange, Fault, Onward
from ledgermesh.state.entries import KeyEntry, digest
from tests.edge.keeping import COMPANY, LIST, Keeping, Told, keeping

pytestmark = pytest.mark.asyncio(loop_scope="module")

SLOW = "lm_flights_slow"
"""May ask once in five seconds."""
OTHER = "lm_flights_other"
KASHOO: Mapping[str, Any] = {"from": ["kashoo"]}
BOTH: Mapping[str, Any] = {"from": ["kashoo", "smallinvoice"]}


class Hold(Fault, frozen=True, kw_only=True, tag="hold"):
    """Holds requests until it is opened."""

    open: Any
    arrived: list[str]
    left: list[str]

    async def spoil(self, exchange: Exchange, onward: Onward) -> None:
        self.arrived.append(exchange.path)
        try:
            await self.open.wait()
        except asyncio.CancelledError:
            self.left.append(exchange.path)
            raise
        await onward(exchange)


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def house() -> AsyncIterator[Keeping]:
    """One for all tests of this file."""
    async with keeping() as made:
        scopes = frozenset(("api.read",))
        for key, rate in ((SLOW, 0.2), (OTHER, None)):
            await made.demo.gateway.state.directory.add(
                KeyEntry(
                    id=key, digest=digest(key), tenant="demo", environment="sandbox", scopes=scopes,
                    requests_per_second=rate,
                )
            )  # fmt: skip
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def here(house: Keeping) -> Keeping:
    """Where nothing is kept and nobody was asked lately; two documents are known, so that nothing is read before."""
    house.later()
    for sources in (KASHOO, BOTH):
        await house.ask(company=COMPANY, age=0, **sources)
    house.later()
    return house


def held(here: Keeping, provider: str = "kashoo", method: str = "GET") -> Hold:
    """A provider that keeps everybody waiting."""
    hold = Hold(provider=provider, method=method, open=asyncio.Event(), arrived=[], left=[])
    here.demo.board.add(hold)
    return hold


async def settle() -> None:
    """Let everything that can run run."""
    for _ in range(300):
        await asyncio.sleep(0)


def asking(here: Keeping, **asked: Any) -> asyncio.Task[Told]:
    """Somebody asks."""
    return asyncio.ensure_future(here.ask(**{"company": COMPANY, "age": 0, **KASHOO, **asked}))


def made(here: Keeping, before: Any) -> dict[str, int]:
    """How the answers since then came about."""
    return {name: count - before[name] for name, count in here.counts.items() if count != before[name]}


@pytest.mark.parametrize("age", [0, 60])
async def test_equal_questions_share_one_execution(here: Keeping, age: int) -> None:
    """Live or not: one call, each caller its own answer, and those who joined are told that they did."""
    before, hold = here.counts, held(here)
    asked = [asking(here, age=age) for _ in range(3)]
    await settle()
    hold.open.set()
    first, *others = await asyncio.gather(*asked)

    assert (len(hold.arrived), made(here, before)) == (1, {"made": 1, "joined": 2})
    assert first.came == ["MISS"]
    for other in others:
        assert (other.came, other.data, other.kept) == (["JOINED"], first.data, None)
        assert other.headers["x-request-id"] != first.headers["x-request-id"]
    assert len(here.demo.gateway.answers.kept.flights) == 0


async def test_a_live_question_joins_only_what_is_still_to_be_read(here: Keeping) -> None:
    """When one source has answered, what it said is older than a question that comes now."""
    before, hold = here.counts, held(here)
    first = asking(here, **BOTH)
    await settle()
    late = asking(here, **BOTH)
    await settle()
    hold.open.set()
    await asyncio.gather(first, late)
    assert made(here, before) == {"made": 2}
    assert (await late).came.count("MISS") >= 1, "what had been answered is asked for again"


async def test_whoever_takes_older_answers_joins_it_all_the_same(here: Keeping) -> None:
    """The part that was read is a moment old, which is younger than a minute."""
    before, hold = here.counts, held(here)
    first = asking(here, age=60, **BOTH)
    await settle()
    late = asking(here, age=60, **BOTH)
    await settle()
    hold.open.set()
    await asyncio.gather(first, late)
    assert made(here, before) == {"made": 1, "joined": 1}
    assert (await here.ask(company=COMPANY, **BOTH)).kept == 0


async def test_no_cache_joins_nothing_that_began_before(here: Keeping) -> None:
    """It begins anew; who asks after it finds that one."""
    hold = held(here)
    first = asking(here)
    await settle()
    here.demo.clock.advance(1)
    new = asking(here, age="no-cache")
    await settle()
    assert len(hold.arrived) == 2
    hold.open.set()
    for answer in await asyncio.gather(first, new):
        assert answer.came == ["MISS"]


@pytest.mark.parametrize(
    "other",
    [{"first": 4}, {"key": OTHER}, {"key": "lm_demo_write"}, {"age": 60}, {"age": "stale-if-error=60"}],
    ids=repr,
)
async def test_other_questions_and_other_callers_fly_by_themselves(
    here: Keeping, other: dict[str, Any]
) -> None:
    """Calls that are equal below are still shared there, as they are for everybody of a tenant."""
    before, hold = here.counts, held(here)
    asked = [asking(here), asking(here, **other)]
    await settle()
    hold.open.set()
    await asyncio.gather(*asked)
    assert made(here, before) == {"made": 2}


async def test_a_commit_ends_joining(here: Keeping) -> None:
    """Who asks after a change finds nothing that began before it."""
    hold = held(here)
    first = asking(here)
    await settle()
    await here.demo.gateway.state.directory.raise_generation("sandbox", f"{COMPANY}-kashoo")
    second = asking(here)
    await settle()
    assert len(hold.arrived) == 2
    hold.open.set()
    assert [answer.came for answer in await asyncio.gather(first, second)] == [["MISS"]] * 2


async def test_an_answer_that_a_commit_overtook_is_not_kept(here: Keeping) -> None:
    """It may be of before; who made it gets it, nobody else does."""
    hold = held(here)
    first = asking(here, age=60)
    await settle()
    await here.demo.gateway.state.directory.raise_generation("sandbox", f"{COMPANY}-kashoo")
    hold.open.set()
    assert (await first).data
    assert (await here.ask(company=COMPANY, **KASHOO)).kept is None


async def test_one_who_leaves_leaves_the_others_their_answer(here: Keeping) -> None:
    """Nobody notices."""
    hold = held(here)
    first, leaving, staying = (asking(here) for _ in range(3))
    await settle()
    leaving.cancel()
    await settle()
    hold.open.set()
    assert (await first).data == (await staying).data
    assert (len(hold.arrived), hold.left) == (1, [])


async def test_when_the_first_one_leaves_the_next_one_begins_anew(here: Keeping) -> None:
    """Its execution ends with it; the others share a new one, and are answered."""
    before, hold = here.counts, held(here)
    first, second, third = (asking(here) for _ in range(3))
    await settle()
    first.cancel()
    await settle()
    assert (len(hold.arrived), len(hold.left)) == (2, 1)
    hold.open.set()
    answers = await asyncio.gather(second, third)
    assert [answer.came for answer in answers] == [["MISS"], ["JOINED"]]
    assert made(here, before) == {"made": 1, "joined": 1}


async def test_the_last_one_who_leaves_ends_it(here: Keeping) -> None:
    """No call goes on for nobody, and nothing is left behind."""
    hold = held(here)
    asked = [asking(here) for _ in range(3)]
    await settle()
    for task in reversed(asked):
        task.cancel()
    await asyncio.wait(asked)
    await settle()
    assert len(hold.left) == len(hold.arrived) == 1
    assert len(here.demo.gateway.answers.kept.flights) == 0


ONE = """query ($company: ID, $from: [String!]) { company(key: $company) {
  invoice(connection: "kashoo", nativeId: "7") { id } invoices(first: 1, from: $from) { sources { status } } } }"""


@pytest.mark.parametrize("text", [LIST, ONE], ids=["a source", "a field"])
async def test_a_provider_that_fails_fails_each_of_them(here: Keeping, text: str) -> None:
    """One call, and each caller its own verdict on it; an error of a field is everybody's as well."""
    hold = held(here)
    here.demo.board.add(Answer(provider="kashoo", method="GET", status=400))
    asked = [asking(here, text=text) for _ in range(2)]
    await settle()
    hold.open.set()
    one, two = await asyncio.gather(*asked)

    assert (one.body["data"], one.body.get("errors")) == (two.body["data"], two.body.get("errors"))
    assert one.body["data"]["company"]["invoices"]["sources"][0]["status"] == "REFUSED"
    assert ("errors" in one.body) == (text is ONE)
    assert ("MISS" in one.came, "MISS" in two.came) == (True, False)


async def test_whoever_has_less_time_does_not_wait_for_one_with_more(here: Keeping) -> None:
    """Its own execution ends at its own deadline."""
    hold = held(here)
    first = asking(here)
    await settle()
    hasty = await here.ask(company=COMPANY, age=0, headers={"X-Request-Timeout": "0.3"}, **KASHOO)
    assert hasty.data["company"]["invoices"]["sources"][0]["status"] == "TIMEOUT"
    hold.open.set()
    assert (await first).data["company"]["invoices"]["sources"][0]["status"] == "OK"


async def test_whoever_has_more_time_uses_it(here: Keeping) -> None:
    """The first one's time is up: it is told so, and who joined it goes on by itself."""
    hold = held(here)
    first = asking(here, headers={"X-Request-Timeout": "0.3"})
    await settle()
    patient = asking(here)
    assert (await first).data["company"]["invoices"]["sources"][0]["status"] == "TIMEOUT"
    await settle()
    hold.open.set()
    assert (await patient).data["company"]["invoices"]["sources"][0]["status"] == "OK"


async def test_each_counts_at_its_own_rate(here: Keeping) -> None:
    """Of two who ask together with a key for one in five seconds, one is refused."""
    hold = held(here)
    asked = [asking(here, key=SLOW) for _ in range(2)]
    await settle()
    hold.open.set()
    answers = await asyncio.gather(*asked)
    assert sorted(answer.status for answer in answers) == [200, 429]
