"""The smallinvoice emulator's records and lists."""

from __future__ import annotations

import json
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from openapi_spec_validator import validate

from ledgermesh.sandbox.arithmetic import totals
from ledgermesh.sandbox.smallinvoice import KEEPER, TO_FIVE_CENTS
from ledgermesh.sandbox.smallinvoice.invoices import with_check_digit
from ledgermesh.sandbox.world import World, make_world
from tests.sandbox.smallinvoice_desk import START, Desk, exact, open_desk, tiny_world

INVOICES = "/receivables/invoices"
LISTS = {
    "/contacts": "Contact",
    "/catalog/products": "Product",
    "/catalog/services": "Service",
    "/catalog/products/categories": "Category",
    "/catalog/services/categories": "Category",
    "/catalog/configuration/units": "Unit",
    "/configuration/bank-accounts": "BankAccount",
    "/configuration/exchange-rates": "ExchangeRate",
    INVOICES: "Invoice",
    "/contacts/configuration/groups": "ContactGroup",
    "/contacts/letters": "Letter",
    "/contacts/reminders": "Reminder",
    "/receivables/configuration/isrs": "Slip",
    "/receivables/offers": "Offer",
    "/receivables/order-confirmations": "OrderConfirmation",
    "/receivables/delivery-notes": "DeliveryNote",
    "/reporting/activities": "Activity",
    "/reporting/cost-units": "CostUnit",
    "/reporting/efforts": "Effort",
    "/reporting/projects": "Project",
    "/reporting/working-hours": "WorkingHours",
}
BELOW = {"addresses": "Address", "people": "Person", "accounts": "ContactAccount"}
DOCUMENT = yaml.load(
    (Path(__file__).parents[2] / "schema/providers/smallinvoice.yaml").read_text("utf-8"),
    Loader=yaml.CSafeLoader,
)
SCHEMAS = DOCUMENT["components"]["schemas"]


@pytest.fixture
async def desk() -> Desk:
    """The tiny books."""
    desk = open_desk(tiny_world(), "tiny")
    await desk.sign_in()
    return desk


@pytest.fixture(scope="module")
def world() -> World:
    return make_world(today=START.date(), seed=1, keepers={"smallinvoice": KEEPER})


@pytest.fixture
async def big(world: World) -> Desk:
    """The books of a demo company."""
    desk = open_desk(world, "grand-tour")
    await desk.sign_in()
    return desk


async def invoice(desk: Desk, number: str, **parameters: object) -> Any:
    """The invoice with this number."""
    body = await desk.get(INVOICES, filter=json.dumps({"number": number}), **parameters)
    [record] = body["items"]
    return record


def origins(node: Any, path: str = "") -> list[str]:
    """Where the contract fails to say where something is known from."""
    if not isinstance(node, dict):
        return (
            [gap for index, part in enumerate(node) for gap in origins(part, f"{path}/{index}")]
            if isinstance(node, list)
            else []
        )
    named = list(node.get("properties", {}).items()) if isinstance(node.get("properties"), dict) else []
    named += [
        (f"{path}/{part.get('name')}", part) for part in node.get("parameters", []) if "$ref" not in part
    ]
    gaps = [f"{path}:{name}" for name, part in named if not part.get("x-origin")]
    return gaps + [
        gap
        for key, part in node.items()
        if key != "properties" or named
        for gap in origins(part, f"{path}/{key}")
    ]


def test_the_contract_is_valid_and_says_where_it_is_known_from() -> None:
    """OpenAPI 3.1; every path, parameter, header and field has its origin."""
    validate(DOCUMENT)
    assert [path for path, part in DOCUMENT["paths"].items() if not part.get("x-origin")] == []
    assert origins({key: part for key, part in DOCUMENT.items() if key != "components"}) == []
    assert origins(SCHEMAS) == []
    for kind in ("parameters", "headers", "responses"):
        assert [name for name, part in DOCUMENT["components"][kind].items() if not part.get("x-origin")] == []


@pytest.mark.parametrize(("path", "schema"), LISTS.items())
async def test_keys_are_the_required_ones_and_with_adds_the_rest(big: Desk, path: str, schema: str) -> None:
    """Without `with` exactly the required keys, null or not; with all optional keys all; one record likewise."""
    required, known = set(SCHEMAS[schema]["required"]), set(SCHEMAS[schema]["properties"])
    bare = await big.get(path, limit=3)
    full = await big.get(path, limit=3, with_=",".join(sorted(known - required)))
    assert bare["items"]
    for record, more in zip(bare["items"], full["items"], strict=True):
        assert set(record) == required
        assert set(more) == known
        assert (await big.get(f"{path}/{record['id']}"))["item"] == record
        assert 100_000_000 <= record["id"] < 1_000_000_000 or schema == "Unit"


@pytest.mark.parametrize(("below", "schema"), BELOW.items())
async def test_keys_below_a_contact_are_the_same_way(big: Desk, below: str, schema: str) -> None:
    """Addresses, people and accounts of the first contact that has some."""
    required, known = set(SCHEMAS[schema]["required"]), set(SCHEMAS[schema]["properties"])
    for contact in await big.all("/contacts", limit=200):
        path = f"/contacts/{contact['id']}/{below}"
        if not (rows := await big.all(path)):
            continue
        full = (await big.get(f"{path}/{rows[0]['id']}", with_=",".join(sorted(known - required))))["item"]
        assert (set(rows[0]), set(full)) == (required, known)
        return
    pytest.fail(f"no contact has {below}")


async def test_bodies_are_written_as_php_writes_them(desk: Desk) -> None:
    """`/` is escaped, whole amounts keep one zero, nulls are written, times have no zone."""
    answer = await desk.client.get("/v2/contacts?q=zed")
    assert b'"name":"Zed \\/ Co"' in answer.content
    assert b'"vat_rate":null' in answer.content
    answer = await desk.client.get("/v2/receivables/invoices?q=10000&with=positions")
    assert b'"price":100.0,"vat":8.1,"amount":1.0' in answer.content
    assert b'"total":97.29,' in answer.content


async def test_times_are_those_of_zurich(desk: Desk) -> None:
    """Half past eleven at night in UTC is the next day there; summer adds two hours."""
    assert (await desk.get("/contacts", limit=1))["items"][0]["created"] == "2025-02-01 00:30:00"
    assert (await desk.get(INVOICES, limit=1))["items"][0]["created"] == "2025-06-15 12:00:00"


async def test_totals_are_rounded_once(desk: Desk) -> None:
    """Line totals are gross and rounded each; the document's total comes from the unrounded lines."""
    record = await invoice(desk, "9999", with_="positions")
    lines = [position["total"] for position in record["positions"] if position["type"] == "N"]
    assert lines == [Decimal("10.85")] * 3
    assert record["total"] == Decimal("32.56")
    desk.emulator.switches.total_step = TO_FIVE_CENTS
    assert (await invoice(desk, "9999"))["total"] == Decimal("32.55")


async def test_totals_are_those_of_the_books(big: Desk) -> None:
    """With discounts of lines and documents, in every currency."""
    wanted = {paper.number: totals(big.books, paper).total for paper in big.books.invoices}
    assert {record["number"]: record["total"] for record in await big.all(INVOICES, limit=200)} == wanted


async def test_the_status_tells_what_happened(desk: Desk) -> None:
    """Draft, cancelled, deleted but visible, partly paid and paid; overdue ones are sent, reminded or collected."""
    status = {record["number"]: record["status"] for record in (await desk.get(INVOICES))["items"]}
    assert status.pop("9999") in ("S", "R", "R1", "R2", "R3", "DC")
    assert status == {"10000": "P", "10001": "DR", "10002": "C", "10003": "D", "10004": "PP"}
    assert (await invoice(desk, "10000"))["paid_date"] == "2025-06-10"
    assert (await invoice(desk, "10004"))["paid_date"] is None


async def test_payments_add_up(big: Desk) -> None:
    """Over a whole company: `total_paid` is the sum of the payments and what the books say, `P` means paid in full,
    and all four types occur.
    """
    types: Counter[str] = Counter()
    for record in await big.all(INVOICES, limit=200):
        free = await big.free.get(f"/v2{INVOICES}/{record['id']}/payments")
        found = exact(free)["items"]
        types.update(payment["type"] for payment in found)
        assert record["total_paid"] == sum(payment["amount"] for payment in found)
        assert record["total_paid"] == big.books.paid(big.books.invoice(record["number"]))  # type: ignore[arg-type]  # JSON
        if record["status"] in ("P", "PP"):
            assert (record["status"] == "P") == (record["total_paid"] >= record["total"])
            assert (record["paid_date"] is not None) == (record["status"] == "P")
    assert set(types) == {"N", "C", "D", "W"}


async def test_payments_live_below_their_invoice(desk: Desk) -> None:
    """A payment is found under its own invoice only."""
    paid, other = [(await invoice(desk, number))["id"] for number in ("10000", "10004")]
    [payment] = (await desk.get(f"{INVOICES}/{paid}/payments"))["items"]
    assert (payment["channel"], payment["date"], payment["notes"]) == ("T", "2025-06-10", None)
    assert (await desk.get(f"{INVOICES}/{paid}/payments/{payment['id']}"))["item"] == payment
    status, body = await desk.refused(f"{INVOICES}/{other}/payments/{payment['id']}")
    assert (status, body["meta"]["entity_type"]) == (404, "DocumentInvoicePayment")


async def test_texts_between_lines_have_no_amounts(big: Desk) -> None:
    """Headers, texts and page breaks stand among the positions; only lines proper have amounts and a unit."""
    kinds: Counter[str] = Counter()
    for record in await big.all(INVOICES, limit=200, with_="positions"):
        kinds.update(position["type"] for position in record["positions"])
        for position in record["positions"]:
            amounts = [position[key] for key in ("price", "vat", "amount", "unit_id", "total")]
            assert (None in amounts) == (position["type"] != "N")
    assert {"N", "H", "T", "PB"} == set(kinds)


async def test_expansions_are_the_records_themselves(big: Desk) -> None:
    """`contact`, `contact_address` and `bank_account` on an invoice equal what their own paths answer."""
    keys = "contact,contact_name,contact_address,bank_account,isr,contact_person"
    record = (await big.get(INVOICES, limit=1, with_=keys))["items"][0]
    contact = (await big.get(f"/contacts/{record['contact_id']}"))["item"]
    address = f"/contacts/{record['contact_id']}/addresses/{record['contact_address_id']}"
    assert record["contact"] == contact
    assert record["contact_name"] == contact["name"]
    assert record["contact_address"] == (await big.get(address))["item"]
    bank_account = await big.get(f"/configuration/bank-accounts/{record['bank_account_id']}")
    assert record["bank_account"] == bank_account["item"]
    assert record["contact_person"] is None
    assert record["isr"]["created"] == "-0001-11-30 00:00:00"


async def test_contacts_are_the_parties_that_remain(big: Desk) -> None:
    """Customers and suppliers by `relation`; the main address is among the addresses; removed parties are gone."""
    parties = {party.number: party for party in big.books.parties if not party.removed}
    contacts = await big.all("/contacts", limit=200, with_="main_address,groups")
    assert {record["number"] for record in contacts} == set(parties)
    for record in contacts[:20]:
        party = parties[record["number"]]
        assert record["relation"] == ["CL"] * party.customer + ["CR"] * party.supplier
        assert (record["name"], record["type"]) == (party.name, "P" if party.person else "C")
        addresses = (await big.get(f"/contacts/{record['id']}/addresses"))["items"]
        assert [row for row in addresses if row["default"]] == [record["main_address"]]
    suppliers = await big.all("/contacts", limit=200, filter='{"relation": "CR"}')
    assert {record["number"] for record in suppliers} == {
        number for number, party in parties.items() if party.supplier
    }


async def test_units_speak_the_readers_language(desk: Desk) -> None:
    """`Accept-Language` decides; German without it."""
    names = []
    for language in ("en-GB,en;q=0.9", "fr", "xx", ""):
        answer = await desk.client.get(
            "/v2/catalog/services?with=unit_name", headers={"Accept-Language": language}
        )
        names.append(exact(answer)["items"][0]["unit_name"])
    assert names == ["hour", "heure", "Stunde", "Stunde"]


async def test_missing_records_name_their_kind(desk: Desk) -> None:
    """404 with code 3000, also below a parent that is not there."""
    wanted = {
        "/contacts/0": "Contact",
        "/contacts/5/addresses": "Contact",
        f"{INVOICES}/5/payments": "DocumentInvoiceStandard",
    }
    for path, entity in wanted.items():
        status, body = await desk.refused(path)
        assert (status, body["code"], body["meta"]) == (404, 3000, {"entity_type": entity})


async def test_other_methods_are_named(desk: Desk) -> None:
    """405 with code 7000 and the methods that the path takes."""
    answer = await desk.free.post("/v2/auth/owner", json=[])
    assert (answer.status_code, answer.json()) == (
        405,
        {"code": 7000, "message": "Method must be one of: GET"},
    )


async def test_a_body_on_a_read_does_no_harm(desk: Desk) -> None:
    """The PHP library sends `[]` as JSON with every GET, and escapes neither commas nor much else."""
    answer = await desk.client.request("GET", "/v2/contacts?with=groups,permissions&q=a%20u", json=[])
    assert answer.status_code == 200


async def test_two_runs_give_the_same_answers(world: World) -> None:
    """Ids, order and content depend on the books alone."""
    answers = []
    for _ in range(2):
        desk = open_desk(world, "alpine-studio")
        desk.books.invalidate()
        await desk.sign_in()
        answers.append(
            (await desk.client.get("/v2/receivables/invoices?limit=50&with=positions,contact")).content
        )
    assert answers[0] == answers[1]


async def test_forbidden_comes_in_three_forms(desk: Desk) -> None:
    """No permission with a body, without one, and a plan that lacks the feature."""
    switches = desk.emulator.switches
    switches.forbidden_scopes.add("contact")
    status, body = await desk.refused("/contacts")
    assert (status, body["code"]) == (403, 5000)
    switches.forbidden_body = False
    bare = await desk.free.get("/v2/contacts")
    assert (bare.status_code, bare.content) == (403, b"")
    switches.plan_missing.add("invoice")
    status, body = await desk.refused(INVOICES)
    assert (status, body["code"], body["meta"]["feature"]) == (403, 4000, "invoice")
    assert (await desk.get("/catalog/products"))["items"]


async def test_switches_change_answers(big: Desk) -> None:
    """Additions, single broken values and records, ignored parameters, other page sizes: each on its own."""
    switches = big.emulator.switches
    ids = [record["id"] for record in (await big.get(INVOICES, limit=3))["items"]]
    switches.overrides[ids[0]] = {"total": "n/a"}
    switches.replacements[ids[1]] = "broken"
    shown = exact(await big.free.get("/v2/receivables/invoices?limit=3"))["items"]
    assert (shown[0]["total"], shown[1], shown[2]["id"]) == ("n/a", "broken", ids[2])
    switches.overrides.clear()
    switches.replacements.clear()
    switches.additive = True
    shown = exact(await big.free.get("/v2/receivables/invoices?limit=200"))["items"]
    assert all("field_of_tomorrow" in record for record in shown)
    assert "RX" in {record["status"] for record in shown}
    switches.additive = False
    switches.with_ignored = switches.filter_ignored = True
    body = await big.get(INVOICES, with_="positions", filter='{"status": "DR"}')
    assert "positions" not in body["items"][0]
    assert body["pagination"]["total"] == len(big.books.invoices)


@pytest.mark.parametrize("number", ["210000000003139471430009017", "000000000000000000000000000"])
def test_reference_numbers_end_in_a_check_digit(number: str) -> None:
    """Modulo 10, recursive, as on the sample slip of the Swiss payment standards."""
    assert with_check_digit(number[:-1]) == number


async def test_reference_numbers_have_27_digits(desk: Desk) -> None:
    """Each invoice its own."""
    numbers = [record["isr_reference_number"] for record in (await desk.get(INVOICES))["items"]]
    assert {len(number) for number in numbers} == {27}
    assert len(set(numbers)) == len(numbers)
