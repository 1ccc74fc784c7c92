"""Projects, cost units, activities and the time spent: smallinvoice API v2."""

from __future__ import annotations

from decimal import Decimal

from ledgermesh.model.work import Project, ProjectStatus, TimeEntry, TimeKind, TrackingCategory, TrackingKind
from ledgermesh.providers.smallinvoice import quirks
from ledgermesh.providers.smallinvoice.lists import (
    NAMED_PARTY,
    PERMISSIONS,
    expanded,
    listed,
    local,
    single,
    sort_by,
)
from ledgermesh.spec.leaves import day, decimal, flag, money, one_of, text
from ledgermesh.spec.pointer import Pointer
from ledgermesh.spec.resource import Resource
from ledgermesh.spec.wires import Wire, constant, fields, made


def named(path: str, resource: str) -> Wire:
    """The id of a record of a named resource, as the record itself shows it."""
    return made(str, path, read=quirks.full_id(path, resource), transform="full_id")


PROJECTS = Resource(
    kind="Project",
    list=listed("/reporting/projects"),
    get=single("/reporting/projects"),
    fields=fields(
        Project,
        native_id=text("id"),
        code=text("number"),
        name=text("name"),
        description=text("description"),
        status=one_of(
            "status",
            {
                "P": ProjectStatus.PENDING,
                "O": ProjectStatus.OPEN,
                "B": ProjectStatus.BILLED,
                "C": ProjectStatus.CLOSED,
            },
            other=ProjectStatus.OTHER,
        ),
        status_raw=text("status"),
        start_date=day("start_date"),
        hours_estimated=decimal("hours_estimated"),
        # Assumed: hourly rates are in the company's currency; no document says it.
        hourly_rate=money("hourly_rate", currency="@currency"),
        party_name=expanded("contact_name"),
        party_ref=NAMED_PARTY,
    ),
    omitted=PERMISSIONS,
)

ACTIVITIES = Resource(
    kind="TrackingCategory",
    name="activity",
    list=listed("/reporting/activities"),
    get=single("/reporting/activities"),
    fields=fields(
        TrackingCategory,
        native_id=text("id"),
        name=text("name"),
        kind=constant(TrackingKind.ACTIVITY),
        item_native_id=named("service_id", "service"),
    ),
    omitted={
        "use_service_price": "What an hour of an activity costs is not carried; efforts carry their rate.",
        **PERMISSIONS,
    },
)

COST_UNITS = Resource(
    kind="TrackingCategory",
    name="cost_unit",
    list=listed("/reporting/cost-units"),
    get=single("/reporting/cost-units"),
    fields=fields(
        TrackingCategory,
        native_id=text("id"),
        code=text("number"),
        name=text("name"),
        description=text("description"),
        kind=constant(TrackingKind.COST_CENTER),
        kind_raw=text("type"),
    ),
    omitted=PERMISSIONS,
)

TIME_WIRES: dict[str, Wire] = {
    "native_id": text("id"),
    "date": day("date"),
    "employee_native_id": text("user_id"),
    "employee_name": expanded("user_name"),
}

EFFORTS = Resource(
    kind="TimeEntry",
    name="effort",
    list=listed("/reporting/efforts", sorts=(sort_by("date", "date"),)),
    get=single("/reporting/efforts"),
    fields=fields(
        TimeEntry,
        **TIME_WIRES,
        kind=constant(TimeKind.EFFORT),
        hours=decimal("duration"),
        activity_native_id=named("activity_id", "activity"),
        activity_name=expanded("activity_name"),
        subject_kind_raw=text("entity_type"),
        subject_native_id=made(
            str, "entity_type", "entity_id", read=quirks.subject_id, transform="subject_id"
        ),
        project_ref=made(
            Pointer, "entity_type", "entity_id", read=quirks.project_of_effort, transform="ref_of_type"
        ),
        hourly_rate=money("hourly_rate", currency="@currency"),
        invoiced=flag("is_invoiced"),
        notes=text("notes"),
        updated_at=local("updated"),
    ),
    omitted=PERMISSIONS,
)

WORKING_HOURS = Resource(
    kind="TimeEntry",
    name="working_hours",
    list=listed("/reporting/working-hours", sorts=(sort_by("date", "date"),)),
    get=single("/reporting/working-hours"),
    fields=fields(
        TimeEntry,
        **TIME_WIRES,
        kind=constant(TimeKind.PRESENCE),
        hours=made(Decimal, "time_start", "time_end", read=quirks.hours_between, transform="hours_between"),
        start_time=text("time_start"),
        end_time=text("time_end"),
        created_at=local("created"),
    ),
    omitted=PERMISSIONS,
)
