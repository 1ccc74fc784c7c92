"""The demo on real sockets, a real Chromium, and a page that notes everything it should not do."""

from __future__ import annotations

import asyncio
import json
import re
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
import uvicorn
from playwright.async_api import Browser, Page, Request, Route, ViewportSize, async_playwright
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.routing import Mount

from ledgermesh.app import make_served, operations
from ledgermesh.clock import SystemClock
from ledgermesh.demo import make_demo
from ledgermesh.playground import read_examples
from ledgermesh.settings import Company, Key, Sealing, Settings, Tenant
from ledgermesh.state.entries import digest

CHROMIUM = "/usr/bin/chromium"
# Without the last ones Chromium calls its maker at every start.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

# What an editor holds, also the lines that are scrolled away.
MODEL = "globalThis.__MONACO.editor.getModels().find((model) => model.uri.path.endsWith('%s'))"

EXAMPLES = {example.name: example for example in read_examples(operations())}
LIVE_KEY = "a key that only the operator's settings know"
LIVE = Settings(
    sealing=Sealing(secrets=[SecretStr("sealing for these tests")]),
    tenants=[Tenant(id="studio", name="Studio")],
    keys=[Key(id="studio", tenant="studio", sha256=digest(LIVE_KEY))],
    companies=[Company(key="alpine-studio", name="Alpine Studio", tenants=["studio"])],
)


@dataclass(frozen=True)
class Gateway:
    """The addresses of a running demo."""

    url: str
    elsewhere: str
    """The same gateway below `books/`, and one with the operator's settings below `live/`."""
    sandbox_url: str

    async def answer(
        self, query: str, variables: Mapping[str, Any], *, company: str, key: str = "lm_demo_read"
    ) -> str:
        """What a plain HTTP client gets for this query."""
        headers = {"Authorization": f"Bearer {key}", "X-Account-Key": company}
        body = {"query": query, "variables": dict(variables)}
        async with httpx.AsyncClient(headers=headers, timeout=30) as http:
            return (await http.post(f"{self.url}graphql", json=body)).text

    @asynccontextmanager
    async def fault(self, **fault: object) -> AsyncIterator[None]:
        """This fault at an emulated provider while the block runs."""
        async with httpx.AsyncClient(base_url=self.sandbox_url) as http:
            (await http.post("/_control/faults", json=fault)).raise_for_status()
            yield
            await http.delete("/_control/faults")


def listening() -> socket.socket:
    """A socket that takes callers from now on, if it answers them a moment later."""
    made = socket.socket()
    made.bind(("127.0.0.1", 0))
    made.listen()
    return made


def address(at: socket.socket) -> str:
    """Where a bound socket is found."""
    return f"http://127.0.0.1:{at.getsockname()[1]}"


@asynccontextmanager
async def serving(app: Starlette, at: socket.socket) -> AsyncIterator[None]:
    """The application on this socket; its end closes what the application holds."""
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", ws="none"))
    running = asyncio.create_task(server.serve(sockets=[at]))
    try:
        yield
    finally:
        server.should_exit = True
        await running


@asynccontextmanager
async def demo() -> AsyncIterator[Gateway]:
    """`ledgermesh demo` on free ports, and the gateway below other paths beside it."""
    async with AsyncExitStack() as stack:
        here, there, elsewhere = (stack.enter_context(listening()) for _ in range(3))
        made = await make_demo(clock=SystemClock(), sandbox_url=address(there))
        live = await make_served(LIVE, environ={}, clock=SystemClock())
        await stack.enter_async_context(live.router.lifespan_context(live))
        mounts = Starlette(routes=[Mount("/books", made.gateway), Mount("/live", live)])
        for app, at in ((made.sandbox, there), (made.gateway, here), (mounts, elsewhere)):
            await stack.enter_async_context(serving(app, at))
        yield Gateway(f"{address(here)}/", f"{address(elsewhere)}/", address(there))


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def gateway() -> AsyncIterator[Gateway]:
    """The demo, whole."""
    async with demo() as made:
        yield made


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def breakable() -> AsyncIterator[Gateway]:
    """A demo of its own for faults: what it remembers of them reaches no other test."""
    async with demo() as made:
        yield made


@pytest.fixture(scope="session")
def serve() -> Any:
    """Serves an application on a free port, as in `async with serve(app) as url`."""

    @asynccontextmanager
    async def one(app: Starlette) -> AsyncIterator[str]:
        with listening() as at:
            async with serving(app, at):
                yield f"{address(at)}/"

    return one


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Debian's Chromium, without a screen."""
    async with async_playwright() as playwright:
        made = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield made
        await made.close()


@dataclass
class Visit:
    """An open page and what it did, above all what it should not have done."""

    page: Page
    home: str
    complaints: list[str] = field(default_factory=list)
    addresses: list[str] = field(default_factory=list)
    questions: list[Request] = field(default_factory=list)
    """The GraphQL requests, without those for the schema."""

    def note(self, request: Request) -> None:
        """Remember a request."""
        self.addresses.append(request.url)
        if request.url.endswith("/graphql") and "IntrospectionQuery" not in (request.post_data or ""):
            self.questions.append(request)

    def outside(self) -> list[str]:
        """Addresses asked for on any other host."""
        return [url for url in self.addresses if not url.startswith((self.home, "data:"))]

    async def violations(self) -> list[str]:
        """What the content security policy stopped."""
        found: list[str] = await self.page.evaluate("window.cspViolations")
        return found

    async def response_text(self) -> str:
        """The whole response, also the lines that are scrolled away."""
        text: str = await self.page.evaluate(f"{MODEL % 'response.json'}.getValue()")
        return text

    async def answer(self) -> Any:
        """The response as a value."""
        return json.loads(await self.response_text())

    async def run(self) -> None:
        """Press the run button and wait for the verdict of this run."""
        button = self.page.get_by_role("button", name="Execute query")
        async with self.page.expect_response("**/graphql"):
            await button.click()
        await button.wait_for()
        await self.page.locator(".lm-verdict").wait_for()

    async def view(self, name: str) -> None:
        """See the answer as Table, JSON, Calls or Sources."""
        switch = self.page.get_by_role("group", name="Show the answer as")
        await switch.get_by_role("button", name=name).click()

    async def doctor(self, change: Callable[[Any], None]) -> None:
        """Change every answer from now on, on its way to the page."""

        async def doctored(route: Route) -> None:
            answer = await route.fetch()
            document = await answer.json()
            if "__schema" not in (document.get("data") or {}):
                change(document)
            await route.fulfill(response=answer, body=json.dumps(document))

        await self.page.route("**/graphql", doctored)

    async def write(self, query: str) -> None:
        """Replace the query, all at once; typed text would have its brackets closed by the editor."""
        await self.set("operation.graphql", query)

    async def type(self, query: str) -> None:
        """Replace the query, letter by letter."""
        await self.page.locator(".graphiql-query-editor .monaco-editor").first.click()
        await self.page.keyboard.press("Control+A")
        await self.page.keyboard.type(query)

    async def set(self, model: str, text: str) -> None:
        """Fill an editor: operation.graphql, variables.json or request-headers.json."""
        await self.page.evaluate(f"(text) => {MODEL % model}.setValue(text)", text)

    async def editor(self, model: str) -> str:
        """What an editor holds."""
        text: str = await self.page.evaluate(f"{MODEL % model}.getValue()")
        return text

    async def open(self, name: str) -> None:
        """Open an example by its name and wait for its tab, which is beside those that are there."""
        tabs = self.page.locator(".graphiql-tabs [role=tab]")
        there = await tabs.count()
        title = name.rpartition("/")[2].capitalize().replace("-", " ")
        strong = self.page.locator("strong").get_by_text(title, exact=True)
        group = self.page.get_by_role("region", name=EXAMPLES[name].group or "Overview", exact=True)
        await group.locator("button", has=strong).click()
        await tabs.nth(there).wait_for()
        operation = re.search(r"^(?:query|mutation)\s+(\w+)", EXAMPLES[name].query, re.MULTILINE)
        assert operation is not None
        await self.page.locator("[role=tab][aria-selected=true]", has_text=operation[1]).wait_for()


WATCH = """
window.cspViolations = [];
addEventListener('securitypolicyviolation', (event) =>
  window.cspViolations.push(`${event.violatedDirective}: ${event.blockedURI} ${event.sample}`));
"""


async def with_examples(examples: list[dict[str, Any]], route: Route) -> None:
    """The server's configuration with these examples."""
    answer = await route.fetch()
    await route.fulfill(response=answer, json={**await answer.json(), "examples": examples})


@asynccontextmanager
async def visiting(
    browser: Browser,
    url: str,
    *,
    width: int = 1440,
    height: int = 900,
    dark: bool = False,
    fragment: str = "",
    examples: list[dict[str, Any]] | None = None,
) -> AsyncIterator[Visit]:
    """Open the page as a newcomer (empty storage) and wait for its editor; with other examples than the demo's."""
    size: ViewportSize = {"width": width, "height": height}
    context = await browser.new_context(viewport=size, color_scheme="dark" if dark else "light")
    await context.add_init_script(WATCH)
    page = await context.new_page()
    page.set_default_timeout(60_000)
    visit = Visit(page, url)
    page.on("request", visit.note)
    page.on("pageerror", lambda error: visit.complaints.append(str(error)))
    page.on(
        "console",
        lambda line: visit.complaints.append(line.text) if line.type in ("error", "warning") else None,
    )
    if examples is not None:
        await page.route("**/playground/config.json", partial(with_examples, examples))
    await page.goto(url + fragment)
    await page.locator(".graphiql-query-editor .view-lines").wait_for()
    yield visit
    await context.close()


@pytest.fixture
def visit_at(browser: Browser) -> Any:
    """Visits to an address, as in `async with visit_at(url) as visit`."""
    return partial(visiting, browser)


@pytest.fixture
def visit_page(browser: Browser, gateway: Gateway) -> Any:
    """Visits to the demo's page, as in `async with visit_page(width=390) as visit`."""
    return partial(visiting, browser, gateway.url)


@pytest.fixture(scope="session")
def examples() -> Mapping[str, Any]:
    """The example operations by name."""
    return EXAMPLES


@pytest.fixture(scope="session")
def live_key() -> str:
    """A key that opens the gateway below `live/` and is nobody's demo key."""
    return LIVE_KEY


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where screenshots go: `pytest --basetemp DIR` keeps them in a place of your choice."""
    return tmp_path_factory.mktemp("pictures")
