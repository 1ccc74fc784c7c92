"""The small gateway that the tests of the edge talk to."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.edge.desk import Desk, gateway


@pytest.fixture
def desk() -> Desk:
    """Answers, and what it was asked."""
    return Desk()


@pytest.fixture
async def http(desk: Desk) -> AsyncIterator[httpx.AsyncClient]:
    """A caller who is signed in at this desk."""
    async with gateway(desk) as client:
        yield client
