"""What processes leave each other about renewals."""

from __future__ import annotations

import pytest

from ledgermesh.errors import LedgermeshError, Reconnect, SlowDown, StateDown
from ledgermesh.state.base import Secret
from ledgermesh.upstream.marks import KINDS, Marks
from tests.state.stores import Failing

from .conftest import World

KEY = ("tenant-1", "live", "connection-1")
TOKEN = Secret("refresh-canary")


async def test_what_was_begun_is_known_until_it_is_ended(world: World) -> None:
    """Of this token of this connection; a mark of another token is a mark of one that is gone."""
    marks = Marks(world.state.store)
    assert not await marks.begin(KEY, TOKEN)
    assert await marks.begin(KEY, TOKEN)
    assert not await marks.begin((*KEY[:2], "connection-2"), TOKEN)
    await marks.end(KEY)
    await marks.end(KEY)
    assert not await marks.begin(KEY, TOKEN)
    assert not await marks.begin(KEY, Secret("the next"))
    assert await marks.begin(KEY, Secret("the next"))


async def test_a_mark_lasts_and_shows_no_token(world: World) -> None:
    """Whatever time passes; neither its key nor its value holds the token."""
    await Marks(world.state.store).begin(KEY, TOKEN)
    world.clock.advance(10**9)
    assert await Marks(world.state.store).begin(KEY, TOKEN)
    assert "canary" not in repr(
        {key: kept.value for key, kept in (await world.state.store.under("")).items()}
    )


async def test_nothing_is_begun_without_the_store(world: World) -> None:
    """Who cannot say that the token is sent does not send it; what cannot be said afterwards is no error."""
    store = Failing(world.clock)
    store.down = True
    with pytest.raises(StateDown):
        await Marks(store).begin(KEY, TOKEN)
    await Marks(store).end(KEY)
    await Marks(store).fail(KEY, 1, Reconnect("no"), seconds=60)


@pytest.mark.parametrize("kind", KINDS.values())
async def test_a_failure_is_everybodys_for_a_while(world: World, kind: type[LedgermeshError]) -> None:
    """The same error with its moment, as a refusal of our own, for this version of the grant."""
    marks, moment = Marks(world.state.store), world.clock.now()
    await marks.fail(KEY, 3, SlowDown("earlier"), seconds=60)
    await marks.fail(KEY, 3, kind("no more", retry_at=moment, details={"status": 400}), seconds=60)
    known = await marks.failure(KEY, 3)
    assert type(known) is kind
    assert (known.message, known.retry_at, known.details) == ("no more", moment, {"local": True})
    assert await marks.failure(KEY, 4) is None
    world.clock.advance(60)
    assert await marks.failure(KEY, 3) is None
