"""Several records changed by one request: what callers give, and the change that it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any, Final, Optional

import strawberry
from strawberry import UNSET

from ledgermesh.engine.change import Change
from ledgermesh.engine.several import KIND, below
from ledgermesh.errors import BadInput
from ledgermesh.graph.context import Context
from ledgermesh.graph.freshness import Info
from ledgermesh.graph.kinds import BY_NAME, Kind
from ledgermesh.graph.writes.changes import wrong
from ledgermesh.graph.writes.gate import only, takes, writer_of
from ledgermesh.graph.writes.inputs import update_input
from ledgermesh.graph.writes.options import Options, WriteOptions
from ledgermesh.graph.writes.payloads import WritePayload
from ledgermesh.graph.writes.verbs import TOGETHER, of_kinds
from ledgermesh.graph.writes.writing import carried, holder, options_of, to_change
from ledgermesh.model import declare
from ledgermesh.model.mapped import graphql_name
from ledgermesh.spec.inputs import inputs_of
from ledgermesh.spec.query import Ref
from ledgermesh.state.entries import CompanyEntry

RECORDS_MAX: Final = 25
"""Of one change; each is read before and after."""
VERB: Final = "UPDATE_MANY"


def _update_type() -> Any:
    """The input of one of several records: its id, and what is to change, by its kind."""
    made = type("RecordUpdate", (), {"__annotations__": {"id": strawberry.ID}, "__doc__": None})
    made.id = strawberry.field(description="The record's global id.")  # type: ignore[attr-defined]  # made here
    version = "`source.version` of the record as you have seen it; CONFLICT where it changed."
    fields: dict[str, tuple[Any, str]] = {"if_version": (str, version)}
    for kind in of_kinds(TOGETHER):
        fields[kind.one] = (update_input(kind.type), f"Of the kind {kind.name}: what of it is to change.")
    for name, (hint, about) in fields.items():
        made.__annotations__[name] = Optional[hint]
        setattr(made, name, strawberry.field(default=UNSET, description=about))
    return declare.input_type(description="One of several records, and what of it is to change.")(made)


RecordUpdate: Any = _update_type()


@declare.input_type(
    description="Records of one connection that are changed by one request of the provider's."
)
class RecordsUpdate:
    records: list[RecordUpdate] = strawberry.field(
        description=f"At most {RECORDS_MAX}, each once, all of one connection; of several kinds if need be."
    )


@declare.object_type()
class RecordsMutation:
    """Changes of several records at once."""

    @declare.mutation(
        description="Change several records by one request, where the provider takes one; what is left out stays. It "
        "may take some and refuse others: each is read again, `sources.records` says which, and the whole is COMMITTED "
        "only where all took it. Only the plan, unless `options` or headers say push."
    )
    async def update_records(
        self,
        info: Info,
        *,
        input: Annotated[RecordsUpdate, strawberry.argument(description="What to write.")],
        options: Annotated[WriteOptions | None, strawberry.argument(description="How it is to go.")] = None,
    ) -> WritePayload | None:
        return await _update(info.context, input, options)


async def _update(context: Context, given: Any, asked: WriteOptions | None) -> WritePayload:
    writer_of(context)
    options = options_of(context, asked)
    for name in ("if_version", "passthrough"):
        if getattr(options, name):
            shown = f"options.{graphql_name(name)}"
            raise BadInput(f"`{shown}`: there are several records", details={"field": shown})
    refs = _refs(context, _rows(given))
    company, entry = holder(context, refs[0])
    changes = changes_of(context, company, given)
    kinds = sorted({ref.kind for ref in refs})
    definition = context.parts.definitions[entry.provider]
    strange = next((kind for kind in kinds if not takes(definition, kind, VERB)), kinds[0])
    where = only(context, entry, strange, VERB, options)
    return await carried(context, company, where, _whole(changes, where.options))


def _whole(changes: Sequence[Change], options: Options) -> Change:
    """One change of all these."""
    same: dict[str, Any] = {
        "on_loss": options.on_loss,
        "client_key": options.client_key,
        "tracking_id": options.tracking_id,
        "downstream_push": options.downstream_push,
        "downstream_sources": options.downstream_sources,
    }
    records = tuple(replace(each, **same) for each in changes)
    return Change(kind=KIND, verb=VERB, records=records, **same)


def changes_of(context: Context, company: CompanyEntry, given: Any) -> tuple[Change, ...]:
    """What is asked of each record. Raises BadInput."""
    rows = _rows(given)
    pairs = zip(rows, _refs(context, rows), strict=True)
    return tuple(_change(context, company, place, row, ref) for place, (row, ref) in enumerate(pairs))


def _rows(given: Any) -> Sequence[Any]:
    rows: Sequence[Any] = _said(given, "records") or ()
    if not 1 <= len(rows) <= RECORDS_MAX:
        raise wrong("records", f"1 to {RECORDS_MAX} records, not {len(rows)}")
    return rows


def _refs(context: Context, rows: Sequence[Any]) -> list[Ref]:
    """Which records they are: each once, all of one connection."""
    refs: list[Ref] = []
    for place, row in enumerate(rows):
        path = f"records.{place}.id"
        try:
            ref = context.ids.open(_said(row, "id"))
        except BadInput as error:
            raise wrong(path, error.message) from error
        if ref.kind not in TOGETHER:
            raise wrong(path, f"this id is one of a {ref.kind}, not of a {' or '.join(TOGETHER)}")
        if ref in refs:
            raise wrong(path, "this record is given twice")
        if refs and ref.connection != refs[0].connection:
            raise wrong(path, "this record is kept in another connection than the first one")
        refs.append(ref)
    return refs


def _change(context: Context, company: CompanyEntry, place: int, row: Any, ref: Ref) -> Change:
    kind = BY_NAME[ref.kind]
    inner = _said(row, kind.one)
    if inner is None or list(_given(row)) != [kind]:
        raise wrong(f"records.{place}", f"of a {kind.name} give `{graphql_name(kind.one)}`, and nothing else")
    try:
        values, fields = to_change(context, company, inputs_of(kind.type), inner)
    except BadInput as error:
        raise _at_its_place(error, place, kind) from error
    if not (values or fields):
        raise wrong(f"records.{place}.{kind.one}", "nothing is given")
    version = _said(row, "if_version")
    return Change(
        kind=kind.name, verb="UPDATE", target=ref, values=values, custom_fields=fields, if_version=version
    )


def _given(row: Any) -> Iterator[Kind]:
    return (kind for kind in of_kinds(TOGETHER) if _said(row, kind.one) is not None)


def _said(given: Any, name: str) -> Any:
    """A field of an input; None where it was left out."""
    if isinstance(given, Mapping):
        return given.get(graphql_name(name))
    found = getattr(given, name)
    return None if found is UNSET else found


def _at_its_place(error: BadInput, place: int, kind: Kind) -> BadInput:
    """What is wrong in the input of one record, with its place in the whole."""
    path = below(str(error.details.get("field") or "input"), place, kind.name)
    return BadInput(f"`{path}`: {error.message.partition('`: ')[2]}", details={"field": path})
