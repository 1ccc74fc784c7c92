"""What a list call asks for, read from its query string; what cannot be understood is a 400."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from msgspec import Struct

from ledgermesh.sandbox.kashoo.dates import parse_day
from ledgermesh.sandbox.kashoo.errors import Refusal
from ledgermesh.sandbox.kashoo.records import COLUMNS, type_word

T = TypeVar("T")
D = TypeVar("D")
_INT64 = 2**63
_STATUSES = ("paid", "unpaid", "overdue")


class Page(Struct, frozen=True):
    """Which stretch of a list."""

    offset: int
    limit: int | None
    """None is to the end."""

    @property
    def stop(self) -> int | None:
        return None if self.limit is None else self.offset + self.limit


@dataclass(frozen=True)
class Query:
    """Which records, in which order."""

    types: frozenset[str]
    """Empty is every type."""
    exclude: frozenset[str]
    start: dt.date | None
    end: dt.date | None
    modified_since_ms: int | None
    contact: int | None
    amount_ge: int | None
    amount_le: int | None
    status: str | None
    search: str
    column: str
    descending: bool
    include_removed: bool

    def fits(self, amount: int) -> bool:
        """Whether an amount lies within the limits, both included."""
        low = self.amount_ge is None or self.amount_ge <= amount
        return low and (self.amount_le is None or amount <= self.amount_le)


def read_page(params: Mapping[str, str], *, default: int, limit_max: int) -> Page:
    """The page asked for, cut down to `limit_max` rows; a limit of 0 is refused."""
    limit = read(params, "limit", whole_number, default)
    offset = read(params, "offset", whole_number, 0)
    if limit < 1:
        raise Refusal(400, "limit: must be at least 1")
    if offset < 0:
        raise Refusal(400, "offset: must not be negative")
    return Page(offset, min(limit, limit_max))


def read_unlimited(params: Mapping[str, str]) -> Page:
    """The page of a list that is whole unless a limit above 0 is given."""
    limit = read(params, "limit", whole_number, 0)
    offset = read(params, "offset", whole_number, 0)
    if limit < 0 or offset < 0:
        raise Refusal(400, "limit, offset: must not be negative")
    return Page(offset, limit or None)


def read_query(params: Mapping[str, str], *, payments: bool) -> Query:
    """The record filters; lists of payments and adjustments take neither `status` nor `exclude`."""
    return Query(
        types=_words(params.get("type", "")),
        exclude=frozenset() if payments else _words(params.get("exclude", "")),
        start=read(params, "startDate", parse_day, None),
        end=read(params, "endDate", parse_day, None),
        modified_since_ms=read(params, "modifiedSince", whole_number, None),
        contact=read(params, "contactId", whole_number, None),
        amount_ge=read(params, "amountGe", whole_number, None),
        amount_le=read(params, "amountLe", whole_number, None),
        status=None if payments else _one_of(params, "status", _STATUSES, None),
        search=params.get("search", "").casefold(),
        column=_one_of(params, "sortColumn", COLUMNS, None) or "date",
        descending=_one_of(params, "sortOrder", ("asc", "desc"), "desc") == "desc",
        include_removed=read(params, "includeRemoved", truth, None) or False,
    )


def read(params: Mapping[str, str], name: str, parse: Callable[[str], T], default: D) -> T | D:
    """The parameter's value; Refusal 400 when it is there and cannot be read."""
    if name not in params:
        return default
    try:
        return parse(params[name])
    except ValueError as error:
        raise Refusal(400, f"{name}: cannot read {params[name]!r}") from error


def whole_number(text: str) -> int:
    """An int64; ValueError for anything else."""
    if not text.removeprefix("-").isascii() or not text.removeprefix("-").isdigit():
        raise ValueError(text)
    number = int(text) if len(text) < 20 else _INT64
    if not -_INT64 <= number < _INT64:
        raise ValueError(text)
    return number


def truth(text: str) -> bool:
    """`true` or `false`; ValueError for anything else."""
    if text not in ("true", "false"):
        raise ValueError(text)
    return text == "true"


def _one_of(params: Mapping[str, str], name: str, words: tuple[str, ...], default: str | None) -> str | None:
    word = params.get(name, default)
    if word is not None and word not in words:
        raise Refusal(400, f"{name}: {word!r} is not one of {', '.join(words)}")
    return word


def _words(text: str) -> frozenset[str]:
    # Older clients write `billPayment` where the reference says BILL_PAYMENT.
    return frozenset(type_word(part) for part in text.split(",") if part)
