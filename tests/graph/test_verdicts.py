"""Whatever happens to a source has a word for the caller."""

from __future__ import annotations

import datetime as dt
import importlib
import pkgutil
from collections.abc import Iterator
from typing import get_args

import pytest
import strawberry

import ledgermesh
from ledgermesh.engine import merge
from ledgermesh.errors import LedgermeshError, SlowDown, Unavailable
from ledgermesh.graph.catalogue import catalogue
from ledgermesh.graph.kinds import NAMES
from ledgermesh.graph.results import Completeness, SourceStatus
from ledgermesh.graph.verdicts import STATUS, failed, status_of
from ledgermesh.model.platform import Connection, ConnectionState
from ledgermesh.providers import discover

ELSEWHERE = {
    "SignIn": "the key is looked at before any source is known",
    "WrongMethod": "HTTP's, before anything is executed",
    "TooLarge": "the body is read before anything is executed",
    "UnsupportedMedia": "the same",
    "NotAcceptable": "the same",
    "Nowhere": "the path is looked at before anything is executed",
    "BadCursor": "a cursor is of the whole list and opened before its sources are read",
    "CurrencyRequired": "money of several sources is compared: the whole list is refused",
    "Conflict": "of a write, which tells it of each connection by itself",
    "Indeterminate": "the same",
    "BadPlanToken": "of a write's second half, before any source is known",
    "DocumentUnknown": "the document is looked for before anything is executed",
    "HashesUnsupported": "the same",
    "DocumentUntrusted": "the same",
    "TooManyStreams": "a stream is refused before anything is executed",
    "TooManySockets": "the same of a socket",
    "TooManyOperations": "the same of an operation on it",
    "Restarting": "of a whole request or stream of a gateway that is told to stop",
    "HttpsRequired": "the connection is looked at before anything is executed",
    "WrongHost": "the same",
    "HeadersTooLarge": "the same",
    "RequestTooSlow": "the same",
    "Unexpected": "a bug, masked for the whole request",
    "DefinitionError": "only while starting",
    "ConfigurationError": "only while starting",
}
"""Errors that are never one source's, and why."""
WHEN = dt.datetime(2026, 11, 15, 12, tzinfo=dt.UTC)


def everything() -> None:
    """Import every module, so that no error class is missed."""
    for module in pkgutil.walk_packages(ledgermesh.__path__, "ledgermesh."):
        if not module.name.endswith(".__main__"):
            importlib.import_module(module.name)


def coded(root: type[LedgermeshError] = LedgermeshError) -> Iterator[type[LedgermeshError]]:
    """Every error of ours that can be raised: those with a code."""
    for each in root.__subclasses__():
        if hasattr(each, "code") and each.__module__.startswith("ledgermesh."):
            yield each
        yield from coded(each)


@pytest.fixture(scope="module")
def connection() -> Connection:
    return Connection(
        id=strawberry.ID("c"),
        provider=catalogue(discover(NAMES))["kashoo"],
        company_key="shop",
        environment="sandbox",
        state=ConnectionState.ACTIVE,
    )


def test_every_error_of_a_source_has_a_status() -> None:
    """A new error is either given a word for callers or said never to be one source's."""
    everything()
    unmapped = {each.__name__ for each in coded() if not issubclass(each, tuple(STATUS))}
    known = {each.__name__ for each in coded()}

    assert unmapped <= ELSEWHERE.keys()
    assert known >= ELSEWHERE.keys()


def test_the_more_special_error_comes_first() -> None:
    """The first that fits decides, so no kind may stand behind its own parent."""
    kinds = list(STATUS)

    assert [
        (earlier.__name__, later.__name__)
        for place, earlier in enumerate(kinds)
        for later in kinds[place + 1 :]
        if issubclass(later, earlier)
    ] == []


def test_the_merge_says_nothing_that_the_schema_cannot() -> None:
    """Its own statuses are words of the schema; FAILED always has an error, which says more."""
    assert set(get_args(merge.Status)) - {"FAILED"} <= {each.value for each in SourceStatus}
    assert set(get_args(merge.Completeness)) == {each.value for each in Completeness}


def test_every_status_can_happen() -> None:
    """No word of the schema is dead."""
    assert {each.value for each in SourceStatus} == set(get_args(merge.Status)) - {"FAILED"} | {
        each.value for each in (*STATUS.values(), SourceStatus.STALE)
    }


@pytest.mark.parametrize("kind", [kind for kind in STATUS if kind is not LedgermeshError])
def test_a_failed_source_tells_the_error_whole(kind: type[LedgermeshError], connection: Connection) -> None:
    """Code, words, remedy and time to come back stand beside the other sources' records; none of its own do."""
    details = {
        "providerCode": 17,
        "providerMessage": "no",
        "upstreamRequestId": "r-1",
        "internal": "not shown",
    }
    found = failed(connection, kind("in words", retry_at=WHEN, details=details), resource="supplies")

    assert found.status is status_of(kind("x"))
    assert (found.completeness, found.rows, found.calls, found.resource) == (
        Completeness.NONE,
        0,
        0,
        "supplies",
    )
    assert found.error is not None
    assert (found.error.code, found.error.retryable, found.error.remedy) == (
        kind.code,
        kind.retryable,
        kind.remedy,
    )
    assert (found.error.message, found.reason, found.error.retry_at) == ("in words", "in words", WHEN)
    assert (found.error.provider_code, found.error.provider_message, found.error.upstream_request_id) == (
        "17", "no", "r-1",
    )  # fmt: skip


def test_waiting_and_being_away_are_told_apart() -> None:
    """A caller waits for the one, and tries the other when it likes."""
    assert status_of(SlowDown("x")) is SourceStatus.RATE_LIMITED
    assert status_of(Unavailable("x")) is SourceStatus.UNAVAILABLE
