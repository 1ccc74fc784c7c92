"""How the Kashoo emulator pages, filters and sorts its records."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator

import pytest

from ledgermesh.sandbox.books import Books
from ledgermesh.sandbox.world import World
from tests.sandbox.kashoo_desk import Desk, desk_over, exact, line, paper, small_books, small_world


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    one = desk_over(small_books())
    async with one.client:
        await one.sign_in()
        yield one


@pytest.fixture(scope="module")
def world() -> World:
    return small_world()


@pytest.fixture
async def big(world: World) -> AsyncIterator[Desk]:
    """A desk over the world's largest Kashoo books."""
    one = desk_over(world.books["grand-tour", "kashoo"])
    async with one.client:
        await one.sign_in()
        yield one


def shown(books: Books) -> list[str]:
    """The numbers of the invoices that are not removed."""
    return [row.number for row in books.invoices if not row.removed]


async def test_a_list_is_a_bare_array_of_fifty(big: Desk) -> None:
    """Without a limit records come by fifty, contacts by a hundred, accounts all at once; limits are cut at 100."""
    assert [50, 100, 100] == [
        len(await big.get("/records/invoices")),
        len(await big.get("/records/invoices", limit=100)),
        len(await big.get("/records/invoices", limit=1000)),
    ]
    assert (
        len(big.books.accounts) == len(await big.get("/accounts")) == len(await big.get("/accounts", limit=0))
    )
    assert 3 == len(await big.get("/accounts", limit=3, offset=2))


async def test_contacts_come_by_a_hundred() -> None:
    """The contact list's own default limit is 100."""
    books = small_books()
    books.parties = [
        type(books.parties[0])(**{**vars(books.parties[0]), "number": f"P{index}"}) for index in range(103)
    ]
    desk = desk_over(books)
    async with desk.client:
        await desk.sign_in()
        assert [100, 3, 0] == [len(await desk.get("/contacts", offset=offset)) for offset in (0, 100, 200)]


async def test_pages_join_without_gap_or_repeat(big: Desk) -> None:
    """Offset paging shows each record once and ends in empty arrays."""
    found: list[str] = []
    while page := await big.numbers("/records/invoices", limit=37, offset=len(found)):
        found += page

    assert sorted(shown(big.books)) == sorted(found)
    assert [] == await big.numbers("/records/invoices", offset=100_000)


async def test_a_smaller_largest_page(desk: Desk) -> None:
    """The server's own maximum can change while it runs."""
    desk.emulator.switches.page_size_max = 2

    assert [2, 1] == [
        len(await desk.numbers("/records/invoices", limit=9, offset=offset)) for offset in (0, 2)
    ]


async def test_newest_first_unless_asked_otherwise(big: Desk) -> None:
    """The default order is by date, descending; the four columns sort both ways."""
    rows = await big.get("/records/invoices", limit=100)
    days = [(row["date"]["year"], row["date"]["dayOfYear"]) for row in rows]

    assert sorted(days, reverse=True) == days
    every = await all_rows(big)
    for column, key in (("number", "number"), ("amount", "totalDue"), ("lastModified", "lastModified")):
        values = sorted(row[key] for row in every)
        up = await big.get("/records/invoices", sortColumn=column, sortOrder="asc", limit=20)
        down = await big.get("/records/invoices", sortColumn=column, limit=20)
        assert values[:20] == [row[key] for row in up]
        assert values[:-21:-1] == [row[key] for row in down]


async def test_ties_have_an_order_that_is_not_by_id() -> None:
    """Records of one day always come in the same order, which ids do not tell."""
    books = small_books()
    books.invoices = [
        paper("invoice", f"T-{index}", dt.date(2026, 1, 5), [line("1", 1)]) for index in range(40)
    ]
    desk = desk_over(books)
    async with desk.client:
        await desk.sign_in()
        ids = [row["id"] for row in await desk.get("/records/invoices")]
        halves = [await desk.get("/records/invoices", limit=20, offset=offset) for offset in (0, 20)]

    assert ids == [row["id"] for half in halves for row in half]
    assert ids not in (sorted(ids), sorted(ids, reverse=True))


@pytest.mark.parametrize(
    ("window", "numbers"),
    [
        ({"startDate": "2026-03-01"}, ["A-2", "A-3"]),
        ({"startDate": "2026-03-02"}, []),
        ({"endDate": "2025-12-31"}, ["A-1"]),
        ({"startDate": "2025-12-31", "endDate": "2026-03-01"}, ["A-2", "A-3", "A-1"]),
        ({"startDate": "2026-03-01", "endDate": "2025-12-31"}, []),
        ({"startDate": "2025-12-31", "endDate": "2026-03-01", "sortOrder": "asc"}, ["A-1", "A-2", "A-3"]),
        ({"startDate": "2025-12-31", "endDate": "2026-02-28", "sortColumn": "amount"}, ["A-1"]),
    ],
)
async def test_date_windows_include_both_ends(desk: Desk, window: dict[str, str], numbers: list[str]) -> None:
    """Both ends belong to the window, whatever the order."""
    assert numbers == await desk.numbers("/records/invoices", **window)


@pytest.mark.parametrize(
    ("filter", "numbers"),
    [
        ({"amountGe": "3599"}, ["A-2", "A-1"]),
        ({"amountLe": "3599"}, ["A-2", "A-3"]),
        ({"amountGe": "3001", "amountLe": "34534"}, ["A-2"]),
        ({"status": "paid"}, []),
        ({"status": "unpaid"}, ["A-2", "A-3", "A-1"]),
        ({"status": "overdue"}, ["A-1"]),
        ({"search": "a-1"}, ["A-1"]),
        ({"search": "ANN &"}, ["A-2"]),
        ({"search": "zoë"}, ["A-3", "A-1"]),
        ({"includeRemoved": "true"}, ["A-4", "A-2", "A-3", "A-1"]),
        ({"includeRemoved": "false"}, ["A-2", "A-3", "A-1"]),
        ({"modifiedSince": "1772366400000"}, ["A-2", "A-3"]),
        ({"modifiedSince": "1772366400001"}, []),
        ({"modifiedSince": "1772366400001", "includeRemoved": "true"}, ["A-4"]),
    ],
)
async def test_filters(desk: Desk, filter: dict[str, str], numbers: list[str]) -> None:
    """Amounts are minor units and inclusive, statuses computed, text is looked for in any case, changes by instant."""
    assert numbers == await desk.numbers("/records/invoices", **filter)


async def test_records_of_a_contact(desk: Desk) -> None:
    """`contactId` keeps the records of one contact in every list."""
    ann, zoe = await desk.get("/contacts")

    assert ["A-2"] == await desk.numbers("/records/invoices", contactId=ann["id"])
    assert ["D-1"] == await desk.numbers("/records/billPayments", contactId=zoe["id"])
    assert [] == await desk.numbers("/records/billPayments", contactId=ann["id"])


async def test_each_type_has_its_list(desk: Desk) -> None:
    """Bills, payments both ways and adjustments are listed apart, removed ones only on demand."""
    assert ["B-1"] == await desk.numbers("/records/bills")
    assert ["R-2", "R-1"] == await desk.numbers("/records/invoicePayments")
    assert ["R-3", "R-2", "R-1"] == await desk.numbers("/records/invoicePayments", includeRemoved="true")
    assert ["J-1"] == await desk.numbers("/records/adjustments")
    assert ["B-1"] == await desk.numbers("/records/bills", search="rent", status="paid")


async def test_the_general_list_mixes_types(desk: Desk) -> None:
    """All types come in date order with the shared fields; a named type comes in full; some can be left out."""
    rows = await desk.get("/records")
    named = await desk.get("/records", type="INVOICE")
    without = await desk.numbers("/records", exclude="INVOICE,billPayment")

    assert ["A-2", "A-3", "D-1", "B-1", "J-1", "R-2", "A-1", "R-1"] == [row["number"] for row in rows]
    assert (True, True) == ("amount" in rows[0], "lineItems" not in rows[0])
    assert await desk.get("/records/invoices") == named
    assert ["B-1", "J-1", "R-2", "R-1"] == without
    assert ["D-1"] == await desk.numbers("/records", type="billPayment")


async def test_removed_records_answer_by_id(desk: Desk) -> None:
    """A removed record is not gone: its own address still shows it, marked."""
    record = await desk.get(f"/api/records/{desk.id('INVOICE', 'A-4')}")

    assert (True, "A-4", 0) == (record["removed"], record["number"], record["balanceDue"])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("limit", "x"),
        ("limit", "0"),
        ("limit", "-1"),
        ("offset", "-1"),
        ("offset", "1.5"),
        ("startDate", "01/02/2026"),
        ("startDate", "20260102"),
        ("endDate", "2026-02-30"),
        ("amountGe", "1.00"),
        ("amountLe", str(2**63)),
        ("modifiedSince", "yesterday"),
        ("contactId", ""),
        ("includeRemoved", "yes"),
        ("status", "draft"),
        ("sortColumn", "contact"),
        ("sortOrder", "down"),
    ],
)
async def test_what_cannot_be_read_is_refused(desk: Desk, name: str, value: str) -> None:
    """A malformed parameter is a 400 that names it, never a list that ignores it."""
    answer = await desk.refused("/records/invoices", **{name: value})

    assert (400, True) == (answer.status_code, answer.json()["message"].startswith(name))


async def all_rows(desk: Desk) -> list[dict[str, str]]:
    """Every invoice that is not removed, read past the contract to save time."""
    rows: list[dict[str, str]] = []
    while page := exact(await desk.free.get(desk.url(f"/records/invoices?limit=100&offset={len(rows)}"))):
        rows += page
    return rows
