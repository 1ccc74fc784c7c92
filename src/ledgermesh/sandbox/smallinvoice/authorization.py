"""The token endpoint in its three encodings."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from urllib.parse import parse_qsl, unquote_plus

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from ledgermesh.sandbox.smallinvoice import errors
from ledgermesh.sandbox.smallinvoice.answers import json_answer
from ledgermesh.sandbox.smallinvoice.oauth import AuthServer, Client

_BODY_BYTES_MAX = 64_000


class Authorization:
    """The handler of `/auth/access-tokens`."""

    def __init__(self, server: AuthServer) -> None:
        self._server = server

    async def token(self, request: Request) -> Response:
        """`POST /auth/access-tokens`; `redirect_uri` is ignored where the grant has no use for it."""
        form = await read_form(request)
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

    def _client(self, request: Request, form: Mapping[str, str]) -> Client:
        basic = _basic(request.headers.get("authorization", ""))
        id, secret = basic or (form.get("client_id") or "", form.get("client_secret") or "")
        if not id:
            raise errors.invalid_request("client_id")
        return self._server.authenticate(id, secret, basic=basic is not None)


async def read_form(request: Request) -> dict[str, str]:
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
