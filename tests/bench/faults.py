"""What one tenant's sick provider costs another tenant: `python -m tests.bench.faults [questions]` prints a table.

Two tenants on one gateway, each with a company of its own over the same sandbox. Tenant A's company has books with one
provider, which is given each fault of `/_control` in turn while 20 of A's callers keep asking; B's company has its
books with others. B's median is compared with its median while A's provider is well under the same callers. Then once
more with books of both at the same provider, where only A's connection hangs.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ledgermesh.clock import SystemClock
from ledgermesh.sandbox.app import make_sandbox
from ledgermesh.sandbox.world import make_world
from tests.bench.processes import free_port, machine, wait

CALLERS = 20
RATIO_MAX = 2.0
SETTLE_SECONDS = 1.0
QUERY = """query Books($key: ID!) { company(key: $key) { LISTS } }"""
A = QUERY.replace("LISTS", "invoices(first: 10) { nodes { id number } sources { status } }")
B = QUERY.replace(
    "LISTS",
    "invoices(first: 20) { nodes { id number date total { amount } } sources { status error { code } } }",
)
FAULTS: Mapping[str, dict[str, Any]] = {
    "latency 30 s": {"kind": "latency", "seconds": 30},
    "latency 1 s": {"kind": "latency", "seconds": 1},
    "status 500": {"kind": "status", "status": 500},
    "status 429": {"kind": "status", "status": 429, "headers": {"Retry-After": "1"}},
    "status 401": {"kind": "status", "status": 401},
    "html": {"kind": "html"},
    "truncate": {"kind": "truncate"},
    "drop": {"kind": "drop"},
    "drip": {"kind": "drip", "seconds": 0.2},
    "repeat_page": {"kind": "repeat_page"},
    "page_size": {"kind": "page_size", "size": 2},
}


@dataclass(frozen=True)
class Tenant:
    """Who asks about which company."""

    key: str
    company: str
    providers: tuple[str, ...]


TENANTS = (
    Tenant("lm_bench_a", "grand-tour", ("kashoo",)),
    Tenant("lm_bench_b", "alpine-studio", ("smallinvoice", "bossinsights")),
    Tenant("lm_bench_c", "maple-bakery", ("kashoo",)),
)
"""C has its books where A has: with the same provider, at the same address, through another connection."""


@dataclass(frozen=True)
class Street:
    """A running gateway and its sandbox."""

    gateway: str
    sandbox: str

    def ask(self, tenant: Tenant, text: str, *, seconds: float) -> Any:
        """One answer, or None where none came."""
        body = json.dumps({"query": text, "variables": {"key": tenant.company}}).encode()
        headers = {
            "Authorization": f"Bearer {tenant.key}",
            "Content-Type": "application/json",
            "X-Request-Timeout": str(seconds),
        }
        try:
            with urllib.request.urlopen(
                urllib.request.Request(f"{self.gateway}/graphql", body, headers)
            ) as got:
                return json.load(got)
        except (urllib.error.URLError, ConnectionError):
            return None

    def spoil(self, provider: str, path: str, fault: dict[str, Any]) -> None:
        """Switch this fault on, and every other off."""
        request = urllib.request.Request(f"{self.sandbox}/_control/faults", method="DELETE")
        urllib.request.urlopen(request).close()
        if fault:
            body = json.dumps({"provider": provider, "method": "GET", "path": path, **fault}).encode()
            urllib.request.urlopen(f"{self.sandbox}/_control/faults", body).close()


@contextmanager
def crowd(street: Street, tenant: Tenant, *, pause: float) -> Iterator[None]:
    """So many callers of a tenant who ask again and again until the end of the block."""
    over = threading.Event()

    def caller() -> None:
        while not over.wait(pause):
            street.ask(tenant, A, seconds=2)

    threads = [threading.Thread(target=caller) for _ in range(CALLERS)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


def measured(street: Street, tenant: Tenant, questions: int) -> tuple[float, set[str]]:
    """The median in milliseconds, and every status of a source that was told."""
    times, statuses = [], set()
    for _ in range(questions):
        began = time.perf_counter()
        answer = street.ask(tenant, B, seconds=20)
        times.append((time.perf_counter() - began) * 1000)
        statuses |= {each["status"] for each in answer["data"]["company"]["invoices"]["sources"]}
    return statistics.median(times), statuses


def rows(street: Street, questions: int, *, path: str) -> Iterator[tuple[str, list[tuple[float, set[str]]]]]:
    """For each fault of A's provider, how B and C fare without and with it; other work on the machine hits both."""
    for name, fault in FAULTS.items():
        found: list[tuple[float, set[str]]] = []
        with crowd(street, TENANTS[0], pause=0.5):
            for spoilt in ({}, fault):
                street.spoil("kashoo", path, spoilt)
                time.sleep(SETTLE_SECONDS)
                found += [measured(street, tenant, questions) for tenant in TENANTS[1:]]
        yield name, found


def main(questions: int) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder, running(Path(folder)) as (street, path):
        for tenant in TENANTS:
            for _ in range(5):
                street.ask(tenant, B, seconds=20)
        print(f"\n{machine()}, {CALLERS} callers of the sick tenant, {questions} questions a median\n")
        print(
            "| fault of A's Kashoo connection | B ms | ratio | B's sources | C ms | ratio | C's sources | within |"
        )
        print("|---|---|---|---|---|---|---|---|")
        for name, (*well, b, c) in rows(street, questions, path=path):
            ratios = [sick[0] / before[0] for before, sick in zip(well, (b, c), strict=True)]
            cells = [
                f"{before[0]:.1f} → {sick[0]:.1f} | {ratio:.2f} | {', '.join(sorted(sick[1]))}"
                for before, sick, ratio in zip(well, (b, c), ratios, strict=True)
            ]
            within = "yes" if max(ratios) < RATIO_MAX else "NO"
            print(f"| {name} | {' | '.join(cells)} | {within} |", flush=True)


@contextmanager
def running(folder: Path) -> Iterator[tuple[Street, str]]:
    """The processes, and the path below which Kashoo keeps A's books."""
    sandbox_port, port = free_port(), free_port()
    sandbox = f"http://127.0.0.1:{sandbox_port}"
    text, environ, business = settings(sandbox)
    config = folder / "bench.toml"
    config.write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "ledgermesh"]
    started = [
        subprocess.Popen([*command, "sandbox", "--port", str(sandbox_port)], stderr=subprocess.DEVNULL),
        subprocess.Popen(
            [*command, "serve", "--config", str(config), "--port", str(port)],
            env={**os.environ, **environ},
            stderr=subprocess.DEVNULL,
        ),
    ]
    try:
        wait(f"{sandbox}/_control")
        wait(f"http://127.0.0.1:{port}/readyz")
        yield Street(f"http://127.0.0.1:{port}", sandbox), f"*/businesses/{business}/*"
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.wait(timeout=20)


def settings(sandbox: str) -> tuple[str, dict[str, str], str]:
    """The settings file, the environment with its secrets, and the number of A's business at Kashoo."""
    clock = SystemClock()
    world = make_world(today=clock.now().date())
    emulators = make_sandbox(world, clock).emulators
    environ = {"LEDGERMESH_SEALING__SECRETS": '["a secret for measuring only"]'}
    lines, business = [], ""
    for tenant in TENANTS:
        name = tenant.key.removeprefix("lm_")
        environ[name.upper()] = tenant.key
        lines += [
            f'[[tenants]]\nid = "{name}"\nname = "{name}"',
            f'[[keys]]\nid = "{name}"\ntenant = "{name}"\nenvironment = "sandbox"\nfrom_env = "{name.upper()}"',
            f'[[companies]]\nkey = "{tenant.company}"\nname = "{name}"\nenvironment = "sandbox"',
            f'tenants = ["{name}"]',
        ]
        for provider in tenant.providers:
            books = world.books[tenant.company, provider]
            access = emulators[provider].access(books)
            names = {each: f"{name}_{provider}_{each}".upper() for each in access.secrets}
            environ |= {names[each]: value for each, value in access.secrets.items()}
            given = {"currency": books.currency} | dict(access.settings)
            business = business or given["business_id"]
            lines.append(
                f'[[connections]]\nid = "{name}-{provider}"\ncompany = "{tenant.company}"\n'
                f'provider = "{provider}"\nenvironment = "sandbox"\nscheme = "{access.scheme}"\n'
                f'base_url = "{sandbox}/{provider}{access.base_path}"\nsettings = {_table(given)}\n'
                f"secrets_from_env = {_table(names)}"
            )
    return "\n".join(lines), environ, business


def _table(values: Mapping[str, str]) -> str:
    return "{ " + ", ".join(f"{name} = {json.dumps(value)}" for name, value in values.items()) + " }"


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 50)
