"""Records by id with the fewest calls, children, reports; an error stands for what could not be read."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from msgspec import structs

from ledgermesh.engine.hub import CHILDREN_MAX
from ledgermesh.engine.picking import SINGLES_MAX
from ledgermesh.errors import Garbled, NeedsConfig, TooCostly, Unavailable, Unsupported
from ledgermesh.model.record import Record
from ledgermesh.spec.paging import Offset
from ledgermesh.spec.query import ListQuery
from tests.engine.tiny import INVOICES, TINY, Shop, hub, paged

LIST = "/a%2Fb/invoices"


def invoices(count: int, **extra: object) -> dict[str, object]:
    """Invoices 1 to `count`, in a list and one by one."""
    rows = [{"id": number, "date": "2026-01-01", **extra} for number in range(1, count + 1)]
    return {LIST: paged(rows)} | {f"{LIST}/{row['id']}": {"row": row} for row in rows}


async def test_a_few_are_read_singly_and_more_from_the_list() -> None:
    """Up to two by id; more by pages as long as they are cheaper, the rest by id."""
    shop = Shop(invoices(12))
    found = await hub(shop).many("Invoice", ["3", "5"], frozenset())
    assert [path.split("?")[0] for path in shop.asked] == [f"{LIST}/3", f"{LIST}/5"]
    assert all(isinstance(each, Record) for each in found.values())

    shop.calls.clear()
    found = await hub(shop).many("Invoice", ["1", "2", "3", "4"], frozenset(("number",)))
    assert [path.split("?")[0] for path in shop.asked] == [LIST, f"{LIST}/4"]
    assert [each.native_id for each in found.values() if isinstance(each, Record)] == ["1", "2", "3", "4"]

    shop.calls.clear()
    found = await hub(shop).many("Invoice", ["10", "11", "12", "99"], frozenset(("number",)))
    assert [found[id] is not None for id in ("10", "11", "12", "99")] == [True, True, True, False]
    assert len(shop.calls) == 4 + 1


async def test_a_long_list_is_left_where_a_few_singly_cost_less() -> None:
    """The first page says how many pages there are: three records of a list of ten are read singly then, four calls."""
    page = Offset(size_max=3, total="total")
    assert INVOICES.list is not None
    counted = replace(INVOICES, keep=None, list=replace(INVOICES.list, page=page))
    everything = [{"id": number} for number in range(30)]
    singles: dict[str, Any] = {f"{LIST}/{number}": {"row": {"id": number}} for number in (27, 28, 29)}
    shop = Shop({LIST: paged(everything, total=30), **singles})
    books = hub(shop)
    books = structs.replace(books, link=replace(books.link, provider=replace(TINY, resources=(counted,))))
    found = await books.many("Invoice", ["27", "28", "29"], frozenset(("number",)))
    assert [row.native_id for row in found.values() if isinstance(row, Record)] == ["27", "28", "29"]
    assert len(shop.calls) == 4

    shop.calls.clear()
    wanted = [str(number) for number in range(0, 30, 3)]
    assert None not in (await books.many("Invoice", wanted, frozenset(("number",)))).values()
    assert {call.path for call in shop.calls} == {LIST} and len(shop.calls) == 10


async def test_what_could_not_be_read_is_an_error_of_its_own() -> None:
    """The others are there; an id that is none is None, an error is never taken for it."""
    shop = Shop(invoices(2) | {f"{LIST}/2": Unavailable("down")})
    found = await hub(shop).many("Invoice", ["1", "2"], frozenset())
    assert isinstance(found["1"], Record) and isinstance(found["2"], Unavailable)
    with pytest.raises(Unavailable):
        await hub(shop).one("Invoice", "2", frozenset())
    assert await hub(shop).one("Invoice", "404", frozenset()) is None
    assert await hub(shop).one("Invoice", "", frozenset()) is None

    down = Shop({LIST: Unavailable("down"), f"{LIST}/1": {"id": 1}})
    found = await hub(down).many("Invoice", ["1", "2", "3"], frozenset())
    assert all(isinstance(each, Unavailable) for each in found.values()) and len(down.calls) == 1


async def test_reading_one_by_one_has_a_bound() -> None:
    """Beyond it an error says so, and no call is made."""
    shop = Shop(invoices(0) | {LIST: {"rows": []}})
    found = await hub(shop).many("Invoice", [str(number) for number in range(SINGLES_MAX + 5)], frozenset())
    assert sum(isinstance(each, TooCostly) for each in found.values()) == 5
    assert len(shop.calls) == 1 + SINGLES_MAX


async def test_an_id_leads_to_its_own_resource() -> None:
    """Where a kind has several, the prefix tells which; an id without one belongs to none."""
    shop = Shop({"/goods/7": {"id": 7, "name": "Loaf"}, "/hours/7": {"id": 7, "name": "Hour"}})
    found = await hub(shop).many("Item", ["hours:7", "goods:7", "7", "goods:", "other:7"], frozenset())
    assert sorted(shop.asked) == ["/goods/7", "/hours/7"]
    assert [getattr(each, "name", None) for each in found.values()] == ["Hour", "Loaf", None, None, None]
    assert [pages.name for pages in hub(shop).lists(ListQuery("Item"))] == ["link-1/goods", "link-1/hours"]


async def test_an_id_behind_the_end_of_a_cut_list_is_not_absent() -> None:
    """Nobody knows whether it is there: the reason for the cut is the answer."""
    rows = [{"id": number, "text": "x"} for number in (1, 2, 3)]
    found = await hub(Shop({"/bank": rows})).many("BankTransaction", ["2", "7"], frozenset())
    assert isinstance(found["2"], Record)
    cut = found["7"]
    assert isinstance(cut, Unsupported) and cut.message == "no way on"
    whole = await hub(Shop({"/bank": rows[:2]})).many("BankTransaction", ["2", "7"], frozenset())
    assert whole["7"] is None


async def test_children_are_read_below_the_parents_that_have_any() -> None:
    """One call for each of them, none for the others; one parent's error is its own."""
    shop = Shop(invoices(4, paid=True, currency="CHF"))
    shop.answers |= {
        f"{LIST}/1/payments": paged([{"id": number} for number in range(4)]),
        f"{LIST}/2/payments": Unavailable("down"),
        f"{LIST}/3/payments": {"rows": "none"},
    }
    parents = [await hub(shop).one("Invoice", str(number), frozenset()) for number in (1, 2, 3, 4)]
    known = [parent for parent in parents if parent is not None]
    known[3].__dict__["_row"].doc["paid"] = False
    shop.calls.clear()
    found = await hub(shop).children("Payment", known, frozenset())
    first = found[0]
    assert not isinstance(first, Exception) and [row.native_id for row in first] == [
        "1-0",
        "1-1",
        "1-2",
        "1-3",
    ]
    assert isinstance(found[1], Unavailable) and isinstance(found[2], Garbled) and found[3] == ()
    assert len(shop.calls) == 3 + 1 + 1
    assert CHILDREN_MAX > 100


async def test_a_child_by_its_id_is_read_through_its_parent() -> None:
    """A parent of several is read once; a parent or a child that is not there is None."""
    shop = Shop(invoices(2, currency="CHF"))
    shop.answers |= {f"{LIST}/1/payments/{number}": {"id": number} for number in (5, 6)}
    found = await hub(shop).many("Payment", ["1-5", "1-6", "1-7", "9-5", "1", "1-"], frozenset())
    assert [getattr(each, "native_id", each) for each in found.values()] == [
        "1-5",
        "1-6",
        None,
        None,
        None,
        None,
    ]
    assert [getattr(each, "currency", None) for each in found.values()][:2] == ["CHF", "CHF"]
    assert [path.split("?")[0] for path in shop.asked].count(f"{LIST}/1") == 1


async def test_a_report_is_read_with_the_arguments_it_takes() -> None:
    """Others are left out; what is no report is garbled; one that is not there is refused with the reason."""
    shop = Shop({"/profit": {"title": "Profit"}})
    answer = await hub(shop).report(
        "PROFIT_AND_LOSS", {"from": "2026-01-01", "to": "2026-06-30", "asOf": "x"}
    )
    assert answer.report.title == "Profit" and shop.asked == ["/profit?since=2026-01-01&till=2026-06-30"]
    shop.answers["/profit"] = ["no", "report"]
    with pytest.raises(Garbled):
        await hub(shop).report("PROFIT_AND_LOSS", {})
    with pytest.raises(Unsupported):
        await hub(shop).report("BALANCE_SHEET", {})


async def test_what_the_provider_does_not_have_is_refused_with_its_reason() -> None:
    """As the definition words it; and a setting that is missing is asked for, not guessed."""
    with pytest.raises(Unsupported, match="Tiny Books has no bills"):
        hub(Shop()).lists(ListQuery("Bill"))
    with pytest.raises(Unsupported, match="has no Deadline in its API"):
        await hub(Shop()).one("Deadline", "1", frozenset())
    with pytest.raises(NeedsConfig):
        await hub(Shop(), settings={}).one("Invoice", "1", frozenset())
