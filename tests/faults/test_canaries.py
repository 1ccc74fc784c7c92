"""Secrets and books are planted, everything is broken in every way, then all that is written anywhere is searched."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import pytest
import structlog

from ledgermesh import telemetry
from ledgermesh.errors import LedgermeshError
from ledgermesh.sandbox.faults import Answer, Drip, Drop, Fault, Html, Latency, RepeatPage, Truncate
from ledgermesh.state.base import Secret
from ledgermesh.state.entries import ConnectionEntry, KeyEntry, digest
from ledgermesh.upstream.call import Fresh
from tests.graph.demo import Demo, demo_house
from tests.harness import SANDBOX

PROVIDERS = ("accountsos", "bossinsights", "kashoo", "smallinvoice", "trulysmall")
SAID = "said-canary-in-words"
"""The provider's own words on a refusal: they go to the caller, in one place, and nowhere else."""
PLANTED = {
    "body": "body-canary-71c1",
    "header": "header-canary-5a20",
    "address": "address-canary-9f3e",
    "search": "search-canary-0b77",
}
KEY = "lm_canary_2e90c3"
"""The caller's own key."""
SECRET_CHARACTERS_MIN = 8
"""A shorter setting (a business id, a user's name) is no secret that could be told from other text."""

SPOILT: Mapping[str, Any] = {
    "message": SAID, "code": 17, "error": {"message": SAID, "code": 17, "debug": PLANTED["body"]},
    "debug": PLANTED["body"], "request": {"authorization": PLANTED["header"]},
}  # fmt: skip
HEADERS = {
    "X-Canary": PLANTED["header"],
    "Set-Cookie": f"session={PLANTED['header']}",
    "WWW-Authenticate": f'Bearer error="{PLANTED["header"]}"',
    "Location": f"http://elsewhere.example/?next={PLANTED['address']}",
}
STATUSES = (302, 400, 404, 405, 409, 418, 422, 429, 500, 502, 503, 402, 403, 401)
"""Those that say that the connection is not in order come last: it may be left alone after them."""
KINDS: tuple[tuple[type[Fault], dict[str, Any]], ...] = (
    (Latency, {"seconds": 30.0}),
    (Drip, {"seconds": 0.1}),
    (Drop, {}),
    (Truncate, {}),
    (Truncate, {"declared": False}),
    (RepeatPage, {}),
    (Html, {"body": f"<p>{PLANTED['body']}</p>"}),
    (Answer, {"status": 200, "body": PLANTED["body"], "headers": HEADERS}),
    (Answer, {"status": 200, "body": [SPOILT], "headers": HEADERS}),
    *((Answer, {"status": status, "body": dict(SPOILT), "headers": HEADERS}) for status in STATUSES),
)

QUESTION = """query Everything($from: [String!]!, $connection: String!, $search: String) { company(key: "grand-tour") {
  invoices(first: 5, from: $from) {
    nodes { id number total { amount } party { displayName email } payments { id date } }
    sources { ...verdict } }
  parties(first: 5, search: $search, from: $from) { nodes { displayName email } sources { ...verdict } }
  bankTransactions(first: 5, from: $from) { nodes { description } sources { ...verdict } }
  strange: invoice(number: $search, connection: $connection) { id }
  reports { balanceSheet(asOf: "2026-10-31", sources: $from) { status error { code message remedy providerMessage } } }
} }
fragment verdict on SourceVerdict {
  status reason rejected { nativeId path reason } findings { code path message }
  error { code message remedy providerCode providerMessage upstreamRequestId }
}"""
FILES = """{ company(key: "grand-tour") { invoices(first: 1, from: ["smallinvoice"]) {
  nodes { downloads { url } } } } }"""


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Iterator[io.StringIO]:
    """Everything that is logged, at every level, as it is written in production."""
    before, stream = structlog.get_config(), io.StringIO()
    telemetry.configure(stream=stream, level=logging.DEBUG)
    handler = logging.StreamHandler(stream)
    # The wire of production is another one; this client would write whole addresses into its own log.
    handler.addFilter(lambda record: not record.name.startswith(("httpx", "httpcore")))
    caplog.set_level(logging.DEBUG)
    logging.getLogger().addHandler(handler)
    yield stream
    logging.getLogger().removeHandler(handler)
    structlog.configure(**before)


async def caller(house: Demo) -> None:
    """Register the key that these tests ask with."""
    digested, scopes = digest(KEY), frozenset(("api.read",))
    entry = KeyEntry(id="k-1", digest=digested, tenant="demo", environment="sandbox", scopes=scopes)
    await house.gateway.state.directory.add(entry)


async def secrets_of(house: Demo) -> set[str]:
    """What lets us in anywhere: what was linked, and what was made of it since."""
    found = {KEY}
    for entry in house.gateway.state.registry.all(ConnectionEntry):
        grant = await house.gateway.state.grants.find(entry.owner, entry.environment, entry.id)
        assert grant is not None
        found |= {secret.reveal() for secret in grant.secrets.values()}
    return {text for text in found if len(text) >= SECRET_CHARACTERS_MIN}


def books_of(answer: Any) -> set[str]:
    """Names and addresses in the records of an answer."""
    company = answer["data"]["company"]
    nodes = [node for name in ("invoices", "parties") for node in company[name]["nodes"]]
    people = [node["party"] or {} if "party" in node else node for node in nodes]
    found = {str(person.get(name) or "") for person in people for name in ("displayName", "email")}
    return {text for text in found if len(text) >= SECRET_CHARACTERS_MIN}


def beside(answer: Any) -> str:
    """All of an answer but its records."""
    company = answer["data"]["company"]
    kept = {
        name: part["sources"] if isinstance(part, dict) and "sources" in part else None
        for name, part in company.items()
    }
    rest = {"errors": answer.get("errors"), "extensions": answer["extensions"], "reports": company["reports"]}
    return json.dumps({**kept, **rest}, default=str, ensure_ascii=False)


def layers(house: Demo) -> dict[str, object]:
    """The layers that calls go through, by name."""
    found: dict[str, object] = {}
    handler: Any = house.gateway.answers._parts.send
    handler = handler._handler
    while isinstance(handler, partial):
        layer = handler.func.__self__  # type: ignore[attr-defined]  # a bound method
        found[type(layer).__name__] = layer
        handler = handler.keywords["send"]
    return found


def dump(value: object, seen: set[int] | None = None) -> Iterator[str]:
    """Every text below an object, keys too, but what is a Secret, which cannot print itself."""
    seen = set() if seen is None else seen
    if isinstance(value, str | bytes | bytearray):
        yield value if isinstance(value, str) else bytes(value).decode("utf-8", "replace")
        return
    if isinstance(value, Secret) or id(value) in seen or isinstance(value, type):
        return
    seen.add(id(value))
    inner: list[object] = []
    if isinstance(value, Mapping):
        inner += [*value.keys(), *value.values()]
    elif isinstance(value, list | tuple | set | frozenset):
        inner += value
    inner += getattr(value, "__dict__", {}).values() if not callable(value) else []
    names = [name for kind in type(value).__mro__ for name in getattr(kind, "__slots__", ())]
    inner += [getattr(value, name) for name in names if type(value).__module__.startswith("ledgermesh")
              and hasattr(value, name)]  # fmt: skip
    for each in inner:
        yield from dump(each, seen)


def none_of(words: set[str], text: str, where: str) -> None:
    """No word stands in the text; the words themselves are not printed."""
    assert [f"…{word[-4:]}" for word in words if word in text] == [], where


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_nothing_leaks_whatever_a_provider_does(provider: str, log: io.StringIO) -> None:
    """Tokens, keys, bodies, headers, addresses, search words: in no error, trace, log, key or file."""
    asked: dict[str, Any] = {"from": [provider], "connection": f"grand-tour-{provider}"}
    async with demo_house() as house:
        await caller(house)
        well = await house.ask(QUESTION, key=KEY, **asked)
        books, secrets = books_of(well), await secrets_of(house)
        assert len(books) > 5 and len(secrets) > 5
        planted = set(PLANTED.values())
        for number, (kind, given) in enumerate(KINDS):
            house.board.add(kind(provider=provider, method="GET", **given))
            fresh = Fresh(stale_seconds=300.0 * (number % 2))
            answer = await house.ask(QUESTION, key=KEY, search=PLANTED["search"], fresh=fresh, **asked)
            told = beside(answer)
            none_of(secrets | books | planted, told, str(given))
            unsaid = json.dumps([_unsaid(json.loads(told)), answer["extensions"]])
            assert SAID not in unsaid, "the provider's words stand in providerMessage alone"
            house.board.clear()
            house.clock.advance(400)
        secrets |= await secrets_of(house)
        written = log.getvalue()
        none_of(secrets | books | planted | {SAID}, written, "log")
        for name, layer in layers(house).items():
            none_of(secrets, "\n".join(dump(layer)), name)
        stored = await house.gateway.state.store.under("")
        none_of(secrets | books | planted | {SAID}, "\n".join(dump(stored)), "store")


def _unsaid(found: Any) -> Any:
    """The same without what is the provider's by name."""
    if isinstance(found, dict):
        return {name: _unsaid(value) for name, value in found.items() if name != "providerMessage"}
    return [_unsaid(each) for each in found] if isinstance(found, list) else found


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_a_provider_that_repeats_our_credentials(provider: str, log: io.StringIO) -> None:
    """Its words go to the caller without them: a tenant the company is shared with is not the one that linked it."""
    async with demo_house() as house:
        asked: dict[str, Any] = {"from": [provider], "connection": f"grand-tour-{provider}"}
        await house.ask(QUESTION, **asked)
        secrets = await secrets_of(house)
        mine = await _own(house, provider)
        assert mine
        for secret in sorted(mine):
            words = f"you sent {secret} which is wrong"
            body: dict[str, object] = {"message": words, "code": 17, "error": {"message": words, "code": 17}}
            house.board.add(Answer(provider=provider, method="GET", status=418, body=body))
            answer = await house.ask(QUESTION, **asked)
            house.board.clear()
            assert "which is wrong" in beside(answer), "the words themselves are told"
            none_of({secret}, beside(answer), provider)
            house.clock.advance(61)
        none_of(secrets, log.getvalue(), "log")


async def _own(house: Demo, provider: str) -> set[str]:
    """The secrets that go out with every request of this connection."""
    grant = await house.gateway.state.grants.find("demo", "sandbox", f"grand-tour-{provider}")
    assert grant is not None
    # The password of a login stays behind the token that it gave.
    names = ("access_token", "token", "api_key", *(("password",) if grant.scheme == "basic" else ()))
    return {secret.reveal() for name, secret in grant.secrets.items() if name in names}


async def test_files_and_links_leave_no_trace(log: io.StringIO) -> None:
    """A link to a file is a permission: it, the provider's address behind it and what is wrong there stay out."""
    async with demo_house() as house:
        [node] = (await house.ask(FILES))["data"]["company"]["invoices"]["nodes"]
        links = [each["url"].removeprefix("/files/") for each in node["downloads"]]
        secrets = await secrets_of(house)
        for kind, given in KINDS:
            house.board.add(kind(provider="smallinvoice", method="GET", **given))
            for link in links:
                try:
                    await house.gateway.answers.file(link, 20.0)
                except LedgermeshError as error:
                    none_of(secrets | set(PLANTED.values()), f"{error.message} {error.details}", str(given))
            house.board.clear()
        none_of({*secrets, *links, *PLANTED.values(), SAID, SANDBOX}, log.getvalue(), "log")
