"""What all documents have in common: whom they are for, their lines and what they come to; and offers, order
confirmations and delivery notes, which have little else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from operator import attrgetter
from typing import Any, Protocol, cast

from ledgermesh.sandbox.arithmetic import totals
from ledgermesh.sandbox.books import Books, Paper
from ledgermesh.sandbox.smallinvoice import amounts
from ledgermesh.sandbox.smallinvoice.answers import number, timestamp
from ledgermesh.sandbox.smallinvoice.catalog import ItemRow
from ledgermesh.sandbox.smallinvoice.configuration import BankAccountRow, SlipRow
from ledgermesh.sandbox.smallinvoice.contacts import (
    PERSON,
    AddressRow,
    ContactRow,
    show_address,
    show_contact,
)
from ledgermesh.sandbox.smallinvoice.ids import digest
from ledgermesh.sandbox.smallinvoice.positions import positions
from ledgermesh.sandbox.smallinvoice.store import Store
from ledgermesh.sandbox.smallinvoice.table import Shape

LINES_ON_A_PAGE = 12
ORDER_NUMBER = ("purchase_order", "Bestellnummer")
"""Key and name of the one custom field of documents."""
_ACCEPTED_ONLINE = {"accepted": "A", "declined": "D"}
_STATUS = {"draft": "DR", "sent": "S", "accepted": "A", "declined": "DE", "billed": "B", "void": "D"}
STATES = {status: state for state, status in _STATUS.items()}
"""By status word, as the books call it; of a removed paper the status is D whatever its state."""
TITLES = {
    "invoice": {"de": "Rechnung", "en": "Invoice", "es": "Factura", "fr": "Facture", "it": "Fattura"},
    "offer": {"de": "Offerte", "en": "Offer", "es": "Oferta", "fr": "Offre", "it": "Offerta"},
    "order_confirmation": {
        "de": "Auftragsbestätigung",
        "en": "Order confirmation",
        "es": "Confirmación de pedido",
        "fr": "Confirmation de commande",
        "it": "Conferma d'ordine",
    },
    "delivery_note": {
        "de": "Lieferschein",
        "en": "Delivery note",
        "es": "Albarán",
        "fr": "Bulletin de livraison",
        "it": "Bolla di consegna",
    },
}
_PLACEHOLDERS = {"invoice": "INVOICENO", "offer": "OFFERNO"}


@dataclass(frozen=True, eq=False)
class Surroundings:
    """What every document of a company refers to."""

    store: Store
    items: Mapping[str, ItemRow]
    bank_accounts: Mapping[int, BankAccountRow]
    bank_account: BankAccountRow | None
    """The default one."""
    slips: Mapping[int, SlipRow]
    slip: SlipRow | None
    """That of the default bank account."""
    today: str
    """As a date is written."""
    total_step: Decimal

    @property
    def books(self) -> Books:
        return self.store.books


class Addressed(Protocol):
    """What is sent to a contact."""

    @property
    def contact(self) -> ContactRow: ...

    @property
    def entered(self) -> Mapping[str, object]: ...


@dataclass(eq=False)
class DocumentRow:
    """A document as smallinvoice shows it; what costs something is worked out when it is asked for."""

    id: int
    paper: Paper
    contact: ContactRow
    around: Surroundings
    entered: Mapping[str, object]

    @cached_property
    def oddness(self) -> int:
        """Decides, the same in every run, which of the rarer things happen to this document."""
        first = self.around.store.ids.first_key(self.paper.kind, self.paper.number)
        return digest(self.around.books.company, self.paper.kind, first)

    @property
    def positions(self) -> list[amounts.Position]:
        """The lines as answers show them."""
        written = self.entered.get("positions")
        if written is not None:
            return cast("list[amounts.Position]", written)
        return positions(self.around.books, self.paper, self.around.items, self.oddness)

    @property
    def terms(self) -> amounts.Terms:
        """What the document says about all its lines."""
        return amounts.Terms(
            bool(self.entered.get("vat_included", False)),
            cast("Decimal", self.entered.get("discount_rate", self.paper.discount_percent)) or Decimal(0),
            str(self.entered.get("discount_type", "P")),
        )

    @cached_property
    def total(self) -> Decimal:
        """Gross; rounded from the unrounded lines, then to the step of the account."""
        step = self.around.total_step
        if "positions" in self.entered:
            exact = amounts.total(self.positions, self.terms, self.paper.currency)
        else:
            exact = totals(self.around.books, self.paper).total
        return (exact / step).quantize(Decimal(1), ROUND_HALF_UP) * step

    @property
    def pages(self) -> int:
        """How many pages the PDF has."""
        return 1 + len(self.paper.lines) // LINES_ON_A_PAGE

    @property
    def status(self) -> str:
        """DR draft, S sent, A accepted, DE declined, B billed, D deleted but still visible."""
        return "D" if self.paper.removed else _STATUS[self.paper.state]

    @property
    def language(self) -> str:
        return str(self.entered.get("language", self.contact.language))

    @property
    def title(self) -> str:
        """What the document is called."""
        return TITLES[self.paper.kind][self.language]


def address_of(row: Addressed, key: str = "contact_address_id") -> AddressRow | None:
    """The contact's address that was chosen under this key."""
    return next((each for each in row.contact.addresses if each.id == row.entered.get(key)), None)


def _address(row: Addressed) -> dict[str, object]:
    return show_address(address_of(row) or row.contact.addresses[0])


def _prepage_address(row: Addressed) -> dict[str, object] | None:
    found = address_of(row, "contact_prepage_address_id")
    return show_address(found) if found else None


def _person(row: Addressed) -> dict[str, object] | None:
    chosen = row.entered.get("contact_person_id")
    found = next((each for each in row.contact.people if each.id == chosen), None)
    return PERSON.show(found) if found else None


def _texts(row: DocumentRow) -> list[dict[str, object]]:
    """Placeholders stay as they were typed."""
    title = f"{row.title} {{{_PLACEHOLDERS.get(row.paper.kind, 'DOCUMENTNO')}}}"
    return [{"status": "D", "title": title, "introduction": "", "conditions": row.paper.terms}]


def _custom_fields(row: DocumentRow) -> list[dict[str, object]]:
    key, name = ORDER_NUMBER
    return [{"key": key, "name": name, "value": row.paper.po_number}]


def _accept_url(row: DocumentRow) -> str | None:
    if not row.entered.get("accept_online"):
        return None
    return f"https://app.smallinvoice.com/accept/{row.oddness:016x}"


WHO: Mapping[str, Callable[[Any], object]] = {
    "contact_id": attrgetter("contact.id"),
    "contact_address_id": lambda row: row.contact.addresses[0].id,
    "contact_prepage_address_id": lambda _: None,
    "contact_person_id": lambda _: None,
}
WHO_EXTRAS: Mapping[str, Callable[[Any], object]] = {
    "contact": lambda row: show_contact(row.contact),
    "contact_name": attrgetter("contact.party.name"),
    "contact_address": _address,
    "contact_prepage_address": _prepage_address,
    "contact_person": _person,
}
HEAD: Mapping[str, Callable[[Any], object]] = {
    "id": attrgetter("id"),
    "number": attrgetter("paper.number"),
    **WHO,
    "date": lambda row: row.paper.date.isoformat(),
}
BODY: Mapping[str, Callable[[Any], object]] = {
    "period_text": lambda _: "",
    "currency": attrgetter("paper.currency"),
    "total": lambda row: number(row.total),
    "vat_included": lambda _: False,
    "discount_rate": lambda row: number(row.paper.discount_percent),
    "discount_type": lambda _: "P",
}
TAIL: Mapping[str, Callable[[Any], object]] = {
    "language": attrgetter("language"),
    "signature_id": lambda _: None,
    "layout_id": lambda row: row.around.store.ids.of("layout", "standard"),
    "page_amount": attrgetter("pages"),
    "notes": lambda row: row.paper.memo or None,
    "status": attrgetter("status"),
    "created": lambda row: timestamp(row.paper.created_at),
}
EXTRAS: Mapping[str, Callable[[Any], object]] = {
    **WHO_EXTRAS,
    "custom_fields": _custom_fields,
    "positions": attrgetter("positions"),
    "texts": _texts,
    "free_texts": lambda _: (),
    "permissions": lambda _: ("view", "edit", "manage"),
}
SEARCHED = tuple(
    attrgetter(name) for name in ("paper.number", "paper.memo", "paper.po_number", "contact.party.name")
)
_OFFER_ONLY: Mapping[str, Callable[[DocumentRow], object]] = {
    "valid_until": lambda row: row.paper.due.isoformat(),
    "accept_online": lambda _: False,
    "accept_online_url": _accept_url,
    "accept_online_status": lambda row: _ACCEPTED_ONLINE.get(row.paper.state, "U"),
}
OFFER: Shape[DocumentRow] = Shape(
    "DocumentOffer", {**HEAD, **_OFFER_ONLY, **BODY, **TAIL}, EXTRAS, "-number", SEARCHED
)
ORDER_CONFIRMATION: Shape[DocumentRow] = Shape(
    "DocumentOrderConfirmation", {**HEAD, **BODY, **TAIL}, EXTRAS, "-number", SEARCHED
)
DELIVERY_NOTE: Shape[DocumentRow] = Shape(
    "DocumentDeliveryNote", {**HEAD, **BODY, **TAIL}, EXTRAS, "-number", SEARCHED
)
