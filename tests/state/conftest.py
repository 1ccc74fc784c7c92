"""One Valkey server for all tests of a run, and each of the stores in turn."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.state.stores import Engine, Files, Memory, Server, Valkey

PREFIXES = (f"t{number}:" for number in itertools.count())


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A real one."""
    made = Server(tmp_path_factory.mktemp("valkey"))
    yield made
    made.stop()


@pytest.fixture(params=["memory", "file", "valkey"])
async def engine(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Engine]:
    """What processes share."""
    made: Engine
    match request.param:
        case "memory":
            made = Memory()
        case "file":
            made = Files(tmp_path / "state")
        case _:
            made = Valkey(request.getfixturevalue("server"), next(PREFIXES))
    yield made
    await made.close()
