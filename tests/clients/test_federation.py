"""The gateway as one subgraph among others: composed by three programs, and asked through a Hive Gateway.

Needs what `test_clients` needs.
"""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

HERE = Path(__file__).parent
SECONDS = 180
KEY = {"authorization": "Bearer lm_demo_read"}
COMPANIES = ("alpine-studio", "maple-bakery")
LISTED = '{ company(key: "maple-bakery") { invoices(first: 2) { nodes { id number } } } }'
FOREIGN = "AQEbadbadbadbadbadbadbad"
"""Looks like an id, and is none."""


@contextmanager
def listening(script: str, *arguments: str) -> Iterator[str]:
    """The address that a server of Node.js prints; the server ends with the block, however that ends."""
    command = ["node", f"federation/{script}", *arguments]
    running = subprocess.Popen(command, cwd=HERE, stdout=subprocess.PIPE, text=True)
    late = threading.Timer(SECONDS, running.kill)
    late.start()
    try:
        assert running.stdout is not None
        yield running.stdout.readline().strip()
    finally:
        late.cancel()
        running.kill()
        running.communicate(timeout=SECONDS)


def ask(url: str, text: str, headers: dict[str, str] | None = None) -> Any:
    """The whole answer."""
    answer = httpx.post(
        url, json={"query": text}, headers=KEY if headers is None else headers, timeout=SECONDS
    )
    return answer.json()


@pytest.fixture(scope="module")
def invoices(demo: str) -> list[dict[str, str]]:
    """Two invoices, by id and number."""
    found: list[dict[str, str]] = ask(demo, LISTED)["data"]["company"]["invoices"]["nodes"]
    return found


@pytest.fixture(scope="module")
def credit(invoices: list[dict[str, str]]) -> Iterator[str]:
    """The address of the other subgraph, which has tickets about these invoices and about one that nobody has."""
    ids = [*(each["id"] for each in invoices), FOREIGN]
    with listening("credit.js", ",".join(COMPANIES), ",".join(ids)) as url:
        yield url


@pytest.fixture(scope="module")
def composed(demo: str, credit: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    """The supergraph's file, and what the three programs said."""
    file = tmp_path_factory.mktemp("federation") / "supergraph.graphql"
    command = ["node", "federation/compose.js", demo, "lm_demo_read", credit, str(file)]
    ended = subprocess.run(command, cwd=HERE, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert ended.returncode == 0, ended.stderr
    return file, json.loads(ended.stdout)


@pytest.fixture(scope="module")
def router(composed: tuple[Path, Any]) -> Iterator[str]:
    """The address of a Hive Gateway before both."""
    with listening("hive.js", str(composed[0])) as url:
        yield url


@pytest.mark.parametrize("program", ["apollo", "hive", "wundergraph"])
def test_it_composes(composed: tuple[Path, Any], program: str) -> None:
    """With a subgraph that adds to our companies, without an error or a hint."""
    assert composed[1][program] == {"made": True, "errors": [], "hints": []}


def test_costs_reach_the_router(composed: tuple[Path, Any]) -> None:
    """The supergraph has what each list and each mutation costs."""
    assert composed[1]["costs"] == ["@cost", "@listSize"]


def test_our_company_with_their_field(router: str, invoices: list[dict[str, str]]) -> None:
    """A company and its invoices from us, its credit line and the tickets of each invoice from them."""
    text = """{ company(key: "maple-bakery") { name creditLine { amount currency }
      invoices(first: 2) { nodes { id number tickets { number } } sources { status } } } }"""
    answer = ask(router, text)

    assert "errors" not in answer, answer["errors"]
    found = answer["data"]["company"]
    assert found["name"] == "Maple Bakery"
    assert found["creditLine"] == {"amount": "12000.00", "currency": "CHF"}
    assert found["invoices"]["nodes"] == [
        each | {"tickets": [{"number": str(number)}]} for number, each in enumerate(invoices, 1)
    ]
    assert {each["status"] for each in found["invoices"]["sources"]} <= {"OK", "UNSUPPORTED"}


def test_their_companies_with_our_books(router: str) -> None:
    """Companies that they name by account key, with the lists that we read live."""
    answer = ask(
        router, "{ debtors { key name creditLine { amount } invoices(first: 3) { nodes { number } } } }"
    )

    assert "errors" not in answer, answer["errors"]
    found = answer["data"]["debtors"]
    assert [each["key"] for each in found] == list(COMPANIES)
    assert all(each["name"] and len(each["invoices"]["nodes"]) == 3 for each in found)


def test_their_reference_to_our_record(router: str, invoices: list[dict[str, str]]) -> None:
    """An invoice by its id; one that is no id of ours costs that one alone, and its error says which."""
    answer = ask(router, "{ tickets { number invoice { id number date } } }")

    found = [each["invoice"] for each in answer["data"]["tickets"]]
    assert [each["number"] for each in found[:2]] == [each["number"] for each in invoices]
    assert all(each["date"] for each in found[:2])
    assert found[2] is None or found[2]["number"] is None
    assert {each["extensions"]["code"] for each in answer["errors"]} == {"BAD_USER_INPUT"}


def test_the_caller_is_who_asks(router: str) -> None:
    """Without a key the router gets nothing of ours: the refusal is the answer."""
    answer = ask(router, "{ debtors { key creditLine { amount } name } }", headers={})

    found = (answer.get("data") or {}).get("debtors") or ()
    assert not any(each.get("name") for each in found)
    assert "UNAUTHENTICATED" in {each.get("extensions", {}).get("code") for each in answer["errors"]}, answer
