"""Several records by one request, and closed books, through the whole product: nothing is said that was not seen."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import AsyncIterator
from random import Random
from typing import Any

import pytest
import pytest_asyncio

from tests.graph.acceptance import (
    CREATE,
    KASHOO,
    UPDATE,
    VOID,
    WAIT,
    blocking,
    codes,
    made_invoice,
    new,
)
from tests.scenes.writes.product import Product, alone, product

pytestmark = pytest.mark.asyncio(loop_scope="module")

SOURCES = """{
  mode planToken syncId
  sources {
    connection { id } status replayed evidence
    plan { calls steps { method url body } findings { code path message blocks } loss { path } }
    records { path kind nativeId status evidence changedFields { path asked got } record { id source { nativeId } } }
    error { code message path providerMessage difference { path before asked now } }
    record { id }
  }
}"""
SEVERAL = f"""mutation($records: [RecordUpdate!]!, $options: WriteOptions) {{
  updateRecords(input: {{ records: $records }}, options: $options) {SOURCES} }}"""
AGAIN = f"""mutation($token: String!, $input: JSON) {{
  commit(planToken: $token, input: $input, sync: PUSH_AND_WAIT) {SOURCES} }}"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def made() -> AsyncIterator[Product]:
    """One product for all tests of this file."""
    async with product() as built:
        yield built


def memo(invoice: Any, text: str = "Together", **more: Any) -> dict[str, Any]:
    """A new text on an invoice."""
    return {"id": invoice["id"], "invoice": {"memo": text}, **more}


async def close_books(made: Product, day: str | None) -> None:
    """Somebody closes them in the product itself; None opens them."""
    emulator: Any = made.sandbox.emulators["kashoo"]
    entry = made.running.state.registry.connection(_principal(made), KASHOO)
    assert entry is not None
    business = emulator.businesses.find(int(entry.settings["business_id"]))
    closed = dt.date.fromisoformat(day) if day is not None else None
    business.extras.written[business.id] = {"booksCloseDate": closed}


def _principal(made: Product) -> Any:
    principal = made.running.state.registry.principal("lm_demo_write")
    assert principal is not None
    return principal


async def test_a_plan_shows_the_one_request_and_its_token_sends_it(made: Product) -> None:
    """Planned by reading only; committed byte for byte; every record is told with what it is now."""
    rows = [await made_invoice(made), await made_invoice(made)]
    before, sent = made.log(), len(made.tape.changes)
    payload = await made.done(SEVERAL, {"records": [memo(each) for each in rows]})
    source = alone(payload)
    assert (source["status"], source["records"], made.log()) == ("PLANNED", [], before)
    [step] = source["plan"]["steps"]
    assert [each["memo"] for each in json.loads(step["body"])] == ["Together"] * 2
    assert source["plan"]["calls"] == 5

    done = alone(await made.done(AGAIN, {"token": payload["planToken"]}))

    assert (done["status"], done["record"]) == ("COMMITTED", None)
    [request] = made.tape.changes[sent:]
    assert (request.method, request.content.decode(), str(request.url)) == ("PUT", step["body"], step["url"])
    assert [(each["path"], each["kind"], each["status"]) for each in done["records"]] == [
        ("input.records.0", "Invoice", "COMMITTED"), ("input.records.1", "Invoice", "COMMITTED"),
    ]  # fmt: skip
    assert [each["record"]["id"] for each in done["records"]] == [each["id"] for each in rows]
    again = alone(await made.done(AGAIN, {"token": payload["planToken"]}))
    assert (again["status"], again["error"]["code"]) == ("NOT_COMMITTED", "CONFLICT")
    assert len(made.tape.changes) == sent + 1


async def test_a_token_that_is_too_small_takes_the_input_again(made: Product) -> None:
    """Bodies that do not fit travel with the commit; what is not the same is refused."""
    rows = [await made_invoice(made, memo=f"{place}") for place in range(3)]
    random = Random(3)
    texts = ["".join(chr(random.randrange(0x4E00, 0x9FA0)) for _ in range(5_000)) for _ in rows]
    records = [memo(each, text) for each, text in zip(rows, texts, strict=True)]
    payload = await made.done(SEVERAL, {"records": records})
    assert alone(payload)["status"] == "PLANNED", payload
    token = payload["planToken"]
    assert codes(await made.ask(AGAIN, {"token": token})) == ["BAD_USER_INPUT"]
    other = {"records": [memo(rows[0], "Another")]}
    assert codes(await made.ask(AGAIN, {"token": token, "input": other})) == ["CONFLICT"]
    done = alone(await made.done(AGAIN, {"token": token, "input": {"records": records}}))
    assert (done["status"], len(done["records"])) == ("COMMITTED", 3)


async def test_a_record_that_changed_since_the_plan(made: Product) -> None:
    """Nothing is sent, and the difference says of which record it is."""
    rows = [await made_invoice(made), await made_invoice(made)]
    payload = await made.done(SEVERAL, {"records": [memo(each) for each in rows]})
    await made.done(UPDATE, {"id": rows[1]["id"], "input": {"memo": "Faster"}, "options": WAIT})
    before = made.log()
    source = alone(await made.done(AGAIN, {"token": payload["planToken"]}))
    assert (source["status"], source["error"]["code"], made.log()) == ("NOT_COMMITTED", "CONFLICT", before)
    [difference] = source["error"]["difference"]
    assert (difference["path"], difference["asked"], difference["now"]) == (
        "records.1.memo", "Together", "Faster",
    )  # fmt: skip
    stale = [memo(rows[0]), memo(rows[1], ifVersion=rows[1]["version"])]
    source = alone(await made.done(SEVERAL, {"records": stale}))
    assert (source["status"], source["error"]["code"], source["error"]["path"]) == (
        "BLOCKED", "CONFLICT", "input.records.1.ifVersion",
    )  # fmt: skip


async def test_the_same_key_has_one_effect(made: Product) -> None:
    """Asked again it is replayed, record by record; with other content it is a conflict."""
    rows = [await made_invoice(made), await made_invoice(made)]
    options = {"sync": "PUSH_AND_WAIT", "clientKey": "several-1"}
    asked = {"records": [memo(each) for each in rows], "options": options}
    assert alone(await made.done(SEVERAL, asked))["status"] == "COMMITTED"
    before = made.log()
    again = alone(await made.done(SEVERAL, asked))
    assert (again["status"], again["replayed"], made.log()) == ("COMMITTED", True, before)
    assert [each["status"] for each in again["records"]] == ["COMMITTED"] * 2
    other = {"records": [memo(each, "Else") for each in rows], "options": options}
    source = alone(await made.done(SEVERAL, other))
    assert (source["error"]["code"], made.log()) == ("CONFLICT", before)


async def test_what_cannot_go_together_is_refused_at_the_door(made: Product) -> None:
    """Before any provider is asked: none, one twice, of two connections, of another kind, and nothing in it."""
    mine = await made_invoice(made)
    elsewhere = """query { company(key: "grand-tour") {
      smallinvoice: invoices(from: ["smallinvoice"], first: 1) { nodes { id } }
      bills(from: ["kashoo"], first: 1) { nodes { id } }
      parties(from: ["kashoo"], first: 1) { nodes { id } }
    } }"""
    ids = {name: each["nodes"][0]["id"] for name, each in (await made.done(elsewhere)).items()}
    calls = len(made.tape.sent)
    for records, path in (
        ([], "input.records"),
        ([memo(mine)] * 26, "input.records"),
        ([memo(mine), memo(mine)], "input.records.1.id"),
        ([memo(mine), memo({"id": ids["smallinvoice"]})], "input.records.1.id"),
        ([memo({"id": ids["parties"]})], "input.records.0.id"),
        ([memo({"id": ids["bills"]})], "input.records.0"),
        ([{"id": mine["id"], "invoice": {}}], "input.records.0.invoice"),
        ([{"id": mine["id"], "invoice": {"memo": "x"}, "bill": {"memo": "x"}}], "input.records.0"),
        ([{"id": mine["id"], "invoice": {"party": {}}}], "input.records.0.invoice.party"),
        ([memo({"id": "no-id"})], "input.records.0.id"),
    ):
        answer = await made.ask(SEVERAL, {"records": records})
        assert codes(answer) == ["BAD_USER_INPUT"], answer
        assert f"`{path}`" in answer["errors"][0]["message"]
    for options in ({"ifVersion": "x"}, {"passthrough": {"memo": "x"}}):
        answer = await made.ask(SEVERAL, {"records": [memo(mine)], "options": options})
        assert codes(answer) == ["BAD_USER_INPUT"]
    assert len(made.tape.sent) == calls
    source = alone(await made.done(SEVERAL, {"records": [memo({"id": ids["smallinvoice"]})]}))
    assert (source["status"], source["plan"]) == ("UNSUPPORTED", None)
    assert codes(await made.ask(SEVERAL, {"records": [memo(mine)]}, key="lm_demo_read")) == ["FORBIDDEN"]
    assert len(made.tape.sent) == calls


# -- closed books ----------------------------------------------------------------------------------------------------


async def test_a_closed_period_blocks_before_anything_is_sent(made: Product) -> None:
    """With our path, the closing day, and who must do what; the one read for it is among the calls."""
    invoice = await made_invoice(made)
    await close_books(made, "2026-11-15")
    before = made.log()
    for text, given, path in (
        (CREATE, {"input": new(), "options": WAIT}, "input.date"),
        (UPDATE, {"id": invoice["id"], "input": {"memo": "x"}, "options": WAIT}, "input.date"),
        (VOID, {"id": invoice["id"], "options": WAIT}, None),
    ):
        answer = await made.ask(text, given)
        [payload] = answer["data"].values()
        source = alone(payload)
        assert (source["status"], blocking(source)) == ("BLOCKED", {path: "PERIOD_CLOSED"}), source
        assert (source["error"]["code"], source["error"]["path"]) == ("PERIOD_CLOSED", path)
        assert "2026-11-15" in source["error"]["message"]
        assert "Kashoo" in source["error"]["message"]
        assert payload["planToken"] is None
        assert _asked_about_itself(answer) == 1
    assert made.log() == before
    open_ = {"input": new(date="2026-11-16"), "options": WAIT}
    assert alone(await made.done(CREATE, open_))["status"] == "COMMITTED"
    await close_books(made, None)


def _asked_about_itself(answer: Any) -> int:
    return len(
        [each for each in answer["extensions"]["calls"] if each["path"] == "/businesses/{business_id}"]
    )


async def test_books_that_are_closed_after_the_plan(made: Product) -> None:
    """The provider refuses: nothing was changed, its words are quoted, and the path is ours."""
    before = await made_invoice(made)
    planned = await made.done(CREATE, {"input": new(), "options": {"connections": ["kashoo"]}})
    update = {"id": before["id"], "input": {"memo": "x"}, "options": {"connections": ["kashoo"]}}
    changed = await made.done(UPDATE, update)
    several = await made.done(SEVERAL, {"records": [memo(before)]})
    await close_books(made, "2026-11-30")
    for payload, path in (
        (planned, "input.date"), (changed, "input.date"), (several, "input.records.0.invoice.date"),
    ):  # fmt: skip
        source = alone(await made.done(AGAIN, {"token": payload["planToken"]}))
        error = source["error"]
        assert (source["status"], error["code"], error["path"]) == ("NOT_COMMITTED", "PROVIDER_REFUSED", path)
        assert error["providerMessage"] == "date: the books are closed through 2026-11-30"
        assert "closed through 2026-11-30" in error["message"]
        assert source["evidence"] == "Nothing was changed."
    await close_books(made, None)


async def test_a_part_that_was_refused_is_told(made: Product) -> None:
    """One record lies in books that were closed after the plan: the other was changed, and both are told."""
    new_one, old_one = await made_invoice(made, date="2026-11-20"), await made_invoice(made)
    payload = await made.done(SEVERAL, {"records": [memo(new_one), memo(old_one)]})
    await close_books(made, "2026-11-16")
    answer = await made.done(AGAIN, {"token": payload["planToken"]})
    source = alone(answer)
    assert source["status"] == "INDETERMINATE"
    assert [each["status"] for each in source["records"]] == ["COMMITTED", "NOT_COMMITTED"]
    assert source["error"]["path"] == "input.records.1.invoice.date"
    told = await made.done(
        "query($id: ID!) { sync(id: $id) { status parts { source { status records { path status } } } } }",
        {"id": answer["syncId"]},
    )
    [part] = told["parts"]
    assert [each["status"] for each in part["source"]["records"]] == ["COMMITTED", "NOT_COMMITTED"]
    await close_books(made, None)
    rest = alone(await made.done(SEVERAL, {"records": [memo(new_one), memo(old_one)], "options": {
        "sync": "PUSH_AND_WAIT"}}))  # fmt: skip
    assert rest["status"] == "COMMITTED"
    assert "already" in rest["records"][0]["evidence"]
