"""What one connection may still spend."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from ledgermesh.spec.budgets import Budget, BudgetHeaders
from ledgermesh.upstream import allowance as rules
from ledgermesh.upstream.tally import NOTHING, decode, encode

HOUR = 1_000_000 * 3600.0
EPOCH = BudgetHeaders(limit="X-Limit", remaining="X-Remaining", reset="X-Reset", reset_is="epoch_seconds")
LEFT = BudgetHeaders(limit="X-Limit", remaining="X-Remaining", reset="X-Reset", reset_is="seconds_left")


class Allowance:
    """An allowance with the tally of one connection."""

    def __init__(self, budgets: tuple[Budget, ...], headers: BudgetHeaders | None) -> None:
        self.rules = rules.Allowance(budgets, headers)
        self.tally = NOTHING

    def opens_at(self, now: float) -> float:
        return self.rules.opens_at(self.tally, now)

    def left(self, now: float) -> int | None:
        return self.rules.left(self.tally, now)

    def spend(self, now: float, tenant: str = "t") -> None:
        self.tally = self.rules.spend(self.tally, now, tenant)

    def give_back(self, taken_at: float, tenant: str = "t") -> None:
        self.tally = self.rules.give_back(self.tally, taken_at, tenant)

    def hear(self, headers: dict[str, str], now: float, flying: int = 0) -> None:
        self.tally = self.rules.hear(self.tally, headers, now, flying=flying)

    def granted(self, sent_at: float) -> None:
        self.tally = self.rules.granted(self.tally, sent_at)

    def refused(self, now: float, sent_at: float, told: float | None) -> float:
        self.tally = self.rules.refused(self.tally, now, sent_at, told)
        return self.tally.blocked_until

    def idle(self, now: float) -> bool:
        return self.rules.ends_at(self.tally, now) <= now


def told(remaining: object, reset: object) -> dict[str, str]:
    """An answer's headers."""
    return {"x-remaining": str(remaining), "x-reset": str(reset)}


def test_nothing_declared_is_always_open() -> None:
    """Without documents and headers a call may go at once."""
    assert Allowance((), None).opens_at(HOUR) <= HOUR


def test_all_windows_count_at_once() -> None:
    """A call spends in every window; the one that is empty longest decides."""
    allowance = Allowance((Budget(calls=2, per_seconds=60), Budget(calls=3, per_seconds=3600)), None)
    allowance.spend(HOUR + 1)
    assert allowance.opens_at(HOUR + 1) <= HOUR + 1
    allowance.spend(HOUR + 1)
    assert allowance.opens_at(HOUR + 1) == HOUR + 60
    allowance.spend(HOUR + 60)
    assert allowance.opens_at(HOUR + 61) == HOUR + 3600
    assert allowance.opens_at(HOUR + 3600) <= HOUR + 3600


@settings(derandomize=True, max_examples=100)
@given(st.lists(st.floats(0, 90), max_size=60), st.integers(1, 5), st.integers(1, 9))
def test_no_window_is_ever_overspent(pauses: list[float], minute: int, ten_minutes: int) -> None:
    """Whoever waits until `opens_at` never exceeds a declared budget, in any window."""
    budgets = (Budget(calls=minute, per_seconds=60), Budget(calls=ten_minutes, per_seconds=600))
    allowance, now, spent = Allowance(budgets, None), HOUR, list[float]()
    for pause in pauses:
        now = max(now + pause, allowance.opens_at(now + pause))
        allowance.spend(now)
        spent.append(now)
    for budget in budgets:
        counts: dict[float, int] = {}
        for moment in spent:
            counts[moment // budget.per_seconds] = counts.get(moment // budget.per_seconds, 0) + 1
        assert max(counts.values(), default=0) <= budget.calls
    assert all(later >= earlier for earlier, later in pairwise(spent))


def test_an_empty_remainder_waits_for_the_reset() -> None:
    """Remaining 0 closes until the reset that the provider tells, in either notation."""
    for headers, reset in ((EPOCH, int(HOUR) + 90), (LEFT, 90)):
        allowance = Allowance((), headers)
        allowance.hear(told(0, reset), HOUR)
        assert allowance.opens_at(HOUR) == HOUR + 90
        assert allowance.opens_at(HOUR + 90) <= HOUR + 90


def test_calls_under_way_are_counted_off_what_was_told() -> None:
    """Between two answers every call that leaves takes one off the remainder."""
    allowance = Allowance((), EPOCH)
    allowance.hear(told(2, int(HOUR) + 90), HOUR)
    allowance.spend(HOUR)
    assert allowance.opens_at(HOUR) <= HOUR
    allowance.spend(HOUR)
    assert allowance.opens_at(HOUR) == HOUR + 90


def test_answers_that_overtake_each_other_do_not_refill() -> None:
    """Within one window the smallest remainder counts; a late answer of the last window counts for nothing."""
    allowance = Allowance((), EPOCH)
    allowance.hear(told(0, int(HOUR) + 90), HOUR)
    allowance.hear(told(5, int(HOUR) + 90), HOUR + 1)
    allowance.hear(told(5, int(HOUR) + 30), HOUR + 1)
    assert allowance.opens_at(HOUR + 1) == HOUR + 90
    allowance.hear(told(5, int(HOUR) + 180), HOUR + 90)
    assert allowance.opens_at(HOUR + 90) <= HOUR + 90


def test_unreadable_headers_change_nothing() -> None:
    """Words, signs, fractions and endless digits in budget headers are not believed."""
    for remaining, reset in (("none", "90"), ("0", "soon"), ("-1", "90"), ("0", "9" * 400), ("0.5", "90")):
        allowance = Allowance((), LEFT)
        allowance.hear(told(remaining, reset), HOUR)
        assert allowance.opens_at(HOUR) <= HOUR


def test_a_told_pause_closes() -> None:
    """A refusal with a moment to come back closes until then, at most for a day."""
    allowance = Allowance((), None)
    assert allowance.refused(HOUR, HOUR, HOUR + 7) == HOUR + 7
    assert allowance.opens_at(HOUR + 1) == HOUR + 7
    assert allowance.refused(HOUR, HOUR, HOUR * 2) == HOUR + 86_400


def test_a_refusal_without_any_word_closes_for_a_quarter_minute() -> None:
    """Somebody has to guess; the guess is short."""
    assert Allowance((), None).refused(HOUR, HOUR, None) == HOUR + 15


def test_a_refusal_with_nothing_left_waits_for_the_reset() -> None:
    """The told window is the spent one."""
    allowance = Allowance((), EPOCH)
    allowance.hear(told(0, int(HOUR) + 1800), HOUR)
    assert allowance.refused(HOUR, HOUR, None) == HOUR + 1800


def test_a_burst_refusal_gets_one_try_after_a_minute_then_waits_for_the_reset() -> None:
    """Refused although something is left: once a minute's pause, then the reset; calls of the same burst count once."""
    allowance = Allowance((), EPOCH)
    allowance.hear(told(900, int(HOUR) + 1800), HOUR)
    assert allowance.refused(HOUR + 1, HOUR, None) == HOUR + 61
    assert allowance.refused(HOUR + 2, HOUR, None) == HOUR + 61

    assert allowance.refused(HOUR + 62, HOUR + 61, None) == HOUR + 1800


def test_a_burst_refusal_that_tells_its_own_reset_is_believed() -> None:
    """A reset within the minute, told with the refusal, is the short window's; the long one is not forgotten."""
    allowance = Allowance((), EPOCH)
    allowance.hear(told(900, int(HOUR) + 1800), HOUR)
    allowance.hear(told(899, int(HOUR) + 40), HOUR + 1)
    assert allowance.refused(HOUR + 1, HOUR, None) == HOUR + 40
    allowance.hear(told(0, int(HOUR) + 1800), HOUR + 41)
    assert allowance.opens_at(HOUR + 41) == HOUR + 1800


def test_a_good_answer_after_a_burst_forgives_it() -> None:
    """When the try after the minute is answered, the next burst gets its minute again."""
    allowance = Allowance((), EPOCH)
    allowance.hear(told(900, int(HOUR) + 1800), HOUR)
    allowance.refused(HOUR + 1, HOUR, None)
    allowance.granted(HOUR)
    assert allowance.refused(HOUR + 2, HOUR, None) == HOUR + 61
    allowance.granted(HOUR + 61)

    assert allowance.refused(HOUR + 100, HOUR + 99, None) == HOUR + 160


def test_it_is_idle_when_nothing_is_remembered() -> None:
    """Spent windows, told remainders and pauses keep it; time frees it."""
    allowance = Allowance((Budget(calls=2, per_seconds=60),), LEFT)
    assert allowance.idle(HOUR)
    allowance.spend(HOUR)
    allowance.hear(told(5, 100), HOUR)
    allowance.refused(HOUR, HOUR, HOUR + 200)
    assert [allowance.idle(HOUR + after) for after in (30, 70, 150, 201)] == [False, False, False, True]


def test_what_is_left_is_told_by_the_scarcest_budget() -> None:
    """Declared windows, the provider's own number until its reset, and a refusal all count; else nothing is known."""
    assert Allowance((), EPOCH).left(HOUR) is None
    allowance = Allowance((Budget(calls=5, per_seconds=60),), EPOCH)
    allowance.spend(HOUR)
    assert allowance.left(HOUR) == 4
    allowance.hear(told(2, int(HOUR) + 30), HOUR)
    assert allowance.left(HOUR) == 2
    assert allowance.left(HOUR + 30) == 4
    assert allowance.left(HOUR + 60) == 5
    until = allowance.refused(HOUR + 60, HOUR + 60, HOUR + 90)
    assert (allowance.left(until - 1), allowance.left(until)) == (0, 5)


def test_a_call_at_the_end_of_a_window_counts_in_the_next_one_too() -> None:
    """It may reach the provider after the window's end; earlier ones do not, and short windows have a shorter end."""
    allowance = Allowance((Budget(calls=3, per_seconds=60), Budget(calls=2, per_seconds=1)), None)
    for after in (10.0, 58.5, 59.5):
        allowance.spend(HOUR + after)
    assert allowance.opens_at(HOUR + 60) <= HOUR + 60
    allowance.spend(HOUR + 60)
    allowance.spend(HOUR + 61.95)
    assert allowance.opens_at(HOUR + 62) == HOUR + 120

    short = Allowance((Budget(calls=1, per_seconds=1),), None)
    short.spend(HOUR + 0.95)
    assert short.opens_at(HOUR + 1) == HOUR + 2


def test_a_clock_behind_another_replicas_counts_in_its_window() -> None:
    """A window that began for one replica is not begun again by another whose clock is a little late."""
    allowance = Allowance((Budget(calls=1, per_seconds=60),), None)
    allowance.spend(HOUR + 60.001)
    assert allowance.opens_at(HOUR + 59.999) == HOUR + 120


def test_what_was_not_called_is_given_back_in_its_own_window_only() -> None:
    """The call can be made after all; a later window has nothing to give back."""
    allowance = Allowance((Budget(calls=1, per_seconds=60),), None)
    allowance.spend(HOUR)
    allowance.give_back(HOUR)
    assert allowance.opens_at(HOUR + 1) <= HOUR + 1
    allowance.spend(HOUR + 60)
    allowance.give_back(HOUR + 1)
    assert allowance.opens_at(HOUR + 61) == HOUR + 120


def test_calls_in_the_air_come_off_what_is_told() -> None:
    """The provider may not have counted them when it answered another one."""
    allowance = Allowance((), EPOCH)
    allowance.hear(told(5, int(HOUR) + 90), HOUR, flying=3)
    assert allowance.left(HOUR) == 2


def test_hearing_what_is_known_is_no_news() -> None:
    """An answer that says what was counted here leaves the tally as it is: there is nothing to tell others."""
    allowance = Allowance((), LEFT)
    allowance.hear(told(5, 90), HOUR)
    allowance.spend(HOUR + 10)
    known = allowance.tally
    allowance.hear(told(4, 79), HOUR + 10.5)
    assert allowance.tally is known
    allowance.hear(told(2, 79), HOUR + 10.5)
    assert allowance.left(HOUR + 11) == 2


def test_a_part_is_never_more_than_the_whole_divided() -> None:
    """Each of three replicas may spend a third, rounded down, of what is left, and of every later window."""
    allowance = Allowance((Budget(calls=10, per_seconds=60),), EPOCH)
    for _ in range(4):
        allowance.spend(HOUR)
    allowance.hear(told(5, int(HOUR) + 90), HOUR)
    part, tally = allowance.rules.divided(allowance.tally, HOUR, 3)
    assert part.left(tally, HOUR) == 1
    assert part.left(tally, HOUR + 60) == 1
    assert part.left(tally, HOUR + 120) == 3


def test_every_window_is_shown() -> None:
    """Declared ones, the told one with its limit, and a refusal's pause; only what still counts."""
    allowance = Allowance((Budget(calls=5, per_seconds=60),), EPOCH)
    allowance.spend(HOUR, "a")
    allowance.hear({**told(900, int(HOUR) + 100), "x-limit": "1000"}, HOUR)
    allowance.refused(HOUR, HOUR, HOUR + 7)

    def shown(now: float) -> list[tuple[int | None, int | None, int, float]]:
        quotas = allowance.rules.quotas(allowance.tally, now, "connection")
        return [
            (each.window, each.limit, each.remaining, each.resets_at.timestamp() - HOUR) for each in quotas
        ]

    assert shown(HOUR + 1) == [(60, 5, 4, 60), (None, 1000, 900, 100), (None, None, 0, 7)]
    assert shown(HOUR + 100) == [(60, 5, 5, 120)]


def test_a_tally_survives_the_way_to_the_store() -> None:
    """Written and read again it is equal."""
    allowance = Allowance((Budget(calls=5, per_seconds=60),), EPOCH)
    allowance.spend(HOUR, "a")
    allowance.hear(told(900, int(HOUR) + 100), HOUR)
    allowance.refused(HOUR, HOUR, None)
    assert decode(encode(allowance.tally)) == allowance.tally
