"""The Boss Insights emulator's data API: doors, hosts, paging, forms, limits and key figures, held to its contract."""

from __future__ import annotations

import base64

import httpx
import pytest

from ledgermesh.sandbox.books import Books
from tests.sandbox.bossinsights_desk import (
    COMPANY,
    PURPOSE,
    ROOT,
    TENANT,
    Desk,
    desk_over,
    exact,
    fields,
    paper,
    small_books,
    statement_line,
    writing_desk,
)

PRODUCTION = "mycompany"


@pytest.fixture
def desk() -> Desk:
    """At the corner shop, with another company beside it."""
    return desk_over(small_books(), small_books("other-shop"))


def papers(count: int) -> Books:
    """Books with so many invoices."""
    books = small_books()
    books.receipts = []
    books.invoices = [paper("invoice", str(1 + n), "2026-01-15", "70001", "1.00") for n in range(count)]
    return books


# -- doors ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("user", "password"),
    [("user", "password"), ("write_user", "write_password"), ("sk_key", ""), ("sk_write_key", "")],
)
async def test_user_and_key_or_a_newer_key_alone(desk: Desk, user: str, password: str) -> None:
    """The older form is a user name and a key; a key `sk_…` is the user, with an empty password."""
    keys = desk.keys
    desk.client.auth = httpx.BasicAuth(keys[user], keys.get(password, ""))
    assert len(await desk.get("invoices")) == 2


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer abc",
        "Basic",
        "Basic %%%",
        "Basic " + base64.b64encode(b"reader").decode(),
        "Basic //8=",
    ],
)
@pytest.mark.parametrize("path", ["invoices", "invoices/1", "metrics", "sync/1", "nowhere", ""])
async def test_without_credentials_401_with_a_challenge(desk: Desk, path: str, header: str | None) -> None:
    """Whatever the path is, and whatever is wrong with the header."""
    desk.client.auth = httpx.Auth()
    headers = {} if header is None else {"Authorization": header}
    answer = await desk.client.get(f"/api/{path}", headers=headers, extensions=PURPOSE)
    assert (401, 'Basic realm="Boss Insights API"') == (
        answer.status_code,
        answer.headers["www-authenticate"],
    )
    assert (exact(answer)["status"], exact(answer)["code"]) == ("error", 401)


async def test_wrong_pairs_are_401(desk: Desk) -> None:
    """A wrong key, a user with somebody else's key, a newer key with a password, an older one alone."""
    keys = desk.keys
    pairs = [
        ("reader", "wrong"),
        ("writer", keys["password"]),
        (keys["sk_key"], "x"),
        (keys["password"], ""),
        ("admin", keys["company_password"]),
    ]
    for user, password in pairs:
        desk.client.auth = httpx.BasicAuth(user, password)
        assert (await desk.refused("invoices")).status_code == 401


async def test_an_unknown_account_key_is_403(desk: Desk) -> None:
    """Also one that has stopped sharing its data."""
    assert (await desk.refused("invoices", X_ACCOUNT_KEY="5a50d8fed44aa9.76285894")).status_code == 403
    desk.emulator.switches.revoked.add(COMPANY)
    assert (await desk.refused("invoices")).status_code == 403
    desk.emulator.switches.revoked.clear()
    assert await desk.get("invoices")


async def test_without_an_account_key_one_sees_the_tenants_own_account(desk: Desk) -> None:
    """Which has a chart of accounts and nothing on it."""
    assert exact(await desk.client.get("/api/invoices")) == []
    assert len(exact(await desk.client.get("/api/accounts"))) == 30


async def test_companies_are_apart(desk: Desk) -> None:
    """One account key opens one company; ids of another are not found."""
    first = await desk.get("invoices")
    other = desk.emulator.credentials(small_books("other-shop"))["account_key"]
    second = await desk.get("invoices", X_ACCOUNT_KEY=other)
    assert {row["id"] for row in first}.isdisjoint(row["id"] for row in second)
    assert (await desk.refused(f"invoices/{first[0]['id']}", X_ACCOUNT_KEY=other)).status_code == 404


async def test_a_companys_own_host_needs_no_account_key(desk: Desk) -> None:
    """`admin` and the account's password show the same data; the tenant's key does not open it."""
    answer = await desk.company.get("/api/invoices")
    assert exact(answer) == await desk.get("invoices")
    keys = desk.keys
    for user, password in ((keys["user"], keys["password"]), ("admin", ""), ("admin", "wrong")):
        wrong = await desk.company.get("/api/invoices", auth=(user, password), extensions=PURPOSE)
        assert wrong.status_code == 401


async def test_sandbox_and_production_never_see_each_others_accounts(desk: Desk) -> None:
    """Neither keys nor account keys of the one are known to the other."""
    production = desk.emulator.directory.tenants[PRODUCTION]
    reader = production.keys[0]
    url, query = f"{ROOT}/{PRODUCTION}/api/invoices", {"X_ACCOUNT_KEY": desk.keys["account_key"]}
    keys = desk.keys
    assert (await desk.free.get(url, params=query, auth=(keys["user"], keys["password"]))).status_code == 401
    assert (await desk.free.get(url, params=query, auth=(reader.name, reader.secret))).status_code == 403
    assert (await desk.free.get(url, auth=(reader.name, reader.secret))).json() == []
    desk.client.auth = httpx.BasicAuth(reader.name, reader.secret)
    assert (await desk.refused("invoices")).status_code == 401


@pytest.mark.parametrize("port", ["", ":8100"])
async def test_hosts_say_the_same_as_paths(desk: Desk, port: str) -> None:
    """At the root the first label of the host is the subdomain; the path still works there."""
    keys = desk.keys
    transport = httpx.ASGITransport(desk.emulator.app)
    query = {"X_ACCOUNT_KEY": keys["account_key"]}
    async with httpx.AsyncClient(transport=transport, auth=(keys["user"], keys["password"])) as client:
        at_tenant = await client.get(f"http://{TENANT}.localhost{port}/api/invoices", params=query)
        by_path = await client.get(f"http://localhost{port}/{TENANT}/api/invoices", params=query)
        at_company = await client.get(
            f"http://{COMPANY}.localhost{port}/api/invoices", auth=("admin", keys["company_password"])
        )
        nobody = await client.get(f"http://nobody.localhost{port}/api/invoices")
        admin = await client.get(
            f"http://admin.localhost{port}/app/api.php?action=list_api_keys",
            auth=(keys["admin_key"], ""),
            headers={"Account-Key": keys["tenant_key"]},
        )
    assert at_tenant.json() == by_path.json() == at_company.json() == await desk.get("invoices")
    assert (404, 200) == (nobody.status_code, admin.status_code)


# -- lists ---------------------------------------------------------------------------------------------------------


async def test_thirty_rows_a_page_until_one_is_empty() -> None:
    """A bare array; the page past the end is empty and not an error; every row comes once, in one order."""
    desk = desk_over(papers(65))
    desk.emulator.switches.short_pages = False
    sizes = [len(await desk.get("invoices", page=page)) for page in (1, 2, 3, 4, 99)]
    assert sizes == [30, 30, 5, 0, 0]
    assert await desk.get("invoices") == await desk.get("invoices", page=1)
    assert [row["invoiceNumber"] for row in await desk.all("invoices")] == [str(1 + n) for n in range(65)]


async def test_a_page_may_be_short_although_others_follow() -> None:
    """Every third one, unless that is switched off; no row is lost."""
    desk = desk_over(papers(130))
    assert [len(await desk.get("invoices", page=page)) for page in range(1, 7)] == [30, 30, 23, 30, 17, 0]
    assert len({row["id"] for row in await desk.all("invoices")}) == 130
    desk.emulator.switches.page_size_max = 1
    assert len(await desk.get("invoices", page=3)) == 1


async def test_a_server_can_show_its_last_page_for_ever() -> None:
    """The switch for readers that stop only at an empty page."""
    desk = desk_over(papers(35))
    desk.emulator.switches.clamp_last_page = True
    last = await desk.get("invoices", page=2)
    assert len(last) == 5
    assert last == await desk.get("invoices", page=7)


@pytest.mark.parametrize("page", ["0", "-1", "x", "", "1.5"])
async def test_a_page_that_is_none_is_400(desk: Desk, page: str) -> None:
    """The error names the parameter."""
    answer = await desk.refused("invoices", page=page)
    assert (400, "page") == (answer.status_code, exact(answer)["errors"][0]["field"])


async def test_unknown_parameters_are_ignored(desk: Desk) -> None:
    """They change nothing."""
    query = {"X_ACCOUNT_KEY": desk.keys["account_key"], "sort": "-date", "per_page": "1"}
    answer = await desk.client.get("/api/invoices", params=query, extensions=PURPOSE)
    assert exact(answer) == await desk.get("invoices")


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (None, "2026-01-15", ["700001"]),
        ("2026-01-15", "2026-02-20", ["700001", "700002"]),
        ("2026-01-16", None, ["700002"]),
        ("2026-01-15T00:00:00Z", "2026-01-15T00:00:00Z", ["700001"]),
        ("2026-01-15T00:00:01Z", "2026-02-19T23:59:59Z", []),
        ("2026-03-01", "2026-01-01", []),
    ],
)
async def test_start_and_end(desk: Desk, start: str | None, end: str | None, expected: list[str]) -> None:
    """A day is its first second as a start and its last one as an end; instants are taken as they are."""
    given = {name: value for name, value in (("start", start), ("end", end)) if value is not None}
    rows = await desk.get("invoices", **given)
    assert [row["invoiceNumber"] for row in rows] == expected


@pytest.mark.parametrize("value", ["2026-02-30", "1.2.2026", "2026-01-01 10:00", "today"])
@pytest.mark.parametrize("name", ["start", "end"])
async def test_a_date_that_is_none_is_400(desk: Desk, name: str, value: str) -> None:
    """The error names the parameter."""
    answer = await desk.refused("payments", **{name: value})
    assert exact(answer)["errors"][0]["field"] == name


async def test_bank_transactions_by_category() -> None:
    """The category is the name of the account on the other side; a line nobody has placed has none."""
    books = small_books()
    books.bank_lines = [
        statement_line("a", "2026-03-01", "-12.00", "6050"),
        statement_line("b", "2026-03-02", "3.00", None),
    ]
    desk = desk_over(books)
    rows = await desk.get("bank_transactions", category="Insurance")
    assert fields(rows, "amount", "description") == [(-1200, "Line a")]
    assert fields(await desk.get("bank_transactions", start="2026-03-02"), "amount", "category") == [
        (300, None)
    ]
    bank = await desk.one("bank_accounts", accountName="Chequing account")
    assert (
        bank["balance"]
        == sum(row["amount"] for row in await desk.get("bank_transactions"))
        == 50000 + 5000 - 900
    )


@pytest.mark.parametrize(
    "path", ["nowhere", "invoices/x", "invoices/1", "sync/1", "invoices/1/2", "metrics/1"]
)
async def test_what_is_not_there_is_404(desk: Desk, path: str) -> None:
    """In the one form of errors."""
    assert (await desk.refused(path)).status_code == 404


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
async def test_other_methods_are_405(desk: Desk, method: str) -> None:
    """Only GET and POST are known, and the answer says which."""
    for path, allowed in (
        ("invoices", "GET, POST"),
        ("invoices/1", "GET, POST"),
        ("orders", "GET"),
        ("metrics", "GET"),
    ):
        answer = await desk.refused(path, method)
        assert (405, allowed) == (answer.status_code, answer.headers["allow"])


async def test_statements_orders_and_transactions_are_only_read() -> None:
    """POST is 405 there, even for those who may write."""
    desk = writing_desk()
    for path in (
        "trial_balances",
        "balance_sheets",
        "income_statements",
        "orders",
        "transactions",
        "metrics",
    ):
        assert (await desk.refused(path, "POST")).status_code == 405


# -- limits ------------------------------------------------------------------------------------------


async def test_a_hundred_requests_a_second_for_each_company(desk: Desk) -> None:
    """The next one is 429, for this company alone and until the clock's next second."""
    other = desk.emulator.credentials(small_books("other-shop"))["account_key"]
    url, query = f"/{TENANT}/api/vendors", {"X_ACCOUNT_KEY": desk.keys["account_key"], "page": "9"}
    statuses = [(await desk.free.get(url, params=query, auth=_auth(desk))).status_code for _ in range(101)]
    assert statuses == [200] * 100 + [429]
    assert (await desk.refused("vendors")).status_code == 429
    own_host = await desk.company.get("/api/vendors", extensions=PURPOSE)
    assert own_host.status_code == 429
    assert await desk.get("vendors", X_ACCOUNT_KEY=other)
    desk.clock.advance(1)
    assert await desk.get("vendors")
    desk.emulator.switches.calls_per_second = 1
    desk.emulator.switches.limited = False
    assert await desk.get("vendors")


def _auth(desk: Desk) -> tuple[str, str]:
    return desk.keys["user"], desk.keys["password"]
