"""How the emulator says no: one exception, one body, in the form the switch asks for."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from starlette.responses import Response

from ledgermesh.sandbox.kashoo.switches import ErrorStyle


class Refusal(Exception):
    """An answer other than success below `/api`."""

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = headers


class OAuthRefusal(Exception):
    """An error answer of the token endpoint, as RFC 6749 section 5.2 words it."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.error = error
        self.description = description
        self.status = status

    def response(self) -> Response:
        """The JSON error, with the challenge that a refused client must get."""
        body = msgspec.json.encode({"error": self.error, "error_description": self.description})
        headers = {"Cache-Control": "no-store"}
        if self.status == 401:
            headers["WWW-Authenticate"] = 'Basic realm="kashoo"'
        return Response(body, self.status, headers, media_type="application/json")


def answer(
    status: int, message: str, style: ErrorStyle, headers: Mapping[str, str] | None = None
) -> Response:
    """The error as JSON `{status, message}`, plain text, or a page such as a proxy puts in the way."""
    if style == "text":
        return Response(message, status, headers, media_type="text/plain")
    if style == "html":
        page = f"<!doctype html><title>{status}</title><h1>{message}</h1>"
        return Response(page, status, headers, media_type="text/html")
    body = msgspec.json.encode({"status": status, "message": message})
    return Response(body, status, headers, media_type="application/json")
