"""What is wrong with a provider's definition: every contradiction, each with its remedy."""

from __future__ import annotations

import difflib
import re
import types
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Union, get_args, get_origin

from ledgermesh.spec.auth import OAuth2
from ledgermesh.spec.hooks import problems_of_hooks
from ledgermesh.spec.inputs import Input, inputs_for
from ledgermesh.spec.provider import Closing, Provider
from ledgermesh.spec.resource import List, Many, ReportName, Resource
from ledgermesh.spec.wires import ABSENT, Fields, Wire, declared
from ledgermesh.spec.write import Compose, Put, Stamp, Write, no_segments

REPORTS = get_args(ReportName)


def problems(provider: Provider, kinds: Iterable[str]) -> Iterator[str]:
    """Each problem as a sentence: provider, place, what to do. `kinds` are the model's kinds of record."""
    known = (*kinds, *REPORTS)
    yield from _frame(provider)
    if provider.hooks is not None:
        names = [setting.name for setting in provider.settings]
        yield from (f"{provider.name} hooks: {each}" for each in problems_of_hooks(provider.hooks, names))
    for kind in provider.unsupported:
        if kind not in known:
            yield f"{provider.name}: there is no kind {kind!r}{_closest(kind, known)}"
        elif _has(provider, kind):
            yield f"{provider.name}: has {kind} and says under `unsupported` that it has not; drop one"
    for resource in provider.resources:
        yield from _resource(provider, resource, known)
    for report in provider.reports:
        yield from _fields(f"{provider.name} {report.report}", report.fields, required=())
    models = {resource.kind: resource.fields.model for resource in provider.resources}
    for way in provider.writes:
        yield from _way(provider, way, models.get(way.kind), known)
    if provider.closing is not None:
        yield from _closing(provider.name, provider.closing, models)


def _has(provider: Provider, kind: str) -> bool:
    return any(resource.kind == kind for resource in provider.resources) or any(
        report.report == kind for report in provider.reports
    )


def _frame(provider: Provider) -> Iterator[str]:
    if not re.fullmatch(r"[a-z][a-z0-9]*", provider.name):
        yield f"{provider.name!r}: a provider's name is lower-case letters and digits"
    if not provider.docs_url.startswith("https://"):
        yield f"{provider.name}: docs_url must name the public documents, with https"
    if not provider.base_url.startswith("https://"):
        yield f"{provider.name}: base_url must be https"
    for budget in provider.budgets:
        if budget.calls <= 0 or budget.per_seconds <= 0:
            yield f"{provider.name}: a budget needs positive calls and seconds"
    windows = Counter((budget.per, budget.per_seconds) for budget in provider.budgets)
    for (per, seconds), times in windows.items():
        if times > 1:
            yield f"{provider.name}: {times} budgets per {per} in {seconds} s; keep the smallest"
    for auth in provider.auth:
        if isinstance(auth, OAuth2) and not auth.token_url.startswith(("https://", "/")):
            yield f"{provider.name} {auth.name}: token_url must be https, or a path below base_url"


def _resource(provider: Provider, resource: Resource, known: tuple[str, ...]) -> Iterator[str]:
    where = f"{provider.name} {resource.kind}{'/' + resource.name if resource.name else ''}"
    if resource.kind not in known:
        yield f"{where}: there is no kind {resource.kind!r}{_closest(resource.kind, known)}"
    if resource.list is None and resource.derived is None and resource.get is None:
        yield f"{where}: cannot be read at all; give `list`, `get` or `derived`"
    yield from _fields(where, resource.fields, required=("native_id",))
    settings = {setting.name for setting in provider.settings}
    for path in _paths(resource):
        for name in re.findall(r"\{(\w+)\}", path):
            if name not in settings | {"id", "parent", "today"}:
                yield f"{where}: {path} needs {name!r}; declare it under `settings`"
    for list_ in filter(None, (resource.list,)):
        yield from _list(where, list_, resource.fields)
    if resource.many is not None:
        yield from _many(f"{where} many", resource, resource.many)


def _paths(resource: Resource) -> Iterator[str]:
    lists = resource.derived.lists if resource.derived is not None else ()
    for endpoint in (resource.list, resource.get, resource.many, *lists, *resource.streams):
        if endpoint is not None:
            yield endpoint.path


def _many(where: str, resource: Resource, many: Many) -> Iterator[str]:
    if resource.children is not None or resource.derived is not None:
        yield f"{where}: only records of a list of their own are read by ids; drop it"
    if "{id}" in many.path or "{parent}" in many.path:
        yield f"{where}: {many.path} names one record; the ids go into the parameter {many.param!r}"
    if not many.param:
        yield f"{where}: needs the parameter that takes the ids"
    if many.ids_max < 2:
        yield f"{where}: ids_max is {many.ids_max}; fewer than 2 in a call is `get`"
    taken = {name for name, _ in many.query} | ({many.expand.param} if many.expand is not None else set())
    if many.param in taken:
        yield f"{where}: the parameter {many.param!r} takes the ids and something else; give each its own"


def _list(where: str, list_: List, fields: Fields) -> Iterator[str]:
    named = [push.field for push in list_.pushes] + [sort.field for sort in list_.sorts]
    if list_.window is not None:
        named.append(list_.window.field)
    for name in named:
        wire = fields.wires.get(name)
        if wire is None or wire.transform == ABSENT:
            yield f"{where}: pushes down {name!r}, which it does not map{_closest(name, fields.wires)}"


def _fields(where: str, fields: Fields, required: tuple[str, ...]) -> Iterator[str]:
    hints = declared(fields.model)
    for name in required:
        if fields.wires.get(name) is None or fields.wires[name].transform == ABSENT:
            yield f"{where}: {fields.model.__name__} needs a wire for {name!r}"
    for name, wire in fields.wires.items():
        if wire.transform == ABSENT:
            continue
        if name not in hints:
            yield f"{where}: {fields.model.__name__} has no field {name!r}{_closest(name, hints)}"
        elif not _agrees(hints[name], wire):
            yield f"{where}: {fields.model.__name__}.{name} is {_words(hints[name])}, but its wire gives {wire.gives}"
        if wire.parts is not None:
            yield from _fields(f"{where} {name}", wire.parts, required=())


def _agrees(hint: object, wire: Wire) -> bool:
    if get_origin(hint) in (Union, types.UnionType):
        return any(_agrees(part, wire) for part in get_args(hint))
    return hint == wire.gives


def _way(
    provider: Provider, way: Write | Compose, model: type[Any] | None, known: tuple[str, ...]
) -> Iterator[str]:
    """What is wrong with one way of changing something."""
    where = f"{provider.name} {way.verb} {way.kind}"
    if way.kind not in known:
        yield f"{where}: there is no kind {way.kind!r}{_closest(way.kind, known)}"
    if model is not None:
        yield from _puts(where, way.puts, inputs_for(model, way.verb))
    if isinstance(way, Compose):
        return
    if isinstance(way.repeat, Stamp) and way.verb == "CREATE" and way.repeat.field not in way.puts:
        yield f"{where}: stamps {way.repeat.field!r}, which it does not put{_closest(way.repeat.field, way.puts)}"
    if way.undo is not None and not any(
        each.kind == way.kind and each.verb == way.undo for each in provider.writes
    ):
        yield f"{where}: is undone by {way.undo}, which {way.kind} does not have"
    filled = {setting.name for setting in provider.settings} | {"id", "parent"}
    for name in re.findall(r"\{(\w+)\}", way.path):
        if name not in filled and way.segments is no_segments:
            yield f"{where}: {way.path} needs {name!r}; declare it under `settings`, or give `segments`"


def _closing(name: str, closing: Closing, models: Mapping[str, type[Any]]) -> Iterator[str]:
    """What closed books are told by, and what they are about, is read from this provider."""
    for kind, field in (*closing.dates.items(), (closing.kind, closing.field)):
        if kind not in models:
            yield f"{name} closing: {kind!r} is read from nowhere{_closest(kind, models)}"
        elif field not in declared(models[kind]):
            yield f"{name} closing: {kind} has no field {field!r}{_closest(field, declared(models[kind]))}"


def _puts(where: str, puts: Mapping[str, Put], inputs: Mapping[str, Input]) -> Iterator[str]:
    for name, given in puts.items():
        known = inputs.get(name)
        if known is None:
            yield f"{where}: nobody gives {name!r}{_closest(name, inputs)}"
        elif given.parts is not None and known.parts is not None:
            yield from _puts(f"{where} {name}", given.parts, known.parts)


def _words(hint: object) -> str:
    return " or ".join(getattr(part, "__name__", str(part)) for part in get_args(hint) or (hint,))


def _closest(name: str, known: Iterable[str]) -> str:
    found = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean {found[0]!r}?" if found else ""
