"""What is written of how a connection stands, and what that costs."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random

import pytest
from structlog.testing import capture_logs

from ledgermesh.errors import Reconnect
from ledgermesh.state.shared import make_state
from ledgermesh.upstream.stack import make_stack
from tests.state.stores import Failing
from tests.states import KEYS

from .conftest import Gate, World, say
from .issuer import CLIENT, relink, rotating
from .test_standing import refused, shown, standing, things


class Counting(Failing):
    """A store that counts what is written of standings."""

    written = 0

    async def put(self, key: str, value: bytes, *, expect: int) -> bool:
        """See Store."""
        self.written += key.startswith("standing/")
        return await super().put(key, value, expect=expect)


@asynccontextmanager
async def over(store: Failing, world: World) -> AsyncIterator[World]:
    """The world over this store."""
    state = make_state(store, KEYS, world.clock)
    stack = make_stack(clock=world.clock, random=Random(2), wire=world.wire, state=state)
    made = World(world.clock, world.server, world.wire, state, stack)
    await made.grant("api_key", api_key="key-canary")
    yield made
    await stack.close()


async def test_many_callers_at_once_write_once(world: World) -> None:
    """Fifty that are refused together."""
    async with over(Counting(world.clock), world) as made:
        world.server.usual = say({}, 401)
        answers = await asyncio.gather(
            *(made.ask(f"/{number}") for number in range(50)), return_exceptions=True
        )
        assert all(type(each) is Reconnect for each in answers)
        assert shown(made) == ("NEEDS_REAUTH", "NEEDS_REAUTH", 60)
        store = made.state.store
        assert isinstance(store, Counting) and store.written == 1


class Unwritable(Failing):
    """A store that takes no standings: it is down, or hangs."""

    hangs = False

    async def put(self, key: str, value: bytes, *, expect: int) -> bool:
        """See Store."""
        if not key.startswith("standing/"):
            return await super().put(key, value, expect=expect)
        while self.hangs:
            await asyncio.sleep(0.01)
        self._check()
        return await super().put(key, value, expect=expect)


async def test_a_store_that_is_down_costs_the_answer_nothing(world: World) -> None:
    """The caller gets the provider's verdict; the log says that the state could not be written."""
    store = Unwritable(world.clock)
    async with over(store, world) as made:
        world.server.usual = say({}, 401)
        gate = Gate(say({}, 401))
        world.server.then(gate)
        asking = asyncio.ensure_future(made.ask())
        await gate.reached.wait()
        store.down = True
        gate.open.set()
        with capture_logs() as lines, pytest.raises(Reconnect):
            await asking
        assert [line["event"] for line in lines] == ["a connection's state could not be written"]
        assert standing(made) is None


async def test_a_store_that_hangs_holds_up_the_answer_for_a_moment_only(world: World) -> None:
    """The writing goes on behind it."""
    store = Unwritable(world.clock)
    store.hangs = True
    async with over(store, world) as made:
        world.server.usual = say({}, 401)
        await refused(made)
        assert standing(made) is None
        store.hangs = False
        await made.stack.close()
        assert shown(made) == ("NEEDS_REAUTH", "NEEDS_REAUTH", 60)


# -- ends that are known ahead -------------------------------------------------------------------------------------


def object_until(moment: dt.datetime) -> str:
    """A login's token that ends then."""
    return f'{{"expiryDate":{int(moment.timestamp() * 1000)}}}'


async def test_the_end_of_a_sign_in_that_does_not_renew_itself_is_announced(world: World) -> None:
    """From the first use on, once; a link that renews itself takes it back, and after the end it needs a person."""
    ends = world.clock.now() + dt.timedelta(days=1)
    await world.grant("first_party", token=object_until(ends))
    async with over(Counting(world.clock), world) as made:
        await made.grant("first_party", token=object_until(ends))
        for _ in range(3):
            await made.ask()
        found = standing(made)
        assert found is not None and (found.state, found.expires_at) == ("ACTIVE", ends)
        assert isinstance(made.state.store, Counting) and made.state.store.written == 1

        world.clock.advance(90_000)
        await refused(made)
        assert shown(made) == ("NEEDS_REAUTH", "NEEDS_REAUTH", 60)
        assert len(things(world)) == 3

        later = object_until(world.clock.now() + dt.timedelta(days=1))
        await made.grant("first_party", email="a@x.example", password="pw", token=later)
        await made.ask()
        found = standing(made)
        assert found is not None and (found.state, found.expires_at) == ("ACTIVE", None)


async def test_where_nothing_ends_nothing_is_written(world: World) -> None:
    """A key, and a token that renews itself."""
    await world.ask()
    await rotating(world, expires_in=3600)
    await relink(world.state, access_token="a0", refresh_token="r0", **CLIENT)
    await world.ask()
    assert standing(world) is None


async def test_when_it_last_went_well_is_remembered(world: World) -> None:
    """In memory while it does, and in the standing once it does not."""
    assert world.stack.last_good_at("live", "connection-1") is None
    await world.ask()
    good = world.clock.now()
    world.clock.advance(5)
    world.server.then(say({}, 401))
    await refused(world)
    assert world.stack.last_good_at("live", "connection-1") == good
    found = standing(world)
    assert found is not None and found.last_good_at == good
