"""From an answer's documents to records: lazily, and so that a bad value costs a field and a bad record itself."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Any

import msgspec

from ledgermesh.engine.request import fill
from ledgermesh.errors import Garbled
from ledgermesh.model.mapped import row_of
from ledgermesh.model.platform import Connection
from ledgermesh.model.record import Origin, Record
from ledgermesh.model.row import Malformed, Row, alike
from ledgermesh.spec.columns import texts
from ledgermesh.spec.resource import Resource
from ledgermesh.upstream.call import Link

CONNECTION = "connection_id"
"""What conditions call the connection that a record was read from."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """A record that cannot be shown, and why. Never holds a value."""

    native_id: str | None
    path: str
    reason: str


class Maker(msgspec.Struct, frozen=True):
    """Makes the records of one resource of one connection."""

    link: Link
    connection: Connection
    resource: Resource
    ids: Callable[[str, str], Mapping[str, str]]
    """The global ids of a kind of a connection, by native id."""

    def records(
        self,
        documents: Sequence[object],
        fetched_at: dt.datetime,
        parent: Record | None,
        rejected: list[Rejected],
    ) -> list[Record]:
        """The records of these documents; what cannot be one goes to `rejected`, what is of another kind nowhere."""
        above: Row | None = row_of(parent) if parent is not None else None
        rows, ids = self._read(documents, above, rejected)
        if parent is not None or self.resource.name:
            ids = [self.full_id(each, parent) for each in ids]
        return self._made(rows, ids, self.origin(fetched_at), self.resource.fields.wires)

    def _read(
        self, documents: Sequence[object], above: Row | None, rejected: list[Rejected]
    ) -> tuple[Sequence[Row], Sequence[str]]:
        """The rows of these documents, and the provider's own id of each."""
        keep, settings, wire = self.resource.keep, self.link.settings, self.resource.fields.wires["native_id"]
        objects = alike(documents)
        rows: list[Any]
        if objects:
            rows = list(map(Row, documents, repeat(above), repeat(settings)))  # type: ignore[arg-type]  # as was seen
        else:
            rows = [Row(each, above, settings) if isinstance(each, Mapping) else None for each in documents]
        if keep is not None:
            rows = [row for row in rows if row is None or keep(row)]
        # Nearly always all of several have one, and none has to be looked at by itself.
        ids = texts(rows, wire) if objects and len(rows) > 1 else None
        return (rows, ids) if ids is not None else self._singly(rows, rejected)

    def _singly(
        self, found: Sequence[Row | None], rejected: list[Rejected]
    ) -> tuple[Sequence[Row], Sequence[str]]:
        """Those of these rows that can be records, and their ids; None stands for what is no object."""
        rows: list[Row] = []
        ids: list[str] = []
        wire = self.resource.fields.wires["native_id"]
        for row in found:
            if row is None:
                rejected.append(Rejected(None, self.resource.kind, "expected an object"))
                continue
            try:
                native_id = wire.read(row)
            except Malformed as error:
                rejected.append(Rejected(None, error.path, error.reason))
                continue
            if not isinstance(native_id, str):
                rejected.append(Rejected(None, wire.paths[0], "the record has no id"))
                continue
            rows.append(row)
            ids.append(native_id)
        return rows, ids

    def _made(
        self, rows: Sequence[Row], ids: Sequence[str], origin: Origin, wires: Mapping[str, Any]
    ) -> list[Record]:
        made: list[Record] = self.resource.fields.model.made(rows, ids, wires, self.connection.id, origin)
        return made

    def origin(self, fetched_at: dt.datetime) -> Origin:
        """Of all records of one answer."""
        return Origin(
            connection=self.connection,
            kind=self.resource.kind,
            fetched_at=fetched_at,
            address=self._address,
            derived=self.resource.derived is not None,
            streams=self.resource.streams,
            ids=self.ids(self.resource.kind, self.connection.id),
        )

    def _address(self, native_id: str) -> str | None:
        get = self.resource.get
        if get is None:
            return None
        parent, _, own = (
            native_id.rpartition("-") if self.resource.children is not None else ("", "", native_id)
        )
        values = {**self.link.settings, "id": own.removeprefix(f"{self.resource.name}:"), "parent": parent}
        return f"{self.link.base_url}{fill(get.path, values)}"

    def full_id(self, native_id: str, parent: Record | None) -> str:
        """The provider's id with what else it takes to find the record again: its resource, its parent."""
        named = f"{self.resource.name}:{native_id}" if self.resource.name else native_id
        return f"{parent.native_id}-{named}" if parent is not None else named

    def over(
        self, row: Row, native_id: str, origin: Origin, fields: Mapping[str, Any] | None = None
    ) -> Record:
        """The record over a row. `fields` replaces the resource's own mapping, for summaries in other documents."""
        return self._made((row,), (native_id,), origin, fields or self.resource.fields.wires)[0]


def elements(document: object, path: str) -> Sequence[object]:
    """The array of a list's answer; raises Garbled when there is none."""
    found = document
    for key in path.split(".") if path else ():
        found = found.get(key) if isinstance(found, Mapping) else None
    if not isinstance(found, list):
        raise Garbled(f"expected a list{f' at {path!r}' if path else ''} in the provider's answer")
    return found


def element(document: object, path: str) -> object:
    """The record of a single answer, wrapped or bare."""
    found = document.get(path) if path and isinstance(document, Mapping) else None
    return found if found is not None else document
