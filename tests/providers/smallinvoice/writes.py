"""What the tests of smallinvoice's writes share: books of their own, references, and what went over the line."""

from __future__ import annotations

import copy
import datetime as dt
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from typing import Any, cast

import msgspec

from ledgermesh.engine.change import By
from ledgermesh.engine.planned import Plan
from ledgermesh.engine.resolve import equal_to
from ledgermesh.engine.version import MISSING, field_of
from ledgermesh.model.mapped import Mapped
from ledgermesh.model.money import Money
from ledgermesh.model.record import Record
from ledgermesh.spec.pointer import Pointer
from ledgermesh.spec.write import Compose, Put
from tests.contract.known import PROVIDERS
from tests.contract.small import small_world
from tests.contract.stand import NOW, Stand, standing
from tests.writing import carry_out, change

NAME = "smallinvoice"
DAY, LATER = dt.date(2026, 11, 10), dt.date(2026, 12, 10)
DOCUMENTS = ("Invoice", "Quote", "SalesOrder", "DeliveryNote")
_DECODER = msgspec.json.Decoder(float_hook=Decimal)


@asynccontextmanager
async def own_books() -> AsyncIterator[Stand]:
    """A stand whose books nobody else sees; the world gets its own back."""
    books = cast("dict[tuple[str, str], Any]", small_world(NOW.date()).books)
    kept = {key: value for key, value in books.items() if key[1] == NAME}
    books.update(copy.deepcopy(kept))
    try:
        async with standing(NAME) as made:
            yield made
    finally:
        books.update(kept)


async def some(stand: Stand, kind: str, most: int = 3, **key: str) -> list[Any]:
    """The first records of a kind, with all their parts."""
    return list(await equal_to(stand.hub(), kind, key, most=most))


def by(record: Record, path: str = "") -> By:
    """A reference to this record."""
    return By(kinds=(type(record).__name__,), path=path, native_id=record.native_id)


def body(plan: Plan, step: int = 0) -> Any:
    """The JSON body of a step."""
    sent = plan.steps[step].body
    assert sent is not None
    return _DECODER.decode(sent)


def changes(stand: Stand) -> list[str]:
    """The requests that changed something; getting a token does not."""
    return [
        f"{request.method} {request.url.path}"
        for _, request in stand.line.seen
        if request.method != "GET" and "/auth/" not in request.url.path
    ]


def blocking(plan: Plan) -> dict[str, str]:
    """Where a plan is blocked, and the code."""
    return {finding.path: finding.code for finding in plan.findings if finding.blocks}


async def below(stand: Stand, kind: str, parent: Record) -> list[Any]:
    """The records of a kind below their parent, whole."""
    [found] = await stand.hub().children(kind, [parent], frozenset())
    assert not isinstance(found, Exception), found
    return list(found)


def puts_of(kind: str, verb: str, resource: str = "") -> Mapping[str, Put]:
    """What a kind's write takes of each field."""
    ways = (each for each in PROVIDERS[NAME].writes if (each.kind, each.verb) == (kind, verb))
    fit = (each for each in ways if isinstance(each, Compose) or each.resource in ("", resource))
    return next(each for each in fit).puts


def read_as_written(record: Mapped, puts: Mapping[str, Put]) -> dict[str, Any]:
    """Everything that may be updated, as the record says it: what a caller who changes nothing sends back."""
    found: dict[str, Any] = {}
    for name, put in puts.items():
        if "UPDATE" not in put.verbs:
            continue
        value = field_of(record, name)
        if value == MISSING or (put.kind and isinstance(value, str)):
            continue
        found[name] = _as_input(value, put)
    return found


def _as_input(value: Any, put: Put) -> Any:
    if put.parts is not None:
        return _parts(value, put.parts, many=put.many)
    if isinstance(value, Pointer):
        return By(kinds=(value.kind,), path="", native_id=value.native_id)
    return tuple(_as_input(each, put) for each in value) if isinstance(value, tuple) else value


def _parts(value: Any, puts: Mapping[str, Put], *, many: bool) -> Any:
    if many:
        return tuple(read_as_written(each, puts) for each in value)
    every = {name: replace(put, verbs=frozenset(("CREATE", "UPDATE"))) for name, put in puts.items()}
    return read_as_written(value, every) if value is not None else None


def chf(amount: str) -> Money:
    """Francs."""
    return Money(amount=Decimal(amount), currency="CHF")


async def invoice(stand: Stand, **more: Any) -> Any:
    """A new one of 100 francs and 8.1 % tax: 108.10."""
    [party], [unit] = await some(stand, "Party", 1), await some(stand, "Unit", 1)
    line = {
        "name": "Beratung", "quantity": Decimal(1), "unit_price": chf("100"), "taxes": ({"rate": Decimal("8.1")},),
        "unit": by(unit),
    }  # fmt: skip
    given = {"party": by(party), "date": DAY, "due_date": LATER, "currency": "CHF", "lines": (line,), **more}
    return await carry_out(stand, change(stand, "Invoice", "CREATE", given))
