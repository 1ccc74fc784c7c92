"""Every fault of `/_control`, at every provider, on every way to read: the verdict it has, and nobody else's harm."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from ledgermesh.errors import LedgermeshError
from ledgermesh.sandbox.board import page_size_switch
from ledgermesh.sandbox.faults import (
    KINDS,
    Answer,
    Drip,
    Drop,
    Fault,
    Html,
    Latency,
    PageSize,
    RepeatPage,
    Truncate,
)
from tests.graph.demo import Demo, Sick, demo_house


@dataclass(frozen=True)
class Told:
    """What a caller is told of a source: status in lists and reports, code beside them and in errors of fields."""

    status: str
    code: str
    retryable: bool


WELL = Told("OK", "", retryable=False)
AWAY = Told("UNAVAILABLE", "PROVIDER_UNAVAILABLE", retryable=True)
GARBLED = Told("GARBLED", "PROVIDER_GARBLED", retryable=True)
SLOWER = Told("RATE_LIMITED", "RATE_LIMITED", retryable=True)
GONE = Told("REFUSED", "PROVIDER_NOT_FOUND", retryable=False)
REFUSED = Told("REFUSED", "PROVIDER_REFUSED", retryable=False)
PAUSED = Told("PAUSED", "SUBSCRIPTION", retryable=False)
SCOPE = Told("NEEDS_REAUTH", "MISSING_SCOPE", retryable=False)
REAUTH = Told("NEEDS_REAUTH", "NEEDS_REAUTH", retryable=False)

EXPECTED: Mapping[str, tuple[type[Fault], dict[str, Any], Told]] = {
    # A second, or a body in pieces, is within every deadline.
    "slow": (Latency, {"seconds": 1.0}, WELL),
    "in pieces": (Drip, {"seconds": 0.01, "piece_bytes": 4096}, WELL),
    # Fewer rows a page than were asked for cost calls and nothing else.
    "small pages": (PageSize, {"size": 3}, WELL),
    # The first page is right; where the second is needed, that it is the first again is noticed.
    "a page again": (RepeatPage, {}, WELL),
    # No answer, or one that says that it is the server's fault.
    "stopped": (Drop, {}, AWAY),
    "broken off": (Truncate, {}, AWAY),
    "500": (Answer, {"status": 500, "body": {"error": "oops"}}, AWAY),
    "503": (Answer, {"status": 503, "headers": {"Retry-After": "1"}}, AWAY),
    "web page with 502": (Html, {"status": 502}, AWAY),
    # Answered well, but with something that is none.
    "web page": (Html, {}, GARBLED),
    "half a body": (Truncate, {"declared": False}, GARBLED),
    "empty": (Answer, {"status": 200}, GARBLED),
    "a number": (Answer, {"status": 200, "body": "17"}, GARBLED),
    # Its own word on the request, the plan, the permission or the credentials; asking again changes nothing.
    "429": (Answer, {"status": 429, "headers": {"Retry-After": "120"}}, SLOWER),
    "404": (Answer, {"status": 404}, GONE),
    "418": (Answer, {"status": 418}, REFUSED),
    "moved": (Answer, {"status": 302, "headers": {"Location": "http://elsewhere.example/"}}, REFUSED),
    "402": (Answer, {"status": 402}, PAUSED),
    "403": (Answer, {"status": 403}, SCOPE),
    "401": (Answer, {"status": 401}, REAUTH),
}


@dataclass(frozen=True)
class Ways:
    """How one provider's books are read in these tests."""

    plural: str
    single: str
    other: str
    """A healthy provider in the same question."""
    report: str = ""
    relation: tuple[str, str, str] = ("", "", "")
    """The list's arguments and the relation that costs a call of its own, the field, and the path of that call."""
    file: bool = False


WAYS = {
    "accountsos": Ways("bankTransactions", "bankTransaction", "bossinsights", "balanceSheet"),
    "bossinsights": Ways("invoices", "invoice", "kashoo", "balanceSheet"),
    "kashoo": Ways(
        "invoices", "invoice", "smallinvoice", relation=("party { phone }", "party", "*/contacts*")
    ),
    "smallinvoice": Ways(
        "invoices", "invoice", "kashoo", relation=("payments { date }", "payments", "*/payments*"), file=True
    ),
    "trulysmall": Ways("invoices", "invoice", "kashoo", relation=("party { phone }", "party", "*/contacts*")),
}
"""AccountsOS and Boss Insights say in the documents themselves what belongs to them: no relation costs a call."""

READ_ON = ("accountsos", "bossinsights")
"""Of these the second page is read too before the first rows are shown, because they do not sort."""
SINGLY = ("kashoo", "trulysmall")
"""Here few related records are read one by one, and one that is not there is null, and no error."""

VERDICT = (
    "fragment verdict on SourceVerdict { connection { id } status completeness error { code retryable } }"
)
PAID = "where: { status: { in: [PAID, PARTIALLY_PAID] } }"


def question(provider: str, native_id: str) -> str:
    """A list, a record, a report, and a list of somebody else, at once."""
    ways, connection = WAYS[provider], f"grand-tour-{provider}"
    report = f'{ways.report}(asOf: "2026-10-31") {{ connection {{ id }} status error {{ code retryable }} }}'
    return f"""{{ company(key: "grand-tour") {{
      list: {ways.plural}(first: 2, from: ["{provider}"]) {{ nodes {{ id }} sources {{ ...verdict }} }}
      one: {ways.single}(nativeId: "{native_id}", connection: "{connection}") {{ id date }}
      {f"reports {{ {report} }}" if ways.report else ""}
      other: {WAYS[ways.other].plural}(first: 2, from: ["{ways.other}"]) {{ nodes {{ id }} sources {{ ...verdict }} }}
    }} }} {VERDICT}"""


def test_every_fault_of_the_sandbox_is_here() -> None:
    """A new kind of fault has to be given its verdict."""
    assert {str(kind.__struct_config__.tag) for kind, _, _ in EXPECTED.values()} == set(KINDS)


def spoil(house: Demo, provider: str, name: str, path: str = "*") -> bool:
    """Switch the fault on for what is read at these paths; False where this provider cannot have it."""
    kind, given, _ = EXPECTED[name]
    real = house.emulators[provider]
    if kind is PageSize and (not isinstance(real, Sick) or page_size_switch(real.real) is None):
        return False
    house.board.add(kind(provider=provider, method="GET", path=path, **given))
    return True


def recover(house: Demo) -> None:
    """All is well again, and long enough ago that nothing of before counts."""
    house.board.clear()
    house.clock.advance(2 * 3600)


async def first_id(house: Demo, provider: str) -> str:
    list_ = f'list: {WAYS[provider].plural}(first: 1, from: ["{provider}"])'
    text = f'{{ company(key: "grand-tour") {{ {list_} {{ nodes {{ source {{ nativeId }} }} }} }} }}'
    [node] = (await house.ask(text))["data"]["company"]["list"]["nodes"]
    return str(node["source"]["nativeId"])


LASTING = ("402", "403", "401")
"""After these the connection itself may be left alone, so each has a gateway of its own."""
GROUPS = [tuple(name for name in EXPECTED if name not in LASTING), *((name,) for name in LASTING)]


@pytest.mark.parametrize("names", GROUPS, ids=("passing", *LASTING))
@pytest.mark.parametrize("provider", WAYS)
async def test_lists_records_and_reports(provider: str, names: tuple[str, ...]) -> None:
    """Each has the fault's verdict, by the table, and the healthy provider in the same question answers as ever."""
    async with demo_house() as house:
        text = question(provider, await first_id(house, provider))
        well = (await house.ask(text))["data"]["company"]
        for name in names:
            told = EXPECTED[name][2]
            if not spoil(house, provider, name):
                continue
            answer = await house.ask(text)
            recover(house)
            now = answer["data"]["company"]
            assert now["other"] == well["other"], name
            again = name == "a page again" and provider in READ_ON
            _list_is(now["list"], well["list"], GARBLED if again else told, name)
            _record_is(answer, well["one"], told, name)
            for source in (now.get("reports") or {}).get(WAYS[provider].report, []):
                if source["connection"]["id"] == f"grand-tour-{provider}":
                    paged = again and provider == "bossinsights"  # the only reports that come in pages
                    assert _source(source) == _said(GARBLED if paged else told), name


def _source(source: Any) -> tuple[str, str, bool]:
    error = source["error"] or {"code": "", "retryable": False}
    return source["status"], error["code"], error["retryable"]


def _said(told: Told) -> tuple[str, str, bool]:
    return told.status, told.code, told.retryable


def _list_is(now: Any, well: Any, told: Told, name: str) -> None:
    [source] = now["sources"]
    assert _source(source) == _said(told), name
    if told is WELL:
        assert now == well, name
    else:
        assert (now["nodes"], source["completeness"]) == ([], "NONE"), name


def _record_is(answer: Any, well: Any, told: Told, name: str) -> None:
    one, errors = answer["data"]["company"]["one"], answer.get("errors", [])
    if told in (WELL, GONE):  # a record that is not there is null, and no error
        assert (one, errors) == (well if told is WELL else None, []), name
        return
    [error] = errors
    assert (one, error["path"]) == (None, ["company", "one"]), name
    assert (error["extensions"]["code"], error["extensions"]["retryable"]) == (told.code, told.retryable), (
        name
    )


@pytest.mark.parametrize("names", GROUPS, ids=("passing", *LASTING))
@pytest.mark.parametrize("provider", [name for name, ways in WAYS.items() if ways.relation[0]])
async def test_relations(provider: str, names: tuple[str, ...]) -> None:
    """Only what the relation reads is spoiled: the records stay, the field is null with the fault's code beside."""
    shown, field, path = WAYS[provider].relation
    text = f"""{{ company(key: "grand-tour") {{ list: invoices(first: 2, {PAID}, from: ["{provider}"]) {{
      nodes {{ id {shown} }} sources {{ ...verdict }} }} }} }} {VERDICT}"""
    async with demo_house() as house:
        well = (await house.ask(text))["data"]["company"]["list"]
        assert all(node[field] for node in well["nodes"]), "there is something to relate to"
        for name in names:
            kind, _, told = EXPECTED[name]
            if kind is RepeatPage or not spoil(house, provider, name, path):
                continue  # on these paths there is one page
            answer = await house.ask(text)
            recover(house)
            now = answer["data"]["company"]["list"]
            assert [node["id"] for node in now["nodes"]] == [node["id"] for node in well["nodes"]], name
            assert [_source(source) for source in now["sources"]] == [_said(WELL)], name
            codes = {error["extensions"]["code"] for error in answer.get("errors", [])}
            if told is WELL:
                assert (now, codes) == (well, set()), name
            else:
                assert [node[field] for node in now["nodes"]] == [None, None], name
                gone = told is GONE and provider in SINGLY
                assert codes == (set() if gone else {told.code}), name


UNSEEN = frozenset(("in pieces", "slow", "a page again", "small pages", "half a body"))
"""Nothing in half of a file says that it is not the whole, where its announced length is that of the half."""


@pytest.mark.parametrize("names", GROUPS, ids=("passing", *LASTING))
async def test_files(names: tuple[str, ...]) -> None:
    """A file that cannot be had is the fault's error; what is no file of this type is none."""
    text = """{ company(key: "grand-tour") { list: invoices(first: 1, from: ["smallinvoice"]) {
      nodes { downloads { name url } } } } }"""
    async with demo_house() as house:
        for name in names:
            told = EXPECTED[name][2]
            [node] = (await house.ask(text))["data"]["company"]["list"]["nodes"]
            [link] = [
                each["url"].removeprefix("/files/") for each in node["downloads"] if each["name"] == "pdf"
            ]
            spoil(house, "smallinvoice", name)
            code = ""
            try:
                file = await house.gateway.answers.file(link, 20.0)
                assert file.body.startswith(b"%PDF"), name
            except LedgermeshError as error:
                code = error.code
            recover(house)
            assert code == ("" if name in UNSEEN else told.code), name
