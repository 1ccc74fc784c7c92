"""Says at the end of a run how much of each provider's contract was exercised."""

from __future__ import annotations

import pytest

from tests.sandbox.operations import COUNTS


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
