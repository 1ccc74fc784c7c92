"""A provider's JSON, exactly."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledgermesh.upstream.decode import NotJson, decode


def test_numbers_are_exact() -> None:
    """Whole numbers are int of any size, all others Decimal as written; a float never appears."""
    document = decode(
        b'{"a": 1234567890123456.789, "b": 0.10, "c": 123456789012345678901234567890, "d": 1E2, "e": -0.0}'
    )
    assert document == {
        "a": Decimal("1234567890123456.789"),
        "b": Decimal("0.10"),
        "c": 123456789012345678901234567890,
        "d": Decimal("1E+2"),
        "e": Decimal("-0.0"),
    }
    assert isinstance(document, dict)
    assert str(document["b"]) == "0.10"
    assert not any(isinstance(value, float) for value in document.values())


def test_nothing_is_none() -> None:
    """An empty body is no document."""
    assert decode(b"") is None


def test_a_byte_order_mark_is_no_error() -> None:
    """Some servers of the older kind put one in front."""
    assert decode(b"\xef\xbb\xbf[1]") == [1]


@pytest.mark.parametrize(
    "body",
    [
        b"<!DOCTYPE html><html></html>",
        b'{"cut": [1, 2',
        b'{"name": "caf\xe9"}',
        b"NaN",
        b'{"a": 1} and more',
        b"[" * 5_000,
        b"1e999999999",
        b"1e99999999999999999999",
        b"-1e-999999999",
        b'"\\ud800"',
    ],
)
def test_whatever_else_is_not_json(body: bytes) -> None:
    """HTML, half a document, another charset, too deep, numbers that would fill the memory: one error for all."""
    with pytest.raises(NotJson):
        decode(body)


@settings(derandomize=True, max_examples=200)
@given(st.binary(max_size=60))
def test_any_bytes_are_a_document_or_one_error(body: bytes) -> None:
    """There is no third outcome."""
    try:
        decode(body)
    except NotJson as error:
        assert str(error)
