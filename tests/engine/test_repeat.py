"""What a refusal of one field says by the caller's own names."""

from __future__ import annotations

import pytest

from ledgermesh.engine.planned import Step
from ledgermesh.engine.repeat import failure_of, named
from ledgermesh.errors import Refused

STEP = Step(
    kind="Invoice", verb="CREATE", method="POST", path="/invoices", template="/invoices",
    fields={"currency": "input.currency", "positions": "input.lines", "main_address.city": "input.address"},
)  # fmt: skip


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        (["currency"], "input.currency"),
        (["positions.0.vat"], "input.lines.0"),
        (["main_address.city"], "input.address"),
        (["nobody's", "currency"], "input.currency"),
        (["nobody's"], ""),
        ([], ""),
    ],
)
def test_a_refused_field_is_told_by_its_place_in_the_input(theirs: list[str], ours: str) -> None:
    """The first of the provider's fields that the request carries; none where it names none of them."""
    error = Refused("no", details={"status": 422, "providerFields": theirs, "providerMessage": "words"})
    named(error, STEP)

    failure = failure_of(error)
    assert (failure.path, failure.provider_message) == (ours, "words")
