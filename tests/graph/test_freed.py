"""What an answer was made of is freed with it: nothing of its rows is left for a collection of garbage."""

from __future__ import annotations

import asyncio
import gc
import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from ledgermesh.model.record import Record
from ledgermesh.model.row import Row
from tests.bench.isolation import ask, body_of, make_running, question
from tests.bench.provider import CONTACTS, _contact


@contextmanager
def uncollected() -> Iterator[None]:
    """No collection runs by itself."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def rows() -> int:
    """Records, rows and provider's documents of invoices that are there."""
    return sum(
        isinstance(each, Record | Row) or (isinstance(each, dict) and "lineItems" in each)
        for each in gc.get_objects()
    )


@pytest.mark.parametrize("way", ["compiled", "interpreted"])
@pytest.mark.parametrize("shape", ["sorted there", "edges"])
async def test_no_row_outlives_its_answer(way: str, shape: str) -> None:
    """Also where compiled code followed records to others, read in a batch. graphql-core's executor is a cycle of its
    own with all that its context knows, so there only the list is looked at.
    """
    contacts = [_contact(number) for number in range(CONTACTS)]
    bodies = {
        "large": body_of(0.05),
        "contacts": json.dumps({"total": len(contacts), "rows": contacts}).encode(),
    }
    running = await make_running(bodies, compiled=way == "compiled")
    text = question(shape)
    if way == "compiled":
        text = text.replace("party { id }", "party { displayName }")
    for _ in range(2):
        await ask(running, text)
    with uncollected():
        before = rows()
        await ask(running, text)
        for _ in range(5):
            await asyncio.sleep(0)
        left = rows() - before
    await running.close()
    assert left <= 0
