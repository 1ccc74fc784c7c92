"""The contract is asked of every provider that `discover()` finds."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.contract.known import PROVIDERS
from tests.contract.stand import Stand, standing


@pytest.fixture(params=sorted(PROVIDERS))
def name(request: pytest.FixtureRequest) -> str:
    """A provider's name."""
    return str(request.param)


@pytest.fixture
async def stand(name: str) -> AsyncIterator[Stand]:
    """The provider's stack over its emulator."""
    async with standing(name) as made:
        yield made
