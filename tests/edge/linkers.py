"""Connect pages over emulated providers, and people who walk through them with a browser without scripts."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx
from starlette.applications import Starlette
from starlette.middleware import Middleware

from ledgermesh.clock import ManualClock
from ledgermesh.edge.connect.parts import ConnectParts
from ledgermesh.edge.connect.routes import connect_routes
from ledgermesh.edge.trail import Trail
from ledgermesh.graph.kinds import NAMES
from ledgermesh.providers import discover
from ledgermesh.sandbox.app import make_sandbox
from ledgermesh.sandbox.emulator import oauth_client
from ledgermesh.sandbox.world import World
from ledgermesh.state.base import Grant, Secret
from ledgermesh.state.entries import (
    Branding,
    CompanyEntry,
    ConnectionEntry,
    KeyEntry,
    Standing,
    TenantEntry,
    digest,
)
from ledgermesh.state.link_tokens import LinkRequest
from ledgermesh.state.shared import State
from ledgermesh.upstream.wire import Answer, Request, Unreachable
from ledgermesh.upstream.wire_httpx import HttpxWire
from tests.contract.small import small_world
from tests.states import KEYS, memory_state

NOW = dt.datetime(2026, 11, 15, 12, tzinfo=dt.UTC)
PROVIDERS = discover(NAMES)
GATEWAY, SANDBOX, APP = "https://gateway.test", "http://sandbox", "https://app.studio.test"
RETURN_URL = f"{APP}/books?step=2"
TENANT = TenantEntry(
    id="studio",
    name="Studio Finance Ltd.",
    branding=Branding(name="Studio Finance", colour="#7a3e9d", language="de"),
    allowed_urls=(APP,),
)
KEY = KeyEntry(
    id="backend", digest=digest("any"), tenant=TENANT.id, environment="sandbox", scopes=frozenset(("admin",))
)
COMPANIES = {
    "maple-bakery": "Maple Bakery",
    "alpine-studio": "Alpine Studio",
    "harbour-legal": "Harbour Legal",
    "grand-tour": "Grand Tour",
}


def bases(sandbox: str) -> dict[str, str]:
    """Where sandbox connections go, as an operator says it."""
    paths = {"smallinvoice": "/v2", "bossinsights": "/{subdomain}/api"}
    return {name: f"{sandbox}/{name}{paths.get(name, '/api')}" for name in PROVIDERS}


class Noted:
    """A wire that keeps what went over it."""

    def __init__(self, inner: HttpxWire) -> None:
        self._inner = inner
        self.sent: list[Request] = []
        self.cut = False

    async def send(self, request: Request) -> Answer:
        if self.cut:
            raise Unreachable("cut")
        self.sent.append(request)
        return await self._inner.send(request)


@dataclass
class Form:
    """A form as a browser would send it."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: dict[str, list[str]] = field(default_factory=dict)


class Reader(HTMLParser):
    """Finds the forms, the links, the choices and where a page leads by itself."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: list[str] = []
        self.choices: list[tuple[str, str]] = []
        self.refresh = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(given.get("action", "")))
        elif tag == "a":
            self.links.append(given.get("href", ""))
        elif tag == "meta" and given.get("http-equiv") == "refresh":
            self.refresh = given["content"].partition("url=")[2]
        elif tag == "input" and given.get("type") == "radio":
            self.choices.append((given["name"], given["value"]))
        elif tag == "input" and given.get("name"):
            self.forms[-1].fields[given["name"]] = given.get("value", "")
        elif tag == "button" and given.get("name"):
            self.forms[-1].buttons.setdefault(given["name"], []).append(given.get("value", ""))


@dataclass
class Person:
    """An end user: a browser with cookies and without scripts."""

    http: httpx.AsyncClient
    seen: list[httpx.Response] = field(default_factory=list)

    @property
    def page(self) -> Reader:
        """What is shown."""
        return Reader(self.seen[-1].text)

    @property
    def last(self) -> httpx.Response:
        return self.seen[-1]

    async def open(self, url: str) -> httpx.Response:
        """Go to an address, and on where it redirects."""
        response = await self.http.get(url, headers={"accept": "text/html"})
        self.seen.append(response)
        while response.has_redirect_location:
            url = urljoin(str(response.url), response.headers["location"])
            response = await self.http.get(url, headers={"accept": "text/html"})
            self.seen.append(response)
        return response

    async def send(self, part: str, **given: str) -> httpx.Response:
        """Fill and send the form whose address ends like this."""
        here = str(self.last.url)
        [form] = [
            each for each in self.page.forms if urlsplit(urljoin(here, each.action)).path.endswith(part)
        ]
        url = urljoin(here, form.action)
        data = {**form.fields, **{name.replace("__", "."): value for name, value in given.items()}}
        response = await self.http.post(url, data=data, headers={"accept": "text/html"})
        self.seen.append(response)
        while response.has_redirect_location:
            response = await self.open(urljoin(str(response.url), response.headers["location"]))
        return response

    @property
    def result(self) -> dict[str, str]:
        """What the tenant's return URL is told by the page that leads there."""
        landed = self.page.refresh
        assert landed.startswith(RETURN_URL.partition("?")[0]), landed
        return {name: values[0] for name, values in parse_qs(urlsplit(landed).query).items()}


@dataclass
class Hall:
    """All of it."""

    clock: ManualClock
    state: State
    world: World
    emulators: Mapping[str, Any]
    parts: ConnectParts
    wire: Noted
    transport: httpx.AsyncBaseTransport

    def token(self, company: str = "alpine-studio", **changes: Any) -> str:
        """A link token as the tenant's backend gets it."""
        asked = {
            "tenant": TENANT.id,
            "key": KEY.id,
            "environment": "sandbox",
            "company": company,
            "return_url": RETURN_URL,
            "expires_at": int(self.clock.now().timestamp()) + 1800,
        }
        return self.parts.tokens.seal(LinkRequest(**{**asked, **changes}))

    def url(self, token: str, **query: str) -> str:
        """Of the link's page."""
        return str(httpx.URL(f"{GATEWAY}/connect/{token}", params=query))

    def person(self, language: str = "en") -> Person:
        """Somebody with a fresh browser."""
        headers = {"accept-language": language}
        return Person(httpx.AsyncClient(transport=self.transport, headers=headers, timeout=30))

    def keys(self, provider: str, company: str = "alpine-studio") -> Mapping[str, str]:
        """What a person who keeps these books knows."""
        found: Mapping[str, str] = self.emulators[provider].credentials(self.world.books[company, provider])
        return found

    def entry(self, connection: str) -> ConnectionEntry:
        """The connection as it is registered."""
        found = self.state.registry.get(ConnectionEntry, "sandbox", connection)
        assert found is not None
        return found

    def standing(self, connection: str) -> Standing:
        """How it stands."""
        found = self.state.registry.standing("sandbox", connection)
        assert found is not None
        return found

    async def grant(self, connection: str) -> Grant:
        """What lets it in."""
        found = await self.state.grants.find(self.entry(connection).owner, "sandbox", connection)
        assert found is not None
        return found

    async def client(self, provider: str, *, owner: str = "*", redirect_uri: str = "") -> None:
        """Our own client at a provider."""
        made = oauth_client(self.emulators[provider], redirect_uri or self.parts.redirect_uri)
        assert made is not None
        await keep_client(self.state, owner, provider, made.client_id, made.client_secret)


async def keep_client(state: State, owner: str, provider: str, id: str, secret: str) -> None:
    """A client of a tenant, or of everybody."""
    old = await state.clients.find(owner, "sandbox", provider)
    secrets = {"client_id": Secret(id), "client_secret": Secret(secret)}
    assert await state.clients.write(
        Grant(
            tenant=owner,
            environment="sandbox",
            connection=provider,
            scheme="oauth2",
            secrets=secrets,
            version=old.version if old is not None else 0,
        )
    )


async def register(state: State, tenant: TenantEntry = TENANT) -> None:
    """The tenant, its key, and the companies that it owns."""
    for entry in (tenant, KEY):
        await state.directory.add(entry)
    for key, name in COMPANIES.items():
        await state.directory.add(
            CompanyEntry(
                key=key, name=name, environment="sandbox", tenants=frozenset((tenant.id,)), owner=tenant.id
            )
        )


class Hosts(httpx.AsyncBaseTransport):
    """The gateway and the sandbox by their names."""

    def __init__(self, **apps: Starlette) -> None:
        self._apps = {name: httpx.ASGITransport(app) for name, app in apps.items()}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        host = request.url.host.partition(".")[0]
        if host not in self._apps:
            raise httpx.ConnectError("nobody there", request=request)
        return await self._apps[host].handle_async_request(request)


@asynccontextmanager
async def hall(
    definitions: Mapping[str, Any] = PROVIDERS, *, public_url: str = GATEWAY, **apps: Starlette
) -> AsyncIterator[Hall]:
    """The pages at `https://gateway.test`, the emulators at `http://sandbox`; other hosts by their names."""
    clock = ManualClock(NOW)
    world, state = small_world(NOW.date()), memory_state(clock)
    await register(state)
    sandbox = make_sandbox(world, clock)
    async with httpx.AsyncClient(transport=Hosts(sandbox=sandbox.app, **apps)) as outside:
        wire = Noted(HttpxWire(outside))
        parts = ConnectParts(
            state=state, definitions=definitions, wire=wire, clock=clock, keys=KEYS, public_url=public_url,
            bases=bases(SANDBOX),
        )  # fmt: skip
        gateway = Starlette(routes=connect_routes(parts), middleware=[Middleware(Trail)])
        transport = Hosts(gateway=gateway, sandbox=sandbox.app)
        yield Hall(clock, state, world, sandbox.emulators, parts, wire, transport)
