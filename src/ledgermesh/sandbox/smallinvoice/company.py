"""One company's tables: everything its tokens can read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from functools import cached_property
from typing import Any

from ledgermesh.sandbox.arithmetic import tax_percent
from ledgermesh.sandbox.books import Books, Paper
from ledgermesh.sandbox.smallinvoice import catalog, configuration, documents, tracking
from ledgermesh.sandbox.smallinvoice.answers import number
from ledgermesh.sandbox.smallinvoice.contacts import (
    ACCOUNT,
    ADDRESS,
    CONTACT,
    GROUP,
    PERSON,
    AccountRow,
    AddressRow,
    ContactRow,
    GroupRow,
    PersonRow,
    contact_rows,
    group_rows,
)
from ledgermesh.sandbox.smallinvoice.documents import DocumentRow, Surroundings
from ledgermesh.sandbox.smallinvoice.invoices import INVOICE, InvoiceRow
from ledgermesh.sandbox.smallinvoice.letters import LETTER, REMINDER, LetterRow, ReminderRow
from ledgermesh.sandbox.smallinvoice.payments import PAYMENT, PaymentRow
from ledgermesh.sandbox.smallinvoice.store import Store
from ledgermesh.sandbox.smallinvoice.table import Table


class Company:
    """A picture of the books; made anew when they have changed."""

    def __init__(self, store: Store, today: dt.date) -> None:
        self.store = store
        self.today = today
        self._invoices: dict[Decimal, Table[InvoiceRow]] = {}

    @property
    def books(self) -> Books:
        return self.store.books

    # -- contacts --------------------------------------------------------------------------------------------

    @cached_property
    def groups(self) -> Table[GroupRow]:
        return Table(GROUP, group_rows(self.store))

    @cached_property
    def contact_rows(self) -> Mapping[str, ContactRow]:
        """By the party's number, those that are gone too."""
        return contact_rows(self.store, self.groups.select())

    @cached_property
    def contacts(self) -> Table[ContactRow]:
        rows = self.contact_rows.values()
        return Table(CONTACT, (row for row in rows if not row.party.removed))

    def addresses(self, contact_id: int) -> Table[AddressRow]:
        """Problem 3000 if there is no such contact."""
        return Table(ADDRESS, self.contacts.get(contact_id).addresses)

    def people(self, contact_id: int) -> Table[PersonRow]:
        """Problem 3000 if there is no such contact."""
        return Table(PERSON, self.contacts.get(contact_id).people)

    def accounts(self, contact_id: int) -> Table[AccountRow]:
        """Problem 3000 if there is no such contact."""
        return Table(ACCOUNT, self.contacts.get(contact_id).accounts)

    @cached_property
    def letters(self) -> Table[LetterRow]:
        layout = self.store.ids.of("layout", "standard")
        rows = self._rows("letter", self.books.office.letters)
        return Table(
            LETTER,
            (LetterRow(id, each, self.contact_rows[each.party], layout, typed) for id, each, typed in rows),
        )

    @cached_property
    def reminders(self) -> Table[ReminderRow]:
        rows = self._rows("reminder", self.books.office.reminders)
        return Table(
            REMINDER,
            (ReminderRow(id, each, self.contact_rows[each.party], typed) for id, each, typed in rows),
        )

    # -- catalog ---------------------------------------------------------------------------------------------

    @cached_property
    def _units(self) -> catalog.Units:
        return catalog.Units(self.store)

    @cached_property
    def units(self) -> Table[catalog.UnitRow]:
        return Table(catalog.UNIT, self._units.rows)

    @cached_property
    def categories(self) -> catalog.Categories:
        """Of products and of services."""
        return catalog.category_rows(self.store)

    def categories_of(self, kind: str) -> Table[catalog.CategoryRow]:
        """Of products or of services."""
        return Table(catalog.CATEGORY, (row for (owner, _), row in self.categories.items() if owner == kind))

    @cached_property
    def item_rows(self) -> Mapping[str, catalog.ItemRow]:
        """Products and services by number."""
        return catalog.item_rows(self.books.items, self.store, self._units, self.categories, self._percent)

    @cached_property
    def products(self) -> Table[catalog.ItemRow]:
        return Table(catalog.PRODUCT, (row for row in self.item_rows.values() if not row.item.service))

    @cached_property
    def services(self) -> Table[catalog.ItemRow]:
        return Table(catalog.SERVICE, (row for row in self.item_rows.values() if row.item.service))

    def _percent(self, tax: str) -> object:
        return number(tax_percent(self.books, tax, self.today))

    # -- configuration ---------------------------------------------------------------------------------------

    @cached_property
    def bank_accounts(self) -> Table[configuration.BankAccountRow]:
        return Table(configuration.BANK_ACCOUNT, configuration.bank_account_rows(self.store))

    @cached_property
    def exchange_rates(self) -> Table[configuration.RateRow]:
        return Table(configuration.RATE, configuration.rate_rows(self.store))

    @cached_property
    def users(self) -> Mapping[str, configuration.UserRow]:
        """By their id in the books; the owner's is empty."""
        return configuration.user_rows(self.store)

    @cached_property
    def slips(self) -> Table[configuration.SlipRow]:
        """One for each bank account to pay into."""
        ids = self.store.ids
        rows = (
            configuration.SlipRow(ids.of("isr", row.account.number), self.books, row)
            for row in self.bank_accounts.select()
        )
        return Table(configuration.SLIP, rows)

    # -- receivables -----------------------------------------------------------------------------------------

    def invoices(self, total_step: Decimal) -> Table[InvoiceRow]:
        """All invoices, their totals rounded to this step."""
        if total_step not in self._invoices:
            rows = self._papers(InvoiceRow, self.books.invoices, total_step)
            self._invoices[total_step] = Table(INVOICE, rows)
        return self._invoices[total_step]

    def invoice_tables(self) -> list[Table[InvoiceRow]]:
        """Those that were asked for, which differ in how totals are rounded."""
        return list(self._invoices.values())

    def payments(self, invoice_id: int, total_step: Decimal) -> Table[PaymentRow]:
        """Problem 3000 if there is no such invoice."""
        return Table(PAYMENT, self.invoices(total_step).get(invoice_id).payments)

    def offers(self, total_step: Decimal) -> Table[DocumentRow]:
        """All offers, their totals rounded to this step, as those below."""
        return Table(documents.OFFER, self._papers(DocumentRow, self.books.office.offers, total_step))

    def order_confirmations(self, total_step: Decimal) -> Table[DocumentRow]:
        """All order confirmations."""
        papers = self.books.office.order_confirmations
        return Table(documents.ORDER_CONFIRMATION, self._papers(DocumentRow, papers, total_step))

    def delivery_notes(self, total_step: Decimal) -> Table[DocumentRow]:
        """All delivery notes."""
        papers = self.books.office.delivery_notes
        return Table(documents.DELIVERY_NOTE, self._papers(DocumentRow, papers, total_step))

    def _papers(self, row: Callable[..., Any], papers: Iterable[Paper], total_step: Decimal) -> Iterable[Any]:
        around, known, store = self._around(total_step), self.contact_rows, self.store
        for paper in papers:
            id = store.ids.of(paper.kind, paper.number)
            yield row(id, paper, known[paper.party], around, store.entered(paper.kind, id))

    def _around(self, total_step: Decimal) -> Surroundings:
        default = next((row for row in self.bank_accounts.select() if row.default), None)
        return Surroundings(
            store=self.store,
            items=self._items_on_papers,
            bank_accounts={row.id: row for row in self.bank_accounts.select()},
            bank_account=default,
            slips={row.id: row for row in self.slips.select()},
            slip=next((row for row in self.slips.select() if row.bank_account.default), None),
            today=self.today.isoformat(),
            total_step=total_step,
        )

    @cached_property
    def _items_on_papers(self) -> Mapping[str, catalog.ItemRow]:
        items = self.store.items().values()
        return catalog.item_rows(items, self.store, self._units, self.categories, self._percent)

    # -- reporting -------------------------------------------------------------------------------------------

    @cached_property
    def projects(self) -> Table[tracking.ProjectRow]:
        rows = self._rows("project", self.books.office.projects)
        return Table(
            tracking.PROJECT,
            (tracking.ProjectRow(id, each, self.contact_rows[each.party], typed) for id, each, typed in rows),
        )

    @cached_property
    def cost_units(self) -> Table[tracking.CostUnitRow]:
        rows = self._rows("cost unit", self.books.office.cost_units)
        return Table(tracking.COST_UNIT, (tracking.CostUnitRow(*row) for row in rows))

    @cached_property
    def activities(self) -> Table[tracking.ActivityRow]:
        rows = []
        for id, each, typed in self._rows("activity", self.books.office.activities):
            service = self.item_rows.get(each.item or "")
            rows.append(tracking.ActivityRow(id, each, service.id if service else None, typed))
        return Table(tracking.ACTIVITY, rows)

    @cached_property
    def efforts(self) -> Table[tracking.EffortRow]:
        activities = {row.record.id: row for row in self.activities.select()}
        rows = []
        for id, each, typed in self._rows("effort", self.books.office.efforts):
            target = {"project": "project", "cost_unit": "cost unit", "party": "contact"}[each.target]
            entity_id, user = self.store.ids.of(target, each.target_id), self.users[each.user]
            rows.append(
                tracking.EffortRow(id, each, user, entity_id, activities.get(each.activity or ""), typed)
            )
        return Table(tracking.EFFORT, rows)

    @cached_property
    def working_hours(self) -> Table[tracking.WorkRow]:
        rows = self._rows("working hours", self.books.office.working_hours)
        return Table(
            tracking.WORKING_HOURS,
            (tracking.WorkRow(id, each, self.users[each.user], typed) for id, each, typed in rows),
        )

    def _rows(self, kind: str, records: Iterable[Any]) -> Iterable[tuple[int, Any, Mapping[str, object]]]:
        """Each record with its id and what was typed in about it."""
        for record in records:
            id = self.store.ids.of(kind, record.id)
            yield id, record, self.store.entered(kind, id)
