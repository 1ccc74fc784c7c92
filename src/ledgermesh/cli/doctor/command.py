"""`ledgermesh doctor`: look at everything, print what was found, and end with 1 where somebody has to do something."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from ledgermesh.app import own_origins
from ledgermesh.cli.desk import opened
from ledgermesh.cli.doctor.finding import Finding
from ledgermesh.cli.doctor.outside import certificate, clocks, given, reach
from ledgermesh.cli.doctor.running import gateway
from ledgermesh.cli.doctor.stored import api_keys, grants
from ledgermesh.clock import Clock, SystemClock
from ledgermesh.errors import StateDown
from ledgermesh.graph.kinds import NAMES
from ledgermesh.providers import discover
from ledgermesh.settings import Settings, check, read_settings, state_url
from ledgermesh.settings.named import metrics_token
from ledgermesh.spec.provider import Provider
from ledgermesh.state.entries import CompanyEntry, ConnectionEntry, KeyEntry, WebhookEntry
from ledgermesh.upstream.guard import make_guard

DOWN = "start it, or correct state.url; a gateway without it refuses after its lease"


def doctor(
    config: Annotated[
        Path | None, typer.Option(help="The settings file; else LEDGERMESH_CONFIG, else ledgermesh.toml.")
    ] = None,
    url: Annotated[
        str | None, typer.Option("--gateway", help="Address of a running gateway to ask as well.")
    ] = None,
    *,
    json: Annotated[bool, typer.Option("--json", help="Print a JSON list of what was found.")] = False,
) -> None:
    """Check settings, keys, connections, reachability, clocks and certificate; exit 1 where something is to be done."""
    definitions, clock = discover(NAMES), SystemClock()
    settings = read_settings(os.environ, config)
    check(settings, definitions, os.environ)
    found = [*_declared(settings, definitions), *asyncio.run(_looked(settings, definitions, clock, url))]
    typer.echo(_json(found) if json else "\n".join(each.line for each in found))
    if not all(each.good for each in found):
        raise typer.Exit(1)


def _json(found: Iterable[Finding]) -> str:
    return msgspec.json.format(
        msgspec.json.encode(
            [
                {"area": each.area, "good": each.good, "message": each.message, "remedy": each.remedy}
                for each in found
            ]
        )
    ).decode()


def _declared(settings: Settings, definitions: Mapping[str, Provider]) -> Iterator[Finding]:
    for definition in definitions.values():
        yield Finding(
            area="definitions",
            message=f"{definition.name:<14} compared with its documents on {definition.checked_on}",
        )
    yield Finding(
        area="settings",
        message=f"settings good: {len(settings.tenants)} tenants, {len(settings.keys)} keys, "
        f"{len(settings.companies)} companies, {len(settings.connections)} connections",
    )
    for link in settings.connections:
        if not (link.secrets_from_env or link.secrets_from_file):
            yield Finding(
                area="settings", message=f"{link.id}: has no secrets here; whoever links it gives them"
            )


async def _looked(
    settings: Settings, definitions: Mapping[str, Provider], clock: Clock, url: str | None
) -> list[Finding]:
    found, hooks, more = await _state(settings, clock)
    own = {link.base_url or definitions[link.provider].base_url for link in settings.connections}
    known = own | {address for address in more if address in {each.base_url for each in definitions.values()}}
    reached, there = await reach(known)
    found += reached
    # Addresses that tenants gave are guarded here as they are where they are used.
    found += await given(
        [*hooks, *(more - known)], make_guard([str(each) for each in settings.network.allow])
    )
    found += await clocks(there, state_url(settings.state) or "", clock)
    found += certificate(settings, clock.now())
    if url is not None:
        found += await gateway(url, metrics_token(settings.telemetry))
    return found


async def _state(settings: Settings, clock: Clock) -> tuple[list[Finding], list[str], set[str]]:
    """What the store holds; webhooks' addresses, and those of connections that are not in the settings."""
    word, now = settings.state.url.partition(":")[0], clock.now()
    try:
        async with opened(settings, clock) as state:
            await state.directory.load()
            registry = state.registry
            found = [
                Finding(
                    area="state", message=f"state good: {word}, {len(registry.all(CompanyEntry))} companies"
                ),
                *api_keys(settings, registry.all(KeyEntry), now),
                *[each async for each in grants(state, now)],
            ]
            declared = {(link.environment, link.id) for link in settings.connections}
            others = {
                each.base_url
                for each in registry.all(ConnectionEntry)
                if (each.environment, each.id) not in declared and each.base_url not in own_origins(settings)
            }
            return found, [each.url for each in registry.all(WebhookEntry)], others
    except StateDown as error:
        down = Finding(area="state", message=f"state.url: {error.message}", remedy=DOWN)
        return [down, *api_keys(settings, (), now)], [], set()
