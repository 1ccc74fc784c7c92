"""A smallinvoice emulator on a clock of the test's own; every exchange with it is held against the contract."""

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
from ledgermesh.sandbox.books import Account, Books, Item, Line, Paper, Party, Settlement, Tax
from ledgermesh.sandbox.smallinvoice import Smallinvoice, make
from ledgermesh.sandbox.world import World
from tests.sandbox.contracts import ON_PURPOSE, Checked, Contract

START = dt.datetime(2025, 6, 15, 10, tzinfo=dt.UTC)
MOUNT = "http://sandbox/smallinvoice"
CONTRACT = Contract("smallinvoice", mount=MOUNT, closed=True)
ALL_SCOPES = (
    "profile contact contact_reminder letter configuration catalog invoice offer delivery_note order_confirmation "
    "project cost_unit working_hours activity effort"
)


@dataclass
class Desk:
    """An emulator and a client of it; `client` is checked against the contract, `free` is not."""

    emulator: Smallinvoice
    clock: ManualClock
    books: Books
    client: httpx.AsyncClient
    free: httpx.AsyncClient

    async def token(self, scope: str = ALL_SCOPES) -> str:
        """A client-credentials token."""
        keys = self.emulator.credentials(self.books)
        form = {"grant_type": "client_credentials", "scope": scope}
        form |= {"client_id": keys["client_id"], "client_secret": keys["client_secret"]}
        answer = await self.client.post("/v2/auth/access-tokens", json=form)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    async def sign_in(self) -> None:
        """Send a token with all scopes from now on."""
        header = f"Bearer {await self.token()}"
        for client in (self.client, self.free):
            client.headers["Authorization"] = header

    async def get(self, path: str, **parameters: object) -> Any:
        """The body of a good answer, its numbers exact."""
        answer = await self.client.get(f"/v2{path}", params=_texts(parameters))
        assert answer.status_code == 200, answer.text
        return exact(answer)

    async def refused(self, path: str, **parameters: object) -> tuple[int, Any]:
        """Status and body of an answer to a request that errs on purpose."""
        answer = await self.client.get(f"/v2{path}", params=_texts(parameters), extensions=dict(ON_PURPOSE))
        return answer.status_code, exact(answer)

    async def post(self, path: str, body: object) -> Any:
        """The record that was made."""
        answer = await self.client.post(f"/v2{path}", json=body)
        assert answer.status_code == 201, answer.text
        return exact(answer)["item"]

    async def put(self, path: str, body: object) -> Any:
        """The record after the change."""
        answer = await self.client.put(f"/v2{path}", json=body)
        assert answer.status_code == 200, answer.text
        return exact(answer)["item"]

    async def patch(self, path: str, body: object = ()) -> Any:
        """The record after the action; the body is `[]` where it has none, as the PHP library sends it."""
        answer = await self.client.patch(f"/v2{path}", json=body)
        assert answer.status_code == 200, answer.text
        return exact(answer)["item"]

    async def send(self, path: str, body: object) -> None:
        """Send a document."""
        answer = await self.client.patch(f"/v2{path}", json=body)
        assert (answer.status_code, answer.content) == (204, b""), answer.text

    async def delete(self, path: str) -> None:
        """Delete records; with the body `[]`, as the PHP library sends it."""
        answer = await self.client.request("DELETE", f"/v2{path}", json=[])
        assert (answer.status_code, answer.content) == (204, b""), answer.text

    async def file(self, path: str, **parameters: object) -> bytes:
        """A PDF or a picture."""
        answer = await self.client.get(f"/v2{path}", params=_texts(parameters))
        assert answer.status_code == 200, answer.text
        return answer.content

    async def wrong(self, method: str, path: str, body: object) -> dict[str, int]:
        """The keys that a 422 complains about, each with its code."""
        answer = await self.client.request(method, f"/v2{path}", json=body, extensions=dict(ON_PURPOSE))
        assert (answer.status_code, answer.json()["code"]) == (422, 1000), answer.text
        return {error["key"]: error["code"] for error in answer.json()["meta"]["errors"]}

    async def all(self, path: str, **parameters: object) -> list[Any]:
        """All records, page after page, as `next` leads; unchecked, because checking long pages takes long."""
        answer = await self.free.get(f"/v2{path}", params=_texts(parameters))
        items = list(exact(answer)["items"])
        while "next" in (pages := exact(answer)["pagination"]):
            answer = await self.free.get(pages["next"])
            items += exact(answer)["items"]
        return items


def exact(answer: httpx.Response) -> Any:
    """The answer's JSON with decimals."""
    return msgspec.json.Decoder(float_hook=Decimal).decode(answer.content)


def open_desk(world: World, company: str) -> Desk:
    """A desk at this company's books."""
    clock = ManualClock(START)
    emulator = make(world, clock)
    app = Starlette(routes=[Mount("/smallinvoice", app=emulator.app)])
    free = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=MOUNT)
    client = httpx.AsyncClient(transport=Checked(httpx.ASGITransport(app), CONTRACT), base_url=MOUNT)
    return Desk(emulator, clock, world.books[company, "smallinvoice"], client, free)


def tiny_world() -> World:
    """Two companies; the first has one invoice of each kind that matters, the second nothing."""
    books = Books("tiny", "smallinvoice", "Tiny", "Tiny GmbH", "CHF", "CH")
    books.accounts = [Account("1020", "Konto", "BANK", "CHF", iban="CH93 0076 2011 6238 5295 7")]
    books.taxes = [Tax("8.1%", Decimal("8.1"), "MWST", dt.date(2024, 1, 1))]
    books.parties = [party("1000", "Änne Muster AG"), party("1001", "Zed / Co"), party("1002", "Beat Frei")]
    books.items = [item("100", "Beratung", "hour", True), item("101", "Buch", "piece", False)]
    books.invoices = [
        paper("9999", "1000", [line("10.04"), line("10.04"), line("10.04")], dt.date(2025, 1, 10)),
        paper("10000", "1001", [line("100", discount="10")], dt.date(2025, 6, 1)),
        paper("10001", "1001", [line("50")], dt.date(2025, 6, 2), state="draft"),
        paper("10002", "1000", [line("50")], dt.date(2025, 6, 2), state="void"),
        paper("10003", "1000", [line("50")], dt.date(2025, 6, 2), removed=True),
        paper("10004", "1000", [line("50")], dt.date(2025, 6, 2)),
    ]
    books.receipts = [receipt("R1", "10000", "97.29"), receipt("R2", "10004", "20")]
    empty = Books("empty", "smallinvoice", "Empty", "Empty AG", "CHF", "CH")
    return World(START.date(), {("tiny", "smallinvoice"): books, ("empty", "smallinvoice"): empty})


def party(number: str, name: str) -> Party:
    """A customer in Zurich, entered on a winter evening."""
    entered = dt.datetime(2025, 1, 31, 23, 30, tzinfo=dt.UTC)
    where: dict[str, Any] = {
        "street": "Gasse",
        "street_no": "1",
        "postcode": "8001",
        "city": "Zürich",
        "region": None,
        "country": "CH",
    }
    who: dict[str, Any] = {
        "first_name": None,
        "last_name": None,
        "email": None,
        "phone": None,
        "website": None,
    }
    rest: dict[str, Any] = {
        "currency": "CHF",
        "language": "de",
        "tax_number": None,
        "payment_terms_days": 30,
        "notes": None,
    }
    return Party(number, name, True, False, False, created_at=entered, **who, **where, **rest)


def item(number: str, name: str, unit: str, service: bool) -> Item:
    """An item for 25 francs."""
    price = Decimal(25)
    return Item(number, name, "", service, price, None, unit, "8.1%", "3400", None, "Standard", START)


def line(price: str, *, discount: str = "0") -> Line:
    """One piece of something at 8.1 percent."""
    return Line("Etwas", Decimal(1), Decimal(price), "3400", "8.1%", "100", Decimal(discount))


def paper(number: str, customer: str, lines: list[Line], date: dt.date, **rest: Any) -> Paper:
    """An invoice in francs, due in thirty days."""
    due = date + dt.timedelta(days=30)
    return Paper(
        "invoice", number, date, due, customer, "CHF", Decimal(1), lines, "", "", START, START, **rest
    )


def receipt(number: str, invoice: str, amount: str) -> Settlement:
    """Money received for one invoice."""
    paid = Decimal(amount)
    date, account = dt.date(2025, 6, 10), "1020"
    allocations = [(invoice, paid)]
    return Settlement(
        "receipt", number, date, "1001", account, "CHF", paid, "bank_transfer", allocations, START, START
    )


def _texts(parameters: dict[str, object]) -> dict[str, str]:
    return {name.rstrip("_"): str(value) for name, value in parameters.items()}
