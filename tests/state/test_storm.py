"""Writers killed in the middle of what they do: every grant opens afterwards, old or new, and none is readable."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.state.stores import Server
from tests.state.storm import CANARY

KILLS = 40


def storm(url: str, kills: int | str, *, seed: int = 4) -> dict[str, Any]:
    """What the killed writers left, from a process that imports nothing but the state."""
    command = [sys.executable, "-W", "error", "-m", "tests.state.storm", url, str(kills), str(seed)]
    ran = subprocess.run(command, check=True, capture_output=True, timeout=3600)
    return dict(json.loads(ran.stdout))


def readable(folder: Path) -> list[str]:
    """The files that hold the secret, or what it is called."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    return [str(path) for path in files if holds(path.read_bytes())]


def holds(content: bytes) -> bool:
    return CANARY.encode() in content or b"refresh_token" in content


def test_a_folder_survives_its_writers(tmp_path: Path) -> None:
    """Killed at random moments of renewals and key rotations."""
    report = storm(f"file://{tmp_path}/state", KILLS)

    assert report["wrong"] == []
    assert report["imported"] == []
    assert report["writes"] >= KILLS * 3 // 4
    assert readable(tmp_path) == []


def test_a_folder_survives_a_kill_at_every_point_of_a_write(tmp_path: Path) -> None:
    """Before each line, in turn, of what writes a value."""
    report = storm(f"file://{tmp_path}/state", "LINES")

    assert report["wrong"] == []
    assert report["writes"] > 30


def test_valkey_survives_its_writers(tmp_path: Path) -> None:
    """The same; and neither the append-only file nor a dump holds a secret."""
    server = Server(tmp_path)
    try:
        report = storm(server.url, KILLS)
        with server.admin() as admin:
            admin.save()
        found = readable(tmp_path)
    finally:
        server.stop()

    assert report["wrong"] == []
    assert report["writes"] >= KILLS * 3 // 4
    assert list(tmp_path.rglob("*.aof")) and list(tmp_path.rglob("*.rdb"))
    assert found == []
