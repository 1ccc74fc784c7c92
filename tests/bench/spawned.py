"""Processes that a benchmark starts on one core, what they use, and that they end with it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

START_SECONDS: Final = 90
END_SECONDS: Final = 15
TICKS: Final = os.sysconf("SC_CLK_TCK")


def _parents() -> Mapping[int, int]:
    """Every process there is now, with its parent."""
    found: dict[int, int] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it may end while we look
            found[int(path.parent.name)] = int(path.read_text().rpartition(")")[2].split()[1])
    return found


@dataclass(frozen=True)
class Spawned:
    """A process with those that it started."""

    popen: subprocess.Popen[bytes]

    def tree(self) -> list[int]:
        """The process ids."""
        parents, found = _parents(), [self.popen.pid]
        for pid in found:
            found.extend(child for child, parent in parents.items() if parent == pid)
        return found

    def cpu_seconds(self) -> float:
        """Used so far, by the kernel's account."""
        ticks = 0
        for pid in self.tree():
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / TICKS

    def rss_mb(self, name: str = "VmRSS") -> float:
        """VmRSS (now) or VmHWM (the peak since it was reset), in MB."""
        found = 0
        for pid in self.tree():
            lines = Path(f"/proc/{pid}/status").read_text().splitlines()
            found += sum(int(line.split()[1]) for line in lines if line.startswith(name))
        return found / 1000

    def reset_peak(self) -> None:
        """Let the peak start again from now."""
        for pid in self.tree():
            Path(f"/proc/{pid}/clear_refs").write_text("5")


@contextmanager
def pinned(core: int) -> Iterator[None]:
    """What is started in the block runs on this core alone."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextmanager
def held(
    command: Sequence[str], *, core: int, environ: Mapping[str, str] | None = None, folder: Path | None = None
) -> Iterator[Spawned]:
    """A process on a core; it and those that it started end with the block. What it prints goes nowhere."""
    with pinned(core):
        popen = subprocess.Popen(
            list(command), env={**os.environ, **(environ or {})}, cwd=folder, start_new_session=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
    try:
        yield Spawned(popen)
    finally:
        _end(popen)


def _end(popen: subprocess.Popen[bytes]) -> None:
    """Its session is its own, so nobody else is in the group."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(popen.pid, number)
        with suppress(subprocess.TimeoutExpired):
            popen.wait(timeout=END_SECONDS)


def listening(port: int, process: Spawned) -> None:
    """Until somebody listens there; raises TimeoutError, also as soon as the process has ended."""
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.popen.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise TimeoutError(f"{process.popen.args!r} does not listen on {port}")
