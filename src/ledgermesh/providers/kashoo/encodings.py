"""How single values go into Kashoo's bodies, where that is not the plain inverse of how they are read."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from enum import Enum
from typing import Any

from ledgermesh.model.enums import RecordStatus
from ledgermesh.model.money import Money
from ledgermesh.spec.leaves import minor_money
from ledgermesh.spec.write import Draft, Put, Target, at_path, native, reference


def stands(draft: Draft, path: str) -> Any:
    """What the record holds at a dotted path now; None for a new record."""
    found: Any = draft.before
    for key in path.split("."):
        found = found.get(key) if isinstance(found, Mapping) else None
    return found


def text_at(path: str, **more: Any) -> Put:
    """Text; clearing it writes the empty text, which is how Kashoo writes none."""
    return Put(encode=lambda value, draft: {path: value or ""}, **more)


def name_at(path: str, **more: Any) -> Put:
    """Text that can be changed and never cleared."""

    def encode(value: str | None, draft: Draft) -> Mapping[str, object]:
        if not (value or "").strip():
            raise ValueError("must not be empty")
        return {path: value}

    return Put(encode=encode, **more)


def day_at(path: str, **more: Any) -> Put:
    """A date as `YYYY-MM-DD`, the form in which clients of the live API write it."""
    return at_path(path, lambda value: value.isoformat(), **more)


def minor(value: Money) -> int:
    """Whole minor units of the amount's currency; ValueError for what they cannot say."""
    if value.currency is None:
        raise ValueError("say in which currency the amount is")
    write = minor_money("units", currency="currency").write
    assert write is not None, "minor units have an inverse"
    units = write(value)["units"]
    assert isinstance(units, int), "the inverse gives whole units"
    return units


def minor_at(path: str, *, zero: bool = False, **more: Any) -> Put:
    """An amount above zero, or from zero on, in minor units."""

    def encode(value: Money | None, draft: Draft) -> Mapping[str, object]:
        if value is None:
            raise ValueError("an amount cannot be cleared")
        if value.amount < 0 or not (zero or value.amount):
            raise ValueError("must not be negative" if zero else "must be above 0")
        return {path: minor(value)}

    return Put(encode=encode, **more)


def price_at(path: str) -> Put:
    """A price in major units of the home currency, for records that name no currency."""

    def encode(value: Money | None, draft: Draft) -> Mapping[str, object]:
        home = draft.settings.get("currency")
        if value is not None and home is not None and value.currency not in (None, home):
            raise ValueError(f"prices are in {home}")
        return {path: None if value is None else value.amount}

    return Put(encode=encode)


def account_at(path: str, **more: Any) -> Put:
    """An account of the chart, which may be one at a bank: both have the same ids."""
    return reference("Account|BankAccount", path, numeric=True, **more)


def references_at(path: str, kind: str) -> Put:
    """References as a list of bare ids."""

    def encode(value: tuple[Target, ...] | None, draft: Draft) -> Mapping[str, object]:
        return {path: [native(target, numeric=True) for target in value or ()]}

    return Put(encode=encode, kind=kind)


def implied(*words: Enum) -> Put:
    """A field that can only be what it is read as; it goes nowhere."""
    return Put(words=tuple(word.value for word in words), silent=True)


def _status(value: RecordStatus | None, draft: Draft) -> Mapping[str, object]:
    archived = value is RecordStatus.ARCHIVED
    if draft.values.get("archived", archived) is not archived:
        raise ValueError("`archived` says the opposite")
    return {"archived": archived}


ARCHIVING = {
    "status": Put(encode=_status, words=("ACTIVE", "ARCHIVED")),
    "archived": Put(encode=lambda value, draft: {"archived": bool(value)}),
}
"""Whether it is in use, which callers may say in two ways."""


def exchange_rate(value: Decimal | None, draft: Draft) -> Mapping[str, object]:
    """One unit of the record's currency in the home currency; ValueError where it can only be 1 and is not."""
    home = stands(draft, "homeCurrency") or draft.settings.get("currency")
    currency = draft.values.get("currency") or stands(draft, "currency") or home
    if value is not None and value <= 0:
        raise ValueError("must be above 0")
    if value not in (None, 1) and home is not None and currency == home:
        raise ValueError(f"{home} is the home currency, whose rate is 1")
    return {"exchangeRate": value}


TEXT_MAX = 255
"""Characters. Assumed: Kashoo documents no lengths, and the mark of a request must not be cut off."""

EXCHANGE_RATE = Put(encode=exchange_rate, required_if="Kashoo has no rate of its own for the currency.")
