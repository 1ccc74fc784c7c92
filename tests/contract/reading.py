"""Reading whole lists in tests, page by page."""

from __future__ import annotations

from ledgermesh.engine.hub import Hub
from ledgermesh.engine.mapping import Rejected
from ledgermesh.engine.read import ListPages, ReadPages
from ledgermesh.engine.reading import Bounds, Reading, Walk
from ledgermesh.model.record import Record
from ledgermesh.spec.query import ListQuery
from ledgermesh.spec.resource import Resource


def walk(pages: ReadPages, stand_clock: object, *, size: int | None = None) -> Walk[Record]:
    """A list forward from its start."""
    bounds = Bounds(clock=stand_clock, deadline=1e9)  # type: ignore[arg-type]  # a clock of the test's
    return Walk(Reading(pages, bounds), None, size or pages.size_max)
