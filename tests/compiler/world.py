"""A schema with every feature that answers can show, over made-up records that are as bad as a seed says."""

from __future__ import annotations

import asyncio
import datetime as dt
import math
import random
import re
from collections.abc import Awaitable, Callable, Generator, Iterator, Sequence
from decimal import Decimal
from enum import Enum
from types import FunctionType, MethodType
from typing import Any

import msgspec
from graphql import GraphQLEnumType, GraphQLSchema, build_ast_schema, parse

from ledgermesh.compiler.terms import LEAVES, Leaf, Options

DOCUMENT = parse("""
scalar Decimal
scalar Date
scalar JSON
enum Status { DRAFT OPEN PAID }
enum Word { red green }
input Filter { status: Status, words: [Word!], since: Date, least: Int = 1 }
interface Node { id: ID! }
interface Document implements Node {
  id: ID! number: String total: Money party: Party lines: [Line!]! source: Source!
}
type Money { amount: Decimal! currency: String }
type Line { text: String quantity: Decimal price: Money item: Item position: Int! tags: [String!] }
type Item implements Node { id: ID! name: String! kind: Word }
type Source { connection: String! fetched: Date raw: JSON notes: [Note] }
type Note { code: String! text: String }
type Invoice implements Document & Node {
  id: ID! number: String total: Money party: Party lines: [Line!]! source: Source!
  status: Status due: Date rate: Float count: Int flag: Boolean names: [String] grid: [[Int]] extra: JSON
  payments(first: Int = 2, filter: Filter): [Payment] related: [Document!] either: Either
}
type Bill implements Document & Node {
  id: ID! number: String total: Money party: Party lines: [Line!]! source: Source! reference: String!
}
type Party implements Node {
  id: ID! name: String! email: String parent: Party address: Address contacts: [Party!]
  invoices(limit: Int!): [Invoice!]!
}
type Address { city: String country: Word lines: [String!]! }
type Payment { id: ID! amount: Money on: Date invoice: Invoice }
union Either = Invoice | Party | Bill
type Query {
  invoices(first: Int!, filter: Filter): [Invoice!]!
  maybe(first: Int = 3): [Invoice]
  listing: Listing!
  document(id: ID): Document
  documents: [Document!]
  node: Node!
  either: [Either]
  party: Party
  strict: Party!
  count: Int
}
type Listing { nodes: [Invoice!]! total: Int parties: [Party] }
type Mutation { touch: Int }
""")


class Status(Enum):
    """An enum whose values are members."""

    DRAFT = "d"
    OPEN = "o"
    PAID = "p"


class Record:
    """Attributes, some of which raise."""

    def __init__(self, **values: Any) -> None:
        self.__dict__.update(values)

    def __getattr__(self, name: str) -> Any:
        error = self.__dict__.get(f"raises_{name}")
        raise error if error is not None else AttributeError(name)


class Invoice(Record):
    """An invoice."""


class Bill(Record):
    """A bill."""


class Party(Record):
    """A party."""


class Item(Record):
    """An item."""


class Text(str):
    """A string of a class of its own."""

    __slots__ = ()


class Bag:
    """Elements that are neither a list nor a tuple."""

    def __init__(self, values: list[Any]) -> None:
        self.values = values

    def __iter__(self) -> Iterator[Any]:
        return iter(self.values)

    def __repr__(self) -> str:
        return "Bag()"


class Later:
    """Something to be awaited, as often as one likes."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __repr__(self) -> str:
        return "Later()"

    def __await__(self) -> Generator[Any, None, Any]:
        yield from asyncio.sleep(0).__await__()
        if isinstance(self.value, Exception):
            raise self.value
        return self.value


NEAR: dict[type, tuple[Any, ...]] = {
    int: (2**31 - 1, 2**31, -(2**31), -(2**31) - 1, 2**63, 2**64, True, 3.0, 3.5, "3", Decimal(3), math.nan),
    float: (math.nan, math.inf, -math.inf, 1e308, -0.0, 5e-324, 2, 10**400, True, "1.5", Decimal("1.5")),
    str: (
        Text("text"), "", "\x00\x1f\x7f", "\u2028 \U0001f600", '\\ " </', 3, True, 1.0, b"x",
    ),
    bool: (0, 1, 2, "true", 1.0, math.nan, None),
    Decimal: (
        Decimal("NaN"), Decimal("Infinity"), Decimal("-0"), Decimal("1E+40"), Decimal("1E-40"), 7, 1.5, "7",
    ),
    dt.date: (dt.datetime(2026, 1, 2, tzinfo=dt.UTC), dt.date.min, dt.date.max, "2026-01-02", dt.time(1)),
}  # fmt: skip
"""Values that look nearly like those that should be there, by the class of these."""


TYPES: dict[type, str] = {Invoice: "Invoice", Bill: "Bill", Party: "Party", Item: "Item"}


class Maker:
    """Makes records with what a document may ask for. `bad` is how many values in a hundred are spoilt."""

    def __init__(
        self, seed: int, bad: float, text: str, longest: int = 4, further: Sequence[Callable[[Any], Any]] = ()
    ) -> None:
        self.random = random.Random(seed)
        self.further = further
        """Makes what else may stand in the place of a value."""
        self.wanted = frozenset(re.findall(r"\w+", text))
        self.bad = bad / 100
        self.longest = longest
        self.made = 0

    def spoil(self, value: Any) -> Any:
        """A value, or something that should not be there."""
        if self.random.random() >= self.bad:
            return value
        near = NEAR.get(type(value))
        if near is not None and self.random.random() < 0.5:
            return self.random.choice(near)
        if self.further and self.random.random() < 0.6:
            return self.random.choice(self.further)(value)
        return self.random.choice(
            (
                None,
                None,
                None,
                None,
                math.nan,
                math.inf,
                3,
                "odd",
                True,
                2**40,
                Decimal(7),
                Text("text"),
                object,
                ValueError("kept as a value"),
                Later(value),
                Bag([value]),
                [value, None],
                {"odd": 1},
                (),
                1.5,
                Later(KeyError("later")),
                [ValueError("in a list")],
                [Later(value)],
                dt.datetime(2026, 1, 2, 3, 4, tzinfo=dt.UTC),
            )
        )

    def record(self, of: type[Record], /, **values: Any) -> Record:
        """A record whose attributes may be spoilt or raise."""
        found = {
            name: self.spoil(value() if isinstance(value, FunctionType | MethodType) else value)
            for name, value in values.items()
            if name in self.wanted
        }
        for name in list(found):
            if self.random.random() < self.bad / 3:
                found[f"raises_{name}"] = RuntimeError(f"no {name}")
                del found[name]
        return of(**found)

    def many(self, make: Callable[[int], Any], depth: int) -> Any:
        most = self.longest if depth == 0 else 2
        made = [self.spoil(make(depth + 1)) for _ in range(self.random.randint(0, most))]
        return tuple(made) if self.random.random() < 0.2 else made

    def id(self) -> str:
        self.made += 1
        return f"r{self.made}"

    def money(self, depth: int = 0) -> Record:
        amount = Decimal(self.random.randint(-(10**6), 10**6)).scaleb(self.random.choice((-2, 0, 3)))
        return self.record(Record, amount=amount, currency="EUR")

    def line(self, depth: int) -> Record:
        return self.record(
            Record, text='a "line" é', quantity=Decimal("1.50"), price=self.money, position=3,
            item=lambda: self.record(Item, id=self.id(), name="item", kind="red"), tags=["a", self.spoil("b")],
        )  # fmt: skip

    def source(self) -> Record:
        note = self.record(Record, code="NOTE", text=None)
        return self.record(
            Record,
            connection="c",
            fetched=dt.date(2026, 2, 3),
            raw={"a": [1, 2.5]},
            notes=[note, self.spoil(note)],
        )

    def document(self, kind: type[Record], depth: int, **more: Any) -> Record:
        return self.record(
            kind,
            id=self.id(),
            number=f"N{self.made}",
            total=self.money,
            source=self.source,
            lines=lambda: self.many(self.line, depth),
            party=lambda: self.party(depth + 1) if depth < 3 else None,
            **more,
        )

    def invoice(self, depth: int = 0) -> Record:
        near = depth < 2
        return self.document(
            Invoice,
            depth,
            status=self.random.choice(list(Status)),
            due=dt.date(2026, 5, 6),
            rate=1.25,
            count=4,
            flag=False,
            names=["x", self.spoil("y")],
            grid=[[1, self.spoil(2)], self.spoil([3])],
            extra={"k": None},
            payments=lambda: self.many(self.payment, depth + 1) if near else [],
            related=lambda: self.many(self.bill, depth + 1) if near else None,
            either=lambda: self.party(depth + 2) if near else None,
        )

    def bill(self, depth: int = 0) -> Record:
        return self.document(Bill, depth, reference="ref")

    def party(self, depth: int = 0) -> Record:
        near = depth < 2
        address = lambda: self.record(Record, city="Bern", country="green", lines=["1", "2"])  # noqa: E731  # as the others
        return self.record(
            Party,
            id=self.id(),
            name="Party",
            email=None,
            address=address,
            parent=lambda: self.party(depth + 2) if near else None,
            contacts=lambda: self.many(self.party, depth + 1) if near else [],
            invoices=lambda: self.many(self.invoice, depth + 1) if near else [],
        )

    def payment(self, depth: int) -> Record:
        return self.record(Record, id=self.id(), amount=self.money, on=dt.date(2026, 1, 1), invoice=None)

    def any_of_union(self, depth: int) -> Record:
        makers = (self.invoice, self.bill, self.party)
        return self.random.choice(makers)(depth)

    def root(self) -> Record:
        listing = lambda: self.record(  # noqa: E731  # as the others
            Record,
            nodes=lambda: self.many(self.invoice, 0),
            total=3,
            parties=lambda: self.many(self.party, 0),
        )
        return self.record(
            Record,
            invoices=lambda: self.many(self.invoice, 0),
            maybe=lambda: self.many(self.invoice, 0),
            document=self.bill,
            documents=lambda: self.many(self.any_of_union if self.random.random() < 0.1 else self.bill, 0),
            listing=listing,
            node=self.party,
            either=lambda: self.many(self.any_of_union, 0),
            party=self.party,
            strict=self.party,
            count=1,
        )


RESOLVED = {
    "Query": ("invoices", "maybe", "document", "documents", "node", "either", "party", "listing"),
    "Invoice": ("party", "payments", "related", "either", "source", "id"),
    "Bill": ("party", "source"),
    "Party": ("parent", "contacts", "invoices"),
    "Line": ("item",),
    "Payment": ("amount",),
}
"""Fields that have a resolver; the others are read by graphql-core's default one."""

Calls = dict[tuple[bool, int, str, int], int]
"""How often a resolver was asked, by whether its source stands at one place only, source, field and node."""


def resolver(name: str, how: str, calls: Calls) -> Callable[..., Any]:
    """Reads an attribute: at once, in a coroutine that never waits, in one that does, or as something to await."""

    def read(source: Any, info: Any, **arguments: Any) -> Any:
        key = (isinstance(source, Record), id(source), name, id(info.field_nodes[0]))
        calls[key] = calls.get(key, 0) + 1
        if arguments.get("first") == 13:
            raise ValueError("thirteen is too many")
        return getattr(source, name)

    async def read_later(source: Any, info: Any, **arguments: Any) -> Any:
        if how == "waits":
            await asyncio.sleep(0)
        return read(source, info, **arguments)

    def read_awaitable(source: Any, info: Any, **arguments: Any) -> Awaitable[Any]:
        return Later(read(source, info, **arguments))

    return {"at once": read, "awaitable": read_awaitable}.get(how, read_later)


HOW = ("at once", "coroutine", "waits", "awaitable")


def make_schema(calls: Calls, how: str | None = None, seed: int = 0) -> GraphQLSchema:
    """The schema; `how` its resolvers answer, mixed by a seed where it is None."""
    schema = build_ast_schema(DOCUMENT, assume_valid_sdl=True)
    mix = random.Random(seed)
    for type_name, names in RESOLVED.items():
        fields: Any = schema.type_map[type_name]
        for name in names:
            fields.fields[name].resolve = resolver(name, how or mix.choice(HOW), calls)
    for class_, type_name in TYPES.items():
        of: Any = schema.type_map[type_name]
        of.is_type_of = lambda value, info, class_=class_: isinstance(value, class_)
    either: Any = schema.type_map["Either"]
    either.resolve_type = lambda value, info, type: TYPES.get(type_of(value), 7 if value == 3 else None)
    scalars: Any = schema.type_map
    scalars["Decimal"].coerce_output_value = lambda value: format(value, "f")
    scalars["Date"].coerce_output_value = lambda value: value.isoformat()
    status = GraphQLEnumType("Status", {each.name: each for each in Status})
    scalars["Status"].values.update(status.values)
    scalars["Status"].__dict__.pop("_value_lookup", None)
    return schema


type_of: Callable[[Any], type] = type


def options(*, kinds_by_class: bool = False, encode: Any = None) -> Options:
    """What the compiler is told of this schema."""
    leaves = {
        **LEAVES,
        "Decimal": Leaf(Decimal, "format({0}, 'f')"),
        "Date": Leaf(dt.date, "{0}.isoformat()"),
    }
    return Options(leaves=leaves, kinds_by_class=kinds_by_class, encode=encode or msgspec.json.encode)
