"""The commands that run, print and check: demo, serve, sandbox, providers, schema, layers, doctor."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import ssl
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Annotated

import typer

from ledgermesh import telemetry
from ledgermesh.app import make_served
from ledgermesh.cli.desk import opened
from ledgermesh.clock import SystemClock
from ledgermesh.demo import DEMO_KEYS, make_demo
from ledgermesh.errors import ConfigurationError
from ledgermesh.graph.coverage import coverage
from ledgermesh.graph.kinds import NAMES
from ledgermesh.graph.operations import record_operations
from ledgermesh.graph.schema import make_schema
from ledgermesh.providers import discover
from ledgermesh.sandbox.app import make_sandbox
from ledgermesh.sandbox.certificate import self_signed
from ledgermesh.sandbox.world import make_world
from ledgermesh.server import Site, serve
from ledgermesh.settings import Settings, check, read_settings
from ledgermesh.state.entries import CompanyEntry
from ledgermesh.upstream.probe import probe_all
from ledgermesh.upstream.stack import LINES

cli = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="One live GraphQL endpoint over every set of books a company keeps.",
)

Host = Annotated[str, typer.Option(help="Address to listen on.")]
SandboxPort = Annotated[int, typer.Option(help="Port of the emulated providers.", min=1, max=65535)]
Scale = Annotated[int, typer.Option(help="Invoices of the company grand-tour; 0 for a few hundred.", min=0)]
Config = Annotated[
    Path | None, typer.Option(help="The settings file; else LEDGERMESH_CONFIG, else ledgermesh.toml.")
]

QUERY = (
    '{ company(key: \\"alpine-studio\\") '
    "{ invoices(first: 3) { nodes { number date total { amount currency } } } } }"
)


def address(host: str, port: int, scheme: str = "http") -> str:
    """How to reach from this machine what listens on this host and port."""
    reached = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  # a name, nothing listens here
    return f"{scheme}://[{reached}]:{port}" if ":" in reached else f"{scheme}://{reached}:{port}"


def banner(host: str, port: int, sandbox_port: int) -> str:
    """What the demo prints once it answers."""
    url = address(host, port)
    keys = "\n".join(f"  {key:<15} {', '.join(sorted(scopes))}" for key, scopes in DEMO_KEYS.items())
    return (
        f"ledgermesh demo\n\n  playground  {url}/\n  endpoint    {url}/graphql\n"
        f"  providers   {address(host, sandbox_port)}/ (emulated; faults at /_control)\n\nKeys\n{keys}\n\nTry\n"
        f"  curl -s {url}/graphql -H 'Authorization: Bearer lm_demo_read' -H 'Content-Type: application/json' "
        f'-d \'{{"query": "{QUERY}"}}\'\n\nStop with Ctrl-C.\n'
    )


@cli.command()
def demo(
    port: Annotated[int, typer.Option(help="Port of the gateway.", min=1, max=65535)] = 8000,
    sandbox_port: SandboxPort = 8100,
    host: Host = "127.0.0.1",
    scale: Scale = 0,
) -> None:
    """Run the gateway over emulated providers, all in this process; nothing is stored."""
    telemetry.configure(stream=sys.stderr, pretty=True)

    async def run() -> None:
        made = await make_demo(
            clock=SystemClock(),
            sandbox_url=address(host, sandbox_port),
            public_url=address(host, port),
            scale=scale,
        )
        sites = [Site(made.sandbox, host, sandbox_port), Site(made.gateway, host, port)]
        await serve(sites, started=lambda ports: typer.echo(banner(host, ports[1], ports[0])))

    asyncio.run(run())


@cli.command(name="serve")
def serve_command(
    config: Config = None,
    host: Annotated[str | None, typer.Option(help="Instead of server.host of the settings.")] = None,
    port: Annotated[int | None, typer.Option(help="Instead of server.port.", min=0, max=65535)] = None,
) -> None:
    """Run the gateway over the connections of the settings."""
    telemetry.configure(stream=sys.stderr)
    settings = read_settings(os.environ, config)
    check(settings, discover(NAMES), os.environ)
    where, number = host or settings.server.host, settings.server.port if port is None else port

    async def run() -> None:
        app = await make_served(settings, environ=os.environ, clock=SystemClock())
        await serve([Site(app, where, number)], started=lambda ports: typer.echo(address(where, ports[0])))

    asyncio.run(run())


@cli.command()
def sandbox(
    only: Annotated[str | None, typer.Option(help="Serve this provider alone, at the root.")] = None,
    port: SandboxPort = 8100,
    host: Host = "127.0.0.1",
    scale: Scale = 0,
    *,
    tls: Annotated[bool, typer.Option("--tls", help="Serve https, with a certificate made now.")] = False,
    tls_cert_out: Annotated[
        Path | None, typer.Option(help="Where to write the certificate; else a file that goes at the end.")
    ] = None,
) -> None:
    """Run the emulated providers alone; /_control switches faults."""
    if tls_cert_out is not None and not tls:
        raise ConfigurationError("--tls-cert-out needs --tls")
    telemetry.configure(stream=sys.stderr, pretty=True)
    clock = SystemClock()
    made = make_sandbox(make_world(today=clock.now().date(), scale=scale), clock, only=only)
    with secured(host, clock.now(), tls_cert_out) if tls else nullcontext((None, None)) as (context, path):

        def started(ports: list[int]) -> None:
            typer.echo(
                f"{', '.join(made.emulators)} at {address(host, ports[0], 'https' if tls else 'http')}"
            )
            if path is not None:
                typer.echo(f"certificate, for clients to trust, in {path}")

        asyncio.run(serve([Site(made.app, host, port, context)], started=started))


@contextmanager
def secured(host: str, now: dt.datetime, path: Path | None) -> Iterator[tuple[ssl.SSLContext, Path]]:
    """A new certificate of this host and the file it is written to: there, or one that is gone after the block."""
    certificate = self_signed([host], now)
    with tempfile.TemporaryDirectory(prefix="ledgermesh-") as folder:
        found = path or Path(folder, "certificate.pem")
        try:
            found.write_bytes(certificate.pem)
        except OSError as error:
            raise ConfigurationError(f"{found}: {error.strerror or error}") from error
        yield certificate.context(), found


@cli.command()
def providers() -> None:
    """Print what each provider can do."""
    typer.echo(coverage(discover(NAMES)))


FOLDER = Path("schema")


def printed() -> Mapping[str, str]:
    """What is committed below `schema/` and follows from the code, by its path there."""
    made = make_schema()
    records = record_operations(made.inner)
    return {
        "schema.graphql": made.as_str() + "\n",
        "COVERAGE.md": coverage(discover(NAMES)),
        **{f"operations/records/{name}": text for name, text in records.items()},
    }


@cli.command()
def schema(
    folder: Annotated[Path, typer.Option(help="Where the files are.")] = FOLDER,
    *,
    check: Annotated[bool, typer.Option("--check", help="Only compare; exit 1 when they differ.")] = False,
) -> None:
    """Write schema.graphql, COVERAGE.md and the operations of each kind of record from the code."""
    files = printed()
    if not folder.is_dir():
        raise ConfigurationError(f"{folder}: there is no such folder; run this at the top of a checkout")
    stale = []
    for name, text in files.items():
        path = folder / name
        if check and (not path.exists() or path.read_text(encoding="utf-8") != text):
            stale.append(str(path))
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    if stale:
        typer.echo(f"not as the code prints: {', '.join(stale)}; run `ledgermesh schema`", err=True)
        raise typer.Exit(1)


@cli.command()
def layers() -> None:
    """Print the layers a call to a provider passes, in their order."""
    for name, line in LINES:
        typer.echo(f"{name:<10} {line}")


@cli.command()
def doctor(config: Config = None) -> None:
    """Check the settings and the definitions, and say when each definition was last compared with its documents."""
    definitions = discover(NAMES)
    for definition in definitions.values():
        typer.echo(f"{definition.name:<14} compared with its documents on {definition.checked_on}")
    settings = read_settings(os.environ, config)
    check(settings, definitions, os.environ)
    asyncio.run(_store(settings))
    typer.echo(
        f"settings good: {len(settings.tenants)} tenants, {len(settings.keys)} keys, "
        f"{len(settings.companies)} companies, {len(settings.connections)} connections"
    )
    for link in settings.connections:
        if not (link.secrets_from_env or link.secrets_from_file):
            typer.echo(f"{link.id}: has no secrets; nothing can be read through it")
    if not _reachable(
        {link.base_url or definitions[link.provider].base_url for link in settings.connections}
    ):
        raise typer.Exit(1)


async def _store(settings: Settings) -> None:
    """Say whether the state can be read; raises ConfigurationError and StateDown."""
    async with opened(settings, SystemClock()) as state:
        await state.directory.load()
        companies = len(state.registry.all(CompanyEntry))
    typer.echo(f"state good: {settings.state.url.partition(':')[0]}, {companies} companies")


def _reachable(urls: set[str]) -> bool:
    """Print which addresses of providers can be reached; whether all can."""
    found = asyncio.run(probe_all(urls))
    for url, trouble in found.items():
        typer.echo(f"{url}: {trouble or 'can be reached'}")
    return not any(found.values())
