"""`ledgermesh demo`: the gateway over emulated providers, in one process."""

from __future__ import annotations

import asyncio
import sys
from typing import Annotated

import typer

from ledgermesh import telemetry
from ledgermesh.cli.options import Host, SandboxPort, Scale, address
from ledgermesh.clock import SystemClock
from ledgermesh.demo import DEMO_KEYS, make_demo
from ledgermesh.edge.drain import Drain
from ledgermesh.server import Site, serve, uncollected

QUERY = (
    '{ company(key: \\"alpine-studio\\") '
    "{ invoices(first: 3) { nodes { number date total { amount currency } } } } }"
)


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
        with uncollected():
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
