"""Invoices are paid and cancelled, documents are moved through their states, and sent by e-mail and by post."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest

from ledgermesh.engine.version import differing
from ledgermesh.model.enums import DocumentStatus, PaymentKind, PaymentMethod
from ledgermesh.model.money import Money
from ledgermesh.spec.write import WriteVerb
from tests.contract.stand import Stand
from tests.providers.smallinvoice.writes import (
    DAY,
    DOCUMENTS,
    LATER,
    blocking,
    body,
    by,
    changes,
    chf,
    invoice,
    own_books,
    some,
)
from tests.writing import carry_out, change, planned, send_steps


@pytest.fixture
async def stand() -> AsyncIterator[Stand]:
    async with own_books() as made:
        yield made


# -- payments ----------------------------------------------------------------------------------------------------------


async def test_payments_move_the_status_of_their_invoice(stand: Stand) -> None:
    """A part makes it partly paid; paying without an amount settles what is open; taking a payment back opens it."""
    made = await invoice(stand)
    part = {
        "allocations": ({"document": by(made)},), "date": LATER, "amount": chf("8.1"),
        "kind": PaymentKind.CASH_DISCOUNT, "method": PaymentMethod.ONLINE, "method_raw": "PF", "memo": "Skonto",
    }  # fmt: skip
    asked = change(stand, "Payment", "CREATE", part)
    payment: Any = await carry_out(stand, asked)
    plan = await planned(stand, asked)
    assert (
        list(differing(payment, {k: v for k, v in plan.asked.items() if k not in ("allocations", "memo")}))
        == []
    )
    assert payment.memo.startswith("Skonto ")
    now: Any = await stand.hub().one("Invoice", made.native_id, frozenset())
    assert (now.status, now.amount_due.amount) == (DocumentStatus.PARTIALLY_PAID, Decimal(100))

    await carry_out(stand, change(stand, "Invoice", "PAY", {"date": LATER}, id=made.native_id))
    now = await stand.hub().one("Invoice", made.native_id, frozenset())
    assert (now.status, now.amount_due.amount) == (DocumentStatus.PAID, Decimal(0))

    await carry_out(stand, change(stand, "Payment", "DELETE", id=payment.native_id))
    now = await stand.hub().one("Invoice", made.native_id, frozenset())
    assert (now.status, now.amount_due.amount) == (DocumentStatus.PARTIALLY_PAID, Decimal("8.1"))


async def test_only_the_notes_of_a_payment_change(stand: Stand) -> None:
    """Other fields are lost, never sent."""
    made = await invoice(stand)
    paid = await carry_out(
        stand, change(stand, "Invoice", "PAY", {"date": DAY, "memo": "Bar"}, id=made.native_id)
    )
    assert paid is not None
    other = change(stand, "Payment", "UPDATE", {"memo": "Doch nicht", "amount": chf("1")}, id=paid.native_id)
    assert blocking(await planned(stand, other)) == {"input.amount": "LOSS"}
    notes = change(stand, "Payment", "UPDATE", {"memo": "Doch nicht"}, id=paid.native_id)
    assert body(await planned(stand, notes)) == {"notes": "Doch nicht"}
    after: Any = await carry_out(stand, notes)
    assert after.memo == "Doch nicht"


async def test_a_payment_fits_its_invoice(stand: Stand) -> None:
    """Over the balance, nothing, of another contact, in another currency, by a check, twice or without an invoice:
    all said before anything is sent.
    """
    made, [other] = await invoice(stand), (await some(stand, "Party", 2))[1:]
    fine = {"allocations": ({"document": by(made)},), "date": DAY, "amount": chf("10")}
    stand.line.seen.clear()
    cases: tuple[tuple[dict[str, Any], dict[str, str]], ...] = (
        ({"amount": chf("108.11")}, {"input.amount": "OVER_BALANCE"}),
        ({"amount": chf("0")}, {"input.amount": "INVALID"}),
        ({"party": by(other)}, {"input.party": "INVALID"}),
        ({"amount": Money(amount=Decimal(1), currency="EUR")}, {"input.amount": "INVALID"}),
        ({"method": PaymentMethod.CHECK}, {"input.method": "LOSS"}),
        ({"method": PaymentMethod.ONLINE}, {"input.method": "INVALID"}),
        ({"kind": PaymentKind.REFUND}, {"input.kind": "NOT_ALLOWED"}),
        ({"allocations": ({"document": by(made)}, {"document": by(made)})}, {"input.allocations": "INVALID"}),
        ({"allocations": ()}, {"input.allocations": "REQUIRED"}),
        (
            {"allocations": ({"document": by(made), "amount": chf("5")},)},
            {"input.allocations.0.amount": "INVALID"},
        ),
    )
    for odd, wrong in cases:
        plan = await planned(stand, change(stand, "Payment", "CREATE", {**fine, **odd}))
        assert wrong.items() <= blocking(plan).items(), odd
    assert changes(stand) == []


async def test_what_is_paid_or_cancelled_is_not_paid(stand: Stand) -> None:
    """Neither an invoice with nothing open nor a cancelled one; and a day is needed."""
    made = await invoice(stand)
    assert blocking(await planned(stand, change(stand, "Invoice", "PAY", id=made.native_id))) == {
        "input.date": "REQUIRED"
    }
    await carry_out(stand, change(stand, "Invoice", "PAY", {"date": DAY}, id=made.native_id))
    again = await planned(stand, change(stand, "Invoice", "PAY", {"date": DAY}, id=made.native_id))
    assert blocking(again) == {"": "OVER_BALANCE"}

    other = await invoice(stand)
    voided: Any = await carry_out(stand, change(stand, "Invoice", "VOID", id=other.native_id))
    assert (voided.status, voided.status_raw) == (DocumentStatus.VOID, "C")
    for verb in ("VOID", "PAY"):
        given = {"date": DAY} if verb == "PAY" else {}
        plan = await planned(stand, change(stand, "Invoice", verb, given, id=other.native_id))
        assert blocking(plan) == {"": "READ_ONLY"}


# -- status and sending ------------------------------------------------------------------------------------------------

MOVES = {
    "Invoice": {"OPEN": "S", "PAID": "P", "VOID": "C", "R2": "R2", "dr": "DR"},
    "Quote": {"ACCEPTED": "A", "DECLINED": "DE", "BILLED": "B"},
    "SalesOrder": {"BILLED": "B"},
    "DeliveryNote": {"OPEN": "S"},
    "Letter": {"SENT": "S"},
    "Project": {"CLOSED": "C", "PENDING": "P", "B": "B"},
}


async def test_a_status_is_set_by_our_word_or_the_providers(stand: Stand) -> None:
    """One PATCH, and the record shows it."""
    for kind, moves in MOVES.items():
        record = next(each for each in await some(stand, kind, 20) if each.status_raw in ("DR", "O"))
        for word, own in moves.items():
            asked = change(stand, kind, "SET_STATUS", {"status": word}, id=record.native_id)
            assert [step.method for step in (await planned(stand, asked)).steps] == ["PATCH"]
            after: Any = await carry_out(stand, asked)
            assert after.status_raw == own, (kind, word)


async def test_an_unknown_status_is_refused_and_a_moment_is_swiss(stand: Stand) -> None:
    """Words of other kinds are no words here; a moment goes out on Swiss clocks."""
    made = await invoice(stand)
    for word in ("ACCEPTED", "", "XX"):
        plan = await planned(
            stand, change(stand, "Invoice", "SET_STATUS", {"status": word}, id=made.native_id)
        )
        assert blocking(plan) == {"input.status": "NOT_ALLOWED"}
    at = dt.datetime(2026, 11, 20, 23, 30, tzinfo=dt.UTC)
    paid = change(stand, "Invoice", "SET_STATUS", {"status": "PAID", "at": at}, id=made.native_id)
    assert body(await planned(stand, paid)) == {"status": "P", "date_time": "2026-11-21 00:30:00"}
    after: Any = await carry_out(stand, paid)
    assert after.paid_date == dt.date(2026, 11, 21)


MAIL = {
    "recipients": ({"email": "a@seeblick.test", "name": "A"}, {"email": "b@seeblick.test"}),
    "subject": "Ihr Dokument",
    "message": "Im Anhang.",
}


@pytest.mark.parametrize("kind", [*DOCUMENTS, "Letter"])
async def test_documents_are_sent_by_mail_and_by_post(stand: Stand, kind: str) -> None:
    """Both are never repeated and answer with nothing; a draft that was sent is one no more."""
    record = next(each for each in await some(stand, kind, 20) if each.status_raw == "DR")
    mail = await planned(stand, change(stand, kind, "SEND", MAIL, id=record.native_id))
    assert body(mail)["recipients"][1] == {"email": "b@seeblick.test", "name": "b@seeblick.test"}
    post = await planned(
        stand, change(stand, kind, "SEND", {"channel": "POST", "color": True}, id=record.native_id)
    )
    assert body(post) == {"palette": "C", "print": "S", "speed": "E"}
    for plan in (mail, post):
        assert [(step.repeat, step.look, step.empty) for step in plan.steps] == [("NEVER", None, True)]
        await send_steps(stand.hub(), plan)
    after: Any = await stand.hub().one(kind, record.native_id, frozenset())
    assert after.status_raw == "S"


async def test_a_mail_without_a_receiver_is_not_sent(stand: Stand) -> None:
    """What is missing is named; copies, previews and other ways are not offered, so they are not quietly left out."""
    made = await invoice(stand)
    stand.line.seen.clear()
    verb: WriteVerb = "SEND"
    cases: tuple[tuple[dict[str, Any], dict[str, str]], ...] = (
        ({}, {"input.recipients": "REQUIRED", "input.subject": "REQUIRED", "input.message": "REQUIRED"}),
        ({**MAIL, "recipients": ({"name": "A"},)}, {"input.recipients.0.email": "REQUIRED"}),
        ({**MAIL, "recipients": ({"email": "a"},)}, {"input.recipients.0.email": "INVALID"}),
        ({**MAIL, "cc": ("c@seeblick.test",)}, {"input.cc.0": "LOSS"}),
        ({**MAIL, "preview": True}, {"input.preview": "INVALID"}),
        ({**MAIL, "channel": "FAX"}, {"input.channel": "NOT_ALLOWED"}),
        ({"channel": "POST", "subject": "x"}, {"input.subject": "LOSS"}),
    )
    for given, wrong in cases:
        plan = await planned(stand, change(stand, "Invoice", verb, given, id=made.native_id))
        assert blocking(plan) == wrong, given
    assert changes(stand) == []
