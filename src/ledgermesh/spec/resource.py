"""A resource: one kind of record in one place of a provider, how it is read, and which parts of a question it takes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from msgspec import Struct

from ledgermesh.model.row import Row
from ledgermesh.spec.paging import Paging, Whole
from ledgermesh.spec.query import Operator
from ledgermesh.spec.shapes import Shape, shape
from ledgermesh.spec.stream import Stream
from ledgermesh.spec.wires import Fields


def day_text(value: object) -> str | None:
    """Encodes a day as `YYYY-MM-DD`; nothing else is one."""
    return value if isinstance(value, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value) else None


@dataclass(frozen=True, kw_only=True, slots=True)
class Push:
    """A comparison that the provider can make, as a superset of ours.

    `encode` turns our value (dates as ISO text, enum members as their value) into the parameter's text; None from it
    means that this value cannot be pushed.
    """

    field: str
    operator: Operator
    param: str
    encode: Callable[[object], str | None]
    exact: bool = False
    """Whether the provider's answer is exactly ours, so that nothing is left to check and totals stay true."""


class Sort(Struct, frozen=True, kw_only=True):
    """An order that the provider keeps: only for fields it orders totally, as we do."""

    field: str
    ascending: tuple[tuple[str, str], ...]
    descending: tuple[tuple[str, str], ...]
    """Query parameters for either direction."""
    ties_by_id: bool = False
    """Whether rows that are equal in the field come ordered by native id, numerically."""


class Window(Struct, frozen=True, kw_only=True):
    """A range of days that the provider can be asked for, both ends included."""

    field: str
    start: str
    end: str
    """Query parameters, YYYY-MM-DD."""


class Expand(Struct, frozen=True, kw_only=True):
    """A parameter that asks for parts which the answer otherwise lacks."""

    param: str
    separator: str = ","


@dataclass(frozen=True, kw_only=True, slots=True)
class List:
    """Reads many. Path segments in braces are settings of the connection, or `{parent}` for a child's parent id."""

    path: str
    items: str = ""
    """Dotted path to the array in the answer; empty when the answer is the array."""
    page: Paging = field(default_factory=Whole)
    query: tuple[tuple[str, str], ...] = ()
    """Constant parameters; `{today}` in a value is the day of the request (UTC)."""
    pushes: tuple[Push, ...] = ()
    sorts: tuple[Sort, ...] = ()
    window: Window | None = None
    search: str = ""
    """Parameter for the provider's own search, which finds rows that a cut list does not show."""
    expand: Expand | None = None
    rows: Callable[[object], Sequence[object]] | None = None
    """Makes the rows of an answer that holds no array: of one object, or of an object by key."""
    removed: tuple[tuple[str, str], ...] | None = None
    """Parameters that also bring what was removed; None where the provider has no way to ask for it."""
    combine: Callable[[Sequence[str]], str] | None = None
    """Makes one value of several for the same parameter; without it only the first pushed one is sent."""


class Get(Struct, frozen=True, kw_only=True):
    """Reads one by `{id}`."""

    path: str
    item: str = ""
    """Dotted path to the record in the answer; where it is not there, the answer itself is taken."""
    query: tuple[tuple[str, str], ...] = ()
    expand: Expand | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Many:
    """Reads several by ids in one call. What the answer leaves out is not there; what it adds is not looked at."""

    path: str
    param: str
    """The query parameter that takes the provider's own ids."""
    ids_max: int
    """Ids that one call takes: no more than what fits on one page of the answer, and into an address."""
    separator: str = ","
    """Between the ids; where it is empty, the parameter is repeated for each of them."""
    items: str = ""
    """Dotted path to the array in the answer; empty when the answer is the array."""
    query: tuple[tuple[str, str], ...] = ()
    """Constant parameters, as a page that holds as many as are asked for."""
    expand: Expand | None = None


class Children(Struct, frozen=True, kw_only=True):
    """Rows that can only be listed below one parent; `{parent}` in the list's path is the parent's native id."""

    parent: str
    """The parent's kind (GraphQL type name)."""
    needed: Callable[[Row], bool]
    """Whether this parent has any, told from its own row, so that no call is made for nothing."""


class Derived(Struct, frozen=True, kw_only=True):
    """Records that the provider does not have, made of other answers of it. Takes bounded sources only.

    `rows` turns the elements of all the lists (in their order) into the documents of the derived records.
    """

    lists: tuple[List, ...]
    rows: Callable[[Sequence[object]], Sequence[object]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Resource:
    """One kind of record in one place of a provider."""

    kind: str
    """The GraphQL type name."""
    name: str = ""
    """Distinguishes several resources of one kind (products and services are both Items); prefixes native ids."""
    fields: Fields
    list: List | None = None
    get: Get | None = None
    many: Many | None = None
    children: Children | None = None
    keep: Callable[[Row], bool] | None = None
    """Which rows of a shared list are of this kind; None for all."""
    derived: Derived | None = None
    streams: tuple[Stream, ...] = ()
    """Files that the provider makes of each record."""
    omitted: Mapping[str, str] = field(default_factory=dict)
    """Fields of the provider's document (dotted paths; what is below one is meant too) that the model does not
    carry, and why. They stay readable as `source.raw` and `source.unmapped`."""
    shapes: dict[str, Shape | None] = field(default_factory=dict, init=False, repr=False, compare=False)
    """Those that were asked for."""

    def shape(self, items: str) -> Shape | None:
        """The shape of an answer with such documents at `items`; None where they have none."""
        if items not in self.shapes:
            self.shapes[items] = shape(self.fields, self.omitted, items)
        return self.shapes[items]


@dataclass(frozen=True, kw_only=True, slots=True)
class Detail:
    """One object of the provider that belongs to the connection and is no record."""

    path: str
    item: str = ""
    """Where the answer may wrap it."""
    fields: Fields


ReportName = Literal["PROFIT_AND_LOSS", "BALANCE_SHEET", "TAX_SUMMARY", "TRIAL_BALANCE", "METRICS"]


class ReportEndpoint(Struct, frozen=True, kw_only=True):
    """A report as the provider computes it."""

    report: ReportName
    path: str
    params: tuple[tuple[str, str], ...]
    """(our argument, the provider's parameter); arguments are `from`, `to`, `asOf`, `period`."""
    item: str = ""
    """Where the answer may wrap the report; where nothing is wrapped, the answer itself is taken."""
    page: Paging | None = None
    """How the answer is cut into pages, where it is an array of reports; all of them are read."""
    pick: Callable[[object, Mapping[str, str]], object] | None = None
    """Finds the report in an answer that holds several, by our arguments; None from it means there is none."""
    fields: Fields
