"""Whose records they are, and ids that the API would refuse."""

from __future__ import annotations

import pytest

from ledgermesh.model.row import Row
from ledgermesh.providers.kashoo.quirks import contact_id, is_record

KEEP = is_record("INVOICE_PAYMENT")


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
