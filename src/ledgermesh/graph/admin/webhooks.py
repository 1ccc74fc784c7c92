"""Where tenants want to be told of events, and the secrets that what they are told is signed with."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Sequence
from dataclasses import replace

from msgspec import Struct

from ledgermesh.errors import NotFound
from ledgermesh.graph.admin.desk import Desk
from ledgermesh.graph.admin.words import secured, wrong
from ledgermesh.state.base import Grant, Secret
from ledgermesh.state.entries import Environment, WebhookEntry
from ledgermesh.sync.announce import EVENTS as SYNC_EVENTS
from ledgermesh.sync.announce import Announcer
from ledgermesh.sync.signing import make_secret
from ledgermesh.sync.syncs import Syncs
from ledgermesh.upstream.guard import check

EVENTS = ("connection.changed", *SYNC_EVENTS)
"""What there is to be told of."""
SCHEME = "hmac-sha256"
OVERLAP = dt.timedelta(hours=24)
"""How long after a rotation the older secret signs as well."""
WEBHOOKS_MAX = 20
"""Of one tenant in one environment."""


class MadeWebhook(Struct, frozen=True, kw_only=True):
    """A webhook and its secret, the one time that it is shown."""

    entry: WebhookEntry
    secret: Secret


def webhooks(desk: Desk) -> list[WebhookEntry]:
    """The tenant's in the caller's environment, by id."""
    desk.check_whole()
    return webhooks_of(desk, desk.tenant.id, desk.environment)


def webhooks_of(desk: Desk, tenant: str, environment: Environment) -> list[WebhookEntry]:
    """A tenant's in an environment, by id."""
    found = desk.registry.all(WebhookEntry)
    return [each for each in found if (each.tenant, each.environment) == (tenant, environment)]


async def replay_webhook(desk: Desk, id: str, since: dt.datetime) -> int:
    """Send again what its receiver may have missed since then; how many events that is. Raises NotFound."""
    desk.check_whole()
    if id not in {each.id for each in webhooks(desk)}:
        raise NotFound("there is no webhook with this id")
    store = desk.state.store
    announcer = Announcer(store, Syncs(store, desk.keys, desk.clock), desk.clock)
    return await announcer.replay(desk.tenant.id, desk.environment, since=since, webhook=id)


async def create_webhook(desk: Desk, *, url: str, events: Sequence[str]) -> MadeWebhook:
    """A new webhook with a secret of its own."""
    desk.check_whole()
    url = secured("url", url)
    if not events or not set(EVENTS).issuperset(events):
        raise wrong("events", f"are one or more of {', '.join(EVENTS)}")
    if len(webhooks(desk)) >= WEBHOOKS_MAX:
        raise wrong("url", f"would be one too many: a tenant has at most {WEBHOOKS_MAX} webhooks")
    await check(desk.guard, url)
    entry = WebhookEntry(
        id=f"hook-{secrets.token_hex(8)}",
        tenant=desk.tenant.id,
        environment=desk.environment,
        url=url,
        events=frozenset(events),
        created_at=desk.now,
    )
    with desk.audited("create webhook", webhook=entry.id):
        made = await _keep_secret(desk, entry)
        await desk.state.directory.add(entry)
    return made


async def rotate_webhook_secret(desk: Desk, id: str) -> MadeWebhook:
    """A new secret; for a day both sign."""
    entry = _webhook(desk, id)
    with desk.audited("rotate webhook's secret", webhook=entry.id):
        return await _keep_secret(desk, entry)


async def delete_webhook(desk: Desk, id: str) -> WebhookEntry:
    """Tell nobody there any more, and forget the secrets."""
    entry = _webhook(desk, id)
    with desk.audited("delete webhook", webhook=entry.id):
        await desk.state.directory.change(WebhookEntry, entry.place, lambda _: None)
        await desk.state.signing.forget(entry.tenant, entry.environment, entry.id)
    return entry


def _webhook(desk: Desk, id: str) -> WebhookEntry:
    found = next((each for each in webhooks(desk) if each.id == id), None)
    if found is None:
        raise NotFound("there is no webhook with this id", details={"field": "webhook"})
    return found


async def _keep_secret(desk: Desk, entry: WebhookEntry) -> MadeWebhook:
    """In the vault: `current`, and `previous` until `expires_at`."""
    new = make_secret()
    where = Grant(tenant=entry.tenant, environment=entry.environment, connection=entry.id, scheme=SCHEME)
    while True:
        old = await desk.state.signing.find(where.tenant, where.environment, where.connection)
        previous = old.secrets.get("current") if old is not None else None
        kept = {"current": new} if previous is None else {"current": new, "previous": previous}
        grant = replace(
            where,
            secrets=kept,
            expires_at=desk.now + OVERLAP if previous is not None else None,
            version=old.version if old is not None else 0,
        )
        if await desk.state.signing.write(grant):
            return MadeWebhook(entry=entry, secret=new)
