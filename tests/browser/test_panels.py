"""The views of an answer: its calls on a time axis, its sources, and its lists as tables."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pytest

pytestmark = pytest.mark.asyncio(loop_scope="session")

SOURCES = """{ company {
  invoices(first: 3) {
    nodes { number }
    sources { connection { id } status completeness fetchedAt calls rows error { code message retryAt } }
  }
  bills(first: 3) { nodes { number } sources { connection { id } status reason } }
} }"""
SHARES = """(bars) => bars.map((bar) => {
  const [own, all] = [bar, bar.parentElement].map((element) => element.getBoundingClientRect());
  return [(own.left - all.left) / all.width, own.width / all.width];
})"""


async def shares(visit: Any, bars: str) -> Sequence[tuple[float, float]]:
    """Where bars begin and how wide they are, as shares of the axis."""
    found: Sequence[tuple[float, float]] = await visit.page.locator(bars).evaluate_all(SHARES)
    return found


async def texts(visit: Any, selector: str) -> list[str]:
    """Their visible words, each on one line."""
    return [" ".join(text.split()) for text in await visit.page.locator(selector).all_inner_texts()]


def size(count: int) -> str:
    """Bytes as people read them."""
    return f"{count} B" if count < 1000 else f"{count / 1000:.1f} kB"


def counted(count: int, one: str) -> str:
    """So many of something."""
    return f"{count} {one}" if count == 1 else f"{count} {one}s"


async def test_calls_stand_on_one_time_axis(visit_page: Any) -> None:
    """Each call of the answer has its line in words and its bar, which begins and lasts as the answer says."""
    async with visit_page() as visit:
        await visit.run()
        await visit.view("Calls")
        calls = (await visit.answer())["extensions"]["calls"]
        lines, bars = await texts(visit, ".lm-call"), await shares(visit, ".lm-track i:not(.lm-bar-wait)")
    assert len(lines) == len(bars) == len(calls) >= 2
    for call, line in zip(calls, lines, strict=True):
        assert line.startswith(f"{call['provider']} {call['method']} {call['path']}")
        # A call that had to wait for its turn says so in between.
        told = re.search(r" 200 (?:waited .* )?(\d+) ms from ", line)
        assert told is not None and abs(int(told[1]) - call["ms"]) <= 0.5
        assert call["connection"] in line
        assert size(call["bodyBytes"]) in line
    ends = max(call["startedMs"] + call["ms"] for call in calls)
    scale = max(begin + width for begin, width in bars) / ends
    for call, (begin, width) in zip(calls, bars, strict=True):
        assert begin == pytest.approx(call["startedMs"] * scale, abs=0.02)
        assert width == pytest.approx(call["ms"] * scale, abs=0.02)


async def test_a_repeated_call_shows_both_attempts(visit_at: Any, breakable: Any) -> None:
    """A call that failed once is there with its status and code, its repetition is marked as the second."""
    async with (
        breakable.fault(provider="kashoo", kind="status", status=503, path="*/invoices", times=1),
        visit_at(breakable.url) as visit,
    ):
        await visit.run()
        await visit.view("Calls")
        lines = [line for line in await texts(visit, ".lm-call") if line.startswith("kashoo")]
        summary = await visit.page.locator(".lm-summary").inner_text()
    assert len(lines) == 2
    assert "503 PROVIDER_UNAVAILABLE" in lines[0] and "attempt" not in lines[0]
    assert "200 attempt 2" in lines[1]
    assert "1 repeated" in summary and "1 failed" in summary


async def test_a_call_answered_from_the_cache_says_so(visit_page: Any) -> None:
    """Asked again with a tolerance for age, the same calls are cache hits."""
    async with visit_page() as visit:
        await visit.open("items-and-taxes")
        await visit.run()
        await visit.set("request-headers.json", '{"Cache-Control": "max-age=60"}')
        await visit.run()
        await visit.view("Calls")
        lines = await texts(visit, ".lm-call")
        summary = await visit.page.locator(".lm-summary").inner_text()
    assert lines and all("cache hit" in line for line in lines)
    assert summary == f"{len(lines)} provider calls · {len(lines)} cache hits"


async def test_waits_joined_calls_and_budgets_are_shown(visit_page: Any) -> None:
    """A wait has a bar of its own before the call's; what joined, and what the budget still allows, is said."""

    def change(document: Any) -> None:
        waited, joined, *_ = document["extensions"]["calls"]
        waited.update(startedMs=600.0, waitMs=400.0, ms=200.0, budgetLeft=1, bodyBytes=None)
        joined.update(startedMs=0.0, waitMs=0.0, ms=800.0, cache="JOINED", budgetLeft=None)
        document["extensions"]["calls"] = [waited, joined]

    async with visit_page() as visit:
        await visit.doctor(change)
        await visit.run()
        await visit.view("Calls")
        lines = await texts(visit, ".lm-call")
        wait, call, joined = await shares(visit, ".lm-track i")
        summary = await visit.page.locator(".lm-summary").inner_text()
    assert "waited 400 ms" in lines[0] and "1 call left" in lines[0] and "200 ms" in lines[0]
    assert "joined an equal call" in lines[1] and "left" not in lines[1]
    assert "1 joined" in summary and "400 ms waited" in summary
    assert wait[0] + wait[1] == pytest.approx(call[0], abs=0.01)
    assert wait[1] == pytest.approx(2 * call[1], abs=0.01)
    assert joined[0] == 0 and joined[1] == pytest.approx(4 * call[1], abs=0.01)


async def test_sources_are_told_list_by_list(visit_at: Any, breakable: Any) -> None:
    """Each list has its sources with verdict, calls, records and time; one that is refused says until when."""
    async with (
        breakable.fault(
            provider="smallinvoice",
            kind="status",
            status=429,
            path="*/invoices",
            headers={"Retry-After": "900"},
        ),
        visit_at(breakable.url) as visit,
    ):
        await visit.write(SOURCES)
        await visit.run()
        await visit.view("Sources")
        lists = {
            await section.get_attribute("aria-label"): " ".join((await section.inner_text()).split())
            for section in await visit.page.locator(".lm-sources section").all()
        }
        company = (await visit.answer())["data"]["company"]
    assert list(lists) == ["company / invoices", "company / bills"]
    sources = {each["connection"]["id"]: each for each in company["invoices"]["sources"]}
    refused, fine = sources["grand-tour-smallinvoice"], sources["grand-tour-kashoo"]
    moment = re.sub(r"T([\d:]+).*", r" \1 UTC", refused["error"]["retryAt"])
    assert f"grand-tour-smallinvoice {refused['status']} · NONE" in lists["company / invoices"]
    assert f"Come back at {moment}" in lists["company / invoices"]
    assert refused["error"]["message"] in lists["company / invoices"]
    fetched = re.sub(r"T([\d:]+).*", r" \1 UTC", fine["fetchedAt"])
    told = f"{counted(fine['calls'], 'call')} {counted(fine['rows'], 'record')}"
    assert f"grand-tour-kashoo OK · COMPLETE {told} fetched {fetched}" in lists["company / invoices"]
    assert "Not asked for: completeness, fetchedAt, calls, rows, error" in lists["company / bills"]


async def test_a_list_is_a_table_at_first(visit_page: Any) -> None:
    """Records are rows; money is one figure with its currency; a party goes by its name; JSON is one click away."""
    async with visit_page() as visit:
        await visit.run()
        nodes = (await visit.answer())["data"]["company"]["invoices"]["nodes"]
        heads = await texts(visit, ".lm-grid thead th")
        rows = await visit.page.locator(".lm-grid tbody tr").all()
        cells = [await row.locator("th, td").all_inner_texts() for row in rows]
        assert not await visit.page.locator(".result-window").is_visible()
        await visit.view("JSON")
        assert await visit.page.locator(".result-window .view-line").first.is_visible()
        await visit.page.reload()
        await visit.run()
        assert await visit.page.locator(".result-window .view-line").first.is_visible()
        assert await visit.page.locator(".lm-grid").count() == 0
    assert heads[:8] == ["number", "date", "dueDate", "status", "isOverdue", "total", "amountDue", "party"]
    assert heads[8:] == ["source.connection", "source.nativeId", "source.fetchedAt"]
    expected = [
        [
            *(node[name] for name in ("number", "date", "dueDate", "status")),
            str(node["isOverdue"]).lower(),
            *(f"{node[name]['amount']} {node[name]['currency']}" for name in ("total", "amountDue")),
            node["party"]["displayName"] if node["party"] is not None else "null",
            node["source"]["connection"]["id"],
            node["source"]["nativeId"],
            node["source"]["fetchedAt"],
        ]
        for node in nodes
    ]
    assert cells == expected


async def test_of_several_lists_one_is_picked(visit_page: Any) -> None:
    """The picker names every list of the answer by its place; the picked one is shown."""
    async with visit_page() as visit:
        await visit.open("several-companies")
        await visit.run()
        picker = visit.page.get_by_label("List", exact=True)
        offered = await picker.locator("option").all_inner_texts()
        await picker.select_option("companies / Maple Bakery / invoices")
        company = next(
            each for each in (await visit.answer())["data"]["companies"] if each["name"] == "Maple Bakery"
        )
        numbers = await texts(visit, ".lm-grid tbody th")
    assert f"companies / Maple Bakery / invoices ({len(numbers)})" in offered
    assert any(each.startswith("companies (") for each in offered)
    assert numbers == [node["number"] for node in company["invoices"]["nodes"]]


async def test_odd_records_lose_nothing_in_the_table(visit_page: Any) -> None:
    """Digits, nulls, lists in records and a provider's own documents are shown in one row, as they came."""

    async def odd(route: Any) -> None:
        rows = (
            '[{"rate": 1.10, "big": 12345678901234567890, "party": null, "raw": {"a": {"b": 1.50}},'
            ' "tags": ["x", "y"]}, {"rate": 2, "party": {"name": "Ada", "email": null},'
            ' "lines": [{"a": 1}, {"a": 2}], "total": {"amount": null}}]'
        )
        await route.fulfill(body=f'{{"data": {{"rows": {rows}}}}}', content_type="application/json")

    async with visit_page() as visit:
        await visit.page.route("**/graphql", odd)
        await visit.run()
        heads = await texts(visit, ".lm-grid thead th")
        cells = [
            dict(zip(heads, await row.locator("th, td").all_inner_texts(), strict=True))
            for row in await visit.page.locator(".lm-grid tbody tr").all()
        ]
    first, second = cells
    assert heads == ["rate", "big", "party", "raw", "tags", "party.email", "lines", "total"]
    assert (first["rate"], first["big"], first["party"]) == ("1.10", "12345678901234567890", "null")
    assert (first["raw"], first["tags"]) == ('{"a":{"b":"1.50"}}', "x, y")
    assert (second["party"], second["lines"], second["total"]) == ("Ada", "2 items", "null")


async def test_a_long_list_is_shown_in_portions(visit_page: Any) -> None:
    """At most a hundred rows at first; the rest by a button, which the keyboard reaches."""

    def change(document: Any) -> None:
        invoices = document["data"]["company"]["invoices"]
        invoices["nodes"] = [{**invoices["nodes"][0], "number": str(at)} for at in range(250)]

    async with visit_page() as visit:
        await visit.doctor(change)
        await visit.run()
        rows = visit.page.locator(".lm-grid tbody tr")
        assert await rows.count() == 100
        assert "100 of 250 rows" in await visit.page.locator(".lm-below").inner_text()
        for left, label in ((200, "Show 100 more"), (250, "Show 50 more")):
            await visit.page.get_by_role("button", name=label).press("Enter")
            assert await rows.count() == left
        assert await visit.page.locator(".lm-below").inner_text() == "250 rows"


async def test_the_views_work_by_keyboard(visit_page: Any) -> None:
    """From the switch one tab leads into the table, which the arrows scroll; the switch says what is pressed."""
    async with visit_page() as visit:
        page = visit.page
        await visit.run()
        table = page.get_by_role("button", name="Table", exact=True)
        assert await table.get_attribute("aria-pressed") == "true"
        await page.get_by_role("button", name=re.compile("^Sources")).focus()
        await page.keyboard.press("Tab")
        grid = page.get_by_role("region", name="company / invoices, as a table")
        assert await grid.evaluate("(grid) => grid === document.activeElement")
        for _ in range(3):
            await page.keyboard.press("ArrowRight")
        await grid.evaluate(
            "(grid) => new Promise((done) => (grid.scrollLeft ? done() : grid.onscroll = done))"
        )
        await page.keyboard.press("Shift+Tab")
        await page.keyboard.press("Enter")
        assert await page.get_by_role("region", name="company / invoices", exact=True).is_visible()
