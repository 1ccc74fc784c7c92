"""JSON bodies, read field by field: what is unknown is ignored, what is wrong is a 400 that names the field."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal

import msgspec
from starlette.requests import Request

from ledgermesh.sandbox.kashoo.dates import read_transfer_date
from ledgermesh.sandbox.kashoo.errors import Refusal

_DECODER = msgspec.json.Decoder(float_hook=Decimal)
_INT64 = 2**63
_TEXT_MAX = 10_000
"""Characters of one text."""
_ROWS_MAX = 1_000
"""Rows of one array."""
_EXPONENT_MAX, _DECIMALS_MAX = 15, 10
"""Bounds of a number: digits before and after its point."""


class Body:
    """One JSON object of a request; `place` says where in the body it stands."""

    def __init__(self, fields: Mapping[str, object], place: str = "") -> None:
        self._fields = fields
        self._place = place

    def __contains__(self, name: str) -> bool:
        return self._fields.get(name) is not None

    def wrong(self, name: str, why: str) -> Refusal:
        """The 400 about this field, to be raised."""
        return Refusal(400, f"{self._place}{name}: {why}")

    def text(self, name: str) -> str:
        """The text, empty when it is absent."""
        return self.maybe_text(name) or ""

    def maybe_text(self, name: str) -> str | None:
        """The text, None when it is absent."""
        value = self._fields.get(name)
        if value is not None and not isinstance(value, str):
            raise self.wrong(name, "must be a text")
        if value is not None and len(value) > _TEXT_MAX:
            raise self.wrong(name, f"must not be longer than {_TEXT_MAX} characters")
        return value

    def label(self, name: str) -> str | None:
        """A text that some clients send as a number."""
        value = self._fields.get(name)
        return str(value) if type(value) is int else self.maybe_text(name)

    def flag(self, name: str, *, absent: bool = False) -> bool:
        """True or false."""
        value = self._fields.get(name)
        if value is None:
            return absent
        if not isinstance(value, bool):
            raise self.wrong(name, "must be true or false")
        return value

    def whole(self, name: str) -> int | None:
        """An int64."""
        value = self._fields.get(name)
        if value is None:
            return None
        if type(value) is not int or not -_INT64 <= value < _INT64:
            raise self.wrong(name, "must be a whole number")
        return value

    def required(self, name: str) -> int:
        """An int64 that must be there."""
        value = self.whole(name)
        if value is None:
            raise self.wrong(name, "is required")
        return value

    def number(self, name: str) -> Decimal | None:
        """An exact number of bounded length."""
        value = self._fields.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            raise self.wrong(name, "must be a number")
        number = Decimal(value)
        exponent = number.as_tuple().exponent
        if number.adjusted() > _EXPONENT_MAX or not isinstance(exponent, int) or exponent < -_DECIMALS_MAX:
            raise self.wrong(name, "is too large or too exact")
        return number

    def day(self, name: str) -> dt.date | None:
        """A date in either of its two forms."""
        value = self._fields.get(name)
        if value is None:
            return None
        try:
            return read_transfer_date(value)
        except ValueError as error:
            raise self.wrong(name, "is not a date") from error

    def required_day(self, name: str) -> dt.date:
        """A date that must be there."""
        day = self.day(name)
        if day is None:
            raise self.wrong(name, "is required")
        return day

    def array(self, name: str) -> list[object]:
        """An array, empty when it is absent."""
        value = self._fields.get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            raise self.wrong(name, "must be an array")
        if len(value) > _ROWS_MAX:
            raise self.wrong(name, f"must not have more than {_ROWS_MAX} rows")
        return value

    def rows(self, name: str) -> list[Body]:
        """An array of objects."""
        return _bodies(self.array(name), f"{self._place}{name}")

    def texts(self, name: str) -> list[str]:
        """An array of texts."""
        rows = self.array(name)
        if not all(isinstance(row, str) for row in rows):
            raise self.wrong(name, "must be texts")
        return [str(row) for row in rows]

    def ids(self, name: str) -> list[int]:
        """An array of ids."""
        found = [row for row in self.array(name) if type(row) is int and -_INT64 <= row < _INT64]
        if len(found) != len(self.array(name)):
            raise self.wrong(name, "must be whole numbers")
        return found

    def part(self, name: str) -> Body | None:
        """An object within this one."""
        value = self._fields.get(name)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise self.wrong(name, "must be an object")
        return Body(value, f"{self._place}{name}.")


async def read_body(request: Request) -> Body:
    """The object that the request carries."""
    value = await _decoded(request)
    if not isinstance(value, dict):
        raise Refusal(400, "The body must be a JSON object")
    return Body(value)


async def read_bodies(request: Request) -> list[Body]:
    """The array of objects that the request carries."""
    value = await _decoded(request)
    if not isinstance(value, list) or len(value) > _ROWS_MAX:
        raise Refusal(400, f"The body must be a JSON array of at most {_ROWS_MAX} objects")
    return _bodies(value, "")


async def _decoded(request: Request) -> object:
    try:
        value: object = _DECODER.decode(await request.body())
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Refusal(400, f"The body is not JSON: {error}") from error
    return value


def _bodies(rows: list[object], place: str) -> list[Body]:
    found = []
    for index, row in enumerate(rows):
        if not isinstance(row, dict):
            raise Refusal(400, f"{place}[{index}]: must be an object")
        found.append(Body(row, f"{place}[{index}]."))
    return found
