"""Run the commands as an operator does: in this process, or in one of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

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
    """A command in a process of its own."""

    def __init__(self, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "ledgermesh", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "COLUMNS": "200"},
        )

    def said(self, last: str) -> str:
        """What it printed, up to a line that begins like this."""
        assert self.process.stdout is not None
        lines: list[str] = []
        for line in self.process.stdout:
            lines.append(line)
            if line.startswith(last):
                return "".join(lines)
        pytest.fail(f"it ended: {self.process.stderr.read() if self.process.stderr else ''}")

    def stop(self, number: int) -> tuple[int, str]:
        """Exit code and what went to stderr, after this signal."""
        self.process.send_signal(number)
        _, errors = self.process.communicate(timeout=SECONDS)
        return self.process.returncode, errors


@contextmanager
def process(*arguments: str) -> Iterator[Process]:
    running = Process(*arguments)
    try:
        yield running
    finally:
        running.process.kill()
        running.process.communicate(timeout=SECONDS)


def accountsos_key() -> str:
    """The API key of a company of the sandbox's world; it is the same at every start."""
    books = Books("harbour-legal", "accountsos", "", "", "GBP", "GB")
    clock = SystemClock()
    return make_accountsos(World(clock.now().date(), {}), clock).credentials(books)["read_key"]
