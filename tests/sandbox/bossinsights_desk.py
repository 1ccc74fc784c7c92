"""A Boss Insights emulator on a clock of the test's own, and clients held against its contract."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import httpx
import msgspec
from starlette.applications import Starlette
from starlette.routing import Mount

from ledgermesh.clock import ManualClock
from ledgermesh.sandbox.books import BankLine, Books, Item, Journal, Line, Paper, Party, Posting, Settlement
from ledgermesh.sandbox.bossinsights import BossInsights, make
from ledgermesh.sandbox.bossinsights.webhooks import Sender
from ledgermesh.sandbox.more_books import Employee
from ledgermesh.sandbox.world import World, chart
from ledgermesh.sandbox.world.aggregated_books import all_accounts
from tests.sandbox.contracts import ON_PURPOSE, Checked, Contract

START = dt.datetime(2026, 3, 10, 9, 30, tzinfo=dt.UTC)
TODAY = START.date()
TENANT, COMPANY = "mycompany-sandbox", "corner-shop"
ROOT = "http://sandbox/bossinsights"
AT_TENANT = Contract("bossinsights", mount=f"{ROOT}/{TENANT}", closed=True)
AT_COMPANY = Contract("bossinsights", mount=f"{ROOT}/{COMPANY}", closed=True)
AT_ADMIN = Contract("bossinsights", mount=ROOT, closed=True)
PURPOSE = dict(ON_PURPOSE)


@dataclass
class Desk:
    """An emulator, the tenant's client with the writer's key, and others.

    `client`, `company` and `admin` are held against the contract; `free` is not.
    """

    emulator: BossInsights
    clock: ManualClock
    books: Books
    client: httpx.AsyncClient
    company: httpx.AsyncClient
    admin: httpx.AsyncClient
    free: httpx.AsyncClient

    @property
    def keys(self) -> dict[str, str]:
        """What somebody could type in."""
        return dict(self.emulator.credentials(self.books))

    async def get(self, path: str, **parameters: object) -> Any:
        """The body of a good answer, its numbers exact."""
        answer = await self.client.get(f"/api/{path}", params=self._query(parameters))
        assert answer.status_code == 200, answer.text
        return exact(answer)

    async def all(self, path: str, **parameters: object) -> list[Any]:
        """Every row, page after page until one is empty."""
        rows: list[Any] = []
        for page in range(1, 500):
            found = await self.get(path, page=page, **parameters)
            if not found:
                return rows
            rows += found
        raise AssertionError("there is no end")

    async def one(self, path: str, **fields: object) -> Any:
        """The one row of a list whose fields are these."""
        rows = await self.all(path)
        (found,) = [row for row in rows if all(row[name] == value for name, value in fields.items())]
        return found

    async def post(self, path: str, body: object, **headers: str) -> Any:
        """The body of the answer to a good write."""
        answer = await self.client.post(
            f"/api/{path}", params=self._query({}), json=body, headers=_names(headers)
        )
        assert answer.status_code == 200, answer.text
        return exact(answer)

    async def wrong(self, path: str, body: object) -> list[str]:
        """The fields that a refused write was wrong in."""
        answer = await self.client.post(
            f"/api/{path}", params=self._query({}), content=msgspec.json.encode(body), extensions=PURPOSE
        )
        assert answer.status_code == 400, answer.text
        return [error["field"] for error in exact(answer)["errors"]]

    async def refused(self, path: str, method: str = "GET", **parameters: object) -> httpx.Response:
        """The answer to a request that errs on purpose."""
        answer = await self.client.request(
            method, f"/api/{path}", params=self._query(parameters), extensions=PURPOSE
        )
        assert answer.status_code >= 400, answer.text
        body = exact(answer)
        assert (body["status"], body["code"]) == ("error", answer.status_code)
        return answer

    async def command(self, body: object, **more: Any) -> httpx.Response:
        """The answer of the administration API to a command."""
        return await self.admin.post("/app/api.php", json=body, **more)

    async def question(self, action: str, **parameters: str) -> Any:
        """The body of its good answer to a question."""
        answer = await self.admin.get("/app/api.php", params={"action": action, **parameters})
        assert answer.status_code == 200, answer.text
        return exact(answer)

    def _query(self, parameters: dict[str, object]) -> dict[str, str]:
        named = {name: str(value) for name, value in parameters.items()}
        return {"X_ACCOUNT_KEY": self.keys["account_key"], **named}


def exact(answer: httpx.Response) -> Any:
    """The answer's JSON with decimals."""
    return msgspec.json.Decoder(float_hook=Decimal).decode(answer.content)


Wrap = Callable[[httpx.AsyncBaseTransport, Contract], httpx.AsyncBaseTransport]


def desk_over(*shelf: Books, sender: Sender | None = None, wrap: Wrap = Checked) -> Desk:
    """A desk at the first of these books that lie with Boss Insights."""
    clock = ManualClock(START)
    world = World(TODAY, {(books.company, books.provider): books for books in shelf})
    emulator = make(world, clock, sender=sender)
    books = next(books for books in shelf if books.provider == "bossinsights")
    app = Starlette(routes=[Mount("/bossinsights", app=emulator.app)])
    keys = emulator.credentials(books)

    def client(contract: Contract, user: str, password: str, **more: Any) -> httpx.AsyncClient:
        transport = wrap(httpx.ASGITransport(app), contract)
        return httpx.AsyncClient(transport=transport, base_url=contract.mount, auth=(user, password), **more)

    return Desk(
        emulator,
        clock,
        books,
        client(AT_TENANT, keys["write_user"], keys["write_password"]),
        client(_at(books.company), "admin", keys["company_password"]),
        client(AT_ADMIN, keys["admin_key"], "", headers={"Account-Key": keys["tenant_key"]}),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ROOT),
    )


def writing_desk(*shelf: Books, sender: Sender | None = None) -> Desk:
    """A desk whose tenant may write."""
    desk = desk_over(*(shelf or (small_books(),)), sender=sender)
    desk.emulator.switches.write_enabled = True
    return desk


def _at(company: str) -> Contract:
    if company == COMPANY:
        return AT_COMPANY
    return Contract("bossinsights", mount=f"{ROOT}/{company}", closed=True)


def small_books(company: str = COMPANY) -> Books:
    """Two customers, a vendor, an item, two invoices (one half paid), a bill, a journal entry, an employee."""
    books = Books(company, "bossinsights", "Corner Shop", "Corner Shop Ltd", "CAD", "CA")
    books.accounts = all_accounts("CAD")
    books.taxes = chart.taxes(dt.date(2025, 1, 1), dt.date(2025, 4, 1))
    books.parties = [
        party("70001", "Zoë Baker"),
        party("70004", "Tea Room Ltd."),
        party("90001", "Flour Mill Inc.", supplier=True),
    ]
    books.items = [
        Item(
            "P-001",
            "Loaf",
            "Loaf, per piece",
            service=False,
            price=Decimal("6.50"),
            purchase_price=Decimal("3.90"),
            unit="piece",
            tax="GST 5%",
            income_account=chart.GOODS,
            expense_account=None,
            category="Bread",
            created_at=START,
            quantity_on_hand=Decimal(12),
        )
    ]
    books.invoices = [
        paper("invoice", "700001", "2026-01-15", "70001", "100.00"),
        paper("invoice", "700002", "2026-02-20", "70004", "33.35"),
    ]
    books.bills = [paper("bill", "90001-1", "2026-02-01", "90001", "60.00")]
    books.receipts = [
        Settlement(
            "receipt",
            "800001",
            dt.date(2026, 2, 1),
            "70001",
            chart.CHEQUING,
            "CAD",
            Decimal("50.00"),
            "card",
            [("700001", Decimal("50.00"))],
            START,
            START,
        )
    ]
    opening = [
        Posting(chart.CHEQUING, Decimal("500.00"), Decimal(0)),
        Posting(chart.CAPITAL, Decimal(0), Decimal("500.00")),
    ]
    books.journals = [Journal("J-0001", dt.date(2025, 12, 31), "Opening", opening, START, START)]
    books.more.employees = [employee()]
    return books


def party(number: str, name: str, *, supplier: bool = False) -> Party:
    """Somebody in Toronto."""
    nothing: dict[str, Any] = dict.fromkeys(("first_name", "last_name", "website", "tax_number", "notes"))
    return Party(
        number=number,
        name=name,
        customer=not supplier,
        supplier=supplier,
        person=False,
        email=f"mail{number}@example.org",
        phone=None,
        street="Birch Street",
        street_no="1",
        postcode="M5V 1A1",
        city="Toronto",
        region="ON",
        country="CA",
        currency="CAD",
        language="en",
        payment_terms_days=None,
        created_at=START,
        **nothing,
    )


def paper(kind: str, number: str, day: str, whose: str, price: str) -> Paper:
    """One line, two pieces, five per cent tax."""
    date = dt.date.fromisoformat(day)
    account = chart.GOODS if kind == "invoice" else "6030"
    lines = [
        Line("Goods", Decimal(2), Decimal(price), account, "GST 5%", "P-001" if kind == "invoice" else None)
    ]
    due = date + dt.timedelta(days=30)
    return Paper(kind, number, date, due, whose, "CAD", Decimal(1), lines, "", "", START, START)


def employee() -> Employee:
    """Somebody paid by the hour."""
    return Employee(
        "E101",
        "Priya Ashdown",
        "Priya",
        "Ashdown",
        "priya@example.org",
        None,
        "Baker",
        "Bakery",
        "biweekly",
        Decimal("21.50"),
        None,
        Decimal(80),
        dt.date(2025, 6, 1),
        None,
        START,
        START,
    )


def statement_line(id: str, day: str, amount: str, category: str | None) -> BankLine:
    """A line of the chequing account's statement."""
    date = dt.date.fromisoformat(day)
    return BankLine(id, date, f"Line {id}", Decimal(amount), "CAD", chart.CHEQUING, category, None)


def fields(rows: Iterable[Any], *names: str) -> list[tuple[Any, ...]]:
    """These fields of every row."""
    return [tuple(row[name] for name in names) for row in rows]


def _names(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
