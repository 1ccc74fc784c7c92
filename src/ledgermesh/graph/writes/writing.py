"""One mutation, from what was given to the answer: gate, change, plan, and the push where one was asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct, field

from ledgermesh.engine.change import Change
from ledgermesh.errors import BadInput, Forbidden
from ledgermesh.graph.context import Context
from ledgermesh.graph.writes.changes import custom_fields, to_values, wrong
from ledgermesh.graph.writes.gate import Where, check_tokens, chosen, only, writer_of
from ledgermesh.graph.writes.options import Options, SyncMode, WriteOptions, to_options
from ledgermesh.graph.writes.payloads import WritePayload
from ledgermesh.graph.writes.shown import became, to_source
from ledgermesh.graph.writes.verbs import WRITTEN
from ledgermesh.graph.writes.writer import Planned, Push, Pushed
from ledgermesh.spec.inputs import Input, inputs_for
from ledgermesh.spec.query import Ref
from ledgermesh.spec.write import WriteVerb
from ledgermesh.state.entries import CompanyEntry, ConnectionEntry

MODELS = {kind.name: kind.type for kind in WRITTEN}


class Task(Struct, frozen=True, kw_only=True):
    """What a mutation asks for."""

    kinds: tuple[str, ...]
    """What the record may be; of a new one the only kind."""
    verb: WriteVerb
    given: Any = field(default_factory=dict)
    """The input, as an object or as a mapping by GraphQL names."""
    options: WriteOptions | None = None


async def make(
    context: Context, task: Task, company: str | None, connection: str | None = None
) -> WritePayload:
    """A new record, in every connection that takes it, or in the one named. Raises LedgermeshError."""
    writer_of(context)
    entry = context.company(company)
    options = options_of(context, task.options)
    if options.if_version is not None:
        raise BadInput("`options.ifVersion`: there is no record yet", details={"field": "options.ifVersion"})
    (kind,) = task.kinds
    if connection is None:
        where = chosen(context, entry, kind, task.verb, options)
    else:
        where = only(context, _connection(context, entry, connection), kind, task.verb, options)
    return await carried(context, entry, where, _change(context, entry, task, kind, where.options))


async def alter(context: Context, task: Task, id: str) -> WritePayload:
    """Something done to a record, by its global id. Raises LedgermeshError."""
    writer_of(context)
    ref = context.ids.open(id)
    if ref.kind not in task.kinds:
        raise BadInput(f"this id is not one of a {' or '.join(task.kinds)}", details={"field": "id"})
    company, entry = holder(context, ref)
    where = only(context, entry, ref.kind, task.verb, options_of(context, task.options))
    change = _change(context, company, task, ref.kind, where.options, ref)
    return await carried(context, company, where, change)


def holder(context: Context, ref: Ref) -> tuple[CompanyEntry, ConnectionEntry]:
    """The company and the connection that a record is kept in; raises Forbidden."""
    registry = context.parts.registry
    entry = registry.connection(context.principal, ref.connection)
    company = registry.company(context.principal, entry.company) if entry is not None else None
    if entry is None or company is None or entry.provider not in context.parts.definitions:
        raise Forbidden("this key does not reach that connection, or there is no such connection")
    return company, entry


def options_of(context: Context, given: WriteOptions | None) -> Options:
    """How a mutation is to go, by its options and else by headers. Raises BadInput."""
    options = to_options(given, context.write_headers)
    check_tokens(context, options.sync)
    return options


def _connection(context: Context, company: CompanyEntry, named: str) -> ConnectionEntry:
    found = [each for each in context.connections(company) if named in (each.id, each.provider)]
    if len(found) != 1:
        raise BadInput(
            f"`connection`: {named!r} names {len(found)} connections of this company; give one by its id",
            details={"field": "connection"},
        )
    return found[0]


def _change(
    context: Context,
    company: CompanyEntry,
    task: Task,
    kind: str,
    options: Options,
    target: Ref | None = None,
) -> Change:
    spec = inputs_for(MODELS[kind], task.verb)
    change = to_change(context, company, spec, task.given)
    values, fields = change
    if task.verb in ("CREATE", "UPDATE") and not (values or fields or options.passthrough):
        raise wrong("", "nothing is given")
    return Change(
        kind=kind,
        verb=task.verb,
        target=target,
        values=values,
        custom_fields=fields,
        passthrough=options.passthrough,
        on_loss=options.on_loss,
        if_version=options.if_version,
        duplicate_check=options.duplicate_check,
        client_key=options.client_key,
        tracking_id=options.tracking_id,
        downstream_push=options.downstream_push,
        downstream_sources=options.downstream_sources,
    )


def to_change(
    context: Context, company: CompanyEntry, spec: Mapping[str, Input], given: Any
) -> tuple[dict[str, Any], dict[str, str]]:
    """The values and the company's own fields that were given. Raises BadInput."""

    def open_id(id: str, kinds: tuple[str, ...]) -> Ref:
        ref = context.ref(company, id, "Record")
        if ref.kind not in kinds:
            raise BadInput(f"this id is one of a {ref.kind}, not of a {' or '.join(kinds)}")
        return ref

    return to_values(spec, given, open_id), custom_fields(given)


async def carried(context: Context, company: CompanyEntry, where: Where, change: Change) -> WritePayload:
    """The answer to a mutation: planned wherever it can go, and pushed where that was asked for."""
    writer, options = writer_of(context), where.options
    planned = Planned(client_key=change.client_key, plans={})
    if where.able:
        planned = await writer.plan(context, company, change, where.able)
    pushed = None
    if options.sync is not SyncMode.NONE and planned.ready:
        how = ordered(context, options.sync, options.tracking_id)
        pushed = await writer.push(context, company, planned, how)
    entries = {entry.id: entry for entry in where.able}
    refused = [to_source(context, entry, error) for entry, error in where.refused]
    payload = answer(context, entries, planned, pushed, options.sync, options.tracking_id)
    payload.sources = sorted((*payload.sources, *refused), key=lambda each: str(each.connection.id))
    return payload


def ordered(context: Context, sync: SyncMode, tracking_id: str) -> Push:
    """How this operation's plans are carried out: all of them under one sync id."""
    wait = sync is SyncMode.PUSH_AND_WAIT
    return Push(sync_id=context.notes.sync_id or "", tracking_id=tracking_id, wait=wait)


def answer(
    context: Context,
    entries: Mapping[str, ConnectionEntry],
    planned: Planned,
    pushed: Pushed | None,
    sync: SyncMode,
    tracking_id: str,
) -> WritePayload:
    """What was planned, and what became of it."""
    found = {id: to_source(context, entries[id], plan) for id, plan in planned.plans.items()}
    if sync is not SyncMode.NONE:
        found |= {id: became(found[id], each) for id, each in planned.known.items()}
    if pushed is not None:
        context.notes.sync_id = pushed.sync_id
        found |= {id: became(found[id], each) for id, each in pushed.became.items()}
    return WritePayload(
        mode=sync,
        client_key=planned.client_key,
        plan_token=planned.token or None if pushed is None else None,
        expires_at=planned.expires_at if planned.token and pushed is None else None,
        sync_id=pushed.sync_id if pushed is not None else None,
        tracking_id=tracking_id or None,
        sources=[found[id] for id in sorted(found)],
    )
