"""Everything that runs in a storm, each in a process of its own: Valkey, the provider, three gateways."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx

from tests.bench.processes import wait
from tests.ports import free_ports
from tests.state.stores import Server

GATEWAYS: Final = 3
ENDS_SECONDS: Final = 20
START_SECONDS: Final = 120.0


@dataclass
class Town:
    """What is up."""

    folder: Path
    valkey: Server
    provider: str
    orders: subprocess.Popen[str]
    """Of the process that forks gateways."""
    ports: Sequence[int]
    pids: dict[int, int] = field(default_factory=dict)
    """Port → process id of the gateway that was begun last."""
    kills: int = 0

    @property
    def urls(self) -> list[str]:
        return [f"http://127.0.0.1:{port}" for port in self.ports]

    def start(self, port: int) -> None:
        """A new gateway, which answers a little later."""
        assert self.orders.stdin is not None and self.orders.stdout is not None
        self.orders.stdin.write(f"{port}\n")
        self.orders.stdin.flush()
        self.pids[port] = int(self.orders.stdout.readline())

    def kill(self, port: int) -> None:
        """SIGKILL, at whatever it is just doing."""
        os.kill(self.pids[port], signal.SIGKILL)
        self.kills += 1

    def wait(self) -> None:
        """Until all gateways answer."""
        for url in self.urls:
            wait(f"{url}/readyz")

    async def control(self, method: str, path: str, given: Mapping[str, Any] | None = None) -> Any:
        """The provider's own control API."""
        async with httpx.AsyncClient(base_url=self.provider, timeout=START_SECONDS) as client:
            answer = await client.request(method, path, json=given)
            answer.raise_for_status()
            return answer.json()

    def readable(self, words: Sequence[str]) -> list[str]:
        """Files of Valkey's in which one of these stands."""
        with self.valkey.admin() as admin:
            admin.save()
        files = [path for path in self.valkey.folder.rglob("*") if path.is_file()]
        assert files
        contents = {path.name: path.read_bytes() for path in files}
        return [name for name, each in contents.items() if any(word.encode() in each for word in words)]


@contextmanager
def town(folder: Path) -> Iterator[Town]:
    """All of it, until the end of the block."""
    port, *ports = free_ports(1 + GATEWAYS)
    provider, python = f"http://127.0.0.1:{port}", (sys.executable, "-W", "error", "-m")
    with ExitStack() as held:
        valkey = Server(folder / "valkey")
        held.callback(valkey.stop)
        orders = held.enter_context(
            _process(*python, "tests.sync.storm.gateways", valkey.url, provider, log=folder / "gateways.log")
        )
        emulator = held.enter_context(
            _process(
                *python,
                "tests.sync.storm.provider",
                str(port),
                valkey.url,
                log=folder / "provider.log",
            )
        )
        for each in (emulator, orders):
            assert each.stdout is not None and each.stdout.readline() == "ready\n"
        made = Town(folder, valkey, provider, orders, ports)
        yield made


@contextmanager
def _process(*command: str, log: Path) -> Iterator[subprocess.Popen[str]]:
    """Ends when its input does."""
    with log.open("ab") as written:
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=written, text=True
        )
    try:
        yield process
    finally:
        assert process.stdin is not None and process.stdout is not None
        process.stdin.close()
        try:
            process.wait(timeout=ENDS_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(timeout=ENDS_SECONDS)
        process.stdout.close()
