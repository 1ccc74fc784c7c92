"""What the makers of one set of books are given."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from ledgermesh.sandbox.books import Books, Item, Party
from ledgermesh.sandbox.world.companies import Company, Size
from ledgermesh.sandbox.world.parties import Stock
from ledgermesh.sandbox.world.span import Span
from ledgermesh.sandbox.world.trades import Trade, Ware


@dataclass(frozen=True)
class Setting:
    """One set of books to fill, and all that decides with what."""

    company: Company
    size: Size
    span: Span
    rng: random.Random
    stock: Stock
    """Where the parties come from that only these books know."""
    known: list[Party]
    """Customers that the company's other systems know too, as this one has them; copies of its own."""
    others: Mapping[str, Books]
    """The company's books that are filled already, by provider, in the order in which it joined them.

    They are not the keeper's to change.
    """

    @property
    def trade(self) -> Trade:
        """The company's line of business."""
        return self.company.trade


def numbered(parties: list[Party], first: int) -> list[Party]:
    """The same parties, numbered one by one."""
    for number, party in enumerate(parties, first):
        party.number = str(number)
    return parties


def item(setting: Setting, index: int, ware: Ware, *, tax: str, income: str, expense: str | None) -> Item:
    """The item for a ware in these books; products are counted in stock, some below nothing."""
    price = Decimal(ware.price)
    return Item(
        number=f"{'S' if ware.service else 'P'}-{index:03d}",
        name=ware.name,
        description=f"{ware.name}, per {ware.unit}",
        service=ware.service,
        price=price,
        purchase_price=None if ware.service else (price * 6 / 10).quantize(price),
        unit=ware.unit,
        tax=tax,
        income_account=income,
        expense_account=expense,
        category=ware.category,
        created_at=setting.stock.born,
        quantity_on_hand=None if ware.service else Decimal(setting.rng.randrange(-3, 240)),
    )
