"""A small shop beside the invoices: orders, what the payment service moved, and each month's entry in the ledger."""

from __future__ import annotations

import datetime as dt
from decimal import ROUND_HALF_UP, Decimal

from ledgermesh.sandbox import booking
from ledgermesh.sandbox.books import Books, Item, Journal, Line, Party
from ledgermesh.sandbox.more_books import Charge, Order
from ledgermesh.sandbox.world import chart
from ledgermesh.sandbox.world.setting import Setting

ORDERS = 190
_CENT = Decimal("0.01")
_REFUND_AFTER = 9


def open_shop(books: Books, setting: Setting) -> None:
    """Sell, refund a few, and book each month."""
    rng, more = setting.rng, books.more
    buyers = [party for party in books.parties if party.customer and party.currency == books.currency]
    goods = [item for item in books.items if not item.service]
    for index, day in enumerate(setting.span.dates(rng, ORDERS)):
        party = rng.choice(buyers) if rng.random() < 0.6 else None
        order = _order(setting, f"S{2001 + index}", day, party, goods)
        more.orders.append(order)
        more.charges += _charges(setting, order)
    more.charges.sort(key=lambda row: (row.date, row.id))
    books.journals += _months(books, setting)


def _order(setting: Setting, number: str, day: dt.date, party: Party | None, goods: list[Item]) -> Order:
    rng = setting.rng
    lines = [_line(item, Decimal(rng.randrange(1, 4))) for item in rng.sample(goods, k=rng.randrange(1, 3))]
    net = sum((line.quantity * line.unit_price for line in lines), Decimal(0))
    created = setting.span.instant(rng, day)
    return Order(
        number=number,
        date=day,
        party=None if party is None else party.number,
        lines=lines,
        tax=(net * 5 / 100).quantize(_CENT, ROUND_HALF_UP),
        shipping=Decimal("9.50") if rng.random() < 0.4 else Decimal("0.00"),
        status="completed",
        created_at=created,
        updated_at=created,
        net=net,
    )


def _line(item: Item, quantity: Decimal) -> Line:
    return Line(item.name, quantity, item.price, item.income_account, chart.PURCHASE_TAX, item.number)


def _charges(setting: Setting, order: Order) -> list[Charge]:
    fee = (order.total * 29 / 1000).quantize(_CENT, ROUND_HALF_UP) + Decimal("0.30")
    paid = Charge(
        f"{order.number}-1",
        order.date,
        "payment",
        order.number,
        "Card payment",
        order.total,
        fee,
        order.created_at,
    )
    back = order.date + dt.timedelta(days=_REFUND_AFTER)
    if setting.rng.random() >= 0.07 or back > setting.span.today:
        return [paid]
    at = setting.span.instant(setting.rng, back)
    order.status, order.updated_at = "refunded", at
    none = Decimal("0.00")
    return [paid, Charge(f"{order.number}-2", back, "refund", order.number, "Refund", -order.total, none, at)]


def _months(books: Books, setting: Setting) -> list[Journal]:
    """Paid out on the last day of each month that is over."""
    sold = {order.number: order for order in books.more.orders}
    rows, since = [], setting.span.start
    for first in [*setting.span.months(), setting.span.today + dt.timedelta(days=1)]:
        last = first - dt.timedelta(days=1)
        moved = [charge for charge in books.more.charges if since <= charge.date <= last]
        if moved:
            at = setting.span.instant(setting.rng, last)
            rows.append(booking.shop_month(last, sold, moved, at, sales=chart.GOODS, bank=chart.CHEQUING))
        since = first
    return rows
