"""Bills and their payments: https://api.kashoo.com/index.html"""

from __future__ import annotations

from ledgermesh.model.payment import BillPayment
from ledgermesh.model.trade import Bill
from ledgermesh.providers.kashoo import quirks
from ledgermesh.providers.kashoo.sales import PARTY_PUSH, SETTLEMENT_WIRES, TRADE_WIRES, record_list
from ledgermesh.spec.resource import Get, Resource
from ledgermesh.spec.wires import fields, refs

BILLS = Resource(
    kind="Bill",
    list=record_list("bills", PARTY_PUSH),
    get=Get(path="/records/{id}"),
    keep=quirks.is_record("BILL"),
    fields=fields(Bill, **TRADE_WIRES, payment_refs=refs("BillPayment", "payments", "record")),
)

BILL_PAYMENTS = Resource(
    kind="BillPayment",
    list=record_list("billPayments", PARTY_PUSH),
    get=Get(path="/records/{id}"),
    keep=quirks.is_record("BILL_PAYMENT"),
    fields=fields(BillPayment, **SETTLEMENT_WIRES),
)
