"""Every operation of every contract succeeds against its emulator, with requests and answers as the contract says."""

from __future__ import annotations

import datetime as dt
import importlib

import pytest

from ledgermesh.clock import ManualClock
from ledgermesh.sandbox.app import makers
from ledgermesh.sandbox.world import World, make_world
from tests.sandbox.contracts import METHODS, PROVIDERS, read_contract
from tests.sandbox.operations import COUNTS, HOST, Count, make_run

START = dt.datetime(2025, 11, 15, 12, 30, tzinfo=dt.UTC)
NAMES = sorted(path.stem for path in PROVIDERS.glob("*.yaml"))


@pytest.fixture(scope="module")
def world() -> World:
    """Each provider has books of its own, so that one's writes are not seen by another."""
    return make_world(today=START.date())


def test_every_emulator_has_a_contract() -> None:
    """And every contract an emulator."""
    assert list(makers()) == NAMES


@pytest.mark.parametrize("name", NAMES)
async def test_every_operation_succeeds(name: str, world: World, request: pytest.FixtureRequest) -> None:
    """Each at least once, in an order in which it can; how many is printed at the end of the run."""
    clock = ManualClock(START)
    emulator = makers()[name](world, clock)
    books = next(books for (_, provider), books in sorted(world.books.items()) if provider == name)
    module = importlib.import_module(f"tests.providers.{name}.exercises")
    run = make_run(name, emulator, books, clock, mount=getattr(module, "MOUNT", HOST))
    try:
        async with run.client:
            await module.exercise(run)
    finally:
        request.config.stash.setdefault(COUNTS, {})[name] = run.count
    assert run.count.missing == []
    assert run.done <= run.count.all


@pytest.mark.parametrize("name", NAMES)
def test_every_operation_has_an_id_of_its_own(name: str) -> None:
    """None is left out of the count for want of a name, or for having the name of another."""
    every = [
        item[method] for item in read_contract(name)["paths"].values() for method in item if method in METHODS
    ]
    ids = [operation.get("operationId") for operation in every]
    assert None not in ids
    assert len(ids) == len(set(ids))


def test_what_is_missing_is_counted() -> None:
    """An operation that was not exercised is named; one that there is none of does not make up for it."""
    count = Count(frozenset(("read", "other")), frozenset(("read", "write", "list")))
    assert (count.missing, str(count)) == (["list", "write"], "1 of 3 operations")
