"""Write down every call that was made, and every answer that needed none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from ledgermesh.clock import Clock
from ledgermesh.errors import LedgermeshError
from ledgermesh.upstream import call as values
from ledgermesh.upstream.call import Call, Handler, Response, Step
from ledgermesh.upstream.watch import Watch

Came = Literal["MISS", "HIT", "JOINED", "STALE"]


class Trace:
    """Gives each call a page of its own to write on, and closes the lines its end left open.

    The lines themselves are written where things happen: an attempt by send, a HIT by cache, a JOINED by coalesce.
    A call that was refused here (an open breaker, a spent budget) reached nobody and has no line.
    """

    def __init__(self, clock: Clock, watches: Sequence[Watch] = ()) -> None:
        self._clock = clock
        self._watches = watches

    async def answer(self, call: Call, send: Handler) -> Response:
        """See Layer."""
        page = values.Trace(parent=call.trace)
        ends = [watch.begin(call) for watch in self._watches]
        failed: str | None = None
        try:
            return await send(call.but(trace=page))
        except LedgermeshError as error:
            failed = error.code
            raise
        finally:
            # A flight that goes on for others must not write into an answer that is already given.
            page.parent = None
            for step in page.steps:
                if is_open(step):
                    close(step, call, self._clock, error=failed)
            for end in ends:
                end(page.steps, failed)


def begin(call: Call, clock: Clock, came: Came = "MISS") -> Step:
    """A new line for this call, written at the end of its trace."""
    step = Step(
        connection=call.link.connection,
        provider=call.link.provider.name,
        method=call.method,
        path=call.template,
        attempt=call.attempt,
        started_ms=(clock.monotonic() - call.arrived) * 1000,
        wait_ms=call.waited * 1000 if came == "MISS" else 0.0,
        cache=came,
    )
    if call.trace is not None:
        call.trace.write(step)
    return step


def is_open(step: Step) -> bool:
    """Whether nobody has said yet how it went."""
    return step.status is None and step.error is None


def close(
    step: Step,
    call: Call,
    clock: Clock,
    *,
    status: int | None = None,
    error: str | None = None,
    body_bytes: int | None = None,
) -> None:
    """Say how it went, how long it took and what is left; the first to say so is believed."""
    if not is_open(step):
        return
    step.ms = (clock.monotonic() - call.arrived) * 1000 - step.started_ms
    step.body_bytes = body_bytes
    step.budget_left = call.left() if call.left is not None else None
    step.status = status
    step.error = error


def answered(step: Step, call: Call, clock: Clock, response: Response) -> None:
    """Close a line with a good answer."""
    step.upstream_request_id = request_id(call, response.headers)
    close(step, call, clock, status=response.status, body_bytes=len(response.body))


def failed(step: Step, call: Call, clock: Clock, error: LedgermeshError) -> None:
    """Close a line with an error, whose details name the status and the provider's id of the request."""
    status, identity = error.details.get("status"), error.details.get("upstreamRequestId")
    step.upstream_request_id = identity if isinstance(identity, str) else None
    close(step, call, clock, status=status if isinstance(status, int) else None, error=error.code)


def request_id(call: Call, headers: Mapping[str, str]) -> str | None:
    """What the provider calls this request, if it says."""
    name = call.link.provider.request_id_header
    return headers.get(name.lower()) if name else None
