"""A gateway that several tenants administer: an operator, a north and a south, each with keys of both environments."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from ledgermesh.clock import ManualClock
from ledgermesh.sandbox.app import make_sandbox
from ledgermesh.state.allowances import keep_sandbox_addresses
from ledgermesh.state.entries import KeyEntry, TenantEntry, digest
from ledgermesh.state.shared import State
from tests.graph.demo import codes, demo_world
from tests.harness import NOW, SANDBOX, House, house

ALL = frozenset(("api.read", "api.write", "admin"))
TENANTS = (
    TenantEntry(id="home", name="The operator", operator=True),
    TenantEntry(id="north", name="Northern Advisers", allowed_urls=("https://app.north.test",)),
    TenantEntry(id="south", name="Southern Lights", allowed_urls=("https://app.south.test",)),
)
BOOKS = ("accountsos", "kashoo", "smallinvoice")
"""The providers that are there."""


@asynccontextmanager
async def admin_house() -> AsyncIterator[House]:
    """The demo's gateway, with these tenants; every key of theirs is called `<tenant>-<environment>`."""
    clock, world = ManualClock(NOW), demo_world()
    emulators = {name: each for name, each in make_sandbox(world, clock).emulators.items() if name in BOOKS}
    async with house(world, emulators, clock) as made:
        state = made.gateway.state
        for tenant in TENANTS:
            await state.directory.add(tenant)
            await add_key(state, f"{tenant.id}-sandbox", tenant=tenant.id)
            await add_key(state, f"{tenant.id}-live", tenant=tenant.id, environment="live")
        await keep_sandbox_addresses(state.store, {name: f"{SANDBOX}/{name}/" for name in BOOKS})
        yield made


async def add_key(state: State, key: str, **fields: Any) -> None:
    """A key by its own text as id; it may do everything unless told otherwise."""
    given = {"environment": "sandbox", "scopes": ALL, **fields}
    await state.directory.add(KeyEntry(id=key, digest=digest(key), **given))


async def done(house: House, text: str, key: str = "north-sandbox", **variables: Any) -> Any:
    """The one field that was asked for; fails where there are errors."""
    answer = await house.ask(text, key=key, **variables)
    assert "errors" not in answer, answer["errors"]
    [found] = answer["data"].values()
    return found


async def refused(house: House, text: str, key: str = "north-sandbox", **variables: Any) -> str:
    """The code and the message of the one error; fails where there is data."""
    answer = await house.ask(text, key=key, **variables)
    [code] = codes(answer)
    assert not any((answer["data"] or {}).values())
    return f"{code}: {answer['errors'][0]['message']}"
