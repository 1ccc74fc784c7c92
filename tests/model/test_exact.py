"""Numbers of documents, which are texts until somebody reads them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from ledgermesh.model.exact import exact


@pytest.mark.parametrize("text", ["0.10", "-0.0", "-0.00", "1.50", "0.0000001", f"{'1' * 99}.{'0' * 99}"])
def test_a_text_is_the_number_that_it_says(text: str) -> None:
    """With each of its digits."""
    found = exact(text.encode())

    assert found.__class__ is Decimal and found.as_tuple() == Decimal(text).as_tuple()
    assert f"{found:f}" == text


def test_texts_in_lists_and_objects_are_numbers_then() -> None:
    """Everything else is as it was, and they are the same objects."""
    inner: list[Any] = [b"1.50", {"a": b"-0.0", "b": "1.5", "c": None}, [[b"0.1"]], 7, True]
    whole = {"x": inner, "y": b"2.0"}

    assert exact(whole) is whole and whole["x"] is inner
    assert repr(whole) == repr(
        {
            "x": [
                Decimal("1.50"),
                {"a": Decimal("-0.0"), "b": "1.5", "c": None},
                [[Decimal("0.1")]],
                7,
                True,
            ],
            "y": Decimal("2.0"),
        }
    )
    assert repr(exact(whole)) == repr(whole)
    assert [exact(each) for each in ("1.5", 7, None, True, Decimal("1.0"))] == [
        "1.5",
        7,
        None,
        True,
        Decimal("1.0"),
    ]


def test_however_deep_they_are() -> None:
    """Deeper than Python calls itself."""
    innermost: list[Any] = [b"1.5"]
    whole = innermost
    for _ in range(20_000):
        whole = [whole]

    exact(whole)

    assert innermost == [Decimal("1.5")]
    while whole is not innermost:  # whoever frees it all at once goes as deep
        whole = whole[0]
