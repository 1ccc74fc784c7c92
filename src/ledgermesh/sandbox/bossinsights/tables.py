"""Every object of the data API: its rows in the books, their ids, their origin, and how one is shown."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from msgspec import Struct

from ledgermesh.sandbox.books import Account, BankLine, Books, Item, Journal, Paper, Party, Settlement
from ledgermesh.sandbox.bossinsights import charts, money_moves, papers, pay, people, statements
from ledgermesh.sandbox.bossinsights.money_moves import Movement
from ledgermesh.sandbox.bossinsights.months import Month, months
from ledgermesh.sandbox.bossinsights.origins import (
    ACCOUNTING,
    BANKING,
    COMMERCE,
    PAYROLL,
    of_party,
    origin,
    party_origin,
)
from ledgermesh.sandbox.bossinsights.view import Document, View, instant
from ledgermesh.sandbox.more_books import Charge, CreditNote, Employee, Expense, Order, Origin, PayCheck

Stamps = tuple[dt.datetime, dt.datetime]
_UNKNOWN = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)


class Table(Struct, frozen=True, kw_only=True):
    """One kind of object. `Any` is the type of its rows, which differs from table to table."""

    name: str
    rows: Callable[[Books], Sequence[Any]]
    key: Callable[[Any], str]
    """Unique within the table."""
    shape: Callable[[View, Any], Document]
    """Without the fields that all objects have."""
    origin: Callable[[Books, Any], Origin]
    currency: Callable[[Books, Any], str] = lambda books, row: books.currency
    stamps: Callable[[Books, Any], Stamps] = lambda books, row: (row.created_at, row.updated_at)
    day: Callable[[Any], dt.date] | None = None
    """What `start` and `end` look at."""
    category: Callable[[Books, Any], str | None] | None = None

    def document(self, view: View, row: Any) -> object:
        """The row as the API shows it."""
        books, id = view.books, view.id(self.name, self.key(row))
        source, (created, updated) = self.origin(books, row), self.stamps(books, row)
        common: Document = {
            "id": id,
            "integration": source.integration,
            "srcId": source.id,
            "currency": self.currency(books, row),
            "created": instant(created),
            "updated": instant(updated),
        }
        return view.shown(id, common | self.shape(view, row))

    def find(self, view: View, id: int) -> Any | None:
        """The row with this id."""
        return view.books.index(f"bossinsights {self.name} by id", lambda: self._by_id(view)).get(id)

    def _by_id(self, view: View) -> dict[int, Any]:
        return {view.id(self.name, self.key(row)): row for row in self.rows(view.books)}


def _opened(books: Books, row: object) -> Stamps:
    opened = min((party.created_at for party in books.parties), default=_UNKNOWN)
    return opened, opened


def _once(books: Books, row: Party | Item) -> Stamps:
    return row.created_at, row.created_at


def _at(day: dt.date) -> Stamps:
    moment = dt.datetime.combine(day, dt.time(6), dt.UTC)
    return moment, moment


def _of(table: str, integration: str, key: Callable[[Any], str]) -> Callable[[Books, Any], Origin]:
    return lambda books, row: origin(books, table, key(row), integration)


def _number(row: Account | Item | Journal | Employee | Order | PayCheck | Paper | Party) -> str:
    return row.number


def _paper_number(row: Expense | CreditNote) -> str:
    return row.paper.number


def _payment_key(row: Settlement) -> str:
    return f"{row.kind}:{row.number}"


def _id(row: Charge | BankLine) -> str:
    return row.id


def _month(row: Month) -> str:
    return row.key


def _papers(
    name: str, rows: Callable[[Books], Sequence[Paper]], shape: Callable[[View, Paper], Document]
) -> Table:
    return Table(
        name=name,
        rows=rows,
        key=_number,
        shape=shape,
        origin=lambda books, row: of_party(books, name, books.party(row.party), row.number),
        currency=lambda books, row: row.currency,
        day=lambda row: row.date,
    )


def _wrapped(
    name: str, rows: Callable[[Books], Sequence[Any]], shape: Callable[[View, Any], Document]
) -> Table:
    """Expenses and credit notes, which hold a paper."""
    return Table(
        name=name,
        rows=rows,
        key=_paper_number,
        shape=shape,
        origin=lambda books, row: of_party(books, name, books.party(row.paper.party), row.paper.number),
        currency=lambda books, row: row.paper.currency,
        stamps=lambda books, row: (row.paper.created_at, row.paper.updated_at),
        day=lambda row: row.paper.date,
    )


def _monthly(name: str, shape: Callable[[View, Month], Document], day: Callable[[Month], dt.date]) -> Table:
    return Table(
        name=name,
        rows=months,
        key=_month,
        shape=shape,
        origin=_of(name, ACCOUNTING, _month),
        stamps=lambda books, row: _at(row.first),
        day=day,
    )


def _statement(view: View, month: Month) -> Document:
    known = {row.key: row for row in months(view.books)}
    return statements.income_statement(view, month, known.get(statements.year_before(month)))


def _movement_origin(books: Books, row: Movement) -> Origin:
    written = books.more.origins.get(("bank_transactions", row.entry.number))
    return written or origin(books, "bank_transactions", row.key, BANKING)


_TABLES = (
    Table(
        name="accounts",
        rows=charts.listed,
        key=_number,
        shape=charts.account,
        origin=_of("accounts", ACCOUNTING, _number),
        stamps=_opened,
    ),
    Table(
        name="customers",
        rows=people.customers,
        key=_number,
        shape=people.customer,
        origin=lambda books, row: party_origin(books, "customers", row),
        currency=lambda books, row: row.currency,
        stamps=_once,
    ),
    Table(
        name="vendors",
        rows=people.vendors,
        key=_number,
        shape=people.vendor,
        origin=lambda books, row: party_origin(books, "vendors", row),
        currency=lambda books, row: row.currency,
        stamps=_once,
    ),
    _papers("invoices", lambda books: books.invoices, papers.invoice),
    _papers("bills", lambda books: books.bills, papers.bill),
    _wrapped("expenses", lambda books: books.more.expenses, papers.expense),
    _wrapped("credit_notes", lambda books: books.more.credit_notes, papers.credit_note),
    Table(
        name="payments",
        rows=papers.settlements,
        key=_payment_key,
        shape=papers.payment,
        origin=lambda books, row: of_party(books, f"{row.kind}s", books.party(row.party), row.number),
        currency=lambda books, row: row.currency,
        day=lambda row: row.date,
    ),
    Table(
        name="products",
        rows=lambda books: books.items,
        key=_number,
        shape=people.product,
        origin=_of("products", ACCOUNTING, _number),
        stamps=_once,
    ),
    Table(
        name="orders",
        rows=lambda books: books.more.orders,
        key=_number,
        shape=money_moves.order,
        origin=_of("orders", COMMERCE, _number),
        day=lambda row: row.date,
    ),
    Table(
        name="transactions",
        rows=lambda books: books.more.charges,
        key=_id,
        shape=money_moves.transaction,
        origin=_of("transactions", COMMERCE, _id),
        stamps=lambda books, row: (row.created_at, row.created_at),
        day=lambda row: row.date,
    ),
    Table(
        name="bank_accounts",
        rows=money_moves.bank_accounts,
        key=_number,
        shape=charts.bank_account,
        origin=_of("bank_accounts", BANKING, _number),
        stamps=_opened,
    ),
    Table(
        name="bank_transactions",
        rows=money_moves.movements,
        key=lambda row: row.key,
        shape=money_moves.bank_transaction,
        origin=_movement_origin,
        stamps=lambda books, row: _at(row.entry.date),
        day=lambda row: row.entry.date,
        category=money_moves.category,
    ),
    Table(
        name="journal_entries",
        rows=money_moves.journals,
        key=_number,
        shape=money_moves.journal_entry,
        origin=_of("journal_entries", ACCOUNTING, _number),
        day=lambda row: row.date,
    ),
    Table(
        name="employees",
        rows=lambda books: books.more.employees,
        key=_number,
        shape=people.employee,
        origin=_of("employees", PAYROLL, _number),
    ),
    Table(
        name="payroll",
        rows=lambda books: books.more.pay_checks,
        key=_number,
        shape=pay.payroll,
        origin=_of("payroll", PAYROLL, _number),
        day=lambda row: row.date,
    ),
    _monthly("trial_balances", statements.trial_balance, lambda row: row.last),
    _monthly("balance_sheets", statements.balance_sheet, lambda row: row.last),
    _monthly("income_statements", _statement, lambda row: row.last),
)
TABLES: Mapping[str, Table] = {table.name: table for table in _TABLES}
