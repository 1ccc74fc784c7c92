"""Values on their way into Kashoo's bodies, without a network: exact, and refused where they would not fit."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st

from ledgermesh.engine.encode import Encoded, Encoding
from ledgermesh.model.enums import AccountType, PaymentMethod, Side
from ledgermesh.model.money import Money, exponent
from ledgermesh.model.row import Row
from ledgermesh.providers.kashoo import bodies
from ledgermesh.providers.kashoo.quirks import transfer_date
from ledgermesh.spec.write import Draft, Target
from tests.contract.known import PROVIDERS

SETTINGS = {"business_id": "7", "currency": "CAD"}
KASHOO = PROVIDERS["kashoo"]


def encoded(
    kind: str, values: Mapping[str, Any], before: Mapping[str, Any] | None = None, currency: str = "CAD"
) -> Encoded:
    """What becomes of these values of a new record, or of one that stands."""
    verb: Any = "UPDATE" if before is not None else "CREATE"
    write = next(each for each in KASHOO.writes if (each.kind, each.verb) == (kind, verb))
    return Encoding("Kashoo", currency).values(write.puts, Draft(verb, values, SETTINGS, before))


def read(kind: str, name: str, doc: Mapping[str, Any]) -> Any:
    """A field as it is read from a document."""
    resource = next(each for each in KASHOO.resources if each.kind == kind)
    return resource.fields.wires[name].read(Row(doc, None, SETTINGS))


CODES = st.sampled_from(["CAD", "JPY", "KWD", "CLF"])


@seed(5)
@settings(max_examples=60, deadline=None)
@given(code=CODES, units=st.integers(1, 10**17))
def test_amounts_are_whole_minor_units_and_come_back_exactly(code: str, units: int) -> None:
    """Every amount that a currency can say, in its own minor units."""
    amount = Money(amount=Decimal(units).scaleb(-exponent(code)), currency=code)
    out = encoded("Transfer", {"amount": amount}, {}, currency=code)
    assert out.body == {"amount": units}
    assert read("Transfer", "amount", {**out.body, "currency": code}) == amount


@pytest.mark.parametrize(
    ("amount", "why"),
    [("0.005", "more digits"), ("0", "above 0"), ("-1", "above 0")],
)
def test_amounts_that_cannot_be_are_refused(amount: str, why: str) -> None:
    """Half a cent is no amount, nor is nothing or less than that."""
    out = encoded("Transfer", {"amount": Money(amount=Decimal(amount), currency=None)}, {})
    assert [problem.path for problem in out.problems] == ["amount"]
    assert why in out.problems[0].message
    assert out.body == {}


def test_an_amount_in_no_known_currency_is_refused() -> None:
    """Without a currency nobody knows what a minor unit is."""
    out = Encoding("Kashoo", None).values(
        next(each.puts for each in KASHOO.writes if (each.kind, each.verb) == ("Transfer", "CREATE")),
        Draft("UPDATE", {"amount": Money(amount=Decimal(1), currency=None)}, {}, {}),
    )
    assert "currency" in out.problems[0].message


@seed(5)
@settings(max_examples=60, deadline=None)
@given(
    price=st.decimals(-(10**6), 10**6, places=4),
    quantity=st.decimals(0, 10**4, places=3),
    percent=st.decimals(0, 100, places=2),
    text=st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=40),
)
def test_lines_come_back_as_they_were_given(
    price: Decimal, quantity: Decimal, percent: Decimal, text: str
) -> None:
    """Prices are major units, exact to the last digit; a discount is a percentage by its code."""
    line = {
        "account": Target("Account", "9997419979"),
        "quantity": quantity,
        "unit_price": Money(amount=price, currency=None),
        "discount_percent": percent,
        "description": text,
        "taxes": ({"code": "GST"},),
    }
    out = encoded("Invoice", {"lines": (line,)}, {})
    assert out.problems == []
    [made] = out.body["lineItems"]
    row = Row(made, Row({"currency": "CAD"}))
    wires = read_lines()
    assert made["account"] == 9997419979
    assert wires["unit_price"].read(row) == Money(amount=price, currency="CAD")
    assert wires["quantity"].read(row) == quantity
    assert (wires["discount_percent"].read(row) or 0) == percent
    assert (wires["description"].read(row) or "") == text
    assert made["taxCode"] == "GST"


def read_lines() -> Mapping[str, Any]:
    """How the fields of an invoice's lines are read."""
    resource = next(each for each in KASHOO.resources if each.kind == "Invoice")
    parts = resource.fields.wires["lines"].parts
    assert parts is not None
    return parts.wires


def line_of(**line: Any) -> Encoded:
    """A new invoice with this one line."""
    return encoded("Invoice", {"lines": ({"account": Target("Account", "1"), **line},)}, {})


def money(text: str) -> Money:
    return Money(amount=Decimal(text), currency="CAD")


def test_a_net_amount_makes_the_price_and_must_agree_with_one() -> None:
    """It is the price of the quantity where no price is given, and is compared where one is."""
    assert line_of(net=money("9.99")).body["lineItems"][0]["rate"] == Decimal("9.99")
    assert line_of(net=money("10.00"), quantity=Decimal(4)).body["lineItems"][0]["rate"] == Decimal("2.5")
    assert line_of(net=money("10.00"), quantity=Decimal(3)).problems
    half = {"quantity": Decimal(3), "unit_price": money("3.335"), "discount_percent": Decimal(10)}
    assert line_of(**half, net=money("9.00")).problems == []
    assert line_of(**half, net=money("9.01")).problems


def test_a_line_has_one_tax_by_its_code() -> None:
    """A second one has no room, and a rate is Kashoo's to say."""
    assert line_of(unit_price=money("1"), taxes=()).body["lineItems"][0]["taxCode"] == ""
    two = line_of(unit_price=money("1"), taxes=({"code": "GST"}, {"code": "PST"}))
    rated = line_of(unit_price=money("1"), taxes=({"code": "GST", "rate": Decimal(5)},))
    assert [path for path, _ in two.lost] == ["lines.0.taxes"]
    assert [path for path, _ in rated.lost] == ["lines.0.taxes"]


def test_the_sides_of_an_entry() -> None:
    """One of debit and credit is the amount, the other is nothing."""
    lines = tuple(
        {"account": Target("BankAccount", "12"), "side": side, "amount": money("7.01")} for side in Side
    )
    made = encoded("JournalEntry", {"lines": lines}, {}).body["lineItems"]
    assert made == [{"account": 12, "debit": 701, "credit": 0}, {"account": 12, "debit": 0, "credit": 701}]


@pytest.mark.parametrize("method", ["CASH", "CHECK", "CARD", "BANK_TRANSFER", "DIRECT_DEBIT"])
def test_methods_come_back(method: str) -> None:
    """Each word is read as what it was written for; checks are flagged too."""
    made = encoded("Payment", {"method": PaymentMethod(method)}, {}).body
    assert read("Payment", "method", made) is PaymentMethod(method)
    assert made["byCheck"] is (method == "CHECK")
    assert encoded("Payment", {"method": PaymentMethod.ONLINE}, {}).problems
    both = {"method": PaymentMethod(method), "method_raw": "cash"}
    assert bool(encoded("Payment", both, {}).problems) is (method != "CASH")


def test_accounts_by_either_word_for_their_type() -> None:
    """Our word or Kashoo's, which must not contradict each other; a type that stands cannot become another."""
    made = encoded("Account", {"name": "Till", "type": AccountType.BANK, "currency": "USD"})
    assert made.body == {"name": "Till", "type": "CASH", "currency": "USD"}
    assert encoded("Account", {"name": "x", "type_raw": "SUSPENSE"}).body["type"] == "SUSPENSE"
    assert encoded("Account", {"name": "x", "type": AccountType.BANK, "type_raw": "EQUITY"}).problems
    assert encoded("Account", {"type": AccountType.BANK}, {"type": "BANK"}).problems == []
    assert encoded("Account", {"type": AccountType.EQUITY}, {"type": "BANK"}).problems
    [lost] = encoded("Account", {"name": "x", "type": AccountType.EQUITY, "currency": "USD"}).lost
    assert lost[0] == "currency"


def test_tax_numbers_go_where_they_are_read_first() -> None:
    """A whole number has a place of its own; anything else is a code."""
    for text in ("815", "0815", "A-1", str(2**63)):
        made = encoded("Account", {"tax_number": text}, {"type": "EXPENSE"}).body
        assert read("Account", "tax_number", made) == text


def test_a_contact_has_one_name_and_one_telephone() -> None:
    """More of them have no room, and that is said."""
    twice = encoded("Party", {"display_name": "A", "company_name": "B", "phones": ("1", "2")})
    assert {path for path, _ in twice.lost} == {"company_name", "phones"}
    alone = encoded("Party", {"company_name": "B", "phones": ("1",)})
    assert alone.body["contactInformation"] == {"name": "B", "phone": "1"}
    roles = encoded("Party", {"display_name": "A", "roles": ()}, {"payableAccount": 3})
    assert roles.body["payableAccount"] is None


def test_days_go_out_as_text_wherever_they_stand() -> None:
    """An object is a day in one style, also deep inside; nothing else is touched."""
    day = {"year": 2026, "month": 2, "dayOfMonth": 3, "monthEnum": "FEBRUARY", "past": True}
    body = {"date": day, "rows": [{"on": day, "n": Decimal("1.50")}], "odd": {"dayOfMonth": 31}}
    made: Any = bodies.dated(body)
    assert made == {
        "date": "2026-02-03",
        "rows": [{"on": "2026-02-03", "n": Decimal("1.50")}],
        "odd": {"dayOfMonth": 31},
    }
    assert transfer_date(made["date"]) == dt.date(2026, 2, 3)
