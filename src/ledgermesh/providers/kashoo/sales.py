"""Invoices and payments for them: https://api.kashoo.com/index.html"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from ledgermesh.model.enums import DocumentStatus, LineKind, PaymentKind, PaymentMethod, TaxMode
from ledgermesh.model.money import Money
from ledgermesh.model.payment import Allocation, Payment
from ledgermesh.model.row import Row
from ledgermesh.model.trade import DocumentLine, Invoice, LineTax, TaxAmount
from ledgermesh.providers.kashoo import quirks, scope
from ledgermesh.providers.kashoo.records import (
    COMMON,
    NOT_OF_PAPERS,
    NOT_OF_PAYMENTS,
    PARTY_PUSH,
    PARTY_WIRES,
    WIRES,
    first_text,
    record_list,
    transfer_date,
)
from ledgermesh.spec.leaves import currency, decimal, fraction, minor_money, money, one_of, text
from ledgermesh.spec.resource import Get, Resource
from ledgermesh.spec.wires import Wire, constant, each, fields, made, position, refs

LINES = each(
    "lineItems",
    fields(
        DocumentLine,
        native_id=text("id"),
        line_number=position(),
        kind=constant(LineKind.ACCOUNT),
        description=text("description"),
        item_native_id=text("item"),
        account_native_id=text("account"),
        quantity=decimal("quantity"),
        unit_price=money("rate", currency="^currency"),
        discount_percent=made(
            Decimal, "discountCode", read=quirks.line_discount, transform="percent_of_code"
        ),
        net=made(Money, "amount", "quantity", "rate", read=quirks.line_net, transform="line_net"),
        taxes=made(
            list[LineTax],
            "taxCode",
            read=quirks.line_taxes,
            transform="line_taxes",
            parts=fields(LineTax, code=text("^taxCode")),
        ),
    ),
)

TRADE_WIRES: dict[str, Wire] = {
    **WIRES,
    **PARTY_WIRES,
    "reference": text("poNumber"),
    "due_date": transfer_date("dueDate"),
    "status": made(
        DocumentStatus, "removed", "paid", "totalDue", "balanceDue",
        read=quirks.document_status, transform="document_status",
    ),
    "exchange_rate": decimal("exchangeRate"),
    "home_currency": currency("homeCurrency"),
    "tax_mode": constant(TaxMode.EXCLUSIVE),
    "subtotal": minor_money("totalBeforeTaxes", currency="currency"),
    "tax_total": made(Money, "totalDue", "totalBeforeTaxes", read=quirks.tax_total, transform="due_less_before_taxes"),
    "total": minor_money("totalDue", currency="currency"),
    "amount_paid": minor_money("totalPaid", currency="currency"),
    "amount_due": minor_money("balanceDue", currency="currency"),
    "memo": text("memo"),
    "private_note": text("description"),
    "payment_terms": text("terms"),
    "party_name": text("contactName"),
    "lines": LINES,
    "tax_breakdown": each(
        "taxAmounts",
        fields(
            TaxAmount,
            name=text("name"),
            rate=fraction("rate") if quirks.RATE_IS_FRACTION else decimal("rate"),
            tax=minor_money("amount", currency="^currency"),
        ),
    ),
}  # fmt: skip

TRADE_OMITTED = {
    **COMMON,
    **NOT_OF_PAPERS,
    "taxes": "The older form of the amounts by tax, which are carried.",
    "taxAmounts.tax": "The tax's id; documents name taxes by their words.",
    "lineItems.project": COMMON["project"],
    "lineItems.position": "The order of the lines tells it.",
    "totalLocalDue": "The total in the home currency follows from the exchange rate.",
    "totalPaidImmediately": "The first part of what is paid; the payments tell more.",
    "totalPaidLater": "The second part of what is paid; the payments tell more.",
    "totalDueFormatted": "The total as text for people.",
    "balanceDueFormatted": "The open amount as text for people.",
    "paidInvoice": "Says what `paid` says.",
    "exchangePayment": "A rule of Kashoo's own for payments in another currency.",
    "keepInOriginalCurrency": "A rule of Kashoo's own for papers in another currency.",
    "income": "Whether it is an invoice; its kind tells that.",
}

INVOICES = Resource(
    kind="Invoice",
    list=record_list("/invoices", PARTY_PUSH),
    get=Get(path="/records/{id}"),
    keep=scope.is_record("INVOICE"),
    fields=fields(Invoice, **TRADE_WIRES, payment_refs=refs("Payment", "payments", "record")),
    omitted=TRADE_OMITTED,
)

METHODS = {
    "cash": PaymentMethod.CASH,
    "check": PaymentMethod.CHECK,
    "cheque": PaymentMethod.CHECK,
    "card": PaymentMethod.CARD,
    "credit_card": PaymentMethod.CARD,
    "bank_transfer": PaymentMethod.BANK_TRANSFER,
    "transfer": PaymentMethod.BANK_TRANSFER,
    "eft": PaymentMethod.BANK_TRANSFER,
    "direct_debit": PaymentMethod.DIRECT_DEBIT,
}
_WORD = one_of("method", METHODS, other=PaymentMethod.OTHER)


def _method(row: Row) -> object:
    """The word for the method; without one, a payment that is marked as made by check."""
    found = _WORD.read(row)
    return PaymentMethod.CHECK if found is None and row.doc.get("byCheck") is True else found


SETTLEMENT_WIRES: dict[str, Wire] = {
    **WIRES,
    **PARTY_WIRES,
    "kind": constant(PaymentKind.PAYMENT),
    "method": replace(_WORD, transform="method_or_check", paths=("method", "byCheck"), read=_method),
    "method_raw": text("method"),
    "reference": made(str, "checks", read=quirks.check_number, transform="check_number"),
    "amount": minor_money("amount", currency="currency"),
    "unallocated": minor_money("unallocatedAmount", currency="currency"),
    "memo": first_text("memo", "description"),
    "allocations": each(
        "allocations",
        fields(
            Allocation,
            amount=minor_money("amount", currency="^currency"),
            document_native_id=text("record"),
        ),
    ),
}

SETTLEMENT_OMITTED = {
    **COMMON,
    **NOT_OF_PAYMENTS,
    "homeCurrency": "Payments carry their own currency only.",
    "exchangeRate": "Payments carry their own currency only.",
    "creditAccount": "The control account, which the papers that it settles name.",
}

PAYMENTS = Resource(
    kind="Payment",
    list=record_list("/invoicePayments", PARTY_PUSH),
    get=Get(path="/records/{id}"),
    keep=scope.is_record("INVOICE_PAYMENT"),
    fields=fields(Payment, **SETTLEMENT_WIRES),
    omitted=SETTLEMENT_OMITTED,
)
