"""Every kind of record that Kashoo and TrulySmall take, written over HTTP and read again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from decimal import Decimal
from typing import Any

import pytest

from ledgermesh.engine.version import differing, value_text
from ledgermesh.model.enums import AccountType, RecordStatus
from ledgermesh.spec.write import WriteVerb
from tests.contract.stand import standing
from tests.providers.kashoo.writes import (
    EVERY,
    LATER,
    MASTER,
    RECORDS,
    STAMPED,
    Shop,
    as_input,
    body,
    by,
    changes,
    document,
    listed,
    open_shop,
    puts_of,
    with_ids,
)
from tests.writing import carry_out, change, planned

ONE: Mapping[str, Mapping[str, Any]] = {
    "Account": {"name": "Parking and tolls"},
    "BankAccount": {"name": "Savings"},
    "Party": {"email": "office@harbour.test"},
    "Item": {"code": "T-2"},
    "Invoice": {"memo": "Thanks"},
    "Bill": {"payment_terms": "Net 10"},
    "Payment": {"date": LATER.replace(day=12)},
    "BillPayment": {"number": "P-10"},
    "Transfer": {"description": "To the other card"},
    "JournalEntry": {"number": "J-2"},
}
"""One field of each kind, changed."""
WRITTEN_AT = {
    "name", "nameAndNumber", "contactInformation", "email", "sku", "memo", "terms", "date", "number", "lastModified",
    "checks",
}  # fmt: skip
"""Where such a field shows in a document, and the moment of the change."""


@pytest.fixture(params=["kashoo", "trulysmall"])
async def shop(request: pytest.FixtureRequest) -> AsyncIterator[Shop]:
    """Either product over its emulator."""
    async with standing(str(request.param)) as made:
        yield await open_shop(made)


@pytest.fixture
async def classic() -> AsyncIterator[Shop]:
    """The Classic edition, which has everything but the inbox."""
    async with standing("kashoo") as made:
        yield await open_shop(made)


def kinds_of(shop: Shop, kinds: tuple[str, ...]) -> list[str]:
    """These kinds, as far as the product has them."""
    return [kind for kind in kinds if kind != "Item" or shop.stand.provider.name == "kashoo"]


async def test_every_kind_reads_back_as_it_was_written(shop: Shop) -> None:
    """What was asked for stands in the record that results; the mark of the request ends one text of it."""
    for kind in kinds_of(shop, EVERY):
        asked = change(shop.stand, kind, "CREATE", await shop.values(kind), client_key=kind)
        made: Any = await carry_out(shop.stand, asked)
        if kind == "PartyGroup":
            assert made is None or made.native_id
            continue
        assert made is not None, kind
        wished = {name: value_text(value) for name, value in with_ids(asked.values).items()}
        different = dict(differing(made, wished))
        for name in set(different) & set(STAMPED):
            assert different.pop(name).startswith(f"{wished[name]} "), kind
        assert different == {}, kind


async def test_a_group_is_made_with_its_members(classic: Shop) -> None:
    """Groups cannot be read one by one; the list has the new one."""
    values = await classic.values("PartyGroup")
    plan = await planned(classic.stand, change(classic.stand, "PartyGroup", "CREATE", values))
    assert not plan.blocked
    members = [int(classic.party.native_id), int(classic.other.native_id)]
    assert body(plan) == {"name": "Regulars", "type": "CUSTOMER", "contacts": members}


async def test_what_is_read_and_written_unchanged_is_no_call(shop: Shop) -> None:
    """Every field as it is read, given back, plans nothing: of new records and of those the books began with."""
    for kind in kinds_of(shop, (*RECORDS, *MASTER)):
        made = await shop.make(kind)
        puts = puts_of(shop.stand, kind, "UPDATE")
        plan = await planned(
            shop.stand, change(shop.stand, kind, "UPDATE", as_input(made, puts), id=made.native_id)
        )
        assert (plan.steps, plan.findings, plan.loss) == ((), (), ()), kind


async def test_old_records_written_unchanged_are_no_call(classic: Shop) -> None:
    """What people entered in the product itself is taken as it is, too."""
    for kind in ("Invoice", "Bill", "Payment", "BillPayment", "JournalEntry", "Party", "Item"):
        puts = puts_of(classic.stand, kind, "UPDATE")
        for record in (await listed(classic.stand, kind))[:4]:
            whole = await classic.one(kind, record.native_id)
            if document(whole).get("readOnly"):
                continue
            plan = await planned(
                classic.stand,
                change(classic.stand, kind, "UPDATE", as_input(whole, puts), id=whole.native_id),
            )
            assert (plan.steps, plan.findings, plan.loss) == ((), (), ()), (kind, document(whole))


async def test_one_field_changes_and_all_others_stay(shop: Shop) -> None:
    """The whole object goes out, so that nothing is lost: its document differs in what was asked and nowhere else."""
    for kind in kinds_of(shop, (*RECORDS, *MASTER)):
        made = await shop.make(kind)
        before = document(await shop.one(kind, made.native_id))
        changed = await shop.done(kind, "UPDATE", ONE[kind], made.native_id)
        assert changed is not None
        after = document(changed)
        assert {name for name in before if before[name] != after.get(name)} <= WRITTEN_AT, kind
        assert dict(differing(changed, {name: value_text(value) for name, value in ONE[kind].items()})) == {}


async def test_computed_fields_and_days_as_objects_are_not_sent_back(classic: Shop) -> None:
    """The emulator answers days as objects, as published; clients of the live API write text."""
    made = await classic.make("Invoice")
    assert document(made)["date"]["monthEnum"] == "NOVEMBER"
    plan = await planned(
        classic.stand, change(classic.stand, "Invoice", "UPDATE", {"memo": "Thanks"}, id=made.native_id)
    )
    sent = body(plan)
    assert (sent["date"], sent["dueDate"]) == ("2026-11-03", "2026-12-03")
    assert not {"totalDue", "balanceDue", "contactName", "links", "paid", "homeCurrency"} & set(sent)
    assert {"payments", "recordAttachments", "project"} <= set(sent)


async def test_lines_are_known_by_their_ids(classic: Shop) -> None:
    """A line that is named changes, one that is not given goes, a new one comes; leaving them out leaves them."""
    made = await classic.make("Invoice")
    first, second = made.lines
    lines = (
        {"native_id": second.native_id, "quantity": Decimal(3)},
        {"account": classic.account("INCOME"), "unit_price": classic.money("5.00"), "description": "Tip"},
    )
    asked = change(classic.stand, "Invoice", "UPDATE", {"lines": lines}, id=made.native_id)
    plan = await planned(classic.stand, asked)
    sent = body(plan)["lineItems"]
    assert [line.get("id") for line in sent] == [int(second.native_id), None]
    assert (sent[0]["description"], sent[0]["rate"], sent[0]["quantity"]) == ("Travel", Decimal("9.99"), 3)
    assert (sent[1]["quantity"], sent[1]["taxCode"]) == (1, "")
    assert not any("amount" in line for line in sent)
    assert "taxAmounts" not in body(plan)

    changed: Any = await carry_out(classic.stand, asked)
    assert changed is not None
    assert [(line.description, line.net) for line in changed.lines] == [
        ("Travel", classic.money("29.97")),
        ("Tip", classic.money("5.00")),
    ]
    same = await classic.done("Invoice", "UPDATE", {"memo": "Kept"}, made.native_id)
    assert same is not None
    assert [line.description for line in same.lines] == ["Travel", "Tip"]
    wrong = change(
        classic.stand,
        "Invoice",
        "UPDATE",
        {"lines": ({"native_id": first.native_id + "9"},)},
        id=made.native_id,
    )
    assert (await planned(classic.stand, wrong)).blocked


async def test_sides_of_an_entry_keep_their_ids(classic: Shop) -> None:
    """An entry's lines are known by their places: what is changed keeps its id, so that no side is added by it."""
    made = await classic.make("JournalEntry")
    ids = [line["id"] for line in document(made)["lineItems"]]
    lines = as_input(made, puts_of(classic.stand, "JournalEntry", "UPDATE"))["lines"]
    more, less = lines[1]["amount"], lines[2]["amount"]
    lines[1]["amount"], lines[2]["amount"] = classic.money("4.25"), classic.money("11.25")
    assert (more, less) == (classic.money("3.25"), classic.money("10.25"))
    asked = change(classic.stand, "JournalEntry", "UPDATE", {"lines": lines}, id=made.native_id)
    sent = body(await planned(classic.stand, asked))["lineItems"]
    assert [line["id"] for line in sent] == ids
    assert [(line["debit"], line["credit"]) for line in sent] == [(700, 0), (425, 0), (0, 1125)]
    changed: Any = await carry_out(classic.stand, asked)
    assert changed is not None
    assert [line.amount for line in changed.lines] == [
        classic.money(text) for text in ("7.00", "4.25", "11.25")
    ]


async def test_the_chart_is_renamed_and_archived(shop: Shop) -> None:
    """An account is renamed, put out of use and back; its type stays what it was made with."""
    made = await shop.make("Account")
    values = {"name": "Tolls", "status": RecordStatus.ARCHIVED, "type": AccountType.OPERATING_EXPENSE}
    gone = await shop.done("Account", "UPDATE", values, made.native_id)
    assert gone is not None
    assert (gone.name, gone.archived, gone.type_raw) == ("Tolls", True, "EXPENSE")
    back = await shop.done("Account", "UPDATE", {"archived": False}, made.native_id)
    assert back is not None
    assert back.status is RecordStatus.ACTIVE
    other = change(shop.stand, "Account", "UPDATE", {"type": AccountType.REVENUE}, id=made.native_id)
    assert (await planned(shop.stand, other)).blocked


async def test_removing_marks_and_voiding_does_the_same(shop: Shop) -> None:
    """A removed record is still read, marked; accounts and items are removed by saving them as removed."""
    for kind in kinds_of(shop, (*RECORDS, *MASTER)):
        made = await shop.make(kind)
        verb: WriteVerb = "VOID" if kind in ("Invoice", "JournalEntry") else "DELETE"
        await shop.done(kind, verb, id=made.native_id)
        found = await shop.one(kind, made.native_id)
        assert found.deleted is True, kind
        again = changes(shop.stand)[-1]
        assert again.method == ("PUT" if kind in ("Account", "BankAccount", "Item") else "DELETE")


async def test_a_contact_changes_in_place(shop: Shop) -> None:
    """An address changes in one field, a role goes with its account, and what is not named stays."""
    made = await shop.make("Party")
    values = {"address": {"city": "Dartmouth"}, "roles": made.roles[:1], "phones": ()}
    changed = await shop.done("Party", "UPDATE", values, made.native_id)
    assert changed is not None
    assert (changed.address.city, changed.address.lines, changed.address.country) == (
        "Dartmouth",
        ("1 Water St", "Unit 4"),
        "CA",
    )
    assert changed.payable_account_ref is None
    assert changed.receivable_account_ref is not None
    assert (changed.roles, changed.phone, changed.email) == (made.roles[:1], None, "ann@harbour.test")


async def test_a_reference_leads_to_the_right_record(classic: Shop) -> None:
    """A line of the Classic edition names its item; ids go out as numbers."""
    item = await classic.make("Item")
    line = {"item": by(item), "account": classic.account("INCOME"), "unit_price": classic.money("12.50")}
    made = await classic.make("Invoice", lines=(line,))
    assert document(made)["lineItems"][0]["item"] == int(item.native_id)
    assert made.lines[0].item_native_id == item.native_id
