"""What an invoicing office keeps beside its invoices: quotes and what follows them, letters, people, projects, hours.

Records name parties, items and each other by number or id, as in `books.py`; amounts are exact decimals in major units.
Offers, order confirmations and delivery notes are papers of their own kinds: `due` of an offer is the last day on which
it may be accepted, and beside draft, sent and void their state may be accepted, declined or billed.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ledgermesh.sandbox.books import Paper


@dataclass
class User:
    """Somebody who works with these books, besides their owner."""

    id: str
    first_name: str
    last_name: str


@dataclass
class PartyAddress:
    """Another address of a party; the main one stands in the party itself."""

    id: str
    party: str
    street: str
    street_no: str
    postcode: str
    city: str
    country: str
    postal: bool = False
    """Whether letters go there."""


@dataclass
class ContactPerson:
    """Somebody to talk to at a party."""

    id: str
    party: str
    first_name: str
    last_name: str
    gender: str
    """M | F"""
    email: str | None = None
    phone: str | None = None
    department: str | None = None
    main: bool = False


@dataclass
class PartyAccount:
    """A bank account of a party."""

    id: str
    party: str
    type: str
    """IBAN | ISR | QR | QRREF"""
    number: str
    bic: str | None = None
    description: str | None = None
    main: bool = False


@dataclass
class PartyGroup:
    """Parties that belong together."""

    id: str
    name: str
    members: list[str]
    """Numbers of the parties."""


@dataclass
class Reminder:
    """Something to do about a party."""

    id: str
    party: str
    at: dt.datetime
    """UTC."""
    title: str
    description: str | None
    interval: int
    """How long before `at` it reminds, in units."""
    unit: str
    """hour | day | month"""


@dataclass
class Letter:
    """A letter to a party."""

    id: str
    party: str
    date: dt.date
    title: str | None
    content: str | None
    language: str
    notes: str | None
    created_at: dt.datetime
    state: str = "draft"
    """draft | sent"""
    removed: bool = False


@dataclass
class ItemCategory:
    """A category that items may be put into, whether any is in it or not."""

    service: bool
    name: str
    account: str | None
    """Number of the income account."""


@dataclass
class CurrencyRate:
    """What one unit of a currency is in another, as the office has set it."""

    id: str
    currency_from: str
    currency_to: str
    rate: Decimal
    created_at: dt.datetime


@dataclass
class Activity:
    """A kind of work."""

    id: str
    name: str
    item: str | None = None
    """Number of the service it is sold as."""
    item_price: bool = False
    """Whether an hour costs what the service costs."""


@dataclass
class CostUnit:
    """Something that costs are assigned to."""

    id: str
    number: str | None
    name: str
    description: str | None
    type: str
    """P productive | U unproductive"""


@dataclass
class Project:
    """Work for a party."""

    id: str
    number: str | None
    party: str
    name: str
    description: str | None
    start: dt.date
    hours_estimated: Decimal | None
    hourly_rate: Decimal | None
    state: str = "open"
    """open | pending | closed | billed"""


@dataclass
class Effort:
    """Time that somebody spent on a project, a cost unit or a party."""

    id: str
    user: str
    """Id of the user; empty for the owner of the books."""
    target: str
    """project | cost_unit | party"""
    target_id: str
    """Its id, or the number of the party."""
    hours: Decimal
    date: dt.date
    activity: str | None
    notes: str | None
    invoiced: bool
    hourly_rate: Decimal | None
    updated_at: dt.datetime


@dataclass
class WorkSpan:
    """From when to when somebody worked on a day."""

    id: str
    user: str
    """Id of the user; empty for the owner of the books."""
    date: dt.date
    start: dt.time
    end: dt.time
    created_at: dt.datetime


@dataclass
class OfficeBooks:
    """All of it."""

    users: list[User] = field(default_factory=list)
    addresses: list[PartyAddress] = field(default_factory=list)
    people: list[ContactPerson] = field(default_factory=list)
    party_accounts: list[PartyAccount] = field(default_factory=list)
    groups: list[PartyGroup] = field(default_factory=list)
    reminders: list[Reminder] = field(default_factory=list)
    letters: list[Letter] = field(default_factory=list)
    offers: list[Paper] = field(default_factory=list)
    order_confirmations: list[Paper] = field(default_factory=list)
    delivery_notes: list[Paper] = field(default_factory=list)
    categories: list[ItemCategory] = field(default_factory=list)
    """Those that no item need be in; an item's own category is one without standing here."""
    exchange_rates: list[CurrencyRate] | None = None
    """None until somebody sets one: those of the newest papers in each currency."""
    activities: list[Activity] = field(default_factory=list)
    cost_units: list[CostUnit] = field(default_factory=list)
    projects: list[Project] = field(default_factory=list)
    efforts: list[Effort] = field(default_factory=list)
    working_hours: list[WorkSpan] = field(default_factory=list)
