"""Writing projects, cost units, efforts and working hours."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from ledgermesh.sandbox.office_books import CostUnit, Effort, Project, WorkSpan
from ledgermesh.sandbox.smallinvoice.assigning import (
    Home,
    assign,
    day,
    exact,
    maybe_named,
    named,
    taken,
    wrong_value,
)
from ledgermesh.sandbox.smallinvoice.company import Company
from ledgermesh.sandbox.smallinvoice.errors import Wrong
from ledgermesh.sandbox.smallinvoice.fields import (
    UNSET,
    VALUE,
    Form,
    Values,
    amount,
    between,
    clock,
    filled,
    one_of,
    optional,
    positive,
    required,
    share,
    switch,
    text,
)
from ledgermesh.sandbox.smallinvoice.fields import day as day_field
from ledgermesh.sandbox.smallinvoice.store import fresh_id, next_number
from ledgermesh.sandbox.smallinvoice.tracking import (
    STATES,
    TARGETS,
    CostUnitRow,
    EffortRow,
    ProjectRow,
    WorkRow,
)

_FIRST_NUMBER = 1000
_ID = between(1, 10**10)
_RATE_OF_AN_HOUR = Home("hourly_rate", exact)
_PROJECT: Mapping[str, Home] = {
    **{key: Home(key) for key in ("number", "name", "description")},
    "start_date": day("start"),
    "hours_estimated": Home("hours_estimated", exact),
    "hourly_rate": _RATE_OF_AN_HOUR,
}
_COST_UNIT: Mapping[str, Home] = {key: Home(key) for key in ("number", "name", "description", "type")}
_EFFORT: Mapping[str, Home] = {
    "duration": Home("hours", exact),
    "date": day("date"),
    "notes": Home("notes"),
    "is_invoiced": Home("invoiced"),
    "hourly_rate": _RATE_OF_AN_HOUR,
}
_WORK: Mapping[str, Home] = {
    "date": day("date"),
    "time_start": Home("start", dt.time.fromisoformat),
    "time_end": Home("end", dt.time.fromisoformat),
}


class Projects:
    """Projects for contacts."""

    limited = ""
    form = Form(
        (
            optional("number", filled, UNSET),
            required("contact_id", _ID),
            required("name", filled),
            optional("description", text),
            required("start_date", day_field),
            optional("hours_estimated", share),
            optional("hourly_rate", amount),
        )
    )

    def create(self, company: Company, values: Values, parent: object) -> int:
        projects = company.books.office.projects
        numbers = {each.number for each in projects if each.number}
        number = values.get("number") or next_number(numbers, _FIRST_NUMBER)
        if number in numbers:
            raise taken("number")
        party = named(company.contacts, values, "contact_id").party.number
        id = fresh_id({each.id for each in projects})
        project = Project(id, number, party, "", None, company.today, None, None)
        assign(project, {**values, "number": number}, _PROJECT)
        projects.append(project)
        return company.store.ids.of("project", id)

    def change(self, company: Company, row: ProjectRow, values: Values) -> None:
        number = values.get("number")
        if number and any(
            each.number == number and each is not row.record for each in company.books.office.projects
        ):
            raise taken("number")
        if "contact_id" in values:
            row.record.party = named(company.contacts, values, "contact_id").party.number
        assign(row.record, values, _PROJECT)

    def remove(self, company: Company, rows: Sequence[ProjectRow]) -> None:
        """The time spent on them goes with them."""
        for row in rows:
            company.books.office.projects.remove(row.record)
            _drop_efforts(company, "project", row.record.id)
            company.store.forget("project", row.record.id)


PROJECT_STATUS = Form((required("status", one_of(*STATES)),))


def set_project_status(company: Company, row: ProjectRow, values: Values) -> None:
    """O, C, B or P."""
    row.record.state = STATES[values["status"]]


class CostUnits:
    """Cost units."""

    limited = ""
    form = Form(
        (
            optional("number", text),
            required("name", filled),
            optional("description", text),
            required("type", one_of("P", "U")),
        )
    )

    def create(self, company: Company, values: Values, parent: object) -> int:
        units = company.books.office.cost_units
        unit = CostUnit(fresh_id({each.id for each in units}), None, "", None, "")
        assign(unit, values, _COST_UNIT)
        units.append(unit)
        return company.store.ids.of("cost unit", unit.id)

    def change(self, company: Company, row: CostUnitRow, values: Values) -> None:
        assign(row.record, values, _COST_UNIT)

    def remove(self, company: Company, rows: Sequence[CostUnitRow]) -> None:
        """The time spent on them goes with them."""
        for row in rows:
            company.books.office.cost_units.remove(row.record)
            _drop_efforts(company, "cost_unit", row.record.id)
            company.store.forget("cost unit", row.record.id)


def _drop_efforts(company: Company, target: str, id: str) -> None:
    efforts = company.books.office.efforts
    for each in [each for each in efforts if (each.target, each.target_id) == (target, id)]:
        efforts.remove(each)
        company.store.forget("effort", each.id)


class Efforts:
    """Time spent; by the owner of the token, on something that stays the same."""

    limited = ""
    form = Form(
        (
            required("entity_type", one_of(*TARGETS)),
            required("entity_id", _ID),
            required("duration", positive),
            required("date", day_field),
            optional("activity_id", _ID),
            optional("notes", text),
            switch("is_invoiced"),
            optional("hourly_rate", amount),
        ),
        fixed=frozenset(("entity_type", "entity_id")),
    )

    def create(self, company: Company, values: Values, parent: object) -> int:
        efforts, now = company.books.office.efforts, company.store.now()
        target = TARGETS[values["entity_type"]]
        id = fresh_id({each.id for each in efforts})
        effort = Effort(
            id=id,
            user="",
            target=target,
            target_id=_target_id(company, target, values),
            hours=Decimal(0),
            date=company.today,
            activity=None,
            notes=None,
            invoiced=False,
            hourly_rate=None,
            updated_at=now,
        )
        self._assign(company, effort, values)
        efforts.append(effort)
        return company.store.ids.of("effort", id)

    def change(self, company: Company, row: EffortRow, values: Values) -> None:
        self._assign(company, row.record, values)

    def remove(self, company: Company, rows: Sequence[EffortRow]) -> None:
        for row in rows:
            company.books.office.efforts.remove(row.record)
            company.store.forget("effort", row.record.id)

    def _assign(self, company: Company, effort: Effort, values: Values) -> None:
        activity = maybe_named(company.activities, values, "activity_id")
        if "activity_id" in values:
            effort.activity = activity.record.id if activity else None
        assign(effort, values, _EFFORT)
        effort.updated_at = company.store.now()


def _target_id(company: Company, target: str, values: Values) -> str:
    if target == "party":
        return named(company.contacts, values, "entity_id").party.number
    if target == "project":
        return named(company.projects, values, "entity_id").record.id
    return named(company.cost_units, values, "entity_id").record.id


def _end_after_start(values: Mapping[str, Any]) -> Iterable[Wrong]:
    if {"time_start", "time_end"} <= values.keys() and values["time_end"] <= values["time_start"]:
        yield Wrong("time_end", VALUE, "must be later than time_start")


class WorkingHours:
    """Spans of working hours."""

    limited = ""
    form = Form(
        (
            optional("user_id", _ID),
            required("date", day_field),
            required("time_start", clock),
            required("time_end", clock),
        ),
        also=_end_after_start,
    )

    def create(self, company: Company, values: Values, parent: object) -> int:
        spans, now = company.books.office.working_hours, company.store.now()
        id = fresh_id({each.id for each in spans})
        span = WorkSpan(id, "", now.date(), dt.time(), dt.time(), now)
        self._assign(company, span, values)
        spans.append(span)
        return company.store.ids.of("working hours", id)

    def change(self, company: Company, row: WorkRow, values: Values) -> None:
        shown = {
            "time_start": row.record.start.isoformat("minutes"),
            "time_end": row.record.end.isoformat("minutes"),
        }
        for _ in _end_after_start({**shown, **values}):
            raise wrong_value("time_end", "must be later than time_start")
        self._assign(company, row.record, values)

    def remove(self, company: Company, rows: Sequence[WorkRow]) -> None:
        for row in rows:
            company.books.office.working_hours.remove(row.record)
            company.store.forget("working hours", row.record.id)

    def _assign(self, company: Company, span: WorkSpan, values: Values) -> None:
        if values.get("user_id") is not None:
            users = {row.id: row.record.id for row in company.users.values()}
            if values["user_id"] not in users:
                raise wrong_value("user_id")
            span.user = users[values["user_id"]]
        assign(span, values, _WORK)
