"""What can be done with documents besides writing them: their status is set, they are sent, printed and shown."""

from __future__ import annotations

from msgspec import Struct

from ledgermesh.sandbox.smallinvoice import document_writes, letter_writes, payment_writes
from ledgermesh.sandbox.smallinvoice.document_fields import EMAIL, INVOICE_EMAIL, status
from ledgermesh.sandbox.smallinvoice.fields import Form
from ledgermesh.sandbox.smallinvoice.writer import Act


class Actions(Struct, frozen=True):
    """Of one kind of document."""

    status_form: Form
    set_status: Act
    sent: Act
    email_form: Form = EMAIL
    pdf_options: bool = False


_INVOICES = Actions(
    status("DR", "S", "P", "PP", "R", "R1", "R2", "R3", "DC", "C", "D"),
    payment_writes.set_status,
    payment_writes.sent,
    INVOICE_EMAIL,
    pdf_options=True,
)
_OFFERS = Actions(status("DR", "S", "DE", "A", "B", "D"), document_writes.set_status, document_writes.sent)
_NOTES = Actions(status("DR", "S", "B", "D"), document_writes.set_status, document_writes.sent)
_LETTERS = Actions(status("DR", "S", "D"), letter_writes.set_status, letter_writes.sent)
ACTIONS = {
    "/contacts/letters": _LETTERS,
    "/receivables/invoices": _INVOICES,
    "/receivables/offers": _OFFERS,
    "/receivables/order-confirmations": _NOTES,
    "/receivables/delivery-notes": _NOTES,
}
"""By the path of the documents."""
