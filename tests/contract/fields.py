"""Records as JSON values: every mapped field, amounts and decimals as their exact text."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from enum import Enum
from typing import Any

from ledgermesh.model.mapped import Mapped, graphql_name
from ledgermesh.model.money import Money
from ledgermesh.spec.pointer import Pointer
from ledgermesh.spec.wires import ABSENT, Wire

FIXED = ("constant", "position")
"""Transforms that give a value whatever the document holds."""


def shown(mapped: Mapped, *, fixed: bool = True) -> dict[str, Any]:
    """The fields that the provider maps; without `fixed` not those that are the same in every record."""
    wires: Mapping[str, Wire] = mapped.__dict__["_wires"]
    return {
        graphql_name(name): plain(getattr(mapped, name))
        for name, wire in wires.items()
        if wire.transform != ABSENT and name != "native_id" and (fixed or wire.transform not in FIXED)
    }


def plain(value: object) -> Any:
    """A value as JSON."""
    match value:
        case None | bool() | int() | str():
            return value
        case Decimal():
            return str(value)
        case Enum():
            return value.name
        case dt.date():
            return value.isoformat()
        case Money():
            return {"amount": str(value.amount), "currency": value.currency}
        case Pointer():
            return _pointer(value)
        case Mapped():
            wires: Mapping[str, Wire] = value.__dict__["_wires"]
            own = plain(value.native_id) if "native_id" in wires else None  # type: ignore[attr-defined]  # it has the wire
            return ({"nativeId": own} if own is not None else {}) | shown(value)
        case list() | tuple():
            return [plain(each) for each in value]
    raise TypeError(f"{type(value).__name__} has no place in a golden file")


def _pointer(pointer: Pointer) -> dict[str, Any]:
    found: dict[str, Any] = {"kind": pointer.kind, "nativeId": pointer.native_id}
    if pointer.row is not None:
        found["embedded"] = sorted(pointer.row.doc)
    if pointer.summary is not None and pointer.holder is not None:
        held = {
            name: wire
            for name, wire in pointer.summary.items()
            if getattr(wire, "transform", ABSENT) != ABSENT
        }
        found["held"] = {
            graphql_name(name): plain(wire.value(pointer.holder, [])) for name, wire in held.items()
        }
    return found
