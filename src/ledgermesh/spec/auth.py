"""How a provider lets us in. A connection's grant says which of a provider's ways it uses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from msgspec import Struct


class ApiKey(Struct, frozen=True, kw_only=True):
    """A key that does not change, sent with every request."""

    name: str = "api_key"
    """The grant's scheme; also the name of its one secret field."""
    header: str = "Authorization"
    prefix: str = "Bearer "


class Basic(Struct, frozen=True, kw_only=True):
    """A user name and a password, or a key in the place of either, sent with every request (RFC 7617)."""

    name: str = "basic"
    """The grant's scheme; its secrets are `user` and `password`. A key in the place of the user has no password."""
    header: str = "Authorization"


class FirstPartyToken(Struct, frozen=True, kw_only=True):
    """A login with user name and password that gives an expiring token object (Kashoo).

    The grant keeps the token; where it also keeps the login (the operator's own books, the demo), an expired token is
    renewed by logging in again, else the tenant must link again.
    """

    name: str = "first_party"
    login_path: str
    """Below the base URL; POST, form-encoded."""
    user_field: str = "email"
    password_field: str = "password"
    header: str = "Authorization"
    prefix: str
    """Before the token object written as compact JSON on one line."""
    expiry_field: str
    """In the token object: epoch milliseconds, or ISO 8601."""
    lifetime_field: str | None = None
    """Asks for a token that lives longer than the usual one; its value is `lifetime_ms`."""
    lifetime_ms: int = 0
    code_field: str | None = None
    """Takes the code of a text message, for people who have turned that on."""
    code_words: tuple[str, ...] = ()
    """One of them stands, in whatever case, in the 401 of a login that lacks the code."""
    code_path: str | None = None
    """Below the base URL; POST with the login sends the text message."""
    sign_on_fields: tuple[str, str] | None = None
    """Instead of user and password: who vouches for the person, and the code that was given for it."""
    sign_ons: tuple[tuple[str, str], ...] = ()
    """Who may vouch: the field's value, and the name that people know."""


@dataclass(frozen=True, kw_only=True, slots=True)
class OAuth2:
    """An access token that is renewed at a token URL (RFC 6749)."""

    name: str = "oauth2"
    grant: Literal["authorization_code", "client_credentials"]
    authorize_url: str | None = None
    token_url: str
    """Absolute, or a path below the base URL when it starts with `/`; settings may override it."""
    scopes: tuple[str, ...]
    client_auth: Literal["basic", "body"]
    """Client id and secret as HTTP Basic, or in the request's body."""
    body: Literal["form", "json"] = "form"
    rotates_refresh_token: bool = False
    pkce: bool = False
    """Whether a code is bound to a verifier (RFC 7636, S256)."""
    revoke_url: str | None = None
    """As `token_url`; takes a token to be revoked (RFC 7009). None where no document names one."""
    header: str = "Authorization"
    prefix: str = "Bearer "


Auth = ApiKey | Basic | FirstPartyToken | OAuth2
