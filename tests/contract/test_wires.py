"""What is written reads back as what was meant, for every field that can be written."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from enum import Enum
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledgermesh.model.money import Money, exponent
from ledgermesh.model.row import Row
from ledgermesh.spec.pointer import Pointer
from ledgermesh.spec.wires import Fields, Wire
from ledgermesh.upstream.decode import decode
from tests.contract.known import PROVIDERS


def written(name: str, fields: Fields, above: str = "") -> Iterator[Any]:
    """Every wire that can be written, also those of parts."""
    for field, wire in fields.wires.items():
        if wire.write is not None:
            yield pytest.param(wire, id=f"{name}-{above}{fields.model.__name__}.{field}")
        if wire.parts is not None:
            yield from written(name, wire.parts, f"{above}{fields.model.__name__}.")


WIRES = {
    id(case.values[0]): case  # wires that kinds share are asked once
    for name, provider in sorted(PROVIDERS.items())
    for resource in provider.resources
    for case in written(f"{name}-{resource.kind}{resource.name}", resource.fields)
}

CURRENCIES = ("CHF", "JPY", "KWD", "CAD")


def amounts(currency: str) -> st.SearchStrategy[Money]:
    """Amounts that the currency can be paid in."""
    units = st.integers(-(10**15), 10**15)
    return units.map(
        lambda number: Money(amount=Decimal(number).scaleb(-exponent(currency)), currency=currency)
    )


def values(wire: Wire) -> st.SearchStrategy[Any]:
    """Values of the field, by the type that its wire gives."""
    if wire.transform == "currency":
        return st.sampled_from(CURRENCIES)
    match wire.gives:
        case type() as kind if issubclass(kind, Enum):
            return st.sampled_from([member for member in kind if _has_word(wire, member)])
        case _ if wire.gives == list[str]:
            return st.lists(st.text(min_size=1), max_size=4).map(tuple)
        case _ if wire.gives is Pointer:
            return st.integers(1, 2**62).map(lambda id: Pointer("Kind", str(id)))
    return {
        str: st.text(min_size=1),
        bool: st.booleans(),
        int: st.integers(-(2**63), 2**63),
        Decimal: st.decimals(
            allow_nan=False, allow_infinity=False, places=6, min_value=-(10**12), max_value=10**12
        ),
        dt.date: st.dates(),
        Money: st.sampled_from(CURRENCIES).flatmap(amounts),
    }[wire.gives]  # type: ignore[index]  # the types of all wires that write


def _has_word(wire: Wire, member: Enum) -> bool:
    assert wire.write is not None
    try:
        return bool(wire.write(member))
    except KeyError:
        return False


@pytest.mark.parametrize("wire", WIRES.values())
def test_reading_what_was_written_gives_it_back(wire: Wire) -> None:
    """read(write(x)) == x, through the bytes of a document."""

    @settings(max_examples=8, derandomize=True, deadline=None, database=None)
    @given(values(wire))
    def law(value: Any) -> None:
        assert wire.write is not None
        currency = value.currency if isinstance(value, Money) else None
        row = document(wire.write(value), wire.paths[1:] if currency else (), currency)
        read = wire.read(row)
        if isinstance(value, Pointer):
            assert isinstance(read, Pointer) and read.native_id == value.native_id
        else:
            assert (read, type(read)) == (value, type(value))

    law()


def document(parts: dict[str, object], currency_paths: tuple[str, ...], currency: str | None) -> Row:
    """A row that holds these values at their paths, and the currency where the wire looks for it."""
    docs: list[dict[str, Any]] = [{}, {}, {}]
    fixed: dict[str, str] = {}
    for path, value in {**parts, **dict.fromkeys(currency_paths, currency)}.items():
        if path.startswith("@"):
            fixed[path[1:]] = str(value)
            continue
        level = len(path) - len(path.lstrip("^"))
        _put(docs[level], path[level:].split("."), value)
    row: Row | None = None
    for doc in reversed(docs):
        row = Row(_sent(doc), row, fixed)
    assert row is not None
    return row


def _put(doc: dict[str, Any], keys: list[str], value: object) -> None:
    for key in keys[:-1]:
        doc = doc.setdefault(key, {})
    doc[keys[-1]] = value


def _sent(doc: dict[str, Any]) -> dict[str, Any]:
    body = msgspec.json.Encoder(decimal_format="number").encode(doc)
    read = decode(body)
    assert isinstance(read, dict)
    return read
