"""The authorize endpoint: the page on which a person signs in and agrees to a client, or does not.

A program that does not ask for a page, or names a person as `login_hint`, has consent at once.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import urlencode, urlsplit

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ledgermesh.sandbox.books import Books
from ledgermesh.sandbox.page import Brand, Button, Field, Page, show, wants_page
from ledgermesh.sandbox.smallinvoice import errors
from ledgermesh.sandbox.smallinvoice.authorization import read_form
from ledgermesh.sandbox.smallinvoice.oauth import AuthServer, Client, read_scopes
from ledgermesh.sandbox.smallinvoice.people import People
from ledgermesh.sandbox.smallinvoice.pkce import Challenge, read_challenge
from ledgermesh.sandbox.smallinvoice.switches import Switches

_BRAND = Brand("smallinvoice", "#14508c")
_WORDS = {
    "profile": "the profile of you and your company",
    "contact": "contacts, their addresses and people",
    "contact_reminder": "reminders of contacts",
    "letter": "letters",
    "configuration": "settings of the account",
    "catalog": "products, services, categories and units",
    "invoice": "invoices and their payments",
    "offer": "offers",
    "delivery_note": "delivery notes",
    "order_confirmation": "order confirmations",
    "project": "projects",
    "cost_unit": "cost units",
    "working_hours": "working hours",
    "activity": "activities",
    "effort": "efforts",
}
_BUTTONS = (
    Button("decision", "allow", "Allow", main=True, checks=True),
    Button("decision", "deny", "Deny"),
)


class _Asked(Struct, frozen=True):
    """An authorize request that may be agreed to."""

    client: Client
    query: Mapping[str, str]
    scopes: frozenset[str]
    challenge: Challenge | None

    def back(self, **answer: str) -> Response:
        """Send the person back to the client."""
        return _back(self.client, self.query, **answer)


class Consent:
    """Handlers of `/auth/authorize`."""

    def __init__(self, server: AuthServer, people: People, switches: Switches) -> None:
        self._server = server
        self._people = people
        self._switches = switches

    async def ask(self, request: Request) -> Response:
        """`GET /auth/authorize`."""
        return await self._shown(request, self._ask)

    async def answer(self, request: Request) -> Response:
        """`POST /auth/authorize`: the form of its page."""
        return await self._shown(request, self._answer)

    async def _shown(self, request: Request, handler: Callable[[Request], Awaitable[Response]]) -> Response:
        """A person sees a page where a program gets the usual error."""
        try:
            return await handler(request)
        except errors.Problem as problem:
            if not wants_page(request):
                raise
            lead = "Please go back to the app you came from."
            alert = str((problem.body or {}).get("hint") or (problem.body or {}).get("message"))
            return show(Page(_BRAND, "This link does not work", lead, alert=alert), problem.status)

    async def _ask(self, request: Request) -> Response:
        asked = self._asked(request.query_params)
        if isinstance(asked, Response):
            return asked
        hint = asked.query.get("login_hint")
        if hint is None and wants_page(request):
            return show(_page(asked))
        books = self._books_of(asked.client, hint)
        return asked.back(error="access_denied") if books is None else self._agreed(asked, books)

    async def _answer(self, request: Request) -> Response:
        asked = self._asked(request.query_params)
        if isinstance(asked, Response):
            return asked
        form = await read_form(request)
        if form.get("decision") == "deny":
            return asked.back(error="access_denied")
        email = form.get("email") or ""
        person = self._people.with_password(email, form.get("password") or "")
        if person is None:
            return show(_page(asked, alert="The e-mail or the password is wrong.", email=email), 401)
        if asked.client.books not in (None, person.books):
            return show(_page(asked, alert="This app belongs to another company.", email=email), 403)
        return self._agreed(asked, person.books)

    def _asked(self, query: Mapping[str, str]) -> _Asked | Response:
        """The request, or what is answered to it at once."""
        if query.get("response_type") != "code":
            raise errors.unsupported_grant()
        client = self._asking(query)
        challenge = read_challenge(query)
        if self._switches.consent_denied:
            return _back(client, query, error="access_denied")
        try:
            scopes = read_scopes(query.get("scope") or "", client)
        except errors.Problem as problem:
            return _back(client, query, error=(problem.body or {})["error"])
        return _Asked(client, query, scopes, challenge)

    def _asking(self, query: Mapping[str, str]) -> Client:
        """The client that sends a person here; where it sends them back to must be what it registered."""
        if not query.get("client_id"):
            raise errors.invalid_request("client_id")
        client = self._server.client(query["client_id"])
        if client is None or client.grant != "AC":
            raise errors.invalid_client()
        if query.get("redirect_uri", client.redirect_uri) != client.redirect_uri:
            raise errors.invalid_client()
        return client

    def _books_of(self, client: Client, hint: str | None) -> Books | None:
        """Whose books a program means: those of the person it names, else those of the client's own company."""
        if hint is None:
            return client.books
        person = self._people.named(hint)
        return person.books if person is not None and client.books in (None, person.books) else None

    def _agreed(self, asked: _Asked, books: Books) -> Response:
        redirect_uri = asked.query.get("redirect_uri")
        code = self._server.code(
            asked.client, books, scopes=asked.scopes, redirect_uri=redirect_uri, challenge=asked.challenge
        )
        return asked.back(code=code)


def _back(client: Client, query: Mapping[str, str], **answer: str) -> Response:
    state = {"state": query["state"]} if "state" in query else {}
    joint = "&" if "?" in client.redirect_uri else "?"
    return RedirectResponse(client.redirect_uri + joint + urlencode({**answer, **state}), 302)


def _page(asked: _Asked, *, alert: str = "", email: str = "") -> Page:
    client = asked.client
    wanted = tuple(f"{words} ({scope})" for scope, words in _WORDS.items() if scope in asked.scopes)
    return Page(
        _BRAND,
        f"{client.name} wants access to your smallinvoice account",
        f"Sign in and allow {client.name} to read and change:" if wanted else "Sign in and tell who you are.",
        wanted,
        (
            Field("email", "E-mail", "email", "username", email),
            Field("password", "Password", "password", "current-password"),
        ),
        buttons=_BUTTONS,
        note=f"Afterwards you are sent back to {urlsplit(client.redirect_uri).netloc}.",
        alert=alert,
    )
