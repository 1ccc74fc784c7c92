"""Pages on the wire: which parameters ask for a page, and what an answer says about the next one."""

from __future__ import annotations

import msgspec

from ledgermesh.spec.paging import FirstRows, Numbered, Offset, Paging, Whole

WHOLE_MAX = 100_000
"""What a list without pages counts as its page size."""


class Turn(msgspec.Struct, frozen=True):
    """What one answer says about the reading of a list."""

    next: int | None
    total: int | None
    truncated: str | None = None


def size_max(paging: Paging) -> int:
    """Rows of the largest page."""
    return WHOLE_MAX if isinstance(paging, Whole) else paging.size_max


def parameters(paging: Paging, position: int | None, size: int) -> tuple[tuple[str, str], ...]:
    """The query parameters that ask for the page at a position."""
    match paging:
        case Offset(limit=limit, offset=offset):
            start = ((offset, str(position)),) if position else ()
            return ((limit, str(min(size, paging.size_max))), *start)
        case Numbered(page=page, size=parameter):
            number = (page, str(position if position is not None else paging.first))
            return (number, (parameter, str(paging.size_max))) if parameter else (number,)
        case FirstRows(limit=limit):
            return ((limit, str(paging.size_max)),)
        case Whole(limit=limit, value=value):
            return ((limit, value),) if limit else ()


def turn(paging: Paging, position: int | None, document: object, count: int) -> Turn:
    """Where the reading goes on after `count` rows came from `position`."""
    match paging:
        case Offset():
            total, end = _number(document, paging.total), (position or 0) + count
            more = _find(document, paging.more)
            ended = not count or (total is not None and end >= total) or more is False
            return Turn(None if ended else end, total)
        case Numbered():
            return Turn((paging.first if position is None else position) + 1 if count else None, None)
        case FirstRows():
            total = _number(document, paging.total)
            complete = count >= total if total is not None else count < paging.size_max
            return Turn(None, total, None if complete else paging.reason)
        case Whole():
            return Turn(None, count)


def shift(paging: Paging, position: int | None, rows: int) -> int | None:
    """The position so many rows further on (or back), rounded towards the start; None is the start."""
    match paging:
        case Offset():
            return max((position or 0) + rows, 0) or None
        case Numbered():
            pages = rows // paging.size_max
            moved = (paging.first if position is None else position) + pages
            return moved if moved > paging.first else None
        case _:
            return None


def _find(document: object, path: str) -> object:
    for key in path.split(".") if path else ():
        document = document.get(key) if isinstance(document, dict) else None
    return document if path else None


def _number(document: object, path: str) -> int | None:
    found = _find(document, path)
    return found if isinstance(found, int) and not isinstance(found, bool) else None
