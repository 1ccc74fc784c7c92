"""What a provider's documents hold that its definition does not say, looked for in a few of many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from ledgermesh.engine.choice import resource_of
from ledgermesh.model.mapped import findings_of, read_all, row_of, wires_of
from ledgermesh.model.record import Record, origin_of, unused
from ledgermesh.model.row import Malformed, Row, at
from ledgermesh.spec.leaves import folded
from ledgermesh.spec.provider import Provider
from ledgermesh.spec.resource import Resource
from ledgermesh.telemetry import Kind

EVERY: Final = 100
"""Pages of one kind of one provider, of which one is looked at: reading a whole record takes longer than a page's
share of anything else.
"""


class Looks:
    """Which pages are looked at: the first of each kind of each provider, and one in so many after it."""

    def __init__(self, *, every: int = EVERY) -> None:
        self._every = every
        self._pages: Counter[tuple[str, str]] = Counter()

    def at(self, provider: Provider, record: Record) -> Iterator[tuple[Kind, str]]:
        """The differences of the first of a page's records, when it is that page's turn."""
        kind = origin_of(record).kind
        turn = self._pages[provider.name, kind]
        self._pages[provider.name, kind] = turn + 1
        if turn % self._every == 0:
            resource = resource_of(provider, kind, record.native_id)
            if resource is not None:
                yield from differences(record, resource)


def differences(record: Record, resource: Resource) -> Iterator[tuple[Kind, str]]:
    """Values that cannot be read, fields that nobody knows, and words that an enum has not; never a value itself."""
    row = row_of(record)
    wires = wires_of(record)
    read_all(record)
    for finding in findings_of(record):
        if finding.code == "MALFORMED":
            yield "malformed_value", f"{resource.kind}.{finding.path}"
    used = {path for wire in wires.values() for path in wire.paths} | resource.omitted.keys()
    for path, _ in unused(row.doc, "", used):
        yield "unknown_field", f"{resource.kind}.{path}"
    for name, wire in wires.items():
        if wire.usual is not None and wire.usual.words and not _known(row, wire.usual.path, wire.usual.words):
            yield "unknown_word", f"{resource.kind}.{name}"


def _known(row: Row, path: str, words: frozenset[str]) -> bool:
    try:
        found = at(path)(row)
    except Malformed:
        return True
    return not isinstance(found, str) or not found or folded(found) in words
