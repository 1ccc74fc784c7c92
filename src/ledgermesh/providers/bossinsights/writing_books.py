"""Changes of accounts, customers and vendors, products, bank and journals: https://docs.bossinsights.com/developer"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from ledgermesh.model.enums import AccountClassification, AccountType, PartyRole, Side
from ledgermesh.model.money import Money
from ledgermesh.model.row import Row
from ledgermesh.providers.bossinsights import quirks
from ledgermesh.providers.bossinsights.writing_values import (
    TEXT_MAX,
    account,
    active,
    blank,
    cents,
    code,
    count,
    create,
    day,
    firm,
    hundredths,
    in_the_books,
    of_the_books,
    record,
    update,
    word,
    words,
)
from ledgermesh.spec.write import Draft, Lost, Problem, Put, Search, Stamp, Values, Writes, parts

# -- accounts --------------------------------------------------------------------------------------------------------

CLASSES = {
    "Asset": AccountClassification.ASSET,
    "Liability": AccountClassification.LIABILITY,
    "Equity": AccountClassification.EQUITY,
    "Income": AccountClassification.REVENUE,
    "Expense": AccountClassification.EXPENSE,
}

_CLASS_OF = {
    **dict.fromkeys(("BANK", "CASH", "ACCOUNTS_RECEIVABLE", "INVENTORY", "PREPAYMENT"), "Asset"),
    **dict.fromkeys(("OTHER_CURRENT_ASSET", "FIXED_ASSET", "ACCUMULATED_DEPRECIATION"), "Asset"),
    **dict.fromkeys(("INTANGIBLE_ASSET", "OTHER_NON_CURRENT_ASSET"), "Asset"),
    **dict.fromkeys(("CREDIT_CARD", "ACCOUNTS_PAYABLE", "TAX_LIABILITY", "PAYROLL_LIABILITY"), "Liability"),
    **dict.fromkeys(("OTHER_CURRENT_LIABILITY", "LONG_TERM_LIABILITY"), "Liability"),
    **dict.fromkeys(("EQUITY", "RETAINED_EARNINGS"), "Equity"),
    **dict.fromkeys(("REVENUE", "OTHER_INCOME"), "Income"),
    **dict.fromkeys(("COST_OF_SALES", "OPERATING_EXPENSE", "DEPRECIATION", "INTEREST"), "Expense"),
    **dict.fromkeys(("INCOME_TAX", "OTHER_EXPENSE"), "Expense"),
}
"""The coarse word of each use that has a finer one."""

_FINE = {member: found for found, member in reversed(list(quirks.ACCOUNT_TYPES.items()))}


def _type(value: AccountType | None, draft: Draft) -> Mapping[str, object]:
    """The finer word, and the coarse one that goes with it unless that is given too."""
    raw = draft.values.get("type_raw")
    if value is None or value not in _FINE:
        raise Lost("it has no word for this use of an account; `typeRaw` takes one of its own")
    if raw is not None:
        if quirks.account_type(Row({"accountSubType": raw})) != value:
            raise ValueError(f"{raw!r} is not its word for {value.value}")
        return {}
    coarse = {} if "classification" in draft.values else {"accountType": _CLASS_OF[value.value]}
    return {"accountSubType": _FINE[value], **coarse}


def _classified(draft: Draft) -> Iterator[Problem]:
    """An account says what it is, and in one way."""
    coarse, use = draft.values.get("classification"), draft.values.get("type")
    if draft.verb == "CREATE" and coarse is None and use is None:
        yield Problem("classification", "`classification` or `type` says what the account is", "REQUIRED")
    expected = CLASSES.get(_CLASS_OF.get(use.value, "")) if isinstance(use, AccountType) else None
    if coarse is not None and expected not in (None, coarse):
        yield Problem("classification", f"an account for {getattr(use, 'value', use)} is not of that side")


ACCOUNT: dict[str, Put] = {
    "code": firm("accountNumber"),
    "name": firm("accountName", required=True),
    "classification": word("accountType", CLASSES, *CLASSES, required_if="without `type`"),
    "type": Put(encode=_type, words=tuple(member.value for member in reversed(_FINE))),
    "type_raw": firm("accountSubType"),
    "status": active(),
    "parent": record("Account", "parentId", null=True),
}

# -- customers and vendors -------------------------------------------------------------------------------------------

STREETS = ("street", "street2")


def _streets(value: tuple[str, ...] | None, draft: Draft) -> Mapping[str, object]:
    lines = tuple(value or ())
    if len(lines) > len(STREETS):
        raise Lost("an address has two lines beside the place")
    return dict(zip(STREETS, (*lines, None, None), strict=False))


ADDRESS: dict[str, Put] = {
    "lines": Put(encode=_streets),
    "city": words("city"),
    "region": words("region"),
    "postal_code": words("postalCode"),
    "country": words("country"),
}


def _whole_address(body: dict[str, Any], draft: Draft) -> object:
    """Assumed: an address is replaced as a whole, so that what is not given is sent as it stands."""
    given, stands = body.get("billingAddress"), (draft.before or {}).get("billingAddress")
    if not isinstance(given, Mapping) or not isinstance(stands, Mapping):
        return body
    known = {
        name: stands[name] for name in (*STREETS, "city", "region", "postalCode", "country") if name in stands
    }
    return {**body, "billingAddress": {**known, **given}}


def _roles(role: PartyRole) -> Put:
    def check(value: tuple[PartyRole, ...] | None, draft: Draft) -> Mapping[str, object]:
        if tuple(value or ()) != (role,):
            raise ValueError(
                "customers and vendors are records of their own, and one does not become the other: give one role, "
                "CUSTOMER or SUPPLIER"
            )
        return {}

    return Put(encode=check, silent=True, required=True)


PARTY: dict[str, Put] = {
    "display_name": firm("name", required=True),
    "company_name": words("companyName"),
    "email": words("email"),
    "phone": words("phone"),
    "website": words("website"),
    "tax_number": words("taxNumber"),
    "address": parts("billingAddress", ADDRESS, many=False),
    "currency": code("currency"),
    "status": active(),
}
CUSTOMER = {"roles": _roles(PartyRole.CUSTOMER), **PARTY}
VENDOR = {"roles": _roles(PartyRole.SUPPLIER), **PARTY}


def _is_customer(values: Values) -> bool:
    """Who is said to be both, or nothing, comes here to be told to choose."""
    return tuple(values.get("roles") or ()) != (PartyRole.SUPPLIER,)


# -- products --------------------------------------------------------------------------------------------------------

PRODUCT: dict[str, Put] = {
    "code": firm("sku"),
    "name": firm("name", required=True),
    "description": blank("description"),
    "sales_price": cents("price", fine=True),
    "purchase_price": cents("cost", null=True),
    "quantity_on_hand": count("quantity", null=True),
    "status": active(),
}

# -- bank ------------------------------------------------------------------------------------------------------------

BANK_ACCOUNT: dict[str, Put] = {
    "name": firm("accountName", required=True),
    "bank_name": words("institution"),
    "currency": code("currency"),
}


def _category(value: Mapping[str, Any] | None, draft: Draft) -> Mapping[str, object]:
    """Categories are known by their names."""
    if value is None:
        return {"category": None}
    if value.get("native_id") is not None:
        raise Lost("categories have no ids; give the name")
    return {"category": value.get("name") or None}


BANK_TRANSACTION: dict[str, Put] = {
    "date": day("date", required=True),
    "description": blank("description"),
    "amount": cents("amount", required=True),
    "currency": of_the_books(),
    "category": Put(encode=_category),
    "bank_account": record("BankAccount", "accountId", required=True),
}

# -- journals --------------------------------------------------------------------------------------------------------


def _posting(value: Money | None, draft: Draft) -> Mapping[str, object]:
    """Both columns are there on every line."""
    if value is None or value.amount <= 0:
        raise ValueError("a line posts more than nothing, on the side that it names")
    columns = ("debit", "credit")
    column, other = columns if draft.values.get("side") is Side.DEBIT else columns[::-1]
    return {column: hundredths(value), other: 0}


JOURNAL_LINE: dict[str, Put] = {
    "account": account("accountId", required=True),
    "side": Put(encode=lambda value, draft: {}, silent=True, required=True),
    "amount": Put(encode=_posting, required=True),
    "description": blank("description"),
}

JOURNAL_ENTRY: dict[str, Put] = {
    "number": firm("number"),
    "date": day("date", required=True),
    "description": blank("memo"),
    "currency": of_the_books(),
    "lines": parts("lines", JOURNAL_LINE, many=True, required=True),
}


def _whole_lines(draft: Draft) -> Iterator[Problem]:
    """The lines are given all together, each whole, and their debits equal their credits."""
    lines: tuple[Mapping[str, Any], ...] = draft.values.get("lines") or ()
    if "lines" in draft.values and not lines and draft.verb == "UPDATE":
        yield Problem("lines", "an entry has lines", "REQUIRED")
    for place, line in enumerate(lines):
        for name in ("account", "side", "amount"):
            if line.get(name) is None and draft.verb == "UPDATE":
                yield Problem(f"lines.{place}.{name}", "every line is given whole", "REQUIRED")
    sides = [
        (line.get("side"), line["amount"].amount) for line in lines if isinstance(line.get("amount"), Money)
    ]
    if sum(amount if side is Side.DEBIT else -amount for side, amount in sides):
        yield Problem("lines", "debits do not equal credits", "UNBALANCED")


# -- all of them -----------------------------------------------------------------------------------------------------

_customer = partial(create, "Party", "/customers", resource="customer", applies=_is_customer)

WRITES: Writes = (
    create("Account", "/accounts", ACCOUNT, Search(("code", "name", "classification")), checks=(_classified,)),
    update("Account", "/accounts", ACCOUNT, checks=(_classified,)),
    _customer(CUSTOMER, Search(("display_name", "email", "tax_number"))),
    create("Party", "/vendors", VENDOR, Search(("display_name", "email", "tax_number")), resource="vendor"),
    update("Party", "/customers", CUSTOMER, resource="customer", build=_whole_address),
    update("Party", "/vendors", VENDOR, resource="vendor", build=_whole_address),
    create(
        "Item", "/products", PRODUCT, Search(("code", "name", "description")),
        checks=(in_the_books("sales_price", "purchase_price"),),
    ),
    update("Item", "/products", PRODUCT, checks=(in_the_books("sales_price", "purchase_price"),)),
    create("BankAccount", "/bank_accounts", BANK_ACCOUNT, Search(("name", "bank_name"))),
    update("BankAccount", "/bank_accounts", BANK_ACCOUNT),
    create(
        "BankTransaction", "/bank_transactions", BANK_TRANSACTION, Stamp("description", TEXT_MAX),
        checks=(in_the_books("amount"),),
    ),
    update("BankTransaction", "/bank_transactions", BANK_TRANSACTION, checks=(in_the_books("amount"),)),
    create(
        "JournalEntry", "/journal_entries", JOURNAL_ENTRY, Stamp("description", TEXT_MAX), checks=(_whole_lines,)
    ),
    update("JournalEntry", "/journal_entries", JOURNAL_ENTRY, checks=(_whole_lines,)),
)  # fmt: skip
