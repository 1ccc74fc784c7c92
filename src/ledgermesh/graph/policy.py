"""Who may ask for what: a table of the fields at the roots. What is not in it, nobody may ask for.

Every other field is reached through one of these, and needs what that one needs; resolvers behind them ask for more
where a tenant, a company or a record is involved.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
)
from msgspec import Struct

from ledgermesh.errors import Forbidden
from ledgermesh.graph.kinds import NAMES
from ledgermesh.state.registry import Principal

READ: Final = "api.read"
WRITE: Final = "api.write"
ADMIN: Final = "admin"


class Need(Struct, frozen=True):
    """Scopes that a key must have: all of some, and one of others."""

    every: tuple[str, ...] = ()
    some: tuple[str, ...] = ()
    nobody: bool = False

    def met(self, scopes: frozenset[str]) -> bool:
        """Whether a key with these scopes may ask."""
        return (
            not self.nobody
            and scopes.issuperset(self.every)
            and (not self.some or bool(scopes & {*self.some}))
        )

    def check(self, principal: Principal) -> None:
        """Raise Forbidden, naming a scope that is missing."""
        scopes = principal.key.scopes
        if self.nobody:
            raise Forbidden("nobody may ask for this: it has no policy")
        for scope in self.every:
            if scope not in scopes:
                raise Forbidden(f"this needs a key with the scope `{scope}`")
        if not self.met(scopes):
            raise Forbidden(
                f"this needs a key with the scope {' or '.join(f'`{each}`' for each in self.some)}"
            )


ANY_KEY: Final = Need()
"""It says nothing that the key's owner does not know, or that is not public."""
ANY_SCOPE: Final = Need(some=(READ, WRITE, ADMIN))
BOOKS: Final = Need(every=(READ,))
CHANGES: Final = Need(every=(WRITE, READ))
PUSHES: Final = Need(some=(READ, WRITE))
ADMINISTRATION: Final = Need(every=(ADMIN,))
LINKS: Final = Need(some=(WRITE, ADMIN))
NOBODY: Final = Need(nobody=True)

QUERIES: Final[Mapping[str, Need]] = {
    "viewer": ANY_KEY,
    "providers": ANY_KEY,
    "companies": BOOKS,
    "company": BOOKS,
    "node": BOOKS,
    "nodes": BOOKS,
    "capabilities": PUSHES,
    "explain": BOOKS,
    "sync": PUSHES,
    "syncs": PUSHES,
    "admin": ADMINISTRATION,
    "_service": ANY_KEY,
    "_entities": BOOKS,
}

MUTATIONS: Final[Mapping[str, Need]] = {
    **{f"{verb}{kind}": CHANGES for verb in ("create", "update", "delete", "void") for kind in NAMES},
    **dict.fromkeys(
        (
            "payInvoice", "payBill", "sendDocument", "setStatus", "unprocessRecord", "logExpense",
            "importBankStatement", "categorizeBankTransaction", "uploadDocument", "updateRecords", "commit",
        ),
        CHANGES,
    ),
    **dict.fromkeys(
        (
            "createTenant", "updateTenant", "createWebhook", "rotateWebhookSecret", "replayWebhook", "deleteWebhook",
            "setOAuthClient", "removeOAuthClient", "createCompany", "updateCompany", "shareCompany",
            "unshareCompany", "deleteCompany", "copyConfiguration", "createConnection", "linkConnection",
            "updateConnection", "pauseConnection", "resumeConnection", "disconnect", "deleteConnection",
            "withdrawHookUrl", "createApiKey", "updateApiKey", "rotateApiKey", "revokeApiKey",
        ),
        ADMINISTRATION,
    ),
    "createLinkToken": LINKS,
    "createBrowserToken": PUSHES,
}  # fmt: skip

SUBSCRIPTIONS: Final[Mapping[str, Need]] = {
    "syncUpdated": PUSHES,
    "recordsChanged": BOOKS,
    "connectionChanged": ANY_SCOPE,
}


def roots(schema: GraphQLSchema) -> Iterator[tuple[GraphQLObjectType, Mapping[str, Need]]]:
    """The types at the roots, each with its part of the table."""
    parts = (
        (schema.query_type, QUERIES),
        (schema.mutation_type, MUTATIONS),
        (schema.subscription_type, SUBSCRIPTIONS),
    )
    yield from ((type_, table) for type_, table in parts if type_ is not None)


def enforce(schema: GraphQLSchema) -> None:
    """From now on every field at a root asks the table first, whichever way a document is executed."""
    for type_, table in roots(schema):
        for name, field in type_.fields.items():
            need = table.get(name, NOBODY)
            if type_ is schema.subscription_type:
                field.subscribe = Guarded(_told(field), need)
            else:
                field.resolve = Guarded(_asked(field, name), need)


def _told(field: GraphQLField) -> Callable[..., Any]:
    assert field.subscribe is not None, "every subscription says where its events come from"
    return field.subscribe


def _asked(field: GraphQLField, name: str) -> Callable[..., Any]:
    return field.resolve or (lambda source, info: getattr(source, name))


class Guarded:
    """What runs at a root, with the table before it."""

    def __init__(self, run: Callable[..., Any], need: Need) -> None:
        self.run = run
        self._need = need

    def __call__(self, source: Any, info: Any, **given: Any) -> Any:
        """Raises Forbidden."""
        self._need.check(info.context.principal)
        return self.run(source, info, **given)

    def check(self, context: Any) -> None:
        """The table by itself; raises Forbidden."""
        self._need.check(context.principal)


def effective(schema: GraphQLSchema) -> Mapping[str, frozenset[Need]]:
    """What each object type needs, by its name: each need is a way to it. A type that is not here is not reached."""
    found: dict[str, set[Need]] = {}
    for type_, table in roots(schema):
        for name, field in type_.fields.items():
            _spread(schema, get_named_type(field.type), table.get(name, NOBODY), found)
    return {name: frozenset(needs) for name, needs in found.items()}


def _spread(schema: GraphQLSchema, start: GraphQLNamedType, need: Need, found: dict[str, set[Need]]) -> None:
    """Note a need at all types that are reached from here."""
    waiting, seen = [start], {start.name}
    while waiting:
        type_ = waiting.pop()
        if isinstance(type_, GraphQLObjectType):
            found.setdefault(type_.name, set()).add(need)
        for each in _beside(schema, type_):
            if each.name not in seen:
                seen.add(each.name)
                waiting.append(each)


def _beside(schema: GraphQLSchema, type_: GraphQLNamedType) -> Iterator[GraphQLNamedType]:
    """Types that a value of this one leads to."""
    if isinstance(type_, GraphQLInterfaceType | GraphQLUnionType):
        yield from schema.get_possible_types(type_)
    if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
        yield from (get_named_type(field.type) for field in type_.fields.values())
