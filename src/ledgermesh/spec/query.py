"""What is asked of a list: conditions, order, references. Frozen values that every layer below the graph shares."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import msgspec
from msgspec import Struct

Operator = Literal["eq", "ne", "in", "lt", "lte", "gt", "gte", "contains", "isNull"]


@dataclass(frozen=True, slots=True)
class Compare:
    """One field against one value.

    `value` is what the record's field gives (str, int, bool, Decimal, date, datetime, Enum member), a tuple of those
    for `in`, a bool for `isNull`. Where the field is money, `value` holds the amount (Decimal, major units) and
    `currency` the ISO code it is meant in; records in another currency do not satisfy any comparison but `ne`.
    Where the field is a reference to another record, `value` is its native id as text.
    Two-valued: null equals only null, so `ne` holds for null, and the order comparisons and `contains` never do.
    `contains` is case-insensitive on text; on a list (a tuple of enum members) it asks for one element.
    """

    field: str
    operator: Operator
    value: object
    currency: str | None = None


class And(Struct, frozen=True):
    """All of the parts; true when there are none."""

    parts: tuple[Where, ...]


class Or(Struct, frozen=True):
    """Any of the parts; false when there are none."""

    parts: tuple[Where, ...]


class Not(Struct, frozen=True):
    """Everything the part does not hold for."""

    part: Where


Where = Compare | And | Or | Not


def compares(where: Where | None) -> Iterator[Compare]:
    """Every comparison in a condition, at any depth."""
    match where:
        case Compare():
            yield where
        case And(parts) | Or(parts):
            for part in parts:
                yield from compares(part)
        case Not(part):
            yield from compares(part)


class Order(Struct, frozen=True):
    """One order key. Nulls come last in both directions; text is compared by code point; money within `currency`."""

    field: str
    descending: bool = False
    currency: str | None = None


class Ref(msgspec.Struct, frozen=True):
    """Which record: its kind (the type's GraphQL name), the connection it is read from, its id there."""

    kind: str
    connection: str
    native_id: str


@dataclass(frozen=True, slots=True)
class ListQuery:
    """Everything that decides which records a list shows, and in which order; never how many."""

    kind: str
    where: Where | None = None
    order: tuple[Order, ...] = ()
    search: str | None = None
    sources: tuple[str, ...] = ()
    """Provider names or connection ids to read from; empty for all."""
    include_deleted: bool = False
    """Whether records that were removed are shown too."""
    changed_since: bool = False
    """Whether `where` asks what changed since an instant in a way that only the provider can answer."""
    fields: frozenset[str] = frozenset()
    """Fields of the record that the selection reads; empty when unknown, which means all of them."""
