"""Journal entries, transfers and everything that was booked: https://api.kashoo.com/index.html"""

from __future__ import annotations

from ledgermesh.model.enums import Side
from ledgermesh.model.ledger import JournalEntry, JournalLine, LedgerKind, LedgerTransaction, Transfer
from ledgermesh.model.money import Money
from ledgermesh.providers.kashoo import postings, scope
from ledgermesh.providers.kashoo.records import (
    COMMON,
    NOT_OF_ADJUSTMENTS,
    NOT_OF_RECORDS,
    NOT_OF_TRANSFERS,
    PAGES,
    PARTY_PUSH,
    PARTY_WIRES,
    WIRES,
    first_text,
    record_list,
    transfer_date,
)
from ledgermesh.spec.leaves import currency, decimal, minor_money, one_of, text
from ledgermesh.spec.pointer import Pointer
from ledgermesh.spec.resource import Children, Get, List, Push, Resource
from ledgermesh.spec.wires import Wire, each, fields, made, ref

NO_PARTY = {
    "contact": "Kashoo keeps it empty where nobody else takes part.",
    "contactName": "Kashoo keeps it empty where nobody else takes part.",
    "account": "The accounts of its two sides are carried.",
    "homeCurrency": "The business carries it.",
}

JOURNAL_ENTRIES = Resource(
    kind="JournalEntry",
    list=record_list("/adjustments"),
    get=Get(path="/records/{id}"),
    keep=scope.is_record("ADJUSTMENT"),
    fields=fields(
        JournalEntry,
        **WIRES,
        description=first_text("memo", "description"),
        exchange_rate=decimal("exchangeRate"),
        lines=each(
            "lineItems",
            fields(
                JournalLine,
                account_native_id=text("account"),
                side=made(Side, "debit", "credit", read=postings.posting_side, transform="filled_side"),
                amount=made(Money, "debit", "credit", read=postings.line_amount, transform="filled_amount"),
                description=text("description"),
            ),
        ),
    ),
    omitted={
        **COMMON,
        **NOT_OF_ADJUSTMENTS,
        **NO_PARTY,
        "amount": "The sum of the debits, which the lines give.",
        "lineItems.id": "Lines are parts of their entry and are not asked for by themselves.",
        "lineItems.position": "The order of the lines tells it.",
    },
)

TRANSFERS = Resource(
    kind="Transfer",
    list=record_list("/transfers"),
    get=Get(path="/records/{id}"),
    keep=scope.is_record("TRANSFER"),
    # Assumed: the names of the amount and of the two accounts.
    fields=fields(
        Transfer,
        **WIRES,
        description=first_text("memo", "description"),
        exchange_rate=decimal("exchangeRate"),
        amount=minor_money("amount", currency="currency"),
        from_account_ref=ref("Account", "fromAccount"),
        to_account_ref=ref("Account", "toAccount"),
    ),
    omitted={**COMMON, **NOT_OF_TRANSFERS, **NO_PARTY},
)

RECORD_WIRES: dict[str, Wire] = {
    **WIRES,
    **PARTY_WIRES,
    "kind": one_of("type", postings.KINDS, other=LedgerKind.OTHER),
    "kind_raw": text("type"),
    "description": text("description"),
    "memo": text("memo"),
    "party_name": text("contactName"),
    "amount": made(Money, "amount", "totalDue", read=postings.record_amount, transform="amount_or_due"),
    "document_ref": made(Pointer, "type", "id", read=postings.of_record, transform="document"),
}
RECORD_OMITTED = {
    **{name: reason for name, reason in COMMON.items() if name != "type"},
    **NOT_OF_RECORDS,
    "homeCurrency": "The document that it is carries it.",
    "exchangeRate": "The document that it is carries it.",
}

RECORDS = Resource(
    kind="LedgerTransaction",
    list=record_list(
        "",
        PARTY_PUSH,
        Push(field="kind", operator="eq", param="type", encode=postings.documented_type),
    ),
    get=Get(path="/records/{id}"),
    keep=scope.is_here,
    fields=fields(LedgerTransaction, **RECORD_WIRES),
    omitted=RECORD_OMITTED,
)

OLDEST_FIRST = (("sortColumn", "date"), ("sortOrder", "asc"))

CONTACT_RECORDS = Resource(
    kind="LedgerTransaction",
    name="contact",
    list=List(path="/contacts/{parent}/records", page=PAGES, query=OLDEST_FIRST),
    get=Get(path="/records/{id}"),
    children=Children(parent="Party", needed=scope.any_parent),
    keep=scope.is_below("contact"),
    fields=fields(LedgerTransaction, **RECORD_WIRES),
    omitted=RECORD_OMITTED,
)

POSTINGS = Resource(
    kind="LedgerTransaction",
    name="posting",
    list=List(path="/accounts/{parent}/journalEntries", page=PAGES, query=OLDEST_FIRST),
    children=Children(parent="Account", needed=scope.any_parent),
    keep=scope.is_below("account"),
    # Assumed: the whole shape of these rows.
    fields=fields(
        LedgerTransaction,
        native_id=text("id"),
        kind=one_of("recordType", postings.KINDS, other=LedgerKind.OTHER),
        kind_raw=text("recordType"),
        date=transfer_date("date"),
        number=text("number"),
        description=text("description"),
        memo=text("memo"),
        currency=currency("currency"),
        amount=made(Money, "debit", "credit", read=postings.entry_amount, transform="filled_amount"),
        balance=made(
            Money,
            "balance",
            "^normalBalanceCredit",
            read=postings.entry_balance,
            transform="balance_by_side",
        ),
        party_name=text("contactName"),
        lines=made(
            list[JournalLine],
            "account",
            read=postings.posting,
            transform="one_posting",
            parts=fields(
                JournalLine,
                account_native_id=text("account"),
                side=made(Side, "debit", "credit", read=postings.posting_side, transform="filled_side"),
                amount=made(Money, "debit", "credit", read=postings.entry_amount, transform="filled_amount"),
                description=text("description"),
            ),
        ),
        **PARTY_WIRES,
        document_ref=made(Pointer, "recordType", "record", read=postings.of_entry, transform="document"),
    ),
)
"""One entry is one side of a record, in the home currency."""
