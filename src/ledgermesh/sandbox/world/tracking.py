"""Projects, cost units, kinds of work, and the time that people spend on them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal

from ledgermesh.sandbox.books import Books
from ledgermesh.sandbox.office_books import Activity, CostUnit, Effort, Project, User, WorkSpan
from ledgermesh.sandbox.world.setting import Setting

PROJECTS, EFFORTS, SPANS = 16, 120, 60
_USERS = (("Mara", "Steiner"), ("Reto", "Ammann"))
_COST_UNITS = (
    ("100", "Verwaltung", "U"),
    ("200", "Produktion", "P"),
    ("210", "Verkauf & Beratung", "P"),
    (None, "Weiterbildung", "U"),
)
_WORK = ("Planung", "Umsetzung", "Sitzung", "Reise")
_STATES = ("open", "open", "closed", "billed", "pending")
_HOURS = tuple(Decimal(text) for text in ("0.25", "0.5", "1", "1.5", "2.75", "4", "6.5", "8.4"))
_QUARTER = 15


def fill(books: Books, setting: Setting) -> None:
    """Fill this part of the office; parties and items must be there."""
    office = books.office
    office.users = [User(str(index), *name) for index, name in enumerate(_USERS, 1)]
    office.cost_units = [
        CostUnit(str(index), number, name, None if index % 2 else f"{name} insgesamt", type)
        for index, (number, name, type) in enumerate(_COST_UNITS, 1)
    ]
    services = [item.number for item in books.items if item.service]
    office.activities = [
        Activity(
            str(index), name, services[index % len(services)] if index < 3 and services else None, index == 1
        )
        for index, name in enumerate(_WORK, 1)
    ]
    office.projects = list(_projects(books, setting))
    office.efforts = list(_efforts(books, setting))
    office.working_hours = list(_spans(setting))


def _projects(books: Books, setting: Setting) -> Iterator[Project]:
    customers = [party for party in books.parties if party.customer]
    for index, day in enumerate(setting.span.dates(setting.rng, PROJECTS)):
        party = customers[int(setting.rng.random() * len(customers))]
        yield Project(
            id=str(index + 1),
            number=str(1001 + index),
            party=party.number,
            name=f"{party.name.partition(' ')[0]} {day.year}/{index + 1}",
            description=None if index % 3 else "Phase 1 & 2",
            start=day,
            hours_estimated=Decimal(20 + index * 5) if index % 4 else None,
            hourly_rate=Decimal(145) if index % 3 else None,
            state=_STATES[index % len(_STATES)],
        )


def _efforts(books: Books, setting: Setting) -> Iterator[Effort]:
    office = books.office
    for index, day in enumerate(setting.span.dates(setting.rng, EFFORTS)):
        target, id = "project", office.projects[index % len(office.projects)].id
        if index % 6 == 4:
            target, id = "cost_unit", office.cost_units[index % len(office.cost_units)].id
        elif index % 6 == 5:
            target, id = "party", books.parties[index % len(books.parties)].number
        yield Effort(
            id=str(index + 1),
            user=("", "1", "2")[index % 3],
            target=target,
            target_id=id,
            hours=_HOURS[int(setting.rng.random() * len(_HOURS))],
            date=day,
            activity=None if index % 7 == 6 else office.activities[index % len(office.activities)].id,
            notes="Gemäss Absprache" if index % 5 == 0 else None,
            invoiced=index % 4 == 0,
            hourly_rate=Decimal("152.50") if target != "cost_unit" else None,
            updated_at=setting.span.instant(setting.rng, day),
        )


def _spans(setting: Setting) -> Iterator[WorkSpan]:
    for index, day in enumerate(setting.span.dates(setting.rng, SPANS)):
        start = 7 * 60 + _QUARTER * int(setting.rng.random() * 8)
        end = start + _QUARTER * (12 + int(setting.rng.random() * 20))
        yield WorkSpan(
            id=str(index + 1),
            user=("", "1")[index % 2],
            date=day,
            start=dt.time(start // 60, start % 60),
            end=dt.time(end // 60, end % 60),
            created_at=setting.span.instant(setting.rng, day),
        )
