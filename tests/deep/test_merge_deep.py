"""The laws of the merge over thousands of larger worlds: `pytest tests/deep/test_merge_deep.py`, some minutes.

LEDGERMESH_DEEP_EXAMPLES sets how many worlds a law is tried on, 3,000 by default; the seeds are the same every time.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from tests.engine.laws import LAWS

EXAMPLES = int(os.environ.get("LEDGERMESH_DEEP_EXAMPLES", "3000"))


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_law(law: Callable[..., Coroutine[Any, Any, None]]) -> None:
    """The law holds in every world; the failure names the seed."""
    for seed in range(1_000_000, 1_000_000 + EXAMPLES):
        try:
            asyncio.run(law(seed, most=30 + seed % 200))
        except AssertionError as error:
            raise AssertionError(f"{law.__name__} does not hold for seed {seed}") from error
