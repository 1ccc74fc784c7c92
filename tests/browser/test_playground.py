"""The playground in a real browser: it answers, completes, and keeps to its own house."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.asyncio(loop_scope="module")

EXACT = "1234567890123456.10"
# The colours of the query come from a worker, a moment after the text; brackets are coloured at once.
COLOURED = ".graphiql-query-editor .view-line span[class^='mtk']:not(.mtk1):not([class*='bracket'])"
# Looked for inside the page: a wait from outside would need `eval`, which the policy forbids.
TABS_STORED = """() => new Promise((done) => {
  const look = () => (localStorage.getItem('graphiql:tabState') ? done() : setTimeout(look, 20));
  look();
})"""


async def clean(visit: Any) -> None:
    """Nothing of what a page must not do was done."""
    assert await visit.violations() == []
    assert visit.complaints == []
    assert visit.outside() == []


async def test_first_visit_runs_the_newest_invoices(visit_page: Any, gateway: Any) -> None:
    """A newcomer presses one button and sees the answer, its verdict and the provider calls."""
    async with visit_page() as visit:
        await visit.run()
        answer = json.loads(await visit.response_text())
        strip = await visit.page.locator(".lm-strip").inner_text()
        await clean(visit)
    assert len(answer["data"]["company"]["invoices"]) == 12
    assert answer["data"]["company"]["name"] == "Maple Bakery"
    assert "OK" in strip and "HTTP 200" in strip and "2 provider calls" in strip
    sent = gateway.requests[-1].headers
    assert sent["authorization"] == "Bearer lm_demo_read"
    assert sent["x-account-key"] == "maple-bakery"


async def test_money_is_shown_digit_by_digit(visit_page: Any) -> None:
    """A number that JavaScript would round is shown as it was sent."""
    async with visit_page() as visit:
        await visit.run()
        assert f'"total": {EXACT}' in await visit.response_text()


async def test_completion_offers_the_fields_of_the_schema(visit_page: Any) -> None:
    """Typing inside the company offers its fields, from the schema of this server."""
    async with visit_page() as visit:
        page = visit.page
        await page.locator(".graphiql-query-editor .monaco-editor").first.click()
        await page.keyboard.press("Control+A")
        await page.keyboard.type("{ company { inv")
        row = page.locator(".suggest-widget .monaco-list-row").first
        await row.wait_for()
        assert "invoices" in await row.inner_text()
        await clean(visit)


async def test_an_unknown_field_is_marked_while_typing(visit_page: Any) -> None:
    """The editor checks against the schema before anything is sent."""
    async with visit_page() as visit:
        page = visit.page
        await page.locator(".graphiql-query-editor .monaco-editor").first.click()
        await page.keyboard.press("Control+A")
        await page.keyboard.type("{ nonsense }")
        await page.locator(".graphiql-query-editor .squiggly-error").first.wait_for()
        await clean(visit)


async def test_an_example_opens_in_a_new_tab_and_runs(visit_page: Any, gateway: Any) -> None:
    """The Examples panel opens an operation with its variables, beside the tab that was there."""
    async with visit_page() as visit:
        page = visit.page
        await page.get_by_role("button", name="Companies Every company").click()
        await page.get_by_role("tab", name="Companies").wait_for()
        await visit.run()
        answer = json.loads(await visit.response_text())
        tabs = await page.locator(".graphiql-tabs [role=tab]").all_inner_texts()
        await clean(visit)
    assert answer["data"] == {"companies": [{"key": "alpine-studio", "name": "Alpine Studio"}]}
    assert [tab.strip() for tab in tabs] == ["NewestInvoices", "Companies"]
    assert (await gateway.requests[-1].json())["variables"] == {"search": "studio"}


async def test_pickers_set_the_headers(visit_page: Any, gateway: Any) -> None:
    """Company and key picked at the top go out with the next request and are there after a reload."""
    async with visit_page() as visit:
        page = visit.page
        await page.get_by_label("Company").select_option("alpine-studio")
        async with page.expect_response("**/graphql"):
            await page.get_by_label("API key").select_option("lm_demo_write")
        await visit.run()
        assert json.loads(await visit.response_text())["data"]["company"]["name"] == "Alpine Studio"
        await page.reload()
        assert await page.get_by_label("Company").input_value() == "alpine-studio"
        assert await page.get_by_label("API key", exact=True).input_value() == "lm_demo_write"
        await page.get_by_label("Company").select_option("")
        await page.locator(".graphiql-query-editor .view-lines").wait_for()
        await visit.run()
        await clean(visit)
    with_company, without = gateway.requests[-2:]
    assert with_company.headers["authorization"] == "Bearer lm_demo_write"
    assert with_company.headers["x-account-key"] == "alpine-studio"
    assert "x-account-key" not in without.headers


async def test_a_typed_key_is_sent_but_never_stored(visit_page: Any, gateway: Any) -> None:
    """A real key works in this page and is in no storage of the browser; a reload forgets it."""
    async with visit_page() as visit:
        page = visit.page
        await page.get_by_label("API key", exact=True).select_option("typed")
        await page.get_by_label("Your API key").fill("lm_live_secret")
        async with page.expect_response("**/graphql"):
            await page.keyboard.press("Enter")
        await visit.run()
        await page.evaluate(TABS_STORED)
        stored = await page.evaluate(
            "JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])"
        )
        await clean(visit)
        await page.reload()
        assert await page.get_by_label("API key", exact=True).input_value() == "lm_demo_read"
    assert gateway.requests[-1].headers["authorization"] == "Bearer lm_live_secret"
    assert "ledgermesh:session" in stored
    assert "lm_live_secret" not in stored


async def test_a_live_page_asks_for_the_key_and_then_works(visit_page: Any, gateway: Any) -> None:
    """Without a key nothing is sent and the page says what is missing; the key typed in puts it right."""
    async with visit_page("live/") as visit:
        page = visit.page
        notice = page.locator(".lm-errors")
        assert "Give your API key" in await notice.inner_text()
        assert await page.locator(".lm-environment").inner_text() == "LIVE"
        assert not any(url.endswith("/graphql") for url in visit.addresses)
        await page.get_by_label("Company").fill("alpine-studio")
        await page.get_by_label("Your API key").fill("lm_live_secret")
        async with page.expect_response("**/graphql"):
            await page.keyboard.press("Enter")
        await notice.wait_for(state="detached")
        await page.locator(".graphiql-query-editor .monaco-editor").first.click()
        await page.keyboard.insert_text("{ company { name } }")
        await visit.run()
        assert '"Alpine Studio"' in await visit.response_text()
        await clean(visit)
    assert gateway.requests[-1].headers["authorization"] == "Bearer lm_live_secret"


async def test_errors_of_an_answer_are_shown_beside_its_data(visit_page: Any) -> None:
    """An answer with errors says so in words: code, message, place, and the source that is missing."""
    async with visit_page() as visit:
        page = visit.page
        await page.get_by_role("button", name="Broken source").click()
        await page.get_by_role("tab", name="BrokenSource").wait_for()
        await visit.run()
        alert = await page.locator(".lm-errors[role=alert]").inner_text()
        verdict = await page.locator(".lm-verdict").inner_text()
        partial = await page.locator(".lm-partial").inner_text()
        await clean(visit)
    assert verdict == "Errors"
    assert "smallinvoice-1 (NONE, UNAVAILABLE)" in partial and "kashoo" not in partial
    assert "1 error" in alert and "UPSTREAM_UNAVAILABLE" in alert and "company.broken" in alert


async def test_works_under_a_mount_path(visit_page: Any) -> None:
    """Under `/books/` the page finds its files and the endpoint beside it."""
    async with visit_page("books/") as visit:
        await visit.run()
        assert '"Maple Bakery"' in await visit.response_text()
        assert all("/books/" in url for url in visit.addresses if not url.startswith("data:"))
        await clean(visit)


async def test_explorer_and_documentation_open(visit_page: Any) -> None:
    """The explorer builds a query by clicking; the documentation shows the schema's own words."""
    async with visit_page() as visit:
        page = visit.page
        await page.get_by_role("button", name="Show Explorer").click()
        await page.locator(".graphiql-explorer-root").get_by_text("companies", exact=True).first.wait_for()
        await page.get_by_role("button", name="Show Documentation Explorer").click()
        await page.locator(".graphiql-doc-explorer").get_by_text("Query", exact=True).first.wait_for()
        await clean(visit)


async def test_prettify_and_copy_as_curl(visit_page: Any) -> None:
    """The toolbar's own and our commands work under the policy; a demo key is in the copied line."""
    async with visit_page() as visit:
        page = visit.page
        await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        await page.get_by_role("button", name="Prettify query").click()
        await page.get_by_role("button", name="Copy as curl").click()
        line = await page.evaluate("navigator.clipboard.readText()")
        await clean(visit)
    assert line.startswith(f"curl '{visit.home}graphql' ")
    assert "'Authorization: Bearer lm_demo_read'" in line
    assert "'X-Account-Key: maple-bakery'" in line
    assert "NewestInvoices" in line


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_fits_the_screen(visit_page: Any, pictures: Path, width: int, height: int, dark: bool) -> None:
    """Wide or narrow, light or dark: no sideways scroll, every main part within the window."""
    async with visit_page(width=width, height=height, dark=dark) as visit:
        page = visit.page
        await visit.run()
        await page.locator(COLOURED).first.wait_for()
        name = f"{width}-{'dark' if dark else 'light'}"
        await page.screenshot(path=pictures / f"{name}.png")
        assert await page.evaluate("document.documentElement.scrollWidth") <= width
        for part in (".lm-name", ".lm-environment", "#lm-company", "#lm-key", ".graphiql-execute-button"):
            box = await page.locator(part).bounding_box()
            assert box is not None
            assert 0 <= box["x"] and box["x"] + box["width"] <= width, part
        for pane in (".graphiql-query-editor", ".graphiql-response"):
            box = await page.locator(pane).bounding_box()
            assert box is not None
            assert box["width"] >= 300 and box["height"] >= 150, pane
        await clean(visit)


async def test_examples_cover_the_phone_and_give_way(visit_page: Any, pictures: Path) -> None:
    """On a phone the panel opens over the editors; picking an example brings the editors back."""
    async with visit_page(width=390, height=844) as visit:
        page = visit.page
        await page.get_by_role("button", name="Show Examples").click()
        entry = page.get_by_role("button", name="Broken source")
        await entry.wait_for()
        await page.screenshot(path=pictures / "390-examples.png")
        await entry.click()
        await page.get_by_role("tab", name="BrokenSource").wait_for()
        await visit.run()
        await page.screenshot(path=pictures / "390-errors.png")
        assert await page.locator(".lm-errors[role=alert]").is_visible()
        await clean(visit)
