"""How much memory a long list costs: `python -m tests.bench.memory [invoices]` prints a table.

10,000 invoices over two providers are paged through in pages of 1,000, with party and lines; the peak of the
gateway's process is compared with what it holds idle after a first small query.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from tests.bench.processes import Gateway, machine, running

BUDGET_MB = 60.0

QUERY = """
query Page($after: String) {
  company(key: "grand-tour") {
    invoices(first: 1000, after: $after) {
      nodes {
        id
        number
        date
        total { amount currency }
        party { displayName }
        lines { description quantity net { amount } }
      }
      pageInfo { hasNextPage endCursor }
      sources { connection { id } completeness }
    }
  }
}
"""


def pages(gateway: Gateway) -> tuple[int, int, int]:
    """Page through everything: rows, distinct rows, pages."""
    after, rows, ids, count = None, 0, set(), 0
    while True:
        answer = gateway.ask(QUERY, after=after)
        page = answer["data"]["company"]["invoices"]
        rows, count = rows + len(page["nodes"]), count + 1
        ids |= {node["id"] for node in page["nodes"]}
        incomplete = [source for source in page["sources"] if source["completeness"] == "PARTIAL"]
        if incomplete:
            raise SystemExit(f"a source was not complete: {incomplete}")
        if not page["pageInfo"]["hasNextPage"]:
            return rows, len(ids), count
        after = page["pageInfo"]["endCursor"]


def main(invoices: int) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder, running(Path(folder), scale=invoices) as gateway:
        gateway.ask('{ company(key: "grand-tour") { invoices(first: 1) { nodes { id } } } }')
        idle = gateway.rss_mb("VmRSS")
        gateway.reset_peak()
        began = time.perf_counter()
        rows, distinct, count = pages(gateway)
        seconds = time.perf_counter() - began
        peak = gateway.rss_mb("VmHWM")
    print(f"\n{machine()}\n")
    print(
        "| rows | distinct | pages of 1,000 | seconds | idle MB | peak MB | peak - idle MB | budget MB | within |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    within = "yes" if peak - idle < BUDGET_MB else "NO"
    print(
        f"| {rows} | {distinct} | {count} | {seconds:.1f} | {idle:.0f} | {peak:.0f} | {peak - idle:.0f} "
        f"| {BUDGET_MB:.0f} | {within} |"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
