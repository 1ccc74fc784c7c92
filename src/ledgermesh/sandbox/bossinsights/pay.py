"""Payroll: one row for each employee and check, in the columns of Boss Insights' payroll template."""

from __future__ import annotations

from decimal import Decimal

from ledgermesh.sandbox.books import Books
from ledgermesh.sandbox.bossinsights.origins import PAYROLL, origin
from ledgermesh.sandbox.bossinsights.view import Document, View, day, plain
from ledgermesh.sandbox.more_books import Employee, PayCheck

Columns = dict[str, str]

HOURS: Columns = {f"{kind}_hours": kind for kind in ("regular", "overtime", "holiday", "sick")}
EARNINGS: Columns = {f"{kind}_wages": kind for kind in ("regular", "overtime", "holiday", "sick")} | {
    "commission": "commission",
    "bonus": "bonus",
    "other_pay": "other",
}
TAXES: Columns = {
    "social_security": "social_security",
    "medicare_tax": "medicare",
    "fica_tax": "fica",
    "federal_tax": "federal",
    "state_tax": "state",
    "other_tax": "other",
    "local_tax": "local",
}
DEDUCTIONS: Columns = {
    f"{kind}_deductions": kind
    for kind in ("dental", "health", "hsa", "pre_tax", "after_tax", "voluntary", "garnishment")
}
EMPLOYER: Columns = {
    "company_futa_tax": "futa",
    "company_suta_tax": "suta",
    "company_social_security": "social_security",
    "company_medicare_tax": "medicare",
    "company_state_tax": "state",
    "company_other_tax": "other_tax",
    "company_other_contributions": "other_contributions",
}
"""Column -> kind of amount in the books."""


def find_employee(books: Books, number: str) -> Employee | None:
    """The employee with this number."""
    return books.index("employees", lambda: {row.number: row for row in books.more.employees}).get(number)


def payroll(view: View, row: PayCheck) -> Document:
    """A pay check."""
    who = find_employee(view.books, row.employee)
    hours = None if who is None else who.standard_hours
    return {
        "platform": origin(view.books, "payroll", row.number, PAYROLL).integration,
        "company": view.books.name,
        "start": day(row.start),
        "end": day(row.end),
        "employee_number": row.employee,
        "employee_name": "" if who is None else who.name,
        "employee_id": view.id("employees", row.employee),
        "pay_frequency": "" if who is None else who.frequency,
        "hourly_rate": view.maybe_cents(None if who is None else who.hourly_rate),
        "salary": view.maybe_cents(None if who is None else who.salary),
        "standard_hours": None if hours is None else plain(hours),
        "check_date": day(row.date),
        "check_number": row.number,
        "coverage_start": day(row.start),
        "coverage_end": day(row.end),
        "gross_wages": view.cents(row.gross),
        **_amounts(view, TAXES, row.taxes),
        **_amounts(view, DEDUCTIONS, row.deductions),
        "description": row.description,
        **{name: plain(row.hours.get(kind, Decimal(0))) for name, kind in HOURS.items()},
        **_amounts(view, EARNINGS, row.earnings),
        "reimbursements": view.cents(row.reimbursements),
        "net_pay": view.cents(row.net),
        **_amounts(view, EMPLOYER, row.employer),
    }


def _amounts(view: View, columns: Columns, amounts: dict[str, Decimal]) -> Document:
    return {name: view.cents(amounts.get(kind, Decimal(0))) for name, kind in columns.items()}
