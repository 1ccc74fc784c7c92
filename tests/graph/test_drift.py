"""What providers do that their definitions do not say is counted, without a value."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from tests.contract.known import PROVIDERS
from tests.graph.demo import Demo, demo_house

RECORDS = sorted((Path(__file__).parents[2] / "schema" / "operations" / "records").glob("*.graphql"))


async def asked(house: Demo) -> Counter[tuple[str, str]]:
    """Every kind of record of a company with all books is read; then how often, by provider and kind of drift."""
    for path in RECORDS:
        answer = await house.ask(path.read_text(), company="grand-tour")
        assert answer["data"]["company"] is not None, path
    return counted(house)


def counted(house: Demo) -> Counter[tuple[str, str]]:
    found = Counter[tuple[str, str]]()
    for each in house.gateway.drift.seen():
        found[each.provider, each.kind] += each.times
    return found


async def test_definitions_know_all_that_the_emulators_say() -> None:
    """No field without a place or a reason, no word without a member, no value that cannot be read."""
    async with demo_house() as house:
        await asked(house)

    assert house.gateway.drift.seen() == []


async def test_new_fields_and_words_are_counted() -> None:
    """Of every provider that begins to answer with more than its documents say; by field, and never a value."""
    async with demo_house() as house:
        for name in PROVIDERS:
            house.switches(name).additive = True
        try:
            found = await asked(house)
        finally:
            for name in PROVIDERS:
                house.switches(name).additive = False
        names = [each.name for each in house.gateway.drift.seen()]

    assert {provider for provider, kind in found if kind == "unknown_field"} == set(PROVIDERS)
    assert {kind for _, kind in found} <= {"unknown_field", "unknown_word"}
    assert any(kind == "unknown_word" for _, kind in found)
    assert all(name.split(".")[0].isalpha() for name in names)


async def test_one_page_in_many_is_looked_at() -> None:
    """The first of a kind of a provider; the next ones after it cost nothing."""
    text = (RECORDS[0].parent / "bank-transactions.graphql").read_text()
    async with demo_house() as house:
        house.switches("accountsos").additive = True
        try:
            await house.ask(text, company="grand-tour")
            once = counted(house)
            await house.ask(text, company="grand-tour")
        finally:
            house.switches("accountsos").additive = False

        assert counted(house) == once != {}
