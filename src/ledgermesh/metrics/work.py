"""Figures of what goes on beside the requests: jobs, webhooks, the shared state, the event loop."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from ledgermesh.clock import Clock
from ledgermesh.errors import StateDown
from ledgermesh.metrics.figures import INSTANTS, Counter, Figure, Gauge, Histogram
from ledgermesh.state.queue import Queue
from ledgermesh.sync.webhooks import Posted
from ledgermesh.sync.worker import Watch

LAG_SECONDS: Final = 0.25
"""How often the event loop is looked at."""
QUEUE_SECONDS: Final = 10.0
"""How often the queue is: where it is shared, that is a question to a server."""


class WorkFigures(Watch):
    """Counts jobs itself; `posted` and `asked` are told by others."""

    def __init__(self) -> None:
        self.taken_total = Counter("ledgermesh_jobs_taken_total", "Jobs that a worker of this process took.")
        self.interrupted = Counter(
            "ledgermesh_jobs_interrupted_total", "Jobs that it left unfinished; they are delivered again."
        )
        self.running = Gauge("ledgermesh_jobs_running", "Jobs under way in this process.")
        self.waiting = Gauge("ledgermesh_jobs_waiting", "Jobs that nobody has taken, when last looked at.")
        self.parts = Counter(
            "ledgermesh_job_parts_total", "Changes that jobs carried out, by provider and outcome.",
            ("provider", "outcome"),
        )  # fmt: skip
        self.webhooks = Counter(
            "ledgermesh_webhook_deliveries_total",
            "Attempts to post an event to a webhook, by outcome (delivered, failed: tried again, given_up).",
            ("outcome",),
        )
        self.store = Histogram(
            "ledgermesh_state_request_duration_seconds",
            "How long the shared state took to answer, by operation. Nothing for a state in memory.",
            ("operation",), INSTANTS,
        )  # fmt: skip
        self.store_errors = Counter(
            "ledgermesh_state_errors_total", "Questions that the shared state did not answer.", ("operation",)
        )
        self.lag = Histogram(
            "ledgermesh_event_loop_lag_seconds",
            "How much later than asked for the event loop came back, looked at four times a second.",
            bounds=INSTANTS,
        )

    def figures(self) -> Sequence[Figure]:
        """All of them."""
        return (
            self.taken_total, self.interrupted, self.running, self.waiting, self.parts, self.webhooks,
            self.store, self.store_errors, self.lag,
        )  # fmt: skip

    def taken(self) -> None:
        """See Watch."""
        self.taken_total.add()
        self.running.add(by=1)

    def left(self, *, interrupted: bool) -> None:
        """See Watch."""
        self.running.add(by=-1)
        if interrupted:
            self.interrupted.add()

    def ended(self, provider: str, outcome: str) -> None:
        """See Watch."""
        self.parts.add(provider, outcome.lower())

    def posted(self, outcome: Posted) -> None:
        """An attempt to post an event is over."""
        self.webhooks.add(outcome)

    def asked(self, operation: str, seconds: float | None) -> None:
        """The shared state answered, or could not be asked."""
        if seconds is None:
            self.store_errors.add(operation)
        else:
            self.store.observe(operation, value=seconds)

    async def watch_loop(self, clock: Clock) -> None:
        """Until cancelled."""
        while True:
            due = clock.monotonic() + LAG_SECONDS
            await clock.sleep(LAG_SECONDS)
            self.lag.observe(value=max(clock.monotonic() - due, 0.0))

    async def watch_queue(self, queue: Queue, clock: Clock) -> None:
        """Until cancelled; while the queue cannot be asked the last figure stands."""
        while True:
            with suppress(StateDown):
                self.waiting.set(to=await queue.waiting())
            await clock.sleep(QUEUE_SECONDS)
