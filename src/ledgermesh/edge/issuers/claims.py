"""From the claims of a token whose signature is good to what its holder may do; raises SignIn for what is missing."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from typing import Any, Final, cast

from msgspec import Struct

from ledgermesh.edge.issuers.issuer import Issuer, Rights
from ledgermesh.errors import SignIn
from ledgermesh.state.entries import Environment, KeyEntry
from ledgermesh.state.foreign import SUBJECT_CHARACTERS_MAX, foreign_id

Claims = Mapping[str, Any]

HINT: Final = "jwt"
"""Of the entries made here: they stand for no key."""
LASTS_SECONDS_MAX: Final = 366 * 86_400.0
"""Whatever `exp` says; later moments are no dates."""
COMPANIES_MAX: Final = 10_000


class Times(Struct, frozen=True, kw_only=True):
    """When a token is good, in epoch seconds."""

    now: float
    leeway: float

    def check(self, claims: Claims, age_max: float | None) -> float:
        """When it ends, the leeway included; raises SignIn for a token that is not good now."""
        ends = _instant(claims, "exp")
        if ends is None:
            raise SignIn("this token has no claim `exp`: it would never end")
        issued, begins = _instant(claims, "iat"), _instant(claims, "nbf")
        for name, at in (("iat", issued), ("nbf", begins)):
            if at is not None and at > self.now + self.leeway:
                raise SignIn(f"this token is not good yet (`{name}`)")
        if age_max is not None:
            if issued is None:
                raise SignIn("this token does not say when it was made (`iat`)")
            ends = min(ends, issued + age_max)
        if ends + self.leeway <= self.now:
            raise SignIn("this token has ended")
        return min(ends + self.leeway, self.now + LASTS_SECONDS_MAX)


def check_audience(claims: Claims, audiences: frozenset[str]) -> None:
    """Raise SignIn for a token that was made for somebody else."""
    found = claims.get("aud")
    named = [found] if isinstance(found, str) else found
    if not isinstance(named, list) or not any(isinstance(each, str) and each in audiences for each in named):
        raise SignIn("this token is not for this gateway (`aud`)")


def entry_of(issuer: Issuer, claims: Claims, now: dt.datetime) -> KeyEntry:
    """What the token gives, in the form of an API key that is kept nowhere."""
    times = Times(now=now.timestamp(), leeway=issuer.leeway_seconds)
    check_audience(claims, issuer.audiences)
    ends = times.check(claims, issuer.age_seconds_max)
    rights, subject = issuer.rights, claims.get(issuer.subject_claim)
    if not isinstance(subject, str) or not 0 < len(subject) <= SUBJECT_CHARACTERS_MAX:
        raise SignIn(f"this token does not say whose it is (`{issuer.subject_claim}`)")
    return KeyEntry(
        id=foreign_id(issuer.name, subject),
        digest="",
        tenant=_tenant(rights, claims),
        environment=_environment(rights, claims),
        scopes=_scopes(rights, claims),
        companies=_companies(rights, claims),
        hint=HINT,
        expires_at=dt.datetime.fromtimestamp(ends, dt.UTC),
    )


def _instant(claims: Claims, name: str) -> float | None:
    found = claims.get(name)
    if found is None:
        return None
    # A whole number may be too large for a float, and True is one in Python.
    number = isinstance(found, int | float) and not isinstance(found, bool) and abs(found) < 1e15
    if not number or not math.isfinite(found):
        raise SignIn(f"the claim `{name}` of this token is no moment in seconds")
    return float(found)


def claim(claims: Claims, name: str) -> Any:
    """A claim by its name, or, where there is none of this name, by the path that dots in it make."""
    if name in claims:
        return claims[name]
    found: Any = claims
    for word in name.split("."):
        found = found.get(word) if isinstance(found, Mapping) else None
    return found


def _tenant(rights: Rights, claims: Claims) -> str:
    if rights.tenant_claim is None:
        return rights.tenant or ""
    found = claim(claims, rights.tenant_claim)
    if not isinstance(found, str) or not found:
        raise SignIn(f"this token names no tenant (`{rights.tenant_claim}`)")
    if rights.tenants is not None and found not in rights.tenants:
        raise SignIn("the issuer of this token does not speak for that tenant")
    return found


def _environment(rights: Rights, claims: Claims) -> Environment:
    if rights.environment_claim is None:
        return rights.environment
    found = claim(claims, rights.environment_claim)
    if found not in ("live", "sandbox"):
        raise SignIn(f"this token names no environment, live or sandbox (`{rights.environment_claim}`)")
    return cast("Environment", found)


def _scopes(rights: Rights, claims: Claims) -> frozenset[str]:
    said = _words(claim(claims, rights.scopes_claim), rights.scopes_claim, split=True)
    if rights.scope_words:
        said = frozenset().union(*(rights.scope_words.get(word, ()) for word in said))
    return said & rights.scopes


def _companies(rights: Rights, claims: Claims) -> frozenset[str] | None:
    if rights.companies_claim is None:
        return None
    return _words(claim(claims, rights.companies_claim), rights.companies_claim, split=False)


def _words(found: Any, name: str, *, split: bool) -> frozenset[str]:
    """Texts of a claim; without one there are none."""
    if found is None:
        return frozenset()
    if isinstance(found, str):
        return frozenset(found.split() if split else (found,))
    if (
        not isinstance(found, list)
        or len(found) > COMPANIES_MAX
        or not all(isinstance(e, str) for e in found)
    ):
        raise SignIn(f"the claim `{name}` of this token is no list of texts")
    return frozenset(found)
