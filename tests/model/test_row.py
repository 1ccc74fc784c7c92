"""Paths into a document, its parents and the connection's settings."""

from __future__ import annotations

import pytest

from ledgermesh.model.row import Malformed, Row, at

TOP = Row({"id": 1, "currency": "CHF", "a": {"b": {"c": 5}, "n": None}}, None, {"home": "CAD"})
INNER = Row({"id": 2}, Row({"id": 3, "x": {"y": 4}}, TOP, TOP.settings), TOP.settings)


@pytest.mark.parametrize(
    ("row", "path", "value"),
    [
        (TOP, "id", 1),
        (TOP, "a.b.c", 5),
        (TOP, "a.n.c", None),
        (TOP, "z.b.c", None),
        (TOP, "@home", "CAD"),
        (TOP, "@other", None),
        (TOP, "^id", None),
        (INNER, "id", 2),
        (INNER, "^id", 3),
        (INNER, "^x.y", 4),
        (INNER, "^^currency", "CHF"),
        (INNER, "^^^currency", None),
        (INNER, "@home", "CAD"),
    ],
)
def test_where_a_path_leads(row: Row, path: str, value: object) -> None:
    """Down by dots, up by ^, to the settings by @; what is not there is None, as null is."""
    assert at(path)(row) == value


@pytest.mark.parametrize("path", ["id.b", "a.b.c.d"])
def test_a_path_through_a_value_is_malformed(path: str) -> None:
    """Where an object was expected around the value, something else stands."""
    with pytest.raises(Malformed) as refused:
        at(path)(TOP)
    assert refused.value.path == path
