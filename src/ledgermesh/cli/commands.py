"""The commands that run, print and check: demo, serve, sandbox, providers, schema, layers."""

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

import structlog
import typer

from ledgermesh import telemetry
from ledgermesh.app import make_served, operations
from ledgermesh.cli.config import settings_schema
from ledgermesh.cli.exports import exports
from ledgermesh.clock import SystemClock
from ledgermesh.demo import DEMO_KEYS, make_demo
from ledgermesh.edge.drain import Drain
from ledgermesh.errors import ConfigurationError
from ledgermesh.graph.coverage import coverage
from ledgermesh.graph.kinds import NAMES
from ledgermesh.graph.operations import record_operations
from ledgermesh.graph.schema import make_schema
from ledgermesh.metrics.dashboard import dashboard
from ledgermesh.playground import read_examples
from ledgermesh.providers import discover
from ledgermesh.sandbox.app import make_sandbox
from ledgermesh.sandbox.certificate import self_signed
from ledgermesh.sandbox.world import make_world
from ledgermesh.server import Site, serve
from ledgermesh.settings import Settings, check, read_settings, to_tls, unreachable
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
        drain = Drain()
        made = await make_demo(
            clock=SystemClock(),
            sandbox_url=address(host, sandbox_port),
            public_url=address(host, port),
            scale=scale,
            drain=drain,
        )
        sites = [Site(made.sandbox, host, sandbox_port), Site(made.gateway, host, port, drain=drain)]
        await serve(sites, started=lambda ports: typer.echo(banner(host, ports[1], ports[0])))

    asyncio.run(run())


@cli.command(name="serve")
def serve_command(
    config: Config = None,
    host: Annotated[str | None, typer.Option(help="Instead of server.host of the settings.")] = None,
    port: Annotated[int | None, typer.Option(help="Instead of server.port.", min=0, max=65535)] = None,
    tls_cert: Annotated[
        Path | None, typer.Option(help="Certificate with its chain, PEM, instead of server.tls_cert.")
    ] = None,
    tls_key: Annotated[Path | None, typer.Option(help="Its key, PEM, instead of server.tls_key.")] = None,
) -> None:
    """Run the gateway over the connections of the settings."""
    telemetry.configure(stream=sys.stderr)
    settings = served(read_settings(os.environ, config), host=host, tls_cert=tls_cert, tls_key=tls_key)
    check(settings, discover(NAMES), os.environ)
    where, number = settings.server.host, settings.server.port if port is None else port
    tls = to_tls(settings.server)
    if (reason := unreachable(settings.server)) is not None:
        structlog.get_logger("ledgermesh").warning("only this machine can ask", reason=reason)

    async def run() -> None:
        drain = Drain()
        app = await make_served(settings, environ=os.environ, clock=SystemClock(), drain=drain)
        scheme = "http" if tls is None else "https"
        await serve(
            [
                Site(
                    app,
                    where,
                    number,
                    tls,
                    drain,
                    notice_seconds=settings.server.notice_seconds,
                    message_bytes_max=settings.server.body_bytes_max,
                )
            ],
            started=lambda ports: typer.echo(address(where, ports[0], scheme)),
        )

    asyncio.run(run())


def served(settings: Settings, **instead: object) -> Settings:
    """The settings with what the command line says instead of `server`."""
    said = {name: value for name, value in instead.items() if value is not None}
    return settings.model_copy(update={"server": settings.server.model_copy(update=said)})


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
        "subgraph.graphql": made.subgraph,
        "COVERAGE.md": coverage(discover(NAMES)),
        "ledgermesh.schema.json": settings_schema(),
        **exports(read_examples(operations()), records),
        "grafana.json": dashboard(),
        **{f"operations/records/{name}": text for name, text in records.items()},
    }


@cli.command()
def schema(
    folder: Annotated[Path, typer.Option(help="Where the files are.")] = FOLDER,
    *,
    check: Annotated[bool, typer.Option("--check", help="Only compare; exit 1 when they differ.")] = False,
) -> None:
    """Write the files of the folder schema that are made of the code: schemas, coverage, operations, exports."""
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
