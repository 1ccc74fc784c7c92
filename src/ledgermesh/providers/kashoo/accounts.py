"""Chart of accounts and bank accounts: https://api.kashoo.com/index.html"""

from __future__ import annotations

from ledgermesh.model.account import Account
from ledgermesh.model.banking import BankAccount
from ledgermesh.model.enums import AccountClassification, AccountType, BankAccountKind, RecordStatus, Side
from ledgermesh.model.row import Row
from ledgermesh.providers.kashoo import quirks, scope
from ledgermesh.providers.kashoo.records import first_text
from ledgermesh.spec.leaves import currency, flag, folded, instant, one_of, text
from ledgermesh.spec.paging import Whole
from ledgermesh.spec.resource import Get, List, Resource
from ledgermesh.spec.wires import fields, made, ref

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


OMITTED = {
    "business": "Whose account it is; those of other businesses are left out.",
    "feed": "Which feed of the bank fills it; feeds cannot be read.",
    "standardTerms": "What the terms are for is not documented.",
    "openDate": "What the day says is not documented.",
    "closeDate": "What the day says is not documented.",
    "readOnly": "Whether Kashoo lets the account be changed, which only writing asks.",
    "links": "Addresses in the provider's API.",
}

ACCOUNT_LIST = List(path="/businesses/{business_id}/accounts", page=Whole(limit="limit", value="0"))
"""A limit of 0, which is also the default, gives all accounts."""

ACCOUNTS = Resource(
    kind="Account",
    list=ACCOUNT_LIST,
    get=Get(path="/accounts/{id}"),
    keep=scope.is_here,
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
        status=made(RecordStatus, "archived", read=quirks.record_status, transform="status_of"),
        system=flag("system"),
        tax_number=first_text("taxNumber", "taxAuthorityCode"),
        parent_ref=ref("Account", "parent"),
        updated_at=instant("lastModified"),
        deleted=flag("removed"),
        archived=flag("archived"),
    ),
    omitted=OMITTED,
)

BANK_WORDS = {
    "CASH": BankAccountKind.CHECKING,
    "BANK": BankAccountKind.CHECKING,
    "CREDIT_CARD": BankAccountKind.CARD,
}


_KNOWN = {folded(word) for word in TYPES}
_BANKS = {folded(word) for word in BANK_WORDS}


def _is_bank(row: Row) -> bool:
    """Whether an account is one at a bank.

    Assumed: only such accounts have a currency of their own, so that one of a type nobody knows is told by it.
    """
    word = row.doc.get("type")
    if not (scope.is_here(row) and isinstance(word, str)):
        return False
    return folded(word) in _BANKS or (folded(word) not in _KNOWN and bool(row.doc.get("currency")))


BANK_ACCOUNTS = Resource(
    kind="BankAccount",
    list=ACCOUNT_LIST,
    get=Get(path="/accounts/{id}"),
    keep=_is_bank,
    fields=fields(
        BankAccount,
        native_id=text("id"),
        name=text("name"),
        kind=one_of("type", BANK_WORDS, other=BankAccountKind.OTHER),
        kind_raw=text("type"),
        account_number=text("number"),
        currency=currency("currency"),
        status=made(RecordStatus, "archived", read=quirks.record_status, transform="status_of"),
        updated_at=instant("lastModified"),
        deleted=flag("removed"),
        archived=flag("archived"),
    ),
    omitted={
        **OMITTED,
        **dict.fromkeys(
            (
                "parent",
                "description",
                "nameAndNumber",
                "normalBalanceCredit",
                "system",
                "taxNumber",
                "taxAuthorityCode",
            ),
            "Carried by the account of the chart with the same id.",
        ),
    },
)
