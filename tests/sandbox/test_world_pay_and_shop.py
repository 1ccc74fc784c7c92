"""What must be true of the pay, the shop, the cash purchases and the credit that an aggregator gathers."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

import pytest

from ledgermesh.sandbox import booking
from ledgermesh.sandbox.arithmetic import rounded
from ledgermesh.sandbox.world import World, chart, make_world
from tests.sandbox.worlds import TODAY, more_papers


@pytest.fixture(scope="module", params=[1, 2, 3])
def world(request: pytest.FixtureRequest) -> World:
    return make_world(today=TODAY, seed=request.param)


def test_references_of_pay_and_shop_lead_somewhere(world: World) -> None:
    """Employees, orders, parties, items, accounts and taxes that pay, a shop and credit name exist."""
    for books in world.of("bossinsights"):
        more, sold = books.more, {order.number for order in books.more.orders}
        assert {check.employee for check in more.pay_checks} == {row.number for row in more.employees}
        assert {charge.order for charge in more.charges} == sold
        for order in more.orders:
            assert order.party is None or books.party(order.party)
            assert all(line.item and books.item(line.item) for line in order.lines)
        for paper in more_papers(books):
            assert books.party(paper.party)
            for line in paper.lines:
                assert books.account(line.account)
                assert line.tax is None or books.tax(line.tax, paper.date)
        assert all(books.account(row.account) for row in more.expenses)
        assert all(row.refunded_from is None or books.account(row.refunded_from) for row in more.credit_notes)


def test_pay_is_gross_less_taxes_and_deductions(world: World) -> None:
    """Plus what is reimbursed, in whole cents; everybody is paid while employed, period after period, in order."""
    for books in world.of("bossinsights"):
        for check in books.more.pay_checks:
            earned, taxed, kept = (
                sum(part.values()) for part in (check.earnings, check.taxes, check.deductions)
            )
            assert check.gross == earned > 0
            assert check.net == earned - taxed - kept + check.reimbursements > 0
            parts = (check.earnings, check.taxes, check.deductions, check.employer)
            assert all(rounded(value, "CAD") == value > 0 for part in parts for value in part.values())
            assert check.start < check.end <= check.date <= TODAY
        for employee in books.more.employees:
            own = [check for check in books.more.pay_checks if check.employee == employee.number]
            assert all(one.end < two.start for one, two in pairwise(own))
            assert own[0].start >= employee.hired
            assert employee.active == (employee.ended is None)
            assert employee.ended is None or own[-1].end <= employee.ended
        assert sum(not employee.active for employee in books.more.employees) == 1


def test_pay_is_booked_as_it_was_paid(world: World) -> None:
    """Each check has one entry: its net from the bank, its gross as wages, and what is kept and added is owed."""
    for books in world.of("bossinsights"):
        entries = {row.number: row for row in books.journals}
        for check in books.more.pay_checks:
            sides = {
                side.account: side.debit - side.credit
                for side in entries[f"pay_check:{check.number}"].postings
            }
            employer = sum(check.employer.values())
            assert sides.pop(chart.CHEQUING) == -check.net
            assert sides.pop(chart.WAGES) == check.gross
            assert sides.pop(booking.PAYROLL_TAXES) == employer
            assert (
                sides.pop(booking.PAYROLL_OWED) == check.net - check.gross - check.reimbursements - employer
            )
            assert sides.pop(booking.REIMBURSED, 0) == check.reimbursements
            assert not sides


def test_the_shop_is_paid_for_and_booked(world: World) -> None:
    """An order comes to its lines, tax and shipping; it is charged once and, if refunded, paid back once.

    What the payment service moved less its fees is what the months' entries bring to the bank.
    """
    for books in world.of("bossinsights"):
        more, to_bank = books.more, Decimal(0)
        for order in more.orders:
            net = sum(line.quantity * line.unit_price for line in order.lines)
            assert order.total == net + order.tax + order.shipping > 0
            moved = [charge.amount for charge in more.charges if charge.order == order.number]
            assert moved == [order.total, -order.total][: 2 if order.status == "refunded" else 1]
        for journal in books.journals:
            if journal.memo.startswith("Shop sales"):
                to_bank += sum(s.debit - s.credit for s in journal.postings if s.account == chart.CHEQUING)
        assert to_bank == sum(charge.amount - charge.fee for charge in more.charges)
        assert {"completed", "refunded"} == {order.status for order in more.orders}
        assert any(order.party is None for order in more.orders)
