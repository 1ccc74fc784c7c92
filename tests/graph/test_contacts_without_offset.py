"""A list that the provider shows only the beginning of: PARTIAL, with the reason, and no word of it elsewhere."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.graph.rules import Json, connection_of, ordered
from tests.graph.small import KEY, Small, small_house
from tests.graph.walking import table

PEOPLE = 140
SHOWN = 100
QUESTION = """query People($search: String, $after: String) { company(key: "small") {
  parties(first: 60, search: $search, after: $after, from: ["a1", "k1"]) {
    nodes { id displayName taxNumber source { nativeId connection { id } } }
    pageInfo { hasNextPage endCursor } totalCount
    sources { connection { id } status completeness reason } } } }"""


def crowd(house: Small) -> None:
    """More contacts than AccountsOS shows at once."""
    books = house.books["a1"]
    first = books.parties[0]
    books.parties = [
        replace(first, number=f"con_{n:03}", name=f"Person {n:03}", tax_number=f"TAX-{n:03}", email=None)
        for n in range(PEOPLE)
    ]
    books.invalidate()
    house.emulators["a1"].switches.page_size_max = SHOWN  # type: ignore[attr-defined]  # not in the protocol


async def walked(house: Small, search: str | None = None) -> tuple[list[Json], list[Any]]:
    """All records, and the verdicts of every page."""
    rows: list[Json] = []
    verdicts: list[Any] = []
    after = None
    while True:
        answer = await house.ask(QUESTION, key=KEY, search=search, after=after)
        page = answer["data"]["company"]["parties"]
        rows, verdicts = rows + page["nodes"], verdicts + page["sources"]
        assert page["totalCount"] is None, "nobody knows how many there are"
        if not page["pageInfo"]["hasNextPage"]:
            return rows, verdicts
        after = page["pageInfo"]["endCursor"]


async def test_a_list_that_is_cut_off_says_so() -> None:
    """Every page carries the flag and the reason; what is shown is in order; the other source is all there."""
    async with small_house() as house:
        crowd(house)
        rows, verdicts = await walked(house)
        many = len([party for party in house.books["k1"].parties if not party.removed])
    ours = [row for row in rows if connection_of(row) == "a1"]
    assert [row["displayName"] for row in ours] == [f"Person {n:03}" for n in range(SHOWN)]
    assert len(rows) - len(ours) == many
    assert rows == ordered(rows, [{"field": "DISPLAY_NAME"}], table(house, "Party").columns)
    for each in verdicts:
        if each["connection"]["id"] == "a1":
            assert (each["status"], each["completeness"]) == ("TRUNCATED", "PARTIAL")
            assert "no offset" in each["reason"]
        else:
            assert (each["status"], each["completeness"], each["reason"]) == ("OK", "COMPLETE", None)


async def test_searching_a_list_that_is_cut_off() -> None:
    """The provider's own search reaches behind the end of its list; what it does not look into is found before it."""
    async with small_house() as house:
        crowd(house)
        behind, verdicts = await walked(house, "person 13")
        assert [row["displayName"] for row in behind] == [f"Person {n}" for n in range(130, 140)]
        before, _ = await walked(house, "tax-01")
        assert [row["taxNumber"] for row in before] == [f"TAX-01{n}" for n in range(10)]
    assert {each["completeness"] for each in verdicts if each["connection"]["id"] == "a1"} == {"PARTIAL"}


async def test_a_short_list_is_whole() -> None:
    """With fewer contacts than were asked for, the list is complete and says nothing."""
    async with small_house() as house:
        crowd(house)
        house.books["a1"].parties = house.books["a1"].parties[: SHOWN - 1]
        house.books["a1"].invalidate()
        answer = await house.ask(QUESTION, key=KEY)
    (each,) = [
        each for each in answer["data"]["company"]["parties"]["sources"] if each["connection"]["id"] == "a1"
    ]
    assert (each["status"], each["completeness"], each["reason"]) == ("OK", "COMPLETE", None)
