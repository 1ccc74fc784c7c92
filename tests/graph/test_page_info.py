"""Where a page stands, as clients that page by Relay's conventions read it."""

from __future__ import annotations

from typing import Any

from tests.graph.demo import demo_house

PAGE = """query ($after: String) { company(key: "grand-tour") { invoices(first: 3, after: $after) {
  nodes { id } pageInfo { hasPreviousPage startCursor hasNextPage endCursor } } } }"""


async def test_the_start_of_a_page() -> None:
    """`startCursor` goes on behind the first record; `hasPreviousPage` is true behind any cursor."""
    async with demo_house() as house:

        async def page(after: str | None) -> Any:
            return (await house.ask(PAGE, after=after))["data"]["company"]["invoices"]

        first = await page(None)
        behind = await page(first["pageInfo"]["startCursor"])
        following = await page(first["pageInfo"]["endCursor"])

    assert (first["pageInfo"]["hasPreviousPage"], behind["pageInfo"]["hasPreviousPage"]) == (False, True)
    assert behind["nodes"][:2] == first["nodes"][1:] and behind["nodes"][2:] == following["nodes"][:1]


async def test_a_page_without_records() -> None:
    """There is nowhere to start."""
    text = PAGE.replace("first: 3", 'first: 3, search: "no such invoice anywhere"')

    async with demo_house() as house:
        answer = await house.ask(text, after=None)

    found = answer["data"]["company"]["invoices"]
    assert found["nodes"] == [] and found["pageInfo"]["startCursor"] is None
