"""What a tool says: text of a bounded length, which says so where it was cut."""

from __future__ import annotations

from typing import Any, Final

import msgspec

CHARACTERS_MAX: Final = 60_000
"""Of one tool's answer: about 15,000 tokens."""

_ENCODER = msgspec.json.Encoder(decimal_format="number", enc_hook=str)


def shortened(text: str, characters: int = CHARACTERS_MAX) -> str:
    """The text, or its beginning with a notice of how much is missing and what to do."""
    if len(text) <= characters:
        return text
    return (
        f"{text[:characters]}\n[cut: {characters:,} of {len(text):,} characters are shown. "
        "Ask for fewer fields, or less at once with `first`, and go on with `after`.]"
    )


def compact(value: Any) -> str:
    """A value as JSON without spaces, amounts as they are."""
    return _ENCODER.encode(value).decode()
