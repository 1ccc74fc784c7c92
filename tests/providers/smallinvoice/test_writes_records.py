"""Every kind of record that is no document: made, read again, changed in one field, deleted."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Mapping
from decimal import Decimal
from typing import Any

import pytest

from ledgermesh.engine.version import differing
from ledgermesh.model.enums import BankAccountKind, ItemKind, PartyRole
from ledgermesh.model.mapped import graphql_name
from ledgermesh.model.money import Money
from ledgermesh.model.work import TimeKind, TrackingKind
from tests.contract.known import PROVIDERS
from tests.contract.stand import Stand
from tests.providers.smallinvoice.writes import (
    below,
    blocking,
    body,
    by,
    changes,
    own_books,
    puts_of,
    read_as_written,
    some,
)
from tests.writing import carry_out, change, planned

CHF = "CHF"
DAY = dt.date(2026, 11, 2)
PLACE = {"lines": ("Seeweg 4a", "Haus B"), "city": "Zürich", "postal_code": "8001", "country": "CH"}
PARTY: Mapping[str, Any] = {
    "roles": (PartyRole.CUSTOMER, PartyRole.SUPPLIER),
    "display_name": "Seeblick AG",
    "company_name": "Seeblick AG",
    "is_individual": False,
    "number": "K-77",
    "email": "post@seeblick.test",
    "phone": "+41 44 000 00 00",
    "phones": ("+41 44 000 00 00",),
    "website": "https://seeblick.test",
    "address": PLACE,
    "tax_number": "CHE-000.000.000 MWST",
    "tax_percent": Decimal("8.1"),
    "currency": "EUR",
    "payment_terms_days": 20,
    "discount_percent": Decimal("2.5"),
    "language": "it",
    "notes": "Ruft vormittags an.",
}
ITEM: Mapping[str, Any] = {
    "code": "Z-9",
    "name": "Plakat A1",
    "description": "Plakat, vierfarbig",
    "notes": "Lager 2",
    "price_includes_tax": True,
    "tax_percent": Decimal("2.6"),
    "sales_price": Money(amount=Decimal("14.95"), currency=CHF),
}


@pytest.fixture
async def stand() -> AsyncIterator[Stand]:
    async with own_books() as made:
        yield made


async def new(stand: Stand, case: str) -> tuple[str, dict[str, Any]]:
    """The kind, and all that a new record of it may be given."""
    match case:
        case "Party":
            return case, dict(PARTY)
        case "PartyAddress":
            more = {"is_default": False, "is_postal": True, "hidden_on_documents": True}
            return case, {"party": by(*await some(stand, "Party", 1)), **PLACE, **more}
        case "ContactPerson":
            return case, {
                "party": by(*await some(stand, "Party", 1)), "first_name": "Ada", "last_name": "Rusca",
                "gender_raw": "F", "email": "ada@seeblick.test", "phone": "+41 44 000 00 01",
                "department": "Einkauf", "salutation": "Liebe Ada", "is_default": True, "wants_newsletter": False,
            }  # fmt: skip
        case "PartyBankAccount":
            return case, {
                "party": by(*await some(stand, "Party", 1)), "kind_raw": "QR", "number": "CH4431999123000889012",
                "bic": "POFICHBEXXX", "description": "Für Rückzahlungen", "is_default": True,
            }  # fmt: skip
        case "PartyGroup":
            return case, {"name": "Messebesuch"}
        case "Reminder":
            return case, {
                "party": by(*await some(stand, "Party", 1)), "title": "Nachfassen", "description": "Offerte",
                "due_at": dt.datetime(2026, 12, 1, 8, 30, tzinfo=dt.UTC), "interval": 2, "interval_unit_raw": "day",
            }  # fmt: skip
    return await new_of_the_office(stand, case)


async def new_of_the_office(stand: Stand, case: str) -> tuple[str, dict[str, Any]]:
    """The same of the company's own things."""
    match case:
        case "product" | "service":
            kind = ItemKind.SERVICE if case == "service" else ItemKind.INVENTORY
            categories = await some(stand, "ItemCategory", 20)
            category = next(each for each in categories if each.native_id.startswith(case))
            unit = (await some(stand, "Unit", 3))[-1]
            own = {"kind": kind, "category": by(category), "unit": by(unit), **ITEM}
            cost = {"purchase_price": Money(amount=Decimal("7.1"), currency=CHF)}
            return "Item", {**own, **(cost if case == "product" else {})}
        case "product category":
            return "ItemCategory", {"kind": ItemKind.INVENTORY, "name": "Rahmen", "account_code": "4200"}
        case "service category":
            return "ItemCategory", {"kind": ItemKind.SERVICE, "name": "Kurse", "account_code": "4400"}
        case "BankAccount":
            return case, {
                "name": "Reserve", "kind": BankAccountKind.CHECKING, "bank_name": "Musterbank",
                "account_number": "1234-5", "iban": "CH9300762011623852957", "bic": "RAIFCH22", "is_default": True,
            }  # fmt: skip
        case "ExchangeRate":
            return case, {"from_currency": "SEK", "to_currency": CHF, "rate": Decimal("0.0831")}
        case "Project":
            return case, {
                "party": by(*await some(stand, "Party", 1)), "code": "9001", "name": "Umbau", "description": "Etappe 1",
                "start_date": DAY, "hours_estimated": Decimal("12.5"),
                "hourly_rate": Money(amount=Decimal(140), currency=CHF),
            }  # fmt: skip
        case "TrackingCategory":
            return case, {
                "kind": TrackingKind.COST_CENTER, "code": "KS-1", "name": "Werkstatt", "description": "Halle 3",
                "kind_raw": "P",
            }  # fmt: skip
    return "TimeEntry", await new_time(stand, case)


async def new_time(stand: Stand, case: str) -> dict[str, Any]:
    """An effort for something, or working hours."""
    if case == "working hours":
        return {"kind": TimeKind.PRESENCE, "date": DAY, "start_time": "07:45", "end_time": "11:30"}
    categories = await some(stand, "TrackingCategory", 40)
    activity = next(each for each in categories if each.native_id.startswith("activity:"))
    unit = next(each for each in categories if each.native_id.startswith("cost_unit:"))
    subjects = {
        "effort for a project": (await some(stand, "Project", 1))[0],
        "effort for a cost unit": unit,
        "effort for a contact": (await some(stand, "Party", 1))[0],
    }
    return {
        "kind": TimeKind.EFFORT, "subject": by(subjects[case]), "date": DAY, "hours": Decimal("1.75"),
        "activity": by(activity), "hourly_rate": Money(amount=Decimal("99.5"), currency=CHF),
        "invoiced": True, "notes": "Vor Ort",
    }  # fmt: skip


CASES = (
    *("Party", "PartyAddress", "ContactPerson", "PartyBankAccount", "PartyGroup", "Reminder"),
    *("product", "service", "product category", "service category", "BankAccount", "ExchangeRate", "Project"),
    *("TrackingCategory", "effort for a project", "effort for a cost unit", "effort for a contact"),
    "working hours",
)
RESOURCES = {
    "service": "service", "product": "product", "effort": "effort", "working": "working_hours",
    "TrackingCategory": "cost_unit",
}  # fmt: skip
"""By a word of the case."""
STANDING = {
    *("Party", "PartyGroup", "Reminder", "Letter", "Item", "ItemCategory", "Project", "TimeEntry"),
    *("Invoice", "Quote", "SalesOrder", "DeliveryNote", "BankAccount", "ExchangeRate"),
}
SHOWN_BY_NAME = ("unit", "category")
"""Given as references, read as names."""


@pytest.mark.parametrize("case", CASES)
async def test_a_new_record_is_read_as_it_was_written_and_a_change_sends_one_field(
    stand: Stand, case: str
) -> None:
    """Every field arrives; what is read and written unchanged sends nothing; one other field sends that one alone;
    a deleted record is gone.
    """
    kind, values = await new(stand, case)
    asked = change(stand, kind, "CREATE", values)
    plan = await planned(stand, asked)
    assert changes(stand) == [], "a plan changes nothing"
    made: Any = await carry_out(stand, asked)
    assert made is not None
    odd = {name: got for name, got in differing(made, plan.asked) if name not in SHOWN_BY_NAME}
    assert odd == {}
    if kind == "Item":
        unit: Any = await stand.hub().one("Unit", str(values["unit"].native_id), frozenset())
        category: Any = await stand.hub().one("ItemCategory", str(values["category"].native_id), frozenset())
        assert unit is not None
        assert category is not None
        assert (made.unit, made.category) == (unit.name, category.name)

    resource = made.native_id.rpartition("-")[2].rpartition(":")[0]
    same = read_as_written(made, puts_of(kind, "UPDATE", resource))
    unchanged = await planned(stand, change(stand, kind, "UPDATE", same, id=made.native_id))
    assert (unchanged.steps, unchanged.findings) == ((), ())

    name = next(name for name in ("name", "notes", "title", "city", "phone", "bic", "end_time", "rate")
                if name in same)  # fmt: skip
    other: Any = {"end_time": "12:00", "rate": Decimal("0.09"), "bic": "UBSWCHZH80A"}.get(name, "Anders")
    one = change(stand, kind, "UPDATE", {**same, name: other}, id=made.native_id)
    assert len(body(await planned(stand, one))) == 1
    after = await carry_out(stand, one)
    assert getattr(after, name) == other

    assert await carry_out(stand, change(stand, kind, "DELETE", id=made.native_id)) is None
    with pytest.raises(Exception, match="no such"):
        await planned(stand, change(stand, kind, "DELETE", id=made.native_id))


async def test_records_that_stand_are_written_unchanged_without_a_call(stand: Stand) -> None:
    """Whatever smallinvoice holds: all that may be updated, sent back as it was read, plans no step."""
    records: list[Any] = []
    for party in await some(stand, "Party", 2):
        for kind in ("PartyAddress", "ContactPerson", "PartyBankAccount"):
            records += (await below(stand, kind, party))[:2]
    for resource in PROVIDERS["smallinvoice"].resources:
        if resource.kind in STANDING:
            rows = await some(stand, resource.kind, 60)
            records += [row for row in rows if row.native_id.startswith(resource.name)][:3]
    for record in records:
        kind = type(record).__name__
        same = read_as_written(record, puts_of(kind, "UPDATE", record.native_id.rpartition(":")[0]))
        plan = await planned(stand, change(stand, kind, "UPDATE", same, id=record.native_id))
        assert (plan.steps, plan.findings) == ((), ()), record.native_id
    assert {type(record).__name__ for record in records} >= STANDING
    assert changes(stand) == []


async def test_what_is_required_is_enough_and_nothing_less(stand: Stand) -> None:
    """The provider takes a record of the required fields alone; without any one of them the plan is blocked there."""
    for case in CASES:
        kind, values = await new(stand, case)
        own = next((word for part, word in RESOURCES.items() if part in case), "")
        puts = puts_of(kind, "CREATE", own)
        least = {name: value for name, value in values.items() if puts[name].required or name == "subject"}
        for name in least:
            rest = {other: value for other, value in least.items() if other != name}
            found = blocking(await planned(stand, change(stand, kind, "CREATE", rest)))
            assert found.get(f"input.{graphql_name(name)}") == "REQUIRED", (case, name)
        assert await carry_out(stand, change(stand, kind, "CREATE", least)) is not None, case


async def test_a_main_address_is_changed_with_the_contact(stand: Stand) -> None:
    """The contact's own fields and its address go out as two requests, each with what changed only."""
    [party] = await some(stand, "Party", 1)
    values = {"website": "https://neu.test", "address": {"lines": ("Neuweg 9",), "city": "Chur"}}
    plan = await planned(stand, change(stand, "Party", "UPDATE", values, id=party.native_id))
    assert [step.method for step in plan.steps] == ["PUT", "PUT"]
    assert body(plan, 0) == {"street": "Neuweg", "street_no": "9", "street2": None, "city": "Chur"}
    assert body(plan, 1) == {"website": "https://neu.test"}
    after: Any = await carry_out(stand, change(stand, "Party", "UPDATE", values, id=party.native_id))
    assert (after.website, after.address.lines, after.address.city) == (
        "https://neu.test",
        ("Neuweg 9",),
        "Chur",
    )
    assert (await planned(stand, change(stand, "Party", "UPDATE", values, id=party.native_id))).steps == ()


async def test_groups_are_joined_and_left_by_steps(stand: Stand) -> None:
    """A contact is put into the groups it is missing and taken out of the others; the same groups again are no step."""
    groups = await some(stand, "PartyGroup", 4)
    made: Any = await carry_out(
        stand, change(stand, "Party", "CREATE", {**PARTY, "groups": (by(groups[0]),)})
    )
    assert [each.native_id for each in made.group_refs] == [groups[0].native_id]

    wanted = {"groups": (by(groups[1]), by(groups[2]))}
    asked = change(stand, "Party", "UPDATE", wanted, id=made.native_id)
    plan = await planned(stand, asked)
    ids = "%2C".join(sorted(each.native_id for each in groups[1:3]))
    assert [step.path for step in plan.steps] == [
        f"/contacts/{made.native_id}/assign-groups/{ids}",
        f"/contacts/{made.native_id}/remove-groups/{groups[0].native_id}",
    ]
    after: Any = await carry_out(stand, asked)
    assert {each.native_id for each in after.group_refs} == {groups[1].native_id, groups[2].native_id}
    assert (await planned(stand, asked)).steps == ()

    left: Any = await carry_out(stand, change(stand, "Party", "UPDATE", {"groups": ()}, id=made.native_id))
    assert left.group_refs == ()


async def test_own_fields_that_are_not_named_stay(stand: Stand) -> None:
    """A list of own fields replaces the one that stands, so the others are sent again."""
    found = next(each for each in await some(stand, "Party", 9) if each.custom_fields[0].value)
    asked = change(
        stand,
        "Party",
        "UPDATE",
        {"website": "https://x.test"},
        id=found.native_id,
        custom_fields={"vip": "ja"},
    )
    after: Any = await carry_out(stand, asked)
    assert {each.key: each.value for each in after.custom_fields} == {
        found.custom_fields[0].key: found.custom_fields[0].value, "vip": "ja",
    }  # fmt: skip


WRONG: Mapping[str, tuple[str, Mapping[str, Any], Mapping[str, str]]] = {
    "nothing": ("Party", {}, {
        "input.roles": "REQUIRED", "input.displayName": "REQUIRED", "input.isIndividual": "REQUIRED",
        "input.address": "REQUIRED",
    }),
    "half an address": ("Party", {**PARTY, "address": {"lines": ("Seeweg 4",), "country": "Schweiz"}}, {
        "input.address.city": "REQUIRED", "input.address.postalCode": "REQUIRED", "input.address.country": "INVALID",
    }),
    "an employee": ("Party", {**PARTY, "roles": (PartyRole.EMPLOYEE,)}, {"input.roles": "INVALID"}),
    "no e-mail address": ("Party", {**PARTY, "email": "post"}, {"input.email": "INVALID"}),
    "another language": ("Party", {**PARTY, "language": "rm"}, {"input.language": "NOT_ALLOWED"}),
    "two telephones": ("Party", {**PARTY, "phones": ("1", "2")}, {"input.phones": "LOSS"}),
    "two names": ("Party", {**PARTY, "company_name": "Seeblick Holding"}, {"input.companyName": "LOSS"}),
    "a ledger account": ("Party", {**PARTY, "tax_code": "USt81"}, {"input.taxCode": "LOSS"}),
    "three lines": ("Party", {**PARTY, "address": {**PLACE, "lines": ("a", "b", "c")}}, {
        "input.address.lines": "INVALID",
    }),
    "an item without a kind": ("Item", ITEM, {"input.kind": "REQUIRED", "input.unit": "REQUIRED"}),
    "a rate to itself": ("ExchangeRate", {"from_currency": CHF, "to_currency": CHF, "rate": Decimal(1)}, {
        "input.toCurrency": "INVALID",
    }),
    "no rate": ("ExchangeRate", {"from_currency": "SEK", "to_currency": CHF, "rate": Decimal(0)}, {
        "input.rate": "INVALID",
    }),
    "no IBAN": ("BankAccount", {"name": "Bank", "iban": "12"}, {"input.iban": "INVALID"}),
    "an activity": ("TrackingCategory", {"kind": TrackingKind.ACTIVITY, "name": "Reise", "kind_raw": "P"}, {
        "input.kind": "NOT_ALLOWED",
    }),
    "time for nothing": ("TimeEntry", {"kind": TimeKind.EFFORT, "date": DAY, "hours": Decimal(1)}, {
        "input.subject": "REQUIRED",
    }),
    "no time of day": ("TimeEntry", {"kind": TimeKind.PRESENCE, "date": DAY, "start_time": "7h", "end_time": "09:00"}, {
        "input.startTime": "INVALID",
    }),
}  # fmt: skip


async def test_what_can_be_known_to_be_wrong_is_said_before_anything_is_sent(stand: Stand) -> None:
    """The plan is blocked at the field, and the provider's own log has no request that changes anything."""
    for case, (kind, values, wrong) in WRONG.items():
        plan = await planned(stand, change(stand, kind, "CREATE", values))
        assert blocking(plan) == wrong, case
    assert changes(stand) == []


async def test_a_main_address_cannot_be_deleted(stand: Stand) -> None:
    """The provider would refuse it, so it is not sent."""
    [party] = await some(stand, "Party", 1)
    main = next(each for each in await below(stand, "PartyAddress", party) if each.is_default)
    plan = await planned(stand, change(stand, "PartyAddress", "DELETE", id=main.native_id))
    assert blocking(plan) == {"": "READ_ONLY"}


async def test_a_person_is_made_with_a_gender_in_the_providers_own_words(stand: Stand) -> None:
    """The model has no gender of a party, so it goes along as a part of the provider's own body."""
    person = {**PARTY, "display_name": "Ada Rusca", "company_name": None, "is_individual": True}
    made: Any = await carry_out(stand, change(stand, "Party", "CREATE", person, passthrough={"gender": "F"}))
    assert (made.display_name, made.company_name, made.is_individual) == ("Ada Rusca", None, True)
