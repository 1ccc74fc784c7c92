"""Customers, items, invoices and their payments: https://api.kashoo.com/index.html"""

from __future__ import annotations

from decimal import Decimal

from ledgermesh.model.enums import (
    DocumentStatus,
    ItemKind,
    LineKind,
    PartyRole,
    PaymentKind,
    PaymentMethod,
    RecordStatus,
    TaxMode,
)
from ledgermesh.model.item import Item, TaxComponent, TaxRate
from ledgermesh.model.money import Money
from ledgermesh.model.party import Address, Party
from ledgermesh.model.payment import Allocation, Payment
from ledgermesh.model.row import Row
from ledgermesh.model.trade import DocumentLine, Invoice, LineTax, TaxAmount
from ledgermesh.providers.kashoo import quirks
from ledgermesh.spec.leaves import (
    currency,
    day_as,
    decimal,
    flag,
    fraction,
    instant,
    minor_money,
    money,
    one_of,
    text,
)
from ledgermesh.spec.paging import Offset, Whole
from ledgermesh.spec.resource import Get, List, Push, Resource, Sort, Window, day_text
from ledgermesh.spec.wires import Wire, constant, each, fields, made, one, position, ref, refs


def transfer_date(path: str) -> Wire:
    """A date in either of Kashoo's two styles."""
    return day_as(path, "transfer_date", quirks.transfer_date)


def status_of(row: Row) -> object:
    """Archived or in use; null where the flag is not there."""
    archived = row.doc.get("archived")
    return (
        None if not isinstance(archived, bool) else RecordStatus.ARCHIVED if archived else RecordStatus.ACTIVE
    )


RECORD_PAGES = Offset(size_max=100)
"""Assumed: no document states the largest page; the reader goes on until a page is empty."""

BY_DATE = Sort(
    field="date",
    ascending=(("sortColumn", "date"), ("sortOrder", "asc")),
    descending=(("sortColumn", "date"), ("sortOrder", "desc")),
)

DATE_PUSHES = (
    Push(field="date", operator="gte", param="startDate", encode=day_text),
    Push(field="date", operator="gt", param="startDate", encode=day_text),
    Push(field="date", operator="lte", param="endDate", encode=day_text),
    Push(field="date", operator="lt", param="endDate", encode=day_text),
)
PARTY_PUSH = Push(field="party_ref", operator="eq", param="contactId", encode=quirks.contact_id)


def record_list(name: str, *pushes: Push) -> List:
    """One of the typed record lists of a business; all of them take days."""
    return List(
        path=f"/businesses/{{business_id}}/records/{name}",
        page=RECORD_PAGES,
        sorts=(BY_DATE,),
        pushes=(*DATE_PUSHES, *pushes),
        window=Window(field="date", start="startDate", end="endDate"),
    )


PARTY_SUMMARY = fields(Party, native_id=text("contact"), display_name=text("contactName"))

PARTIES = Resource(
    kind="Party",
    list=List(path="/businesses/{business_id}/contacts", page=Offset(size_max=100)),
    get=Get(path="/contacts/{id}"),
    keep=quirks.is_here,
    fields=fields(
        Party,
        native_id=text("id"),
        roles=made(
            list[PartyRole],
            "receivableAccount",
            "payableAccount",
            read=quirks.party_roles,
            transform="party_roles",
        ),
        display_name=text("name"),
        company_name=text("contactInformation.name"),
        first_name=text("contactInformation.firstName"),
        last_name=text("contactInformation.lastName"),
        email=text("email"),
        phone=text("phoneNumbers"),
        website=text("contactInformation.webSite"),
        address=one(
            "contactInformation",
            fields(
                Address,
                lines=made(
                    list[str], "address1", "address2", read=quirks.address_lines, transform="address_lines"
                ),
                city=text("city"),
                region=text("provinceOrState"),
                postal_code=text("postalCode"),
                country=text("country"),
            ),
        ),
        status=made(RecordStatus, "archived", read=status_of, transform="status_of"),
        currency=currency("currency"),
        payment_terms=text("paymentTerms"),
        receivable_account_ref=ref("Account", "receivableAccount"),
        payable_account_ref=ref("Account", "payableAccount"),
        updated_at=instant("lastModified"),
        deleted=flag("removed"),
        archived=flag("archived"),
    ),
)

ITEMS = Resource(
    kind="Item",
    list=List(path="/businesses/{business_id}/items", page=Whole()),
    get=Get(path="/businesses/{business_id}/items/{id}"),
    fields=fields(
        Item,
        native_id=text("id"),
        code=text("sku"),
        name=text("name"),
        description=text("description"),
        kind=made(
            ItemKind,
            "tracked",
            read=quirks.item_kind,
            transform="tracked_is_inventory",
        ),
        status=made(RecordStatus, "archived", read=status_of, transform="status_of"),
        sales_price=money("defaultSellRate", currency="@currency"),
        purchase_price=money("defaultBuyRate", currency="@currency"),
        tax_code=text("defaultTaxCode"),
        notes=text("defaultNote"),
        sales_account_ref=ref("Account", "creditAccount"),
        purchase_account_ref=ref("Account", "debitAccount"),
        updated_at=instant("lastModified"),
        deleted=flag("removed"),
        archived=flag("archived"),
    ),
)

TAX_RATES = Resource(
    kind="TaxRate",
    list=List(path="/businesses/{business_id}/taxes", page=Whole(), query=(("version", "2"),)),
    fields=fields(
        TaxRate,
        native_id=text("id"),
        code=text("name"),
        name=text("name"),
        description=text("description"),
        rate=made(Decimal, "rates", read=quirks.newest_rate, transform="newest_rate"),
        components=each(
            "rates",
            fields(
                TaxComponent,
                rate=fraction("rate") if quirks.RATE_IS_FRACTION else decimal("rate"),
                compound=flag("compound"),
                valid_from=transfer_date("startDate"),
                valid_to=transfer_date("endDate"),
            ),
        ),
        recoverable=flag("canBeRecovered"),
        status=made(RecordStatus, "archived", read=status_of, transform="status_of"),
        deleted=flag("removed"),
        archived=flag("archived"),
    ),
)

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
        net=made(Money, "amount", "quantity", "rate", read=quirks.line_net, transform="line_net"),
        taxes=made(
            list[LineTax],
            "taxCode",
            read=quirks.line_taxes,
            transform="line_taxes",
            parts=fields(LineTax, code=text("taxCode")),
        ),
    ),
)

TRADE_WIRES: dict[str, Wire] = {
    "native_id": text("id"),
    "number": text("number"),
    "reference": text("poNumber"),
    "date": transfer_date("date"),
    "due_date": transfer_date("dueDate"),
    "status": made(
        DocumentStatus, "removed", "paid", "totalDue", "balanceDue",
        read=quirks.document_status, transform="document_status",
    ),
    "currency": currency("currency"),
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
    "party_ref": ref("Party", "contact", summary=PARTY_SUMMARY),
    "account_ref": ref("Account", "account"),
    "created_at": instant("creation"),
    "updated_at": instant("lastModified"),
    "deleted": flag("removed"),
}  # fmt: skip

INVOICES = Resource(
    kind="Invoice",
    list=record_list("invoices", PARTY_PUSH),
    get=Get(path="/records/{id}"),
    keep=quirks.is_record("INVOICE"),
    fields=fields(Invoice, **TRADE_WIRES, payment_refs=refs("Payment", "payments", "record")),
)

METHODS = {
    "cash": PaymentMethod.CASH,
    "check": PaymentMethod.CHECK,
    "cheque": PaymentMethod.CHECK,
    "card": PaymentMethod.CARD,
    "credit_card": PaymentMethod.CARD,
    "bank_transfer": PaymentMethod.BANK_TRANSFER,
    "transfer": PaymentMethod.BANK_TRANSFER,
    "direct_debit": PaymentMethod.DIRECT_DEBIT,
}

SETTLEMENT_WIRES: dict[str, Wire] = {
    "native_id": text("id"),
    "number": text("number"),
    "date": transfer_date("date"),
    "kind": constant(PaymentKind.PAYMENT),
    "method": one_of("method", METHODS, other=PaymentMethod.OTHER),
    "method_raw": text("method"),
    "currency": currency("currency"),
    "amount": minor_money("amount", currency="currency"),
    "unallocated": minor_money("unallocatedAmount", currency="currency"),
    "memo": text("memo"),
    "allocations": each(
        "allocations",
        fields(
            Allocation,
            amount=minor_money("amount", currency="^currency"),
            document_native_id=text("record"),
        ),
    ),
    "party_ref": ref("Party", "contact", summary=PARTY_SUMMARY),
    "account_ref": ref("Account", "account"),
    "created_at": instant("creation"),
    "updated_at": instant("lastModified"),
    "deleted": flag("removed"),
}

PAYMENTS = Resource(
    kind="Payment",
    list=record_list("invoicePayments", PARTY_PUSH),
    get=Get(path="/records/{id}"),
    keep=quirks.is_record("INVOICE_PAYMENT"),
    fields=fields(Payment, **SETTLEMENT_WIRES),
)
