"""A company: its connections, and every list of its books, made from the table of kinds."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from inspect import Parameter, Signature
from typing import Annotated, Any, Optional

import strawberry
from msgspec import Struct

from ledgermesh.errors import BadInput
from ledgermesh.graph.context import Context
from ledgermesh.graph.fanout import Paging, listing, single
from ledgermesh.graph.freshness import Info, freshness
from ledgermesh.graph.inputs import order_input, to_order, to_where, where_input
from ledgermesh.graph.instants import Instant, bounds
from ledgermesh.graph.kinds import BY_NAME, KINDS, Kind
from ledgermesh.graph.limits.directives import PAGED
from ledgermesh.graph.reports import Reports
from ledgermesh.graph.results import Listing
from ledgermesh.model import declare
from ledgermesh.model.enums import DeadlineKind, PartyRole
from ledgermesh.model.mapped import graphql_name
from ledgermesh.model.platform import Connection
from ledgermesh.model.record import Node
from ledgermesh.model.selection import deeply, selected
from ledgermesh.spec.query import And, Compare, ListQuery, Ref, Where, compares
from ledgermesh.state.entries import CompanyEntry

FIRST = 50
DAYS_MAX = 36_500
COMPANY = "Company"
"""The kind that global ids of companies have."""


@declare.object_type()
class CompanyBase(Node):
    """The fields of Company that are not lists of records."""

    entry: strawberry.Private[CompanyEntry]

    @declare.field(description="Opaque and stable; give it to `node(id:)`.")
    def id(self, info: Info) -> strawberry.ID:
        # No connection has an empty id, so that it is never taken for one of a record.
        return strawberry.ID(info.context.ids.seal(Ref(COMPANY, "", self.entry.key)))

    @declare.field(description="The account key: what `company(key:)` and X-Account-Key take.")
    def key(self) -> strawberry.ID:
        return strawberry.ID(self.entry.key)

    @declare.field(description="For people.")
    def name(self) -> str:
        return self.entry.name

    @declare.field(description="`live` or `sandbox`; never mixed.")
    def environment(self) -> str:
        return self.entry.environment

    @declare.field(description="Where the company's books lie.")
    def connections(self, info: Info) -> list[Connection]:
        context = info.context
        return [context.connection(entry) for entry in context.connections(self.entry)]

    @declare.field(description="Statements as each source computes them.")
    def reports(self) -> Reports:
        return Reports(entry=self.entry)


def _fields(info: Info) -> frozenset[str]:
    """The fields of the records that are read below this list, also through edges."""
    return deeply(info, "nodes") | deeply(info, "edges", "node")


class ListField(Struct, frozen=True):
    """A list of a company's records: of which kind, and what its own arguments ask beside the usual ones."""

    kind: Kind
    own: Callable[[Context, Mapping[str, Any]], Where | None] = lambda _context, _given: None

    def query(
        self, context: Context, entry: CompanyEntry, given: Mapping[str, Any], fields: frozenset[str]
    ) -> ListQuery:
        """The question that these arguments ask, for records of which `fields` are read; raises BadInput."""
        return _query(context, entry, self.kind, given, fields, self.own(context, given))


def _resolver(field: ListField) -> Any:
    """The resolver of such a list."""

    async def resolve(self: CompanyBase, info: Info, **given: Any) -> Any:
        context, top = info.context, selected(info)
        query = field.query(context, self.entry, given, _fields(info))
        paging = Paging(
            first=given["first"], after=given.get("after"), count="total_count" in top, edges="edges" in top
        )
        return await listing(context, self.entry, field.kind, query, paging, freshness(info))

    return resolve


def _query(
    context: Context,
    entry: CompanyEntry,
    kind: Kind,
    given: Mapping[str, Any],
    fields: frozenset[str],
    extra: Where | None,
) -> ListQuery:
    asked, since = given.get("where"), given.get("changed_since")
    ordered, order = given.get("order_by"), kind.order
    where = changed = None
    if asked is not None:
        where = to_where(kind.type, asked, lambda id, other: context.ref(entry, id, other))
    if ordered is not None:
        order = to_order(ordered) or order
    if since is not None:
        changed = bounds(Compare("updated_at", "gte", since))
    conditions = tuple([part for part in (where, extra, changed) if part is not None])
    return ListQuery(
        kind=kind.name,
        where=conditions[0] if len(conditions) == 1 else And(conditions) if conditions else None,
        order=order,
        search=given.get("search") or None,
        sources=tuple(given.get("from_") or ()),
        include_deleted=bool(given.get("include_deleted")),
        changed_since=since is not None,
        fields=fields.union(_read_here(kind, conditions, given), [each.field for each in order]),
    )


def _read_here(kind: Kind, conditions: tuple[Where, ...], given: Mapping[str, Any]) -> set[str]:
    """The fields that conditions and search read on every record."""
    found = {compare.field for where in conditions for compare in compares(where)} if conditions else set()
    return found.union(kind.search) if given.get("search") else found


def _field(resolve: Any, description: str, gives: Any, arguments: Mapping[str, tuple[Any, Any]]) -> Any:
    """A Strawberry field whose arguments are (annotation, default) by Python name; `first` makes it a paged list."""
    parameters = [
        Parameter("self", Parameter.POSITIONAL_OR_KEYWORD),
        Parameter("info", Parameter.POSITIONAL_OR_KEYWORD, annotation=Info),
        *(
            Parameter(name, Parameter.KEYWORD_ONLY, annotation=annotation, default=default)
            for name, (annotation, default) in arguments.items()
        ),
    ]
    resolve.__signature__ = Signature(parameters, return_annotation=gives)
    resolve.__annotations__ = {
        "info": Info,
        "return": gives,
        **{name: annotation for name, (annotation, _) in arguments.items()},
    }
    directives = [PAGED] if "first" in arguments else []
    return declare.field(description=description, directives=directives)(resolve)


def _argument(hint: Any, description: str, name: str | None = None) -> Any:
    return Annotated[hint, strawberry.argument(name=name, description=description)]


SOURCES = _argument(
    Optional[list[str]], "Read only these: providers by name, or connections by id. All by default.", "from"
)
"""The `from` argument."""


def _list_arguments(kind: Kind) -> dict[str, tuple[Any, Any]]:
    order = ", ".join(
        f"{graphql_name(key.field)}{' descending' if key.descending else ''}" for key in kind.order
    )
    return {
        "first": (_argument(int, "At most so many, 1 to 1,000."), FIRST),
        "after": (_argument(Optional[str], "`endCursor` of the page before."), None),
        "where": (_argument(Optional[where_input(kind.type)], "Only records for which this holds."), None),
        "order_by": (_argument(Optional[_list_of(order_input(kind.type))], f"By default: {order}."), None),
        "from_": (SOURCES, None),
        "search": (
            _argument(Optional[str], f"Text in {', '.join(map(graphql_name, kind.search))}, ignoring case."),
            None,
        ),
        "include_deleted": (
            _argument(
                bool, "Also records that were removed; UNSUPPORTED where a source cannot be asked for them."
            ),
            False,
        ),
        "changed_since": (
            _argument(
                Optional[Instant], "Only what changed since; UNSUPPORTED where a source cannot be asked."
            ),
            None,
        ),
    }


def _list_of(type: Any) -> Any:
    made: Any = list
    return made[type]


def _listing_of(kind: Kind) -> Any:
    made: Any = Listing
    return made[kind.type]


def _list_field(kind: Kind) -> Any:
    return _field(
        _resolver(LISTS[kind.many]),
        f"{kind.what}, merged from every source in one order.",
        _listing_of(kind),
        _list_arguments(kind),
    )


def _one_field(kind: Kind) -> Any:
    async def resolve(self: CompanyBase, info: Info, **given: Any) -> Any:
        return await single(info.context, self.entry, kind, deeply(info), **given)

    return _field(
        resolve,
        f"One record by `id`, by `nativeId` with `connection`{', or by its number' if kind.number else ''}."
        " Null when there is none.",
        Optional[kind.type],
        {
            "id": (_argument(Optional[strawberry.ID], "The global id."), None),
            "native_id": (_argument(Optional[str], "The provider's id; needs `connection`."), None),
            "connection": (
                _argument(Optional[str], "A connection by id, or a provider there is one of."),
                None,
            ),
            "number": (
                _argument(
                    Optional[str],
                    f"Exactly this `{graphql_name(kind.number or 'number')}`, in one source only.",
                ),
                None,
            ),
        },
    )


def _deadlines() -> Any:
    """Deadlines take a horizon and a kind of their own beside the usual arguments."""
    kind = BY_NAME["Deadline"]
    arguments = _list_arguments(kind) | {
        "within": (
            _argument(Optional[int], "Due in so many days from today (UTC) at the latest; overdue ones too."),
            None,
        ),
        "type": (_argument(Optional[DeadlineKind], "Only of this kind."), None),
    }
    return _field(
        _resolver(LISTS["deadlines"]),
        f"{kind.what}, merged from every source in one order.",
        _listing_of(kind),
        arguments,
    )


def _horizon(context: Context, given: Mapping[str, Any]) -> Where | None:
    within: int | None = given.get("within")
    type: DeadlineKind | None = given.get("type")
    if within is not None and not 0 <= within <= DAYS_MAX:
        raise BadInput(f"`within` is 0 to {DAYS_MAX} days, not {within}", details={"field": "within"})
    last = None if within is None else context.today + dt.timedelta(days=within)
    parts = (
        *((Compare("due_date", "lte", last),) if last is not None else ()),
        *((Compare("kind", "eq", type),) if type is not None else ()),
    )
    return And(parts) if parts else None


ROLES: Mapping[str, PartyRole] = {"customers": PartyRole.CUSTOMER, "suppliers": PartyRole.SUPPLIER}


def _role(role: PartyRole) -> Callable[[Context, Mapping[str, Any]], Where | None]:
    return lambda _context, _given: Compare("roles", "contains", role)


LISTS: Mapping[str, ListField] = {
    **{kind.many: ListField(kind) for kind in KINDS},
    "deadlines": ListField(BY_NAME["Deadline"], _horizon),
    **{name: ListField(BY_NAME["Party"], _role(role)) for name, role in ROLES.items()},
}
"""Every list of a company, by its field in Python."""


def _made() -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for kind in KINDS:
        fields[kind.many] = _deadlines() if kind.name == "Deadline" else _list_field(kind)
        fields[kind.one] = _one_field(kind)
    for name, role in ROLES.items():
        fields[name] = _role_field(name, role)
    return fields


def _role_field(name: str, role: PartyRole) -> Any:
    kind = BY_NAME["Party"]
    return _field(
        _resolver(LISTS[name]),
        f"The parties that are {role.value.lower()}s; a view of `parties`.",
        _listing_of(kind),
        _list_arguments(kind),
    )


Company = declare.object_type(
    description="One business whose books are shared with you. Nothing of them is stored here: every read is live.",
)(type("Company", (CompanyBase,), {"__annotations__": {}, **_made()}))
