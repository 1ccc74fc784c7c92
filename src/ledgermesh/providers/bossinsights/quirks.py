"""What is odd about Boss Insights, as pure functions with their reasons."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal

from msgspec import Struct, field

from ledgermesh.model.enums import AccountType, DocumentStatus, LineKind, RecordStatus, Side
from ledgermesh.model.money import Money
from ledgermesh.model.row import Read, Row, at
from ledgermesh.spec.leaves import folded, in_major, to_currency, to_day, to_decimal

# -- days ------------------------------------------------------------------------------------------------------------


def to_first_ten(found: object) -> dt.date:
    """The day of `2021-05-13T05:03:23Z` or of `2021-05-13`; a time of another zone would not move it either."""
    if isinstance(found, str) and found[10:11] in ("", "T", " "):
        return to_day(found[:10])
    raise ValueError("expected an instant or a date YYYY-MM-DD")


def day_of(found: object) -> dt.date | None:
    """The day, or None for what is none: the documentation itself has the 31st of April."""
    try:
        return to_first_ten(found)
    except ValueError:
        return None


def calendar_day(path: str) -> Read:
    """Reads the day at a path where the calendar has it."""
    return lambda row: day_of(at(path)(row))


# -- whose rows they are ---------------------------------------------------------------------------------------------


def is_account(row: Row) -> bool:
    """Whether a row of `/accounts` is one of a chart of accounts.

    Forms of the portal write records of companies, as a CRM has them (`Account_Name`, `Website`), under the same name.
    """
    return any(row.doc.get(key) is not None for key in ("accountNumber", "accountName", "accountType"))


def is_outgoing(row: Row) -> bool:
    """Whether a payment went to a vendor: one list holds both ways, told by whose id is there, or by what it pays."""
    if row.doc.get("vendorId") or row.doc.get("customerId"):
        return not row.doc.get("customerId")
    return bool(row.doc.get("billIds")) and not row.doc.get("invoiceIds")


def is_incoming(row: Row) -> bool:
    """Whether a payment came from a customer; one that says neither is taken for such."""
    return not is_outgoing(row)


# -- accounts --------------------------------------------------------------------------------------------------------

ACCOUNT_TYPES = {
    "Bank": AccountType.BANK,
    "Cash": AccountType.CASH,
    "CreditCard": AccountType.CREDIT_CARD,
    "AccountsReceivable": AccountType.ACCOUNTS_RECEIVABLE,
    "Inventory": AccountType.INVENTORY,
    "PrepaidExpenses": AccountType.PREPAYMENT,
    "Prepayment": AccountType.PREPAYMENT,
    "OtherCurrentAsset": AccountType.OTHER_CURRENT_ASSET,
    "FixedAsset": AccountType.FIXED_ASSET,
    "AccumulatedDepreciation": AccountType.ACCUMULATED_DEPRECIATION,
    "IntangibleAsset": AccountType.INTANGIBLE_ASSET,
    "OtherAsset": AccountType.OTHER_NON_CURRENT_ASSET,
    "OtherNonCurrentAsset": AccountType.OTHER_NON_CURRENT_ASSET,
    "AccountsPayable": AccountType.ACCOUNTS_PAYABLE,
    "SalesTaxPayable": AccountType.TAX_LIABILITY,
    "TaxPayable": AccountType.TAX_LIABILITY,
    "TaxLiability": AccountType.TAX_LIABILITY,
    "PayrollLiability": AccountType.PAYROLL_LIABILITY,
    "OtherCurrentLiability": AccountType.OTHER_CURRENT_LIABILITY,
    "LongTermLiability": AccountType.LONG_TERM_LIABILITY,
    "Equity": AccountType.EQUITY,
    "RetainedEarnings": AccountType.RETAINED_EARNINGS,
    "Income": AccountType.REVENUE,
    "Revenue": AccountType.REVENUE,
    "Sales": AccountType.REVENUE,
    "OtherIncome": AccountType.OTHER_INCOME,
    "CostOfGoodsSold": AccountType.COST_OF_SALES,
    "CostOfSales": AccountType.COST_OF_SALES,
    "Expense": AccountType.OPERATING_EXPENSE,
    "OperatingExpense": AccountType.OPERATING_EXPENSE,
    "Depreciation": AccountType.DEPRECIATION,
    "Interest": AccountType.INTEREST,
    "InterestExpense": AccountType.INTEREST,
    "IncomeTax": AccountType.INCOME_TAX,
    "OtherExpense": AccountType.OTHER_EXPENSE,
}
"""Assumed: no list of the words is public; these are the ones that bookkeeping apps use. The first is written."""

_KNOWN_TYPES = {folded(word): kind for word, kind in ACCOUNT_TYPES.items()}
_GROWS = {
    "asset": Side.DEBIT,
    "expense": Side.DEBIT,
    "liability": Side.CREDIT,
    "equity": Side.CREDIT,
    "income": Side.CREDIT,
}


def account_word(row: Row) -> object:
    """The finer word for what an account is, else the coarse one."""
    found = row.doc.get("accountSubType") or row.doc.get("accountType")
    if found is not None and not isinstance(found, str):
        raise ValueError("expected a word")
    return found or None


def account_type(row: Row) -> object:
    """What the account is for; of the coarse words only those are enough that name one use."""
    word = account_word(row)
    return None if not isinstance(word, str) else _KNOWN_TYPES.get(folded(word), AccountType.OTHER)


def normal_balance(row: Row) -> object:
    """Balances are positive on the side that the type is expected on; of an unknown type nothing is expected."""
    word = row.doc.get("accountType")
    return _GROWS.get(folded(word)) if isinstance(word, str) else None


# -- parties and records in general ----------------------------------------------------------------------------------


def record_status(row: Row) -> object:
    """`active` as true and false; 0 and 1 are tolerated, as the administration API writes them."""
    found = row.doc.get("active")
    if found is None:
        return None
    if found not in (True, False, "0", "1"):
        raise ValueError("expected true or false")
    return RecordStatus.ACTIVE if found in (True, "1") else RecordStatus.INACTIVE


def street_lines(row: Row) -> object:
    """The two street lines, those that are filled."""
    return tuple(line for key in ("street", "street2") if isinstance(line := row.doc.get(key), str) and line)


# -- trade -----------------------------------------------------------------------------------------------------------

STATUSES = {
    "draft": DocumentStatus.DRAFT,
    "open": DocumentStatus.OPEN,
    "partial": DocumentStatus.PARTIALLY_PAID,
    "paid": DocumentStatus.PAID,
    "void": DocumentStatus.VOID,
}


def document_status(row: Row) -> object:
    """The status; where a document has none, its balance says it, as the sample apps take 0 for paid."""
    word, balance = row.doc.get("status"), row.doc.get("balance")
    if isinstance(word, str) and word:
        return STATUSES.get(folded(word), DocumentStatus.OTHER)
    if word not in (None, ""):
        raise ValueError("expected a word")
    if balance in (None, ""):
        return None
    return DocumentStatus.OPEN if to_decimal(balance) else DocumentStatus.PAID


def line_kind(row: Row) -> object:
    """A line that is booked to an account and names no product is one of an account."""
    names = row.doc.get("accountId") is not None and row.doc.get("productId") is None
    return LineKind.ACCOUNT if names else LineKind.ITEM if row.doc.get("productId") is not None else None


def line_taxes(row: Row) -> object:
    """A line has one amount of tax and no rate; 0 is no tax."""
    found = row.doc.get("tax")
    return [] if found is None or _is_zero(found) else [row.doc]


def identified(path: str) -> Read:
    """A list of bare ids as a list of objects."""

    def read(row: Row) -> object:
        found = at(path)(row)
        if found is not None and not isinstance(found, list):
            raise ValueError("expected a list of ids")
        return [{"id": id} for id in found or ()]

    return read


def categorised(row: Row) -> object:
    """A bank transaction's category is a bare name; null while nobody knows it."""
    return row.doc if row.doc.get("category") else None


# -- journals --------------------------------------------------------------------------------------------------------


def _posted(row: Row) -> Decimal | None:
    """Debit less credit, in hundredths; None where neither is told."""
    debit, credit = row.doc.get("debit"), row.doc.get("credit")
    if debit in (None, "") and credit in (None, ""):
        return None
    return to_decimal(debit or 0) - to_decimal(credit or 0)


def posting_side(row: Row) -> object:
    """Both columns are there on every line; the one that is more is the side."""
    found = _posted(row)
    return None if not found else Side.DEBIT if found > 0 else Side.CREDIT


def posting_amount(row: Row) -> object:
    """What a line posts on its side."""
    found = _posted(row)
    if found is None or row.parent is None:
        return None
    code = to_currency(row.parent.doc.get("currency")) or to_currency(row.settings.get("currency"))
    return Money(amount=in_major(abs(found), None), currency=code)


def _is_zero(found: object) -> bool:
    """Whether a number is 0 or not there at all; what is no number is not 0, so that it is noticed."""
    try:
        return found in (None, "") or not to_decimal(found)
    except ValueError:
        return False


# -- payroll ---------------------------------------------------------------------------------------------------------


class Column(Struct, frozen=True):
    """A column of a payroll row that is one element of a list in the common model."""

    name: str
    amount: str
    hours: str = ""
    """The column of the hours, where it has one."""
    known: Mapping[str, object] = field(default_factory=dict)
    """What else is known of it, by name."""

    @property
    def paths(self) -> tuple[str, ...]:
        return (self.amount, self.hours) if self.hours else (self.amount,)


def columns(listed: Sequence[Column]) -> Read:
    """Columns as a list of `name`, `amount`, `hours`: a row has some forty, most of them 0, and those are left out."""

    def read(row: Row) -> object:
        return [
            {
                "name": one.name,
                "amount": row.doc.get(one.amount),
                "hours": row.doc.get(one.hours),
                **one.known,
            }
            for one in listed
            if not all(_is_zero(row.doc.get(path)) for path in one.paths)
        ]

    return read


def app_of_payroll(row: Row) -> object:
    """The app that a payroll row comes from, by either of its names."""
    found = row.doc.get("integration") or row.doc.get("platform")
    if found is not None and not isinstance(found, str):
        raise ValueError("expected the key of an app")
    return found
