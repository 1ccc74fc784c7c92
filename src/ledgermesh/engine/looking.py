"""Find out whether a write that got no clear answer had its effect: on the record itself, or in its list."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final, Literal

from msgspec import Struct

from ledgermesh.engine.hub import Hub
from ledgermesh.engine.mapping import Maker
from ledgermesh.engine.pages import Days
from ledgermesh.engine.planned import Look
from ledgermesh.engine.read import ListPages, ReadPages, open_list
from ledgermesh.engine.replay import STAMP_CHARACTERS, STAMP_KEY_CHARACTERS
from ledgermesh.engine.version import MISSING, differing, equal, seen, value_text
from ledgermesh.errors import Unsupported
from ledgermesh.model.mapped import wires_of
from ledgermesh.model.record import Record
from ledgermesh.spec.query import And, Compare, ListQuery, Order
from ledgermesh.spec.resource import List

PAGES_MAX: Final = 20
"""Pages of a list that one look reads."""
SKEW_SECONDS: Final = 300.0
"""How far a provider's clock may be from ours: a record that was made longer ago than that is not ours."""
NEWEST: Final = ("created_at", "updated_at", "date")
"""Orders in which a new record comes first, the surest first."""


class Looked(Struct, frozen=True):
    """What one look saw."""

    answer: Literal["THERE", "ABSENT", "UNSURE", "OTHER", "PARTLY"]
    """OTHER: a record with our key's stamp and other content. PARTLY: of several records some have it."""
    records: tuple[Record, ...] = ()
    """Those that may be it, when it is there and the list was searched; the record itself, where it is known."""
    why: str = ""
    """Why nobody can say."""


async def look(
    hub: Hub,
    asked: Look,
    *,
    since: float,
    parent: str = "",
    before: Mapping[str, object] | None = None,
    pages_max: int = PAGES_MAX,
) -> Looked:
    """Look once. `since` is when it was first sent (epoch seconds), `parent` the record it is below, `before` the
    fields of the record as they stood. Raises LedgermeshError where the provider cannot be asked.
    """
    if not (asked.gone or asked.stamp or asked.equal):
        return Looked("UNSURE", why="nothing tells it from other records")
    if asked.native_id is not None:
        return _of_record(await hub.one(asked.kind, asked.native_id, frozenset()), asked, before or {})
    found: list[Record] = []
    for maker in hub.makers(asked.kind):
        if asked.resource and maker.resource.name != asked.resource:
            continue
        looked = await _in_list(hub, maker, asked, since, parent, pages_max)
        if looked.answer in ("UNSURE", "OTHER"):
            return looked
        found.extend(looked.records)
    return Looked("THERE", tuple(found)) if found else Looked("ABSENT")


def _of_record(record: Record | None, asked: Look, before: Mapping[str, object]) -> Looked:
    if asked.gone:
        there = record is not None and getattr(record, "deleted", None) is not True
        return Looked("ABSENT") if there else Looked("THERE")
    if record is None:
        return Looked("UNSURE", why="the record is not there any more")
    if _is(record, asked):
        return Looked("THERE", (record,))
    if all(equal(value, seen(record, name, value)) for name, value in before.items()):
        return Looked("ABSENT")
    return Looked("UNSURE", why="the record was changed by somebody else meanwhile")


def _is(record: Record, asked: Look) -> bool:
    if asked.stamp:
        return _stamped(record, asked).endswith(asked.stamp)
    # Most rows of a list differ in a plain field already; comparing whole parts costs far more.
    if not all(_near(record, name, value) for name, value in asked.equal.items()):
        return False
    homes = (seen(record, name, value) for name, value in asked.equal.items())
    return any(found != MISSING for found in homes) and not any(differing(record, asked.equal))


def _near(record: Record, name: str, value: object) -> bool:
    """Whether a field of the same name, where it is plain, is as asked."""
    if not isinstance(value, str) or name not in wires_of(record):
        return True
    return equal(value, value_text(getattr(record, name)))


def _stamped(record: Record, asked: Look) -> str:
    found = getattr(record, asked.stamp_field, None)
    return found.rstrip() if isinstance(found, str) else ""


def _is_other(record: Record, asked: Look) -> bool:
    """Whether it carries a stamp of our key, for other content."""
    mark = _stamped(record, asked)[-STAMP_CHARACTERS:]
    keys = mark[:STAMP_KEY_CHARACTERS] == asked.stamp[:STAMP_KEY_CHARACTERS]
    return bool(asked.stamp) and len(mark) == STAMP_CHARACTERS and keys and mark != asked.stamp


# -- in its list -----------------------------------------------------------------------------------------------------


async def _in_list(hub: Hub, maker: Maker, asked: Look, since: float, parent: str, pages_max: int) -> Looked:
    pages = await _open(hub, maker, asked, parent)
    days = _days(pages.windowed, asked)
    begun = dt.datetime.fromtimestamp(since - SKEW_SECONDS, dt.UTC)
    position: int | None = None
    found: list[Record] = []
    for _ in range(pages_max):
        page = await pages.page(position, size=pages.size_max, days=days)
        young = [row for row in page.rows if not _older(row, "created_at", begun)]
        if any(_is_other(row, asked) for row in young):
            return Looked("OTHER")
        found.extend(row for row in young if _is(row, asked))
        position = page.next
        if page.truncated is not None and not found:
            return Looked("UNSURE", why="the provider does not show all records of this kind")
        if position is None or (page.rows and _past(pages, page.rows[-1], begun)):
            break
    if found:
        return Looked("THERE", tuple(found))
    if pages.seen.rejected:
        return Looked("UNSURE", why="a record of this kind cannot be read")
    if position is not None and not (page.rows and _past(pages, page.rows[-1], begun)):
        return Looked("UNSURE", why=f"more than {pages_max} pages would have to be read")
    return Looked("ABSENT")


async def _open(hub: Hub, maker: Maker, asked: Look, parent: str) -> ReadPages:
    """The list, newest first and cut down where the provider can."""
    list_, children = maker.resource.list, maker.resource.children
    query = _query(list_, asked)
    if children is None or list_ is None:
        return open_list(hub.send, hub.terms, maker, query)
    above = await hub.one(children.parent, parent, frozenset()) if parent else None
    if above is None:
        raise Unsupported(
            f"{hub.provider.title} lists {asked.kind} records only below one that is not there."
        )
    return ListPages(hub.send, hub.terms, maker, list_, query, above)


def _query(list_: List | None, asked: Look) -> ListQuery:
    query = ListQuery(kind=asked.kind)
    if list_ is None or asked.stamp:
        where: tuple[Compare, ...] = ()
    else:
        where = tuple(
            Compare(push.field, "eq", value)
            for push in list_.pushes
            for name, value in asked.equal.items()
            if push.operator == "eq" and push.field in (name, f"{name}_ref") and isinstance(value, str)
        )
    kept = {sort.field for sort in list_.sorts} if list_ is not None else set()
    order = next((Order(name, descending=True) for name in NEWEST if name in kept), None)
    return replace(query, where=And(where) if where else None, order=(order,) if order is not None else ())


def _days(window: str | None, asked: Look) -> Days | None:
    """The day on which the record has to lie, where the provider takes days and the day is known."""
    value: Any = asked.equal.get(window) if window is not None else None
    try:
        day = dt.date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return Days(day, day) if day is not None else None


def _older(record: Record, name: str, moment: dt.datetime) -> bool:
    found = getattr(record, name, None)
    return isinstance(found, dt.datetime) and found < moment


def _past(pages: ReadPages, last: Record, begun: dt.datetime) -> bool:
    """Whether everything behind this row is older than what is looked for."""
    sort = pages.pushed.sort
    return sort is not None and sort.field in ("created_at", "updated_at") and _older(last, sort.field, begun)
