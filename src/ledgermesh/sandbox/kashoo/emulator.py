"""Put the emulator together: users, tokens, endpoints, and the switches tests turn while it runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
from ledgermesh.sandbox.emulator import Access, Message, OAuthClient
from ledgermesh.sandbox.kashoo.api import Api
from ledgermesh.sandbox.kashoo.business import Businesses, business_id
from ledgermesh.sandbox.kashoo.consent import Consent
from ledgermesh.sandbox.kashoo.door import Door
from ledgermesh.sandbox.kashoo.errors import Refusal, answer
from ledgermesh.sandbox.kashoo.identity import Identity
from ledgermesh.sandbox.kashoo.limits import Limits
from ledgermesh.sandbox.kashoo.login import Login
from ledgermesh.sandbox.kashoo.mail import Mail
from ledgermesh.sandbox.kashoo.messages import Messages
from ledgermesh.sandbox.kashoo.oauth import OAuth
from ledgermesh.sandbox.kashoo.pages import Pages
from ledgermesh.sandbox.kashoo.product import KASHOO, Product
from ledgermesh.sandbox.kashoo.registry import Registry
from ledgermesh.sandbox.kashoo.switches import DateStyle, Switches
from ledgermesh.sandbox.kashoo.tokens import Tokens
from ledgermesh.sandbox.kashoo.users import Users, email_of, password_of
from ledgermesh.sandbox.kashoo.visits import Visits
from ledgermesh.sandbox.page import Brand

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
        self._ids = {books.company: business_id(books) for books in shelf}
        self.businesses = Businesses(shelf)
        self.switches = switches
        self.tokens = Tokens(clock, chance)
        self.registry = Registry(self.name, first_client(self.name, redirect_uri))
        self.oauth = OAuth(self.registry, self.tokens, clock=clock, switches=switches)
        users = Users(shelf, product)
        switches.mfa_users |= users.with_second_factor
        door = Door(
            self.businesses, self.tokens, limits=Limits(clock, switches), clock=clock, switches=switches
        )
        self.mail = Mail(door)
        self._messages = Messages(product.title, clock)
        self.app: ASGIApp = self._app(users, Api(door, product, self.mail), clock)

    def credentials(self, books: Books) -> Mapping[str, str]:
        """The owner's login, the business, and the OAuth client that is registered from the start."""
        email = email_of(books.company)
        return {
            "email": email,
            "password": password_of(email, self._product),
            "business_id": str(business_id(books)),
            "client_id": self.registry.first.client_id,
            "client_secret": self.registry.first.client_secret,
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

    # -- linking -------------------------------------------------------------------------------------------------

    def oauth_client(self, redirect_uri: str) -> OAuthClient:
        """The app with this address; ValueError as `check_redirect_uri` says."""
        return self.registry.of(redirect_uri)

    def register(self, client: OAuthClient) -> None:
        """Register an app, or change the one that has this id; ValueError as `check_redirect_uri` says."""
        self.registry.register(client)

    def clients(self) -> Sequence[OAuthClient]:
        """Every app, in the order of registration."""
        return self.registry.all()

    def messages(self) -> Sequence[Message]:
        """The text messages with login codes, oldest first."""
        return tuple(self._messages.sent)

    def forget_messages(self) -> None:
        """Forget them; the codes in them stay good."""
        self._messages.sent.clear()

    def revoke(self, company: str) -> None:
        """Every token, refresh token and code of everybody who sees the company's business; KeyError without one."""
        business = self._ids[company]
        self.tokens.forget(business)
        self.oauth.revoke(business)

    def warm(self) -> None:
        """Build every index now rather than at the first request; seconds for books of 100,000 records."""
        for id in self.businesses:
            self.businesses.find(id)

    def record_id(self, books: Books, type: str, number: str) -> int:
        """The id of a record, by its Kashoo type (`INVOICE`, …) and its number; KeyError when there is none."""
        return self.businesses.of(books).records.ids[type, number]

    def _app(self, users: Users, api: Api, clock: Clock) -> Starlette:
        fresh, switches, messages = self.tokens.fresh, self.switches, self._messages
        identity = Identity(
            users.single_sign_on, clock=clock, fresh=fresh, sends_back_to=self.registry.sends_back_to
        )
        login = Login(users, self.tokens, messages=messages, redeem=identity.redeem, switches=switches)
        pages = Pages(Brand(self._product.title, self._product.color))
        consent = Consent(
            self.oauth, self.registry, users, identity=identity, messages=messages,
            visits=Visits(clock, fresh), pages=pages, switches=switches,
        )  # fmt: skip
        first = [
            Route("/authTokens", login.tokens, methods=["POST"]),
            Route("/users/me/mfa", login.code, methods=["POST"]),
        ]
        oauth = [
            Route("/authorize", consent.ask, methods=["GET"]),
            Route("/authorize", consent.answer, methods=["POST"]),
            Route("/sso", consent.identified, methods=["GET"]),
            Route("/token", self.oauth.token, methods=["POST"]),
        ]
        single_sign_on = [
            Route("/{provider}/authorize", identity.ask, methods=["GET"]),
            Route("/{provider}/authorize", identity.answer, methods=["POST"]),
        ]
        return Starlette(
            routes=[
                Mount("/api", routes=[*first, *api.routes()]),
                Mount("/oauth2", routes=oauth),
                Mount("/sso", routes=single_sign_on),
            ],
            exception_handlers={Refusal: self._refuse, HTTPException: self._refuse},
        )

    async def _refuse(self, _: Request, error: Exception) -> Response:
        style = self.switches.error_style
        if isinstance(error, Refusal):
            return answer(error.status, error.message, style, error.headers)
        if isinstance(error, HTTPException):
            return answer(error.status_code, error.detail, style, error.headers)
        raise error


def first_client(provider: str, redirect_uri: str) -> OAuthClient:
    """The app that is registered from the start."""
    return OAuthClient(f"{provider}-sandbox-client", f"{provider}-sandbox-client-secret", redirect_uri)


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
