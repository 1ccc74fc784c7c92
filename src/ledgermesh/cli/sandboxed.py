"""`ledgermesh sandbox`: the emulated providers alone, over http or https."""

from __future__ import annotations

import asyncio
import datetime as dt
import ssl
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Annotated

import typer

from ledgermesh import telemetry
from ledgermesh.cli.options import Host, SandboxPort, Scale, address
from ledgermesh.clock import Clock, SystemClock
from ledgermesh.errors import ConfigurationError
from ledgermesh.sandbox.app import NoSuchEmulator, Sandbox, make_sandbox
from ledgermesh.sandbox.certificate import self_signed
from ledgermesh.sandbox.world import make_world
from ledgermesh.server import Site, serve


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
    made = _made(clock, scale, only)
    with secured(host, clock.now(), tls_cert_out) if tls else nullcontext((None, None)) as (context, path):

        def started(ports: list[int]) -> None:
            typer.echo(
                f"{', '.join(made.emulators)} at {address(host, ports[0], 'https' if tls else 'http')}"
            )
            if path is not None:
                typer.echo(f"certificate, for clients to trust, in {path}")

        asyncio.run(serve([Site(made.app, host, port, context)], started=started))


def _made(clock: Clock, scale: int, only: str | None) -> Sandbox:
    try:
        return make_sandbox(make_world(today=clock.now().date(), scale=scale), clock, only=only)
    except NoSuchEmulator as error:
        raise ConfigurationError(str(error)) from error


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
