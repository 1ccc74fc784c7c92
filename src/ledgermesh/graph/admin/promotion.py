"""From sandbox to live: a company's set-up without anything that lets anybody in."""

from __future__ import annotations

from msgspec import Struct

from ledgermesh.errors import Forbidden
from ledgermesh.graph.admin.addresses import address_of
from ledgermesh.graph.admin.companies import create_company
from ledgermesh.graph.admin.connections import add_connection
from ledgermesh.graph.admin.desk import Desk
from ledgermesh.graph.admin.webhooks import MadeWebhook, create_webhook, webhooks, webhooks_of
from ledgermesh.graph.admin.words import wrong
from ledgermesh.state.entries import CompanyEntry, ConnectionEntry


class Copied(Struct, frozen=True, kw_only=True):
    """What was made; what was there before is left alone."""

    company: CompanyEntry
    connections: list[ConnectionEntry]
    webhooks: list[MadeWebhook]


async def copy_configuration(desk: Desk, *, company: str, key: str | None, name: str | None) -> Copied:
    """Make the live company, its connections (waiting to be linked) and the tenant's webhooks like the sandbox's.

    May be repeated: the company, its connections by provider and webhooks by URL are made once.
    """
    desk.check_whole()
    if desk.environment != "live":
        raise Forbidden("this needs a live key: what it makes is live")
    with desk.audited("copy configuration", company=company):
        source = _source(desk, company)
        target = await _target(desk, source, key or source.key, name or source.name)
        linked = await _connections(desk, source, target)
        hooks = await _webhooks(desk) if source.owner == desk.tenant.id else []
    return Copied(company=target, connections=linked, webhooks=hooks)


def _source(desk: Desk, key: str) -> CompanyEntry:
    found = desk.registry.get(CompanyEntry, "sandbox", key)
    if found is None or not (desk.operator or found.owner == desk.tenant.id):
        raise Forbidden("this key does not administer that company, or there is no such company")
    return found


async def _target(desk: Desk, source: CompanyEntry, key: str, name: str) -> CompanyEntry:
    there = desk.registry.get(CompanyEntry, "live", key)
    if there is None:
        return await create_company(desk, name=name, key=key, tenant=source.owner or None)
    if there.owner != source.owner or not desk.owns(there):
        raise wrong("key", "is taken")
    return there


async def _connections(desk: Desk, source: CompanyEntry, target: CompanyEntry) -> list[ConnectionEntry]:
    there = {each.provider for each in desk.registry.connections(target)}
    made = []
    for each in desk.registry.connections(source):
        if each.provider in there or each.provider not in desk.definitions:
            continue
        entry = ConnectionEntry(
            id=f"{target.key}-{each.provider}",
            company=target.key,
            provider=each.provider,
            environment="live",
            # An address that the sandbox was given stays there.
            base_url=await address_of(desk, "live", desk.definitions[each.provider], each.settings),
            scheme=each.scheme,
            settings=each.settings,
            created_at=desk.now,
        )
        made.append(await add_connection(desk, entry))
    return made


async def _webhooks(desk: Desk) -> list[MadeWebhook]:
    there = {each.url for each in webhooks(desk)}
    wanted = [each for each in webhooks_of(desk, desk.tenant.id, "sandbox") if each.url not in there]
    return [await create_webhook(desk, url=each.url, events=sorted(each.events)) for each in wanted]
