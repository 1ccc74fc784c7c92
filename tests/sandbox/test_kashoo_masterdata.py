"""What writing accounts, contacts, groups, items and the business itself does in the Kashoo emulator."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest

from tests.sandbox.kashoo_desk import Desk, desk_over, small_books


@pytest.fixture(params=["object", "string"])
async def desk(request: pytest.FixtureRequest) -> AsyncIterator[Desk]:
    """Once with each form of dates in answers."""
    one = desk_over(small_books())
    one.emulator.switches.date_style = request.param
    async with one.client:
        await one.sign_in()
        yield one


async def test_a_new_account(desk: Desk) -> None:
    """Its number may be sent as a number; it is listed, found at its address, and can be booked to."""
    body = {"type": "CASH", "name": "Till", "number": 1050, "currency": "USD", "openDate": "2026-03-01"}
    answer = await desk.send("POST", "/accounts", body)
    made = answer.json()
    income = await desk.post("/accounts", {"type": "INCOME", "name": "Tips", "number": "4050"})

    assert ("1050", "1050 Till", "USD", False, "CASH") == tuple(
        made[name] for name in ("number", "nameAndNumber", "currency", "normalBalanceCredit", "type")
    )
    assert (True, None) == (income["normalBalanceCredit"], income["currency"])
    assert made == await desk.get(answer.headers["location"].removeprefix("http://sandbox/kashoo"))
    assert {"1050", "4050"} <= set(await desk.accounts())


async def test_an_account_is_replaced_whole(desk: Desk) -> None:
    """What is left out is lost, its type stays, and the change is dated; removed it leaves the list."""
    body = {"type": "EXPENSE", "name": "Fuel", "number": "5050", "description": "Vans", "taxNumber": 7}
    made = await desk.post("/accounts", body)
    path = f"/api/accounts/{made['id']}"
    desk.clock.advance(5)

    changed = await desk.put(
        path, {"type": "EXPENSE", "name": "Diesel", "nameAndNumber": "x", "system": True}
    )

    assert ("Diesel", "", "", None, "Diesel", False) == tuple(
        changed[name] for name in ("name", "number", "description", "taxNumber", "nameAndNumber", "system")
    )
    assert changed["lastModified"] > made["lastModified"]
    assert 400 == (await desk.denied("PUT", path, {"type": "INCOME", "name": "Diesel"}))[0]
    await desk.put(path, {**changed, "archived": True})
    assert [made["id"]] == [
        row["id"] for row in await desk.get("/accounts", archived="true", type="EXPENSE")
    ][-1:]
    await desk.put(path, {**changed, "removed": True})
    assert made["id"] not in [row["id"] for row in await desk.get("/accounts")]
    assert True is (await desk.get(path))["removed"]


async def test_two_accounts_may_show_one_number(desk: Desk) -> None:
    """A repeated request makes a second account: nothing here guards against that."""
    body = {"type": "EXPENSE", "name": "Fuel", "number": "5050"}
    first, second = [await desk.post("/accounts", body) for _ in range(2)]

    assert (first["number"], True) == (second["number"], first["id"] != second["id"])


async def test_the_systems_own_accounts(desk: Desk) -> None:
    """They are read-only: 409."""
    path = f"/api/accounts/{(await desk.accounts())['1200']}"

    assert True is (await desk.get(path))["readOnly"]
    assert 409 == (await desk.denied("PUT", path, {"type": "ACCOUNTS_RECEIVABLE", "name": "Mine"}))[0]
    assert 405 == (await desk.denied("DELETE", path, None))[0]


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"type": "CASH"}, "name"),
        ({"name": "x"}, "type"),
        ({"type": "PIGGY", "name": "x"}, "type"),
        ({"type": "CASH", "name": "x", "parent": 5}, "parent"),
        ({"type": "CASH", "name": "x", "currency": "??"}, "currency"),
        ({"type": "CASH", "name": "x", "feed": "x"}, "feed"),
        ({"type": "CASH", "name": 5}, "name"),
    ],
)
async def test_what_an_account_cannot_be(body: dict[str, object], place: str) -> None:
    """It is a 400 that names the field, and nothing was made."""
    desk = desk_over(small_books())
    async with desk.client:
        await desk.sign_in()
        status, message = await desk.denied("POST", "/accounts", body)
        assert (400, True) == (status, message.startswith(place)), message
        assert len(desk.books.accounts) == len(await desk.get("/accounts")) == 6


async def contact(desk: Desk, **changes: object) -> dict[str, Any]:
    """A customer in Halifax, with these changes."""
    information = {"name": "Harbour Café", "email": "hi@cafe.example", "city": "Halifax", "country": "CA"}
    owed = (await desk.accounts())["1200"]
    return {
        "contactInformation": information,
        "receivableAccount": owed,
        "comments": ["Pays late"],
        **changes,
    }


async def test_a_new_contact(desk: Desk) -> None:
    """The flat fields are made of the contact information; the role is told by the control account."""
    answer = await desk.send("POST", "/contacts", await contact(desk, name="Ignored", paymentTerms="Net 14"))
    made = answer.json()

    assert ("Harbour Café", "hi@cafe.example", "Halifax, CA", None, ["Pays late"], "Net 14") == tuple(
        made[name] for name in ("name", "email", "address", "payableAccount", "comments", "paymentTerms")
    )
    assert answer.headers["location"].endswith(f"/api/contacts/{made['id']}")
    assert made in await desk.get("/contacts", type="CUSTOMER")
    assert made not in await desk.get("/contacts", type="VENDOR")
    assert [] == await desk.get(f"/api/contacts/{made['id']}/records")


async def test_a_contact_is_replaced_whole(desk: Desk) -> None:
    """What is left out is lost, the role with it; records show the new name; the change is dated."""
    zoe = await desk.contact("Zoë Baker")
    before = await desk.get(f"/api/contacts/{zoe}")

    after = await desk.put(f"/api/contacts/{zoe}", {"contactInformation": {"name": "Zoë Smith"}})

    assert (None, None, "", []) == tuple(
        after[name] for name in ("receivableAccount", "payableAccount", "email", "groups")
    )
    assert after["lastModified"] > before["lastModified"]
    assert {"Zoë Smith"} == {row["contactName"] for row in await desk.get("/records/invoices", contactId=zoe)}
    assert ["A-3", "A-1"] == await desk.numbers("/records/invoices", search="zoë smith")


async def test_a_contact_is_removed_either_way(desk: Desk) -> None:
    """DELETE and `removed` do the same; it still answers, and no new record may name it."""
    first = await desk.post("/contacts", await contact(desk))
    second = await desk.post("/contacts", await contact(desk))
    await desk.delete(f"/api/contacts/{first['id']}")
    await desk.put(f"/api/contacts/{second['id']}", await contact(desk, removed=True))

    for made in (first, second):
        gone = await desk.get(f"/api/contacts/{made['id']}")
        assert (True, True) == (gone["removed"], gone["lastModified"] > made["lastModified"])
        assert made["id"] not in [row["id"] for row in await desk.get("/contacts")]
        moved = {"fromAccount": 1, "toAccount": 1, "amount": 1, "date": "2026-03-01", "contact": made["id"]}
        assert (await desk.denied("POST", "/records/transfers", moved))[1].startswith("contact")


async def test_groups_and_their_contacts(desk: Desk) -> None:
    """A group names its contacts and they name it; a contact's own list of groups replaces what was."""
    zoe = await desk.contact("Zoë Baker")
    made = await desk.post("/contactGroups", {"name": "Friends", "type": "CUSTOMER", "contacts": [zoe]})

    assert (made, [zoe]) == ((await desk.get("/contactGroups"))[-1], made["contacts"])
    before = await desk.get(f"/api/contacts/{zoe}")
    assert made["id"] in before["groups"]
    await desk.put(f"/api/contacts/{zoe}", {**before, "groups": []})
    assert [] == (await desk.get("/contactGroups"))[-1]["contacts"]
    await desk.put(f"/api/contacts/{zoe}", {**before, "groups": [made["id"]]})
    assert [zoe] == (await desk.get("/contactGroups"))[-1]["contacts"]
    for body in ({"name": ""}, {"name": "x", "contacts": [5]}, {"name": "x", "type": "FAMILY"}):
        assert 400 == (await desk.denied("POST", "/contactGroups", body))[0]


async def test_what_a_contact_cannot_be(desk: Desk) -> None:
    """A name is needed; accounts, taxes, groups and contacts that it names must be there, of the right type."""
    sales = (await desk.accounts())["4000"]
    wrong: list[tuple[dict[str, object], str]] = [
        ({"contactInformation": None}, "contactInformation"),
        ({"contactInformation": "x"}, "contactInformation"),
        ({"contactInformation": {"name": " "}}, "contactInformation.name"),
        ({"contactInformation": {"name": "x", "city": 5}}, "contactInformation.city"),
        ({"receivableAccount": sales}, "receivableAccount"),
        ({"payableAccount": 5}, "payableAccount"),
        ({"defaultTaxCode": "VAT"}, "defaultTaxCode"),
        ({"groups": [5]}, "groups"),
        ({"groups": ["x"]}, "groups"),
        ({"comments": [5]}, "comments"),
        ({"parent": 5}, "parent"),
    ]

    for change, place in wrong:
        status, message = await desk.denied("POST", "/contacts", await contact(desk, **change))
        assert (400, True) == (status, message.startswith(place)), message
    assert 2 == len(await desk.get("/contacts"))


async def test_items(desk: Desk) -> None:
    """Prices are decimals; a put replaces all and is the only way to remove one; lines may name it."""
    accounts = await desk.accounts()
    body = {
        "name": "Tasting",
        "defaultSellRate": Decimal("12.5"),
        "sku": "T",
        "creditAccount": accounts["4000"],
    }
    answer = await desk.send("POST", "/items", body)
    made = answer.json()
    path = f"/items/{made['id']}"
    line = {"account": accounts["4000"], "quantity": 1, "rate": 1, "item": made["id"]}
    invoice = {"currency": "CAD", "date": "2026-03-01", "dueDate": "2026-03-31", "lineItems": [line]}
    desk.clock.advance(5)

    changed = await desk.put(path, {"name": "Wine tasting", "tracked": True})

    assert answer.headers["location"].endswith(path)
    assert (12.5, "T", accounts["4000"]) == (made["defaultSellRate"], made["sku"], made["creditAccount"])
    assert (None, "", None, True) == tuple(
        changed[name] for name in ("defaultSellRate", "sku", "creditAccount", "tracked")
    )
    assert changed["lastModified"] > made["lastModified"]
    assert changed in await desk.get("/items")
    assert made["id"] == (await desk.post("/records/invoices", invoice))["lineItems"][0]["item"]
    assert 405 == (await desk.denied("DELETE", path, None))[0]
    await desk.put(path, {**changed, "removed": True})
    assert 1 == len(await desk.get("/items"))
    assert True is (await desk.get(path))["removed"]
    assert 404 == (await desk.denied("PUT", "/items/5", {"name": "x"}))[0]
    assert 400 == (await desk.denied("POST", "/items", {"name": ""}))[0]


async def test_the_business_itself(desk: Desk) -> None:
    """Its names can be replaced; its currency and id cannot."""
    before = await desk.get(desk.home)
    body = {**before, "contactInformation": {"name": "New Corner"}, "legalName": None, "currency": "USD"}

    after = await desk.put(desk.home, {**body, "fiscalYearEndMonth": 3, "booksCloseDate": "2025-12-31"})

    assert ("New Corner", "", "CAD", 3, before["id"]) == (
        after["contactInformation"]["name"], after["legalName"], after["currency"],
        after["fiscalYearEndMonth"], after["id"],
    )  # fmt: skip
    assert after == await desk.get(desk.home)
    assert after["booksCloseDate"] is not None
    assert 400 == (await desk.denied("PUT", desk.home, {**body, "fiscalYearEndMonth": 13}))[0]
    assert 400 == (await desk.denied("PUT", desk.home, {}))[0]
