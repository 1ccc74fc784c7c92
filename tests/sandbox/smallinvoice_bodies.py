"""Bodies for the smallinvoice emulator's writes."""

from __future__ import annotations

from typing import Any

from tests.sandbox.smallinvoice_desk import Desk

INVOICES = "/receivables/invoices"
ADDRESS = {"country": "CH", "street": "Seeweg", "street_no": "3", "postcode": "8002", "city": "Zürich"}
CONTACT = {"relation": ["CL"], "type": "C", "name": "Neu & Söhne AG", "main_address": ADDRESS}
LINE = {
    "type": "N",
    "catalog_type": "S",
    "name": "Beratung",
    "price": 100,
    "vat": 8.1,
    "amount": 2,
    "unit_id": 1,
}
DOCUMENTS = {
    INVOICES: {"due": "2025-07-15"},
    "/receivables/offers": {"valid_until": "2025-07-01"},
    "/receivables/order-confirmations": {},
    "/receivables/delivery-notes": {},
}


def line(price: float, amount: float = 1, **more: Any) -> dict[str, Any]:
    """A line of the document, at 8.1 percent."""
    return {**LINE, "price": price, "amount": amount, **more}


async def customer(desk: Desk) -> Any:
    """The first contact."""
    return (await desk.get("/contacts", limit=1))["items"][0]


async def document(desk: Desk, path: str = INVOICES, **more: Any) -> dict[str, Any]:
    """The body of a new document for the first contact."""
    contact = await customer(desk)
    return {
        "contact_id": contact["id"],
        "contact_address_id": contact["main_address_id"],
        "date": "2025-06-15",
        "currency": "CHF",
        "language": "de",
        "positions": [LINE],
        **DOCUMENTS[path],
        **more,
    }


async def made(desk: Desk, path: str = INVOICES, **more: Any) -> Any:
    """A new document for the first contact."""
    return await desk.post(path, await document(desk, path, **more))
