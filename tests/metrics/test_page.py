"""The page of figures: its form, what is in it, and who may read it."""

from __future__ import annotations

import asyncio
import re
import shutil
from collections import Counter
from typing import Any

import httpx
import pytest
from prometheus_client.openmetrics import parser
from starlette.applications import Starlette
from starlette.routing import Route

from ledgermesh.edge.figures import Readers, figures
from ledgermesh.metrics.page import Metrics
from ledgermesh.state.base import Secret
from tests.watched import BASE, INVOICES, House, figure, watched

PROMTOOL = shutil.which("promtool")
TOKEN = "a token of the tests, long enough"
UNITS = ("_seconds", "_bytes", "_total", "_info")
COUNTED = (
    "_min", "_in_flight", "_open", "_in_progress", "_running", "_waiting", "_circuits", "_replicas", "_flights",
    "_provider_requests",
)  # fmt: skip
"""Ends of names that count things, which have no unit."""


async def busy(house: House) -> str:
    """The page after a bit of everything that a reader does."""
    for _ in range(3):
        await house.ask(INVOICES, company="grand-tour", first=5)
    house.line.down.add("kashoo")
    await house.ask(INVOICES, company="grand-tour", first=6)
    await house.ask("{ nothing }")
    await house.ask("{")
    return await house.page()


def reader(readers: Readers, peer: str) -> httpx.AsyncClient:
    """Somebody at this address, who asks for the page alone."""
    app = Starlette(routes=[Route("/metrics", figures(Metrics().render, readers))])
    transport = httpx.ASGITransport(app, client=(peer, 4711))
    return httpx.AsyncClient(transport=transport, base_url=BASE)


async def test_the_page_is_as_prometheus_wants_it() -> None:
    """Each figure has its help and one type, no series is there twice, names say their unit and counters `_total`."""
    async with watched() as house:
        page = await busy(house)

    helped = re.findall(r"^# HELP (\S+) \S", page, flags=re.MULTILINE)
    typed = re.findall(r"^# TYPE (\S+) (\w+)$", page, flags=re.MULTILINE)
    series = [line.rpartition(" ")[0] for line in page.splitlines() if not line.startswith("#")]
    assert helped == [name for name, _ in typed]
    assert [each for names in (helped, series) for each, n in Counter(names).items() if n > 1] == []
    assert [name for name, kind in typed if (kind == "counter") != name.endswith("_total")] == []
    ours = [name for name, _ in typed if name.startswith("ledgermesh_")]
    assert [name for name in ours if not name.endswith(UNITS + COUNTED)] == []
    assert len(ours) > 30
    assert [name for name in ours if re.search(r"[A-Z]|_(ms|milliseconds|kb|percent)\b", name)] == []


@pytest.mark.skipif(PROMTOOL is None, reason="needs Debian's package `prometheus`")
async def test_promtool_finds_nothing_to_complain_about() -> None:
    """Prometheus' own check of a page."""
    async with watched() as house:
        page = await busy(house)

    checking = await asyncio.create_subprocess_exec(
        str(PROMTOOL), "check", "metrics",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said, _ = await checking.communicate(page.encode())
    assert (checking.returncode, said) == (0, b"")


async def test_it_is_open_metrics_for_who_asks() -> None:
    """Prometheus names it first; the same figures come in that form, which a strict parser reads."""
    async with watched() as house:
        answer = await house.http.get("/metrics", headers={"Accept": "application/openmetrics-text"})

    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    read: Any = parser.text_string_to_metric_families  # it has no annotations
    assert "ledgermesh_provider_requests" in {each.name for each in read(answer.text)}


async def test_no_label_names_a_customer() -> None:
    """Neither tenants, companies, connections and keys, nor what callers make up, are on the page."""
    async with watched() as house:
        await busy(house)
        await house.http.get("/made-up-path")
        await house.http.request("PURGE", "/graphql")
        await house.ask("query MadeUpName { __typename }")
        page = await house.page()

    for word in ("grand-tour", "demo", "lm_", "made-up", "PURGE", "MadeUpName", "Open"):
        assert word not in re.sub(r"^#.*$", "", page, flags=re.MULTILINE)
    assert 'route="other"' in page
    assert 'method="other"' in page


async def test_two_gateways_do_not_count_together() -> None:
    """Each has figures of its own, also in one process."""
    async with watched() as one, watched() as other:
        await one.ask("{ __typename }")

        assert figure(await one.samples(), "ledgermesh_operations_total") == 1
        assert figure(await other.samples(), "ledgermesh_operations_total") == 0


@pytest.mark.parametrize(
    ("peer", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("::ffff:127.0.0.1", {}, 200),
        ("10.0.0.7", {}, 403),
        ("testclient", {}, 403),
        ("127.0.0.1", {"X-Forwarded-For": "127.0.0.1"}, 403),
        ("127.0.0.1", {"Forwarded": "for=127.0.0.1"}, 403),
        ("127.0.0.1", {"Via": "1.1 proxy"}, 403),
        ("10.0.0.7", {"Authorization": "Bearer lm_demo_admin"}, 403),
    ],
)
async def test_figures_are_for_this_machine(peer: str, headers: dict[str, str], status: int) -> None:
    """By default nobody else reads them, nor anybody through a proxy; a key of a tenant's opens nothing."""
    async with reader(Readers(), peer) as http:
        answer = await http.get("/metrics", headers=headers)

    assert answer.status_code == status
    assert ("ledgermesh_" in answer.text) is (status == 200)


@pytest.mark.parametrize(
    ("readers", "authorization", "status"),
    [
        (Readers(token=Secret(TOKEN)), f"Bearer {TOKEN}", 200),
        (Readers(token=Secret(TOKEN)), f"Bearer {TOKEN}.", 401),
        (Readers(token=Secret(TOKEN)), "Bearer", 401),
        (Readers(token=Secret(TOKEN)), None, 401),
        (Readers(everybody=True), None, 200),
    ],
)
async def test_the_operator_may_let_others_in(
    readers: Readers, authorization: str | None, status: int
) -> None:
    """With a token, or everybody."""
    headers = {"Authorization": authorization} if authorization is not None else {}
    async with reader(readers, "10.0.0.7") as http:
        answer = await http.get("/metrics", headers=headers)

    assert answer.status_code == status
    assert TOKEN not in answer.text


async def test_with_a_token_alone_this_machine_needs_it_too() -> None:
    """`telemetry.metrics = "token"`: behind a proxy that says nothing of whom it asks for, everybody is local."""
    async with reader(Readers(loopback=False, token=Secret(TOKEN)), "127.0.0.1") as http:
        without = await http.get("/metrics")
        given = await http.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})

    assert (without.status_code, given.status_code) == (401, 200)


async def test_a_gateway_without_figures_has_no_page() -> None:
    """`telemetry.metrics = "off"`: nothing is counted, and nothing served."""
    async with watched(readers=None) as house:
        answer = await house.http.get("/metrics")

        assert (answer.status_code, house.running.watches.calls) == (404, ())
