"""Requests that come again in the same bytes: answered at once, and in nothing otherwise than before."""

from __future__ import annotations

import gzip
import uuid
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio
from structlog.testing import capture_logs

from ledgermesh.edge.repeats import REPEATS_MAX, REQUEST_BYTES_MAX
from ledgermesh.state.entries import CompanyEntry, ConnectionEntry, KeyEntry, TenantEntry, digest
from ledgermesh.state.registry import LEASE_SECONDS
from tests.edge.repeating import COMPANY, Connection, Heard, Served, request, served
from tests.harness import NOW
from tests.tracing.collector import Memory
from tests.watched import INVOICES, Samples

pytestmark = pytest.mark.asyncio(loop_scope="module")

OWN = frozenset(("x-request-id", "ratelimit-remaining", "ratelimit-reset", "age", "content-length"))
"""Headers of an answer that are its own."""
MINE, BRIEF, GUEST = "lm_repeat_mine", "lm_repeat_brief", "lm_repeat_guest"
LONG = INVOICES.replace("number", "id number date total { amount currency } party { id displayName }")
READS = frozenset(("api.read",))


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def house() -> AsyncIterator[Served]:
    """One for all tests of this file."""
    async with served() as made:
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def here(house: Served) -> Served:
    """Where nothing is kept of what was asked before, and more callers are known."""
    house.house.clock.advance(1_000)
    directory = house.house.running.state.directory
    mine = KeyEntry(id="mine", digest=digest(MINE), tenant="demo", environment="sandbox", scopes=READS)
    for entry in (
        TenantEntry(id="guest", name="Guest"),
        mine,
        replace(mine, id="brief", digest=digest(BRIEF), requests_per_second=1),
        replace(mine, id="guest", digest=digest(GUEST), tenant="guest"),
    ):
        if house.house.running.state.registry.at(entry.place) is None:
            await directory.add(entry)
    return house


@pytest_asyncio.fixture(loop_scope="module")
async def caller(here: Served) -> AsyncIterator[Connection]:
    made = await Connection.open(here.port)
    yield made
    made.close()


async def test_it_is_the_same_answer(here: Served, caller: Connection) -> None:
    """Every header in its place and the same body, but for the id, the rate and the age, which are its own."""
    data = request()
    before = await here.learned(data)
    whole = here.whole
    here.house.clock.advance(12)
    found = [await caller.ask(data) for _ in range(3)]

    assert here.whole == whole, "nothing went the whole way"
    for each in found:
        assert (each.status, each.names, each.kept, each.headers["age"]) == (200, before.names, 12, "12")
        assert _shared(each) == _shared(before)
        assert each.content == before.content.replace(b'{"age":0}', b'{"age":12}')
        assert int(each.headers["content-length"]) == len(before.content) + 1
    ids = {each.headers["x-request-id"] for each in found}
    assert {uuid.UUID(each).version for each in ids} == {4}
    assert len(ids) == 3
    left = [int(each.headers["ratelimit-remaining"]) for each in found]
    assert left == [left[0], left[0] - 1, left[0] - 2]


def _shared(heard: Heard) -> list[tuple[str, str]]:
    return [(name, value) for name, value in heard.headers.items() if name not in OWN]


async def test_the_rate_is_told_as_on_the_whole_way(here: Served, caller: Connection) -> None:
    """From a full bucket it says the same."""
    data = request(key=BRIEF, age=300)
    await here.learned(request())
    told = []
    for _ in range(3):
        here.house.clock.advance(20)
        whole = here.whole
        found = await caller.ask(data)
        rate = {name: value for name, value in found.headers.items() if name.startswith("ratelimit-")}
        told.append((rate, found.kept, here.whole - whole))
    assert told == [(told[0][0], 20, 1), (told[0][0], 40, 0), (told[0][0], 60, 0)]
    assert len(told[0][0]) == 3


async def test_compressed_too(here: Served, caller: Connection) -> None:
    """The kept compressed bytes with an end of their own."""
    asked: Any = {"text": LONG, "first": 50}
    plain = await here.learned(request(**asked))
    data = request(**asked, headers={"Accept-Encoding": "gzip"})
    await here.learned(data)
    whole = here.whole
    here.house.clock.advance(3)
    found = await caller.ask(data)
    assert (here.whole, found.headers["content-encoding"]) == (whole, "gzip")
    assert gzip.decompress(found.content) == plain.content.replace(b'{"age":0}', b'{"age":3}')


async def test_no_older_than_the_caller_takes(here: Served, caller: Connection) -> None:
    """At its age the last time; a second later it is made anew, and that one is given from then on."""
    data = request(age=60)
    await here.learned(data)
    here.house.clock.advance(60)
    assert (await caller.ask(data)).kept == 60
    here.house.clock.advance(1)
    whole = here.whole
    assert (await caller.ask(data)).kept is None
    assert (await caller.ask(data)).kept == 0
    assert here.whole == whole + 2
    assert (await caller.ask(data)).kept == 0
    assert here.whole == whole + 2


async def test_a_key_that_is_revoked_is_refused_at_once(here: Served, caller: Connection) -> None:
    """Right behind an answer to it, on the same connection."""
    data, directory = request(key=MINE), here.house.running.state.directory
    await here.learned(data)
    assert (await caller.ask(data)).kept == 0
    entry = here.house.running.state.registry.get(KeyEntry, "demo", "sandbox", "mine")
    assert entry is not None
    await directory.change(KeyEntry, entry.place, lambda old: None)
    refused = await caller.ask(data)
    assert (refused.status, refused.headers["www-authenticate"][:6]) == (401, "Bearer")
    await directory.add(entry)
    assert (await caller.ask(data)).status == 200


async def test_a_key_whose_time_is_over_is_refused(here: Served, caller: Connection) -> None:
    """Nothing changes in the registry as it ends."""
    data, state = request(key=MINE, age=300), here.house.running.state
    entry = state.registry.get(KeyEntry, "demo", "sandbox", "mine")
    assert entry is not None
    ends = replace(entry, expires_at=here.house.clock.now() + (NOW.resolution * 30_000_000))
    await state.directory.change(KeyEntry, entry.place, lambda old: ends)
    await here.learned(data)
    here.house.clock.advance(29)
    whole = here.whole
    assert (await caller.ask(data)).kept == 29
    assert here.whole == whole
    here.house.clock.advance(1)
    assert (await caller.ask(data)).status == 401
    await state.directory.change(KeyEntry, entry.place, lambda old: entry)


async def test_a_key_with_fewer_rights_gets_none_of_it(here: Served, caller: Connection) -> None:
    """The same key, narrowed after an answer to it."""
    data, state = request(key=MINE), here.house.running.state
    await here.learned(data)
    entry = state.registry.get(KeyEntry, "demo", "sandbox", "mine")
    assert entry is not None
    none = replace(entry, companies=frozenset())
    await state.directory.change(KeyEntry, entry.place, lambda old: none)
    refused = await caller.ask(data)
    await state.directory.change(KeyEntry, entry.place, lambda old: entry)
    assert [each["extensions"]["code"] for each in refused.body["errors"]] == ["FORBIDDEN"]


async def test_another_tenant_never_gets_it(here: Served, caller: Connection) -> None:
    """The same body with another tenant's key, before and after."""
    await here.learned(request())
    for key, status in ((GUEST, 200), ("lm_nobody", 401)):
        for _ in range(3):
            found = await caller.ask(request(key=key))
            assert found.status == status
            assert COMPANY.encode() not in found.content
            assert not (found.body.get("data") or {}).get("company")
    assert (await caller.ask(request())).kept == 0


async def test_the_rate_is_counted_each_time(here: Served, caller: Connection) -> None:
    """Whoever may ask once a second is told to wait, and how long; a second later it goes on."""
    data = request(key=BRIEF)
    await caller.ask(request())
    here.house.clock.advance(10)
    statuses = []
    for _ in range(100):
        found = await caller.ask(data)
        statuses.append(found.status)
        if found.status != 200:
            break
    assert statuses[-1] == 429
    assert found.headers["retry-after"] == "1"
    assert (await caller.ask(data)).status == 429
    here.house.clock.advance(1)
    again = await caller.ask(data)
    assert (again.status, again.headers["ratelimit-remaining"]) == (200, "0")
    assert (await caller.ask(data)).status == 429


@pytest.mark.parametrize("raised", ["generation", "unshared", "renamed"])
async def test_what_ends_a_kept_answer_ends_it_here(here: Served, caller: Connection, raised: str) -> None:
    """A provider's notification or a commit, a company that is taken away, a name that changes."""
    data, state = request(), here.house.running.state
    await here.learned(data)
    assert (await caller.ask(data)).kept == 0
    company = state.registry.get(CompanyEntry, "sandbox", COMPANY)
    assert company is not None
    connection = state.registry.connections(company)[0]
    if raised == "generation":
        await state.directory.raise_generation("sandbox", connection.id)
        assert (await caller.ask(data)).kept is None
    elif raised == "unshared":
        alone = replace(company, tenants=frozenset(("guest",)))
        await state.directory.change(CompanyEntry, company.place, lambda old: alone)
        refused = await caller.ask(data)
        assert [each["extensions"]["code"] for each in refused.body["errors"]] == ["FORBIDDEN"]
    else:
        other = replace(company, name="Maple Ltd")
        await state.directory.change(CompanyEntry, company.place, lambda old: other)
        assert (await caller.ask(data)).kept is None
    await state.directory.change(CompanyEntry, company.place, lambda old: company)


async def test_what_changes_elsewhere_ends_nothing(here: Served, caller: Connection) -> None:
    """Another company's books."""
    data, state = request(), here.house.running.state
    await here.learned(data)
    other = next(each for each in state.registry.all(ConnectionEntry) if each.company != COMPANY)
    await state.directory.raise_generation("sandbox", other.id)
    whole = here.whole
    assert (await caller.ask(data)).kept == 0
    assert here.whole == whole


async def test_a_view_that_is_too_old_lets_nobody_in(here: Served, caller: Connection) -> None:
    """Without its store the gateway goes by what it knows for a lease, and then refuses."""
    data, registry = request(age=300), here.house.running.state.registry
    await here.learned(data)
    registry.checked()
    here.house.clock.advance(LEASE_SECONDS)
    assert (await caller.ask(data)).kept == int(LEASE_SECONDS)
    here.house.clock.advance(1)
    assert (await caller.ask(data)).status == 503
    registry.checked()
    assert (await caller.ask(data)).status == 200
    registry._checked_at = None


async def test_lines_and_figures_are_the_same(here: Served, caller: Connection) -> None:
    """Each is a line in the log with the id of its answer, and counts as a request and as an operation."""
    data = request()
    await here.learned(data)
    before, whole = await here.house.samples(), here.whole
    with capture_logs() as lines:
        found = await caller.ask(data)
    after = await here.house.samples()
    (line,) = lines
    assert line.pop("ms") >= 0
    assert (here.whole, line) == (whole, {
        "event": "request", "log_level": "info", "method": "POST", "path": "/graphql", "status": 200,
        "client": "127.0.0.1", "request_id": found.headers["x-request-id"],
    })  # fmt: skip
    with capture_logs() as lines:
        await caller.ask(request(headers={"X-Request-Id": "r"}))
    last = await here.house.samples()
    assert here.whole == whole + 1
    assert {*line, "ms"} == {*lines[0]}
    assert _grown(before, after) == _grown(after, last) != {}


def _grown(before: Samples, after: Samples) -> dict[Any, float]:
    """What was counted of requests and operations, without reading the figures; seconds differ each time."""
    return {
        key: value - before.get(key, 0)
        for key, value in after.items()
        if key[0].startswith(("ledgermesh_http_", "ledgermesh_operation", "ledgermesh_shareable_"))
        and value != before.get(key, 0)
        and not key[0].endswith(("_sum", "_created"))
        and ("route", "/metrics") not in key[1]
    }


async def test_whoever_traces_sees_all_of_them() -> None:
    """A span for each request and operation: those go the whole way."""
    async with served(tracing=Memory()) as traced:
        data = request()
        await traced.learned(data)
        caller = await Connection.open(traced.port)
        assert [(await caller.ask(data)).kept for _ in range(2)] == [0, 0]
        caller.close()
        assert (traced.whole, len(traced.repeats)) == (4, 0)


@pytest.mark.parametrize(
    "asked",
    [
        {"headers": {"X-Request-Id": "mine"}}, {"headers": {"X-Tracking-ID": "mine"}},
        {"headers": {"Origin": "https://books.example"}}, {"headers": {"Connection": "close"}},
        {"headers": {"Expect": "100-continue"}}, {"version": "1.0"}, {"age": None}, {"age": 0},
        {"text": INVOICES + " " * REQUEST_BYTES_MAX}, {"text": "{ companies { edges { node { name } } } }"},
    ],
    ids=["id", "tracking", "page", "last", "expecting", "old", "live", "fresh", "long", "several"],
)  # fmt: skip
async def test_the_others_go_the_whole_way(here: Served, asked: Any) -> None:
    """Answers to some say what no other may hear, some end their connection, and some are not kept."""
    data, whole, known = request(**asked), here.whole, len(here.repeats)
    for _ in range(3):
        caller = await Connection.open(here.port)
        caller.send(data)
        assert (await caller.reader.readline()).startswith(b"HTTP/1.1 ")
        caller.close()
    assert (here.whole, len(here.repeats)) == (whole + 3, known)


async def test_several_at_once_are_answered_in_turn(here: Served, caller: Connection) -> None:
    """Sent in one go, in pieces, and while an earlier one is being answered: one answer each, in order."""
    data, live = request(), request(age=None, text=INVOICES.replace("number", "n: number"))
    await here.learned(data)
    caller.send(data + data + live + data)
    assert [(await caller.hear()).kept for _ in range(4)] == [0, 0, None, 0]
    caller.send(live)
    caller.send(data)
    assert [(await caller.hear()).kept for _ in range(2)] == [None, 0]
    caller.send(data[:100])
    await here.learned(data)
    caller.send(data[100:])
    assert (await caller.hear()).kept == 0
    caller.send(b"\r\n" + data)
    assert (await caller.hear()).kept == 0
    assert [(await caller.ask(each)).status for each in (data, live, data)] == [200, 200, 200]


async def test_a_request_that_is_no_request_is_refused_behind_it(here: Served, caller: Connection) -> None:
    """The connection is read on as HTTP."""
    data = request()
    await here.learned(data)
    assert (await caller.ask(data)).kept == 0
    refused = await caller.ask(b"\x16\x03\x01 what\r\n\r\n")
    assert (refused.status, await caller.ended()) == (400, True)


async def test_whoever_reads_nothing_is_not_written_to_for_ever(here: Served, caller: Connection) -> None:
    """Once what is written stays, those that come wait their turn; each is answered in the end."""
    data = request(first=100)
    await here.learned(data)
    for _ in range(600):
        caller.send(data)
    assert [(await caller.hear()).status for _ in range(600)] == [200] * 600


async def test_a_connection_on_which_nothing_comes_ends() -> None:
    """Also one on which everything was answered at once."""
    async with served(quiet_seconds=1) as short:
        data = request()
        await short.learned(data)
        caller = await Connection.open(short.port)
        whole = short.whole
        assert [(await caller.ask(data)).kept for _ in range(3)] == [0, 0, 0]
        assert (short.whole, await caller.ended()) == (whole, True)
        caller.close()


async def test_they_are_few(here: Served) -> None:
    """So many are remembered and no more; of the bytes that were sent nothing is."""
    caller = await Connection.open(here.port)
    for number in range(REPEATS_MAX + 5):
        await caller.ask(request("{ viewer { id } }", headers={"X-Own": str(number)}))
        await caller.ask(request("{ viewer { id } }", headers={"X-Own": str(number)}))
    caller.close()
    assert len(here.repeats) == REPEATS_MAX
