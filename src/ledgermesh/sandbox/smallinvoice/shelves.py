"""Every kind of record: where it is, which scope opens it, and how it is written."""

from __future__ import annotations

from typing import Any

from msgspec import Struct
from starlette.requests import Request

from ledgermesh.sandbox.smallinvoice.address_writes import Accounts, Addresses, People
from ledgermesh.sandbox.smallinvoice.catalog_writes import PRODUCT, SERVICE, Categories, Items
from ledgermesh.sandbox.smallinvoice.company import Company
from ledgermesh.sandbox.smallinvoice.configuration_writes import BankAccounts, Rates
from ledgermesh.sandbox.smallinvoice.contact_writes import Contacts, Groups, NewContacts
from ledgermesh.sandbox.smallinvoice.document_fields import INVOICE, NOTE, OFFER
from ledgermesh.sandbox.smallinvoice.document_writes import Documents, Invoices
from ledgermesh.sandbox.smallinvoice.letter_writes import Letters, Reminders
from ledgermesh.sandbox.smallinvoice.payment_writes import NewPayments, Payments
from ledgermesh.sandbox.smallinvoice.resources import TableOf, one_row
from ledgermesh.sandbox.smallinvoice.switches import Switches
from ledgermesh.sandbox.smallinvoice.table import Table
from ledgermesh.sandbox.smallinvoice.tracking_writes import CostUnits, Efforts, Projects, WorkingHours
from ledgermesh.sandbox.smallinvoice.writer import Writes

_UNIT_SCOPES = ("catalog", "configuration")
"""The OpenAPI says the first, the PHP library asks for the second; either will do."""
_PRODUCTS, _SERVICES = Items(service=False, form=PRODUCT), Items(service=True, form=SERVICE)
_INVOICES = Invoices("invoice", "invoice", INVOICE, lambda books: books.invoices)
_OFFERS = Documents("offer", "offer", OFFER, lambda books: books.office.offers)
_CONFIRMATIONS = Documents(
    "order_confirmation", "order_confirmation", NOTE, lambda books: books.office.order_confirmations
)
_NOTES = Documents("delivery_note", "delivery_note", NOTE, lambda books: books.office.delivery_notes)


class Shelf(Struct, frozen=True):
    """Records of one kind."""

    path: str
    scopes: tuple[str, ...]
    table_of: TableOf
    writes: Writes | None = None
    """None for those that the API only reads."""
    new: Writes | None = None
    """How one is made, where that takes other keys than a change."""
    parent_of: TableOf | None = None
    """What they stand below; its id is `{parent}` in the path."""


def shelves(switches: Switches) -> list[Shelf]:
    """In the order in which paths are tried."""
    return [*_of_contacts(), *_catalog(), *_configuration(), *_receivables(switches), *_reporting()]


def _of_contacts() -> list[Shelf]:
    scopes, path = ("contact",), "/contacts/{parent}"
    return [
        Shelf("/contacts/configuration/groups", scopes, lambda company, _: company.groups, Groups()),
        Shelf(
            "/contacts/reminders", ("contact_reminder",), lambda company, _: company.reminders, Reminders()
        ),
        Shelf("/contacts/letters", ("letter",), lambda company, _: company.letters, Letters()),
        Shelf("/contacts", scopes, _contacts, Contacts(), NewContacts()),
        Shelf(f"{path}/addresses", scopes, _addresses, Addresses(), parent_of=_contacts),
        Shelf(f"{path}/people", scopes, _people, People(), parent_of=_contacts),
        Shelf(f"{path}/accounts", scopes, _accounts, Accounts(), parent_of=_contacts),
    ]


def _contacts(company: Company, _: Request) -> Table[Any]:
    return company.contacts


def _addresses(company: Company, request: Request) -> Table[Any]:
    return company.addresses(one_row(company.contacts, request, "parent").id)


def _people(company: Company, request: Request) -> Table[Any]:
    return company.people(one_row(company.contacts, request, "parent").id)


def _accounts(company: Company, request: Request) -> Table[Any]:
    return company.accounts(one_row(company.contacts, request, "parent").id)


def _catalog() -> list[Shelf]:
    scopes = ("catalog",)
    return [
        Shelf(
            "/catalog/products/categories",
            scopes,
            lambda company, _: company.categories_of("product"),
            Categories(service=False),
        ),
        Shelf(
            "/catalog/services/categories",
            scopes,
            lambda company, _: company.categories_of("service"),
            Categories(service=True),
        ),
        Shelf("/catalog/products", scopes, lambda company, _: company.products, _PRODUCTS),
        Shelf("/catalog/services", scopes, lambda company, _: company.services, _SERVICES),
        Shelf("/catalog/configuration/units", _UNIT_SCOPES, lambda company, _: company.units),
    ]


def _configuration() -> list[Shelf]:
    scopes = ("configuration",)
    return [
        Shelf(
            "/configuration/bank-accounts", scopes, lambda company, _: company.bank_accounts, BankAccounts()
        ),
        Shelf("/configuration/exchange-rates", scopes, lambda company, _: company.exchange_rates, Rates()),
        Shelf("/receivables/configuration/isrs", scopes, lambda company, _: company.slips),
    ]


def _receivables(switches: Switches) -> list[Shelf]:
    def invoices(company: Company, _: Request) -> Table[Any]:
        return company.invoices(switches.total_step)

    def payments(company: Company, request: Request) -> Table[Any]:
        invoice = one_row(invoices(company, request), request, "parent")
        return company.payments(invoice.id, switches.total_step)

    return [
        Shelf("/receivables/invoices", ("invoice",), invoices, _INVOICES),
        Shelf(
            "/receivables/invoices/{parent}/payments",
            ("invoice",),
            payments,
            Payments(),
            NewPayments(),
            invoices,
        ),
        Shelf(
            "/receivables/offers",
            ("offer",),
            lambda company, _: company.offers(switches.total_step),
            _OFFERS,
        ),
        Shelf(
            "/receivables/order-confirmations",
            ("order_confirmation",),
            lambda company, _: company.order_confirmations(switches.total_step),
            _CONFIRMATIONS,
        ),
        Shelf(
            "/receivables/delivery-notes",
            ("delivery_note",),
            lambda company, _: company.delivery_notes(switches.total_step),
            _NOTES,
        ),
    ]


def _reporting() -> list[Shelf]:
    return [
        Shelf("/reporting/activities", ("activity",), lambda company, _: company.activities),
        Shelf("/reporting/cost-units", ("cost_unit",), lambda company, _: company.cost_units, CostUnits()),
        Shelf("/reporting/efforts", ("effort",), lambda company, _: company.efforts, Efforts()),
        Shelf("/reporting/projects", ("project",), lambda company, _: company.projects, Projects()),
        Shelf(
            "/reporting/working-hours",
            ("working_hours",),
            lambda company, _: company.working_hours,
            WorkingHours(),
        ),
    ]
