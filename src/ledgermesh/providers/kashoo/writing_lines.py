"""The lines of invoices and bills as they are written."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from ledgermesh.model.enums import LineKind
from ledgermesh.model.money import Money, exponent
from ledgermesh.model.row import Row
from ledgermesh.providers.kashoo import quirks
from ledgermesh.providers.kashoo.encodings import account_at, implied, stands, text_at
from ledgermesh.spec.write import Draft, Lost, Put, reference


def _number(name: str) -> Put:
    def encode(value: Decimal | None, draft: Draft) -> Mapping[str, object]:
        if value is None:
            raise ValueError("cannot be cleared")
        return {name: value}

    return Put(encode=encode)


def _unit_price(value: Money | None, draft: Draft) -> Mapping[str, object]:
    if value is None:
        raise ValueError("cannot be cleared")
    return {"rate": value.amount}


def _discount(value: Decimal | None, draft: Draft) -> Mapping[str, object]:
    """Assumed: a discount code that is a percentage, such as `10%`, is that discount."""
    if value is not None and not 0 <= value <= 100:
        raise ValueError("from 0 to 100 percent")
    return {"discountCode": f"{format(value.normalize(), 'f')}%" if value else ""}


def _taxes(value: tuple[Mapping[str, Any], ...] | None, draft: Draft) -> Mapping[str, object]:
    """A line names at most one tax, by its word; its rate and its amount are Kashoo's to say."""
    taxes = value or ()
    if len(taxes) > 1:
        raise Lost("a line has one tax")
    told = [name for tax in taxes for name, said in tax.items() if name != "code" and said is not None]
    if told:
        raise Lost(f"a line names its tax by `code`; Kashoo sets its {' and '.join(told)}")
    return {"taxCode": taxes[0].get("code") or "" if taxes else ""}


def _net(value: Money | None, draft: Draft) -> Mapping[str, object]:
    """What the line comes to follows from its price; without one it is the price of the quantity."""
    if value is None:
        return {}
    price = draft.values.get("unit_price")
    quantity = draft.values.get("quantity", _standing(draft, "quantity") or Decimal(1))
    if price is None and _unchanged(value, draft):
        return {}
    if isinstance(price, Money):
        _check_net(value, price.amount * quantity * (100 - _percent(draft)) / 100)
        return {}
    if not quantity or _percent(draft):
        raise ValueError("with a discount, or without a quantity, a line needs its `unitPrice`")
    rate = value.amount / quantity
    if rate * quantity != value.amount:
        raise ValueError("is not a whole price times the quantity; give `unitPrice`")
    return {"rate": rate}


def _check_net(value: Money, exact: Decimal) -> None:
    unit = Decimal(1).scaleb(-exponent(value.currency or ""))
    if exact.quantize(unit, ROUND_HALF_UP) != value.amount:
        raise ValueError("is not the quantity times the unit price, less the discount")


def _unchanged(value: Money, draft: Draft) -> bool:
    """Whether a standing line comes to this already, and nothing that it follows from is to change."""
    if draft.before is None or {"quantity", "discount_percent"} & set(draft.values):
        return False
    above = draft.top.before or {}
    found = quirks.line_net(Row(draft.before, Row(above)))
    return isinstance(found, Money) and found.amount == value.amount


def _percent(draft: Draft) -> Decimal:
    if "discount_percent" in draft.values:
        return draft.values["discount_percent"] or Decimal(0)
    standing = quirks.line_discount(Row(draft.before)) if draft.before is not None else None
    return standing or Decimal(0)


def _standing(draft: Draft, name: str) -> Decimal | None:
    found = stands(draft, name)
    return Decimal(found) if isinstance(found, int | Decimal) else None


LINE = {
    "kind": implied(LineKind.ACCOUNT),
    "description": text_at("description"),
    "account": account_at("account", required=True),
    "quantity": _number("quantity"),
    "unit_price": Put(encode=_unit_price, required_if="`net` is not given."),
    "net": Put(encode=_net, required_if="`unitPrice` is not given."),
    "discount_percent": Put(encode=_discount),
    "taxes": Put(encode=_taxes),
}
ITEM = {"item": reference("Item", "item", numeric=True)}
"""Which only Kashoo's Classic edition has."""


def lines(inner: Mapping[str, Put]) -> Put:
    """Lines known by their ids: those that are given stay or are added, the others go."""
    return Put(parts=inner, path="lineItems", many=True, key="id", required=True)
