"""Writing the catalog, the configuration and the reporting of the smallinvoice emulator."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.sandbox.smallinvoice_bodies import CONTACT, INVOICES, customer, line, made
from tests.sandbox.smallinvoice_desk import Desk, exact, open_desk, tiny_world

ITEM = {"name": "Ding", "including_vat": True, "vat": 2.6, "unit_id": 7, "price": 12.5}
RATES = "/configuration/exchange-rates"
SLIPS = "/receivables/configuration/isrs"
ACCOUNTS = "/configuration/bank-accounts"
IBAN = "CH93 0076 2011 6238 5295 7"


@pytest.fixture
async def desk() -> Desk:
    """The tiny books, with one kind of work."""
    desk = open_desk(tiny_world(), "tiny")
    await desk.sign_in()
    return desk


@pytest.mark.parametrize("kind", ["products", "services"])
async def test_items_are_made_and_changed(desk: Desk, kind: str) -> None:
    """Numbers are shared by products and services; a rate that the books do not know is added to them."""
    path = f"/catalog/{kind}"
    made = await desk.post(path, {**ITEM, "unit_id": 13, "vat": 3.8})
    assert (made["number"], made["default_amount"], made["description"]) == ("102", 1, "")
    assert {key: made[key] for key in ITEM} == {
        **ITEM,
        "unit_id": 13,
        "vat": Decimal("3.8"),
        "price": Decimal("12.5"),
    }
    assert [tax.percent for tax in desk.books.taxes] == [Decimal("8.1"), Decimal("3.8")]
    changed = await desk.put(f"{path}/{made['id']}", {"number": "X", "price": 20, "notes": "n"})
    assert changed == {**made, "number": "X", "price": 20, "notes": "n"}
    assert await desk.wrong("POST", path, {**ITEM, "number": "100", "unit_id": 99, "name": 5}) == {
        "name": 1101
    }
    assert await desk.wrong("POST", path, {**ITEM, "number": "100"}) == {"number": 1105}
    assert await desk.wrong("POST", path, {**ITEM, "unit_id": 99}) == {"unit_id": 1102}
    assert await desk.wrong("POST", path, {**ITEM, "category_id": 99}) == {"category_id": 1102}
    await desk.delete(f"{path}/{made['id']}")
    assert desk.books.item("X") is None


async def test_lines_keep_what_the_item_was(desk: Desk) -> None:
    """Changing or deleting a product does not change the invoices that were written with it."""
    path = "/catalog/services"
    [before] = (await desk.get(INVOICES, filter='{"number": "10000"}', with_="positions"))["items"]
    [service] = (await desk.get(path))["items"]
    await desk.put(f"{path}/{service['id']}", {"name": "Anders", "number": "S-9", "unit_id": 2})
    assert (await desk.get(f"{INVOICES}/{before['id']}", with_="positions"))["item"] == before
    await desk.delete(f"{path}/{service['id']}")
    assert (await desk.get(f"{INVOICES}/{before['id']}", with_="positions"))["item"] == before


async def test_lines_keep_an_item_that_is_gone(desk: Desk) -> None:
    """Also when nobody had looked at them before."""
    [service] = (await desk.get("/catalog/services"))["items"]
    await desk.delete(f"/catalog/services/{service['id']}")
    [invoice] = (await desk.get(INVOICES, filter='{"number": "10000"}', with_="positions"))["items"]
    kept = [(each["number"], each["name"]) for each in invoice["positions"] if each["type"] == "N"]
    assert kept == [(service["number"], service["name"])]


@pytest.mark.parametrize("kind", ["products", "services"])
async def test_categories_are_the_items_words(desk: Desk, kind: str) -> None:
    """Renaming one moves its items; deleting it leaves them without; a new one is there before any item."""
    path = f"/catalog/{kind}/categories"
    [old] = (await desk.get(path))["items"]
    [item] = (await desk.get(f"/catalog/{kind}", with_="category_name"))["items"]
    assert (old["usage"], item["category_id"]) == (1, old["id"])
    renamed = await desk.put(f"{path}/{old['id']}", {"name": "Neu", "accounting_account_number": "3999"})
    assert renamed == {**old, "name": "Neu", "accounting_account_number": "3999"}
    item = (await desk.get(f"/catalog/{kind}/{item['id']}", with_="category_name"))["item"]
    assert (item["category_id"], item["category_name"]) == (old["id"], "Neu")
    other = await desk.post(path, {"name": "Leer"})
    assert (other["usage"], other["accounting_account_number"]) == (0, None)
    assert await desk.wrong("POST", path, {"name": "Neu"}) == {"name": 1105}
    await desk.put(f"/catalog/{kind}/{item['id']}", {"category_id": other["id"]})
    assert [row["usage"] for row in (await desk.get(path))["items"]] == [1, 0]
    await desk.delete(f"{path}/{old['id']},{other['id']}")
    assert (await desk.get(f"/catalog/{kind}/{item['id']}"))["item"]["category_id"] is None


async def test_units_and_slips_are_read_only(desk: Desk) -> None:
    """405 with code 7000 and the methods that there are."""
    for path in ("/catalog/configuration/units", "/receivables/configuration/isrs", "/reporting/activities"):
        for one, methods in ((path, ("POST",)), (f"{path}/1", ("PUT", "DELETE"))):
            for method in methods:
                answer = await desk.free.request(method, f"/v2{one}", json={})
                assert (answer.status_code, answer.json()["message"]) == (405, "Method must be one of: GET")


async def test_one_bank_account_is_the_default(desk: Desk) -> None:
    """A new default takes the rank; documents and the slip follow it; deleting it gives the rank back."""
    [old] = (await desk.get(ACCOUNTS))["items"]
    new = await desk.post(ACCOUNTS, {"description": "Neu", "iban": IBAN, "number": "80-1", "default": True})
    assert (new["default"], new["number"], new["auto_sync"]) == (True, "80-1", "active")
    assert (await desk.get(f"{ACCOUNTS}/{old['id']}"))["item"]["default"] is False
    assert (await made(desk))["bank_account_id"] == new["id"]
    await desk.delete(f"{ACCOUNTS}/{new['id']}")
    assert [(row["id"], row["default"]) for row in (await desk.get(ACCOUNTS))["items"]] == [(old["id"], True)]
    assert await desk.wrong("POST", ACCOUNTS, {"description": "", "iban": "x"}) == {
        "description": 1100,
        "iban": 1103,
    }


async def test_each_bank_account_has_a_payment_slip(desk: Desk) -> None:
    """That of the default account is the default one, also on new invoices; an invoice may name another."""
    [first] = (await desk.get(SLIPS))["items"]
    await desk.post(ACCOUNTS, {"description": "Neu", "iban": IBAN, "number": "80-1"})
    [other] = [row for row in (await desk.get(SLIPS))["items"] if row["id"] != first["id"]]
    assert (first["default"], other["default"], other["iban"]) == (True, False, IBAN)
    for invoice, slip in ((await made(desk), first), (await made(desk, isr_id=other["id"]), other)):
        shown = (await desk.get(f"{INVOICES}/{invoice['id']}", with_="isr"))["item"]
        assert (shown["isr_id"], shown["isr"]["id"]) == (slip["id"], slip["id"])


async def test_rates_are_set_once_for_a_pair(desk: Desk) -> None:
    """New papers in that currency take the rate; the last one deleted leaves none."""
    rate = await desk.post(RATES, {"currency_from": "EUR", "currency_to": "CHF", "rate": 0.945})
    assert await desk.wrong("POST", RATES, {"currency_from": "EUR", "currency_to": "CHF", "rate": 1}) == {
        "currency_to": 1105
    }
    assert await desk.wrong("PUT", f"{RATES}/{rate['id']}", {"rate": 0, "currency_from": "eur"}) == {
        "rate": 1102,
        "currency_from": 1102,
    }
    assert (await desk.put(f"{RATES}/{rate['id']}", {"rate": 0.95}))["rate"] == Decimal("0.95")
    invoice = await made(desk, currency="EUR", positions=[line(10)])
    assert desk.books.invoice(invoice["number"]).exchange_rate == Decimal("0.95")  # type: ignore[union-attr]  # it is there
    await desk.delete(f"{RATES}/{rate['id']}")
    assert (await desk.get(RATES))["items"] == []


async def project(desk: Desk, **more: Any) -> Any:
    """A new project of the first contact."""
    contact = await customer(desk)
    body = {"contact_id": contact["id"], "name": "Umbau", "start_date": "2025-06-01"}
    return await desk.post("/reporting/projects", {**body, **more})


async def test_projects_change_their_status_in_the_path(desk: Desk) -> None:
    """O, C, B and P; others are 422; numbers are given and unique."""
    first, second = await project(desk), await project(desk, hourly_rate=120)
    assert [first["number"], second["number"], first["status"], second["hourly_rate"]] == [
        "1000",
        "1001",
        "O",
        120,
    ]
    for word in "CBPO":
        one = f"/reporting/projects/{first['id']}"
        assert (await desk.patch(f"{one}/change-status/{word}"))["status"] == word
        assert (await desk.get(one))["item"]["status"] == word
    assert await desk.wrong("PATCH", f"/reporting/projects/{first['id']}/change-status/X", []) == {
        "status": 1102
    }
    assert await desk.wrong("PUT", f"/reporting/projects/{first['id']}", {"number": "1001"}) == {
        "number": 1105
    }


async def test_time_is_spent_on_what_is_there(desk: Desk) -> None:
    """On a project, a cost unit or a contact, which an effort keeps; deleting the project takes its time along."""
    contact, work = await customer(desk), await project(desk)
    unit = await desk.post("/reporting/cost-units", {"name": "Büro", "type": "U"})
    new = {"duration": 1.5, "date": "2025-06-14", "is_invoiced": True}
    targets = {"P": work["id"], "CU": unit["id"], "C": contact["id"]}
    efforts = {}
    for word, id in targets.items():
        efforts[word] = await desk.post("/reporting/efforts", {**new, "entity_type": word, "entity_id": id})
        assert (efforts[word]["entity_type"], efforts[word]["entity_id"]) == (word, id)
        wrong = {"entity_id": 1102}
        assert (
            await desk.wrong("POST", "/reporting/efforts", {**new, "entity_type": word, "entity_id": 5})
            == wrong
        )
    desk.clock.advance(3600)
    one = f"/reporting/efforts/{efforts['P']['id']}"
    changed = await desk.put(one, {"duration": 2})
    assert changed == {**efforts["P"], "duration": 2, "updated": "2025-06-15 13:00:00"}
    assert await desk.wrong("PUT", one, {"entity_id": unit["id"], "duration": 3}) == {"entity_id": 1104}
    assert (await desk.get("/auth/owner"))["item"]["id"] == changed["user_id"]
    await desk.delete(f"/reporting/projects/{work['id']}")
    left = {row["entity_type"] for row in (await desk.get("/reporting/efforts"))["items"]}
    assert left == {"CU", "C"}


async def test_working_hours_end_after_they_begin(desk: Desk) -> None:
    """In a new span and in a changed one; a user must be one of the account's."""
    path = "/reporting/working-hours"
    new = {"date": "2025-06-14", "time_start": "08:00", "time_end": "12:15"}
    made = await desk.post(path, new)
    assert {key: made[key] for key in new} == new
    assert await desk.wrong("POST", path, {**new, "time_end": "07:00"}) == {"time_end": 1102}
    assert await desk.wrong("POST", path, {**new, "time_start": "8:00"}) == {"time_start": 1103}
    assert await desk.wrong("PUT", f"{path}/{made['id']}", {"time_start": "13:00"}) == {"time_end": 1102}
    assert await desk.wrong("PUT", f"{path}/{made['id']}", {"user_id": 5}) == {"user_id": 1102}
    owner = (await desk.get("/auth/owner"))["item"]
    shown = (await desk.get(f"{path}/{made['id']}", with_="user_name"))["item"]
    assert shown["user_name"] == f"{owner['name']} {owner['surname']}"


async def test_every_write_needs_its_scope(desk: Desk) -> None:
    """Without it 400 with code 11, before anything else is looked at."""
    token = await desk.token("profile")
    desk.free.headers["Authorization"] = f"Bearer {token}"
    for method, path in (
        ("POST", "/contacts"),
        ("PUT", "/contacts/5"),
        ("DELETE", "/receivables/offers/5"),
        ("PATCH", "/contacts/letters/5/send-by-post"),
        ("GET", f"{INVOICES}/5/pdf"),
        ("PATCH", "/reporting/projects/5/change-status/C"),
    ):
        answer = await desk.free.request(method, f"/v2{path}", content=b"{")
        assert (answer.status_code, answer.json()["code"]) == (400, 11)


async def test_tomorrow_adds_to_everything(desk: Desk) -> None:
    """With `additive` every object has a field more, one record in ten another word, errors another code."""
    desk.emulator.switches.additive = True
    shown = exact(await desk.free.get(f"/v2{INVOICES}?with=positions,contact"))["items"]
    assert all(
        "field_of_tomorrow" in part for row in shown for part in (row, row["contact"], *row["positions"])
    )
    missing = await desk.free.get("/v2/contacts/5")
    assert (missing.status_code, missing.json()["code"]) == (404, 9999)
    contacts = [await desk.free.post("/v2/contacts", json=CONTACT) for _ in range(30)]
    assert {answer.status_code for answer in contacts} == {201}
    channels = {
        answer.json()["item"]["id"] % 10 == 0: answer.json()["item"]["communication_channel"]
        for answer in contacts
    }
    assert channels == {True: "RX", False: "U"}
    token = await desk.free.post("/v2/auth/access-tokens", json={})
    assert (token.status_code, token.json()["error"]) == (400, "unsupported_grant_type")
