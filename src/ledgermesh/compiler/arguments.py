"""What the resolver of a field is given, prepared once: a run looks up its variables and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any, Final, NamedTuple

from graphql import (
    ArgumentNode,
    FieldNode,
    GraphQLArgument,
    GraphQLError,
    GraphQLField,
    GraphQLInputType,
    GraphQLNonNull,
    Node,
    Undefined,
    ValueNode,
    VariableNode,
    is_required_argument,
)
from graphql.execution.values import VariableValues, coerce_argument
from graphql.utilities.coerce_input_value import coerce_input_literal

from ledgermesh.compiler.terms import Convert, Odd

NOTHING: Final = VariableValues({}, {})
LASTING: Final = (str, int, float, bool, type(None), Enum)
"""Values that nobody can change, so that all runs may share them."""

Converters = Mapping[str, tuple[str, Convert | None]]


class Constant(NamedTuple):
    """The same in every run."""

    name: str
    value: Any
    convert: Convert | None


class Variable(NamedTuple):
    """The value of a variable."""

    name: str
    variable: str
    required: bool
    """Whether null or nothing is an error."""
    nullable: bool
    default: Any
    """Undefined where there is none."""
    convert: Convert | None


class Literal(NamedTuple):
    """What is made of the document by each run: a list or an object with variables in it, for one."""

    name: str
    node: ValueNode
    type: GraphQLInputType
    convert: Convert | None


Part = Constant | Variable | Literal


class Given:
    """Makes the arguments of a resolver, by their Python names."""

    __slots__ = ("_lasting", "_literals", "_made", "_variables", "shared")

    def __init__(self, parts: list[Part]) -> None:
        constants = [part for part in parts if isinstance(part, Constant)]
        self._lasting = {each.name: each.value for each in constants if _lasts(each)}
        self._made = [each for each in constants if not _lasts(each)]
        self._variables = [part for part in parts if isinstance(part, Variable)]
        self._literals = [part for part in parts if isinstance(part, Literal)]
        self.shared = all(
            _lasts(part) if isinstance(part, Constant) else part.convert is None for part in parts
        )
        """Whether all objects of a run may be given the same; a list is made for each, for it may be changed."""

    def __call__(self, variables: VariableValues) -> dict[str, Any]:
        """Raises Odd, or whatever a converter raises, where the usual way has to say what is wrong."""
        found = self._lasting.copy()
        for name, value, convert in self._made:
            found[name] = value if convert is None else convert(value)
        coerced = variables.coerced
        for name, variable, required, nullable, value, convert in self._variables:
            if variable in coerced:
                value = coerced[variable]  # noqa: PLW2901  # in place of the default
                if value is None and not nullable:
                    raise Odd
            elif value is Undefined:
                if required:
                    raise Odd
                continue
            found[name] = value if convert is None else convert(value)
        for each in self._literals:
            value = coerce_input_literal(each.node, each.type, variables)
            if value is Undefined:
                raise Odd
            found[each.name] = value if each.convert is None else each.convert(value)
        return found


def given(definition: GraphQLField, node: FieldNode, converters: Converters) -> Given | None:
    """How the arguments of this field are made; None where the usual way has to make them."""
    nodes = {each.name.value: each for each in node.arguments or ()}
    if set(converters) != set(definition.args):
        return None
    parts: list[Part] = []
    for name, argument in definition.args.items():
        if argument.out_name not in (None, name):
            return None
        try:
            parts += _part(node, name, argument, nodes.get(name), converters[name])
        except GraphQLError:
            return None  # said by each run, at the field
    return Given(parts)


def _part(
    node: FieldNode, name: str, argument: GraphQLArgument, said: ArgumentNode | None,
    converter: tuple[str, Convert | None],
) -> Iterator[Part]:  # fmt: skip
    ours, convert = converter
    if said is not None and isinstance(said.value, VariableNode):
        required, default = is_required_argument(argument), {}
        if not required:
            default = _constant(node, name, argument, None)
        nullable = not isinstance(argument.type, GraphQLNonNull)
        value = default.get(name, Undefined)
        yield Variable(ours, said.value.name.value, required, nullable, value, convert)
        return
    found = {} if said is not None and has_variables(said.value) else _constant(node, name, argument, said)
    for value in found.values():
        if said is None or convert is not None or isinstance(value, LASTING):
            yield Constant(ours, value, convert)
            return
    if said is not None:  # a value that may be changed is made by each run
        yield Literal(ours, said.value, argument.type, convert)


def _constant(
    node: FieldNode, name: str, argument: GraphQLArgument, said: ArgumentNode | None
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    coerce_argument(found, node, name, argument, said, NOTHING, None)
    return found


def _lasts(part: Constant) -> bool:
    return isinstance(part.value, LASTING) and part.convert is None


def has_variables(node: ValueNode) -> bool:
    """Whether a variable stands somewhere in a value."""
    return any(isinstance(each, VariableNode) for each in below(node))


def below(node: Node) -> Iterator[Node]:
    """A node and all nodes in it."""
    stack: list[Any] = [node]
    while stack:
        each = stack.pop()
        if isinstance(each, Node):
            yield each
            stack += [getattr(each, key, None) for key in each.keys if key != "loc"]
        elif isinstance(each, list | tuple):
            stack += each
