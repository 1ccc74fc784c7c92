"""The quick way through an object: its usual fields are found, looked at together, and written in one text.

Where a single one is not what it mostly is, they are written one by one, by what knows all other cases.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from ledgermesh.compiler.emit import indented
from ledgermesh.compiler.plan import Level, Place
from ledgermesh.compiler.text import is_decimal, is_text, template
from ledgermesh.graph.fused_paths import At, Lines
from ledgermesh.spec.wires import Usual, Wire

QUICK_MIN: Final = 2
"""Fields for which it is worth while."""

CurrencyOf = Callable[[Usual], str | None]
"""The name that holds the currency of amounts as JSON before any object is looked at; None where none does."""


class Quick(NamedTuple):
    """One field."""

    name: str
    """Of its value."""
    found: str
    """What finds it."""
    usual: str
    """Whether it is what it mostly is."""
    piece: str
    """Its JSON as a part of a formatted string."""
    number: bool = False
    """Whether it is made text by `str`, which may give it an exponent."""


def quickly(level: Level, fields: Mapping[int, Quick], take: str) -> Lines:
    """Tries these fields of an object, and takes its text; all others are JSON already, as `template` has it."""
    quick = fields.values()
    numbers = [each.name for each in quick if each.number]
    for each in quick:
        yield f"{each.name} = {each.found}"
    yield f"if {' and '.join(each.usual for each in quick)}:"
    for name in numbers:
        yield f"    {name} = str({name})"
    if numbers:
        # With an exponent it is not what the schema says.
        plain = " and ".join(f"'E' not in {name}" for name in numbers)
        yield f"    if {plain}:"
    whole = template(level, {id: each.piece for id, each in fields.items()})
    yield from indented(iter(take.format(f"f'{whole}'").splitlines()), 2 if numbers else 1)


def quick_field(place: Place, wires: Mapping[str, Wire], at: At, currency_of: CurrencyOf) -> Quick | None:
    """How a field is tried; None where it is not."""
    wire = wires.get(place.plain.attribute) if place.plain is not None else None
    usual = wire.usually if wire is not None else None
    found = at.leaf(usual.path) if usual is not None and usual.path else None
    if usual is None or found is None:
        return None
    name = f"q{place.id}"
    if usual.how == "word":
        # Whose JSON is known; what is written one by one adds to those.
        return Quick(name, f"words_{place.id}.get({found})", f"{name} is not None", f"{{{name}}}")
    verbatim = at.shape is not None and at.shape.verbatim
    if usual.how == "text" and is_text(place):
        text = f'"{{{name}}}"' if verbatim else f"{{quote({name})}}"
        return Quick(name, found, f"{name}.__class__ is str and {name}", text)
    exact = f"({name}.__class__ is Decimal or {name}.__class__ is int)"
    if verbatim:  # what is not whole is its text, and has no exponent
        exact = f"({name}.__class__ is bytes and ({name} := {name}.decode()) or {name}.__class__ is int)"
    if usual.how == "number" and is_decimal(place):
        return Quick(name, found, exact, f'"{{{name}}}"', number=not verbatim)
    if usual.how == "money" and len(place.levels) == 1:
        piece = _money(place, usual, name, currency_of)
        return None if piece is None else Quick(name, found, exact, piece, number=not verbatim)
    return None


def _money(place: Place, usual: Usual, name: str, currency_of: CurrencyOf) -> str | None:
    (level,) = place.levels.values()
    currency = currency_of(usual)
    pieces = {"amount": f'"{{{name}}}"', "currency": f"{{{currency}}}"}
    asked = {each.id: each.plain.attribute for each in level.places if each.plain is not None}
    if currency is None or not pieces.keys() >= set(asked.values()):
        return None
    return template(level, {id: pieces[attribute] for id, attribute in asked.items()})
