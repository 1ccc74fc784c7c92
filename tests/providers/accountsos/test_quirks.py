"""What is odd about AccountsOS, each thing for itself."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ledgermesh.model.enums import DocumentKind
from ledgermesh.model.row import Row
from ledgermesh.providers.accountsos import quirks
from ledgermesh.providers.accountsos.books import DOCUMENT_KINDS


@pytest.mark.parametrize(("member", "word"), [
    (DocumentKind.BANK_STATEMENT.value, "bank_statement"),
    (DocumentKind.RECEIPT.value, "receipt"),
    (DocumentKind.OTHER.value, None),
    ("contract", None),
    (None, None),
    (("RECEIPT", "INVOICE"), None),
])  # fmt: skip
def test_a_filter_takes_only_words_of_the_provider(member: object, word: str | None) -> None:
    """Everything that is OTHER here has a word of its own there, and none of them means all."""
    assert quirks.word_of(DOCUMENT_KINDS)(member) == word


def test_a_return_shows_its_boxes_and_its_two_sums() -> None:
    """In this order; what the answer leaves out is no section."""
    whole = Row({"boxes": {"1": Decimal(20)}, "output_vat": Decimal(20), "input_vat": None})
    assert quirks.vat_sections(whole) == [
        {"key": "BOXES", "rows": [{"id": "1", "name": "Box 1", "amount": Decimal(20)}]},
        {"key": "VAT", "rows": [{"id": "output_vat", "name": "Output VAT", "amount": Decimal(20)}]},
    ]
    assert quirks.vat_sections(Row({"boxes": None})) == []


@pytest.mark.parametrize(
    "answer", [{"report": {"report": "vat", "period": "Q4 2025"}}, {"report": "vat", "period": "Q4 2025"}]
)
def test_a_report_is_read_wrapped_and_bare(answer: object) -> None:
    """A bare one has its name where a wrapped one stands."""
    assert quirks.bare_report(answer, {}) == {"report": "vat", "period": "Q4 2025"}
