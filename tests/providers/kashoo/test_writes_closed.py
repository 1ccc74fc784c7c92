"""Closed books: what is dated where nobody may change anything is refused before anything is sent."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Mapping
from typing import Any

import httpx
import pytest

from ledgermesh.engine.change import Change
from ledgermesh.engine.planned import Plan
from ledgermesh.spec.query import Ref
from ledgermesh.spec.write import WriteVerb
from tests.contract.stand import Stand, standing
from tests.providers.kashoo.test_writes import ONE
from tests.providers.kashoo.test_writes_money import expense
from tests.providers.kashoo.writes import DAY, LATER, RECORDS, Shop, blocking, changes, open_shop
from tests.writing import change, planned

BEFORE, AFTER = DAY - dt.timedelta(days=1), LATER + dt.timedelta(days=10)


@pytest.fixture(params=["kashoo", "trulysmall"])
async def shop(request: pytest.FixtureRequest) -> AsyncIterator[Shop]:
    """Either product over its emulator."""
    async with standing(str(request.param)) as made:
        yield await open_shop(made)


async def close_books(stand: Stand, day: dt.date | None) -> None:
    """As the bookkeeper does it, in the product itself; None opens them."""
    emulator: Any = stand.emulator
    keys = emulator.credentials(stand.books())
    path = f"/api/businesses/{keys['business_id']}"
    inner = httpx.ASGITransport(emulator.app)
    async with httpx.AsyncClient(transport=inner, base_url="http://sandbox") as client:
        login = await client.post(
            "/api/authTokens",
            data={name: keys[name] for name in ("email", "password")},
            headers={"Accept": "application/json"},
        )
        client.headers["Authorization"] = f"TOKEN json:{login.text}"
        body = (await client.get(path, headers={"Accept": "application/json"})).json()
        closed = day.isoformat() if day is not None else None
        assert (await client.put(path, json={**body, "booksCloseDate": closed})).is_success


async def blocked(shop: Shop, asked: Change) -> dict[str, str]:
    """Where a plan is blocked by closed books, and by which code; nothing was sent to find it out."""
    before = len(changes(shop.stand))
    plan = await planned(shop.stand, asked)
    assert plan.blocked
    assert len(changes(shop.stand)) == before
    [finding] = plan.findings
    assert shop.stand.provider.title in finding.message
    assert "closed through" in finding.message
    return blocking(plan)


@pytest.mark.parametrize("kind", RECORDS)
async def test_a_record_of_a_closed_day_stays_as_it_is(shop: Shop, kind: str) -> None:
    """It is neither made nor changed nor removed, on the closing day itself neither; the day after is open."""
    made, values = await shop.make(kind), await shop.values(kind)

    def asked(verb: WriteVerb, given: Mapping[str, Any] | None = None) -> Change:
        return change(shop.stand, kind, verb, given, id=made.native_id if verb != "CREATE" else None)

    await close_books(shop.stand, made.date)
    assert await blocked(shop, asked("CREATE", {**values, "date": made.date})) == {
        "input.date": "PERIOD_CLOSED"
    }
    assert await blocked(shop, asked("UPDATE", ONE[kind])) == {"input.date": "PERIOD_CLOSED"}
    assert await blocked(shop, asked("DELETE")) == {"": "PERIOD_CLOSED"}
    assert await blocked(shop, asked("VOID")) == {"": "PERIOD_CLOSED"}
    if shop.stand.provider.name == "trulysmall":
        assert await blocked(shop, asked("UNPROCESS")) == {"": "PERIOD_CLOSED"}
    await close_books(shop.stand, made.date - dt.timedelta(days=1))
    for verb, given in (("CREATE", {**values, "date": made.date}), ("UPDATE", ONE[kind]), ("VOID", None)):
        plan = await planned(shop.stand, asked(verb, given))  # type: ignore[arg-type]  # three of the verbs
        assert (plan.findings, len(plan.steps)) == ((), 1), (kind, verb)


async def test_nothing_is_moved_into_closed_books(shop: Shop) -> None:
    """A record of an open day whose new date is a closed one; another field of it may change."""
    made = await shop.make("Transfer")
    await close_books(shop.stand, BEFORE)
    moved = change(shop.stand, "Transfer", "UPDATE", {"date": BEFORE}, id=made.native_id)
    assert await blocked(shop, moved) == {"input.date": "PERIOD_CLOSED"}
    other = change(shop.stand, "Transfer", "UPDATE", {"number": "T-9"}, id=made.native_id)
    assert not (await planned(shop.stand, other)).blocked


async def test_what_is_made_of_several_records_counts_too(shop: Shop) -> None:
    """An expense, and a payment that settles an open document of a closed period."""
    invoice = await shop.make("Invoice")
    await close_books(shop.stand, AFTER)
    spent = change(shop.stand, "Expense", "CREATE", await expense(shop))
    assert await blocked(shop, spent) == {"input.date": "PERIOD_CLOSED"}
    cash = {"account": shop.account("CASH")}
    paid = change(shop.stand, "Invoice", "PAY", {"date": DAY, **cash}, id=invoice.native_id)
    assert await blocked(shop, paid) == {"input.date": "PERIOD_CLOSED"}
    later = {"date": AFTER + dt.timedelta(days=1), **cash}
    assert not (
        await planned(shop.stand, change(shop.stand, "Invoice", "PAY", later, id=invoice.native_id))
    ).blocked


async def test_one_record_of_several_is_enough(shop: Shop) -> None:
    """All of them are held back, and the closed one is named."""
    old, new = await shop.make("Bill"), await shop.make("Bill", date=AFTER, due_date=AFTER)
    await close_books(shop.stand, DAY)
    connection = shop.stand.link().connection
    records = tuple(
        Change(
            kind="Bill", verb="UPDATE", target=Ref("Bill", connection, each.native_id), values={"memo": "x"}
        )
        for each in (new, old)
    )
    asked = Change(kind="Record", verb="UPDATE_MANY", records=records, client_key="key-1")
    assert await blocked(shop, asked) == {"input.records.1.bill.date": "PERIOD_CLOSED"}


async def reads(shop: Shop, asked: Change) -> tuple[Plan, int]:
    """The plan, and how often the business was asked about itself."""
    before = len(shop.stand.line.seen)
    plan = await planned(shop.stand, asked)
    business = f"/businesses/{shop.stand.link().settings['business_id']}"
    seen = [request for _, request in shop.stand.line.seen[before:]]
    return plan, len([each for each in seen if each.url.path.endswith(business)])


async def test_it_costs_one_read_and_only_where_a_day_counts(shop: Shop) -> None:
    """One for all parts of a change; none for records without a day, nor where nothing is to be sent."""
    made = await shop.make("Invoice")
    plan, count = await reads(shop, change(shop.stand, "Expense", "CREATE", await expense(shop)))
    assert (len(plan.steps), count) == (2, 1)
    assert plan.calls == 3, "what committing takes is the same"
    plan, count = await reads(shop, change(shop.stand, "Party", "CREATE", await shop.values("Party")))
    assert (len(plan.steps), count) == (1, 0)
    same = change(shop.stand, "Invoice", "UPDATE", {"memo": made.memo}, id=made.native_id)
    plan, count = await reads(shop, same)
    assert (len(plan.steps), count) == (0, 0)


async def test_a_business_that_cannot_be_read_keeps_nobody_from_writing(shop: Shop) -> None:
    """The plan says that it was not looked; the provider has the last word then."""
    values = await shop.values("Transfer")
    end = f"/businesses/{shop.stand.link().settings['business_id']}"

    def refusing(request: httpx.Request) -> httpx.Response | None:
        refused = request.url.path.endswith(end)
        return httpx.Response(403, json={"status": 403, "message": "No access"}) if refused else None

    shop.stand.line.answering = refusing
    plan = await planned(shop.stand, change(shop.stand, "Transfer", "CREATE", values))
    assert [(each.code, each.blocks) for each in plan.findings] == [("UNCHECKED", False)]
    assert "MISSING_SCOPE" in plan.findings[0].message
    assert len(plan.steps) == 1
