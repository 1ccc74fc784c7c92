"""Write invoices, bills, expenses and credit notes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from ledgermesh.sandbox import booking, ledger
from ledgermesh.sandbox.arithmetic import by_line
from ledgermesh.sandbox.books import Item, Line, Paper, Party
from ledgermesh.sandbox.bossinsights.body import Body
from ledgermesh.sandbox.bossinsights.settle import Money, settle
from ledgermesh.sandbox.bossinsights.write_people import add_party, new_party
from ledgermesh.sandbox.bossinsights.writing import Writing, place, unused
from ledgermesh.sandbox.more_books import CreditNote, Expense
from ledgermesh.sandbox.world import chart

METHODS = ("bank_transfer", "card", "cash", "check")


@dataclass(frozen=True)
class Form:
    """What one kind of paper calls its fields."""

    kind: str
    table: str
    number: str
    date: str
    side: str
    """customers | vendors"""
    party_id: str
    party_name: str
    account: str
    """Where a line is booked that names no account."""
    prefix: str


INVOICE = Form(
    "invoice",
    "invoices",
    "invoiceNumber",
    "invoiceDate",
    "customers",
    "customerId",
    "customerName",
    ledger.SALES,
    "BI-",
)
BILL = Form("bill", "bills", "billNumber", "billDate", "vendors", "vendorId", "vendorName", "6030", "BB-")
EXPENSE = replace(BILL, kind="expense", table="expenses", prefix="BX-")
CREDIT_NOTE = replace(
    INVOICE, kind="credit_note", table="credit_notes", number="creditNoteNumber", date="date", prefix="BC-"
)


def invoice(writing: Writing, row: Paper | None) -> str:
    """An invoice; `status` and `amountPaid` may settle it."""
    return _traded(writing, INVOICE, row, writing.books.invoices)


def bill(writing: Writing, row: Paper | None) -> str:
    """A bill; `status` may settle it."""
    return _traded(writing, BILL, row, writing.books.bills)


def expense(writing: Writing, row: Expense | None) -> str:
    """A purchase from a known or a new vendor."""
    body, rows = writing.body, writing.books.more.expenses
    paper = _paper(writing, EXPENSE, None if row is None else row.paper, [each.paper for each in rows])
    method = body.word("method", METHODS)
    account = writing.row("accounts", body, "accountId")
    if account is not None and account.type not in ("BANK", "CREDIT_CARD"):
        body.fail("accountId", "is an account one can pay from")
    body.check()
    made = row or Expense(paper.paper, chart.CHEQUING, "bank_transfer")
    made.paper, made.method = paper.paper, method or made.method
    made.account = made.account if account is None else account.number
    paper.enter(writing, EXPENSE)
    if row is None:
        rows.append(made)
    writing.books.invalidate()
    booking.book_expense(writing.books, made)
    return made.paper.number


def credit_note(writing: Writing, row: CreditNote | None) -> str:
    """What a customer gets back; `paid` once it is paid out."""
    body, rows = writing.body, writing.books.more.credit_notes
    paper = _paper(writing, CREDIT_NOTE, None if row is None else row.paper, [each.paper for each in rows])
    status = body.word("status", ("open", "paid"))
    body.check()
    made = row or CreditNote(paper.paper)
    made.paper = paper.paper
    if status is not None:
        made.refunded_from = chart.CHEQUING if status == "paid" else None
    paper.enter(writing, CREDIT_NOTE)
    if row is None:
        rows.append(made)
    writing.books.invalidate()
    booking.book_credit_note(writing.books, made)
    return made.paper.number


@dataclass(frozen=True)
class Draft:
    """A paper that is right but not in the books yet."""

    paper: Paper
    total: Decimal
    party: Party
    new_party: bool
    new: bool

    def enter(self, writing: Writing, form: Form) -> None:
        """Put a new party into the books, and note where a new paper comes from."""
        if self.new_party:
            add_party(writing, form.side, self.party)
        if self.new:
            writing.own(form.table, self.paper.number)


def _traded(writing: Writing, form: Form, row: Paper | None, rows: list[Paper]) -> str:
    body, books = writing.body, writing.books
    draft = _paper(writing, form, row, rows)
    status = body.word("status", ("draft", "open", "paid", "void"))
    paid = Decimal(0) if row is None else books.paid(row)
    wanted = _wanted(writing, draft, status, paid)
    body.check()
    if status is not None:
        draft.paper.state = {"draft": "draft", "void": "void"}.get(status, "sent")
    draft.enter(writing, form)
    if row is None:
        rows.append(draft.paper)
    else:
        rows[place(rows, row)] = draft.paper
    books.invalidate()
    if wanted > paid:
        parts = [(draft.paper, wanted - paid)]
        kind = "receipt" if form is INVOICE else "disbursement"
        settle(writing, Money(kind=kind, party=draft.party.number, date=writing.view.today, parts=parts))
    return draft.paper.number


def _wanted(writing: Writing, draft: Draft, status: str | None, paid: Decimal) -> Decimal:
    """How much is to be paid in the end; notes what cannot be."""
    body = writing.body
    wanted = body.cents("amountPaid") if draft.paper.kind == "invoice" else None
    if wanted is None:
        wanted = draft.total if status == "paid" else paid
    if wanted < paid:
        body.fail("amountPaid", "is not less than what is paid already")
    if wanted > draft.total:
        body.fail("amountPaid" if "amountPaid" in body else "lines", "more is paid than the total")
    if wanted and status in ("draft", "void"):
        body.fail("status", "something is paid already")
    if status == "paid" and wanted < draft.total:
        body.fail("status", "amountPaid is less than the total")
    if wanted > paid and status is None and draft.paper.state != "sent":
        body.fail("amountPaid", "nothing can be paid on a draft or a void document")
    return wanted


# -- what all papers share ------------------------------------------------------------------------------------------


def _paper(writing: Writing, form: Form, row: Paper | None, rows: Sequence[Paper]) -> Draft:
    body = writing.body
    number = _number(writing, form, row, rows)
    known = writing.party(form.side, form.party_id, form.party_name)
    party = known or _party(writing, form, row)
    date = body.day(form.date) or (writing.view.today if row is None else row.date)
    if row is None:
        body.need("lines")
    lines = _lines(writing, form)
    body.check()
    paper = row or _new_paper(writing, form.kind, party)
    paper = replace(
        paper,
        number=number,
        date=date,
        due=body.day("paymentDueDate") or (date if row is None else max(row.due, date)),
        party=party.number,
        currency=body.filled("currency") or (party.currency if row is None else row.currency),
        lines=paper.lines if lines is None else lines,
        updated_at=writing.now,
        memo=(body.text("memo") or "") if "memo" in body else paper.memo,
    )
    body.check()
    return _checked(writing, Draft(paper, Decimal(0), party, known is None and row is None, row is None))


def _checked(writing: Writing, draft: Draft) -> Draft:
    """With its total; notes what a document cannot be."""
    body, paper = writing.body, draft.paper
    if paper.currency != writing.books.currency and draft.new:
        body.fail("currency", f"is {writing.books.currency}; new documents are in the books' own currency")
        body.check()
    if paper.due < paper.date:
        body.fail("paymentDueDate", "is not before the document's date")
    total = by_line(writing.books, paper).total
    if total < 0:
        body.fail("lines", "come to less than nothing")
    body.check()
    return replace(draft, total=total)


def _number(writing: Writing, form: Form, row: Paper | None, rows: Sequence[Paper]) -> str:
    number = writing.body.filled(form.number)
    if row is not None:
        if number not in (None, row.number):
            writing.body.fail(form.number, "cannot be changed")
        return row.number
    known = {paper.number for paper in rows}
    if number is not None and number in known:
        writing.body.fail(form.number, "is another document's")
    return number or unused(known, form.prefix)


def _party(writing: Writing, form: Form, row: Paper | None) -> Party:
    """The one it had, or a new one of the given name."""
    body = writing.body
    had = None if row is None else writing.books.party(row.party)
    if had is not None:
        if form.party_name in body and form.party_id not in body:
            body.fail(form.party_name, "there is nobody of that name")
        return had
    name = body.filled(form.party_name)
    if name is None and form.party_id not in body:
        body.fail(form.party_id, f"or {form.party_name} is required")
    return new_party(writing, form.side, name or "")


def _new_paper(writing: Writing, kind: str, party: Party) -> Paper:
    today, now = writing.view.today, writing.now
    return Paper(kind, "", today, today, party.number, party.currency, Decimal(1), [], "", "", now, now)


def _lines(writing: Writing, form: Form) -> list[Line] | None:
    parts = writing.body.parts("lines")
    return None if parts is None else [_line(writing, form, part) for part in parts]


def _line(writing: Writing, form: Form, part: Body) -> Line:
    item: Item | None = writing.row("products", part, "productId")
    account = writing.row("accounts", part, "accountId")
    tax = part.text("tax")
    if tax is not None and writing.books.tax(tax, dt.date.max) is None:
        part.fail("tax", "is the name of a sales tax of the books")
    booked = form.account if item is None or form.side == "vendors" else item.income_account
    quantity, price = _price(part, item)
    return Line(
        description=part.text("description") or ("" if item is None else item.name),
        quantity=quantity,
        unit_price=price,
        account=booked if account is None else account.number,
        tax=tax,
        item=None if item is None else item.number,
    )


def _price(part: Body, item: Item | None) -> tuple[Decimal, Decimal]:
    """Quantity and price; an amount alone is one piece at that price."""
    quantity, price, amount = part.number("quantity"), part.fine_cents("unitPrice"), part.cents("amount")
    if price is None and amount is not None:
        if quantity not in (None, Decimal(1)):
            part.fail("unitPrice", "is required beside a quantity")
        return Decimal(1), amount
    if price is None and item is None:
        part.fail("unitPrice", "or amount or productId is required")
    if price is None:
        price = Decimal(0) if item is None else item.price
    return Decimal(1) if quantity is None else quantity, price
