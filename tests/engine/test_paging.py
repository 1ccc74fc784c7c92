"""Positions and parameters of every kind of paging."""

from __future__ import annotations

import pytest

from ledgermesh.engine.paging import WHOLE_MAX, Turn, parameters, shift, size_max, turn
from ledgermesh.spec.paging import FirstRows, Numbered, Offset, Paging, Whole

PLAIN = Offset(size_max=100)
COUNTED = Offset(size_max=100, total="page.total")
FLAGGED = Offset(size_max=100, total="page.total", more="page.more")
NUMBERED = Numbered(size_max=50, size="per")
FIXED = Numbered(page="p", size_max=50, first=0)
FIRST = FirstRows(size_max=20, total="total", reason="no way on")


@pytest.mark.parametrize(
    ("paging", "position", "size", "expected"),
    [
        (PLAIN, None, 30, (("limit", "30"),)),
        (PLAIN, 60, 30, (("limit", "30"), ("offset", "60"))),
        (PLAIN, None, 1000, (("limit", "100"),)),
        (NUMBERED, None, 7, (("page", "1"), ("per", "50"))),
        (NUMBERED, 3, 7, (("page", "3"), ("per", "50"))),
        (FIXED, None, 7, (("p", "0"),)),
        (FIRST, None, 7, (("limit", "20"),)),
        (Whole(), None, 7, ()),
        (Whole(limit="limit", value="0"), None, 7, (("limit", "0"),)),
    ],
)
def test_what_asks_for_a_page(paging: Paging, position: int | None, size: int, expected: object) -> None:
    """Never more than the provider's largest page; numbered pages are always of one size."""
    assert parameters(paging, position, size) == expected


@pytest.mark.parametrize(
    ("paging", "position", "document", "count", "expected"),
    [
        (PLAIN, None, [], 100, Turn(100, None)),
        (PLAIN, 100, [], 7, Turn(107, None)),
        (PLAIN, 107, [], 0, Turn(None, None)),
        (COUNTED, 90, {"page": {"total": 100}}, 10, Turn(None, 100)),
        (COUNTED, 90, {"page": {"total": 101}}, 10, Turn(100, 101)),
        (COUNTED, 90, {"page": {"total": 200}}, 0, Turn(None, 200)),
        (COUNTED, 90, {"page": {"total": "100"}}, 10, Turn(100, None)),
        (COUNTED, 90, {"page": {"total": True}}, 10, Turn(100, None)),
        (COUNTED, 90, {"page": None}, 10, Turn(100, None)),
        (FLAGGED, None, {"page": {"more": False}}, 10, Turn(None, None)),
        (FLAGGED, None, {"page": {"more": True, "total": 5}}, 5, Turn(None, 5)),
        (FLAGGED, None, {"page": {"more": None}}, 10, Turn(10, None)),
        (NUMBERED, None, [], 3, Turn(2, None)),
        (NUMBERED, 2, [], 0, Turn(None, None)),
        (FIXED, None, [], 3, Turn(1, None)),
        (FIRST, None, {}, 19, Turn(None, None)),
        (FIRST, None, {}, 20, Turn(None, None, "no way on")),
        (FIRST, None, {"total": 20}, 20, Turn(None, 20)),
        (FIRST, None, {"total": 21}, 10, Turn(None, 21, "no way on")),
        (Whole(), None, {}, 12, Turn(None, 12)),
    ],
)
def test_what_an_answer_says_about_the_next(
    paging: Paging, position: int | None, document: object, count: int, expected: Turn
) -> None:
    """A short page is no end, an empty one is; totals and flags that can be read end it earlier."""
    assert turn(paging, position, document, count) == expected


@pytest.mark.parametrize(
    ("paging", "position", "rows", "expected"),
    [
        (PLAIN, None, 30, 30),
        (PLAIN, 30, -30, None),
        (PLAIN, 10, -30, None),
        (NUMBERED, None, 49, None),
        (NUMBERED, None, 50, 2),
        (NUMBERED, 3, -1, 2),
        (NUMBERED, 2, -1, None),
        (FIXED, None, 120, 2),
        (Whole(), None, 5, None),
        (FIRST, None, 5, None),
    ],
)
def test_a_shift_is_rounded_towards_the_start(
    paging: Paging, position: int | None, rows: int, expected: int | None
) -> None:
    """A page that starts there shows the row, and never starts behind it."""
    assert shift(paging, position, rows) == expected


def test_the_largest_page() -> None:
    """What has no pages counts as one page of everything."""
    assert [size_max(each) for each in (PLAIN, NUMBERED, FIRST, Whole())] == [100, 50, 20, WHOLE_MAX]
