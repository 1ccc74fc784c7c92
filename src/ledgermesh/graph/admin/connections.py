"""Connections: made before they are linked, paused and resumed, disconnected, removed."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace

from ledgermesh.errors import BadInput, NotFound, OnHold
from ledgermesh.graph.admin.addresses import address, checked
from ledgermesh.graph.admin.desk import Desk
from ledgermesh.graph.admin.words import wrong
from ledgermesh.spec.provider import Provider
from ledgermesh.state.directory import Conflict
from ledgermesh.state.entries import ConnectionEntry, Environment, Standing
from ledgermesh.state.hook_secrets import withdraw
from ledgermesh.sync.records import Records
from ledgermesh.upstream.linking.giving_back import disconnect as give_back
from ledgermesh.upstream.linking.places import ADDRESSES

PAUSED_CODE = OnHold.code
UNLINKED_CODE = "NOT_LINKED"
DISCONNECTED_CODE = "DISCONNECTED"


async def create_connection(
    desk: Desk,
    *,
    company: str,
    provider: str,
    scheme: str | None = None,
    settings: Mapping[str, str] | None = None,
    base_url: str | None = None,
) -> ConnectionEntry:
    """A connection that waits to be linked. Without a scheme the provider's first way in is taken."""
    owner = desk.company(company)
    with desk.audited("create connection", company=owner.key, provider=provider):
        definition = desk.definition(provider)
        given = checked(definition, settings or {})
        entry = ConnectionEntry(
            id=f"{owner.key}-{provider}",
            company=owner.key,
            provider=provider,
            environment=desk.environment,
            base_url=await address(desk, definition, given, base_url),
            scheme=way_in(definition, scheme),
            settings=given,
            created_at=desk.now,
        )
        return await add_connection(desk, entry)


async def add_connection(desk: Desk, entry: ConnectionEntry) -> ConnectionEntry:
    """Keep a new connection under its id, or one like it; nobody has linked it yet."""
    try:
        await desk.state.directory.add(entry)
    except Conflict:
        return await add_connection(desk, replace(entry, id=f"{entry.id}-{secrets.token_hex(3)}"))
    await stand(desk, entry, "PENDING", "Nobody has linked it yet.", UNLINKED_CODE)
    return entry


def way_in(definition: Provider, scheme: str | None) -> str:
    """The name of one of the provider's ways to let us in; raises BadInput."""
    names = [auth.name for auth in definition.auth]
    if scheme is None:
        return names[0]
    if scheme not in names:
        raise wrong("scheme", f"of {definition.name} is one of {', '.join(names)}")
    return scheme


async def update_connection(desk: Desk, id: str, *, settings: Mapping[str, str]) -> ConnectionEntry:
    """Replace the settings. Where they change the address, what lets us in is forgotten: it was for the other one."""
    entry = desk.connection(id)
    with desk.audited("update connection", connection=entry.id, fields=" ".join(sorted(settings))):
        definition = desk.definition(entry.provider)
        moved = {name: value for name, value in entry.settings.items() if name in ADDRESSES}
        given = {**checked(definition, settings), **moved}
        url = entry.base_url
        if url == await address(desk, definition, entry.settings):
            url = await address(desk, definition, given)
        found = await _changed(desk, entry, lambda old: replace(old, settings=given, base_url=url))
        if url != entry.base_url:
            await _forget(desk, entry)
            await stand(desk, entry, "PENDING", "Its address changed: link it again.", UNLINKED_CODE)
        await desk.state.directory.raise_generation(entry.environment, entry.id)
    return found


async def pause_connection(desk: Desk, id: str) -> ConnectionEntry:
    """Ask nothing through it until it is resumed."""
    entry = desk.connection(id)
    with desk.audited("pause connection", connection=entry.id):
        await stand(desk, entry, "PAUSED", "Paused by its tenant.", PAUSED_CODE)
    return entry


async def resume_connection(desk: Desk, id: str) -> ConnectionEntry:
    """Use it again; raises BadInput for one that nobody paused."""
    entry = desk.connection(id)
    with desk.audited("resume connection", connection=entry.id):
        standing = desk.registry.standing(entry.environment, entry.id)
        if standing is None or standing.code != PAUSED_CODE:
            raise BadInput("this connection is not paused", details={"field": "connection"})
        if await _linked(desk, entry):
            await stand(desk, entry, "ACTIVE", "", "")
        else:
            await stand(desk, entry, "PENDING", "Nobody has linked it yet.", UNLINKED_CODE)
    return entry


async def disconnect(desk: Desk, id: str) -> ConnectionEntry:
    """Have the provider take back what let us in, where it documents a way, and forget it in any case; the connection
    stays and can be linked again.
    """
    entry = desk.connection(id)
    with desk.audited("disconnect", connection=entry.id):
        await give_back(desk.state, entry, definitions=desk.definitions, wire=desk.wire, clock=desk.clock)
    return entry


async def delete_connection(desk: Desk, id: str) -> ConnectionEntry:
    """Remove it with what lets us in. Its generation stays, so that a new one of its name begins with no answers."""
    entry = await disconnect(desk, id)
    with desk.audited("delete connection", connection=entry.id):
        await desk.state.directory.change(ConnectionEntry, entry.place, lambda _: None)
        place = Standing(
            environment=entry.environment, connection=entry.id, state="REVOKED", since=desk.now
        ).place
        await desk.state.directory.change(Standing, place, lambda _: None)
        await Records(desk.state.store).forget(entry.environment, entry.id)
    return entry


async def withdraw_hook_url(desk: Desk, id: str) -> ConnectionEntry:
    """End the addresses that the provider was given to notify us at; raises BadInput where it notifies nobody."""
    entry = desk.connection(id)
    with desk.audited("withdraw hook URL", connection=entry.id):
        if desk.definition(entry.provider).hooks is None:
            raise BadInput("this provider notifies nobody", details={"field": "connection"})
        await withdraw(desk.state.store, entry)
    return entry


async def stand(desk: Desk, entry: ConnectionEntry, state: str, reason: str, code: str) -> None:
    """Say how a connection stands from now on; when its sign-in ends is still true."""
    await set_standing(desk, entry.environment, entry.id, state, reason, code)


async def set_standing(
    desk: Desk, environment: Environment, connection: str, state: str, reason: str, code: str
) -> None:
    """See `stand`."""
    new = Standing(
        environment=environment,
        connection=connection,
        state=state,  # type: ignore[arg-type]  # one of the words of this file
        reason=reason,
        code=code,
        since=desk.now,
    )

    def change(old: Standing | None) -> Standing:
        if old is None:
            return new
        return replace(new, expires_at=old.expires_at, last_good_at=old.last_good_at)

    await desk.state.directory.change(Standing, new.place, change)


async def _linked(desk: Desk, entry: ConnectionEntry) -> bool:
    if not entry.owner:
        return False
    grant = await desk.state.grants.find(entry.owner, entry.environment, entry.id)
    return grant is not None and grant.linked


async def _forget(desk: Desk, entry: ConnectionEntry) -> None:
    if entry.owner:
        await desk.state.grants.forget(entry.owner, entry.environment, entry.id)


async def _changed(
    desk: Desk, entry: ConnectionEntry, change: Callable[[ConnectionEntry], ConnectionEntry]
) -> ConnectionEntry:
    found = await desk.state.directory.change(
        ConnectionEntry, entry.place, lambda old: change(old) if old is not None else None
    )
    if found is None:
        raise NotFound("this connection is gone", details={"field": "connection"})
    return found
