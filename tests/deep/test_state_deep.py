"""Writers of grants killed by the hundred: `pytest tests/deep/test_state_deep.py`, some minutes.

LEDGERMESH_DEEP_KILLS sets how many each store sees, 500 by default; the seeds are the same every time.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.state.stores import Server
from tests.state.test_storm import readable, storm

KILLS = int(os.environ.get("LEDGERMESH_DEEP_KILLS", "500"))


@pytest.mark.timeout(3600)
def test_a_folder_survives_its_writers(tmp_path: Path) -> None:
    """Every grant opens afterwards, old or new, never neither."""
    report = storm(f"file://{tmp_path}/state", KILLS, seed=500)

    assert report["wrong"] == []
    assert report["writes"] >= KILLS * 3 // 4
    assert readable(tmp_path) == []


@pytest.mark.timeout(3600)
def test_valkey_survives_its_writers(tmp_path: Path) -> None:
    """The same over a real server."""
    server = Server(tmp_path)
    try:
        report = storm(server.url, KILLS, seed=500)
        found = readable(tmp_path)
    finally:
        server.stop()

    assert report["wrong"] == []
    assert report["writes"] >= KILLS * 3 // 4
    assert found == []
