"""The two products that share one backend, and what only one of them has."""

from __future__ import annotations

from msgspec import Struct

from ledgermesh.sandbox.books import Books


class Product(Struct, frozen=True):
    """One product: the provider's key, the vendor's own marker, and its differences."""

    name: str
    marker: str
    items: bool
    """Whether it has products and services."""
    sync: bool
    """Whether contacts can be listed the older way, below `/sync`."""
    inbox: bool
    """Whether records come out of an inbox and can be put back."""
    title: str
    """As its pages call it."""
    color: str
    """Of its pages."""


KASHOO = Product("kashoo", "kashoo", items=True, sync=True, inbox=False, title="Kashoo", color="#1b6b4a")
TRULYSMALL = Product(
    "trulysmall", "tsa", items=False, sync=False, inbox=True, title="TrulySmall", color="#7a3e9d"
)
_PRODUCTS = {product.name: product for product in (KASHOO, TRULYSMALL)}


def product_of(books: Books) -> Product:
    """The product that keeps these books; KeyError when neither does."""
    return _PRODUCTS[books.provider]


def space(books: Books) -> str:
    """What ids are derived from, so that a company's objects differ between the products."""
    product = product_of(books)
    return books.company if product is KASHOO else f"{product.marker}/{books.company}"
