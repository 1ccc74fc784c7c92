"""What the programs of this folder are run against."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.commands import process
from tests.ports import free_ports


@pytest.fixture(scope="module")
def demo() -> Iterator[str]:
    """The address of a demo's endpoint."""
    port, sandbox = free_ports(2)
    with process("demo", "--port", str(port), "--sandbox-port", str(sandbox)) as running:
        running.said("Stop with")
        yield f"http://127.0.0.1:{port}/graphql"
