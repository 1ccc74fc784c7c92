"""The quick way through an object: all of its fields are found, looked at together, and written as one text.

Where a single one is not what it mostly is, the object is written field by field, which knows all other cases.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from ledgermesh.compiler.emit import indented
from ledgermesh.compiler.plan import Level, Place
from ledgermesh.compiler.text import is_decimal, is_text, template
from ledgermesh.graph.fused_paths import At, Lines
from ledgermesh.spec.wires import Usual, Wire

CurrencyOf = Callable[[Usual], str | None]
"""The name that holds the currency of amounts as JSON before any object is looked at; None where none does."""


class _Quick(NamedTuple):
    """One field."""

    name: str
    """Of its value; empty where it needs none."""
    found: str
    """What finds it."""
    usual: str
    """Whether it is what it mostly is."""
    number: bool
    """Whether it is made text by `str`."""
    piece: str
    """Its JSON as a part of a formatted string."""


def quickly(
    level: Level, wires: Mapping[str, Wire], at: At, currency_of: CurrencyOf, then: Callable[[str], Lines]
) -> Lines:
    """Tries an object whole; `then` gives the statements that take its text, after which nothing else is done."""
    fields: dict[int, _Quick] = {}
    for place in level.places:
        if place.plain is None:
            continue
        field = _quick(place, wires.get(place.plain.attribute), at, currency_of)
        if field is None:
            return
        fields[place.id] = field
    named = [each for each in fields.values() if each.name]
    numbers = [each.name for each in named if each.number]
    if not named:
        return
    for each in named:
        yield f"{each.name} = {each.found}"
    yield f"if {' and '.join(each.usual for each in named)}:"
    for name in numbers:
        yield f"    {name} = str({name})"
    lines = then(f"f'{template(level, {id: each.piece for id, each in fields.items()})}'")
    if numbers:
        # With an exponent it is not what the schema says.
        plain = " and ".join(f"'E' not in {name}" for name in numbers)
        yield f"    if {plain}:"
    yield from indented(lines, 2 if numbers else 1)


def _quick(place: Place, wire: Wire | None, at: At, currency_of: CurrencyOf) -> _Quick | None:
    usual = wire.usual if wire is not None and wire.usual is not None and wire.usual.of is wire.read else None
    if usual is None:
        return None
    if usual.how == "position":
        return _Quick("", "", "", False, f"{{index_{at.depth} + 1}}")
    name, found = f"q{place.id}", at.leaf(usual.path)
    if found is None:
        return None
    if usual.how == "text" and is_text(place):
        return _Quick(name, found, f"{name}.__class__ is str and {name}", False, f"{{quote({name})}}")
    number = f"({name}.__class__ is Decimal or {name}.__class__ is int)"
    if usual.how == "number" and is_decimal(place):
        return _Quick(name, found, number, True, f'"{{{name}}}"')
    if usual.how == "money" and len(place.levels) == 1:
        piece = _money(place, usual, name, currency_of)
        return None if piece is None else _Quick(name, found, number, True, piece)
    return None


def _money(place: Place, usual: Usual, name: str, currency_of: CurrencyOf) -> str | None:
    (level,) = place.levels.values()
    currency = currency_of(usual)
    pieces = {"amount": f'"{{{name}}}"', "currency": f"{{{currency}}}"}
    asked = {each.id: each.plain.attribute for each in level.places if each.plain is not None}
    if currency is None or not pieces.keys() >= set(asked.values()):
        return None
    return template(level, {id: pieces[attribute] for id, attribute in asked.items()})
