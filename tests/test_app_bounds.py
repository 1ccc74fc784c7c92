"""The operator's bounds and the tools for agents, as `serve` puts them together."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from ledgermesh.app import make_served
from ledgermesh.clock import SystemClock
from tests.shop import ENVIRON, GOOD, read

BOUNDS = """
[limits]
calls_per_minute = 1
[limits.documents]
depth = 4
[limits.operation]
points = 100
"""
LIST = '{ company(key: "shop") { invoices(first: FIRST) { nodes { number } } } }'


async def test_what_the_operator_bounds_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Depth, points and calls a minute as they were set, each with its figure; nobody is asked for it."""
    monkeypatch.chdir(tmp_path)
    settings = read(GOOD.replace("port = 9000", "port = 9000\nmcp = true") + BOUNDS)
    app = await make_served(settings, environ=ENVIRON, clock=SystemClock())
    transport = httpx.ASGITransport(app)
    headers = {"Authorization": "Bearer acme-key", "Accept": "application/graphql-response+json"}
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", headers=headers) as http,
    ):
        answers = [
            await http.post("/graphql", json={"query": query})
            for query in (
                LIST.replace("number", "lines { account { name } }"),
                LIST.replace("FIRST", "100"),
                LIST.replace("FIRST", "5").replace(
                    "{ invoices", "{ parties(first: 1) { nodes { id } } invoices"
                ),
            )
        ]
        closed = await http.post("/mcp", json={}, headers={"Authorization": "Bearer nobody"})

    said = [answer.json()["errors"][0]["message"] for answer in answers]
    assert "the limit is 4" in said[0]
    assert "the limit is 100" in said[1]
    assert "calls to providers" in said[2]
    assert "1 a minute" in said[2]
    assert closed.status_code == 401


async def test_the_tools_are_off_unless_switched_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is at `/mcp` by default."""
    monkeypatch.chdir(tmp_path)
    app = await make_served(read(), environ=ENVIRON, clock=SystemClock())
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as http,
    ):
        answer = await http.post("/mcp", json={}, headers={"Authorization": "Bearer acme-key"})

    assert answer.status_code == 404
