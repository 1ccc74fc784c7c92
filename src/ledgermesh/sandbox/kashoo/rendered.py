"""Answers as bytes: exact decimals, and records kept once they were written."""

from __future__ import annotations

from collections.abc import Callable, Hashable

import msgspec

_encoder = msgspec.json.Encoder(decimal_format="number")
_KEPT_MAX = 20_000
"""Records kept for one business, about 2 kB each."""


def encode(document: object) -> bytes:
    """The document as JSON; decimals become numbers with all their digits."""
    return _encoder.encode(document)


class Rendered:
    """Records of one business as JSON, in the form that was last asked for; made anew with the business."""

    def __init__(self) -> None:
        self._form: Hashable = None
        self._kept: dict[Hashable, msgspec.Raw] = {}

    def find(self, form: Hashable, key: Hashable, make: Callable[[], object]) -> msgspec.Raw:
        """The bytes of this record; written only if they are not kept in this form."""
        if form != self._form or len(self._kept) >= _KEPT_MAX:
            self._form = form
            self._kept.clear()
        if key not in self._kept:
            self._kept[key] = msgspec.Raw(encode(make()))
        return self._kept[key]
