"""A real server on a free port, a real Chromium, and a page that notes everything it should not do."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, NewType

import pytest
import pytest_asyncio
import strawberry
import uvicorn
from playwright.async_api import Browser, Page, ViewportSize, async_playwright
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from strawberry.schema.config import StrawberryConfig

from ledgermesh.playground import Example, PlaygroundCompany, PlaygroundConfig, PlaygroundKey, routes

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

EXACT = "1234567890123456.10"
NEWEST = """\
# The newest invoices of one company, merged from all its books.
query NewestInvoices($first: Int = 10) {
  company {
    name
    invoices(first: $first) {
      number
      date
      party
      total
      currency
      status
    }
  }
}
"""
FAILING = """\
# One source is down: the answer says so.
query BrokenSource {
  company { name broken sources { connection status completeness } }
}
"""
CONTACTS = """\
# Every company that this key may see.
query Companies($search: String) {
  companies(search: $search) { key name }
}
"""
PAY = """\
# Records a payment.
mutation RecordPayment {
  pay
}
"""

CONFIG = PlaygroundConfig(
    environment="sandbox",
    keys=(PlaygroundKey("Read only", "lm_demo_read"), PlaygroundKey("Read and write", "lm_demo_write")),
    companies=(
        PlaygroundCompany("maple-bakery", "Maple Bakery"),
        PlaygroundCompany("alpine-studio", "Alpine Studio"),
    ),
    default_company="maple-bakery",
    examples=(
        Example("broken-source", "One source is down: the answer says so.", FAILING, {}),
        Example("companies", "Every company that this key may see.", CONTACTS, {"search": "studio"}),
        Example(
            "newest-invoices",
            "The newest invoices of one company, merged from all its books.",
            NEWEST,
            {"first": 12},
        ),
        Example("record-payment", "Records a payment.", PAY, {}),
    ),
)

Json = NewType("Json", object)
JSON = strawberry.scalar(name="JSON", description="Any JSON value, as sent.", serialize=lambda value: value)


@strawberry.type(description="A bill to a customer.")
class Invoice:
    """An invoice of the small test schema."""

    number: str
    date: str
    party: str
    total: Json
    currency: str
    status: str


@strawberry.type(description="How one connection did.")
class Source:
    """The verdict on one source in the small test schema."""

    connection: str
    status: str
    completeness: str


@strawberry.type(description="A company and its books.")
class Company:
    """A company of the small test schema."""

    key: str
    name: str

    @strawberry.field(description="Its invoices, newest first.")
    def invoices(self, first: int = 10) -> list[Invoice]:
        """Enough rows to fill a page."""
        return [
            Invoice(
                number=f"INV-{2000 - row}",
                date=f"2026-10-{30 - row % 28:02}",
                party=("Cedar Cafe", "Harbour Hotel", "Northside Market")[row % 3],
                total=Json(Decimal(EXACT) if row == 0 else Decimal(100 + row)),
                currency="CAD",
                status="SENT",
            )
            for row in range(first)
        ]

    @strawberry.field(description="How each connection did.")
    def sources(self) -> list[Source]:
        """One is whole, one is not."""
        return [
            Source(connection="kashoo-1", status="OK", completeness="COMPLETE"),
            Source(connection="smallinvoice-1", status="UNAVAILABLE", completeness="NONE"),
        ]

    @strawberry.field(description="Always fails.")
    def broken(self) -> str | None:
        """Stands for a source that is down."""
        raise ValueError("smallinvoice did not answer")


@strawberry.type
class Query:
    """Root of the small test schema."""

    @strawberry.field(description="The picked company.")
    def company(self, info: strawberry.Info) -> Company | None:
        """Found by the header, as in the gateway."""
        key = info.context["request"].headers.get("x-account-key")
        return next((Company(key=c.key, name=c.name) for c in CONFIG.companies if c.key == key), None)

    @strawberry.field(description="All companies.")
    def companies(self, search: str | None = None) -> list[Company]:
        """All, or those with the text in their key."""
        return [Company(key=c.key, name=c.name) for c in CONFIG.companies if (search or "") in c.key]


@strawberry.type
class Mutation:
    """Root of the small test schema's writes."""

    @strawberry.mutation(description="Does nothing.")
    def pay(self) -> bool:
        """There is nothing to pay."""
        return True


SCHEMA = strawberry.Schema(Query, Mutation, config=StrawberryConfig(scalar_map={Json: JSON}))
CALLS = [
    {
        "provider": "kashoo",
        "method": "GET",
        "path": "/businesses/{id}/records/invoices",
        "status": 200,
        "ms": 41.2,
    },
    {"provider": "accountsos", "method": "GET", "path": "/v1/invoices", "status": 200, "ms": 63.9},
]


def _digits(value: object) -> str:
    return json.dumps(value, default=lambda number: f"@{number}@").replace('"@', "").replace('@"', "")


@dataclass
class Gateway:
    """A running server and the GraphQL requests it got."""

    url: str
    requests: list[Request] = field(default_factory=list)

    async def graphql(self, request: Request) -> Response:
        """GraphQL over HTTP, just enough of it; a request without a key gets no answer."""
        body: dict[str, Any] = await request.json()
        if body.get("operationName") != "IntrospectionQuery":
            self.requests.append(request)
        if not request.headers.get("authorization", "").startswith("Bearer "):
            refusal = {
                "errors": [{"message": "A key is required.", "extensions": {"code": "UNAUTHENTICATED"}}]
            }
            return Response(json.dumps(refusal), 401, media_type="application/json")
        result = await SCHEMA.execute(
            body["query"],
            body.get("variables"),
            {"request": request},
            operation_name=body.get("operationName"),
        )
        answer: dict[str, Any] = {"data": result.data, "extensions": {"calls": CALLS}}
        if result.errors:
            answer["errors"] = [
                {**error.formatted, "extensions": {"code": "UPSTREAM_UNAVAILABLE"}} for error in result.errors
            ]
        return Response(_digits(answer), media_type="application/json")


@asynccontextmanager
async def _serving(app: Starlette, at: socket.socket) -> AsyncIterator[None]:
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off", ws="none"))
    running = asyncio.create_task(server.serve(sockets=[at]))
    try:
        yield
    finally:
        server.should_exit = True
        await running


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def gateway() -> AsyncIterator[Gateway]:
    """The playground and a small schema behind it, at `/`, under `/books/`, and as a live one under `/live/`."""
    with socket.socket() as at:
        at.bind(("127.0.0.1", 0))
        at.listen()  # from here on a caller is let in, if a moment later
        made = Gateway(f"http://127.0.0.1:{at.getsockname()[1]}/")
        graphql = Route("/graphql", made.graphql, methods=["POST"])
        here, live = [*routes(CONFIG), graphql], [*routes(PlaygroundConfig("live")), graphql]
        app = Starlette(routes=[*here, Mount("/books", routes=here), Mount("/live", routes=live)])
        async with _serving(app, at):
            yield made


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    """Debian's Chromium, without a screen."""
    async with async_playwright() as playwright:
        made = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield made
        await made.close()


@dataclass
class Visit:
    """An open page and what it did that it should not have done."""

    page: Page
    home: str
    complaints: list[str] = field(default_factory=list)
    addresses: list[str] = field(default_factory=list)

    def outside(self) -> list[str]:
        """Addresses asked for on any other host."""
        return [url for url in self.addresses if not url.startswith((self.home, "data:"))]

    async def violations(self) -> list[str]:
        """What the content security policy stopped."""
        found: list[str] = await self.page.evaluate("window.cspViolations")
        return found

    async def response_text(self) -> str:
        """The whole response, also the lines that are scrolled away."""
        text: str = await self.page.evaluate(
            "globalThis.__MONACO.editor.getModels().find(m => m.uri.path.endsWith('response.json')).getValue()"
        )
        return text

    async def run(self) -> None:
        """Press the run button and wait for the verdict of this run."""
        await self.page.get_by_role("button", name="Execute query").click()
        await self.page.locator(".lm-verdict").wait_for()


WATCH = """
window.cspViolations = [];
addEventListener('securitypolicyviolation', (event) =>
  window.cspViolations.push(`${event.violatedDirective}: ${event.blockedURI} ${event.sample}`));
"""


@asynccontextmanager
async def visiting(
    browser: Browser, url: str, size: ViewportSize, dark: bool = False
) -> AsyncIterator[Visit]:
    """Open the page as a newcomer (empty storage) and wait for its editor."""
    context = await browser.new_context(viewport=size, color_scheme="dark" if dark else "light")
    await context.add_init_script(WATCH)
    page = await context.new_page()
    page.set_default_timeout(20_000)
    visit = Visit(page, url)
    page.on("request", lambda request: visit.addresses.append(request.url))
    page.on("pageerror", lambda error: visit.complaints.append(str(error)))
    page.on(
        "console",
        lambda line: visit.complaints.append(line.text) if line.type in ("error", "warning") else None,
    )
    await page.goto(url)
    await page.locator(".graphiql-query-editor .view-lines").wait_for()
    yield visit
    await context.close()


@pytest.fixture
def visit_page(browser: Browser, gateway: Gateway) -> Any:
    """Opens pages of the running server, each in an `async with`."""

    def open_page(path: str = "", width: int = 1440, height: int = 900, dark: bool = False) -> Any:
        return visiting(browser, gateway.url + path, {"width": width, "height": height}, dark)

    return open_page


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where screenshots go: `pytest --basetemp DIR` keeps them in a place of your choice."""
    return tmp_path_factory.mktemp("pictures")
