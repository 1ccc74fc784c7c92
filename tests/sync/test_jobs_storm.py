"""Workers killed in the middle of pushes on a real Valkey: nothing lost, nothing done twice, nothing readable."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.state.stores import Server
from tests.sync.pushes import CANARY

JOBS = 40
KILLS = 6


def test_killed_workers_are_replaced(tmp_path: Path) -> None:
    """Every part ends committed, with one effect; parts that a kill interrupted were begun again under their key."""
    server = Server(tmp_path / "valkey")
    command = [sys.executable, "-W", "error", "-m", "tests.sync.push_storm"]
    given = [server.url, str(tmp_path / "books"), str(JOBS), str(KILLS), "5"]
    try:
        ran = subprocess.run([*command, *given], check=False, capture_output=True, timeout=100, text=True)
        assert ran.returncode == 0, ran.stderr
        with server.admin() as admin:
            admin.save()
            stream, queued = admin.xlen("lm:queue"), admin.hlen("lm:queued")
        readable = [
            str(path)
            for path in (tmp_path / "valkey").rglob("*")
            if path.is_file() and CANARY.encode() in path.read_bytes()
        ]
    finally:
        server.stop()
    found = json.loads(ran.stdout)

    assert (found["statuses"], found["missing"], found["wrong"], found["left"]) == (["COMMITTED"], [], [], 0)
    assert (stream, queued, readable) == (0, 0, [])
    assert found["began"] >= KILLS
    assert found["again"] > 0
