"""Whole gateways killed in the middle of pushes, over a provider that fails: nothing twice, lost or untrue."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.sync.storm.cases import CANARY
from tests.sync.storm.storm import blown
from tests.sync.storm.town import town

RETRIES, KILLS, KEYS, SEED = 36, 2, 12, 11


@pytest.mark.timeout(
    300
)  # five processes start, and three of them again; a loaded machine takes minutes for it
def test_killed_gateways_push_everything_once(tmp_path: Path) -> None:
    """Three gateways take the same changes under the same keys; two kills, one of them of all three at work.

    By the provider's own books and log: at most one record for each key, exactly one where it is COMMITTED, none where
    every outcome is NOT_COMMITTED, no letter twice, every accepted push with an outcome; and at the end every key that
    leaves a trace is COMMITTED. None of the callers' values stands in Valkey or in the gateways' logs.
    """
    with town(tmp_path) as place:
        report = asyncio.run(blown(place, retries=RETRIES, kills=KILLS, keys=KEYS, seed=SEED))

    assert (report.wrong, report.unended) == ([], [])
    assert (report.readable, report.left) == ([], 0)
    assert CANARY not in (tmp_path / "gateways.log").read_text(encoding="utf-8")
    # Or nothing was tried: work that a kill cut off and another went on with, and requests that were spoiled.
    assert report.begun_again > 0
    assert report.faults > 0
    assert report.kills > KILLS
