"""Lists page by page, derived lists, single records."""

from __future__ import annotations

import datetime as dt

import pytest

from ledgermesh.engine.pages import Days
from ledgermesh.engine.read import LEAVES_MAX, DerivedPages, Leaves, ListPages, ReadPages, open_list, read_one
from ledgermesh.errors import Garbled, TooCostly, Unavailable, Unsupported
from ledgermesh.spec.query import And, Compare, ListQuery, Order
from tests.engine.test_mapping import maker
from tests.engine.tiny import BANK, INVOICES, NOW, PAYMENTS, TAXES, Shop, hub, paged, terms

LIST = "/a%2Fb/invoices"


def pages(shop: Shop, query: ListQuery | None = None) -> ReadPages:
    """The invoices."""
    return open_list(shop, terms(), maker(INVOICES), query or ListQuery("Invoice"))


async def test_a_page_is_one_call_with_everything_that_was_asked_for() -> None:
    """Constant parameters, window, parts, page; rows, the next position, when it was read."""
    shop = Shop({LIST: paged([{"id": number} for number in range(1, 8)])})
    read = pages(shop, ListQuery("Invoice", fields=frozenset(("lines",))))
    page = await read.page(3, size=2, days=Days(dt.date(2026, 1, 1), None))
    assert shop.asked == [f"{LIST}?until=2026-11-15&from=2026-01-01&with=lines&limit=2&offset=3"]
    assert [row.native_id for row in page.rows] == ["4", "5"]
    assert (page.next, page.total, page.truncated) == (5, None, None)
    assert read.seen.fetched_at == NOW + dt.timedelta(seconds=1)
    assert (read.name, read.connection, read.size_max, read.windowed) == ("link-1", "link-1", 3, "date")


async def test_rows_that_were_left_out_still_count_as_read() -> None:
    """Rejected rows and rows of another kind move the position on, or the next page would show rows twice."""
    shop = Shop({LIST: paged([{"id": 1, "kind": "bill"}, {"id": None}, 5, {"id": 4}])})
    read = pages(shop)
    first = await read.page(None, size=3)
    assert (first.rows, first.next) == ((), 3)
    second = await read.page(3, size=3)
    assert [row.native_id for row in second.rows] == ["4"]
    assert [each.reason for each in read.seen.rejected] == ["the record has no id", "expected an object"]


async def test_notes_and_the_age_of_the_oldest_answer_are_kept() -> None:
    """What the provider says beside its rows is not lost; anything that is no text is."""
    answers = iter(({"rows": [{"id": 1}], "said": "careful"}, {"rows": [], "said": ["a", 5, "b"]}))
    read = pages(Shop({LIST: lambda _: next(answers)}))
    await read.page(None, size=3)
    await read.page(1, size=3)
    assert read.seen.notes == ["careful", "a", "b"]
    assert read.seen.fetched_at == NOW + dt.timedelta(seconds=1)


async def test_windows_never_widen_what_the_condition_pushed() -> None:
    """The narrower end of both counts; where nothing is left, nobody is asked."""
    shop = Shop({LIST: paged([])})
    where = And((Compare("date", "gte", dt.date(2026, 3, 1)),))
    read = pages(shop, ListQuery("Invoice", where=where))
    assert isinstance(read, ListPages)
    for days in (Days(dt.date(2026, 1, 1), dt.date(2026, 6, 1)), Days(None, None)):
        await read.page(None, size=3, days=days)
    assert "from=2026-01-01&to=2026-06-01" in shop.asked[0]
    assert "from" not in shop.asked[1] and "to=" not in shop.asked[1]


async def test_an_order_that_the_provider_does_not_keep_is_not_claimed() -> None:
    """The merge sorts here then."""
    read = pages(Shop(), ListQuery("Invoice", order=(Order("date"),)))
    assert (read.order_pushed, read.ties_by_id) == (False, False)


async def test_a_cut_list_is_searched_by_the_provider_too() -> None:
    """Rows that only its search finds come beside those that fit; each once, and it stays cut."""
    everything = [{"id": number, "text": str(number)} for number in (1, 2, 3)]
    found = [{"id": 3, "text": "3"}, {"id": 9, "text": "9"}]
    shop = Shop({"/bank": lambda call: found if ("q", "x") in call.query else everything})
    page = await open_list(shop, terms(), maker(BANK), ListQuery("BankTransaction", search="x")).page(
        None, size=3
    )
    assert ([row.native_id for row in page.rows], page.truncated) == (["1", "2", "3", "9"], "no way on")
    assert shop.asked == ["/bank?limit=3", "/bank?limit=3&q=x"]


async def test_derived_records_are_made_of_all_their_answers() -> None:
    """Every page of the lists, the whole of the others; they say that they are derived."""
    rates = [{"id": f"r{number}", "rate": number} for number in range(1, 6)]
    shop = Shop({"/rates": paged(rates), "/book": {"id": "b", "rate": 9}})
    read = open_list(shop, terms(), maker(TAXES), ListQuery("TaxRate"))
    assert isinstance(read, DerivedPages)
    page = await read.page(None, size=2)
    assert [row.native_id for row in page.rows] == ["r1", "r2", "r3", "r4", "r5", "b"]
    assert page.next is None and read.shift(None, 5) is None
    assert shop.asked[-1] == "/book?day=2026-11-15" and len(shop.calls) == 4
    assert {row.source().origin.kind.name for row in page.rows} == {"DERIVED"}


async def test_a_derived_list_that_repeats_a_page_is_refused() -> None:
    """A provider that forgets the offset does not make us read for ever."""
    shop = Shop({"/rates": {"rows": [{"id": 1, "rate": 1}]}})
    with pytest.raises(Garbled, match="repeated"):
        await open_list(shop, terms(), maker(TAXES), ListQuery("TaxRate")).page(None, size=2)
    assert len(shop.calls) == 2


async def test_leaves_turn_to_the_end_and_no_further_than_the_bound() -> None:
    """To the empty page; a list without an end is too costly, one that runs in circles is garbled."""
    shop = Shop({LIST: paged([{"id": number} for number in range(5)])})
    leaves, ids = Leaves(pages(shop)), []
    while not leaves.ended:
        ids += [row.native_id for row in (await leaves.turn()).rows]
    assert (ids, leaves.read) == (["0", "1", "2", "3", "4"], 3)

    endless: Shop = Shop({LIST: lambda call: {"rows": [{"id": len(endless.calls)}]}})
    leaves = Leaves(pages(endless))
    with pytest.raises(TooCostly, match=str(LEAVES_MAX)):
        while not leaves.ended:
            await leaves.turn()
    assert len(endless.calls) == LEAVES_MAX

    leaves = Leaves(pages(Shop({LIST: {"rows": [{"id": 1}]}})))
    with pytest.raises(Garbled, match="repeated"):
        while not leaves.ended:
            await leaves.turn()


async def test_a_single_record() -> None:
    """Wrapped or bare, with all parts; None for one that is not there or of another kind; garbage is no absence."""
    shop = Shop(
        {f"{LIST}/7": {"row": {"id": 7}}, f"{LIST}/8": {"id": 8, "kind": "bill"}, f"{LIST}/9": {"row": []}}
    )
    found = await read_one(shop, terms(), maker(INVOICES), "7", frozenset())
    assert found is not None and found.native_id == "7" and shop.asked == [f"{LIST}/7?with=lines"]
    assert await read_one(shop, terms(), maker(INVOICES), "8", frozenset()) is None
    assert await read_one(shop, terms(), maker(INVOICES), "0", frozenset()) is None
    with pytest.raises(Garbled, match="expected an object"):
        await read_one(shop, terms(), maker(INVOICES), "9", frozenset())


async def test_what_cannot_be_listed_is_refused_without_a_call() -> None:
    """Children are listed below their parents only; the provider's errors come as they are."""
    shop = Shop({LIST: Unavailable("down")})
    with pytest.raises(Unsupported, match="only below their Invoice"):
        open_list(shop, terms(), maker(PAYMENTS), ListQuery("Payment"))
    assert shop.calls == []
    with pytest.raises(Unavailable):
        await hub(shop).lists(ListQuery("Invoice"))[0].page(None, size=3)
