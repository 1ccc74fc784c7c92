"""What must be true of the sandbox's world."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import fields
from decimal import Decimal
from typing import Any

import pytest

from ledgermesh.sandbox.arithmetic import balance, digits, rounded, totals
from ledgermesh.sandbox.books import Books, Paper, Settlement
from ledgermesh.sandbox.bossinsights.mirror import TAKEN
from ledgermesh.sandbox.office_books import OfficeBooks
from ledgermesh.sandbox.world import World, make_world
from ledgermesh.sandbox.world.companies import COMPANIES
from ledgermesh.sandbox.world.keeper import Keeper
from ledgermesh.sandbox.world.setting import Setting
from tests.sandbox.worlds import FULL, INVOICING, TODAY, kept_by, more_papers, taken_over


@pytest.fixture(scope="module", params=[1, 2, 3])
def world(request: pytest.FixtureRequest) -> World:
    return make_world(today=TODAY, seed=request.param)


def everywhere(world: World, kind: str) -> list[Paper]:
    return [paper for books in world.books.values() for paper in getattr(books, kind)]


NUMBERED = ("accounts", "parties", "items", "invoices", "bills", "receipts", "disbursements", "journals")


def settled(books: Books) -> Iterator[tuple[str, Settlement]]:
    yield from (("invoice", row) for row in books.receipts)
    yield from (("bill", row) for row in books.disbursements)


def test_the_same_arguments_make_the_same_world() -> None:
    """Day, seed and scale decide everything; another seed makes other books."""
    first, again, other = (make_world(today=TODAY, seed=seed, scale=30) for seed in (5, 5, 6))

    assert first.books == again.books
    assert first.books != other.books


@pytest.mark.parametrize(
    "today", [dt.date(2024, 2, 29), dt.date(2026, 1, 1), dt.date(2026, 12, 31), dt.date(2027, 3, 31)]
)
def test_any_day_will_do(today: dt.date) -> None:
    """It can be made on leap days and at the ends of months and years, and reaches two years back."""
    books = make_world(today=today).books["grand-tour", "kashoo"]

    dates = [paper.date for paper in books.invoices]
    assert (today, 24) == (max(dates), (today.year - min(dates).year) * 12 + today.month - min(dates).month)


def test_who_keeps_books_where(world: World) -> None:
    """Each company's books lie with the providers it uses, each in the provider's home currency."""
    assert {
        "maple-bakery": {"kashoo": "CAD", "accountsos": "GBP"},
        "alpine-studio": {"smallinvoice": "CHF", "kashoo": "CAD", "bossinsights": "CAD"},
        "harbour-legal": {"trulysmall": "CAD", "accountsos": "GBP", "smallinvoice": "CHF"},
        "grand-tour": {
            "kashoo": "CAD",
            "trulysmall": "CAD",
            "accountsos": "GBP",
            "smallinvoice": "CHF",
            "bossinsights": "CAD",
        },
    } == {
        company: {
            provider: books.currency for (key, provider), books in world.books.items() if key == company
        }
        for company in world.companies
    }
    assert [books.company for books in world.of("smallinvoice")] == [
        "alpine-studio",
        "harbour-legal",
        "grand-tour",
    ]
    assert [books.company for books in world.of("trulysmall")] == ["harbour-legal", "grand-tour"]
    assert [books.company for books in world.of("bossinsights")] == ["alpine-studio", "grand-tour"]


def test_a_keeper_is_shown_what_was_filled_before() -> None:
    """The company's other books, filled, in the order in which it joined the providers; not to be replaced."""
    seen: dict[tuple[str, str], list[str]] = {}

    def fill(books: Books, setting: Setting) -> None:
        assert all(other.parties and other.company == books.company for other in setting.others.values())
        seen[books.company, books.provider] = list(setting.others)
        books.parties = setting.known
        with pytest.raises(TypeError):
            setting.others[books.provider] = books  # type: ignore[index]  # that is the point

    keepers = {provider: Keeper("CAD", "CA", fill) for company in COMPANIES for provider in company.books}
    make_world(today=TODAY, keepers=keepers)
    joined = {company.key: list(company.books) for company in COMPANIES}
    assert seen == {
        (company, provider): providers[:place]
        for company, providers in joined.items()
        for place, provider in enumerate(providers)
    }


def test_it_is_big_enough(world: World) -> None:
    """1,200 invoices, 400 parties and 3,000 bank lines, the last in one set of books, in many currencies."""
    all_books = list(world.books.values())

    assert sum(len(books.invoices) for books in all_books) >= 1200
    assert sum(len(books.parties) for books in all_books) >= 400
    assert len(world.books["grand-tour", "accountsos"].bank_lines) >= 3000
    assert {"CAD", "CHF", "EUR", "USD", "JPY"} <= {paper.currency for paper in everywhere(world, "invoices")}
    assert Counter(paper.currency for paper in everywhere(world, "invoices"))["JPY"] >= 3


@pytest.mark.parametrize("scale", [1, 7, 25, 100, 3000])
def test_scale_is_the_number_of_invoices_of_the_scaled_company(scale: int) -> None:
    """The scaled company's books hold exactly so many invoices together; the others stay as they are."""
    big, usual = make_world(today=TODAY, scale=scale), make_world(today=TODAY)

    assert scale == sum(len(books.invoices) for books in big.books.values() if books.company == "grand-tour")
    assert big.books["maple-bakery", "kashoo"] == usual.books["maple-bakery", "kashoo"]
    taken = len(taken_over(big.books["grand-tour", "bossinsights"], "invoices"))
    assert taken == min(scale // len(INVOICING) // 3, TAKEN)


def test_what_each_kind_of_system_holds(world: World) -> None:
    """Full books have no bank lines, a bank-line system little else, an invoicing system only sales and an office.

    An aggregator has what full books have, and pay, a shop, cash purchases and credit.
    """
    full = {
        "accounts",
        "parties",
        "taxes",
        "items",
        "invoices",
        "bills",
        "receipts",
        "disbursements",
        "journals",
    }
    more = {"employees", "pay_checks", "orders", "charges", "expenses", "credit_notes", "origins"}
    sales = {"accounts", "parties", "taxes", "items", "invoices", "receipts"}
    kept = {
        "kashoo": full,
        "trulysmall": full,
        "accountsos": {"accounts", "parties", "bank_lines", "files", "due_dates"},
        "smallinvoice": sales
        | {f"office.{each.name}" for each in fields(OfficeBooks)} - {"office.categories"},
        "bossinsights": full | {f"more.{name}" for name in more},
    }
    for (_, provider), books in world.books.items():
        assert kept[provider] == held(books)


def held(books: Books) -> set[str]:
    """The names of the lists that are not empty."""
    lists = {
        each.name
        for each in fields(Books)
        if each.name[0] != "_" and isinstance(getattr(books, each.name), list)
    }
    found = {name for name in lists if getattr(books, name)}
    for name, part in (("more", books.more), ("office", books.office)):
        found |= {f"{name}.{each.name}" for each in fields(part) if getattr(part, each.name)}
    return found


def test_numbers_are_unique_and_references_lead_somewhere(world: World) -> None:
    """No number stands twice in a list; every party, account, item, tax and parent that is named exists."""
    for books in world.books.values():
        for name in NUMBERED:
            numbers = [row.number for row in getattr(books, name)]
            assert len(set(numbers)) == len(numbers)
        listed: list[Any] = [*books.bank_lines, *books.files, *books.due_dates, *books.more.charges]
        ids = [row.id for row in listed]
        assert len(set(ids)) == len(ids)
        for rows in (books.more.employees, books.more.pay_checks, books.more.orders, more_papers(books)):
            numbers = [row.number for row in rows]
            assert len(set(numbers)) == len(numbers)
        assert all(row.parent is None or books.account(row.parent) for row in books.accounts)
        for paper in (*books.invoices, *books.bills):
            assert books.party(paper.party) is not None
            assert books.paper(paper.kind, paper.number) is paper
            assert paper in books.papers_of(paper.party)
            for line in paper.lines:
                assert line.item is None or books.item(line.item)
                assert line.tax is None or books.tax(line.tax, paper.date)
                assert books.account(line.account) or books.provider == "smallinvoice"
        for _, row in settled(books):
            account = books.account(row.account)
            assert account is not None
            assert account.type == "BANK"
        for journal in books.journals:
            assert all(books.account(posting.account) for posting in journal.postings)


def test_settlements_go_to_the_partys_own_papers_and_never_over_the_balance(world: World) -> None:
    """Allocations and the unallocated part make up the amount; no paper is overpaid or paid by another."""
    for books in world.books.values():
        for kind, row in settled(books):
            assert row.amount == sum(amount for _, amount in row.allocations) + row.unallocated > 0
            for number, amount in row.allocations:
                paper = books.paper(kind, number)
                assert paper is not None
                assert (paper.party, paper.currency) == (row.party, row.currency)
                assert paper.date <= row.date
                assert 0 < amount == rounded(amount, row.currency)
                assert (paper.state, paper.removed) == ("sent", False)
        for paper in (*books.invoices, *books.bills):
            assert balance(books, paper) >= 0


def test_invoices_are_found_in_every_state(world: World) -> None:
    """Paid, unpaid, partly paid and overdue everywhere; drafts, void and removed where a system has them."""
    for provider in INVOICING:
        for books in world.of(provider):
            states = Counter(state(books, paper) for paper in books.invoices)
            own = {"removed"} if provider in FULL else {"draft", "void"}
            assert own | {"paid", "unpaid", "part", "overdue"} == set(states)
            assert states["paid"] > states["unpaid"] + states["part"] + states["overdue"]
    for books in kept_by(world, *FULL, "bossinsights"):
        assert any(row.unallocated for row in books.receipts)
        assert any(row.removed for row in books.receipts)
        assert any(len(row.allocations) > 1 for row in books.receipts)
        assert any(not row.allocations for row in books.receipts)
        assert any(row.removed for row in books.journals) == (books.provider in FULL)
    for books in world.of("smallinvoice"):
        assert all(len(row.allocations) == 1 and not row.unallocated for row in books.receipts)


def state(books: Books, paper: Paper) -> str:
    if paper.removed or paper.state != "sent":
        return "removed" if paper.removed else paper.state
    if not balance(books, paper):
        return "paid"
    if books.paid(paper):
        return "part"
    return "overdue" if paper.due < TODAY else "unpaid"


def test_bank_lines(world: World) -> None:
    """Signed pounds; about three in a hundred uncategorised; confidence has two decimals or is absent."""
    for books in world.of("accountsos"):
        lines = books.bank_lines
        bare = [line for line in lines if line.category is None]
        assert 0.01 < len(bare) / len(lines) < 0.06
        assert {"GBP"} == {line.currency for line in lines}
        assert any(line.amount > 0 for line in lines)
        assert any(line.amount < 0 for line in lines)
        assert all(line.amount and line.amount == rounded(line.amount, "GBP") for line in lines)
        assert any(line.category and line.confidence is None for line in lines)
        for line in lines:
            assert re.fullmatch(r"txn_[0-9a-f]{16}", line.id)
            assert line.category is None or books.account(line.category)
            known = line.confidence
            assert known is None or (0 <= known <= 1 and known.as_tuple().exponent == -2)
        assert all(row.bank_line is None or books.bank_line(row.bank_line) for row in books.files)
        assert {"pending", "processed", "error"} == {row.status for row in books.files}


def test_due_dates_lie_about_today(world: World) -> None:
    """Each type occurs; some are completed, some overdue, some ahead; nothing ahead is completed."""
    for books in world.of("accountsos"):
        rows = books.due_dates
        assert {"VAT Return", "CT600", "Confirmation Statement", "Annual Accounts"} == {
            row.type for row in rows
        }
        assert {(True, "completed"), (True, "pending"), (False, "pending")} == {
            (row.due < TODAY, row.status) for row in rows
        }


def test_bank_accounts_of_invoicing_systems_have_valid_ibans(world: World) -> None:
    """Only bank accounts, each with an IBAN whose check digits are right (ISO 13616: remainder 1 by 97)."""
    for books in world.of("smallinvoice"):
        for account in books.accounts:
            assert "BANK" == account.type
            assert account.iban is not None
            turned = account.iban[4:] + account.iban[:4]
            assert 21 == len(turned)
            assert 1 == int("".join(str(int(mark, 36)) for mark in turned)) % 97
        assert {Decimal("8.1"), Decimal("2.6"), Decimal("3.8"), Decimal(0)} == {
            row.percent for row in books.taxes
        }
        assert {True, False} == {item.service for item in books.items}


def test_a_tax_rate_changes_between_the_two_years(world: World) -> None:
    """One tax has two rows whose periods meet, and invoices are charged both rates."""
    shelf = kept_by(world, *FULL, "bossinsights")
    for books in shelf:
        (name,) = [name for name, count in Counter(row.name for row in books.taxes).items() if count == 2]
        old, new = sorted((row for row in books.taxes if row.name == name), key=lambda row: row.valid_from)
        assert old.valid_to is not None
        assert new.valid_from == old.valid_to + dt.timedelta(days=1)
        assert new.valid_to is None
    charged = {
        (tax.name, tax.percent)
        for books in shelf
        for paper in books.invoices
        for tax in totals(books, paper).taxes
    }
    assert {("HST NS", Decimal(15)), ("HST NS", Decimal(14)), ("GST 5%", Decimal(5))} <= charged


def test_many_records_share_a_day(world: World) -> None:
    """Order by date has ties: some day has at least five invoices, orders or bank lines."""
    for books in world.books.values():
        for rows in (books.invoices, books.bank_lines, books.more.orders):
            assert not rows or max(Counter(row.date for row in rows).values()) >= 5


def test_unusual_values_are_among_the_usual(world: World) -> None:
    """Umlauts, apostrophes, emoji, very long texts, odd numbers, fine quantities, a free invoice."""
    for books in kept_by(world, *INVOICING):
        lines = [line for paper in books.invoices for line in paper.lines]
        assert any("ö" in party.name and "'" in party.name for party in books.parties)
        assert any(len(party.name) > 180 for party in books.parties)
        assert any("🥐" in paper.memo for paper in books.invoices)
        assert any("\n" in paper.memo for paper in books.invoices)
        assert any(not paper.number.isdecimal() for paper in books.invoices)
        assert any(line.quantity.as_tuple().exponent == -3 for line in lines)
        assert any(line.unit_price.as_tuple().exponent == -4 for line in lines)
        assert any(not totals(books, paper).total and paper.state == "sent" for paper in books.invoices)
        assert any(len(paper.lines) == 25 for paper in books.invoices)


def test_papers_are_in_whole_units_of_their_currency(world: World) -> None:
    """Totals are exact to the smallest unit, yen without decimals, and nothing has a negative total."""
    for books in world.books.values():
        for paper in (*books.invoices, *books.bills, *more_papers(books)):
            total = totals(books, paper).total
            assert total >= 0
            assert -digits(paper.currency) == total.as_tuple().exponent
            assert (paper.exchange_rate == 1) == (paper.currency == books.currency)
            assert paper.due >= paper.date


def test_instants_agree_with_dates_and_none_lies_ahead(world: World) -> None:
    """Records are created on their day in UTC and changed no earlier; nothing is after today."""
    now = dt.datetime.combine(TODAY, dt.time(), dt.UTC)
    for books in world.books.values():
        rows: list[Any] = [
            *books.invoices,
            *books.bills,
            *books.receipts,
            *books.disbursements,
            *books.journals,
            *books.more.pay_checks,
            *books.more.orders,
            *more_papers(books),
        ]
        for row in rows:
            assert row.date <= TODAY
            assert row.created_at.date() == row.date
            assert row.created_at <= row.updated_at <= now
            assert row.created_at.utcoffset() == dt.timedelta(0)
        assert all(line.date <= TODAY for line in books.bank_lines)
        assert all(row.created_at.date() == row.date <= TODAY for row in books.more.charges)
        things: list[Any] = [*books.parties, *books.items, *books.files, *books.more.employees]
        for thing in things:
            assert thing.created_at <= now
        for paper in (*books.invoices, *books.bills, *more_papers(books)):
            party = books.party(paper.party)
            assert party is not None
            assert party.created_at <= paper.created_at
