"""Random questions about a company's books, on our own schema: any list, any field of its records, and relations."""

from __future__ import annotations

from random import Random
from typing import Any, Final

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    GraphQLSchema,
    get_named_type,
    get_nullable_type,
    is_abstract_type,
    is_leaf_type,
    is_required_argument,
)

VARIABLES: Final = {
    "company": "ID!",
    "from": "[String!]",
    "first": "Int! = 6",
    "yes": "Boolean!",
    "no": "Boolean! = false",
    "text": "String",
}
SCALARS: Final[dict[str, tuple[str, ...]]] = {
    "String": ('"a"', '"CHF"', '""', '"1"'),
    "ID": ('"1"', '"x"'),
    "Int": ("1", "2", "6"),
    "Float": ("1.5",),
    "Boolean": ("true", "false"),
    "Decimal": ('"10.5"', '"0"'),
    "Date": ('"2026-06-30"', '"2026-11-01"'),
    "DateTime": ('"2026-06-30T00:00:00Z"',),
    "Instant": ('"2026-06-30T00:00:00Z"',),
    "JSON": ('"x"', "{a: [1, null]}"),
}
SEALED: Final = frozenset(("raw",))
"""Fields without selection whose values hold whole documents: not asked for in every other place."""
USUAL: Final = frozenset(("Money", "DocumentLine", "Address"))
"""Parts that are written in one go with the record they belong to."""
RECORD_FIELDS_MAX: Final = 14
FIELDS_MAX: Final = 60
"""Of one question, about: behind that many no more objects are asked for."""


class Questions:
    """One question after another from one seed."""

    def __init__(self, schema: GraphQLSchema, seed: int) -> None:
        self.schema = schema
        self.random = Random(seed)
        self.fragments: list[str] = []
        self.aliases = 0
        self.fields = 0
        self.usual = False
        """Whether nothing is asked for but what is written in one go."""
        company: Any = schema.type_map["Company"]
        self.company = company
        self.lists = sorted(name for name, field in company.fields.items() if "first" in field.args)

    def document(self) -> str:
        """A query for one or two lists of a company, or for something else that it has."""
        self.fragments, self.aliases, self.fields = [], 0, 0
        self.usual = self.random.random() < 0.5
        roots = [self._root() for _ in range(self.random.choice((1, 1, 1, 2)))]
        if self.random.random() < 0.1:
            roots.append(self.random.choice(("key name", "__typename", "connections { id state }")))
        body = f"{{ company(key: $company) {self._directive(0.02)}{{ {' '.join(roots)} }} }}"
        text = "\n".join((body, *self.fragments))
        used = [f"${name}: {type}" for name, type in VARIABLES.items() if f"${name}" in text]
        return f"query Q({', '.join(used)}) {text}"

    def variables(self) -> dict[str, Any]:
        """Values for it, beside the company and its connection."""
        found: dict[str, Any] = {"yes": self.random.random() < 0.7}
        if self.random.random() < 0.3:
            found["no"] = self.random.random() < 0.5
        if self.random.random() < 0.3:
            found["first"] = self.random.choice((1, 3, 40))
        if self.random.random() < 0.3:
            found["text"] = self.random.choice(("a", None, "Thank"))
        return found

    # -- lists -----------------------------------------------------------------------------------------------------

    def _root(self) -> str:
        chance = self.random.random()
        if chance < 0.04:
            return f"reports {self._selection(self.schema.type_map['Reports'], 3, most=1)}"
        if chance < 0.08:
            name = self.random.choice(
                sorted(
                    name
                    for name, field in self.company.fields.items()
                    if "number" in field.args and name not in self.lists
                )
            )
            below = self._record(get_named_type(self.company.fields[name].type), 1)
            return f"{self._alias()}{name}(number: {self.random.choice(('$text', chr(34) + '1' + chr(34)))}) {below}"
        # What most people ask for comes more often than the rest.
        name = self.random.choice(("invoices", "bills", "parties", "payments", *self.lists))
        definition = self.company.fields[name]
        record = get_named_type(get_named_type(definition.type).fields["nodes"].type)
        return f"{self._alias()}{name}({self._asked(definition)}) {self._page(record)}"

    def _asked(self, definition: Any) -> str:
        random = self.random
        given = ["from: $from", "first: $first"]
        if random.random() < 0.15:
            given.append(f"where: {self._input(definition.args['where'].type, 2)}")
        if random.random() < 0.15:
            given.append(f"orderBy: {self._input(definition.args['orderBy'].type, 2)}")
        if random.random() < 0.05:
            given.append("search: $text")
        if random.random() < 0.03:
            given.append("includeDeleted: true")
        return ", ".join(given)

    def _page(self, record: Any) -> str:
        nodes = self._record(record, 2)
        chance = self.random.random()
        parts = [f"nodes {nodes}"] if chance < 0.85 else [f"edges {{ cursor node {nodes} }}"]
        if self.random.random() < 0.6:
            parts.append(
                "sources { resource status completeness reason rows calls rejected { nativeId path reason }"
                " findings { path code } error { code message retryable } }"
            )
        if self.random.random() < 0.2:
            parts.append(f"pageInfo {{ hasNextPage {self._directive(0.3)} }}")
        if self.random.random() < 0.1:
            parts.append("totalCount")
        return f"{{ {' '.join(parts)} }}"

    # -- selections ------------------------------------------------------------------------------------------------

    def _record(self, type: Any, depth: int) -> str:
        """Many of a record's fields: that is what people ask for, and what is written in one go."""
        return self._selection(type, depth, least=3, most=RECORD_FIELDS_MAX)

    def _selection(self, type: Any, depth: int, *, least: int = 1, most: int = 5) -> str:
        parts = [self._part(type, depth) for _ in range(self.random.randint(least, most))]
        return f"{{ {' '.join(parts)} }}"

    def _part(self, type: Any, depth: int) -> str:
        chance = self.random.random()
        if self.fields > FIELDS_MAX and chance < 0.8:
            return "__typename"
        if self.usual and not is_abstract_type(type):
            return self._field(type, depth)
        if chance < 0.03:
            return f"{self._alias(0.2)}__typename"
        if chance < 0.07 or (is_abstract_type(type) and chance < 0.4):
            target = self._target(type)
            condition = f"on {target.name} " if target is not type or self.random.random() < 0.5 else ""
            return f"... {condition}{self._directive(0.3)}{self._selection(target, depth, most=3)}"
        if chance < 0.11:
            return self._named(type, depth)
        return self._field(type, depth)

    def _named(self, type: Any, depth: int) -> str:
        target, name = self._target(type), f"F{len(self.fragments)}"
        place = len(self.fragments)
        self.fragments.append("")
        self.fragments[place] = f"fragment {name} on {target.name} {self._selection(target, depth, most=3)}"
        return f"...{name} {self._directive(0.3)}"

    def _target(self, type: Any) -> Any:
        if is_abstract_type(type):
            possible = sorted(self.schema.get_possible_types(type), key=lambda each: each.name)
            return (
                self.random.choice([type, *possible])
                if hasattr(type, "fields")
                else self.random.choice(possible)
            )
        return self.random.choice([type, *type.interfaces])

    def _field(self, type: Any, depth: int) -> str:
        self.fields += 1
        leaves = [name for name, each in type.fields.items() if is_leaf_type(get_named_type(each.type))]
        others = [name for name in type.fields if name not in leaves and self._near(type.fields[name], depth)]
        if self.usual:
            others = [name for name in others if get_named_type(type.fields[name].type).name in USUAL]
        if not leaves and not others:
            return "__typename"
        full = self.fields > FIELDS_MAX and leaves
        names = others if not leaves or (others and not full and self.random.random() < 0.4) else leaves
        name = self.random.choice(names)
        if name in SEALED and self.random.random() < 0.5:
            return "__typename"
        definition = type.fields[name]
        arguments = self._arguments(definition)
        inner = get_named_type(definition.type)
        below = ""
        if not is_leaf_type(inner):
            below = (
                f" {self._page(self._record_of(inner))}"
                if self._is_page(inner)
                else f" {self._below(inner, depth)}"
            )
        return f"{self._alias(1.0 if arguments else 0.12)}{name}{arguments} {self._directive(0.06)}{below}"

    def _below(self, inner: Any, depth: int) -> str:
        return self._selection(inner, depth - 1, most=5)

    def _near(self, field: Any, depth: int) -> bool:
        """Parts are always asked for; records and pages of them only so deep."""
        inner = get_named_type(field.type)
        return depth > 0 or not (
            is_abstract_type(inner) or (hasattr(inner, "interfaces") and self._has_objects(inner))
        )

    @staticmethod
    def _has_objects(inner: Any) -> bool:
        return any(not is_leaf_type(get_named_type(each.type)) for each in inner.fields.values())

    @staticmethod
    def _is_page(inner: Any) -> bool:
        return hasattr(inner, "fields") and "nodes" in inner.fields and "pageInfo" in inner.fields

    @staticmethod
    def _record_of(inner: Any) -> Any:
        return get_named_type(inner.fields["nodes"].type)

    # -- what is given ---------------------------------------------------------------------------------------------

    def _arguments(self, definition: Any) -> str:
        given = []
        for name, argument in definition.args.items():
            if (
                name == "after"
                or (name == "from" and not is_required_argument(argument))
                or not (is_required_argument(argument) or self.random.random() < 0.3)
            ):
                continue
            given.append(f"{name}: {'2' if name == 'first' else self._input(argument.type, 2)}")
        return f"({', '.join(given)})" if given else ""

    def _input(self, type: Any, depth: int) -> str:
        inner = get_nullable_type(type)
        if not isinstance(type, GraphQLNonNull) and self.random.random() < 0.03:
            return "null"
        if isinstance(inner, GraphQLList):
            return f"[{self._input(inner.of_type, depth)}]"
        if isinstance(inner, GraphQLEnumType):
            return str(self.random.choice(sorted(inner.values)))
        if isinstance(inner, GraphQLScalarType):
            return self.random.choice(SCALARS.get(inner.name, ('"x"',)))
        assert isinstance(inner, GraphQLInputObjectType), inner
        return self._object(inner, depth)

    def _object(self, type: GraphQLInputObjectType, depth: int) -> str:
        names = [
            name
            for name, each in type.fields.items()
            if depth > 0 or not isinstance(get_named_type(each.type), GraphQLInputObjectType)
        ]
        needed = [name for name in names if isinstance(type.fields[name].type, GraphQLNonNull)]
        chosen = needed or ([self.random.choice(names)] if names else [])
        return (
            f"{{{', '.join(f'{name}: {self._input(type.fields[name].type, depth - 1)}' for name in chosen)}}}"
        )

    def _alias(self, chance: float = 1.0) -> str:
        if self.random.random() >= chance:
            return ""
        self.aliases += 1
        return f"a{self.aliases}: "

    def _directive(self, chance: float) -> str:
        if self.random.random() >= chance:
            return ""
        name = self.random.choice(("skip", "include"))
        wanted = ("true", "false", "$yes", "$no")
        return f"@{name}(if: {self.random.choice(wanted)}) "
