"""What all tests share: where commands run, what makes a run quicker, and how much of each provider's contract it
exercised, whichever process exercised it.
"""

from __future__ import annotations

import compileall
import gc
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

import ledgermesh
from tests.sandbox.operations import COUNTS, Count
from tests.shop import ENVIRON

SENT = "operations"


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """An empty folder, an environment that says nothing of the gateway, and logging as before at the end."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("LEDGERMESH_")]:
        monkeypatch.delenv(name)
    yield
    structlog.reset_defaults()


@pytest.fixture
def shop(elsewhere: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same, with what the shop's settings take from the environment."""
    for name, text in ENVIRON.items():
        monkeypatch.setenv(name, text)


def pytest_configure(config: pytest.Config) -> None:
    """Where Python is told to write no byte code, every process that a test starts would compile all the source."""
    if sys.dont_write_bytecode and not hasattr(config, "workerinput"):
        compileall.compile_dir(Path(ledgermesh.__file__).parent, quiet=2)


def pytest_collection_finish() -> None:
    """What was loaded stays until the end: whoever looks for garbage need not look there."""
    gc.collect()
    gc.freeze()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A process that runs a part of the tests tells the one that started it."""
    told: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
    if told is not None:
        counts = session.config.stash.get(COUNTS, {})
        told[SENT] = {name: (sorted(count.done), sorted(count.all)) for name, count in counts.items()}


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """What such a process told is kept here."""
    counts = node.config.stash.setdefault(COUNTS, {})
    for name, (done, every) in getattr(node, "workeroutput", {}).get(SENT, {}).items():
        counts[name] = Count(frozenset(done), frozenset(every))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """One line a provider, and one for all."""
    counts = config.stash.get(COUNTS, {})
    if not counts:
        return
    terminalreporter.section("operations of the providers' contracts")
    for name, count in sorted(counts.items()):
        terminalreporter.line(f"{name}: {count}")
    done = sum(len(count.done & count.all) for count in counts.values())
    every = sum(len(count.all) for count in counts.values())
    terminalreporter.line(f"together: {done} of {every}, {done / every:.0%}")
