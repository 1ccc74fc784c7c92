"""Who the parties of the sandbox's world are, and what systems of one company know in common."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace

import pytest

from ledgermesh.sandbox.arithmetic import balance, totals
from ledgermesh.sandbox.bossinsights.mirror import TAKEN
from ledgermesh.sandbox.world import World, make_world
from ledgermesh.sandbox.world.parties import SHARED
from tests.sandbox.worlds import TODAY, taken_over


@pytest.fixture(scope="module", params=[1, 2, 3])
def world(request: pytest.FixtureRequest) -> World:
    return make_world(today=TODAY, seed=request.param)


def test_systems_of_a_company_share_customers_who_can_be_recognised(world: World) -> None:
    """Some customers of two systems agree in e-mail or tax number, and most differ otherwise.

    Besides those that one system took over from another as they are.
    """
    for company in world.companies:
        first, *others = [books for (key, _), books in world.books.items() if key == company]
        for other in others:
            copied = taken_over(other, "customers")
            own = [party for party in other.parties if party.number not in copied]
            pairs = [(one, two) for one in first.parties for two in own if same(one, two)]
            assert SHARED == len(pairs) == len({one.number for one, _ in pairs})
            differing = [pair for pair in pairs if details(pair[0]) != details(pair[1])]
            assert len(differing) >= len(pairs) * 2 // 3
            assert any(two.email is None for _, two in pairs)
            assert any(one.name != two.name for one, two in pairs)
            assert any(one.phone != two.phone for one, two in pairs)
            assert any(one.street != two.street for one, two in pairs)


def same(one: object, two: object) -> bool:
    return any(
        getattr(one, name) is not None and getattr(one, name) == getattr(two, name)
        for name in ("email", "tax_number")
    )


def details(party: object) -> tuple[object, ...]:
    names = ("name", "email", "phone", "street", "postcode", "website", "notes", "payment_terms_days")
    return tuple(getattr(party, name) for name in names)


def test_what_is_taken_over_is_equal_in_both_books(world: World) -> None:
    """Invoices with their payments and customers: the same numbers, days, lines, totals and balances in both."""
    for books in world.of("bossinsights"):
        source = world.books[books.company, "kashoo"]
        copied = taken_over(books, "invoices")
        assert len(copied) == TAKEN
        parties, payments = set(), set()
        for number in copied:
            mine, theirs = books.invoice(number), source.invoice(number)
            assert mine is not None
            assert theirs is not None
            assert mine == theirs and mine is not theirs
            assert totals(books, mine) == totals(source, theirs)
            assert balance(books, mine) == balance(source, theirs)
            assert books.settlements(mine) == source.settlements(theirs)
            payments |= {row.number for row in books.settlements(mine)}
            parties.add(mine.party)
        assert taken_over(books, "receipts") == payments
        assert taken_over(books, "customers") == parties
        for number in parties:
            known = source.party(number)
            assert known is not None
            assert books.party(number) == replace(known, supplier=False)
        newest = max(paper.date for paper in books.invoices if paper.number in copied)
        assert newest > TODAY - dt.timedelta(days=40)


def test_nobody_real_is_reached(world: World) -> None:
    """Mail and web addresses lie below the example domains, telephone numbers in unassigned ranges."""
    fiction = (
        r"\+1 \d{3} 555 01\d\d|\+44 20 7946 0\d{3}|\+44 1\d\d 496 0\d{3}|\+41 \d\d 000 \d\d \d\d"
        r"|\+49 (89 99998|40 66969|30 23125) \d{3}|\+33 (1 99 00|4 65 71) \d\d \d\d|\+81 78 000 \d{4}"
    )
    retyped = r"\(\d{3}\) 555-01\d\d|020 7946 0\d{3}|01\d\d 496 0\d{3}|0\d\d 000 \d\d \d\d"
    for books in world.books.values():
        for employee in books.more.employees:
            assert re.fullmatch(r"staff\d+@[a-z0-9-]+\.example\.com", employee.email or "")
            assert re.fullmatch(fiction, employee.phone or "")
        for party in books.parties:
            assert party.email is None or re.fullmatch(
                r"[a-z0-9.-]+@[a-z0-9-]+\.example\.(com|org|net)", party.email
            )
            assert party.website is None or re.fullmatch(
                r"https://www\.[a-z0-9-]+\.example\.(com|org|net)", party.website
            )
            assert party.phone is not None
            assert re.fullmatch(f"{fiction}|{retyped}", party.phone), party.phone
