"""Lines of documents on their way to Boss Insights: one price, one tax by its name, an account or a product."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from ledgermesh.model.enums import LineKind
from ledgermesh.model.money import Money
from ledgermesh.providers.bossinsights.writing_values import (
    account,
    blank,
    cents,
    count,
    hundredths,
    record,
    same,
)
from ledgermesh.spec.leaves import as_percent, to_decimal
from ledgermesh.spec.write import Draft, Lost, Problem, Put, Target, native

NAMED = "it tells the amount of a line's tax and takes the name of one; give the tax by its `code`"


def _kind(value: LineKind | None, draft: Draft) -> Mapping[str, object]:
    if value not in (None, LineKind.ITEM, LineKind.ACCOUNT):
        raise Lost("its lines are amounts, of a product or of an account")
    return {}


def _net(value: Money | None, draft: Draft) -> Mapping[str, object]:
    """An amount stands in the place of quantity and price; beside them it follows from them."""
    price, quantity = draft.values.get("unit_price"), draft.values.get("quantity")
    if value is None:
        return {}
    if isinstance(price, Money):
        pieces = Decimal(1) if quantity is None else quantity
        if as_percent(price.amount * pieces).quantize(Decimal(1), ROUND_HALF_UP) != as_percent(value.amount):
            raise Lost("it works the amount out from quantity and price")
        return {}
    if quantity not in (None, 1):
        raise ValueError("beside a quantity it takes the price of one")
    return {"amount": hundredths(value)}


def _taxes(value: tuple[Mapping[str, Any], ...] | None, draft: Draft) -> Mapping[str, object]:
    if draft.above is not None and stand(draft.above):
        return {}
    taxes = tuple(value or ())
    if len(taxes) > 1:
        raise Lost("a line has one tax")
    name = taxes[0].get("code") if taxes else None
    if taxes and not name:
        raise Lost(NAMED)
    if any(tax.get(given) is not None for tax in taxes for given in ("rate", "amount")):
        raise Lost("rate and amount follow from the name of the tax")
    return {"tax": name}


LINE: dict[str, Put] = {
    "kind": same(_kind),
    "description": blank("description"),
    "item": record("Item", "productId", null=True),
    "account": account("accountId", null=True),
    "quantity": count("quantity"),
    "unit_price": cents("unitPrice", fine=True, required_if="without `net` and `item`"),
    "net": Put(encode=_net, required_if="without `unitPrice` and `item`"),
    "taxes": Put(encode=_taxes),
}


def priced(draft: Draft) -> Iterator[Problem]:
    """Lines are given all together, and each comes to an amount."""
    lines: tuple[Mapping[str, Any], ...] | None = draft.values.get("lines")
    if "lines" in draft.values and not lines and draft.verb == "UPDATE":
        yield Problem("lines", "a document has lines", "REQUIRED")
    for place, line in enumerate(lines or ()):
        if all(line.get(name) is None for name in ("unit_price", "net", "item")):
            yield Problem(
                f"lines.{place}.unit_price", "`unitPrice`, `net` or `item` says what it comes to", "REQUIRED"
            )


def taxed(draft: Draft) -> Iterator[Problem]:
    """New lines in the place of taxed ones say what their tax is: nothing that is read names it."""
    if draft.verb != "UPDATE" or not draft.values.get("lines") or stand(draft):
        return
    if not any(to_decimal(line.get("tax") or 0) for line in _standing(draft)):
        return
    for place, line in enumerate(draft.values["lines"]):
        if "taxes" not in line:
            yield Problem(
                f"lines.{place}.taxes", f"the document has tax; {NAMED}, or none of them", "REQUIRED"
            )


# -- whether lines are those that stand there already ----------------------------------------------------------------


def stand(draft: Draft) -> bool:
    """Whether a document's lines are given as they are."""
    given, standing = draft.values.get("lines") or (), _standing(draft)
    return len(given) == len(standing) and all(map(_stands, given, standing))


def _standing(draft: Draft) -> list[Mapping[str, Any]]:
    found = (draft.before or {}).get("lines")
    return [line for line in found if isinstance(line, Mapping)] if isinstance(found, list) else []


def _stands(given: Mapping[str, Any], there: Mapping[str, Any]) -> bool:
    paths = {"quantity": "quantity", "unit_price": "unitPrice", "net": "amount"}
    ids = {"item": "productId", "account": "accountId"}
    return (
        (given.get("description") or "") == (there.get("description") or "")
        and all(
            _number(given[name]) == _number(there.get(path)) for name, path in paths.items() if name in given
        )
        and all(_id(given[name]) == _id(there.get(path)) for name, path in ids.items() if name in given)
        and ("taxes" not in given or _tax_stands(given["taxes"], there))
    )


def _tax_stands(taxes: tuple[Mapping[str, Any], ...] | None, there: Mapping[str, Any]) -> bool:
    named = any(tax.get("code") is not None for tax in taxes or ())
    told = sum((_number(tax.get("amount")) for tax in taxes or ()), Decimal(0))
    return not named and told == _number(there.get("tax"))


def _number(found: object) -> Decimal:
    """An amount of ours in hundredths, or a number as it stands; nothing is 0."""
    if isinstance(found, Money):
        return as_percent(found.amount)
    return Decimal(0) if found in (None, "") else to_decimal(found)


def _id(found: object) -> str:
    if isinstance(found, Target):
        bank = found.doc.get("accountId") if found.kind == "BankAccount" else None
        return str(native(found) if bank is None else bank)
    return "" if found is None else str(found)
