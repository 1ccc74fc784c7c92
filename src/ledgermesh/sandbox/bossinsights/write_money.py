"""Write accounts, bank accounts, bank transactions, journal entries and payments."""

from __future__ import annotations

from decimal import Decimal

from ledgermesh.sandbox.arithmetic import balance
from ledgermesh.sandbox.books import Account, BankLine, Journal, Paper, Party, Posting, Settlement
from ledgermesh.sandbox.bossinsights.body import Body
from ledgermesh.sandbox.bossinsights.charts import KINDS
from ledgermesh.sandbox.bossinsights.errors import invalid
from ledgermesh.sandbox.bossinsights.money_moves import Movement
from ledgermesh.sandbox.bossinsights.origins import OWN
from ledgermesh.sandbox.bossinsights.settle import Money, settle
from ledgermesh.sandbox.bossinsights.write_papers import METHODS
from ledgermesh.sandbox.bossinsights.writing import Writing, unused
from ledgermesh.sandbox.more_books import Origin
from ledgermesh.sandbox.world import chart

_ZERO = Decimal(0)
_USUAL = {
    "Asset": "OTHER_CURRENT_ASSET",
    "Liability": "OTHER_CURRENT_LIABILITY",
    "Equity": "EQUITY",
    "Income": "INCOME",
    "Expense": "EXPENSE",
}
"""What an account is that names no sub-type."""
_BY_SUB = {sub: (kind, type) for type, (kind, sub, _) in KINDS.items()}


def account(writing: Writing, row: Account | None) -> str:
    """A row of the chart of accounts."""
    body, books = writing.body, writing.books
    if row is None:
        body.need("accountName", "accountType")
    number = _account_number(writing, "accountNumber", row, "B")
    type = _account_type(body, row)
    name, active = body.filled("accountName"), body.flag("active")
    above: Account | None = writing.row("accounts", body, "parentId")
    if above is not None and above is row:
        body.fail("parentId", "is another account")
    body.check()
    made = row or Account(number, "", type, books.currency)
    made.name, made.type = name or made.name, type
    made.archived = made.archived if active is None else not active
    if "parentId" in body:
        made.parent = None if above is None else above.number
    if row is None:
        books.accounts.append(made)
        writing.own("accounts", made.number)
    return made.number


def _account_number(writing: Writing, field: str, row: Account | None, prefix: str) -> str:
    known, number = {each.number for each in writing.books.accounts}, writing.body.filled(field)
    if row is not None:
        if number not in (None, row.number):
            writing.body.fail(field, "cannot be changed")
        return row.number
    if number in known:
        writing.body.fail(field, "is another account's")
    return number or unused(known, prefix)


def _account_type(body: Body, row: Account | None) -> str:
    kind, sub = body.word("accountType", _USUAL), body.word("accountSubType", _BY_SUB)
    if sub is not None:
        if kind not in (None, _BY_SUB[sub][0]):
            body.fail("accountSubType", f"is not one of {kind}")
        return _BY_SUB[sub][1]
    if row is not None and kind in (None, KINDS[row.type][0]):
        return row.type
    return _USUAL[kind or "Asset"]


def bank_account(writing: Writing, row: Account | None) -> str:
    """An account that a bank keeps; it stands in the chart of accounts as well."""
    body, books = writing.body, writing.books
    if row is None:
        body.need("accountName")
    name, currency = body.filled("accountName"), body.filled("currency")
    if currency not in (None, books.currency if row is None else row.currency):
        body.fail("currency", f"is {books.currency}, the books' own")
    bank = body.text("institution")
    body.check()
    made = row or Account(unused({each.number for each in books.accounts}, "B"), "", "BANK", books.currency)
    made.name = name or made.name
    made.bank_name = bank if "institution" in body else made.bank_name
    if row is None:
        books.accounts.append(made)
        writing.own("accounts", made.number)
        writing.own("bank_accounts", made.number)
    return made.number


def bank_transaction(writing: Writing, row: Movement | None) -> str:
    """A line of a bank statement; what belongs to another record is changed there."""
    body, books = writing.body, writing.books
    if row is None:
        body.need("accountId", "date", "amount")
    had = None if row is None else books.bank_line(row.entry.number)
    if row is not None and had is None:
        body.fail("id", "belongs to another record, which is the one to change")
    bank: Account | None = writing.row("bank_accounts", body, "accountId")
    amount, day, text = body.cents("amount"), body.day("date"), body.text("description")
    if amount == 0:
        body.fail("amount", "is not nothing")
    category = _category(writing)
    body.check()
    line = had or _new_line(writing)
    line.account = line.account if bank is None else bank.number
    line.amount, line.date = line.amount if amount is None else amount, day or line.date
    line.description = line.description if text is None else text
    line.category = category if "category" in body else line.category
    if had is None:
        books.bank_lines.append(line)
    key = f"bank_line:{line.id}:{line.account}"
    books.more.origins["bank_transactions", line.id] = Origin(
        OWN, str(writing.view.id("bank_transactions", key))
    )
    return key


def _category(writing: Writing) -> str | None:
    name = writing.body.text("category")
    found = next((each.number for each in writing.books.accounts if each.name == name), None)
    if name is not None and found is None:
        writing.body.fail("category", "is the name of an account")
    return found


def _new_line(writing: Writing) -> BankLine:
    id = unused({each.id for each in writing.books.bank_lines}, "B")
    return BankLine(id, writing.view.today, "", _ZERO, writing.books.currency, "", None, None)


def journal_entry(writing: Writing, row: Journal | None) -> str:
    """A journal entry whose debits equal its credits."""
    body, books = writing.body, writing.books
    if row is None:
        body.need("date", "lines")
    known, number = {each.number for each in books.journals}, body.filled("number")
    if number is not None and (":" in number or (number in known and (row is None or number != row.number))):
        body.fail("number", "is another entry's")
    if row is not None and number not in (None, row.number):
        body.fail("number", "cannot be changed")
    day, memo, postings = body.day("date"), body.text("memo"), _postings(writing)
    body.check()
    now = writing.now
    made = row or Journal(number or unused(known, "BJ-"), writing.view.today, "", [], now, now)
    made.date, made.memo = day or made.date, made.memo if memo is None else memo
    made.postings, made.updated_at = postings or made.postings, now
    if row is None:
        books.journals.append(made)
        writing.own("journal_entries", made.number)
    return made.number


def _postings(writing: Writing) -> list[Posting]:
    parts = writing.body.parts("lines")
    if parts is None:
        return []
    rows = [_posting(writing, part) for part in parts]
    if sum(row.debit - row.credit for row in rows):
        writing.body.fail("lines", "debits equal credits")
    return rows


def _posting(writing: Writing, part: Body) -> Posting:
    part.need("accountId")
    account: Account | None = writing.row("accounts", part, "accountId")
    debit, credit = part.cents("debit") or _ZERO, part.cents("credit") or _ZERO
    if debit < 0 or credit < 0 or (debit > 0) == (credit > 0):
        part.fail("debit", "or credit is more than nothing, and not both")
    return Posting("" if account is None else account.number, debit, credit, part.text("description") or "")


# -- payments -------------------------------------------------------------------------------------------------------


def payment(writing: Writing, row: Settlement | None) -> str:
    """Money from a customer or to a vendor; afterwards only its date and words can be changed."""
    made = _new_payment(writing) if row is None else _changed_payment(writing, row)
    return f"{made.kind}:{made.number}"


def _changed_payment(writing: Writing, row: Settlement) -> Settlement:
    body, books = writing.body, writing.books
    for name in ("amount", "currency", "customerId", "vendorId", "invoiceIds", "billIds", "accountId"):
        if name in body:
            body.fail(name, "cannot be changed")
    day, method, memo = body.day("paymentDate"), body.word("method", METHODS), body.text("reference")
    body.check()
    row.date, row.method = day or row.date, method or row.method
    row.memo, row.updated_at = row.memo if memo is None else memo, writing.now
    books.invalidate()
    return row


def _new_payment(writing: Writing) -> Settlement:
    body = writing.body
    body.need("amount")
    amount = body.cents("amount") or _ZERO
    if "amount" in body and amount <= 0:
        body.fail("amount", "is more than nothing")
    side = "vendors" if "vendorId" in body or "billIds" in body else "customers"
    papers = _papers(writing, side)
    party = _payer(writing, side, papers)
    account: Account | None = writing.row("accounts", body, "accountId")
    if account is not None and account.type != "BANK":
        body.fail("accountId", "is a bank account of the chart")
    method = body.word("method", METHODS)
    body.check()
    parts, left = _allocated(writing, papers, amount)
    money = Money(
        kind="receipt" if side == "customers" else "disbursement",
        party=party.number,
        date=body.day("paymentDate") or writing.view.today,
        parts=parts,
        unallocated=left,
        method=method or "bank_transfer",
        account=chart.CHEQUING if account is None else account.number,
        memo=body.text("reference") or "",
    )
    body.check()
    return settle(writing, money)


def _papers(writing: Writing, side: str) -> list[Paper]:
    name, table = ("invoiceIds", "invoices") if side == "customers" else ("billIds", "bills")
    found = []
    for at, id in enumerate(writing.body.ids(name) or []):
        paper: Paper | None = writing.row(
            table, Body({"": id}, place=f"{name}[{at}]", errors=writing.body.errors), ""
        )
        if paper is not None and balance(writing.books, paper) <= 0:
            writing.body.fail(f"{name}[{at}]", "nothing is open on it")
        if paper is not None:
            found.append(paper)
    return found


def _payer(writing: Writing, side: str, papers: list[Paper]) -> Party:
    body = writing.body
    field = "customerId" if side == "customers" else "vendorId"
    party = writing.party(side, field, "")
    if party is None and papers:
        party = writing.books.party(papers[0].party)
    if party is None:
        raise invalid(*body.errors, (field, "is required, or what is paid"))
    if any((paper.party, paper.currency) != (party.number, papers[0].currency) for paper in papers):
        body.fail(field, "all that is paid is of one party and one currency")
    return party


def _allocated(
    writing: Writing, papers: list[Paper], amount: Decimal
) -> tuple[list[tuple[Paper, Decimal]], Decimal]:
    """The papers in the given order, each as far as the money goes."""
    parts = []
    for paper in papers:
        share = min(balance(writing.books, paper), amount)
        if share > 0:
            parts.append((paper, share))
            amount -= share
    return parts, amount
