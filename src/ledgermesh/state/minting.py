"""New API keys with a checksum, and browser tokens that are sealed and kept nowhere."""

from __future__ import annotations

import secrets
import string
import zlib
from collections.abc import Sequence
from typing import Final

import msgspec
from msgspec import Struct

from ledgermesh.state.entries import Environment
from ledgermesh.state.sealing import NotSealed, Seal, SealingKey

ALPHABET: Final = string.digits + string.ascii_letters
KEY_BYTES: Final = 32
KEY_CHARACTERS: Final = 43
"""That 32 bytes take in base 62."""
CHECK_CHARACTERS: Final = 6
"""That a CRC-32 takes in base 62."""
HINT_CHARACTERS: Final = 12

PREFIXES: Final[dict[Environment, str]] = {"sandbox": "lm_test_", "live": "lm_live_"}
_MADE_HERE: Final = tuple(PREFIXES.values())
BROWSER_PREFIX: Final = "lm_browser_"
BROWSER_SECONDS_MAX: Final = 3600


def make_key(environment: Environment) -> str:
    """A new API key: 32 random bytes, and a checksum by which we and scanners of leaked keys tell a typo."""
    number = int.from_bytes(secrets.token_bytes(KEY_BYTES))
    body = PREFIXES[environment] + _base62(number, KEY_CHARACTERS)
    return body + _checksum(body)


def misspelt(key: str) -> bool:
    """Whether a text has the form of a key that was made here, and is none: cut short, or a letter is wrong."""
    if not key.startswith(_MADE_HERE):
        return False
    body = key[:-CHECK_CHARACTERS]
    return (
        len(key) != len("lm_test_") + KEY_CHARACTERS + CHECK_CHARACTERS or _checksum(body) != key[len(body) :]
    )


def hint(key: str) -> str:
    """The first characters of a key, which its owner may be shown."""
    return key[:HINT_CHARACTERS]


def _checksum(body: str) -> str:
    return _base62(zlib.crc32(body.encode()), CHECK_CHARACTERS)


def _base62(number: int, characters: int) -> str:
    found = []
    for _ in range(characters):
        number, rest = divmod(number, len(ALPHABET))
        found.append(ALPHABET[rest])
    return "".join(reversed(found))


class BrowserGrant(Struct, frozen=True, kw_only=True):
    """What a browser token allows: part of what its key may do, from pages of few origins, for a short time."""

    tenant: str
    environment: Environment
    key: str
    """Id of the API key that made it: when that is gone, so is the token."""
    company: str
    scopes: frozenset[str]
    origins: frozenset[str]
    expires_at: int
    """Epoch seconds."""


class BrowserTokens:
    """Seals and opens browser tokens."""

    def __init__(self, keys: Sequence[SealingKey]) -> None:
        self._seal = Seal(keys, "browser token")

    def seal(self, grant: BrowserGrant) -> str:
        """The token."""
        return BROWSER_PREFIX + self._seal.seal(msgspec.json.encode(grant))

    def open(self, token: str, now: int) -> BrowserGrant | None:
        """What it allows at this epoch second; None for one that has ended, or was never made here."""
        try:
            content = self._seal.open(token.removeprefix(BROWSER_PREFIX))
            grant = msgspec.json.decode(content, type=BrowserGrant)
        except (NotSealed, msgspec.MsgspecError):
            return None
        return grant if grant.expires_at > now else None
