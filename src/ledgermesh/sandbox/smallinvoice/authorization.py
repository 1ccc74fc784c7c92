"""The two OAuth pages: authorize, which here agrees at once, and the token endpoint in its three encodings."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from urllib.parse import parse_qsl, unquote_plus, urlencode

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ledgermesh.sandbox.smallinvoice import errors
from ledgermesh.sandbox.smallinvoice.answers import json_answer
from ledgermesh.sandbox.smallinvoice.oauth import AuthServer, Client
from ledgermesh.sandbox.smallinvoice.switches import Switches

_BODY_BYTES_MAX = 64_000


class Authorization:
    """Handlers of `/auth/access-tokens` and `/auth/authorize`."""

    def __init__(self, server: AuthServer, switches: Switches) -> None:
        self._server = server
        self._switches = switches

    async def token(self, request: Request) -> Response:
        """`POST /auth/access-tokens`; `redirect_uri` is ignored where the grant has no use for it."""
        form = await _form(request)
        grants = ("client_credentials", "authorization_code", "refresh_token")
        grant = form.get("grant_type")
        if grant not in grants:
            raise errors.unsupported_grant()
        client = self._client(request, form)
        if grant == "client_credentials":
            return json_answer(self._server.client_credentials(client, form.get("scope") or ""))
        if grant == "authorization_code":
            return json_answer(self._server.authorization_code(client, form))
        return json_answer(self._server.refresh_token(client, form))

    async def authorize(self, request: Request) -> Response:
        """`GET /auth/authorize`: the consent page, whose reader has just pressed the button."""
        query = request.query_params
        if query.get("response_type") != "code":
            raise errors.unsupported_grant()
        client = self._asking(query)
        if self._switches.consent_denied:
            return self._back(client, query, error="access_denied")
        try:
            code = self._server.code(client, query.get("scope") or "", query.get("redirect_uri"))
        except errors.Problem as problem:
            return self._back(client, query, error=(problem.body or {})["error"])
        return self._back(client, query, code=code)

    def _asking(self, query: Mapping[str, str]) -> Client:
        """The client that sends a person here; where it sends them back to must be what it registered."""
        if not query.get("client_id"):
            raise errors.invalid_request("client_id")
        client = self._server.client(query["client_id"])
        if client is None or client.grant != "AC":
            raise errors.invalid_client()
        if query.get("redirect_uri", client.redirect_uri) != client.redirect_uri:
            raise errors.invalid_client()
        return client

    def _back(self, client: Client, query: Mapping[str, str], **answer: str) -> Response:
        state = {"state": query["state"]} if "state" in query else {}
        joint = "&" if "?" in client.redirect_uri else "?"
        return RedirectResponse(client.redirect_uri + joint + urlencode({**answer, **state}), 302)

    def _client(self, request: Request, form: Mapping[str, str]) -> Client:
        basic = _basic(request.headers.get("authorization", ""))
        id, secret = basic or (form.get("client_id") or "", form.get("client_secret") or "")
        if not id:
            raise errors.invalid_request("client_id")
        return self._server.authenticate(id, secret, basic=basic is not None)


async def _form(request: Request) -> dict[str, str]:
    """The parameters of a JSON or form body; those that are not text are left out, as are bodies of another kind."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _BODY_BYTES_MAX:
            raise errors.TOO_LARGE
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind == "application/x-www-form-urlencoded":
        return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    if kind == "application/json":
        return _json_form(body)
    return {}


def _json_form(body: bytes) -> dict[str, str]:
    try:
        document = msgspec.json.decode(body)
    except msgspec.DecodeError as error:
        raise errors.bad_request(2000, "Bad request. Body is not valid JSON") from error
    if not isinstance(document, dict):
        return {}
    return {key: value for key, value in document.items() if isinstance(value, str)}


def _basic(header: str) -> tuple[str, str] | None:
    """Id and secret of an `Authorization: Basic` header; both are form-encoded in it (RFC 6749, 2.3.1)."""
    scheme, _, text = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        id, _, secret = base64.b64decode(text.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return unquote_plus(id), unquote_plus(secret) if "%" in secret else secret
