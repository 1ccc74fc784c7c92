"""Who asks, and what stands between: tenant, provider, connection, capability."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable
from enum import Enum
from typing import Annotated

import strawberry

from ledgermesh.model import declare
from ledgermesh.model.enums import OriginKind
from ledgermesh.model.mapped import Mapped
from ledgermesh.model.reach import Info
from ledgermesh.spec.provider import ProviderKind as _ProviderKind

ProviderKind = strawberry.enum(_ProviderKind, description="What a provider is; several allowed.")


@strawberry.enum(description="What can be done with a kind of record.")
class Verb(Enum):
    LIST = "LIST"
    GET = "GET"
    REPORT = "REPORT"
    CREATE = "CREATE"
    UPDATE = "UPDATE"
    UPDATE_MANY = "UPDATE_MANY"
    DELETE = "DELETE"
    VOID = "VOID"
    PAY = "PAY"
    SEND = "SEND"
    SET_STATUS = "SET_STATUS"
    UNPROCESS = "UNPROCESS"
    IMPORT = "IMPORT"


@strawberry.enum(
    description="What becomes of a record that is deleted or voided. SOFT: it stays readable. HARD: it is gone. VOID: "
    "it stays and counts for nothing."
)
class DeleteKind(Enum):
    SOFT = "SOFT"
    HARD = "HARD"
    VOID = "VOID"


@strawberry.enum(
    description="How it is found out after an unclear answer whether a write had its effect. HEADER: the provider "
    "knows the key. STAMP: a mark in a field of the record. SEARCH: by the values sent. NEVER: not at all, nothing is "
    "sent twice."
)
class RepeatKind(Enum):
    HEADER = "HEADER"
    STAMP = "STAMP"
    SEARCH = "SEARCH"
    NEVER = "NEVER"


@strawberry.enum(description="How far a provider supports something.")
class Support(Enum):
    NATIVE = "NATIVE"
    PARTIAL = "PARTIAL"
    NONE = "NONE"


@declare.object_type(description="A value that a field takes.")
class AllowedValue:
    value: str = strawberry.field(
        description="The word; of a reference the provider's id, which `nativeId` takes."
    )
    label: str | None = strawberry.field(description="What people call it.")
    id: strawberry.ID | None = strawberry.field(
        description="Of a reference: the record's global id, which `id` takes."
    )


LookUp = Callable[[int], Awaitable[list[AllowedValue]]]
"""Reads up to so many records that a reference may name."""


@declare.object_type(
    description="What can be asked of one field of a record at one provider, and what can be written."
)
class FieldCapability:
    name: str = strawberry.field(
        description="The field of the record; of a part of it with a dot: `lines.account`."
    )
    source_paths: list[str] = strawberry.field(
        description="Where its value stands in the provider's documents."
    )
    transform: str = strawberry.field(description="The named transform between the two.")
    filter_pushed_down: bool = strawberry.field(
        description="Whether the provider filters by it; else it is done here."
    )
    filterable: bool = strawberry.field(description="Whether `where` takes it, wherever it is done.")
    sortable: bool = strawberry.field(description="Whether `orderBy` takes it, wherever it is done.")
    sort_pushed_down: bool = strawberry.field(
        description="Whether the provider sorts by it; else it is done here."
    )
    readable: bool = strawberry.field(default=True, description="Whether records show it.")
    writable_on_create: bool = strawberry.field(
        default=False, description="Whether a new record can be given it."
    )
    writable_on_update: bool = strawberry.field(
        default=False, description="Whether it can be changed on a record that is there."
    )
    required: bool = strawberry.field(
        default=False, description="Whether the provider refuses a new record without it."
    )
    required_if: str | None = strawberry.field(
        default=None, description="When it is needed, where that depends on others."
    )
    length_max: int | None = strawberry.field(default=None, description="Characters that the provider takes.")
    refers_to: list[str] = strawberry.field(
        default_factory=list, description="Of a reference: the kinds of record that it may name."
    )
    words: strawberry.Private[tuple[str, ...]] = ()
    """The values it takes, where they are the same for everybody."""
    look_up: strawberry.Private[LookUp | None] = None
    """Of a reference, where it is known whose books are meant."""

    @declare.field(
        description="The values it takes: words, or, through `capabilities(connection:)`, the records of these books "
        "that a reference may name, read now. Null where any value goes."
    )
    async def allowed_values(
        self, first: Annotated[int, strawberry.argument(description="At most so many, 1 to 200.")] = 50
    ) -> list[AllowedValue] | None:
        if self.words:
            return [AllowedValue(value=word, label=None, id=None) for word in self.words[:first]]
        return None if self.look_up is None else await self.look_up(first)


@declare.object_type(description="What one provider can do with one kind of record.")
class Capability:
    record: str = strawberry.field(
        description="The kind of record: a type name of this schema, or a report's kind."
    )
    verb: Verb = strawberry.field(description="What is done.")
    support: Support = strawberry.field(description="How far.")
    origin: OriginKind = strawberry.field(description="Whether the records are the provider's own.")
    reason: str | None = strawberry.field(description="Why not, or why only partly.")
    include_deleted: bool = strawberry.field(description="Whether `includeDeleted` can be asked of it.")
    changed_since: bool = strawberry.field(description="Whether `changedSince` can be asked of it.")
    fields: list[FieldCapability] = strawberry.field(
        description="The readable fields; of a write the fields that it takes."
    )
    delete: DeleteKind | None = strawberry.field(
        default=None, description="Of DELETE and VOID: what becomes of the record."
    )
    repeat: RepeatKind | None = strawberry.field(
        default=None, description="Of a write: how its effect is looked for after an unclear answer."
    )
    custom_fields: bool = strawberry.field(
        default=False, description="Of a write: whether it takes fields that the company added itself."
    )
    assumed: str | None = strawberry.field(
        default=None, description="Of a write: what no document of the provider says about it."
    )


@declare.object_type(description="A system that keeps books.")
class Provider:
    name: str = strawberry.field(description="Its key, for example `kashoo`.")
    title: str = strawberry.field(description="Its name for people.")
    kinds: list[ProviderKind] = strawberry.field(description="What it is.")  # type: ignore[valid-type]  # made by a call
    docs_url: str = strawberry.field(description="Its public documentation.")
    checked_on: dt.date = strawberry.field(
        description="When our definition was last compared with that documentation."
    )
    capabilities: list[Capability] = strawberry.field(
        description="What it can do, generated from the definition in use."
    )


@strawberry.enum(description="Whether a connection can be used.")
class ConnectionState(Enum):
    PENDING = "PENDING"
    ACTIVE = "ACTIVE"
    NEEDS_REAUTH = "NEEDS_REAUTH"
    NEEDS_CONFIG = "NEEDS_CONFIG"
    REVOKED = "REVOKED"
    PAUSED = "PAUSED"
    ERROR = "ERROR"


# Federation takes a type `Subscription` for the root of subscriptions, whatever the schema says.
@declare.object_type(name="ProviderPlan", description="The company's plan with the provider.")
class Subscription(Mapped):
    plan: str | None = strawberry.field(description="The plan as the provider calls it.")
    status: str | None = strawberry.field(description="Where it stands, in the provider's own word.")
    expires_on: dt.date | None = strawberry.field(description="Last day, where the provider tells.")


@declare.object_type(description="How many calls a provider still takes in one window, as far as is known.")
class Quota:
    window: int | None = strawberry.field(
        description="Its length in seconds; null where only the provider's own words tell of it."
    )
    limit: int | None = strawberry.field(description="Calls in the whole window, where that is known.")
    remaining: int = strawberry.field(description="Calls that may still go before it ends.")
    resets_at: dt.datetime = strawberry.field(description="When it ends, UTC.")


@declare.object_type(description="One company's link to one provider.")
class Connection:
    id: strawberry.ID = strawberry.field(description="Stable; usable in `from` and as `connection`.")
    provider: Provider = strawberry.field(description="The system behind it.")
    company_key: str = strawberry.field(description="Account key of the company.")
    environment: str = strawberry.field(description="`live` or `sandbox`; never mixed.")
    state: ConnectionState = strawberry.field(
        description="Whether it can be used, as far as known without asking."
    )
    state_reason: str | None = strawberry.field(default=None, description="Why it stands so, for people.")
    state_code: str | None = strawberry.field(
        default=None, description="The code of the error that led there, where one did."
    )
    state_since: dt.datetime | None = strawberry.field(
        default=None, description="Since when it stands so, UTC."
    )
    expires_at: dt.datetime | None = strawberry.field(
        default=None,
        description="When the sign-in ends for good and a person has to link again; null where it renews itself.",
    )

    @declare.field(description="The company's plan with the provider; null where the provider does not tell.")
    async def subscription(self, info: Info) -> Subscription | None:
        found: Subscription | None = await info.context.reach.subscription(str(self.id))
        return found

    @declare.field(
        description="Where a person links it again, for a day; null where that is no help, and for keys without"
        " the scope `api.write` or `admin` of the tenant that linked it."
    )
    def repair_url(self, info: Info) -> str | None:
        return info.context.reach.repair_url(str(self.id))

    @declare.field(
        description="The address to register with the provider, so that it tells us of changes at once. It holds a"
        " secret: whoever knows it can have these books read again, and nothing more. Null where the provider notifies"
        " nobody or the gateway has no public address, and for keys without the scope `api.write` or `admin` of the"
        " tenant that linked it."
    )
    async def hook_url(self, info: Info) -> str | None:
        found: str | None = await info.context.reach.hook_url(str(self.id))
        return found

    @declare.field(
        description="What is left of the provider's budget of calls for this connection; empty where nothing is known."
    )
    async def quota(self, info: Info) -> list[Quota]:
        found: list[Quota] = await info.context.reach.quota(str(self.id))
        return found

    @declare.field(description="What can be done through it, for every kind of record and report.")
    def capabilities(self) -> list[Capability]:
        return self.provider.capabilities


@declare.object_type(description="The API client that asks.")
class Tenant:
    id: strawberry.ID = strawberry.field(description="Stable.")
    name: str = strawberry.field(description="For people.")
    environment: str = strawberry.field(description="`live` or `sandbox`, by the key that asks.")
    scopes: list[str] = strawberry.field(description="What the key may do.")
    writes: bool = strawberry.field(
        description="The tenant's write switch: without it no key of the tenant changes books."
    )
