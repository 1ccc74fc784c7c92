"""An issuer of tokens for tests: it signs what it is told, and shows its keys as long as a test lets it."""

from __future__ import annotations

import asyncio
import datetime as dt
from dataclasses import dataclass, field
from typing import Any

import msgspec
from joserfc import jws
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from ledgermesh.clock import ManualClock
from ledgermesh.edge.issuers.issuer import ALGORITHMS, Issuer, Rights
from ledgermesh.edge.issuers.keyset import KeySet, from_url
from ledgermesh.edge.issuers.verifying import Issuers, Trusted
from ledgermesh.state.registry import Registry
from ledgermesh.upstream.wire import Answer, Request, Unreachable

START = dt.datetime(2026, 11, 15, 12, tzinfo=dt.UTC)
URL = "https://login.test/"
JWKS_URL = "https://login.test/keys"
AUDIENCE = "ledgermesh"

Key = RSAKey | ECKey | OKPKey | OctKey


class AnyAlgorithm(jws.JWSRegistry):
    """Signs in every way there is, the bad ones too."""

    def get_alg(self, name: str) -> Any:
        return self.algorithms[name]


ANY = AnyAlgorithm(strict_check_header=False)


def ec(kid: str) -> ECKey:
    """A key for ES256."""
    return ECKey.generate_key("P-256", {"kid": kid}, auto_kid=False)


@dataclass
class Login:
    """The issuer. Implements `Wire`: its keys are what anybody gets of it."""

    clock: ManualClock
    keys: dict[str, Key] = field(default_factory=lambda: {"k1": ec("k1")})
    down: bool = False
    fetched: int = 0
    held: asyncio.Event | None = None
    """Until it is set nobody gets an answer."""
    body: bytes | None = None
    """Instead of the keys."""
    status: int = 200

    async def send(self, request: Request) -> Answer:
        """The JWKS."""
        assert (request.method, request.url) == ("GET", JWKS_URL)
        self.fetched += 1
        if self.held is not None:
            await self.held.wait()
        if self.down:
            raise Unreachable("down")
        shown = [key.as_dict(private=False) | {"kid": kid} for kid, key in self.keys.items()]
        return Answer(self.status, {}, self.body or msgspec.json.encode({"keys": shown}))

    def claims(self, **more: Any) -> dict[str, Any]:
        """Good ones, for five minutes; None leaves one out."""
        now = int(self.clock.now().timestamp())
        told = {
            "iss": URL, "aud": AUDIENCE, "sub": "ada", "iat": now, "exp": now + 300, "org": "t-1",
            "scope": "api.read", **more,
        }  # fmt: skip
        return {name: value for name, value in told.items() if value is not None}

    def token(
        self, *, kid: str | None = "k1", alg: str = "ES256", key: Key | None = None, **claims: Any
    ) -> str:
        """A signed token."""
        header: dict[str, Any] = {"alg": alg} | ({"kid": kid} if kid is not None else {})
        body = msgspec.json.encode(self.claims(**claims))
        return jws.serialize_compact(header, body, key or self.keys[kid or "k1"], registry=ANY)


def issuer(rights: Rights | None = None, **more: Any) -> Issuer:
    """As an operator would set it."""
    given: dict[str, Any] = {"algorithms": ALGORITHMS, "audiences": frozenset((AUDIENCE,)), **more}
    return Issuer(name="login", url=URL, rights=rights or Rights(tenant_claim="org"), **given)


def issuers(login: Login, registry: Registry, given: Issuer | None = None) -> Issuers:
    """The gate for its tokens."""
    keys = KeySet("login", from_url(login, JWKS_URL, login.clock), login.clock)
    return Issuers([Trusted(given or issuer(), keys)], registry, login.clock)
