"""Disconnect: revoke at the provider where it documents a way, and forget here in any case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import structlog

from ledgermesh.clock import Clock
from ledgermesh.errors import LedgermeshError
from ledgermesh.spec.auth import OAuth2
from ledgermesh.spec.provider import Provider
from ledgermesh.state.base import Grant
from ledgermesh.state.entries import ConnectionEntry, Standing
from ledgermesh.state.shared import State
from ledgermesh.upstream.call import Link
from ledgermesh.upstream.linking.consent import find_client
from ledgermesh.upstream.linking.line import Line, posted
from ledgermesh.upstream.linking.places import revoke_url
from ledgermesh.upstream.wire import Wire

DISCONNECTED_CODE = "DISCONNECTED"


async def disconnect(
    state: State,
    entry: ConnectionEntry,
    *,
    definitions: Mapping[str, Provider],
    wire: Wire,
    clock: Clock,
    reason: str = "Disconnected by its tenant.",
) -> bool:
    """Whether the provider confirmed that it let go. What is kept here is gone even where it could not be asked.

    Raises StateDown, and then nothing is forgotten.
    """
    grant = await state.grants.find(entry.owner, entry.environment, entry.id) if entry.owner else None
    if entry.owner:
        await state.grants.forget(entry.owner, entry.environment, entry.id)
    gone = Standing(
        environment=entry.environment,
        connection=entry.id,
        state="REVOKED",
        reason=reason,
        code=DISCONNECTED_CODE,
        since=clock.now(),
    )
    await state.directory.change(
        Standing,
        gone.place,
        lambda old: gone if old is None else replace(gone, last_good_at=old.last_good_at),
    )
    await state.directory.raise_generation(entry.environment, entry.id)
    if grant is None or not grant.linked or entry.provider not in definitions:
        return False
    return await _revoked(state, entry, grant, definitions[entry.provider], Line(wire, clock))


async def _revoked(
    state: State, entry: ConnectionEntry, grant: Grant, provider: Provider, line: Line
) -> bool:
    auth = next((each for each in provider.auth if each.name == grant.scheme), None)
    if not isinstance(auth, OAuth2):
        return False
    link = Link(
        tenant=entry.owner,
        environment=entry.environment,
        connection=entry.id,
        provider=provider,
        base_url=entry.base_url,
        settings=entry.settings,
    )
    url = revoke_url(link, auth)
    client = await _client(state, link, grant)
    if url is None or client is None:
        return False
    try:
        return all(
            [
                await _gone(line, link, auth, client, grant, name, url)
                for name in ("refresh_token", "access_token")
            ]
        )
    except LedgermeshError as error:
        logger = structlog.get_logger("ledgermesh")
        logger.warning("a provider did not take back its tokens", connection=entry.id, code=error.code)
        return False


async def _client(state: State, link: Link, grant: Grant) -> Grant | None:
    if {"client_id", "client_secret"} <= grant.secrets.keys():
        return grant
    return await find_client(state, link.tenant, link.environment, link.provider.name)


async def _gone(
    line: Line, link: Link, auth: OAuth2, client: Grant, grant: Grant, name: str, url: str
) -> bool:
    if name not in grant.secrets:
        return True
    pairs = {"token": grant.secrets[name].reveal(), "token_type_hint": name}
    # The endpoint takes forms, whatever the token endpoint takes (RFC 7009, section 2.1).
    answer = await line.send(link, posted(url, pairs, auth=_in_form(auth), client=client))
    return answer.status == 200


def _in_form(auth: OAuth2) -> OAuth2:
    """The same client authentication over a form."""
    return replace(auth, body="form")
