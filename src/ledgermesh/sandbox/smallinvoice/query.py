"""What a list is asked for: `limit`, `offset`, `sort`, `filter`, `q` and `with`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from ledgermesh.sandbox.smallinvoice.errors import bad_request
from ledgermesh.sandbox.smallinvoice.switches import Switches

LIMIT_DEFAULT = 100


@dataclass(frozen=True)
class Query:
    """A list request whose numbers have been checked; keys are checked by the table, which knows them."""

    limit: int
    offset: int
    sort: str | None
    filter: str | None
    search: str
    optional: tuple[str, ...]


def read_query(parameters: Mapping[str, str], known: Collection[str], switches: Switches) -> Query:
    """The request's parameters; Problem 2100, 2103 or 2104 for a wrong one."""
    limit = _limit(parameters.get("limit"), switches)
    return Query(
        limit=min(limit, switches.page_size or limit),
        offset=_offset(parameters.get("offset")),
        sort=parameters.get("sort") or None,
        filter=None if switches.filter_ignored else parameters.get("filter") or None,
        search=parameters.get("q", "").strip(),
        optional=read_with(parameters, known, switches),
    )


def read_with(parameters: Mapping[str, str], known: Collection[str], switches: Switches) -> tuple[str, ...]:
    """The optional keys asked for, each once; Problem 2100 for one that this resource does not have."""
    keys = tuple(dict.fromkeys(key.strip() for key in parameters.get("with", "").split(",") if key.strip()))
    for key in keys:
        if key not in known:
            raise bad_request(2100, f"Invalid with key: {key}")
    return () if switches.with_ignored else keys


def _limit(text: str | None, switches: Switches) -> int:
    limit = min(LIMIT_DEFAULT, switches.limit_max) if text is None else _whole(text)
    if limit is None or not 1 <= limit <= switches.limit_max:
        message = f"Invalid limit value. Limit cannot be <= 0 or > {switches.limit_max}"
        raise bad_request(2103, message)
    return limit


def _offset(text: str | None) -> int:
    offset = 0 if text is None else _whole(text)
    if offset is None or offset < 0:
        raise bad_request(2104, "Invalid offset value. Offset cannot be < 0")
    return offset


def _whole(text: str) -> int | None:
    digits = text.removeprefix("-")
    return int(text) if digits.isascii() and digits.isdigit() and len(digits) <= 12 else None
