"""Errors as callers see them: typed ones by their code, everything else masked behind a reference."""

from __future__ import annotations

import datetime as dt
import re
import secrets
from typing import Any

import structlog
from graphql import FieldNode, GraphQLError, GraphQLSyntaxError

from ledgermesh.errors import LedgermeshError

SHOWN = ("providerCode", "providerMessage", "upstreamRequestId", "connection", "field", "known", "currencies")
"""Details that go out with an error."""

REFERENCE_BYTES = 6

# graphql-core has no classes of its own for what is wrong with the values of variables.
VARIABLES = re.compile(
    r"Variable '\$\w+' has invalid |Variable values are nested|Too many errors processing variables"
)


def present(error: GraphQLError) -> dict[str, Any]:
    """One entry of the response's `errors`: message, place, and `extensions` with the code and what to do."""
    cause = _cause(error)
    found: dict[str, Any] = {"message": error.message}
    if isinstance(cause, LedgermeshError):
        found["extensions"] = typed(cause)
    elif cause is None or _unread(error, cause):
        found["extensions"] = _request_error(error)
    else:
        reference = mask(cause)
        found["message"] = f"internal error {reference}"
        found["extensions"] = _internal(reference)
    if error.locations:
        found["locations"] = [{"line": place.line, "column": place.column} for place in error.locations]
    if error.path:
        found["path"] = list(error.path)
    return found


def _cause(error: GraphQLError) -> BaseException | None:
    """What really went wrong, below the wrappers of the executor; None for an error of the request itself."""
    cause: BaseException | None = error.original_error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    return error if cause is None and _unwritable(error) else cause


def _unwritable(error: GraphQLError) -> bool:
    """Whether a value that we answer does not fit its type: an argument's error points at the argument instead."""
    return error.path is not None and isinstance(next(iter(error.nodes or ()), None), FieldNode)


def _unread(error: GraphQLError, cause: BaseException) -> bool:
    """Whether a scalar refused a value of the document or of its variables, before anything ran."""
    return not error.path and bool(error.locations) and isinstance(cause, ValueError)


def typed(error: LedgermeshError) -> dict[str, Any]:
    """The `extensions` of a typed error."""
    found: dict[str, Any] = {"code": error.code, "retryable": error.retryable, "remedy": error.remedy}
    if error.retry_at is not None:
        found["retryAt"] = error.retry_at.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")
    found.update({name: error.details[name] for name in SHOWN if error.details.get(name) is not None})
    return found


def _request_error(error: GraphQLError) -> dict[str, Any]:
    """The `extensions` of what graphql-core says about the document or its variables."""
    if isinstance(error, GraphQLSyntaxError):
        code, remedy = "GRAPHQL_PARSE_FAILED", "Correct the syntax of the document."
    elif error.path:
        code, remedy = "BAD_USER_INPUT", "Correct the value named in the message."
    elif VARIABLES.match(error.message):
        code, remedy = "BAD_USER_INPUT", "Correct the variable named in the message."
    else:
        code, remedy = "GRAPHQL_VALIDATION_FAILED", "Correct the document; the schema is at /schema.graphql."
    return {"code": code, "retryable": False, "remedy": remedy}


def mask(cause: BaseException) -> str:
    """Log what nobody expected, and give the reference that finds it in the log."""
    reference = secrets.token_hex(REFERENCE_BYTES)
    structlog.get_logger("ledgermesh").error("unexpected error", reference=reference, exc_info=cause)
    return reference


def _internal(reference: str) -> dict[str, Any]:
    return {
        "code": "INTERNAL",
        "retryable": False,
        "remedy": f"Report it with the reference {reference}.",
        "reference": reference,
    }
