"""What the compiler is told about a schema, and the two ways in which it says no."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import msgspec
from graphql import GraphQLField, GraphQLObjectType, GraphQLResolveInfo, Node, default_field_resolver
from msgspec import Struct

Info = Callable[..., Any]
"""Takes the fourteen values of graphql-core's `GraphQLResolveInfo`, in its order, and makes what resolvers get."""


class Plain(NamedTuple):
    """A field whose resolver only reads an attribute: it may be read twice and never waits."""

    attribute: str
    read: Callable[[Any, Any], Any]
    """What the resolver does, exactly: of (source, info). Runs where reading the attribute alone does not do."""
    callables: bool = False
    """Whether a value that can be called is called, as graphql-core's default resolver does."""


class Leaf(NamedTuple):
    """How the usual values of a scalar are written, without asking the scalar."""

    type: type
    """Values of exactly this class qualify; others go through the scalar itself."""
    template: str = "{0}"
    """The value as it is encoded: an expression of `{0}`."""
    condition: str = ""
    """An expression of `{0}` that must hold as well."""


LEAVES: Mapping[str, Leaf] = {
    "String": Leaf(str),
    "ID": Leaf(str),
    "Boolean": Leaf(bool),
    "Int": Leaf(int, condition="-2147483648 <= {0} <= 2147483647"),
    "Float": Leaf(float, condition="{0} - {0} == 0.0"),
}
"""The built-in scalars; the condition of Float leaves out NaN and the infinities."""

Many = Callable[..., Awaitable[Sequence[Any]]]
"""A resolver of a whole level: (sources, info, **arguments) to a value or an exception for each source."""


def default_plain(parent: GraphQLObjectType, name: str, definition: GraphQLField) -> Plain | None:
    """Fields without a resolver, which graphql-core reads from the source by their own name."""
    if definition.resolve is not None or definition.args:
        return None
    return Plain(name, default_field_resolver, callables=True)


Convert = Callable[[Any], Any]


class Direct(Struct, frozen=True, kw_only=True):
    """A resolver without what a library puts around it. Whatever it cannot be given as usual goes the usual way."""

    function: Callable[..., Any]
    source: bool
    """Whether it takes the source, as its first argument."""
    info: str | None
    """The name of the argument that takes the info, as `wrap` makes it; None where it takes none."""
    wrap: Convert
    converters: Mapping[str, tuple[str, Convert | None]]
    """Of each argument by GraphQL name: its Python name, and what makes its value of the coerced one; None for what
    stays as it is. What it raises is raised again on the usual way."""
    check: Callable[[Any], None] | None = None
    """Looks at the context first, and raises where the field may not be asked for."""


class Fused(NamedTuple):
    """What writes the objects of one level whole, straight from what they were read from."""

    one: Callable[[Any], Any]
    """An object; raises for one that is not as usual."""
    each: Callable[[Sequence[Any], list[Any]], None]
    """Adds those of a list to what is done, from the first one on; ends or raises at one that is not as usual."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """What the compiler is told about a schema beside the schema itself."""

    plain: Callable[[GraphQLObjectType, str, GraphQLField], Plain | None] = default_plain
    """Which fields are plain attributes, of (parent type, field name, definition)."""
    many: Callable[[GraphQLObjectType, str, GraphQLField], Many | None] = lambda parent, name, definition: (
        None
    )
    """Which fields are resolved a level at a time."""
    direct: Callable[[GraphQLObjectType, str, GraphQLField], Direct | None] = (
        lambda parent, name, definition: None
    )
    """Which resolvers are called by themselves."""
    leaves: Mapping[str, Leaf] = field(default_factory=lambda: dict(LEAVES))
    """Scalars whose usual values are written without asking the scalar, by name."""
    reader: Callable[[GraphQLObjectType, Sequence[str]], Callable[[Any], Sequence[Any]] | None] = (
        lambda parent, names: None
    )
    """What reads several plain attributes of an object at once, in their order; None where there is nothing better than
    one by one. What it raises is looked at again, field by field."""
    fuse: Callable[[Any], Fused | None] = lambda level: None
    """What writes an object of a level (`plan.Level`) whole, without its called fields, from what was found there; None
    where nothing does. It changes nothing, and raises for whatever is not usual: that is then read field by field."""
    info: Info = GraphQLResolveInfo
    """Makes what resolvers get as their second argument, once for each field of a run."""
    kinds_by_class: bool = False
    """Whether `resolve_type` and `is_type_of` look at nothing but the class of the value."""
    inert: frozenset[str] = frozenset()
    """Directives of fields and fragments that execution itself does not act on."""
    encode: Callable[[Any], bytes] = msgspec.json.encode
    """Writes JSON; takes msgspec Structs and what the scalars give."""
    fields_max: int = 3000
    """Fields of a plan, each counted for each object type that it is read from."""
    slice_seconds: float = 0.005
    """How long a run completes values before it lets others have the event loop."""


class Refusal(Exception):
    """The operation is not compiled; the reason names the group of operations it belongs to."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Replay(Exception):
    """A run met what it was not made for. `memo` has all that resolvers have given, for graphql-core's run."""

    def __init__(self, reason: str, memo: Memo) -> None:
        super().__init__(reason)
        self.reason = reason
        self.memo = memo


class Memo:
    """The outcomes of resolvers, by source object and place in the document: middleware of the interpreted run.

    Source objects are kept alive, for they are known by identity.
    """

    def __init__(self) -> None:
        self._columns: list[_Column] = []
        self.listed: dict[int, tuple[Any, Any]] = {}
        """What was gone through and is no list, by its identity; it is kept beside its elements."""
        self._outcomes: dict[tuple[int, int], tuple[Any, bool]] | None = None

    def keep(
        self, node: Node, sources: Sequence[Any], outcomes: Sequence[Any], waiting: Collection[int]
    ) -> None:
        """What a field's resolver gave for each source; those outcomes that are waited for come in place later."""
        self._columns.append((node, sources, outcomes, waiting))

    def resolve(self, next_: Callable[..., Any], source: Any, info: Any, **arguments: Any) -> Any:
        """The known outcome, else the resolver's. graphql-core raises an exception that is given as a value."""
        if self._outcomes is None:
            self._outcomes = {
                (id(source), _place(node)): (outcome, index in late)
                for node, sources, outcomes, waiting in self._columns
                for late in (frozenset(waiting),)
                for index, (source, outcome) in enumerate(zip(sources, outcomes, strict=False))
            }
        key = (id(source), _place(info.field_nodes[0]))
        waited = False
        if key in self._outcomes:
            outcome, waited = self._outcomes[key]
        else:
            outcome = next_(source, info, **arguments)
        _, outcome = self.listed.get(id(outcome), (None, outcome))
        # Where graphql-core would have waited it waits again, so that errors come in the same order.
        return _given(outcome) if waited else outcome


_Column = tuple[Node, Sequence[Any], Sequence[Any], Collection[int]]
"""A field, the objects it was asked of, what was given for each, and at which of them somebody waits."""


async def _given(outcome: Any) -> Any:
    return outcome


def _place(node: Node) -> int:
    """The same for the same field of a document that was parsed again."""
    return node.loc.start if node.loc is not None else id(node)


class Odd(Exception):
    """A value that the fast path was not made for; the careful one looks at it again."""


class Surprise(BaseException):
    """What the careful path was not made for either. No Exception, so that no field takes it for its own error."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
