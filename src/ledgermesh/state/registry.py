"""Who may ask about which company, and which connections a company has: the view that every request looks into."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, TypeVar, cast

from ledgermesh.clock import Clock, SystemClock
from ledgermesh.errors import StateDown
from ledgermesh.state.entries import (
    CompanyEntry,
    ConnectionEntry,
    Entry,
    Environment,
    Generation,
    KeyEntry,
    Standing,
    TenantEntry,
    WebhookEntry,
    digest,
)
from ledgermesh.state.foreign import issuer_of

LEASE_SECONDS = 30.0
"""How long what was read from the store counts when the store cannot be asked any more."""

Kind = TypeVar("Kind", bound=Entry)


@dataclass(frozen=True, kw_only=True)
class Principal:
    """Who is asking: a known key of a known tenant."""

    tenant: TenantEntry
    key: KeyEntry

    def reaches(self, company: CompanyEntry) -> bool:
        """Whether this key may see this company at all."""
        return (
            self.tenant.id in company.tenants
            and self.key.environment == company.environment
            and (self.key.companies is None or company.key in self.key.companies)
        )


class Registry:
    """Everything that is registered, in this process's memory.

    With a `Directory` it is a view of the store: kept up to date while the store answers, and good for a lease after
    that. Every lookup that lets somebody in raises StateDown once the lease is over.
    """

    def __init__(
        self,
        *,
        tenants: Iterable[TenantEntry] = (),
        keys: Iterable[KeyEntry] = (),
        companies: Iterable[CompanyEntry] = (),
        connections: Iterable[ConnectionEntry] = (),
        standings: Iterable[Standing] = (),
        clock: Clock | None = None,
        lease_seconds: float = LEASE_SECONDS,
    ) -> None:
        self._clock = clock or SystemClock()
        self._lease_seconds = lease_seconds
        self._checked_at: float | None = None
        self._entries: dict[str, dict[str, Entry]] = {}
        """Kind → place → entry."""
        self._worded: dict[tuple[str, ...], Any] = {}
        """Kind and what identifies it → entry: the same once more, for requests, which look all the time."""
        self._listed: dict[Index, list[Any]] = {}
        """What was looked up by an index, until anything changes."""
        self._found: dict[Index, set[str]] = {}
        """What entries are looked up by → their places."""
        self.changes = 0
        """How often anything changed: whoever remembers what it was knows by it that nothing did."""
        self._issuers: frozenset[str] = frozenset()
        self.set(*tenants, *keys, *companies, *connections, *standings)

    # -- how it is kept ----------------------------------------------------------------------------------------

    def set(self, *entries: Entry) -> None:
        """Add these, each in the place of what stood there."""
        self.changes += 1
        for entry in entries:
            self.drop(entry.place)
            self._entries.setdefault(entry.kind, {})[entry.place] = entry
            self._worded[entry.words] = entry
            for index in _indexes(entry):
                self._found.setdefault(index, set()).add(entry.place)

    def drop(self, place: str) -> None:
        """Forget what stands there, if anything does."""
        self.changes += 1
        gone = self._entries.get(place.partition("/")[0], {}).pop(place, None)
        self._listed.clear()
        if gone is not None:
            del self._worded[gone.words]
        for index in _indexes(gone) if gone is not None else ():
            self._found[index].discard(place)
            if not self._found[index]:
                del self._found[index]

    def only(self, entries: Iterable[Entry]) -> None:
        """Forget everything but these."""
        kept = list(entries)
        self._entries, self._found, self._worded = {}, {}, {}
        self.set(*kept)

    def checked(self) -> None:
        """All of it was as the store has it just now; from the first time on the lease counts."""
        self._checked_at = self._clock.monotonic()

    def check(self) -> None:
        """Raise StateDown when the lease is over."""
        if self._checked_at is None or self._clock.monotonic() - self._checked_at <= self._lease_seconds:
            return
        raise StateDown("What this gateway knows of keys and connections is too old to go by.")

    @property
    def age_seconds(self) -> float:
        """Since all of it was last as the store has it; 0 where it is the only one to know."""
        return 0.0 if self._checked_at is None else self._clock.monotonic() - self._checked_at

    def all(self, kind: type[Kind]) -> list[Kind]:
        """Everything of one kind, by its place."""
        return [cast("Kind", entry) for _, entry in sorted(self._entries.get(kind.kind, {}).items())]

    def at(self, place: str) -> Entry | None:
        """What stands at a place."""
        return self._entries.get(place.partition("/")[0], {}).get(place)

    def get(self, kind: type[Kind], *words: str) -> Kind | None:
        """What stands at a place, by the words that identify it."""
        found: Kind | None = self._worded.get((kind.kind, *words))
        return found

    def _by(self, kind: type[Kind], *index: str) -> list[Kind]:
        """By their places. Not to be changed."""
        by = (kind.kind, *index)
        found = self._listed.get(by)
        if found is None:
            if (places := self._found.get(by)) is None:
                return []
            entries = self._entries[kind.kind]
            found = self._listed[by] = [entries[place] for place in sorted(places)]
        return found

    # -- what requests ask -------------------------------------------------------------------------------------

    def principal(self, key: str) -> Principal | None:
        """Who has this API key; None when nobody does, or not any more."""
        self.check()
        found = self._by(KeyEntry, digest(key))
        return self._holder(found[0]) if found else None

    def holder(self, tenant: str, environment: str, key: str) -> Principal | None:
        """Whose key has this id; None when it is gone."""
        self.check()
        entry = self.get(KeyEntry, tenant, environment, key)
        return self._holder(entry) if entry is not None else None

    def trust(self, issuers: Iterable[str]) -> None:
        """The short names of those who may vouch for callers, beside the keys that are kept here."""
        self._issuers = frozenset(issuers)

    def acting(
        self,
        tenant: str,
        environment: Environment,
        key: str,
        *,
        scopes: frozenset[str],
        companies: frozenset[str] | None,
    ) -> Principal | None:
        """Who goes on with what the caller of this id was let begin; None when that is over.

        A key counts as it is registered now. A token of an issuer's is kept nowhere: who came with one goes on with
        these rights, which were looked at then, for as long as its issuer is trusted and the tenant is there.
        """
        issuer = issuer_of(key)
        if issuer is None:
            return self.holder(tenant, environment, key)
        self.check()
        known = self.get(TenantEntry, tenant)
        if known is None or issuer not in self._issuers:
            return None
        entry = KeyEntry(
            id=key, digest="", tenant=tenant, environment=environment, scopes=scopes, companies=companies
        )
        return Principal(tenant=known, key=entry)

    def current(self, principal: Principal) -> Principal | None:
        """The same caller as registered now, with no more rights than it came with and for no longer; None when its
        key, or its own time, is over.
        """
        came = principal.key
        found = self.acting(
            principal.tenant.id, came.environment, came.id, scopes=came.scopes, companies=came.companies
        )
        if found is None or found.key.digest != came.digest:
            return None
        ends = min(filter(None, (found.key.expires_at, came.expires_at)), default=None)
        if ends is not None and ends <= self._clock.now():
            return None
        key = narrowed(found.key, came.scopes, came.companies)
        return replace(found, key=replace(key, hint=came.hint, expires_at=ends))

    def _holder(self, entry: KeyEntry) -> Principal | None:
        tenant = self.get(TenantEntry, entry.tenant)
        over = entry.expires_at is not None and entry.expires_at <= self._clock.now()
        return None if tenant is None or over else Principal(tenant=tenant, key=entry)

    def companies(self, principal: Principal) -> list[CompanyEntry]:
        """The companies this key sees, by account key."""
        shared = self._by(CompanyEntry, principal.key.environment, principal.tenant.id)
        seen = [company for company in shared if principal.reaches(company)]
        return sorted(seen, key=lambda company: company.key)

    def company(self, principal: Principal, key: str) -> CompanyEntry | None:
        """The company with this account key, if the caller sees it."""
        company: CompanyEntry | None = self._worded.get((CompanyEntry.kind, principal.key.environment, key))
        return company if company is not None and principal.reaches(company) else None

    def connections(self, company: CompanyEntry) -> list[ConnectionEntry]:
        """The company's connections, by id."""
        mine = self._by(ConnectionEntry, company.environment, company.key)
        return sorted(mine, key=_id) if len(mine) > 1 else mine[:]

    def connection(self, principal: Principal, id: str) -> ConnectionEntry | None:
        """The connection with this id, if its company is one the caller sees."""
        entry: ConnectionEntry | None = self._worded.get(
            (ConnectionEntry.kind, principal.key.environment, id)
        )
        if entry is None or self.company(principal, entry.company) is None:
            return None
        return entry

    def standing(self, environment: str, connection: str) -> Standing | None:
        """How a connection stands; None while nothing is wrong."""
        found: Standing | None = self._worded.get((Standing.kind, environment, connection))
        return found

    def generation(self, environment: str, connection: str) -> int:
        """How often older answers of a connection were made wrong."""
        found: Generation | None = self._worded.get((Generation.kind, environment, connection))
        return found.number if found is not None else 0

    def webhooks(self, tenant: str, environment: str, event: str) -> list[WebhookEntry]:
        """Where a tenant wants to be told of an event."""
        return [hook for hook in self._by(WebhookEntry, tenant, environment) if event in hook.events]


Index = tuple[str, ...]


def _indexes(entry: Entry) -> list[Index]:
    """What an entry is looked up by, beside its place."""
    match entry:
        case KeyEntry():
            return [(entry.kind, entry.digest)]
        case CompanyEntry():
            return [(entry.kind, entry.environment, tenant) for tenant in entry.tenants]
        case ConnectionEntry():
            return [(entry.kind, entry.environment, entry.company)]
        case WebhookEntry():
            return [(entry.kind, entry.tenant, entry.environment)]
        case _:
            return []


def _id(entry: ConnectionEntry) -> str:
    return entry.id


def narrowed(key: KeyEntry, scopes: frozenset[str], companies: frozenset[str] | None) -> KeyEntry:
    """A key with no more than these rights."""
    if companies is not None and key.companies is not None:
        companies &= key.companies
    reached = key.companies if companies is None else companies
    return replace(key, scopes=key.scopes & scopes, companies=reached)
