"""From the start of a process to its first right answer: `python -m tests.bench.start [rounds]`.

`serve` over a file of settings and the demo, with byte code that was written before and without any. Wall time is what
an operator waits; the process's own time is steadier on a machine that does other things too.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import Any, Final

from tests.bench.processes import free_port, machine

TICKS: Final = os.sysconf("SC_CLK_TCK")
LAST_SECONDS: Final = 120.0
SETTINGS: Final = """
[[tenants]]
id = "acme"
name = "Acme"
[[keys]]
id = "key"
tenant = "acme"
from_env = "BENCH_KEY"
[[companies]]
key = "shop"
name = "Shop"
tenants = ["acme"]
"""
INVOICES: Final = '{ company(key: "alpine-studio") { invoices(first: 3) { nodes { number } } } }'
ASKED: Final = {"serve": ("lm_bench", "{ companies { key } }"), "demo": ("lm_demo_read", INVOICES)}


def right(what: str, data: Any) -> bool:
    """Whether an answer is the one that is waited for."""
    if what == "serve":
        return bool(data == {"companies": [{"key": "shop"}]})
    return len(data["company"]["invoices"]["nodes"]) == 3


def answered(what: str, asking: urllib.request.Request) -> bool:
    """Whether it answers by now, and rightly."""
    try:
        with urllib.request.urlopen(asking) as answer:
            return right(what, json.load(answer)["data"])
    except (urllib.error.URLError, ConnectionError):
        return False


def once(what: str, folder: Path, environ: Mapping[str, str]) -> tuple[float, float]:
    """Seconds until the first right answer, and those of the process's own time by then."""
    port = free_port()
    more = [] if what == "serve" else ["--sandbox-port", str(free_port())]
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "ledgermesh", what, "--port", str(port), *more],
        cwd=folder, env={**os.environ, **environ}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        key, query = ASKED[what]
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        body = json.dumps({"query": query}).encode()
        asking = urllib.request.Request(f"http://127.0.0.1:{port}/graphql", body, headers)
        while not answered(what, asking):
            if process.poll() is not None or time.monotonic() > began + LAST_SECONDS:
                raise RuntimeError(f"{what} did not answer")
            time.sleep(0.005)
        waited = time.monotonic() - began
        fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
        return waited, (int(fields[11]) + int(fields[12])) / TICKS
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=LAST_SECONDS)


def main(rounds: int) -> None:
    """Measure in turns and print the medians."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "ledgermesh.toml").write_text(SETTINGS, encoding="utf-8")
        own = {"BENCH_KEY": "lm_bench", "LEDGERMESH_SEALING__SECRETS": '["a secret for measuring only"]'}
        codes = {
            "written before": {"PYTHONPYCACHEPREFIX": str(folder / "code"), "PYTHONDONTWRITEBYTECODE": ""},
            "none": {"PYTHONPYCACHEPREFIX": str(folder / "nothing"), "PYTHONDONTWRITEBYTECODE": "1"},
        }
        ways = [(what, code) for what in ASKED for code in codes]
        found: dict[tuple[str, str], list[tuple[float, float]]] = {way: [] for way in ways}
        for what in ASKED:
            once(what, folder, own | codes["written before"])
        for _ in range(rounds):
            for what, code in ways:
                found[what, code].append(once(what, folder, own | codes[code]))
    print(f"{machine()}; medians of {rounds}\n")
    print("| command | byte code | s to the first right answer | of its own time, s |")
    print("|---|---|---|---|")
    for (what, code), rows in found.items():
        waited, used = (median(row[at] for row in rows) for at in range(2))
        print(f"| {what} | {code} | {waited:.2f} | {used:.2f} |")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
