"""The ways that are compared: how each is started, what it is asked, and which rows its answer holds."""

from __future__ import annotations

import json
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from tests.bench.load import MARK, Ask, ask
from tests.bench.provider import BOOKS
from tests.bench.served import KEY

Rows = Sequence[Mapping[str, Any]]
Asks = Callable[[int], Ask]
"""Makes the question for so many invoices."""

# As many leaves on both sides: 28 for each invoice.
PEER: Final = """query Page($first: Int!, $p: Int!) { invoices(first: $first, page: $p) {
  id number issueDate total { amount currency } contact { id name email }
  lineItems { description quantity unitPrice amount } } }"""
OURS: Final = """query Page($company: ID!, $first: Int!) { company(key: $company) { invoices(first: $first) { nodes {
  id number date total { amount currency } party { id displayName email }
  lines { description quantity unitPrice { amount } net { amount } } } } } }"""
LEAVES: Final = 28


@dataclass(frozen=True)
class Way:
    """One system."""

    name: str
    command: Callable[[int, str], Sequence[str]]
    """Of its port and the provider's address."""
    asks: Asks
    rows: Callable[[Any], Rows]
    """The invoices in an answer's data."""
    environ: Callable[[int, str], Mapping[str, str]] = lambda port, upstream: {}
    folder: Path | None = None
    compiled: str = ""
    """What the answer's extensions must say of how it was made; empty where nobody says."""
    page_of_books: Callable[[int, int], int] = lambda number, first: number
    """Which number of a request asks for the first invoices of these books."""


def peer_asks(first: int, argument: str = "first") -> Ask:
    """What everybody else is asked: a page of its own each time."""
    text = PEER.replace("invoices(first:", f"invoices({argument}:")
    return ask(text, {"first": first, "p": MARK})


def our_asks(first: int, headers: Mapping[str, str] | None = None) -> Ask:
    """The same of ours, of companies in turn: equal questions in flight would be joined into one."""
    own = {"Authorization": f"Bearer {KEY}", **(headers or {})}
    return ask(OURS, {"first": first, "company": f"shop-{MARK}"}, modulo=BOOKS, headers=own)


def page_of_books(number: int, first: int) -> int:
    """The page whose invoices these books begin with."""
    return number * 100 // first


def served(what: str) -> Callable[[int, str], Sequence[str]]:
    """The command of what `tests.bench.served` starts."""
    return lambda port, upstream: [sys.executable, "-m", "tests.bench.served", what, str(port), upstream]


def ours(name: str = "ours", what: str = "compiled", headers: Mapping[str, str] | None = None) -> Way:
    """The gateway over the definition in `tests/bench/books`."""
    return Way(
        name, served(what), lambda first: our_asks(first, headers),
        lambda data: data["company"]["invoices"]["nodes"], compiled="" if headers else what,
    )  # fmt: skip


PLAIN: Final = Way(
    "plain", served("plain"), peer_asks, lambda data: data["invoices"], page_of_books=page_of_books
)


@dataclass(frozen=True)
class Answer:
    """One answer."""

    size: int
    data: Any
    extensions: Mapping[str, Any] = field(default_factory=dict)


def answer(port: int, what: Ask, number: int) -> Answer:
    """Ask once; raises RuntimeError for an answer with errors."""
    body = what.body(number).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{port}{what.path}", body, dict(what.headers))
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            text = response.read()
    except urllib.error.HTTPError as error:
        with error:
            raise RuntimeError(f"{error.code}: {error.read()[:300]!r}") from error
    found = json.loads(text, parse_float=Decimal)
    if found.get("errors"):
        raise RuntimeError(f"{port}: {found['errors']}")
    return Answer(len(text), found["data"], found.get("extensions", {}))


def leaves(row: Mapping[str, Any]) -> list[Any]:
    """The values of one invoice in one order, whatever they are called. Ids are opaque in ours, so only that they are.

    Numbers are compared as such: they are exact text in ours, floats in the others.
    """
    party, lines = row.get("party") or row["contact"], row.get("lines") or row["lineItems"]
    total = row["total"]
    found = [bool(row["id"]), row["number"], row.get("date") or row["issueDate"]]
    found += [Decimal(total["amount"]), total["currency"]]
    found += [bool(party["id"]), party.get("displayName") or party["name"], party["email"]]
    for line in lines:
        prices = [line["unitPrice"], line.get("net") or line["amount"]]
        found += [line["description"], Decimal(line["quantity"])]
        found += [Decimal(each["amount"] if isinstance(each, dict) else each) for each in prices]
    return found


def wanted(upstream: str, books: int, first: int) -> list[list[Any]]:
    """What the provider itself says these invoices are."""

    def read(path: str) -> Any:
        with urllib.request.urlopen(upstream + path) as response:
            return json.loads(response.read(), parse_float=Decimal)

    contacts = {row["id"]: row for row in read("/contacts?limit=1000")["rows"]}
    rows = read(f"/books/{books}/invoices?limit={first}")["rows"]
    return [leaves({**row, "contact": contacts[row["contactId"]]}) for row in rows]


def checked(way: Way, port: int, upstream: str, first: int) -> Answer:
    """The answer that the others are like; raises RuntimeError where a value is not the provider's.

    Asked several times: ours compiles what it was asked before.
    """
    books, what = 3, way.asks(first)
    for _ in range(3):
        found = answer(port, what, way.page_of_books(books, first))
    given, right = [leaves(row) for row in way.rows(found.data)], wanted(upstream, books, first)
    if given != right:
        wrong = [(one, other) for one, other in zip(given, right, strict=False) if one != other]
        raise RuntimeError(f"{way.name}: {len(given)} of {len(right)} invoices, wrong are {wrong[:1]}")
    assert all(len(row) == LEAVES for row in given), way.name
    said = str(found.extensions.get("compiled"))
    if not said.startswith(way.compiled):
        raise RuntimeError(f"{way.name}: the answer was {said}")
    return found
