"""Exact scalars as they go in and out: decimals without an exponent, instants in UTC with a Z."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal, InvalidOperation
from typing import Any

import strawberry
from graphql import FloatValueNode, IntValueNode, StringValueNode, ValueNode

DIGITS_MAX = 60
"""Characters of a decimal that a caller may send."""


def to_decimal(given: object) -> Decimal:
    """An exact, finite decimal from text or a JSON number; raises ValueError."""
    text = str(given) if isinstance(given, str | int | Decimal) and not isinstance(given, bool) else ""
    if not 0 < len(text) <= DIGITS_MAX:
        raise ValueError(f"Value cannot represent a Decimal: {given!r}"[: DIGITS_MAX * 2])
    try:
        found = Decimal(text)
    except InvalidOperation as error:
        raise ValueError(f"Value cannot represent a Decimal: {text!r}") from error
    if not found.is_finite():
        raise ValueError(f"Value cannot represent a Decimal: {text!r}")
    return found


def _literal(node: ValueNode, variables: Any = None) -> Decimal:
    """From the document's own text, so that no float stands between."""
    if isinstance(node, StringValueNode | IntValueNode | FloatValueNode):
        return to_decimal(node.value)
    raise ValueError("Value cannot represent a Decimal")


DECIMAL = strawberry.scalar(
    name="Decimal",
    description="An exact decimal, written as a string without an exponent. Numbers are taken too.",
    serialize=lambda value: format(value, "f"),
    parse_value=to_decimal,
    parse_literal=_literal,
)


def written(instant: dt.datetime) -> str:
    """An instant in UTC, ISO 8601 with a Z."""
    return instant.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")


def to_instant(given: object) -> dt.datetime:
    """An instant with its zone; raises ValueError."""
    if not isinstance(given, str):
        raise ValueError("Value cannot represent a DateTime")
    found = dt.datetime.fromisoformat(given)
    if found.tzinfo is None:
        raise ValueError(f"Value cannot represent a DateTime: {given!r} has no zone")
    return found.astimezone(dt.UTC)


DATE_TIME = strawberry.scalar(
    name="DateTime",
    description="An instant in UTC, ISO 8601 with a Z.",
    serialize=written,
    parse_value=to_instant,
)
