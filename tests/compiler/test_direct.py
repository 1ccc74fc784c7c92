"""Resolvers that compiled code calls by themselves: they are given what Strawberry's own way would give them."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from enum import Enum
from itertools import product
from random import Random
from typing import Annotated, Any, NewType

import pytest
import strawberry
from graphql import parse, validate
from strawberry.extensions import FieldExtension
from strawberry.permission import BasePermission
from strawberry.schema.config import StrawberryConfig

from ledgermesh.compiler.extension import Compiler, Limits, Request
from ledgermesh.compiler.strawberry_schema import options_of
from ledgermesh.compiler.terms import Replay
from tests.compiler.same import shown

Day = NewType("Day", dt.date)


@strawberry.enum
class Colour(Enum):
    RED = "r"
    BLUE = "b"


@strawberry.input
class Range:
    low: int | None = strawberry.UNSET
    high: int = 9
    inner: Range | None = None
    colours: list[Colour] = strawberry.field(default_factory=list)
    on: Day | None = strawberry.field(name="onDay", default=None)

    def __post_init__(self) -> None:
        if self.high == 13:
            raise ValueError("thirteen is no end")


class Closed(BasePermission):
    message = "closed"

    def has_permission(self, source: Any, info: Any, **given: Any) -> bool:
        return not given.get("shut", False)


class Doubled(FieldExtension):
    def resolve(self, next_: Any, source: Any, info: Any, **given: Any) -> Any:
        return f"{next_(source, info, **given)} twice"


def said(given: dict[str, Any]) -> str:
    """What a resolver was given, with the class of every value. Lists are changed, as a careless resolver would."""
    told = json.dumps({name: repr(value) for name, value in given.items()}, sort_keys=True)
    for value in given.values():
        if isinstance(value, list):
            value.append("left over")
    return told


@strawberry.type
class Thing:
    name: str

    @strawberry.field
    def plain(self, text: str = "x", number: int | None = None, exact: Decimal | None = None) -> str | None:
        return said({"self": self.name, "text": text, "number": number, "exact": exact})

    @strawberry.field
    async def later(
        self, info: strawberry.Info[Any, Any], words: list[str] | None = None, at: Range | None = None
    ) -> str | None:
        return said({"words": words, "at": at, "context": info.context, "field": info.field_name})

    @strawberry.field
    def needed(self, colour: Colour, ranges: list[Range], days: list[list[Day]] | None = None) -> str | None:
        if colour is Colour.BLUE and not ranges:
            raise ValueError("blue needs a range")
        return said({"colour": colour, "ranges": ranges, "days": days})

    @strawberry.field
    def named(self, *, other: Annotated[bool, strawberry.argument(name="from")] = False) -> str | None:
        return said({"other": other})

    @strawberry.field(permission_classes=[Closed])
    def guarded(self, shut: bool = False) -> str:
        return "open"

    @strawberry.field(extensions=[Doubled()])
    def doubled(self, text: str = "x") -> str:
        return text


@strawberry.type
class Query:
    @strawberry.field
    def things(self, count: int = 2) -> list[Thing]:
        if count > 5:
            raise ValueError(f"{count} are too many")
        return [Thing(name=str(index)) for index in range(count)]

    @strawberry.field
    @staticmethod
    def root(root: None, text: str = "as root") -> str | None:
        return said({"root": root, "text": text})


def parsed(value: str) -> dt.date:
    """A day; raises ValueError."""
    return dt.date.fromisoformat(value)


class Quiet(strawberry.Schema):
    """Logs no errors: here they are wanted."""

    def process_errors(self, errors: Any, execution_context: Any = None) -> None:
        """Nothing."""


CONFIG = StrawberryConfig(scalar_map={Day: strawberry.scalar(name="Day", serialize=str, parse_value=parsed)})
SCHEMA = Quiet(Query, config=CONFIG)

TEXTS = (
    "{ things { name plain } root }",
    'query ($n: Int) { things(count: $n) { plain(number: $n) a: plain(text: "y", number: 3) } }',
    'query ($n: Int = 4) { things(count: 1) { plain(number: $n, exact: "1.50") } things2: things { name } }',
    "query ($t: String!) { things { plain(text: $t) b: named(from: true) named } root(text: $t) }",
    'query ($w: [String!]) { things { later(words: $w) c: later(words: ["a"]) d: later(words: "b") } }',
    "query ($r: Range, $n: Int) { things { later(at: $r) e: later(at: {low: $n, inner: {high: 3}}) } }",
    'query ($c: Colour!, $n: Int) { things { needed(colour: $c, ranges: [{low: $n}, {onDay: "2026-01-02"}]) } }',
    'query ($d: Day!) { things { needed(colour: RED, ranges: [], days: [[$d, "2026-02-03"]]) } }',
    'query ($s: Boolean) { things { guarded(shut: $s) doubled f: doubled(text: "z") } }',
    "{ things { f: needed(colour: BLUE, ranges: []) g: later(at: {high: 13}) } }",
    "query ($e: Decimal, $f: Boolean! = true) { things { plain(exact: $e) named(from: $f) } }",
)  # fmt: skip
VALUES: dict[str, tuple[Any, ...]] = {
    "n": (None, 0, 3, 7, 2**31, "3", 2.0, 2.5, True),
    "t": ("x", "", None, 4),
    "w": (None, [], ["a", "b"], "c", [None], [1]),
    "r": (None, {}, {"low": 1}, {"high": 13}, {"inner": {"inner": {"low": None}}}, {"colours": ["RED"]}, {"odd": 1}, 5),
    "c": ("RED", "BLUE", "GREEN", None, 1),
    "d": ("2026-01-02", "no day", None, 3),
    "s": (True, False, None, "no"),
    "e": ("1.50", 2, 2.5, None, "much"),
    "f": (True, False, None, 0),
}  # fmt: skip


EACH_MAX = 14
"""Cases of one document."""


def cases() -> list[tuple[str, dict[str, Any]]]:
    """Each document with values of its variables, and with none."""
    found: list[tuple[str, dict[str, Any]]] = []
    random = Random(7)
    for text in TEXTS:
        names = [name for name in VALUES if f"${name}:" in text]
        all_ = list(product(*((..., *VALUES[name]) for name in names)))
        for values in random.sample(all_, min(EACH_MAX, len(all_))):
            given = zip(names, values, strict=True)
            found.append((text, {name: value for name, value in given if value is not ...}))
    random.shuffle(found)
    return found


async def test_resolvers_are_given_what_strawberry_gives_them() -> None:
    """Every document with every value, right and wrong: data, errors, and lists that nobody else has changed."""
    options = options_of(SCHEMA._schema)
    compiler = Compiler(SCHEMA._schema, clock=lambda: 0.0, options=options, limits=Limits(replays_max=10**9))
    checked = 0
    for text, variables in (*cases(), *cases()[:20]):
        document = parse(text)
        assert validate(SCHEMA._schema, document) == [], text
        expected = await SCHEMA.execute(text, variables, context_value={"who": "me"})
        request = Request(text=text, document=document, variables=variables, context={"who": "me"})
        try:
            answer = await compiler.answer(request)
        except Replay:  # graphql-core answers
            continue

        data = None if answer.data is None else json.loads(answer.data)
        assert expected.data == data, (text, variables)
        assert sorted(shown(expected.errors)) == sorted(shown(answer.errors)), (text, variables)
        checked += 1
    assert checked > 90
    assert compiler.counts["compiled", ""] > 40


@pytest.mark.parametrize(
    ("field", "direct"),
    [
        ("plain", True), ("later", True), ("needed", True), ("named", True),
        ("guarded", False), ("doubled", False),
    ],
)  # fmt: skip
def test_only_what_nothing_stands_around_is_called_by_itself(field: str, direct: bool) -> None:
    """Permissions and extensions of a field are never left out."""
    type_: Any = SCHEMA._schema.type_map["Thing"]
    options = options_of(SCHEMA._schema)

    found = options.direct(type_, field, type_.fields[field])

    assert direct is (found is not None)


def test_a_resolver_that_takes_the_root_is_called_as_the_schema_has_it() -> None:
    """Only a source that comes first is known how to be given."""
    type_: Any = SCHEMA._schema.query_type

    assert options_of(SCHEMA._schema).direct(type_, "root", type_.fields["root"]) is None


def test_a_schema_that_handles_exceptions_is_asked_its_own_way() -> None:
    """What Strawberry makes of exceptions is made by Strawberry."""
    schema = strawberry.Schema(Query, config=CONFIG)
    handling: Any = schema.schema_converter
    handling._exception_handler_specs = (((ValueError,), Thing, object()),)
    type_: Any = schema._schema.query_type

    assert options_of(schema._schema).direct(type_, "things", type_.fields["things"]) is None
