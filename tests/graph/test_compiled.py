"""When queries run on compiled code, what is counted, and the comparison with graphql-core afterwards."""

from __future__ import annotations

from typing import Any

import pytest

from ledgermesh.graph.compiled import options_for
from ledgermesh.graph.compiling import Compiling
from ledgermesh.graph.schema import make_schema
from tests.graph.demo import demo_house

TEXT = """{ company(key: "maple-bakery") { invoices(first: 5) {
  nodes { id number total { amount } party { displayName } } sources { status } } } }"""


async def test_a_document_is_compiled_when_it_comes_again() -> None:
    """The same answer both times; the way is told and counted."""
    async with demo_house() as house:
        once, again = await house.ask(TEXT), await house.ask(TEXT)
        counts = house.gateway.answers.queries.counts

    assert (once["extensions"]["compiled"], again["extensions"]["compiled"]) == (
        "interpreted: first time",
        "compiled",
    )
    assert once["data"] == again["data"]
    assert counts == {("compiled", ""): 1, ("interpreted", "first time"): 1}


async def test_it_can_be_switched_off() -> None:
    """Then graphql-core answers everything."""
    async with demo_house(compiling=Compiling(on=False)) as house:
        answers = [await house.ask(TEXT) for _ in range(3)]
    assert {each["extensions"]["compiled"] for each in answers} == {"interpreted: switched off"}


async def test_the_shadow_compares_and_asks_no_provider() -> None:
    """After the answer graphql-core makes it again of what was read; both are the same."""
    async with demo_house(compiling=Compiling(from_time=1, shadow_every=1)) as house:
        await house.ask(TEXT)
        shadow, reads = house.gateway.answers.queries.shadow, house.reads
        await shadow.done()
        assert (shadow.same, shadow.different, house.reads) == (1, 0, reads)


@pytest.mark.parametrize(
    ("parent", "name"), [("Query", "company"), ("Company", "invoices"), ("Company", "invoice")]
)
def test_resolvers_of_books_are_called_by_themselves(parent: str, name: str) -> None:
    """Nothing of Strawberry's stands around what every question about books asks."""
    schema = make_schema()
    type_: Any = schema.inner.type_map[parent]

    assert options_for(schema).direct(type_, name, type_.fields[name]) is not None
