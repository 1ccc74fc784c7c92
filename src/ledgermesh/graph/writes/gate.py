"""Who may write, and where to: settled before any provider is asked anything."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from msgspec import Struct

from ledgermesh.engine.choice import ways
from ledgermesh.errors import BadInput, Forbidden, LedgermeshError, Unsupported
from ledgermesh.graph.context import READ, Context
from ledgermesh.graph.writes.options import Options, SyncMode
from ledgermesh.graph.writes.verbs import WORDS
from ledgermesh.graph.writes.writer import Writer
from ledgermesh.spec.provider import Provider
from ledgermesh.spec.write import Write, WriteVerb
from ledgermesh.state.entries import CompanyEntry, ConnectionEntry

WRITE = "api.write"


def writer_of(context: Context) -> Writer:
    """Who carries out writes for this caller; raises Forbidden, naming the switch or the scope that is missing."""
    principal = context.principal
    if not principal.tenant.writes:
        raise Forbidden(
            f"writing is switched off for the tenant {principal.tenant.id}: `updateTenant(writes:)`"
        )
    for scope in (WRITE, READ):
        if scope not in principal.key.scopes:
            raise Forbidden(f"this needs a key with the scope `{scope}`")
    if context.parts.writer is None:
        raise Forbidden("this gateway writes nothing: it was started without what carries writes out")
    return context.parts.writer


def check_tokens(context: Context, sync: SyncMode) -> None:
    """Raise BadInput for a push with a caller's own token: a job runs when the request is over."""
    if sync is not SyncMode.NONE and context.tokens:
        raise BadInput("X-Provider-Token lives no longer than its request: it cannot go with a push")


class Where(Struct, frozen=True):
    """Where a change goes, and where it cannot."""

    able: Sequence[ConnectionEntry]
    refused: Sequence[tuple[ConnectionEntry, LedgermeshError]]
    options: Options
    """With the names that aggregators are to understand among the downstream sources."""


def chosen(context: Context, company: CompanyEntry, kind: str, verb: WriteVerb, options: Options) -> Where:
    """The connections that a new record goes to; raises BadInput for a name that nobody knows."""
    all_ = context.connections(company)
    if not options.connections:
        return _able(context, all_, kind, verb, options)
    names = {name.casefold(): name for name in options.connections}
    meant = {name: [each for each in all_ if name in _names(context, each)] for name in names}
    behind = tuple(names[name] for name, found in meant.items() if not found)
    passing = (
        [entry for entry in all_ if _passes_on(_definition(context, entry), kind, verb)] if behind else []
    )
    if behind and not passing:
        known = sorted({name for entry in all_ for name in _names(context, entry)})
        raise BadInput(
            f"`options.connections`: {behind[0]!r} is no connection, provider or kind of provider of this company",
            details={"field": "options.connections", "known": known},
        )
    wanted = {entry.id for found in meant.values() for entry in found} | {entry.id for entry in passing}
    sources = tuple(dict.fromkeys((*options.downstream_sources, *behind)))
    named = [entry for entry in all_ if entry.id in wanted]
    return _able(context, named, kind, verb, replace(options, downstream_sources=sources))


def only(context: Context, entry: ConnectionEntry, kind: str, verb: WriteVerb, options: Options) -> Where:
    """The one connection that a record is kept in; raises BadInput where others are named."""
    strange = [name for name in options.connections if name.casefold() not in _names(context, entry)]
    passing = _passes_on(_definition(context, entry), kind, verb)
    if len(strange) == len(options.connections) > 0 and not passing:
        raise BadInput(
            f"`options.connections`: the record is kept in {entry.id}",
            details={"field": "options.connections"},
        )
    sources = tuple(dict.fromkeys((*options.downstream_sources, *(strange if passing else ()))))
    return _able(context, [entry], kind, verb, replace(options, downstream_sources=sources))


def takes(definition: Provider, kind: str, verb: WriteVerb) -> bool:
    """Whether a provider takes this change."""
    return any(True for _ in ways(definition, kind, verb))


def _passes_on(definition: Provider, kind: str, verb: WriteVerb) -> bool:
    """Whether it is an aggregator that passes this change on to systems behind it."""
    return any(isinstance(each, Write) and each.downstream for each in ways(definition, kind, verb))


def _able(
    context: Context, entries: Iterable[ConnectionEntry], kind: str, verb: WriteVerb, options: Options
) -> Where:
    able: list[ConnectionEntry] = []
    refused: list[tuple[ConnectionEntry, LedgermeshError]] = []
    for entry in entries:
        definition = _definition(context, entry)
        if takes(definition, kind, verb):
            able.append(entry)
        else:
            refused.append((entry, _why_not(entry, definition, kind, verb)))
    return Where(able, refused, options)


def _why_not(entry: ConnectionEntry, definition: Provider, kind: str, verb: WriteVerb) -> LedgermeshError:
    details = {"connection": entry.id}
    if not definition.writes:
        return Forbidden(f"{entry.id} cannot write: {definition.title} takes no changes", details=details)
    return Unsupported(
        f"{definition.title} lets nobody {WORDS[verb]} {kind} records through its API.", details=details
    )


def _definition(context: Context, entry: ConnectionEntry) -> Provider:
    return context.parts.definitions[entry.provider]


def _names(context: Context, entry: ConnectionEntry) -> set[str]:
    """What a connection may be called where writes go: its id, its provider, the provider's kinds; in small letters."""
    kinds = {kind.value for kind in _definition(context, entry).kinds}
    return {name.casefold() for name in (entry.id, entry.provider, *kinds)}
