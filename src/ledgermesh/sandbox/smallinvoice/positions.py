"""The lines of a document that the books hold.

Line totals are gross even when prices are net, and each is rounded on its own, so their sum may differ from the
document's total. Beside the lines proper (type N) stand headers (H), texts (T) and page breaks (PB), without amounts.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal

from ledgermesh.sandbox.arithmetic import exact_net, tax_percent
from ledgermesh.sandbox.books import Books, Line, Paper
from ledgermesh.sandbox.smallinvoice.amounts import Position
from ledgermesh.sandbox.smallinvoice.answers import number
from ledgermesh.sandbox.smallinvoice.catalog import PIECE, ItemRow

_CENT = Decimal("0.01")
_NOTHING: Mapping[str, object] = {
    "number": None,
    "name": None,
    "description": "",
    "price": None,
    "vat": None,
    "amount": None,
    "unit_id": None,
    "discount_rate": None,
    "discount_type": "P",
    "total": None,
    "show_only_total": False,
}


def positions(books: Books, paper: Paper, items: Mapping[str, ItemRow], oddness: int) -> list[Position]:
    """All positions in order; `oddness` decides which texts stand between the lines."""
    shown: list[Position] = [_line(books, paper, line, items) for line in paper.lines]
    if oddness % 5 == 0:
        shown.insert(0, _text("H", name="Leistungen"))
    if oddness % 7 == 0:
        shown.append(_text("T", description=paper.memo or "Besten Dank für Ihren Auftrag."))
    if oddness % 31 == 0:
        shown.append(_text("PB"))
    return shown


def _line(books: Books, paper: Paper, line: Line, items: Mapping[str, ItemRow]) -> dict[str, object]:
    row = items.get(line.item) if line.item else None
    percent = tax_percent(books, line.tax, paper.date)
    gross = exact_net(line) * (100 + percent) / 100
    return {
        "type": "N",
        "catalog_type": "P" if row is not None and not row.item.service else "S",
        "number": row.item.number if row else None,
        "name": row.item.name if row else line.description,
        "description": line.description if row else "",
        "price": number(line.unit_price),
        "vat": number(percent),
        "amount": number(line.quantity),
        "unit_id": row.unit.id if row else PIECE,
        "discount_rate": number(line.discount_percent),
        "discount_type": "P",
        "total": number(gross.quantize(_CENT, ROUND_HALF_UP)),
        "show_only_total": False,
    }


def _text(kind: str, **words: str) -> dict[str, object]:
    return {"type": kind, "catalog_type": "S", **_NOTHING, **words}
