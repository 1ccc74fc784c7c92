"""Who is asking: an API key as bearer or by Basic authentication, a browser token, or a token of an issuer's (JWT).

None is kept or logged.
"""

from __future__ import annotations

import base64
import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING

from msgspec import Struct

from ledgermesh.clock import Clock
from ledgermesh.errors import SignIn
from ledgermesh.state.minting import BROWSER_PREFIX, BrowserGrant, BrowserTokens, misspelt
from ledgermesh.state.registry import Principal, Registry, narrowed
from ledgermesh.state.sealing import SealingKey

if TYPE_CHECKING:
    from ledgermesh.edge.issuers.verifying import Issuers

CHALLENGE = 'Bearer realm="ledgermesh", Basic realm="ledgermesh"'
"""The WWW-Authenticate header of a refusal."""


class Authenticator(Struct, frozen=True):
    """Finds who a request comes from."""

    registry: Registry
    keys: tuple[SealingKey, ...]
    clock: Clock
    issuers: Issuers | None = None
    """Who else vouches for callers; None where nobody does."""

    async def principal(self, authorization: str | None, origin: str | None = None) -> Principal:
        """The owner of the key or token in an Authorization header; raises SignIn and StateDown.

        `origin` is the request's Origin header: a browser token is good only from pages it was made for.
        """
        key = given(authorization)
        if self.issuers is not None and self.issuers.takes(key):
            return await self.issuers.principal(key)
        if not key.startswith(BROWSER_PREFIX):
            return _owner(self.registry, key)
        grant = BrowserTokens(self.keys).open(key, int(self.clock.epoch()))
        if grant is None:
            raise SignIn("this browser token has ended or was not made here")
        if origin is None or origin not in grant.origins:
            raise SignIn("this browser token is not for pages of this origin")
        return self._bearer(grant)

    def _bearer(self, grant: BrowserGrant) -> Principal:
        found = self.registry.acting(
            grant.tenant,
            grant.environment,
            grant.key,
            scopes=grant.scopes,
            companies=frozenset((grant.company,)),
        )
        if found is None:
            raise SignIn("the key that made this browser token is gone")
        key = narrowed(found.key, grant.scopes, frozenset((grant.company,)))
        ends = dt.datetime.fromtimestamp(grant.expires_at, dt.UTC)
        return replace(found, key=replace(key, hint=BROWSER_PREFIX, expires_at=ends))


def _owner(registry: Registry, key: str) -> Principal:
    if misspelt(key):
        raise SignIn("this API key was cut short or has a typo")
    found = registry.principal(key)
    if found is None:
        raise SignIn("nobody has this API key")
    return found


def given(authorization: str | None) -> str:
    """The key or token in an Authorization header; raises SignIn where there is none."""
    if not authorization:
        raise SignIn("no API key: send Authorization: Bearer <key>")
    scheme, _, value = authorization.strip().partition(" ")
    match scheme.casefold():
        case "bearer":
            return value.strip()
        case "basic":
            return _basic(value.strip())
    raise SignIn("the Authorization header is neither Bearer nor Basic")


def _basic(value: str) -> str:
    """The key as password, or as user name with an empty password."""
    try:
        user, colon, password = base64.b64decode(value, validate=True).decode().partition(":")
    except ValueError as error:  # not ASCII, not base64, or not UTF-8 below it
        raise SignIn("the Basic credentials cannot be read") from error
    if not colon:
        raise SignIn("the Basic credentials have no colon")
    return password or user
