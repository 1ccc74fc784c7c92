"""Who may ask about which company, and which connections a company has. Frozen values; never a secret, never books."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

Environment = Literal["live", "sandbox"]


@dataclass(frozen=True, kw_only=True)
class TenantEntry:
    """An API client: who calls us."""

    id: str
    name: str


@dataclass(frozen=True, kw_only=True)
class KeyEntry:
    """One API key of a tenant; only the key's SHA-256 is kept."""

    id: str
    digest: str
    tenant: str
    environment: Environment
    scopes: frozenset[str]
    """`api.read`, `api.write`."""
    companies: frozenset[str] | None = None
    """Account keys it reaches; None for all of the tenant's."""


@dataclass(frozen=True, kw_only=True)
class ConnectionEntry:
    """One company's link to one provider."""

    id: str
    company: str
    provider: str
    environment: Environment
    base_url: str
    scheme: str
    """Which of the provider's ways to let us in the grant uses."""
    settings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class CompanyEntry:
    """One business whose books are shared with one or more tenants."""

    key: str
    name: str
    environment: Environment
    tenants: frozenset[str]


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


def digest(key: str) -> str:
    """What is kept of an API key."""
    return hashlib.sha256(key.encode()).hexdigest()


class Registry:
    """Tenants, keys, companies and connections, looked up by what a request says."""

    def __init__(
        self,
        *,
        tenants: Iterable[TenantEntry],
        keys: Iterable[KeyEntry],
        companies: Iterable[CompanyEntry],
        connections: Iterable[ConnectionEntry],
    ) -> None:
        self._tenants = {tenant.id: tenant for tenant in tenants}
        self._keys = {key.digest: key for key in keys}
        self._companies = {(company.environment, company.key): company for company in companies}
        self._connections = {(entry.environment, entry.id): entry for entry in connections}

    def principal(self, key: str) -> Principal | None:
        """Who has this API key; None when nobody does."""
        entry = self._keys.get(digest(key))
        return Principal(tenant=self._tenants[entry.tenant], key=entry) if entry is not None else None

    def holder(self, tenant: str, environment: str, key: str) -> Principal | None:
        """Whose key has this id; None when it is gone."""
        for entry in self._keys.values():
            if (entry.tenant, entry.environment, entry.id) == (tenant, environment, key):
                return Principal(tenant=self._tenants[tenant], key=entry)
        return None

    def companies(self, principal: Principal) -> list[CompanyEntry]:
        """The companies this key sees, by account key."""
        seen = [company for company in self._companies.values() if principal.reaches(company)]
        return sorted(seen, key=lambda company: company.key)

    def company(self, principal: Principal, key: str) -> CompanyEntry | None:
        """The company with this account key, if the caller sees it."""
        company = self._companies.get((principal.key.environment, key))
        return company if company is not None and principal.reaches(company) else None

    def connections(self, company: CompanyEntry) -> list[ConnectionEntry]:
        """The company's connections, by id."""
        mine = [
            entry
            for entry in self._connections.values()
            if entry.company == company.key and entry.environment == company.environment
        ]
        return sorted(mine, key=lambda entry: entry.id)

    def connection(self, principal: Principal, id: str) -> ConnectionEntry | None:
        """The connection with this id, if its company is one the caller sees."""
        entry = self._connections.get((principal.key.environment, id))
        if entry is None or self.company(principal, entry.company) is None:
            return None
        return entry
