"""The page itself, with a fresh nonce and a strict content security policy in each answer."""

from __future__ import annotations

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response

PLACEHOLDER = "__CSP_NONCE__"

# Monaco places its lines by style attributes, hence `style-src-attr`; nothing else is loosened.
DIRECTIVES = (
    "default-src 'none'",
    "script-src 'self'",
    "style-src-elem 'self' 'nonce-{nonce}'",
    "style-src-attr 'unsafe-inline'",
    "font-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "worker-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
)
POLICY = "; ".join(DIRECTIVES)

HEADERS = {
    # A stored page would repeat its nonce.
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class Page:
    """Serves `index.html`; `make_nonce` gives unguessable text that no answer shares with another."""

    def __init__(self, html: str, make_nonce: Callable[[], str]) -> None:
        self._html = html
        self._make_nonce = make_nonce

    async def answer(self, _request: Request) -> Response:
        """Answer `GET` and `HEAD`."""
        nonce = self._make_nonce()
        policy = POLICY.format(nonce=nonce)
        return Response(
            self._html.replace(PLACEHOLDER, nonce),
            headers=HEADERS | {"Content-Security-Policy": policy},
            media_type="text/html",
        )
