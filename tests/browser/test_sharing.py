"""What leaves the page by the clipboard: links that open the same query, and code that sends the same request."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

pytestmark = pytest.mark.asyncio(loop_scope="session")

HARD_QUERY = '''# it's "hard" \\ $HOME `tick` ${x} %s """ 🦊 é
query Hard($number: String = "a\\\\b \\"q\\" 'c' `d` ${e}", $first: Int) {
	company { invoices(first: $first, where: {number: {eq: $number}}) { nodes { number text: status } } }
}
# """block""" \\'''
HARD_VARIABLES = {
    "number": 'it\'s "x" \\ `$HOME` ${a}\n\té 🦊 \\n',
    "first": 3,
    "more": [None, True, {}, [], {"a": 1.5}],
}
HARD_HEADERS = {"X-Provider-Token": "grand-tour-kashoo hush-hush", "Cache-Control": "no-cache, x=it's-$1"}
LANGUAGES = ("curl", "Python", "TypeScript")
WRITE_AND_RUN = """(query) => {
    const models = globalThis.__MONACO.editor.getModels();
    models.find((model) => model.uri.path.endsWith("operation.graphql")).setValue(query);
    document.querySelector(".graphiql-execute-button").click();
}"""
COPYING = ["clipboard-read", "clipboard-write"]


def fragment(**changes: Any) -> str:
    """The fragment of a share link; `changes` are fields of what it holds."""
    shared = {"query": "{ company { name } }", "variables": "", "company": "maple-bakery", "key": "Read only"}
    text = json.dumps({**shared, "environment": "sandbox", **changes})
    return "#share=" + base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def held(link: str) -> Any:
    """What a share link holds."""
    packed = link.partition("#share=")[2]
    return json.loads(base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4)))


async def copied(visit: Any, *path: str) -> str:
    """The clipboard after a button of the toolbar, and an entry of its menu."""
    page = visit.page
    await page.context.grant_permissions(COPYING)
    await page.get_by_role("button", name=path[0]).click()
    for entry in path[1:]:
        await page.get_by_role("menuitem", name=entry).click()
    await page.get_by_text(f"Copied as {path[1].split()[-1]}." if path[1:] else "Link copied").wait_for()
    text: str = await page.evaluate("navigator.clipboard.readText()")
    return text


async def test_a_link_brings_everything_but_the_key(visit_page: Any, visit_at: Any) -> None:
    """Opened elsewhere it gives query, variables, company and the key by its label; nothing runs by itself."""
    async with visit_page() as visit:
        await visit.page.get_by_label("Company").select_option("maple-bakery")
        async with visit.page.expect_response("**/graphql"):
            await visit.page.get_by_label("API key").select_option("lm_demo_write")
        await visit.write(HARD_QUERY)
        await visit.set("variables.json", json.dumps(HARD_VARIABLES))
        link = await copied(visit, "Copy a link to this query")
        label = await visit.page.locator("#lm-key option:checked").inner_text()
    assert link.startswith(f"{visit.home}#share=") and "lm_demo" not in json.dumps(held(link))
    assert label == f"{held(link)['key']} (lm_demo_write)"
    async with visit_at(link) as visit:
        page = visit.page
        assert await visit.editor("operation.graphql") == HARD_QUERY
        assert json.loads(await visit.editor("variables.json")) == HARD_VARIABLES
        assert await page.get_by_label("Company").input_value() == "maple-bakery"
        assert await page.get_by_label("API key", exact=True).input_value() == "lm_demo_write"
        assert "#" not in page.url and visit.questions == []
        assert await visit.violations() == [] and visit.complaints == []


async def test_a_typed_key_is_in_no_link(visit_at: Any, visit_page: Any, gateway: Any, live_key: str) -> None:
    """The link of a live page holds no key; on a page of another environment only its query is taken."""
    async with visit_at(f"{gateway.elsewhere}live/") as visit:
        await visit.page.get_by_label("Company").fill("alpine-studio")
        await visit.page.get_by_label("Your API key").fill(live_key)
        async with visit.page.expect_response("**/graphql"):
            await visit.page.keyboard.press("Enter")
        await visit.write("{ viewer { environment } }")
        link = await copied(visit, "Copy a link to this query")
    assert held(link) == {
        "query": "{ viewer { environment } }",
        "variables": "",
        "company": "alpine-studio",
        "key": None,
        "environment": "live",
    }
    async with visit_page(fragment="#" + link.partition("#")[2]) as visit:
        alert = await visit.page.locator(".lm-notices[role=alert]").inner_text()
        assert "made in live and this is sandbox" in alert
        assert await visit.editor("operation.graphql") == "{ viewer { environment } }"
        assert await visit.page.get_by_label("Company").input_value() == "grand-tour"


BROKEN = {
    "empty": "#share=",
    "no base64": "#share=%%%",
    "cut short": fragment()[:-9],
    "no query": fragment(query=" "),
    "not text": fragment(query=7),
    "no header value": fragment(company="a\nb"),
    "nowhere": fragment(environment="moon"),
    "foreign": "#query={company{name}}",
    "too long": "#share=" + "A" * 100_001,
}


async def test_a_broken_link_is_ignored_and_says_so(visit_page: Any) -> None:
    """The page opens as it would without the link, tells that the link is damaged, and works."""
    async with visit_page(fragment=BROKEN["cut short"]) as visit:
        page, alert = visit.page, visit.page.locator(".lm-notices[role=alert]")
        for broken in BROKEN.values():
            told = await alert.inner_text()
            assert "damaged" in told and "ignored" in told
            assert "#" not in page.url
            await page.get_by_role("button", name="Close").click()
            assert await page.locator(".lm-notice").count() == 0
            await page.evaluate("(fragment) => { location.hash = fragment; }", broken)
            await alert.wait_for()
        assert await page.locator(".graphiql-tabs [role=tab]").count() == 1
        assert "query NewestInvoices" in await visit.editor("operation.graphql")
        assert visit.complaints == []


async def test_a_link_into_an_open_page_gets_its_own_tab(visit_page: Any) -> None:
    """What was there stays; a company or key label that nobody knows here is named and left out."""
    async with visit_page() as visit:
        odd = fragment(query="query Odd { company { key } }", company="nobodys-books", key="Admin")
        await visit.page.evaluate("(fragment) => { location.hash = fragment; }", odd)
        await visit.page.locator("[role=tab][aria-selected=true]", has_text="Odd").wait_for()
        alert = await visit.page.locator(".lm-notices[role=alert]").inner_text()
        assert "nobodys-books" in alert and "Admin" in alert
        assert await visit.page.get_by_label("Company").input_value() == "grand-tour"
        await visit.page.evaluate("(fragment) => { location.hash = fragment; }", fragment())
        await visit.page.get_by_label("Company").and_(visit.page.locator("select")).wait_for()
        await visit.page.locator(".lm-notices[role=status]", has_text="tab of its own").wait_for()
        await visit.run()
        assert (await visit.answer())["data"] == {"company": {"name": "Maple Bakery"}}
        assert await visit.page.locator(".graphiql-tabs [role=tab]").count() == 3


class Sink:
    """A server that notes what code sends to it."""

    def __init__(self) -> None:
        self.bodies: list[Any] = []
        self.headers: list[Mapping[str, str]] = []

    async def take(self, request: Request) -> Response:
        """Note a request."""
        self.bodies.append(await request.json())
        self.headers.append(request.headers)
        return JSONResponse({"data": "taken"})


@asynccontextmanager
async def sinking(serve: Any) -> AsyncIterator[tuple[Sink, str]]:
    """A sink and its address; pages of any origin may send to it."""
    sink = Sink()
    cors = Middleware(CORSMiddleware, allow_origins=["*"], allow_methods=["*"], allow_headers=["*"])
    async with serve(Starlette(routes=[Route("/", sink.take, methods=["POST"])], middleware=[cors])) as url:
        yield sink, url


async def run_shell(code: str, environment: Mapping[str, str]) -> None:
    """Run a curl line with a curl that says what it was given, and send that."""
    script = "curl() { printf '%s\\0' \"$@\"; }\n" + code
    done = await asyncio.to_thread(
        subprocess.run,
        ["bash", "-c", script],
        env={**os.environ, **environment},
        capture_output=True,
        check=True,
    )
    url, *parts = done.stdout.decode().split("\0")[:-1]
    given = list(zip(parts[::2], parts[1::2], strict=True))
    headers = dict(value.split(": ", 1) for flag, value in given if flag == "-H")
    async with httpx.AsyncClient() as http:
        await http.post(url, headers=headers, content=dict(given)["--data-raw"])


async def run_python(code: str, environment: Mapping[str, str]) -> None:
    """Run a Python program."""
    await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", code],
        env={**os.environ, **environment},
        capture_output=True,
        check=True,
    )


async def run_script(code: str, environment: Mapping[str, str], browser: Browser) -> None:
    """Run a TypeScript program, whose types are all inferred, with the environment that a server would give it."""
    page = await browser.new_page()
    await page.evaluate(
        f"async () => {{ const process = {{ env: {json.dumps(dict(environment))} }};\n{code}\n}}"
    )
    await page.close()


async def test_code_sends_what_the_page_sends(visit_page: Any, browser: Browser, serve: Any) -> None:
    """However odd query and variables are; the key comes from the environment, else a demo key stands for it."""
    async with visit_page() as visit:
        await visit.write(HARD_QUERY)
        await visit.set("variables.json", json.dumps(HARD_VARIABLES))
        await visit.set("request-headers.json", json.dumps(HARD_HEADERS))
        await visit.run()
        codes = [await copied(visit, "Copy as code", f"Copy as {name}") for name in LANGUAGES]
        sent = visit.questions[-1].post_data_json
        page = visit.page.url
        assert await visit.violations() == [] and visit.complaints == []
    assert not any("hush-hush" in code for code in codes)
    async with sinking(serve) as (sink, url):
        curl, python, script = (code.replace(f"{page}graphql", url) for code in codes)
        for environment in (
            {"X_PROVIDER_TOKEN": ""},
            {"X_PROVIDER_TOKEN": "told", "LEDGERMESH_KEY": "lm own"},
        ):
            await run_shell(curl, environment)
            await run_python(python, environment)
            await run_script(script, environment, browser)
    assert [trimmed(body) for body in sink.bodies] == [trimmed(sent)] * 6 and sent["operationName"] == "Hard"
    for plain, own in zip(sink.headers[:3], sink.headers[3:], strict=True):
        assert (plain["authorization"], own["authorization"]) == ("Bearer lm_demo_read", "Bearer lm own")
        assert (plain["x-account-key"], plain["cache-control"]) == (
            "grand-tour",
            HARD_HEADERS["Cache-Control"],
        )
        assert own["x-provider-token"] == "told"


async def test_the_text_says_which_operation_is_meant(visit_page: Any) -> None:
    """Run at the moment the text changes, before the editor has read it; of several operations none is guessed."""
    async with visit_page() as visit:
        await visit.write("query Before { viewer { environment } }")
        await visit.run()
        named = [visit.questions[-1].post_data_json["operationName"]]
        several = "query One { viewer { environment } } query Two { viewer { environment } }"
        for query in ("query After { viewer { environment } }", "{ viewer { environment } }", several):
            async with visit.page.expect_response("**/graphql"):
                await visit.page.evaluate(WRITE_AND_RUN, query)
            named.append(visit.questions[-1].post_data_json.get("operationName"))
            await visit.page.get_by_role("button", name="Execute query").wait_for()
    assert named == ["Before", "After", None, None]


def trimmed(body: Any) -> Any:
    """A request without line ends around its query."""
    return {**body, "query": body["query"].strip("\n")}


async def test_a_typed_key_is_in_no_code(visit_page: Any) -> None:
    """With a key of one's own every language takes it from the environment alone."""
    async with visit_page() as visit:
        await visit.page.get_by_label("API key", exact=True).select_option("typed")
        await visit.page.get_by_label("Your API key").fill("lm_nobodys_secret")
        async with visit.page.expect_response("**/graphql"):
            await visit.page.keyboard.press("Enter")
        codes = [
            await copied(visit, "Copy as code", f"Copy as {name}")
            for name in ("curl", "Python", "TypeScript")
        ]
    assert all("LEDGERMESH_KEY" in code and "lm_" not in code for code in codes)
    assert all("X-Account-Key" in code and "grand-tour" in code for code in codes)


async def test_variables_that_are_no_json_are_not_copied(visit_page: Any) -> None:
    """The message names the trouble instead of copying something that could not be sent."""
    async with visit_page() as visit:
        await visit.set("variables.json", '{"first": ')
        await visit.page.get_by_role("button", name="Copy as code").click()
        await visit.page.get_by_role("menuitem", name="Copy as curl").click()
        alert = await visit.page.locator(".lm-notices[role=alert]").inner_text()
    assert "must be JSON" in alert


async def test_a_browser_that_forbids_copying_shows_the_text(visit_page: Any) -> None:
    """Without a clipboard, as on a page without TLS, the text stands there to be copied by hand."""
    async with visit_page() as visit:
        await visit.page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
        await visit.page.get_by_role("button", name="Copy a link to this query").click()
        text = await visit.page.get_by_label("Text to copy").input_value()
    assert text.startswith(f"{visit.home}#share=")
