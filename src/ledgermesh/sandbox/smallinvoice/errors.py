"""Errors as smallinvoice words them: `{code, message, meta?}`; its codes are in its public PHP library."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from msgspec import Struct


@dataclass(frozen=True, eq=False)
class Problem(Exception):
    """A request that is refused; carries the whole answer."""

    status: int
    body: Mapping[str, Any] | None
    """None is an answer without a body."""
    headers: Mapping[str, str] = field(default_factory=dict)


def problem(status: int, code: int, message: str, **meta: object) -> Problem:
    """An error; `meta` is left out when empty."""
    body: dict[str, Any] = {"code": code, "message": message}
    if meta:
        body["meta"] = meta
    return Problem(status, body)


def bad_request(code: int, message: str) -> Problem:
    """Codes 2000 (general), 2100 with, 2101 filter, 2102 sort, 2103 limit, 2104 offset."""
    return problem(400, code, message)


def not_found(entity_type: str) -> Problem:
    """There is no such record."""
    return problem(404, 3000, "Entity not found", entity_type=entity_type)


def wrong_method(allowed: Iterable[str]) -> Problem:
    """The path exists, but not with this method."""
    return problem(405, 7000, f"Method must be one of: {', '.join(allowed)}")


def forbidden(*, body: bool) -> Problem:
    """The user may not see this; the real answer may have no body at all."""
    return problem(403, 5000, "Access denied") if body else Problem(403, None)


def no_plan(feature: str) -> Problem:
    """The company's plan does not include this feature."""
    return problem(403, 4000, "No proper plan", feature=feature, plans=["Starter", "Professional"])


def limit_reached(code: int, feature: str, limit: int) -> Problem:
    """The plan allows no more of these; codes 4001 hard, 4002 soft, 4003 total limit."""
    return problem(402, code, "Feature limit reached", limit=limit, feature=feature)


class Wrong(Struct, frozen=True):
    """One thing that is wrong in a body; dots in the key lead into nested values."""

    key: str
    code: int
    message: str
    """What is said about the key, for example `is required`."""

    def under(self, name: str) -> Wrong:
        """The same, seen from the object that has the value under this name."""
        return Wrong(f"{name}.{self.key}" if self.key else name, self.code, self.message)


def invalid(wrong: Iterable[Wrong]) -> Problem:
    """The body, or a value in the query, cannot be accepted."""
    errors = [{"key": each.key, "code": each.code, "message": f"{each.key} {each.message}"} for each in wrong]
    return problem(422, 1000, "Invalid data", errors=errors)


TOO_LARGE = problem(413, 0, "Entity too large")
TOO_MANY = problem(429, 6000, "Too many requests")
OFFLINE = problem(503, 8000, "Application is offline")


def access_denied(hint: str) -> Problem:
    """The access token is missing, unknown, expired or revoked."""
    message = "The resource owner or authorization server denied the request."
    return problem(401, 9, message, error_type="access_denied", hint=hint)


def scope_missing(scope: str) -> Problem:
    """The token lacks the scope that the resource needs."""
    hint = f"End user has to generate access token with: [`{scope}`] scopes included"
    return problem(400, 11, "Required scopes are missing", error_type="required_scopes_missing", hint=hint)


def oauth(status: int, code: int, kind: str, message: str, hint: str | None = None) -> Problem:
    """An error of the token endpoint, readable in both its dialects: RFC 6749's and the API's own."""
    return Problem(
        status,
        {
            "error": kind,
            "error_description": message,
            "hint": hint,
            "message": message,
            "code": code,
            "meta": {"error_type": kind, "hint": hint},
        },
    )


def unsupported_grant() -> Problem:
    """No grant type, or one that the server does not know."""
    message = "The authorization grant type is not supported by the authorization server."
    return oauth(
        400, 2, "unsupported_grant_type", message, "Check that all required parameters have been provided"
    )


def invalid_request(parameter: str, hint: str | None = None) -> Problem:
    """A parameter of the token or authorize request is missing or wrong."""
    message = (
        "The request is missing a required parameter, includes an invalid parameter value, or is malformed."
    )
    return oauth(400, 3, "invalid_request", message, hint or f"Check the `{parameter}` parameter")


def invalid_client(*, basic: bool = False) -> Problem:
    """Unknown client, wrong secret, wrong redirect address, or a grant the client is not registered for."""
    refused = oauth(401, 4, "invalid_client", "Client authentication failed")
    return (
        Problem(refused.status, refused.body, {"WWW-Authenticate": 'Basic realm="OAuth"'})
        if basic
        else refused
    )


def invalid_scope(scope: str) -> Problem:
    """The scope does not exist, or a refresh asks for more than was granted."""
    message = "The requested scope is invalid, unknown, or malformed"
    return oauth(400, 5, "invalid_scope", message, f"Check the `{scope}` scope")


def invalid_scopes(scopes: Iterable[str]) -> Problem:
    """The scopes exist, but the client is not registered for them."""
    hint = f"Invalid scopes: [{', '.join(f'`{scope}`' for scope in scopes)}]"
    return oauth(400, 12, "invalid_scopes", "Invalid scopes", hint)


def invalid_grant(hint: str) -> Problem:
    """The code is not for whoever brings it."""
    message = (
        "The provided authorization grant (e.g., authorization code, resource owner credentials) or refresh token is "
        "invalid, expired, revoked, does not match the redirection URI used in the authorization request, or was "
        "issued to another client."
    )
    return oauth(400, 10, "invalid_grant", message, hint)


def invalid_refresh_token(hint: str) -> Problem:
    """The refresh token is unknown or was used before."""
    return oauth(401, 8, "invalid_request", "The refresh token is invalid.", hint)
