"""The wire over httpx."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from ledgermesh.upstream.wire import Wire
from ledgermesh.upstream.wire_httpx import HttpxWire

from .wires import WireContract


class TestHttpxWire(WireContract):
    """Over real connections; the tests of the stack use it over ASGI."""

    @pytest.fixture
    async def wire(self) -> AsyncIterator[Wire]:
        """On a client of its own."""
        async with httpx.AsyncClient(trust_env=False) as client:
            yield HttpxWire(client)
