"""Page through a list of the small company, and hold what came against the documented rules."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from random import Random
from typing import Any

from ledgermesh.graph.kinds import BY_NAME, NAMES, Kind
from ledgermesh.model.mapped import graphql_name
from ledgermesh.providers import discover
from tests.graph.asking import Step, Walk, pools, walk
from tests.graph.rules import Column, Json, columns, connection_of, found, holds, impossible, ordered
from tests.graph.small import COMPANY, CONNECTIONS, KEY, Small, small_house

PAGES_MAX = 80
RETRYABLE = {"PROVIDER_UNAVAILABLE", "RATE_LIMITED", "TIMEOUT"}

SOURCES_MAX = 3


@cache
def sources_of(kind: str) -> tuple[str, ...]:
    """The connections that a kind is read from: one of each provider that lists it, then second ones."""
    listed = [
        name
        for name, provider in discover(NAMES).items()
        if any(each.kind == kind and each.children is None for each in provider.resources)
    ]
    mine = {name: [id for id, (_, other) in CONNECTIONS.items() if other == name] for name in listed}
    firsts = [ids[0] for ids in mine.values()]
    return tuple((firsts + [id for ids in mine.values() for id in ids[1:]])[:SOURCES_MAX])


LISTED = tuple(name for name in NAMES if sources_of(name))
"""The kinds that some provider lists as a whole."""

HELD_IN = {
    "Account": "accounts", "Party": "parties", "Item": "items", "TaxRate": "taxes", "Invoice": "invoices",
    "Bill": "bills", "Payment": "receipts", "BillPayment": "disbursements", "JournalEntry": "journals",
    "BankAccount": "accounts", "BankTransaction": "bank_lines", "Document": "files", "Deadline": "due_dates",
}  # fmt: skip
"""The list of the books that holds the records of a kind; of others nothing comes or goes."""

DERIVED = {
    ("Account", "accountsos"),
    ("TaxRate", "smallinvoice"),
    ("BankTransaction", "bossinsights"),
    ("BankAccount", "bossinsights"),
    ("JournalEntry", "bossinsights"),
}
"""Made of other records, so that there is nothing to insert or delete."""

SOURCE = "source { nativeId connection { id } }"
VERDICTS = "sources { connection { id } status completeness reason late rows error { code retryable } }"


@dataclass
class Table:
    """One kind of record of the small company, and all its records as they were in the beginning."""

    house: Small
    kind: Kind
    columns: dict[str, Column]
    records: list[Json] = field(default_factory=list)
    day: object = None
    copies: int = 0

    @property
    def sources(self) -> tuple[str, ...]:
        return sources_of(self.kind.name)

    async def begin(self) -> None:
        """The books as they were; all records read at once, if they may look different today."""
        self.house.reset()
        if self.kind.name == "TaxRate":
            self._leave_only_taxes()
        today = self.house.clock.now().date()
        if self.day != today and (self.kind.name == "Deadline" or not self.records):
            self.records, self.day = [], today
            for source in self.sources:
                self.records.extend(await self._whole(source))
            self.house.clock.advance(3700)

    def _leave_only_taxes(self) -> None:
        """No document names a tax, so that taxes may come and go."""
        for name in self.sources:
            books = self.house.books[name]
            books.invoices, books.bills, books.receipts, books.disbursements = [], [], [], []
            books.invalidate()

    async def _whole(self, source: str) -> list[Json]:
        shown = " ".join(column.selection for column in self.columns.values())
        list_ = graphql_name(self.kind.many)
        text = (
            f"query All($from: [String!]) {{ company(key: {COMPANY!r}) {{ {list_}(first: 1000, from: $from)"
            f" {{ nodes {{ id {SOURCE} {shown} }} pageInfo {{ hasNextPage }} {VERDICTS} }} }} }}"
        ).replace("'", '"')
        only: dict[str, Any] = {"from": [source]}
        page = _page(await self.house.ask(text, key=KEY, **only), self.kind)
        assert not page["pageInfo"]["hasNextPage"]
        assert all(each["completeness"] == "COMPLETE" for each in page["sources"]), page["sources"]
        return list(page["nodes"])

    def expected(self, walk: Walk) -> list[str]:
        """The ids that the rules ask for, in order."""
        kept = [each for each in self.records if walk.where is None or holds(walk.where, each, self.columns)]
        kept = found(kept, walk.search, self.kind.search)
        return [each["id"] for each in ordered(kept, walk.order or default_order(self.kind), self.columns)]

    async def page(self, walk: Walk, first: int, after: str | None) -> Any:
        """The answer to one page of the walk."""
        name, list_ = self.kind.name, graphql_name(self.kind.many)
        text = (
            f"query Page($from: [String!], $first: Int!, $after: String, $where: {name}Where,"
            f" $order: [{name}Order!], $search: String) {{ company(key: {COMPANY!r}) {{ {list_}(first: $first,"
            " after: $after, from: $from, where: $where, orderBy: $order, search: $search)"
            " { nodes { id source { connection { id } } } pageInfo { hasNextPage endCursor } totalCount"
            f" {VERDICTS} }} }} }}"
        ).replace("'", '"')
        asked: dict[str, Any] = {
            "from": list(self.sources),
            "first": first,
            "after": after,
            "where": walk.where,
            "search": walk.search,
        }
        return await self.house.ask(text, key=KEY, **asked, order=list(walk.order) or None)

    # -- what happens meanwhile ------------------------------------------------------------------------------------

    def happen(self, step: Step) -> set[str]:
        """Let it happen; gives the ids of the records that are gone."""
        self.house.clock.advance(step.wait)
        gone = {id for source, number in step.delete for id in self._delete(source, number)}
        for source, number in step.insert:
            self._insert(source, number)
        if step.down:
            self.house.down.clear()
            self.house.down.update(name for name, cut in zip(self.sources, step.down, strict=False) if cut)
        return gone

    def _rows(self, source: int) -> tuple[str, list[Any]] | None:
        name = self.sources[source % len(self.sources)]
        books = self.house.books[name]
        if (self.kind.name, books.provider) in DERIVED or self.kind.name not in HELD_IN:
            return None
        return name, getattr(books, HELD_IN[self.kind.name])

    def _delete(self, source: int, number: int) -> set[str]:
        """Take one record out of the books; gives every id that the source showed before and may not show any more."""
        there = self._rows(source)
        if there is None or len(there[1]) < 2:
            return set()
        name, rows = there
        # The first one stays: being the first says something of it, as that it is the default.
        row = rows.pop(1 + number % (len(rows) - 1))
        self.house.books[name].invalidate()
        return {
            each["id"] for each in self.records if connection_of(each) == name and _is_of(each, row, name)
        }

    def _insert(self, source: int, number: int) -> None:
        there = self._rows(source)
        if there is None or not there[1]:
            return
        name, rows = there
        self.copies += 1
        row = rows[number % len(rows)]
        key = _key_of(row)
        rows.insert(1 + number % len(rows), replace(row, **{key: f"{getattr(row, key)}-{self.copies}"}))
        self.house.books[name].invalidate()


def _key_of(row: Any) -> str:
    return next(name for name in ("id", "number", "name") if hasattr(row, name))


def _is_of(record: Json, row: Any, connection: str) -> bool:
    """Whether a record shows this row of the books: by whatever of its fields says the row's number or id."""
    key = str(getattr(row, _key_of(row)))
    shown = {record.get(name) for name in ("number", "code", "name", "accountNumber", "displayName")}
    return key in shown | {record["source"]["nativeId"]} or getattr(row, "name", None) in shown


def default_order(kind: Kind) -> tuple[Json, ...]:
    """The order that the kind's list has without `orderBy`."""
    return tuple(
        {"field": key.field.upper(), "direction": "DESC" if key.descending else "ASC"} for key in kind.order
    )


def _page(answer: Any, kind: Kind) -> Any:
    assert "errors" not in answer, answer["errors"]
    return answer["data"]["company"][graphql_name(kind.many)]


def table(house: Small, name: str) -> Table:
    """The records of a kind."""
    kind = BY_NAME[name]
    return Table(house, kind, {each.name: each for each in columns(kind)})


# -- the laws ----------------------------------------------------------------------------------------------------


async def calm(here: Table, asked: Walk) -> None:
    """In books that stand still, the pages together are exactly fetch all, sort, filter."""
    await here.begin()
    want, got, after, at = here.expected(asked), [], None, 0
    while True:
        size = asked.sizes[at % len(asked.sizes)]
        answer = await here.page(asked, size, after)
        if _refused(answer):
            assert asked.where is not None and impossible(asked.where, here.columns), answer["errors"]
            return
        page = _page(answer, here.kind)
        assert all(each["completeness"] == "COMPLETE" and not each["late"] for each in page["sources"]), page[
            "sources"
        ]
        assert page["totalCount"] in (None, len(want))
        assert len(page["nodes"]) <= size
        got += [each["id"] for each in page["nodes"]]
        assert got == want[: len(got)], _difference(got, want)
        if not page["pageInfo"]["hasNextPage"]:
            break
        at, after = at + 1, page["pageInfo"]["endCursor"]
        assert at < PAGES_MAX
        here.house.clock.advance(asked.steps[at % len(asked.steps)].wait)
    assert got == want, _difference(got, want)


async def unsteady(here: Table, asked: Walk) -> None:
    """Whatever comes, goes and fails between pages: nothing twice, and nothing missed that stayed."""
    await here.begin()
    want, gone = here.expected(asked), set()
    got: list[str] = []
    after, at, ever_down = None, 0, False
    place, furthest = {id: number for number, id in enumerate(want)}, -1
    while True:
        happening = (
            asked.steps[at % len(asked.steps)] if at < 30 else Step(wait=61, down=(False, False, False))
        )
        gone |= here.happen(happening)
        answer = await here.page(asked, asked.sizes[at % len(asked.sizes)], after)
        if _refused(answer):
            assert asked.where is not None and impossible(asked.where, here.columns), answer["errors"]
            return
        page = _page(answer, here.kind)
        broken = {each["connection"]["id"] for each in page["sources"] if each["error"] is not None}
        ever_down = ever_down or bool(here.house.down)
        _check_verdicts(page, broken, ever_down=ever_down)
        late = {each["connection"]["id"] for each in page["sources"] if each["late"]}
        for node in page["nodes"]:
            number = place.get(node["id"], furthest)
            assert number >= furthest or connection_of(node) in late, "out of order, and not said to be late"
        furthest = max([furthest, *(place.get(node["id"], -1) for node in page["nodes"])])
        got += [node["id"] for node in page["nodes"]]
        if not page["pageInfo"]["hasNextPage"]:
            assert not broken
            break
        at, after = at + 1, page["pageInfo"]["endCursor"]
        assert at < PAGES_MAX
    assert len(set(got)) == len(got), "a record came twice"
    known = {each["id"] for each in here.records}
    assert {id for id in got if id in known} <= set(want), "a record came that does not satisfy the condition"
    stayed = [id for id in want if id not in gone]
    assert set(stayed) <= set(got), _difference(got, stayed)
    if not ever_down:
        assert [id for id in got if id in set(stayed)] == stayed


def _check_verdicts(page: Json, broken: set[str], *, ever_down: bool) -> None:
    for each in page["sources"]:
        if each["error"] is None:
            assert each["completeness"] == "COMPLETE", each
        else:
            assert ever_down, each
            assert each["completeness"] in ("NONE", "PARTIAL")
            assert each["error"]["code"] in RETRYABLE and each["error"]["retryable"]
    assert page["pageInfo"]["hasNextPage"] or not broken, "a source is down and the list says it has ended"


def _refused(answer: Any) -> bool:
    """Whether the question was refused because a range in it holds nothing."""
    errors = answer.get("errors", [])
    return bool(errors) and all("nothing is both" in each["message"] for each in errors)


def _difference(got: Sequence[str], want: Sequence[str]) -> str:
    missing = [id for id in want if id not in set(got)]
    strange = [id for id in got if id not in set(want)]
    return f"{len(got)} came, {len(want)} wanted; missing {missing[:5]}, strange {strange[:5]}"


@cache
def pushed(kind: str) -> frozenset[str]:
    """The fields, in GraphQL, by which some provider filters or sorts records of this kind."""
    lists = [
        resource.list
        for provider in discover(NAMES).values()
        for resource in provider.resources
        if resource.kind == kind and resource.list is not None
    ]
    names = {push.field for list_ in lists for push in list_.pushes}
    names |= {sort.field for list_ in lists for sort in list_.sorts}
    return frozenset(graphql_name(name.removesuffix("_ref")) for name in names)


HOW = ((False, False), (False, False), (True, False), (False, True), (True, True))
"""Whether rows come and go, and whether sources fail; every second walk or so is calm."""


@contextmanager
def tables(name: str, *, rows: int = 16) -> Iterator[Callable[[int], None]]:
    """Try the laws on lists of a kind, seed by seed; one house and one event loop for all of it."""

    async def entered(stack: AsyncExitStack) -> Table:
        here = table(await stack.enter_async_context(small_house(rows)), name)
        if name == "Party":  # contacts have no offset: only in one answer are they all there
            here.house.emulators["a1"].switches.page_size_max = 100  # type: ignore[attr-defined]  # not in the protocol
        await here.begin()
        return here

    async def law(here: Table, seed: int) -> None:
        chance = Random(f"{name} {seed}")
        changes, outages = chance.choice(HOW)
        known = pools(list(here.columns.values()), here.records, here.kind.search, pushed(name))
        asked = walk(chance, known, changes=changes, outages=outages)
        try:
            await (unsteady(here, asked) if changes or outages else calm(here, asked))
        except AssertionError as error:
            error.add_note(f"{name}, seed {seed}: {asked}")
            raise

    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        try:
            here = runner.run(entered(stack))
            yield lambda seed: runner.run(law(here, seed))
        finally:
            runner.run(stack.aclose())
