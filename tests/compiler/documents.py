"""Random operations on a schema: aliases, fragments, directives, arguments, variables."""

from __future__ import annotations

import random
from typing import Any

from graphql import (
    GraphQLSchema,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
    is_union_type,
)

ARGUMENTS = {
    "first": ("2", "1", "$first", "13", "null"),
    "limit": ("3", "$first"),
    "id": ('"x"', "$id", "null"),
    "filter": (
        "{status: OPEN}",
        '{words: [red, green], since: "2026-01-01"}',
        "$filter",
        "null",
        "{least: $first}",
    ),
}
VARIABLES = "$first: Int = 4, $id: ID, $filter: Filter, $yes: Boolean!, $no: Boolean = false"


class Documents:
    """One operation after another from one seed."""

    def __init__(self, schema: GraphQLSchema, seed: int) -> None:
        self.schema = schema
        self.random = random.Random(seed)
        self.fragments: list[str] = []
        self.aliases = 0

    def document(self) -> str:
        """A query on the root."""
        self.fragments = []
        self.aliases = 0
        root: Any = self.schema.query_type
        body = self.selection(root, 3, most=3)
        return "\n".join((f"query Q({VARIABLES}) {body}", *self.fragments))

    def variables(self) -> dict[str, Any]:
        """Values for it."""
        found: dict[str, Any] = {"yes": self.random.random() < 0.7}
        if self.random.random() < 0.5:
            found["no"] = self.random.random() < 0.5
        if self.random.random() < 0.5:
            found["first"] = self.random.choice((1, 13, None))
        if self.random.random() < 0.3:
            found["filter"] = self.random.choice(({"status": "PAID"}, None, {"least": 3}))
        return found

    def selection(self, type: Any, depth: int, *, most: int = 4) -> str:
        """`{ … }` on a type."""
        parts = [self.part(type, depth) for _ in range(self.random.randint(1, most))]
        return f"{{ {' '.join(parts)} }}"

    def part(self, type: Any, depth: int) -> str:
        chance = self.random.random()
        if chance < 0.06 or is_union_type(type):
            if chance < 0.02:
                return "__typename"
            return self.inline(type, depth)
        if chance < 0.12:
            return self.inline(type, depth)
        if chance < 0.2 and depth > 0:
            return self.named(type, depth)
        return self.field(type, depth)

    def inline(self, type: Any, depth: int) -> str:
        target = self.target(type)
        condition = f"on {target.name} " if target is not type or self.random.random() < 0.5 else ""
        return f"... {condition}{self.directive()}{self.selection(target, depth - 1, most=2)}"

    def named(self, type: Any, depth: int) -> str:
        target, name = self.target(type), f"F{len(self.fragments)}"
        self.fragments.append("")
        self.fragments[int(name[1:])] = (
            f"fragment {name} on {target.name} {self.selection(target, depth - 1, most=2)}"
        )
        return f"...{name} {self.directive()}"

    def target(self, type: Any) -> Any:
        """A type that values of this one may have."""
        if is_abstract_type(type):
            return self.random.choice(
                [*([] if is_union_type(type) else [type]), *self.schema.get_possible_types(type)]
            )
        return self.random.choice([type, *type.interfaces])

    def field(self, type: Any, depth: int) -> str:
        fields = [
            (name, each)
            for name, each in type.fields.items()
            if depth > 0 or is_leaf_type(get_named_type(each.type))
        ]
        if not fields:
            return "__typename"
        name, definition = self.random.choice(fields)
        arguments = self.arguments(definition)
        alias = ""
        if arguments or self.random.random() < 0.2:
            self.aliases += 1
            alias = f"a{self.aliases}: "
        inner = get_named_type(definition.type)
        below = "" if is_leaf_type(inner) else f" {self.selection(inner, depth - 1)}"
        return f"{alias}{name}{arguments} {self.directive()}{below}"

    def arguments(self, definition: Any) -> str:
        given = [
            f"{name}: {self.random.choice(ARGUMENTS[name])}"
            for name in definition.args
            if self.random.random() < 0.8
        ]
        return f"({', '.join(given)})" if given else ""

    def directive(self) -> str:
        chance = self.random.random()
        if chance > 0.15:
            return ""
        name = self.random.choice(("skip", "include"))
        return f"@{name}(if: {self.random.choice(('true', 'false', '$yes', '$no'))}) "
