"""The lists against plain Python over thousands of walks through larger books: `pytest tests/deep/test_lists_deep.py`.

LEDGERMESH_DEEP_EXAMPLES sets how many walks each kind is tried on, 2,000 by default; the seeds are the same every time.
"""

from __future__ import annotations

import os

import pytest

from tests.graph.walking import LISTED, tables

EXAMPLES = int(os.environ.get("LEDGERMESH_DEEP_EXAMPLES", "2000"))


@pytest.mark.timeout(7200)
@pytest.mark.parametrize("rows", [16, 60])
@pytest.mark.parametrize("name", LISTED)
def test_pages_are_what_the_rules_ask_for(name: str, rows: int) -> None:
    """The documented rules hold on every walk; the failure names the seed."""
    with tables(name, rows=rows) as tried:
        for seed in range(1_000_000, 1_000_000 + EXAMPLES // 2):
            tried(seed)
