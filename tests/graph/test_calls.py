"""How many calls a question costs, told by `extensions.calls` and by what reached the providers."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections import Counter
from math import ceil
from typing import Any

import pytest

from ledgermesh.sandbox.faults import Answer
from ledgermesh.upstream.call import Fresh
from tests.graph.demo import Demo, demo_house

COMPANY = "grand-tour"
INVOICES = """query Invoices($first: Int!, $after: String, $from: [String!]) { company(key: "grand-tour") {
  invoices(first: $first, after: $after, from: $from) {
    nodes {
      number amountPaid { amount }
      lines { description net { amount } }
      party { displayName email }
      partyName
      payments { date amount { amount } }
      source { connection { id } }
    }
    pageInfo { hasNextPage endCursor }
    sources { connection { id } status completeness calls }
  } } }"""
PLAIN = """query Plain($first: Int! = 50, $after: String, $from: [String!]) { company(key: "grand-tour") {
  invoices(first: $first, after: $after, from: $from) {
    nodes { number date } pageInfo { hasNextPage endCursor } sources { connection { id } calls } } } }"""
TRANSACTIONS = """query Lines($first: Int! = 50, $after: String) { company(key: "grand-tour") {
  bankTransactions(first: $first, after: $after, from: ["accountsos"]) {
    nodes { id date } pageInfo { hasNextPage endCursor } sources { status completeness } } } }"""


def paths(house: Demo, answer: Any) -> Counter[tuple[str, str]]:
    """How often each path of each provider was asked."""
    return Counter((step["provider"], step["path"]) for step in house.calls(answer))


def nodes(answer: Any, name: str = "invoices") -> list[dict[str, Any]]:
    assert "errors" not in answer, answer["errors"]
    found: list[dict[str, Any]] = answer["data"]["company"][name]["nodes"]
    return found


def only(provider: str) -> dict[str, Any]:
    """The variable that limits a list to a provider."""
    return {"from": [provider]}


def of(rows: list[dict[str, Any]], provider: str) -> list[dict[str, Any]]:
    return [row for row in rows if row["source"]["connection"]["id"] == f"{COMPANY}-{provider}"]


def paid(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows of which something is paid."""
    return [row for row in rows if row["amountPaid"]["amount"] not in ("0", "0.0", "0.00")]


LISTS = {
    ("kashoo", "/businesses/{business_id}/records/invoices"): 100,
    ("smallinvoice", "/receivables/invoices"): 200,
    ("trulysmall", "/businesses/{business_id}/records/invoices"): 100,
}
"""The lists of invoices that the provider sorts, and how large a page it gives."""
SORTING = frozenset(provider for provider, _ in LISTS)
UNSORTED = ("bossinsights", "/invoices")
"""The one that neither sorts nor counts, but takes days."""
SOURCES = SORTING | {"bossinsights"}
"""Everyone with invoices; AccountsOS has none."""
BELOW = ("smallinvoice", "/receivables/invoices/{parent}/payments")
NAMING = ("bossinsights", "/payments")
"""Neither an invoice says what paid it, nor are payments listed below it: payments name their invoices."""
WITHOUT_PARAMETERS = {"/receivables/invoices", "/invoices", "/payments"}
"""Path templates with nothing to fill in."""
FROM_THE_NEWEST = (30, 120, None)
"""Days of each window that Boss Insights is asked for, from the newest back; the last one is open to the past."""


def readings(rows: int) -> int:
    """Calls of a list of Boss Insights: 83 rows fill three pages of up to 30, and only an empty page is the end."""
    threes, rest = divmod(rows, 83)
    return 3 * threes + ceil(rest / 30) + 1


async def by_window(house: Demo) -> list[int]:
    """Calls that each window of Boss Insights' invoices takes; a window asks for a day more at either end."""
    answer = await house.ask(PLAIN, first=1000, **only("bossinsights"))
    days = [dt.date.fromisoformat(row["date"]) for row in nodes(answer)]
    assert len(days) > 100
    found, newest, day = [], house.clock.now().date(), dt.timedelta(days=1)
    last = dt.date.max
    for width in FROM_THE_NEWEST:
        first = newest - width * day if width is not None else dt.date.min
        found.append(readings(sum(first <= each <= last for each in days)))
        newest, last = first, first + day
    return found


async def test_a_hundred_invoices_with_their_relations() -> None:
    """List pages, one listed read for each relation that is not embedded, one per parent where nothing else is."""
    async with demo_house() as house:
        answer = await house.ask(INVOICES, first=100)
        asked, rows = paths(house, answer), nodes(answer)
        windows, settled = await by_window(house), await settlements(house)
    assert len(rows) == 100
    for row in rows:
        # Boss Insights names its documents' parties by name alone.
        assert row["party"] is None if row in of(rows, "bossinsights") else row["party"]["displayName"]
        assert row["partyName"]
    assert sum(len(row["payments"]) for row in rows) > 30
    assert all(paid(of(rows, name)) for name in SOURCES)
    for path, size in LISTS.items():
        mine = of(rows, path[0])
        assert mine
        # One row more than is shown tells that the next one belongs behind it.
        assert asked.pop(path) <= ceil((len(mine) + 1) / size)
    # The first page shows that the list is long and in no order; two windows hold the newest hundred.
    assert asked.pop(UNSORTED) <= 1 + sum(windows[:2])
    for name, below in (BELOW, NAMING):
        mine = of(rows, name)
        assert all(bool(row["payments"]) is (row in paid(mine)) for row in mine), below
    assert asked.pop(BELOW) == len(paid(of(rows, "smallinvoice")))
    assert asked.pop(NAMING) == readings(settled), "read once, for all parents"
    for provider in ("kashoo", "trulysmall"):
        assert asked.pop((provider, "/businesses/{business_id}/contacts")) == 1
        # Up to two payments are read one by one, more of them from their list.
        singly = asked.pop((provider, "/records/{id}"), 0)
        listed = asked.pop((provider, "/businesses/{business_id}/records/invoicePayments"), 0)
        assert 1 <= singly + listed <= 2
    assert not asked, f"calls for nothing: {asked}"


async def settlements(house: Demo) -> int:
    """How many payments, in and out, Boss Insights lists."""
    text = """{ company(key: "grand-tour") {
      payments(first: 1000, from: ["bossinsights"]) { nodes { id } }
      billPayments(first: 1000, from: ["bossinsights"]) { nodes { id } } } }"""
    answer = await house.ask(text)
    return len(nodes(answer, "payments")) + len(nodes(answer, "billPayments"))


async def test_every_step_of_extensions_is_a_request_that_was_made() -> None:
    """The calls that are told are the requests that reached the providers: none more, none less."""
    async with demo_house() as house:
        await house.ask(INVOICES, first=10)
        before = house.reads
        answer = await house.ask(INVOICES, first=60)
        assert len(house.calls(answer)) == house.reads - before
    for step in answer["extensions"]["calls"]:
        assert step["status"] == 200
        assert "{" in step["path"] or step["path"] in WITHOUT_PARAMETERS


async def test_many_parents_are_read_up_to_a_bound() -> None:
    """Where payments are listed by parent only, the parents beyond the bound get an error and cost nothing."""
    async with demo_house() as house:
        answer = await house.ask(INVOICES, first=260, **only("smallinvoice"))
        assert paths(house, answer)[BELOW] == 200
        unread = [each for each in answer.get("errors", []) if each["extensions"]["code"] == "TOO_COSTLY"]
        rows = answer["data"]["company"]["invoices"]["nodes"]
    assert len(rows) == 260
    assert len(paid(rows)) > 200, "the world is too small for this test"
    assert len(unread) == len(paid(rows)) - 200
    assert sum(row["payments"] is None for row in rows) == len(unread)
    assert all(each["path"][-1] == "payments" for each in unread)


async def test_a_failing_source_costs_the_others_nothing() -> None:
    """With one provider down the others are asked for their own rows and their relations, and for nothing else."""
    async with demo_house() as house:
        windows, settled = await by_window(house), await settlements(house)
        await house.ask(PLAIN)  # signed in
        house.down.add("kashoo")
        answer = await house.ask(INVOICES, first=100)
        asked, rows = paths(house, answer), nodes(answer)
    assert asked.pop(("kashoo", "/businesses/{business_id}/records/invoices")) <= 3, (
        "one try and at most two more"
    )
    assert asked.pop(("smallinvoice", "/receivables/invoices")) == 1
    assert asked.pop(BELOW) == len(paid(of(rows, "smallinvoice")))
    assert asked.pop(("trulysmall", "/businesses/{business_id}/records/invoices")) == 1
    assert asked.pop(("trulysmall", "/businesses/{business_id}/contacts")) == 1
    singly = asked.pop(("trulysmall", "/records/{id}"), 0)
    assert (
        1 <= singly + asked.pop(("trulysmall", "/businesses/{business_id}/records/invoicePayments"), 0) <= 2
    )
    assert asked.pop(UNSORTED) <= 1 + sum(windows[:2])
    assert asked.pop(NAMING) == readings(settled)
    assert not asked
    assert len(rows) == 100
    assert {row["source"]["connection"]["id"] for row in rows} == {
        f"{COMPANY}-{name}" for name in SOURCES - {"kashoo"}
    }


async def test_a_source_that_stays_down_is_left_alone() -> None:
    """After some failures in a row a provider is asked no more for a while, and the answer says when it will be."""
    async with demo_house() as house:
        house.down.add("kashoo")
        asked = []
        for _ in range(6):
            answer = await house.ask(PLAIN)
            asked.append(paths(house, answer)["kashoo", "/businesses/{business_id}/records/invoices"])
    assert asked[-1] == 0, asked


async def test_a_relation_that_fails_is_asked_for_once() -> None:
    """When the batch of a relation fails, each field says so; nobody tries its own luck."""
    async with demo_house() as house:
        await house.ask(PLAIN)  # signed in
        house.board.add(Answer(provider="kashoo", path="*/contacts*", status=400))
        answer = await house.ask(INVOICES, first=60)
        asked = paths(house, answer)
    assert asked["kashoo", "/businesses/{business_id}/contacts"] == 1
    rows = answer["data"]["company"]["invoices"]["nodes"]
    failed = [each for each in answer["errors"] if each["path"][-1] == "party"]
    assert len(failed) == len(of(rows, "kashoo"))
    assert all(each["extensions"]["code"] == "PROVIDER_REFUSED" for each in failed)
    assert all(row["party"] for row in of(rows, "smallinvoice") + of(rows, "trulysmall"))


async def test_the_newest_fifty_cost_two_calls_a_provider_that_sorts() -> None:
    """The first page of a merged list is one page of each source, two at most.

    A source that neither sorts nor counts is read by days: its first page, then whole windows from the newest back, as
    far as the page reaches.
    """
    async with demo_house() as house:
        answer = await house.ask(PLAIN)
        asked = Counter(step["provider"] for step in house.calls(answer))
        windows = await by_window(house)
        oldest = house.clock.now().date() - dt.timedelta(days=150)
    assert len(nodes(answer)) == 50
    assert min(row["date"] for row in nodes(answer)) > oldest.isoformat(), "two windows hold the newest fifty"
    assert set(asked) == SOURCES
    assert max(asked[name] for name in SORTING) <= 2
    assert asked["bossinsights"] <= 1 + sum(windows[:2])


async def test_a_provider_without_invoices_says_so() -> None:
    """AccountsOS has no such records: its verdict is UNSUPPORTED, and it costs no call."""
    async with demo_house() as house:
        answer = await house.ask(INVOICES, first=10)
    sources = answer["data"]["company"]["invoices"]["sources"]
    told = {each["connection"]["id"]: (each["status"], each["completeness"]) for each in sources}
    assert told == {f"{COMPANY}-{name}": ("OK", "COMPLETE") for name in SOURCES} | {
        f"{COMPANY}-accountsos": ("UNSUPPORTED", "NONE")
    }
    assert "accountsos" not in {step["provider"] for step in answer["extensions"]["calls"]}


@pytest.mark.parametrize("first", [50, 200])
async def test_paging_to_the_end_costs_little_more_than_reading_once(first: int) -> None:
    """Each page goes on where the last one stopped, in lists that providers sort; what is sorted here is read once."""
    async with demo_house() as house:
        after, rows = None, 0
        calls: Counter[str] = Counter()
        while True:
            answer = await house.ask(PLAIN, first=first, after=after)
            page = answer["data"]["company"]["invoices"]
            rows += len(page["nodes"])
            calls.update(step["provider"] for step in house.calls(answer))
            if not page["pageInfo"]["hasNextPage"]:
                break
            after = page["pageInfo"]["endCursor"]
            house.clock.advance(2)
        windows = await by_window(house)
    pages = ceil(rows / first)
    assert rows > 900
    assert calls.keys() == SOURCES
    sorted_there = sum(calls[name] for name in SORTING)
    assert sorted_there <= len(SORTING) * pages + ceil(rows / 100) + len(SORTING)
    assert calls["bossinsights"] <= 1 + sum(windows), "each window once"


async def test_settlements_that_name_their_documents_are_read_once() -> None:
    """Boss Insights' payments name invoices: one reading of their list, however many invoices are shown."""
    async with demo_house() as house:
        pages = readings(await settlements(house))
        for first in (60, 150):
            answer = await house.ask(INVOICES, first=first, **only("bossinsights"))
            assert paths(house, answer)[NAMING] == pages
            assert len(nodes(answer)) == first


async def test_a_source_that_cannot_sort_is_read_once() -> None:
    """3,000 rows that are sorted here, paged by 50 to the end, cost at most 1.2 times one full read."""
    async with demo_house() as house:
        after, calls, ids, pages = None, 0, [], 0
        while True:
            answer = await house.ask(TRANSACTIONS, after=after)
            page = answer["data"]["company"]["bankTransactions"]
            assert [each["status"] for each in page["sources"]] == ["OK"]
            assert [each["completeness"] for each in page["sources"]] == ["COMPLETE"]
            ids += [node["id"] for node in page["nodes"]]
            calls, pages = calls + len(house.calls(answer)), pages + 1
            if not page["pageInfo"]["hasNextPage"]:
                break
            after = page["pageInfo"]["endCursor"]
            house.clock.advance(2)
        many = len(house.world.books[COMPANY, "accountsos"].bank_lines)
    assert len(ids) == len(set(ids)) == many > 3000
    assert pages == many / 50
    assert calls <= 1.2 * ceil(many / 100), calls


async def test_equal_questions_at_once_share_their_calls() -> None:
    """Questions that come at the same time join the calls in the air; so do equal fields of one question."""
    twice = """{ company(key: "grand-tour") {
      a: invoices(first: 50, from: ["kashoo"]) { nodes { number } }
      b: invoices(first: 50, from: ["kashoo"]) { nodes { number } } } }"""
    async with demo_house() as house:
        alone = len(house.calls(await house.ask(PLAIN)))
        before = house.reads
        answers = await asyncio.gather(*(house.ask(PLAIN) for _ in range(8)))
        assert house.reads - before == alone
        assert all(nodes(answer) == nodes(answers[0]) for answer in answers)
        came = Counter(step["cache"] for answer in answers for step in answer["extensions"]["calls"])
        assert came == {"MISS": alone, "JOINED": 7 * alone}
        answer = await house.ask(twice)
        assert Counter(step["cache"] for step in answer["extensions"]["calls"]) == {"MISS": 1, "JOINED": 1}


async def test_freshness_is_the_callers() -> None:
    """Without a word every question is live; with an age, answers up to that age cost no call and say how old."""
    fresh = PLAIN.replace("from: $from)", "from: $from) @fresh(maxAge: 60)")
    dated = '{ company(key: "grand-tour") { invoices(first: 1) { nodes { source { fetchedAt } } } } }'
    async with demo_house() as house:
        first = await house.ask(fresh)
        whole = paths(house, first)
        assert {provider for provider, _ in whole} == SOURCES
        assert paths(house, await house.ask(PLAIN)) == whole, "live by default"
        for again in (await house.ask(PLAIN, fresh=Fresh(max_age_seconds=60)), await house.ask(fresh)):
            assert house.calls(again) == []
            assert {step["cache"] for step in again["extensions"]["calls"]} == {"HIT"}
            assert listed(again) == listed(first)
        house.clock.advance(61)
        assert paths(house, await house.ask(fresh)) == whole, "too old"
        assert house.calls(await house.ask(fresh)) == []
        assert paths(house, await house.ask(PLAIN, fresh=Fresh(no_cache=True))) == whole
        live = await house.ask(dated, fresh=Fresh(max_age_seconds=60))
        house.clock.advance(30)
        kept = await house.ask(dated, fresh=Fresh(max_age_seconds=60))
        assert house.calls(kept) == []
        assert kept["data"] == live["data"], "fetchedAt is when the provider answered, not when we did"


def listed(answer: Any) -> Any:
    """A page without `sources`: from an index that was kept, fewer pages are opened, and `calls` counts those."""
    page = answer["data"]["company"]["invoices"]
    return page["nodes"], page["pageInfo"]


async def test_a_negative_age_is_refused() -> None:
    """`@fresh(maxAge:)` is 0 or more."""
    async with demo_house() as house:
        answer = await house.ask(PLAIN.replace("from: $from)", "from: $from) @fresh(maxAge: -1)"))
    assert [each["extensions"]["code"] for each in answer["errors"]] == ["BAD_USER_INPUT"]


HOLDING = dict.fromkeys(("kashoo", "trulysmall"), "/businesses/{business_id}/records/invoices")
HOLDING |= {"smallinvoice": "/receivables/invoices", "bossinsights": "/invoices"}


@pytest.mark.parametrize("provider", sorted(HOLDING))
async def test_what_a_document_holds_already_costs_no_call(provider: str) -> None:
    """A customer's name stands in the invoice, an id needs no reading: no call beside the list's own."""
    text = """query Held($from: [String!]) { company(key: "grand-tour") { invoices(first: 100, from: $from) {
      nodes { number lines { description } party { id displayName } account { id } } } } }"""
    async with demo_house() as house:
        answer = await house.ask(text, **only(provider))
        assert set(paths(house, answer)) == {(provider, HOLDING[provider])}
    assert nodes(answer)
    assert all(row["party"]["displayName"] for row in nodes(answer) if row["party"])
    if provider in ("kashoo", "trulysmall"):
        assert all(row["party"] and row["account"]["id"] for row in nodes(answer))


async def test_a_condition_on_a_reference_asks_only_where_the_record_lies() -> None:
    """Invoices of one customer: the other providers cannot have any, and are not asked."""
    text = """query Of($id: ID!) { company(key: "grand-tour") { invoices(where: { party: { eq: $id } }) {
      nodes { party { id } source { connection { id } } } sources { connection { id } status completeness } } } }"""
    async with demo_house() as house:
        for provider in ("kashoo", "smallinvoice", "trulysmall"):
            first = INVOICES.replace("party { displayName email }", "party { id }")
            id = nodes(await house.ask(first, first=1, **only(provider)))[0]["party"]["id"]
            answer = await house.ask(text, id=id)
            assert {step["provider"] for step in house.calls(answer)} == {provider}
            assert nodes(answer)
            assert all(row["party"]["id"] == id for row in nodes(answer))
            assert {each["completeness"] for each in answer["data"]["company"]["invoices"]["sources"]} == {
                "COMPLETE",
                "NONE",
            }
