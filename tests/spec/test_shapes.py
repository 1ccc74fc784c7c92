"""Shapes: documents decoded into Structs hold exactly what dicts would, and nothing that dicts would not."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledgermesh.model.row import Document, Row, alike, each_at, plain
from ledgermesh.model.trade import DocumentLine, Invoice
from ledgermesh.spec.leaves import currency, day, decimal, money, text
from ledgermesh.spec.resource import List, Resource
from ledgermesh.spec.wires import each, fields, made, position, ref
from ledgermesh.upstream.decode import NotJson, decode
from tests.contract.known import PROVIDERS

INVOICES = Resource(
    kind="Invoice",
    list=List(path="/invoices", items="rows"),
    fields=fields(
        Invoice,
        native_id=text("id"),
        number=text("number"),
        date=day("issueDate"),
        currency=currency("total.currency"),
        total=money("total.amount", currency="total.currency"),
        memo=made(str, "notes", read=lambda row: row.doc.get("notes"), transform="quirk"),
        lines=each(
            "lineItems",
            fields(
                DocumentLine,
                line_number=position(),
                description=text("description"),
                quantity=decimal("quantity"),
                net=money("amount", currency="^total.currency"),
            ),
        ),
        party_ref=ref("Party", "contact.id", embed="contact"),
    ),
    omitted={"status": "not carried", "total.net": "not carried"},
)
SHAPE = INVOICES.shape("rows")
USUAL = (
    '{"total":2,"rows":['
    '{"id":"a","number":7,"issueDate":"2026-01-02","total":{"amount":12.50,"currency":"CHF","net":1E+3},'
    '"notes":["x",{"y":0.10}],"lineItems":[{"description":"\\u00e9\\n","quantity":1.0,"amount":-0.00}],'
    '"contact":{"id":1,"more":{"of":1.10}},"status":null},'
    '{"id":1000000000000000000000000000000,"lineItems":[],"total":null}]}'
)


def told(body: bytes, *, shaped: bool) -> str:
    """All of a body, with the class and the digits of every value; why it is refused, where it is."""
    try:
        return repr(sorted_(plain(decode(body, SHAPE if shaped else None))))
    except NotJson as error:
        return f"refused: {error}"


def sorted_(value: Any) -> Any:
    """Objects by key: a Document has an order of its own."""
    if isinstance(value, dict):
        return {name: sorted_(value[name]) for name in sorted(value)}
    return [sorted_(each) for each in value] if isinstance(value, list) else value


def rows(body: str) -> list[Any]:
    """The rows of a body that was decoded in the shape where it has it."""
    found: Any = decode(body.encode(), SHAPE)
    return list(found["rows"])


def test_a_usual_page_has_its_shape() -> None:
    """Rows and what is inside of them are Documents; what a quirk reads, and what it embeds, is what it always was."""
    first, second = rows(USUAL)

    assert isinstance(first, Document) and isinstance(second, Document)
    assert isinstance(first["total"], Document) and isinstance(first["lineItems"][0], Document)
    assert type(first["notes"][1]) is dict and type(first["contact"]) is dict
    assert str(first["total"]["amount"]) == "12.50" and first["total"]["net"] == Decimal("1E+3")
    assert told(USUAL.encode(), shaped=True) == told(USUAL.encode(), shaped=False)


def test_a_page_knows_whether_anything_in_it_is_escaped() -> None:
    """Only where nothing is, its texts stand in JSON as they are; those are told so, and the others not."""
    verbatim = USUAL.replace("\\n", "").replace("\\u00e9", "\u00e9")

    assert {row.verbatim for row in rows(USUAL)} == {False}
    assert {row.verbatim for row in rows(verbatim)} == {True}
    [line] = rows(verbatim)[0]["lineItems"]
    assert line.verbatim and json.dumps(line["description"], ensure_ascii=False) == '"\u00e9"'
    with pytest.raises(NotJson):
        decode(verbatim.replace("\u00e9", "\n").encode(), SHAPE)


def test_a_document_is_a_mapping_like_the_dict() -> None:
    """Absent is absent and null is null; names of methods and strange names are no fields."""
    first, second = rows(USUAL)
    exact: Any = decode(USUAL.encode())

    for document, other in zip((first, second), exact["rows"], strict=True):
        assert sorted(document) == sorted(other) and len(document) == len(other)
        assert dict(document.items()) == other and document == other
        assert sorted(document.keys()) == sorted(other) and len(list(document.values())) == len(other)
        for name in ("id", "status", "total", "number", "get", "", "parts", "gone", "id_", "__len_"):
            assert (name in document) is (name in other), name
            assert document.get(name, 5) == other.get(name, 5), name
    assert "status" in first and "status" not in second and bool(first)
    with pytest.raises(KeyError):
        second["status"]
    assert INVOICES.fields.wires["native_id"].read(Row(second)) == "1" + "0" * 30


def test_documents_are_read_together_as_one_by_one() -> None:
    """Of one shape, of several and among dicts: what `get` of each gives, also of what is absent or no field."""
    first, second = rows(USUAL)
    other = first["total"]
    exact: Any = decode(USUAL.encode())
    pages: list[list[Any]] = [
        [], [first], [first, second], [second, first, other], [first, exact["rows"][0]], exact["rows"]
    ]  # fmt: skip

    for page in pages:
        for name in ("id", "status", "number", "total", "amount", "gone", "get", ""):
            assert each_at(page, name) == [each.get(name) for each in page], name
    assert [alike(page) for page in pages] == [False, True, True, False, False, True]
    assert not alike(["a", "b"]) and not alike([first, None])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"status":null', '"unknown":null'),
        ('"net":1E+3', '"unknown":1E+3'),
        ('"quantity":1.0', '"unknown":1.0'),
        ('"lineItems":[]', '"lineItems":{}'),
        ('"lineItems":[]', '"lineItems":[null]'),
        ('"lineItems":[]', '"lineItems":[[]]'),
        ('"total":null', '"total":7'),
        ('"total":2', '"total":2.0'),
        ('"total":2', '"total":["x"]'),
        ("]}]}", "]},null]}"),
    ],
)
def test_anything_else_is_decoded_as_ever(old: str, new: str) -> None:
    """An unknown field, or another thing than an object or a list of objects where the definition has one."""
    body = USUAL.replace(old, new) if old in USUAL else USUAL.removesuffix("]}") + ",null]}"
    assert body != USUAL

    assert type(rows(body)[0]) is dict
    assert told(body.encode(), shaped=True) == told(body.encode(), shaped=False)


@pytest.mark.parametrize(
    "bad",
    [
        "NaN", "Infinity", "-Infinity", "1e401", "-1e401", "1e-2000", "0." + "1" * 1001, "1" * 5000, "007", "1.", ".5",
        "+1",
        '"\\ud800"', '"\\x"', '"a\nb"', "tru", "[1,]", "{", '"', "[" * 3000 + "]" * 3000,
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "old", ['"a"', "12.50", "1E+3", "-0.00", "0.10", '"x"', '"2026-01-02"', ":2,", "1.10", ":null}]"]
)
def test_what_is_refused_is_refused_wherever_it_stands(old: str, bad: str) -> None:
    """Also in fields that the model does not carry."""
    body = USUAL.replace(
        old, old.replace("2", bad) if old == ":2," else bad + ("}]" if old == ":null}]" else "")
    )

    assert told(body.encode(), shaped=True) == told(body.encode(), shaped=False)
    assert "refused" in told(body.encode(), shaped=True)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.text(max_size=5)
    | st.decimals(allow_nan=False, allow_infinity=False, places=2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)  # fmt: skip
NAMES = ("id", "number", "issueDate", "status", "notes", "contact", "unknown")


def objects(names: tuple[str, ...], **inside: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Objects with some of these fields, mostly of the kind that they should be."""
    parts = dict.fromkeys(names, VALUES) | {name: value | VALUES for name, value in inside.items()}
    return st.fixed_dictionaries({}, optional=parts)


LINES = objects(("description", "quantity", "amount"))
ROWS = objects(
    NAMES[:-1], total=objects(("amount", "currency", "net")), lineItems=st.lists(LINES, max_size=3)
)
ODD_ROWS = objects(NAMES, total=VALUES, lineItems=st.lists(LINES | VALUES, max_size=3))


def text_of(value: Any) -> str:
    """JSON, with the digits of each number."""
    if isinstance(value, dict):
        return f"{{{','.join(f'{json.dumps(name)}:{text_of(each)}' for name, each in value.items())}}}"
    if isinstance(value, list):
        return f"[{','.join(map(text_of, value))}]"
    return str(value) if isinstance(value, Decimal) else json.dumps(value)


@settings(suppress_health_check=[HealthCheck.too_slow])  # the first of them, where others have the machine
@given(st.lists(ROWS | ODD_ROWS, max_size=3), VALUES)
def test_a_shape_holds_what_dicts_hold(found: list[Any], beside: Any) -> None:
    """Every value with its class and its digits, whatever the page is."""
    body = f'{{"total":{text_of(beside)},"rows":{text_of(found)}}}'.encode()

    assert told(body, shaped=True) == told(body, shaped=False)


def test_every_list_of_every_provider_has_a_shape() -> None:
    """Where the rows stand in the answer itself or in one of its fields."""
    lists = [
        (provider.name, each.kind, each.shape(each.list.items))
        for provider in PROVIDERS.values()
        for each in provider.resources
        if each.list is not None and each.list.rows is None
    ]
    assert [(name, kind) for name, kind, shape in lists if shape is None] == []
