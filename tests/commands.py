"""Run the commands as an operator does: in this process, or in one of their own."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from queue import SimpleQueue
from typing import IO

import pytest

from ledgermesh.cli import main
from ledgermesh.clock import SystemClock
from ledgermesh.sandbox.accountsos import make as make_accountsos
from ledgermesh.sandbox.books import Books
from ledgermesh.sandbox.world import World

SECONDS = 60


def run(*arguments: str) -> int:
    """The exit code of a command in this process."""
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    return int(ended.value.code or 0)


class Process:
    """A command in a process of its own. All that it prints is read as it comes: it never waits for a reader."""

    def __init__(self, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "ledgermesh", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "COLUMNS": "200"},
        )
        self._printed: SimpleQueue[str] = SimpleQueue()
        self._errors: SimpleQueue[str] = SimpleQueue()
        readers = ((self.process.stdout, self._printed), (self.process.stderr, self._errors))
        self._readers = [threading.Thread(target=_read, args=each, daemon=True) for each in readers]
        for each in self._readers:
            each.start()

    def said(self, last: str) -> str:
        """What it printed, up to a line that begins like this."""
        lines: list[str] = []
        while line := self._printed.get(timeout=SECONDS):
            lines.append(line)
            if line.startswith(last):
                return "".join(lines)
        pytest.fail(f"it ended: {self._ended()}")

    def stop(self, number: int) -> tuple[int, str]:
        """Exit code and what went to stderr, after this signal."""
        self.process.send_signal(number)
        errors = self._ended()
        return self.process.returncode, errors

    def _ended(self) -> str:
        self.process.wait(SECONDS)
        return "".join(iter(partial(self._errors.get, timeout=SECONDS), ""))

    def kill(self) -> None:
        """End it at once, if it has not ended."""
        self.process.kill()
        self.process.wait(SECONDS)
        for each in self._readers:
            each.join(SECONDS)


def _read(stream: IO[str], lines: SimpleQueue[str]) -> None:
    """Line by line; an empty one is the end."""
    with stream:
        for line in stream:
            lines.put(line)
    lines.put("")


@contextmanager
def process(*arguments: str) -> Iterator[Process]:
    running = Process(*arguments)
    try:
        yield running
    finally:
        running.kill()


def accountsos_key() -> str:
    """The API key of a company of the sandbox's world; it is the same at every start."""
    books = Books("harbour-legal", "accountsos", "", "", "GBP", "GB")
    clock = SystemClock()
    return make_accountsos(World(clock.now().date(), {}), clock).credentials(books)["read_key"]
