"""Who may see which business, and how a login proves it: form fields, Basic, and codes by text message."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from ledgermesh.sandbox.books import Books
from ledgermesh.sandbox.kashoo.business import business_id
from ledgermesh.sandbox.kashoo.errors import Refusal
from ledgermesh.sandbox.kashoo.ids import derived
from ledgermesh.sandbox.kashoo.product import KASHOO, Product

MFA_CODE = "246810"
"""What every text message of the emulator says."""
ACCOUNTANT = "accountant@kashoo.example"
"""The one user of Kashoo who sees every business."""
_OWNER, _BOOKKEEPER, _PARTNER = "owner", "bookkeeper", "partner"


@dataclass(frozen=True)
class User:
    """A person with a Kashoo login."""

    id: int
    email: str
    password: str
    businesses: tuple[int, ...]
    """Ids, in the order in which they are listed."""
    single_sign_on: bool = False
    """Signs in at an identity provider; there is no password."""


class Users:
    """Three people for each business, and an accountant who looks after all businesses.

    The owner has a password, the bookkeeper a second factor as well, the partner signs in with an identity provider.
    """

    def __init__(self, books: Iterable[Books], product: Product) -> None:
        businesses = {row.company: business_id(row) for row in books}
        self.accountant = _user(product, accountant_of(product), *businesses.values())
        self.by_email = {self.accountant.email: self.accountant}
        for company, id in businesses.items():
            partner = replace(
                _user(product, login_of(_PARTNER, company), id), password="", single_sign_on=True
            )
            people = (*(_user(product, login_of(who, company), id) for who in (_OWNER, _BOOKKEEPER)), partner)
            self.by_email |= {user.email: user for user in people}

    @property
    def with_second_factor(self) -> set[str]:
        """The bookkeepers' logins."""
        return {email for email in self.by_email if email.startswith(f"{_BOOKKEEPER}@")}

    @property
    def single_sign_on(self) -> list[str]:
        """The partners' logins."""
        return [user.email for user in self.by_email.values() if user.single_sign_on]

    def identified(self, email: str | None) -> User | None:
        """Whose login this account of an identity provider opens."""
        return self.by_email.get(email or "")

    def login(self, fields: Mapping[str, str], authorization: str | None) -> User:
        """Whose e-mail and password these are; Refusal 400 when there are none, 401 when they are wrong."""
        email, password = basic(authorization) or (fields.get("email"), fields.get("password"))
        if not email or not password:
            raise Refusal(400, "email and password are required")
        return self.with_password(email, password)

    def with_password(self, email: str, password: str) -> User:
        """Whose login this is; Refusal 401 when it is wrong, or when this person has no password."""
        user = self.by_email.get(email.strip().casefold())
        if user is not None and user.single_sign_on:
            raise Refusal(401, "This login has no password; sign in with Google")
        if user is None or not hmac.compare_digest(user.password.encode(), password.encode()):
            raise Refusal(401, "Invalid email or password")
        return user


def email_of(company: str) -> str:
    """The login of a company's owner."""
    return login_of(_OWNER, company)


def login_of(who: str, company: str) -> str:
    """The login of a company's owner, bookkeeper or partner."""
    return f"{who}@{company}.example"


def accountant_of(product: Product) -> str:
    """The login of the one user who sees every business of the product."""
    return f"accountant@{product.name}.example"


def password_of(email: str, product: Product) -> str:
    """The password of that login; public, like everything in the sandbox."""
    return f"{email.partition('@')[2].partition('.')[0]}-{product.name}-password"


def basic(authorization: str | None) -> tuple[str, str] | None:
    """User and password of a Basic header, None for anything else."""
    scheme, _, encoded = (authorization or "").partition(" ")
    if scheme.casefold() != "basic":
        return None
    try:
        name, colon, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return (name, password) if colon else None


def _user(product: Product, email: str, *businesses: int) -> User:
    kind = "user" if product is KASHOO else f"{product.marker} user"
    return User(derived(kind, email), email, password_of(email, product), businesses)
