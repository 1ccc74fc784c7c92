"""What compiled code saves: `python -m tests.bench.compiler [rounds]` prints a table.

100 invoices with a contact and five lines each, 2,800 leaves, of a Strawberry schema whose objects are in memory.
Each round runs graphql-core and the compiled operation by turns; medians of the rounds, and of the ratio in a round.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import gc
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from decimal import Decimal
from statistics import median
from typing import Any

import msgspec
import strawberry
from aiodataloader import DataLoader
from graphql import parse

from ledgermesh.compiler.extension import Compiler, Request
from ledgermesh.compiler.strawberry_schema import options_of
from ledgermesh.compiler.terms import Leaf

ROUNDS = 7
RUNS = 15
INVOICES, CONTACTS, LINES = 100, 60, 5
QUERY = """
query Page($page: Int!) {
  invoices(first: 100, page: $page) {
    id number issueDate total { amount currency } contact { id name email }
    lineItems { description quantity unitPrice amount }
  }
}
"""


@strawberry.type
class Money:
    amount: Decimal
    currency: str


@strawberry.type
class Contact:
    id: strawberry.ID
    name: str
    email: str | None


@strawberry.type
class Line:
    description: str | None
    quantity: Decimal
    unit_price: Decimal
    amount: Decimal


@strawberry.type
class Invoice:
    id: strawberry.ID
    number: str
    issue_date: dt.date | None
    total: Money | None
    contact_id: strawberry.Private[int]
    line_items: list[Line]

    @strawberry.field
    async def contact(self, info: strawberry.Info) -> Contact | None:
        found: Contact | None = await info.context["contacts"].load(self.contact_id)
        return found


def _contact(number: int) -> Contact:
    return Contact(id=strawberry.ID(f"c{number}"), name=f"Contact {number}", email=f"c{number}@example.org")


def _line(number: int) -> Line:
    price = Decimal(number * 125).scaleb(-2)
    return Line(description=f"Work {number}", quantity=Decimal("1.5"), unit_price=price, amount=price * 3)


def _invoice(number: int) -> Invoice:
    return Invoice(
        id=strawberry.ID(f"i{number}"), number=f"2026-{number}", issue_date=dt.date(2026, 3, 1 + number % 28),
        total=Money(amount=Decimal(number * 1250).scaleb(-2), currency="CHF"), contact_id=number % CONTACTS,
        line_items=[_line(each) for each in range(LINES)],
    )  # fmt: skip


BOOKS = [_invoice(number) for number in range(INVOICES)]
PEOPLE = [_contact(number) for number in range(CONTACTS)]


@strawberry.type
class Query:
    @strawberry.field
    async def invoices(self, first: int, page: int) -> list[Invoice]:
        return BOOKS[:first]


async def _load(keys: Sequence[int]) -> list[Contact]:
    return [PEOPLE[key] for key in keys]


def context() -> dict[str, Any]:
    """A request's own loaders."""
    return {"contacts": DataLoader(batch_load_fn=_load)}


def compiler(schema: strawberry.Schema, *, many: bool) -> Compiler:
    """With contacts loaded one by one through a loader, or a level at a time."""

    async def contacts(sources: Sequence[Invoice], info: Any) -> list[Contact]:
        keys = list(dict.fromkeys(each.contact_id for each in sources))
        found = dict(zip(keys, await _load(keys), strict=True))
        return [found[each.contact_id] for each in sources]

    options = options_of(
        schema._schema,
        leaves={"Decimal": Leaf(Decimal, "str({0})"), "Date": Leaf(dt.date, "{0}.isoformat()")},
        many=(lambda parent, name, definition: contacts if name == "contact" else None) if many else None,
    )
    return Compiler(schema._schema, clock=time.perf_counter, options=options)


Way = Callable[[], Awaitable[bytes]]


def ways() -> dict[str, Way]:
    """The same answer, made in several ways."""
    schema = strawberry.Schema(query=Query)
    document, variables = parse(QUERY), {"page": 1}

    async def interpreted() -> bytes:
        result = await schema.execute(QUERY, variable_values=variables, context_value=context())
        return msgspec.json.encode(result.data)

    def compiled(made: Compiler) -> Way:
        async def run() -> bytes:
            request = Request(text=QUERY, document=document, variables=variables, context=context())
            return (await made.answer(request)).data or b""

        return run

    return {
        "graphql-core": interpreted,
        "compiled, a loader": compiled(compiler(schema, many=False)),
        "compiled, a level at a time": compiled(compiler(schema, many=True)),
    }


async def measure(rounds: int) -> dict[str, list[float]]:
    """Milliseconds of each way in each round."""
    each = ways()
    expected = await each["graphql-core"]()
    found: dict[str, list[float]] = {name: [] for name in each}
    for name, way in each.items():
        assert await way() == expected, name
    for _ in range(rounds):
        for name, way in each.items():
            gc.collect()
            began = time.perf_counter()
            for _ in range(RUNS):
                await way()
            found[name].append((time.perf_counter() - began) / RUNS * 1000)
    return found


def main(rounds: int) -> None:
    """Measure and print."""
    found = asyncio.run(measure(rounds))
    base = found["graphql-core"]
    print(f"{'way':<30}{'ms, median':>12}{'worst':>10}{'times, median':>16}{'worst':>10}")
    for name, times in found.items():
        ratios = [one / other for one, other in zip(base, times, strict=True)]
        print(
            f"{name:<30}{median(times):>12.3f}{max(times):>10.3f}{median(ratios):>16.1f}{min(ratios):>10.1f}"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS)
