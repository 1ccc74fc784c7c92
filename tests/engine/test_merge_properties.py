"""The merge against fetching all, sorting and filtering, over random worlds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.laws import LAWS


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_law(law: Callable[[int], Coroutine[Any, Any, None]]) -> None:
    """Whatever the sources, the order, the condition, the page sizes and the mishaps: the law holds."""

    @settings(max_examples=150, derandomize=True, deadline=None, database=None)
    @given(seed=st.integers(0, 2**32))
    def holds(seed: int) -> None:
        asyncio.run(law(seed))

    holds()
