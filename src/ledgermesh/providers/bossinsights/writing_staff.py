"""Changes of employees and of their pay: https://docs.bossinsights.com/developer

A row of payroll has a column for each kind of pay, tax and deduction; the elements of the lists go back into them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from ledgermesh.model.money import Money
from ledgermesh.model.work import Payer
from ledgermesh.providers.bossinsights.quirks import Column
from ledgermesh.providers.bossinsights.staff import DEDUCTIONS, EARNINGS, TAXES
from ledgermesh.providers.bossinsights.writing_values import (
    TEXT_MAX,
    active,
    blank,
    cents,
    create,
    day,
    firm,
    hundredths,
    in_the_books,
    of_the_books,
    record,
    update,
    words,
)
from ledgermesh.spec.leaves import as_percent, folded, to_decimal
from ledgermesh.spec.write import Draft, Lost, Problem, Put, Search, Stamp, Values, Writes, parts

EMPLOYEE: dict[str, Put] = {
    "number": firm("employee_number"),
    "display_name": firm("name", required=True),
    "first_name": words("first_name"),
    "last_name": words("last_name"),
    "email": words("email"),
    "phone": words("phone"),
    "title": words("job_title"),
    "department": words("department"),
    "status": active(),
    "hired_on": day("hire_date"),
    "ended_on": day("termination_date"),
    "pay_frequency_raw": firm("pay_frequency"),
    "hourly_rate": cents("hourly_rate", null=True),
    "salary": cents("salary", null=True),
    "currency": of_the_books(),
}

# -- which column an element goes into -------------------------------------------------------------------------------

PAYERS = {Payer.EMPLOYEE: "employee", Payer.EMPLOYER: "employer"}
Choose = Callable[[Values], Column]


def _earning(values: Values) -> Column:
    return _called(EARNINGS, values)


def _tax(values: Values) -> Column:
    payer = values.get("payer")
    if payer is not None and payer not in PAYERS:
        raise Lost("a tax is borne by the employee or by the employer")
    listed = [one for one in TAXES if payer is None or one.known["payer"] == PAYERS[payer]]
    return _called(listed, values)


def _deduction(values: Values) -> Column:
    found = _called(DEDUCTIONS, values)
    told = values.get("pre_tax")
    if told is not None and found.known.get("before") != told:
        raise Lost(f"nothing says of {found.name} whether it is taken before tax")
    return found


def _called(listed: Sequence[Column], values: Values) -> Column:
    """The column of this name; raises Lost where there is none, ValueError where there are two."""
    name = values.get("name")
    found = [one for one in listed if folded(one.name) == folded(name or "")]
    if not found:
        known = ", ".join(dict.fromkeys(one.name for one in listed))
        raise Lost(f"no column is called {name!r}; there are {known}")
    if len(found) > 1:
        raise ValueError(f"{name} is borne by both: say which `payer`")
    return found[0]


def _element(choose: Choose, *more: str) -> dict[str, Put]:
    """The fields of an element. Each asks for the column, so that none goes without what the others say."""

    def chosen(value: object, draft: Draft) -> Mapping[str, object]:
        choose(draft.values)
        return {}

    def amount(value: Money | None, draft: Draft) -> Mapping[str, object]:
        return {choose(draft.values).amount: 0 if value is None else hundredths(value)}

    def hours(value: Decimal | None, draft: Draft) -> Mapping[str, object]:
        column = choose(draft.values)
        if not column.hours and value is not None:
            raise Lost(f"no hours are kept of {column.name}")
        return {column.hours: value or 0} if column.hours else {}

    return {
        "name": Put(encode=chosen, required=True, silent=True),
        "amount": Put(encode=amount),
        **{name: Put(encode=hours if name == "hours" else chosen, silent=name != "hours") for name in more},
    }


LISTS: Mapping[str, tuple[Sequence[Column], Choose]] = {
    "earnings": (EARNINGS, _earning),
    "taxes": (TAXES, _tax),
    "deductions": (DEDUCTIONS, _deduction),
}

PAYROLL: dict[str, Put] = {
    "employee": record("Employee", "employee_id", required=True),
    "employee_number": firm("employee_number"),
    "period_start": day("start"),
    "period_end": day("end"),
    "check_date": day("check_date", required=True),
    "check_number": firm("check_number"),
    "pay_frequency_raw": firm("pay_frequency"),
    "description": blank("description"),
    "currency": of_the_books(),
    "earnings": parts("earnings", _element(_earning, "hours"), many=True),
    "taxes": parts("taxes", _element(_tax, "payer"), many=True),
    "deductions": parts("deductions", _element(_deduction, "pre_tax"), many=True),
    "gross": cents("gross_wages", required_if="without `earnings`"),
    "net": cents("net_pay"),
}


def _flat(body: dict[str, Any], draft: Draft) -> object:
    """The lists as columns. A list is given whole: what stands in a column that it does not name goes to 0."""
    before = draft.before or {}
    found = {name: value for name, value in body.items() if name not in LISTS}
    for name, (listed, _) in LISTS.items():
        if name in body:
            paths = [path for one in listed for path in one.paths]
            found |= {path: 0 for path in paths if _number(before.get(path))}
            for element in body[name] or ():
                found |= element
    if draft.verb == "CREATE" and "gross_wages" not in found:
        # It is needed, and no more than the sum of the pay that goes with it.
        found["gross_wages"] = _gross(found)
    return found


def _gross(columns: Mapping[str, Any]) -> int:
    """Pay without what is paid back."""
    paid = (columns.get(one.amount) for one in EARNINGS if one.name != "reimbursements")
    return int(sum(map(_number, paid), Decimal(0)))


def _number(found: object) -> Decimal:
    return Decimal(0) if found in (None, "") else to_decimal(found)


# -- what can be known before ----------------------------------------------------------------------------------------


def _once(draft: Draft) -> Iterator[Problem]:
    """A column holds one amount."""
    for name, (_, choose) in LISTS.items():
        seen: set[str] = set()
        for place, element in enumerate(draft.values.get(name) or ()):
            column = _column(choose, element)
            if column is not None and column.amount in seen:
                yield Problem(f"{name}.{place}.name", f"{column.name} is given twice; add the amounts up")
            seen |= {column.amount} if column is not None else set()


def _column(choose: Choose, element: Values) -> Column | None:
    try:
        return choose(element)
    except (Lost, ValueError):
        return None


def _summed(draft: Draft) -> Iterator[Problem]:
    """Gross pay is the sum of what is earned, net pay what is left of it."""
    if draft.verb == "CREATE" and not draft.values.get("earnings") and draft.values.get("gross") is None:
        yield Problem("gross", "`gross` or `earnings` says what is paid", "REQUIRED")
    if draft.verb != "CREATE" or not draft.values.get("earnings"):
        return
    columns = _columns(draft)
    gross, net = draft.values.get("gross"), draft.values.get("net")
    earned = Decimal(_gross(columns))
    if isinstance(gross, Money) and as_percent(gross.amount) != earned:
        yield Problem("gross", f"the earnings make {earned / 100:.2f}, not {gross.amount}")
    left = _left(columns, earned)
    if isinstance(net, Money) and as_percent(net.amount) != left:
        yield Problem("net", f"taxes and deductions leave {left / 100:.2f}, not {net.amount}")


def _columns(draft: Draft) -> dict[str, Decimal]:
    """What is given of every column, in hundredths."""
    found: dict[str, Decimal] = {}
    for name, (_, choose) in LISTS.items():
        for element in draft.values.get(name) or ():
            column, amount = _column(choose, element), element.get("amount")
            if column is not None and isinstance(amount, Money):
                found[column.amount] = as_percent(amount.amount)
    return found


def _left(columns: Mapping[str, Decimal], gross: Decimal) -> Decimal:
    withheld = [one for one in (*TAXES, *DEDUCTIONS) if one.known.get("payer") != "employer"]
    return (
        gross
        - sum(columns.get(one.amount, Decimal(0)) for one in withheld)
        + columns.get("reimbursements", Decimal(0))
    )


WRITES: Writes = (
    create(
        "Employee", "/employees", EMPLOYEE, Search(("number", "display_name", "email")),
        checks=(in_the_books("hourly_rate", "salary"),),
    ),
    update("Employee", "/employees", EMPLOYEE, checks=(in_the_books("hourly_rate", "salary"),)),
    create(
        "PayrollEntry", "/payroll", PAYROLL, Stamp("description", TEXT_MAX), build=_flat,
        checks=(_once, _summed, in_the_books("gross", "net")),
    ),
    update(
        "PayrollEntry", "/payroll", PAYROLL, build=_flat, checks=(_once, in_the_books("gross", "net"))
    ),
)  # fmt: skip
