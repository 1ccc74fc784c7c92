"""A sandbox and a gateway as processes of their own, for measuring the gateway alone."""

from __future__ import annotations

import datetime as dt
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ledgermesh.clock import SystemClock
from ledgermesh.demo import demo_connection
from ledgermesh.sandbox.app import make_sandbox
from ledgermesh.sandbox.world import make_world

KEY = "lm_bench"
START_SECONDS = 60


@dataclass(frozen=True)
class Gateway:
    """A running gateway."""

    url: str
    pid: int
    sandbox: str

    def turn(self, **switches: Any) -> None:
        """Turn switches of the sandbox."""
        urllib.request.urlopen(f"{self.sandbox}/_control/switches", json.dumps(switches).encode()).close()

    def ask(self, text: str, **variables: Any) -> Any:
        """The response object of one question."""
        body = json.dumps({"query": text, "variables": variables}).encode()
        headers = {
            "Authorization": f"Bearer {KEY}",
            "Content-Type": "application/json",
            "X-Request-Timeout": "120",
        }
        with urllib.request.urlopen(urllib.request.Request(f"{self.url}/graphql", body, headers)) as answer:
            return json.load(answer)

    def rss_mb(self, name: str) -> float:
        """VmRSS (now) or VmHWM (the peak since it was reset), in MB."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith(name))
        return int(line.split()[1]) / 1000

    def reset_peak(self) -> None:
        """Let the peak start again from now."""
        Path(f"/proc/{self.pid}/clear_refs").write_text("5")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _settings(company: str, scale: int, sandbox: str) -> tuple[str, dict[str, str]]:
    """The settings file for one demo company, and the environment with its secrets."""
    clock = SystemClock()
    world = make_world(today=clock.now().date(), scale=scale)
    emulators = make_sandbox(world, clock).emulators
    lines = [
        '[[tenants]]\nid = "bench"\nname = "Bench"',
        '[[keys]]\nid = "bench"\ntenant = "bench"\nenvironment = "sandbox"\nfrom_env = "BENCH_KEY"',
        f'[[companies]]\nkey = "{company}"\nname = "Bench"\nenvironment = "sandbox"\ntenants = ["bench"]',
    ]
    environ = {"BENCH_KEY": KEY, "LEDGERMESH_SEALING__SECRETS": '["a secret for measuring only"]'}
    for (owner, provider), books in world.books.items():
        if owner != company:
            continue
        access = emulators[provider].access(books)
        names = {name: f"BENCH_{provider}_{name}".upper() for name in access.secrets}
        environ |= {names[name]: value for name, value in access.secrets.items()}
        settings = {"currency": books.currency} | dict(access.settings)
        lines.append(
            f'[[connections]]\nid = "{demo_connection(owner, provider)}"\ncompany = "{owner}"\n'
            f'provider = "{provider}"\nenvironment = "sandbox"\nscheme = "{access.scheme}"\n'
            f'base_url = "{sandbox}/{provider}{access.base_path}"\nsettings = {_table(settings)}\n'
            f"secrets_from_env = {_table(names)}"
        )
    return "\n\n".join(lines), environ


def _table(values: dict[str, str]) -> str:
    return "{ " + ", ".join(f"{name} = {json.dumps(value)}" for name, value in values.items()) + " }"


@contextmanager
def running(folder: Path, *, company: str = "grand-tour", scale: int = 0) -> Iterator[Gateway]:
    """A gateway over a sandbox of this scale; both end with the block."""
    sandbox_port, port = free_port(), free_port()
    sandbox = f"http://127.0.0.1:{sandbox_port}"
    text, environ = _settings(company, scale, sandbox)
    config = folder / "bench.toml"
    config.write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "ledgermesh"]
    started = [
        subprocess.Popen([*command, "sandbox", "--port", str(sandbox_port), "--scale", str(scale)]),
        subprocess.Popen(
            [*command, "serve", "--config", str(config), "--port", str(port)],
            env={**os.environ, **environ},
            stderr=subprocess.DEVNULL,
        ),
    ]
    try:
        wait(f"{sandbox}/_control")
        wait(f"http://127.0.0.1:{port}/readyz")
        yield Gateway(f"http://127.0.0.1:{port}", started[1].pid, sandbox)
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.wait(timeout=20)


def wait(url: str, process: subprocess.Popen[bytes] | None = None) -> None:
    """Until the address answers; raises TimeoutError, also as soon as the process has ended."""
    last = time.monotonic() + START_SECONDS
    while time.monotonic() < last:
        try:
            with urllib.request.urlopen(url):
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
        if process is not None and process.poll() is not None:
            break
    raise TimeoutError(url)


def machine() -> str:
    """What was measured on, for the table."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    model = next((line.partition(": ")[2] for line in lines if line.startswith("model name")), "unknown")
    return f"{os.cpu_count()} cores ({model}), Python {sys.version.split()[0]}, {dt.date.today()}"
