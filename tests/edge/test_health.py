"""Probes."""

from __future__ import annotations

import pytest

from tests.edge.desk import Desk, gateway


@pytest.mark.parametrize(("path", "status"), [("/healthz", "ok"), ("/readyz", "ready")])
async def test_probes_need_no_key(path: str, status: str) -> None:
    """Whoever watches the process is answered without a key, and nobody is asked for it."""
    desk = Desk()
    async with gateway(desk, headers={}) as http:
        answer = await http.get(path)

    assert (200, {"status": status}) == (answer.status_code, answer.json())
    assert desk.questions == []


async def test_a_gateway_in_trouble_is_not_ready() -> None:
    """The balancer sends nobody there, and the operator reads why; the process itself lives."""
    desk = Desk()
    async with gateway(desk, headers={}, trouble=lambda: "the store is down") as http:
        ready, alive = await http.get("/readyz"), await http.get("/healthz")

    assert (ready.status_code, ready.json()["reason"]) == (503, "the store is down")
    assert alive.status_code == 200
