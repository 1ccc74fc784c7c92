"""How a list is cut into pages. Positions are integers: an offset in rows, or a page's number."""

from __future__ import annotations

from dataclasses import dataclass

from msgspec import Struct


class Offset(Struct, frozen=True, kw_only=True):
    """`limit` rows from `offset` on. Ends with an empty page, or where the total or the flag says so.

    A short page is no end: providers cap the limit without saying so.
    """

    limit: str = "limit"
    offset: str = "offset"
    size_max: int
    total: str = ""
    """Dotted path to the number of all rows, if the provider tells; it also ends the reading."""
    more: str = ""
    """Dotted path to a flag that says whether rows follow, if the provider tells."""


class Numbered(Struct, frozen=True, kw_only=True):
    """Pages by number until one is empty."""

    page: str = "page"
    size: str = ""
    """Parameter for the page size; empty where the provider fixes it."""
    size_max: int
    first: int = 1


@dataclass(frozen=True, slots=True)
class Whole:
    """Everything in one answer."""

    limit: str = ""
    """Parameter that would cut it, set to `value`; empty for none."""
    value: str = ""


class FirstRows(Struct, frozen=True, kw_only=True):
    """A limit but no way to the rows behind it: complete only when fewer rows come than were asked for."""

    limit: str = "limit"
    size_max: int
    total: str = ""
    """Dotted path to the number of all rows, if the provider tells."""
    reason: str
    """Why the rest cannot be read; shown to the caller with PARTIAL."""


Paging = Offset | Numbered | Whole | FirstRows
