"""What the newest invoices of big books cost: `python -m tests.bench.newest [invoices]` prints a table.

The newest 50 invoices of a company whose books lie with all providers, with party and lines, asked 3 times of a fresh
gateway over a sandbox of this scale: calls to each provider, seconds, verdict, and the memory of the gateway. Then once
more with a Boss Insights that takes no dates, so that it neither sorts nor counts nor narrows.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from tests.bench.processes import Gateway, machine, running

TIMES = 3
BUDGET_MB = 60.0
QUERY = """
query Newest {
  company(key: "grand-tour") {
    invoices(first: 50) {
      nodes { number date total { amount currency } party { displayName } lines { description net { amount } } }
      pageInfo { hasNextPage }
      sources { connection { provider { name } } status completeness reason calls rows }
    }
  }
}
"""


Answer = tuple[float, Counter[str], dict[str, Any]]


def ask(gateway: Gateway) -> Answer:
    """Seconds, calls by provider, and the page."""
    began = time.perf_counter()
    answer = gateway.ask(QUERY)
    seconds = time.perf_counter() - began
    calls = Counter(step["provider"] for step in answer["extensions"]["calls"] if step["cache"] == "MISS")
    page: dict[str, Any] = answer["data"]["company"]["invoices"]
    return seconds, calls, page


def main(invoices: int) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder, running(Path(folder), scale=invoices) as gateway:
        gateway.ask('{ company(key: "grand-tour") { organizations(first: 1) { nodes { id } } } }')
        idle = gateway.rss_mb("VmRSS")
        gateway.reset_peak()
        found = [ask(gateway) for _ in range(TIMES)]
        gateway.turn(provider="bossinsights", dates_ignored=True)
        blind = ask(gateway)
        peak = gateway.rss_mb("VmHWM")
    print(f"\n{machine()}, {invoices:,} invoices\n")
    seconds = ", ".join(f"{each[0]:.2f}" for each in found)
    print(f"seconds: {seconds}; rows {len(found[-1][2]['nodes'])}; memory {idle:.0f} → {peak:.0f} MB")
    print(
        f"peak - idle {peak - idle:.0f} MB, budget {BUDGET_MB:.0f}: {'yes' if peak - idle < BUDGET_MB else 'NO'}\n"
    )
    table(found[0], found[-1])
    print(f"\nwith dates ignored by Boss Insights: {blind[0]:.2f} seconds\n")
    table(blind, blind)


def table(first: Answer, last: Answer) -> None:
    """One line for each source."""
    print("| provider | calls, first | calls, last | status | completeness | rows | reason |")
    print("|---|---|---|---|---|---|---|")
    for source in first[2]["sources"]:
        name = source["connection"]["provider"]["name"]
        print(
            f"| {name} | {first[1][name]} | {last[1][name]} | {source['status']} | {source['completeness']} "
            f"| {source['rows']} | {source['reason'] or ''} |"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
