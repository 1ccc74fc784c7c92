"""From an answer's documents to records: lazily, and so that a bad value costs a field and a bad record itself."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from ledgermesh.engine.request import fill
from ledgermesh.errors import Garbled
from ledgermesh.model.mapped import row_of
from ledgermesh.model.platform import Connection
from ledgermesh.model.record import Origin, Record
from ledgermesh.model.row import Malformed, Row
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


class Maker(msgspec.Struct, frozen=True):
    """Makes the records of one resource of one connection."""

    link: Link
    connection: Connection
    resource: Resource
    ids: Callable[[str, str], Mapping[str, str]]
    """The global ids of a kind of a connection, by native id."""

    def records(
        self,
        documents: Iterable[object],
        fetched_at: dt.datetime,
        parent: Record | None,
        rejected: list[Rejected],
    ) -> list[Record]:
        """The records of these documents; what cannot be one goes to `rejected`, what is of another kind nowhere."""
        made: list[Record] = []
        resource, origin = self.resource, self.origin(fetched_at)
        keep, fields, id_of = resource.keep, resource.fields, resource.fields.wires["native_id"].read
        above: Row | None = row_of(parent) if parent is not None else None
        # What is the same for all of them is looked up once: a list has thousands of records.
        settings, plain = self.link.settings, parent is None and not resource.name
        model, wires, connection = fields.model.made, fields.wires, self.connection.id
        for document in documents:
            if document.__class__ is not dict and not isinstance(document, Mapping):
                rejected.append(Rejected(None, resource.kind, "expected an object"))
                continue
            row = Row(document, above, settings)
            if keep is not None and not keep(row):
                continue
            try:
                native_id = id_of(row)
            except Malformed as error:
                rejected.append(Rejected(None, error.path, error.reason))
                continue
            if native_id.__class__ is not str:
                rejected.append(Rejected(None, fields.wires["native_id"].paths[0], "the record has no id"))
                continue
            full = native_id if plain else self.full_id(native_id, parent)
            made.append(model(row, wires, full, connection, origin))
        return made

    def _made(
        self, row: Row, native_id: str, origin: Origin, fields: Fields, wires: Mapping[str, Any] | None = None
    ) -> Record:
        made: Record = fields.model.made(row, wires or fields.wires, native_id, self.connection.id, origin)
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
        return self._made(row, native_id, origin, self.resource.fields, fields)


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
