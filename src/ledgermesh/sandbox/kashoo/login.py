"""First-party logins: `POST /authTokens` and the text-message code."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping

import msgspec
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from ledgermesh.sandbox.kashoo.dates import milliseconds
from ledgermesh.sandbox.kashoo.errors import Refusal
from ledgermesh.sandbox.kashoo.messages import Messages
from ledgermesh.sandbox.kashoo.query import read, whole_number
from ledgermesh.sandbox.kashoo.switches import Switches
from ledgermesh.sandbox.kashoo.tokens import Grant, Tokens
from ledgermesh.sandbox.kashoo.users import User, Users

GOOGLE = "google"
"""The one value of `provider` that is known here; assumed, the reference gives Google as an example."""
_DAY_MS = 86_400_000
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


class Login:
    """The two endpoints that take a password.

    `redeem` gives the account that a code of the identity provider stands for.
    """

    def __init__(
        self,
        users: Users,
        tokens: Tokens,
        *,
        messages: Messages,
        redeem: Callable[[str], str | None],
        switches: Switches,
    ) -> None:
        self._users = users
        self._tokens = tokens
        self._messages = messages
        self._redeem = redeem
        self._switches = switches

    async def tokens(self, request: Request) -> Response:
        """A token object for callers that accept JSON, else the bare token as text."""
        fields = await form_fields(request)
        user = self._user(fields, request.headers.get("authorization"))
        token, grant = self._issue(user, fields)
        if "application/json" not in request.headers.get("accept", ""):
            return PlainTextResponse(token)
        document = _token_object(token, grant, fields)
        return Response(msgspec.json.encode(document), media_type="application/json")

    async def code(self, request: Request) -> Response:
        """Send a code by text message, or check one; the status is the whole answer."""
        fields = await form_fields(request)
        user = self._users.login(fields, request.headers.get("authorization"))
        if "code" not in fields:
            self._messages.send(user)
        elif not self._messages.good(user, fields["code"]):
            raise Refusal(401, "code: wrong or never sent")
        return Response(status_code=204)

    def _user(self, fields: Mapping[str, str], authorization: str | None) -> User:
        if "provider" in fields:
            return self._identified(fields)
        user = self._users.login(fields, authorization)
        self._check_code(user, fields.get("mfaCode"))
        return user

    def _identified(self, fields: Mapping[str, str]) -> User:
        """By single sign-on; a second factor is then the identity provider's matter, which is assumed."""
        if not fields.get("authCode"):
            raise Refusal(400, "authCode is required with provider")
        account = self._redeem(fields["authCode"]) if fields["provider"] == GOOGLE else None
        user = self._users.identified(account)
        if user is None:
            raise Refusal(401, f"{fields['provider']} vouches for nobody who has a login here")
        return user

    def _issue(self, user: User, fields: Mapping[str, str]) -> tuple[str, Grant]:
        duration_ms = read(fields, "duration", whole_number, _DAY_MS)
        if duration_ms <= 0:
            raise Refusal(400, "duration: must be above 0")
        try:
            return self._tokens.log_in(user, dt.timedelta(milliseconds=duration_ms))
        except OverflowError as error:
            raise Refusal(400, "duration: too long") from error

    def _check_code(self, user: User, code: str | None) -> None:
        if user.email not in self._switches.mfa_users:
            return
        if code is None:
            raise Refusal(401, "Multi-factor authentication code required (mfaCode)")
        if not self._messages.use(user, code):
            raise Refusal(401, "Multi-factor authentication code is wrong or was never sent (mfaCode)")


async def form_fields(request: Request) -> dict[str, str]:
    """The text fields of a form body; Refusal 400 for a body of another type."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().casefold()
    if kind not in _FORMS:
        if await request.body():
            raise Refusal(400, f"Content-Type: a form is expected, not {kind or 'nothing'}")
        return {}
    async with request.form() as form:
        return {name: value for name, value in form.items() if isinstance(value, str)}


def _token_object(token: str, grant: Grant, fields: Mapping[str, str]) -> dict[str, object]:
    return {
        "myUserId": grant.user.id,
        "expiryDate": milliseconds(grant.expires_at),
        "restriction": fields.get("restriction"),
        "site": fields.get("site", ""),
        "locale": fields.get("lc", "en_US"),
        "authenticationCode": token,
    }
