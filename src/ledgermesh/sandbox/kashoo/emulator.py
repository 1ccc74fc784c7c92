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
from ledgermesh.sandbox.kashoo.api import Api
from ledgermesh.sandbox.kashoo.business import business, business_id
from ledgermesh.sandbox.kashoo.errors import Refusal, answer
from ledgermesh.sandbox.kashoo.limits import Limits
from ledgermesh.sandbox.kashoo.login import Login
from ledgermesh.sandbox.kashoo.oauth import Client, OAuth
from ledgermesh.sandbox.kashoo.switches import DateStyle, Switches
from ledgermesh.sandbox.kashoo.tokens import Tokens
from ledgermesh.sandbox.kashoo.users import Users, email_of, password_of

NAME = "kashoo"
CLIENT_ID = "kashoo-sandbox-client"
CLIENT_SECRET = "kashoo-sandbox-client-secret"
"""Public, like everything in the sandbox."""
REDIRECT_URI = "http://localhost:8000/connect/callback"


class World(Protocol):
    """All that the emulator wants of the world."""

    @property
    def books(self) -> Mapping[tuple[str, str], Books]:
        """By company key and provider."""
        ...


class KashooEmulator:
    """Kashoo over the world's books; `switches` may be changed at any time.

    Tests that change the books themselves call `Books.invalidate()` and see the change with the next request.
    """

    name = NAME

    def __init__(
        self, world: World, clock: Clock, *, switches: Switches, redirect_uri: str, chance: Random
    ) -> None:
        shelf = [books for (_, provider), books in world.books.items() if provider == NAME]
        self._shelf = shelf
        self.switches = switches
        self.tokens = Tokens(clock, chance)
        users = Users(shelf)
        client = Client(CLIENT_ID, CLIENT_SECRET, redirect_uri)
        self.oauth = OAuth(client, users, self.tokens, clock=clock, switches=switches)
        login = Login(users, self.tokens, switches)
        by_id = {business_id(books): books for books in shelf}
        api = Api(by_id, self.tokens, Limits(clock, switches), clock=clock, switches=switches)
        self.app: ASGIApp = self._app(login, api)

    def credentials(self, books: Books) -> Mapping[str, str]:
        """The owner's login, the business, and the one registered OAuth client."""
        email = email_of(books.company)
        return {
            "email": email,
            "password": password_of(email),
            "business_id": str(business_id(books)),
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
        }

    def warm(self) -> None:
        """Build every index now rather than at the first request; seconds for books of 100,000 records."""
        for books in self._shelf:
            business(books)

    def record_id(self, books: Books, type: str, number: str) -> int:
        """The id of a record, by its Kashoo type (`INVOICE`, …) and its number; KeyError when there is none."""
        return business(books).records.ids[type, number]

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
    return KashooEmulator(
        world,
        clock,
        switches=Switches(date_style=date_style),
        redirect_uri=redirect_uri,
        chance=chance or SystemRandom(),
    )
