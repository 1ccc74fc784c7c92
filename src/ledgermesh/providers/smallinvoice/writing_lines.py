"""Writing the positions of a document. They have no ids, so a list of them always replaces the one that stands.

What a position has beside the model's line (its unit, whether it is a product or a service, which kind of text it is)
is kept where the position that stands in the same place is about the same thing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any, Final

from ledgermesh.model.enums import LineKind, TaxMode
from ledgermesh.model.money import Money
from ledgermesh.providers.smallinvoice.writing_encodings import (
    amount,
    bare,
    given,
    known,
    share,
    words,
)
from ledgermesh.spec.write import Draft, Lost, Problem, Put, Target, Values, parts

_TYPES: Final = {LineKind.ITEM: "N", LineKind.ACCOUNT: "N", LineKind.TEXT: "T", LineKind.SUBTOTAL: "SI"}
_ALIKE: Final = {"N": ("N",), "T": ("T", "H", "PB"), "SI": ("SI", "SNI")}
"""Types that read as the same kind of line."""
_UNSEEN: Final = ("unit_id", "catalog_type", "show_only_total")
"""Parts of a position that the model's lines do not show."""
_COUNTED: Final = "the line is an ITEM or ACCOUNT"
_COPIED: Final = {
    "name": "name",
    "description": "description",
    "unit_price": "price",
    "taxes": "vat",
    "unit": "unit_id",
}
"""What a line takes over from the item it names, where it says nothing itself."""
_WORDS: Final = ("name", "description")
"""These may be left empty on purpose."""


# -- one field of a line ---------------------------------------------------------------------------------------------


def _type(kind: LineKind) -> str:
    found = _TYPES.get(kind)
    if found is None:
        raise ValueError(
            "a line is an ITEM, a TEXT or a SUBTOTAL; give a discount with the line or the document"
        )
    return found


def _item(value: Target | None, draft: Draft) -> Mapping[str, object]:
    """A position names its item by number only; what the line leaves out is copied from the item."""
    if value is None:
        return {}
    if not known(value):
        raise ValueError("a line carries its item's number, so the item must be there first")
    doc = value.doc
    if draft.values.get("item_code") not in (None, doc.get("number")):
        raise ValueError(f"the item's number is {doc.get('number')}")
    service = value.native_id.startswith("service:")
    return {
        "number": doc.get("number"),
        "catalog_type": "S" if service else "P",
        **{key: doc[key] for name, key in _COPIED.items() if _copies(name, draft, doc)},
    }


def _copies(name: str, draft: Draft, doc: Mapping[str, Any]) -> bool:
    """Whether the line says nothing itself. A price is taken over only where it means the same: in the company's
    currency, and with tax where tax is in.
    """
    said = name in draft.values if name in _WORDS else draft.values.get(name) is not None
    if said or doc.get(_COPIED[name]) is None:
        return False
    if name != "unit_price":
        return True
    top = draft.top
    currency = top.values.get("currency") or (top.before or {}).get("currency")
    same_currency = currency in (None, top.settings.get("currency"))
    return same_currency and doc.get("including_vat") is _tax_included(top)


def _tax_included(document: Draft) -> bool:
    """Whether the document's prices hold tax. Assumed: a new one's do not unless it says so."""
    mode = document.values.get("tax_mode")
    return (
        mode is TaxMode.INCLUSIVE if mode is not None else (document.before or {}).get("vat_included") is True
    )


def _percent(value: Decimal | None, draft: Draft) -> Mapping[str, object]:
    return discount(value, "P", draft, "discount_amount")


def _off(value: Money | None, draft: Draft) -> Mapping[str, object]:
    return discount(None if value is None else value.amount, "A", draft, "discount_percent")


def discount(value: Decimal | None, type: str, draft: Draft, other: str) -> Mapping[str, object]:
    """One number is a percentage (P) or an amount (A). Taking away what is not there leaves the other alone."""
    if value is not None:
        return {"discount_rate": share(value), "discount_type": type}
    stands = draft.before if draft.above is None else None
    if draft.values.get(other) is not None or (stands or {}).get("discount_type") not in (None, type):
        return {}
    return {"discount_rate": None}


def _rate(value: Decimal | None, draft: Draft) -> Mapping[str, object]:
    """A position has one tax, a bare percent."""
    line = draft.above
    taxes = line.values["taxes"] if line is not None else ()
    if taxes and dict(taxes[0]) != dict(draft.values):
        raise Lost("A line at smallinvoice has one tax.")
    if value is None:
        raise ValueError("a tax is given by its rate in percent")
    return {"rate": share(value)}


def _told(path: str, convert: Callable[[Any], object], **more: Any) -> Put:
    """A value; null says as little as nothing, because the whole list is written anew."""
    return Put(encode=lambda value, draft: {} if value is None else {path: convert(value)}, **more)


_LINE: Mapping[str, Put] = {
    "kind": given("type", _type, words=tuple(kind.value for kind in _TYPES)),
    "name": words("name"),
    "description": words("description"),
    "item_code": words("number"),
    "item": Put(encode=_item, kind="Item"),
    "quantity": _told("amount", lambda number: number, required_if=_COUNTED),
    "unit_price": _told("price", amount, required_if=f"{_COUNTED} and its item's price does not fit"),
    "discount_percent": Put(encode=_percent),
    "discount_amount": Put(encode=_off),
    "taxes": parts(
        "taxes", {"rate": Put(encode=_rate)}, many=True, required_if=f"{_COUNTED} and names no item"
    ),
    "unit": _told("unit_id", bare, kind="Unit", required_if=f"{_COUNTED} and names no item"),
}
LINES: Final = parts("positions", _LINE, many=True, required=True)


# -- whole positions -------------------------------------------------------------------------------------------------


def complete(body: dict[str, object], draft: Draft) -> None:
    """Finish the positions in a body: their types, their tax, and what the model's lines do not show."""
    made = body.get("positions")
    if not isinstance(made, list):
        return
    lines = draft.values.get("lines") or ()
    body["positions"] = [
        _completed(position, line, _standing(draft, place, line))
        for place, (position, line) in enumerate(zip(made, lines, strict=True))
    ]


def _completed(made: Mapping[str, Any], line: Values, stands: Mapping[str, Any]) -> dict[str, Any]:
    position = {key: value for key, value in made.items() if key != "taxes"}
    type = position.pop("type", "N")
    if made.get("taxes") is not None and (made["taxes"] or type == "N"):
        rates = [tax["rate"] for tax in made["taxes"] if "rate" in tax]
        position["vat"] = rates[0] if rates else Decimal(0)
    kept = {key: stands[key] for key in _UNSEEN if stands.get(key) is not None}
    if type != "N":
        position = {key: value for key, value in position.items() if value is not None}
    return {
        "type": stands.get("type") if stands.get("type") in _ALIKE[type] else type,
        # Assumed: a line of no item is a service to smallinvoice, as in documents of clients.
        "catalog_type": "S",
        **kept,
        **position,
    }


def _standing(draft: Draft, place: int, line: Values) -> Mapping[str, Any]:
    """The position that stands where this line goes, or else one with the same words; empty where none is alike."""
    found = (draft.before or {}).get("positions") or ()
    rows = [each for each in found if isinstance(each, Mapping)]
    same = [row for row in rows if _same_words(row, line)]
    if place < len(rows) and rows[place] in same:
        return rows[place]
    return same[0] if same else {}


def _same_words(row: Mapping[str, Any], line: Values) -> bool:
    item = line.get("item")
    code = item.doc.get("number") if isinstance(item, Target) else line.get("item_code")
    asked = {"number": code, "name": line.get("name"), "description": line.get("description")}
    kind = line.get("kind")
    alike = _ALIKE[_TYPES[kind]] if kind in _TYPES else ("N",)
    return row.get("type") in alike and all(
        (row.get(key) or None) == (word or None)
        for key, word in asked.items()
        if key != "description" or word
    )


# -- what is missing -------------------------------------------------------------------------------------------------


def lines_hold(draft: Draft) -> Iterable[Problem]:
    """Everything that a position needs, known before it is sent."""
    for place, line in enumerate(draft.values.get("lines") or ()):
        yield from _twice(line, f"lines.{place}")
        if line.get("kind") in (None, LineKind.ITEM, LineKind.ACCOUNT):
            yield from _missing(draft, line, place)
        elif line.get("item") is not None:
            yield Problem(f"lines.{place}.item", "only an ITEM line names an item")


def _twice(line: Values, path: str) -> Iterable[Problem]:
    if line.get("discount_percent") is not None and line.get("discount_amount") is not None:
        yield Problem(f"{path}.discount_amount", "a line has one discount, a percentage or an amount")
    rates = [tax.get("rate") for tax in line.get("taxes") or ()]
    if len(rates) > len(set(rates)):
        yield Problem(f"{path}.taxes", "the same tax stands there twice")


def _missing(draft: Draft, line: Values, place: int) -> Iterable[Problem]:
    item = line.get("item")
    doc = item.doc if isinstance(item, Target) else {}
    inner = Draft("CREATE", line, draft.settings, None, draft)
    stands = _standing(draft, place, line)
    has = {
        "quantity": line.get("quantity") is not None,
        "unit_price": line.get("unit_price") is not None or _copies("unit_price", inner, doc),
        "taxes": line.get("taxes") is not None or doc.get("vat") is not None,
        "unit": line.get("unit") is not None
        or doc.get("unit_id") is not None
        or stands.get("unit_id") is not None,
    }
    for name in (name for name, there in has.items() if not there):
        yield Problem(f"lines.{place}.{name}", "smallinvoice needs it for a line with an amount", "REQUIRED")
