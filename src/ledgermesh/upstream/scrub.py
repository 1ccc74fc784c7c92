"""A provider that repeats our credentials in its words of refusal: they go no further."""

from __future__ import annotations

import base64
from collections.abc import Iterable

from ledgermesh.errors import LedgermeshError
from ledgermesh.state.base import Secret

WORD_CHARACTERS_MIN = 6
"""Shorter words of a header (`Bearer`, `json:`) are no secrets by themselves."""
HIDDEN = "…"


def scrub(error: LedgermeshError, signature: Iterable[tuple[str, Secret]]) -> None:
    """Take out of an error's details whatever of these headers' values stands in them."""
    words = sorted(
        {word for _, secret in signature for word in _words(secret.reveal())}, key=len, reverse=True
    )
    for name, text in error.details.items():
        if isinstance(text, str):
            error.details[name] = _without(text, words)


def _words(text: str) -> list[str]:
    parts = [text, *text.replace('"', " ").replace(",", " ").split()]
    if text.startswith("Basic "):
        # A provider that reads them has the user and the password in the clear.
        parts += base64.b64decode(text.removeprefix("Basic ")).decode("utf-8", "replace").split(":", 1)
    return [part for part in parts if len(part) > WORD_CHARACTERS_MIN]


def _without(text: str, words: list[str]) -> str:
    for word in words:
        text = text.replace(word, HIDDEN)
    return text
