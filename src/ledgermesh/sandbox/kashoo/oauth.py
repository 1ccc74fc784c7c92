"""OAuth 2.0 for third parties: codes and refresh tokens for access tokens, client credentials by Basic only."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from ledgermesh.clock import Clock
from ledgermesh.sandbox.emulator import OAuthClient
from ledgermesh.sandbox.kashoo.errors import OAuthRefusal
from ledgermesh.sandbox.kashoo.registry import Registry
from ledgermesh.sandbox.kashoo.switches import Switches
from ledgermesh.sandbox.kashoo.tokens import Tokens, stays
from ledgermesh.sandbox.kashoo.users import User, basic

ACCESS_SECONDS = 3600
CODE_SECONDS = 600
_FORM = "application/x-www-form-urlencoded"


class _Code(Struct, frozen=True):
    user: User
    client: OAuthClient
    expires_at: dt.datetime


@dataclass(frozen=True)
class _Refresh:
    user: User
    client_id: str


class OAuth:
    """What people's consent is worth: codes, and the token endpoint of the registered apps."""

    def __init__(self, registry: Registry, tokens: Tokens, *, clock: Clock, switches: Switches) -> None:
        self._registry = registry
        self._tokens = tokens
        self._clock = clock
        self._switches = switches
        self._codes: dict[str, _Code] = {}
        self._refreshes: dict[str, _Refresh] = {}

    def code(self, user: User, client: OAuthClient) -> str:
        """A code for the app that the user has agreed to; lives ten minutes, works once."""
        code = self._tokens.fresh()
        expires = self._clock.now() + dt.timedelta(seconds=CODE_SECONDS)
        self._codes[code] = _Code(user, client, expires)
        return code

    def revoke(self, business: int | None = None) -> None:
        """Make refresh tokens and codes invalid, as when people withdraw their consent: all, or those of everybody
        who sees the business.
        """
        self._codes = {key: kept for key, kept in self._codes.items() if stays(kept.user, business)}
        self._refreshes = {key: kept for key, kept in self._refreshes.items() if stays(kept.user, business)}

    async def token(self, request: Request) -> Response:
        """Exchange a code or a refresh token; errors in the words of RFC 6749."""
        try:
            return await self._token(request)
        except OAuthRefusal as refusal:
            return refusal.response()

    async def _token(self, request: Request) -> Response:
        kind = request.headers.get("content-type", "").partition(";")[0].strip().casefold()
        if kind != _FORM:
            raise OAuthRefusal("invalid_request", f"the body must be {_FORM}")
        client = self._client(request)
        async with request.form() as form:
            fields = {name: value for name, value in form.items() if isinstance(value, str)}
        if fields.get("grant_type") == "authorization_code":
            return self._answer(self._exchange(fields, client), None)
        if fields.get("grant_type") == "refresh_token":
            return self._answer(*self._refresh(fields, client))
        raise OAuthRefusal("unsupported_grant_type", "authorization_code or refresh_token")

    def _client(self, request: Request) -> OAuthClient:
        id, secret = basic(request.headers.get("authorization")) or ("", "")
        client = self._registry.authenticate(id, secret)
        if client is None:
            raise OAuthRefusal(
                "invalid_client", "client id and secret are expected as Basic credentials", 401
            )
        return client

    def _exchange(self, fields: Mapping[str, str], client: OAuthClient) -> _Refresh:
        # A code is gone once it was shown, right or wrong, so that it can never be used twice.
        code = self._codes.pop(fields.get("code", ""), None)
        if code is None or self._clock.now() >= code.expires_at or code.client.client_id != client.client_id:
            raise OAuthRefusal("invalid_grant", "the code is unknown, used, another app's or has expired")
        if fields.get("redirect_uri") != code.client.redirect_uri:
            raise OAuthRefusal("invalid_grant", "redirect_uri differs from the one of the authorization")
        return _Refresh(code.user, client.client_id)

    def _refresh(self, fields: Mapping[str, str], client: OAuthClient) -> tuple[_Refresh, str | None]:
        token = fields.get("refresh_token", "")
        held = self._refreshes.get(token)
        if held is None or held.client_id != client.client_id:
            raise OAuthRefusal("invalid_grant", "the refresh token is unknown, another app's or was replaced")
        if not self._switches.rotate_refresh_tokens:
            return held, token
        del self._refreshes[token]
        return held, None

    def _answer(self, held: _Refresh, refresh: str | None) -> Response:
        user = held.user
        if refresh is None:
            refresh = self._tokens.fresh()
            self._refreshes[refresh] = held
        document = {
            "access_token": self._tokens.bear(user, dt.timedelta(seconds=ACCESS_SECONDS)),
            "expires_in": ACCESS_SECONDS,
            "refresh_token": refresh,
            "token_type": "bearer",
            "userId": str(user.id),
        }
        return Response(
            msgspec.json.encode(document),
            headers={"Cache-Control": "no-store"},
            media_type="application/json",
        )
