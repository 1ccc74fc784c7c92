"""Every error of ledgermesh, grouped by what the one who meets it does next.

A leaf has a stable `code`, says whether the same request may succeed later (`retryable`) and what a person should do
(`remedy`). `graph/present.py` turns leaves into `extensions`; whatever is not in this tree is a bug and is masked.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import ClassVar


class LedgermeshError(Exception):
    """The root: a message for the caller, and what is known of when to come back."""

    code: ClassVar[str]
    retryable: ClassVar[bool] = False
    remedy: ClassVar[str]
    status: ClassVar[int] = 200
    """The HTTP status when the whole request is refused with this error."""

    def __init__(
        self,
        message: str,
        *,
        retry_at: dt.datetime | None = None,
        details: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.retry_at = retry_at
        self.details = dict(details or {})


class CallerError(LedgermeshError):
    """The caller changes the request."""


class SignIn(CallerError):
    """No key, or one that nobody knows."""

    code = "UNAUTHENTICATED"
    remedy = "Send a valid API key: Authorization: Bearer <key>."
    status = 401


class Forbidden(CallerError):
    """The key is known but may not do this."""

    code = "FORBIDDEN"
    remedy = "Use a key that covers this company and scope."
    status = 403


class BadInput(CallerError):
    """A value that no retry will make right; `details` name it."""

    code = "BAD_USER_INPUT"
    remedy = "Correct the value named in the message."
    status = 400


class BadCursor(CallerError):
    """A cursor that was not made by this query over these connections for this tenant."""

    code = "CURSOR_MISMATCH"
    remedy = "Page with the same arguments that made the cursor, or start again without `after`."
    status = 400


class CurrencyRequired(CallerError):
    """Money of several currencies cannot be compared."""

    code = "CURRENCY_REQUIRED"
    remedy = "Give `currency` beside the money comparison or order."
    status = 400


class NotFound(CallerError):
    """What was asked for by id, number or key is not there for this caller."""

    code = "NOT_FOUND"
    remedy = "Check the id; it may belong to another company or be deleted at the provider."
    status = 404


class TooCostly(CallerError):
    """Over a limit that is known before any provider is called."""

    code = "TOO_COSTLY"
    remedy = "Ask for less at once; the message has the figure and the limit."
    status = 400


class WrongMethod(CallerError):
    """This HTTP method cannot ask for that; over GET nothing but queries run."""

    code = "METHOD_NOT_ALLOWED"
    remedy = "Use a method that the Allow header names."
    status = 405


class Unsupported(CallerError):
    """The provider has no such thing; an empty list would be a lie."""

    code = "UNSUPPORTED"
    remedy = "See `providers { capabilities }` for what each provider has."


class Conflict(CallerError):
    """The record is not of the version that was seen, or the key of a write was used before for another content."""

    code = "CONFLICT"
    remedy = "Read the record again and decide (`difference` tells more); repeat a key only with the very same content."
    status = 409


class LinkError(LedgermeshError):
    """The tenant repairs the connection."""


class Reconnect(LinkError):
    """The provider no longer accepts the credentials."""

    code = "NEEDS_REAUTH"
    remedy = "Link the connection again."


class NeedsConfig(LinkError):
    """A setting of the connection is missing or wrong."""

    code = "NEEDS_CONFIG"
    remedy = "Complete the connection's settings."


class MissingScope(LinkError):
    """The credentials are good but were not given this permission."""

    code = "MISSING_SCOPE"
    remedy = "Link again and grant the permission named in the message."


class Paused(LinkError):
    """The provider's own subscription of this company has lapsed."""

    code = "SUBSCRIPTION"
    remedy = "The company renews its plan with the provider; calls resume by themselves."


class OnHold(LinkError):
    """The tenant wants nothing asked through this connection for now."""

    code = "PAUSED_BY_TENANT"
    remedy = "Whoever administers the connection resumes it: `resumeConnection`."


class UpstreamError(LedgermeshError):
    """Wait, or the provider must repair it."""


class SlowDown(UpstreamError):
    """A budget of the provider is spent until `retry_at`."""

    code = "RATE_LIMITED"
    retryable = True
    remedy = "Ask again after `retryAt`."


class Unavailable(UpstreamError):
    """The provider does not answer, or answers that it is broken."""

    code = "PROVIDER_UNAVAILABLE"
    retryable = True
    remedy = "Try again later; the other sources of this answer are not affected."


class TooLate(UpstreamError):
    """The deadline came first."""

    code = "TIMEOUT"
    retryable = True
    remedy = "Ask for less, or give more time with X-Request-Timeout."


class Garbled(UpstreamError):
    """The provider answered something that cannot be read."""

    code = "PROVIDER_GARBLED"
    retryable = True
    remedy = "Try again later; if it stays, report it with the upstream request id."


class StateDown(UpstreamError):
    """What replicas share cannot be read or written, and what was known is older than its lease."""

    code = "STATE_UNAVAILABLE"
    retryable = True
    remedy = "Ask again in a moment; the operator finds the cause at /readyz and in the log."
    status = 503

    def __init__(
        self,
        message: str,
        *,
        retry_at: dt.datetime | None = None,
        details: Mapping[str, object] | None = None,
    ) -> None:
        # No provider had a part in it: it counts against no breaker and is not tried again on its own.
        super().__init__(message, retry_at=retry_at, details={"local": True, **(details or {})})


class Absent(UpstreamError):
    """The provider has no record with this id."""

    code = "PROVIDER_NOT_FOUND"
    remedy = "The record was deleted at the provider or never was in these books."


class Refused(UpstreamError):
    """The provider rejects the request for a reason of its own."""

    code = "PROVIDER_REFUSED"
    remedy = "See the provider's own words in `providerMessage`."


class Indeterminate(UpstreamError):
    """A write was sent, and nobody can say whether it had its effect."""

    code = "INDETERMINATE"
    retryable = True
    remedy = "Ask again with the same key; never send it under another one before you looked into the books."


class DefinitionError(LedgermeshError):
    """A provider's definition contradicts itself or the model; only while starting."""

    code = "DEFINITION"
    remedy = "Correct the provider definition named in the message."


class ConfigurationError(LedgermeshError):
    """The operator's settings cannot be used; only while starting."""

    code = "CONFIGURATION"
    remedy = "Correct the setting named in the message."
