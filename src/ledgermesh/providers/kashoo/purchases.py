"""Bills and their payments: https://api.kashoo.com/index.html"""

from __future__ import annotations

from ledgermesh.model.payment import BillPayment
from ledgermesh.model.trade import Bill
from ledgermesh.providers.kashoo import scope
from ledgermesh.providers.kashoo.records import PARTY_PUSH, record_list
from ledgermesh.providers.kashoo.sales import (
    SETTLEMENT_OMITTED,
    SETTLEMENT_WIRES,
    TRADE_OMITTED,
    TRADE_WIRES,
)
from ledgermesh.spec.resource import Get, Resource
from ledgermesh.spec.wires import fields, refs

BILLS = Resource(
    kind="Bill",
    list=record_list("/bills", PARTY_PUSH),
    get=Get(path="/records/{id}"),
    keep=scope.is_record("BILL"),
    fields=fields(Bill, **TRADE_WIRES, payment_refs=refs("BillPayment", "payments", "record")),
    omitted=TRADE_OMITTED,
)

BILL_PAYMENTS = Resource(
    kind="BillPayment",
    list=record_list("/billPayments", PARTY_PUSH),
    get=Get(path="/records/{id}"),
    keep=scope.is_record("BILL_PAYMENT"),
    fields=fields(BillPayment, **SETTLEMENT_WIRES),
    omitted=SETTLEMENT_OMITTED,
)
