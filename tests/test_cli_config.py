"""What can stand in ledgermesh.toml, as editors and people are told."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # it has no types

from ledgermesh.graph.limits.values import Budget, DocumentLimits
from ledgermesh.settings import Settings
from tests.commands import run
from tests.shape.sources import ROOT
from tests.shop import GOOD, read

SCHEMA: dict[str, Any] = json.loads((ROOT / "schema" / "ledgermesh.schema.json").read_text(encoding="utf-8"))


def mistakes(text: str) -> list[str]:
    """Where a file does not fit the schema."""
    return sorted(error.json_path for error in Draft202012Validator(SCHEMA).iter_errors(tomllib.loads(text)))


def test_the_schema_takes_what_the_gateway_takes(capsys: pytest.CaptureFixture[str]) -> None:
    """It is a schema, the one that is printed; good settings fit, and mistakes are found in their places."""
    Draft202012Validator.check_schema(SCHEMA)
    assert run("config", "schema") == 0
    assert json.loads(capsys.readouterr().out) == SCHEMA

    assert mistakes(GOOD) == []
    assert mistakes(GOOD.replace("port = 9000", 'port = "many"')) == ["$.server.port"]
    assert mistakes(GOOD + "\n[limits]\ncalls_per_minute = 0\n") == ["$.limits.calls_per_minute"]
    assert mistakes(GOOD + "\n[nothing]\n") == ["$"]


def test_settings_say_what_they_mean() -> None:
    """The texts below the settings in the source are their descriptions."""
    server, limits = SCHEMA["$defs"]["Server"], SCHEMA["$defs"]["Limits"]

    assert server["description"] == "Where the gateway listens and what one request may ask."
    assert (
        server["properties"]["request_seconds"]["description"]
        == "When the caller gives no X-Request-Timeout."
    )
    assert "tenant" in limits["properties"]["calls_per_minute"]["description"]


def test_the_example_is_the_defaults(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every setting stands there; uncommented, those with a default change nothing, and all of it fits the schema."""
    monkeypatch.chdir(tmp_path)
    assert run("config", "example") == 0
    text = capsys.readouterr().out
    assert tomllib.loads(text) == {}

    lines = [line.removeprefix("# ") for line in text.splitlines() if re.match(r"# (\[|\w+ = [^#])", line)]
    sections = "\n".join(lines).partition("[[")[0]
    assert {f"[{name}]" for name in ("server", "limits", "limits.documents", "limits.operation")} <= set(
        lines
    )
    assert read(sections, {}) == Settings()
    assert mistakes(sections) == []


def test_bounds_of_documents_and_operations_can_be_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`[limits.documents]` and `[limits.operation]` say the same as the values, and begin with the same figures."""
    monkeypatch.chdir(tmp_path)
    defaults = Settings().limits
    assert DocumentLimits(**defaults.documents.model_dump()) == DocumentLimits()
    assert Budget(**defaults.operation.model_dump()) == Budget()

    found = read(
        GOOD
        + "\n[limits]\ncalls_per_minute = 600\n[limits.documents]\ndepth = 7\n[limits.operation]\ncalls = 3\n"
    ).limits
    assert (found.calls_per_minute, found.documents.depth, found.operation.calls) == (600, 7, 3)
