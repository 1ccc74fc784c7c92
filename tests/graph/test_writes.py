"""Mutations of records: who may, what is planned, what a push tells."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import msgspec
import pytest
import pytest_asyncio

from ledgermesh.engine.change import By
from ledgermesh.graph.upload import Upload
from ledgermesh.graph.writes.headers import WriteHeaders
from ledgermesh.model.money import Money
from ledgermesh.state.base import Secret
from ledgermesh.state.entries import TenantEntry
from tests.graph.writing_house import COMPANY, CREATE, KASHOO, TOKEN, UPDATE, Study, only, party, study

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def made() -> AsyncIterator[Study]:
    """One house for all tests of this file."""
    async with study() as built:
        yield built


@pytest.fixture
def house(made: Study) -> Study:
    """The house, and a writer that remembers nothing."""
    made.writer.changes.clear()
    made.writer.pushes.clear()
    made.writer.became = {}
    return made


def lines(account: str = "4000") -> list[dict[str, Any]]:
    """One line of an invoice."""
    return [{"name": "Work", "quantity": 2, "unitPrice": {"amount": "10.50"}, "account": {"code": account}}]


# -- who may ---------------------------------------------------------------------------------------------------------


async def test_a_key_that_only_reads_writes_nothing(house: Study) -> None:
    """Without the scope `api.write` the mutation is refused, naming it, and nobody is asked anything."""
    error = await house.refused(CREATE, key="lm_demo_read", input={"number": "1"})

    assert (error["extensions"]["code"], "api.write" in error["message"]) == ("FORBIDDEN", True)
    assert house.writer.changes == []


async def test_a_tenant_that_may_not_write_writes_nothing(house: Study) -> None:
    """The tenant's switch comes before everything else, also before what is wrong with the input."""
    await house.switch(writes=False)
    error = await house.refused(CREATE, input={})
    await house.switch(writes=True)

    assert error["extensions"]["code"] == "FORBIDDEN"
    assert "switched off" in error["message"]


async def test_an_administrator_turns_the_switch(house: Study) -> None:
    """`updateTenant(writes:)` counts at once, and the caller sees how the switch stands."""
    turn = "mutation ($on: Boolean) { updateTenant(writes: $on) { writes } }"
    key = "lm_demo_admin"

    off = await house.done(turn, key=key, on=False)
    seen = await house.done("{ viewer { writes } }")
    error = await house.refused(CREATE, input={"number": "1"})
    on = await house.done(turn, key=key, on=True)

    assert (off, seen, on) == ({"writes": False}, {"writes": False}, {"writes": True})
    assert error["extensions"]["code"] == "FORBIDDEN"


async def test_a_tenant_that_was_stored_before_there_was_a_switch_may_not_write() -> None:
    """Entries without the field are read, and writing is off."""
    stored = msgspec.json.decode(b'{"id": "t", "name": "T"}', type=TenantEntry)

    assert stored.writes is False


async def test_a_provider_that_has_no_such_change_says_so_beside_the_others(house: Study) -> None:
    """By default a new record goes to every connection that takes it; of the others the verdict is UNSUPPORTED."""
    payload = await house.done(CREATE, input={"number": "1", "party": {"name": "Nobody"}})

    said = {each["connection"]["id"]: each for each in payload["sources"]}
    assert said[f"{COMPANY}-accountsos"]["status"] == "UNSUPPORTED"
    assert said[f"{COMPANY}-accountsos"]["error"]["code"] == "UNSUPPORTED"
    assert said[KASHOO]["plan"] is not None
    assert list(said) == sorted(said)


# -- what is planned -------------------------------------------------------------------------------------------------


async def test_without_a_push_the_plan_is_all(house: Study) -> None:
    """An update shows the request it would make, the version it was made on, and a token; nothing is pushed."""
    someone = await party(house)

    payload = await house.done(UPDATE, id=someone["id"], input={"email": "new@example.com"})

    source = only(payload)
    assert (payload["mode"], payload["planToken"], payload["syncId"]) == ("NONE", TOKEN, None)
    assert source["status"] == "PLANNED"
    assert source["plan"]["version"] == someone["source"]["version"]
    [step] = source["plan"]["steps"]
    assert (step["method"], "new@example.com" in step["body"]) == ("PUT", True)
    assert step["url"].startswith("http://sandbox/kashoo/api/")
    assert "authorization" not in {each["name"].casefold() for each in step["headers"]}
    assert house.writer.pushes == []


async def test_what_is_as_asked_already_is_nothing_to_do(house: Study) -> None:
    """A record given back unchanged makes no request, and is shown as it is."""
    someone = await party(house)

    payload = await house.done(
        UPDATE, id=someone["id"], input={"email": someone["email"]}, options={"sync": "PUSH"}
    )

    source = only(payload)
    assert (source["status"], source["plan"]["steps"]) == ("NOTHING_TO_DO", [])
    assert source["record"]["id"] == someone["id"]
    assert (house.writer.pushes, payload["syncId"], payload["planToken"]) == ([], None, None)


async def test_what_a_provider_would_refuse_blocks_its_plan(house: Study) -> None:
    """A reference that names nothing is the source's own trouble: BLOCKED, with our path."""
    payload = await house.done(
        CREATE,
        input={"party": {"name": "Nobody at all"}, "lines": lines()},
        options={"connections": ["kashoo"], "sync": "PUSH"},
    )

    [source] = payload["sources"]
    assert (source["status"], source["error"]["path"]) == ("BLOCKED", "input.party")
    blocking = [each["code"] for each in source["plan"]["findings"] if each["blocks"]]
    assert "NOT_FOUND" in blocking
    assert house.writer.pushes == []


@pytest.mark.parametrize(
    ("input", "field"),
    [
        ({}, "input"),
        ({"party": {}}, "input.party"),
        ({"party": {"name": "A", "nativeId": "1"}}, "input.party"),
        ({"party": {"nativeId": "1", "create": True}}, "input.party"),
        ({"party": {"id": "bm8"}}, "input.party.id"),
        ({"partyAddress": {"email": "a@b.c"}}, "input.partyAddress"),
        ({"lines": [{"account": {"email": "a@b.c"}}]}, "input.lines.0.account"),
        (
            {"lines": [{"unitPrice": {"amount": 1, "currency": "dollars"}}]},
            "input.lines.0.unitPrice.currency",
        ),
        ({"customFields": [{"key": "a", "value": "1"}, {"key": "a", "value": "2"}]}, "input.customFields"),
    ],
)
async def test_what_is_wrong_for_everybody_is_an_error_of_the_field(
    house: Study, input: dict[str, Any], field: str
) -> None:
    """Input that no provider could take is refused with our path, before any provider is asked."""
    error = await house.refused(CREATE, input=input)

    assert (error["path"], error["extensions"]["code"]) == (["createInvoice"], "BAD_USER_INPUT")
    assert error["extensions"]["field"] == field


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"connections": [""]}, "options.connections"),
        ({"ifVersion": "x"}, "options.ifVersion"),
        ({"clientKey": "a b"}, "options.clientKey"),
        ({"trackingId": "x" * 129}, "options.trackingId"),
        ({"passthrough": [1]}, "options.passthrough"),
    ],
)
async def test_options_that_nobody_can_mean_are_refused(
    house: Study, options: dict[str, Any], field: str
) -> None:
    """A name nobody knows, a version of a record that is not there, words that fit into no header."""
    error = await house.refused(CREATE, input={"number": "1"}, options=options)

    assert error["extensions"]["field"] == field


async def test_an_id_of_another_kind_is_refused(house: Study) -> None:
    """`updateParty` takes the id of a party."""
    text = '{ company { invoices(first: 1, from: ["kashoo"]) { nodes { id } } } }'
    id = (await house.done(text))["invoices"]["nodes"][0]["id"]

    error = await house.refused(UPDATE, id=id, input={"email": "a@b.c"})

    assert error["extensions"]["field"] == "id"


async def test_values_arrive_exact_and_by_our_names(house: Study) -> None:
    """Decimals stay exact, null clears, references say what they may name, and what is left out is not there."""
    someone = await party(house)
    literal = """mutation ($party: Reference) { createInvoice(input: {
      number: null, date: "2026-11-02", party: $party
      lines: [{ unitPrice: { amount: 10.10, currency: "usd" }, item: { code: "A", create: true }, nativeId: "7" }]
      customFields: [{ key: "k", value: "v" }]
    }, options: { connections: ["KASHOO"], passthrough: { a: [0.1] }, onLoss: ACCEPT, duplicateCheck: true,
      downstream: { sync: NONE, sources: ["quickbooks"] }, clientKey: "mine" }) { clientKey } }"""

    payload = await house.done(literal, party={"id": someone["id"]})

    [change] = house.writer.changes
    assert payload == {"clientKey": "mine"}
    assert set(change.values) == {"number", "date", "party", "lines"}
    assert change.values["number"] is None
    assert change.values["party"].ref.native_id == someone["source"]["nativeId"]
    [line] = change.values["lines"]
    assert line["unit_price"] == Money(amount=Decimal("10.10"), currency="USD")
    assert line["item"] == By(kinds=("Item",), path="lines.0.item", key={"code": "A"}, create=True)
    assert line["native_id"] == "7"
    assert change.custom_fields == {"k": "v"}
    assert change.passthrough == {"a": [Decimal("0.1")]}
    assert (change.on_loss, change.duplicate_check) == ("ACCEPT", True)
    assert (change.downstream_push, change.downstream_sources) == (False, ("quickbooks",))


async def test_a_word_means_what_the_kind_calls_it(house: Study) -> None:
    """An account's number is its code; a bank account's name is looked for as well as an account's."""
    text = """mutation ($number: Reference, $name: Reference) { createTransfer(input:
      { fromAccount: $number, toAccount: $name }, options: { connections: ["kashoo"] }) { clientKey } }"""

    await house.done(text, number={"number": "1000"}, name={"name": "Cash"})

    [change] = house.writer.changes
    sent, got = change.values["from_account"], change.values["to_account"]
    assert (sent.kinds, sent.key) == (("Account",), {"code": "1000"})
    assert (got.kinds, got.key) == (("Account", "BankAccount"), {"name": "Cash"})


@pytest.mark.parametrize("way", ["upload", "base64"])
async def test_a_file_comes_both_ways(house: Study, way: str) -> None:
    """As an upload beside the operation, or in the input; the name never keeps a path."""
    upload = Upload(name="c:\\scans\\a.pdf", content_type="application/pdf", content=b"%PDF")
    given = {"upload": upload} if way == "upload" else {
        "base64": base64.b64encode(b"%PDF").decode(), "name": "/x/a.pdf", "contentType": "application/pdf",
    }  # fmt: skip
    text = """mutation ($file: FileInput!) { uploadDocument(file: $file, kind: RECEIPT) { clientKey } }"""

    await house.done(text, file=given)

    [change] = house.writer.changes
    file = change.values["file"]
    assert (file.name, file.content_type, file.body) == ("a.pdf", "application/pdf", b"%PDF")
    assert set(change.values) == {"file", "kind"}


@pytest.mark.parametrize("file", [{}, {"base64": "?"}, {"base64": "YQ==", "contentType": "pdf"}])
async def test_a_file_that_is_none_is_refused(house: Study, file: dict[str, str]) -> None:
    """Neither way, no base64, no media type."""
    text = "mutation ($file: FileInput!) { uploadDocument(file: $file) { clientKey } }"

    error = await house.refused(text, file=file)

    assert error["extensions"]["field"].startswith("input.file")


# -- headers and options ---------------------------------------------------------------------------------------------


async def test_headers_mean_the_same_as_options_and_options_win(house: Study) -> None:
    """Push, sources, key and tracking id come from the headers where the options leave them open."""
    someone = await party(house)
    headers = WriteHeaders(push=True, sources=("kashoo",), tracking_id="t-1", client_key="k-1")
    given: dict[str, Any] = {"id": someone["id"], "input": {"email": "a@b.ca"}}

    by_header = await house.done(UPDATE, headers=headers, **given)
    by_option = await house.done(
        UPDATE, headers=headers, options={"sync": "NONE", "clientKey": "k-2", "trackingId": "t-2"}, **given
    )

    assert (by_header["mode"], by_header["clientKey"], by_header["trackingId"]) == ("PUSH", "k-1", "t-1")
    assert (by_option["mode"], by_option["clientKey"], by_option["trackingId"]) == ("NONE", "k-2", "t-2")
    assert [each.tracking_id for each in house.writer.changes] == ["t-1", "t-2"]


async def test_a_kind_of_provider_names_its_connections(house: Study) -> None:
    """`ACCOUNTING` goes to those that keep accounts, whatever they take."""
    payload = await house.done(CREATE, input={"number": "1"}, options={"connections": ["accounting"]})

    named = {each["connection"]["id"] for each in payload["sources"]}
    assert KASHOO in named
    assert f"{COMPANY}-smallinvoice" not in named


async def test_a_name_of_nobody_here_is_for_aggregators(house: Study) -> None:
    """What is no provider and no kind goes to aggregators as one of the systems behind them, where they pass it on."""
    text = """mutation ($options: WriteOptions) { createItem(input: { name: "Tea" }, options: $options) {
      sources { connection { id } } } }"""

    payload = await house.done(
        text, options={"connections": ["QuickBooks"], "downstream": {"sources": ["a"]}}
    )

    assert [each["connection"]["id"] for each in payload["sources"]] == [f"{COMPANY}-bossinsights"]
    [change] = house.writer.changes
    assert change.downstream_sources == ("a", "QuickBooks")


async def test_a_name_that_nobody_knows_is_refused(house: Study) -> None:
    """Where no aggregator takes the change there is nobody to offer the name to; the error says which are known."""
    text = """mutation { createLetter(input: { title: "Hello" }, options: { connections: ["quickbooks"] }) {
      clientKey } }"""

    error = await house.refused(text)

    assert error["extensions"]["field"] == "options.connections"
    assert "kashoo" in error["extensions"]["known"]


async def test_a_record_is_changed_where_it_is_kept(house: Study) -> None:
    """Naming only another connection than the record's own is refused."""
    someone = await party(house)

    error = await house.refused(
        UPDATE, id=someone["id"], input={"email": "a@b.ca"}, options={"connections": ["smallinvoice"]}
    )

    assert error["extensions"]["field"] == "options.connections"


async def test_a_push_with_a_token_of_the_callers_own_is_refused(house: Study) -> None:
    """The job runs when the request, and with it the token, is gone."""
    error = await house.refused(
        CREATE, tokens={KASHOO: Secret("theirs")}, input={"number": "1"}, options={"sync": "PUSH"}
    )

    assert "X-Provider-Token" in error["message"]
