"""One field of many records: the same values, and the same findings, as when each is read by itself."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from ledgermesh.model.mapped import findings_of
from ledgermesh.model.row import Row
from ledgermesh.model.trade import Invoice
from ledgermesh.spec.columns import column, referred, texts
from ledgermesh.spec.leaves import day, money, text
from ledgermesh.spec.wires import Fields, fields, ref

FLAT = fields(Invoice, number=text("no"), date=day("day"), total=money("sum", currency="cur"))
NESTED = fields(Invoice, number=text("head.no"), date=day("head.day"))
DAYS: tuple[object, ...] = ("2026-01-31", None, "2026-01-31", "", "2026-02-30", 7, ["2026-01-31"], {"a": 1})


def made(mapping: Fields, documents: list[Mapping[str, object]]) -> list[Any]:
    """Objects over these documents."""
    return [mapping.record(Row(each), []) for each in documents]


@pytest.mark.parametrize("count", range(1, len(DAYS) + 1))
def test_a_column_is_what_each_record_gives(count: int) -> None:
    """Whatever stands in the documents, at the top or inside, and for parts as well; findings are the same."""
    flat: list[Mapping[str, object]] = [
        {"day": each, "no": 5, "sum": 1, "cur": "EUR"} for each in DAYS[:count]
    ]
    nested: list[Mapping[str, object]] = [{"head": {"day": each}} for each in DAYS[:count]]
    for mapping, documents in ((FLAT, flat), (NESTED, nested)):
        for name in ("date", "number", "due_date"):
            together, singly = made(mapping, documents), made(mapping, documents)
            assert column(together, name) == [getattr(each, name) for each in singly]
            told = [[(each.code, each.path) for each in findings_of(record)] for record in together]
            assert told == [[(each.code, each.path) for each in findings_of(record)] for record in singly]


def test_records_of_several_mappings_are_read_each_in_its_own_way() -> None:
    """Nothing of one mapping is taken for another's."""
    records = [
        *made(FLAT, [{"day": "2026-01-31"}]),
        *made(NESTED, [{"head": {"day": "2026-02-01"}, "day": "x"}]),
    ]
    assert column(records, "date") == [dt.date(2026, 1, 31), dt.date(2026, 2, 1)]


def test_of_no_records_there_is_nothing() -> None:
    """An empty page has an empty column."""
    assert column([], "date") == []
    assert texts([], FLAT.wires["number"]) == []


MANY_DIGITS = pytest.param(10**5000, id="many digits")


@pytest.mark.parametrize("odd", [None, "", True, Decimal("1.0"), ["a"], {"a": 1}, MANY_DIGITS])
def test_texts_are_those_of_all_rows_or_none(odd: object) -> None:
    """As the wire reads them where all have one; who asks reads them one by one where one is anything else."""
    wire = FLAT.wires["number"]
    rows = [Row({"no": each}) for each in ("a", 7, 0, "0", 10**30, " ")]

    assert texts(rows, wire) == [wire.read(row) for row in rows] == ["a", "7", "0", "0", f"1{'0' * 30}", " "]
    assert texts([*rows, Row({"no": odd})], wire) is None
    assert texts([*rows, Row({})], wire) is None


def test_texts_that_are_not_simply_read_are_not_taken_for_those() -> None:
    """Inside of an object, of another transform, or with a reader of their own."""
    own = replace(FLAT.wires["number"], read=lambda row: f"{row.doc['no']}!")
    rows = [Row({"no": "a", "day": "2026-01-31", "head": {"no": "b"}})]

    assert texts(rows, FLAT.wires["date"]) is None
    assert texts(rows, NESTED.wires["number"]) is None
    assert texts(rows, own) is None


@pytest.mark.parametrize("path", ["contact", "head.contact"])
@pytest.mark.parametrize("odd", ["b", 5, None, 0, ""])
def test_references_are_those_of_each_row(path: str, odd: object) -> None:
    """Texts at once; with a number among them, or with none, one by one."""
    refers = ref("Party", path, prefix="c:").refers
    assert refers is not None
    rows = [Row({"contact": each, "head": {"contact": each}}) for each in ("a", odd)]
    assert referred(rows, refers) == ["c:a", f"c:{odd}" if odd else None]
