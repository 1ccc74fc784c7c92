"""Providers and their capabilities as the schema shows them, generated from the definitions in use."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

from ledgermesh.engine.read import shows_removed, tells_changes
from ledgermesh.graph.inputs import fields_of
from ledgermesh.graph.kinds import NAMES
from ledgermesh.graph.writes.catalogued import Writes, with_writes, write_capability, written_anywhere
from ledgermesh.model.enums import OriginKind, ReportKind
from ledgermesh.model.mapped import shown_name
from ledgermesh.model.platform import Capability, FieldCapability, Provider, Support, Verb
from ledgermesh.spec.paging import FirstRows
from ledgermesh.spec.provider import Provider as Definition
from ledgermesh.spec.resource import Resource
from ledgermesh.spec.wires import ABSENT
from ledgermesh.spec.write import WriteVerb


def catalogue(definitions: Mapping[str, Definition]) -> dict[str, Provider]:
    """Every provider by name; the rows of their capabilities are the same for all."""
    changes = written_anywhere(definitions.values())
    return {name: _provider(definition, changes) for name, definition in sorted(definitions.items())}


def _provider(definition: Definition, changes: list[tuple[str, WriteVerb]]) -> Provider:
    return Provider(
        name=definition.name,
        title=definition.title,
        kinds=list(definition.kinds),
        docs_url=definition.docs_url,
        checked_on=definition.checked_on,
        capabilities=list(_capabilities(definition, changes)),
    )


def _capabilities(definition: Definition, changes: list[tuple[str, WriteVerb]]) -> Iterator[Capability]:
    for kind in NAMES:
        mine = [resource for resource in definition.resources if resource.kind == kind]
        writes = Writes(definition, kind)
        fields = list(with_writes(writes, _fields(mine)))
        for verb in (Verb.LIST, Verb.GET):
            yield _of_kind(definition, kind, verb, mine, fields)
        known = {field.name: field for field in fields}
        for change in (verb for each, verb in changes if each == kind):
            yield write_capability(writes, change, known)
    for report in ReportKind:
        has = any(endpoint.report == report.value for endpoint in definition.reports)
        yield Capability(
            record=report.value,
            verb=Verb.REPORT,
            support=Support.NATIVE if has else Support.NONE,
            origin=OriginKind.NATIVE,
            reason=None if has else definition.why_not(report.value),
            include_deleted=False,
            changed_since=False,
            fields=[],
        )


def _of_kind(
    definition: Definition, kind: str, verb: Verb, mine: list[Resource], fields: list[FieldCapability]
) -> Capability:
    support, reason = _support(definition, kind, verb, mine)
    derived = any(resource.derived is not None for resource in mine)
    return Capability(
        record=kind,
        verb=verb,
        support=support,
        origin=OriginKind.DERIVED if derived else OriginKind.NATIVE,
        reason=reason,
        include_deleted=verb is Verb.LIST
        and bool(mine)
        and all(shows_removed(each.list) for each in _whole(mine)),
        changed_since=verb is Verb.LIST
        and bool(mine)
        and all(tells_changes(each.list) for each in _whole(mine)),
        fields=fields if support is not Support.NONE else [],
    )


def _support(
    definition: Definition, kind: str, verb: Verb, mine: list[Resource]
) -> tuple[Support, str | None]:
    if not mine:
        return Support.NONE, definition.why_not(kind)
    below = [resource.children.parent for resource in mine if resource.children is not None]
    if len(below) == len(mine) and verb is Verb.LIST:
        return Support.PARTIAL, f"Listed only below each {' and '.join(below)}."
    mine = _whole(mine)
    paging = [resource.list.page for resource in mine if resource.list is not None]
    cut = next((page.reason for page in paging if isinstance(page, FirstRows)), None)
    if verb is Verb.LIST:
        return (Support.PARTIAL, cut) if cut else (Support.NATIVE, None)
    if all(resource.get is not None for resource in mine):
        return Support.NATIVE, None
    return Support.PARTIAL, "Read from the list: the provider shows no single records of this kind."


def _whole(mine: list[Resource]) -> list[Resource]:
    """Those that are not listed below a parent; all where there are no others."""
    return [each for each in mine if each.children is None] or mine


def _fields(mine: Iterable[Resource]) -> Iterator[FieldCapability]:
    seen: set[str] = set()
    for resource in mine:
        lists = resource.list
        known = {field.name: field for field in fields_of(cast("Any", resource.fields.model))}
        for name, wire in resource.fields.wires.items():
            if wire.transform == ABSENT or name in seen:
                continue
            seen.add(name)
            asked = known.get(name)
            yield FieldCapability(
                name=shown_name(name),
                source_paths=list(wire.paths),
                transform=wire.transform,
                filter_pushed_down=lists is not None and any(push.field == name for push in lists.pushes),
                filterable=asked is not None,
                sortable=asked is not None and asked.orderable,
                sort_pushed_down=lists is not None and any(sort.field == name for sort in lists.sorts),
            )
