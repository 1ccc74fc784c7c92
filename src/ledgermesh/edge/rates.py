"""What an answer's status and headers say of the caller's own rate: `RateLimit-*` and `Retry-After`."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from email.utils import format_datetime

from ledgermesh.errors import LedgermeshError
from ledgermesh.graph.question import Notes

TOO_MANY = 429
LATER = frozenset((TOO_MANY, 503))
"""Statuses that say when to come back, where it is known."""


def throttled(notes: Notes) -> bool:
    """Whether every company that the request reached was refused it; some are told in the answer itself."""
    outcome = notes.admission.outcome if notes.admission is not None else None
    return _calls_wait(notes) is not None or (outcome is not None and outcome.wait_seconds is not None)


def _calls_wait(notes: Notes) -> float | None:
    """Seconds until the caller may cause the calls that it was refused; None where it was not."""
    return notes.calls.allowed.wait_seconds if notes.calls is not None else None


def headers(notes: Notes) -> Mapping[str, str]:
    """What the operation costs, and the rate of the company of which least is left, where one was counted.

    `RateLimit-Limit` is what may come at once, `RateLimit-Remaining` what of that is left, `RateLimit-Reset` the whole
    seconds until all of it is back.
    """
    outcome = notes.admission.outcome if notes.admission is not None else None
    if outcome is None:
        wait = _calls_wait(notes)
        return {**_cost(notes), **({} if wait is None else {"Retry-After": str(max(1, math.ceil(wait)))})}
    found = {
        **_cost(notes),
        "RateLimit-Limit": str(outcome.scarcest.limit),
        "RateLimit-Remaining": str(outcome.scarcest.remaining),
        "RateLimit-Reset": str(math.ceil(outcome.scarcest.reset_seconds)),
    }
    # A request that some companies let in is no 429; the verdicts on the others' sources say when to come back.
    if outcome.wait_seconds is not None:
        found["Retry-After"] = str(max(1, math.ceil(outcome.wait_seconds)))
    return found


def _cost(notes: Notes) -> Mapping[str, str]:
    """What the operation was predicted to cost, refused or not; nothing where that could not be told."""
    if notes.cost is None:
        return {}
    left = "" if notes.calls is None else f", callsLeft={notes.calls.allowed.remaining}"
    return {"X-Cost": f"points={notes.cost.points}, calls={notes.cost.calls}{left}"}


def retry_after(error: LedgermeshError) -> Mapping[str, str]:
    """When to come back after a request that was refused as a whole, as an HTTP date."""
    if error.status not in LATER or error.retry_at is None:
        return {}
    whole = error.retry_at.replace(microsecond=0) + dt.timedelta(seconds=error.retry_at.microsecond > 0)
    return {"Retry-After": format_datetime(whole.astimezone(dt.UTC), usegmt=True)}
