"""Conditions evaluated on records: two-valued, null equals only null."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal

from ledgermesh.engine.currencies import Currencies
from ledgermesh.engine.order import Scalar, plain
from ledgermesh.engine.pages import Record
from ledgermesh.errors import BadInput
from ledgermesh.model.money import Money
from ledgermesh.spec.query import And, Compare, Not, Or, Where


def evaluate(where: Where, record: Record, currencies: Currencies | None = None) -> bool:
    """Whether the condition holds for the record.

    Money compared without a currency is noted in `currencies` and raises CurrencyRequired at the second one; a
    comparison that `and` or `or` does not come to is not noted.
    """
    match where:
        case Compare():
            return _compare(where, getattr(record, where.field), currencies)
        case And(parts):
            return all(evaluate(part, record, currencies) for part in parts)
        case Or(parts):
            return any(evaluate(part, record, currencies) for part in parts)
        case Not(part):
            return not evaluate(part, record, currencies)


def _compare(compare: Compare, value: object, currencies: Currencies | None) -> bool:
    if compare.operator == "isNull":
        return (value is None) is compare.value
    if isinstance(value, tuple):
        return compare.operator == "contains" and compare.value in value
    if isinstance(value, Money) and compare.currency is None and currencies is not None:
        currencies.see(compare.field, value)
    found = plain(value, compare.currency)
    if isinstance(value, Money) and found is None:
        return (
            compare.operator == "ne"
        )  # in another currency: neither equal nor null, whatever it is compared with
    match compare.operator:
        case "eq":
            return found == plain(compare.value)
        case "ne":
            return found != plain(compare.value)
        case "in":
            return isinstance(compare.value, tuple) and found in tuple(plain(each) for each in compare.value)
        case "contains":
            return _contains(found, compare.value)
        case operator:
            return _ordered(operator, found, plain(compare.value))


def _contains(found: Scalar, value: object) -> bool:
    return isinstance(found, str) and isinstance(value, str) and value.casefold() in found.casefold()


def _ordered(operator: str, found: Scalar, value: Scalar) -> bool:
    sign = _sign(found, value)
    if sign is None:
        return False
    return {"lt": sign < 0, "lte": sign <= 0, "gt": sign > 0, "gte": sign >= 0}[operator]


def _sign(left: Scalar, right: Scalar) -> int | None:
    """Below 0, 0 or above 0 as left is less, equal or more; None where one of them is null or they have no order."""
    if isinstance(left, str) and isinstance(right, str):
        return (left > right) - (left < right)
    if isinstance(left, int | Decimal) and isinstance(right, int | Decimal):
        return (left > right) - (left < right)
    return None


# -- conditions that nothing can satisfy --------------------------------------------------------------------------


def check(where: Where | None) -> None:
    """Raise BadInput for a range on one field that no value can lie in, such as from > to inside one `and`."""
    match where:
        case And(parts):
            _check_ranges(tuple(_joined(where)))
            for part in parts:
                check(part)
        case Or(parts):
            for part in parts:
                check(part)
        case Not(part):
            check(part)


def _joined(where: Where) -> Iterator[Compare]:
    """The comparisons that must all hold, through nested `and`."""
    match where:
        case Compare():
            yield where
        case And(parts):
            for part in parts:
                yield from _joined(part)


def day_range(where: Where | None, field: str) -> tuple[dt.date | None, dt.date | None]:
    """The first and the last day on which the condition can hold, by its plain `and` of comparisons; None is open."""
    found = [compare for compare in _joined(where) if compare.field == field] if where is not None else []
    starts = [
        day for compare in found if compare.operator in ("eq", "gt", "gte") and (day := _day(compare.value))
    ]
    ends = [
        day for compare in found if compare.operator in ("eq", "lt", "lte") and (day := _day(compare.value))
    ]
    return max(starts, default=None), min(ends, default=None)


def _day(value: object) -> dt.date | None:
    return value if isinstance(value, dt.date) and not isinstance(value, dt.datetime) else None


def _check_ranges(compares: tuple[Compare, ...]) -> None:
    for low in compares:
        for high in compares:
            if low.operator in ("gt", "gte") and high.operator in ("lt", "lte") and _empty(low, high):
                raise BadInput(
                    f"{low.field}: nothing is both {low.operator} {low.value} and {high.operator} {high.value}",
                    details={"field": low.field},
                )


def _empty(low: Compare, high: Compare) -> bool:
    if (low.field, low.currency) != (high.field, high.currency):
        return False
    sign = _sign(plain(low.value), plain(high.value))
    return sign is not None and (sign > 0 or (sign == 0 and (low.operator, high.operator) != ("gte", "lte")))
