"""Says at the end of a run how much of each provider's contract was exercised, whichever process exercised it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.operations import COUNTS, Count

SENT = "operations"


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
