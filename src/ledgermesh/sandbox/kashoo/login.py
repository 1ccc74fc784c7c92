"""First-party logins: `POST /authTokens` and the text-message code."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import msgspec
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from ledgermesh.sandbox.kashoo.dates import milliseconds
from ledgermesh.sandbox.kashoo.errors import Refusal
from ledgermesh.sandbox.kashoo.query import read, whole_number
from ledgermesh.sandbox.kashoo.switches import Switches
from ledgermesh.sandbox.kashoo.tokens import Grant, Tokens
from ledgermesh.sandbox.kashoo.users import MFA_CODE, User, Users

_DAY_MS = 86_400_000
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


class Login:
    """The two endpoints that take a password."""

    def __init__(self, users: Users, tokens: Tokens, switches: Switches) -> None:
        self._users = users
        self._tokens = tokens
        self._switches = switches
        self._messaged: set[str] = set()

    async def tokens(self, request: Request) -> Response:
        """A token object for callers that accept JSON, else the bare token as text."""
        fields = await form_fields(request)
        if "provider" in fields:
            raise Refusal(401, f"provider: {fields['provider']} vouches for nobody here")
        user = self._users.login(fields, request.headers.get("authorization"))
        self._check_code(user, fields.get("mfaCode"))
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
            self._messaged.add(user.email)
        elif not self._good(user, fields["code"]):
            raise Refusal(401, "code: wrong or never sent")
        return Response(status_code=204)

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
        if not self._good(user, code):
            raise Refusal(401, "Multi-factor authentication code is wrong or was never sent (mfaCode)")

    def _good(self, user: User, code: str) -> bool:
        return user.email in self._messaged and code == MFA_CODE


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
