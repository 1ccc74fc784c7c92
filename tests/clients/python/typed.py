"""A program that uses the client which ariadne-codegen made: python typed.py URL KEY. Prints the answer in brief."""

from __future__ import annotations

import asyncio
import json
import sys
from decimal import Decimal

from ledgermesh_client import Ledgermesh, NewestInvoices


async def main(url: str, key: str) -> None:
    """One query, typed from its variables to its answer."""
    async with Ledgermesh(url=url, headers={"Authorization": f"Bearer {key}"}) as client:
        found: NewestInvoices = await client.newest_invoices(company="grand-tour", first=3)
    company = found.company
    assert company is not None
    totals: list[Decimal | None] = [
        each.total.amount if each.total else None for each in company.invoices.nodes
    ]
    print(json.dumps({"name": company.name, "exact": [type(total).__name__ for total in totals]}))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
