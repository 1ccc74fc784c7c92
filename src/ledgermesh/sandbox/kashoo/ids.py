"""Ids as Kashoo gives them: 64-bit, far above 31 bits, one number range for every kind of object."""

from __future__ import annotations

import hashlib

_LOWEST = 10_000_000_000
_SPREAD = 8_000_000_000_000
"""Keeps ids below 2**53, which JavaScript clients of the real API rely on."""


class Ids:
    """Derives ids from names, so the same books get the same ids in every run."""

    def __init__(self) -> None:
        self._taken: set[int] = set()

    def make(self, *names: str) -> int:
        """An id nobody else has; it depends on the names alone unless two hashes meet."""
        candidate = derived(*names)
        while candidate in self._taken:
            candidate += 1
        self._taken.add(candidate)
        return candidate


def derived(*names: str) -> int:
    """The id those names hash to, for parts nobody asks for by id (lines, attachments)."""
    digest = hashlib.blake2b("\0".join(names).encode(), digest_size=8).digest()
    return _LOWEST + int.from_bytes(digest, "big") % _SPREAD
