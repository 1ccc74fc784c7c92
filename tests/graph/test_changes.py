"""What was removed, and what changed since: asked of the provider, or refused."""

from __future__ import annotations

from typing import Any

from tests.graph.demo import Demo, demo_house

COMPANY = "grand-tour"
LIST = """query List($company: ID!, $after: String, $from: [String!], $deleted: Boolean!, $since: Instant) {
  company(key: $company) { invoices(
    first: 200, after: $after, from: $from, includeDeleted: $deleted, changedSince: $since
  ) {
    nodes { number deleted updatedAt status source { nativeId connection { id } } }
    pageInfo { hasNextPage endCursor }
    sources { connection { id } status completeness error { code message } } } } }"""


async def invoices(
    here: Demo, *sources: str, deleted: bool = False, since: str | None = None
) -> tuple[list[Any], Any]:
    """All of them, and the verdicts of the last page."""
    rows, after = [], None
    while True:
        asked: dict[str, Any] = {
            "company": COMPANY, "from": list(sources), "deleted": deleted, "since": since, "after": after,
        }  # fmt: skip
        answer = await here.ask(LIST, **asked)
        assert "errors" not in answer
        page = answer["data"]["company"]["invoices"]
        rows += page["nodes"]
        verdicts = {each["connection"]["id"]: each for each in page["sources"]}
        if not page["pageInfo"]["hasNextPage"]:
            return rows, verdicts
        after = page["pageInfo"]["endCursor"]


async def test_removed_records_are_shown_when_asked_for() -> None:
    """Kashoo keeps what was removed: hidden by default, shown as deleted with `includeDeleted`."""
    async with demo_house() as here:
        usual, _ = await invoices(here, "kashoo")
        whole, verdicts = await invoices(here, "kashoo", deleted=True)
    assert not [row for row in usual if row["deleted"]]
    removed = [row for row in whole if row["deleted"]]
    assert removed and all(row["status"] == "VOID" for row in removed)
    assert {row["number"] for row in whole if not row["deleted"]} == {row["number"] for row in usual}
    assert verdicts["grand-tour-kashoo"]["completeness"] == "COMPLETE"


async def test_what_changed_since_is_asked_of_the_provider() -> None:
    """Exactly the invoices whose own clock says so, with fewer rows sent than a full reading."""
    async with demo_house() as here:
        whole, _ = await invoices(here, "kashoo", deleted=True)
        moments = sorted(row["updatedAt"] for row in whole)
        since = moments[-20]
        found, _ = await invoices(here, "kashoo", deleted=True, since=since)
        asked = [seen for seen in here.board.log if "modifiedSince" in str(seen)]
    want = {row["source"]["nativeId"] for row in whole if row["updatedAt"] >= since}
    assert {row["source"]["nativeId"] for row in found} == want
    assert 20 <= len(want) < len(whole)
    assert asked


async def test_who_cannot_be_asked_says_so_and_the_others_answer() -> None:
    """No list that looks complete: smallinvoice knows no changes and takes no question for removed ones."""
    async with demo_house() as here:
        changed, by_change = await invoices(here, "kashoo", "smallinvoice", since="2026-11-01")
        removed, by_removal = await invoices(here, "kashoo", "smallinvoice", deleted=True)
    for verdicts in (by_change, by_removal):
        refused = verdicts["grand-tour-smallinvoice"]
        assert (refused["status"], refused["error"]["code"]) == ("UNSUPPORTED", "UNSUPPORTED")
        assert verdicts["grand-tour-kashoo"]["status"] == "OK"
    for rows in (changed, removed):
        assert {row["source"]["connection"]["id"] for row in rows} == {"grand-tour-kashoo"}


async def test_a_cursor_belongs_to_its_question() -> None:
    """One made with removed records is refused without."""
    async with demo_house() as here:
        asked: dict[str, Any] = {"company": COMPANY, "from": ["kashoo"], "since": None, "after": None}
        first = await here.ask(LIST, deleted=True, **asked)
        after = first["data"]["company"]["invoices"]["pageInfo"]["endCursor"]
        second = await here.ask(LIST, deleted=False, **{**asked, "after": after})
    assert second["errors"][0]["extensions"]["code"] == "CURSOR_MISMATCH"
