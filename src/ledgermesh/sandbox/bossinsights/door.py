"""Who asks, whose data is meant, and what the caller may do with it."""

from __future__ import annotations

import base64
import binascii

from msgspec import Struct
from starlette.requests import Request

from ledgermesh.sandbox.bossinsights.errors import Refusal, unauthorized
from ledgermesh.sandbox.bossinsights.limits import Limits
from ledgermesh.sandbox.bossinsights.switches import Switches
from ledgermesh.sandbox.bossinsights.tenants import READ, WRITE, Company, Directory, Tenant

ACCOUNT_KEY = "X_ACCOUNT_KEY"


class Visit(Struct, frozen=True):
    """A caller that was let in."""

    company: Company
    scopes: frozenset[str]


class Door:
    """Admits requests of the data API, by host and credentials."""

    def __init__(self, directory: Directory, limits: Limits, switches: Switches) -> None:
        self._directory, self._limits, self._switches = directory, limits, switches

    def admit(self, request: Request, host: str) -> Visit:
        """The company that is meant, counted against its limit; raises Refusal 401, 403, 404 or 429."""
        tenant = self._directory.tenants.get(host)
        visit = self._on_own_host(request, host) if tenant is None else self._at(tenant, request)
        if not visit.company.active:
            raise Refusal(403, "This account is not active")
        self._limits.count(visit.company.key)
        if READ not in visit.scopes:
            raise Refusal(403, "This key does not have the scope api.read")
        return visit

    def _at(self, tenant: Tenant, request: Request) -> Visit:
        key = tenant.key_for(*login(request))
        if key is None or key.name in self._switches.revoked_keys:
            raise unauthorized()
        wanted = request.query_params.get(ACCOUNT_KEY)
        if wanted is None:
            return Visit(tenant.own, key.scopes)
        company = tenant.companies.get(wanted)
        if company is None or not company.shares or company.subdomain in self._switches.revoked:
            raise Refusal(403, "There is no such account that shares its data with you")
        return Visit(company, key.scopes)

    def _on_own_host(self, request: Request, host: str) -> Visit:
        company = self._directory.company(host)
        if company is None:
            raise Refusal(404, f"There is no {host}")
        user, password = login(request)
        if user != "admin" or not company.password or password != company.password:
            raise unauthorized()
        return Visit(company, frozenset((READ, WRITE)))

    def check_write(self, visit: Visit) -> None:
        """Refusal 403 unless the key may write and the feature is on."""
        if WRITE not in visit.scopes:
            raise Refusal(403, "This key does not have the scope api.write")
        if not self._switches.write_enabled:
            raise Refusal(403, "Writing is not enabled for this tenant")


def login(request: Request) -> tuple[str, str]:
    """User and password of HTTP Basic; raises Refusal 401 where there are none."""
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.casefold() != "basic":
        raise unauthorized()
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise unauthorized() from error
    user, colon, password = text.partition(":")
    if not colon:
        raise unauthorized()
    return user, password
