"""Conditions and orders as GraphQL inputs, made from the model's own fields, and read into the spec's values."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any, Generic, TypeVar, Union, get_args, get_origin

import strawberry
from msgspec import Struct
from strawberry import UNSET
from strawberry.annotation import StrawberryAnnotation

from ledgermesh.engine.mapping import CONNECTION
from ledgermesh.errors import BadInput
from ledgermesh.graph.instants import Instant, bounds
from ledgermesh.model import declare
from ledgermesh.model.enums import Direction
from ledgermesh.model.mapped import graphql_name
from ledgermesh.model.money import Money
from ledgermesh.spec.pointer import Pointer
from ledgermesh.spec.query import And, Compare, Not, Operator, Or, Order, Ref, Where
from ledgermesh.spec.wires import declared

T = TypeVar("T")

NULLS = "Null equals only null; `ne` holds for null."


@declare.input_type(name="Filter", description=f"Compares a value. Everything given must hold. {NULLS}")
class Equality(Generic[T]):
    eq: T | None = strawberry.field(default=UNSET, description="Equal; null asks for null.")
    ne: T | None = strawberry.field(default=UNSET, description="Not equal; null asks for anything but null.")
    in_: list[T] | None = strawberry.field(name="in", default=UNSET, description="Equal to one of these.")
    is_null: bool | None = strawberry.field(default=UNSET, description="Whether there is no value.")


@declare.input_type(
    name="Range", description=f"Compares a value that has an order. Everything given must hold. {NULLS}"
)
class Range(Equality[T], Generic[T]):
    lt: T | None = strawberry.field(default=UNSET, description="Less than.")
    lte: T | None = strawberry.field(default=UNSET, description="Less than or equal.")
    gt: T | None = strawberry.field(default=UNSET, description="Greater than.")
    gte: T | None = strawberry.field(default=UNSET, description="Greater than or equal.")


@declare.input_type(description=f"Compares text by code point. Everything given must hold. {NULLS}")
class TextFilter(Range[str]):
    contains: str | None = strawberry.field(
        default=UNSET, description="Holds this text somewhere, ignoring case."
    )


@declare.input_type(
    description=f"Compares an amount of money within one currency. Everything given must hold. {NULLS}"
)
class MoneyFilter(Range[Decimal]):
    currency: str | None = strawberry.field(
        default=UNSET,
        description="ISO 4217 code of the amounts given. Needed where the sources hold several currencies.",
    )


@declare.input_type(name="ListFilter", description="Looks into a list of words.")
class Membership(Generic[T]):
    contains: T | None = strawberry.field(default=UNSET, description="This is one of them.")


@declare.input_type(description="Compares a reference by the other record's global id.")
class ReferenceFilter:
    eq: strawberry.ID | None = strawberry.field(
        default=UNSET, description="Refers to this record; null asks for none."
    )
    in_: list[strawberry.ID] | None = strawberry.field(
        name="in", default=UNSET, description="Refers to one of these."
    )
    is_null: bool | None = strawberry.field(default=UNSET, description="Whether there is no reference.")


def _bare(hint: object) -> object:
    """A type without its null."""
    parts = [part for part in get_args(hint) if part is not type(None)]
    return parts[0] if len(parts) == 1 and type(None) in get_args(hint) else hint


@cache
def _made(alias: Any) -> Any:
    """The input type that a generic one and its argument make: once, where Strawberry would at every use."""
    return StrawberryAnnotation(alias).resolve()


def _filter(hint: object) -> Any:
    """The filter input for a field of this type; None where it cannot be filtered by."""
    bare = _bare(hint)
    if isinstance(bare, type) and issubclass(bare, Enum):
        return _made(Equality[bare])  # type: ignore[valid-type]  # a type at run time
    if get_origin(bare) is list and issubclass(get_args(bare)[0], Enum):
        return _made(Membership[get_args(bare)[0]])  # type: ignore[misc]  # a type at run time
    return None if get_origin(bare) is not None else _FILTERS.get(bare)


_FILTERS: Mapping[object, Any] = {
    str: TextFilter,
    bool: _made(Equality[bool]),
    int: _made(Range[int]),
    Decimal: _made(Range[Decimal]),
    dt.date: _made(Range[dt.date]),
    dt.datetime: _made(Range[Instant]),
    Money: MoneyFilter,
    Pointer: ReferenceFilter,
}


UNASKED = frozenset(("native_id", "origin_integration", "origin_native_id"))
"""Mapped fields that callers see below `source` only."""


class Field(Struct, frozen=True):
    """A field of a record that conditions and orders may name."""

    name: str
    """Python name on the record."""
    shown: str
    """Python name in the inputs: references without `_ref`."""
    filter: Any
    orderable: bool
    refers: str | None = None
    """The kind of record that a reference names."""


@cache
def fields_of(model: Any) -> tuple[Field, ...]:
    """The fields of a kind that can be filtered and ordered by."""
    found = []
    for name, hint in declared(model).items():
        filter = _filter(hint)
        if filter is not None and name not in UNASKED:
            orderable = _bare(hint) not in (bool, Pointer) and get_origin(_bare(hint)) is None
            shown = name.removesuffix("_ref")
            refers = _referred(model, shown) if filter is ReferenceFilter else None
            found.append(Field(name, shown, filter, orderable, refers))
    return tuple(found)


def _referred(model: Any, shown: str) -> str:
    """The kind of record that the field of this name resolves to."""
    (field,) = (each for each in model.__strawberry_definition__.fields if each.python_name == shown)
    name: str = field.type.of_type.__name__
    return name


@cache
def nullable(hint: Any) -> StrawberryAnnotation:
    """A hint that may be null, resolved once: Strawberry resolves each field's own several times."""
    return StrawberryAnnotation(Union[hint, None], namespace={})


@cache
def where_input(model: Any) -> Any:
    """The `where` input of a kind."""
    made = type(f"{model.__name__}Where", (), {"__annotations__": {}, "__doc__": None})
    notes: dict[str, Any] = made.__annotations__
    for field in fields_of(model):
        notes[field.shown] = nullable(field.filter)
        setattr(
            made,
            field.shown,
            strawberry.field(default=UNSET, description=f"By `{graphql_name(field.shown)}`."),
        )
    for name, kind, text in (
        ("and", list[made], "All of these hold."),  # type: ignore[valid-type]  # a type at run time
        ("or", list[made], "One of these holds."),  # type: ignore[valid-type]  # as above
        ("not", made, "This does not hold."),
    ):
        notes[f"{name}_"] = nullable(kind)
        setattr(made, f"{name}_", strawberry.field(name=name, default=UNSET, description=text))
    return declare.input_type(description="A condition. Everything given in one object must hold.")(made)


@cache
def order_input(model: Any) -> Any:
    """The `orderBy` input of a kind."""
    names = {field.shown.upper(): field.shown for field in fields_of(model) if field.orderable}
    named: Any = Enum
    words = strawberry.enum(
        named(f"{model.__name__}OrderField", names),
        description="A field to order by.",
    )
    made = type(
        f"{model.__name__}Order",
        (),
        {"__annotations__": {"field": words, "direction": Direction, "currency": Union[str, None]}},
    )
    for name, default, text in (
        ("direction", Direction.ASC, "Ascending or descending."),
        ("currency", UNSET, "For money: the ISO 4217 code to order within; amounts in others come last."),
    ):
        setattr(made, name, strawberry.field(default=default, description=text))
    made.field = strawberry.field(description="What to order by.")  # type: ignore[attr-defined]  # the class is made here
    return declare.input_type(description="One key of an order. Nulls come last in both directions.")(made)


# -- into the spec's values --------------------------------------------------------------------------------------


def to_order(given: list[Any] | None) -> tuple[Order, ...]:
    """The order keys that a caller gave."""
    return tuple(
        Order(
            key.field.value,
            descending=key.direction is Direction.DESC,
            currency=_upper(None if key.currency is UNSET else key.currency),
        )
        for key in given or ()
    )


Open = Callable[[str, str], Ref]
"""Reads a global id of a record of this kind; raises BadInput for any other."""


COMPARISONS_MAX = 200
"""Of one condition: it is evaluated on every record. Ten values of one `in` count as one comparison."""


def to_where(model: Any, given: Any, open_id: Open) -> Where | None:
    """The condition that a caller gave; None for none. Raises BadInput."""
    found = _where(model, given, open_id)
    if found is not None and (size := _size(found)) > COMPARISONS_MAX:
        raise BadInput(
            f"`where` has {size} comparisons; the limit is {COMPARISONS_MAX}", details={"field": "where"}
        )
    return found


def _size(where: Where) -> int:
    match where:
        case Compare(value=tuple(values)):
            return 1 + len(values) // 10
        case Compare():
            return 1
        case Not(part):
            return _size(part)
        case And(parts) | Or(parts):
            return sum(map(_size, parts))


def _where(model: Any, given: Any, open_id: Open) -> Where | None:
    if given is None or given is UNSET:
        return None
    parts = tuple(_parts(model, given, open_id))
    return parts[0] if len(parts) == 1 else And(parts)


def _parts(model: Any, given: Any, open_id: Open) -> Iterator[Where]:
    for field in fields_of(model):
        filter = getattr(given, field.shown)
        if filter is UNSET or filter is None:
            continue
        yield from _refers(field, filter, open_id) if field.refers else _compares(field.name, filter)
    for part in given.and_ or ():
        yield _where(model, part, open_id) or And(())
    if given.or_ is not UNSET and given.or_ is not None:
        yield Or(tuple(_where(model, part, open_id) or And(()) for part in given.or_))
    if given.not_ is not UNSET and given.not_ is not None:
        yield Not(_where(model, given.not_, open_id) or And(()))


_OPERATORS: tuple[tuple[str, Operator], ...] = (
    ("eq", "eq"), ("ne", "ne"), ("in_", "in"), ("is_null", "isNull"), ("lt", "lt"),
    ("lte", "lte"), ("gt", "gt"), ("gte", "gte"), ("contains", "contains"),
)  # fmt: skip


def _compares(name: str, filter: Any) -> Iterator[Where]:
    currency = _upper(getattr(filter, "currency", None) or None)
    for attribute, operator in _OPERATORS:
        value = getattr(filter, attribute, UNSET)
        if value is UNSET or (value is None and operator not in ("eq", "ne")):
            continue
        if isinstance(value, list):
            value = tuple(value)
        yield bounds(Compare(name, operator, value, currency))


def _refers(field: Field, filter: Any, open_id: Open) -> Iterator[Where]:
    """Native ids are unique within one connection only, so a reference is compared together with its connection."""

    def same(id: str) -> Where:
        ref = open_id(id, field.refers or "")
        return And((Compare(CONNECTION, "eq", ref.connection), Compare(field.name, "eq", ref.native_id)))

    if filter.eq is not UNSET:
        yield same(filter.eq) if filter.eq is not None else Compare(field.name, "eq", None)
    if filter.in_ is not UNSET and filter.in_ is not None:
        yield Or(tuple(same(id) for id in filter.in_))
    if filter.is_null is not UNSET and filter.is_null is not None:
        yield Compare(field.name, "isNull", filter.is_null)


def _upper(code: str | None) -> str | None:
    if not code:
        return None
    if not re.fullmatch(r"[A-Za-z]{3}", code):
        raise BadInput(
            f"`currency` is an ISO 4217 code of three letters, not {code!r}", details={"field": "currency"}
        )
    return code.upper()
