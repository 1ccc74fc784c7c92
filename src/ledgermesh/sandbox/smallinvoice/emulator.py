"""The emulator as a whole: the world's smallinvoice books behind one Starlette app."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Scope

from ledgermesh.clock import Clock
from ledgermesh.sandbox.books import Books
from ledgermesh.sandbox.emulator import Access as Linked
from ledgermesh.sandbox.emulator import OAuthClient, check_redirect_uri
from ledgermesh.sandbox.smallinvoice.answers import refusal
from ledgermesh.sandbox.smallinvoice.authorization import Authorization
from ledgermesh.sandbox.smallinvoice.company import Company
from ledgermesh.sandbox.smallinvoice.consent import Consent
from ledgermesh.sandbox.smallinvoice.errors import not_found
from ledgermesh.sandbox.smallinvoice.gate import Gate
from ledgermesh.sandbox.smallinvoice.ids import Mint
from ledgermesh.sandbox.smallinvoice.limiter import Limiter
from ledgermesh.sandbox.smallinvoice.oauth import AuthServer, Client, app_for, register
from ledgermesh.sandbox.smallinvoice.people import People, owner_of
from ledgermesh.sandbox.smallinvoice.resources import Reader
from ledgermesh.sandbox.smallinvoice.routes import routes
from ledgermesh.sandbox.smallinvoice.store import Store
from ledgermesh.sandbox.smallinvoice.switches import Switches


class World(Protocol):
    """All that the emulator asks of a world."""

    @property
    def books(self) -> Mapping[tuple[str, str], Books]:
        """By company key and provider."""
        ...


class Smallinvoice:
    """smallinvoice's REST API v2 over a world's books."""

    name = "smallinvoice"
    app: ASGIApp

    def __init__(self, world: World, clock: Clock, redirect_uri: str, switches: Switches) -> None:
        kept = [books for (_, provider), books in world.books.items() if provider == self.name]
        self.switches = switches
        self.today = clock.now().date()
        self._clients = {books.company: register(books, redirect_uri) for books in kept}
        self._stores = {books.company: Store(books, clock) for books in kept}
        mint = Mint(clock.now())
        registered = (client for pair in self._clients.values() for client in pair)
        self.server = AuthServer(registered, clock, mint, switches)
        consent = Consent(self.server, People(kept), switches)
        self.app = app = Starlette(
            routes=routes(Reader(self.server, switches, self._company), Authorization(self.server), consent),
            middleware=[Middleware(Gate, Limiter(clock, switches), mint, switches, self._bucket)],
            exception_handlers={404: _no_such_path},
        )
        app.router.redirect_slashes = False

    def credentials(self, books: Books) -> Mapping[str, str]:
        """The company's two registered clients, one for client credentials, one (`ac_`) for authorization codes, and
        the owner's login at the consent page.
        """
        machine, person = self._pair(books)
        owner = owner_of(books)
        return {
            "client_id": machine.id,
            "client_secret": machine.secret,
            "ac_client_id": person.id,
            "ac_client_secret": person.secret,
            "redirect_uri": person.redirect_uri,
            "email": owner.email,
            "password": owner.password,
        }

    def access(self, books: Books) -> Linked:
        """The machine client, which needs nobody to consent."""
        machine, _ = self._pair(books)
        return Linked(
            base_path="/v2",
            scheme="client_credentials",
            secrets={"client_id": machine.id, "client_secret": machine.secret},
        )

    # -- linking -------------------------------------------------------------------------------------------------

    def oauth_client(self, redirect_uri: str) -> OAuthClient:
        """The app for everybody that has this address; ValueError as `check_redirect_uri` says."""
        client = app_for(redirect_uri)
        return _told(self.server.clients.setdefault(client.id, client))

    def register(self, client: OAuthClient) -> None:
        """Register an app for everybody, or change the one that has this id, which stays its company's; ValueError as
        `check_redirect_uri` says, or for a client that nobody is asked to agree to.
        """
        check_redirect_uri(client.redirect_uri)
        before = self.server.clients.get(client.client_id)
        if before is not None and before.grant != "AC":
            raise ValueError(f"{client.client_id} is for client credentials and sends nobody back")
        books = None if before is None else before.books
        self.server.clients[client.client_id] = Client(
            client.client_id, client.client_secret, "AC", books, client.redirect_uri, name=client.name
        )

    def clients(self) -> Sequence[OAuthClient]:
        """Every app that people can agree to, in the order of registration."""
        return tuple(_told(client) for client in self.server.clients.values() if client.grant == "AC")

    def revoke(self, company: str) -> None:
        """The company takes back every token, refresh token and code; KeyError where it keeps no books here."""
        self.server.revoke(self._stores[company].books)

    def _pair(self, books: Books) -> tuple[Client, Client]:
        machine, person = self._clients[books.company]
        return machine, self.server.clients[person.id]

    def _company(self, books: Books) -> Company:
        """The company's tables, kept with the indexes of its books, so that `Books.invalidate()` renews them."""
        store = self._stores[books.company]
        return books.index(f"smallinvoice {id(store)} {self.today}", lambda: Company(store, self.today))

    def _bucket(self, scope: Scope) -> str:
        """Calls are counted per company; those without a token that is known, together."""
        header = Request(scope).headers.get("authorization", "")
        access = self.server.known(header.partition(" ")[2].strip())
        return access.books.company if access else ""


def _told(client: Client) -> OAuthClient:
    return OAuthClient(client.id, client.secret, client.redirect_uri, client.name)


def make(
    world: World,
    clock: Clock,
    *,
    redirect_uri: str = "http://localhost:8000/connect/callback",
    switches: Switches | None = None,
) -> Smallinvoice:
    """The emulator over these books; `redirect_uri` is what its authorization-code clients are registered with."""
    return Smallinvoice(world, clock, redirect_uri, switches or Switches())


async def _no_such_path(request: Request, _: Exception) -> Response:
    return refusal(not_found("Resource"))
