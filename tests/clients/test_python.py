"""Python clients, which need another graphql-core than the gateway: an environment of their own runs them.

`uv venv --no-config tests/clients/python/.venv` and `uv pip install --no-config --python
tests/clients/python/.venv/bin/python -r tests/clients/python/requirements.txt` make it; LEDGERMESH_CLIENTS_PYTHON
names the Python of another one.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent / "python"
BUILT = HERE.parent / "build"
PYTHON = Path(os.environ.get("LEDGERMESH_CLIENTS_PYTHON") or HERE / ".venv" / "bin" / "python")
SECONDS = 180


def run(*command: str) -> str:
    """What a Python command of that environment prints; it must succeed."""
    environment = {**os.environ, "PYTHONPATH": str(BUILT), "MYPYPATH": str(BUILT)}
    ended = subprocess.run(
        [str(PYTHON), *command], cwd=HERE, env=environment, capture_output=True, text=True,
        timeout=SECONDS, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def told(script: str, url: str, key: str) -> Any:
    """The JSON that a script prints."""
    return json.loads(run(script, url, key))


def test_gql(demo: str) -> None:
    """Query, mutation, batch and an error's code over HTTP, checked against the introspected schema; a query and events
    over a WebSocket; a file in a multipart request.
    """
    found = told("gql_client.py", demo, "lm_demo_write")

    http = found["http"]
    assert http["query"] > 0 and http["batch"] == [["providers"], ["companies"]]
    assert [source["status"] for source in http["changed"]["sources"]] == ["PLANNED"]
    assert http["wrong"] == ["GRAPHQL_VALIDATION_FAILED"]
    assert found["socket"]["query"] == http["query"] and len(set(found["socket"]["events"])) == 2
    assert "PLANNED" in [source["status"] for source in found["upload"]["uploadDocument"]["sources"]]


def test_ariadne_codegen(demo: str) -> None:
    """A client of every example operation is made; a program that uses it passes mypy --strict, and its query answers
    exact decimals.
    """
    BUILT.mkdir(exist_ok=True)
    run("-m", "ariadne_codegen", "--config", "ariadne.toml")
    run("-m", "mypy", "--strict", "--follow-imports=silent", "--no-incremental", "--config-file=", "typed.py")

    found = told("typed.py", demo, "lm_demo_read")

    assert found == {"name": "Grand Tour", "exact": ["Decimal"] * 3}
