"""What the demo companies' offices keep beside their invoices."""

from __future__ import annotations

from typing import Any

import pytest

from ledgermesh.sandbox.arithmetic import totals
from ledgermesh.sandbox.books import Books
from ledgermesh.sandbox.smallinvoice import KEEPER
from ledgermesh.sandbox.world import World, make_world
from tests.sandbox.smallinvoice_desk import START


def world_of(seed: int, scale: int = 0) -> World:
    return make_world(today=START.date(), seed=seed, scale=scale, keepers={"smallinvoice": KEEPER})


@pytest.fixture(scope="module", params=[1, 2])
def shelf(request: pytest.FixtureRequest) -> list[Books]:
    return world_of(request.param).of("smallinvoice")


def test_every_office_keeps_something_of_each_kind(shelf: list[Books]) -> None:
    """And documents and projects of every state."""
    for books in shelf:
        kept = vars(books.office)
        assert {name for name, rows in kept.items() if not rows} == {"categories"}
        assert {paper.state for paper in books.office.offers} == {
            "sent",
            "accepted",
            "declined",
            "billed",
            "draft",
        }
        assert {paper.state for paper in books.office.delivery_notes} == {"sent", "billed", "draft"}
        assert {project.state for project in books.office.projects} == {"open", "closed", "billed", "pending"}
        assert {letter.state for letter in books.office.letters} == {"sent", "draft"}
        assert all(totals(books, paper).total >= 0 for paper in books.office.offers)


def test_names_lead_somewhere(shelf: list[Books]) -> None:
    """Parties, items, projects, cost units, activities and users that a record names are there; ids are unique."""
    for books in shelf:
        office, parties = books.office, {party.number for party in books.parties}
        papers = [*office.offers, *office.order_confirmations, *office.delivery_notes]
        named: list[Any] = [*papers, *office.letters, *office.reminders, *office.people, *office.addresses]
        assert {each.party for each in (*named, *office.party_accounts, *office.projects)} <= parties
        assert {member for group in office.groups for member in group.members} <= parties
        assert all(books.item(line.item) for paper in papers for line in paper.lines if line.item)
        targets = {
            "party": parties,
            "project": {each.id for each in office.projects},
            "cost_unit": {each.id for each in office.cost_units},
        }
        assert all(effort.target_id in targets[effort.target] for effort in office.efforts)
        users = {"", *(user.id for user in office.users)}
        assert {effort.user for effort in office.efforts} | {
            span.user for span in office.working_hours
        } <= users
        kinds = (office.people, office.letters, office.reminders, office.projects, office.efforts)
        ids = [[row.id for row in rows] for rows in kinds]
        assert [len(set(each)) for each in ids] == [len(each) for each in ids]
        assert all(span.start < span.end for span in office.working_hours)


def test_offices_depend_on_the_seed_and_not_on_the_scale() -> None:
    """The same seed makes the same; more invoices make no more of these."""
    first, again, other, scaled = (
        world_of(seed, scale) for seed, scale in ((3, 0), (3, 0), (4, 0), (3, 900))
    )
    offices = [made.books["grand-tour", "smallinvoice"].office for made in (first, again, other, scaled)]
    assert offices[0] == offices[1]
    assert offices[0] != offices[2]
    counts = [{name: len(rows or ()) for name, rows in vars(office).items()} for office in offices]
    assert {name: counts[3][name] for name in ("offers", "letters", "projects", "efforts")} == {
        name: counts[0][name] for name in ("offers", "letters", "projects", "efforts")
    }
