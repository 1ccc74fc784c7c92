"""Objects written straight from a provider's document: the same as field by field, or not at all."""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from graphql import GraphQLObjectType, get_named_type, parse
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ledgermesh.compiler.arguments import NOTHING as NO_VARIABLES
from ledgermesh.compiler.plan import Level, bare, item, operation_of, plan
from ledgermesh.compiler.terms import Fused, Odd
from ledgermesh.graph.compiled import options_for
from ledgermesh.graph.fused import fuse
from ledgermesh.model.enums import DocumentStatus
from ledgermesh.model.row import Row
from ledgermesh.model.trade import DocumentLine, Invoice, LineTax
from ledgermesh.spec.leaves import currency, day, decimal, fraction, minor_money, money, one_of, text
from ledgermesh.spec.shapes import Shape, shape
from ledgermesh.spec.wires import Fields, each, fields, made, position
from ledgermesh.upstream.decode import decode
from tests.shared import shared_schema

LINE = fields(
    DocumentLine,
    line_number=position(),
    description=text("text.long"),
    quantity=decimal("quantity"),
    unit_price=money("price", currency="^currency"),
    net=minor_money("cents", currency="^currency"),
    taxes=each("taxes", fields(LineTax, code=text("name"), rate=fraction("rate"))),
)
INVOICE = fields(
    Invoice,
    native_id=text("id"),
    number=text("number"),
    date=day("issued"),
    status=one_of("state", {"open": DocumentStatus.OPEN}, other=DocumentStatus.OTHER),
    status_raw=text("state"),
    currency=currency("currency"),
    total=money("total", currency="@currency"),
    lines=each("rows", LINE),
    exchange_rate=made(Decimal, "rate", read=lambda row: Decimal(str(row.doc["rate"])), transform="own"),
)
FIELDS = """number date status statusRaw currency total { currency amount __typename } rate: exchangeRate __typename
  again: total { amount } lines { lineNumber description quantity unitPrice { amount currency }
    net { amount currency } taxes { code rate } }"""
USUAL = {
    "id": 7, "number": "N-7", "issued": "2026-02-28", "state": "Open", "currency": "chf", "rate": 2,
    "total": Decimal("10.50"),
    "rows": [
        {
            "text": {"long": "Bread"}, "quantity": 3, "price": "1.25", "cents": 375,
            "taxes": [{"name": "VAT", "rate": Decimal("0.077")}],
        },
        {"text": None, "quantity": None, "taxes": None},
    ],
}  # fmt: skip

SCHEMA = shared_schema()
OPTIONS = options_for(SCHEMA)


@pytest.fixture(scope="module")
def level() -> Level:
    """Invoices at their place in a query."""
    return made_level()


def made_level(selected: str = FIELDS) -> Level:
    document = parse(f'{{ company(key: "a") {{ invoices(first: 1) {{ nodes {{ {selected} }} }} }} }}')
    found = plan(SCHEMA.inner, document, operation_of(document, None), NO_VARIABLES, OPTIONS)
    invoices = next(found_level for found_level in found.levels if found_level.type.name == "Invoice")
    for inner in invoices.inside():
        inner.known.add(inner.type.extensions["strawberry-definition"].origin)
    return invoices


def writing(level: Level) -> Fused:
    """What writes them."""
    found = fuse(level, OPTIONS)
    assert found is not None
    return found


def record(doc: dict[str, Any], mapping: Fields = INVOICE) -> Invoice:
    """An invoice over a document, as the engine makes one."""
    found: Invoice = mapping.record(Row(doc, None, {"currency": "CHF"}), [])
    return found


def singly(level: Level, source: Any) -> dict[str, Any]:
    """The answer's object, each field read and completed by itself as graphql-core does."""
    return {
        place.key: level.type.name
        if place.plain is None
        else completed(place.levels, place.type, getattr(source, place.plain.attribute))
        for place in level.places
    }


def completed(levels: dict[str, Level], type: Any, value: Any) -> Any:
    if value is None:
        return None
    if item(type) is not None:
        return [completed(levels, item(type), each) for each in value]
    named = get_named_type(type)
    if isinstance(named, GraphQLObjectType):
        return singly(levels[named.name], value)
    found = bare(type).coerce_output_value(value)
    return found.isoformat() if isinstance(found, dt.date) else found


def test_a_usual_document_is_written_whole(level: Level) -> None:
    """All of its fields, parts and lists, in the order of the selection."""
    write = writing(level).one
    for _ in range(2):  # words are remembered by then
        found = msgspec.json.decode(msgspec.json.encode(write(record(USUAL))))
        assert list(found) == [place.key for place in level.places]
        assert found == singly(level, record(USUAL))
    assert (found["status"], found["statusRaw"], found["rate"]) == ("OPEN", "Open", "2")
    assert found["total"] == {"currency": "CHF", "amount": "10.50", "__typename": "Money"}
    assert found["lines"][0]["net"] == {"amount": "3.75", "currency": "CHF"}
    assert found["lines"][0]["taxes"] == [{"code": "VAT", "rate": "7.7"}]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("number",), True), (("issued",), "2026-02-30"), (("issued",), 20260228), (("state",), 1),
        (("currency",), "francs"), (("total",), "ten"), (("total",), True), (("rows",), {}), (("rows",), [None]),
        (("rows",), [{}] * 33), (("rows", 0, "text"), "long"), (("rows", 0, "price"), {}),
        (("rows", 0, "cents"), Decimal("1.5")),
        (("rows", 0, "taxes"), [1]), (("rate",), "much"),
    ],
)  # fmt: skip
def test_what_is_not_usual_is_left_to_others(level: Level, path: tuple[Any, ...], value: Any) -> None:
    """Nothing is written, nothing is found out, and the next document is written as before."""
    write = writing(level).one
    write(record(USUAL))
    doc = msgspec.convert(msgspec.to_builtins(USUAL, builtin_types=(Decimal,)), dict[str, Any])
    holder: Any = doc
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = value
    source = record(doc)

    with pytest.raises(Exception):  # noqa: B017  # which one does not matter
        write(source)

    assert source.__dict__["_findings"] == []
    assert write(record(USUAL)) is not None


def test_a_wire_with_another_reading_is_not_taken_for_the_one_it_was_made_from(level: Level) -> None:
    """`replace(wire, read=…)` keeps what was said of the old reading; it does not count."""
    number = replace(INVOICE.wires["number"], read=lambda row: "ours")
    mapping = Fields(Invoice, {**INVOICE.wires, "number": number})
    write = writing(level).one

    found = msgspec.json.decode(msgspec.json.encode(write(record(USUAL, mapping))))

    assert found["number"] == "ours"


def test_a_class_that_nobody_looked_at_is_refused() -> None:
    """The first object of a class is looked at by others."""
    level = made_level()
    level.known.clear()
    write = writing(level).one
    with pytest.raises(Odd):
        write(record(USUAL))


def test_more_days_than_are_remembered_are_written_as_any(level: Level) -> None:
    """Also those that were written before all were forgotten."""
    write, days = writing(level).one, [dt.date(2019, 1, 1) + dt.timedelta(days=each) for each in range(1100)]

    for issued in (*days, *days[:3]):
        found = msgspec.json.decode(bytes(write(record({**USUAL, "issued": issued.isoformat()}))))
        assert found["date"] == issued.isoformat()


OTHER = Fields(
    Invoice, {**INVOICE.wires, "number": replace(INVOICE.wires["number"], read=lambda row: "ours")}
)


@pytest.mark.parametrize(
    "odd",
    [
        record({**USUAL, "rate": "much"}), record(USUAL, OTHER), INVOICE.record(Row(USUAL, Row({})), []),
        record(msgspec.convert({}, dict[str, Any])), object(),
    ],
    ids=["odd", "another mapping", "another parent", "fewer fields", "another class"],
)  # fmt: skip
def test_those_of_a_list_are_written_up_to_the_first_that_is_not_alike(level: Level, odd: Any) -> None:
    """Each as it is by itself; who comes behind an odd one is left, and none is skipped."""
    write, done = writing(level), list[Any](["before"])
    usual = [record(USUAL), record({**USUAL, "number": "N-8"})]

    with suppress(Exception):
        write.each([*usual, odd, record(USUAL)], done)

    assert done[0] == "before"
    assert [bytes(each) for each in done[1:]] == (
        [] if odd.__class__ is object else [bytes(write.one(each)) for each in usual]
    )


ODD = st.sampled_from(
    [True, 10**20, -1, Decimal("0.077"), "", "x1", "2026-13-01", "-0", "1e5", [], {}, {"long": 5}]
)


def usually(*values: Any) -> st.SearchStrategy[Any]:
    """Mostly one of these, or nothing, and now and then what nobody expects there."""
    usual = st.sampled_from([None, *values])
    return st.integers(0, 40).flatmap(lambda chance: ODD if chance == 40 else usual)


NUMBERS = usually(0, 3, Decimal("1.50"), Decimal("-2E+1"), "12.50", "007")
TAXES = st.fixed_dictionaries({}, optional={"name": usually("VAT", 7, ""), "rate": NUMBERS})
LINES = st.fixed_dictionaries(
    {},
    optional={
        "text": usually({"long": "Bread"}, {"long": 4}, {}), "quantity": NUMBERS, "price": NUMBERS,
        "cents": usually(0, 375, -1), "taxes": st.lists(TAXES, max_size=2),
    },
)  # fmt: skip
DOCS = st.fixed_dictionaries(
    {"id": st.just(7), "rate": usually(1, "0.5")},
    optional={
        "number": usually("N-1", 12, ""), "issued": usually("2026-01-31", "2024-02-29"), "total": NUMBERS,
        "state": usually("open", " OPEN", "paid", ""), "currency": usually("CHF", "eur", ""),
        "rows": st.lists(LINES, max_size=3),
    },
)  # fmt: skip
ONE_LEVEL = made_level()
WRITE: Any = writing(ONE_LEVEL).one


@settings(max_examples=400, deadline=None, derandomize=True)
@given(DOCS)
def test_whatever_is_written_is_what_reading_each_field_gives(doc: dict[str, Any]) -> None:
    """And nothing is written where a field cannot be read. Most documents are written: too few would be an error."""
    try:
        found = msgspec.json.decode(msgspec.json.encode(WRITE(record(doc))))
    except Exception:  # left to be read field by field
        assume(False)
    source = record(doc)
    assert found == singly(ONE_LEVEL, source)
    assert source.__dict__["_findings"] == []


# -- numbers that are texts ------------------------------------------------------------------------------------------

HELD_WHOLE = Fields(
    Invoice,
    {**INVOICE.wires, "memo": made(str, "rows", read=lambda row: str(row.doc["rows"]), transform="own")},
)
"""Its lines are read as a whole as well, so that they are dicts in a document."""
SHAPES = [(each, shape(each, (), "")) for each in (INVOICE, HELD_WHOLE)]
WRITES: list[Any] = [
    WRITE,
    *(writing(made_level(f"{FIELDS} {more}")).one for more in ("memo", "party { name }")),
]
"""Of texts only, with a field that is read by itself, and with one that is still to come."""
SPECIAL = (
    "-0.0",
    "-0.00",
    "-0",
    "1.50",
    "0.0000001",
    "0.0000000",
    "0.000001",
    f"1{'0' * 26}.0",
    f"0.{'0' * 98}1",
)
PLAIN = st.from_regex(r"-?(0|[1-9][0-9]{0,40})(\.[0-9]{1,40})?", fullmatch=True, alphabet="-.0123456789")
GIVEN = st.one_of(PLAIN, PLAIN, st.sampled_from(SPECIAL), st.sampled_from(["null", '"12.50"', "true", '""']))


def written(write: Any, doc: Any, mapping: Fields) -> bytes | None:
    """What is written, None where nothing is."""
    try:
        return msgspec.json.encode(write(record(doc, mapping)))
    except Exception:  # whatever is left to be read field by field
        return None


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.tuples(GIVEN, GIVEN, GIVEN, GIVEN), st.sampled_from(SHAPES), st.sampled_from(WRITES))
def test_numbers_are_written_from_their_text_as_from_decimals(
    numbers: tuple[str, ...], shaped: tuple[Fields, Shape], write: Any
) -> None:
    """Byte for byte, and nothing is written from the one where nothing is from the other."""
    total, quantity, price, rate = numbers
    body = (
        f'[{{"id":7,"number":"N","state":"open","currency":"chf","rate":{rate},"total":{total},"rows":[{{'
        f'"quantity":{quantity},"price":{price},"cents":375.0,"taxes":[{{"name":"VAT","rate":{rate}}}]}}]}}]'
    )
    mapping, found = shaped
    text, escaped, exact = (
        list[Any](decode(each.encode(), inside))  # type: ignore[call-overload]  # it is a list
        for each, inside in ((body, found), (body.replace("open", "op\\u0065n"), found), (body, None))
    )
    assert (text[0].verbatim, escaped[0].verbatim, type(exact[0])) == (True, False, dict)

    outcome = written(write, text[0], mapping)

    assert outcome == written(write, exact[0], mapping) == written(write, escaped[0], mapping)
    assert outcome is None or text == exact


def test_usual_numbers_are_written_as_they_stood_there(level: Level) -> None:
    """Whoever asks the document is given numbers."""
    body = b'[{"id":7,"rate":2.50,"total":-0.00,"rows":[{"quantity":0.0000001,"price":10.00,"cents":375}]}]'
    mapping, found = SHAPES[0]
    doc: Any = list[Any](decode(body, found))[0]  # type: ignore[call-overload]  # it is a list
    assert (doc.total_, doc.rows_[0].quantity_, doc["total"]) == (b"-0.00", b"0.0000001", Decimal("-0.00"))

    made = msgspec.json.decode(bytes(writing(level).one(record(doc, mapping))))

    assert (made["total"]["amount"], made["rate"]) == ("-0.00", "2.50")
    assert made["lines"][0]["quantity"] == "0.0000001"
    assert made["lines"][0]["unitPrice"]["amount"] == "10.00"
