"""TrulySmall: what it shares with Kashoo, and what it alone has."""

from __future__ import annotations

from tests.providers.kashoo import exercises as kashoo
from tests.sandbox.operations import Run


async def exercise(run: Run) -> None:
    """All of it."""
    bill = await kashoo.exercise_shared(run)
    await run("unprocessRecords", json=[bill])
