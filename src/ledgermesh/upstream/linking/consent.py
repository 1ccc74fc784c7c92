"""The provider's consent page: where the browser goes, and what its code is exchanged for (RFC 6749, RFC 7636)."""

from __future__ import annotations

import base64
import hashlib
import secrets
from urllib.parse import urlencode

from ledgermesh.errors import LedgermeshError, NeedsConfig, Reconnect
from ledgermesh.spec.auth import OAuth2
from ledgermesh.state.base import Grant
from ledgermesh.state.shared import State
from ledgermesh.upstream.call import Link
from ledgermesh.upstream.linking.line import Line, bare, posted
from ledgermesh.upstream.linking.places import authorize_url, token_url
from ledgermesh.upstream.renewal import EVERYBODY
from ledgermesh.upstream.schemes import refusal_of, renewed


async def find_client(state: State, tenant: str, environment: str, provider: str) -> Grant | None:
    """Our id and secret at a provider: the tenant's own, else the one for everybody; None where there is neither."""
    for owner in (tenant, EVERYBODY):
        client = await state.clients.find(owner, environment, provider)
        if client is not None and {"client_id", "client_secret"} <= client.secrets.keys():
            return client
    return None


def make_verifier(auth: OAuth2) -> str:
    """A new secret that binds the code to us; empty where the provider takes none."""
    return secrets.token_urlsafe(32) if auth.pkce else ""


def consent_url(
    link: Link, auth: OAuth2, *, client: Grant, redirect_uri: str, state: str, verifier: str = ""
) -> str:
    """Where the end user's browser goes."""
    url = authorize_url(link, auth)
    asked = {
        "response_type": "code",
        "client_id": client.secrets["client_id"].reveal(),
        "redirect_uri": redirect_uri,
        "scope": " ".join(auth.scopes),
        "state": state,
    }
    if verifier:
        asked |= {"code_challenge": _challenge(verifier), "code_challenge_method": "S256"}
    return f"{url}{'&' if '?' in url else '?'}{urlencode(asked)}"


def _challenge(verifier: str) -> str:
    hashed = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(hashed).decode().rstrip("=")


async def exchange(
    line: Line, link: Link, auth: OAuth2, *, client: Grant, code: str, redirect_uri: str, verifier: str = ""
) -> Grant:
    """The grant for a code. Raises Reconnect for a code that is refused, NeedsConfig for an unknown client."""
    pairs = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
    if verifier:
        pairs["code_verifier"] = verifier
    answer = await line.send(link, posted(token_url(link, auth), pairs, auth=auth, client=client))
    if answer.status not in (200, 201):
        raise _refused(link, refusal_of(link, auth, answer, line.clock.now()))
    return renewed(link, auth, bare(link, auth, {}), answer, line.clock.now())


def _refused(link: Link, error: LedgermeshError) -> LedgermeshError:
    title = link.provider.title
    if isinstance(error, NeedsConfig):
        return NeedsConfig(f"{title} does not know this gateway's client.", details=error.details)
    if isinstance(error, Reconnect):
        return Reconnect(f"{title} did not accept the consent.", details=error.details)
    return error
