"""Links to files: sealed, short-lived, and good for one file of one record in the name of one key."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import Final

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ledgermesh.engine.cursor import CursorKey
from ledgermesh.errors import NotFound

VERSION: Final = 1
HEAD_BYTES: Final = 14
"""Version, key id, and a nonce of 12 bytes."""
TEXT_MAX: Final = 2048
LASTS_SECONDS: Final = 300


class LinkEnded(NotFound):
    """A link to a file that is over, changed, or was never made here."""

    code = "LINK_ENDED"
    remedy = "Ask for `downloads` again: each link lasts a few minutes."


@dataclass(frozen=True, slots=True)
class FileLink:
    """Which file, for whom, until when."""

    tenant: str
    environment: str
    key: str
    """Id of the API key that asked: when it is gone, so is the link."""
    kind: str
    connection: str
    native_id: str
    stream: str
    expires_at: int
    """Epoch seconds."""


class FileLinks:
    """Seals and opens links. The first key seals, all of them open."""

    def __init__(self, keys: Sequence[CursorKey]) -> None:
        self._first = keys[0]
        self._keys = {key.id: key for key in keys}

    def seal(self, link: FileLink) -> str:
        """The opaque text of a link, fit for a path."""
        head = bytes((VERSION, self._first.id)) + os.urandom(HEAD_BYTES - 2)
        sealed = _cipher(self._first).encrypt(head[2:], msgspec.json.encode(astuple(link)), head[:2])
        return base64.urlsafe_b64encode(head + sealed).decode().rstrip("=")

    def open(self, text: str, now: int) -> FileLink:
        """The link again, at this epoch second; raises LinkEnded."""
        try:
            link = self._opened(text)
        except (ValueError, KeyError, IndexError, InvalidTag, msgspec.MsgspecError) as error:
            raise LinkEnded("this is not a link to a file") from error
        if link.expires_at <= now:
            raise LinkEnded("this link has ended")
        return link

    def _opened(self, text: str) -> FileLink:
        if len(text) > TEXT_MAX:
            raise ValueError("too long")
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        head, sealed = raw[:HEAD_BYTES], raw[HEAD_BYTES:]
        if head[0] != VERSION:
            raise ValueError("not of this version")
        content = _cipher(self._keys[head[1]]).decrypt(head[2:], sealed, head[:2])
        return FileLink(*msgspec.json.decode(content, type=tuple[str, str, str, str, str, str, str, int]))


def _cipher(key: CursorKey) -> AESGCM:
    return AESGCM(hmac.digest(key.secret, b"ledgermesh file link", hashlib.sha256))
