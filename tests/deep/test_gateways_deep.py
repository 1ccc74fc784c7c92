"""The storm over whole gateways that are killed: `pytest tests/deep/test_gateways_deep.py`, half an hour at most.

LEDGERMESH_DEEP_STORM sets retries, kills and seed, `1000 100 1` by default; `python -m tests.sync.storm.storm` with the
same three prints what it found instead.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from tests.sync.storm.storm import blown
from tests.sync.storm.town import town

RETRIES, KILLS, SEED = map(int, os.environ.get("LEDGERMESH_DEEP_STORM", "1000 100 1").split())


@pytest.mark.timeout(1800)
def test_a_thousand_retries_and_a_hundred_kills(tmp_path: Path) -> None:
    """As the selection of it that runs every time; see tests/sync/test_pushes_killed.py."""
    with town(tmp_path) as place:
        report = asyncio.run(blown(place, retries=RETRIES, kills=KILLS, keys=RETRIES // 6, seed=SEED))

    assert (report.wrong, report.unended) == ([], [])
    assert (report.readable, report.left) == ([], 0)
    assert report.asked >= RETRIES
    assert report.kills >= KILLS
    assert report.begun_again > KILLS // 4
