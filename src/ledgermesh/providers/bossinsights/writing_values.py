"""How values go out to Boss Insights: hundredths, instants at midnight, ids as numbers, the words it reads by."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from enum import Enum
from typing import Any

from ledgermesh.model.enums import RecordStatus
from ledgermesh.model.money import Money
from ledgermesh.spec.leaves import as_percent, to_currency
from ledgermesh.spec.write import Draft, Encode, Lost, Problem, Put, Repeat, Search, Target, Write, native

ASSUMED = (
    "The documentation has POST to create and to change, and names the headers of a push; the form of the paths, the "
    "fields and their limits are assumed."
)
TEXT_MAX = 255
"""Assumed: what every field of text keeps; no document states a length."""

STAYS = "it can be changed, not taken away"

FINE_PLACES = Decimal("0.01")
"""Assumed: prices have at most two digits of a hundredth."""


def words(path: str, **more: Any) -> Put:
    """Text that may be null."""
    return Put(encode=lambda value, draft: {path: value or None}, **more)


def blank(path: str, **more: Any) -> Put:
    """Text that is never null: cleared it is empty."""
    return Put(encode=lambda value, draft: {path: value or ""}, **more)


def firm(path: str, **more: Any) -> Put:
    """Text that a record always has."""

    def encode(value: str | None, draft: Draft) -> Mapping[str, object]:
        if not (value or "").strip():
            raise ValueError(STAYS if draft.verb == "UPDATE" else "it is not blank")
        return {path: value}

    return Put(encode=encode, **more)


def code(path: str, **more: Any) -> Put:
    """A currency code."""

    def encode(value: str | None, draft: Draft) -> Mapping[str, object]:
        found = to_currency(value)
        if found is None:
            raise ValueError(STAYS)
        return {path: found}

    return Put(encode=encode, **more)


def day(path: str, **more: Any) -> Put:
    """A day as its first second in UTC, the form in which all dates come."""

    def encode(value: dt.date | None, draft: Draft) -> Mapping[str, object]:
        return {path: None if value is None else f"{value.isoformat()}T00:00:00Z"}

    return Put(encode=encode, **more)


def hundredths(value: Money, *, fine: bool = False) -> int | Decimal:
    """An amount in hundredths; raises ValueError for digits there is no room for."""
    found = as_percent(value.amount)
    if found == found.to_integral_value():
        return int(found)
    if not fine or found != found.quantize(FINE_PLACES):
        raise ValueError(f"{value.amount} has more digits than it keeps")
    return found


def cents(path: str, *, fine: bool = False, null: bool = False, **more: Any) -> Put:
    """An amount; `fine` for prices, which have fractions of a hundredth, `null` where it may be taken away."""

    def encode(value: Money | None, draft: Draft) -> Mapping[str, object]:
        if value is None and not null:
            raise ValueError(STAYS)
        return {path: None if value is None else hundredths(value, fine=fine)}

    return Put(encode=encode, **more)


def count(path: str, *, null: bool = False) -> Put:
    """A number that is no amount."""

    def encode(value: Decimal | None, draft: Draft) -> Mapping[str, object]:
        if value is None and not null:
            raise ValueError(STAYS)
        return {path: value}

    return Put(encode=encode)


def word(path: str, theirs: Mapping[str, Enum], *allowed: str, **more: Any) -> Put:
    """A member of a list of ours as the first word that is read as it; only these `allowed` words are taken."""
    first = {member: found for found, member in reversed(list(theirs.items())) if found in allowed}

    def encode(value: Enum | None, draft: Draft) -> Mapping[str, object]:
        if value not in first:
            raise ValueError(STAYS)
        return {path: first[value]}

    return Put(encode=encode, words=tuple(member.value for member in reversed(first)), **more)


def active(**more: Any) -> Put:
    """Whether a record is in use."""

    def encode(value: RecordStatus | None, draft: Draft) -> Mapping[str, object]:
        if value is None:
            raise ValueError(STAYS)
        return {"active": value is RecordStatus.ACTIVE}

    return Put(encode=encode, words=(RecordStatus.ACTIVE.value, RecordStatus.INACTIVE.value), **more)


def record(kind: str, path: str, *, resource: str = "", null: bool = False, **more: Any) -> Put:
    """A record by its id, a number; with a `resource` only one of that."""

    def encode(value: Target | None, draft: Draft) -> Mapping[str, object]:
        if value is None:
            if not null:
                raise ValueError(STAYS)
            return {path: None}
        if resource and ":" in value.native_id and not value.native_id.startswith(f"{resource}:"):
            raise ValueError(f"here stands a {resource}")
        return {path: native(value, numeric=True)}

    return Put(encode=encode, kind=kind, **more)


def account(path: str, *, null: bool = False, **more: Any) -> Put:
    """An account of the chart; a bank account stands for the one it has there."""

    def encode(value: Target | None, draft: Draft) -> Mapping[str, object]:
        if value is None:
            if not null:
                raise ValueError(STAYS)
            return {path: None}
        if value.kind != "BankAccount":
            return {path: native(value, numeric=True)}
        found = value.doc.get("accountId")
        if not isinstance(found, int):
            raise ValueError("this bank account does not name its account of the chart; name that one")
        return {path: found}

    return Put(encode=encode, kind="Account|BankAccount", **more)


def same(check: Encode) -> Put:
    """A field that other fields or the record itself carry already: `check` raises for what they do not say."""
    return Put(encode=check, silent=True)


def only(member: Enum, why: str) -> Put:
    """A field that is the same for all records of the provider."""

    def check(value: Enum | None, draft: Draft) -> Mapping[str, object]:
        if value not in (None, member):
            raise Lost(why)
        return {}

    return same(check)


def kept_in(draft: Draft) -> object:
    """The currency of a record that cannot name one: as it stands, as its account or employee has it, or the books'."""
    named = (value.doc.get("currency") for value in draft.values.values() if isinstance(value, Target))
    before = (draft.before or {}).get("currency")
    return before or next(filter(None, named), None) or draft.settings.get("currency")


def of_the_books() -> Put:
    """The currency of such a record."""

    def check(value: str | None, draft: Draft) -> Mapping[str, object]:
        if value is not None and value != kept_in(draft):
            raise Lost("it is kept in the currency of the books, and the record cannot name one")
        return {}

    return same(check)


def in_the_books(*names: str) -> Callable[[Draft], Iterator[Problem]]:
    """Whether these amounts of such a record are in its currency, where that is known."""

    def check(draft: Draft) -> Iterator[Problem]:
        known = kept_in(draft)
        for name in names:
            value = draft.values.get(name)
            if isinstance(value, Money) and known and value.currency not in (None, known):
                yield Problem(name, f"the amount is in {value.currency}, and this is kept in {known}")

    return check


def create(kind: str, path: str, puts: Mapping[str, Put], repeat: Repeat, **more: Any) -> Write:
    """A POST to an object's own path."""
    return Write(
        kind=kind, verb="CREATE", method="POST", path=path, puts=puts, repeat=repeat, downstream=True,
        assumed=ASSUMED, **more,
    )  # fmt: skip


def update(kind: str, path: str, puts: Mapping[str, Put], **more: Any) -> Write:
    """A POST to one object: what is not given stays as it is."""
    return Write(
        kind=kind, verb=more.pop("verb", "UPDATE"), method="POST", path=f"{path}/{{id}}", puts=puts, before=True,
        repeat=Search(more.pop("looked_at", ())), downstream=True, assumed=ASSUMED, **more,
    )  # fmt: skip
