"""A Kashoo or TrulySmall emulator on a clock of the test's own; its client's every exchange is held to the contract."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from random import Random
from typing import Any

import httpx
import msgspec
from starlette.applications import Starlette
from starlette.routing import Mount

from ledgermesh.clock import ManualClock
from ledgermesh.sandbox import kashoo, trulysmall
from ledgermesh.sandbox.books import (
    Account,
    Books,
    Item,
    Journal,
    Line,
    Paper,
    Party,
    Posting,
    Settlement,
    Tax,
)
from ledgermesh.sandbox.kashoo import KashooEmulator
from ledgermesh.sandbox.kashoo.extras import Detail
from ledgermesh.sandbox.world import World, make_world
from tests.sandbox.contracts import ON_PURPOSE, Checked, Contract

START = dt.datetime(2026, 3, 10, 9, 30, tzinfo=dt.UTC)
MOUNT = "http://sandbox/kashoo"
TSA_MOUNT = "http://sandbox/trulysmall"
CLOSED = Contract("kashoo", mount=MOUNT, closed=True)
OPEN = Contract("kashoo", mount=MOUNT)
JSON = {"Accept": "application/json"}
_PRODUCTS = {"kashoo": kashoo, "trulysmall": trulysmall}
_ENCODER = msgspec.json.Encoder(decimal_format="number")


@dataclass
class Desk:
    """An emulator and its clients, signed in as the owner of `books`.

    `client` is held against the contract; `free` is not.
    """

    emulator: KashooEmulator
    clock: ManualClock
    books: Books
    client: httpx.AsyncClient
    free: httpx.AsyncClient

    @property
    def home(self) -> str:
        """The path of the business."""
        return f"/api/businesses/{self.emulator.credentials(self.books)['business_id']}"

    async def log_in(self, **fields: str) -> httpx.Response:
        """Ask for a token with form fields."""
        keys = self.emulator.credentials(self.books)
        form = {"email": keys["email"], "password": keys["password"], **fields}
        return await self.client.post("/api/authTokens", data=form, headers=JSON, extensions=dict(ON_PURPOSE))

    async def sign_in(self) -> None:
        """Send the token of the books' owner from now on."""
        answer = await self.log_in()
        assert answer.status_code == 200, answer.text
        for client in (self.client, self.free):
            client.headers["Authorization"] = f"TOKEN json:{answer.text}"

    async def get(self, path: str, **parameters: object) -> Any:
        """The body of a good answer, its numbers exact; `path` begins below the business unless it begins with /api."""
        answer = await self.client.get(self.url(path), params=_texts(parameters), headers=JSON)
        assert answer.status_code == 200, answer.text
        return exact(answer)

    async def post(self, path: str, body: object) -> Any:
        """The new object, which is also found at the address that the answer names."""
        answer = await self.send("POST", path, body)
        assert answer.status_code == 201, answer.text
        return exact(answer)

    async def put(self, path: str, body: object) -> Any:
        """The replaced object."""
        answer = await self.send("PUT", path, body)
        assert answer.status_code == 200, answer.text
        return exact(answer)

    async def delete(self, path: str) -> None:
        """Remove the object there."""
        answer = await self.client.delete(self.url(path))
        assert (answer.status_code, answer.content) == (204, b""), answer.text

    async def send(self, method: str, path: str, body: object, *, erring: bool = False) -> httpx.Response:
        """The answer to a JSON body; `erring` sends what the contract may not allow."""
        return await self.client.request(
            method,
            self.url(path),
            content=body if isinstance(body, bytes) else _ENCODER.encode(body),
            headers={"Content-Type": "application/json", **JSON},
            extensions=dict(ON_PURPOSE) if erring else {},
        )

    async def denied(self, method: str, path: str, body: object) -> tuple[int, str]:
        """Status and message of a write that is refused."""
        answer = await self.send(method, path, body, erring=True)
        assert answer.status_code >= 400, answer.text
        return answer.status_code, str(answer.json()["message"])

    async def accounts(self) -> dict[str, int]:
        """The ids of the accounts by number."""
        return {row["number"]: row["id"] for row in await self.get("/accounts")}

    async def contact(self, name: str) -> int:
        """The id of the contact with this name."""
        return int(next(row["id"] for row in await self.get("/contacts") if row["name"] == name))

    def lock(self, type: str, number: str) -> None:
        """Close a record to changes, as a reconciliation does."""
        business = self.emulator.businesses.of(self.books)
        record = business.records.by_id[self.id(type, number)]
        business.put_record(type, record.source, Detail(read_only=True))

    async def refused(self, path: str, **parameters: object) -> httpx.Response:
        """The answer to a request that errs on purpose."""
        return await self.client.get(
            self.url(path), params=_texts(parameters), headers=JSON, extensions=dict(ON_PURPOSE)
        )

    async def numbers(self, path: str, **parameters: object) -> list[str]:
        """The numbers of the listed records."""
        return [row["number"] for row in await self.get(path, **parameters)]

    def url(self, path: str) -> str:
        """The path with the business before it."""
        return path if path.startswith("/api") else self.home + path

    def id(self, type: str, number: str) -> int:
        """The id of a record."""
        return self.emulator.record_id(self.books, type, number)


def exact(answer: httpx.Response) -> Any:
    """The answer's JSON with decimals."""
    return msgspec.json.Decoder(float_hook=Decimal).decode(answer.content)


def desk_over(*shelf: Books, contract: Contract = CLOSED, start: dt.datetime = START) -> Desk:
    """A desk whose client is not signed in yet; the first books are the desk's own, the contract's name the product."""
    clock = ManualClock(start)
    world = World(start.date(), {(books.company, books.provider): books for books in shelf})
    emulator = _PRODUCTS[contract.name].make(world, clock, chance=Random(7))
    outer = Starlette(routes=[Mount(f"/{contract.name}", app=emulator.app)])
    transport = Checked(httpx.ASGITransport(outer), contract)
    client = httpx.AsyncClient(transport=transport, base_url=contract.mount)
    free = httpx.AsyncClient(transport=httpx.ASGITransport(outer), base_url=contract.mount)
    return Desk(emulator, clock, shelf[0], client, free)


def small_world() -> World:
    """The demo companies' books with these two products, and none elsewhere."""
    return make_world(today=START.date(), keepers={name: module.KEEPER for name, module in _PRODUCTS.items()})


def small_books(company: str = "corner-shop", provider: str = "kashoo") -> Books:
    """Two customers, one of them a supplier too, four invoices, a bill, three payments, an entry."""
    books = Books(company, provider, "Corner Shop", "Corner Shop Ltd.", "CAD", "CA")
    books.accounts = [
        _account("1010", "Chequing", "BANK"),
        _account("1200", "Receivables", "ACCOUNTS_RECEIVABLE"),
        _account("2000", "Payables", "ACCOUNTS_PAYABLE"),
        _account("2200", "Sales tax", "TAX"),
        _account("4000", "Sales", "INCOME"),
        _account("5000", "Rent", "EXPENSE"),
    ]
    books.accounts[5].archived = True
    books.parties = [
        _party("P1", "Zoë Baker", supplier=True),
        _party("P2", "Ann & Co"),
        _party("P3", "Gone Inc."),
    ]
    books.parties[2].removed = True
    books.taxes = [
        Tax("HST", Decimal(15), "Harmonized sales tax", dt.date(2020, 1, 1), dt.date(2025, 12, 31)),
        Tax("HST", Decimal(14), "Harmonized sales tax", dt.date(2026, 1, 1)),
        Tax("GST", Decimal(5), "Goods and services tax", dt.date(2020, 1, 1)),
    ]
    books.items = [
        Item(
            "S-1",
            "Hour",
            "Work",
            True,
            Decimal("99.50"),
            None,
            "h",
            "GST",
            "4000",
            None,
            "work",
            at(2025, 1, 2),
        )
    ]
    _record(books)
    return books


def _record(books: Books) -> None:
    """Put papers, payments and the entry on them."""
    books.invoices = [
        paper("invoice", "A-1", dt.date(2025, 12, 31), [line("100.10", 3, tax="HST")]),
        paper(
            "invoice",
            "A-2",
            dt.date(2026, 3, 1),
            [line("19.99", 1, tax="GST"), line("0.015", 1000)],
            party="P2",
        ),
        paper("invoice", "A-3", dt.date(2026, 3, 1), [line("1500", 2)], currency="JPY", rate="0.0095"),
        paper("invoice", "A-4", dt.date(2026, 3, 5), [line("10", 1)], removed=True),
    ]
    books.bills = [
        paper("bill", "B-1", dt.date(2026, 2, 1), [line("200", 1, account="5000")], memo="February RENT")
    ]
    books.receipts = [
        payment("receipt", "R-1", dt.date(2025, 12, 31), [("A-1", "45.35")]),
        payment("receipt", "R-2", dt.date(2026, 1, 15), [("A-1", "100")], unallocated="5"),
        payment("receipt", "R-3", dt.date(2026, 1, 16), [("A-1", "1")], removed=True),
    ]
    books.disbursements = [
        payment("disbursement", "D-1", dt.date(2026, 2, 3), [("B-1", "200")], method="check")
    ]
    sides = [Posting("5000", Decimal("12.30"), Decimal(0)), Posting("1010", Decimal(0), Decimal("12.30"))]
    books.journals = [
        Journal("J-1", dt.date(2026, 1, 31), "Bank fee", sides, at(2026, 1, 31), at(2026, 1, 31))
    ]


def at(year: int, month: int, day: int) -> dt.datetime:
    """Noon of that day in UTC."""
    return dt.datetime(year, month, day, 12, tzinfo=dt.UTC)


def line(
    price: str, quantity: int, *, tax: str | None = None, account: str = "4000", discount: str = "0"
) -> Line:
    """One line at a net price."""
    return Line("Goods", Decimal(quantity), Decimal(price), account, tax, None, Decimal(discount))


def paper(
    kind: str,
    number: str,
    day: dt.date,
    lines: list[Line],
    *,
    party: str = "P1",
    currency: str = "CAD",
    rate: str = "1",
    memo: str = "",
    removed: bool = False,
    discount: str = "0",
) -> Paper:
    """An invoice or a bill that is due in thirty days and was last changed at noon of its day."""
    noon = at(day.year, day.month, day.day)
    due = day + dt.timedelta(days=30)
    money = Decimal(rate)
    return Paper(
        kind,
        number,
        day,
        due,
        party,
        currency,
        money,
        lines,
        memo,
        "",
        noon,
        noon,
        Decimal(discount),
        removed=removed,
    )


def payment(
    kind: str,
    number: str,
    day: dt.date,
    shares: Iterable[tuple[str, str]],
    *,
    unallocated: str = "0",
    method: str = "bank_transfer",
    removed: bool = False,
) -> Settlement:
    """Money from or to P1."""
    noon = at(day.year, day.month, day.day)
    parts = [(number, Decimal(amount)) for number, amount in shares]
    left = Decimal(unallocated)
    total = sum((amount for _, amount in parts), left)
    return Settlement(
        kind, number, day, "P1", "1010", "CAD", total, method, parts, noon, noon, left, removed=removed
    )


def _account(number: str, name: str, type: str) -> Account:
    return Account(number, name, type, "CAD")


def _party(number: str, name: str, *, supplier: bool = False) -> Party:
    return Party(
        number=number,
        name=name,
        customer=True,
        supplier=supplier,
        person=False,
        first_name=None,
        last_name=None,
        email=f"{number.lower()}@example.com",
        phone=None,
        website=None,
        street="Main Street",
        street_no="1",
        postcode="B3H 1A1",
        city="Halifax",
        region="NS",
        country="CA",
        currency="CAD",
        language="en",
        tax_number=None,
        payment_terms_days=30,
        notes=None,
        created_at=at(2025, 1, 1),
    )


def _texts(parameters: dict[str, object]) -> dict[str, str]:
    return {name: str(value) for name, value in parameters.items()}
