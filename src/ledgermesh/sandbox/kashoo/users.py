"""Who may see which business, and how a login proves it: form fields, Basic, and codes by text message."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ledgermesh.sandbox.books import Books
from ledgermesh.sandbox.kashoo.business import business_id
from ledgermesh.sandbox.kashoo.errors import Refusal
from ledgermesh.sandbox.kashoo.ids import derived
from ledgermesh.sandbox.kashoo.product import KASHOO, Product

MFA_CODE = "246810"
"""What every text message of the emulator says."""
ACCOUNTANT = "accountant@kashoo.example"
"""The one user of Kashoo who sees every business."""


@dataclass(frozen=True)
class User:
    """A person with a Kashoo login."""

    id: int
    email: str
    password: str
    businesses: tuple[int, ...]
    """Ids, in the order in which they are listed."""


class Users:
    """The owner of each business, and an accountant who looks after all of them."""

    def __init__(self, books: Iterable[Books], product: Product) -> None:
        businesses = {row.company: business_id(row) for row in books}
        owners = (_user(product, email_of(company), id) for company, id in businesses.items())
        self.accountant = _user(product, accountant_of(product), *businesses.values())
        self.by_email = {user.email: user for user in (*owners, self.accountant)}

    def login(self, fields: Mapping[str, str], authorization: str | None) -> User:
        """Whose e-mail and password these are; Refusal 400 when there are none, 401 when they are wrong."""
        email, password = basic(authorization) or (fields.get("email"), fields.get("password"))
        if not email or not password:
            raise Refusal(400, "email and password are required")
        user = self.by_email.get(email.casefold())
        if user is None or not hmac.compare_digest(user.password.encode(), password.encode()):
            raise Refusal(401, "Invalid email or password")
        return user


def email_of(company: str) -> str:
    """The login of a company's owner."""
    return f"owner@{company}.example"


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
