"""Writing the company's bank accounts and exchange rates, and reminders: smallinvoice API v2."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal

from ledgermesh.model.enums import BankAccountKind
from ledgermesh.providers.smallinvoice.writing_encodings import (
    code,
    crud,
    filled,
    fixed,
    given,
    local,
    names,
    words,
)
from ledgermesh.spec.write import Draft, Problem, Search, Writes

_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")


def _iban(value: str) -> str:
    """An IBAN as it was typed; ValueError for what cannot be one."""
    if _IBAN.fullmatch(value.replace(" ", "").upper()) is None:
        raise ValueError("this is no IBAN")
    return value


BANK_ACCOUNTS: Writes = crud(
    "BankAccount",
    "/configuration/bank-accounts",
    {
        "name": filled("description", required=True),
        "kind": fixed(BankAccountKind.CHECKING, "all bank accounts of smallinvoice are CHECKING"),
        "bank_name": words("bank_name"),
        "account_number": words("number"),
        "iban": filled("iban", _iban, required=True),
        "bic": words("bic"),
        "is_default": given("default"),
    },
    repeat=Search(("name", "iban")),
)


def _positive(value: Decimal) -> Decimal:
    if value <= 0:
        raise ValueError("a rate is above zero")
    return value


def _two_currencies(draft: Draft) -> Iterable[Problem]:
    before = draft.before or {}
    from_ = draft.values.get("from_currency") or before.get("currency_from")
    to = draft.values.get("to_currency") or before.get("currency_to")
    if from_ and from_ == to:
        yield Problem("to_currency", "a rate is between two currencies")


RATES: Writes = crud(
    "ExchangeRate",
    "/configuration/exchange-rates",
    {
        "from_currency": filled("currency_from", code, required=True),
        "to_currency": filled("currency_to", code, required=True),
        "rate": given("rate", _positive, required=True),
    },
    repeat=Search(("from_currency", "to_currency", "rate")),
    checks=(_two_currencies,),
)


def _interval(value: int) -> int:
    if value < 0:
        raise ValueError("so many units before the moment, not below zero")
    return value


REMINDERS: Writes = crud(
    "Reminder",
    "/contacts/reminders",
    {
        "party": names("Party", "contact_id", clear=False, required=True),
        "due_at": given("date_time", local, required=True),
        "title": filled("title", required=True),
        "description": words("description"),
        "interval": given("interval_value", _interval, required=True),
        "interval_unit_raw": filled("interval_type", required=True, words=("hour", "day", "month")),
    },
    repeat=Search(("party", "title", "due_at")),
)

OFFICE_WRITES: Writes = (*BANK_ACCOUNTS, *RATES, *REMINDERS)
