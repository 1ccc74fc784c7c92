"""What runs beside the requests so that accepted pushes are carried out."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from msgspec import Struct

from ledgermesh.clock import Clock
from ledgermesh.engine.push import CLAIM_SECONDS
from ledgermesh.state.queue import LEASE_SECONDS
from ledgermesh.sync.jobs import Jobs
from ledgermesh.sync.keeper import Keeper
from ledgermesh.sync.worker import Run, Watch, Worker


class Leases(Struct, frozen=True, kw_only=True):
    """How long others wait for a process that holds something and is not heard of, seconds."""

    job_seconds: float = LEASE_SECONDS
    """As the queue has it."""
    claim_seconds: float = CLAIM_SECONDS
    """Of a key that is being written under, and of a record that is being changed."""


def pushing(
    jobs: Jobs, run: Run, clock: Clock, watch: Watch | None = None, leases: Leases | None = None
) -> Mapping[str, Callable[[], Coroutine[Any, Any, None]]]:
    """By name, each for as long as the process serves."""
    return {
        "follow pushes": jobs.feed.run,
        "look after jobs": Keeper(jobs.syncs, jobs.state.queue, clock).run,
        "push": Worker(jobs, run, clock, watch=watch, lease_seconds=(leases or Leases()).job_seconds).run,
    }
