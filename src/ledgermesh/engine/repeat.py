"""What an error says of a request that changes something: whether it may have had its effect, when to try again."""

from __future__ import annotations

from ledgermesh.clock import Clock
from ledgermesh.engine.planned import Failure, Step
from ledgermesh.errors import Garbled, LedgermeshError, SlowDown, TooLate, Unavailable
from ledgermesh.upstream.local import is_local

TRIES_MAX = 5
"""How often one request is sent at most, whatever the answers."""


def is_unclear(error: LedgermeshError) -> bool:
    """Whether the request may have had its effect all the same.

    A refusal of our own was made before anything was sent, and one of the provider's in the 4xx range says that it did
    nothing. After anything else nobody knows: also a 5xx may come after the effect.
    """
    if is_local(error):
        return False
    status = error.details.get("status")
    if isinstance(status, int) and status >= 500:
        return True
    return isinstance(error, Unavailable | TooLate | Garbled)


def pause(error: LedgermeshError, clock: Clock, deadline: float) -> float | None:
    """Seconds until a request that was not done may be sent again; None where that is not before the deadline."""
    if not isinstance(error, SlowDown | Unavailable) or error.retry_at is None:
        return None
    seconds = max((error.retry_at - clock.now()).total_seconds(), 0.0)
    return seconds if clock.monotonic() + seconds < deadline else None


def failure_of(error: LedgermeshError) -> Failure:
    """The error for the caller."""
    return Failure(
        code=error.code,
        message=error.message,
        remedy=error.remedy,
        retryable=error.retryable,
        retry_at=error.retry_at,
        path=_text(error, "field") or "",
        provider_code=_text(error, "providerCode"),
        provider_message=_text(error, "providerMessage"),
        upstream_request_id=_text(error, "upstreamRequestId"),
    )


def named(error: LedgermeshError, step: Step) -> None:
    """Note in a refusal which field of the input the provider means, where it names one that the step carries."""
    told = error.details.get("providerFields")
    for theirs in told if isinstance(told, list) else ():
        words = str(theirs).split(".")
        for count in range(len(words), 0, -1):
            ours = step.fields.get(".".join(words[:count]))
            if ours is not None:
                index = words[count] if count < len(words) and words[count].isdigit() else None
                error.details["field"] = ours if index is None else f"{ours}.{index}"
                return


def _text(error: LedgermeshError, name: str) -> str | None:
    found = error.details.get(name)
    return found if isinstance(found, str) else None
