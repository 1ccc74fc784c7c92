"""TrulySmall beside Kashoo: the same backend and contract, but for what only one of the two has."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import yaml

from ledgermesh.sandbox.trulysmall import KEEPER
from ledgermesh.sandbox.world import World
from tests.sandbox.contracts import PROVIDERS, Contract
from tests.sandbox.kashoo_desk import TSA_MOUNT, Desk, desk_over, exact, small_books, small_world

TSA = Contract("trulysmall", mount=TSA_MOUNT, closed=True)


@pytest.fixture(params=["object", "string"])
async def desk(request: pytest.FixtureRequest) -> AsyncIterator[Desk]:
    """Once with each form of dates in answers."""
    one = desk_over(small_books(provider="trulysmall"), contract=TSA)
    one.emulator.switches.date_style = request.param
    async with one.client:
        await one.sign_in()
        yield one


@pytest.fixture(scope="module")
def world() -> World:
    return small_world()


def contract(name: str) -> dict[str, Any]:
    """A contract as it is written."""
    found: dict[str, Any] = yaml.load(
        (PROVIDERS / f"{name}.yaml").read_text("utf-8"), Loader=yaml.CSafeLoader
    )
    return found


def test_the_contracts_are_one_but_for_the_differences() -> None:
    """Every path, operation and field that both products have is written alike."""
    classic, tsa = contract("kashoo"), contract("trulysmall")
    only_classic = {path for path in classic["paths"] if "/items" in path or path.startswith("/sync")}

    assert only_classic == set(classic["paths"]) - set(tsa["paths"])
    assert {"/records/unprocess"} == set(tsa["paths"]) - set(classic["paths"])
    for path in set(classic["paths"]) & set(tsa["paths"]):
        assert without(classic["paths"][path], "servers") == without(tsa["paths"][path], "servers"), path
    schemas, others = classic["components"]["schemas"], tsa["components"]["schemas"]
    assert {"Item", "ItemBody"} == set(schemas) - set(others)
    for name, schema in others.items():
        assert without(schemas[name], "item") == schema, name


def without(node: Any, key: str) -> Any:
    """The document without that key anywhere."""
    if isinstance(node, list):
        return [without(part, key) for part in node]
    if not isinstance(node, dict):
        return node
    return {name: without(part, key) for name, part in node.items() if name != key}


async def test_it_says_which_product_it_is(desk: Desk) -> None:
    """The same company has other ids and another login here than with Kashoo."""
    classic = desk_over(small_books())
    async with classic.client:
        await classic.sign_in()
        theirs = (
            await classic.get(classic.home),
            await classic.get("/accounts"),
            await classic.get("/records"),
        )
    ours = await desk.get(desk.home), await desk.get("/accounts"), await desk.get("/records")

    assert ("kashoo", "tsa") == (theirs[0]["product"], ours[0]["product"])
    assert [row["number"] for row in theirs[2]] == [row["number"] for row in ours[2]]
    assert not {row["id"] for rows in theirs[1:] for row in rows} & {
        row["id"] for rows in ours[1:] for row in rows
    }
    keys, other = desk.emulator.credentials(desk.books), classic.emulator.credentials(classic.books)
    assert all(
        keys[name] != other[name] for name in ("business_id", "password", "client_id", "client_secret")
    )
    access = desk.emulator.access(desk.books)
    assert ("/api", "first_party", {"business_id": keys["business_id"]}) == (
        access.base_path, access.scheme, access.settings
    )  # fmt: skip
    assert {name: keys[name] for name in ("email", "password")} == access.secrets


async def test_there_are_no_items(desk: Desk) -> None:
    """Neither to read nor to write, nor on lines; nor the older lists of contacts."""
    for method, path in (("GET", "/items"), ("POST", "/items"), ("GET", "/items/5"), ("POST", "/api/sync")):
        assert 404 == (await desk.denied(method, path, {}))[0]
    invoice = await desk.get(f"/api/records/{desk.id('INVOICE', 'A-1')}")
    assert "item" not in invoice["lineItems"][0]


async def test_writes_work_alike(desk: Desk) -> None:
    """An invoice, its payment and its removal, with addresses below this product's own."""
    accounts, zoe = await desk.accounts(), await desk.contact("Zoë Baker")
    line = {"account": accounts["4000"], "quantity": 2, "rate": 5, "item": 7}
    body = {
        "currency": "CAD",
        "date": "2026-03-01",
        "dueDate": "2026-03-31",
        "lineItems": [line],
        "contact": zoe,
    }
    answer = await desk.send("POST", "/records/invoices", {**body, "inboxReference": "inbox-7"})
    made = answer.json()
    paid = {
        "account": accounts["1010"],
        "amount": 1000,
        "currency": "CAD",
        "date": "2026-03-02",
        "contact": zoe,
    }

    await desk.post(
        "/records/invoicePayments", {**paid, "allocations": [{"record": made["id"], "amount": 1000}]}
    )

    assert f"{TSA_MOUNT}/api/records/{made['id']}" == answer.headers["location"]
    found = await desk.get(f"/api/records/{made['id']}")
    assert (0, True, "inbox-7") == (found["balanceDue"], found["paid"], found["inboxReference"])
    assert 409 == (await desk.denied("DELETE", f"/api/records/{made['id']}", None))[0]


async def test_records_go_back_to_the_inbox(desk: Desk) -> None:
    """They leave the books and keep, or get, the reference by which the inbox knows them; what is held is not."""
    bill = await desk.get(f"/api/records/{desk.id('INVOICE', 'A-2')}")
    desk.clock.advance(5)

    answer = await desk.send("POST", "/api/records/unprocess", [bill])

    [gone] = exact(answer)
    assert (200, True, True) == (answer.status_code, gone["removed"], bool(gone["inboxReference"]))
    assert gone == await desk.get(f"/api/records/{bill['id']}")
    assert gone["lastModified"] > bill["lastModified"]
    assert "A-2" not in await desk.numbers("/records/invoices")
    paid = await desk.get(f"/api/records/{desk.id('INVOICE', 'A-1')}")
    assert 409 == (await desk.denied("POST", "/api/records/unprocess", [paid]))[0]
    assert 400 == (await desk.denied("POST", "/api/records/unprocess", []))[0]


async def test_the_world_keeps_books_here(world: World) -> None:
    """Two companies do, with some records from the inbox."""
    shelf = world.of("trulysmall")
    assert ["harbour-legal", "grand-tour"] == [books.company for books in shelf]
    assert {(KEEPER.currency, KEEPER.country)} == {(books.currency, books.country) for books in shelf}
    desk = desk_over(*shelf, contract=TSA)
    async with desk.client:
        await desk.sign_in()
        references = {bool(row["inboxReference"]) for row in await desk.get("/records/bills", limit=100)}
        assert {True, False} == references
