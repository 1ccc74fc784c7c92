"""Where a provider is reached: its own addresses, those of a sandbox, and settings that are part of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from ledgermesh.errors import BadInput
from ledgermesh.spec.auth import OAuth2
from ledgermesh.spec.provider import Provider, Setting
from ledgermesh.upstream.call import Link

PLACEHOLDER = re.compile(r"\{(\w+)\}")
HOST_PART = r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?"
VALUE_CHARACTERS_MAX = 200
AUTHORIZE, TOKEN, REVOKE = "authorize_url", "token_url", "revoke_url"
"""Settings of a connection that stand for the definition's own addresses."""
ADDRESSES = frozenset((AUTHORIZE, TOKEN, REVOKE))


def wrong(name: str, why: str) -> BadInput:
    """The refusal of one setting."""
    return BadInput(f"`{name}` {why}", details={"field": name})


def checked(setting: Setting | None, name: str, value: str, *, of_host: bool = False) -> str:
    """A value as it may be used; raises BadInput."""
    pattern = setting.pattern if setting is not None and setting.pattern else (HOST_PART if of_host else "")
    if not 0 < len(value) <= VALUE_CHARACTERS_MAX or not value.isprintable():
        raise wrong(name, f"is not 1 to {VALUE_CHARACTERS_MAX} printable characters")
    if pattern and not re.fullmatch(pattern, value):
        raise wrong(name, "does not look as it should")
    return value


def checked_all(provider: Provider, template: str, settings: Mapping[str, str]) -> dict[str, str]:
    """Settings that the provider knows, each as it may be; raises BadInput."""
    known, host = {each.name: each for each in provider.settings}, needed(template)
    for name, value in settings.items():
        if name not in known and name not in host:
            raise wrong(name, f"is no setting of {provider.title}")
        checked(known.get(name), name, value, of_host=name in host)
    return dict(settings)


def needed(template: str) -> tuple[str, ...]:
    """The settings that an address needs, in their order."""
    return tuple(dict.fromkeys(PLACEHOLDER.findall(template)))


def filled(template: str, settings: Mapping[str, str]) -> str:
    """The address without a slash at its end; raises BadInput where a setting is missing."""
    for name in needed(template):
        if name not in settings:
            raise wrong(name, "is part of the address and missing")
    return PLACEHOLDER.sub(lambda found: settings[found[1]], template).rstrip("/")


def authorize_url(link: Link, auth: OAuth2) -> str:
    """Of the consent page."""
    return _address(link, AUTHORIZE, auth.authorize_url or "")


def token_url(link: Link, auth: OAuth2) -> str:
    """Of the token endpoint."""
    return _address(link, TOKEN, auth.token_url)


def revoke_url(link: Link, auth: OAuth2) -> str | None:
    """Where tokens are revoked; None where no document names a way."""
    return _address(link, REVOKE, auth.revoke_url) if auth.revoke_url is not None else None


def moved(provider: Provider, base_url: str, url: str) -> str:
    """An absolute address of the definition, at the place to which the operator has moved the provider.

    What stands before the definition's own path of the base URL is the place: `https://api.x.example/api` at
    `http://sandbox/x/api` moves `https://login.x.example/token` to `http://sandbox/x/token`.
    """
    path = urlsplit(provider.base_url).path
    parts = urlsplit(base_url)
    place = base_url.removesuffix(path) if path and base_url.endswith(path) else ""
    return (place or f"{parts.scheme}://{parts.netloc}") + urlsplit(url).path


def moved_settings(provider: Provider, template: str, base_url: str, auth: OAuth2) -> dict[str, str]:
    """Addresses to keep beside a connection whose provider stands elsewhere; empty where it stands at home."""
    if template == provider.base_url:
        return {}
    own = {AUTHORIZE: auth.authorize_url, TOKEN: auth.token_url, REVOKE: auth.revoke_url}
    return {
        name: moved(provider, base_url, url)
        for name, url in own.items()
        if url is not None and not url.startswith("/")
    }


def _address(link: Link, name: str, own: str) -> str:
    url = link.settings.get(name, own)
    return link.base_url + url if url.startswith("/") else url
