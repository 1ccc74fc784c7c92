"""Ids of requests: random UUIDs (RFC 9562, version 4), written as text."""

from __future__ import annotations

import os
from typing import Final

VARIANTS: Final = dict(zip("0123456789abcdef", "89ab" * 4, strict=True))


def new_id() -> str:
    """One that nobody can foresee; the same as `str(uuid.uuid4())`, for a third of the time."""
    word = os.urandom(16).hex()
    return f"{word[:8]}-{word[8:12]}-4{word[13:16]}-{VARIANTS[word[16]]}{word[17:20]}-{word[20:]}"
