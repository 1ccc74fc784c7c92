"""Fields of records that compiled code reads in a way of its own: references a whole level at a time, ids at once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

from graphql import GraphQLField, GraphQLObjectType

from ledgermesh.compiler.strawberry_schema import DEFINITION
from ledgermesh.compiler.terms import Many, Plain
from ledgermesh.model.record import Record
from ledgermesh.model.selection import chosen
from ledgermesh.spec.wires import declared

CHILDREN: Final = {
    ("Invoice", "payments"): "Payment",
    ("Bill", "payments"): "BillPayment",
    ("Account", "transactions"): "LedgerTransaction",
    ("Party", "transactions"): "LedgerTransaction",
    ("Party", "addresses"): "PartyAddress",
    ("Party", "people"): "ContactPerson",
    ("Party", "bank_accounts"): "PartyBankAccount",
}
"""Relations to what belongs to a record, and its kind."""


def plain(parent: GraphQLObjectType, name: str, definition: GraphQLField) -> Plain | None:
    """Resolvers that do nothing but read."""
    record, field = _field(parent, definition)
    if record and field.python_name == "id":
        return Plain("global_id", lambda source, info: source.global_id)
    return None


def many(parent: GraphQLObjectType, name: str, definition: GraphQLField) -> Many | None:
    """The relations of records, as the resolvers in the model follow them one by one."""
    record, field = _field(parent, definition)
    if not record or field.base_resolver is None or definition.args:
        return None
    python_name: str = field.python_name
    reference = f"{python_name}_ref"
    if reference in declared(parent.extensions[DEFINITION].origin):
        return _following(reference)
    kind = CHILDREN.get((parent.name, python_name))
    return _children(kind) if kind is not None else None


def _field(parent: GraphQLObjectType, definition: GraphQLField) -> tuple[bool, Any]:
    """Whether the parent is a record, and Strawberry's own field."""
    origin: Any = getattr(parent.extensions.get(DEFINITION), "origin", None)
    field = definition.extensions.get(DEFINITION)
    return isinstance(origin, type) and issubclass(origin, Record) and field is not None, field


def _following(reference: str) -> Callable[..., Awaitable[Sequence[Any]]]:
    async def follow(sources: Sequence[Any], info: Any) -> Sequence[Any]:
        found: Sequence[Any] = await info.context.reach.follow_each(sources, reference, chosen(info))
        return found

    return follow


def _children(kind: str) -> Callable[..., Awaitable[Sequence[Any]]]:
    async def children(sources: Sequence[Any], info: Any) -> Sequence[Any]:
        found: Sequence[Any] = await info.context.reach.children_each(sources, kind, chosen(info))
        return found

    return children
