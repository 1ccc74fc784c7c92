"""Projects, cost units, activities, efforts and working hours: how they are shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from operator import attrgetter

from ledgermesh.sandbox.office_books import Activity, CostUnit, Effort, Project, WorkSpan
from ledgermesh.sandbox.smallinvoice.answers import number, timestamp
from ledgermesh.sandbox.smallinvoice.configuration import UserRow
from ledgermesh.sandbox.smallinvoice.contacts import VIEW_EDIT, ContactRow
from ledgermesh.sandbox.smallinvoice.table import Shape

ENTITIES = {"project": "P", "cost_unit": "CU", "party": "C"}
TARGETS = {word: target for target, word in ENTITIES.items()}
STATUS = {"open": "O", "closed": "C", "billed": "B", "pending": "P"}
STATES = {word: state for state, word in STATUS.items()}


@dataclass(eq=False)
class ProjectRow:
    """A project for a contact."""

    id: int
    record: Project
    contact: ContactRow
    entered: Mapping[str, object]


@dataclass(eq=False)
class CostUnitRow:
    """Something that costs are assigned to."""

    id: int
    record: CostUnit
    entered: Mapping[str, object]


@dataclass(eq=False)
class ActivityRow:
    """A kind of work."""

    id: int
    record: Activity
    service_id: int | None
    entered: Mapping[str, object]


@dataclass(eq=False)
class EffortRow:
    """Time spent on something."""

    id: int
    record: Effort
    user: UserRow
    entity_id: int
    activity: ActivityRow | None
    entered: Mapping[str, object]


@dataclass(eq=False)
class WorkRow:
    """A span of working hours."""

    id: int
    record: WorkSpan
    user: UserRow
    entered: Mapping[str, object]


PROJECT: Shape[ProjectRow] = Shape(
    "Project",
    {
        "id": attrgetter("id"),
        "number": attrgetter("record.number"),
        "contact_id": attrgetter("contact.id"),
        "name": attrgetter("record.name"),
        "description": attrgetter("record.description"),
        "start_date": lambda row: row.record.start.isoformat(),
        "hours_estimated": lambda row: number(row.record.hours_estimated),
        "hourly_rate": lambda row: number(row.record.hourly_rate),
        "status": lambda row: STATUS[row.record.state],
    },
    {"contact_name": attrgetter("contact.party.name"), "permissions": lambda _: VIEW_EDIT},
    "name",
    (attrgetter("record.number"), attrgetter("record.name"), attrgetter("contact.party.name")),
)
COST_UNIT: Shape[CostUnitRow] = Shape(
    "CostUnit",
    {
        "id": attrgetter("id"),
        **{name: attrgetter(f"record.{name}") for name in ("number", "name", "description", "type")},
    },
    {"permissions": lambda _: VIEW_EDIT},
    "name",
    (attrgetter("record.number"), attrgetter("record.name"), attrgetter("record.description")),
)
ACTIVITY: Shape[ActivityRow] = Shape(
    "Activity",
    {
        "id": attrgetter("id"),
        "name": attrgetter("record.name"),
        "service_id": attrgetter("service_id"),
        "use_service_price": attrgetter("record.item_price"),
    },
    {"permissions": lambda _: VIEW_EDIT},
    "name",
    (attrgetter("record.name"),),
)
EFFORT: Shape[EffortRow] = Shape(
    "Effort",
    {
        "id": attrgetter("id"),
        "user_id": attrgetter("user.id"),
        "entity_type": lambda row: ENTITIES[row.record.target],
        "entity_id": attrgetter("entity_id"),
        "duration": lambda row: number(row.record.hours),
        "date": lambda row: row.record.date.isoformat(),
        "activity_id": lambda row: row.activity.id if row.activity else None,
        "notes": attrgetter("record.notes"),
        "is_invoiced": attrgetter("record.invoiced"),
        "updated": lambda row: timestamp(row.record.updated_at),
        "hourly_rate": lambda row: number(row.record.hourly_rate),
    },
    {
        "user_name": attrgetter("user.name"),
        "activity_name": lambda row: row.activity.record.name if row.activity else None,
        "permissions": lambda _: VIEW_EDIT,
    },
    "-date,-duration",
    (attrgetter("record.notes"), attrgetter("user.name")),
)
WORKING_HOURS: Shape[WorkRow] = Shape(
    "WorkingHours",
    {
        "id": attrgetter("id"),
        "user_id": attrgetter("user.id"),
        "date": lambda row: row.record.date.isoformat(),
        "time_start": lambda row: row.record.start.isoformat("minutes"),
        "time_end": lambda row: row.record.end.isoformat("minutes"),
        "created": lambda row: timestamp(row.record.created_at),
    },
    {"user_name": attrgetter("user.name"), "permissions": lambda _: VIEW_EDIT},
    "-date,-time_start",
    (attrgetter("user.name"),),
)
