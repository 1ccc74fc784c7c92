"""The ways in, one by one: which header lets us in, how it is renewed, what the answer means. Nothing here waits."""

from __future__ import annotations

import base64
import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from urllib.parse import urlencode

from ledgermesh.errors import (
    Garbled,
    LedgermeshError,
    MissingScope,
    NeedsConfig,
    Paused,
    Reconnect,
    SlowDown,
    Unavailable,
)
from ledgermesh.spec.auth import ApiKey, Auth, Basic, FirstPartyToken, OAuth2
from ledgermesh.state.base import Grant, Secret
from ledgermesh.upstream.call import Link
from ledgermesh.upstream.decode import NotJson, decode
from ledgermesh.upstream.local import refusal
from ledgermesh.upstream.verdict import retry_after
from ledgermesh.upstream.wire import Answer, Request

BODY_BYTES_MAX = 100_000
FORM = ("content-type", "application/x-www-form-urlencoded")
JSON = ("content-type", "application/json")
CREDENTIALS_REFUSED = (400, 401, 403, 422)


def auth_of(link: Link, grant: Grant) -> Auth:
    """The provider's way in that this grant is for."""
    for auth in link.provider.auth:
        if auth.name == grant.scheme:
            return auth
    raise refusal(Reconnect, f"{link.provider.title} is linked in a way that is no longer offered.")


def held(auth: Auth, grant: Grant) -> Secret | None:
    """The secret that goes into the header, if the grant has one now."""
    match auth:
        case ApiKey():
            return grant.secrets.get(auth.name)
        case Basic():
            return _basic(grant)
        case FirstPartyToken():
            return grant.secrets.get("token")
        case OAuth2():
            return grant.secrets.get("access_token")


def _basic(grant: Grant) -> Secret | None:
    """User name and password as HTTP Basic has them; without a password the user is the key."""
    user, password = grant.secrets.get("user"), grant.secrets.get("password")
    if user is None or ":" in user.reveal():
        return None
    both = f"{user.reveal()}:{password.reveal() if password is not None else ''}"
    return Secret(f"Basic {base64.b64encode(both.encode()).decode()}")


def header(link: Link, auth: Auth, grant: Grant) -> tuple[str, Secret]:
    """The header that lets us in."""
    secret = held(auth, grant)
    if secret is None:
        raise refusal(Reconnect, f"The connection to {link.provider.title} has no credentials.")
    return _header(link, auth, secret)


def own_header(link: Link, token: Secret) -> tuple[str, Secret]:
    """The header for a token that a caller brings along: by the provider's first way in that takes it as it is."""
    for auth in link.provider.auth:
        if _takes(auth, token):
            return _header(link, auth, token)
    raise refusal(Reconnect, f"{link.provider.title} lets nobody in by such a token.")


def _takes(auth: Auth, token: Secret) -> bool:
    match auth:
        case ApiKey() | OAuth2():
            return True
        case FirstPartyToken():
            # Its header holds the token object as the login gave it; any other text is for another way in.
            return token.reveal().startswith("{")
        case Basic():
            return False


def _header(link: Link, auth: Auth, secret: Secret) -> tuple[str, Secret]:
    text = secret.reveal()
    if not (text.isascii() and text.isprintable()):
        raise refusal(
            Reconnect, f"The credentials for {link.provider.title} hold characters that no header takes."
        )
    return auth.header, secret if isinstance(auth, Basic) else Secret(f"{auth.prefix}{text}")


def expiry(auth: Auth, grant: Grant) -> dt.datetime | None:
    """When what the grant holds ends, UTC; None when nobody said."""
    if grant.expires_at is not None or not isinstance(auth, FirstPartyToken) or "token" not in grant.secrets:
        return grant.expires_at
    try:
        document = decode(grant.secrets["token"].reveal().encode())
    except NotJson:
        return None
    return _moment(document.get(auth.expiry_field)) if isinstance(document, dict) else None


def renewable(auth: Auth, grant: Grant) -> bool:
    """Whether the grant holds what renews it. The gateway's own id and secret at the provider are no part of it."""
    match auth:
        case FirstPartyToken():
            return _has_login(auth, grant)
        case OAuth2(grant="client_credentials"):
            return "client_id" in grant.secrets and "client_secret" in grant.secrets
        case OAuth2():
            return "refresh_token" in grant.secrets
        case ApiKey() | Basic():
            return False


def ends_for_good(auth: Auth, grant: Grant) -> dt.datetime | None:
    """When a person has to link again, UTC; None where the sign-in renews itself or nobody said that it ends."""
    return None if renewable(auth, grant) else expiry(auth, grant)


def rotates(auth: Auth, grant: Grant) -> Secret | None:
    """The refresh token that a renewal uses up, if it does so.

    Any is taken to be used up: providers may begin to rotate without a word (RFC 6749 section 6 lets them).
    """
    code = isinstance(auth, OAuth2) and auth.grant == "authorization_code"
    return grant.secrets.get("refresh_token") if code else None


def renewal(link: Link, auth: Auth, grant: Grant) -> Request | None:
    """The request that renews the grant, or None when only the tenant can."""
    match auth:
        case FirstPartyToken():
            return _login(link, auth, grant)
        case OAuth2():
            return _token_request(link, auth, grant)
        case ApiKey() | Basic():
            return None


def _login(link: Link, auth: FirstPartyToken, grant: Grant) -> Request | None:
    if not _has_login(auth, grant):
        return None
    pairs = [(name, grant.secrets[name].reveal()) for name in (auth.user_field, auth.password_field)]
    return _post(link.base_url + auth.login_path, urlencode(pairs).encode(), FORM)


def _has_login(auth: FirstPartyToken, grant: Grant) -> bool:
    return auth.user_field in grant.secrets and auth.password_field in grant.secrets


def _token_request(link: Link, auth: OAuth2, grant: Grant) -> Request | None:
    pairs = _asked(auth, grant)
    client = [grant.secrets.get("client_id"), grant.secrets.get("client_secret")]
    if pairs is None or client[0] is None or client[1] is None:
        return None
    url = link.settings.get("token_url", auth.token_url)
    if url.startswith("/"):
        url = link.base_url + url
    headers: list[tuple[str, str]] = []
    if auth.client_auth == "basic":
        both = f"{client[0].reveal()}:{client[1].reveal()}"
        headers.append(("authorization", f"Basic {base64.b64encode(both.encode()).decode()}"))
    else:
        pairs |= {"client_id": client[0].reveal(), "client_secret": client[1].reveal()}
    if auth.body == "json":
        return _post(url, json.dumps(pairs).encode(), JSON, *headers)
    return _post(url, urlencode(pairs).encode(), FORM, *headers)


def _asked(auth: OAuth2, grant: Grant) -> dict[str, str] | None:
    if auth.grant == "client_credentials":
        scope = {"scope": " ".join(auth.scopes)} if auth.scopes else {}
        return {"grant_type": "client_credentials"} | scope
    refresh = grant.secrets.get("refresh_token")
    return None if refresh is None else {"grant_type": "refresh_token", "refresh_token": refresh.reveal()}


def _post(url: str, body: bytes, *headers: tuple[str, str]) -> Request:
    return Request(
        method="POST",
        url=url,
        headers=(("accept", "application/json"), ("user-agent", "ledgermesh"), *headers),
        body=body,
        body_bytes_max=BODY_BYTES_MAX,
    )


def renewed(link: Link, auth: Auth, grant: Grant, answer: Answer, now: dt.datetime) -> Grant:
    """The grant with what the provider just gave. A refresh token that is not given anew stays."""
    document = _object(link, answer)
    if isinstance(auth, FirstPartyToken):
        token = Secret(json.dumps(json.loads(answer.body), separators=(",", ":")))
        secrets = {**grant.secrets, "token": token}
        return replace(grant, secrets=secrets, expires_at=_moment(document.get(auth.expiry_field)))
    given = {
        name: Secret(text) for name in ("access_token", "refresh_token") if (text := _word(document, name))
    }
    if "access_token" not in given:
        raise _unreadable(link)
    seconds = _number(document.get("expires_in"))
    ends = now + dt.timedelta(seconds=seconds) if seconds else None
    return replace(grant, secrets={**grant.secrets, **given}, expires_at=ends)


def refusal_of(link: Link, auth: Auth, answer: Answer, now: dt.datetime) -> LedgermeshError:
    """What it means that the provider gives no new token."""
    title = link.provider.title
    details = {"status": answer.status, "step": "sign in"}
    if answer.status == 429:
        retry_at = retry_after(answer.headers, now)
        return SlowDown(f"{title} takes no more sign-ins for the moment.", retry_at=retry_at, details=details)
    if answer.status == 402:
        return Paused(f"{title} wants the company's plan renewed.", details=details)
    if answer.status not in CREDENTIALS_REFUSED:
        return Unavailable(f"Signing in to {title} failed (HTTP {answer.status}).", details=details)
    match _error_word(answer):
        case "invalid_scope":
            return MissingScope(f"{title} does not give the permissions that are asked for.", details=details)
        case "invalid_client" | "unauthorized_client" if _operators(auth):
            return NeedsConfig(
                f"{title} does not know the client id and secret of this gateway.", details=details
            )
        case _:
            return Reconnect(f"{title} no longer renews the connection's credentials.", details=details)


def _operators(auth: Auth) -> bool:
    # With an authorization code the client is the gateway's own; with client credentials it is the company's.
    return isinstance(auth, OAuth2) and auth.grant == "authorization_code"


def _error_word(answer: Answer) -> str | None:
    try:
        document = decode(answer.body)
    except NotJson:
        return None
    return _word(document, "error") if isinstance(document, dict) else None


def _object(link: Link, answer: Answer) -> Mapping[str, object]:
    try:
        document = decode(answer.body)
    except NotJson:
        document = None
    if not isinstance(document, dict):
        raise _unreadable(link)
    return document


def _unreadable(link: Link) -> Garbled:
    return Garbled(f"Signing in to {link.provider.title} gave no token.", details={"step": "sign in"})


def _word(document: Mapping[str, object], name: str) -> str | None:
    value = document.get(name)
    return value if isinstance(value, str) and value else None


def _number(value: object) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value[:18])
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    return min(int(value), 10**9) if value > 0 else None


def _moment(value: object) -> dt.datetime | None:
    """Epoch milliseconds, or ISO 8601 (UTC where no offset is given)."""
    if isinstance(value, str) and not value.isdigit():
        return _iso(value)
    milliseconds = int(value) if isinstance(value, str | int | Decimal) and not isinstance(value, bool) else 0
    if not 0 < milliseconds < 10**14:
        return None
    return dt.datetime.fromtimestamp(milliseconds / 1000, dt.UTC)


def _iso(text: str) -> dt.datetime | None:
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.astimezone(dt.UTC) if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
