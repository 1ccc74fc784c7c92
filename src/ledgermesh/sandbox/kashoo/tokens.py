"""Access tokens of both kinds, checked against the server's own record and clock."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from random import Random

import msgspec

from ledgermesh.clock import Clock
from ledgermesh.sandbox.kashoo.errors import Refusal
from ledgermesh.sandbox.kashoo.users import User


@dataclass(frozen=True)
class Grant:
    """A token somebody holds."""

    user: User
    expires_at: dt.datetime


class _TokenObject(msgspec.Struct, rename="camel"):
    """What the header `TOKEN json:…` must at least contain."""

    authentication_code: str


class Tokens:
    """Every token given out. Nothing a caller claims in a token counts, only what is written here."""

    def __init__(self, clock: Clock, chance: Random) -> None:
        self._clock = clock
        self._chance = chance
        self._logins: dict[str, Grant] = {}
        self._bearers: dict[str, Grant] = {}
        self._seen: dict[int, dt.datetime] = {}

    def fresh(self) -> str:
        """A new random name for a token or a code."""
        return str(uuid.UUID(int=self._chance.getrandbits(128), version=4))

    def log_in(self, user: User, lifetime: dt.timedelta) -> tuple[str, Grant]:
        """A first-party token; OverflowError when the calendar ends before the lifetime does."""
        return self._issue(self._logins, user, lifetime)

    def bear(self, user: User, lifetime: dt.timedelta) -> str:
        """An OAuth access token."""
        return self._issue(self._bearers, user, lifetime)[0]

    def forget(self, business: int | None = None) -> None:
        """Make tokens invalid at once, all or those of everybody who sees the business; refresh tokens are kept
        elsewhere and live on.
        """
        self._logins = {key: kept for key, kept in self._logins.items() if stays(kept.user, business)}
        self._bearers = {key: kept for key, kept in self._bearers.items() if stays(kept.user, business)}

    def user(self, authorization: str | None, *, bearer: bool = False) -> User:
        """Whose token the header carries; Refusal 401 when it is missing, unknown or has expired.

        `bearer` takes OAuth access tokens only.
        """
        grant = self._find(authorization or "", bearer=bearer)
        if grant is None:
            raise Refusal(401, "Authentication token is missing or unknown")
        if self._clock.now() >= grant.expires_at:
            raise Refusal(401, "Authentication token has expired")
        return grant.user

    def last_login(self, user: User) -> dt.datetime | None:
        """When this user last got a token."""
        return self._seen.get(user.id)

    def _find(self, authorization: str, *, bearer: bool) -> Grant | None:
        scheme, _, token = authorization.partition(" ")
        if scheme.casefold() == "bearer":
            return self._bearers.get(token)
        if scheme != "TOKEN" or bearer:
            return None
        form, _, value = token.partition(":")
        if form == "uuid":
            return self._logins.get(value)
        return self._logins.get(_code(value)) if form == "json" else None

    def _issue(self, kept: dict[str, Grant], user: User, lifetime: dt.timedelta) -> tuple[str, Grant]:
        token = self.fresh()
        kept[token] = Grant(user, self._clock.now() + lifetime)
        self._seen[user.id] = self._clock.now()
        return token, kept[token]


def stays(user: User, business: int | None) -> bool:
    """Whether this user keeps their tokens when those of a business are withdrawn; None is of all businesses."""
    return business is not None and business not in user.businesses


def _code(text: str) -> str:
    try:
        return msgspec.json.decode(text, type=_TokenObject).authentication_code
    except msgspec.DecodeError:
        return ""
