"""Transactions, contacts, documents, deadlines: https://accounts-os.com/help/guides/api-quickstart"""

from __future__ import annotations

from ledgermesh.model.account import Account
from ledgermesh.model.banking import BankTransaction, Category
from ledgermesh.model.enums import (
    AccountClassification,
    AccountType,
    DeadlineKind,
    DeadlineStatus,
    DocumentKind,
    PartyRole,
    ProcessingStatus,
)
from ledgermesh.model.paper import Deadline, Document
from ledgermesh.model.party import Address, Party
from ledgermesh.providers.accountsos import quirks
from ledgermesh.spec.leaves import currency, day, decimal, instant, money, one_of, text, whole
from ledgermesh.spec.paging import FirstRows, Offset, Whole
from ledgermesh.spec.resource import Derived, Get, List, Push, Resource, Window, day_text
from ledgermesh.spec.wires import fields, made, one

PAGES = Offset(size_max=100, total="pagination.total", more="pagination.has_more")
"""The largest limit is not documented; 100 is assumed, and what really came is counted on."""

TRANSACTIONS = Resource(
    kind="BankTransaction",
    list=List(
        path="/transactions",
        items="transactions",
        page=PAGES,
        window=Window(field="date", start="from", end="to"),
        pushes=(
            Push(field="date", operator="gte", param="from", encode=day_text),
            Push(field="date", operator="gt", param="from", encode=day_text),
            Push(field="date", operator="lte", param="to", encode=day_text),
            Push(field="date", operator="lt", param="to", encode=day_text),
        ),
    ),
    get=Get(path="/transactions/{id}", item="transaction"),
    fields=fields(
        BankTransaction,
        native_id=text("id"),
        date=day("date"),
        description=text("description"),
        currency=currency("currency"),
        amount=money("amount", currency="currency"),
        category=one("category", fields(Category, native_id=text("id"), name=text("name"))),
        category_confidence=decimal("confidence"),
        bank_account_native_id=text("bank_account_id"),
        notes=text("notes"),
        status_raw=text("status"),
        tax_percent=decimal("vat_rate"),
    ),
)

NO_OFFSET = (
    "AccountsOS lists contacts with a limit and no offset; those beyond it are reachable by search only."
)

PARTIES = Resource(
    kind="Party",
    list=List(
        path="/contacts",
        items="contacts",
        page=FirstRows(size_max=100, total="pagination.total", reason=NO_OFFSET),
        search="search",
    ),
    fields=fields(
        Party,
        native_id=text("id"),
        roles=made(list[PartyRole], "type", read=quirks.party_roles, transform="party_roles"),
        display_name=text("name"),
        email=text("email"),
        phone=text("phone"),
        address=made(
            Address,
            "address",
            read=quirks.text_address,
            transform="text_address",
            parts=fields(
                Address,
                lines=made(list[str], "address", read=quirks.address_lines, transform="address_lines"),
            ),
        ),
        tax_number=text("vat_number"),
        created_at=instant("created_at"),
    ),
)

DOCUMENT_KINDS = {
    "receipt": DocumentKind.RECEIPT,
    "invoice": DocumentKind.INVOICE,
    "contract": DocumentKind.CONTRACT,
    "bank_statement": DocumentKind.BANK_STATEMENT,
}

DOCUMENT_STATUSES = {
    "pending": ProcessingStatus.PENDING,
    "processed": ProcessingStatus.PROCESSED,
    "error": ProcessingStatus.ERROR,
}

DOCUMENTS = Resource(
    kind="Document",
    list=List(
        path="/documents",
        items="documents",
        page=PAGES,
        pushes=(
            Push(field="kind", operator="eq", param="type", encode=quirks.word_of(DOCUMENT_KINDS)),
            Push(field="status", operator="eq", param="status", encode=quirks.word_of(DOCUMENT_STATUSES)),
        ),
    ),
    fields=fields(
        Document,
        native_id=text("id"),
        name=text("file_name"),
        kind=one_of("type", DOCUMENT_KINDS, other=DocumentKind.OTHER),
        kind_raw=text("type"),
        status=one_of("status", DOCUMENT_STATUSES, other=ProcessingStatus.OTHER),
        status_raw=text("status"),
        content_type=text("mime_type"),
        size=whole("size"),
        transaction_native_id=text("transaction_id"),
        created_at=instant("created_at"),
    ),
)

DEADLINE_DAYS = "3660"
"""Assumed: `days` is a horizon; without it the API would look 90 days ahead."""

DEADLINES = Resource(
    kind="Deadline",
    list=List(path="/deadlines", items="deadlines", page=Whole(), query=(("days", DEADLINE_DAYS),)),
    fields=fields(
        Deadline,
        native_id=text("id"),
        kind=one_of(
            "type",
            {
                "VAT Return": DeadlineKind.VAT_RETURN,
                "CT600": DeadlineKind.CORPORATION_TAX,
                "Confirmation Statement": DeadlineKind.CONFIRMATION_STATEMENT,
                "Annual Accounts": DeadlineKind.ANNUAL_ACCOUNTS,
                "Self Assessment": DeadlineKind.SELF_ASSESSMENT,
            },
            other=DeadlineKind.OTHER,
        ),
        kind_raw=text("type"),
        due_date=day("due_date"),
        days_until=whole("days_until"),
        status=one_of(
            "status",
            {
                "pending": DeadlineStatus.PENDING,
                "upcoming": DeadlineStatus.PENDING,
                "overdue": DeadlineStatus.OVERDUE,
                "completed": DeadlineStatus.COMPLETED,
            },
            other=DeadlineStatus.OTHER,
        ),
        status_raw=text("status"),
        notes=text("notes"),
    ),
)

_PARTS = {
    "income": (AccountClassification.REVENUE, AccountType.REVENUE),
    "expenses": (AccountClassification.EXPENSE, AccountType.OPERATING_EXPENSE),
    "assets": (AccountClassification.ASSET, AccountType.OTHER),
    "liabilities": (AccountClassification.LIABILITY, AccountType.OTHER),
    "equity": (AccountClassification.EQUITY, AccountType.EQUITY),
}

ACCOUNTS = Resource(
    kind="Account",
    derived=Derived(
        lists=(
            List(path="/reports/profit-loss", query=(("from", "1970-01-01"), ("to", "{today}"))),
            List(path="/reports/balance-sheet", query=(("as_of", "{today}"),)),
        ),
        rows=quirks.account_rows,
    ),
    fields=fields(
        Account,
        native_id=text("id"),
        name=text("name"),
        classification=one_of(
            "part", {part: pair[0] for part, pair in _PARTS.items()}, other=AccountClassification.UNKNOWN
        ),
        type=one_of("part", {part: pair[1] for part, pair in _PARTS.items()}, other=AccountType.OTHER),
        currency=currency("currency"),
    ),
)
