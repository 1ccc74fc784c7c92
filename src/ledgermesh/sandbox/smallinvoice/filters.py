"""The `filter` parameter: JSON with equality, `and`, `or` and comparators before the value.

smallinvoice's manual says that comparators are prepended to the value; which ones is not public. Here they are
`>=`, `>`, `<=`, `<`, `!` and `~` (contains). Several keys in one object must all match. Text is compared without case.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

import msgspec

from ledgermesh.sandbox.smallinvoice.answers import Words
from ledgermesh.sandbox.smallinvoice.errors import bad_request

R = TypeVar("R")
Column = Callable[[R], object]
Test = Callable[[R], bool]

_DEPTH_MAX = 20
_ORDERED: Mapping[str, Callable[[Any, Any], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}
_DECODER = msgspec.json.Decoder(float_hook=Decimal)


def parse_filter(text: str) -> Any:
    """The filter as a document; Problem 2000 when it is not JSON."""
    try:
        return _DECODER.decode(text)
    except msgspec.DecodeError as error:
        raise bad_request(2000, "Bad request. Filter is not valid JSON") from error


def compile_filter(document: Any, columns: Mapping[str, Column[R]], depth: int = 0) -> Test[R]:
    """What a record must satisfy; Problem 2101 for a key that is not there, 2000 for another shape."""
    if depth > _DEPTH_MAX or not isinstance(document, dict):
        raise bad_request(2000, "Bad request. Invalid filter expression")
    tests = [_part(key, value, columns, depth) for key, value in document.items()]
    return tests[0] if len(tests) == 1 else lambda row: all(test(row) for test in tests)


def _part(key: str, value: Any, columns: Mapping[str, Column[R]], depth: int) -> Test[R]:
    if key in ("and", "or"):
        return _group(key, value, columns, depth)
    if key not in columns:
        raise bad_request(2101, f"Invalid filter key: {key}")
    if isinstance(value, dict | list):
        raise bad_request(2000, "Bad request. Invalid filter expression")
    return _comparison(columns[key], value)


def _group(key: str, value: Any, columns: Mapping[str, Column[R]], depth: int) -> Test[R]:
    if not isinstance(value, list) or not value:
        raise bad_request(2000, "Bad request. Invalid filter expression")
    tests = [compile_filter(part, columns, depth + 1) for part in value]
    if key == "and":
        return lambda row: all(test(row) for test in tests)
    return lambda row: any(test(row) for test in tests)


def _comparison(column: Column[R], value: Any) -> Test[R]:
    text = value if isinstance(value, str) else ""
    for sign, compare in _ORDERED.items():
        if text.startswith(sign):
            return _ordered(column, compare, text.removeprefix(sign).strip())
    if text.startswith("!"):
        wanted = text.removeprefix("!")
        return lambda row: not equal(column(row), wanted)
    if text.startswith("~"):
        part = text.removeprefix("~").casefold()
        return lambda row: part in plain(column(row)).casefold()
    return lambda row: equal(column(row), value)


def _ordered(column: Column[R], compare: Callable[[Any, Any], bool], text: str) -> Test[R]:
    number = as_number(text)

    def test(row: R) -> bool:
        value = column(row)
        if isinstance(value, int | Decimal):
            return number is not None and compare(value, number)
        return value is not None and compare(plain(value).casefold(), text.casefold())

    return test


def equal(value: object, wanted: Any) -> bool:
    """Whether a record's value is what the filter asks for; a list matches by any of its members."""
    if isinstance(value, list):
        return any(equal(member, wanted) for member in value)
    if value is None or wanted is None:
        return value is wanted
    if isinstance(value, bool):
        return plain(wanted).casefold() in (("true", "1") if value else ("false", "0"))
    if isinstance(value, int | Decimal):
        return value == as_number(plain(wanted))
    return plain(value).casefold() == plain(wanted).casefold()


def as_number(text: str) -> Decimal | None:
    """The text as a finite number."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def plain(value: object) -> str:
    """The value as a person would search for it."""
    if value is None:
        return ""
    return value.in_("de") if isinstance(value, Words) else str(value)
