"""The dashboard asks for figures that there are, by labels that they have."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from ledgermesh.metrics.dashboard import dashboard
from tests.shape.sources import ROOT
from tests.watched import watched

PROMTOOL = shutil.which("promtool")
GENERAL = {"le", "job", "instance"}
"""Labels that Prometheus gives."""


def expressions() -> list[str]:
    """Every query of the file that is committed."""
    file: Any = json.loads((ROOT / "schema" / "grafana.json").read_text(encoding="utf-8"))
    return [target["expr"] for panel in file["panels"] for target in panel.get("targets", ())]


def test_what_is_committed_is_what_the_code_prints() -> None:
    """`ledgermesh schema` would change nothing."""
    assert (ROOT / "schema" / "grafana.json").read_text(encoding="utf-8") == dashboard()


async def test_every_figure_it_names_is_there_with_its_labels() -> None:
    """No diagram stays empty because a figure has another name."""
    async with watched() as house:
        metrics = house.running.watches.metrics
        assert metrics is not None
        known = metrics.names()
        page = await house.page()
    process = set(re.findall(r"^# TYPE ((?:process|python)_\w+)", page, flags=re.MULTILINE))
    asked = set()
    for expr in expressions():
        [name] = re.findall(r"\b((?:ledgermesh|process|python)_\w+)\{", expr)
        found = name.removesuffix("_bucket")
        asked.add(found)
        assert found in known or found in process, found
        by = {label for group in re.findall(r"by \(([^)]*)\)", expr) for label in group.split(", ")}
        matched = set(re.findall(r'(\w+)(?:=~|!=|=)"', expr))
        assert (by | matched) - GENERAL <= set(known.get(found, ())), expr

    assert set(known) - asked == {"ledgermesh_build_info"}, "a figure that nobody looks at"


def test_no_two_panels_share_a_place() -> None:
    """Grafana would move them about; ids are unique, and every panel has something to show."""
    file: Any = json.loads(dashboard())
    panels = file["panels"]
    cells = [
        (x, y)
        for each in panels
        for x in range(each["gridPos"]["x"], each["gridPos"]["x"] + each["gridPos"]["w"])
        for y in range(each["gridPos"]["y"], each["gridPos"]["y"] + each["gridPos"]["h"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24
    assert len({each["id"] for each in panels}) == len(panels)
    assert [each["title"] for each in panels if each["type"] != "row" and not each["targets"]] == []


@pytest.mark.skipif(PROMTOOL is None, reason="needs Debian's package `prometheus`")
async def test_prometheus_understands_every_query(tmp_path: Path) -> None:
    """Read as rules, the queries have no mistake of form."""
    rules = [
        {"record": f"r{number}", "expr": expr.replace("$__rate_interval", "5m")}
        for number, expr in enumerate(expressions())
    ]
    path = tmp_path / "rules.yaml"
    path.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}), encoding="utf-8")

    checking = await asyncio.create_subprocess_exec(
        str(PROMTOOL), "check", "rules", str(path),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said, _ = await checking.communicate()
    assert checking.returncode == 0, said.decode()
