"""Values that nobody thought of, written to every kind of Kashoo's records and read back equal."""

from __future__ import annotations

import datetime as dt
from typing import Any

from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from ledgermesh.engine.version import differing, value_text
from ledgermesh.model.enums import PaymentMethod, RecordStatus, Side
from ledgermesh.model.money import Money
from tests.contract.stand import standing
from tests.providers.kashoo.writes import EVERY, STAMPED, Shop, as_input, open_shop, puts_of, with_ids
from tests.writing import change, planned

TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=30)
AMOUNTS = st.decimals("0.01", "9999999.99", places=2)
DAYS = st.dates(dt.date(2001, 1, 1), dt.date(2035, 12, 31))
LINE = st.fixed_dictionaries(
    {
        "description": TEXTS,
        "quantity": st.decimals("0.001", "999", places=3),
        "unit_price": st.decimals("-9999.9999", "9999.9999", places=4),
        "discount_percent": st.decimals("0.01", "99.99", places=2),
    }
)
PAPER = {
    "number": TEXTS,
    "date": DAYS,
    "due_date": DAYS,
    "memo": TEXTS,
    "reference": TEXTS,
    "payment_terms": TEXTS,
}
STATUS = st.sampled_from([RecordStatus.ACTIVE, RecordStatus.ARCHIVED])
SETTLED = {
    "number": TEXTS,
    "date": DAYS,
    "method": st.sampled_from([PaymentMethod.CASH, PaymentMethod.DIRECT_DEBIT]),
}
FIELDS: dict[str, dict[str, Any]] = {
    "Account": {"name": TEXTS, "code": TEXTS, "tax_number": TEXTS, "status": STATUS},
    "BankAccount": {"name": TEXTS, "account_number": TEXTS, "status": STATUS},
    "Party": {
        "display_name": TEXTS,
        "email": TEXTS,
        "website": TEXTS,
        "payment_terms": TEXTS,
        "status": STATUS,
        "address": st.fixed_dictionaries({"lines": st.lists(TEXTS, max_size=2).map(tuple), "city": TEXTS}),
    },
    "Item": {
        "name": TEXTS,
        "code": TEXTS,
        "description": TEXTS,
        "sales_price": AMOUNTS,
        "purchase_price": AMOUNTS,
    },
    "Invoice": {**PAPER, "lines": st.lists(LINE, min_size=1, max_size=3).map(tuple)},
    "Bill": {**PAPER, "lines": st.lists(LINE, min_size=1, max_size=3).map(tuple)},
    "Payment": SETTLED,
    "BillPayment": SETTLED,
    "Transfer": {"number": TEXTS, "date": DAYS, "amount": AMOUNTS},
    "JournalEntry": {"number": TEXTS, "date": DAYS, "side": AMOUNTS},
}
MONEY = ("amount", "sales_price", "purchase_price")
EXAMPLE = st.fixed_dictionaries({kind: st.fixed_dictionaries(each) for kind, each in FIELDS.items()})


@seed(5)
@settings(max_examples=4, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(example=EXAMPLE)
async def test_what_is_written_is_read_and_written_back_without_a_call(
    example: dict[str, dict[str, Any]],
) -> None:
    """Every kind with values of every shape: read equal, and nothing to do when given back as read."""
    async with standing("kashoo") as stand:
        shop = await open_shop(stand)
        for kind in (each for each in EVERY if each in example):
            values = {**await shop.values(kind), **_given(shop, kind, example[kind])}
            made = await shop.done(kind, "CREATE", values, client_key=kind)
            puts = puts_of(stand, kind, "UPDATE")
            wished = {name: value_text(value) for name, value in with_ids(values).items()}
            different = {name for name, _ in differing(made, wished)}
            assert different <= set(STAMPED), (kind, example[kind])
            back = await planned(
                stand, change(stand, kind, "UPDATE", as_input(made, puts), id=made.native_id)
            )
            assert (back.steps, back.findings) == ((), ()), (kind, example[kind])


def _given(shop: Shop, kind: str, example: dict[str, Any]) -> dict[str, Any]:
    """The example's values with accounts and currencies of the books."""
    found: dict[str, Any] = {
        name: _money(shop, value) if name in MONEY else value for name, value in example.items()
    }
    if "lines" in found:
        account = shop.account("INCOME" if kind == "Invoice" else "EXPENSE")
        found["lines"] = tuple(
            {**line, "account": account, "unit_price": _money(shop, line["unit_price"])}
            for line in found["lines"]
        )
    if kind == "JournalEntry":
        amount = _money(shop, found.pop("side"))
        words = (("CASH", "DEBIT"), ("EQUITY", "CREDIT"))
        found["lines"] = tuple(
            {"account": shop.account(word), "side": Side(side), "amount": amount} for word, side in words
        )
    return found


def _money(shop: Shop, amount: Any) -> Money:
    return Money(amount=amount, currency=shop.currency)
