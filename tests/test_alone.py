"""Who makes much begins when those before have used theirs."""

from __future__ import annotations

import asyncio

from ledgermesh.slices import TURNS, Alone


async def make_and_use(alone: Alone, name: str, said: list[str], turns: int = 3) -> None:
    """Begin, make, and use what was made after some turns of the loop, as whoever waits for a call does."""
    await alone.begin()
    said.append(f"{name} made")
    for _ in range(turns):
        await asyncio.sleep(0)
    said.append(f"{name} used")


async def test_who_is_alone_waits_for_nobody() -> None:
    """No turn of the loop passes before it begins, and none is left over for the next one."""
    alone = Alone()
    for _ in range(2):
        beginning = alone.begin()
        try:
            beginning.send(None)
        except StopIteration:
            pass
        else:
            raise AssertionError("it waited")
        for _ in range(TURNS + 2):
            await asyncio.sleep(0)


async def test_each_is_used_before_the_next_is_made() -> None:
    """In the order in which they came."""
    alone, said = Alone(), list[str]()
    await asyncio.gather(*(make_and_use(alone, name, said) for name in "abcd"))
    assert said == [f"{name} {what}" for name in "abcd" for what in ("made", "used")]


async def test_who_takes_longer_holds_up_nobody() -> None:
    """After its turns the next one begins, whether it was used or not."""
    alone, said = Alone(), list[str]()
    await asyncio.gather(make_and_use(alone, "slow", said, turns=100), make_and_use(alone, "b", said))
    assert said == ["slow made", "b made", "b used", "slow used"]


async def test_who_gives_up_passes_its_turn_on() -> None:
    """Before it was called and after."""
    alone, said = Alone(), list[str]()
    tasks = [asyncio.ensure_future(make_and_use(alone, name, said)) for name in "abcd"]
    await asyncio.sleep(0)
    tasks[1].cancel()
    while len(alone._waiting) > 1:  # the third one was called then, and has not gone on
        await asyncio.sleep(0)
    tasks[2].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert said == ["a made", "a used", "d made", "d used"]


def test_a_loop_that_ended_leaves_nothing_behind() -> None:
    """Whoever was about to begin in it is not waited for in another."""
    alone, said = Alone(), list[str]()

    async def left() -> None:
        await alone.begin()
        asyncio.ensure_future(alone.begin()).cancel()

    asyncio.run(left())
    asyncio.run(make_and_use(alone, "a", said))
    assert said == ["a made", "a used"]
