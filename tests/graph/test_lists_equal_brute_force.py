"""Every list against reading everything, sorting and filtering it in plain Python."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from tests.graph.walking import HELD_IN, LISTED, tables

EXAMPLES, FEWER = 100, 35
"""Walks for each kind; fewer where no records come and go, so that all kinds are read alike. `tests/deep` walks on."""


@pytest.mark.parametrize("name", LISTED)
def test_pages_are_what_the_rules_ask_for(name: str) -> None:
    """Whatever the condition, the order, the search, the page sizes and the mishaps: the documented rules hold."""
    with tables(name) as tried:

        @settings(
            max_examples=EXAMPLES if name in HELD_IN else FEWER, derandomize=True, deadline=None, database=None,
            phases=(Phase.generate,), suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(seed=st.integers(0, 2**32))
        def holds(seed: int) -> None:
            note(f"seed {seed}")
            tried(seed)

        holds()
