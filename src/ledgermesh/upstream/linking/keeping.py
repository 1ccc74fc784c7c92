"""Keep what a person linked: the grant, the connection, that it stands well, and that older answers are wrong."""

from __future__ import annotations

import datetime as dt
import secrets
from dataclasses import replace

from ledgermesh.errors import NotFound
from ledgermesh.spec.auth import Auth
from ledgermesh.state.base import Grant
from ledgermesh.state.directory import Conflict
from ledgermesh.state.entries import ConnectionEntry, Standing
from ledgermesh.state.shared import State
from ledgermesh.upstream.call import Link
from ledgermesh.upstream.linking.target import Target
from ledgermesh.upstream.schemes import ends_for_good


async def keep(
    state: State, target: Target, link: Link, auth: Auth, grant: Grant, *, now: dt.datetime
) -> ConnectionEntry:
    """The connection as it is kept, with its id. The newest grant wins. Raises StateDown, and NotFound for a
    connection that was removed meanwhile.
    """
    if target.entry is None:
        entry = await _added(state, target, link, auth, now)
        version = await _written(state, replace(grant, connection=entry.id))
    else:
        version = await _written(state, replace(grant, connection=target.entry.id))
        entry = await _changed(state, target, target.entry, link, auth)
    await _stand(state, entry, auth, grant, version, now)
    await state.directory.raise_generation(entry.environment, entry.id)
    return entry


async def _added(state: State, target: Target, link: Link, auth: Auth, now: dt.datetime) -> ConnectionEntry:
    entry = ConnectionEntry(
        id=target.connection or f"{target.company}-{target.provider.name}",
        company=target.company,
        provider=target.provider.name,
        environment=target.environment,
        base_url=link.base_url,
        scheme=auth.name,
        settings=link.settings,
        owner=target.owner,
        created_at=now,
    )
    while True:
        try:
            await state.directory.add(entry)
        except Conflict:
            entry = replace(entry, id=f"{entry.id}-{secrets.token_hex(3)}")
        else:
            return entry


async def _changed(
    state: State, target: Target, before: ConnectionEntry, link: Link, auth: Auth
) -> ConnectionEntry:
    def change(old: ConnectionEntry | None) -> ConnectionEntry | None:
        if old is None:
            return None
        return replace(
            old, base_url=link.base_url, scheme=auth.name, settings=link.settings, owner=target.owner
        )

    entry = await state.directory.change(ConnectionEntry, before.place, change)
    if entry is None:
        await state.grants.forget(target.owner, before.environment, before.id)
        raise NotFound("this connection was removed meanwhile", details={"field": "connection"})
    return entry


async def _written(state: State, grant: Grant) -> int:
    while True:
        old = await state.grants.find(*_place(grant))
        version = old.version if old is not None else 0
        if await state.grants.write(replace(grant, version=version)):
            return version + 1


def _place(grant: Grant) -> tuple[str, str, str]:
    """Where a grant is kept."""
    return grant.tenant, grant.environment, grant.connection


async def _stand(
    state: State, entry: ConnectionEntry, auth: Auth, grant: Grant, version: int, now: dt.datetime
) -> None:
    standing = Standing(
        environment=entry.environment,
        connection=entry.id,
        state="ACTIVE",
        since=now,
        grant_version=version,
        expires_at=ends_for_good(auth, grant),
        last_good_at=now,
    )
    await state.directory.change(Standing, standing.place, lambda _: standing)
