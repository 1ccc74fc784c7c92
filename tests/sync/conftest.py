"""The office that the tests of webhooks work in."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.sync.office import Office, office


@pytest.fixture
async def place() -> AsyncIterator[Office]:
    """With a webhook of each tenant."""
    async with office() as made:
        await made.hook("t1", "hook-1")
        await made.hook("t2", "hook-2")
        yield made
