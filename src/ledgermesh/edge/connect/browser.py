"""Bind a consent to the browser that began it: a cookie holds a secret, the state its digest (RFC 6749, 10.12)."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from ledgermesh.state.link_tokens import STATE_SECONDS, make_browser_secret

NAME = "lm-connect"
CHARACTERS_MAX = 100


def browser_secret(request: Request, *, secure: bool) -> str | None:
    """What the browser was given; None where it has nothing."""
    found = request.cookies.get(_name(secure=secure), "")
    return found if 0 < len(found) <= CHARACTERS_MAX else None


def secret_for(request: Request, *, secure: bool) -> str:
    """The browser's own, so that two consents begun side by side both end well, or a new one."""
    return browser_secret(request, secure=secure) or make_browser_secret()


def remember(response: Response, secret: str, *, secure: bool) -> None:
    """Give it to the browser for as long as a consent may take. Lax: the provider's redirect must bring it back."""
    response.set_cookie(
        _name(secure=secure),
        secret,
        max_age=STATE_SECONDS,
        path="/",
        secure=secure,
        httponly=True,
        samesite="lax",
    )


def _name(*, secure: bool) -> str:
    # Browsers take the prefix over TLS only; without it a gateway on the developer's own machine has the plain name.
    return f"__Host-{NAME}" if secure else NAME
