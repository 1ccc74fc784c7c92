"""`ledgermesh connect`: print the page on which a company is linked, or link it with secrets that are at hand."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Annotated

import typer

from ledgermesh.cli.admin import Where, pairs, run
from ledgermesh.cli.desk import NAME
from ledgermesh.cli.options import Config
from ledgermesh.errors import ConfigurationError
from ledgermesh.graph.admin.desk import Desk
from ledgermesh.graph.admin.links import Wish, sealed_link
from ledgermesh.state.allowances import sandbox_addresses
from ledgermesh.state.base import Secret
from ledgermesh.state.entries import CompanyEntry, ConnectionEntry, TenantEntry
from ledgermesh.state.link_tokens import NO_KEY
from ledgermesh.upstream.linking.direct import link_with_secrets


def connect(
    company: Annotated[str, typer.Option(help="Account key of the company.")],
    provider: Annotated[str | None, typer.Option(help="The provider's key; else the end user picks.")] = None,
    connection: Annotated[str | None, typer.Option(help="A connection to link again.")] = None,
    return_url: Annotated[str | None, typer.Option(help="Where the end user goes back to.")] = None,
    secret: Annotated[
        list[str] | None, typer.Option(help="name=VARIABLE of the environment; repeat. Links at once.")
    ] = None,
    *,
    scheme: Annotated[str | None, typer.Option(help="With --secret: the way in; else the first.")] = None,
    setting: Annotated[list[str] | None, typer.Option(help="name=value; repeat.")] = None,
    environment: Where = "live",
    config: Config = None,
) -> None:
    """Print the address of a page that links a company's books, or link them with secrets."""
    secrets, settings = _read(pairs(secret or (), "--secret")), pairs(setting or (), "--setting")

    async def act(desk: Desk) -> None:
        owner = _owner(desk, desk.company(company))
        if secrets:
            typer.echo(
                await _link(
                    desk, owner, company, provider,
                    connection=connection, scheme=scheme, settings=settings, secrets=secrets,
                )
            )  # fmt: skip
            return
        wish = Wish(
            company=company,
            return_url=return_url or next(iter(owner.allowed_urls), ""),
            seconds=1800,
            provider=provider,
            connection=connection,
            settings=settings,
        )
        with desk.audited("create link token", company=company, connection=connection):
            made = sealed_link(desk, owner, NO_KEY, wish)
        typer.echo(made.url or made.token)

    run(environment, config, act)


async def _link(
    desk: Desk,
    owner: TenantEntry,
    company: str,
    provider: str | None,
    *,
    connection: str | None,
    scheme: str | None,
    settings: Mapping[str, str],
    secrets: Mapping[str, Secret],
) -> str:
    """The id of the connection that these secrets link; they are tried first."""
    if provider is None:
        raise ConfigurationError("--secret needs --provider")
    entry = await link_with_secrets(
        desk.state, desk.definitions, wire=desk.wire, clock=desk.clock, tenant=owner.id, key=NAME,
        environment=desk.environment, company=company, provider=provider, scheme=scheme, secrets=secrets,
        settings=settings, connection=connection or _waiting(desk, company, provider),
        bases=await sandbox_addresses(desk.state.store),
    )  # fmt: skip
    return entry.id


def _owner(desk: Desk, company: CompanyEntry) -> TenantEntry:
    """In whose name it is linked: the company's owner, else the first tenant it is shared with."""
    return desk.tenant_of(company.owner or min(company.tenants, default=None))


def _read(places: Mapping[str, str]) -> dict[str, Secret]:
    """The secrets, which stand in no command line: others on the machine could read that."""
    for variable in places.values():
        if not os.environ.get(variable):
            raise ConfigurationError(f"--secret: the environment variable {variable} is not set")
    return {name: Secret(os.environ[variable]) for name, variable in places.items()}


def _waiting(desk: Desk, company: str, provider: str) -> str | None:
    """A connection of the company to the provider that waits to be linked."""
    for entry in desk.registry.connections(desk.company(company)):
        if entry.provider == provider and _waits(desk, entry):
            return entry.id
    return None


def _waits(desk: Desk, entry: ConnectionEntry) -> bool:
    standing = desk.registry.standing(entry.environment, entry.id)
    return standing is not None and standing.state in ("PENDING", "REVOKED")
