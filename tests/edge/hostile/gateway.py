"""The process that hostile requests go to, seen from outside: its log, how it is, and what must not come out of it."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from tests.edge.hostile.calling import SECONDS, Case, Door, Reply
from tests.edge.hostile.taken import introduced

OURS: Final = ("Traceback", "/src/", "site-packages", 'File "', "ledgermesh.engine", "Internal Server Error")
"""What shows how we are made."""
PERMISSIONS: Final = ("plan", "link", "hook", "browser", "jwt", "jwt_elsewhere", "jwt_old")
"""What is known of `Door.known` that opens something, and so belongs in no log."""


@dataclass
class Gateway:
    """The process."""

    door: Door
    log: list[str]
    process: subprocess.Popen[str]

    def state(self) -> dict[str, float]:
        """How many tasks run, and for how long at most nothing else could run since this was last asked."""
        address = f"http://127.0.0.1:{self.door.known['control']}/state"
        with urllib.request.urlopen(address, timeout=SECONDS) as answer:
            found: dict[str, float] = json.load(answer)
        return found

    def settled(self, tasks: float) -> bool:
        """Whether no more tasks than these run, soon."""
        ends = time.monotonic() + SECONDS
        while self.state()["tasks"] > tasks:
            if time.monotonic() > ends:
                return False
            time.sleep(0.1)
        return True

    def answers(self) -> bool:
        """Whether a good question still has its answer."""
        found = self.door.ask("{ companies { key } }")
        return len(found.get("data", {}).get("companies", ())) == 4

    def leaks(self, text: str) -> list[str]:
        """What nobody may see and stands in this text."""
        return [each for each in (*self.door.known["canaries"], *OURS) if each in text]

    def leaks_of_log(self) -> list[str]:
        """The same of what was logged so far; and errors that nobody expected."""
        found = [line for line in self.log if self.leaks(line) or '"level": "error"' in line]
        known = [str(self.door.known[name]) for name in PERMISSIONS]
        return found + [line for line in self.log if any(each in line for each in known)]


def wrongs(gateway: Gateway, case: Case, reply: Reply) -> Iterator[str]:
    """What is wrong with how a case ended."""
    if case.wrong(reply):
        yield f"{case.name}: said {reply.says!r}, not {case.says!r}: {reply.content[:200]!r}"
    if reply.says[:1] == "5" or "INTERNAL" in reply.says:
        yield f"{case.name}: {reply.says} {reply.content[:500]!r}"
    for leak in gateway.leaks(reply.content.decode(errors="replace") + reply.headers):
        yield f"{case.name}: {leak!r} stands in the answer"
    if not gateway.answers():
        yield f"{case.name}: nobody is answered any more"


@contextmanager
def gateway() -> Iterator[Gateway]:
    """A gateway that runs, and a caller whom it has given one good thing of each kind."""
    command = [sys.executable, "-m", "tests.edge.hostile.served"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    log: list[str] = []
    reading = threading.Thread(target=_read, args=(process, log))
    reading.start()
    try:
        assert process.stdout is not None
        first = process.stdout.readline()
        assert first, "".join(log)
        known: dict[str, Any] = json.loads(first)
        yield Gateway(introduced(Door(known["port"], known)), log, process)
    finally:
        process.kill()
        process.wait(SECONDS)
        reading.join(SECONDS)
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()


def _read(process: subprocess.Popen[str], log: list[str]) -> None:
    assert process.stderr is not None
    log.extend(iter(process.stderr.readline, ""))
