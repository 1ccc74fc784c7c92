"""The double-entry view of the world's books."""

from __future__ import annotations

import datetime as dt
import random
from collections import Counter
from decimal import Decimal

import pytest

from ledgermesh.sandbox import booking, ledger
from ledgermesh.sandbox.arithmetic import balance, rounded, totals
from ledgermesh.sandbox.books import Books, Paper
from ledgermesh.sandbox.world import World, make_world
from ledgermesh.sandbox.world.chart import CHEQUING

TODAY = dt.date(2026, 11, 21)


@pytest.fixture(scope="module")
def world() -> World:
    return make_world(today=TODAY, seed=7)


def ranges(count: int) -> list[tuple[dt.date, dt.date]]:
    """Ranges of days within the two years, always the same."""
    rng = random.Random(3)
    pairs = [sorted((rng.randrange(740), rng.randrange(740))) for _ in range(count)]
    return [(TODAY - dt.timedelta(days=later), TODAY - dt.timedelta(days=sooner)) for sooner, later in pairs]


def test_every_entry_balances_in_the_home_currency(world: World) -> None:
    """Debits equal credits in each entry, each posting has one side, in whole smallest units."""
    for books in world.books.values():
        for entry in ledger.ledger(books):
            assert sum(row.debit for row in entry.postings) == sum(row.credit for row in entry.postings), (
                entry
            )
            for row in entry.postings:
                assert (row.debit > 0) != (row.credit > 0), entry
                assert rounded(row.debit - row.credit, books.currency) == row.debit - row.credit, entry
                assert row.account in ledger.chart(books)


def test_everything_that_counts_is_booked_once(world: World) -> None:
    """Sent papers, live settlements and journals, bank lines have one entry; drafts, void, removed none."""
    for books in world.books.values():
        papers = [row for row in (*books.invoices, *books.bills) if row.state == "sent" and not row.removed]
        expected = [(row.kind, row.number) for row in papers]
        expected += [
            (row.kind, row.number) for row in (*books.receipts, *books.disbursements) if not row.removed
        ]
        expected += [("journal", row.number) for row in books.journals if not row.removed]
        expected += [("bank_line", row.id) for row in books.bank_lines]
        assert sorted(expected) == sorted((entry.kind, entry.number) for entry in ledger.ledger(books))


def test_the_trial_balance_balances_over_any_range(world: World) -> None:
    """All accounts together come to zero, whichever days are taken."""
    for books in world.books.values():
        for since, until in ranges(12):
            assert 0 == sum(ledger.trial_balance(books, since, until).values())


def test_profit_is_what_equity_grows_by(world: World) -> None:
    """Net profit of a range equals the growth of assets less liabilities less paid-in equity over it."""
    for books in world.books.values():
        for since, until in ranges(6):
            grown = worth(books, until) - worth(books, since - dt.timedelta(days=1))
            assert grown == ledger.profit_and_loss(books, since, until).net


def worth(books: Books, on: dt.date) -> Decimal:
    sheet = ledger.balance_sheet(books, on)
    own = sum(sheet.assets.values()) - sum(sheet.liabilities.values())
    assert own == sum(sheet.equity.values()) + sheet.earnings
    return Decimal(own - sum(sheet.equity.values()))


def test_bank_books_report_the_signed_sums_of_their_lines(world: World) -> None:
    """Profit and loss by category is the sum of the category's lines, a bank's balance that of its own."""
    for books in world.of("accountsos"):
        for since, until in ranges(6):
            sums: dict[str, Decimal] = {}
            for line in books.bank_lines:
                if line.category and since <= line.date <= until:
                    sums[line.category] = sums.get(line.category, Decimal(0)) + line.amount
            report = ledger.profit_and_loss(books, since, until)
            signed = report.income | {number: -amount for number, amount in report.expenses.items()}
            earning = {number for number, row in ledger.chart(books).items() if row.type in EARNING}
            assert {number: sums[number] for number in sums.keys() & earning} == signed
        held = sum(line.amount for line in books.bank_lines if line.account == "ba_main")
        assert held == ledger.balance_sheet(books).assets["ba_main"]


EARNING = ("INCOME", "EXPENSE", "COST_OF_GOODS_SOLD")


def test_what_customers_owe_is_the_open_invoices_less_what_they_paid_ahead(world: World) -> None:
    """The receivable account equals the open balances, each at its own rate, less unallocated money and open credit."""
    for provider in ("kashoo", "trulysmall", "smallinvoice", "bossinsights"):
        check_receivable(world.of(provider))


def check_receivable(shelf: list[Books]) -> None:
    assert shelf
    for books in shelf:
        opened = sum(balance(books, row) * row.exchange_rate for row in books.invoices)
        live = [row for row in books.receipts if not row.removed]
        ahead = sum((row.unallocated * row.exchange_rate for row in live), Decimal(0))
        credit = [note.paper for note in books.more.credit_notes if note.refunded_from is None]
        ahead += sum(totals(books, paper).total * paper.exchange_rate for paper in credit)
        booked = ledger.trial_balance(books)[ledger.RECEIVABLE]
        entries = len(books.invoices) + len(books.receipts) + len(credit)
        assert abs(booked - (opened - ahead)) <= Decimal("0.01") * entries


def test_each_record_of_a_further_kind_has_one_entry_that_moves_its_amount(world: World) -> None:
    """Pay, expenses and credit notes: the money account moves by what was paid, and nothing is booked twice."""
    for books in world.of("bossinsights"):
        more, booked = books.more, Counter(row.number for row in books.journals)
        paid = {f"pay_check:{row.number}": (CHEQUING, -row.net) for row in more.pay_checks}
        for expense in more.expenses:
            paid[f"expense:{expense.paper.number}"] = (expense.account, -amount(books, expense.paper))
        for note in more.credit_notes:
            account = note.refunded_from or ledger.RECEIVABLE
            paid[f"credit_note:{note.paper.number}"] = (account, -amount(books, note.paper))
        assert {number: booked[number] for number in paid} == dict.fromkeys(paid, 1)
        assert {row.number for row in books.journals if booking.own(row)} == set(paid)
        for entry in ledger.ledger(books):
            if entry.kind == "journal" and entry.number in paid:
                account, moved = paid[entry.number]
                sides = [side.debit - side.credit for side in entry.postings if side.account == account]
                assert sides == [moved], entry


def amount(books: Books, paper: Paper) -> Decimal:
    """What it comes to in the home currency."""
    return rounded(totals(books, paper).total * paper.exchange_rate, books.currency)


def test_postings_by_account_are_the_whole_ledger(world: World) -> None:
    """Every posting is found under its account, in the order of dates."""
    for books in world.books.values():
        rows = ledger.by_account(books)
        assert sum(len(entry.postings) for entry in ledger.ledger(books)) == sum(map(len, rows.values()))
        for number, pairs in rows.items():
            assert all(posting.account == number for _, posting in pairs)
            dates = [entry.date for entry, _ in pairs]
            assert sorted(dates) == dates
