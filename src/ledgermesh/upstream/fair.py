"""Who goes first where several tenants wait for one budget: whoever spent least of it in its scarcest window.

Each replica says how many calls wait there, by tenant. A tenant may take a call if what is left is more than what is
due before to those who spent less: the shares come out max-min fair without anybody waiting for another's turn, and
nothing is held back where nobody waits.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from msgspec.structs import replace

from ledgermesh.upstream.allowance import Allowance
from ledgermesh.upstream.tally import Tally, Waiting

WAITING_SECONDS = 3.0
"""For how long others believe that somebody waits. Whoever waits says so again before."""


class Prospect(NamedTuple):
    """When a call may go."""

    sure: bool
    """Whether it cannot be sooner. What is due to others falls free when they leave."""
    seconds: float
    """From now; not above 0 if it may go at once."""


NOW = Prospect(sure=False, seconds=0.0)


def announced(tally: Tally, replica: str, calls: Mapping[str, int], now: float) -> Tally:
    """So many calls of each tenant wait at this replica; those of replicas that fell silent no longer count."""
    if not calls and not tally.waiting:
        return tally
    waiting = {name: each for name, each in tally.waiting.items() if name != replica and each.until > now}
    if calls:
        waiting[replica] = Waiting(now + WAITING_SECONDS, dict(calls))
    return replace(tally, waiting=waiting)


def prospect(allowance: Allowance, tally: Tally, now: float, tenant: str) -> Prospect:
    """When this tenant's next call may go."""
    if tally.blocked_until <= now and not tally.waiting:
        least = allowance.least(tally, now)
        if least is None or least > 0:
            return NOW
    scarcest = allowance.scarcest(tally, now)
    if tally.blocked_until > now or (scarcest is not None and scarcest.left <= 0):
        return Prospect(sure=True, seconds=allowance.opens_at(tally, now) - now)
    if scarcest is None or not tally.waiting or due_before(tally, scarcest.by, tenant, now) < scarcest.left:
        return NOW
    return Prospect(sure=False, seconds=scarcest.ends_at - now)


def due_before(tally: Tally, spent: Mapping[str, int], tenant: str, now: float) -> int:
    """How many calls those who wait may make before they have spent as much as this tenant."""
    demand: dict[str, int] = {}
    for waiting in tally.waiting.values():
        if waiting.until > now:
            for name, calls in waiting.calls.items():
                demand[name] = demand.get(name, 0) + calls
    own = spent.get(tenant, 0)
    return sum(
        min(calls, own - spent.get(name, 0))
        for name, calls in demand.items()
        if name != tenant and spent.get(name, 0) < own
    )
