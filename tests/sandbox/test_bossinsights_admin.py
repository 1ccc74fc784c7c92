"""The Boss Insights administration API: accounts, keys, connections and embed tokens, held against the contract."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.sandbox.bossinsights_desk import COMPANY, PURPOSE, ROOT, Desk, desk_over, exact, small_books

NEW = {
    "name": "Tea Room",
    "active": "1",
    "email_admin": "owner@example.org",
    "password": "kettle",
    "subdomain": "tea-room",
    "type": "standard",
    "datashare": 1,
    "environment": "sandbox",
}


@pytest.fixture
def desk() -> Desk:
    return desk_over(small_books())


async def made(desk: Desk, **other: object) -> Any:
    """The answer to a new account."""
    answer = await desk.command(NEW | other)
    assert answer.status_code == 200, answer.text
    return exact(answer)


async def wrong(desk: Desk, body: object, status: int = 400) -> Any:
    """The error of a command that errs on purpose."""
    answer = await desk.command(body, extensions=PURPOSE)
    assert answer.status_code == status, answer.text
    error = exact(answer)
    assert (error["status"], error["code"]) == ("error", status)
    return error


async def test_a_new_account_is_a_company_at_once(desk: Desk) -> None:
    """200 and not 201; by its key on the tenant's host and by its password on its own; its books are empty."""
    account = await made(desk)
    assert (account["account_domain"], account["subdomain"]) == ("tea-room.localhost", "tea-room")
    assert await desk.get("invoices", X_ACCOUNT_KEY=account["account_key"]) == []
    url = f"{ROOT}/tea-room/api/accounts"
    assert len((await desk.free.get(url, auth=("admin", "kettle"))).json()) == 30
    assert (await desk.free.get(url, auth=("admin", ""))).status_code == 401
    rows = exact(await desk.command({"action": "list_accounts"}))["accounts"]
    assert [(row["name"], row["account_key"]) for row in rows][1:] == [("Tea Room", account["account_key"])]
    health = await desk.question("connection_health", account_key=account["account_key"])
    assert [row["integration"] for row in health["connections"]] == ["plaid"]


async def test_a_taken_subdomain_is_409(desk: Desk) -> None:
    """Also one that a tenant or the API itself has; upper case is the same."""
    for name in (COMPANY, COMPANY.upper(), "mycompany", "api"):
        assert COMPANY not in (await wrong(desk, NEW | {"subdomain": name}, 409))["status"]
    assert (await made(desk))["subdomain"] == "tea-room"
    await wrong(desk, NEW, 409)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"subdomain": "tea room"}, "subdomain"),
        ({"subdomain": "x" * 51}, "subdomain"),
        ({"active": "yes"}, "active"),
        ({"datashare": 2}, "datashare"),
        ({"type": "big"}, "type"),
        ({"environment": "production"}, "environment"),
        ({"name": ""}, "name"),
    ],
)
async def test_an_account_that_is_not_right_is_400(desk: Desk, change: dict[str, object], field: str) -> None:
    """The field is named; a key of the sandbox makes no account in production."""
    assert [row["field"] for row in (await wrong(desk, NEW | change))["errors"]] == [field]
    required = [name for name in NEW if name not in ("datashare", "environment")]
    assert {row["field"] for row in (await wrong(desk, {}))["errors"]} >= set(required)


async def test_a_blank_password_forbids_the_own_host(desk: Desk) -> None:
    """And an account can get one later."""
    account = await made(desk, password="")
    url = f"{ROOT}/tea-room/api/accounts"
    assert (await desk.free.get(url, auth=("admin", ""))).status_code == 401
    change = {"action": "update_account", "account_key": account["account_key"], "password": "pot"}
    assert exact(await desk.command(change)) == {"status": "success"}
    assert (await desk.free.get(url, auth=("admin", "pot"))).status_code == 200


async def test_an_account_stops_sharing_or_is_switched_off(desk: Desk) -> None:
    """Not sharing closes the tenant's host to it, not active both hosts."""
    key = desk.keys["account_key"]
    await desk.command({"action": "update_account", "account_key": key, "datashare": "0"})
    assert (await desk.refused("invoices")).status_code == 403
    assert (await desk.company.get("/api/invoices")).status_code == 200
    await desk.command(
        {"action": "update_account", "account_key": key, "datashare": 1, "active": 0, "name": "Gone"}
    )
    assert (await desk.refused("invoices")).status_code == 403
    assert (await desk.company.get("/api/invoices", extensions=PURPOSE)).status_code == 403
    assert exact(await desk.command({"action": "list_accounts"}))["accounts"][0]["name"] == "Gone"


async def test_an_app_is_disconnected(desk: Desk) -> None:
    """Health says so, a webhook tells of it, and it cannot be done twice."""
    body = {"action": "disconnect", "account_key": desk.keys["account_key"], "integration": "square"}
    await desk.command(body)
    rows = (await desk.question("connection_health"))["connections"]
    assert {row["integration"]: row["status"] for row in rows}["square"] == "lost"
    assert desk.emulator.webhooks[-1].payload["type"] == "connection.lost"
    await wrong(desk, body, 404)
    await wrong(desk, body | {"account_key": "x"}, 404)


async def test_keys_are_made_shown_once_and_closed(desk: Desk) -> None:
    """A new key reads; with the scope it may write; switched off it opens nothing."""
    key = exact(
        await desk.command({"action": "create_api_key", "name": "app", "scopes": ["api.read", "api.write"]})
    )
    listed = (await desk.question("list_api_keys"))["api_keys"]
    assert "key" not in listed[-1]
    assert {name: key[name] for name in listed[-1]} == listed[-1]
    desk.client.auth = httpx.BasicAuth(key["key"], "")
    desk.emulator.switches.write_enabled = True
    await desk.post("vendors", {"name": "A"})
    await desk.command({"action": "update_api_key", "id": key["id"], "scopes": ["api.read"]})
    assert (await desk.refused("vendors", "POST")).status_code == 403
    await desk.command({"action": "update_api_key", "id": key["id"], "scopes": []})
    assert (await desk.refused("vendors")).status_code == 403
    closed = exact(await desk.command({"action": "update_api_key", "id": key["id"], "active": "0"}))
    assert (closed["active"], (await desk.refused("vendors")).status_code) == (0, 401)
    await wrong(desk, {"action": "create_api_key", "name": "app"})
    await wrong(desk, {"action": "update_api_key", "id": 99}, 404)


async def test_an_embed_token_opens_the_page_once(desk: Desk) -> None:
    """For an hour; the visit sets a cookie, which opens it again."""
    key = desk.keys["account_key"]
    page = "/integrations-list.php"
    token = (await desk.question("embed_token", account_key=key))["token"]
    first = await desk.company.get(page, params={"embed": token})
    assert "quickbooks" in first.text
    assert (await desk.company.get(page)).status_code == 200
    desk.company.cookies.clear()
    for query in ({"embed": token}, {"embed": "x"}, {}):
        assert (await desk.company.get(page, params=query, extensions=PURPOSE)).status_code == 401
    late = (await desk.question("embed_token", account_key=key))["token"]
    desk.clock.advance(3600)
    assert (await desk.company.get(page, params={"embed": late}, extensions=PURPOSE)).status_code == 401
    assert (await desk.question("embed_token"))["token"] not in (token, late)
    assert (await desk.company.post(page, extensions=PURPOSE)).status_code == 405
    assert (await desk.free.get("/nobody/integrations-list.php")).status_code == 404


async def test_a_page_may_be_allowed_to_embed(desk: Desk) -> None:
    """It must be an address of the web."""
    body = {"action": "allow_url", "url": "https://app.example.org/x", "environment": "sandbox"}
    assert exact(await desk.command(body)) == {"status": "success"}
    assert [row["field"] for row in (await wrong(desk, body | {"url": "ftp:x"}))["errors"]] == ["url"]


async def test_who_administers(desk: Desk) -> None:
    """A key of the newer form or the administrators' user, and the tenant's key in the header; else 401."""
    keys, url = desk.keys, "/app/api.php?action=list_api_keys"
    header = {"Account-Key": keys["tenant_key"]}
    good = ((keys["admin_key"], ""), (keys["admin_user"], keys["admin_password"]))
    bad = ((keys["sk_write_key"], ""), (keys["user"], keys["password"]), (keys["admin_user"], ""), ("", ""))
    assert [(await desk.free.get(url, auth=pair, headers=header)).status_code for pair in good] == [200, 200]
    assert [(await desk.free.get(url, auth=pair, headers=header)).status_code for pair in bad] == [401] * 4
    other = desk.emulator.directory.tenants["mycompany"].key
    for headers in ({}, {"Account-Key": other}, {"Account-Key": keys["account_key"]}):
        assert (await desk.free.get(url, auth=good[0], headers=headers)).status_code == 401
    desk.client.auth = httpx.BasicAuth(keys["admin_key"], "")
    assert (await desk.refused("invoices")).status_code == 403


async def test_what_administration_does_not_know(desk: Desk) -> None:
    """An unknown action or no JSON is 400, another method 405; JSON needs no Content-Type."""
    assert "list_accounts" in (await wrong(desk, {"action": "dance"}))["errors"][0]["message"]
    query = {"action": "dance"}
    assert (await desk.admin.get("/app/api.php", params=query, extensions=PURPOSE)).status_code == 400
    put = await desk.admin.put("/app/api.php", extensions=PURPOSE)
    assert (put.status_code, put.headers["allow"]) == (405, "GET, POST")
    bare = await desk.admin.post("/app/api.php", content=b'{"action": "list_accounts"}', extensions=PURPOSE)
    assert bare.status_code == 200
    assert (await desk.admin.post("/app/api.php", content=b"x", extensions=PURPOSE)).status_code == 400
