"""Employees and their pay, in snake_case as the sample apps show it: https://docs.bossinsights.com/developer"""

from __future__ import annotations

from collections.abc import Sequence

from ledgermesh.model.work import Deduction, Earning, Employee, Payer, PayrollEntry, PayrollTax
from ledgermesh.providers.bossinsights import quirks
from ledgermesh.providers.bossinsights.books import PAGES
from ledgermesh.providers.bossinsights.leaves import RECORD, active, cents, currency_of, first_ten
from ledgermesh.providers.bossinsights.quirks import Column
from ledgermesh.spec.leaves import currency, decimal, flag, one_of, text
from ledgermesh.spec.resource import Get, List, Resource
from ledgermesh.spec.wires import Fields, Wire, fields, made, ref

EMPLOYEES = Resource(
    kind="Employee",
    list=List(path="/employees", page=PAGES),
    get=Get(path="/employees/{id}"),
    fields=fields(
        Employee,
        number=text("employee_number"),
        display_name=text("name"),
        first_name=text("first_name"),
        last_name=text("last_name"),
        email=text("email"),
        phone=text("phone"),
        title=text("job_title"),
        department=text("department"),
        status=active(),
        hired_on=first_ten("hire_date"),
        ended_on=first_ten("termination_date"),
        pay_frequency_raw=text("pay_frequency"),
        hourly_rate=cents("hourly_rate"),
        salary=cents("salary"),
        currency=currency("currency"),
        **RECORD,
    ),
    omitted={"standard_hours": "Hours of a pay period, which employees of the common model do not have."},
)

AMOUNT = cents("amount", currency="^currency")
"""Assumed: money of payroll is in hundredths, as that of all other objects."""


EARNINGS = (
    *(
        Column(each, f"{each}_wages", hours=f"{each}_hours")
        for each in ("regular", "overtime", "holiday", "sick")
    ),
    # Reimbursements are paid out with the rest but are no part of gross wages.
    *(Column(each, each) for each in ("commission", "bonus", "other_pay", "reimbursements")),
)

WITHHELD = (
    "social_security",
    "medicare_tax",
    "fica_tax",
    "federal_tax",
    "state_tax",
    "local_tax",
    "other_tax",
)
BORNE = (
    "futa_tax",
    "suta_tax",
    "social_security",
    "medicare_tax",
    "state_tax",
    "other_tax",
    "other_contributions",
)
TAXES = (
    *(Column(each, each, known={"payer": "employee"}) for each in WITHHELD),
    *(Column(each, f"company_{each}", known={"payer": "employer"}) for each in BORNE),
)

DEDUCTIONS = (
    *(Column(each, f"{each}_deductions") for each in ("dental", "health", "hsa", "voluntary", "garnishment")),
    # Only these two say by their names whether they are taken before tax.
    Column("pre_tax", "pre_tax_deductions", known={"before": True}),
    Column("after_tax", "after_tax_deductions", known={"before": False}),
)


def _of_columns(gives: object, listed: Sequence[Column], parts: Fields) -> Wire:
    paths = [path for column in listed for path in column.paths]
    return made(gives, *paths, read=quirks.columns(listed), transform="columns", parts=parts)


EARNING = fields(Earning, name=text("name"), hours=decimal("hours"), amount=AMOUNT)
TAX = fields(
    PayrollTax,
    name=text("name"),
    payer=one_of("payer", {"employee": Payer.EMPLOYEE, "employer": Payer.EMPLOYER}, other=Payer.OTHER),
    amount=AMOUNT,
)
DEDUCTION = fields(Deduction, name=text("name"), pre_tax=flag("before"), amount=AMOUNT)

AT_THE_TIME = "What the employee was paid by at the time; the employee has what holds now."

PAYROLL = Resource(
    kind="PayrollEntry",
    # No window: rows have a pay period and a day of pay, and nothing says which of them `start` and `end` ask for.
    list=List(path="/payroll", page=PAGES),
    get=Get(path="/payroll/{id}"),
    fields=fields(
        PayrollEntry,
        employee_name=text("employee_name"),
        employee_number=text("employee_number"),
        period_start=first_ten("start"),
        period_end=first_ten("end"),
        check_date=first_ten("check_date"),
        check_number=text("check_number"),
        pay_frequency_raw=text("pay_frequency"),
        description=text("description"),
        currency=currency_of("gross_wages", "net_pay"),
        earnings=_of_columns(list[Earning], EARNINGS, EARNING),
        taxes=_of_columns(list[PayrollTax], TAXES, TAX),
        deductions=_of_columns(list[Deduction], DEDUCTIONS, DEDUCTION),
        gross=cents("gross_wages"),
        net=cents("net_pay"),
        employee_ref=ref(
            "Employee", "employee_id",
            summary=fields(
                Employee,
                native_id=text("employee_id"),
                number=text("employee_number"),
                display_name=text("employee_name"),
            ),
        ),
        **{
            **RECORD,
            # The sample apps' rows name the app under `platform` only.
            "origin_integration": made(
                str, "integration", "platform", read=quirks.app_of_payroll, transform="integration_or_platform"
            ),
        },
    ),
    omitted={
        "company": "Name of the company that the connection is linked to.",
        "hourly_rate": AT_THE_TIME,
        "salary": AT_THE_TIME,
        "standard_hours": AT_THE_TIME,
        "coverage_start": "No document says what is covered beside the pay period.",
        "coverage_end": "No document says what is covered beside the pay period.",
    },
)  # fmt: skip
