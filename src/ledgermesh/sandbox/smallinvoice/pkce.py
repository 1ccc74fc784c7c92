"""Proof that whoever brings a code is who asked for it (RFC 7636), as league/oauth2-server 7 checks it.

That smallinvoice has switched the proof on is assumed; it is asked for only when the authorize request had a challenge.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping

from msgspec import Struct

from ledgermesh.sandbox.smallinvoice import errors

_WORD = re.compile(r"[A-Za-z0-9._~-]{43,128}")


class Challenge(Struct, frozen=True):
    """What the authorize request announced."""

    text: str
    method: str
    """plain | S256"""

    def check(self, verifier: str) -> None:
        """Problem 3 unless the verifier is well formed, Problem 10 unless it is the right one."""
        if not _WORD.fullmatch(verifier):
            hint = "Code Verifier must follow the specifications of RFC-7636."
            raise errors.invalid_request("code_verifier", hint if verifier else None)
        shown = verifier if self.method == "plain" else hashed(verifier)
        if not hmac.compare_digest(shown, self.text):
            raise errors.invalid_grant("Failed to verify `code_verifier`.")


def read_challenge(query: Mapping[str, str]) -> Challenge | None:
    """The challenge of an authorize request, None without one; Problem 3 if it is malformed."""
    if "code_challenge" not in query:
        return None
    method = query.get("code_challenge_method", "plain")
    if method not in ("plain", "S256"):
        raise errors.invalid_request(
            "code_challenge_method", "Code challenge method must be `plain` or `S256`"
        )
    if not _WORD.fullmatch(query["code_challenge"]):
        raise errors.invalid_request(
            "code_challenge", "Code challenge must follow the specifications of RFC-7636."
        )
    return Challenge(query["code_challenge"], method)


def check_verifier(challenge: Challenge | None, verifier: str) -> None:
    """Problem 3 or 10 unless the verifier belongs to the challenge; one without the other is wrong too."""
    if challenge is not None:
        challenge.check(verifier)
    elif verifier:
        raise errors.invalid_request("code_verifier", "The authorization request had no code challenge")


def hashed(verifier: str) -> str:
    """The S256 challenge of a verifier."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
