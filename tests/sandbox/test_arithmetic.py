"""What papers come to, against a second computation with fractions."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fractions import Fraction

import pytest

from ledgermesh.sandbox import arithmetic
from ledgermesh.sandbox.books import Books, Line, Paper, Settlement, Tax

DAY = dt.date(2026, 3, 31)
INSTANT = dt.datetime(2026, 3, 31, 9, tzinfo=dt.UTC)


def books_of(provider: str) -> Books:
    taxes = [
        Tax("VAT", Decimal(15), "", dt.date(2020, 1, 1), DAY - dt.timedelta(days=1)),
        Tax("VAT", Decimal("8.1"), "", DAY),
        Tax("none", Decimal(0), "", dt.date(2020, 1, 1)),
    ]
    return Books("company", provider, "", "", "CHF", "CH", taxes=taxes)


def paper_of(lines: list[Line], *, currency: str = "CHF", discount: str = "0", date: dt.date = DAY) -> Paper:
    return Paper(
        "invoice",
        "1",
        date,
        date,
        "1",
        currency,
        Decimal(1),
        lines,
        "",
        "",
        INSTANT,
        INSTANT,
        Decimal(discount),
    )


def line_of(quantity: str, price: str, discount: str = "0", tax: str | None = "VAT") -> Line:
    return Line("", Decimal(quantity), Decimal(price), "4000", tax, None, Decimal(discount))


def half_up(value: Fraction, digits: int) -> Decimal:
    """Rounded half away from zero with integers only."""
    scaled = abs(value) * 10**digits
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    return Decimal(whole if value >= 0 else -whole).scaleb(-digits)


LINES = (
    [line_of("1", "0.005")],
    [line_of("3", "0.335"), line_of("2.375", "19.99", "12.5"), line_of("1", "7.45", tax="none")],
    [line_of("1250", "0.0375", "0"), line_of("-1", "12.34"), line_of("7", "3.33", "100", None)],
)


@pytest.mark.parametrize("lines", LINES)
@pytest.mark.parametrize(("currency", "digits"), [("CHF", 2), ("JPY", 0), ("KWD", 3)])
@pytest.mark.parametrize("discount", ["0", "7.5"])
def test_lines_discount_and_taxes_are_rounded_half_up_to_the_smallest_unit(
    lines: list[Line], currency: str, digits: int, discount: str
) -> None:
    """By line: every net, the discount and every tax are rounded alone, and the total is made of them."""
    totals = arithmetic.totals(books_of("kashoo"), paper_of(lines, currency=currency, discount=discount))

    exact = [
        Fraction(row.quantity) * Fraction(row.unit_price) * (100 - Fraction(row.discount_percent)) / 100
        for row in lines
    ]
    nets = [half_up(amount, digits) for amount in exact]
    off = Fraction(discount) / 100
    base = sum((Fraction(net) for net, row in zip(nets, lines, strict=True) if row.tax == "VAT"), Fraction(0))
    tax = half_up(base * (1 - off) * Fraction("8.1") / 100, digits)
    less = half_up(Fraction(sum(nets)) * off, digits)
    assert (tuple(nets), sum(nets), less, tax) == (totals.lines, totals.net, totals.discount, totals.tax)
    assert sum(nets) - less + tax == totals.total


@pytest.mark.parametrize("lines", LINES)
@pytest.mark.parametrize("discount", ["0", "7.5"])
def test_an_invoicing_systems_total_is_rounded_once(lines: list[Line], discount: str) -> None:
    """By document: the total is the exact gross of all lines, rounded at the end only."""
    totals = arithmetic.totals(books_of("smallinvoice"), paper_of(lines, discount=discount))

    percents = {"VAT": Fraction("8.1"), "none": Fraction(0), None: Fraction(0)}
    gross = sum(
        Fraction(row.quantity)
        * Fraction(row.unit_price)
        * (100 - Fraction(row.discount_percent))
        / 100
        * (1 + percents[row.tax] / 100)
        for row in lines
    )
    assert half_up(gross * (1 - Fraction(discount) / 100), 2) == totals.total
    assert totals.net - totals.discount + totals.tax == totals.total


def test_a_total_need_not_be_the_sum_of_its_gross_lines() -> None:
    """Gross lines of 0.39, 646.20 and 1.35 come to 647.93, not to 647.94, when only the sum is rounded."""
    nets = [Decimal("0.357"), Decimal("597.78"), Decimal("1.245")]
    lines = [Line("", Decimal(1), net, "4000", "VAT") for net in nets]

    totals = arithmetic.totals(books_of("smallinvoice"), paper_of(lines))

    gross = [half_up(Fraction(net) * Fraction("1.081"), 2) for net in nets]
    assert (Decimal("647.94"), Decimal("647.93")) == (sum(gross), totals.total)


def test_the_tax_of_the_papers_day_is_charged() -> None:
    """A tax whose rate changed is charged at the old rate the day before and at the new one from then on."""
    books, lines = books_of("kashoo"), [line_of("1", "100")]

    before = arithmetic.totals(books, paper_of(lines, date=DAY - dt.timedelta(days=1)))
    after = arithmetic.totals(books, paper_of(lines))

    assert (Decimal("15.00"), Decimal("8.10")) == (before.tax, after.tax)


def test_an_unknown_tax_is_an_error() -> None:
    """A tax that the books do not have is refused, never taken for none."""
    with pytest.raises(KeyError, match="GST"):
        arithmetic.totals(books_of("kashoo"), paper_of([line_of("1", "1", tax="GST")]))


def test_the_balance_follows_the_books_after_invalidate() -> None:
    """A receipt lowers the balance, its removal raises it again, a draft owes nothing."""
    books = books_of("kashoo")
    paper = paper_of([line_of("1", "100", tax=None)])
    books.invoices.append(paper)
    receipt = Settlement(
        "receipt", "1", DAY, "1", "1010", "CHF", Decimal(30), "cash", [("1", Decimal(30))], INSTANT, INSTANT
    )
    assert Decimal(100) == arithmetic.balance(books, paper)

    books.receipts.append(receipt)
    books.invalidate()
    paid = (arithmetic.balance(books, paper), arithmetic.paid(books, paper), books.settlements(paper))
    receipt.removed = True
    books.invalidate()
    removed = (arithmetic.balance(books, paper), books.settlements(paper))
    paper.state = "draft"

    assert (Decimal(70), Decimal(30), [receipt]) == paid
    assert (Decimal(100), []) == removed
    assert Decimal(0) == arithmetic.balance(books, paper)
