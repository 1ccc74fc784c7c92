"""Invoices, bills, what settles them, and shops: https://docs.bossinsights.com/developer"""

from __future__ import annotations

from ledgermesh.model.commerce import CommerceTransaction
from ledgermesh.model.commerce import Order as ShopOrder
from ledgermesh.model.enums import DocumentStatus, LineKind, PaymentKind, PaymentMethod, TaxMode
from ledgermesh.model.payment import Allocation, BillPayment, Payment
from ledgermesh.model.sales import CreditNote, CreditNoteStatus, OrderStatus
from ledgermesh.model.trade import Bill, DocumentLine, Expense, Invoice, LineTax
from ledgermesh.providers.bossinsights import quirks
from ledgermesh.providers.bossinsights.books import DAYS, PAGES
from ledgermesh.providers.bossinsights.leaves import RECORD, cents, currency_of, first_ten
from ledgermesh.spec.leaves import decimal, one_of, text
from ledgermesh.spec.resource import Get, List, Resource
from ledgermesh.spec.wires import Wire, constant, each, fields, made, position, ref

IN_THE_APP = (
    "Their id in the app that the document comes from, as the sample apps use it, and not Boss Insights' own: "
    "no record of Boss Insights can be read by it, so the name stands alone."
)
"""Why documents have no reference to their party."""

LINES = each(
    "lines",
    fields(
        DocumentLine,
        line_number=position(),
        kind=made(LineKind, "productId", "accountId", read=quirks.line_kind, transform="line_kind"),
        description=text("description"),
        item_native_id=text("productId"),
        account_native_id=text("accountId"),
        quantity=decimal("quantity"),
        unit_price=cents("unitPrice", currency="^currency"),
        net=cents("amount", currency="^currency"),
        taxes=made(
            list[LineTax], "tax", read=quirks.line_taxes, transform="line_taxes",
            parts=fields(LineTax, amount=cents("tax", currency="^^currency")),
        ),
    ),
)  # fmt: skip
"""Assumed: amounts of lines are net of tax."""

DOCUMENT: dict[str, Wire] = {
    "status_raw": text("status"),
    "currency": currency_of("total", "balance"),
    "tax_mode": constant(TaxMode.EXCLUSIVE),
    "tax_total": cents("tax"),
    "total": cents("total"),
    "lines": LINES,
}

OWED: dict[str, Wire] = {
    "due_date": first_ten("paymentDueDate"),
    "status": made(
        DocumentStatus, "status", "balance", read=quirks.document_status, transform="document_status"
    ),
    "amount_due": cents("balance"),
    "memo": text("memo"),
    **DOCUMENT,
}

METHODS = {
    "cash": PaymentMethod.CASH,
    "check": PaymentMethod.CHECK,
    "cheque": PaymentMethod.CHECK,
    "card": PaymentMethod.CARD,
    "credit_card": PaymentMethod.CARD,
    "bank_transfer": PaymentMethod.BANK_TRANSFER,
    "transfer": PaymentMethod.BANK_TRANSFER,
    "ach": PaymentMethod.BANK_TRANSFER,
    "direct_debit": PaymentMethod.DIRECT_DEBIT,
    "online": PaymentMethod.ONLINE,
}
"""Assumed: no list of the words is public."""

INVOICES = Resource(
    kind="Invoice",
    list=List(path="/invoices", page=PAGES, window=DAYS),
    get=Get(path="/invoices/{id}"),
    fields=fields(
        Invoice,
        number=text("invoiceNumber"),
        date=first_ten("invoiceDate"),
        subtotal=cents("subTotal"),
        amount_paid=cents("amountPaid"),
        party_name=text("customerName"),
        billing_email=text("billingEmail"),
        **OWED,
        **RECORD,
    ),
    omitted={"customerId": IN_THE_APP},
)

BILL: dict[str, Wire] = {
    "number": text("billNumber"),
    "date": first_ten("billDate"),
    "party_name": text("vendorName"),
    **OWED,
    **RECORD,
}

BILLS = Resource(
    kind="Bill",
    list=List(path="/bills", page=PAGES, window=DAYS),
    get=Get(path="/bills/{id}"),
    fields=fields(Bill, **BILL),
    omitted={"vendorId": IN_THE_APP},
)

EXPENSES = Resource(
    kind="Expense",
    list=List(path="/expenses", page=PAGES, window=DAYS),
    get=Get(path="/expenses/{id}"),
    fields=fields(
        Expense,
        **BILL,
        account_ref=ref("Account", "accountId"),
        payment_method=one_of("method", METHODS, other=PaymentMethod.OTHER),
        payment_method_raw=text("method"),
    ),
    omitted={"vendorId": IN_THE_APP},
)

CREDIT_NOTES = Resource(
    kind="CreditNote",
    list=List(path="/credit_notes", page=PAGES, window=DAYS),
    get=Get(path="/credit_notes/{id}"),
    fields=fields(
        CreditNote,
        number=text("creditNoteNumber"),
        date=first_ten("date"),
        party_name=text("customerName"),
        status=one_of(
            "status",
            {
                "draft": CreditNoteStatus.DRAFT,
                "open": CreditNoteStatus.OPEN,
                "partial": CreditNoteStatus.PARTIALLY_APPLIED,
                "paid": CreditNoteStatus.REFUNDED,
                "refunded": CreditNoteStatus.REFUNDED,
                "applied": CreditNoteStatus.APPLIED,
                "void": CreditNoteStatus.VOID,
            },
            other=CreditNoteStatus.OTHER,
        ),
        remaining=cents("balance"),
        memo=text("memo"),
        **DOCUMENT,
        **RECORD,
    ),
    omitted={"customerId": IN_THE_APP},
)

SETTLEMENT: dict[str, Wire] = {
    "reference": text("reference"),
    "date": first_ten("paymentDate"),
    "kind": constant(PaymentKind.PAYMENT),
    "method": one_of("method", METHODS, other=PaymentMethod.OTHER),
    "method_raw": text("method"),
    "currency": currency_of("amount"),
    "amount": cents("amount"),
    "unallocated": cents("unapplied"),
    "account_ref": ref("Account", "accountId"),
    **RECORD,
}


def _settles(path: str) -> Wire:
    """What a payment settles: ids without amounts."""
    return made(
        list[Allocation], path, read=quirks.identified(path), transform="identified",
        parts=fields(Allocation, document_native_id=text("id")),
    )  # fmt: skip


PAYMENT_LIST = List(path="/payments", page=PAGES, window=DAYS)
PAYMENT_GET = Get(path="/payments/{id}")

PAYMENTS = Resource(
    kind="Payment",
    list=PAYMENT_LIST,
    get=PAYMENT_GET,
    keep=quirks.is_incoming,
    fields=fields(Payment, allocations=_settles("invoiceIds"), **SETTLEMENT),
    omitted={
        "customerId": IN_THE_APP,
        "vendorId": "Tells payments to vendors, which are read as BillPayment.",
        "billIds": "Bills are paid by payments to vendors, which are read as BillPayment.",
    },
)

BILL_PAYMENTS = Resource(
    kind="BillPayment",
    list=PAYMENT_LIST,
    get=PAYMENT_GET,
    keep=quirks.is_outgoing,
    fields=fields(BillPayment, allocations=_settles("billIds"), **SETTLEMENT),
    omitted={
        "vendorId": IN_THE_APP,
        "customerId": "Tells payments of customers, which are read as Payment.",
        "invoiceIds": "Invoices are paid by payments of customers, which are read as Payment.",
    },
)

ORDERS = Resource(
    kind="Order",
    list=List(path="/orders", page=PAGES, window=DAYS),
    get=Get(path="/orders/{id}"),
    fields=fields(
        ShopOrder,
        number=text("orderNumber"),
        date=first_ten("orderDate"),
        status=one_of(
            "status",
            {
                "draft": OrderStatus.DRAFT,
                "open": OrderStatus.OPEN,
                "pending": OrderStatus.OPEN,
                "completed": OrderStatus.CLOSED,
                "cancelled": OrderStatus.VOID,
                "canceled": OrderStatus.VOID,
                "void": OrderStatus.VOID,
            },
            # A refunded order was fulfilled and paid back: none of the words; `statusRaw` says it.
            other=OrderStatus.OTHER,
        ),
        shipping=cents("shipping"),
        **DOCUMENT,
        **RECORD,
    ),
    omitted={"customerId": IN_THE_APP},
)

COMMERCE_TRANSACTIONS = Resource(
    kind="CommerceTransaction",
    list=List(path="/transactions", page=PAGES, window=DAYS),
    get=Get(path="/transactions/{id}"),
    fields=fields(
        CommerceTransaction,
        description=text("description"),
        date=first_ten("date"),
        kind_raw=text("type"),
        status_raw=text("status"),
        currency=currency_of("amount"),
        amount=cents("amount"),
        fee=cents("fee"),
        net=cents("net"),
        account_native_id=text("accountId"),
        **RECORD,
    ),
    omitted={"orderId": "Transactions of the common model do not name their order."},
)
