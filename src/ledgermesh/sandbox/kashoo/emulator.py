"""Put the emulator together: users, tokens, endpoints, and the switches tests turn while it runs."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random, SystemRandom
from typing import Protocol

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp

from ledgermesh.clock import Clock
from ledgermesh.sandbox.books import Books
from ledgermesh.sandbox.emulator import Access
from ledgermesh.sandbox.kashoo.api import Api
from ledgermesh.sandbox.kashoo.business import Businesses, business_id
from ledgermesh.sandbox.kashoo.door import Door
from ledgermesh.sandbox.kashoo.errors import Refusal, answer
from ledgermesh.sandbox.kashoo.limits import Limits
from ledgermesh.sandbox.kashoo.login import Login
from ledgermesh.sandbox.kashoo.mail import Mail
from ledgermesh.sandbox.kashoo.oauth import Client, OAuth
from ledgermesh.sandbox.kashoo.product import KASHOO, Product
from ledgermesh.sandbox.kashoo.switches import DateStyle, Switches
from ledgermesh.sandbox.kashoo.tokens import Tokens
from ledgermesh.sandbox.kashoo.users import Users, email_of, password_of

REDIRECT_URI = "http://localhost:8000/connect/callback"


class World(Protocol):
    """All that the emulator wants of the world."""

    @property
    def books(self) -> Mapping[tuple[str, str], Books]:
        """By company key and provider."""
        ...


class KashooEmulator:
    """Kashoo, or the other product of its backend, over the world's books; `switches` may be changed at any time.

    Tests that change the books themselves call `Books.invalidate()` and see the change with the next request.
    """

    def __init__(
        self,
        world: World,
        clock: Clock,
        *,
        product: Product,
        switches: Switches,
        redirect_uri: str,
        chance: Random,
    ) -> None:
        self.name = product.name
        shelf = [books for (_, provider), books in world.books.items() if provider == self.name]
        self._product = product
        self.businesses = Businesses(shelf)
        self.switches = switches
        self.tokens = Tokens(clock, chance)
        users = Users(shelf, product)
        # Public, like everything in the sandbox.
        self._client = Client(
            f"{self.name}-sandbox-client", f"{self.name}-sandbox-client-secret", redirect_uri
        )
        self.oauth = OAuth(self._client, users, self.tokens, clock=clock, switches=switches)
        door = Door(
            self.businesses, self.tokens, limits=Limits(clock, switches), clock=clock, switches=switches
        )
        self.mail = Mail(door)
        self.app: ASGIApp = self._app(Login(users, self.tokens, switches), Api(door, product, self.mail))

    def credentials(self, books: Books) -> Mapping[str, str]:
        """The owner's login, the business, and the one registered OAuth client."""
        email = email_of(books.company)
        return {
            "email": email,
            "password": password_of(email, self._product),
            "business_id": str(business_id(books)),
            "client_id": self._client.id,
            "client_secret": self._client.secret,
        }

    def access(self, books: Books) -> Access:
        """The owner's login, which may be used again when its token ends."""
        email = email_of(books.company)
        return Access(
            base_path="/api",
            scheme="first_party",
            secrets={"email": email, "password": password_of(email, self._product)},
            settings={"business_id": str(business_id(books))},
        )

    def warm(self) -> None:
        """Build every index now rather than at the first request; seconds for books of 100,000 records."""
        for id in self.businesses:
            self.businesses.find(id)

    def record_id(self, books: Books, type: str, number: str) -> int:
        """The id of a record, by its Kashoo type (`INVOICE`, …) and its number; KeyError when there is none."""
        return self.businesses.of(books).records.ids[type, number]

    def _app(self, login: Login, api: Api) -> Starlette:
        first = [
            Route("/authTokens", login.tokens, methods=["POST"]),
            Route("/users/me/mfa", login.code, methods=["POST"]),
        ]
        oauth = [
            Route("/authorize", self.oauth.authorize),
            Route("/token", self.oauth.token, methods=["POST"]),
        ]
        return Starlette(
            routes=[Mount("/api", routes=[*first, *api.routes()]), Mount("/oauth2", routes=oauth)],
            exception_handlers={Refusal: self._refuse, HTTPException: self._refuse},
        )

    async def _refuse(self, _: Request, error: Exception) -> Response:
        style = self.switches.error_style
        if isinstance(error, Refusal):
            return answer(error.status, error.message, style, error.headers)
        if isinstance(error, HTTPException):
            return answer(error.status_code, error.detail, style, error.headers)
        raise error


def make(
    world: World,
    clock: Clock,
    *,
    date_style: DateStyle = "object",
    redirect_uri: str = REDIRECT_URI,
    chance: Random | None = None,
) -> KashooEmulator:
    """Kashoo over the world's books; tokens are random unless `chance` is seeded."""
    return make_product(KASHOO, world, clock, date_style=date_style, redirect_uri=redirect_uri, chance=chance)


def make_product(
    product: Product,
    world: World,
    clock: Clock,
    *,
    date_style: DateStyle = "object",
    redirect_uri: str = REDIRECT_URI,
    chance: Random | None = None,
) -> KashooEmulator:
    """One of the two products over the world's books."""
    return KashooEmulator(
        world,
        clock,
        product=product,
        switches=Switches(date_style=date_style),
        redirect_uri=redirect_uri,
        chance=chance or SystemRandom(),
    )
