"""What a provider adds one day: fields, words and error codes that nobody knows yet."""

from __future__ import annotations

import zlib
from typing import Any

from ledgermesh.sandbox.accountsos.shapes import Document

UNKNOWN: Document = {"x_unknown": {"nested": [1, "two"]}}
CODE = "x_unknown"
_WORDS: dict[str, Document] = {
    "contacts": {"type": "partner"},
    "documents": {"status": "quarantined"},
    "deadlines": {"type": "Plastic Packaging Tax"},
}


def reworded(kind: str, row: Document) -> Document:
    """About half of the records of a kind, always the same ones, with a word that the kind did not have."""
    odd = zlib.crc32(str(row["id"]).encode()) % 2
    return row | _WORDS.get(kind, {}) if odd else row


def grown(value: Any) -> Any:
    """The value with a field nobody knows in every object of it."""
    if isinstance(value, list):
        return [grown(part) for part in value]
    if isinstance(value, dict):
        return {key: grown(part) for key, part in value.items()} | UNKNOWN
    return value


def recoded(envelope: Document) -> Document:
    """An error envelope with a code that nobody knows, and fields as well."""
    error = envelope["error"]
    assert isinstance(error, dict), "as a refusal makes it"
    return {"error": {**error, "code": CODE, **UNKNOWN}, **UNKNOWN}
