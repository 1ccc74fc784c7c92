"""The keys that seal ids and cursors."""

from __future__ import annotations

import hashlib

from ledgermesh.state.sealing import SealingKey


def to_key(secret: str) -> SealingKey:
    """A sealing key from its secret; its number follows from the secret, so that replicas agree."""
    made = hashlib.sha256(b"ledgermesh sealing " + secret.encode()).digest()
    return SealingKey(hashlib.sha256(made).digest()[0], made)
