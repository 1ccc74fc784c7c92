"""What happens is what the figures say."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from ledgermesh.errors import StateDown
from ledgermesh.metrics.figures import SERIES_MAX, Counter, Gauge, Histogram
from ledgermesh.metrics.work import LAG_SECONDS, WorkFigures
from ledgermesh.state.base import Changes, Kept
from ledgermesh.state.memory import MemoryStore
from ledgermesh.state.watched import WatchedStore
from ledgermesh.upstream.breaker import REQUESTS_MIN
from tests.hands import HandClock, settle
from tests.harness import NOW
from tests.watched import INVOICES, READ, figure, watched

FRESH = {"Cache-Control": "max-age=300"}


async def test_calls_are_told_by_provider_and_by_where_the_answer_came_from() -> None:
    """An answer of the provider's, one from the cache, and one that several share."""
    async with watched() as house:
        question: dict[str, Any] = {"company": "maple-bakery", "first": 5}
        # Different documents over the same call: equal ones are answered without any.
        texts = [INVOICES.replace("number", f"number {name}: number") for name in "abcd"]
        for text in texts[:2]:
            await house.ask(text, READ | FRESH, **question)
        await asyncio.gather(*(house.ask(text, **question) for text in texts[1:]))
        found = await house.samples()

    calls = {
        cache: figure(found, "ledgermesh_provider_calls_total", provider="kashoo", cache=cache, outcome="ok")
        for cache in ("miss", "hit", "joined")
    }
    assert calls["hit"] == 1
    assert calls["miss"] + calls["joined"] == 4
    assert calls["joined"] >= 1
    sent = figure(found, "ledgermesh_provider_requests_total", provider="kashoo", status="2xx", outcome="ok")
    assert sent == calls["miss"]
    timed = figure(
        found, "ledgermesh_provider_request_duration_seconds_count", provider="kashoo", method="GET"
    )
    assert timed == sent


async def test_whole_answers_are_told_by_how_they_came() -> None:
    """Kept, joined with an equal question, or made; as operations they count like any other."""
    async with watched() as house:
        question: dict[str, Any] = {"company": "maple-bakery", "first": 5}
        before = figure(await house.samples(), "ledgermesh_kept_answer_bytes")
        for _ in range(3):
            await house.ask(INVOICES, READ | FRESH, **question)
        await asyncio.gather(*(house.ask(INVOICES, **question) for _ in range(2)))
        found = await house.samples()

    name = "ledgermesh_shareable_answers_total"
    assert {came: figure(found, name, came=came) for came in ("kept", "joined", "made")} == {
        "kept": 2, "joined": 1, "made": 2,
    }  # fmt: skip
    assert before == 0 < figure(found, "ledgermesh_kept_answer_bytes")
    assert figure(found, "ledgermesh_operations_total", type="query", outcome="ok") == 5
    assert figure(found, "ledgermesh_provider_calls_total", provider="kashoo") == 2


async def test_failures_are_told_by_their_code() -> None:
    """Attempts, tries after the first, and one failed call; nothing stays in flight."""
    async with watched() as house:
        await house.ask(INVOICES, company="maple-bakery", first=5)  # signs in
        house.line.down.add("kashoo")
        await house.ask(INVOICES, company="maple-bakery", first=5)
        found = await house.samples()

    kashoo = {"provider": "kashoo"}
    assert figure(found, "ledgermesh_provider_requests_total", **kashoo, status="none", outcome="failed") == 3
    assert figure(found, "ledgermesh_provider_retries_total", **kashoo) == 2
    assert figure(found, "ledgermesh_provider_errors_total", **kashoo, code="PROVIDER_UNAVAILABLE") == 1
    assert figure(found, "ledgermesh_provider_calls_total", **kashoo, outcome="failed") == 1
    assert figure(found, "ledgermesh_provider_requests_in_flight") == 0


async def test_a_circuit_that_opens_is_seen() -> None:
    """How often it did, and how it stands: open, then, when it is time for a probe, half open."""
    async with watched() as house:
        await house.ask(INVOICES, company="maple-bakery", first=5)
        house.line.down.add("kashoo")
        for number in range(REQUESTS_MIN):
            await house.ask(INVOICES, company="maple-bakery", first=5 + number % 3)
        opened = await house.samples()
        await house.ask(INVOICES, company="maple-bakery", first=5)
        refused = await house.samples()
        house.clock.advance(31)
        waiting = await house.samples()

    own = {"provider": "kashoo", "scope": "connection"}
    assert figure(opened, "ledgermesh_provider_breaker_openings_total", **own) == 1
    assert figure(opened, "ledgermesh_provider_circuits", **own, state="open") == 1
    assert figure(waiting, "ledgermesh_provider_circuits", **own, state="half_open") == 1
    assert figure(waiting, "ledgermesh_provider_circuits", **own, state="open") == 0
    local = {"provider": "kashoo", "cache": "none", "outcome": "not_sent"}
    assert figure(refused, "ledgermesh_provider_calls_total", **local) >= 1


async def test_operations_are_told_by_type_and_outcome() -> None:
    """Run, refused before anything was run, and unreadable; with what they cost in calls, and why not compiled."""
    async with watched() as house:
        for _ in range(3):
            await house.ask(INVOICES, company="maple-bakery", first=5)
        await house.ask("{ nothing }")
        await house.ask("{")
        await house.ask("{ " + " ".join(f"a{n}: __typename" for n in range(2_000)) + " }")
        await house.http.post("/graphql", json={"query": "{ __typename }"})
        found = await house.samples()

    operations = "ledgermesh_operations_total"
    assert figure(found, operations, type="query", outcome="ok") == 3
    assert figure(found, operations, type="query", outcome="refused") == 1
    assert figure(found, operations, type="unknown", outcome="refused") == 2
    for code in ("TOO_COSTLY", "GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED"):
        assert figure(found, "ledgermesh_operation_errors_total", code=code) == 1
    assert figure(found, "ledgermesh_operation_provider_requests_count", type="query") == 4
    assert figure(found, "ledgermesh_operation_provider_requests_sum", type="query") == 3
    assert figure(found, "ledgermesh_query_runs_total", way="compiled") == 2
    assert figure(found, "ledgermesh_query_runs_total", way="interpreted", reason="first time") >= 1
    assert figure(found, "ledgermesh_operations_in_progress") == 0
    assert figure(found, "ledgermesh_http_requests_total", route="/graphql", status="401") == 1


async def test_a_stream_is_open_while_somebody_listens() -> None:
    """Streams and subscriptions go up and down again; a listener who leaves is no failure, and no latency."""
    text = "subscription { connectionChanged { id } }"
    async with watched() as house:
        gone = asyncio.Event()
        began = asyncio.Event()
        body = b'{"query": "%s"}' % text.encode()
        sent = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> dict[str, object]:
            if sent:
                return dict(sent.pop())
            await gone.wait()
            return {"type": "http.disconnect"}

        async def send(message: object) -> None:
            began.set()

        headers = {**READ, "Accept": "text/event-stream", "Content-Type": "application/json"}
        scope = {
            "type": "http", "method": "POST", "path": "/graphql", "raw_path": b"/graphql", "query_string": b"",
            "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
            "http_version": "1.1", "scheme": "http", "server": ("gateway.test", 80), "client": ("127.0.0.1", 1),
            "asgi": {"version": "3.0", "spec_version": "2.4"},
        }  # fmt: skip
        stream = asyncio.ensure_future(house.app(scope, receive, send))
        await began.wait()
        await settle()
        during = await house.samples()
        gone.set()
        await stream
        after = await house.samples()

    assert figure(during, "ledgermesh_streams_open", transport="sse") == 1
    assert figure(during, "ledgermesh_operations_in_progress") == 1
    assert figure(after, "ledgermesh_streams_open", transport="sse") == 0
    assert figure(after, "ledgermesh_operations_in_progress") == 0
    assert figure(after, "ledgermesh_operations_total", type="subscription") == 1
    assert figure(after, "ledgermesh_operation_duration_seconds_count", type="subscription") == 0
    assert figure(after, "ledgermesh_http_request_duration_seconds_count", route="/graphql") == 0


async def test_the_event_loop_s_lag_is_what_it_was_late() -> None:
    """A sleep that took longer than asked for counts by how much."""
    clock, work = HandClock(NOW), WorkFigures()
    watching = asyncio.create_task(work.watch_loop(clock))
    await settle()
    await clock.turn(LAG_SECONDS)
    await clock.turn(LAG_SECONDS + 0.3)
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)

    found = {sample.name: sample.value for sample in work.lag.snapshot().samples if not sample.labels}
    assert found["ledgermesh_event_loop_lag_seconds_count"] == 2
    assert found["ledgermesh_event_loop_lag_seconds_sum"] == pytest.approx(0.3)


class Frail(MemoryStore):
    """Cannot be asked for what ends in `x`."""

    async def get(self, key: str) -> Kept | None:
        if key.endswith("x"):
            raise StateDown("gone")
        return await super().get(key)

    async def changes(self, cursor: str | None, *, seconds: float) -> Changes:
        raise StateDown("gone")


async def test_the_shared_state_is_timed_and_its_failures_counted() -> None:
    """Each method under its name; waiting for changes has no time."""
    work = WorkFigures()
    store = WatchedStore(Frail(), HandClock(NOW), work.asked)
    assert await store.put("a/b", b"1", expect=0)
    assert await store.get("a/b") == Kept(b"1", 1)
    assert list(await store.under("a/")) == ["a/b"]
    assert await store.delete("a/b", expect=1)
    assert (await store.swap("a/c", b"2", expect=0, seconds=1.0)).won
    for failing in (store.get("x"), store.changes(None, seconds=1.0)):
        with pytest.raises(StateDown):
            await failing
    await store.close()

    timed = {
        sample.labels["operation"]: sample.value
        for sample in work.store.snapshot().samples
        if sample.name.endswith("_count")
    }
    assert timed == {"put": 1, "get": 1, "under": 1, "delete": 1, "swap": 1}
    failed = {each.labels["operation"]: each.value for each in work.store_errors.snapshot().samples}
    assert failed == {"get": 1, "changes": 1}


def test_no_figure_grows_without_bound() -> None:
    """After so many combinations of labels further ones are left out; those that are there go on."""
    counter, histogram, gauge = (
        Counter("n_total", "h", ("l",)),
        Histogram("h", "h", ("l",)),
        Gauge("g", "h", ("l",)),
    )
    for number in range(SERIES_MAX + 50):
        counter.add(str(number))
        histogram.observe(str(number), value=1.0)
        gauge.add(str(number), by=1)
    counter.add("0")

    assert len(counter.snapshot().samples) == SERIES_MAX
    assert counter.snapshot().samples[0].value == 2
    assert len({each.labels["l"] for each in histogram.snapshot().samples}) == SERIES_MAX
    assert len(gauge.snapshot().samples) == SERIES_MAX


def test_a_histogram_s_buckets_hold_all_below_them() -> None:
    """A value on a bound is in its bucket, one above all bounds only in the last."""
    histogram = Histogram("h_seconds", "h", bounds=(0.1, 1.0))
    for value in (0.1, 0.5, 7.0):
        histogram.observe(value=value)

    found = {each.labels.get("le", each.name): each.value for each in histogram.snapshot().samples}
    assert found == {"0.1": 1, "1.0": 2, "+Inf": 3, "h_seconds_count": 3, "h_seconds_sum": 7.6}
