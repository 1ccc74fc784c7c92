"""What each of a provider's ways in asks a person for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from msgspec import Struct

from ledgermesh.spec.auth import ApiKey, Auth, Basic, FirstPartyToken, OAuth2
from ledgermesh.spec.provider import Provider, Setting
from ledgermesh.upstream.linking.places import needed
from ledgermesh.upstream.linking.target import Target

Kind = Literal["consent", "login", "sign_on", "key", "basic", "client"]
SIGN_ON = "-sign-on"
SECRET_CHARACTERS_MAX = 8_000


@dataclass(frozen=True, kw_only=True)
class Ask:
    """One field of a form."""

    name: str
    secret: bool = False
    required: bool = True
    options: tuple[tuple[str, str], ...] = ()
    """Value and words, where it is one of a few."""


class Way(Struct, frozen=True, kw_only=True):
    """One way in as a person sees it; a provider's `Auth` may be two of them."""

    name: str
    """In addresses of our pages."""
    kind: Kind
    auth: Auth
    asks: tuple[Ask, ...] = ()


def ways_of(provider: Provider, *, consent: bool) -> tuple[Way, ...]:
    """Every way, the best one first; consents only where there is a client for them."""
    found = [way for auth in provider.auth for way in _ways(auth)]
    offered = [way for way in found if consent or way.kind != "consent"]
    return tuple(sorted(offered, key=lambda way: way.kind != "consent"))


def _ways(auth: Auth) -> tuple[Way, ...]:
    match auth:
        case ApiKey():
            return (Way(name=auth.name, kind="key", auth=auth, asks=(Ask(name=auth.name, secret=True),)),)
        case Basic():
            asks = (Ask(name="user"), Ask(name="password", secret=True, required=False))
            return (Way(name=auth.name, kind="basic", auth=auth, asks=asks),)
        case FirstPartyToken():
            return _logins(auth)
        case OAuth2(grant="authorization_code"):
            return (Way(name=auth.name, kind="consent", auth=auth),)
        case OAuth2():
            asks = (Ask(name="client_id"), Ask(name="client_secret", secret=True))
            return (Way(name=auth.name, kind="client", auth=auth, asks=asks),)


def _logins(auth: FirstPartyToken) -> tuple[Way, ...]:
    asks = (Ask(name=auth.user_field), Ask(name=auth.password_field, secret=True))
    login = Way(name=auth.name, kind="login", auth=auth, asks=asks)
    if auth.sign_on_fields is None:
        return (login,)
    who, code = auth.sign_on_fields
    asks = (Ask(name=who, options=auth.sign_ons), Ask(name=code, secret=True))
    return login, Way(name=auth.name + SIGN_ON, kind="sign_on", auth=auth, asks=asks)


def settings_before(target: Target) -> tuple[tuple[Setting, bool], ...]:
    """What is asked beside the credentials, and whether it must be given: parts of the address, and what only a
    person can tell. What can be chosen or looked up after signing in is left for then.
    """
    host = needed(target.template)
    told = {name for each in target.provider.settings if each.choose for name, _ in each.choose.also}
    known = {each.name: each for each in target.provider.settings}
    first = [(known.get(name) or Setting(name=name, description=""), True) for name in host]
    rest = [
        (each, each.required)
        for each in target.provider.settings
        if each.name not in host and each.choose is None and each.name not in told
    ]
    # What a definition shows in no address here would be asked for nothing.
    places = needed(target.provider.base_url)
    return (*first, *(pair for pair in rest if pair[0].name not in places))
