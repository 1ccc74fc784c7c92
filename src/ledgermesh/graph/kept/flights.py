"""Equal questions that are asked at the same time share the execution of the first of them.

It runs in the first one's own task: whoever joins waits beside it, and may leave. Where the first one leaves, its
execution ends with it, and the next one begins anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field
from msgspec.structs import replace

from ledgermesh.upstream.call import Trace
from ledgermesh.upstream.trace import is_open

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ledgermesh.graph.question import Answer, Question

Make = Callable[["Question"], Coroutine[Any, Any, "Answer"]]


class Flight(Struct, eq=False, kw_only=True):
    """One execution, and the question that it is for; that one's notes tell how far it is."""

    question: Question
    started: float
    """Monotonic seconds."""
    changes: int
    """What the registry had counted then."""
    landed: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    answer: Answer | None = None
    left: bool = False
    """Whether it ended because its caller left."""

    @property
    def deadline(self) -> float:
        """That of the one it is for."""
        return self.started + self.question.timeout_seconds

    @property
    def live(self) -> bool:
        """Whether nothing of the answer was read yet: all of it will come after now."""
        trace = self.question.notes.trace
        return trace is None or (trace.oldest is None and all(is_open(step) for step in trace.steps))

    @property
    def oldest(self) -> float:
        """When the oldest of what it read so far was read, at the earliest."""
        trace = self.question.notes.trace
        return self.started if trace is None or trace.oldest is None else min(self.started, trace.oldest)


class Flights:
    """Those in the air, by what was asked and by whom."""

    def __init__(self) -> None:
        self._flights: dict[Hashable, Flight] = {}

    def __len__(self) -> int:
        return len(self._flights)

    def find(self, key: Hashable) -> Flight | None:
        """The newest that has not landed."""
        return self._flights.get(key)

    @contextmanager
    def start(self, key: Hashable, flight: Flight) -> Iterator[None]:
        """Around an execution: whoever asks meanwhile finds it."""
        self._flights[key] = flight
        try:
            yield
        except asyncio.CancelledError:
            flight.left = True
            raise
        finally:
            if self._flights.get(key) is flight:
                del self._flights[key]
            flight.landed.set_result(None)


def joined(flight: Flight, answer: Answer, late_ms: float) -> tuple[Answer, Trace]:
    """The answer as it is told to whoever came so much later, and the calls that were shared."""
    trace = flight.question.notes.trace or Trace()
    steps = [replace(step, cache=_came(step.cache)) for step in trace.steps]
    told = answer.get("extensions", {})
    if "calls" in told:
        calls = [_later(each, late_ms) for each in told["calls"]]
        answer = {**answer, "extensions": {**told, "calls": calls}}
    return answer, Trace(steps, oldest=trace.oldest)


def _came(cache: str) -> str:
    return "JOINED" if cache == "MISS" else cache


def _later(call: dict[str, Any], late_ms: float) -> dict[str, Any]:
    """A line of `extensions.calls` by the time of whoever joined it under way."""
    began, ended = call["startedMs"] - late_ms, call["startedMs"] + call["ms"] - late_ms
    times = {"startedMs": round(max(began, 0.0), 1), "ms": round(max(ended - max(began, 0.0), 0.0), 1)}
    return {**call, **times, "waitMs": 0.0, "cache": _came(call["cache"])}
