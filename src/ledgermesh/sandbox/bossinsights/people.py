"""Customers, vendors, employees and products."""

from __future__ import annotations

from decimal import Decimal

from ledgermesh.sandbox.arithmetic import balance
from ledgermesh.sandbox.books import Books, Item, Party
from ledgermesh.sandbox.bossinsights.view import Document, View, day, maybe_day, plain
from ledgermesh.sandbox.more_books import Employee


def customers(books: Books) -> list[Party]:
    """Whoever is invoiced."""
    return books.index(
        "bossinsights customers", lambda: [row for row in books.parties if row.customer and not row.removed]
    )


def vendors(books: Books) -> list[Party]:
    """Whoever sends bills."""
    return books.index(
        "bossinsights vendors", lambda: [row for row in books.parties if row.supplier and not row.removed]
    )


def customer(view: View, row: Party) -> Document:
    """What is open of its invoices is its balance."""
    return _party(view, row, "invoice")


def vendor(view: View, row: Party) -> Document:
    """What is open of its bills is its balance."""
    return _party(view, row, "bill")


def _party(view: View, row: Party, kind: str) -> Document:
    books = view.books
    papers = [paper for paper in books.papers_of(row.number) if paper.kind == kind]
    owed = sum((balance(books, paper) for paper in papers if paper.currency == row.currency), Decimal(0))
    return {
        "name": row.name,
        "companyName": None if row.person else row.name,
        "email": row.email,
        "phone": row.phone,
        "website": row.website,
        "taxNumber": row.tax_number,
        "billingAddress": {
            "street": f"{row.street_no} {row.street}".strip() or None,
            "street2": None,
            "city": row.city or None,
            "region": row.region,
            "postalCode": row.postcode or None,
            "country": row.country or None,
        },
        "balance": view.cents(owed),
        "active": not row.archived,
    }


def product(view: View, row: Item) -> Document:
    """Something that is sold."""
    stock = row.quantity_on_hand
    return {
        "sku": row.number,
        "name": row.name,
        "description": row.description,
        "price": view.fine_cents(row.price),
        "cost": view.maybe_cents(row.purchase_price),
        "quantity": None if stock is None else plain(stock),
        "active": not row.archived,
    }


def employee(view: View, row: Employee) -> Document:
    """Somebody who is paid."""
    hours = row.standard_hours
    return {
        "employee_number": row.number,
        "name": row.name,
        "first_name": row.first_name,
        "last_name": row.last_name,
        "email": row.email,
        "phone": row.phone,
        "job_title": row.title,
        "department": row.department,
        "pay_frequency": row.frequency,
        "hourly_rate": view.maybe_cents(row.hourly_rate),
        "salary": view.maybe_cents(row.salary),
        "standard_hours": None if hours is None else plain(hours),
        "hire_date": day(row.hired),
        "termination_date": maybe_day(row.ended),
        "active": row.active,
    }
