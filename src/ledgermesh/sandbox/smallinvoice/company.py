"""One company's tables: everything its tokens can read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from functools import cached_property

from ledgermesh.sandbox.arithmetic import tax_percent
from ledgermesh.sandbox.books import Books
from ledgermesh.sandbox.smallinvoice import catalog, configuration
from ledgermesh.sandbox.smallinvoice.answers import number
from ledgermesh.sandbox.smallinvoice.contacts import ADDRESS, CONTACT, AddressRow, ContactRow, contact_rows
from ledgermesh.sandbox.smallinvoice.ids import Ids
from ledgermesh.sandbox.smallinvoice.invoices import INVOICE, InvoiceRow, Surroundings
from ledgermesh.sandbox.smallinvoice.payments import PAYMENT, PaymentRow
from ledgermesh.sandbox.smallinvoice.table import Table


class Company:
    """A picture of the books; made anew when they have changed."""

    def __init__(self, books: Books, ids: Ids, today: dt.date) -> None:
        self.books = books
        self._ids = ids
        self._today = today
        self._invoices: dict[Decimal, Table[InvoiceRow]] = {}

    @cached_property
    def _contact_rows(self) -> Mapping[str, ContactRow]:
        return contact_rows(self.books, self._ids)

    @cached_property
    def _units(self) -> catalog.Units:
        return catalog.Units(self.books, self._ids)

    @cached_property
    def _item_rows(self) -> Mapping[str, catalog.ItemRow]:
        names = {item.tax for item in self.books.items}
        percents = {name: number(tax_percent(self.books, name, self._today)) for name in names}
        return catalog.item_rows(self.books, self._ids, self._units, percents)

    @cached_property
    def contacts(self) -> Table[ContactRow]:
        rows = self._contact_rows.values()
        return Table(CONTACT, (row for row in rows if not row.party.removed))

    def addresses(self, contact_id: int) -> Table[AddressRow]:
        """Problem 3000 if there is no such contact."""
        return Table(ADDRESS, self.contacts.get(contact_id).addresses)

    @cached_property
    def products(self) -> Table[catalog.ItemRow]:
        return Table(catalog.PRODUCT, (row for row in self._item_rows.values() if not row.item.service))

    @cached_property
    def services(self) -> Table[catalog.ItemRow]:
        return Table(catalog.SERVICE, (row for row in self._item_rows.values() if row.item.service))

    @cached_property
    def product_categories(self) -> Table[catalog.CategoryRow]:
        return self._categories("product")

    @cached_property
    def service_categories(self) -> Table[catalog.CategoryRow]:
        return self._categories("service")

    def _categories(self, kind: str) -> Table[catalog.CategoryRow]:
        rows = catalog.category_rows(self.books, self._ids)
        return Table(catalog.CATEGORY, (row for (owner, _), row in rows.items() if owner == kind))

    @cached_property
    def units(self) -> Table[catalog.UnitRow]:
        return Table(catalog.UNIT, self._units.rows)

    @cached_property
    def bank_accounts(self) -> Table[configuration.BankAccountRow]:
        return Table(configuration.BANK_ACCOUNT, configuration.bank_account_rows(self.books, self._ids))

    @cached_property
    def exchange_rates(self) -> Table[configuration.RateRow]:
        return Table(configuration.RATE, configuration.rate_rows(self.books, self._ids))

    def invoices(self, total_step: Decimal) -> Table[InvoiceRow]:
        """All invoices, their totals rounded to this step."""
        if total_step not in self._invoices:
            self._invoices[total_step] = self._invoice_table(total_step)
        return self._invoices[total_step]

    def payments(self, invoice_id: int, total_step: Decimal) -> Table[PaymentRow]:
        """Problem 3000 if there is no such invoice."""
        return Table(PAYMENT, self.invoices(total_step).get(invoice_id).payments)

    def _invoice_table(self, total_step: Decimal) -> Table[InvoiceRow]:
        bank_account = next((row for row in self.bank_accounts.select() if row.default), None)
        slip = (
            configuration.SlipRow(self._ids.of("isr", "1"), self.books, bank_account)
            if bank_account
            else None
        )
        around = Surroundings(
            self.books, self._ids, self._item_rows, bank_account, slip, self._today, total_step
        )
        rows = self._contact_rows
        return Table(
            INVOICE,
            (
                InvoiceRow(self._ids.of("invoice", paper.number), paper, rows[paper.party], around)
                for paper in self.books.invoices
            ),
        )
