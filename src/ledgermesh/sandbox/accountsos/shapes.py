"""The books' values as AccountsOS's JSON objects. Amounts are signed decimals in major units with two places."""

from __future__ import annotations

import datetime as dt
from decimal import ROUND_HALF_UP, Decimal

from ledgermesh.sandbox.books import BankLine, Books, DueDate, File, Party

Document = dict[str, object]

CENT = Decimal("0.01")


def amount(value: Decimal) -> Decimal:
    """Two places, half up."""
    return value.quantize(CENT, ROUND_HALF_UP)


def instant(value: dt.datetime) -> str:
    """ISO 8601 in UTC."""
    return value.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")


def transaction(books: Books, line: BankLine) -> Document:
    """A bank transaction. `confidence` is null where a person chose the category."""
    return {
        "id": line.id,
        "date": line.date.isoformat(),
        "description": line.description,
        "amount": amount(line.amount),
        "currency": line.currency,
        "category": category(books, line.category),
        "confidence": line.confidence,
        "bank_account_id": line.account,
        "notes": line.notes,
        "vat_rate": line.vat_percent,
    }


def category(books: Books, number: str | None) -> Document | None:
    """The category a transaction was booked to; null while it is uncategorised."""
    account = books.account(number) if number is not None else None
    return None if account is None else {"id": account.number, "name": account.name}


def file(row: File) -> Document:
    """An uploaded document."""
    return {
        "id": row.id,
        "file_name": row.name,
        "type": row.type,
        "status": row.status,
        "mime_type": row.mime_type,
        "size": row.size,
        "created_at": instant(row.created_at),
        "transaction_id": row.bank_line,
    }


def deadline(row: DueDate, today: dt.date) -> Document:
    """A deadline, told from today; one that has passed is overdue."""
    status = "overdue" if row.status == "pending" and row.due < today else row.status
    return {
        "id": row.id,
        "type": row.type,
        "due_date": row.due.isoformat(),
        "days_until": (row.due - today).days,
        "status": status,
        "notes": row.notes or None,
    }


def contact(row: Party) -> Document:
    """A client or a supplier; who is both is shown as a client."""
    street = " ".join(part for part in (row.street_no, row.street) if part)
    place = " ".join(part for part in (row.city, row.postcode) if part)
    return {
        "id": row.number,
        "name": row.name,
        "type": "client" if row.customer else "supplier",
        "email": row.email,
        "phone": row.phone,
        "address": "\n".join(line for line in (street, place, row.country) if line) or None,
        "vat_number": row.tax_number,
        "created_at": instant(row.created_at),
    }
