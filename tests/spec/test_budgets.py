"""What is wrong with declared budgets."""

from __future__ import annotations

from dataclasses import replace

from ledgermesh.spec.budgets import Budget
from ledgermesh.spec.check import problems
from tests.spec.test_check import GOOD, KINDS


def test_two_budgets_of_one_window_are_one_too_many() -> None:
    """The same length twice for a connection is a mistake; once for it and once for the app is not."""
    minute, app = Budget(calls=5, per_seconds=60), Budget(calls=50, per_seconds=60, per="app")
    assert list(problems(replace(GOOD, budgets=(minute, app)), KINDS)) == []
    twice = replace(GOOD, budgets=(minute, replace(minute, calls=6)))
    assert list(problems(twice, KINDS)) == ["acme: 2 budgets per connection in 60 s; keep the smallest"]
