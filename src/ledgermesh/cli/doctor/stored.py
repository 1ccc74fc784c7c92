"""What the settings and the store hold: keys that end, secrets that do not open, connections that need a person."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Final

from ledgermesh.cli.doctor.finding import Finding, ends
from ledgermesh.errors import NeedsConfig
from ledgermesh.settings import Settings
from ledgermesh.state.entries import ConnectionEntry, KeyEntry, Standing
from ledgermesh.state.shared import State

DIGEST: Final = re.compile(r"[0-9a-f]{64}")
RENEWS: Final = frozenset(("refresh_token", "password"))
"""Secrets with which a new token is had without a person."""
STATES: Final = {
    "PENDING": "have it linked: `ledgermesh connect`, or createLinkToken",
    "NEEDS_REAUTH": "have it linked again: `ledgermesh connect --connection ...`, or its repairUrl",
    "NEEDS_CONFIG": "complete its settings: updateConnection, or the settings file",
    "REVOKED": "link it again, or delete it",
    "PAUSED": "the company renews its plan with the provider, or its tenant resumes it: resumeConnection",
    "ERROR": "look into the log for its last calls",
}


def api_keys(settings: Settings, kept: Iterable[KeyEntry], now: dt.datetime) -> Iterator[Finding]:
    """API keys that end, or that nobody can have."""
    found = {(each.tenant, each.environment, each.id): each.expires_at for each in settings.keys}
    for entry in kept:
        found.setdefault((entry.tenant, entry.environment, entry.id), entry.expires_at)
        if not DIGEST.fullmatch(entry.digest):
            yield Finding(
                area="keys",
                message=f"key {entry.id} of {entry.tenant}: its digest is no SHA-256, so nobody has this key",
                remedy="revoke it and make another: `ledgermesh admin create-key`",
            )
    troubled = False
    for (tenant, _, id), end in sorted(found.items()):
        if end is not None and (said := ends(end, now)) is not None:
            troubled = True
            yield Finding(
                area="keys",
                message=f"key {id} of {tenant} {said}",
                remedy="rotate it before: `ledgermesh admin rotate-key`, or change expires_at in the settings",
            )
    if not troubled:
        yield Finding(area="keys", message=f"API keys good: {len(found)}, none ends soon")


async def grants(state: State, now: dt.datetime) -> AsyncIterator[Finding]:
    """Connections whose secrets cannot be opened or have ended, and those that a person has to see to."""
    opened = 0
    for entry in state.registry.all(ConnectionEntry):
        if entry.owner:
            finding = await _grant(state, entry, now)
            opened += finding is None
            if finding is not None:
                yield finding
        standing = state.registry.standing(entry.environment, entry.id)
        if standing is not None and (said := _standing(entry, standing, now)) is not None:
            yield said
    yield Finding(area="connections", message=f"secrets of {opened} connections can be opened")


async def _grant(state: State, entry: ConnectionEntry, now: dt.datetime) -> Finding | None:
    try:
        grant = await state.grants.find(entry.owner, entry.environment, entry.id)
    except NeedsConfig as error:
        return Finding(
            area="connections",
            message=f"{entry.id}: {error.message}",
            remedy="give sealing.secrets the secret that sealed it, behind the first; then `ledgermesh admin rewrap`",
        )
    if grant is None or not grant.linked:
        return Finding(area="connections", message=f"{entry.id}: has no secrets", remedy=STATES["PENDING"])
    if grant.expires_at is None or RENEWS & grant.secrets.keys() or grant.expires_at > now:
        return None
    return Finding(
        area="connections",
        message=f"{entry.id}: its token ended on {grant.expires_at:%Y-%m-%d %H:%M} UTC and cannot be renewed",
        remedy=STATES["NEEDS_REAUTH"],
    )


def _standing(entry: ConnectionEntry, standing: Standing, now: dt.datetime) -> Finding | None:
    if standing.state != "ACTIVE":
        why = f": {standing.reason}" if standing.reason else ""
        return Finding(
            area="connections",
            message=f"{entry.id}: {standing.state} since {standing.since:%Y-%m-%d %H:%M} UTC{why}",
            remedy=STATES.get(standing.state, STATES["ERROR"]),
        )
    said = ends(standing.expires_at, now) if standing.expires_at is not None else None
    if said is None:
        return None
    return Finding(
        area="connections", message=f"{entry.id}: its sign-in {said} for good", remedy=STATES["NEEDS_REAUTH"]
    )
