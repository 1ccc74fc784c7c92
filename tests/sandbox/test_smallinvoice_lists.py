"""The smallinvoice emulator's lists: paging, order, filters, search."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from decimal import Decimal
from typing import Any

import pytest

from ledgermesh.sandbox.smallinvoice import KEEPER
from ledgermesh.sandbox.world import World, make_world
from tests.sandbox.contracts import ON_PURPOSE
from tests.sandbox.smallinvoice_desk import START, Desk, line, open_desk, paper, tiny_world

INVOICES = "/receivables/invoices"


@pytest.fixture
async def desk() -> Desk:
    """The tiny books."""
    desk = open_desk(tiny_world(), "tiny")
    await desk.sign_in()
    return desk


@pytest.fixture(scope="module")
def world() -> World:
    return make_world(today=START.date(), seed=1, keepers={"smallinvoice": KEEPER})


@pytest.fixture
async def big(world: World) -> Desk:
    """The books of a demo company."""
    desk = open_desk(world, "grand-tour")
    await desk.sign_in()
    return desk


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"with_": "positions,lines"}, 2100),
        ({"filter": '{"colour": "red"}'}, 2101),
        ({"filter": '{"and": [{"or": [{"colour": 1}]}]}'}, 2101),
        ({"sort": "-number,colour"}, 2102),
        ({"limit": 0}, 2103),
        ({"limit": 201}, 2103),
        ({"limit": "many"}, 2103),
        ({"offset": -1}, 2104),
        ({"offset": "x"}, 2104),
        ({"filter": "number=1"}, 2000),
        ({"filter": '{"and": {"number": "1"}}'}, 2000),
        ({"filter": '{"number": {"gt": 1}}'}, 2000),
    ],
)
async def test_wrong_parameters_have_their_codes(
    desk: Desk, parameters: dict[str, object], code: int
) -> None:
    """400 with the code of the parameter that is wrong."""
    status, body = await desk.refused(INVOICES, **parameters)
    assert (status, body["code"]) == (400, code)


async def test_next_leads_through_all_pages(big: Desk) -> None:
    """Every record once; `next` and `previous` are absent, not null, at the ends; links keep all parameters."""
    wanted = {paper.number for paper in big.books.invoices}
    items = await big.all(INVOICES, limit=37, sort="-date,id", with_="contact_name")
    assert Counter(record["number"] for record in items) == Counter(wanted)
    assert all("contact_name" in record for record in items)
    assert [record["date"] for record in items] == sorted((record["date"] for record in items), reverse=True)
    total = len(wanted)
    first, last = [
        (await big.get(INVOICES, limit=37, offset=offset))["pagination"] for offset in (0, total // 37 * 37)
    ]
    assert (first["page"], first["pages"], first["total"]) == (1, -(-total // 37), total)
    assert "previous" not in first
    assert "next" not in last
    assert last["previous"].endswith(f"limit=37&offset={total // 37 * 37 - 37}")


async def test_equal_keys_keep_an_order_of_their_own(big: Desk) -> None:
    """Records that sort alike come in the same order each time, which is not that of their ids."""
    once = await big.all(INVOICES, sort="currency", limit=50)
    again = await big.all(INVOICES, sort="currency", limit=200)
    francs = [record["id"] for record in once if record["currency"] == "CHF"]
    assert [record["id"] for record in once] == [record["id"] for record in again]
    assert francs != sorted(francs)
    assert francs != sorted(francs, reverse=True)


async def test_numbers_sort_as_text(desk: Desk) -> None:
    """The default `-number` puts 9999 before 10004."""
    numbers = [record["number"] for record in (await desk.get(INVOICES))["items"]]
    assert numbers == ["9999", "10004", "10003", "10002", "10001", "10000"]


@pytest.mark.parametrize(
    ("filter", "keep"),
    [
        ({"currency": "EUR"}, lambda r: r["currency"] == "EUR"),
        ({"or": [{"status": "PP"}, {"status": "DR"}]}, lambda r: r["status"] in ("PP", "DR")),
        (
            {"and": [{"currency": "CHF"}, {"date": ">=2025-01-01"}]},
            lambda r: r["currency"] == "CHF" and r["date"] >= "2025",
        ),
        ({"total": "<500.5"}, lambda r: r["total"] < Decimal("500.5")),
        ({"status": "!P"}, lambda r: r["status"] != "P"),
        ({"number": "~7"}, lambda r: "7" in r["number"]),
        ({"paid_date": None}, lambda r: r["paid_date"] is None),
        ({"vat_included": False, "language": "de"}, lambda r: r["language"] == "de"),
        (
            {"and": [{"or": [{"status": "C"}, {"status": "P"}]}, {"total": ">1000"}]},
            lambda r: r["status"] in "CP" and r["total"] > 1000,
        ),
    ],
)
async def test_filters_keep_what_they_say(big: Desk, filter: dict[str, Any], keep: Any) -> None:
    """A filtered list is the whole list, filtered here."""
    everything = await big.all(INVOICES, limit=200, sort="id")
    wanted = [record["id"] for record in everything if keep(record)]
    found = await big.all(INVOICES, limit=200, sort="id", filter=json.dumps(filter))
    assert [record["id"] for record in found] == wanted
    assert 0 < len(wanted) < len(everything)


async def test_filters_by_id_take_numbers_and_text(big: Desk) -> None:
    """`{"contact_id": 5}` and `{"contact_id": "5"}` find the same invoices."""
    sample = (await big.get(INVOICES, limit=1))["items"][0]
    found = [
        await big.all(INVOICES, filter=json.dumps({"contact_id": id}))
        for id in (sample["contact_id"], str(sample["contact_id"]))
    ]
    assert found[0] == found[1]
    assert sample in found[0]
    assert {record["contact_id"] for record in found[0]} == {sample["contact_id"]}


async def test_search_looks_into_text(desk: Desk) -> None:
    """All words must be found, without case, also in the customer's name."""
    assert [record["number"] for record in (await desk.get("/contacts", q="änne muster"))["items"]] == [
        "1000"
    ]
    numbers = {record["number"] for record in (await desk.get(INVOICES, q="zed"))["items"]}
    assert numbers == {"10000", "10001"}


async def test_books_may_change_between_pages(desk: Desk) -> None:
    """After `Books.invalidate()` an added invoice is there, a removed one gone, and ids stay what they were."""
    before = {record["number"]: record["id"] for record in (await desk.get(INVOICES))["items"]}
    desk.books.invoices.append(paper("20000", "1000", [line("1")], dt.date(2025, 6, 3)))
    del desk.books.invoices[0]
    desk.books.invalidate()
    after = {record["number"]: record["id"] for record in (await desk.get(INVOICES))["items"]}
    assert after.pop("20000") not in before.values()
    assert before.pop("9999") not in after.values()
    assert after == before
    assert (await desk.refused(f"{INVOICES}/{before['10000']}0"))[0] == 404


async def test_page_sizes_may_shrink(big: Desk) -> None:
    """A lower maximum refuses; a forced page size cuts, and `next` still leads through everything."""
    switches = big.emulator.switches
    switches.limit_max = 50
    status, body = await big.refused(INVOICES, limit=100)
    assert (status, body["code"]) == (400, 2103)
    switches.page_size = 20
    page = await big.get(INVOICES, limit=50)
    assert (len(page["items"]), page["pagination"]["pages"]) == (20, -(-len(big.books.invoices) // 20))
    assert len(await big.all(INVOICES, limit=50)) == len(big.books.invoices)


async def test_the_limit_is_kept_by_default(desk: Desk) -> None:
    """A hundred records without `limit`, two hundred at most, and an offset behind the end is an empty page."""
    desk.books.invoices += [paper(f"3{n:04}", "1000", [line("1")], dt.date(2025, 6, 3)) for n in range(240)]
    desk.books.invalidate()
    assert len((await desk.get(INVOICES))["items"]) == 100
    assert len((await desk.get(INVOICES, limit=200))["items"]) == 200
    behind = await desk.client.get("/v2/receivables/invoices?offset=500", extensions=dict(ON_PURPOSE))
    assert (behind.json()["items"], "next" in behind.json()["pagination"]) == ([], False)


async def test_whole_numbers_find_numbers_kept_as_text(desk: Desk) -> None:
    """`{"number": 10000}` finds the invoice whose number is the text 10000, and nothing finds nothing."""
    assert [row["number"] for row in (await desk.get(INVOICES, filter='{"number": 10000}'))["items"]] == [
        "10000"
    ]
    assert (await desk.get(INVOICES, filter='{"contact_id": 1}'))["items"] == []
