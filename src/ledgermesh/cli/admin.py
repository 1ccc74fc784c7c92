"""`ledgermesh admin …`: tenants, companies, connections and keys, directly in the store."""

from __future__ import annotations

import asyncio
import datetime as dt
import sys
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Annotated, Literal

import typer

from ledgermesh import telemetry
from ledgermesh.cli.desk import operator
from ledgermesh.cli.options import Config
from ledgermesh.errors import ConfigurationError
from ledgermesh.graph.admin.companies import create_company, delete_company, share_company, unshare_company
from ledgermesh.graph.admin.connections import (
    create_connection,
    delete_connection,
    disconnect,
    pause_connection,
    resume_connection,
)
from ledgermesh.graph.admin.desk import Desk
from ledgermesh.graph.admin.keys import MadeKey, api_keys, create_key, revoke_key, rotate_key
from ledgermesh.graph.admin.tenants import create_tenant, tenants
from ledgermesh.state.entries import ConnectionEntry, KeyEntry

admin = typer.Typer(
    no_args_is_help=True, help="Administer tenants, companies, connections and keys in the store."
)

Where = Annotated[Literal["live", "sandbox"], typer.Option(help="live or sandbox; they never meet.")]
Tenant = Annotated[str, typer.Option(help="The tenant's id.")]
Company = Annotated[str, typer.Argument(help="Account key of the company.")]
Connection = Annotated[str, typer.Argument(help="The connection's id.")]
KeyId = Annotated[str, typer.Argument(help="The key's id, not the key.")]


def run(
    environment: Literal["live", "sandbox"], config: Path | None, act: Callable[[Desk], Awaitable[None]]
) -> None:
    """Do this at the operator's desk; what is changed is logged to stderr."""
    telemetry.configure(stream=sys.stderr)

    async def inside() -> None:
        async with operator(environment, config) as desk:
            await act(desk)

    asyncio.run(inside())


def table(rows: Iterable[tuple[object, ...]]) -> None:
    """Print rows, a tab between cells, so that other programs read them as well."""
    for row in rows:
        typer.echo("\t".join("" if cell is None else str(cell) for cell in row))


def pairs(given: Iterable[str], option: str) -> dict[str, str]:
    """`name=value` by name; raises ConfigurationError."""
    split = [each.partition("=") for each in given]
    if not all(name and equals for name, equals, _ in split):
        raise ConfigurationError(f"{option} is given as name=value")
    return {name: value for name, _, value in split}


# -- tenants and companies -----------------------------------------------------------------------------------------


@admin.command(name="tenants")
def list_tenants(config: Config = None) -> None:
    """List the tenants: id, name, allowed URLs."""

    async def act(desk: Desk) -> None:
        table((each.id, each.name, " ".join(each.allowed_urls)) for each in tenants(desk))

    run("live", config, act)


@admin.command(name="create-tenant")
def create_tenant_command(
    id: Annotated[str, typer.Argument(help="Its id.")],
    name: Annotated[str, typer.Option(help="For people.")],
    allowed_url: Annotated[list[str] | None, typer.Option(help="An origin of its pages; repeat.")] = None,
    config: Config = None,
) -> None:
    """Make a tenant."""

    async def act(desk: Desk) -> None:
        typer.echo((await create_tenant(desk, name=name, id=id, urls=allowed_url or ())).id)

    run("live", config, act)


@admin.command(name="companies")
def list_companies(environment: Where = "live", config: Config = None) -> None:
    """List the companies: account key, name, owner, tenants it is shared with."""

    async def act(desk: Desk) -> None:
        table((each.key, each.name, each.owner, " ".join(sorted(each.tenants))) for each in desk.companies())

    run(environment, config, act)


@admin.command(name="create-company")
def create_company_command(
    key: Company,
    name: Annotated[str, typer.Option(help="For people.")],
    tenant: Tenant,
    environment: Where = "live",
    config: Config = None,
) -> None:
    """Make a company of a tenant."""

    async def act(desk: Desk) -> None:
        typer.echo((await create_company(desk, name=name, key=key, tenant=tenant)).key)

    run(environment, config, act)


@admin.command(name="delete-company")
def delete_company_command(key: Company, environment: Where = "live", config: Config = None) -> None:
    """Remove a company, its connections, and what let them in."""

    async def act(desk: Desk) -> None:
        await delete_company(desk, key)

    run(environment, config, act)


@admin.command()
def share(key: Company, tenant: Tenant, environment: Where = "live", config: Config = None) -> None:
    """Let a tenant see a company."""

    async def act(desk: Desk) -> None:
        await share_company(desk, key, tenant)

    run(environment, config, act)


@admin.command()
def unshare(key: Company, tenant: Tenant, environment: Where = "live", config: Config = None) -> None:
    """Take a company from a tenant, at once."""

    async def act(desk: Desk) -> None:
        await unshare_company(desk, key, tenant)

    run(environment, config, act)


# -- connections ---------------------------------------------------------------------------------------------------


@admin.command(name="connections")
def list_connections(environment: Where = "live", config: Config = None) -> None:
    """List the connections: id, company, provider, state, reason."""

    async def act(desk: Desk) -> None:
        table(_connection(desk, each) for each in desk.connections())

    run(environment, config, act)


def _connection(desk: Desk, entry: ConnectionEntry) -> tuple[object, ...]:
    standing = desk.registry.standing(entry.environment, entry.id)
    state, reason = (standing.state, standing.reason) if standing is not None else ("ACTIVE", "")
    return entry.id, entry.company, entry.provider, state, reason


@admin.command(name="create-connection")
def create_connection_command(
    company: Company,
    provider: Annotated[str, typer.Option(help="The provider's key.")],
    scheme: Annotated[
        str | None, typer.Option(help="Which of its ways to let us in; else its first.")
    ] = None,
    setting: Annotated[list[str] | None, typer.Option(help="name=value; repeat.")] = None,
    environment: Where = "live",
    config: Config = None,
) -> None:
    """Make a connection that waits to be linked, and print its id."""

    async def act(desk: Desk) -> None:
        settings = pairs(setting or (), "--setting")
        made = await create_connection(
            desk, company=company, provider=provider, scheme=scheme, settings=settings
        )
        typer.echo(made.id)

    run(environment, config, act)


def _on_connection(name: str, help: str, do: Callable[[Desk, str], Awaitable[ConnectionEntry]]) -> None:
    """A command that does one thing to one connection."""

    def command(id: Connection, environment: Where = "live", config: Config = None) -> None:
        async def act(desk: Desk) -> None:
            await do(desk, id)

        run(environment, config, act)

    admin.command(name=name, help=help)(command)


_on_connection("pause", "Ask nothing through a connection until it is resumed.", pause_connection)
_on_connection("resume", "Use a paused connection again.", resume_connection)
_on_connection("disconnect", "Forget what lets us in; the connection stays.", disconnect)
_on_connection("delete-connection", "Remove a connection, and what let us in.", delete_connection)


@admin.command()
def rewrap(config: Config = None) -> None:
    """Seal everything that an older sealing secret sealed under the first one, and print how much that was."""

    async def act(desk: Desk) -> None:
        with desk.audited("rewrap"):
            vaults = desk.state.grants, desk.state.clients, desk.state.signing
            typer.echo(sum([await vault.rewrap() for vault in vaults]))

    run("live", config, act)


# -- keys ----------------------------------------------------------------------------------------------------------


@admin.command(name="keys")
def list_keys(tenant: Tenant, environment: Where = "live", config: Config = None) -> None:
    """List a tenant's API keys: id, name, first characters, scopes, companies, end."""

    async def act(desk: Desk) -> None:
        table(_key(each) for each in api_keys(desk, tenant))

    run(environment, config, act)


def _key(entry: KeyEntry) -> tuple[object, ...]:
    companies = "all" if entry.companies is None else " ".join(sorted(entry.companies))
    scopes, ends = " ".join(sorted(entry.scopes)), entry.expires_at
    return entry.id, entry.name, entry.hint, scopes, companies, ends.isoformat() if ends is not None else None


@admin.command(name="create-key")
def create_key_command(
    tenant: Tenant,
    name: Annotated[str, typer.Option(help="For people.")],
    scope: Annotated[list[str] | None, typer.Option(help="api.read, api.write, admin; repeat.")] = None,
    company: Annotated[list[str] | None, typer.Option(help="Reach only this one; repeat.")] = None,
    days: Annotated[int | None, typer.Option(help="How long it is good; else for ever.", min=1)] = None,
    environment: Where = "live",
    config: Config = None,
) -> None:
    """Make an API key and print it with its id, this once."""

    async def act(desk: Desk) -> None:
        ends = desk.now + dt.timedelta(days=days) if days is not None else None
        scopes = scope or ["api.read"]
        _show(
            await create_key(
                desk, name=name, scopes=scopes, companies=company or None, expires_at=ends, tenant=tenant
            )
        )

    run(environment, config, act)


@admin.command(name="rotate-key")
def rotate_key_command(
    id: KeyId,
    tenant: Tenant,
    overlap_seconds: Annotated[
        int, typer.Option(help="How long both are good.", min=0, max=604_800)
    ] = 86_400,
    environment: Where = "live",
    config: Config = None,
) -> None:
    """Make a new key with the rights of an old one, which ends, and print the new one, this once."""

    async def act(desk: Desk) -> None:
        _show(await rotate_key(desk, id, overlap_seconds=overlap_seconds, tenant=tenant))

    run(environment, config, act)


@admin.command(name="revoke-key")
def revoke_key_command(id: KeyId, tenant: Tenant, environment: Where = "live", config: Config = None) -> None:
    """Make a key nobody's, on every replica."""

    async def act(desk: Desk) -> None:
        await revoke_key(desk, id, tenant=tenant)

    run(environment, config, act)


def _show(made: MadeKey) -> None:
    table([(made.entry.id, made.key)])
