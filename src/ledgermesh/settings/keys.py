"""The keys that seal ids and cursors."""

from __future__ import annotations

import hashlib

from ledgermesh.engine.cursor import CursorKey


def to_key(secret: str) -> CursorKey:
    """A sealing key from its secret; its number follows from the secret, so that replicas agree."""
    made = hashlib.sha256(b"ledgermesh sealing " + secret.encode()).digest()
    return CursorKey(hashlib.sha256(made).digest()[0], made)
