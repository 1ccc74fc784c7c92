"""The Grafana dashboard over the figures: what it asks Prometheus for, and the file that Grafana imports."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from ledgermesh.metrics.panels import ROWS, Panel

SOURCE: Final[Mapping[str, str]] = {"type": "prometheus", "uid": "${source}"}
COLUMNS: Final = 24
WIDTH, HEIGHT = 8, 7


def dashboard() -> str:
    """The file that Grafana imports: it asks for the Prometheus to look into, the job and the instances."""
    made = {
        "title": "ledgermesh",
        "uid": "ledgermesh",
        "tags": ["ledgermesh", "graphql"],
        "schemaVersion": 39,
        "editable": True,
        "refresh": "30s",
        "time": {"from": "now-1h", "to": "now"},
        "templating": {"list": [_source(), _variable("job"), _variable("instance")]},
        "panels": _panels(),
    }
    return json.dumps(made, indent=2, ensure_ascii=False) + "\n"


def _source() -> dict[str, Any]:
    return {"name": "source", "label": "Prometheus", "type": "datasource", "query": "prometheus"}


def _variable(name: str) -> dict[str, Any]:
    query = f"label_values(ledgermesh_build_info, {name})"
    return {
        "name": name, "type": "query", "datasource": dict(SOURCE), "query": query, "refresh": 2,
        "multi": True, "includeAll": True, "allValue": ".*", "current": {"text": "All", "value": "$__all"},
    }  # fmt: skip


def _panels() -> list[dict[str, Any]]:
    """A line with its title above each group, the panels below it from left to right."""
    found: list[dict[str, Any]] = []
    y = 0
    for title, panels in ROWS:
        found.append({"id": len(found) + 1, "type": "row", "title": title, "collapsed": False,
                      "gridPos": {"x": 0, "y": y, "w": COLUMNS, "h": 1}, "panels": []})  # fmt: skip
        for number, panel in enumerate(panels):
            down, across = divmod(number, COLUMNS // WIDTH)
            place = {"x": across * WIDTH, "y": y + 1 + down * HEIGHT, "w": WIDTH, "h": HEIGHT}
            found.append(_panel(len(found) + 1, panel, place))
        y += 1 + -(-len(panels) // (COLUMNS // WIDTH)) * HEIGHT
    return found


def _panel(id: int, panel: Panel, place: Mapping[str, int]) -> dict[str, Any]:
    return {
        "id": id,
        "type": "timeseries",
        "title": panel.title,
        "description": panel.about,
        "datasource": dict(SOURCE),
        "gridPos": dict(place),
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        "targets": [
            {
                "refId": chr(ord("A") + number),
                "datasource": dict(SOURCE),
                "expr": expr,
                "legendFormat": legend,
            }
            for number, (expr, legend) in enumerate(panel.queries)
        ],
    }
