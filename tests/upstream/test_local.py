"""Refusals of our own making."""

from __future__ import annotations

from ledgermesh.errors import SlowDown
from ledgermesh.upstream.local import is_local, refusal

from .conftest import START


def test_a_refusal_can_be_told_from_a_providers() -> None:
    """The mark is in the details and survives copying them; the time to come back is kept."""
    ours = refusal(SlowDown, "no", retry_at=START)
    assert is_local(ours)
    assert ours.retry_at == START
    assert is_local(SlowDown("copy", details=ours.details))
    assert not is_local(SlowDown("theirs", details={"status": 429}))
