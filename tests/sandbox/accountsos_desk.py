"""An AccountsOS emulator on a clock of the test's own, and a client held against the contract."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import httpx
import msgspec
from starlette.applications import Starlette
from starlette.routing import Mount

from ledgermesh.clock import ManualClock
from ledgermesh.sandbox.accountsos import AccountsOS, make
from ledgermesh.sandbox.books import Account, BankLine, Books, DueDate, File, Party
from ledgermesh.sandbox.world import World
from tests.sandbox.contracts import ON_PURPOSE, Checked, Contract

START = dt.datetime(2025, 11, 15, 12, 30, 10, tzinfo=dt.UTC)
MOUNT = "http://sandbox/accountsos"
CLOSED = Contract("accountsos", mount=MOUNT, closed=True)


@dataclass
class Desk:
    """An emulator and a client of it; `client` is checked against the contract, `free` is not."""

    emulator: AccountsOS
    clock: ManualClock
    books: Books
    client: httpx.AsyncClient
    free: httpx.AsyncClient

    def sign_in(self, key: str) -> None:
        """Send another of the credentials' keys from now on: `read_key` at first, or `api_key`, which may write."""
        for client in (self.client, self.free):
            client.headers["Authorization"] = f"Bearer {self.emulator.credentials(self.books)[key]}"

    async def get(self, path: str, **parameters: object) -> Any:
        """The body of a good answer, its numbers exact. `from_` is sent as `from`."""
        answer = await self.client.get(f"/api{path}", params=_texts(parameters))
        assert answer.status_code == 200, answer.text
        return exact(answer)

    async def refused(self, path: str, **parameters: object) -> tuple[int, str]:
        """Status and code of the answer to a request that errs on purpose."""
        answer = await self.client.get(f"/api{path}", params=_texts(parameters), extensions=dict(ON_PURPOSE))
        error = exact(answer)["error"]
        assert error["status"] == answer.status_code
        return answer.status_code, error["code"]

    async def ids(self, path: str, **parameters: object) -> list[str]:
        """The ids that a list shows."""
        body = await self.get(path, **parameters)
        return [row["id"] for row in body[path.strip("/")]]

    async def pages(self, path: str, **parameters: object) -> list[Any]:
        """All rows, page after page until the pagination says that there are no more."""
        rows: list[Any] = []
        more = True
        while more:
            body = exact(
                await self.free.get(f"/api{path}", params={**_texts(parameters), "offset": str(len(rows))})
            )
            rows += body[path.strip("/")]
            more = body["pagination"]["has_more"]
        return rows


def exact(answer: httpx.Response) -> Any:
    """The answer's JSON with decimals."""
    return msgspec.json.Decoder(float_hook=Decimal).decode(answer.content)


def desk_over(*shelf: Books) -> Desk:
    """A desk at the first of these books, with the key that may read only."""
    clock = ManualClock(START)
    world = World(START.date(), {(books.company, books.provider): books for books in shelf})
    emulator = make(world, clock)
    app = Starlette(routes=[Mount("/accountsos", app=emulator.app)])
    key = {"Authorization": f"Bearer {emulator.credentials(shelf[0])['read_key']}"}
    client = httpx.AsyncClient(
        transport=Checked(httpx.ASGITransport(app), CLOSED), base_url=MOUNT, headers=key
    )
    free = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=MOUNT, headers=key)
    return Desk(emulator, clock, shelf[0], client, free)


def small_books(company: str = "corner-shop") -> Books:
    """Seven bank lines over three quarters, one of them not categorised; contacts, documents, deadlines."""
    books = Books(company, "accountsos", "Corner Shop", "Corner Shop Ltd", "GBP", "GB")
    books.accounts = [
        Account("ba_main", "Current account", "BANK", "GBP"),
        Account("ba_reserve", "Reserve", "BANK", "GBP"),
        Account("cat_sales", "Sales", "INCOME", "GBP"),
        Account("cat_software", "Software", "EXPENSE", "GBP"),
        Account("cat_stock", "Stock", "COST_OF_GOODS_SOLD", "GBP"),
        Account("cat_capital", "Share capital", "EQUITY", "GBP"),
        Account("cat_loan", "Loan", "LONG_TERM_LIABILITY", "GBP"),
    ]
    books.bank_lines = [
        line("txn_capital", "2025-05-02", "1000.00", "cat_capital", None),
        line("txn_loan", "2025-06-30", "-50.10", "cat_loan", None),
        line("txn_sale", "2025-10-01", "120.00", "cat_sales", "20"),
        line("txn_software", "2025-10-05", "-45.99", "cat_software", "20"),
        line("txn_stock", "2025-10-05", "-10.50", "cat_stock", "5"),
        line("txn_refund", "2025-10-05", "3.1", "cat_software", None),
        line("txn_unknown", "2025-11-15", "7.00", None, None),
    ]
    books.bank_lines[5].confidence = None
    books.parties = [
        party("con_1", "Zoë Baker", customer=True, email="zoe@example.org"),
        party("con_2", "ann & co", customer=False, email=None),
        party("con_3", "Gone Ltd", customer=True, email=None),
        party("con_4", "Bob Baker", customer=True, email="ANNA@example.org"),
    ]
    books.parties[2].removed = True
    books.files = [
        file("doc_1", "receipt", "processed", 1, "txn_software"),
        file("doc_2", "invoice", "pending", 3, None),
        file("doc_3", "receipt", "error", 2, None),
    ]
    books.due_dates = [
        DueDate("dl_far", "CT600", dt.date(2026, 2, 14), "pending"),
        DueDate("dl_past", "VAT Return", dt.date(2025, 11, 7), "pending", "late"),
        DueDate("dl_done", "VAT Return", dt.date(2025, 8, 7), "completed"),
        DueDate("dl_soon", "VAT Return", dt.date(2026, 2, 7), "pending"),
    ]
    return books


def line(id: str, day: str, amount: str, category: str | None, vat: str | None) -> BankLine:
    """A bank line of the current account."""
    return BankLine(
        id=id,
        date=dt.date.fromisoformat(day),
        description=f"Line {id}",
        amount=Decimal(amount),
        currency="GBP",
        account="ba_main",
        category=category,
        confidence=Decimal("0.93"),
        vat_percent=None if vat is None else Decimal(vat),
    )


def party(number: str, name: str, *, customer: bool, email: str | None) -> Party:
    """Somebody in Leeds."""
    rest: dict[str, Any] = dict.fromkeys(("first_name", "last_name", "phone", "website", "region", "notes"))
    return Party(
        number=number,
        name=name,
        customer=customer,
        supplier=not customer,
        person=False,
        email=email,
        street="High Street",
        street_no="1",
        postcode="LS1 1AA",
        city="Leeds",
        country="GB",
        currency="GBP",
        language="en",
        tax_number=None,
        payment_terms_days=None,
        created_at=START,
        **rest,
    )


def file(id: str, type: str, status: str, day: int, bank_line: str | None) -> File:
    """A scan uploaded on a day of October 2025."""
    uploaded = dt.datetime(2025, 10, day, 9, tzinfo=dt.UTC)
    return File(id, f"{id}.pdf", type, status, "application/pdf", 1234, uploaded, bank_line)


def _texts(parameters: dict[str, object]) -> dict[str, str]:
    return {name.rstrip("_"): str(value) for name, value in parameters.items()}
