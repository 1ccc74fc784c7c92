"""What smallinvoice's documents come to: it tells totals with tax only, so net and tax are computed here."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal

from ledgermesh.model.enums import TaxMode
from ledgermesh.model.money import Money
from ledgermesh.model.row import Row
from ledgermesh.spec.leaves import in_major, to_currency, to_decimal


def amount_due(row: Row) -> object:
    """No balance is returned: the total less what is paid."""
    total, paid = row.doc.get("total"), row.doc.get("total_paid")
    if total is None or paid is None:
        return None
    return Money(amount=_number(total) - _number(paid), currency=currency(row))


def currency(row: Row) -> str | None:
    """The document's currency; ValueError for what cannot be one."""
    return to_currency(row.doc.get("currency"))


def tax_mode(row: Row) -> object:
    """Whether prices hold tax."""
    included = row.doc.get("vat_included")
    return None if not isinstance(included, bool) else TaxMode.INCLUSIVE if included else TaxMode.EXCLUSIVE


def subtotal(row: Row) -> object:
    """Neither net nor tax is returned: net is summed from the positions, discounts taken off, half up at the end."""
    return _net(row)


def tax_total(row: Row) -> object:
    """The total less the net sum of the positions."""
    net, total = _net(row), row.doc.get("total")
    if net is None or total is None:
        return None
    return Money(amount=_number(total) - net.amount, currency=net.currency)


def _net(row: Row) -> Money | None:
    """ValueError when a single position cannot be read: a sum of the others would be a wrong amount."""
    positions, included = row.doc.get("positions"), row.doc.get("vat_included")
    if positions is None or included is None:
        return None
    if not isinstance(positions, list) or not isinstance(included, bool):
        raise ValueError("expected positions, and whether prices hold tax")
    parts = [(_line_sum(line), _number(line.get("vat"))) for line in positions]
    share = _share(row, sum((amount for amount, _ in parts), Decimal(0)))
    net = sum(
        (amount * share / (1 + vat / 100) if included else amount * share for amount, vat in parts),
        Decimal(0),
    )
    return _rounded(net, row)


def _rounded(amount: Decimal, holder: Row) -> Money:
    code = currency(holder)
    return Money(amount=amount.quantize(in_major(1, code), ROUND_HALF_UP), currency=code)


def _share(row: Row, whole: Decimal) -> Decimal:
    """What a document's own discount leaves of each line: assumed to be spread evenly over the tax rates."""
    rate = _number(row.doc.get("discount_rate"))
    if not rate or not whole:
        return Decimal(1)
    return 1 - (rate / 100 if row.doc.get("discount_type") == "P" else rate / whole)


def _line_sum(position: object) -> Decimal:
    """Price times amount less the line's own discount (assumed: P percent, A an amount off the line)."""
    if not isinstance(position, Mapping):
        raise ValueError("expected a position")
    amount = _number(position.get("price")) * _number(position.get("amount"))
    rate = _number(position.get("discount_rate"))
    return amount * (1 - rate / 100) if position.get("discount_type") == "P" else amount - rate


def _number(found: object) -> Decimal:
    """A number; null, as in texts and headers, is 0."""
    return Decimal(0) if found is None else to_decimal(found)


def line_net(row: Row) -> object:
    """A position's amount before tax; text, headers and page breaks have none. Prices that hold tax give no net."""
    if row.doc.get("price") is None or row.parent is None or row.parent.doc.get("vat_included") is True:
        return None
    return _rounded(_line_sum(row.doc), row.parent)


def line_taxes(row: Row) -> object:
    """A position has one tax, a bare percent; without a price it has none."""
    return [row.doc] if row.doc.get("vat") is not None and row.doc.get("price") is not None else []


def percent_discount(row: Row) -> object:
    """The discount where it is a percentage."""
    rate = row.doc.get("discount_rate")
    return to_decimal(rate) if rate is not None and row.doc.get("discount_type") == "P" else None


def amount_discount(row: Row) -> object:
    """The discount where it is an amount."""
    rate, holder = row.doc.get("discount_rate"), row.parent or row
    if rate is None or row.doc.get("discount_type") != "A":
        return None
    return Money(amount=to_decimal(rate), currency=currency(row) or currency(holder))
