"""Put the emulator together: hosts and paths, tenants and companies, and what tests read of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from ledgermesh.clock import Clock
from ledgermesh.sandbox.books import Books
from ledgermesh.sandbox.bossinsights.admin import Admin
from ledgermesh.sandbox.bossinsights.api import Api
from ledgermesh.sandbox.bossinsights.door import Door
from ledgermesh.sandbox.bossinsights.embedding import Embedding
from ledgermesh.sandbox.bossinsights.errors import Refusal, answer, refused
from ledgermesh.sandbox.bossinsights.limits import Limits
from ledgermesh.sandbox.bossinsights.switches import Switches
from ledgermesh.sandbox.bossinsights.sync import Pushes
from ledgermesh.sandbox.bossinsights.tenants import ROOT_DOMAIN, SANDBOX, Company, Connection, Directory
from ledgermesh.sandbox.bossinsights.webhooks import Delivery, Sender, Webhooks
from ledgermesh.sandbox.emulator import Access

NAME = "bossinsights"
_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]

Endpoint = Callable[[Request], Awaitable[Response]]


class World(Protocol):
    """All that the emulator asks of a world."""

    @property
    def books(self) -> Mapping[tuple[str, str], Books]:
        """By company key and provider."""
        ...


class BossInsights:
    """Both tenants over the world's books; the companies of the world are in the sandbox tenant.

    `/{subdomain}/api/...` and, by the host's first label, `/api/...`; the administration API at `/app/api.php`.
    A company has connected every app that something in its books was taken over from.
    """

    name = NAME

    def __init__(self, world: World, clock: Clock, *, switches: Switches, sender: Sender | None) -> None:
        self.switches = switches
        shelf = [books for (_, provider), books in world.books.items() if provider == NAME]
        self.directory = Directory(shelf, clock.now())
        for books in shelf:
            self._connect_sources(books, clock)
        self._webhooks = Webhooks(clock, switches, sender)
        self._pushes = Pushes(clock, switches, self._webhooks)
        limits = Limits(clock, switches)
        self._embedding = Embedding(clock)
        door = Door(self.directory, limits, switches)
        self._api = Api(door, self._pushes, self._webhooks, clock, switches)
        self._admin = Admin(
            self.directory, self._embedding, self._webhooks, limits, clock=clock, switches=switches
        )
        self.app: ASGIApp = self._routed()

    @property
    def webhooks(self) -> Sequence[Delivery]:
        """Everything that was told until now, also what no request has waited for."""
        self._pushes.settle()
        return self._webhooks.deliveries

    async def deliver(self) -> None:
        """Post what is due; every request does the same."""
        self._pushes.settle()
        await self._webhooks.deliver()

    def credentials(self, books: Books) -> Mapping[str, str]:
        """Every way to these books: user and key, the newer keys, the company's own host, administration."""
        tenant, company = self.directory.tenants[SANDBOX], self._company(books)
        keys = {key.name: key.secret for key in tenant.keys}
        return {
            "subdomain": SANDBOX,
            "root_domain": ROOT_DOMAIN,
            "account_key": company.key,
            "user": "reader",
            "password": keys["reader"],
            "write_user": "writer",
            "write_password": keys["writer"],
            "sk_key": keys["reader-sk"],
            "sk_write_key": keys["writer-sk"],
            "company_subdomain": company.subdomain,
            "company_user": "admin",
            "company_password": company.password,
            "admin_key": keys["admin-sk"],
            "admin_user": tenant.admin[0],
            "admin_password": tenant.admin[1],
            "tenant_key": tenant.key,
        }

    def access(self, books: Books) -> Access:
        """The sandbox tenant's user whose key may write, where the tenant has that feature."""
        keys = self.credentials(books)
        return Access(
            base_path=f"/{SANDBOX}/api",
            scheme="basic",
            secrets={"user": keys["write_user"], "password": keys["write_password"]},
            settings={
                "account_key": keys["account_key"],
                "subdomain": SANDBOX,
                "root_domain": ROOT_DOMAIN,
            },
        )

    def revoke(self, company: str) -> None:
        """The company stops sharing its data with the tenant; KeyError for one that does not exist."""
        if self.directory.company(company) is None:
            raise KeyError(company)
        self.switches.revoked.add(company)

    def _company(self, books: Books) -> Company:
        found = self.directory.company(books.company)
        if found is None:
            raise KeyError(books.company)
        return found

    def _connect_sources(self, books: Books, clock: Clock) -> None:
        connections = self._company(books).connections
        known = {each.integration for each in connections}
        sources = {origin.integration for origin in books.more.origins.values()}
        connections += [Connection(name, clock.now()) for name in sorted(sources - known)]

    # -- routes ----------------------------------------------------------------------------------------------------

    def _routed(self) -> Starlette:
        data, page, admin = (
            self._endpoint(self._data),
            self._endpoint(self._page),
            self._endpoint(self._manage),
        )
        table: Sequence[tuple[str, Endpoint]] = (
            ("/app/api.php", admin),
            ("/api", data),
            ("/api/{rest:path}", data),
            ("/integrations-list.php", page),
            ("/{subdomain}/api", data),
            ("/{subdomain}/api/{rest:path}", data),
            ("/{subdomain}/integrations-list.php", page),
        )
        app = Starlette(routes=[Route(path, endpoint, methods=_METHODS) for path, endpoint in table])
        app.add_exception_handler(404, self._nowhere)
        return app

    def _endpoint(self, inner: Endpoint) -> Endpoint:
        async def endpoint(request: Request) -> Response:
            self._pushes.settle()
            try:
                found = await inner(request)
            except Refusal as refusal:
                found = refused(refusal)
            await self._webhooks.deliver()
            return found

        return endpoint

    async def _data(self, request: Request) -> Response:
        return await self._api.answer(
            request, _host(request), request.path_params.get("rest", "").rstrip("/")
        )

    async def _page(self, request: Request) -> Response:
        company = self.directory.company(_host(request))
        if company is None:
            raise Refusal(404, "There is no such company")
        if request.method not in ("GET", "HEAD"):
            raise Refusal(405, f"{request.method} is not allowed here", headers={"Allow": "GET"})
        return self._embedding.connection_page(request, company)

    async def _manage(self, request: Request) -> Response:
        return answer(await self._admin.answer(request))

    async def _nowhere(self, request: Request, error: Exception) -> Response:
        message = error.detail if isinstance(error, HTTPException) else "Not found"
        return refused(Refusal(404, message))


def _host(request: Request) -> str:
    """The subdomain: in the path, else the first label of the host."""
    named = request.path_params.get("subdomain")
    return str(named if named is not None else request.url.hostname or "").partition(".")[0].casefold()


def make(
    world: World, clock: Clock, *, switches: Switches | None = None, sender: Sender | None = None
) -> BossInsights:
    """The emulator over the world's Boss Insights books; `sender` posts webhooks, which are only kept without one."""
    return BossInsights(world, clock, switches=switches or Switches(), sender=sender)
