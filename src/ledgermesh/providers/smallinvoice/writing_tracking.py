"""Writing projects, cost units, efforts and working hours: smallinvoice API v2."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Final

from ledgermesh.model.work import TimeKind, TrackingKind
from ledgermesh.providers.smallinvoice.writing_encodings import (
    CREATE,
    amount,
    bare,
    clock,
    crud,
    day,
    filled,
    fixed,
    given,
    names,
    numbered,
    optional,
    share,
    stamp,
    words,
)
from ledgermesh.spec.write import Draft, Problem, Put, Search, Target, Values, Writes

PROJECTS: Writes = crud(
    "Project",
    "/reporting/projects",
    {
        "party": names("Party", "contact_id", clear=False, required=True),
        "code": numbered("number"),
        "name": filled("name", required=True),
        "description": words("description"),
        "start_date": given("start_date", day, required=True),
        "hours_estimated": optional("hours_estimated", share),
        "hourly_rate": optional("hourly_rate", amount),
    },
    repeat=Search(("party", "name", "start_date")),
)

COST_UNITS: Writes = crud(
    "TrackingCategory",
    "/reporting/cost-units",
    {
        "kind": fixed(
            TrackingKind.COST_CENTER, "only cost centres are written; activities are set up by hand"
        ),
        "code": words("number"),
        "name": filled("name", required=True),
        "description": words("description"),
        "kind_raw": filled("type", required=True, words=("P", "U")),
    },
    resource="cost_unit",
    repeat=Search(("name", "kind_raw")),
)


# -- efforts -----------------------------------------------------------------------------------------------------------

_SUBJECTS: Final = {"Project": "P", "TrackingCategory": "CU", "Party": "C"}


def _letter(target: Target) -> str:
    if target.kind not in _SUBJECTS or target.native_id.startswith("activity:"):
        raise ValueError("an effort is for a project, a cost unit or a contact")
    return _SUBJECTS[target.kind]


def _subject(value: Target | None, draft: Draft) -> Mapping[str, object]:
    if value is None:
        raise ValueError("an effort is for something")
    own = draft.values.get("subject_kind_raw")
    if own not in (None, _letter(value)):
        raise ValueError(f"this is {_letter(value)} at smallinvoice, not {own}")
    return {"entity_type": _letter(value), "entity_id": bare(value)}


def _project(value: Target | None, draft: Draft) -> Mapping[str, object]:
    """The project says what it is for, or repeats it."""
    subject = draft.values.get("subject")
    if value is None:
        return {}
    if isinstance(subject, Target) and (subject.kind, subject.native_id) != ("Project", value.native_id):
        raise ValueError("subject names something else")
    return {"entity_type": "P", "entity_id": bare(value)}


def _for_something(draft: Draft) -> Iterable[Problem]:
    if draft.verb == "CREATE" and not (draft.values.get("subject") or draft.values.get("project")):
        yield Problem("subject", "smallinvoice needs it", "REQUIRED")


def _hours(value: Decimal) -> Decimal:
    if value <= 0:
        raise ValueError("hours are above zero")
    return value


EFFORTS: Writes = crud(
    "TimeEntry",
    "/reporting/efforts",
    {
        "kind": fixed(TimeKind.EFFORT, "an effort stays one", required=True),
        "subject": Put(
            encode=_subject,
            kind="Project|TrackingCategory|Party",
            required_if="project is not given",
            verbs=CREATE,
        ),
        "subject_kind_raw": Put(silent=True, words=tuple(_SUBJECTS.values()), verbs=CREATE),
        "project": Put(encode=_project, kind="Project", verbs=CREATE),
        "date": given("date", day, required=True),
        "hours": given("duration", _hours, required=True),
        "activity": names("TrackingCategory", "activity_id", resource="activity"),
        "hourly_rate": optional("hourly_rate", amount),
        "invoiced": given("is_invoiced"),
        "notes": words("notes"),
    },
    resource="effort",
    repeat=stamp("notes"),
    checks=(_for_something,),
)


# -- working hours -----------------------------------------------------------------------------------------------------


def _is_presence(values: Values) -> bool:
    return values.get("kind") is TimeKind.PRESENCE


WORKING_HOURS: Writes = crud(
    "TimeEntry",
    "/reporting/working-hours",
    {
        "kind": fixed(TimeKind.PRESENCE, "working hours stay such", required=True),
        "date": given("date", day, required=True),
        "start_time": filled("time_start", clock, required=True),
        "end_time": filled("time_end", clock, required=True),
    },
    resource="working_hours",
    applies=_is_presence,
    repeat=Search(("kind", "date", "start_time", "end_time")),
)

# Presence comes first: of a new entry the first whose kind it is takes it, and efforts take what names no kind.
TRACKING_WRITES: Writes = (*PROJECTS, *COST_UNITS, *WORKING_HOURS, *EFFORTS)
