"""API keys: shown once, kept as a digest; none gives more than the one that made it."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ledgermesh.errors import Forbidden, NotFound
from ledgermesh.graph.admin.desk import SCOPES, Desk
from ledgermesh.graph.admin.words import named, wrong
from ledgermesh.state.entries import CompanyEntry, KeyEntry, digest
from ledgermesh.state.minting import hint, make_key

OVERLAP_SECONDS_MAX = 7 * 86_400
RATE_MAX = 100.0
"""Requests a second for each company that a tenant may give its keys; the operator may give more."""


@dataclass(frozen=True, kw_only=True)
class MadeKey:
    """A key, the one time that it is shown."""

    key: str
    entry: KeyEntry

    def __repr__(self) -> str:
        return f"MadeKey({self.entry.id})"


def api_keys(desk: Desk, tenant: str | None = None) -> list[KeyEntry]:
    """A tenant's keys in the caller's environment, by id; those of a limited key reach no more than itself."""
    desk.check_admin()
    id, limited = desk.tenant_of(tenant).id, desk.principal.key.companies
    found = [
        each
        for each in desk.registry.all(KeyEntry)
        if (each.tenant, each.environment) == (id, desk.environment) and _within(each.companies, limited)
    ]
    return sorted(found, key=lambda each: each.id)


async def create_key(
    desk: Desk,
    *,
    name: str,
    scopes: Sequence[str],
    companies: Sequence[str] | None = None,
    expires_at: dt.datetime | None = None,
    rate: float | None = None,
    tenant: str | None = None,
) -> MadeKey:
    """A new key of a tenant in the caller's environment."""
    desk.check_admin()
    owner, key = desk.tenant_of(tenant).id, make_key(desk.environment)
    entry = KeyEntry(
        id=_new_id(),
        digest=digest(key),
        tenant=owner,
        environment=desk.environment,
        scopes=_scopes(desk, scopes),
        companies=_companies(desk, owner, companies),
        name=named("name", name),
        hint=hint(key),
        created_at=desk.now,
        expires_at=_end(desk, expires_at),
        requests_per_second=_rate(desk, rate),
    )
    with desk.audited("create key", tenant=owner, made_key_id=entry.id):
        await desk.state.directory.add(entry)
    return MadeKey(key=key, entry=entry)


async def rotate_key(desk: Desk, id: str, *, overlap_seconds: int, tenant: str | None = None) -> MadeKey:
    """A new key with the rights of an old one, which ends after the overlap; without overlap it is gone at once."""
    old = _key(desk, id, tenant)
    if not 0 <= overlap_seconds <= OVERLAP_SECONDS_MAX:
        raise wrong("overlapSeconds", f"is 0 to {OVERLAP_SECONDS_MAX}")
    _scopes(desk, sorted(old.scopes))
    key, ends = make_key(desk.environment), desk.now + dt.timedelta(seconds=overlap_seconds)
    if old.expires_at is not None and old.expires_at <= desk.now:
        raise wrong("key", "has ended; make a new one")
    entry = replace(old, id=_new_id(), digest=digest(key), hint=hint(key), created_at=desk.now)
    with desk.audited("rotate key", tenant=old.tenant, old_key_id=old.id, made_key_id=entry.id):
        await desk.state.directory.add(entry)
        await _changed(desk, old, lambda now: _ended(now, ends) if overlap_seconds else None)
    return MadeKey(key=key, entry=entry)


async def update_key(
    desk: Desk, id: str, *, tenant: str | None = None, change: Callable[[KeyEntry], KeyEntry]
) -> KeyEntry:
    """Change a key's name, rights, end or rate; what it may do afterwards is checked like that of a new one."""
    old = _key(desk, id, tenant)
    wanted = change(old)
    named("name", wanted.name)
    if wanted.scopes != old.scopes:
        _scopes(desk, sorted(wanted.scopes))
    if wanted.companies != old.companies:
        _companies(desk, old.tenant, None if wanted.companies is None else sorted(wanted.companies))
    if wanted.expires_at != old.expires_at:
        _end(desk, wanted.expires_at)
    if wanted.requests_per_second != old.requests_per_second:
        _rate(desk, wanted.requests_per_second)
    with desk.audited("update key", tenant=old.tenant, changed_key_id=old.id):
        found = await _changed(desk, old, change)
    if found is None:
        raise _gone()
    return found


async def revoke_key(desk: Desk, id: str, *, tenant: str | None = None) -> KeyEntry:
    """Make a key nobody's, on every replica."""
    old = _key(desk, id, tenant)
    with desk.audited("revoke key", tenant=old.tenant, revoked_key_id=old.id):
        await _changed(desk, old, lambda _: None)
    return old


def _key(desk: Desk, id: str, tenant: str | None) -> KeyEntry:
    found = next((each for each in api_keys(desk, tenant) if each.id == id), None)
    if found is None:
        raise _gone()
    return found


def _gone() -> NotFound:
    return NotFound("there is no key with this id", details={"field": "key"})


async def _changed(
    desk: Desk, entry: KeyEntry, change: Callable[[KeyEntry], KeyEntry | None]
) -> KeyEntry | None:
    return await desk.state.directory.change(
        KeyEntry, entry.place, lambda old: change(old) if old is not None else None
    )


def _new_id() -> str:
    return f"key-{secrets.token_hex(8)}"


def _ended(entry: KeyEntry, ends: dt.datetime) -> KeyEntry:
    return replace(entry, expires_at=min(entry.expires_at or ends, ends))


def _within(companies: frozenset[str] | None, limit: frozenset[str] | None) -> bool:
    return limit is None or (companies is not None and companies <= limit)


def _scopes(desk: Desk, wanted: Sequence[str]) -> frozenset[str]:
    """Scopes that the caller may give away: its own, or for an operator any."""
    if not wanted or not SCOPES.issuperset(wanted):
        raise wrong("scopes", f"are one or more of {', '.join(sorted(SCOPES))}")
    beyond = set(wanted) - (SCOPES if desk.operator else desk.principal.key.scopes)
    if beyond:
        raise Forbidden(f"this key has no scope `{min(beyond)}` itself, so it gives none away")
    return frozenset(wanted)


def _companies(desk: Desk, tenant: str, wanted: Sequence[str] | None) -> frozenset[str] | None:
    """Companies that the tenant sees and the caller reaches; None for all of the tenant's."""
    limit = desk.principal.key.companies
    if wanted is None:
        if limit is not None:
            raise Forbidden("this key is limited to some companies; give `companies` that are among them")
        return None
    for key in wanted:
        found = desk.registry.get(CompanyEntry, desk.environment, key)
        if found is None or tenant not in found.tenants or (limit is not None and key not in limit):
            raise Forbidden("this key does not reach that company, or there is no such company")
    return frozenset(wanted)


def _end(desk: Desk, ends: dt.datetime | None) -> dt.datetime | None:
    if ends is not None and ends <= desk.now:
        raise wrong("expiresAt", "is in the past")
    return ends


def _rate(desk: Desk, rate: float | None) -> float | None:
    if rate is not None and not 0 < rate <= (1_000_000 if desk.operator else RATE_MAX):
        raise wrong("requestsPerSecond", f"is above 0 and at most {RATE_MAX:g}; the operator may give more")
    return rate
