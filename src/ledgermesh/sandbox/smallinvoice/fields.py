"""What may stand in a body: kinds of values, and forms that check them all before anything is written.

Values come out as answers show them: amounts as exact decimals, dates and times as text.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from msgspec import Struct

from ledgermesh.sandbox.smallinvoice.answers import number
from ledgermesh.sandbox.smallinvoice.errors import Wrong, invalid

Check = Callable[[Any], Any]
Values = Mapping[str, Any]

REQUIRED, TYPE, VALUE, FORMAT, FIXED, EXISTS = 1100, 1101, 1102, 1103, 1104, 1105
UNSET: Final = object()
"""No default: what is shown follows from the rest of the record."""
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_DIGITS_MAX = 12


class Field(Struct, frozen=True):
    """One key of a body."""

    name: str
    check: Check
    required: bool = False
    """When a record is made; then it can never be null."""
    null: bool = True
    default: Any = None
    """What a new record has without it."""


@dataclass(frozen=True)
class Form:
    """The keys of a body; others are ignored, as those that the API alone writes, unless they are fixed."""

    fields: tuple[Field, ...]
    also: Callable[[Mapping[str, Any]], Iterable[Wrong]] = lambda _: ()
    """Further errors, given the values that are right by themselves."""
    fixed: frozenset[str] = frozenset()
    """Keys that a change must not name."""

    def new(self, document: Mapping[str, Any]) -> Values:
        """The values of a new record, with defaults; Problem 1000 with all that is wrong."""
        values = self._read(document, new=True)
        defaults = {field.name: field.default for field in self.fields if field.default is not UNSET}
        return defaults | values

    def change(self, document: Mapping[str, Any]) -> Values:
        """The values that a change names; Problem 1000 with all that is wrong."""
        wrong = [Wrong(key, FIXED, "cannot be changed") for key in sorted(self.fixed & document.keys())]
        if wrong:
            raise invalid(wrong)
        return self._read(document, new=False)

    def _read(self, document: Mapping[str, Any], *, new: bool) -> dict[str, Any]:
        values, wrong = read(self.fields, document, new=new)
        wrong += _more(self.also(values), wrong)
        if wrong:
            raise invalid(wrong)
        return values


def read(
    fields: Iterable[Field], document: Mapping[str, Any], *, new: bool
) -> tuple[dict[str, Any], list[Wrong]]:
    """The values that are right, and what is wrong with the others."""
    values: dict[str, Any] = {}
    wrong: list[Wrong] = []
    for field in fields:
        value = document.get(field.name, UNSET)
        missing = value is UNSET or value is None
        if missing and field.required:
            if new or value is None:
                wrong.append(Wrong(field.name, REQUIRED, "is required"))
        elif value is None and field.null:
            values[field.name] = None
        elif value is not UNSET:
            try:
                values[field.name] = field.check(value)
            except Misfit as misfit:
                wrong += [each.under(field.name) for each in misfit.wrong]
    return values, wrong


def _more(found: Iterable[Wrong], known: Iterable[Wrong]) -> list[Wrong]:
    """What is wrong with keys that nothing is known to be wrong with."""
    keys = {each.key.partition(".")[0] for each in known}
    return [each for each in found if each.key not in keys]


class Misfit(Exception):
    """A value that does not fit; the keys are relative to it."""

    def __init__(self, wrong: Iterable[Wrong]) -> None:
        super().__init__()
        self.wrong = tuple(wrong)


def misfit(code: int, message: str) -> Misfit:
    """One thing that is wrong with the value itself."""
    return Misfit([Wrong("", code, message)])


def text(value: Any) -> str:
    """Any text."""
    if not isinstance(value, str):
        raise misfit(TYPE, "must be a string")
    return value


def filled(value: Any) -> str:
    """Text that says something."""
    if not text(value).strip():
        raise misfit(REQUIRED, "is required")
    return str(value)


def flag(value: Any) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise misfit(TYPE, "must be a boolean")
    return value


def whole(value: Any) -> int:
    """A whole number of a sensible size."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise misfit(TYPE, "must be an integer")
    if len(str(abs(value))) > _DIGITS_MAX:
        raise misfit(VALUE, "is out of range")
    return value


def between(least: int, most: int) -> Check:
    """A whole number within these limits."""

    def check(value: Any) -> int:
        given = whole(value)
        if not least <= given <= most:
            raise misfit(VALUE, f"must be between {least} and {most}")
        return given

    return check


def amount(value: Any) -> Decimal:
    """A number of a sensible size, exact."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise misfit(TYPE, "must be a number")
    exact = Decimal(value)
    if exact.adjusted() >= _DIGITS_MAX or not exact.is_finite():
        raise misfit(VALUE, "is out of range")
    shown = number(exact)
    assert shown is not None
    return shown


def positive(value: Any) -> Decimal:
    """A number above zero."""
    exact = amount(value)
    if exact <= 0:
        raise misfit(VALUE, "must be positive")
    return exact


def share(value: Any) -> Decimal:
    """A number that is not below zero."""
    exact = amount(value)
    if exact < 0:
        raise misfit(VALUE, "must not be negative")
    return exact


def one_of(*words: str) -> Check:
    """One of these words."""

    def check(value: Any) -> str:
        if text(value) not in words:
            raise misfit(VALUE, f"must be one of: {', '.join(words)}")
        return str(value)

    return check


def matching(pattern: str, code: int = FORMAT) -> Check:
    """Text of this form."""
    form = re.compile(pattern)

    def check(value: Any) -> str:
        if not form.fullmatch(text(value)):
            raise misfit(code, "has the wrong format")
        return str(value)

    return check


email = matching(_EMAIL.pattern)
currency = matching("[A-Z]{3}", VALUE)
country = matching("[A-Z]{2}", VALUE)


def timed(form: str) -> Check:
    """A date or a time in this form of `strftime`, written in full."""

    def check(value: Any) -> str:
        try:
            read = dt.datetime.strptime(text(value), form)  # noqa: DTZ007  # the API's times have no zone
        except ValueError as error:
            raise misfit(FORMAT, "has the wrong format") from error
        if read.strftime(form) != value:
            raise misfit(FORMAT, "has the wrong format")
        return str(value)

    return check


day = timed("%Y-%m-%d")
instant = timed("%Y-%m-%d %H:%M:%S")
clock = timed("%H:%M")


def many(check: Check, least: int = 0) -> Check:
    """A list of values that are all of one kind."""

    def checked(value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise misfit(TYPE, "must be an array")
        if len(value) < least:
            raise misfit(VALUE, "must not be empty")
        found, wrong = [], []
        for place, member in enumerate(value):
            try:
                found.append(check(member))
            except Misfit as error:
                wrong += [each.under(str(place)) for each in error.wrong]
        if wrong:
            raise Misfit(wrong)
        return found

    return checked


def nested(*fields: Field, also: Callable[[Mapping[str, Any]], Iterable[Wrong]] = lambda _: ()) -> Check:
    """An object with these keys, all of them written anew."""

    def checked(value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise misfit(TYPE, "must be an object")
        values, wrong = read(fields, value, new=True)
        wrong += _more(also(values), wrong)
        if wrong:
            raise Misfit(wrong)
        return {field.name: values.get(field.name, field.default) for field in fields}

    return checked


def required(name: str, check: Check) -> Field:
    """A key that a new record must have."""
    return Field(name, check, required=True, default=UNSET)


def optional(name: str, check: Check, default: Any = None) -> Field:
    """A key that may be null or left out."""
    return Field(name, check, default=default)


def choice(name: str, default: str | None, *words: str) -> Field:
    """A key with one of these words, never null unless that is its default."""
    return Field(name, one_of(*words), null=default is None, default=default)


def switch(name: str, *, default: bool = False) -> Field:
    """A key that is true or false."""
    return Field(name, flag, null=False, default=default)
