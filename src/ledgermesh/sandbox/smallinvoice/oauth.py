"""Clients, codes and tokens: what the authorization server remembers.

Access tokens live twelve hours. Refresh tokens do not expire but work once: each use gives a new pair and revokes the
old one. The client credentials grant has no refresh token.
"""

from __future__ import annotations

import datetime as dt
import hmac
import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from msgspec import Struct

from ledgermesh.clock import Clock
from ledgermesh.sandbox.books import Books
from ledgermesh.sandbox.emulator import APP_NAME, check_redirect_uri
from ledgermesh.sandbox.smallinvoice import errors
from ledgermesh.sandbox.smallinvoice.ids import Mint, client_id, client_secret
from ledgermesh.sandbox.smallinvoice.pkce import Challenge, check_verifier
from ledgermesh.sandbox.smallinvoice.switches import Switches

SCOPES = (
    *("profile", "contact", "contact_reminder", "letter", "configuration", "catalog", "invoice", "offer"),
    *("delivery_note", "order_confirmation", "project", "cost_unit", "working_hours", "activity", "effort"),
)
ACCESS_SECONDS = 43_200
_CODE_SECONDS = 600
_FORGOTTEN_AT_ONCE = 10


class Client(Struct, frozen=True):
    """A registered client."""

    id: str
    secret: str
    grant: str
    """CC client credentials | AC authorization code"""
    books: Books | None
    """Of the company that it belongs to, whose people alone can agree to it. None is an app for everybody, which is
    assumed to exist: then whoever signs in says whose books are meant.
    """
    redirect_uri: str = ""
    scopes: frozenset[str] = frozenset(SCOPES)
    name: str = APP_NAME


class Access(Struct, frozen=True):
    """What an access token allows."""

    books: Books
    scopes: frozenset[str]
    expires: dt.datetime


class _Code(Struct, frozen=True):
    client: Client
    books: Books
    scopes: frozenset[str]
    redirect_uri: str | None
    challenge: Challenge | None
    expires: dt.datetime


@dataclass(frozen=True)
class _Refresh:
    client_id: str
    books: Books
    scopes: frozenset[str]
    access_token: str
    used_at: dt.datetime | None = None


def app_for(redirect_uri: str) -> Client:
    """The app for everybody that has this address; ValueError as `check_redirect_uri` says."""
    check_redirect_uri(redirect_uri)
    return Client(
        client_id(redirect_uri, "APP"), client_secret(redirect_uri, "APP"), "AC", None, redirect_uri
    )


def register(books: Books, redirect_uri: str) -> tuple[Client, Client]:
    """The two clients of a company: one for client credentials, one for authorization codes."""
    key = books.company
    machine = Client(client_id(key, "CC"), client_secret(key, "CC"), "CC", books)
    person = Client(client_id(key, "AC"), client_secret(key, "AC"), "AC", books, redirect_uri)
    return machine, person


class AuthServer:
    """Issues and checks tokens."""

    def __init__(self, clients: Iterable[Client], clock: Clock, mint: Mint, switches: Switches) -> None:
        self.clients = {client.id: client for client in clients}
        self._clock = clock
        self._mint = mint
        self._switches = switches
        self._access: dict[str, Access] = {}
        self._codes: dict[str, _Code | None] = {}
        self._refresh: dict[str, _Refresh | None] = {}
        """None stands for a code that was used before, or a token that was revoked."""

    def client(self, id: str) -> Client | None:
        """The client registered under this id."""
        return self.clients.get(id)

    def known(self, token: str) -> Access | None:
        """Whose token this is, be it expired or not."""
        return self._access.get(token)

    def check(self, token: str) -> Access:
        """What the token allows now; Problem 9 if it is unknown, revoked or expired."""
        access = self._access.get(token)
        if access is None:
            raise errors.access_denied("Access token could not be verified")
        if access.expires <= self._clock.now():
            raise errors.access_denied("Access token is invalid")
        return access

    def authenticate(self, id: str, secret: str, *, basic: bool) -> Client:
        """The client with this id and secret; Problem 4 else."""
        client = self.clients.get(id)
        if client is None or not hmac.compare_digest(client.secret.encode(), secret.encode()):
            raise errors.invalid_client(basic=basic)
        return client

    def code(
        self,
        client: Client,
        books: Books,
        *,
        scopes: frozenset[str],
        redirect_uri: str | None,
        challenge: Challenge | None,
    ) -> str:
        """A code for what the person at the consent page agreed to; lives ten minutes, works once."""
        expires = self._clock.now() + dt.timedelta(seconds=_CODE_SECONDS)
        code = self._mint.token()
        self._codes[code] = _Code(client, books, scopes, redirect_uri, challenge, expires)
        return code

    def client_credentials(self, client: Client, scope: str) -> dict[str, object]:
        """A token for the client's own company, without a refresh token; an empty scope gives a token that can ask
        only who its owner is.
        """
        if client.grant != "CC" or client.books is None:
            raise errors.invalid_client()
        return self._issue(client.books, read_scopes(scope, client))[1]

    def authorization_code(self, client: Client, form: Mapping[str, str]) -> dict[str, object]:
        """A pair of tokens for a code."""
        if client.grant != "AC":
            raise errors.invalid_client()
        text = form.get("code") or ""
        if not text:
            raise errors.invalid_request("code")
        if text not in self._codes:
            raise errors.invalid_request("code", "Cannot decrypt the authorization code")
        code = self._codes[text]
        if code is None:
            raise errors.invalid_request("code", "Authorization code has been revoked")
        self._check_code(code, client, form)
        self._codes[text] = None
        return self._pair(client, code.books, code.scopes)

    def refresh_token(self, client: Client, form: Mapping[str, str]) -> dict[str, object]:
        """A new pair for a refresh token, which does not work again; Problem 8 if it was used before, except within
        the grace that a switch can give.
        """
        if client.grant != "AC":
            raise errors.invalid_client()
        token = form.get("refresh_token") or ""
        if not token:
            raise errors.invalid_request("refresh_token")
        if token not in self._refresh:
            raise errors.invalid_refresh_token("Cannot decrypt the refresh token")
        held = self._refresh[token]
        if held is None or self._spent(held):
            raise errors.invalid_refresh_token("Token has been revoked")
        if held.client_id != client.id:
            raise errors.invalid_refresh_token("Token is not linked to client")
        scopes = read_scopes(form.get("scope") or "", client) or held.scopes
        for scope in sorted(scopes - held.scopes):
            raise errors.invalid_scope(scope)
        if held.used_at is None:
            self._refresh[token] = replace(held, used_at=self._clock.now())
        self._access.pop(held.access_token, None)
        return self._pair(client, held.books, scopes)

    def revoke(self, books: Books) -> None:
        """The user takes back everything that was granted on these books."""
        self._access = {token: access for token, access in self._access.items() if access.books is not books}
        for token, held in self._refresh.items():
            if held is not None and held.books is books:
                self._refresh[token] = None
        for text, code in self._codes.items():
            if code is not None and code.books is books:
                self._codes[text] = None

    def _spent(self, held: _Refresh) -> bool:
        """Whether the token was used, and its grace is over."""
        grace = dt.timedelta(seconds=self._switches.refresh_grace_seconds)
        return held.used_at is not None and self._clock.now() - held.used_at >= grace

    def _check_code(self, code: _Code, client: Client, form: Mapping[str, str]) -> None:
        if code.client.id != client.id:
            raise errors.invalid_request("code", "Authorization code was not issued to this client")
        if code.expires <= self._clock.now():
            raise errors.invalid_request("code", "Authorization code has expired")
        if code.redirect_uri is not None and form.get("redirect_uri") != code.redirect_uri:
            raise errors.invalid_request("redirect_uri", "Invalid redirect URI")
        check_verifier(code.challenge, form.get("code_verifier") or "")

    def _pair(self, client: Client, books: Books, scopes: frozenset[str]) -> dict[str, object]:
        access_token, answer = self._issue(books, scopes)
        refresh_token = self._mint.token()
        self._refresh[refresh_token] = _Refresh(client.id, books, scopes, access_token)
        return {**answer, "refresh_token": refresh_token}

    def _issue(self, books: Books, scopes: frozenset[str]) -> tuple[str, dict[str, object]]:
        self._forget_old()
        token = self._mint.token()
        expires = self._clock.now() + dt.timedelta(seconds=ACCESS_SECONDS)
        self._access[token] = Access(books, scopes, expires)
        return token, {"token_type": "Bearer", "expires_in": ACCESS_SECONDS, "access_token": token}

    def _forget_old(self) -> None:
        """Drop access tokens that ended twelve hours ago; they were issued in the order they end."""
        forgotten = self._clock.now() - dt.timedelta(seconds=ACCESS_SECONDS)
        for token, access in list(itertools.islice(self._access.items(), _FORGOTTEN_AT_ONCE)):
            if access.expires <= forgotten:
                del self._access[token]


def read_scopes(text: str, client: Client) -> frozenset[str]:
    """The scopes in a space-separated string; Problem 5 for one that does not exist, 12 for those that the client is
    not registered for.
    """
    scopes = frozenset(text.split())
    for scope in sorted(scopes.difference(SCOPES)):
        raise errors.invalid_scope(scope)
    if not scopes <= client.scopes:
        raise errors.invalid_scopes(sorted(scopes - client.scopes))
    return scopes
