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
