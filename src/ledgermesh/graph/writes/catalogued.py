"""What providers take, as capabilities: generated from the writes of their definitions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

from ledgermesh.graph.kinds import NAMES
from ledgermesh.graph.writes.verbs import VERBS
from ledgermesh.model.enums import OriginKind
from ledgermesh.model.mapped import shown_name
from ledgermesh.model.platform import (
    Capability,
    DeleteKind,
    FieldCapability,
    RepeatKind,
    Support,
    Verb,
)
from ledgermesh.spec.provider import Provider as Definition
from ledgermesh.spec.wires import ABSENT
from ledgermesh.spec.write import Compose, Put, Write, WriteVerb

Known = Mapping[str, FieldCapability]
"""What a kind's records show, by the field's name."""


def written_anywhere(definitions: Iterable[Definition]) -> list[tuple[str, WriteVerb]]:
    """Every change that somebody takes: the rows that are the same for all providers."""
    taken = {(write.kind, write.verb) for definition in definitions for write in definition.writes}
    return [(kind, verb) for kind in NAMES for verb in VERBS if (kind, verb) in taken]


class Writes:
    """What a provider takes of one kind of record."""

    def __init__(self, definition: Definition, kind: str) -> None:
        self.title, self.kind = definition.title, kind
        self._all = [each for each in definition.writes if each.kind == kind]

    def of(self, verb: str) -> list[Write | Compose]:
        """The ways of one change."""
        return [each for each in self._all if each.verb == verb]

    @cached_property
    def puts(self) -> Mapping[str, Put]:
        """Every field that creating or changing a record takes, each with the verbs that really take it."""
        found: dict[str, Put] = {}
        for verb in ("CREATE", "UPDATE"):
            for name, each in self.flat(verb).items():
                verbs = each.verbs & {verb}
                before = found.get(name)
                if before is not None:
                    found[name] = replace(before, verbs=before.verbs | verbs)
                elif verbs:
                    found[name] = replace(each, verbs=verbs, required=each.required and verb == "CREATE")
        return found

    def flat(self, verb: str) -> dict[str, Put]:
        """The fields of a change and of their parts, by GraphQL names with dots; required where all ways say so."""
        found: dict[str, Put] = {}
        told = [dict(_named(each.puts, "")) for each in self.of(verb)]
        for name in dict.fromkeys(name for puts in told for name in puts):
            each = [puts[name] for puts in told if name in puts]
            required = len(each) == len(told) and all(put.required for put in each)
            found[name] = each[0] if each[0].required == required else replace(each[0], required=required)
        return found


def write_capability(writes: Writes, verb: WriteVerb, known: Known) -> Capability:
    """How far a provider takes one change."""
    mine = writes.of(verb)
    assumed = dict.fromkeys(each.assumed for each in mine if each.assumed)
    return Capability(
        record=writes.kind,
        verb=Verb(verb),
        support=Support.NATIVE if mine else Support.NONE,
        origin=OriginKind.NATIVE,
        reason=None if mine else f"{writes.title} takes no such change through its API.",
        include_deleted=False,
        changed_since=False,
        fields=list(_fields(writes, verb, known)) if mine else [],
        delete=next((DeleteKind(each.delete) for each in mine if each.delete), None),
        repeat=_repeat(mine),
        custom_fields=any(isinstance(each, Write) and each.custom_fields is not None for each in mine),
        assumed=" ".join(assumed) or None,
    )


def _repeat(mine: Iterable[Write | Compose]) -> RepeatKind | None:
    """The least sure way of several."""
    found = {type(each.repeat).__name__.upper() for each in mine if isinstance(each, Write)}
    return next((kind for kind in reversed(RepeatKind) if kind.value in found), None)


def with_writes(writes: Writes, fields: Iterable[FieldCapability]) -> Iterator[FieldCapability]:
    """Readable fields, with what can be written of them."""
    for field in fields:
        yield _with(field, field.name, writes.puts)


def _fields(writes: Writes, verb: WriteVerb, known: Known) -> Iterator[FieldCapability]:
    """The fields that a change takes."""
    same: WriteVerb = "UPDATE" if verb == "UPDATE_MANY" else verb
    put = writes.puts if same in ("CREATE", "UPDATE") else writes.flat(verb)
    for name, each in put.items():
        if same in ("CREATE", "UPDATE") and same not in each.verbs:
            continue
        yield _with(known.get(name) or _unread(name, readable=name.partition(".")[0] in known), name, put)


def _unread(name: str, *, readable: bool) -> FieldCapability:
    """A field that records do not show under this name; parts of a list are shown with the list."""
    return FieldCapability(
        name=name,
        source_paths=[],
        transform=ABSENT,
        filter_pushed_down=False,
        filterable=False,
        sortable=False,
        sort_pushed_down=False,
        readable=readable and "." in name,
    )


def _with(field: FieldCapability, name: str, put: Mapping[str, Put]) -> FieldCapability:
    each = put.get(name)
    if each is None:
        return field
    return replace(
        field,
        writable_on_create="CREATE" in each.verbs,
        writable_on_update="UPDATE" in each.verbs,
        required=each.required,
        required_if=each.required_if or None,
        length_max=each.length_max,
        refers_to=each.kind.split("|") if each.kind else [],
        words=each.words,
    )


def _named(puts: Mapping[str, Put], above: str) -> Iterator[tuple[str, Put]]:
    for name, each in puts.items():
        if name == "native_id" and above:
            continue
        path = f"{above}{shown_name(name)}"
        yield path, each
        yield from _named(each.parts or {}, f"{path}.")


def unwritten(definition: Definition) -> Iterator[str]:
    """Operations that change something and that nothing here makes, and why."""
    yield from (f"`{operation}`: {reason}" for operation, reason in definition.unwritten.items())


def assumptions(capabilities: Iterable[Any]) -> Iterator[str]:
    """What nobody says about a write, one line a reason."""
    told: dict[str, list[str]] = {}
    for each in capabilities:
        if each.assumed is not None:
            told.setdefault(each.assumed, []).append(f"{each.record} {each.verb.value.lower()}")
    yield from (f"{reason} ({', '.join(whose)})" for reason, whose in told.items())
