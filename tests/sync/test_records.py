"""The last events of a connection: bounded, and honest about what is not there any more."""

from __future__ import annotations

import datetime as dt

from ledgermesh.sync.records import EVENTS_MAX, KEPT, Recent, RecordsChanged
from tests.harness import NOW


def event(second: int, same: str = "") -> RecordsChanged:
    """Something that happened at this second."""
    return RecordsChanged(cause="PROVIDER", at=NOW + dt.timedelta(seconds=second), same=same)


def test_what_is_kept_is_bounded_and_says_what_is_missing() -> None:
    """By number and by age; who asks for more than is there is told so in front."""
    recent = Recent()
    for second in range(EVENTS_MAX + 5):
        recent = recent.further(event(second))
    assert len(recent.events) == EVENTS_MAX
    assert [each.cause for each in recent.after(5)] == ["PROVIDER"] * EVENTS_MAX
    assert [(each.cause, each.number) for each in recent.after(4)][:2] == [("MISSED", 5), ("PROVIDER", 6)]
    assert recent.since(NOW + dt.timedelta(seconds=4))[0].cause == "MISSED"
    assert recent.since(NOW + dt.timedelta(seconds=5))[0].number == 6
    later = recent.further(event(int(KEPT.total_seconds()) + 1_000))
    assert [each.number for each in later.events] == [EVENTS_MAX + 6]
    assert [each.cause for each in later.after(EVENTS_MAX)] == ["MISSED", "PROVIDER"]
    assert later.after(EVENTS_MAX + 6) == ()
