"""How a connection stands, as the schema shows it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from ledgermesh.state.entries import Standing
from tests.graph.demo import Demo, demo_house
from tests.harness import NOW

TEXT = """{ company(key: "maple-bakery") { connections {
  id state stateReason stateCode stateSince expiresAt repairUrl } } }"""
ID = "maple-bakery-kashoo"


async def shown(house: Demo, **fields: Any) -> Any:
    """The connection with this standing."""
    given: dict[str, Any] = {"state": "ACTIVE", "since": NOW, **fields}
    standing = Standing(environment="sandbox", connection=ID, **given)
    await house.gateway.state.directory.change(Standing, standing.place, lambda _: standing)
    answer = await house.ask(TEXT)
    [found] = [each for each in answer["data"]["company"]["connections"] if each["id"] == ID]
    return found


async def test_state_reason_and_code_are_those_of_the_standing() -> None:
    """With the moment since which it stands so."""
    async with demo_house() as house:
        found = await shown(house, state="NEEDS_REAUTH", reason="The sign-in ended.", code="NEEDS_REAUTH")

    assert found == {
        "id": ID, "state": "NEEDS_REAUTH", "stateReason": "The sign-in ended.", "stateCode": "NEEDS_REAUTH",
        "stateSince": "2026-11-15T12:00:00Z", "expiresAt": None, "repairUrl": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("days", "reason"),
    [(15, None), (14, "The sign-in ends on 2026-11-29 for good: link it again before.")],
)
async def test_the_end_of_a_sign_in_is_announced(days: int, reason: str | None) -> None:
    """Two weeks ahead, while everything still works."""
    async with demo_house() as house:
        found = await shown(house, expires_at=NOW + dt.timedelta(days=days))

    assert (found["state"], found["stateReason"]) == ("ACTIVE", reason)
    assert found["expiresAt"] is not None
