"""Whose records they are, ids that the API would refuse, and what is made of fields that say something else."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from ledgermesh.model.ledger import LedgerKind
from ledgermesh.model.row import Malformed, Row
from ledgermesh.providers.kashoo import postings, quirks
from ledgermesh.providers.kashoo.scope import contact_id, is_below, is_business, is_record
from ledgermesh.spec.pointer import Pointer

KEEP = is_record("INVOICE_PAYMENT")
DOCUMENTED = ("INVOICE", "BILL", "BILL_PAYMENT")


@pytest.mark.parametrize(
    ("document", "kept"),
    [
        ({"type": "INVOICE_PAYMENT", "business": 7}, True),
        ({"type": "invoicePayment", "business": "7"}, True),
        ({"type": "INVOICE_PAYMENT", "business": 8}, False),
        ({"type": "BILL_PAYMENT", "business": 7}, False),
        ({"business": 7}, True),
        ({"type": "INVOICE_PAYMENT"}, True),
    ],
)
def test_only_records_of_the_connections_own_business_are_shown(
    document: dict[str, object], kept: bool
) -> None:
    """One login reaches several businesses, and single records are read without one in the path."""
    assert KEEP(Row(document, None, {"business_id": "7"})) is kept


@pytest.mark.parametrize(
    ("value", "text"), [("12", "12"), ("", None), ("x", None), ("-1", None), ("\uff11", None), (None, None)]
)
def test_only_an_id_of_a_contact_is_asked_for(value: object, text: str | None) -> None:
    """What is no number is nobody's id: no row matches, and the API would answer with an error."""
    assert contact_id(value) == text


@pytest.mark.parametrize(("id", "kept"), [(7, True), ("7", True), (8, False), (None, True)])
def test_only_the_connections_own_business_is_shown(id: object, kept: bool) -> None:
    """Without an id it stays, so that it is named as rejected."""
    document = {} if id is None else {"id": id}
    assert is_business(Row(document, None, {"business_id": "7"})) is kept


@pytest.mark.parametrize(
    ("document", "kept"),
    [
        ({"contact": 90, "business": 7}, True),
        ({"contact": "90"}, True),
        ({"contact": None}, True),
        ({"contact": 91}, False),
        ({"contact": 90, "business": 8}, False),
    ],
)
def test_a_record_read_below_a_contact_is_that_contacts(document: dict[str, object], kept: bool) -> None:
    """A record is read by its own id, so that nothing else would tell a made-up pair of contact and record."""
    assert is_below("contact")(Row(document, Row({"id": 90}), {"business_id": "7"})) is kept


@pytest.mark.parametrize(
    ("moment", "sent"),
    [
        (dt.datetime(2024, 5, 29, 16, 20, 47, 879_000, tzinfo=dt.UTC), "1716999647878"),
        (dt.datetime(2024, 5, 29, 16, 20, 47, 879_999, tzinfo=dt.UTC), "1716999647878"),
        (dt.datetime(1970, 1, 1, tzinfo=dt.UTC), "-1"),
        (dt.datetime(1969, 12, 31, 23, 59, 59, 999_500, tzinfo=dt.UTC), "-2"),
    ],
)
def test_changes_are_asked_for_from_just_before_the_moment(moment: dt.datetime, sent: str) -> None:
    """Rounded down to a millisecond, and one less: never later than the moment itself."""
    assert postings.since(moment.isoformat()) == sent


@pytest.mark.parametrize(
    ("kind", "word"),
    [(kind, kind.value if kind.value in DOCUMENTED else None) for kind in LedgerKind],
)
def test_only_documented_types_are_asked_for(kind: LedgerKind, word: str | None) -> None:
    """An assumed word that is wrong would bring nothing, and nobody would know."""
    assert postings.documented_type(kind.value) == word


@pytest.mark.parametrize(
    ("code", "percent"),
    [
        ("10%", "10"),
        (" 12.5 % ", "12.5"),
        ("STAFF", None),
        ("10", None),
        ("", None),
        (None, None),
        (10, None),
    ],
)
def test_a_discount_code_is_a_discount_where_it_is_a_percentage(code: object, percent: str | None) -> None:
    """Other codes stand for what cannot be read."""
    found = quirks.line_discount(Row({"discountCode": code}))
    assert found == (Decimal(percent) if percent else None)


@pytest.mark.parametrize(
    ("flags", "status"),
    [
        ({"freeTrial": True, "free": True}, "freeTrial"),
        ({"freeTrial": False, "free": True}, "free"),
        ({"freeTrial": False, "free": False}, "paid"),
        ({"free": False}, "paid"),
        ({}, None),
    ],
)
def test_the_flags_of_a_plan_are_its_status(flags: dict[str, object], status: str | None) -> None:
    """Nothing is said of a plan without them."""
    assert quirks.plan_status(Row(flags)) == status


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        ({"type": "INVOICE", "id": 5}, Pointer("Invoice", "5")),
        ({"type": "billPayment", "id": "5"}, Pointer("BillPayment", "5")),
        ({"type": "PAYCHEQUE", "id": 5}, None),
        ({"type": "INVOICE", "id": True}, None),
        ({"id": 5}, None),
    ],
)
def test_a_record_leads_to_the_document_of_its_type(
    document: dict[str, object], pointer: Pointer | None
) -> None:
    """A type that nobody knows leads nowhere."""
    assert postings.of_record(Row(document)) == pointer


@pytest.mark.parametrize(
    ("credit", "balance", "amount"),
    [(True, -1250, "12.50"), (True, 0, "0.00"), (False, -1250, "-12.50"), (None, 1250, "12.50")],
)
def test_a_running_balance_is_turned_to_its_accounts_side(
    credit: bool | None, balance: int, amount: str
) -> None:
    """It counts debits up; an account that grows on the credit side shows it the other way round."""
    account = Row({"normalBalanceCredit": credit})
    found = postings.entry_balance(Row({"balance": balance, "currency": "CAD"}, account))
    assert str(getattr(found, "amount", None)) == amount


def test_removed_parts_are_left_out_and_no_list_is_malformed() -> None:
    """What is no object stays, so that it is named."""
    read = quirks.present("rates")
    kept = {"id": 1, "removed": False}
    assert read(Row({"rates": [kept, {"id": 2, "removed": True}, 7]})) == [kept, 7]
    assert read(Row({})) == []
    with pytest.raises(Malformed):
        read(Row({"rates": {}}))
