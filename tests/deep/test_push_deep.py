"""Storms of pushes by three replicas: `pytest tests/deep/test_push_deep.py`, some minutes.

LEDGERMESH_DEEP_PUSHES sets how many requests there are at least, 1,000 by default; the seeds are the same every time.
"""

from __future__ import annotations

import os

import pytest

from tests.engine.test_push_storm import storm
from tests.simulated import simulated

PUSHES = int(os.environ.get("LEDGERMESH_DEEP_PUSHES", "1000"))
ROUNDS = 60


@pytest.mark.timeout(3600)
def test_a_thousand_retries() -> None:
    """At most one record for each key, exactly one where it is committed, no letter twice, no untrue outcome."""
    pushes, seed, wrong = 0, 0, []
    while pushes < PUSHES:
        seed += 1
        report = simulated(storm(seed, ROUNDS))
        pushes += report.pushes
        wrong += report.wrong

    assert wrong == []
