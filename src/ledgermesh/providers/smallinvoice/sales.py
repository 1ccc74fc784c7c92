"""Invoices and their payments: smallinvoice API v2, https://api.smallinvoice.com/v2/doc/"""

from __future__ import annotations

from decimal import Decimal

from ledgermesh.model.enums import DocumentStatus, LineKind, PaymentKind, PaymentMethod, TaxMode
from ledgermesh.model.money import Money
from ledgermesh.model.party import Party
from ledgermesh.model.payment import Allocation, Payment
from ledgermesh.model.row import Row
from ledgermesh.model.trade import DocumentLine, Invoice, LineTax
from ledgermesh.providers.smallinvoice import quirks
from ledgermesh.providers.smallinvoice.books import PAGES, WITH, local
from ledgermesh.spec.leaves import currency, day, decimal, money, one_of, text
from ledgermesh.spec.resource import Children, Get, List, Push, Resource, Sort
from ledgermesh.spec.wires import each, fields, made, position, ref

LINE_KINDS = {
    "N": LineKind.ITEM,
    "T": LineKind.TEXT,
    "PB": LineKind.TEXT,
    "H": LineKind.TEXT,
    "SI": LineKind.SUBTOTAL,
    "SNI": LineKind.SUBTOTAL,
}

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
        discount_percent=made(
            Decimal,
            "discount_rate",
            "discount_type",
            read=quirks.percent_discount,
            transform="percent_discount",
        ),
        discount_amount=made(
            Money, "discount_rate", "discount_type", read=quirks.amount_discount, transform="amount_discount"
        ),
        net=made(
            Money,
            "price",
            "amount",
            "discount_rate",
            "discount_type",
            read=quirks.line_net,
            transform="line_net",
        ),
        gross=money("total", currency="^currency"),
        taxes=made(
            list[LineTax],
            "vat",
            read=quirks.line_taxes,
            transform="line_taxes",
            parts=fields(LineTax, rate=decimal("vat")),
        ),
    ),
    expand="positions",
)

PARTY_SUMMARY = fields(Party, native_id=text("contact_id"))

SORTS = tuple(
    Sort(
        field=field, ascending=(("sort", f"{key},id"),), descending=(("sort", f"-{key},id"),), ties_by_id=True
    )
    for field, key in (("date", "date"), ("due_date", "due"))
)


def _deleted(row: Row) -> object:
    """Deleted documents stay visible under a status of their own."""
    status = row.doc.get("status")
    return status == "D" if isinstance(status, str) else None


INVOICES = Resource(
    kind="Invoice",
    list=List(
        path="/receivables/invoices",
        items="items",
        page=PAGES,
        sorts=SORTS,
        query=(("sort", "id"),),
        pushes=(
            Push(field="currency", operator="eq", param="filter", encode=quirks.equals("currency")),
            Push(field="number", operator="eq", param="filter", encode=quirks.equals("number")),
        ),
        combine=quirks.all_of,
        expand=WITH,
    ),
    get=Get(path="/receivables/invoices/{id}", item="item", expand=WITH),
    fields=fields(
        Invoice,
        native_id=text("id"),
        number=text("number"),
        date=day("date"),
        due_date=day("due"),
        paid_date=day("paid_date"),
        period_from=day("period_from"),
        period_to=day("period_to"),
        status=one_of("status", quirks.STATUSES, other=DocumentStatus.OTHER),
        status_raw=text("status"),
        currency=currency("currency"),
        tax_mode=made(TaxMode, "vat_included", read=quirks.tax_mode, transform="tax_mode"),
        subtotal=made(
            Money, "positions", "discount_rate", "discount_type", "vat_included",
            read=quirks.subtotal, transform="net_of_positions", expand="positions",
        ),
        tax_total=made(
            Money, "total", "positions", "discount_rate", "discount_type", "vat_included",
            read=quirks.tax_total, transform="total_less_net", expand="positions",
        ),
        total=money("total", currency="currency"),
        amount_paid=money("total_paid", currency="currency"),
        amount_due=made(Money, "total", "total_paid", read=quirks.amount_due, transform="total_less_paid"),
        discount_percent=made(
            Decimal, "discount_rate", "discount_type", read=quirks.percent_discount, transform="percent_discount"
        ),
        discount_amount=made(
            Money, "discount_rate", "discount_type", read=quirks.amount_discount, transform="amount_discount"
        ),
        private_note=text("notes"),
        payment_reference=text("isr_reference_number"),
        language=text("language"),
        lines=LINES,
        party_ref=ref("Party", "contact_id", embed="contact", expand="contact", summary=PARTY_SUMMARY),
        created_at=local("created"),
        deleted=made(bool, "status", read=_deleted, transform="status_is_deleted"),
    ),
)  # fmt: skip

PAYMENTS = Resource(
    kind="Payment",
    list=List(path="/receivables/invoices/{parent}/payments", items="items", page=PAGES),
    get=Get(path="/receivables/invoices/{parent}/payments/{id}", item="item"),
    children=Children(parent="Invoice", needed=quirks.was_paid),
    fields=fields(
        Payment,
        native_id=text("id"),
        date=day("date"),
        kind=one_of(
            "type",
            {
                "N": PaymentKind.PAYMENT,
                "C": PaymentKind.CASH_DISCOUNT,
                "D": PaymentKind.ROUNDING,
                "W": PaymentKind.WRITE_OFF,
            },
            other=PaymentKind.OTHER,
        ),
        kind_raw=text("type"),
        method=one_of(
            "channel",
            {
                "T": PaymentMethod.BANK_TRANSFER,
                "C": PaymentMethod.CASH,
                "CC": PaymentMethod.CARD,
                "PP": PaymentMethod.ONLINE,
                "PF": PaymentMethod.ONLINE,
                "PR": PaymentMethod.ONLINE,
                "SC": PaymentMethod.ONLINE,
            },
            other=PaymentMethod.OTHER,
        ),
        method_raw=text("channel"),
        # A payment has neither currency nor customer of its own: both are the invoice's.
        currency=currency("^currency"),
        amount=money("amount", currency="^currency"),
        memo=text("notes"),
        allocations=made(
            list[Allocation],
            "amount",
            read=lambda row: [row.doc],
            transform="whole_to_parent",
            parts=fields(
                Allocation, amount=money("amount", currency="^^currency"), document_native_id=text("^^id")
            ),
        ),
        party_ref=ref("Party", "^contact_id"),
        created_at=local("created"),
    ),
)
