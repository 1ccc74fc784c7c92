"""Every change that Kashoo and TrulySmall Accounting take: https://api.kashoo.com/index.html"""

from __future__ import annotations

from collections.abc import Mapping

from ledgermesh.providers.kashoo.writing_accounts import ACCOUNT_WRITES
from ledgermesh.providers.kashoo.writing_entries import ENTRY_WRITES, IMPORT_STATEMENT
from ledgermesh.providers.kashoo.writing_expenses import expense
from ledgermesh.providers.kashoo.writing_items import ITEM_WRITES
from ledgermesh.providers.kashoo.writing_lines import ITEM, LINE
from ledgermesh.providers.kashoo.writing_papers import SEND_INVOICE, paper_puts, paper_writes
from ledgermesh.providers.kashoo.writing_parties import PARTY_WRITES
from ledgermesh.providers.kashoo.writing_payments import PAY_WRITES, PAYMENT_WRITES
from ledgermesh.providers.kashoo.writing_records import back_to_inbox, several
from ledgermesh.spec.provider import Closing
from ledgermesh.spec.write import Put, Writes

RECORDS = ("Invoice", "Bill", "Payment", "BillPayment", "Transfer", "JournalEntry")


def _shared(line: Mapping[str, Put]) -> Writes:
    """What both products take; the lines of invoices and bills have these fields."""
    records = (*paper_writes(line), *PAYMENT_WRITES, *ENTRY_WRITES)
    return (
        *ACCOUNT_WRITES,
        *PARTY_WRITES,
        *records,
        *several(records),
        *PAY_WRITES,
        expense(paper_puts(line)),
        SEND_INVOICE,
        IMPORT_STATEMENT,
    )


CLASSIC_WRITES: Writes = (*_shared({**LINE, **ITEM}), *ITEM_WRITES)
TRULYSMALL_WRITES: Writes = (*_shared(LINE), *back_to_inbox(*RECORDS))

SIGNS_IN = "Signs in; linking and renewing a connection does it."

UNWRITTEN = {
    "POST /authTokens": SIGNS_IN,
    "POST /users/me/mfa": SIGNS_IN,
    "POST /token": SIGNS_IN,
    "PUT /businesses/{business}": (
        "No document shows that a business can be changed this way; a company does it in the product itself."
    ),
    "POST /sync": "Opens the older way to list contacts; the contacts are read directly.",
}
"""Operations of Kashoo that change something and are sent by no mutation."""

CLOSING = Closing(
    kind="Organization",
    field="books_closed_through",
    dates=dict.fromkeys(RECORDS, "date"),
    assumed="That a business tells the day through which its books are closed, by integrators' word for it, and that "
    "nothing dated on that day or before it is taken, changed or removed.",
)
