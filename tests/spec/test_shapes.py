"""Shapes: documents decoded into Structs hold exactly what dicts would, and nothing that dicts would not."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledgermesh.engine.resolve import target_of
from ledgermesh.model.row import Document, Row, alike, each_at, plain
from ledgermesh.model.trade import DocumentLine, Invoice
from ledgermesh.slices import endless
from ledgermesh.spec.leaves import currency, day, decimal, money, text
from ledgermesh.spec.resource import List, Resource
from ledgermesh.spec.shapes import shape
from ledgermesh.spec.wires import each, fields, made, position, ref
from ledgermesh.upstream.decode import NotJson, decode
from ledgermesh.upstream.pieces import AT_ONCE_BYTES, decode_sliced
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
VERBATIM = USUAL.replace("\\n", "").replace("\\u00e9", "\u00e9").replace("1E+3", "1000.0")
"""A page without anything escaped, and without an exponent: numbers in it are texts until they are read."""
PAGES = pytest.mark.parametrize("page", [USUAL, VERBATIM], ids=["escaped", "verbatim"])


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
    assert {row.verbatim for row in rows(USUAL)} == {False}
    assert {row.verbatim for row in rows(VERBATIM)} == {True}
    [line] = rows(VERBATIM)[0]["lineItems"]
    assert line.verbatim and json.dumps(line["description"], ensure_ascii=False) == '"\u00e9"'
    with pytest.raises(NotJson):
        decode(VERBATIM.replace("\u00e9", "\n").encode(), SHAPE)


@PAGES
def test_a_document_is_a_mapping_like_the_dict(page: str) -> None:
    """Absent is absent and null is null; names of methods and strange names are no fields."""
    first, second = rows(page)
    exact: Any = decode(page.encode())

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


@PAGES
def test_documents_are_read_together_as_one_by_one(page: str) -> None:
    """Of one shape, of several and among dicts: what `get` of each gives, also of what is absent or no field."""
    first, second = rows(page)
    other = first["total"]
    exact: Any = decode(page.encode())
    pages: list[list[Any]] = [
        [], [first], [first, second], [second, first, other], [first, exact["rows"][0]], exact["rows"],
        first["lineItems"], [other], [other, first],
    ]  # fmt: skip

    for found in pages:
        for name in (
            "id",
            "status",
            "number",
            "total",
            "notes",
            "contact",
            "amount",
            "net",
            "gone",
            "get",
            "",
        ):
            assert repr(each_at(found, name)) == repr([each.get(name) for each in found]), name
    assert [alike(found) for found in pages] == [False, True, True, False, False, True, True, True, False]
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
@PAGES
def test_what_is_refused_is_refused_wherever_it_stands(page: str, old: str, bad: str) -> None:
    """Also in fields that the model does not carry."""
    old = old if old in page else "1000.0"
    body = page.replace(
        old, old.replace("2", bad) if old == ":2," else bad + ("}]" if old == ":null}]" else "")
    )
    assert body != page

    assert told(body.encode(), shaped=True) == told(body.encode(), shaped=False)
    assert "refused" in told(body.encode(), shaped=True)


LIMITS = (
    "1e400", "1e401", "-1E+400", "-1E+401", "1e-400", "1e-401", "0e-5000", "1e05", "5E0",
    f"0.{'0' * 399}1", f"0.{'0' * 400}1", f"0.{'0' * 1500}", f"{'9' * 400}.5", f"{'9' * 401}.5", f"{'9' * 402}.5",
    f"{'1' * 99}.{'1' * 99}", f"{'1' * 100}.{'1' * 100}", f"0.{'1' * 400}", f"0.{'1' * 1000}", f"0.{'1' * 1001}",
    f"-{'1' * 300}.{'1' * 700}", f"-{'1' * 300}.{'1' * 701}", "1" * 4300, "1" * 4301, "-0.0", "-0", "0.0000001",
)  # fmt: skip


@pytest.mark.parametrize("number", LIMITS, ids=range(len(LIMITS)))
@pytest.mark.parametrize("old", ["12.50", "-0.00", "0.10", '"2026-01-02"', "1.10"])
@PAGES
def test_a_number_at_a_limit_is_taken_or_refused_alike(page: str, old: str, number: str) -> None:
    """With the shape and without, wherever it stands: the same digits, or the same refusal."""
    body = page.replace(old, number).encode()

    assert told(body, shaped=True) == told(body, shaped=False)


def test_numbers_in_what_stands_beside_the_rows_are_exact() -> None:
    """However deep; of a list beside them, or a number alone, no page has a shape."""
    beside = '"meta":{"sum":0.10,"more":[{"of":[-1.50,2,"3.0"]}]}'
    body = VERBATIM.replace('"total":2', beside)
    found: Any = decode(body.encode(), SHAPE)

    assert found["rows"][0].verbatim
    assert repr(found["meta"]) == ("{'sum': Decimal('0.10'), 'more': [{'of': [Decimal('-1.50'), 2, '3.0']}]}")
    assert told(body.encode(), shaped=True) == told(body.encode(), shaped=False)


@pytest.mark.parametrize(
    ("text", "verbatim"),
    [
        ("3e4f", True), ("b3e45", True), ("3e45", True), ("cafe0e12ab", True), ("0e12-5", True), ("1e5 of it", False),
        ("so 1E+5, or more", False), ("2026e1]", False), ("1" * 99, True), ("1" * 100, False), ("12e", True),
    ],
)  # fmt: skip
def test_a_text_may_look_like_a_number_with_an_exponent(text: str, verbatim: bool) -> None:
    """Ids that are hexadecimal do not; what does costs a page nothing but time."""
    body = VERBATIM.replace('"a"', f'"{text}"')

    assert rows(body)[0].verbatim is verbatim and rows(body)[0]["id"] == text
    assert told(body.encode(), shaped=True) == told(body.encode(), shaped=False)


@pytest.mark.parametrize("space", ["", " ", "\n", "\t", "\r\n"])
@pytest.mark.parametrize("number", ["1e5", "-1E5", "0e0", "10.50e-3", "1.0E+2", "7e07"])
@pytest.mark.parametrize("old", ["12.50", "-0.00", "0.10", "1.10", "1000.0"])
def test_no_exponent_is_missed(old: str, number: str, space: str) -> None:
    """Before the end of an object, of a list, and before what follows in it, with space between or without."""
    body = VERBATIM.replace(old, f"{space}{number}{space}")

    assert {row.verbatim for row in rows(body)} == {False}
    assert told(body.encode(), shaped=True) == told(body.encode(), shaped=False)


def test_numbers_inside_of_a_value_are_exact_and_stay_the_same() -> None:
    """Whoever reads a list or an object of a document twice is given the same one."""
    row = rows(VERBATIM)[0]
    notes = row["notes"]

    assert repr(notes) == "['x', {'y': Decimal('0.10')}]"
    assert row.get("notes") is notes and each_at([row], "notes")[0] is notes
    assert row["contact"]["more"]["of"].__class__ is Decimal
    assert {each.__class__ for line in row["lineItems"] for each in line.values()} == {str, Decimal}


def test_where_no_numbers_are_shown_none_is_kept_as_text() -> None:
    """Nor is a page looked at for that; its texts are written as they are all the same."""
    without = shape(
        fields(Invoice, native_id=text("id"), lines=each("rows", fields(DocumentLine))), ("sum",), ""
    )
    within = shape(
        fields(Invoice, lines=each("rows", fields(DocumentLine, quantity=decimal("quantity")))), (), ""
    )
    assert without is not None and within is not None

    found: Any = decode(b'[{"id":"a","sum":1.50},{"sum":1e2,"rows":[{}]}]', without)

    assert (without.numbers, within.numbers) == (False, True)
    assert [(each.verbatim, each.sum_) for each in found] == [
        (True, Decimal("1.50")),
        (True, Decimal("1E+2")),
    ]


@pytest.mark.parametrize("size", [0, AT_ONCE_BYTES])
async def test_a_large_page_holds_what_a_small_one_does(size: int) -> None:
    """It is decoded in pieces, and has no shape."""
    body = f'{VERBATIM.removesuffix("]}")},{{"id":"{"a" * size}"}}]}}'
    found: Any = await decode_sliced(body.encode(), endless(), shape=SHAPE)

    assert isinstance(found["rows"][0], Document) is (size == 0)
    assert repr(sorted_(plain(found))) == told(body.encode(), shaped=False)


@PAGES
def test_what_may_be_sent_on_has_no_documents_in_it(page: str) -> None:
    """Whoever writes takes parts of it into a body, whose numbers are those that stood there."""
    record = INVOICES.fields.record(Row(rows(page)[0]), [])

    doc = target_of("Invoice", record).doc

    assert type(doc) is dict and type(doc["total"]) is dict and type(doc["lineItems"][0]) is dict
    assert msgspec.json.Encoder(decimal_format="number").encode(doc["lineItems"]).count(b"-0.00") == 1


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.text(max_size=5)
    | st.decimals(allow_nan=False, allow_infinity=False, places=2)
    | st.decimals(allow_nan=False, allow_infinity=False),
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
    return str(value) if isinstance(value, Decimal) else json.dumps(value, ensure_ascii=False)


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
