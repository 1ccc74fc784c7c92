"""Write payroll: what was earned, taxed, kept and paid out on one check."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from ledgermesh.sandbox import booking
from ledgermesh.sandbox.bossinsights.errors import invalid
from ledgermesh.sandbox.bossinsights.pay import DEDUCTIONS, EARNINGS, EMPLOYER, HOURS, TAXES, find_employee
from ledgermesh.sandbox.bossinsights.writing import Writing, place, unused
from ledgermesh.sandbox.more_books import Employee, PayCheck
from ledgermesh.sandbox.world import chart


def payroll(writing: Writing, row: PayCheck | None) -> str:
    """One employee's check; gross wages are the sum of all wages, net pay is what is left of them."""
    body, books = writing.body, writing.books
    if row is None:
        body.need("employee_id", "check_date", "gross_wages")
    employee = _employee(writing, row)
    number = _number(writing, row)
    made = _amounts(writing, replace(row) if row is not None else _new_check(writing, employee, number))
    made.date, made.updated_at = body.day("check_date") or made.date, writing.now
    _period(writing, made)
    _sums(writing, made)
    body.check()
    rows = books.more.pay_checks
    if row is None:
        rows.append(made)
        writing.own("payroll", made.number)
    else:
        rows[place(rows, row)] = made
    books.invalidate()
    booking.book_pay(books, made, wages=chart.WAGES, bank=chart.CHEQUING)
    return made.number


def _employee(writing: Writing, row: PayCheck | None) -> Employee:
    body = writing.body
    found: Employee | None = writing.row("employees", body, "employee_id")
    had = None if row is None else find_employee(writing.books, row.employee)
    number = body.text("employee_number")
    if found is not None and had is not None and found is not had:
        body.fail("employee_id", "cannot be changed")
    known = found or had
    if known is not None and number not in (None, known.number):
        body.fail("employee_number", "is not the number of that employee")
    body.check()
    if known is None:
        raise invalid(("employee_id", "there is no such employee"))
    return known


def _number(writing: Writing, row: PayCheck | None) -> str:
    known, number = (
        {each.number for each in writing.books.more.pay_checks},
        writing.body.filled("check_number"),
    )
    if row is not None:
        if number not in (None, row.number):
            writing.body.fail("check_number", "cannot be changed")
        return row.number
    if number in known:
        writing.body.fail("check_number", "is another check's")
    return number or unused(known, "B")


def _new_check(writing: Writing, employee: Employee, number: str) -> PayCheck:
    today, now = writing.body.day("check_date") or writing.view.today, writing.now
    return PayCheck(number, employee.number, today, today, today, "", {}, {}, {}, {}, {}, now, now)


def _period(writing: Writing, made: PayCheck) -> None:
    body = writing.body
    made.start = body.day("start") or body.day("coverage_start") or made.start
    made.end = body.day("end") or body.day("coverage_end") or made.end
    if made.start > made.end:
        body.fail("start", "is not after end")
    if "description" in body:
        made.description = body.text("description") or ""


def _amounts(writing: Writing, made: PayCheck) -> PayCheck:
    """The check with the columns that were sent."""
    body, changed = writing.body, replace(made)
    hours = {kind: body.number(column) for column, kind in HOURS.items() if column in body}
    changed.hours = _merged(made.hours, hours)
    changed.earnings = _merged(made.earnings, _cents(writing, EARNINGS))
    changed.taxes = _merged(made.taxes, _cents(writing, TAXES))
    changed.deductions = _merged(made.deductions, _cents(writing, DEDUCTIONS))
    changed.employer = _merged(made.employer, _cents(writing, EMPLOYER))
    if "reimbursements" in body:
        changed.reimbursements = body.cents("reimbursements") or Decimal(0)
    gross = body.cents("gross_wages")
    if gross is not None and not changed.earnings:
        changed.earnings = {"regular": gross}
    return changed


def _cents(writing: Writing, columns: Mapping[str, str]) -> dict[str, Decimal | None]:
    return {kind: writing.body.cents(column) for column, kind in columns.items() if column in writing.body}


def _merged(known: Mapping[str, Decimal], sent: Mapping[str, Decimal | None]) -> dict[str, Decimal]:
    merged = {**known, **{kind: amount or Decimal(0) for kind, amount in sent.items()}}
    return {kind: amount for kind, amount in merged.items() if amount}


def _sums(writing: Writing, made: PayCheck) -> None:
    body = writing.body
    for name, amount in (("gross_wages", made.gross), ("net_pay", made.net)):
        told = body.cents(name)
        if told is not None and told != amount:
            body.fail(name, f"does not agree with the other columns, which make {amount}")
    parts = (made.earnings, made.taxes, made.deductions, made.employer)
    if any(amount < 0 for part in parts for amount in part.values()):
        body.fail("gross_wages", "no wage, tax or deduction is less than nothing")
    if made.net < 0:
        body.fail("net_pay", "is not less than nothing")
