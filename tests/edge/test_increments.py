"""Who gets an answer in parts, and what the parts of 2022 look like."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ledgermesh.edge.increments import Format, Older, encoded, wanted
from ledgermesh.edge.stream import EVENTS

JSONS = "application/graphql-response+json,application/json;q=0.9"


@pytest.mark.parametrize(
    ("accept", "format_"),
    [
        (None, None),
        ("", None),
        ("*/*", None),
        ("multipart/*", None),
        (JSONS, None),
        ("multipart/mixed", Format.DRAFT),
        (f"{JSONS}, text/event-stream, multipart/mixed", Format.DRAFT),
        (f"multipart/mixed;deferSpec=20220824,{JSONS}", Format.DEFER_20220824),
        (f'Multipart/Mixed; DeferSpec="20220824" , {JSONS}', Format.DEFER_20220824),
        (f"multipart/mixed;incrementalSpec=v0.2,{JSONS}", Format.V0_2),
        (f"multipart/mixed;incrementalSpec=v0.3,{JSONS}", None),
        (f"multipart/mixed;deferSpec=20240101,{JSONS}", None),
        (f"multipart/mixed;boundary=graphql;subscriptionSpec=1.0,{JSONS}", None),
        (f"multipart/mixed;q=0.5,{JSONS}", None),
        ("multipart/mixed;q=0, application/json;q=0", None),
        ("multipart/mixed;q=high", None),
        ("multipart/mixed;deferSpec=20220824;q=0.5, multipart/mixed;incrementalSpec=v0.2", Format.V0_2),
        ("multipart/mixed;deferSpec=20220824, multipart/mixed;incrementalSpec=v0.2", Format.DEFER_20220824),
    ],
)
def test_who_wants_parts(accept: str | None, format_: Format | None) -> None:
    """Whoever names a version that we write, and likes one answer no better; of two, the first."""
    assert wanted(accept) == format_


def test_who_wants_events_in_parts() -> None:
    """The version is said of events as it is of parts."""
    assert wanted("text/event-stream", EVENTS) == Format.DRAFT
    assert wanted("text/event-stream;deferSpec=20220824", EVENTS) == Format.DEFER_20220824


def parts(*given: dict[str, Any]) -> list[dict[str, Any]]:
    """What becomes of parts of the draft."""
    older = Older()
    return [each for part in given for each in older.parts(part)]


def test_a_fragment_below_another() -> None:
    """A path has the fragment's and the way on from there; what is promised later is known by its id as well."""
    found = parts(
        {"data": {"a": {}}, "pending": [{"id": "0", "path": ["a"], "label": "one"}], "hasNext": True},
        {
            "incremental": [{"id": "0", "subPath": ["b", 0], "data": {"c": 1}}],
            "completed": [{"id": "0"}],
            "pending": [{"id": "1", "path": ["a", "b", 0]}],
            "hasNext": True,
        },
        {"incremental": [{"id": "1", "data": {"d": 2}}], "completed": [{"id": "1"}], "hasNext": False},
    )

    assert found == [
        {"data": {"a": {}}, "hasNext": True},
        {"incremental": [{"data": {"c": 1}, "path": ["a", "b", 0], "label": "one"}], "hasNext": True},
        {"incremental": [{"data": {"d": 2}, "path": ["a", "b", 0]}], "hasNext": False},
    ]


def test_a_fragment_that_failed_as_a_whole() -> None:
    """It has no data, and its errors; clients leave what they have as it is."""
    error = {"message": "no"}
    [_, found] = parts(
        {"data": {}, "pending": [{"id": "0", "path": []}], "hasNext": True},
        {"completed": [{"id": "0", "errors": [error]}], "hasNext": False},
    )

    assert found == {"incremental": [{"data": None, "path": [], "errors": [error]}], "hasNext": False}


def test_a_fragment_whose_fields_came_with_another() -> None:
    """Whoever waits for its label is told of it all the same."""
    [_, found] = parts(
        {
            "data": {},
            "pending": [{"id": "0", "path": [], "label": "a"}, {"id": "1", "path": [], "label": "b"}],
            "hasNext": True,
        },
        {
            "incremental": [{"id": "0", "data": {"x": 1}}],
            "completed": [{"id": "0"}, {"id": "1"}],
            "hasNext": False,
        },
    )

    assert found["incremental"] == [
        {"data": {"x": 1}, "path": [], "label": "a"},
        {"data": {}, "path": [], "label": "b"},
    ]


def test_extensions_stand_alone() -> None:
    """In a part of their own, the last: beside `incremental` clients would overlook them."""
    [_, *found] = parts(
        {"data": {}, "pending": [{"id": "0", "path": []}], "hasNext": True},
        {
            "incremental": [{"id": "0", "data": {"x": 1}}],
            "completed": [{"id": "0"}],
            "hasNext": False,
            "extensions": {"calls": []},
        },
    )

    assert [set(each) for each in found] == [{"incremental", "hasNext"}, {"extensions", "hasNext"}]
    assert [each["hasNext"] for each in found] == [True, False]


def test_a_value_that_is_no_json() -> None:
    """The part says so, masked, and whether more is to come."""
    found = json.loads(encoded({"data": {"x": object()}, "hasNext": True}))

    assert found["errors"][0]["extensions"]["code"] == "INTERNAL" and found["hasNext"] is True
    assert "data" not in found
