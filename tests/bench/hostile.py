"""How long hostile requests hold the gateway: `python -m tests.bench.hostile [rounds]` prints the worst and a verdict.

Each request of `tests/edge/hostile` goes to a gateway in a process of its own, where a task wants to run every
millisecond. For each of them counts the shortest hold of the rounds: what is longer is the machine's doing.
"""

from __future__ import annotations

import sys
from typing import Final

from tests.edge.hostile.gateway import Gateway, gateway
from tests.edge.hostile.test_hostile_requests import FAMILIES

ROUNDS: Final = 3
HOLD_MS_MAX: Final = 50.0
SHOWN: Final = 10


def holds(served: Gateway, rounds: int) -> dict[str, float]:
    """Milliseconds for which nothing else could run, by request."""
    found: dict[str, float] = {}
    for _ in range(rounds):
        for family, cases in FAMILIES.items():
            for case in cases:
                served.state()
                case.run(served.door)
                name = f"{family}: {case.name}"
                found[name] = min(found.get(name, float("inf")), served.state()["held_ms"])
    return found


def main(rounds: int) -> int:
    """The exit code: 1 where something holds the loop for too long."""
    with gateway() as served:
        found = holds(served, rounds)
    print(f"{'held ms':>8}  request ({len(found)} in all, {rounds} rounds, the shortest of each)")
    for name, held in sorted(found.items(), key=lambda each: -each[1])[:SHOWN]:
        print(f"{held:>8.1f}  {name}")
    longest = max(found.values())
    good = longest <= HOLD_MS_MAX
    print(f"longest {longest:.1f} ms, limit {HOLD_MS_MAX:.0f} ms: {'held' if good else 'NOT HELD'}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS))
