"""Work beside the requests."""

from __future__ import annotations

import asyncio

from structlog.testing import capture_logs

from ledgermesh.background import Background


async def test_it_runs_until_the_block_ends() -> None:
    """All begin, and all are cancelled and waited for."""
    begun, over = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            over.set()

    background = Background({"work": work})
    async with background.running():
        await begun.wait()
        assert not over.is_set()

    assert over.is_set()
    assert background.ended == []


async def test_work_that_ends_by_itself_is_told() -> None:
    """In the log with its error, and by name for whoever asks whether the process is ready."""

    async def broken() -> None:
        raise RuntimeError("broken")

    background = Background({"broken": broken})
    with capture_logs() as lines:
        async with background.running():
            while not background.ended:
                await asyncio.sleep(0)

    assert background.ended == ["broken"]
    assert [(line["event"], line["work"]) for line in lines] == [("background work ended", "broken")]
