"""Signatures of webhooks as Standard Webhooks has them: https://www.standardwebhooks.com, symmetric scheme `v1`."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import hashlib
import hmac
import secrets
from collections.abc import Iterable
from typing import Final

from ledgermesh.state.base import Grant, Secret

PREFIX: Final = "whsec_"
SECRET_BYTES: Final = 32
SECRET_BYTES_MIN: Final = 24
"""By the specification; it allows up to 64."""


def make_secret() -> Secret:
    """A new signing secret: `whsec_` and ordinary base64, with its padding, as the receivers' libraries read it."""
    return Secret(PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode())


def key_of(secret: Secret) -> bytes:
    """The key that a secret stands for; raises ValueError for one that receivers' libraries would read otherwise."""
    text = secret.reveal()
    if not text.startswith(PREFIX):
        raise ValueError(f"a signing secret begins with {PREFIX}")
    try:
        key = base64.b64decode(text.removeprefix(PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError("a signing secret is ordinary base64 with padding") from error
    if len(key) < SECRET_BYTES_MIN:
        raise ValueError(f"a signing secret has at least {SECRET_BYTES_MIN} bytes")
    return key


def valid(grant: Grant, now: dt.datetime) -> list[Secret]:
    """The secrets to sign with, by what the vault keeps for a webhook: `current`, and `previous` until it expires."""
    found = [grant.secrets["current"]] if "current" in grant.secrets else []
    over = grant.expires_at is None or grant.expires_at <= now
    if "previous" in grant.secrets and not over:
        found.append(grant.secrets["previous"])
    return found


def signature(secret: Secret, *, id: str, timestamp: int, body: bytes) -> str:
    """One signature of a message; raises ValueError for a secret that is none."""
    signed = b"%s.%d.%s" % (id.encode(), timestamp, body)
    digest = hmac.digest(key_of(secret), signed, hashlib.sha256)
    return f"v1,{base64.b64encode(digest).decode()}"


def signed_headers(
    signing: Iterable[Secret], *, id: str, at: dt.datetime, body: bytes
) -> tuple[tuple[str, str], ...]:
    """The headers of one attempt; each secret signs, so that receivers may change theirs in between."""
    timestamp = int(at.timestamp())
    each = [signature(secret, id=id, timestamp=timestamp, body=body) for secret in signing]
    return (
        ("webhook-id", id),
        ("webhook-timestamp", str(timestamp)),
        ("webhook-signature", " ".join(each)),
    )
