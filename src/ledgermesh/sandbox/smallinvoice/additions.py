"""What a provider adds one day: fields, words and error codes that nobody knows yet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

WORD, CODE = "RX", 9999
FIELD: dict[str, object] = {"field_of_tomorrow": {"version": 3, "tags": ["new"]}}
_REWORDED = (
    "status",
    "channel",
    "communication_channel",
    "interval_type",
    "accept_online_status",
    "auto_sync",
)
_EVERY = 10
"""One in so many records has new words."""


def reworded(id: int, record: dict[str, Any]) -> dict[str, Any]:
    """The record, in one of ten cases with words that its kind did not have, and with a new kind of line."""
    if id % _EVERY:
        return record
    words: dict[str, Any] = {key: WORD for key in _REWORDED if key in record}
    lines = record.get("positions")
    if lines:
        words["positions"] = [*lines, {**dict.fromkeys(lines[0]), "type": WORD, "catalog_type": WORD}]
    return record | words


def grown(value: Any) -> Any:
    """The value with a field nobody knows in every object of it."""
    if isinstance(value, list | tuple):
        return [grown(part) for part in value]
    if isinstance(value, Mapping):
        return {key: grown(part) for key, part in value.items()} | FIELD
    return value


def recoded(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """An error with a code that nobody knows, and fields as well; the token endpoint's words are OAuth's own."""
    code = {} if "error" in body else {"code": CODE}
    shown: Mapping[str, Any] = grown({**body, **code})
    return shown
