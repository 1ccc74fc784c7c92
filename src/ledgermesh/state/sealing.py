"""Seal small contents for one purpose: sealing keys, and opaque texts that only this gateway can read."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

VERSION: Final = 1
HEAD_BYTES: Final = 14
"""Version, key id, and a nonce of 12 bytes."""
TEXT_MAX: Final = 65_536


@dataclass(frozen=True, slots=True, repr=False)
class SealingKey:
    """A secret of the operator's, and the number by which what it sealed names it."""

    id: int
    """0 to 255."""
    secret: bytes
    """32 random bytes."""

    def derived(self, purpose: str) -> bytes:
        """32 bytes for one purpose; nothing that is sealed for one can be opened for another."""
        return hmac.digest(self.secret, f"ledgermesh {purpose}".encode(), hashlib.sha256)

    def cipher(self, purpose: str) -> AESGCM:
        """AES-256-GCM under the derived key."""
        return AESGCM(self.derived(purpose))


class NotSealed(ValueError):
    """A text that was not sealed here for this purpose and this owner, or was changed."""


class Seal:
    """Seals and opens opaque texts of one purpose. The first key seals, all of them open: a rotation has two."""

    def __init__(self, keys: Sequence[SealingKey], purpose: str) -> None:
        self._purpose = purpose
        self._first = keys[0]
        self._keys = {key.id: key for key in keys}

    def seal(self, content: bytes, owner: bytes = b"") -> str:
        """The opaque text, fit for a path; it opens with the same `owner` only."""
        head = bytes((VERSION, self._first.id)) + os.urandom(HEAD_BYTES - 2)
        sealed = self._first.cipher(self._purpose).encrypt(head[2:], content, head[:2] + owner)
        return base64.urlsafe_b64encode(head + sealed).decode().rstrip("=")

    def open(self, text: str, owner: bytes = b"") -> bytes:
        """The content again; raises NotSealed."""
        try:
            return self._opened(text, owner)
        except (ValueError, KeyError, IndexError, InvalidTag) as error:
            raise NotSealed(f"this is no {self._purpose} of ours") from error

    def _opened(self, text: str, owner: bytes) -> bytes:
        if len(text) > TEXT_MAX:
            raise ValueError("too long")
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        head, sealed = raw[:HEAD_BYTES], raw[HEAD_BYTES:]
        if head[0] != VERSION:
            raise ValueError("not of this version")
        return self._keys[head[1]].cipher(self._purpose).decrypt(head[2:], sealed, head[:2] + owner)
