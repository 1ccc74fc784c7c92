"""One provider at a time falls ill: the others' records come, and the verdict names what happened and what to do."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from ledgermesh.graph.question import Question
from ledgermesh.sandbox.faults import (
    Answer,
    Drip,
    Drop,
    Exchange,
    Fault,
    Html,
    Latency,
    Onward,
    RepeatPage,
    Truncate,
)
from tests.graph.demo import Demo, demo_house
from tests.harness import opened

PROVIDERS = ("accountsos", "bossinsights", "kashoo", "smallinvoice", "trulysmall")
PARTY_LISTS = [
    *((f"grand-tour-{name}", None) for name in PROVIDERS if name != "bossinsights"),
    ("grand-tour-bossinsights", "customer"),
    ("grand-tour-bossinsights", "vendor"),
]
"""Boss Insights keeps customers and vendors apart: each of the two lists has a verdict of its own."""
DEADLINE_SECONDS = 20.0

LISTS = """query Lists($company: ID = "grand-tour") { company(key: $company) {
  invoices(first: 20) { nodes { NODE } pageInfo { hasNextPage endCursor } sources { ...verdict } }
  parties(first: 400) { nodes { NODE } pageInfo { hasNextPage endCursor } sources { ...verdict } }
  bankTransactions(first: 20) { nodes { NODE } pageInfo { hasNextPage endCursor } sources { ...verdict } }
} }
fragment verdict on SourceVerdict {
  connection { id } resource status completeness reason rows rejected { nativeId path reason }
  error { code message retryable retryAt remedy providerCode upstreamRequestId }
}""".replace("NODE", "id source { connection { id } }")

PROBE = 'query Probe { company(key: "grand-tour") { parties(first: 1) { nodes { id } } } }'

FAULTS: dict[str, tuple[type[Fault], dict[str, Any], tuple[str, ...], bool]] = {
    "stopped": (Drop, {}, ("UNAVAILABLE",), True),
    "web page": (Html, {}, ("GARBLED",), True),
    "web page with 502": (Html, {"status": 502}, ("UNAVAILABLE",), True),
    "half a body": (Truncate, {"declared": False}, ("GARBLED",), True),
    "broken off": (Truncate, {}, ("UNAVAILABLE",), True),
    "500": (Answer, {"status": 500, "body": {"error": "oops"}}, ("UNAVAILABLE",), True),
    "503": (Answer, {"status": 503}, ("UNAVAILABLE",), True),
    "429": (Answer, {"status": 429, "headers": {"Retry-After": "120"}}, ("RATE_LIMITED",), True),
    "403": (Answer, {"status": 403, "body": {"message": "no"}}, ("FORBIDDEN", "NEEDS_REAUTH"), False),
    "401": (Answer, {"status": 401}, ("NEEDS_REAUTH",), False),
    "418": (Answer, {"status": 418}, ("REFUSED",), False),
    "empty": (Answer, {"status": 200, "body": ""}, ("GARBLED",), True),
    "null": (Answer, {"status": 200, "body": "null"}, ("GARBLED",), True),
    "a number": (Answer, {"status": 200, "body": "17"}, ("GARBLED",), True),
    "another shape": (Answer, {"status": 200, "body": {"items": 3, "contacts": {}}}, ("GARBLED",), True),
    "not text": (Answer, {"status": 200, "body": "\u0000\u0001{"}, ("GARBLED",), True),
    "moved": (
        Answer,
        {"status": 302, "headers": {"Location": "http://elsewhere.example/"}},
        ("GARBLED", "REFUSED", "UNAVAILABLE"),
        False,
    ),
}
"""What the provider does to its data → the statuses that say so, and whether asking again may help."""


def lists(answer: Any) -> dict[str, dict[str, Any]]:
    assert "errors" not in answer, answer["errors"]
    found: dict[str, dict[str, Any]] = answer["data"]["company"]
    return found


def verdicts(page: dict[str, Any], provider: str) -> list[dict[str, Any]]:
    return [each for each in page["sources"] if each["connection"]["id"] == f"grand-tour-{provider}"]


def shown(page: dict[str, Any]) -> dict[str, list[str]]:
    """The ids of a page by connection."""
    found: dict[str, list[str]] = {}
    for node in page["nodes"]:
        found.setdefault(node["source"]["connection"]["id"], []).append(node["id"])
    return found


def ill(house: Demo, provider: str, fault: str) -> None:
    """Spoil the provider's answers to reads; signing in still works."""
    kind, given, _, _ = FAULTS[fault]
    house.board.add(kind(provider=provider, method="GET", **given))


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_one_ill_provider(provider: str) -> None:
    """Whatever it does: the others' records are all there, its verdict is typed, and the list has not ended."""
    async with demo_house() as house:
        well = lists(await house.ask(LISTS))
        for fault in FAULTS:
            house.clock.advance(3600)
            await house.ask(PROBE)  # a connection that was not let in finds out that it is again
            ill(house, provider, fault)
            began = house.clock.monotonic()
            now = lists(await house.ask(LISTS))
            assert house.clock.monotonic() - began <= DEADLINE_SECONDS, fault
            house.board.clear()
            for name, page in now.items():
                _verdicts_are_typed(f"{fault}, {name}", provider, page, fault)
                _others_are_intact(f"{fault}, {name}", provider, well[name], page)


def _verdicts_are_typed(what: str, provider: str, page: dict[str, Any], fault: str) -> None:
    _, _, statuses, retryable = FAULTS[fault]
    spoiled = _spoiled(page, provider)
    for each in spoiled:
        assert each["status"] in statuses, (what, each)
        assert each["completeness"] == "NONE", what
        assert each["error"]["retryable"] is retryable, (what, each)
        assert each["error"]["remedy"] and each["error"]["message"] and each["reason"], what
    assert page["pageInfo"]["hasNextPage"] or not spoiled, what
    assert f"grand-tour-{provider}" not in shown(page), what


def _spoiled(page: dict[str, Any], provider: str) -> list[dict[str, Any]]:
    return [each for each in verdicts(page, provider) if each["status"] != "UNSUPPORTED"]


def _others_are_intact(what: str, provider: str, well: dict[str, Any], page: dict[str, Any]) -> None:
    before, after = shown(well), shown(page)
    for connection, ids in before.items():
        if connection != f"grand-tour-{provider}":
            assert after[connection][: len(ids)] == ids, what
    for each in page["sources"]:
        if each["connection"]["id"] != f"grand-tour-{provider}" and each["status"] != "UNSUPPORTED":
            assert (each["status"], each["completeness"], each["error"]) == ("OK", "COMPLETE", None), what
    if not _spoiled(page, provider):
        assert before == after, what


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_a_provider_that_is_not_there_at_all(provider: str) -> None:
    """Not even signing in works: the same verdict, and the rest of the answer stands."""
    async with demo_house() as house:
        house.down.add(provider)
        began = house.clock.monotonic()
        now = lists(await house.ask(LISTS))
        assert house.clock.monotonic() - began <= DEADLINE_SECONDS
    for page in now.values():
        for each in verdicts(page, provider):
            assert each["status"] in ("UNAVAILABLE", "UNSUPPORTED")
            assert each["status"] == "UNSUPPORTED" or each["error"]["retryable"] is True
        others = [each for each in page["sources"] if each not in verdicts(page, provider)]
        assert {each["status"] for each in others} <= {"OK", "UNSUPPORTED"}


async def test_all_of_them_down() -> None:
    """Every source failed: still an answer, with no record, a verdict for each, and a next page to come."""
    async with demo_house() as house:
        house.down.update(PROVIDERS)
        page = lists(await house.ask(LISTS))["parties"]
        assert page["nodes"] == []
        assert {each["status"] for each in page["sources"]} == {"UNAVAILABLE"}
        told = [(each["connection"]["id"], each["resource"]) for each in page["sources"]]
        assert sorted(told, key=str) == sorted(PARTY_LISTS, key=str)
        assert page["pageInfo"]["hasNextPage"] is True
        cursor = page["pageInfo"]["endCursor"]
        assert cursor is not None, "there is a way to go on"
        house.down.clear()
        house.clock.advance(120)
        text = MANY
        later = await house.ask(text, after=cursor)
        whole = await house.ask(text)
    assert later["data"] == whole["data"]
    assert len(later["data"]["company"]["parties"]["nodes"]) > 200


@pytest.mark.parametrize("provider", ["bossinsights", "kashoo", "smallinvoice", "trulysmall"])
async def test_a_provider_that_recovers(provider: str) -> None:
    """A single failure is tried again and costs nothing but time."""
    async with demo_house() as house:
        well = lists(await house.ask(LISTS))["invoices"]
        house.board.add(Answer(provider=provider, method="GET", path="*nvoices*", status=503, times=1))
        again = lists(await house.ask(LISTS))["invoices"]
    assert again == well


async def test_rate_limits_say_when_to_come_back() -> None:
    """A 429 names the instant after which the same question may succeed."""
    async with demo_house() as house:
        house.board.add(
            Answer(provider="kashoo", method="GET", status=429, headers={"Retry-After": "120"}, times=10)
        )
        (each,) = verdicts(lists(await house.ask(LISTS))["invoices"], "kashoo")
    assert each["error"]["code"] == "RATE_LIMITED"
    assert each["error"]["retryAt"].startswith("2026-11-15T12:0")


async def test_a_page_that_is_repeated() -> None:
    """A provider that shows its first page again and again is not read for ever, and nothing is shown twice."""
    async with demo_house() as house:
        house.board.add(RepeatPage(provider="accountsos", method="GET"))
        page = lists(await house.ask(LISTS))["bankTransactions"]
        reads = house.reads
    (each,) = verdicts(page, "accountsos")
    assert each["status"] == "GARBLED"
    ids = [node["id"] for node in page["nodes"]]
    assert len(ids) == len(set(ids))
    assert reads < 40


class Silence(Fault, frozen=True, kw_only=True, tag="silence"):
    """Takes the request, and says nothing for ever."""

    async def spoil(self, exchange: Exchange, onward: Onward) -> None:
        await asyncio.Event().wait()


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_deadlines_hold_for_silent_providers(provider: str) -> None:
    """A provider that does not answer in the time the question has is given up by name; the others' records come."""
    async with demo_house() as house:
        well = lists(await house.ask(LISTS))
        house.board.add(Silence(provider=provider, method="GET"))
        principal = house.gateway.state.registry.principal("lm_demo_read")
        assert principal is not None
        question = Question(text=LISTS, principal=principal, timeout_seconds=1.0)
        now = lists(opened(await house.gateway.answers.answer(question)))
    for name, page in now.items():
        spoiled = _spoiled(page, provider)
        for each in spoiled:
            assert (each["status"], each["error"]["code"], each["error"]["retryable"]) == (
                "TIMEOUT",
                "TIMEOUT",
                True,
            )
        assert page["pageInfo"]["hasNextPage"] or not spoiled
        _others_are_intact(name, provider, well[name], page)


async def test_slow_but_in_time() -> None:
    """A provider that takes its time within the deadline is waited for."""
    async with demo_house() as house:
        well = lists(await house.ask(LISTS))
        house.board.add(Latency(provider="smallinvoice", method="GET", seconds=2.0))
        house.board.add(Drip(provider="kashoo", method="GET", seconds=0.01, piece_bytes=4000))
        assert lists(await house.ask(LISTS)) == well


# -- one bad value, one bad record -------------------------------------------------------------------------------

MANY = """query($after: String) { company(key: "grand-tour") {
  parties(first: 1000, after: $after) { nodes { id } pageInfo { hasNextPage } } } }"""

DETAILS = """{ company(key: "grand-tour") { invoices(first: 40, from: ["smallinvoice"]) {
  nodes {
    number date total { amount } party { displayName }
    source { nativeId findings { code path sourcePath message } }
  }
  sources { status completeness rejected { nativeId path reason } error { code } } } } }"""


async def test_a_bad_value_costs_a_field_and_a_bad_record_itself() -> None:
    """A malformed amount: that field is null and named. A record that is none: left out and named. All else stays."""
    async with demo_house() as house:
        well = (await house.ask(DETAILS))["data"]["company"]["invoices"]["nodes"]
        value, record = well[3]["source"]["nativeId"], well[7]["source"]["nativeId"]
        switches = house.switches("smallinvoice")
        switches.overrides[int(value)] = {"total": "a secret amount"}
        switches.replacements[int(record)] = ["not", "an", "object"]
        try:
            answer = await house.ask(DETAILS)
        finally:
            switches.overrides.clear()
            switches.replacements.clear()
    assert "errors" not in answer
    page = answer["data"]["company"]["invoices"]
    left = {node["source"]["nativeId"]: node for node in page["nodes"]}
    assert record not in left
    spoiled = left.pop(value)
    assert spoiled["total"] is None
    assert spoiled["number"] == well[3]["number"]
    findings = spoiled["source"]["findings"]
    assert {each["code"] for each in findings} == {"MALFORMED"}
    assert [each["sourcePath"] for each in findings if each["path"] == "total"] == ["total"]
    assert all("total" in each["sourcePath"] for each in findings), "nothing but what is made of the total"
    assert "secret" not in str(answer)
    assert all(left[node["source"]["nativeId"]] == node for n, node in enumerate(well) if n not in (3, 7))
    (source,) = page["sources"]
    assert (source["status"], source["completeness"], source["error"]) == ("OK", "PARTIAL", None)
    assert len(source["rejected"]) == 1
    assert source["rejected"][0]["reason"]
