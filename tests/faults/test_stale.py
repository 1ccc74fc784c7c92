"""A provider fails, and the caller takes an answer of before: given within that allowance, and said so."""

from __future__ import annotations

from typing import Any

import pytest

from ledgermesh.sandbox.faults import Answer, Html
from ledgermesh.upstream.call import Fresh
from tests.graph.demo import Demo, codes, demo_house

ALLOWED = Fresh(stale_seconds=120)
LIST = """query List($company: ID!, $first: Int = 5, $from: [String!]) { company(key: $company) {
  invoices(first: $first, from: $from) FRESH {
    nodes { id number total { amount } source { fetchedAt connection { id } } }
    totalCount
    sources { connection { id } status completeness reason fetchedAt rows error { code message retryable } }
  } } }"""
PLAIN = LIST.replace("FRESH", "")


def page(answer: Any) -> dict[str, Any]:
    assert "errors" not in answer, answer["errors"]
    found: dict[str, Any] = answer["data"]["company"]["invoices"]
    return found


def source(answer: Any, provider: str) -> dict[str, Any]:
    """The verdict on one provider's list."""
    [found] = [each for each in page(answer)["sources"] if each["connection"]["id"].endswith(f"-{provider}")]
    verdict: dict[str, Any] = found
    return verdict


def ill(house: Demo, provider: str) -> None:
    house.board.add(Answer(provider=provider, method="GET", status=503))


@pytest.mark.parametrize("provider", ["bossinsights", "kashoo", "smallinvoice", "trulysmall"])
async def test_a_list_of_before_stands_in_and_says_so(provider: str) -> None:
    """Same records, status STALE, when it was fetched, why, and the error beside; the other sources are live."""
    async with demo_house() as house:
        well = await house.ask(PLAIN, company="grand-tour", fresh=ALLOWED)
        house.clock.advance(60)
        ill(house, provider)
        now = await house.ask(PLAIN, company="grand-tour", fresh=ALLOWED)
        error = await house.ask(PLAIN, company="grand-tour")
    assert [node["id"] for node in page(now)["nodes"]] == [node["id"] for node in page(well)["nodes"]]
    told, before = source(now, provider), source(well, provider)
    assert (told["status"], told["completeness"], told["rows"]) == ("STALE", "COMPLETE", before["rows"])
    assert told["fetchedAt"] == before["fetchedAt"] == "2026-11-15T12:00:00Z"
    assert told["reason"].startswith("as it was at 2026-11-15T12:00:00Z: ")
    assert (told["error"]["code"], told["error"]["retryable"]) == ("PROVIDER_UNAVAILABLE", True)
    assert "STALE" in {step["cache"] for step in now["extensions"]["calls"]}
    assert source(error, provider)["status"] == "UNAVAILABLE", "who allows nothing gets the error"
    for each in page(now)["sources"]:
        if each is not told and each["status"] != "UNSUPPORTED":
            assert (each["status"], each["error"]) == ("OK", None)
            assert each["fetchedAt"] > told["fetchedAt"]


async def test_records_say_when_they_were_fetched() -> None:
    """`source.fetchedAt` of a stale record is the old one, of a live one the new one."""
    async with demo_house() as house:
        await house.ask(PLAIN, company="alpine-studio", first=20, fresh=ALLOWED)
        house.clock.advance(60)
        ill(house, "smallinvoice")
        now = await house.ask(PLAIN, company="alpine-studio", first=20, fresh=ALLOWED)
    times: dict[str, set[str]] = {}
    for node in page(now)["nodes"]:
        times.setdefault(node["source"]["connection"]["id"], set()).add(node["source"]["fetchedAt"])
    assert times.pop("alpine-studio-smallinvoice") == {"2026-11-15T12:00:00Z"}
    assert times and all(each.startswith("2026-11-15T12:01") for found in times.values() for each in found)


async def test_the_directive_allows_it_for_one_field() -> None:
    """`@fresh(staleIfError:)`; what it does not say stays as the request has it."""
    lenient = LIST.replace("FRESH", "@fresh(staleIfError: 120)")
    both = LIST.replace("FRESH", "@fresh(maxAge: 30, staleIfError: 120)")
    aged = LIST.replace("FRESH", "@fresh(maxAge: 1)")
    asked: dict[str, Any] = {"company": "alpine-studio", "from": ["smallinvoice"]}
    async with demo_house() as house:
        await house.ask(lenient, **asked)
        ill(house, "smallinvoice")
        house.clock.advance(10)
        assert source(await house.ask(both, **asked), "smallinvoice")["status"] == "OK", "young enough"
        house.clock.advance(50)
        found = [
            source(await house.ask(text, **asked, fresh=fresh), "smallinvoice")["status"]
            for text, fresh in ((lenient, None), (both, None), (aged, ALLOWED), (aged, None))
        ]
    assert found == ["STALE", "STALE", "STALE", "UNAVAILABLE"]


async def test_a_negative_allowance_is_refused() -> None:
    """Like a negative age."""
    async with demo_house() as house:
        text = LIST.replace("FRESH", "@fresh(staleIfError: -1)")
        answer = await house.ask(text, company="alpine-studio")
    assert codes(answer) == ["BAD_USER_INPUT"]
    assert "staleIfError" in answer["errors"][0]["message"]


async def test_it_ends_with_the_allowance() -> None:
    """A second later the error is there, and the list of the others goes on."""
    async with demo_house() as house:
        await house.ask(PLAIN, company="alpine-studio", fresh=ALLOWED)
        house.board.add(Html(provider="smallinvoice", method="GET"))
        house.clock.advance(121)
        now = await house.ask(PLAIN, company="alpine-studio", fresh=ALLOWED)
    assert (source(now, "smallinvoice")["status"], source(now, "kashoo")["status"]) == ("GARBLED", "OK")


async def test_credentials_that_are_refused_are_not_papered_over() -> None:
    """401 stays NEEDS_REAUTH, although an answer of before is kept."""
    async with demo_house() as house:
        await house.ask(PLAIN, company="alpine-studio", fresh=ALLOWED)
        house.board.add(Answer(provider="kashoo", method="GET", status=401))
        now = await house.ask(PLAIN, company="alpine-studio", fresh=ALLOWED)
    assert source(now, "kashoo")["status"] == "NEEDS_REAUTH"


async def test_half_of_before_and_half_of_now_is_not_complete() -> None:
    """The first page is live and the second one of before: rows may have moved between them, so it is PARTIAL."""
    async with demo_house() as house:
        asked: dict[str, Any] = {"company": "grand-tour", "first": 400, "from": ["smallinvoice"]}
        well = await house.ask(PLAIN, **asked, fresh=ALLOWED)
        pages = len(house.calls(well))
        assert pages > 1, "the list takes several pages"
        house.board.add(Answer(provider="smallinvoice", method="GET", status=503, after=1))
        now = await house.ask(PLAIN, **asked, fresh=ALLOWED)
    told = source(now, "smallinvoice")
    assert (told["status"], told["completeness"]) == ("STALE", "PARTIAL")
    assert page(now)["totalCount"] is None


async def test_a_generation_later_nothing_of_before_is_shown() -> None:
    """After a write, a webhook or a disconnect the older answers stand in for nothing."""
    async with demo_house() as house:
        await house.ask(PLAIN, company="alpine-studio", fresh=ALLOWED)
        ill(house, "kashoo")
        await house.gateway.state.directory.raise_generation("sandbox", "alpine-studio-kashoo")
        now = await house.ask(PLAIN, company="alpine-studio", fresh=ALLOWED)
    assert source(now, "kashoo")["status"] == "UNAVAILABLE"
