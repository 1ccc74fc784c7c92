"""`ledgermesh serve`: the gateway over the connections of the settings, in one process or in several."""

from __future__ import annotations

import asyncio
import gc
import os
import ssl
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import structlog
import typer

from ledgermesh import server, telemetry
from ledgermesh.app import Ready, make_served
from ledgermesh.cli.options import Config, address
from ledgermesh.clock import SystemClock
from ledgermesh.edge.drain import Drain
from ledgermesh.errors import ConfigurationError
from ledgermesh.graph.kinds import NAMES
from ledgermesh.graph.schema import make_schema
from ledgermesh.metrics.board import Fellows
from ledgermesh.providers import discover
from ledgermesh.server import Site, uncollected
from ledgermesh.settings import (
    Settings,
    check,
    read_settings,
    to_loop,
    to_tls,
    to_workers,
    unreachable,
)
from ledgermesh.settings.values import WORKERS_MAX
from ledgermesh.workers.child import Place
from ledgermesh.workers.parent import Workers


def serve(
    config: Config = None,
    host: Annotated[str | None, typer.Option(help="Instead of server.host of the settings.")] = None,
    port: Annotated[int | None, typer.Option(help="Instead of server.port.", min=0, max=65535)] = None,
    workers: Annotated[
        str | None, typer.Option(help="Processes, auto for one a core, instead of server.workers.")
    ] = None,
    tls_cert: Annotated[
        Path | None, typer.Option(help="Certificate with its chain, PEM, instead of server.tls_cert.")
    ] = None,
    tls_key: Annotated[Path | None, typer.Option(help="Its key, PEM, instead of server.tls_key.")] = None,
) -> None:
    """Run the gateway over the connections of the settings."""
    telemetry.configure(stream=sys.stderr)
    count = None if workers is None else counted(workers)
    settings = served(
        read_settings(os.environ, config), host=host, port=port, workers=count, tls_cert=tls_cert,
        tls_key=tls_key,
    )  # fmt: skip
    definitions = discover(NAMES)
    check(settings, definitions, os.environ)
    house = House(settings, to_tls(settings.server), Ready(definitions=definitions, schema=make_schema()))
    if (reason := unreachable(settings.server)) is not None:
        structlog.get_logger("ledgermesh").warning("only this machine can ask", reason=reason)
    if (many := to_workers(settings.server)) > 1:
        gc.freeze()  # looking for garbage would write to the memory that the workers share
        Workers(
            count=many, host=settings.server.host, port=settings.server.port, work=house.work,
            clock=SystemClock(), notice_seconds=settings.server.notice_seconds,
        ).run(house.tell)  # fmt: skip
    else:
        house.run(None)


@dataclass(frozen=True)
class House:
    """What is served, made once whatever the number of processes."""

    settings: Settings
    tls: ssl.SSLContext | None
    ready: Ready

    def tell(self, port: int) -> None:
        """Print where it answers."""
        scheme = "http" if self.tls is None else "https"
        typer.echo(address(self.settings.server.host, port, scheme))

    def work(self, place: Place) -> None:
        """As one of several."""
        self.run(place)

    def run(self, place: Place | None) -> None:
        """In this process, until a signal."""
        with asyncio.Runner(loop_factory=to_loop(self.settings.server)) as runner:
            runner.run(self._serve(place))

    async def _serve(self, place: Place | None) -> None:
        given, drain = self.settings.server, Drain()
        fellows = None if place is None else Fellows(place.board, place.number, os.getpid())
        with uncollected():
            app = await make_served(
                self.settings, environ=os.environ, clock=SystemClock(), drain=drain, ready=self.ready,
                fellows=fellows,
            )  # fmt: skip
        site = Site(
            app, given.host, given.port, self.tls, drain, notice_seconds=given.notice_seconds,
            message_bytes_max=given.body_bytes_max, bound=None if place is None else place.bound,
        )  # fmt: skip

        def started(ports: list[int]) -> None:
            if place is None:
                self.tell(ports[0])
            else:
                place.answers()

        await server.serve([site], started=started, worker=place is not None, lasting=given.large_pages)


def served(settings: Settings, **instead: object) -> Settings:
    """The settings with what the command line says instead of `server`."""
    said = {name: value for name, value in instead.items() if value is not None}
    return settings.model_copy(update={"server": settings.server.model_copy(update=said)})


def counted(text: str) -> int | Literal["auto"]:
    """The number of processes that was given; raises ConfigurationError."""
    if text == "auto":
        return "auto"
    if text.isascii() and text.isdigit() and int(text) <= WORKERS_MAX:
        return int(text)
    raise ConfigurationError(f"--workers: auto, or a number up to {WORKERS_MAX}, not {text!r}")
