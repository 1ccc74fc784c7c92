"""What invoices, offers, order confirmations and delivery notes share: smallinvoice API v2."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from ledgermesh.model.enums import LineKind, TaxMode
from ledgermesh.model.money import Money
from ledgermesh.model.sales import OrderStatus
from ledgermesh.model.trade import DocumentLine, LineTax
from ledgermesh.providers.smallinvoice import amounts, quirks
from ledgermesh.providers.smallinvoice.lists import (
    CUSTOM_FIELDS,
    ON_PAPER,
    PERMISSIONS,
    WHOLE_PARTY,
    expanded,
    listed,
    local,
    sort_by,
)
from ledgermesh.spec.leaves import currency, day, decimal, money, one_of, text
from ledgermesh.spec.resource import List, Push, Sort
from ledgermesh.spec.wires import Wire, each, fields, made, position

LINE_KINDS = {
    "N": LineKind.ITEM,
    "T": LineKind.TEXT,
    "PB": LineKind.TEXT,
    "H": LineKind.TEXT,
    "SI": LineKind.SUBTOTAL,
    "SNI": LineKind.SUBTOTAL,
}

DISCOUNT: dict[str, Wire] = {
    "discount_percent": made(
        Decimal, "discount_rate", "discount_type", read=amounts.percent_discount, transform="percent_discount"
    ),
    "discount_amount": made(
        Money, "discount_rate", "discount_type", read=amounts.amount_discount, transform="amount_discount"
    ),
}
"""A rate and what it means: of a document, and of a line."""

LINES = each(
    "positions",
    fields(
        DocumentLine,
        line_number=position(),
        kind=one_of("type", LINE_KINDS, other=LineKind.OTHER),
        name=text("name"),
        description=text("description"),
        item_code=text("number"),
        quantity=decimal("amount"),
        unit_price=money("price", currency="^currency"),
        **DISCOUNT,
        net=made(
            Money,
            "price",
            "amount",
            "discount_rate",
            "discount_type",
            read=amounts.line_net,
            transform="line_net",
        ),
        gross=money("total", currency="^currency"),
        taxes=made(
            list[LineTax],
            "vat",
            read=amounts.line_taxes,
            transform="line_taxes",
            parts=fields(LineTax, rate=decimal("vat")),
        ),
    ),
    expand="positions",
)

ORDER_STATUSES = {
    "DR": OrderStatus.DRAFT,
    "S": OrderStatus.OPEN,
    "A": OrderStatus.ACCEPTED,
    "DE": OrderStatus.DECLINED,
    "B": OrderStatus.BILLED,
    "D": OrderStatus.VOID,
}
"""Of offers; order confirmations and delivery notes cannot be accepted or declined."""

_SUMMED = ("discount_rate", "discount_type", "vat_included")

DOCUMENT_WIRES: dict[str, Wire] = {
    "native_id": text("id"),
    "number": text("number"),
    "date": day("date"),
    "status_raw": text("status"),
    "currency": currency("currency"),
    "tax_mode": made(TaxMode, "vat_included", read=amounts.tax_mode, transform="tax_mode"),
    "subtotal": made(
        Money, "positions", *_SUMMED, read=amounts.subtotal, transform="net_of_positions", expand="positions"
    ),
    "tax_total": made(
        Money, "total", "positions", *_SUMMED,
        read=amounts.tax_total, transform="total_less_net", expand="positions",
    ),
    "total": money("total", currency="currency"),
    **DISCOUNT,
    "private_note": text("notes"),
    "language": text("language"),
    "lines": LINES,
    "party_name": expanded("contact_name"),
    "party_ref": WHOLE_PARTY,
    "custom_fields": CUSTOM_FIELDS,
    "created_at": local("created"),
    "deleted": made(bool, "status", read=quirks.is_deleted, transform="status_is_deleted"),
}  # fmt: skip

ORDER_WIRES: dict[str, Wire] = {
    **DOCUMENT_WIRES,
    "status": one_of("status", ORDER_STATUSES, other=OrderStatus.OTHER),
}

DOCUMENT_OMITTED: Mapping[str, str] = {
    "period_text": "The model carries a service period as two days.",
    "texts": "A text for each status, with placeholders that only the printed document fills in.",
    "positions.catalog_type": "A line names its product or service by number; lines have no id of it.",
    "positions.unit_id": "The model's lines have no unit.",
    "positions.show_only_total": "How a line is printed is not carried.",
    **ON_PAPER,
    **PERMISSIONS,
}

PUSHES = tuple(
    Push(field=field, operator="eq", param="filter", encode=quirks.equals(field))
    for field in ("currency", "number")
)


def document_list(path: str, *, sorts: Sequence[Sort] = ()) -> List:
    """A list of documents: all can be sorted by date and filtered by what they are equal in."""
    plain = listed(path, sorts=(sort_by("date", "date"), *sorts))
    return replace(plain, pushes=PUSHES, combine=quirks.all_of)
