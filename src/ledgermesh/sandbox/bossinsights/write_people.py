"""Write customers, vendors, products and employees."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from ledgermesh.sandbox import ledger
from ledgermesh.sandbox.books import Item, Party
from ledgermesh.sandbox.bossinsights.writing import Writing, place, unused
from ledgermesh.sandbox.more_books import Employee
from ledgermesh.sandbox.world import chart


def customer(writing: Writing, row: Party | None) -> str:
    """A customer."""
    return _party(writing, row, "customers")


def vendor(writing: Writing, row: Party | None) -> str:
    """A vendor."""
    return _party(writing, row, "vendors")


def new_party(writing: Writing, table: str, name: str) -> Party:
    """A customer or vendor of whom nothing but the name is known; not in the books yet."""
    books = writing.books
    nothing: dict[str, Any] = dict.fromkeys(
        ("first_name", "last_name", "email", "phone", "website", "region", "tax_number", "notes")
    )
    return Party(
        number=unused({party.number for party in books.parties}, "B"),
        name=name,
        customer=table == "customers",
        supplier=table == "vendors",
        person=False,
        street="",
        street_no="",
        postcode="",
        city="",
        country="",
        currency=books.currency,
        language="en",
        payment_terms_days=None,
        created_at=writing.now,
        **nothing,
    )


def add_party(writing: Writing, table: str, party: Party) -> None:
    """Put a new customer or vendor into the books."""
    writing.books.parties.append(party)
    writing.own(table, party.number)


def _party(writing: Writing, row: Party | None, table: str) -> str:
    body = writing.body
    if row is None:
        body.need("name")
    name = body.filled("name")
    party = replace(row) if row is not None else new_party(writing, table, name or "")
    _details(writing, party, name)
    body.check()
    if row is None:
        add_party(writing, table, party)
    else:
        writing.books.parties[place(writing.books.parties, row)] = party
    return party.number


def _details(writing: Writing, party: Party, name: str | None) -> None:
    body = writing.body
    party.name = name or party.name
    if "companyName" in body:
        party.person = body.text("companyName") is None
    for field, attribute in (("email", "email"), ("phone", "phone"), ("website", "website")):
        if field in body:
            setattr(party, attribute, body.text(field))
    if "taxNumber" in body:
        party.tax_number = body.text("taxNumber")
    party.currency = body.filled("currency") or party.currency
    active = body.flag("active")
    party.archived = party.archived if active is None else not active
    _address(writing, party)


def _address(writing: Writing, party: Party) -> None:
    address = writing.body.part("billingAddress")
    if address is None:
        return
    party.street_no, party.street = "", address.text("street") or ""
    party.city, party.region = address.text("city") or "", address.text("region")
    party.postcode, party.country = address.text("postalCode") or "", address.text("country") or ""


def product(writing: Writing, row: Item | None) -> str:
    """Something that is sold."""
    body, books = writing.body, writing.books
    if row is None:
        body.need("name")
    name, price, active = body.filled("name"), body.fine_cents("price"), body.flag("active")
    sku = body.filled("sku")
    if sku is not None and books.item(sku) not in (None, row):
        body.fail("sku", "is another product's")
    if row is not None and sku not in (None, row.number):
        body.fail("sku", "cannot be changed")
    cost, quantity, text = body.cents("cost"), body.number("quantity"), body.text("description")
    body.check()
    made = row or _new_product(writing, sku or unused({item.number for item in books.items}, "B"))
    made.name, made.price = name or made.name, made.price if price is None else price
    made.description = made.description if text is None else text
    made.purchase_price = cost if "cost" in body else made.purchase_price
    made.quantity_on_hand = quantity if "quantity" in body else made.quantity_on_hand
    made.archived = made.archived if active is None else not active
    if row is None:
        books.items.append(made)
        writing.own("products", made.number)
    return made.number


def _new_product(writing: Writing, number: str) -> Item:
    return Item(
        number=number,
        name="",
        description="",
        service=writing.body.number("quantity") is None,
        price=Decimal(0),
        purchase_price=None,
        unit="piece",
        tax=chart.PURCHASE_TAX,
        income_account=ledger.SALES,
        expense_account=None,
        category="",
        created_at=writing.now,
    )


def employee(writing: Writing, row: Employee | None) -> str:
    """Somebody who is paid."""
    body, books = writing.body, writing.books
    known = {each.number for each in books.more.employees}
    if row is None:
        body.need("name")
    number = body.filled("employee_number")
    if number is not None and number in known and (row is None or number != row.number):
        body.fail("employee_number", "is another employee's")
    if row is not None and number not in (None, row.number):
        body.fail("employee_number", "cannot be changed")
    made = replace(row) if row is not None else _new_employee(writing, number or unused(known, "B"))
    _employment(writing, made)
    body.check()
    made.updated_at = writing.now
    if row is None:
        books.more.employees.append(made)
        writing.own("employees", made.number)
    else:
        books.more.employees[place(books.more.employees, row)] = made
    return made.number


def _employment(writing: Writing, made: Employee) -> None:
    body = writing.body
    made.name = body.filled("name") or made.name
    made.frequency = body.filled("pay_frequency") or made.frequency
    texts = (("first_name", "first_name"), ("last_name", "last_name"), ("email", "email"), ("phone", "phone"))
    for field, attribute in (*texts, ("job_title", "title"), ("department", "department")):
        if field in body:
            setattr(made, attribute, body.text(field))
    for field in ("hourly_rate", "salary"):
        if field in body:
            setattr(made, field, body.cents(field))
    if "standard_hours" in body:
        made.standard_hours = body.number("standard_hours")
    made.hired = body.day("hire_date") or made.hired
    if "termination_date" in body:
        made.ended = body.day("termination_date")
    active = body.flag("active")
    made.active = made.active if active is None else active


def _new_employee(writing: Writing, number: str) -> Employee:
    nothing: dict[str, Any] = dict.fromkeys(
        ("first_name", "last_name", "email", "phone", "title", "department", "hourly_rate", "salary")
    )
    return Employee(
        number=number,
        name="",
        frequency="monthly",
        standard_hours=None,
        hired=writing.view.today,
        ended=None,
        created_at=writing.now,
        updated_at=writing.now,
        **nothing,
    )
