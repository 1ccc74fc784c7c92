"""The gateways that the tests of the edge talk to: a small one, and one that keeps answers."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from tests.edge.desk import Desk, gateway
from tests.edge.keeping import Keeping, guested


@pytest.fixture
def desk() -> Desk:
    """Answers, and what it was asked."""
    return Desk()


@pytest.fixture
async def http(desk: Desk) -> AsyncIterator[httpx.AsyncClient]:
    """A caller who is signed in at this desk."""
    async with gateway(desk) as client:
        yield client


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def house() -> AsyncIterator[Keeping]:
    """One that keeps answers, for all tests of a file."""
    async with guested() as made:
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def here(house: Keeping) -> Keeping:
    """Where nothing is kept of what was asked before."""
    house.later()
    return house
