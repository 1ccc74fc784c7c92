"""Employees and what they are paid: salaries by the month, wages every two weeks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal

from ledgermesh.sandbox import booking
from ledgermesh.sandbox.books import Books, Journal
from ledgermesh.sandbox.more_books import Employee, PayCheck
from ledgermesh.sandbox.world import chart
from ledgermesh.sandbox.world.names import FIRST, LAST
from ledgermesh.sandbox.world.setting import Setting
from ledgermesh.sandbox.world.span import Span, next_month

_CENT = Decimal("0.01")
_PAYDAY_AFTER = dt.timedelta(days=5)
_STAFF = (
    ("Managing director", "Management", "33600.00", None),
    ("Bookkeeper", "Office", "24150.50", None),
    ("Assistant", "Work", None, "23.75"),
    ("Help in the season", "Work", None, "19.40"),
)
_TAXES = {"social_security": "6.2", "medicare": "1.45", "federal": "11.4", "state": "4.05"}
_EMPLOYER = {"social_security": "6.2", "medicare": "1.45", "futa": "0.6", "suta": "2.7", "state": "0.25"}
_SALARIED_HOURS, _HOURLY_HOURS = Decimal("86.67"), Decimal(40)


def staff(books: Books, setting: Setting) -> None:
    """Hire everybody, and pay them to this day; one has left."""
    hired = [_employee(setting, index) for index in range(len(_STAFF))]
    hired[3].ended, hired[3].active = setting.span.today - dt.timedelta(days=200), False
    books.more.employees = hired
    number = 5001
    for payday, start, end, employee in sorted(_paydays(setting.span, hired), key=_order):
        check = _check(setting, employee, (start, end, payday), str(number))
        books.more.pay_checks.append(check)
        booking.book_pay(books, check, wages=chart.WAGES, bank=chart.CHEQUING)
        number += 1
    books.journals += _remittances(books, setting)


Payday = tuple[dt.date, dt.date, dt.date, Employee]


def _order(row: Payday) -> tuple[dt.date, str]:
    return row[0], row[3].number


def _employee(setting: Setting, index: int) -> Employee:
    title, department, salary, rate = _STAFF[index]
    first, last = setting.rng.choice(FIRST), LAST[(index * 5 + setting.rng.randrange(5)) % len(LAST)]
    return Employee(
        number=f"E{101 + index}",
        name=f"{first} {last}",
        first_name=first,
        last_name=last,
        email=f"staff{101 + index}@{setting.company.key}.example.com",
        phone=f"+1 604 555 01{10 + index}",
        title=title,
        department=department,
        frequency="monthly" if salary else "biweekly",
        hourly_rate=None if rate is None else Decimal(rate),
        salary=None if salary is None else Decimal(salary),
        standard_hours=_SALARIED_HOURS if salary else _HOURLY_HOURS,
        hired=setting.span.start - dt.timedelta(days=90 * index),
        ended=None,
        created_at=setting.stock.born,
        updated_at=setting.stock.born,
    )


def _paydays(span: Span, employees: list[Employee]) -> Iterator[Payday]:
    for employee in employees:
        periods = _months(span) if employee.frequency == "monthly" else _fortnights(span)
        for payday, start, end in periods:
            if employee.ended is None or end <= employee.ended:
                yield payday, start, end, employee


def _months(span: Span) -> Iterator[tuple[dt.date, dt.date, dt.date]]:
    """Paid on the last day of the month."""
    for first in span.months():
        last = next_month(first) - dt.timedelta(days=1)
        if last <= span.today:
            yield last, first, last


def _fortnights(span: Span) -> Iterator[tuple[dt.date, dt.date, dt.date]]:
    start = span.start
    while (payday := start + dt.timedelta(days=13) + _PAYDAY_AFTER) <= span.today:
        yield payday, start, start + dt.timedelta(days=13)
        start += dt.timedelta(days=14)


def _check(
    setting: Setting, employee: Employee, days: tuple[dt.date, dt.date, dt.date], number: str
) -> PayCheck:
    start, end, payday = days
    hours, earnings = _earned(setting, employee)
    gross = sum(earnings.values(), Decimal(0))
    created = setting.span.instant(setting.rng, payday)
    return PayCheck(
        number=number,
        employee=employee.number,
        start=start,
        end=end,
        date=payday,
        description=f"Pay {start.isoformat()} to {end.isoformat()}",
        hours=hours,
        earnings=earnings,
        taxes={name: _percent(gross, share) for name, share in _TAXES.items()},
        deductions=_deductions(employee, gross),
        employer={name: _percent(gross, share) for name, share in _EMPLOYER.items()},
        created_at=created,
        updated_at=created,
        reimbursements=Decimal("64.20") if setting.rng.random() < 0.06 else Decimal(0),
    )


def _earned(setting: Setting, employee: Employee) -> tuple[dict[str, Decimal], dict[str, Decimal]]:
    rng = setting.rng
    if employee.salary is not None:
        bonus = {"bonus": Decimal("1500.00")} if rng.random() < 0.04 else {}
        return {"regular": _SALARIED_HOURS}, {"regular": _cents(employee.salary / 12), **bonus}
    rate = employee.hourly_rate or Decimal(0)
    sick, overtime = Decimal(rng.choice((0, 0, 0, 0, 8))), Decimal(rng.choice((0, 0, 3, 6))) / 2
    hours = {"regular": _HOURLY_HOURS - sick, "overtime": overtime, "sick": sick}
    earnings = {
        "regular": _cents(hours["regular"] * rate),
        "overtime": _cents(overtime * rate * Decimal("1.5")),
        "sick": _cents(sick * rate),
    }
    return _there(hours), _there(earnings)


def _deductions(employee: Employee, gross: Decimal) -> dict[str, Decimal]:
    index = int(employee.number[1:]) - 101
    found = {"health": Decimal("85.00"), "dental": Decimal("12.50"), "pre_tax": _percent(gross, "3")}
    if index == 0:
        found |= {"hsa": Decimal("40.00"), "voluntary": Decimal("10.00")}
    if index == 2:
        found |= {"garnishment": Decimal("50.00"), "after_tax": Decimal("15.00")}
    return found


def _remittances(books: Books, setting: Setting) -> list[Journal]:
    """On the 15th, for the month before."""
    owed: dict[dt.date, Decimal] = {}
    for check in books.more.pay_checks:
        due = next_month(check.date).replace(day=15)
        kept = check.gross + check.reimbursements - check.net + sum(check.employer.values())
        owed[due] = owed.get(due, Decimal(0)) + kept
    rows = []
    for due, amount in owed.items():
        if due <= setting.span.today:
            at = setting.span.instant(setting.rng, due)
            rows.append(booking.remittance(due, amount, chart.CHEQUING, at))
    return rows


def _there(parts: dict[str, Decimal]) -> dict[str, Decimal]:
    return {name: value for name, value in parts.items() if value}


def _percent(amount: Decimal, share: str) -> Decimal:
    return _cents(amount * Decimal(share) / 100)


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(_CENT, ROUND_HALF_UP)
