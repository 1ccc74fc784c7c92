"""Chart of accounts, bank accounts and journal entries: https://api.kashoo.com/index.html"""

from __future__ import annotations

from ledgermesh.model.account import Account
from ledgermesh.model.banking import BankAccount
from ledgermesh.model.enums import (
    AccountClassification,
    AccountType,
    BankAccountKind,
    RecordStatus,
    Side,
)
from ledgermesh.model.ledger import JournalEntry, JournalLine
from ledgermesh.model.money import Money
from ledgermesh.model.row import Row
from ledgermesh.providers.kashoo import quirks
from ledgermesh.providers.kashoo.sales import record_list, status_of, transfer_date
from ledgermesh.spec.leaves import currency, decimal, flag, folded, instant, one_of, text
from ledgermesh.spec.paging import Whole
from ledgermesh.spec.resource import Get, List, Resource
from ledgermesh.spec.wires import each, fields, made, ref

TYPES = {
    "CASH": AccountType.BANK,
    "BANK": AccountType.BANK,
    "CREDIT_CARD": AccountType.CREDIT_CARD,
    "ACCOUNTS_RECEIVABLE": AccountType.ACCOUNTS_RECEIVABLE,
    "INVENTORY": AccountType.INVENTORY,
    "OTHER_CURRENT_ASSET": AccountType.OTHER_CURRENT_ASSET,
    "FIXED_ASSET": AccountType.FIXED_ASSET,
    "ACCOUNTS_PAYABLE": AccountType.ACCOUNTS_PAYABLE,
    "TAX": AccountType.TAX_LIABILITY,
    "OTHER_CURRENT_LIABILITY": AccountType.OTHER_CURRENT_LIABILITY,
    "LONG_TERM_LIABILITY": AccountType.LONG_TERM_LIABILITY,
    "EQUITY": AccountType.EQUITY,
    "INCOME": AccountType.REVENUE,
    "COST_OF_GOODS_SOLD": AccountType.COST_OF_SALES,
    "EXPENSE": AccountType.OPERATING_EXPENSE,
}
"""Only CASH is seen in a client of the live API; the other words are assumed, unknown ones read as OTHER."""

ASSETS = ("CASH", "BANK", "ACCOUNTS_RECEIVABLE", "INVENTORY", "OTHER_CURRENT_ASSET", "FIXED_ASSET")
LIABILITIES = ("CREDIT_CARD", "ACCOUNTS_PAYABLE", "TAX", "OTHER_CURRENT_LIABILITY", "LONG_TERM_LIABILITY")

CLASSES = (
    dict.fromkeys(ASSETS, AccountClassification.ASSET)
    | dict.fromkeys(LIABILITIES, AccountClassification.LIABILITY)
    | {
        "EQUITY": AccountClassification.EQUITY,
        "INCOME": AccountClassification.REVENUE,
        "COST_OF_GOODS_SOLD": AccountClassification.EXPENSE,
        "EXPENSE": AccountClassification.EXPENSE,
    }
)


def _side(row: Row) -> object:
    credit = row.doc.get("normalBalanceCredit")
    return None if not isinstance(credit, bool) else Side.CREDIT if credit else Side.DEBIT


ACCOUNT_LIST = List(path="/businesses/{business_id}/accounts", page=Whole(limit="limit", value="0"))
"""A limit of 0, which is also the default, gives all accounts."""

ACCOUNTS = Resource(
    kind="Account",
    list=ACCOUNT_LIST,
    get=Get(path="/accounts/{id}"),
    keep=quirks.is_here,
    fields=fields(
        Account,
        native_id=text("id"),
        code=text("number"),
        name=text("name"),
        full_name=text("nameAndNumber"),
        description=text("description"),
        classification=one_of("type", CLASSES, other=AccountClassification.UNKNOWN),
        type=one_of("type", TYPES, other=AccountType.OTHER),
        type_raw=text("type"),
        normal_balance=made(Side, "normalBalanceCredit", read=_side, transform="normal_side"),
        currency=currency("currency"),
        status=made(RecordStatus, "archived", read=status_of, transform="status_of"),
        system=flag("system"),
        tax_number=text("taxNumber"),
        parent_ref=ref("Account", "parent"),
        updated_at=instant("lastModified"),
        deleted=flag("removed"),
        archived=flag("archived"),
    ),
)

_BANK_WORDS = {
    "CASH": BankAccountKind.CHECKING,
    "BANK": BankAccountKind.CHECKING,
    "CREDIT_CARD": BankAccountKind.CARD,
}


def _is_bank(row: Row) -> bool:
    word = row.doc.get("type")
    return (
        quirks.is_here(row)
        and isinstance(word, str)
        and folded(word) in {folded(known) for known in _BANK_WORDS}
    )


BANK_ACCOUNTS = Resource(
    kind="BankAccount",
    list=ACCOUNT_LIST,
    get=Get(path="/accounts/{id}"),
    keep=_is_bank,
    fields=fields(
        BankAccount,
        native_id=text("id"),
        name=text("name"),
        kind=one_of("type", _BANK_WORDS, other=BankAccountKind.OTHER),
        kind_raw=text("type"),
        account_number=text("number"),
        currency=currency("currency"),
        status=made(RecordStatus, "archived", read=status_of, transform="status_of"),
        updated_at=instant("lastModified"),
        deleted=flag("removed"),
        archived=flag("archived"),
    ),
)

JOURNAL_ENTRIES = Resource(
    kind="JournalEntry",
    list=record_list("adjustments"),
    get=Get(path="/records/{id}"),
    keep=quirks.is_record("ADJUSTMENT"),
    fields=fields(
        JournalEntry,
        native_id=text("id"),
        number=text("number"),
        date=transfer_date("date"),
        description=text("memo"),
        currency=currency("currency"),
        exchange_rate=decimal("exchangeRate"),
        lines=each(
            "lineItems",
            fields(
                JournalLine,
                account_native_id=text("account"),
                side=made(Side, "debit", "credit", read=quirks.posting_side, transform="filled_side"),
                amount=made(Money, "debit", "credit", read=quirks.posting_amount, transform="filled_amount"),
                description=text("description"),
            ),
        ),
        created_at=instant("creation"),
        updated_at=instant("lastModified"),
        deleted=flag("removed"),
    ),
)
