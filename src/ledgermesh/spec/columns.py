"""One field of many records at once: what reading it of each gives, at a fraction of the time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ledgermesh.model.mapped import read_alike, row_of
from ledgermesh.model.row import Malformed, Row, each_at
from ledgermesh.spec.wires import Refers, Wire

MARKS = frozenset(".^@")
"""In paths of what is no field of the document itself."""
TEXTS = frozenset((str, int))
"""Classes of what a text is made of as it is written."""


def column(records: Sequence[Any], name: str) -> list[Any]:
    """The field of each of these; a value that is malformed is noted as when it is read by itself."""
    wires = getattr(records[0], "_wires", None) if records else None
    wire = wires.get(name) if wires is not None else None
    if isinstance(wire, Wire) and wire.parts is None and read_alike(records):
        rows = list(map(row_of, records))
        try:
            return _words(rows, wire) or [wire.read(row) for row in rows]
        except Malformed:
            pass
    return [getattr(each, name) for each in records]


def _words(rows: Sequence[Row], wire: Wire) -> list[Any]:
    """Each distinct text is made into its value once; empty where that is not all there is to reading it."""
    convert = wire.usual.convert if wire.usual is not None else None
    found = _found(rows, wire, "word")
    if found is None or convert is None:
        return []
    try:
        words = set(found) - {None}
        known = dict(zip(words, map(convert, words), strict=True))
    except (ValueError, OverflowError, TypeError):  # the last for what cannot be a text
        return []
    return list(map(known.get, found))


def texts(rows: Sequence[Row], wire: Wire) -> list[str] | None:
    """The text that each of these has; None where one has none, or where it has to be read in another way."""
    found = _found(rows, wire, "text")
    if found is None or not TEXTS.issuperset(map(type, found)) or "" in found:
        return None
    try:
        return list(map(str, found))
    except ValueError:  # a number of too many digits
        return None


def referred(rows: Sequence[Row], refers: Refers) -> list[str | None]:
    """The id that each of these refers to; raises Malformed."""
    if MARKS.isdisjoint(refers.path):
        found = each_at([row.doc for row in rows], refers.path)
        if set(map(type, found)) == {str} and "" not in found:
            return [refers.prefix + each for each in found]
    return list(map(refers.id_of, rows))


def _found(rows: Sequence[Row], wire: Wire, how: str) -> list[Any] | None:
    """What stands in the field that a wire reads in this usual way; None where it does not."""
    usual = wire.usually
    if usual is None or usual.how != how or not MARKS.isdisjoint(usual.path):
        return None
    return each_at([row.doc for row in rows], usual.path)
