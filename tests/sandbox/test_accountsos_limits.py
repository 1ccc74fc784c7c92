"""AccountsOS's two limits: 1,000 requests an hour and 100 a minute for each key, in fixed windows."""

from __future__ import annotations

import httpx
import pytest

from tests.sandbox.accountsos_desk import START, Desk, desk_over, small_books
from tests.sandbox.contracts import ON_PURPOSE

HOUR_ENDS = "1763211600"
MINUTE_ENDS = "1763209860"


@pytest.fixture
def desk() -> Desk:
    """With limits small enough to reach: five requests a minute, eight an hour."""
    desk = desk_over(small_books(), small_books("other-shop"))
    desk.emulator.switches.calls_per_minute = 5
    desk.emulator.switches.calls_per_hour = 8
    return desk


async def ask(desk: Desk, path: str = "/deadlines") -> httpx.Response:
    return await desk.client.get(f"/api{path}", extensions=dict(ON_PURPOSE))


async def statuses(desk: Desk, count: int) -> list[int]:
    return [(await ask(desk)).status_code for _ in range(count)]


def told(answer: httpx.Response) -> tuple[str, str, str]:
    """Limit, remaining and reset, as the headers say."""
    names = ("x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset")
    return answer.headers[names[0]], answer.headers[names[1]], answer.headers[names[2]]


def test_the_moments_are_right() -> None:
    """The hour and the minute of the tests' clock end where these tests say."""
    assert int(HOUR_ENDS) % 3600 == int(MINUTE_ENDS) % 60 == 0
    assert int(START.timestamp()) // 3600 + 1 == int(HOUR_ENDS) // 3600
    assert int(START.timestamp()) // 60 + 1 == int(MINUTE_ENDS) // 60


async def test_the_documented_limits_hold_at_first() -> None:
    """100 requests pass in a minute, the next does not, and the headers speak of 1,000 an hour."""
    desk = desk_over(small_books())
    answers = [await desk.free.get("/api/deadlines") for _ in range(101)]
    assert [answer.status_code for answer in answers] == [200] * 100 + [429]
    assert told(answers[0]) == ("1000", "999", HOUR_ENDS)


async def test_every_answer_says_what_is_left_of_the_hour(desk: Desk) -> None:
    """Good answers and refusals alike; the reset is the end of the clock's hour."""
    assert told(await ask(desk)) == ("8", "7", HOUR_ENDS)
    assert told(await ask(desk, "/nowhere")) == ("8", "6", HOUR_ENDS)
    assert told(await ask(desk, "/transactions?limit=0")) == ("8", "5", HOUR_ENDS)
    nobody = await desk.client.get(
        "/api/deadlines", headers={"Authorization": "x"}, extensions=dict(ON_PURPOSE)
    )
    assert told(nobody) == ("8", "7", HOUR_ENDS)


async def test_a_burst_waits_for_the_minute(desk: Desk) -> None:
    """429 with something left of the hour; a refused request is not counted, the next minute is free."""
    assert await statuses(desk, 6) == [200] * 5 + [429]
    refused = await ask(desk)
    assert (refused.json()["error"]["code"], told(refused)) == ("rate_limited", ("8", "3", MINUTE_ENDS))
    desk.clock.advance(50)
    assert await statuses(desk, 1) == [200]


async def test_a_burst_can_name_the_hour(desk: Desk) -> None:
    """The awkward reading of the documentation: the headers speak of the hour even after a burst."""
    desk.emulator.switches.awkward_burst = True
    await statuses(desk, 5)
    refused = await ask(desk)
    assert (refused.status_code, told(refused)) == (429, ("8", "3", HOUR_ENDS))


async def test_an_hour_spent_waits_for_the_next(desk: Desk) -> None:
    """Then nothing is left until the clock's hour ends, however many minutes pass."""
    assert await statuses(desk, 5) == [200] * 5
    desk.clock.advance(60)
    assert await statuses(desk, 4) == [200] * 3 + [429]
    desk.clock.advance(600)
    assert told(await ask(desk)) == ("8", "0", HOUR_ENDS)
    desk.clock.advance(int(HOUR_ENDS) - desk.clock.now().timestamp())
    assert told(await ask(desk)) == ("8", "7", str(int(HOUR_ENDS) + 3600))


async def test_keys_are_counted_apart(desk: Desk) -> None:
    """One company's burst, or that of a company's other key, stops nobody else; unknown keys share one count."""
    await statuses(desk, 6)
    keys = desk.emulator.credentials(desk.books)
    free = await desk.client.get("/api/deadlines", headers={"Authorization": f"Bearer {keys['api_key']}"})
    assert told(free)[1] == "7"
    for left in ("7", "6"):
        header = {"Authorization": f"Bearer sk_live_{left}"}
        unknown = await desk.client.get("/api/deadlines", headers=header, extensions=dict(ON_PURPOSE))
        assert (unknown.status_code, told(unknown)[1]) == (401, left)


async def test_the_limits_can_be_lifted(desk: Desk) -> None:
    """For tests of other things; the headers stay."""
    desk.emulator.switches.limited = False
    assert await statuses(desk, 12) == [200] * 12
    assert told(await ask(desk)) == ("8", "0", HOUR_ENDS)
