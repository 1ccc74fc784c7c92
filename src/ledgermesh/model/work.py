"""Projects and the time spent on them, and the people who work."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from enum import Enum

import strawberry

from ledgermesh.model import declare
from ledgermesh.model.enums import RecordStatus
from ledgermesh.model.mapped import Mapped
from ledgermesh.model.money import Money
from ledgermesh.model.party import Party
from ledgermesh.model.reach import Info
from ledgermesh.model.record import Record
from ledgermesh.model.selection import selected
from ledgermesh.spec.pointer import Pointer


@strawberry.enum(description="Where a project stands.")
class ProjectStatus(Enum):
    PENDING = "PENDING"
    OPEN = "OPEN"
    BILLED = "BILLED"
    CLOSED = "CLOSED"
    OTHER = "OTHER"


@declare.object_type(description="Work for a customer.")
class Project(Record):
    code: str | None = strawberry.field(description="Project number.")
    name: str | None = strawberry.field(description="Name.")
    description: str | None = strawberry.field(description="Text.")
    status: ProjectStatus | None = strawberry.field(description="Where it stands.")
    status_raw: str | None = strawberry.field(description="The provider's own word for the status.")
    start_date: dt.date | None = strawberry.field(description="First day.")
    end_date: dt.date | None = strawberry.field(description="Last day.")
    hours_estimated: Decimal | None = strawberry.field(description="Hours it is thought to take.")
    hourly_rate: Money | None = strawberry.field(description="Price of an hour.")
    party_name: str | None = strawberry.field(description="The customer's name.")
    party_ref: strawberry.Private[Pointer | None]

    @declare.field(description="The customer.")
    async def party(self, info: Info) -> Party | None:
        found: Party | None = await info.context.reach.follow(self, self.party_ref, selected(info))
        return found


@strawberry.enum(description="What a tracking category is.")
class TrackingKind(Enum):
    COST_CENTER = "COST_CENTER"
    ACTIVITY = "ACTIVITY"
    OTHER = "OTHER"


@declare.object_type(
    description="Something that time and cost are recorded on: a cost centre or an activity."
)
class TrackingCategory(Record):
    code: str | None = strawberry.field(description="Number.")
    name: str | None = strawberry.field(description="Name.")
    description: str | None = strawberry.field(description="Text.")
    kind: TrackingKind | None = strawberry.field(description="What it is.")
    kind_raw: str | None = strawberry.field(description="The provider's own word for its kind.")
    item_native_id: str | None = strawberry.field(
        description="The provider's id of the service it is billed as."
    )


@strawberry.enum(description="What a time entry records.")
class TimeKind(Enum):
    EFFORT = "EFFORT"
    PRESENCE = "PRESENCE"
    OTHER = "OTHER"


@declare.object_type(description="Time that somebody worked.")
class TimeEntry(Record):
    kind: TimeKind | None = strawberry.field(description="Work on something, or presence at work.")
    date: dt.date | None = strawberry.field(description="The day.")
    hours: Decimal | None = strawberry.field(description="Hours, decimal.")
    start_time: str | None = strawberry.field(description="HH:MM, local time of the company.")
    end_time: str | None = strawberry.field(description="HH:MM, local time of the company.")
    employee_native_id: str | None = strawberry.field(description="The provider's id of who worked.")
    employee_name: str | None = strawberry.field(description="Who worked.")
    activity_native_id: str | None = strawberry.field(description="The provider's id of the activity.")
    activity_name: str | None = strawberry.field(description="What was done.")
    subject_kind_raw: str | None = strawberry.field(
        description="The provider's own word for what it was done for: project, cost centre, customer."
    )
    subject_native_id: str | None = strawberry.field(description="The provider's id of that.")
    hourly_rate: Money | None = strawberry.field(description="Price of an hour.")
    invoiced: bool | None = strawberry.field(description="Whether it stands on an invoice already.")
    notes: str | None = strawberry.field(description="Text.")
    project_ref: strawberry.Private[Pointer | None]

    @declare.field(description="The project, where it was done for one.")
    async def project(self, info: Info) -> Project | None:
        found: Project | None = await info.context.reach.follow(self, self.project_ref, selected(info))
        return found


@declare.object_type(description="Somebody who works for the company.")
class Employee(Record):
    number: str | None = strawberry.field(description="Employee number.")
    display_name: str | None = strawberry.field(description="Name.")
    first_name: str | None = strawberry.field(description="Given name.")
    last_name: str | None = strawberry.field(description="Family name.")
    email: str | None = strawberry.field(description="E-mail address.")
    phone: str | None = strawberry.field(description="Telephone number as it was typed.")
    title: str | None = strawberry.field(description="Job title.")
    department: str | None = strawberry.field(description="Department.")
    status: RecordStatus | None = strawberry.field(description="Whether still employed.")
    hired_on: dt.date | None = strawberry.field(description="First day.")
    ended_on: dt.date | None = strawberry.field(description="Last day.")
    pay_frequency_raw: str | None = strawberry.field(description="The provider's own word for how often.")
    hourly_rate: Money | None = strawberry.field(description="Pay for an hour, where paid by the hour.")
    salary: Money | None = strawberry.field(description="Pay for a year, where salaried.")
    currency: str | None = strawberry.field(description="ISO 4217 code of the pay.")


@declare.object_type(description="One kind of pay.")
class Earning(Mapped):
    name: str | None = strawberry.field(description="For example regular, overtime, bonus.")
    hours: Decimal | None = strawberry.field(description="Hours, where paid by the hour.")
    amount: Money | None = strawberry.field(description="Pay before tax.")


@strawberry.enum(description="Who bears a payroll tax.")
class Payer(Enum):
    EMPLOYEE = "EMPLOYEE"
    EMPLOYER = "EMPLOYER"
    OTHER = "OTHER"


@declare.object_type(description="One tax on pay.")
class PayrollTax(Mapped):
    name: str | None = strawberry.field(description="Which tax.")
    payer: Payer | None = strawberry.field(description="Who bears it.")
    amount: Money | None = strawberry.field(description="The tax.")


@declare.object_type(description="What is kept from pay for something else than tax.")
class Deduction(Mapped):
    name: str | None = strawberry.field(description="What for.")
    pre_tax: bool | None = strawberry.field(
        description="Whether it lowers the taxed pay; null where not told."
    )
    amount: Money | None = strawberry.field(description="What is kept.")


@declare.object_type(description="A part of net pay and where it goes.")
class Disbursement(Mapped):
    method: str | None = strawberry.field(description="The provider's own word, for example check.")
    account: str | None = strawberry.field(
        description="The account it goes to, masked as the provider masks it."
    )
    amount: Money | None = strawberry.field(description="What is paid.")


@declare.object_type(
    description="One employee's pay in one payroll run: one row for each employee and check."
)
class PayrollEntry(Record):
    employee_name: str | None = strawberry.field(description="Name.")
    employee_number: str | None = strawberry.field(description="Employee number.")
    period_start: dt.date | None = strawberry.field(description="First day of the pay period.")
    period_end: dt.date | None = strawberry.field(description="Last day of the pay period.")
    check_date: dt.date | None = strawberry.field(description="Day of pay.")
    check_number: str | None = strawberry.field(description="Number of the check.")
    pay_frequency_raw: str | None = strawberry.field(description="The provider's own word for how often.")
    description: str | None = strawberry.field(description="Text.")
    currency: str | None = strawberry.field(description="ISO 4217 code of its amounts.")
    earnings: list[Earning] = strawberry.field(description="Every kind of pay that is not zero.")
    taxes: list[PayrollTax] = strawberry.field(description="Every tax that is not zero, of either payer.")
    deductions: list[Deduction] = strawberry.field(description="Every deduction that is not zero.")
    disbursements: list[Disbursement] = strawberry.field(description="Where net pay went, where told.")
    gross: Money | None = strawberry.field(description="Pay before taxes and deductions.")
    net: Money | None = strawberry.field(description="What the employee gets.")
    employee_ref: strawberry.Private[Pointer | None]

    @declare.field(description="Who is paid.")
    async def employee(self, info: Info) -> Employee | None:
        found: Employee | None = await info.context.reach.follow(self, self.employee_ref, selected(info))
        return found
