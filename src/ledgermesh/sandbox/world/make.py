"""Make the world: which company keeps books where, and how big they are."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from msgspec import Struct

from ledgermesh.sandbox.books import Books, Party
from ledgermesh.sandbox.emulator import modules
from ledgermesh.sandbox.world.companies import COMPANIES, Company, Size
from ledgermesh.sandbox.world.keeper import Keeper
from ledgermesh.sandbox.world.parties import Stock, retyped, shared_customers
from ledgermesh.sandbox.world.setting import Setting
from ledgermesh.sandbox.world.span import Span, span_to

SCALED = "grand-tour"
"""The company whose books `scale` makes bigger."""


class World(Struct, frozen=True):
    """All books of all companies on one day."""

    today: dt.date
    books: Mapping[tuple[str, str], Books]
    """By company key and provider."""

    @property
    def companies(self) -> tuple[str, ...]:
        """The company keys, in order."""
        return tuple(dict.fromkeys(company for company, _ in self.books))

    def of(self, provider: str) -> list[Books]:
        """All books that lie with this provider, one per company, in the order of the companies."""
        return [books for (_, name), books in self.books.items() if name == provider]


def known_keepers() -> Mapping[str, Keeper]:
    """How books look with each provider that has an emulator here."""
    return {name: module.KEEPER for name, module in modules().items()}


def make_world(
    *, today: dt.date, seed: int = 1, scale: int = 0, keepers: Mapping[str, Keeper] | None = None
) -> World:
    """The same world for the same arguments.

    `keepers` are those of the emulators here by default; a provider without one has no books in the world.

    `scale` above 0 is how many invoices all books of `grand-tour` hold together, shared equally among those
    of its systems that keep invoices; its customers and bills grow with it, and nothing else.
    """
    span, books = span_to(today), {}
    known = known_keepers() if keepers is None else keepers
    for company in (_joined(each, known) for each in COMPANIES):
        for provider, made in _company_books(company, known, span, seed, scale).items():
            books[company.key, provider] = made
    return World(today, books)


def _joined(company: Company, keepers: Mapping[str, Keeper]) -> Company:
    more = {
        name: keeper.joins[company.key] for name, keeper in keepers.items() if company.key in keeper.joins
    }
    return replace(company, books={**company.books, **more})


def _company_books(
    company: Company, keepers: Mapping[str, Keeper], span: Span, seed: int, scale: int
) -> dict[str, Books]:
    sizes = {provider: size for provider, size in company.books.items() if provider in keepers}
    if scale > 0 and company.key == SCALED:
        sizes = _scaled(sizes, scale)
    born = dt.datetime.combine(span.start, dt.time(), dt.UTC)
    stock = Stock(random.Random(f"{seed}/{company.key}"), shelf=0, born=born)
    shared = shared_customers(stock, company.customers_in, company.trade.customers)
    found: dict[str, Books] = {}
    for shelf, provider in enumerate(company.books, 1):
        if provider in sizes:
            # Chance and names are each provider's own, so that a further one leaves the others as they are,
            # but for those that take something over from it.
            rng = random.Random(f"{seed}/{company.key}/{provider}")
            stock = Stock(rng, shelf, born)
            others, known = MappingProxyType(dict(found)), _known(shared, shelf)
            setting = Setting(company, sizes[provider], span, rng, stock, known, others)
            found[provider] = _books(company, provider, keepers[provider], setting)
    return found


def _books(company: Company, provider: str, keeper: Keeper, setting: Setting) -> Books:
    books = Books(
        company=company.key,
        provider=provider,
        name=company.name,
        legal_name=company.legal_name,
        currency=keeper.currency,
        country=keeper.country,
    )
    keeper.fill(books, setting)
    books.invalidate()
    return books


def _known(shared: list[Party], shelf: int) -> list[Party]:
    """The first system has them as they are, every later one as somebody else typed them in."""
    if shelf == 1:
        return [replace(party) for party in shared]
    return [retyped(party, index + shelf) for index, party in enumerate(shared)]


def _scaled(sizes: dict[str, Size], scale: int) -> dict[str, Size]:
    invoicing = [provider for provider, size in sizes.items() if size.invoices]
    share, rest = divmod(scale, len(invoicing))
    return {
        provider: replace(
            size,
            invoices=share + (rest if provider == invoicing[0] else 0),
            customers=max(size.customers, share // 50),
        )
        if size.invoices
        else size
        for provider, size in sizes.items()
    }
