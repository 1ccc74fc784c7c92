"""Answers of the API: JSON with exact numbers, and the one error envelope."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from starlette.responses import Response

_ENCODER = msgspec.json.Encoder(decimal_format="number")


class Refusal(Exception):
    """An answer in the error envelope."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message

    @property
    def body(self) -> dict[str, object]:
        """The envelope."""
        return {"error": {"code": self.code, "message": self.message, "status": self.status}}


def bad_request(message: str) -> Refusal:
    """For what cannot be read."""
    return Refusal(400, "bad_request", message)


def json(status: int, body: object, headers: Mapping[str, str]) -> Response:
    """The body as JSON; decimals keep their places."""
    return Response(_ENCODER.encode(body), status, dict(headers), "application/json")
