"""Every operation of the Boss Insights contract is exercised, with requests and answers held against it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import pytest
import yaml
from openapi_spec_validator import validate

from ledgermesh.sandbox.bossinsights import KEEPER
from ledgermesh.sandbox.world import make_world
from tests.sandbox.bossinsights_desk import COMPANY, TODAY, Desk, desk_over, exact
from tests.sandbox.contracts import PROVIDERS, Checked, Contract
from tests.sandbox.test_kashoo_contract import unmarked

VERBS = ("get", "post", "put", "patch", "delete")


class Noted(Checked):
    """Notes what went through."""

    def __init__(
        self, inner: httpx.AsyncBaseTransport, contract: Contract, seen: list[httpx.Request]
    ) -> None:
        super().__init__(inner, contract)
        self._seen = seen

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await super().handle_async_request(request)
        self._seen.append(request)
        return response


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    text = (PROVIDERS / "bossinsights.yaml").read_text("utf-8")
    loaded: dict[str, Any] = yaml.load(text, Loader=yaml.CSafeLoader)
    return loaded


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Path, method and operation, one after another."""
    for path, item in document["paths"].items():
        yield from ((path, verb, item[verb]) for verb in VERBS if verb in item)


def test_the_contract_is_valid(document: dict[str, Any]) -> None:
    """It is an OpenAPI 3.1 document whose operations all have a name of their own."""
    validate(document)
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(names) == len(set(names)) == 72


def test_everything_names_its_origin(document: dict[str, Any]) -> None:
    """Paths, servers, parameters and fields say which public source states them, or that they are assumed."""
    assert [path for path, item in document["paths"].items() if "x-origin" not in item] == []
    assert [server for server in document["servers"] if "x-origin" not in server] == []
    assert list(unmarked(document, document)) == []


BODIES: Mapping[str, tuple[dict[str, object], dict[str, object]]] = {
    "accounts": ({"accountName": "Oven hire", "accountType": "Expense"}, {"accountName": "Ovens"}),
    "customers": ({"name": "New Café", "billingAddress": {"city": "Ottawa"}}, {"phone": "+1 416 555 0101"}),
    "vendors": ({"name": "New Mill"}, {"email": "mill@example.org"}),
    "invoices": (
        {
            "customerName": "New Café",
            "invoiceDate": "2026-03-01",
            "lines": [{"amount": 1000, "tax": "GST 5%"}],
        },
        {"status": "paid"},
    ),
    "bills": (
        {"vendorName": "New Mill", "lines": [{"quantity": 2, "unitPrice": 250}]},
        {"memo": "As agreed"},
    ),
    "expenses": (
        {"vendorName": "Taxi", "method": "cash", "lines": [{"amount": 1850}]},
        {"memo": "To the station"},
    ),
    "credit_notes": ({"customerName": "New Café", "lines": [{"amount": 300}]}, {"status": "paid"}),
    "payments": ({"customerId": "", "amount": 700}, {"reference": "Deposit"}),
    "products": ({"name": "Rye loaf", "price": 590}, {"price": "612.5"}),
    "bank_accounts": ({"accountName": "Till", "institution": "First Example Bank"}, {"institution": None}),
    "bank_transactions": ({"accountId": 0, "date": "2026-03-01", "amount": -420}, {"category": "Insurance"}),
    "journal_entries": (
        {"date": "2026-03-01", "lines": [{"accountId": 0, "debit": 5}, {"accountId": 1, "credit": 5}]},
        {"memo": "Rounding"},
    ),
    "employees": ({"name": "Noah Calderwood", "hourly_rate": 2100}, {"job_title": "Baker"}),
    "payroll": (
        {"employee_id": 0, "check_date": "2026-03-06", "gross_wages": 80000, "federal_tax": 9000},
        {"net_pay": 71000},
    ),
}
"""What creates one, and what changes it; ids are filled in."""


async def filled(desk: Desk, path: str) -> dict[str, object]:
    body = dict(BODIES[path][0])
    if path == "payments":
        body["customerId"] = (await desk.one("customers", name="New Café"))["srcId"]
    if path == "bank_transactions":
        body["accountId"] = (await desk.one("bank_accounts", accountName="Till"))["id"]
    if path == "journal_entries":
        ids = [row["id"] for row in await desk.get("accounts")]
        body["lines"] = [{"accountId": ids[2], "debit": 500}, {"accountId": ids[3], "credit": 500}]
    if path == "payroll":
        body["employee_id"] = (await desk.get("employees"))[0]["id"]
    return body


async def read_all(desk: Desk, document: dict[str, Any]) -> None:
    """Every list, and one object of each."""
    for path in [path for path in document["paths"] if f"{path}/{{id}}" in document["paths"]]:
        rows = await desk.get(path.strip("/"))
        assert rows, path
        assert await desk.get(f"{path.strip('/')}/{rows[0]['id']}") == rows[0]
    await desk.get("metrics", refresh="yes", start="2026-01-01", end="2026-02-28")
    page = await desk.client.get("/api/", params={"X_ACCOUNT_KEY": desk.keys["account_key"]})
    assert "<h1>Grand Tour</h1>" in page.text


async def write_all(desk: Desk) -> None:
    """Every object is created and changed; the last write is pushed."""
    desk.emulator.switches.write_enabled = True
    for path, (_, change) in BODIES.items():
        made = await desk.post(path, await filled(desk, path))
        changed = await desk.post(f"{path}/{made['id']}", change)
        assert changed == await desk.get(f"{path}/{made['id']}")
        assert changed["id"] == made["id"]
    answer = await desk.client.post(
        "/api/vendors",
        params={"X_ACCOUNT_KEY": desk.keys["account_key"]},
        json={"name": "Pushed"},
        headers={"X-Sync-Data": "push", "X-Sync-Sources": "accounting", "X-Tracking-ID": "t-1"},
    )
    await desk.get(f"sync/{answer.headers['X-Sync-ID']}")


async def administer(desk: Desk) -> None:
    """Every action of the administration API."""
    account = {
        "name": "Shop",
        "active": 1,
        "email_admin": "o@example.org",
        "password": "",
        "type": "standard",
    }
    made = exact(
        await desk.command({**account, "subdomain": COMPANY, "environment": "sandbox", "datashare": "1"})
    )
    key = made["account_key"]
    key_id = exact(await desk.command({"action": "create_api_key", "name": "k", "scopes": ["api.read"]}))[
        "id"
    ]
    for body in (
        {"action": "list_accounts"},
        {"action": "update_account", "account_key": key, "name": "Corner"},
        {"action": "disconnect", "account_key": key, "integration": "plaid"},
        {"action": "allow_url", "url": "https://app.example.org", "environment": "sandbox"},
        {"action": "update_api_key", "id": key_id, "active": 0},
    ):
        answer = await desk.command(body)
        assert answer.status_code == 200, answer.text
    await desk.question("connection_health", account_key=key)
    await desk.question("list_api_keys")
    token = (await desk.question("embed_token", account_key=desk.keys["account_key"]))["token"]
    page = await desk.company.get("/integrations-list.php", params={"embed": token})
    assert page.status_code == 200


async def test_every_operation_is_exercised(document: dict[str, Any]) -> None:
    """No operation of the contract, and no action of the administration API, goes without a call."""
    seen: list[httpx.Request] = []
    world = make_world(today=TODAY, keepers={"bossinsights": KEEPER})
    books = world.books["grand-tour", "bossinsights"]
    desk = desk_over(books, wrap=lambda inner, contract: Noted(inner, contract, seen))
    desk.emulator.switches.page_size_max = 8
    await read_all(desk, document)
    await write_all(desk)
    await administer(desk)
    asked = [f"{request.method} {request.url.path}" for request in seen]
    unmet = [name for name, pattern in patterns(document).items() if not any(map(pattern.search, asked))]
    assert unmet == []
    administered = {_action(request) for request in seen if request.url.path.endswith("/api.php")}
    assert actions(document) == administered


def patterns(document: dict[str, Any]) -> dict[str, re.Pattern[str]]:
    """What a request of each operation looks like."""
    found = {}
    for path, verb, operation in operations(document):
        place = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(_place(path)))
        found[operation["operationId"]] = re.compile(f"^{verb.upper()} .*{place}$")
    return found


def actions(document: dict[str, Any]) -> set[str]:
    """What the administration API can do."""
    item = document["paths"]["/api.php"]
    return {*item["get"]["x-actions"], *item["post"]["x-actions"]}


def _action(request: httpx.Request) -> str:
    if request.method == "GET":
        return request.url.params["action"]
    body = yaml.safe_load(request.content)
    return str(body.get("action", "create_account"))


def _place(path: str) -> str:
    """The path with its server's."""
    if path == "/api.php":
        return "/app/api.php"
    return path if path.endswith(".php") else f"/api{path}"
