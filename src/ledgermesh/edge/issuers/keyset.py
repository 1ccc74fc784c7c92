"""The keys an issuer signs with (RFC 7517), fetched when they are needed and good for a while."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec
import structlog
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, JWKRegistry, OKPKey, RSAKey

from ledgermesh.clock import Clock
from ledgermesh.errors import LedgermeshError, StateDown
from ledgermesh.upstream.deadline import Within
from ledgermesh.upstream.wire import Request, Wire, WireError

FRESH_SECONDS: Final = 600.0
"""For so long nobody asks for the keys again."""
STALE_SECONDS: Final = 86_400.0
"""For so long they count when the issuer cannot be asked."""
AGAIN_SECONDS: Final = 30.0
"""Between two fetches at least: tokens that name keys nobody has cannot make us ask more often."""
RETRY_SECONDS: Final = 5.0
"""The same after one that failed."""
FETCH_SECONDS: Final = 5.0
BYTES_MAX: Final = 262_144
KEYS_MAX: Final = 100
RSA_BYTES: Final = range(256, 1025)
"""Of a modulus: shorter ones can be broken, longer ones take long to verify with."""

Key = RSAKey | ECKey | OKPKey
Source = Callable[[], Awaitable[bytes]]
"""Where the keys come from; raises NoKeys."""

PARTS: Final[Mapping[str, tuple[str, ...]]] = {
    "RSA": ("n", "e"),
    "EC": ("crv", "x", "y"),
    "OKP": ("crv", "x"),
}
"""What a public key is made of. A symmetric one (`oct`) is no key that anybody may fetch."""
CURVES: Final = frozenset(("P-256", "P-384", "P-521", "Ed25519"))
TYPES: Final = {"RS": "RSA", "PS": "RSA", "ES": "EC", "Ed": "OKP"}
"""By how the name of an algorithm begins."""
OPTIONS: Final = ("kid", "alg", "use")


class NoKeys(Exception):
    """No keys could be had; says why, without any value."""


def from_url(wire: Wire, url: str, clock: Clock) -> Source:
    """Keys at an address."""

    async def fetch() -> bytes:
        request = Request(
            method="GET", url=url, headers=(("Accept", "application/json"),), body_bytes_max=BYTES_MAX
        )
        try:
            with Within(clock.monotonic() + FETCH_SECONDS, clock):
                answer = await wire.send(request)
        except (WireError, TimeoutError, LedgermeshError) as error:
            raise NoKeys(type(error).__name__) from error
        if answer.status != 200:
            raise NoKeys(f"the answer is {answer.status}")
        return answer.body

    return fetch


def from_file(path: Path) -> Source:
    """Keys in a file, which may be replaced while we run."""

    async def read() -> bytes:
        try:
            return await asyncio.to_thread(path.read_bytes)
        except OSError as error:
            raise NoKeys(error.strerror or "the file cannot be read") from error

    return read


class KeySet:
    """The keys of one issuer."""

    def __init__(self, name: str, source: Source, clock: Clock) -> None:
        """`name` is for the log."""
        self._name = name
        self._source = source
        self._clock = clock
        self._turn = asyncio.Lock()
        self._keys: tuple[Key, ...] = ()
        self._read_at: float | None = None
        self._tried_at: float | None = None
        self._failed = False

    async def find(self, kid: str | None, algorithm: str) -> Key | None:
        """The key that a token of this header was signed with; None when the issuer has none such.

        Raises StateDown where there are no keys to go by.
        """
        # While somebody else is fetching, keys that were good a moment ago are better than waiting.
        if self._age(self._read_at) > FRESH_SECONDS and not (self._keys and self._turn.locked()):
            await self._renew()
        found = self._find(kid, algorithm)
        if found is None and await self._renew():
            found = self._find(kid, algorithm)
        if self._age(self._read_at) > STALE_SECONDS:
            raise StateDown(f"The keys of the issuer {self._name} cannot be had now.")
        return found

    def _find(self, kid: str | None, algorithm: str) -> Key | None:
        fitting = [key for key in self._keys if _fits(key, algorithm)]
        if kid is None:
            return fitting[0] if len(fitting) == 1 else None
        return next((key for key in fitting if key.kid == kid), None)

    def _age(self, at: float | None) -> float:
        return float("inf") if at is None else self._clock.monotonic() - at

    async def _renew(self) -> bool:
        """Fetch the keys, one fetch for all who wait; whether they were fetched since the caller asked."""
        asked = self._read_at
        async with self._turn:
            if self._read_at != asked:
                return True
            if self._age(self._tried_at) < (RETRY_SECONDS if self._failed else AGAIN_SECONDS):
                return False
            self._tried_at, self._failed = self._clock.monotonic(), True
            try:
                self._keys = read_keys(await self._source())
            except NoKeys as error:
                log = structlog.get_logger("ledgermesh.edge")
                log.warning("the keys of an issuer cannot be had", issuer=self._name, reason=str(error))
                return False
            self._read_at, self._failed = self._clock.monotonic(), False
            return True


def read_keys(content: bytes) -> tuple[Key, ...]:
    """The keys of a JWKS that may verify signatures; others are left out. Raises NoKeys where none is left."""
    try:
        found = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise NoKeys("it is not JSON") from error
    listed = found.get("keys") if isinstance(found, dict) else None
    if not isinstance(listed, list) or len(listed) > KEYS_MAX:
        raise NoKeys(f"it is no object with a list of at most {KEYS_MAX} `keys`")
    keys = tuple(key for each in listed if (key := _key(each)) is not None)
    if not keys:
        raise NoKeys("none of its keys verifies signatures")
    return keys


def _key(found: Any) -> Key | None:
    parts = PARTS.get(str(found.get("kty"))) if isinstance(found, dict) else None
    if parts is None or found.get("use") not in (None, "sig"):
        return None
    operations = found.get("key_ops")
    if operations is not None and not (isinstance(operations, list) and "verify" in operations):
        return None
    given = {"kty": found["kty"], **{name: found.get(name) for name in parts}}
    given |= {name: found[name] for name in OPTIONS if found.get(name) is not None}
    if not all(isinstance(value, str) for value in given.values()):
        return None
    if given["kty"] != "RSA" and given["crv"] not in CURVES:
        return None
    if given["kty"] == "RSA" and len(_bytes(given["n"])) not in RSA_BYTES:
        return None
    try:
        key = JWKRegistry.import_key(given)
    except (JoseError, ValueError, TypeError, LookupError):
        return None
    return key if isinstance(key, RSAKey | ECKey | OKPKey) else None


def _bytes(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).lstrip(b"\0")
    except ValueError:
        return b""


def _fits(key: Key, algorithm: str) -> bool:
    return key.key_type == TYPES.get(algorithm[:2]) and key.alg in (None, algorithm)
