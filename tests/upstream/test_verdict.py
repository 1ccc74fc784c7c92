"""What an answer that is no success means."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace

import pytest

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
from ledgermesh.spec.faults import Fault, Verdict
from ledgermesh.upstream.verdict import MEANINGS, error_of, retry_after
from ledgermesh.upstream.wire import Answer

from .conftest import ACME, START


def answer(status: int, code: object = None, **headers: str) -> Answer:
    """A refusal in the provider's envelope."""
    return Answer(status, headers, json.dumps({"error": {"code": code, "message": "No."}}).encode())


def kind(status: int, code: object = None, *faults: Fault) -> type[LedgermeshError]:
    """The class of error for such an answer."""
    return type(error_of(replace(ACME, faults=faults), answer(status, code), START))


@pytest.mark.parametrize("verdict", list(Verdict))
def test_every_verdict_has_an_error(verdict: Verdict) -> None:
    """A declared fault gives its verdict's error, with a code of its own and the status in the details."""
    error = error_of(replace(ACME, faults=(Fault(418, verdict),)), answer(418), START)
    assert type(error) is MEANINGS[verdict][0]
    assert error.details["status"] == 418
    assert "418" in error.message


def test_the_map_is_total() -> None:
    """No verdict is left out, none is too many."""
    assert set(MEANINGS) == set(Verdict)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (302, Refused),
        (304, Refused),
        (400, Refused),
        (401, Reconnect),
        (402, Paused),
        (403, MissingScope),
        (404, Absent),
        (405, Refused),
        (408, Unavailable),
        (409, Refused),
        (422, Refused),
        (429, SlowDown),
        (499, Refused),
        (500, Unavailable),
        (502, Unavailable),
        (599, Unavailable),
        (799, Unavailable),
    ],
)
def test_what_is_not_declared_has_its_usual_meaning(status: int, expected: type[LedgermeshError]) -> None:
    """Every status gives some error; redirects are refusals, for they are never followed."""
    assert kind(status) is expected


def test_a_code_is_tried_before_the_bare_status() -> None:
    """Whatever their order, and numbers are compared as text."""
    faults = (Fault(400, Verdict.REJECTED), Fault(400, Verdict.SLOW_DOWN, code="6000"))
    assert kind(400, 6000, *faults) is SlowDown
    assert kind(400, "6000", *faults) is SlowDown
    assert kind(400, "other", *faults) is Refused
    assert kind(403, 6000, Fault(403, Verdict.PAUSED, code="x")) is MissingScope


def test_the_details_are_the_providers_own_words_bounded() -> None:
    """Code, message (500 characters, no control characters) and request id; only from JSON."""
    body = json.dumps({"error": {"code": 7, "message": "bad\r\n" + "x" * 900}}).encode()
    details = error_of(ACME, Answer(400, {"x-request-id": "r-1"}, body), START).details
    message = details.pop("providerMessage")
    assert details == {"status": 400, "providerCode": "7", "upstreamRequestId": "r-1"}
    assert isinstance(message, str)
    assert (len(message), message[:6]) == (500, "bad  x")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>bad gateway</html>",
        b"[1]",
        b'{"error": "text"}',
        b'{"error": {"message": {"a": 1}, "code": true}}',
    ],
)
def test_other_bodies_give_the_status_only(body: bytes) -> None:
    """HTML pages and surprising shapes are neither shown nor an error of their own."""
    assert error_of(ACME, Answer(502, {}, body), START).details == {"status": 502}


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7", 7),
        ("0", 0),
        ("99999999999999", 86_400),
        ("Sun, 01 Mar 2026 12:00:30 GMT", 30),
        ("Sun, 01 Mar 2026 11:00:00 GMT", 0),
        ("Sun, 01 Mar 2099 11:00:00 GMT", 86_400),
        ("Sun, 01 Mar 2026 12:00:30 -0000", 30),
        ("", None),
        ("soon", None),
        ("-3", None),
        ("1.5", None),
    ],
)
def test_retry_after(text: str, seconds: int | None) -> None:
    """Seconds or a date, never in the past, at most a day; anything else is as if it were not there."""
    expected = None if seconds is None else START + dt.timedelta(seconds=seconds)
    assert retry_after({"retry-after": text}, START) == expected
