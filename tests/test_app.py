"""The gateway put together and served on real sockets: the demo as it is, and an operator's over the same books."""

from __future__ import annotations

import asyncio
import datetime as dt
import gc
import os
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from ledgermesh.app import make_served
from ledgermesh.clock import SystemClock
from ledgermesh.demo import DEMO_KEYS, Demo, make_demo, tell_left_out
from ledgermesh.errors import ConfigurationError
from ledgermesh.sandbox.app import make_sandbox
from ledgermesh.sandbox.world import make_world
from ledgermesh.sandbox.world.companies import COMPANIES
from ledgermesh.server import Site, serve
from ledgermesh.settings import read_settings
from tests.ports import free_port

HOST = "127.0.0.1"
SECONDS = 60.0
HUSH = "hush-hush-hush-hush"
EVERYTHING = """
query Everything($company: ID!) {
  company(key: $company) {
    connections { id provider { name } }
    invoices(first: 5) { nodes { id number source { connection { id } } } sources { connection { id } status } }
    parties(first: 5) { nodes { displayName source { connection { id } } } sources { connection { id } status } }
    bankTransactions(first: 5) { nodes { date amount { amount currency } } sources { connection { id } status } }
  }
}
"""


@asynccontextmanager
async def served(*sites: Site) -> AsyncIterator[list[str]]:
    """The sites' addresses while they are served; the end is the signal that an operator sends."""
    loop = asyncio.get_running_loop()
    ports: asyncio.Future[list[int]] = loop.create_future()
    running = asyncio.create_task(serve(sites, started=ports.set_result))
    either: list[asyncio.Future[Any]] = [ports, running]
    await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED, timeout=SECONDS)
    if not ports.done():
        await running
    try:
        yield [f"http://{HOST}:{port}" for port in ports.result()]
    finally:
        os.kill(os.getpid(), signal.SIGTERM)
        async with asyncio.timeout(SECONDS):
            await running


@asynccontextmanager
async def demo() -> AsyncIterator[tuple[httpx.AsyncClient, str]]:
    """A client of the demo's gateway, and the address of its emulators."""
    port = free_port()
    made = await make_demo(clock=SystemClock(), sandbox_url=f"http://{HOST}:{port}")
    async with (
        served(Site(made.sandbox, HOST, port), Site(made.gateway, HOST, 0)) as (sandbox, gateway),
        httpx.AsyncClient(
            base_url=gateway, headers={"Authorization": "Bearer lm_demo_read"}, timeout=SECONDS
        ) as http,
    ):
        yield http, sandbox


async def ask(http: httpx.AsyncClient, text: str, **variables: object) -> Any:
    answer = await http.post("/graphql", json={"query": text, "variables": variables})
    assert answer.status_code == 200, answer.text
    assert "errors" not in answer.json(), answer.text
    return answer.json()["data"]


def statuses(company: Mapping[str, Any], field: str) -> dict[str, str]:
    return {source["connection"]["id"]: source["status"] for source in company[field]["sources"]}


# -- the demo ------------------------------------------------------------------------------------------------------


async def test_every_company_of_the_demo_answers_from_all_its_books() -> None:
    """Each connection whose provider is emulated is linked, and gives what it has over real connections."""
    async with demo() as (http, _):
        listed = await ask(http, "{ companies { key } providers { name } }")
        found = {
            company.key: (await ask(http, EVERYTHING, company=company.key))["company"]
            for company in COMPANIES
        }

    there = {each["name"] for each in listed["providers"]}
    assert [each["key"] for each in listed["companies"]] == sorted(company.key for company in COMPANIES)
    for company in COMPANIES:
        answer = found[company.key]
        ids = {f"{company.key}-{name}" for name in company.books if name in there}
        assert {each["id"] for each in answer["connections"]} == ids
        for field in ("invoices", "parties", "bankTransactions"):
            assert statuses(answer, field).keys() == ids
            assert set(statuses(answer, field).values()) <= {"OK", "UNSUPPORTED"}
        assert len(answer["invoices"]["nodes"]) == 5
        assert len(answer["parties"]["nodes"]) == 5


async def test_the_demo_shows_a_source_that_fails_and_one_that_came_back() -> None:
    """The switchboard of the printed address acts on the gateway's own calls."""
    text = '{ company(key: "maple-bakery") { invoices(first: 1) { nodes { id } sources { status } } } }'
    async with demo() as (http, sandbox):
        fault = {"provider": "kashoo", "kind": "drop"}
        assert (await http.post(f"{sandbox}/_control/faults", json=fault)).status_code == 201
        broken = await ask(http, text)
        assert (await http.delete(f"{sandbox}/_control/faults")).status_code == 200
        log = (await http.get(f"{sandbox}/_control/log")).json()["requests"]

    invoices = broken["company"]["invoices"]
    assert invoices["nodes"] == []
    assert {source["status"] for source in invoices["sources"]} == {"UNAVAILABLE", "UNSUPPORTED"}
    assert {each["status"] for each in log if each["provider"] == "kashoo"} == {None}


async def test_the_page_offers_the_demo_s_keys_and_companies() -> None:
    """Whoever opens the playground has something to choose, and a choice that is there."""
    async with demo() as (http, _):
        page = await http.get("/", headers={"Authorization": ""})
        config = (await http.get("/playground/config.json")).json()

    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert {each["key"] for each in config["keys"]} == DEMO_KEYS.keys()
    assert config["defaultCompany"] in {each["key"] for each in config["companies"]}
    assert {each["key"] for each in config["companies"]} == {company.key for company in COMPANIES}
    assert config["examples"]


async def test_the_demo_leaves_no_connection_out() -> None:
    """Every provider that the demo's companies use has an emulator."""
    with capture_logs() as lines:
        await make_demo(clock=SystemClock(), sandbox_url=f"http://{HOST}:1")

    assert [each for each in lines if each["event"] == "connections left out"] == []


def test_connections_without_an_emulator_are_told_in_the_log() -> None:
    """A company that keeps books with a provider that is not there yet; that is said once."""
    with capture_logs() as lines:
        tell_left_out({"kashoo", "accountsos", "smallinvoice", "bossinsights"})

    [line] = [each for each in lines if each["event"] == "connections left out"]
    assert line["connections"] == ["harbour-legal-trulysmall", "grand-tour-trulysmall"]


async def test_what_is_never_served_leaves_nothing_open() -> None:
    """A taken port ends the command after everything was made; no connection was opened by then."""
    made: Demo | None = await make_demo(clock=SystemClock(), sandbox_url=f"http://{HOST}:1")
    assert made is not None
    made = None
    gc.collect()  # an open session would warn here, and a warning is an error


# -- an operator's gateway -----------------------------------------------------------------------------------------

BANK = """
{
  companies { key }
  company(key: "bakery") { bankTransactions(first: 2) { nodes { id } sources { status } } }
}
"""
FAR = """
{
  company(key: "bakery") {
    bankTransactions(where: { description: { eq: "nobody wrote this" } }) { nodes { id } sources { status calls } }
  }
}
"""
SHOP = """
[server]
body_bytes_max = 400
scan_pages_max = 2
[[tenants]]
id = "acme"
name = "Acme Finance"
[[keys]]
id = "reporting"
tenant = "acme"
from_env = "ACME_KEY"
companies = ["bakery"]
[[companies]]
key = "bakery"
name = "Maple Bakery"
tenants = ["acme"]
[[companies]]
key = "other"
name = "Not for this key"
tenants = ["acme"]
[[connections]]
id = "bakery-bank"
company = "bakery"
provider = "accountsos"
base_url = "{sandbox}/api"
scheme = "api_key"
secrets_from_env = {{ api_key = "BANK_KEY" }}
"""


async def test_a_gateway_made_from_a_file_serves_what_the_file_says(tmp_path: Path) -> None:
    """Its keys, companies, connections, secrets and limits are the operator's; nothing of the demo is in it."""
    port = free_port()
    world = make_world(today=dt.date(2026, 11, 15))
    sandbox = make_sandbox(world, SystemClock(), only="accountsos")
    books = world.books["maple-bakery", "accountsos"]
    path = tmp_path / "shop.toml"
    path.write_text(SHOP.format(sandbox=f"http://{HOST}:{port}"), encoding="utf-8")
    environ = {
        "ACME_KEY": "acme-key",
        "BANK_KEY": sandbox.emulators["accountsos"].credentials(books)["api_key"],
        "LEDGERMESH_SEALING__SECRETS": f'["{HUSH}"]',
    }
    app = await make_served(read_settings(environ, path), environ=environ, clock=SystemClock())

    async with (
        served(Site(sandbox.app, HOST, port), Site(app, HOST, 0)) as (_, gateway),
        httpx.AsyncClient(base_url=gateway, timeout=SECONDS) as http,
    ):
        stranger = await http.post(
            "/graphql", json={"query": BANK}, headers={"Authorization": "Bearer lm_demo_read"}
        )
        http.headers["Authorization"] = "Bearer acme-key"
        data = await ask(http, BANK)
        far = await ask(http, FAR)
        large = await http.post("/graphql", json={"query": BANK + " " * 400})
        config = (await http.get("/playground/config.json")).json()

    assert stranger.status_code == 401
    assert data["companies"] == [{"key": "bakery"}]
    assert len(data["company"]["bankTransactions"]["nodes"]) == 2
    assert data["company"]["bankTransactions"]["sources"] == [{"status": "OK"}]
    assert far["company"]["bankTransactions"] == {
        "nodes": [],
        "sources": [{"status": "TRUNCATED", "calls": 2}],
    }
    assert large.status_code == 413
    assert (config["environment"], config["keys"], config["companies"]) == ("live", [], [])


async def test_a_gateway_without_a_sealing_secret_is_not_made(tmp_path: Path) -> None:
    """Ids and cursors could be forged."""
    path = tmp_path / "empty.toml"
    path.write_text("", encoding="utf-8")

    with pytest.raises(ConfigurationError, match=r"sealing\.secrets is empty"):
        await make_served(read_settings({}, path), environ={}, clock=SystemClock())
