"""What an answer that is no success means: status and code to one error of our tree."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from ledgermesh.errors import (
    Absent,
    LedgermeshError,
    MissingScope,
    Paused,
    Reconnect,
    Refused,
    SlowDown,
    Unavailable,
)
from ledgermesh.model.row import Malformed, Row, at
from ledgermesh.spec.faults import UNDECLARED, Verdict
from ledgermesh.spec.provider import Provider
from ledgermesh.upstream.decode import NotJson, decode
from ledgermesh.upstream.wire import Answer

DECODED_BYTES_MAX = 100_000
"""Of a refusal; a longer one is no refusal that anybody can read."""
MESSAGE_CHARACTERS_MAX = 500
FIELDS_MAX = 10
RETRY_SECONDS_MAX = 86_400

MEANINGS: Mapping[Verdict, tuple[type[LedgermeshError], str]] = {
    Verdict.SIGN_IN_AGAIN: (Reconnect, "does not accept the connection's credentials"),
    Verdict.MISSING_SCOPE: (MissingScope, "wants a permission that the connection was not given"),
    Verdict.FORBIDDEN: (MissingScope, "does not let these credentials into these books"),
    Verdict.PAUSED: (Paused, "wants the company's plan renewed"),
    Verdict.ABSENT: (Absent, "has no such record"),
    Verdict.REJECTED: (Refused, "refuses the request"),
    Verdict.SLOW_DOWN: (SlowDown, "takes no more calls for the moment"),
    Verdict.RETRY: (Unavailable, "is broken for the moment"),
}


def error_of(provider: Provider, answer: Answer, now: dt.datetime) -> LedgermeshError:
    """The error for an answer outside 2xx: the declared fault with this code, else with this status, else the usual.

    A redirect is never followed: it would carry credentials to an address that nobody declared.
    """
    details = details_of(provider, answer)
    kind, meaning = MEANINGS[_verdict(provider, answer.status, details.get("providerCode"))]
    return kind(
        f"{provider.title} {meaning} (HTTP {answer.status}).",
        retry_at=retry_after(answer.headers, now),
        details=details,
    )


def details_of(provider: Provider, answer: Answer) -> dict[str, object]:
    """What a caller may know of a refusal: status, the provider's code and words, its id of the request."""
    found: dict[str, object] = {"status": answer.status}
    document = _document(answer.body)
    code, words = _text(document, provider.fault_code), _text(document, provider.fault_message)
    if code:
        found["providerCode"] = code
    if rows := _fields(document, provider):
        told = "; ".join(f"{field or '?'}: {wrong or '?'}" for field, wrong in rows)
        words = f"{words or 'invalid'}: {told}"[:MESSAGE_CHARACTERS_MAX]
        found["providerFields"] = [field for field, _ in rows if field]
    if words:
        found["providerMessage"] = words
    identity = answer.headers.get((provider.request_id_header or "").lower())
    if identity:
        found["upstreamRequestId"] = identity
    return found


def retry_after(headers: Mapping[str, str], now: dt.datetime) -> dt.datetime | None:
    """The moment in Retry-After (seconds, or an HTTP date), at most a day away; None when absent or unreadable."""
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return now + dt.timedelta(seconds=min(int(text[:9]), RETRY_SECONDS_MAX))
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=dt.UTC)
    return min(max(moment, now), now + dt.timedelta(seconds=RETRY_SECONDS_MAX))


def _verdict(provider: Provider, status: int, code: object) -> Verdict:
    same = [fault for fault in provider.faults if fault.status == status]
    for fault in same:
        if fault.code is not None and fault.code == code:
            return fault.verdict
    for fault in same:
        if fault.code is None:
            return fault.verdict
    return UNDECLARED.get(status) or (Verdict.REJECTED if 300 <= status < 500 else Verdict.RETRY)


def _document(body: bytes) -> Mapping[str, object]:
    try:
        document = decode(body) if len(body) <= DECODED_BYTES_MAX else None
    except NotJson:
        return {}
    return document if isinstance(document, dict) else {}


def _fields(document: Mapping[str, object], provider: Provider) -> list[tuple[str | None, str | None]]:
    """Which fields are wrong and how, in the provider's words."""
    if provider.fault_fields is None:
        return []
    path, name, words = provider.fault_fields
    try:
        found = at(path)(Row(document))
    except Malformed:
        return []
    rows = [each for each in found if isinstance(each, Mapping)] if isinstance(found, list) else []
    return [(_text(row, name), _text(row, words)) for row in rows[:FIELDS_MAX]]


def _text(document: Mapping[str, object], path: str) -> str | None:
    if not path:
        return None
    try:
        value = at(path)(Row(document))
    except Malformed:
        return None
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    printable = "".join(letter if letter.isprintable() else " " for letter in str(value))
    return printable[:MESSAGE_CHARACTERS_MAX].strip()
