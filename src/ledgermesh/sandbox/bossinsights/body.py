"""A written object field by field; what is wrong is collected and told at once."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Mapping
from decimal import Decimal

import msgspec

from ledgermesh.sandbox.bossinsights.errors import invalid

_DECODER = msgspec.json.Decoder(float_hook=Decimal)
_MOMENT = re.compile(r"(\d{4}-\d{2}-\d{2})(T\d{2}:\d{2}:\d{2}(\.\d+)?Z)?")
_NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,6})?")
_TEXT_MAX = 4_000


class Body:
    """The fields of one object or line; errors of lines land in the body's own list."""

    def __init__(
        self, fields: Mapping[str, object], *, place: str = "", errors: list[tuple[str, str]] | None = None
    ) -> None:
        self._fields, self._place = fields, place
        self.errors: list[tuple[str, str]] = [] if errors is None else errors

    def __contains__(self, name: str) -> bool:
        return name in self._fields

    def fail(self, name: str, message: str) -> None:
        """Note that a field is wrong."""
        self.errors.append((self._place + name, message))

    def check(self) -> None:
        """Raise Refusal 400 if anything was wrong."""
        if self.errors:
            raise invalid(*self.errors)

    def need(self, *names: str) -> None:
        """Note which of these are missing or null."""
        for name in names:
            if self._fields.get(name) is None:
                self.fail(name, "is required")

    def text(self, name: str) -> str | None:
        """A text; None where it is absent, null or wrong."""
        value = self._fields.get(name)
        if value is None or (isinstance(value, str) and len(value) <= _TEXT_MAX):
            return value
        self.fail(name, f"is a text of at most {_TEXT_MAX} characters")
        return None

    def is_text(self, name: str) -> bool:
        """Whether the field is there and is a text."""
        return isinstance(self._fields.get(name), str)

    def filled(self, name: str) -> str | None:
        """A text that may be absent but not blank."""
        value = self.text(name)
        if (
            name in self._fields
            and not (value or "").strip()
            and (self._place + name) not in dict(self.errors)
        ):
            self.fail(name, "is not blank")
        return value

    def word(self, name: str, words: Collection[str]) -> str | None:
        """One of these words."""
        value = self.text(name)
        if value is not None and value not in words:
            self.fail(name, f"is one of {', '.join(sorted(words))}")
            return None
        return value

    def flag(self, name: str) -> bool | None:
        """True or false."""
        value = self._fields.get(name)
        if value is None or isinstance(value, bool):
            return value
        self.fail(name, "is true or false")
        return None

    def number(self, name: str) -> Decimal | None:
        """A number, or the same as text."""
        value = self._fields.get(name)
        if value is None:
            return None
        if (
            not isinstance(value, bool)
            and isinstance(value, int | Decimal | str)
            and _NUMBER.fullmatch(str(value))
        ):
            return Decimal(str(value))
        self.fail(name, "is a number")
        return None

    def cents(self, name: str) -> Decimal | None:
        """Whole hundredths, as an amount in major units."""
        value = self.number(name)
        if value is not None and value != value.to_integral_value():
            self.fail(name, "is a whole number of cents")
            return None
        return None if value is None else value.scaleb(-2).quantize(Decimal("0.01"))

    def fine_cents(self, name: str) -> Decimal | None:
        """Hundredths with at most two decimals of their own."""
        value = self.number(name)
        if value is not None and value * 100 != (value * 100).to_integral_value():
            self.fail(name, "has at most two decimals of a cent")
            return None
        return None if value is None else value.scaleb(-2)

    def day(self, name: str) -> dt.date | None:
        """A day; of an instant, its day in UTC."""
        value = self._fields.get(name)
        if value is None:
            return None
        found = _MOMENT.fullmatch(value) if isinstance(value, str) else None
        try:
            if found is None:
                raise ValueError(value)
            return dt.date.fromisoformat(found[1])
        except ValueError:
            self.fail(name, "is a date YYYY-MM-DD or an ISO instant in UTC")
            return None

    def id(self, name: str) -> int | None:
        """The id of another object."""
        value = self._fields.get(name)
        if value is None or (isinstance(value, int) and not isinstance(value, bool)):
            return value
        if isinstance(value, str) and value.isdecimal():
            return int(value)
        self.fail(name, "is an id")
        return None

    def ids(self, name: str) -> list[int] | None:
        """Ids of other objects."""
        value = self._fields.get(name)
        if value is None:
            return None
        if isinstance(value, list) and all(type(each) is int for each in value):
            return value
        self.fail(name, "is a list of ids")
        return None

    def texts(self, name: str) -> list[str] | None:
        """A list of texts."""
        value = self._fields.get(name)
        if value is None:
            return None
        if isinstance(value, list) and all(isinstance(each, str) and each for each in value):
            return value
        self.fail(name, "is a list of texts")
        return None

    def part(self, name: str) -> Body | None:
        """An object within."""
        value = self._fields.get(name)
        if value is None:
            return None
        if isinstance(value, dict):
            return Body(value, place=f"{self._place}{name}.", errors=self.errors)
        self.fail(name, "is an object")
        return None

    def parts(self, name: str) -> list[Body] | None:
        """A list of objects within; not an empty one."""
        value = self._fields.get(name)
        if value is None:
            return None
        if not isinstance(value, list) or not value or not all(isinstance(each, dict) for each in value):
            self.fail(name, "is a list of at least one object")
            return None
        return [
            Body(each, place=f"{self._place}{name}[{at}].", errors=self.errors)
            for at, each in enumerate(value)
        ]


def read_body(content: bytes) -> Body:
    """The JSON object of a request, whatever its Content-Type says; raises Refusal 400."""
    return Body(read_object(content))


def read_object(content: bytes) -> Mapping[str, object]:
    """The same, as a mapping."""
    try:
        found = _DECODER.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise invalid(("", "the body is JSON")) from error
    if not isinstance(found, dict):
        raise invalid(("", "the body is a JSON object"))
    return found
