"""Who administers, with what rights, and the way to what they may touch. Others' things are like none."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass

from ledgermesh.clock import Clock
from ledgermesh.errors import BadInput, Forbidden, NotFound
from ledgermesh.spec.provider import Provider
from ledgermesh.state.audit import audited
from ledgermesh.state.entries import CompanyEntry, ConnectionEntry, Environment, TenantEntry
from ledgermesh.state.minting import BROWSER_PREFIX
from ledgermesh.state.registry import Principal, Registry
from ledgermesh.state.sealing import SealingKey
from ledgermesh.state.shared import State
from ledgermesh.upstream.guard import Guard
from ledgermesh.upstream.wire import Wire

ADMIN = "admin"
READ = "api.read"
WRITE = "api.write"
SCOPES = frozenset((READ, WRITE, ADMIN))


@dataclass(frozen=True, kw_only=True)
class Desk:
    """One administrator at work. Every method raises Forbidden for what is not theirs."""

    state: State
    definitions: Mapping[str, Provider]
    clock: Clock
    keys: tuple[SealingKey, ...]
    public_url: str
    wire: Wire
    """To providers."""
    guard: Guard
    """Where tenants' own addresses may lead."""
    principal: Principal

    @property
    def registry(self) -> Registry:
        return self.state.registry

    @property
    def tenant(self) -> TenantEntry:
        return self.principal.tenant

    @property
    def environment(self) -> Environment:
        return self.principal.key.environment

    @property
    def operator(self) -> bool:
        """Whether all tenants are theirs."""
        return self.tenant.operator and ADMIN in self.principal.key.scopes

    @property
    def now(self) -> dt.datetime:
        return self.clock.now()

    def audited(self, action: str, **about: str | None) -> AbstractContextManager[None]:
        """Log what is done in the block, and how it went."""
        key = self.principal.key
        return audited(
            action, by_tenant=self.tenant.id, by_key_id=key.id, environment=self.environment, **about
        )

    # -- rights ------------------------------------------------------------------------------------------------

    def check_admin(self) -> None:
        """Raise Forbidden for a key that does not administer."""
        self.registry.check()
        if ADMIN not in self.principal.key.scopes:
            raise Forbidden("this needs a key with the scope `admin`")

    def check_whole(self) -> None:
        """Raise Forbidden also for a key that reaches only some of the tenant's companies."""
        self.check_admin()
        if self.principal.key.companies is not None:
            raise Forbidden(
                "this needs a key that reaches all companies of its tenant; this one is limited to some"
            )

    def check_operator(self) -> None:
        """Raise Forbidden for anybody but the operator."""
        self.check_whole()
        if not self.operator:
            raise Forbidden("this needs a key with the scope `admin` of an operator's tenant")

    def check_backend(self) -> None:
        """Raise Forbidden for a browser token: it makes neither tokens nor links."""
        self.registry.check()
        if self.principal.key.hint == BROWSER_PREFIX:
            raise Forbidden("a browser token cannot do this; ask with the API key, from your own servers")

    def check_reaches(self, company: str) -> None:
        """Raise Forbidden for a company that the key is not for."""
        limited = self.principal.key.companies
        if limited is not None and company not in limited:
            raise _no_company()

    # -- what is theirs ----------------------------------------------------------------------------------------

    def tenant_of(self, id: str | None) -> TenantEntry:
        """The tenant to administer: the caller's own unless an operator names another."""
        if id is None or id == self.tenant.id:
            return self.tenant
        if not self.operator:
            raise Forbidden("this key administers its own tenant only")
        found = self.registry.get(TenantEntry, id)
        if found is None:
            raise NotFound("there is no tenant with this id", details={"field": "tenant"})
        return found

    def owns(self, company: CompanyEntry) -> bool:
        """Whether the company is the caller's to administer."""
        limited = self.principal.key.companies
        mine = self.operator or company.owner == self.tenant.id
        return (
            mine and company.environment == self.environment and (limited is None or company.key in limited)
        )

    def company(self, key: str) -> CompanyEntry:
        """A company that the caller administers."""
        self.check_admin()
        found = self.registry.get(CompanyEntry, self.environment, key)
        if found is None or not self.owns(found):
            raise _no_company()
        return found

    def connection(self, id: str) -> ConnectionEntry:
        """A connection of a company that the caller administers."""
        self.check_admin()
        entry = self.registry.get(ConnectionEntry, self.environment, id)
        company = self.registry.get(CompanyEntry, self.environment, entry.company if entry else "")
        if entry is None or company is None or not self.owns(company):
            raise Forbidden("this key does not administer that connection, or there is no such connection")
        return entry

    def companies(self) -> list[CompanyEntry]:
        """The companies that the caller administers, by account key."""
        found = [each for each in self.registry.all(CompanyEntry) if self.owns(each)]
        return sorted(found, key=lambda each: each.key)

    def connections(self) -> list[ConnectionEntry]:
        """Their connections, by id."""
        found = [each for company in self.companies() for each in self.registry.connections(company)]
        return sorted(found, key=lambda each: each.id)

    def definition(self, provider: str) -> Provider:
        """A provider; raises BadInput."""
        if provider not in self.definitions:
            known = ", ".join(sorted(self.definitions))
            raise BadInput(f"there is no such provider; there are {known}", details={"field": "provider"})
        return self.definitions[provider]


def _no_company() -> Forbidden:
    return Forbidden("this key does not administer that company, or there is no such company")
