"""Whether the settings fit together, and with the providers; every mistake is a line that names its place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from ledgermesh.errors import ConfigurationError
from ledgermesh.graph.admin.ways import ways_in
from ledgermesh.settings.issuers import wrong_issuers
from ledgermesh.settings.keys import to_key
from ledgermesh.settings.named import (
    client_secret_of,
    content,
    digest_of,
    sealing_secrets,
    secrets_of,
    state_url,
)
from ledgermesh.settings.processes import wrong_processes
from ledgermesh.settings.telemetry import unreadable
from ledgermesh.settings.transport import wrong_transport
from ledgermesh.settings.values import Connection, Key, OauthClient, Settings
from ledgermesh.spec.auth import OAuth2
from ledgermesh.spec.provider import Provider
from ledgermesh.state.foreign import issuer_of

SECRET_MIN = 16
"""Characters of a sealing secret."""


def check(settings: Settings, definitions: Mapping[str, Provider], environ: Mapping[str, str]) -> None:
    """Raises one ConfigurationError with everything that keeps the gateway from being served."""
    refuse(
        *unsealed(settings),
        *mismatches(settings, definitions, environ),
        *without_grants(settings, environ),
    )


def refuse(*wrong: str) -> None:
    """Raise one ConfigurationError for all of these, if there are any."""
    if wrong:
        raise ConfigurationError("\n".join(wrong))


def unsealed(settings: Settings) -> Iterator[str]:
    """Why ids and cursors could not be sealed."""
    found = sealing_secrets(settings.sealing)
    secrets = [secret for secret in found if secret is not None]
    if len(secrets) < len(found):
        yield "sealing.secrets_from_files: a file is empty or cannot be read"
    if not found:
        yield "sealing.secrets is empty; give one in LEDGERMESH_SEALING__SECRETS"
    if any(len(secret) < SECRET_MIN for secret in secrets):
        yield f"sealing.secrets: each is at least {SECRET_MIN} characters"
    if len({to_key(secret).id for secret in secrets}) < len(secrets):
        yield "sealing.secrets: two give keys of one number, so that one could not be told from the other; change one"


def _single(settings: Settings) -> Iterator[str]:
    """What single settings say that does not fit together."""
    if settings.server.request_seconds > settings.server.request_seconds_max:
        yield "server.request_seconds: is more than server.request_seconds_max"
    if settings.documents.only and settings.documents.trusted is None:
        yield "documents.only: there are no documents; name them in documents.trusted"
    if state_url(settings.state) is None:
        yield "state.url_from_file: the file is empty or cannot be read"


def mismatches(
    settings: Settings, definitions: Mapping[str, Provider], environ: Mapping[str, str]
) -> Iterator[str]:
    """What the sections say that does not fit together."""
    yield from _single(settings)
    yield from _twice("tenants", [each.id for each in settings.tenants])
    yield from _twice("keys", [each.id for each in settings.keys])
    yield from _twice("companies", [f"{each.environment} {each.key}" for each in settings.companies])
    yield from _twice("connections", [f"{each.environment} {each.id}" for each in settings.connections])
    yield from _strangers(settings)
    holders: dict[str, str] = {}
    for key in settings.keys:
        yield from _unreadable(key, environ)
        found = digest_of(key, environ)
        if found is not None and holders.setdefault(found, key.id) != key.id:
            yield f"keys {key.id}: is the same key as {holders[found]}"
    for link in settings.connections:
        yield from _unlinkable(link, definitions)
    yield from _strange_origins(settings)
    yield from wrong_issuers(settings)
    yield from wrong_transport(settings.server)
    yield from wrong_processes(settings)
    yield from unreadable(settings)
    for name, url in settings.sandbox.base_urls.items():
        if name not in definitions:
            yield f"sandbox.base_urls: there is no provider {name!r}; there are {', '.join(definitions)}"
        elif not _is_address(url):
            yield f"sandbox.base_urls: {name} must begin with https:// (or http://) and name a host"
    for client in settings.oauth_clients:
        yield from _useless(client, settings, definitions, environ)


def _strange_origins(settings: Settings) -> Iterator[str]:
    for tenant in settings.tenants:
        for url in tenant.allowed_urls:
            if not re.fullmatch(r"https?://[^/@?#\s]+", url) or not _is_address(url):
                yield f"tenants {tenant.id}: allowed_urls are origins: https://, a host, and nothing behind it"


def _useless(
    client: OauthClient, settings: Settings, definitions: Mapping[str, Provider], environ: Mapping[str, str]
) -> Iterator[str]:
    """Why an OAuth client could not be used."""
    what = f"oauth_clients {client.provider}"
    definition = definitions.get(client.provider)
    if definition is None:
        yield f"{what}: there is no such provider; there are {', '.join(definitions)}"
    elif not any(isinstance(a, OAuth2) and a.grant == "authorization_code" for a in definition.auth):
        yield f"{what}: it has no consent page that would need a client"
    if client.tenant is not None and client.tenant not in {each.id for each in settings.tenants}:
        yield f"{what}: there is no tenant {client.tenant!r}"
    places = (client.client_secret_from_env, client.client_secret_from_file)
    if sum(place is not None for place in places) != 1:
        yield f"{what}: give exactly one of client_secret_from_env and client_secret_from_file"
    elif client_secret_of(client, environ) is None:
        yield f"{what}: the secret is not where the settings say"


def _strangers(settings: Settings) -> Iterator[str]:
    """Names of tenants and companies that nobody has; environments never meet."""
    tenants = {each.id for each in settings.tenants}
    companies = {(each.environment, each.key) for each in settings.companies}
    for key in settings.keys:
        if key.tenant not in tenants:
            yield f"keys {key.id}: there is no tenant {key.tenant!r}"
        for name in key.companies or ():
            if (key.environment, name) not in companies:
                yield f"keys {key.id}: there is no {key.environment} company {name!r}"
    for company in settings.companies:
        for tenant in (*company.tenants, *((company.owner,) if company.owner is not None else ())):
            if tenant not in tenants:
                yield f"companies {company.key}: there is no tenant {tenant!r}"
    for link in settings.connections:
        if (link.environment, link.company) not in companies:
            yield f"connections {link.id}: there is no {link.environment} company {link.company!r}"


def _unreadable(key: Key, environ: Mapping[str, str]) -> Iterator[str]:
    if issuer_of(key.id) is not None:
        yield f"keys {key.id}: ids that begin so are of callers whom issuers vouch for"
    if sum(place is not None for place in (key.sha256, key.from_env, key.from_file)) != 1:
        yield f"keys {key.id}: give exactly one of sha256, from_env and from_file"
    elif key.from_env is not None and not environ.get(key.from_env):
        yield f"keys {key.id}: the environment variable {key.from_env} is not set"
    elif key.from_file is not None and not content(key.from_file):
        yield f"keys {key.id}: the file of from_file is empty or cannot be read"


def _twice(what: str, names: list[str]) -> Iterator[str]:
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"{what}: {name!r} is there twice"


def _unlinkable(link: Connection, definitions: Mapping[str, Provider]) -> Iterator[str]:
    definition = definitions.get(link.provider)
    if definition is None:
        yield f"connections {link.id}: there is no provider {link.provider!r}; there are {', '.join(definitions)}"
        return
    if link.base_url is not None and not _is_address(link.base_url):
        yield f"connections {link.id}: base_url must begin with https:// (or http://) and name a host"
    for setting in definition.settings:
        if setting.required and setting.name not in link.settings:
            yield f"connections {link.id}: settings.{setting.name} is missing: {setting.description}"
    if link.base_url is None:
        yield from _no_address(link, definition)
    schemes = {auth.name: auth for auth in definition.auth}
    if link.scheme not in schemes:
        yield f"connections {link.id}: {link.provider} has no scheme {link.scheme!r}; it has {', '.join(schemes)}"
        return
    yield from _not_its_secrets(link, ways_in(schemes[link.scheme]))


def _no_address(link: Connection, definition: Provider) -> Iterator[str]:
    """Settings that the provider's address is made of must be there, and be nothing but names of a host."""
    for name in re.findall(r"\{(\w+)\}", definition.base_url):
        value = link.settings.get(name)
        if value is None:
            yield f"connections {link.id}: give settings.{name}, which is part of the address, or base_url"
        elif not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?", value):
            yield f"connections {link.id}: settings.{name} is part of a host name: letters, digits, dots, dashes"


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        # Asking for a port that is no number raises as well.
        return parts.scheme in ("https", "http") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _not_its_secrets(link: Connection, ways: tuple[frozenset[str], ...]) -> Iterator[str]:
    """Secrets that the scheme does not know, or too few of them. None at all is a connection yet to be linked."""
    given = {*link.secrets_from_env, *link.secrets_from_file}
    words = " or ".join(" and ".join(sorted(way)) for way in ways)
    for name in sorted(link.secrets_from_env.keys() & link.secrets_from_file.keys()):
        yield f"connections {link.id}: the secret {name!r} is given twice, by environment and by file"
    for name in sorted(given - frozenset().union(*ways)):
        yield f"connections {link.id}: {link.scheme} has no secret {name!r}; it takes {words}"
    if given and not any(way <= given for way in ways):
        yield f"connections {link.id}: {link.scheme} needs the secrets {words}"


def without_grants(settings: Settings, environ: Mapping[str, str]) -> Iterator[str]:
    """Secrets that are not where the settings say."""
    for link in settings.connections:
        for _, place, text in secrets_of(link, environ):
            if not text:
                yield f"connections {link.id}: {place}"
