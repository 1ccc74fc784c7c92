"""From an endpoint of a definition to a call."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Final
from urllib.parse import quote

import msgspec

from ledgermesh.errors import BadInput, NeedsConfig
from ledgermesh.model.mapped import field_name
from ledgermesh.slices import Slices, endless
from ledgermesh.spec.provider import Provider
from ledgermesh.spec.resource import Expand
from ledgermesh.spec.shapes import Shape
from ledgermesh.spec.wires import Fields, Wire
from ledgermesh.upstream.call import Call, Fresh, Link, Trace

Pairs = Iterable[tuple[str, str]]


class Terms(msgspec.Struct, frozen=True):
    """What all calls of one request share."""

    deadline: float
    """Monotonic seconds."""
    arrived: float
    fresh: Fresh
    trace: Trace
    today: dt.date
    slices: Slices = msgspec.field(default_factory=endless)
    """Who works on large answers asks it when to let others have the event loop."""


TEMPLATES_MAX: Final = 5_000
"""Paths and texts of definitions."""
FREE: Final = frozenset(("id", "__typename"))
"""Fields that every reference answers by itself."""

DOTS = ("", ".", "..")
"""What would not stay in its place in a path: clients resolve it."""


def fill(path: str, values: Mapping[str, str]) -> str:
    """A path with its braces filled in, each value percent-encoded as one segment."""
    texts, names = _parted(path)
    if not names:
        return path
    found = []
    for name in names:
        if name not in values:
            raise NeedsConfig(f"the connection has no setting {name!r}", details={"setting": name})
        if values[name] in DOTS:
            raise BadInput(f"{values[name]!r} is no id", details={"field": name})
        found.append(quote(values[name], safe=""))
    return _joined(texts, found)


@lru_cache(TEMPLATES_MAX)
def _parted(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What stands around the braces of a template, and the names in them."""
    parts = re.split(r"\{(\w+)\}", text)
    return tuple(parts[::2]), tuple(parts[1::2])


def _joined(texts: Sequence[str], values: Sequence[str]) -> str:
    """The values between the texts."""
    return "".join([texts[0], *(each for pair in zip(values, texts[1:], strict=True) for each in pair)])


def merged(*groups: Pairs) -> tuple[tuple[str, str], ...]:
    """Query parameters where a later group overrides the names of an earlier one."""
    found: dict[str, str] = {}
    for group in groups:
        found.update(group)
    return tuple(found.items())


def dated(query: Pairs, today: dt.date) -> tuple[tuple[str, str], ...]:
    """Constant parameters with `{today}` filled in."""
    return tuple(
        [(name, text.replace("{today}", today.isoformat()) if "{" in text else text) for name, text in query]
    )


def expansion(
    expand: Expand | None, fields: Fields, wanted: frozenset[str], provider: Provider | None = None
) -> tuple[tuple[str, str], ...]:
    """The parameter that asks for the parts which the wanted fields need; all parts when nobody knows the fields.

    Of `provider` it is looked up what its records hold only when asked for: a reference whose record would have to be
    read all the same is not asked for.
    """
    if expand is None:
        return ()
    words = {
        wire.expand
        for name, wire in fields.wires.items()
        if wire.expand and (not wanted or (_asks(name, wanted) and _serves(name, wire, wanted, provider)))
    }
    return ((expand.param, expand.separator.join(sorted(words))),) if words else ()


def _asks(name: str, wanted: frozenset[str]) -> bool:
    """Whether a mapped field is among the wanted ones; `party_ref` carries the field `party`."""
    return name in wanted or field_name(name) in wanted


def _serves(name: str, wire: Wire, wanted: frozenset[str], provider: Provider | None) -> bool:
    """Whether what a reference brings along is all that is wanted of the other record; true where nobody knows."""
    start = f"{field_name(name)}."
    inner = frozenset(each.removeprefix(start) for each in wanted if each.startswith(start))
    if wire.refers is None or not inner:
        return True
    if inner <= FREE:
        return False
    if not wire.embeds:
        return inner <= FREE | wire.held
    others = [each.fields for each in provider.resources if each.kind == wire.refers.kind] if provider else ()
    return not any(expanded(each, inner) for each in others)


def expanded(fields: Fields, wanted: frozenset[str]) -> list[str]:
    """The words without which a document lacks what is wanted of it; `source` shows the whole of it."""
    return [
        wire.expand
        for name, wire in fields.wires.items()
        if wire.expand and ("source" in wanted or _asks(name, wanted))
    ]


def always(link: Link) -> tuple[tuple[str, str], ...]:
    """The parameters of every request; those that need a setting which the connection does not have are left out."""
    found = []
    for name, text in link.provider.query:
        texts, names = _parted(text)
        if all(setting in link.settings for setting in names):
            found.append((name, _joined(texts, [link.settings[setting] for setting in names])))
    return tuple(found)


def call(
    terms: Terms,
    link: Link,
    template: str,
    values: Mapping[str, str],
    query: tuple[tuple[str, str], ...],
    *,
    max_age: float = 0.0,
    keep: bool = True,
    shape: Shape | None = None,
) -> Call:
    """A GET of this endpoint. `max_age` adds to how old an answer the caller takes; see Call for the others."""
    fresh = terms.fresh
    if max_age > fresh.max_age_seconds:
        fresh = replace(fresh, max_age_seconds=max_age, no_cache=False)
    return Call(
        link=link,
        method="GET",
        path=fill(template, {**link.settings, **values} if values else link.settings),
        template=template,
        deadline=terms.deadline,
        query=merged(always(link), query),
        fresh=fresh,
        arrived=terms.arrived,
        trace=terms.trace,
        keep=keep,
        shape=shape,
    )
