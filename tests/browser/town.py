"""A gateway's connect pages, the providers, a tenant's app, and browsers in which people walk between them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import Browser, BrowserContext, Page
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from ledgermesh.clock import SystemClock
from ledgermesh.edge.connect.parts import ConnectParts
from ledgermesh.edge.connect.routes import connect_routes
from ledgermesh.edge.trail import Trail
from ledgermesh.sandbox.app import make_sandbox
from ledgermesh.sandbox.emulator import oauth_client
from ledgermesh.sandbox.world import World
from ledgermesh.state.entries import Branding, ConnectionEntry, TenantEntry
from ledgermesh.state.link_tokens import LinkRequest
from ledgermesh.state.shared import State
from ledgermesh.upstream.wire_http1 import OwnWire
from tests.browser.conftest import WATCH, address, listening, serving
from tests.contract.small import small_world
from tests.edge.linkers import KEY, PROVIDERS, bases, keep_client, register
from tests.states import KEYS, memory_state

APP_PAGE = """<!doctype html><html lang="en"><title>Studio</title>
<script src="{gateway}/connect/ledgermesh-connect.js"></script>
<h1>Studio</h1><button>Connect</button><output></output>
<script>
  const asked = new URLSearchParams(location.search);
  const out = document.querySelector('output');
  document.querySelector('button').onclick = () => LedgermeshConnect.open({{
    token: asked.get('token'), mode: asked.get('mode'),
    onSuccess: (result) => out.textContent = 'linked ' + result.connection,
    onExit: (result) => out.textContent = 'exit ' + result.status,
  }});
</script>"""


@dataclass
class Town:
    """A gateway's connect pages, the providers, and an app of a tenant's, each on an origin of its own."""

    gateway: str
    sandbox: str
    app: str
    state: State
    parts: ConnectParts
    world: World
    emulators: Mapping[str, Any]

    def token(self, company: str, **changes: Any) -> str:
        asked = {
            "tenant": "studio", "key": KEY.id, "environment": "sandbox", "company": company,
            "return_url": f"{self.app}/back?step=2", "expires_at": self.parts.tokens.now + 1800,
        }  # fmt: skip
        return self.parts.tokens.seal(LinkRequest(**{**asked, **changes}))

    def url(self, company: str, **changes: Any) -> str:
        return f"{self.gateway}/connect/{self.token(company, **changes)}"

    def keys(self, provider: str, company: str) -> Mapping[str, str]:
        found: Mapping[str, str] = self.emulators[provider].credentials(self.world.books[company, provider])
        return found

    def linked(self, id: str) -> ConnectionEntry:
        found = self.state.registry.get(ConnectionEntry, "sandbox", id)
        assert found is not None
        return found


@asynccontextmanager
async def built() -> AsyncIterator[Town]:
    """The three on free ports; the app on another site than the gateway, as apps are."""
    clock = SystemClock()
    world, state, wire = small_world(clock.now().date()), memory_state(clock), OwnWire()
    async with AsyncExitStack() as stack:
        here, there, app_at = (stack.enter_context(listening()) for _ in range(3))
        app = address(app_at).replace("127.0.0.1", "localhost")
        brand = Branding(name="Studio Finance", colour="#7a3e9d", language="de")
        await register(state, TenantEntry(id="studio", name="Studio", branding=brand, allowed_urls=(app,)))
        sandbox = make_sandbox(world, clock)
        parts = ConnectParts(
            state=state, definitions=PROVIDERS, wire=wire, clock=clock, keys=KEYS,
            public_url=address(here), bases=bases(address(there)),
        )  # fmt: skip
        for name, emulator in sandbox.emulators.items():
            if (client := oauth_client(emulator, parts.redirect_uri)) is not None:
                await keep_client(state, "*", name, client.client_id, client.client_secret)
        gateway = Starlette(routes=connect_routes(parts), middleware=[Middleware(Trail)])
        for served, at in ((sandbox.app, there), (gateway, here), (tenants_app(address(here)), app_at)):
            await stack.enter_async_context(serving(served, at))
        yield Town(address(here), address(there), app, state, parts, world, sandbox.emulators)
        await wire.close()


def tenants_app(gateway: str) -> Starlette:
    """A tenant's app: a page with a button, and one to come back to."""

    async def page(request: Request) -> Response:
        return HTMLResponse(APP_PAGE.format(gateway=gateway))

    async def back(request: Request) -> Response:
        return HTMLResponse("<!doctype html><title>Back</title><h1>Welcome back</h1>")

    return Starlette(routes=[Route("/", page), Route("/back", back)])


@dataclass
class Tab:
    """A person's browser, and what its pages complained of."""

    context: BrowserContext
    page: Page
    complaints: list[str] = field(default_factory=list)

    async def landed(self) -> dict[str, str]:
        """What the tenant's return URL was told."""
        await self.page.wait_for_url("**/back?**")
        found: dict[str, str] = await self.page.evaluate(
            "Object.fromEntries(new URLSearchParams(location.search))"
        )
        return found


@asynccontextmanager
async def tab(browser: Browser, width: int = 1000, height: int = 800, **options: Any) -> AsyncIterator[Tab]:
    """A fresh one; at its end nothing may have been stopped by a policy."""
    options = {"locale": "en-GB", **options}
    context = await browser.new_context(viewport={"width": width, "height": height}, **options)
    await context.add_init_script(WATCH)
    context.set_default_timeout(8_000)
    complaints: list[str] = []

    def watch(page: Page) -> None:
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console", lambda line: complaints.append(line.text) if "Security Policy" in line.text else None
        )

    context.on("page", watch)
    made = Tab(context, await context.new_page(), complaints)
    yield made
    await context.close()
    assert made.complaints == []
