"""The tree of an operation: for each object type that can stand at a place, which fields are read and how."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLAbstractType,
    GraphQLError,
    GraphQLField,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    VariableNode,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
    is_object_type,
)
from graphql.execution.collect_fields import FieldDetails, FragmentDetails, collect_fields, collect_subfields
from graphql.execution.values import VariableValues, get_argument_values
from graphql.pyutils import Path

from ledgermesh.compiler.arguments import LASTING, NOTHING, Given, below, given, has_variables
from ledgermesh.compiler.terms import Direct, Many, Options, Plain, Refusal

CONDITIONS = frozenset(("skip", "include"))


class Nodes(list[FieldNode]):
    """A field's nodes, and room for what resolvers work out of them: it is the same in every run."""

    __slots__ = ("known",)

    def __init__(self, nodes: Iterable[FieldNode]) -> None:
        super().__init__(nodes)
        self.known: dict[Any, Any] = {}


@dataclass(eq=False, slots=True)
class Place:
    """A field of an object at one place of the answer."""

    id: int
    key: str
    """Its name in the answer."""
    slot: str
    """Its name in the Struct of the answer."""
    above: Level
    name: str
    definition: GraphQLField
    nodes: Nodes
    path: Path
    """Without the indices of lists."""
    chain: tuple[Place, ...]
    """The fields with a resolver on the way here, this one included."""
    plain: Plain | None = None
    many: Many | None = None
    direct: Direct | None = None
    """The resolver by itself, where nothing has to stand around it."""
    given: Given | None = None
    """What it is given then."""
    arguments: dict[str, Any] | None = None
    """Coerced once where they are constant; None where each run does it."""
    levels: dict[str, Level] = field(default_factory=dict)
    """What may stand here, by the name of the object type; empty for leaves."""
    kinds: dict[type, str] = field(default_factory=dict)
    """Object types of an interface or union, by the class of the value."""
    typename: bool = field(init=False)
    """Whether the value is the name of the object's type."""
    called: bool = field(init=False)
    """Whether a resolver runs."""
    type: GraphQLOutputType = field(init=False)
    known: Collection[Any] = frozenset()
    """Classes of values that fields were read from, and that nobody has to wait for."""
    begins: tuple[Level, ...] = ()
    """The levels below it, as far as no resolver stands between, that have fields with one."""

    def __post_init__(self) -> None:
        self.typename = self.name == "__typename"
        self.called = not self.typename
        self.type = self.definition.type


@dataclass(eq=False, slots=True)
class Level:
    """All objects of one type at one place of the answer."""

    id: int
    type: GraphQLObjectType
    at: Place | None
    """The field whose value they are; None for the root."""
    places: list[Place] = field(default_factory=list)
    struct: Any = None
    known: set[Any] = field(default_factory=set)
    """Classes of values that fields are read from."""
    called: tuple[Place, ...] = ()
    """Its fields that have a resolver."""

    def inside(self) -> Iterator[Level]:
        """This level and those below it, as far as no resolver stands between."""
        yield self
        for place in self.places:
            if not place.called:
                for level in place.levels.values():
                    yield from level.inside()

    @property
    def title(self) -> str:
        """For people: the type and where it stands."""
        keys = [str(key) for key in self.at.path.as_list()] if self.at is not None else []
        return f"{self.type.name} at {'.'.join(keys) or 'the root'}"


@dataclass(frozen=True, eq=False)
class Plan:
    """An operation, ready to be written as Python."""

    schema: GraphQLSchema
    operation: OperationDefinitionNode
    fragments: Mapping[str, FragmentDefinitionNode]
    levels: list[Level]
    calling: tuple[Level, ...]
    """Those that have fields with a resolver."""
    places: list[Place]
    begins: tuple[Level, ...]
    """The levels that a run begins with: see Place."""
    slots: Mapping[Any, Mapping[str, str]]
    """Of each Struct of the answer: its slots by what they answer as."""

    @property
    def root(self) -> Level:
        return self.levels[0]


def operation_of(document: DocumentNode, name: str | None) -> OperationDefinitionNode:
    """The operation that is asked for; raises Refusal where graphql-core would answer with an error."""
    found = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
    if name is not None:
        found = [each for each in found if each.name is not None and each.name.value == name]
    if len(found) != 1:
        raise Refusal("operation not clear")
    if found[0].operation is not OperationType.QUERY:
        raise Refusal(found[0].operation.value)
    return found[0]


def conditions(document: DocumentNode, inert: frozenset[str]) -> tuple[str, ...]:
    """The variables that @skip and @include look at; raises Refusal for a directive of unknown effect."""
    found: set[str] = set()
    for node in below(document):
        if not isinstance(node, DirectiveNode):
            continue
        if node.name.value in CONDITIONS:
            found |= {each.name.value for each in below(node) if isinstance(each, VariableNode)}
        elif node.name.value not in inert:
            raise Refusal(f"@{node.name.value}")
    return tuple(sorted(found))


def plan(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: VariableValues,
    options: Options,
) -> Plan:
    """The plan of a validated operation for these values of the variables in @skip and @include; raises Refusal."""
    found = {
        each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)
    }
    if any(fragment.variable_definitions for fragment in found.values()):
        raise Refusal("fragment variables")
    if schema.query_type is None:
        raise Refusal("no query type")
    return _Planner(schema, operation, found, variables, options).plan(schema.query_type)


class _Planner:
    def __init__(
        self,
        schema: GraphQLSchema,
        operation: OperationDefinitionNode,
        fragments: dict[str, FragmentDefinitionNode],
        variables: VariableValues,
        options: Options,
    ) -> None:
        self._schema = schema
        self._operation = operation
        self._definitions = fragments
        self._fragments = {name: FragmentDetails(each) for name, each in fragments.items()}
        self._variables = variables
        self._options = options
        self._levels: list[Level] = []
        self._places: list[Place] = []

    def plan(self, root: GraphQLObjectType) -> Plan:
        """Everything below the root."""
        collected = collect_fields(self._schema, self._fragments, self._variables, root, self._operation)
        top = self._level(root, None, collected.grouped_field_set)
        for place in self._places:
            place.begins = tuple(each for level in place.levels.values() for each in _beginning(level))
        slots = {level.struct: {each.key: each.slot for each in level.places} for level in self._levels}
        return Plan(
            self._schema, self._operation, self._definitions, self._levels,
            tuple([each for each in self._levels if each.called]), self._places, tuple(_beginning(top)), slots,
        )  # fmt: skip

    def _level(
        self, type: GraphQLObjectType, at: Place | None, fields: Mapping[str, list[FieldDetails]]
    ) -> Level:
        level = Level(len(self._levels), type, at)
        self._levels.append(level)
        for key, details in fields.items():
            definition = self._schema.get_field(type, details[0].node.name.value)
            if definition is not None:
                level.places.append(self._place(level, key, definition, details))
        level.called = tuple(place for place in level.places if place.called)
        slots = [(place.slot, Any) for place in level.places]
        # Structs of the answer form no cycles, so that the collector need not look at them.
        level.struct = msgspec.defstruct(
            type.name, slots, rename={place.slot: place.key for place in level.places}, gc=False
        )
        return level

    def _place(self, level: Level, key: str, definition: GraphQLField, details: list[FieldDetails]) -> Place:
        if len(self._places) >= self._options.fields_max:
            raise Refusal("too large")
        nodes = Nodes(each.node for each in details)
        name = nodes[0].name.value
        if name in ("__schema", "__type"):
            raise Refusal("introspection")
        above = level.at.path if level.at is not None else None
        place = Place(
            id=len(self._places), key=key, slot=f"f{len(level.places)}", above=level, name=name,
            definition=definition, nodes=nodes, path=Path(above, key, level.type.name), chain=(),
        )  # fmt: skip
        self._places.append(place)
        if not place.typename:
            self._resolver(place)
        before = level.at.chain if level.at is not None else ()
        place.chain = (*before, place) if place.called else before
        self._below(place, details)
        return place

    def _resolver(self, place: Place) -> None:
        level, definition = place.above, place.definition
        place.many = self._options.many(level.type, place.name, definition)
        if place.many is None:
            place.plain = self._options.plain(level.type, place.name, definition)
        place.called = place.plain is None
        if not place.called:
            return
        place.arguments = _constant(definition, place.nodes[0])
        place.direct = (
            self._options.direct(level.type, place.name, definition) if place.many is None else None
        )
        if place.direct is not None:
            place.given = given(definition, place.nodes[0], place.direct.converters)
            place.direct = place.direct if place.given is not None else None

    def _below(self, place: Place, details: list[FieldDetails]) -> None:
        named = get_named_type(place.type)
        if is_leaf_type(named):
            return
        types: list[GraphQLObjectType] = []
        if is_object_type(named):
            types = [named]
        elif is_abstract_type(named):
            types = _possible(self._schema, named)
        for type in types:
            collected = collect_subfields(
                self._schema, self._fragments, self._variables, self._operation, type, details
            )
            place.levels[type.name] = level = self._level(type, place, collected.grouped_field_set)
            place.known = level.known if len(types) == 1 else ()


def _beginning(level: Level) -> Iterator[Level]:
    return (each for each in level.inside() if each.called)


def _possible(schema: GraphQLSchema, abstract: GraphQLAbstractType) -> list[GraphQLObjectType]:
    return list(schema.get_possible_types(abstract))


def _constant(definition: GraphQLField, node: FieldNode) -> dict[str, Any] | None:
    """The arguments, where they are the same in every run and no resolver can change them."""
    if not definition.args:
        return {}
    if any(has_variables(argument.value) for argument in node.arguments or ()):
        return None
    try:
        found = get_argument_values(definition, node, NOTHING)
    except GraphQLError:
        return None  # said by each run, at the field
    return found if all(isinstance(value, LASTING) for value in found.values()) else None


def nullable(type: GraphQLOutputType) -> bool:
    """Whether null may stand here."""
    return not isinstance(type, GraphQLNonNull)


def bare(type: GraphQLOutputType) -> Any:
    """The type without its non-null."""
    return type.of_type if isinstance(type, GraphQLNonNull) else type


def item(type: GraphQLOutputType) -> Any:
    """The type of the elements of a list type; None for any other."""
    inner = bare(type)
    return inner.of_type if isinstance(inner, GraphQLList) else None
