"""What every record has: an id for this gateway, and the whole truth of where it came from."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping
from operator import attrgetter
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, Self

import strawberry
from strawberry.scalars import JSON

from ledgermesh.model import declare
from ledgermesh.model.enums import OriginKind
from ledgermesh.model.mapped import Finding, Mapped, findings_of, read_all, row_of, shown_name, wires_of
from ledgermesh.model.platform import Connection
from ledgermesh.model.reach import Info
from ledgermesh.model.row import Malformed, Row, at, plain
from ledgermesh.spec.stream import Stream


class Origin(NamedTuple):
    """Where records were read, as the engine knows it: the same for all of one answer."""

    connection: Connection
    kind: str
    fetched_at: dt.datetime
    address: Callable[[str], str | None]
    """Of a native id: the record's address in the provider's API, where single records can be read there."""
    derived: bool
    streams: tuple[Stream, ...]
    """The files that the provider makes of it."""
    ids: Mapping[str, str]
    """The opaque global ids, by native id."""


@declare.object_type(
    description="The first source of a record: the same record through two connections has the same one."
)
class FirstSource:
    kind: OriginKind = strawberry.field(
        description="The provider's own record, or made from other answers of it."
    )
    integration: str = strawberry.field(
        description="The system it was first kept in: the provider, or the one behind an aggregator, by its key."
    )
    native_id: str = strawberry.field(description="Its id there.")


@declare.object_type(description="A file that belongs to a record: what is known of it, not its content.")
class Attachment(Mapped):
    native_id: str | None = strawberry.field(description="The provider's id of the file.")
    name: str | None = strawberry.field(description="File name.")
    content_type: str | None = strawberry.field(description="Media type.")
    size: int | None = strawberry.field(description="Bytes.")
    created_at: dt.datetime | None = strawberry.field(description="When it was added, UTC.")


@declare.object_type(description="A field that the company added to its records.")
class CustomField(Mapped):
    key: str | None = strawberry.field(description="The provider's key of the field.")
    name: str | None = strawberry.field(description="What people call it.")
    value: str | None = strawberry.field(description="Its value as text.")


@declare.object_type(
    description="A file that the provider makes of this record, through a link that ends soon."
)
class Download:
    name: str = strawberry.field(description="What it is, for example `pdf` or `preview`.")
    content_type: str = strawberry.field(description="Media type.")
    url: str = strawberry.field(
        description="Streams it from the provider; below this gateway's address. Whoever has the link may use it."
    )
    expires_at: dt.datetime = strawberry.field(description="When the link ends, UTC.")


@declare.object_type(description="How one field of a record came to its value.")
class FieldProvenance:
    field: str = strawberry.field(description="The field of this record.")
    transform: str = strawberry.field(description="The named transform.")
    paths: list[str] = strawberry.field(description="Where the value stands in the provider's document.")
    raw: JSON | None = strawberry.field(
        description="What stands there: the value, or a list where there are several paths."
    )


@declare.object_type(description="Where a record comes from, and what the provider really said.")
class Source:
    connection: Connection = strawberry.field(description="The connection it was read through.")
    native_id: str = strawberry.field(description="The provider's own id.")
    origin: FirstSource = strawberry.field(description="Where it was first kept.")
    url: str | None = strawberry.field(
        description="The record's address in the provider's API, where it shows single records."
    )
    fetched_at: dt.datetime = strawberry.field(
        description="When the provider's answer was complete, UTC; always true."
    )
    record: strawberry.Private[Record]

    @declare.field(description="The provider's whole document for this record, numbers exact.")
    def raw(self) -> JSON:
        return JSON(plain(_row(self.record).doc))

    @declare.field(description="Fields of the provider's document that the common model does not carry.")
    def unmapped(self) -> JSON:
        used = {path for wire in _wires(self.record).values() for path in wire.paths}
        return JSON(dict(unused(plain(_row(self.record).doc), "", used)))

    @declare.field(
        description="Changes with anything the record says; `options.ifVersion` of a write takes it."
    )
    def version(self, info: Info) -> str:
        return info.context.reach.version(self.record)

    @declare.field(description="What could not be read, and what the provider says about this record.")
    def findings(self) -> list[Finding]:
        read_all(self.record)
        # By place, not as they were found: that depends on which fields were read first.
        return sorted(findings_of(self.record), key=lambda each: (each.path, each.code))

    @declare.field(description="How each of the named fields (all mapped ones by default) came to its value.")
    def provenance(
        self,
        fields: Annotated[
            list[str] | None,
            strawberry.argument(description="Only these, by name in this schema; all by default."),
        ] = None,
    ) -> list[FieldProvenance]:
        row = _row(self.record)
        mapped = [
            (shown_name(name), wire) for name, wire in sorted(_wires(self.record).items()) if wire.paths
        ]
        return [
            FieldProvenance(
                field=name, transform=wire.transform, paths=list(wire.paths), raw=_raw(row, wire.paths)
            )
            for name, wire in mapped
            if not fields or name in fields
        ]


def _row(record: Mapped) -> Row:
    return row_of(record)


def _wires(record: Mapped) -> Mapping[str, Any]:
    return wires_of(record)


def _found(row: Row, path: str) -> object:
    """What stands at a path; None where the document is not what the path takes it for."""
    try:
        return plain(at(path)(row))
    except Malformed:
        return None


def _raw(row: Row, paths: tuple[str, ...]) -> Any:
    found = [_found(row, path) for path in paths]
    return found[0] if len(found) == 1 else found or None


def unused(doc: Mapping[str, object], above: str, used: set[str]) -> Iterator[tuple[str, object]]:
    """Dotted paths of a document, below `above`, that are not among those used, and what stands there."""
    for name, value in doc.items():
        path = f"{above}{name}"
        if path in used:
            continue
        if isinstance(value, Mapping) and any(each.startswith(f"{path}.") for each in used):
            yield from unused(value, f"{path}.", used)
        else:
            yield path, value


@declare.interface(description="Anything with a global id.")
class Node:
    @declare.field(description="Opaque and stable; give it to `node(id:)`.")
    def id(self) -> strawberry.ID:
        raise NotImplementedError


@declare.interface(
    description="One object read live from one connection. Every field but `id` and `source` may be null."
)
class Record(Node, Mapped):
    native_id: strawberry.Private[str]
    _origin: strawberry.Private[Origin]
    if TYPE_CHECKING:  # no field of the model: conditions ask for it
        connection_id: str

    @classmethod
    def made(
        cls,
        rows: Iterable[Row],
        native_ids: Iterable[str],
        wires: Mapping[str, Any],
        connection_id: str,
        origin: Origin,
    ) -> list[Self]:
        """Records over rows of a provider's answer; nothing is mapped yet."""
        made: list[Self] = []
        for row, native_id in zip(rows, native_ids, strict=True):
            self = object.__new__(cls)  # as `over` does, which would be a call for each of thousands
            self._row, self._wires, self._findings = row, wires, []
            self.native_id, self.connection_id, self._origin = native_id, connection_id, origin
            made.append(self)
        return made

    @declare.field(description="Opaque and stable; give it to `node(id:)`.")
    def id(self) -> strawberry.ID:
        return self.global_id

    @property
    def global_id(self) -> strawberry.ID:
        """What `id` answers."""
        return strawberry.ID(self._origin.ids[self.native_id])

    @declare.field(description="Where this record comes from, and what the provider really said.")
    def source(self) -> Source:
        origin = self._origin
        return Source(
            connection=origin.connection,
            native_id=self.native_id,
            origin=self._first(origin),
            url=origin.address(self.native_id),
            fetched_at=origin.fetched_at,
            record=self,
        )

    def _first(self, origin: Origin) -> FirstSource:
        return FirstSource(
            kind=OriginKind.DERIVED if origin.derived else OriginKind.NATIVE,
            integration=self.origin_integration or origin.connection.provider.name,
            native_id=self.origin_native_id or self.native_id,
        )

    @declare.field(description="Files that the provider makes of it; each link ends soon.")
    def downloads(self, info: Info) -> list[Download]:
        return list(info.context.reach.downloads(self))

    origin_integration: strawberry.Private[str | None]
    """For aggregators: the system behind them."""
    origin_native_id: strawberry.Private[str | None]
    """For aggregators: the record's id in the system behind them."""
    custom_fields: list[CustomField] = strawberry.field(description="Fields that the company added itself.")
    created_at: dt.datetime | None = strawberry.field(
        description="When it was made, by the provider's clock, UTC."
    )
    updated_at: dt.datetime | None = strawberry.field(
        description="When it last changed, by the provider's clock, UTC."
    )
    deleted: bool | None = strawberry.field(
        description="Whether the provider has removed it but still shows it."
    )
    archived: bool | None = strawberry.field(description="Whether it was put out of use.")


origin_of: Callable[[Record], Origin] = attrgetter("_origin")
"""Where a record was read."""
