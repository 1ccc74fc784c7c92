"""Invoices and their payments, offers, order confirmations, delivery notes: smallinvoice API v2."""

from __future__ import annotations

from ledgermesh.model.enums import DocumentStatus, PaymentKind, PaymentMethod
from ledgermesh.model.money import Money
from ledgermesh.model.payment import Allocation, Payment
from ledgermesh.model.sales import DeliveryNote, Quote, SalesOrder
from ledgermesh.model.trade import Invoice
from ledgermesh.providers.smallinvoice import amounts, quirks
from ledgermesh.providers.smallinvoice.documents import (
    DOCUMENT_OMITTED,
    DOCUMENT_WIRES,
    ORDER_WIRES,
    document_list,
)
from ledgermesh.providers.smallinvoice.lists import LOOKS, PAGES, files, local, single, sort_by
from ledgermesh.spec.leaves import currency, day, decimal, flag, money, one_of, text
from ledgermesh.spec.resource import Children, Get, List, Resource
from ledgermesh.spec.wires import fields, made, ref

_PAY_TO = "Where to pay is not carried; the company's bank accounts and slips are records of their own."
_PAY_ONLINE = "The model has no place for pages where a document is paid."

INVOICES = Resource(
    kind="Invoice",
    list=document_list("/receivables/invoices", sorts=(sort_by("due_date", "due"),)),
    get=single("/receivables/invoices"),
    streams=files("/receivables/invoices"),
    fields=fields(
        Invoice,
        **DOCUMENT_WIRES,
        due_date=day("due"),
        paid_date=day("paid_date"),
        period_from=day("period_from"),
        period_to=day("period_to"),
        status=one_of("status", quirks.STATUSES, other=DocumentStatus.OTHER),
        amount_paid=money("total_paid", currency="currency"),
        amount_due=made(Money, "total", "total_paid", read=amounts.amount_due, transform="total_less_paid"),
        cash_discount_percent=decimal("cash_discount_rate"),
        cash_discount_date=day("cash_discount_date"),
        payment_reference=text("isr_reference_number"),
    ),
    omitted={
        "bank_account_id": _PAY_TO,
        "bank_account": _PAY_TO,
        "isr_id": _PAY_TO,
        "isr": _PAY_TO,
        "isr_position": LOOKS,
        **{
            f"payment_link_{service}{part}": _PAY_ONLINE
            for service in ("paypal", "postfinance", "payrexx", "smartcommerce")
            for part in ("", "_url")
        },
        "workflow": "What happens when an invoice is overdue is not carried.",
        **DOCUMENT_OMITTED,
    },
)

QUOTES = Resource(
    kind="Quote",
    list=document_list("/receivables/offers"),
    get=single("/receivables/offers"),
    streams=files("/receivables/offers"),
    fields=fields(
        Quote,
        **ORDER_WIRES,
        valid_until=day("valid_until"),
        accept_online=flag("accept_online"),
        accept_url=text("accept_online_url"),
        accept_status_raw=text("accept_online_status"),
    ),
    omitted=DOCUMENT_OMITTED,
)

SALES_ORDERS = Resource(
    kind="SalesOrder",
    list=document_list("/receivables/order-confirmations"),
    get=single("/receivables/order-confirmations"),
    streams=files("/receivables/order-confirmations"),
    fields=fields(SalesOrder, **ORDER_WIRES),
    omitted=DOCUMENT_OMITTED,
)

DELIVERY_NOTES = Resource(
    kind="DeliveryNote",
    list=document_list("/receivables/delivery-notes"),
    get=single("/receivables/delivery-notes"),
    streams=files("/receivables/delivery-notes"),
    fields=fields(DeliveryNote, **ORDER_WIRES),
    omitted=DOCUMENT_OMITTED,
)

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
