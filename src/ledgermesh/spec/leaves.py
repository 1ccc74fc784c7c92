"""Leaves: wires of single values, each a named transform of what a provider writes.

Every one reads null for null and raises Malformed for what it cannot read.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from collections.abc import Mapping as MappingOf
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from ledgermesh.model.money import Money, exponent
from ledgermesh.model.row import Malformed, Read, Row, at
from ledgermesh.spec.wires import Usual, Wire, Write


def _leaf(
    transform: str,
    path: str,
    gives: object,
    convert: Callable[[object], object],
    write: Write | None,
    *,
    usual: Literal["text", "number", "flag", "word"] | None = None,
    word: Callable[[Any], object] | None = None,
) -> Wire:
    """`word` is what `convert` does with a text, where there is something quicker."""
    find = at(path)
    # Most are fields of the document itself, which needs no other reader.
    plain = not any(mark in path for mark in ".^@")

    def read(row: Row) -> object:
        found = row.doc.get(path) if plain else find(row)
        if found is None:
            return None
        try:
            return convert(found)
        except (ValueError, OverflowError) as error:  # the latter for a number that no date can hold
            raise Malformed(path, f"{error}") from error

    return Wire(
        transform=transform, paths=(path,), gives=gives, read=read, write=write,
        usual=Usual(usual, read, path, convert=word or convert) if usual is not None else None,
    )  # fmt: skip


def _text(found: object) -> str | None:
    if isinstance(found, str):
        return found or None
    if isinstance(found, int | Decimal) and not isinstance(found, bool):
        return str(found)
    raise ValueError("expected text")


def text(path: str) -> Wire:
    """Text; the empty text is null. Numbers are taken as they are written (ids, document numbers)."""
    return _leaf("text", path, str, _text, lambda value: {path: value}, usual="text")


def _flag(found: object) -> bool:
    if isinstance(found, bool):
        return found
    raise ValueError("expected true or false")


def flag(path: str) -> Wire:
    """True or false."""
    return _leaf("flag", path, bool, _flag, lambda value: {path: value}, usual="flag")


_NUMBER = re.compile(r"[+-]?[0-9]{1,100}(\.[0-9]{0,100})?")
"""A number written as text: without an exponent, which could make it larger than the memory."""


def to_decimal(found: object) -> Decimal:
    """An exact number from a JSON number or from its text."""
    if found.__class__ is Decimal:
        return found
    if isinstance(found, int | Decimal) and not isinstance(found, bool):
        return Decimal(found)
    if isinstance(found, str) and _NUMBER.fullmatch(found):
        return Decimal(found)
    raise ValueError("expected a number")


INT_MAX: Final = 2**31 - 1
"""The largest whole number that GraphQL's Int holds."""


def whole(path: str) -> Wire:
    """A whole number, as far as GraphQL has a type for it."""
    return _leaf("whole", path, int, _whole, lambda value: {path: value})


def _whole(found: object) -> int:
    number = to_decimal(found)
    if number != number.to_integral_value():
        raise ValueError("expected a whole number")
    if not -INT_MAX <= number <= INT_MAX:
        raise ValueError(f"expected a whole number up to {INT_MAX}")
    return int(number)


def decimal(path: str) -> Wire:
    """An exact decimal, from a JSON number or its text."""
    return _leaf("decimal", path, Decimal, to_decimal, lambda value: {path: value}, usual="number")


def fraction(path: str) -> Wire:
    """A percentage that the provider writes as a fraction: 0.05 is 5."""
    return _leaf(
        "fraction",
        path,
        Decimal,
        lambda found: as_percent(to_decimal(found)),
        lambda value: {path: _shifted(value, -2)},
    )


def as_percent(fraction: Decimal) -> Decimal:
    """A fraction as a percentage, without a digit more or less: 0.0775 is 7.75."""
    return _shifted(fraction, 2)


DAYS_MAX: Final = 20_000
"""Days that are remembered with their text: some fifty years of them. Lists that go far back are gone through in order,
and what forgets the oldest first would have forgotten all of them when they are read again."""

DAY_LENGTH: Final = len("YYYY-MM-DD")


def to_day(found: object) -> dt.date:
    """A date from `YYYY-MM-DD`."""
    if isinstance(found, str):
        return _day(found)
    raise ValueError("expected a date YYYY-MM-DD")


@lru_cache(DAYS_MAX)
def _day(text: str) -> dt.date:
    # Python takes other forms of ISO 8601 too.
    if len(text) == DAY_LENGTH and text[4] == text[7] == "-" and text.isascii():
        try:
            return dt.date.fromisoformat(text)
        except ValueError:
            pass
    raise ValueError("expected a date YYYY-MM-DD")


def day(path: str) -> Wire:
    """A date without a time zone, `YYYY-MM-DD`."""
    return _leaf(
        "day", path, dt.date, to_day, lambda value: {path: value.isoformat()}, usual="word", word=_day
    )


def day_as(path: str, transform: str, convert: Callable[[object], dt.date]) -> Wire:
    """A date that the provider writes in its own way; writes `YYYY-MM-DD`."""
    return _leaf(transform, path, dt.date, convert, lambda value: {path: value.isoformat()}, usual="word")


EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def to_instant(found: object) -> dt.datetime:
    """An instant from ISO 8601 with a zone, or from epoch milliseconds."""
    with suppress(ValueError, OverflowError):
        if isinstance(found, int) and not isinstance(found, bool):
            return EPOCH + dt.timedelta(milliseconds=found)
        if isinstance(found, str) and (instant := dt.datetime.fromisoformat(found)).tzinfo is not None:
            return instant.astimezone(dt.UTC)
    raise ValueError("expected an instant with a zone, or milliseconds since 1970")


def instant(path: str) -> Wire:
    """An instant as ISO 8601 with a zone or as epoch milliseconds; UTC here."""
    return _leaf("instant", path, dt.datetime, to_instant, None)


def local_instant(path: str, *, zone: str) -> Wire:
    """An instant written as `YYYY-MM-DD HH:MM:SS` on the clocks of one zone. Years before 1 are no instant."""
    place = ZoneInfo(zone)

    def convert(found: object) -> dt.datetime | None:
        if isinstance(found, str):
            if found.startswith(("-", "0000")):
                return None
            with suppress(ValueError, OverflowError):
                return (
                    dt.datetime.strptime(found, "%Y-%m-%d %H:%M:%S").replace(tzinfo=place).astimezone(dt.UTC)
                )
        raise ValueError("expected YYYY-MM-DD HH:MM:SS")

    return _leaf("local_instant", path, dt.datetime, convert, None)


# -- money -------------------------------------------------------------------------------------------------------


_CODE = re.compile(r"[A-Za-z]{3}")


def to_currency(found: object) -> str | None:
    """A currency code in capitals; the empty text is none."""
    if found is None or found == "":
        return None
    if isinstance(found, str):
        return _code(found)
    raise ValueError("expected a currency code")


@lru_cache(maxsize=500)
def _code(found: str) -> str:
    if _CODE.fullmatch(found):
        return found.upper()
    raise ValueError("expected a currency code")


def currency(path: str) -> Wire:
    """An ISO 4217 code, however it is cased."""
    return _leaf("currency", path, str, to_currency, lambda value: {path: value}, usual="word")


def _currency(row: Row, find: Read, path: str) -> str | None:
    try:
        return to_currency(find(row))
    except ValueError as error:
        raise Malformed(path, f"{error}") from error


def in_major(units: int | Decimal, code: str | None) -> Decimal:
    """Minor units of a currency as major ones, exactly, however many digits they have."""
    return _shifted(Decimal(units), -exponent(code or ""))


def _shifted(number: Decimal, places: int) -> Decimal:
    sign, digits, power = number.as_tuple()
    assert isinstance(power, int), "numbers in documents are finite"
    zeros = (0,) * max(power + places, 0)
    return Decimal((sign, digits + zeros, min(power + places, 0)))


def money(path: str, *, currency: str) -> Wire:
    """An amount in major units; `currency` is the path of its ISO code."""
    find, find_currency = at(path), at(currency)

    def read(row: Row) -> object:
        found = find(row)
        if found is None:
            return None
        return Money(amount=_amount(found, path), currency=_currency(row, find_currency, currency))

    return Wire(
        transform="money",
        paths=(path, currency),
        gives=Money,
        read=read,
        write=lambda value: {path: value.amount},
        usual=Usual("money", read, path, currency),
    )


def _amount(found: object, path: str) -> Decimal:
    try:
        return to_decimal(found)
    except ValueError as error:
        raise Malformed(path, "expected an amount") from error


def minor_money(path: str, *, currency: str) -> Wire:
    """A whole number of minor units; `currency` is the path of its ISO code, whose exponent scales it."""
    find, find_currency = at(path), at(currency)

    def read(row: Row) -> object:
        found = find(row)
        if found is None:
            return None
        amount = _amount(found, path)
        if amount != amount.to_integral_value():
            raise Malformed(path, "expected a whole number of minor units")
        code = _currency(row, find_currency, currency)
        return Money(amount=in_major(amount, code), currency=code)

    def write(value: Money) -> dict[str, object]:
        units = _shifted(value.amount, exponent(value.currency or ""))
        if units != units.to_integral_value():
            raise ValueError("the amount has more digits than its currency has minor units")
        return {path: int(units)}

    return Wire(transform="minor_money", paths=(path, currency), gives=Money, read=read, write=write)


# -- words ----------------------------------------------------------------------------------------------------


def folded(word: str) -> str:
    """A word without case, spaces, hyphens and underscores."""
    return re.sub(r"[\s_\-]", "", word).casefold()


def one_of(path: str, words: MappingOf[str, Enum], *, other: Enum) -> Wire:
    """An enum member for the provider's word, however it is cased; an unknown word is `other`, never an error.

    Written back as the first word that gives the member.
    """
    known = {folded(word): member for word, member in words.items()}
    first = {member: word for word, member in reversed(list(words.items()))}

    def convert(found: object) -> Enum | None:
        if not isinstance(found, str):
            raise ValueError("expected a word")
        return known.get(folded(found), other) if found else None

    wire = _leaf("one_of", path, type(other), convert, lambda value: {path: first[value]}, usual="word")
    assert wire.usual is not None, "it was said"
    return replace(wire, usual=wire.usual._replace(words=frozenset(known)))


def texts(path: str) -> Wire:
    """A list of texts."""

    def convert(found: object) -> object:
        if not isinstance(found, list):
            raise ValueError("expected a list")
        return tuple(word for element in found if (word := _text(element)) is not None)

    return replace(_leaf("texts", path, list[str], convert, lambda value: {path: list(value)}), missing=())
