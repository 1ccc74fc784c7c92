"""Pushes to the connected apps and webhooks, on a clock that the tests move, held against the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx
import msgspec
import pytest

from tests.sandbox.bossinsights_desk import Desk, exact, small_books, writing_desk

PUSH = {"X-Sync-Data": "push"}


async def written(desk: Desk, path: str = "vendors", /, **headers: str) -> httpx.Response:
    """The answer to a write with these headers."""
    body: dict[str, object] = {"name": "Mill"}
    if path == "bank_accounts":
        body = {"accountName": "Till"}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    query = {"X_ACCOUNT_KEY": desk.keys["account_key"]}
    answer = await desk.client.post(f"/api/{path}", params=query, json=body, headers=named)
    assert answer.status_code == 200, answer.text
    return answer


async def state(desk: Desk, answer: httpx.Response) -> Any:
    """How the push stands."""
    return await desk.get(f"sync/{answer.headers['x-sync-id']}")


def told(desk: Desk) -> list[str]:
    """The types of all webhooks so far."""
    return [str(row.payload["type"]) for row in desk.emulator.webhooks]


async def test_without_the_header_nothing_is_pushed() -> None:
    """No X-Sync-ID; the tracking id comes back whenever one was sent."""
    desk = writing_desk()
    plain, tracked = await written(desk), await written(desk, X_Tracking_ID="job 7")
    assert ("x-sync-id" in plain.headers, "x-tracking-id" in plain.headers) == (False, False)
    assert ("x-sync-id" in tracked.headers, tracked.headers["x-tracking-id"]) == (False, "job 7")


async def test_a_push_is_queued_then_runs_then_is_done() -> None:
    """By the clock alone; each app gives the object an id of its own."""
    desk = writing_desk()
    answer = await written(desk, **PUSH)
    assert (await state(desk, answer))["status"] == "queued"
    desk.clock.advance(1)
    running = await state(desk, answer)
    assert (running["status"], running["sources"][0]["srcId"]) == ("running", None)
    desk.clock.advance(2)
    done = await state(desk, answer)
    assert (done["status"], [row["integration"] for row in done["sources"]]) == ("done", ["quickbooks"])
    assert done["sources"][0]["srcId"]


@pytest.mark.parametrize(
    ("path", "sources", "expected"),
    [
        ("vendors", None, ["quickbooks"]),
        ("customers", None, ["quickbooks", "square"]),
        ("customers", "commerce", ["square"]),
        ("customers", "accounting, SQUARE", ["quickbooks", "square"]),
        ("employees", "quickbooks", []),
        ("employees", "payroll,accounting", ["gusto"]),
        ("bank_accounts", None, []),
        ("vendors", "somebody", []),
    ],
)
async def test_a_push_goes_to_apps_that_take_such_objects(
    path: str, sources: str | None, expected: list[str]
) -> None:
    """All connected ones, or those named by key or type; to none of them is no error."""
    desk = writing_desk()
    named = {} if sources is None else {"X-Sync-Sources": sources}
    found = await state(desk, await written(desk, path, **PUSH, **named))
    assert [row["integration"] for row in found["sources"]] == expected


async def test_an_app_can_refuse() -> None:
    """The push fails, says where and why, and what was written stays."""
    desk = writing_desk()
    desk.emulator.switches.failing_sources.add("square")
    answer = await written(desk, "customers", **PUSH)
    desk.clock.advance(3)
    found = await state(desk, answer)
    assert found["status"] == "failed"
    assert [(row["status"], row["error"] is None) for row in found["sources"]] == [
        ("done", True),
        ("failed", False),
    ]
    assert told(desk) == ["data.updated", "sync.failed"]
    assert await desk.get(f"customers/{exact(answer)['id']}")


async def test_a_push_is_its_companys_own() -> None:
    """Another company does not find it."""
    desk = writing_desk(small_books(), small_books("other-shop"))
    answer = await written(desk, **PUSH)
    other = desk.emulator.credentials(small_books("other-shop"))["account_key"]
    missing = await desk.refused(f"sync/{answer.headers['x-sync-id']}", X_ACCOUNT_KEY=other)
    assert missing.status_code == 404


async def test_webhooks_tell_of_writes_and_pushes() -> None:
    """With both ids; also when no request waited for it."""
    desk = writing_desk()
    answer = await written(desk, X_Tracking_ID="t-1", **PUSH)
    assert told(desk) == ["data.updated"]
    desk.clock.advance(3)
    assert told(desk) == ["data.updated", "sync.completed"]
    last = desk.emulator.webhooks[-1]
    assert last.payload == {
        "type": "sync.completed",
        "account_key": desk.keys["account_key"],
        "sync_id": answer.headers["x-sync-id"],
        "tracking_id": "t-1",
        "integration": "quickbooks",
        "object": "vendors",
        "ids": [exact(answer)["id"]],
        "timestamp": "2026-03-10T09:30:03Z",
    }
    assert (last.headers["X-Tracking-ID"], last.headers["User-Agent"]) == ("t-1", "BossInsights")


class Listener:
    """Somebody who listens, and answers with these statuses in turn."""

    def __init__(self, *statuses: int) -> None:
        self._statuses = list(statuses)
        self.heard: list[tuple[str, Any]] = []

    async def __call__(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        self.heard.append((url, msgspec.json.decode(body)))
        return self._statuses.pop(0) if self._statuses else 200


async def test_webhooks_are_posted_where_somebody_listens() -> None:
    """Any 2xx ends it; what happened before the address was known is not posted."""
    listener = Listener(204)
    desk = writing_desk(sender=listener)
    await written(desk)
    assert listener.heard == []
    desk.emulator.switches.webhook_url = "https://app.example.org/hooks/secret"
    await written(desk)
    desk.clock.advance(60)
    await desk.emulator.deliver()
    assert [(url, body["type"]) for url, body in listener.heard] == [
        ("https://app.example.org/hooks/secret", "data.updated")
    ]


async def test_a_webhook_is_tried_five_times_more() -> None:
    """After waits of one, two, four, eight and sixteen seconds; then it is given up."""
    listener = Listener(*[500] * 9)
    desk = writing_desk(sender=listener)
    desk.emulator.switches.webhook_url = "https://app.example.org/hooks"
    await written(desk)
    tries = [len(listener.heard)]
    for seconds in (0.5, 0.5, 2, 4, 8, 16, 1000):
        desk.clock.advance(seconds)
        await desk.emulator.deliver()
        tries.append(len(listener.heard))
    assert tries == [1, 1, 2, 3, 4, 5, 6, 6]
    assert desk.emulator.webhooks[0].statuses == [500] * 6
