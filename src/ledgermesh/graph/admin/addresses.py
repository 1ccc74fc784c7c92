"""Where a connection's provider is reached: the definition's address with the connection's settings in it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from ledgermesh.errors import BadInput, Forbidden
from ledgermesh.graph.admin.desk import Desk
from ledgermesh.graph.admin.words import wrong
from ledgermesh.spec.provider import Provider
from ledgermesh.state.allowances import sandbox_addresses
from ledgermesh.state.entries import Environment

PLACEHOLDER = re.compile(r"\{(\w+)\}")
HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?")
VALUE_CHARACTERS_MAX = 200


def checked(definition: Provider, settings: Mapping[str, str]) -> dict[str, str]:
    """The settings, each known to the provider; raises BadInput."""
    known = {each.name for each in definition.settings} | set(PLACEHOLDER.findall(definition.base_url))
    for name, value in settings.items():
        if name not in known:
            raise wrong("settings", f"of {definition.name} are {', '.join(sorted(known)) or 'none'}")
        if not value or len(value) > VALUE_CHARACTERS_MAX or not value.isprintable():
            raise wrong(
                "settings", f"has a {name} that is not 1 to {VALUE_CHARACTERS_MAX} printable characters"
            )
    return dict(settings)


async def address(
    desk: Desk, definition: Provider, settings: Mapping[str, str], given: str | None = None
) -> str:
    """Where to reach the provider; raises BadInput for settings that make no address of it, and Forbidden for an
    address of the caller's own that the operator does not allow.
    """
    return await address_of(desk, desk.environment, definition, settings, given)


async def address_of(
    desk: Desk,
    environment: Environment,
    definition: Provider,
    settings: Mapping[str, str],
    given: str | None = None,
) -> str:
    """See `address`, for an environment."""
    instead = await sandbox_addresses(desk.state.store) if environment == "sandbox" else {}
    allowed = instead.get(definition.name)
    if given is None:
        return filled(allowed or definition.base_url, settings)
    if allowed is None or _site(given) != _site(allowed):
        raise Forbidden("the operator allows no other address for this provider")
    return given.rstrip("/")


def filled(url: str, settings: Mapping[str, str]) -> str:
    """An address with settings in it, each of which must be part of a host name; raises BadInput."""
    for name in PLACEHOLDER.findall(url):
        if not HOST.fullmatch(settings.get(name, "")):
            raise BadInput(
                f"`settings` needs {name}, which is part of the address: letters, digits, dots, dashes",
                details={"field": "settings"},
            )
    return PLACEHOLDER.sub(lambda found: settings[found[1]], url).rstrip("/")


def _site(url: str) -> tuple[str, str, int | None]:
    try:
        parts = urlsplit(url)
        return parts.scheme, parts.netloc.casefold(), parts.port
    except ValueError as error:
        raise wrong("baseUrl", "is no address") from error
