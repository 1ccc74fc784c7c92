"""Compilers of documents against the schema's text, and what they make run against a demo; clients of events.

Needs Node.js 20 and `npm ci` in this folder, as `test_clients.py` does.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
SECONDS = 180


def run(*command: str) -> str:
    """What a command of this folder prints; it must succeed."""
    ended = subprocess.run(command, cwd=HERE, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def told(script: str, url: str, key: str = "lm_demo_read") -> Any:
    """The JSON that a script prints."""
    return json.loads(run("node", script, url, key))


def test_relay(demo: str) -> None:
    """Relay's compiler takes a fragment that pages through a list and one that is deferred; what it makes of them
    runs: the first page, and the next one by the company's id.
    """
    (HERE / "build" / "relay").mkdir(parents=True, exist_ok=True)
    run("npx", "--no-install", "relay-compiler", "relay.config.json")

    found = told("relay.js", demo)

    assert "errors" not in found["first"] and "errors" not in found["next"]
    page, following = found["first"]["data"]["company"], found["next"]["data"]["node"]
    assert page["id"] == following["id"] and page["parties"]["nodes"]
    ids = [[edge["node"]["id"] for edge in each["invoices"]["edges"]] for each in (page, following)]
    assert [len(each) for each in ids] == [10, 2] and not set(ids[0]) & set(ids[1])


def test_typescript(demo: str) -> None:
    """graphql-codegen makes types of every example operation; a program that uses them well compiles and runs, and
    the compiler sees a field and a variable that are wrong.
    """
    run("npx", "--no-install", "graphql-codegen", "--config", "codegen.json")
    run("npx", "--no-install", "tsc", "--project", ".")

    found = told("build/js/typed/use.js", demo)

    assert found["invoices"] == 20


def test_graphql_sse(demo: str) -> None:
    """A query, a mutation, events, an error with its code and an answer in parts, each on a connection of its own."""
    found = told("sse.js", demo, "lm_demo_write")

    assert found["query"] > 0
    assert [source["status"] for source in found["mutation"]["sources"]] == ["PLANNED"]
    assert len(set(found["events"])) == 2
    assert found["wrong"] == ["GRAPHQL_VALIDATION_FAILED"]
    first, *rest = found["parts"]
    assert first["data"] == {"company": {"name": "Grand Tour"}} and first["hasNext"]
    assert len(rest[-1]["incremental"][0]["data"]["invoices"]["nodes"]) == 2 and not rest[-1]["hasNext"]
