"""OAuth 2.0 for third parties: authorization code and refresh, client credentials by Basic only."""

from __future__ import annotations

import datetime as dt
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ledgermesh.clock import Clock
from ledgermesh.sandbox.kashoo.errors import OAuthRefusal, Refusal
from ledgermesh.sandbox.kashoo.switches import Switches
from ledgermesh.sandbox.kashoo.tokens import Tokens
from ledgermesh.sandbox.kashoo.users import User, Users, basic

ACCESS_SECONDS = 3600
CODE_SECONDS = 600
SCOPE = "full-access"
_FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Client:
    """An application that Kashoo has registered, with the one address it may send people back to."""

    id: str
    secret: str
    redirect_uri: str


@dataclass(frozen=True)
class _Code:
    user: User
    expires_at: dt.datetime


class OAuth:
    """The authorize and token endpoints of one registered client."""

    def __init__(
        self, client: Client, users: Users, tokens: Tokens, *, clock: Clock, switches: Switches
    ) -> None:
        self._client = client
        self._users = users
        self._tokens = tokens
        self._clock = clock
        self._switches = switches
        self._codes: dict[str, _Code] = {}
        self._refreshes: dict[str, User] = {}

    def revoke(self) -> None:
        """Make every refresh token and code invalid, as when people withdraw their consent."""
        self._codes.clear()
        self._refreshes.clear()

    async def authorize(self, request: Request) -> Response:
        """Consent is given at once, by the user that `login_hint` names, else by the accountant."""
        query = request.query_params
        if query.get("client_id") != self._client.id:
            raise Refusal(400, "client_id: unknown")
        if query.get("redirect_uri") != self._client.redirect_uri:
            raise Refusal(400, "redirect_uri: not the one registered for this client")
        answer = self._consent(query)
        if "state" in query:
            answer["state"] = query["state"]
        return RedirectResponse(f"{self._client.redirect_uri}?{urlencode(answer)}", status_code=302)

    async def token(self, request: Request) -> Response:
        """Exchange a code or a refresh token; errors in the words of RFC 6749."""
        try:
            return await self._token(request)
        except OAuthRefusal as refusal:
            return refusal.response()

    def _consent(self, query: Mapping[str, str]) -> dict[str, str]:
        if query.get("response_type") != "code":
            return {"error": "unsupported_response_type"}
        if query.get("scope") != SCOPE:
            return {"error": "invalid_scope"}
        user = self._users.by_email.get(query.get("login_hint", self._users.accountant.email))
        if user is None:
            return {"error": "access_denied"}
        code = self._tokens.fresh()
        self._codes[code] = _Code(user, self._clock.now() + dt.timedelta(seconds=CODE_SECONDS))
        return {"code": code}

    async def _token(self, request: Request) -> Response:
        kind = request.headers.get("content-type", "").partition(";")[0].strip().casefold()
        if kind != _FORM:
            raise OAuthRefusal("invalid_request", f"the body must be {_FORM}")
        self._check_client(request)
        async with request.form() as form:
            fields = {name: value for name, value in form.items() if isinstance(value, str)}
        if fields.get("grant_type") == "authorization_code":
            return self._answer(self._exchange(fields), None)
        if fields.get("grant_type") == "refresh_token":
            return self._answer(*self._refresh(fields))
        raise OAuthRefusal("unsupported_grant_type", "authorization_code or refresh_token")

    def _check_client(self, request: Request) -> None:
        id, secret = basic(request.headers.get("authorization")) or ("", "")
        known = hmac.compare_digest(id.encode(), self._client.id.encode())
        if not (hmac.compare_digest(secret.encode(), self._client.secret.encode()) and known):
            raise OAuthRefusal(
                "invalid_client", "client id and secret are expected as Basic credentials", 401
            )

    def _exchange(self, fields: Mapping[str, str]) -> User:
        # A code is gone once it was shown, right or wrong, so that it can never be used twice.
        code = self._codes.pop(fields.get("code", ""), None)
        if code is None or self._clock.now() >= code.expires_at:
            raise OAuthRefusal("invalid_grant", "the code is unknown, used or has expired")
        if fields.get("redirect_uri") != self._client.redirect_uri:
            raise OAuthRefusal("invalid_grant", "redirect_uri differs from the one of the authorization")
        return code.user

    def _refresh(self, fields: Mapping[str, str]) -> tuple[User, str | None]:
        token = fields.get("refresh_token", "")
        user = self._refreshes.get(token)
        if user is None:
            raise OAuthRefusal("invalid_grant", "the refresh token is unknown or was replaced")
        if not self._switches.rotate_refresh_tokens:
            return user, token
        del self._refreshes[token]
        return user, None

    def _answer(self, user: User, refresh: str | None) -> Response:
        if refresh is None:
            refresh = self._tokens.fresh()
            self._refreshes[refresh] = user
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
