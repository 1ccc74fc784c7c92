"""The playground of the demo in a real browser: it answers, completes, and keeps to its own house."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.asyncio(loop_scope="session")

# The colours of the query come from a worker, a moment after the text; brackets are coloured at once.
COLOURED = ".graphiql-query-editor .view-line span[class^='mtk']:not(.mtk1):not([class*='bracket'])"
# Looked for inside the page: a wait from outside would need `eval`, which the policy forbids.
TABS_STORED = """() => new Promise((done) => {
  const look = () => (localStorage.getItem('graphiql:tabState') ? done() : setTimeout(look, 20));
  look();
})"""
STORED = "JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])"


async def clean(visit: Any, *, refused: bool = False) -> None:
    """Nothing of what a page must not do was done; where a key is refused the browser itself says so."""
    assert await visit.violations() == []
    assert [line for line in visit.complaints if not (refused and "status of 401" in line)] == []
    assert visit.outside() == []


def exact(text: str) -> Any:
    """The data of an answer with every number as it was written, without the moments it was fetched at."""

    def without_moments(fields: list[tuple[str, Any]]) -> dict[str, Any]:
        return {name: value for name, value in fields if name != "fetchedAt"}

    def digits(text: str) -> tuple[str, str]:
        return "number", text

    read = json.loads(text, parse_float=digits, parse_int=digits, object_pairs_hook=without_moments)
    return read["data"]


async def test_first_visit_runs_the_newest_invoices(visit_page: Any, gateway: Any, examples: Any) -> None:
    """A newcomer presses one button and sees what any HTTP client gets, and its verdict."""
    async with visit_page() as visit:
        await visit.run()
        text, answer = await visit.response_text(), await visit.answer()
        strip = await visit.page.locator(".lm-strip").inner_text()
        sent = await visit.questions[-1].all_headers()
        await clean(visit)
    invoices = answer["data"]["company"]["invoices"]
    assert len(invoices["nodes"]) == 20
    assert len({node["source"]["connection"]["id"] for node in invoices["nodes"]}) == 4
    assert exact(text) == exact(
        await gateway.answer(examples["newest-invoices"].query, {}, company="grand-tour")
    )
    assert strip.startswith("OK") and "HTTP 200" in strip
    assert sent["authorization"] == "Bearer lm_demo_read"
    assert sent["x-account-key"] == "grand-tour"


async def test_numbers_are_shown_digit_by_digit(visit_page: Any, gateway: Any, examples: Any) -> None:
    """A number in a provider's own document that JavaScript would rewrite is shown as it was sent."""
    async with visit_page() as visit:
        await visit.open("traced-to-the-source")
        await visit.run()
        shown = await visit.response_text()
        await clean(visit)
    sent = await gateway.answer(examples["traced-to-the-source"].query, {}, company="grand-tour")
    assert re.search(r'"raw":.*:\d+\.\d*0[,}]', sent), "a document with a number such as 640.00"
    assert exact(shown) == exact(sent)


async def test_examples_run_without_errors(visit_page: Any, examples: Any) -> None:
    """Those at the top and the first of each group open and run for the company with the most sources.

    Those that write or administer need a key that may, and values of the one who asks: `tests/scenes` runs them.
    """
    first = {example.group: name for name, example in reversed(examples.items())}
    answers = {}
    async with visit_page() as visit:
        offered = await visit.page.locator(".lm-examples li button").count()
        for name, each in examples.items():
            if name.startswith(("write-", "admin/")) or (each.group and first[each.group] != name):
                continue
            await visit.open(name)
            await visit.run()
            answers[name] = (await visit.answer(), await visit.page.locator(".lm-verdict").inner_text())
        await clean(visit)
    assert len(examples) == offered
    wrong = {name: answer.get("errors") for name, (answer, _) in answers.items() if "errors" in answer}
    assert wrong == {}
    assert {name for name, (answer, _) in answers.items() if not answer["data"]} == set()
    assert {word for _, word in answers.values()} <= {"OK", "Partial"}


async def test_completion_offers_the_fields_of_the_schema(visit_page: Any) -> None:
    """Typing inside the company offers its fields, from the schema of this server."""
    async with visit_page() as visit:
        await visit.type("{ company { bankTr")
        row = visit.page.locator(".suggest-widget .monaco-list-row").first
        await row.wait_for()
        assert "bankTransaction" in await row.inner_text()
        await clean(visit)


async def test_an_unknown_field_is_marked_while_typing(visit_page: Any) -> None:
    """The editor checks against the schema before anything is sent."""
    async with visit_page() as visit:
        await visit.type("{ nonsense }")
        await visit.page.locator(".graphiql-query-editor .squiggly-error").first.wait_for()
        await clean(visit)


async def test_an_example_opens_in_a_new_tab_and_runs(visit_page: Any, gateway: Any, examples: Any) -> None:
    """The Examples panel opens an operation with its variables, beside the tab that was there."""
    example = examples["bank-transactions"]
    async with visit_page() as visit:
        await visit.open(example.name)
        await visit.run()
        text = await visit.response_text()
        tabs = await visit.page.locator(".graphiql-tabs [role=tab]").all_inner_texts()
        asked = visit.questions[-1].post_data_json
        await clean(visit)
    assert [tab.strip() for tab in tabs] == ["NewestInvoices", "BankTransactions"]
    assert example.variables and asked["variables"] == example.variables
    assert asked["operationName"] == "BankTransactions"
    assert exact(text)["company"]["bankTransactions"]["nodes"]
    assert exact(text) == exact(await gateway.answer(example.query, example.variables, company="grand-tour"))


async def test_pickers_set_the_headers(visit_page: Any) -> None:
    """Company and key picked at the top go out with the next request and are there after a reload."""
    async with visit_page() as visit:
        page = visit.page
        await page.get_by_label("Company").select_option("alpine-studio")
        async with page.expect_response("**/graphql"):
            await page.get_by_label("API key").select_option("lm_demo_write")
        await visit.run()
        picked = (await visit.answer())["data"]["company"]["name"]
        await page.reload()
        assert await page.get_by_label("Company").input_value() == "alpine-studio"
        assert await page.get_by_label("API key", exact=True).input_value() == "lm_demo_write"
        await page.get_by_label("Company").select_option("")
        await page.locator(".graphiql-query-editor .view-lines").wait_for()
        await visit.run()
        alert = await page.locator(".lm-errors[role=alert]").inner_text()
        with_company, without = [await question.all_headers() for question in visit.questions]
        await clean(visit)
    assert picked == "Alpine Studio"
    assert with_company["authorization"] == "Bearer lm_demo_write"
    assert with_company["x-account-key"] == "alpine-studio"
    assert "x-account-key" not in without
    assert "BAD_USER_INPUT" in alert and "X-Account-Key" in alert


async def test_a_wrong_key_is_told(visit_page: Any, pictures: Path) -> None:
    """A key that nobody has gives the server's own words and remedy, and is in no storage of the browser."""
    async with visit_page() as visit:
        page = visit.page
        await page.get_by_label("API key", exact=True).select_option("typed")
        await page.get_by_label("Your API key").fill("lm_nobodys_secret")
        async with page.expect_response("**/graphql"):
            await page.keyboard.press("Enter")
        await visit.run()
        alert = await page.locator(".lm-errors[role=alert]").inner_text()
        verdict = await page.locator(".lm-verdict").inner_text()
        await page.screenshot(path=pictures / "1440-wrong-key.png")
        await page.evaluate(TABS_STORED)
        stored = await page.evaluate(STORED)
        sent = await visit.questions[-1].all_headers()
        await clean(visit, refused=True)
    assert sent["authorization"] == "Bearer lm_nobodys_secret"
    assert verdict == "Errors"
    assert (
        "UNAUTHENTICATED" in alert and "nobody has this API key" in alert and "Send a valid API key" in alert
    )
    assert "ledgermesh:session" in stored
    assert "lm_nobodys_secret" not in stored


async def test_a_live_page_asks_for_the_key_and_then_works(
    visit_at: Any, gateway: Any, live_key: str
) -> None:
    """Without a key nothing is sent and the page says what is missing; a key puts it right and is never stored."""
    async with visit_at(f"{gateway.elsewhere}live/") as visit:
        page = visit.page
        notice = page.locator(".lm-errors")
        assert "Give your API key" in await notice.inner_text()
        assert await page.locator(".lm-environment").inner_text() == "LIVE"
        assert not any(url.endswith("/graphql") for url in visit.addresses)
        await page.get_by_label("Company").fill("alpine-studio")
        await page.get_by_label("Your API key").fill(live_key)
        async with page.expect_response("**/graphql"):
            await page.keyboard.press("Enter")
        await notice.wait_for(state="detached")
        await visit.write("{ company { name } viewer { environment } }")
        await visit.run()
        answer = await visit.answer()
        await page.evaluate(TABS_STORED)
        stored = await page.evaluate(STORED)
        await clean(visit)
        await page.reload()
        assert await page.get_by_label("Your API key").input_value() == ""
    assert answer["data"] == {"company": {"name": "Alpine Studio"}, "viewer": {"environment": "live"}}
    assert live_key not in stored


async def test_errors_of_an_answer_are_shown_beside_its_data(visit_page: Any) -> None:
    """An answer with errors says so in words: code, message and place; the rest of its data is there."""
    async with visit_page() as visit:
        await visit.write('{ company { name } other: company(key: "nobody") { name } }')
        await visit.run()
        alert = await visit.page.locator(".lm-errors[role=alert]").inner_text()
        verdict = await visit.page.locator(".lm-verdict").inner_text()
        answer = await visit.answer()
        await clean(visit)
    assert verdict == "Errors"
    assert "1 error" in alert and "FORBIDDEN" in alert and "at other" in alert
    assert answer["data"] == {"company": {"name": "Grand Tour"}, "other": None}


async def test_a_source_that_fails_is_named_beside_the_others_data(
    visit_at: Any, breakable: Any, pictures: Path
) -> None:
    """While a provider is broken the strip names it and the reason; the other provider's invoices are there."""
    async with (
        breakable.fault(provider="smallinvoice", kind="status", status=503),
        visit_at(breakable.url) as visit,
    ):
        await visit.run()
        verdict = await visit.page.locator(".lm-verdict").inner_text()
        told = await visit.page.locator(".lm-partial").all_inner_texts()
        answer = await visit.answer()
        await visit.page.screenshot(path=pictures / "1440-partial.png")
        await clean(visit)
    missing, absent = told
    assert verdict == "Partial" and "errors" not in answer
    assert missing.startswith("Not complete") and "grand-tour-smallinvoice" in missing and "503" in missing
    assert "UNAVAILABLE" in missing and "kashoo" not in missing and "accountsos" not in missing
    assert absent.startswith("Without") and "grand-tour-accountsos" in absent
    nodes = answer["data"]["company"]["invoices"]["nodes"]
    others = {f"grand-tour-{name}" for name in ("bossinsights", "kashoo", "trulysmall")}
    assert {node["source"]["connection"]["id"] for node in nodes} == others
    assert len(nodes) == 20


async def test_what_a_provider_does_not_have_is_told_quietly(visit_page: Any) -> None:
    """A provider without such records takes nothing from the verdict; a report's sources count as a list's do."""
    async with visit_page() as visit:
        await visit.open("statements")
        await visit.run()
        verdict = await visit.page.locator(".lm-verdict").inner_text()
        lines = await visit.page.locator(".lm-partial.lm-quiet li").all_inner_texts()
        loud = await visit.page.locator(".lm-partial:not(.lm-quiet)").count()
        answer = await visit.answer()
        await clean(visit)
    sources = [source for answers in answer["data"]["company"]["reports"].values() for source in answers]
    without = {source["connection"]["id"] for source in sources if source["status"] == "UNSUPPORTED"}
    assert verdict == "OK" and loud == 0
    assert without and {line.split()[0] for line in lines} == without


async def test_works_under_a_mount_path(visit_at: Any, gateway: Any) -> None:
    """Under `books/` the page finds its files and the endpoint beside it."""
    async with visit_at(f"{gateway.elsewhere}books/") as visit:
        await visit.run()
        assert '"Grand Tour"' in await visit.response_text()
        assert all("/books/" in url for url in visit.addresses if not url.startswith("data:"))
        await clean(visit)


async def test_explorer_and_documentation_open(visit_page: Any, pictures: Path) -> None:
    """The explorer builds a query by clicking; the documentation shows the schema's own words."""
    async with visit_page() as visit:
        page = visit.page
        await page.get_by_role("button", name="Show Explorer").click()
        await page.locator(".graphiql-explorer-root").get_by_text("companies", exact=True).first.wait_for()
        await page.screenshot(path=pictures / "1440-explorer.png")
        await page.get_by_role("button", name="Show Documentation Explorer").click()
        await page.locator(".graphiql-doc-explorer").get_by_text("Query", exact=True).first.wait_for()
        await page.screenshot(path=pictures / "1440-documentation.png")
        await clean(visit)


async def test_prettify_works_under_the_policy(visit_page: Any) -> None:
    """The toolbar's own command, whose code comes later and by itself, is not stopped."""
    async with visit_page() as visit:
        await visit.write("{company{name}}")
        async with visit.page.expect_response("**/standalone-*.js"):
            await visit.page.get_by_role("button", name="Prettify query").click()
        await visit.page.locator(".graphiql-query-editor .view-line").nth(4).wait_for()
        await clean(visit)
        assert await visit.editor("operation.graphql") == "{\n  company {\n    name\n  }\n}\n"


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_fits_the_screen(visit_page: Any, pictures: Path, width: int, height: int, dark: bool) -> None:
    """Wide or narrow, light or dark: no sideways scroll, every main part within the window."""
    async with visit_page(width=width, height=height, dark=dark) as visit:
        page = visit.page
        await visit.run()
        await page.locator(COLOURED).first.wait_for()
        name = f"{width}-{'dark' if dark else 'light'}"
        for view in ("JSON", "Calls", "Sources", "Table"):
            await visit.view(view)
            await page.screenshot(path=pictures / f"{name}-{view.lower()}.png")
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
        await page.locator(".lm-examples button").first.wait_for()
        await page.screenshot(path=pictures / "390-examples.png")
        await visit.open("deadlines")
        await visit.run()
        await page.screenshot(path=pictures / "390-without.png")
        assert await page.locator(".lm-partial").is_visible()
        assert not await page.locator(".lm-examples").is_visible()
        assert await page.evaluate("document.documentElement.scrollWidth") <= 390
        await clean(visit)
