"""What runs beside the requests so that accepted pushes are carried out."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from ledgermesh.clock import Clock
from ledgermesh.sync.jobs import Jobs
from ledgermesh.sync.keeper import Keeper
from ledgermesh.sync.worker import Run, Worker


def pushing(jobs: Jobs, run: Run, clock: Clock) -> Mapping[str, Callable[[], Coroutine[Any, Any, None]]]:
    """By name, each for as long as the process serves."""
    return {
        "follow pushes": jobs.feed.run,
        "look after jobs": Keeper(jobs.syncs, jobs.state.queue, clock).run,
        "push": Worker(jobs, run, clock).run,
    }
