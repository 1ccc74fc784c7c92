"""The table of paths below `/api`: which endpoint answers which method."""

from __future__ import annotations

from starlette.routing import Route

from ledgermesh.sandbox.kashoo.billing import Billing
from ledgermesh.sandbox.kashoo.door import Door
from ledgermesh.sandbox.kashoo.mail import Mail
from ledgermesh.sandbox.kashoo.product import Product
from ledgermesh.sandbox.kashoo.reads import Reads
from ledgermesh.sandbox.kashoo.record_reads import RecordReads
from ledgermesh.sandbox.kashoo.record_writes import RecordWrites
from ledgermesh.sandbox.kashoo.records import (
    ADJUSTMENT,
    BILL,
    BILL_PAYMENT,
    INVOICE,
    INVOICE_PAYMENT,
    TRANSFER,
    TYPES,
)
from ledgermesh.sandbox.kashoo.statements import Statements
from ledgermesh.sandbox.kashoo.sync import Sync
from ledgermesh.sandbox.kashoo.writes import Writes

_COLLECTIONS = {
    "invoices": INVOICE,
    "bills": BILL,
    "invoicePayments": INVOICE_PAYMENT,
    "billPayments": BILL_PAYMENT,
    "transfers": TRANSFER,
    "adjustments": ADJUSTMENT,
}
_WITHIN = "/businesses/{business:int}"
_POST, _PUT, _DELETE = ["POST"], ["PUT"], ["DELETE"]


class Api:
    """Every endpoint of one product."""

    def __init__(self, door: Door, product: Product, mail: Mail) -> None:
        self._door = door
        self._product = product
        self._mail = mail
        self._reads = Reads(door)
        self._writes = Writes(door)

    def routes(self) -> list[Route]:
        """The table of paths, most particular first."""
        return [
            *self._business(),
            *self._masterdata(),
            *self._records(),
            *(self._items() if self._product.items else ()),
            *(self._sync() if self._product.sync else ()),
        ]

    def _business(self) -> list[Route]:
        reads, billing = self._reads, Billing(self._door)
        return [
            Route("/users/me", reads.user),
            Route("/users/me/businesses", reads.businesses),
            Route(_WITHIN, reads.business),
            Route(_WITHIN, self._writes.replace_business, methods=_PUT),
            Route(f"{_WITHIN}/contract", reads.contract),
            Route(f"{_WITHIN}/contract/invoices", reads.contract_invoices),
            Route("/billing/subscription", billing.subscription),
            Route(f"{_WITHIN}/taxes", reads.taxes),
            Route(f"{_WITHIN}/taxes/available", reads.available_taxes),
        ]

    def _masterdata(self) -> list[Route]:
        reads, writes, records = self._reads, self._writes, RecordReads(self._door)
        return [
            Route(f"{_WITHIN}/accounts", reads.accounts),
            Route(f"{_WITHIN}/accounts", writes.create_account, methods=_POST),
            Route("/accounts/{id:int}", reads.account),
            Route("/accounts/{id:int}", writes.replace_account, methods=_PUT),
            Route("/accounts/{id:int}/journalEntries", records.account_entries),
            Route("/accounts/{id:int}/records", records.account_records),
            Route(f"{_WITHIN}/contacts", reads.contacts),
            Route(f"{_WITHIN}/contacts", writes.create_contact, methods=_POST),
            Route("/contacts/{id:int}", reads.contact),
            Route("/contacts/{id:int}", writes.replace_contact, methods=_PUT),
            Route("/contacts/{id:int}", writes.remove_contact, methods=_DELETE),
            Route("/contacts/{id:int}/records", records.contact_records),
            Route(f"{_WITHIN}/contactGroups", reads.groups),
            Route(f"{_WITHIN}/contactGroups", writes.create_group, methods=_POST),
        ]

    def _records(self) -> list[Route]:
        reads, writes = RecordReads(self._door), RecordWrites(self._door)
        found = [
            Route(f"{_WITHIN}/records/nextNumbers", self._reads.next_numbers),
            Route(f"{_WITHIN}/records/import", Statements(self._door).take_in, methods=_POST),
            Route(f"{_WITHIN}/records", reads.collection(TYPES)),
            Route("/records", writes.replace_all, methods=_PUT),
            Route("/records/{id:int}", reads.record),
            Route("/records/{id:int}", writes.replace, methods=_PUT),
            Route("/records/{id:int}", writes.remove, methods=_DELETE),
            Route("/records/{id:int}/email", self._mail.send, methods=_POST),
        ]
        for name, type in _COLLECTIONS.items():
            path = f"{_WITHIN}/records/{name}"
            found += [
                Route(path, reads.collection((type,))),
                Route(path, writes.creating(type), methods=_POST),
            ]
        if self._product.inbox:
            found.append(Route("/records/unprocess", writes.unprocess, methods=_POST))
        return found

    def _items(self) -> list[Route]:
        reads, writes = self._reads, self._writes
        return [
            Route(f"{_WITHIN}/items", reads.items),
            Route(f"{_WITHIN}/items", writes.create_item, methods=_POST),
            Route(f"{_WITHIN}/items/{{id:int}}", reads.item),
            Route(f"{_WITHIN}/items/{{id:int}}", writes.replace_item, methods=_PUT),
        ]

    def _sync(self) -> list[Route]:
        sync = Sync(self._door, self._reads)
        return [
            Route("/sync", sync.open, methods=_POST),
            Route("/sync/{sync:int}/contacts", sync.contacts),
            Route("/sync/{sync:int}/contacts/{role}", sync.contacts),
            # The older clients leave the role empty and the slash in place.
            Route("/sync/{sync:int}/contacts/", sync.contacts),
        ]
