"""How deep JSON is nested."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledgermesh.nesting import DEPTH_MAX, ENDS_BY_ITSELF, depth, too_deep

VALUES = st.recursive(
    st.text() | st.integers() | st.sampled_from(['"', "\\", '\\"', "[", "{", '["', '\\\\"]', "]}"]),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.sampled_from(["[", '"{', "\\"]), inner),
)


def _deep(value: object) -> int:
    if isinstance(value, dict):
        return 1 + max(map(_deep, value.values()), default=0)
    return 1 + max(map(_deep, value), default=0) if isinstance(value, list) else 0


@given(VALUES, st.booleans())
def test_depth_is_that_of_the_value(value: object, ascii: bool) -> None:
    """Brackets, quotes and backslashes in texts and keys are text, escaped or not."""
    assert depth(json.dumps(value, ensure_ascii=ascii).encode()) == _deep(value)


@pytest.mark.parametrize(
    ("text", "deep"),
    [
        (b"[" * DEPTH_MAX + b"]" * DEPTH_MAX, False),
        (b"[" * (DEPTH_MAX + 1) + b"]" * (DEPTH_MAX + 1), True),
        (b'{"a":' * (DEPTH_MAX + 1) + b"1" + b"}" * (DEPTH_MAX + 1), True),
        (b"[" + b"[]," * 10_000 + b"[]]", False),
        (b'["' + b"[" * 10_000 + b'"]', False),
        # Closing brackets in texts close nothing.
        (b'[["]"],' * (DEPTH_MAX + 1) + b"1" + b"]" * (DEPTH_MAX + 1), True),
        (b"[" * 100_000, True),
        (b"", False),
    ],
)
def test_what_is_too_deep(text: bytes, deep: bool) -> None:
    """Only brackets that stand inside each other count; where the interpreter sees to it, nobody looks."""
    assert (depth(text) > DEPTH_MAX) is deep
    assert too_deep(text) is (deep and not ENDS_BY_ITSELF)
