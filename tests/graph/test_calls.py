"""How many calls a question costs, told by `extensions.calls` and by what reached the providers."""

from __future__ import annotations

import asyncio
from collections import Counter
from math import ceil
from typing import Any

import pytest

from ledgermesh.sandbox.faults import Answer
from ledgermesh.upstream.call import Fresh
from tests.graph.demo import Demo, demo_house

COMPANY = "grand-tour"
INVOICES = """query Invoices($first: Int!, $after: String, $from: [String!] = ["kashoo", "smallinvoice"]) {
 company(key: "grand-tour") {
  invoices(first: $first, after: $after, from: $from) {
    nodes {
      number amountPaid { amount }
      lines { description net { amount } }
      party { displayName email }
      payments { date amount { amount } }
      source { connection { id } }
    }
    pageInfo { hasNextPage endCursor }
    sources { connection { id } status completeness calls }
  } } }"""
PLAIN = """query Plain($first: Int! = 50, $after: String, $from: [String!] = ["kashoo", "smallinvoice"]) {
 company(key: "grand-tour") {
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


def of(rows: list[dict[str, Any]], provider: str) -> list[dict[str, Any]]:
    return [row for row in rows if row["source"]["connection"]["id"] == f"{COMPANY}-{provider}"]


LISTS = {
    ("kashoo", "/businesses/{business_id}/records/invoices"): 100,
    ("smallinvoice", "/receivables/invoices"): 200,
}
"""The lists of invoices, and how large a page the provider gives."""
BELOW = ("smallinvoice", "/receivables/invoices/{parent}/payments")


async def test_a_hundred_invoices_with_their_relations() -> None:
    """List pages, one listed read for each relation that is not embedded, one per parent where nothing else is."""
    async with demo_house() as house:
        answer = await house.ask(INVOICES, first=100)
        asked, rows = paths(house, answer), nodes(answer)
    assert len(rows) == 100
    assert all(row["party"]["displayName"] for row in rows)
    assert sum(len(row["payments"]) for row in rows) > 40
    for path, size in LISTS.items():
        mine = of(rows, path[0])
        assert mine
        # One row more than is shown tells that the next one belongs behind it.
        assert asked.pop(path) <= ceil((len(mine) + 1) / size)
    paid = [
        row for row in of(rows, "smallinvoice") if row["amountPaid"]["amount"] not in ("0", "0.0", "0.00")
    ]
    assert asked.pop(BELOW) == len(paid)
    assert all(row["payments"] == [] for row in of(rows, "smallinvoice") if row not in paid)
    assert asked.pop(("kashoo", "/businesses/{business_id}/contacts")) == 1
    assert asked.pop(("kashoo", "/businesses/{business_id}/records/invoicePayments")) <= 2
    assert not asked, f"calls for nothing: {asked}"


async def test_every_step_of_extensions_is_a_request_that_was_made() -> None:
    """The calls that are told are the requests that reached the providers: none more, none less."""
    async with demo_house() as house:
        await house.ask(INVOICES, first=10)
        before = house.reads
        answer = await house.ask(INVOICES, first=60)
        assert len(house.calls(answer)) == house.reads - before
    for step in answer["extensions"]["calls"]:
        assert step["status"] == 200
        assert "{" in step["path"] or step["path"] == "/receivables/invoices"


async def test_many_parents_are_read_up_to_a_bound() -> None:
    """Where payments are listed by parent only, the parents beyond the bound get an error and cost nothing."""
    async with demo_house() as house:
        only: dict[str, Any] = {"from": ["smallinvoice"]}
        answer = await house.ask(INVOICES, first=260, **only)
        assert paths(house, answer)[BELOW] == 200
        unread = [each for each in answer.get("errors", []) if each["extensions"]["code"] == "TOO_COSTLY"]
        rows = answer["data"]["company"]["invoices"]["nodes"]
    paid = [row for row in rows if row["amountPaid"]["amount"] not in ("0", "0.0", "0.00")]
    assert len(rows) == 260
    assert len(paid) > 200, "the world is too small for this test"
    assert len(unread) == len(paid) - 200
    assert sum(row["payments"] is None for row in rows) == len(unread)
    assert all(each["path"][-1] == "payments" for each in unread)


async def test_a_failing_source_costs_the_others_nothing() -> None:
    """With one provider down the other one is asked for its own rows and their relations, and for nothing else."""
    async with demo_house() as house:
        await house.ask(PLAIN)  # signed in
        house.down.add("kashoo")
        answer = await house.ask(INVOICES, first=100)
        asked, rows = paths(house, answer), nodes(answer)
    assert asked.pop(("kashoo", "/businesses/{business_id}/records/invoices")) <= 3, (
        "one try and at most two more"
    )
    assert asked.pop(("smallinvoice", "/receivables/invoices")) == 1
    paid = [row for row in rows if row["amountPaid"]["amount"] not in ("0", "0.0", "0.00")]
    assert asked.pop(BELOW) == len(paid)
    assert not asked
    assert len(rows) == 100


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
    assert all(row["party"] for row in of(rows, "smallinvoice"))


async def test_the_newest_fifty_cost_two_calls_a_provider() -> None:
    """The first page of a merged list is one page of each source, two at most."""
    async with demo_house() as house:
        answer = await house.ask(PLAIN)
        asked = Counter(step["provider"] for step in house.calls(answer))
    assert len(nodes(answer)) == 50
    assert set(asked) == {"kashoo", "smallinvoice"}
    assert max(asked.values()) <= 2


async def test_the_newest_fifty_of_all_five() -> None:
    """Two calls at most of each that sorts; who neither sorts nor counts is narrowed by dates, not read whole twice."""
    async with demo_house() as house:
        answer = await house.ask(PLAIN, **dict[str, Any]({"from": None}))
        asked = Counter(step["provider"] for step in house.calls(answer))
        many = len(house.world.books[COMPANY, "bossinsights"].invoices)
    assert len(nodes(answer)) == 50
    assert set(asked) == {"bossinsights", "kashoo", "smallinvoice", "trulysmall"}
    assert max(asked[name] for name in ("kashoo", "smallinvoice", "trulysmall")) <= 2
    # Pages hold 30 rows, every third 23; each of the three windows ends with an empty page.
    assert asked["bossinsights"] <= ceil(many / 23) + 3


async def test_settlements_that_name_their_documents_are_read_once() -> None:
    """Boss Insights' payments name invoices: one reading of their list serves all invoices of the page."""
    async with demo_house() as house:
        only: dict[str, Any] = {"from": ["bossinsights"]}
        answer = await house.ask(INVOICES, first=60, **only)
        asked, rows = paths(house, answer), nodes(answer)
        pages = ceil(len(house.world.books[COMPANY, "bossinsights"].receipts) * 2 / 23) + 1
    assert len(rows) == 60
    paid = [row for row in rows if row["payments"]]
    assert paid and all(row["amountPaid"] is None or row["amountPaid"]["amount"] != "0.00" for row in paid)
    assert 0 < asked["bossinsights", "/payments"] <= pages


@pytest.mark.parametrize("first", [50, 200])
async def test_paging_to_the_end_costs_little_more_than_reading_once(first: int) -> None:
    """Lists that providers sort: each page goes on where the last one stopped."""
    async with demo_house() as house:
        after, calls, rows = None, 0, 0
        while True:
            answer = await house.ask(PLAIN, first=first, after=after)
            page = answer["data"]["company"]["invoices"]
            rows, calls = rows + len(page["nodes"]), calls + len(house.calls(answer))
            if not page["pageInfo"]["hasNextPage"]:
                break
            after = page["pageInfo"]["endCursor"]
            house.clock.advance(2)
    pages = ceil(rows / first)
    assert rows > 650
    assert calls <= 2 * pages + ceil(rows / 100) + 2


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
        await house.ask(PLAIN)
        before = house.reads
        answers = await asyncio.gather(*(house.ask(PLAIN) for _ in range(8)))
        assert house.reads - before == 2
        assert all(nodes(answer) == nodes(answers[0]) for answer in answers)
        came = Counter(step["cache"] for answer in answers for step in answer["extensions"]["calls"])
        assert came == {"MISS": 2, "JOINED": 14}
        answer = await house.ask(twice)
        assert Counter(step["cache"] for step in answer["extensions"]["calls"]) == {"MISS": 1, "JOINED": 1}


async def test_freshness_is_the_callers() -> None:
    """Without a word every question is live; with an age, answers up to that age cost no call and say how old."""
    fresh = PLAIN.replace("from: $from)", "from: $from) @fresh(maxAge: 60)")
    dated = """{ company(key: "grand-tour") { invoices(first: 1, from: ["kashoo"]) {
      nodes { source { fetchedAt } } } } }"""
    async with demo_house() as house:
        first = await house.ask(fresh)
        assert len(house.calls(await house.ask(PLAIN))) == 2, "live by default"
        for again in (await house.ask(PLAIN, fresh=Fresh(max_age_seconds=60)), await house.ask(fresh)):
            assert house.calls(again) == []
            assert {step["cache"] for step in again["extensions"]["calls"]} == {"HIT"}
            assert again["data"] == first["data"]
        house.clock.advance(61)
        assert len(house.calls(await house.ask(fresh))) == 2, "too old"
        assert house.calls(await house.ask(fresh)) == []
        assert len(house.calls(await house.ask(PLAIN, fresh=Fresh(no_cache=True)))) == 2
        live = await house.ask(dated, fresh=Fresh(max_age_seconds=60))
        house.clock.advance(30)
        kept = await house.ask(dated, fresh=Fresh(max_age_seconds=60))
        assert house.calls(kept) == []
        assert kept["data"] == live["data"], "fetchedAt is when the provider answered, not when we did"


async def test_a_negative_age_is_refused() -> None:
    """`@fresh(maxAge:)` is 0 or more."""
    async with demo_house() as house:
        answer = await house.ask(PLAIN.replace("from: $from)", "from: $from) @fresh(maxAge: -1)"))
    assert [each["extensions"]["code"] for each in answer["errors"]] == ["BAD_USER_INPUT"]


async def test_what_a_document_holds_already_costs_no_call() -> None:
    """A customer's name stands in the invoice, an id needs no reading: no call beside the list's own."""
    text = """{ company(key: "grand-tour") { invoices(first: 100, from: ["kashoo"]) {
      nodes { number lines { description } party { id displayName } account { id } } } } }"""
    async with demo_house() as house:
        answer = await house.ask(text)
        assert set(paths(house, answer)) == {("kashoo", "/businesses/{business_id}/records/invoices")}
    assert all(row["party"]["displayName"] and row["account"]["id"] for row in nodes(answer))


async def test_a_condition_on_a_reference_asks_only_where_the_record_lies() -> None:
    """Invoices of one customer: the other provider cannot have any, and is not asked."""
    text = """query Of($id: ID!) { company(key: "grand-tour") { invoices(where: { party: { eq: $id } }) {
      nodes { party { id } source { connection { id } } } sources { connection { id } status completeness } } } }"""
    async with demo_house() as house:
        for provider in ("kashoo", "smallinvoice"):
            only: dict[str, Any] = {"from": [provider]}
            first = INVOICES.replace("party { displayName email }", "party { id }")
            id = nodes(await house.ask(first, first=1, **only))[0]["party"]["id"]
            answer = await house.ask(text, id=id)
            assert {step["provider"] for step in house.calls(answer)} == {provider}
            assert nodes(answer)
            assert all(row["party"]["id"] == id for row in nodes(answer))
            assert {each["completeness"] for each in answer["data"]["company"]["invoices"]["sources"]} == {
                "COMPLETE",
                "NONE",
            }
