"""What the Kashoo emulator shows beside records: people, plans, groups, older lists, entries of accounts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal

import pytest

from ledgermesh.sandbox.ledger import trial_balance
from ledgermesh.sandbox.world import World
from tests.sandbox.contracts import ON_PURPOSE
from tests.sandbox.kashoo_desk import JSON, Desk, desk_over, exact, small_books, small_world


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    one = desk_over(small_books(), small_books("other-shop"))
    async with one.client:
        await one.sign_in()
        yield one


@pytest.fixture(scope="module")
def world() -> World:
    return small_world()


@pytest.fixture
async def big(world: World) -> AsyncIterator[Desk]:
    """A desk over books of the world."""
    one = desk_over(world.books["maple-bakery", "kashoo"])
    async with one.client:
        await one.sign_in()
        yield one


async def test_whose_token_it_is(desk: Desk) -> None:
    """The user's id is that of the token, and the last login is known, whatever the forms of time."""
    token = (await desk.log_in()).json()
    user = await desk.get("/api/users/me")
    desk.emulator.switches.date_style, desk.emulator.switches.instant_style = "string", "epoch"
    again = await desk.get("/api/users/me")

    assert (token["myUserId"], "owner@corner-shop.example") == (user["id"], user["email"])
    assert ("2026-03-10T09:30:00.000Z", 1773135000000) == (user["lastLogin"], again["lastLogin"])
    assert (2020, "2020-01-01") == (user["created"]["year"], again["created"])
    assert 401 == (await desk.client.get("/api/users/me", extensions=dict(ON_PURPOSE), headers={
        "Authorization": "TOKEN uuid:no"})).status_code  # fmt: skip


async def test_the_plan_and_what_was_billed_for_it() -> None:
    """A business is on a plan, billed once a month: newest first, by pages and dates; a free one is never billed."""
    free, paying = desk_over(small_books()), desk_over(small_books("paid-shop"))
    for desk in (free, paying):
        await desk.sign_in()
    plan, rows = await paying.get("/contract"), await paying.get("/contract/invoices")
    window = await paying.get("/contract/invoices", startDate="2025-03-01", endDate="2025-04-01")

    assert (True, []) == ((await free.get("/contract"))["free"], await free.get("/contract/invoices"))
    assert (False, 14) == (plan["free"], len(rows))
    assert ["S-202603", "S-202602"] == [row["number"] for row in rows[:2]]
    assert {(plan["monthlyPrice"], True)} == {(row["totalDue"], row["paid"]) for row in rows}
    assert ["S-202504", "S-202503"] == [row["number"] for row in window]
    assert rows[2:4] == await paying.get("/contract/invoices", limit=2, offset=2)
    for desk in (free, paying):
        await desk.client.aclose()


async def test_a_subscription_takes_an_access_token(desk: Desk) -> None:
    """Plan, status and end, also when it has lapsed; first-party tokens, strangers and unknown ids are refused."""
    own = desk.emulator.credentials(desk.books)["business_id"]
    stranger = desk.emulator.credentials(small_books("other-shop"))["business_id"]
    user = desk.emulator.tokens.user(desk.client.headers["Authorization"])

    async def ask(**query: str) -> tuple[int, dict[str, object]]:
        answer = await desk.client.get("/api/billing/subscription", params=query, extensions=dict(ON_PURPOSE))
        return answer.status_code, answer.json()

    assert 401 == (await ask(subscriberId=own))[0]
    plan = await desk.get("/contract")
    desk.client.headers["Authorization"] = await bearer(desk)
    status, found = await ask(subscriberId=own)
    assert (200, own, str(user.id), plan["name"], "active", "2026-04-01T00:00:00Z") == (
        status, *(found[name] for name in ("subscriberId", "userID", "plan", "status", "expiresAt"))
    )  # fmt: skip
    assert (200, found) == await ask(id=str(found["id"])) == await ask()
    assert [403, 404, 404] == [
        (await ask(**query))[0]
        for query in ({"subscriberId": stranger}, {"subscriberId": "5"}, {"id": "sub_0", "subscriberId": own})
    ]
    desk.emulator.switches.lapsed_businesses.add(int(own))
    _, lapsed = await ask(subscriberId=own)
    assert ("cancelled", "2026-03-01T00:00:00Z") == (lapsed["status"], lapsed["expiresAt"])
    assert 402 == (await desk.refused("/contract")).status_code


async def bearer(desk: Desk) -> str:
    """The header of an OAuth access token of the books' owner."""
    keys = desk.emulator.credentials(desk.books)
    query = {"client_id": keys["client_id"], "response_type": "code", "scope": "full-access"}
    query |= {"redirect_uri": "http://localhost:8000/connect/callback", "login_hint": keys["email"]}
    back = (await desk.client.get("/oauth2/authorize", params=query)).headers["location"]
    form = {"grant_type": "authorization_code", "code": back.partition("code=")[2]}
    form["redirect_uri"] = query["redirect_uri"]
    pair = await desk.client.post("/oauth2/token", data=form, auth=(keys["client_id"], keys["client_secret"]))
    return f"Bearer {pair.json()['access_token']}"


async def test_the_older_way_to_list_contacts(desk: Desk) -> None:
    """A sync of one's own business gives its customers, its vendors, or both; nobody else's."""
    own, other = (
        desk.emulator.credentials(books)["business_id"] for books in (desk.books, small_books("other-shop"))
    )
    opened = await desk.client.post("/api/sync", data={"business": own, "description": "x"})
    sync = f"/api/sync/{opened.json()['id']}/contacts"

    assert 200 == opened.status_code
    assert await desk.get("/contacts") == await desk.get(sync)
    assert await desk.get("/contacts", type="VENDOR") == await desk.get(f"{sync}/vendors")
    assert ["Zoë Baker"] == [row["name"] for row in await desk.get(f"{sync}/customers", limit=1, offset=1)]
    slashed = await desk.free.get(f"{sync}/", headers=JSON)
    assert await desk.get("/contacts") == exact(slashed)
    for fields, status in (({"business": other}, 403), ({"business": "5"}, 404), ({}, 400)):
        answer = await desk.client.post("/api/sync", data=fields, extensions=dict(ON_PURPOSE))
        assert status == answer.status_code
    for path in ("/api/sync/5/contacts", f"{sync}/friends"):
        assert 404 == (await desk.refused(path)).status_code


async def test_taxes_that_could_be_charged(desk: Desk) -> None:
    """Those of the business, then those of its country without a configuration."""
    own = await desk.get("/taxes", version=2)
    rows = await desk.get("/taxes/available")

    assert own == rows[:2]
    assert [("QST 9.975%", [], Decimal("0.09975")), ("PST MB 7%", [], Decimal("0.07"))] == [
        (row["name"], row["configuration"], row["rates"][0]["rate"]) for row in rows[2:]
    ]


async def test_groups(desk: Desk) -> None:
    """Groups name their contacts, contacts their groups; removed ones are hidden."""
    rows = await desk.get("/contactGroups")
    zoe = await desk.get(f"/api/contacts/{await desk.contact('Zoë Baker')}")
    desk.emulator.switches.list_removed = True

    assert {row["id"] for row in rows if zoe["id"] in row["contacts"]} == set(zoe["groups"]) != set()
    assert [True] == [row["removed"] for row in await desk.get("/contactGroups") if row not in rows]


async def test_what_was_booked_to_an_account(desk: Desk) -> None:
    """One row for each record, newest first, with the balance after it; dates, amounts, words and orders choose."""
    owed = f"/api/accounts/{(await desk.accounts())['1200']}/journalEntries"
    rows = await desk.get(owed)

    assert [("A-3", 2850, 0), ("A-2", 3599, 0), ("R-2", 0, 10500), ("R-1", 0, 4535), ("A-1", 34535, 0)] == [
        (row["number"], row["debit"], row["credit"]) for row in rows
    ]
    balance = 0
    for row in reversed(rows):
        balance += row["debit"] - row["credit"]
        assert balance == row["balance"]
    assert list(reversed(rows)) == await desk.get(owed, sortOrder="asc")
    assert ["R-2"] == await desk.numbers(owed, startDate="2026-01-01", endDate="2026-02-28")
    assert ["R-2", "R-1"] == await desk.numbers(owed, amountGe=4000, amountLe=10500)
    assert ["A-2"] == await desk.numbers(owed, search="ann")
    assert ["A-1", "R-2"] == await desk.numbers(owed, sortColumn="amount", limit=2)
    assert ["A-1", "A-2"] == await desk.numbers(owed, sortColumn="number", sortOrder="asc", limit=2)
    assert ["R-1"] == await desk.numbers(owed, limit=1, offset=3)
    assert 404 == (await desk.refused("/api/accounts/5/journalEntries")).status_code


async def test_records_of_an_account_and_of_a_contact(desk: Desk) -> None:
    """With the shared fields only, newest first, nothing removed; the account's can be narrowed to a contact."""
    accounts, ann = await desk.accounts(), await desk.contact("Ann & Co")
    owed = f"/api/accounts/{accounts['1200']}/records"
    rows = await desk.get(owed)

    assert {"A-1", "A-2", "A-3", "R-1", "R-2"} == {row["number"] for row in rows}
    assert not any("lineItems" in row for row in rows)
    assert (
        ["A-2"]
        == await desk.numbers(owed, contactId=ann)
        == await desk.numbers(f"/api/contacts/{ann}/records")
    )
    assert ["A-1"] == await desk.numbers(owed, sortColumn="amount", limit=1)
    zoe = f"/api/contacts/{await desk.contact('Zoë Baker')}/records"
    assert ["A-3", "D-1", "B-1", "R-2", "A-1", "R-1"] == await desk.numbers(zoe)
    assert ["B-1", "D-1"] == await desk.numbers(
        zoe, sortOrder="asc", startDate="2026-02-01", endDate="2026-02-28"
    )
    assert ["A-1"] == await desk.numbers(zoe, amountGe=30000)


async def test_entries_are_the_ledgers(big: Desk) -> None:
    """The newest balance of every account is that of the books, and of the transfers that only Kashoo knows."""
    expected = dict(trial_balance(big.books))
    moved = await big.get("/records/transfers", limit=100)
    accounts = await big.accounts()
    numbers = {id: number for number, id in accounts.items()}
    for row in moved:
        amount = Decimal(row["amount"]).scaleb(-2)
        expected[numbers[row["toAccount"]]] = expected.get(numbers[row["toAccount"]], Decimal(0)) + amount
        expected[numbers[row["fromAccount"]]] -= amount

    assert len(moved) > 15
    for number, id in accounts.items():
        newest = await big.get(f"/api/accounts/{id}/journalEntries", limit=1)
        assert expected.get(number, 0) * 100 == sum(row["balance"] for row in newest), number


async def test_the_world_has_everything(big: Desk) -> None:
    """Removed transfers, projects, attachments and closed records are there to be met."""
    shown = await big.get("/records/transfers", limit=100)
    every = await big.get("/records/transfers", limit=100, includeRemoved="true")
    invoices = await big.get("/records/invoices", limit=100)

    assert 1 == len(every) - len(shown)
    assert 1 < len({row["projectName"] for row in invoices})
    assert any(row["recordAttachments"] for row in invoices)
    assert any(
        record.detail.read_only for record in big.emulator.businesses.of(big.books).records.by_id.values()
    )
    assert not any(row["inboxReference"] for row in await big.get("/records", limit=100))


async def test_words_that_nobody_knows(desk: Desk) -> None:
    """With additions some accounts, records, payments and plans carry words that the contract does not have."""
    desk.emulator.switches.additive = True

    async def words(path: str, field: str) -> set[object]:
        answer = await desk.free.get(desk.url(path), headers=JSON)
        return {row[field] for row in exact(answer)}

    assert "DIGITAL_WALLET" in await words("/accounts", "type")
    assert {"TIMESHEET", "INVOICE"} <= await words("/records", "type")
    assert {"INVOICE"} == await words("/records/invoices", "type")
    number = desk.emulator.businesses.of(desk.books).accounts["1200"]
    assert "TIMESHEET" in await words(f"/api/accounts/{number}/journalEntries", "recordType")
    desk.free.headers["Authorization"] = await bearer(desk)
    found = exact(await desk.free.get("/api/billing/subscription", headers=JSON))
    assert ("under_review", True) == (found["status"], "addedLater" in found)
