"""How large a document may be, and how much an operation may cost: frozen values with their defaults."""

from __future__ import annotations

from dataclasses import dataclass

from msgspec import Struct


class DocumentLimits(Struct, frozen=True, kw_only=True):
    """What one document may hold. Fragments count wherever they are spread, not where they are written.

    Every operation of `schema/operations`, and the introspection queries of the usual clients, stay below a fifth of
    the figures. At the limits, parsing and validating take some tens of milliseconds.
    """

    document_bytes: int = 50_000
    """In UTF-8. Values belong into variables."""
    tokens: int = 4_000
    depth: int = 25
    """Fields inside of fields."""
    fields: int = 4_000
    """In all."""
    aliases: int = 300
    root_fields: int = 60
    """Of one operation."""
    directives: int = 200
    fragments: int = 200
    """Definitions."""
    overlaps: int = 4_000
    """Pairs of fields that answer under the same name, and of fragments side by side: validation compares each pair."""
    schema_lists: int = 40
    """Lists of the schema itself (`__schema { types { fields … } }`), as often as they are asked for."""
    variable_values: int = 10_000
    """Values inside of the variables, in all; an object counts as five."""
    variable_depth: int = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What one operation may cost."""

    calls: int = 1_000
    """To providers: predicted before any is made, and counted while it runs."""
    points: int = 5_000_000
    """Objects that it may answer at most, and 10 for each change; see `points`."""
