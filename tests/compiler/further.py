"""Values that nobody should have in the place of another, each made of the one that should be there."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from decimal import Decimal
from enum import IntEnum, StrEnum
from typing import Any

from graphql import GraphQLError, Undefined

from tests.compiler.world import Later


def ended(value: Any) -> Iterator[Any]:
    """An iterator that fails behind its first element."""
    yield value
    raise ValueError("no more")


async def asynchronous(value: Any) -> AsyncIterator[Any]:
    """An asynchronous iterator."""
    yield value


class Level(IntEnum):
    """A number that is more than that."""

    HIGH = 3


class Colour(StrEnum):
    """A text that is more than that."""

    RED = "red"


FURTHER: tuple[Callable[[Any], Any], ...] = (
    lambda value: iter([value, value]),
    lambda value: (each for each in (value, None)),
    ended,
    asynchronous,
    lambda value: [[value], (value,)],
    lambda value: {1: value}.values(),
    lambda value: lambda info: value,
    lambda value: lambda info: Later(value),
    lambda value: [lambda info: value],
    lambda value: Later(Later(value)),
    lambda value: Later([value, Later(value)]),
    lambda value: [iter([value])],
    lambda value: GraphQLError("as a value", extensions={"code": "GIVEN"}),
    lambda value: [GraphQLError("in a list")],
    lambda value: Undefined,
    lambda value: {"__typename": "Party", "id": "of a dictionary", "name": value},
    lambda value: {"__typename": "Money"},
    lambda value: range(2),
    lambda value: frozenset((1, 2)),
    lambda value: Level.HIGH,
    lambda value: Colour.RED,
    lambda value: Decimal("sNaN"),
    lambda value: bytearray(b"x"),
    lambda value: value,
)
"""What else may stand in the place of a value, made of it."""
