"""What the settings declare, written to the store at every start; what was made otherwise stays as it is."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final
from urllib.parse import unquote

import msgspec

from ledgermesh.errors import ConfigurationError, NeedsConfig
from ledgermesh.settings.parts import to_clients, to_entries, to_grants, to_keys
from ledgermesh.settings.values import Settings
from ledgermesh.spec.provider import Provider
from ledgermesh.state.allowances import keep_sandbox_addresses
from ledgermesh.state.base import Grant
from ledgermesh.state.entries import KINDS, ConnectionEntry, Entry, Standing, place
from ledgermesh.state.sealing import SealingKey
from ledgermesh.state.shared import State
from ledgermesh.state.vault import Vault

PLACE: Final = "operator/declared"

Marks = dict[str, str]
"""Id of a sealing key → digest, under that key, of the secrets that were declared."""


@dataclass(frozen=True, kw_only=True)
class Declared:
    """What the settings declared at the last start: the next one removes what is not declared any more."""

    places: frozenset[str] = frozenset()
    """Of entries."""
    clients: frozenset[str] = frozenset()
    """Of OAuth clients."""
    grants: Mapping[str, Marks] = field(default_factory=dict)
    """Of connections with declared secrets, by place: a grant is written again only when those changed, for what the
    provider gave since (a rotated token) is newer than the settings."""


async def bootstrap(
    state: State, settings: Settings, definitions: Mapping[str, Provider], environ: Mapping[str, str]
) -> None:
    """Write what is declared, remove what was and is no more. Raises ConfigurationError and StateDown.

    The settings win over what stands in the place of what they declare; everything else is left alone.
    """
    entries = to_entries(settings, definitions, environ)
    grants, clients = to_grants(settings, environ), to_clients(settings, environ)
    keys = to_keys(settings)
    await state.directory.load()
    before = await _declared(state)
    after = Declared(
        places=frozenset(entry.place for entry in entries),
        clients=frozenset(_place(grant) for grant in clients),
        grants={_place(grant): _marks(grant, keys) for grant in grants},
    )
    # Ahead of the writing, so that what a start that was cut short has written is known to be declared.
    await _remember(
        state,
        replace(before, places=before.places | after.places, clients=before.clients | after.clients),
    )
    await _remove(state, before.places - after.places)
    for gone in before.clients - after.clients:
        owner, environment, provider = (unquote(word) for word in gone.split("/"))
        await state.clients.forget(owner, environment, provider)
    await _write(state, entries, {grant.connection for grant in grants})
    await _write_grants(state, grants, before, after)
    for client in clients:
        await _keep(state.clients, client, changed=None)
    await keep_sandbox_addresses(state.store, settings.sandbox.base_urls)
    await _remember(state, after)


async def _declared(state: State) -> Declared:
    kept = await state.store.get(PLACE)
    return msgspec.json.decode(kept.value, type=Declared) if kept is not None else Declared()


async def _remember(state: State, declared: Declared) -> None:
    value = msgspec.json.encode(declared, order="deterministic")
    while True:
        kept = await state.store.get(PLACE)
        if kept is not None and kept.value == value:
            return
        if await state.store.put(PLACE, value, expect=kept.version if kept is not None else 0):
            return


async def _write(state: State, entries: Iterable[Entry], with_secrets: set[str]) -> None:
    for entry in entries:
        await state.directory.change(type(entry), entry.place, partial(_over, entry, with_secrets))


def _over(new: Entry, with_secrets: set[str], old: Entry | None) -> Entry:
    """What is declared; who linked a connection that is declared without secrets, and how, is not the settings'."""
    if isinstance(old, ConnectionEntry) and isinstance(new, ConnectionEntry):
        kept = replace(new, created_at=old.created_at)
        if old.owner and new.id not in with_secrets:
            return replace(kept, owner=old.owner, scheme=old.scheme)
        return kept
    return new


async def _remove(state: State, places: Iterable[str]) -> None:
    for where in sorted(places):
        entry = state.registry.at(where)
        if isinstance(entry, ConnectionEntry):
            if entry.owner:
                await state.grants.forget(entry.owner, entry.environment, entry.id)
            await state.directory.raise_generation(entry.environment, entry.id)
            await _stand_anew(state, entry.environment, entry.id)
        await state.directory.change(KINDS[where.partition("/")[0]], where, lambda _: None)


async def _stand_anew(state: State, environment: str, connection: str) -> None:
    where = place(Standing.kind, environment, connection)
    await state.directory.change(Standing, where, lambda _: None)


# -- secrets -------------------------------------------------------------------------------------------------------


async def _write_grants(state: State, grants: Iterable[Grant], before: Declared, after: Declared) -> None:
    for grant in grants:
        where = _place(grant)
        marks = before.grants.get(where)
        changed = marks is not None and not _same(marks, after.grants[where])
        if await _keep(state.grants, grant, changed=changed):
            await _stand_anew(state, grant.environment, grant.connection)
            await state.directory.raise_generation(
                "live" if grant.environment == "live" else "sandbox", grant.connection
            )


async def _keep(vault: Vault, grant: Grant, *, changed: bool | None) -> bool:
    """Whether the grant was written: where there is none, or it `changed` (None: compare with what is there)."""
    while True:
        try:
            old = await vault.find(grant.tenant, grant.environment, grant.connection)
        except NeedsConfig as error:
            raise ConfigurationError(
                f"{grant.connection}: its secrets in the store are sealed under a secret that sealing.secrets has not"
            ) from error
        if old is not None and not (changed if changed is not None else old.secrets != grant.secrets):
            return False
        if await vault.write(replace(grant, version=old.version if old is not None else 0)):
            return True


def _marks(grant: Grant, keys: Iterable[SealingKey]) -> Marks:
    told = msgspec.json.encode(
        [grant.scheme, *sorted((name, secret.reveal()) for name, secret in grant.secrets.items())]
    )
    return {
        str(key.id): hmac.digest(key.derived("declared secrets"), told, hashlib.sha256).hex() for key in keys
    }


def _same(before: Marks, now: Marks) -> bool:
    """Whether the same secrets were declared.

    After all sealing keys were replaced nobody can tell, and what is in the store counts.
    """
    common = before.keys() & now.keys()
    return all(before[id] == now[id] for id in common)


def _place(grant: Grant) -> str:
    return place(grant.tenant, grant.environment, grant.connection)
