"""Who can sign in at the consent page: the owner of each company."""

from __future__ import annotations

import hmac
from collections.abc import Iterable

from msgspec import Struct

from ledgermesh.sandbox.books import Books


class Person(Struct, frozen=True):
    """A login and the company it belongs to; public, like everything in the sandbox."""

    email: str
    password: str
    books: Books


class People:
    """Everybody with a login."""

    def __init__(self, books: Iterable[Books]) -> None:
        self._by_email = {person.email: person for person in map(owner_of, books)}

    def named(self, email: str) -> Person | None:
        """Whose login this is."""
        return self._by_email.get(email.strip().casefold())

    def with_password(self, email: str, password: str) -> Person | None:
        """The same, if the password is right."""
        person = self.named(email)
        known = person is not None and hmac.compare_digest(person.password.encode(), password.encode())
        return person if known else None


def owner_of(books: Books) -> Person:
    """The login of a company's owner."""
    return Person(f"owner@{books.company}.example", f"{books.company}-smallinvoice-password", books)
