"""Work to be done by whichever process is free: at least once, and by another one where the first one dies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

from msgspec import Struct

LEASE_SECONDS: Final = 30.0
"""A worker that is not heard of for so long is taken for dead, and its job handed to another."""


class Delivery(Struct, frozen=True):
    """One job in the hands of one worker, until its lease ends."""

    job: str
    worker: str
    mark: str
    """Which delivery it is, for the queue itself."""


class Queue(Protocol):
    """Names of jobs, the oldest first. Every method raises StateDown when the store cannot be asked.

    What a job is, and whether it is still to be done, stands elsewhere: a job may be delivered more than once.
    """

    async def add(self, *jobs: str) -> None:
        """Keep these, durable where the store is; those that are in the queue already stay where they are."""
        ...

    async def take(self, worker: str, *, seconds: float, most: int = 1) -> Sequence[Delivery]:
        """The next jobs for this worker, at most so many, waiting up to so long for the first; else none."""
        ...

    async def extend(self, delivery: Delivery) -> Delivery | None:
        """The same with a whole lease before it; None when it was handed to another, or may be."""
        ...

    async def done(self, delivery: Delivery) -> bool:
        """Take the job out of the queue; False when it was handed to another meanwhile."""
        ...

    async def release(self, delivery: Delivery) -> bool:
        """Hand it back at once, for any worker to take; False when another has it already."""
        ...

    async def waiting(self) -> int:
        """How many jobs nobody has taken, as far as this process can see."""
        ...

    async def close(self) -> None:
        """Let go of sockets."""
        ...
