"""From an answer's documents to records: lazily, and so that a bad value costs a field and a bad record itself."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ledgermesh.engine.request import fill
from ledgermesh.errors import Garbled
from ledgermesh.model.platform import Connection
from ledgermesh.model.record import Origin, Record
from ledgermesh.model.row import Malformed, Row
from ledgermesh.spec.query import Ref
from ledgermesh.spec.resource import Resource
from ledgermesh.spec.wires import Fields
from ledgermesh.upstream.call import Link

CONNECTION = "connection_id"
"""What conditions call the connection that a record was read from."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """A record that cannot be shown, and why. Never holds a value."""

    native_id: str | None
    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Maker:
    """Makes the records of one resource of one connection."""

    link: Link
    connection: Connection
    resource: Resource
    seal: Callable[[Ref], str]

    def records(
        self,
        documents: Iterable[object],
        fetched_at: dt.datetime,
        parent: Record | None,
        rejected: list[Rejected],
    ) -> list[Record]:
        """The records of these documents; what cannot be one goes to `rejected`, what is of another kind nowhere."""
        made = []
        for document in documents:
            row = self._row(document, parent, rejected)
            if row is not None and (self.resource.keep is None or self.resource.keep(row)):
                record = self._record(row, fetched_at, parent, rejected)
                if record is not None:
                    made.append(record)
        return made

    def _row(self, document: object, parent: Record | None, rejected: list[Rejected]) -> Row | None:
        if not isinstance(document, Mapping):
            rejected.append(Rejected(None, self.resource.kind, "expected an object"))
            return None
        above: Row | None = parent.__dict__["_row"] if parent is not None else None
        return Row(document, above, self.link.settings)

    def _record(
        self, row: Row, fetched_at: dt.datetime, parent: Record | None, rejected: list[Rejected]
    ) -> Record | None:
        wire = self.resource.fields.wires["native_id"]
        try:
            native_id = wire.read(row)
        except Malformed as error:
            rejected.append(Rejected(None, error.path, error.reason))
            return None
        if not isinstance(native_id, str):
            rejected.append(Rejected(None, wire.paths[0], "the record has no id"))
            return None
        return self.over(row, self.full_id(native_id, parent), fetched_at)

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
        self, row: Row, native_id: str, fetched_at: dt.datetime, fields: Mapping[str, Any] | None = None
    ) -> Record:
        """The record over a row. `fields` replaces the resource's own mapping, for summaries in other documents."""
        own: Fields = self.resource.fields
        record: Record = own.model.over(row, fields or own.wires, [])
        record.__dict__["native_id"] = native_id
        record.__dict__[CONNECTION] = self.connection.id
        record.__dict__["_origin"] = Origin(
            connection=self.connection,
            kind=self.resource.kind,
            fetched_at=fetched_at,
            address=lambda: self._address(native_id),
            derived=self.resource.derived is not None,
            streams=self.resource.streams,
            seal=self.seal,
        )
        return record


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
