"""Documents of hypothesis-graphql on our own schema, asked about one company's books."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from random import Random
from typing import Any, Final, NamedTuple

from graphql import (
    REMOVE,
    ArgumentNode,
    DocumentNode,
    FieldNode,
    GraphQLSchema,
    IntValueNode,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    get_named_type,
    is_abstract_type,
    is_required_argument,
    print_ast,
    visit,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis_graphql import nodes, queries

from tests.compiler.books import BADNESS, Books, books
from tests.graph.small import COMPANY, CONNECTIONS

SCALARS: Final[dict[str, st.SearchStrategy[Any]]] = {
    "Date": st.sampled_from(("2026-11-15", "2026-06-30", "2026-02-30")).map(nodes.String),
    "DateTime": st.sampled_from(("2026-11-15T12:00:00Z", "x")).map(nodes.String),
    "Instant": st.sampled_from(("2026-11-15T12:00:00Z", "x")).map(nodes.String),
    "Decimal": st.sampled_from(("0", "10.5", "NaN")).map(nodes.String),
    "JSON": st.just("x").map(nodes.String),
}
FIRST: Final = (1, 3, 6, 40)
"""Records of a page."""
GIVEN: Final = 0.12
"""Of the arguments that may be left out, as part of one: the package gives all of them, and then little is found."""
FRAGMENTS_MAX: Final = 8


class Asked(NamedTuple):
    """A question, and the seed of its worlds."""

    text: str
    seed: int


class _Arguments(Visitor):
    """Leaves out most arguments, and asks for pages of a size that may be asked for.

    What it does depends on the field alone, so that most fields of one name can be merged.
    """

    def __init__(self, types: TypeInfo, seed: int) -> None:
        super().__init__()
        self._types = types
        self._seed = seed
        self._random = Random(seed)

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        self._random = Random(f"{self._seed} {node.name.value}")

    def enter_argument(self, node: ArgumentNode, *_: Any) -> Any:
        known, random = self._types.get_argument(), self._random
        if node.name.value == "first" and random.random() > GIVEN / 2:
            return ArgumentNode(name=node.name, value=IntValueNode(value=str(random.choice(FIRST))))
        if known is not None and not is_required_argument(known) and random.random() > GIVEN:
            return REMOVE
        return None


def records(schema: GraphQLSchema, name: str) -> st.SearchStrategy[str]:
    """Fragments on the records of one of a company's lists, and where they stand.

    They are made as queries whose root is the record: the package weighs fields so that the whole has some forty, and
    with the company at the root few of these would be a record's.
    """
    company: Any = schema.type_map["Company"]
    record: Any = get_named_type(get_named_type(company.fields[name].type).fields["nodes"].type)
    if is_abstract_type(record):
        record = min(schema.get_possible_types(record), key=lambda each: each.name)
    rooted = GraphQLSchema(query=record)
    found: Any = queries(rooted, custom_scalars=SCALARS, print_ast=lambda document: document)
    several = st.lists(found, min_size=1, max_size=FRAGMENTS_MAX)
    return st.builds(_fragments, st.just(rooted), several, st.integers(0, 2**32))


def _fragments(schema: GraphQLSchema, documents: list[DocumentNode], seed: int) -> str:
    """What follows `nodes`; every other fragment is a named one."""
    types, inside, below = TypeInfo(schema), list[str](), list[str]()
    for number, document in enumerate(documents):
        found = visit(document, TypeInfoVisitor(types, _Arguments(types, seed)))
        body = f"on {schema.query_type} {print_ast(found.definitions[0].selection_set)}"
        if number % 2:
            inside.append(f"...F{number}")
            below.append(f"fragment F{number} {body}")
        else:
            inside.append(f"... {body}")
    return f"{{ {' '.join(inside)} }} }} }} }}\n{' '.join(below)}"


def lists_of(schema: GraphQLSchema) -> list[str]:
    """The lists of a company."""
    company: Any = schema.type_map["Company"]
    return sorted(name for name, field in company.fields.items() if "from" in field.args)


def documents(schema: GraphQLSchema, names: Sequence[str]) -> st.SearchStrategy[Asked]:
    """Questions for these lists."""
    found = {name: records(schema, name) for name in names}

    def asked(name: str) -> st.SearchStrategy[Asked]:
        return st.builds(_asked, st.just(name), found[name], st.sampled_from(FIRST), st.integers(0, 10**6))

    return st.sampled_from(sorted(found)).flatmap(asked)


def _asked(name: str, selection: str, first: int, seed: int) -> Asked:
    head = "query Q($company: ID!, $from: [String!]) { company(key: $company)"
    return Asked(f"{head} {{ {name}(from: $from, first: {first}) {{ nodes {selection}", seed)


class Both:
    """The two gateways, on a loop of their own."""

    def __init__(self) -> None:
        self._runner = asyncio.Runner()
        self._stack = AsyncExitStack()
        self.books: Books = self._runner.run(self._stack.enter_async_context(books()))

    def check(self, asked: Asked, worlds: int) -> None:
        """Ask both; AssertionError where they differ."""
        random = Random(asked.seed)
        for number in range(worlds):
            badness = BADNESS[(asked.seed + number) % len(BADNESS)]
            sources = None if random.random() < 0.1 else [random.choice(sorted(CONNECTIONS))]
            self.books.wire.turn(asked.seed + number, badness)
            given = {"company": COMPANY, "from": sources}
            self._runner.run(self.books.check(asked.text, given))

    def close(self) -> None:
        """End it."""
        self._runner.run(self._stack.aclose())
        self._runner.close()


def checked(both: Both, names: Sequence[str], examples: int, worlds: int) -> None:
    """So many questions, always the same ones; fails with the smallest that differs."""

    @settings(
        max_examples=examples, deadline=None, derandomize=True, database=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(asked=documents(both.books.schema, names))
    def generated(asked: Asked) -> None:
        both.check(asked, worlds)

    run: Callable[[], None] = generated
    run()
