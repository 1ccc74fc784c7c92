"""The total order of a list: the order keys with nulls last, then the connection, then the native id."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from enum import Enum
from functools import partial, total_ordering
from itertools import repeat
from operator import neg
from typing import Final, NamedTuple

from ledgermesh.engine.currencies import Currencies
from ledgermesh.engine.pages import Record
from ledgermesh.model.money import Money
from ledgermesh.spec.columns import column
from ledgermesh.spec.pointer import Pointer
from ledgermesh.spec.query import Order

TEXT_KEY_MAX: Final = 128
"""Code points of a text that take part in the order, so that a cursor stays small; what is equal in them is a tie."""

EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
MICROSECOND: Final = dt.timedelta(microseconds=1)

Scalar = int | Decimal | str | None
"""Every value that can be ordered, in its plain form: dates as ordinals, instants as microseconds since 1970."""


@total_ordering
class Down:
    """A text in descending order."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Down) and self.text == other.text

    def __lt__(self, other: Down) -> bool:
        return other.text < self.text

    def __hash__(self) -> int:
        return hash(self.text)


Rank = tuple[tuple[object, ...], ...]
"""The order keys of one record, comparable: one part a key, `(0, value)`, or `(1,)` for null."""

NULL: Final = (1,)

Number = tuple[int, str]
"""A native id as it is ordered: by length, then text, so that numbers without leading zeros come numerically."""


class Place(NamedTuple):
    """Where a record stands in the total order."""

    rank: Rank
    connection: str
    number: Number


PLACED: Final = partial(tuple.__new__, Place)
"""A place of its three parts, for thousands of rows: what the class's own way does, without a step in Python."""


def furthest(one: Place | None, other: Place | None) -> Place | None:
    """The later of two places, as far as there are any."""
    if one is None or other is None:
        return one or other
    return max(one, other)


def number(native_id: str) -> Number:
    """A native id as it is ordered."""
    return len(native_id), native_id


def plain(value: object, currency: str | None = None) -> Scalar:
    """A field's value in the plain form that is ordered; what has no order is null.

    Money is its amount. With a `currency`, money of another one, or of none, is null; without, every amount counts,
    and `Currencies` sees to it that they are of one currency.
    """
    match value:
        case bool():
            return int(value)
        case Money():
            return None if currency is not None and value.currency != currency else plain(value.amount)
        case Enum():
            return plain(value.value)
        case Pointer():
            return value.native_id
        case int() | str():
            return value
        case Decimal():
            return value if value.is_finite() else None
        case _:
            return _moment(value)


def _moment(value: object) -> Scalar:
    if isinstance(value, dt.datetime):
        return ((value if value.tzinfo else value.replace(tzinfo=dt.UTC)) - EPOCH) // MICROSECOND
    return value.toordinal() if isinstance(value, dt.date) else None


def _part(value: Scalar, *, descending: bool) -> tuple[object, ...]:
    match value:
        case None:
            return NULL
        case str():
            return (0, Down(value[:TEXT_KEY_MAX]) if descending else value[:TEXT_KEY_MAX])
        case Decimal():  # unary minus would round to the context's precision
            return (0, value.copy_negate() if descending else value)
        case _:
            return (0, -value if descending else value)


class Ordering:
    """The order of one query, over records of any source."""

    def __init__(self, order: Sequence[Order], currencies: Currencies) -> None:
        self.order = tuple(order)
        self._currencies = currencies
        self._keys = [self._keyed(each) for each in self.order]

    def rank(self, record: Record) -> Rank:
        """The record's order keys; raises CurrencyRequired when they are money of several currencies."""
        if len(self._keys) == 1:
            return (self._keys[0](record),)
        return tuple([key(record) for key in self._keys])

    def place(self, record: Record, connection: str) -> Place:
        """Where the record stands; raises CurrencyRequired."""
        native_id = record.native_id
        return Place(self.rank(record), connection, (len(native_id), native_id))

    def places(self, records: Sequence[Record], connection: str) -> list[Place]:
        """Where each of a page's records stands; raises CurrencyRequired."""
        ids = [each.native_id for each in records]
        return list(
            map(PLACED, zip(self._ranks(records), repeat(connection), zip(map(len, ids), ids, strict=True)))
        )

    def _ranks(self, records: Sequence[Record]) -> Iterable[Rank]:
        days = column(records, self.order[0].field) if len(records) > 1 == len(self.order) else ()
        if set(map(type, days)) != {dt.date}:
            return map(self.rank, records)
        # Nearly every list is ordered by a day that all of its records have.
        ordinals = map(dt.date.toordinal, days)
        return zip(zip(repeat(0), map(neg, ordinals) if self.order[0].descending else ordinals))

    def _keyed(self, order: Order) -> Callable[[Record], tuple[object, ...]]:
        """What makes one order key of a record. Every row of every source is asked, and nearly all for a day."""
        field, sign = order.field, -1 if order.descending else 1

        def key(record: Record) -> tuple[object, ...]:
            value = getattr(record, field)
            if value.__class__ is dt.date:
                return (0, sign * value.toordinal())
            if order.currency is None and isinstance(value, Money):
                self._currencies.see(field, value)
            return _part(plain(value, order.currency), descending=order.descending)

        return key


# -- as JSON, inside a cursor that belongs to one query -----------------------------------------------------------


def dump(place: Place) -> list[object]:
    """A place as JSON values."""
    return [[_dump(part) for part in place.rank], place.connection, place.number[1]]


def _dump(part: tuple[object, ...]) -> object:
    if part == NULL:
        return None
    value = part[1]
    if isinstance(value, Down):
        return value.text
    return [str(value)] if isinstance(value, Decimal) else value


def load(found: object, order: Sequence[Order]) -> Place:
    """The place again; raises ValueError for what `dump` did not make for this order."""
    match found:
        case [list() as parts, str() as connection, str() as native_id] if len(parts) == len(order):
            rank = tuple(_load(part, key) for part, key in zip(parts, order, strict=True))
            return Place(rank, connection, number(native_id))
    raise ValueError("not a place")


def _load(part: object, order: Order) -> tuple[object, ...]:
    match part:
        case None:
            return NULL
        case [str() as digits]:
            return (0, Decimal(digits))
        case str():
            return (0, Down(part) if order.descending else part)
        case int():
            return (0, part)
    raise ValueError("not an order key")
