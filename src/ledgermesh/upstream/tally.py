"""What was spent of a budget, as a value that replicas share; holds no secret and nothing of any books."""

from __future__ import annotations

import msgspec


class Window(msgspec.Struct, frozen=True, omit_defaults=True):
    """Calls taken in one declared window."""

    start: int
    """Epoch seconds, a multiple of the window's length."""
    used: int = 0
    late: int = 0
    """Of them, those taken so shortly before the end that they may reach the provider after it."""
    by: dict[str, int] = {}
    """Tenant → its calls."""


class Told(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the provider said of its window, less the calls taken since."""

    left: int
    reset_at: float
    """Epoch seconds."""
    limit: int | None = None
    by: dict[str, int] = {}
    """Tenant → its calls since this window was first told of."""


class Waiting(msgspec.Struct, frozen=True):
    """Calls that wait at one replica."""

    until: float
    """Epoch seconds; a replica that has not said so again by then waits no longer, or is gone."""
    calls: dict[str, int]
    """Tenant → how many could be made now if the budget allowed it."""


class Tally(msgspec.Struct, frozen=True, omit_defaults=True):
    """All that is counted and known of one budget. Its dicts are never changed, only replaced."""

    windows: dict[int, Window] = {}
    """By length in seconds."""
    told: Told | None = None
    heard_reset_at: float = 0.0
    """The last reset heard, also where it was not believed."""
    blocked_until: float = 0.0
    burst_until: float | None = None
    waiting: dict[str, Waiting] = {}
    """By replica."""


NOTHING = Tally()

encode = msgspec.json.Encoder().encode
_decoder = msgspec.json.Decoder(Tally)


def decode(text: bytes) -> Tally:
    """The value that was encoded; fields that a newer replica added are passed over."""
    return _decoder.decode(text)


def plus(counts: dict[str, int], tenant: str, calls: int = 1) -> dict[str, int]:
    """The counts with so many more for this tenant; 0 is left out."""
    total = counts.get(tenant, 0) + calls
    after = {**counts, tenant: total}
    if total <= 0:
        del after[tenant]
    return after
