"""Refusals, and the one form of error body."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
from starlette.responses import Response

_ENCODER = msgspec.json.Encoder(decimal_format="number")


class Refusal(Exception):
    """An answer that is an error; `errors` names fields and what is wrong with them."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        errors: Sequence[Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.message = status, message
        self.errors, self.headers = errors, headers or {}


def invalid(*errors: tuple[str, str]) -> Refusal:
    """400 for these fields."""
    rows = [{"field": field, "message": message} for field, message in errors]
    return Refusal(400, "The request is not valid", errors=rows)


def unauthorized() -> Refusal:
    """401 with the challenge of HTTP Basic."""
    return Refusal(
        401, "Unknown user or key", headers={"WWW-Authenticate": 'Basic realm="Boss Insights API"'}
    )


def refused(refusal: Refusal) -> Response:
    """The refusal as an answer."""
    body: dict[str, object] = {"status": "error", "code": refusal.status, "message": refusal.message}
    if refusal.errors:
        body["errors"] = refusal.errors
    return answer(body, refusal.status, refusal.headers)


def answer(body: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """The body as JSON, decimals with all their digits."""
    return Response(_ENCODER.encode(body), status, dict(headers or {}), "application/json")
