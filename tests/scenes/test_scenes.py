"""Every example operation over the demo world on a fixed day, against the answer that is kept beside this file.

`LEDGERMESH_REWRITE=1 uv run pytest tests/scenes` writes the answers anew; read the difference before you keep it.

What changes from run to run is left out: how long a call took, the providers' own request ids, and whether it ran
on compiled code. Opaque ids and
cursors are kept as the record they stand for.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLSchema, parse, validate

from tests.graph.demo import demo_house
from tests.shared import printed_schema

HERE = Path(__file__).parent
EVERY = sorted((HERE.parents[1] / "schema" / "operations").glob("*.graphql"))
OPERATIONS = [path for path in EVERY if not path.stem.startswith("write-")]
"""Those that read; the others are in `test_writes.py`."""
COMPANY = "grand-tour"
REWRITE = bool(os.environ.get("LEDGERMESH_REWRITE"))
VOLATILE = ("ms", "startedMs", "waitMs", "upstreamRequestId", "bodyBytes", "budgetLeft", "compiled")
CURSORS = ("endCursor", "cursor")
NO_LISTS = ("capabilities",)
"""Operations that ask for no company's records; their lists are of another kind."""

names = pytest.mark.parametrize("operation", OPERATIONS, ids=lambda path: path.stem)


@cache
def schema() -> GraphQLSchema:
    """The schema as callers see it."""
    return printed_schema()


def variables(operation: Path) -> dict[str, Any]:
    """The variables beside the operation, with the company of the scenes."""
    beside = operation.with_suffix(".variables.json")
    given: dict[str, Any] = json.loads(beside.read_text()) if beside.exists() else {}
    return {"company": COMPANY, **given}


def settled(value: Any, name: str = "") -> Any:
    """An answer without what changes from run to run."""
    if isinstance(value, dict):
        return {key: settled(each, key) for key, each in value.items() if key not in VOLATILE}
    if isinstance(value, list):
        return [settled(each, name) for each in value]
    if name in CURSORS and value is not None:
        return "(cursor)"
    return _record(value) if name == "id" and isinstance(value, str) else value


def _record(id: str) -> str:
    """The record that a global id stands for; other ids as they are."""
    try:
        raw = base64.urlsafe_b64decode(id + "=" * (-len(id) % 4))
        kind, connection, native_id = raw[10:].decode().split("\0")
    except ValueError:
        return id
    return f"({kind} {native_id} of {connection})"


async def answer(text: str, given: dict[str, Any]) -> Any:
    """What the gateway answers, settled."""
    async with demo_house() as house:
        found = await house.ask(text, **given)
    # As it goes out: through JSON, where dates and decimals are text.
    return settled(json.loads(json.dumps(found, default=str)))


@names
def test_scene(operation: Path) -> None:
    """The operation answers as it did: the data, the verdicts on the sources, the calls and the pushdown."""
    kept = HERE / operation.stem / "response.json"
    found = asyncio.run(answer(operation.read_text(), variables(operation)))
    if REWRITE:
        kept.parent.mkdir(exist_ok=True)
        kept.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    assert kept.exists(), "no answer is kept; see the first lines of this file"
    assert _sorted(found) == _sorted(json.loads(kept.read_text()))


def _sorted(answer: Any) -> Any:
    """The same with its calls in one order: of those that are made at once none is the first."""
    told = answer["extensions"]
    calls = sorted(told["calls"], key=json.dumps)
    return {**answer, "extensions": {**told, "calls": calls}}


@names
def test_examples_show_something(operation: Path) -> None:
    """An example without errors and with records: every list of it has some in one company at least."""
    found = asyncio.run(answer(operation.read_text(), variables(operation)))
    assert "errors" not in found
    lists = list(_lists(found["data"]))
    if operation.stem in NO_LISTS:
        assert found["data"]["providers"]
        return
    assert lists
    for name, rows in lists:
        assert rows, f"{name} is empty"


def _lists(value: Any, name: str = "") -> Iterator[tuple[str, list[Any]]]:
    """The records of every list in an answer."""
    if isinstance(value, dict):
        if "nodes" in value:
            yield name, value["nodes"]
        for key, each in value.items():
            if key != "nodes":
                yield from _lists(each, key)
    if isinstance(value, list):
        if value and isinstance(value[0], dict) and "report" in value[0]:
            yield name, [each for each in value if each["report"]]
        rows = [pair for each in value for pair in _lists(each, name)]
        for key in dict.fromkeys(key for key, _ in rows):  # of several companies one is enough
            yield key, [row for other, found in rows if other == key for row in found]


@names
def test_operations_are_valid(operation: Path) -> None:
    """Each operation stands for itself, is valid, and says in its first line what it shows."""
    text = operation.read_text()
    assert validate(schema(), parse(text)) == []
    assert text.startswith("# ")


def test_every_kept_answer_is_one_of_an_operation() -> None:
    """No answer is left behind by an operation that is gone."""
    kept = {path.parent.name for path in HERE.glob("*/response.json")}
    assert kept == {path.stem for path in OPERATIONS}
    strange = {
        path.name.removesuffix(".variables.json") for path in OPERATIONS[0].parent.glob("*.variables.json")
    }
    assert strange <= {path.stem for path in EVERY}
