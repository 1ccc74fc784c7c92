"""Invoices, offers, order confirmations, delivery notes and letters: made, changed, deleted."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest

from ledgermesh.engine.version import differing
from ledgermesh.model.enums import LineKind, TaxMode
from ledgermesh.model.money import Money
from tests.contract.stand import Stand
from tests.providers.smallinvoice.writes import (
    DAY,
    DOCUMENTS,
    LATER,
    below,
    blocking,
    body,
    by,
    changes,
    chf,
    invoice,
    own_books,
    puts_of,
    read_as_written,
    some,
)
from tests.writing import carry_out, change, planned


@pytest.fixture
async def stand() -> AsyncIterator[Stand]:
    async with own_books() as made:
        yield made


async def lines(stand: Stand) -> tuple[dict[str, Any], ...]:
    """One of each kind of line: of words, free, of an item, and a sum."""
    unit = (await some(stand, "Unit", 3))[-1]
    return (
        {"kind": LineKind.TEXT, "name": "Leistungen"},
        {
            "kind": LineKind.ITEM, "name": "Beratung", "description": "Zwei Tage", "quantity": Decimal("1.5"),
            "unit_price": chf("120.55"), "taxes": ({"rate": Decimal("8.1")},), "unit": by(unit),
            "discount_percent": Decimal(5),
        },
        {
            "name": "Versand", "item_code": "V-1", "quantity": Decimal(1), "unit_price": chf("9"),
            "taxes": ({"rate": Decimal("2.6")},), "unit": by(unit), "discount_amount": chf("1.5"),
        },
        {"kind": LineKind.SUBTOTAL},
    )  # fmt: skip


async def values(stand: Stand, kind: str) -> dict[str, Any]:
    """Everything that a new document of this kind may be given."""
    [party] = await some(stand, "Party", 1)
    addresses = await below(stand, "PartyAddress", party)
    shared = {
        "party": by(party), "party_address": by(addresses[-1]), "date": DAY, "language": "fr",
        "private_note": "Telefonisch besprochen",
    }  # fmt: skip
    if kind == "Letter":
        return {**shared, "title": "Dank", "content": "Sehr geehrte Damen und Herren"}
    document = {
        **shared, "number": "88001", "currency": "CHF", "tax_mode": TaxMode.INCLUSIVE,
        "discount_percent": Decimal("2.5"), "lines": await lines(stand),
    }  # fmt: skip
    if kind == "Quote":
        return {**document, "valid_until": LATER, "accept_online": True}
    if kind != "Invoice":
        return document
    [account] = await some(stand, "BankAccount", 1)
    return {
        **document, "due_date": LATER, "period_from": DAY, "period_to": LATER, "cash_discount_percent": Decimal(2),
        "cash_discount_date": dt.date(2026, 11, 20), "bank_account": by(account),
    }  # fmt: skip


@pytest.mark.parametrize("kind", [*DOCUMENTS, "Letter"])
async def test_a_new_document_is_read_as_it_was_written_and_a_change_sends_one_field(
    stand: Stand, kind: str
) -> None:
    """Every field and every line arrives; read and written unchanged sends nothing; one field sends that one alone;
    a deleted document is gone.
    """
    asked = change(stand, kind, "CREATE", await values(stand, kind))
    plan = await planned(stand, asked)
    assert changes(stand) == [], "a plan changes nothing"
    made: Any = await carry_out(stand, asked)
    assert list(differing(made, plan.asked)) == []
    sent, doc = body(plan), made.__dict__["_row"].doc
    assert doc["contact_address_id"] == sent["contact_address_id"]
    if kind == "Invoice":
        assert doc["bank_account_id"] == sent["bank_account_id"]
    if kind != "Letter":
        assert [each["unit_id"] for each in doc["positions"]] == [
            each.get("unit_id") for each in sent["positions"]
        ]

    same = read_as_written(made, puts_of(kind, "UPDATE"))
    unchanged = await planned(stand, change(stand, kind, "UPDATE", same, id=made.native_id))
    assert (unchanged.steps, unchanged.findings) == ((), ())

    one = change(stand, kind, "UPDATE", {**same, "private_note": "Neu"}, id=made.native_id)
    assert body(await planned(stand, one)) == {"notes": "Neu"}
    after: Any = await carry_out(stand, one)
    assert after.private_note == "Neu"

    assert await carry_out(stand, change(stand, kind, "DELETE", id=made.native_id)) is None
    with pytest.raises(Exception, match="no such"):
        await planned(stand, change(stand, kind, "DELETE", id=made.native_id))


async def test_a_changed_line_replaces_the_list_and_keeps_what_the_model_does_not_show(stand: Stand) -> None:
    """The whole list goes out with one quantity changed; units and kinds of the other positions are as they were."""
    found = next(each for each in await some(stand, "Quote", 30) if _mixed(each))
    same = read_as_written(found, puts_of("Quote", "UPDATE"))
    place = next(place for place, line in enumerate(same["lines"]) if line["kind"] is LineKind.ITEM)
    changed = [dict(line) for line in same["lines"]]
    changed[place]["quantity"] = Decimal(77)
    plan = await planned(
        stand, change(stand, "Quote", "UPDATE", {"lines": tuple(changed)}, id=found.native_id)
    )
    before = found.__dict__["_row"].doc["positions"]
    sent = body(plan)
    assert list(sent) == ["positions"]
    for number, (position, stood) in enumerate(zip(sent["positions"], before, strict=True)):
        for key in ("type", "catalog_type", "unit_id", "number", "price", "vat", "show_only_total"):
            assert position.get(key) == stood[key], (number, key)
    assert sent["positions"][place]["amount"] == 77
    after: Any = await carry_out(
        stand, change(stand, "Quote", "UPDATE", {"lines": tuple(changed)}, id=found.native_id)
    )
    assert [line.quantity for line in after.lines] == [line["quantity"] for line in changed]


def _mixed(document: Any) -> bool:
    kinds = {line.kind for line in document.lines}
    return {LineKind.ITEM, LineKind.TEXT} <= kinds and document.status_raw == "DR"


async def test_a_line_of_an_item_takes_over_what_it_leaves_out(stand: Stand) -> None:
    """Number, name, text, unit, tax and price are the item's; what the line says itself stays."""
    item = next(each for each in await some(stand, "Item", 3) if each.price_includes_tax is False)
    made = await invoice(stand, lines=({"item": by(item), "quantity": Decimal(2), "name": "Eigener Name"},))
    doc = item.__dict__["_row"].doc
    [position] = made.__dict__["_row"].doc["positions"]
    taken = {
        key: position[key] for key in ("number", "description", "price", "vat", "unit_id", "catalog_type")
    }
    assert taken == {**{key: doc[key] for key in list(taken)[:-1]}, "catalog_type": "P"}
    assert (position["name"], position["amount"]) == ("Eigener Name", Decimal(2))


async def test_an_items_price_is_not_taken_where_it_means_something_else(stand: Stand) -> None:
    """Prices with tax on a document without, or in another currency, are asked for."""
    item = next(each for each in await some(stand, "Item", 3) if each.price_includes_tax is False)
    [party] = await some(stand, "Party", 1)
    given = {
        "party": by(party), "date": DAY, "due_date": LATER, "currency": "CHF",
        "lines": ({"item": by(item), "quantity": Decimal(2)},),
    }  # fmt: skip
    for odd in ({"tax_mode": TaxMode.INCLUSIVE}, {"currency": "EUR"}):
        plan = await planned(stand, change(stand, "Invoice", "CREATE", {**given, **odd}))
        assert blocking(plan) == {"input.lines.0.unitPrice": "REQUIRED"}


async def test_a_document_is_for_its_contact(stand: Stand) -> None:
    """Address and language are the contact's where nothing else is said; a new contact brings its own address."""
    first, second = await some(stand, "Party", 2)
    made = await invoice(stand, party=by(first))
    doc = made.__dict__["_row"].doc
    assert doc["contact_address_id"] == first.__dict__["_row"].doc["main_address_id"]
    assert made.language == first.language

    moved = change(stand, "Invoice", "UPDATE", {"party": by(second)}, id=made.native_id)
    main = second.__dict__["_row"].doc["main_address_id"]
    assert body(await planned(stand, moved)) == {
        "contact_id": int(second.native_id),
        "contact_address_id": main,
    }

    [theirs, *_] = await below(stand, "PartyAddress", second)
    other = change(stand, "Invoice", "UPDATE", {"party_address": by(theirs)}, id=made.native_id)
    assert blocking(await planned(stand, other)) == {"input.partyAddress": "INVALID"}


WRONG: tuple[tuple[str, dict[str, Any], dict[str, str]], ...] = (
    ("Invoice", {"due_date": dt.date(2026, 11, 1)}, {"input.dueDate": "INVALID"}),
    ("Invoice", {"period_to": dt.date(2026, 11, 1)}, {"input.periodTo": "INVALID"}),
    ("Quote", {"valid_until": dt.date(2026, 11, 1)}, {"input.validUntil": "INVALID"}),
    ("Invoice", {"discount_amount": chf("3")}, {"input.discountAmount": "INVALID"}),
    ("Invoice", {"cash_discount_percent": Decimal("1.5")}, {"input.cashDiscountPercent": "INVALID"}),
    ("Invoice", {"tax_mode": TaxMode.NONE}, {"input.taxMode": "NOT_ALLOWED"}),
    ("Invoice", {"memo": "Danke"}, {"input.memo": "LOSS"}),
    ("Invoice", {"discount_percent": None, "discount_amount": Money(amount=Decimal(3), currency="EUR")}, {
        "input.discountAmount": "INVALID",
    }),
    ("Invoice", {"lines": ()}, {"input.lines": "REQUIRED"}),
    ("Invoice", {"lines": ({"name": "Leer"},)}, {
        f"input.lines.0.{name}": "REQUIRED" for name in ("quantity", "unitPrice", "taxes", "unit")
    }),
    ("Invoice", {"lines": ({"kind": LineKind.DISCOUNT, "name": "Rabatt"},)}, {"input.lines.0.kind": "NOT_ALLOWED"}),
    ("Letter", {"language": "rm"}, {"input.language": "NOT_ALLOWED"}),
)  # fmt: skip


async def test_what_can_be_known_to_be_wrong_is_said_before_anything_is_sent(stand: Stand) -> None:
    """The plan is blocked at the field, and nothing that changes anything went over the line."""
    fine = {kind: await values(stand, kind) for kind in ("Invoice", "Quote", "Letter")}
    for kind, odd, wrong in WRONG:
        plan = await planned(stand, change(stand, kind, "CREATE", {**fine[kind], **odd}))
        assert blocking(plan) == wrong, (kind, odd)
    assert changes(stand) == []


async def test_a_line_has_one_tax(stand: Stand) -> None:
    """A second tax is lost, by name, and so is what a bare percent cannot say; when that is accepted the first goes."""
    line = {**(await lines(stand))[1]}
    line["taxes"] = ({"rate": Decimal("8.1"), "code": "USt"}, {"rate": Decimal("2.6")})
    given = {**await values(stand, "Invoice"), "lines": (line,)}
    lost = await planned(stand, change(stand, "Invoice", "CREATE", given))
    assert blocking(lost) == {"input.lines.0.taxes.0.code": "LOSS", "input.lines.0.taxes.1.rate": "LOSS"}
    taken = await planned(stand, change(stand, "Invoice", "CREATE", given, on_loss="ACCEPT"))
    assert not taken.blocked
    assert body(taken)["positions"][0]["vat"] == Decimal("8.1")
