"""What is wrong with a write, as callers are told over HTTP: where in their input, and before anything is sent."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from ledgermesh.providers.accountsos.writing import BODY_BYTES_MAX
from tests.graph.acceptance import (
    COMPANY,
    CREATE,
    PAYLOAD,
    PLAN,
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

PAYMENT = f"""mutation($input: PaymentCreate!, $options: WriteOptions) {{
  createPayment(company: "{COMPANY}", input: $input, options: $options) {PAYLOAD} }}"""
ACCOUNT = f"""mutation($id: ID!, $input: AccountUpdate!) {{
  updateAccount(id: $id, input: $input, options: {{ sync: PUSH_AND_WAIT }}) {PAYLOAD} }}"""
UPLOAD = f"""mutation($file: FileInput!) {{
  uploadDocument(
    company: "{COMPANY}", file: $file, kind: RECEIPT, options: {{ connections: ["accountsos"], sync: PUSH_AND_WAIT }}
  ) {PAYLOAD} }}"""
STATEMENT = f"""mutation($file: FileInput!) {{
  importBankStatement(
    company: "{COMPANY}", connection: "kashoo", input: {{ file: $file, account: {{ code: "1010" }} }}
    options: {{ sync: PUSH_AND_WAIT }}
  ) {PAYLOAD} }}"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def made() -> AsyncIterator[Product]:
    """One product for all tests of this file."""
    async with product() as built:
        yield built


async def blocked(made: Product, text: str, variables: dict[str, Any]) -> dict[str, str]:
    """Where a push is blocked and why; the emulators' log shows that nothing was changed to find it out."""
    before = made.log()
    payload = await made.done(text, variables)
    source = alone(payload)
    assert made.log() == before
    assert source["status"] == "BLOCKED", source
    assert (payload["syncId"], payload["planToken"]) == (None, None)
    first = source["plan"]["findings"][0]
    assert (source["error"]["code"], source["error"]["path"]) == (first["code"], first["path"])
    assert source["error"]["remedy"]
    return blocking(source)


def line(**more: Any) -> list[dict[str, Any]]:
    """The only line of an invoice, otherwise."""
    return [{"description": "Advice", "quantity": "1", "account": {"code": "4000"}, **more}]


@pytest.mark.parametrize(
    ("more", "wrong"),
    [
        ({"currency": None}, {"input.currency": "REQUIRED"}),
        ({"date": None}, {"input.date": "REQUIRED"}),
        ({"party": {"name": "Nobody & Sons"}}, {"input.party": "NOT_FOUND"}),
        (
            {"lines": line(unitPrice={"amount": "1"}, account={"code": "9998"})},
            {"input.lines.0.account": "NOT_FOUND"},
        ),
        (
            {"lines": line(unitPrice={"amount": "1", "currency": "EUR"})},
            {"input.lines.0.unitPrice": "INVALID"},
        ),
        ({"lines": line(unitPrice={"amount": "1"}, itemCode="X")}, {"input.lines.0.itemCode": "LOSS"}),
        ({"language": "fr"}, {"input.language": "LOSS"}),
    ],
)
async def test_what_is_missing_unknown_or_lost_blocks(
    made: Product, more: dict[str, Any], wrong: dict[str, str]
) -> None:
    """With its path, also when a push was asked for."""
    given = {name: value for name, value in new(**more).items() if value is not None}
    found = await blocked(made, CREATE, {"input": given, "options": WAIT})
    assert wrong.items() <= found.items()


@pytest.mark.parametrize(
    ("more", "word"),
    [
        ({"date": "yesterday"}, "date"),
        ({"lines": [{"quantity": "many"}]}, "quantity"),
        ({"lines": [{"unitPrice": {"amount": True}}]}, "amount"),
        ({"total": 5}, "total"),
        ({"colour": "red"}, "colour"),
        ({"party": {"id": "no-id"}}, "input.party.id"),
        ({"party": {"name": "A", "nativeId": "1"}}, "input.party"),
        ({"party": {}}, "input.party"),
    ],
)
async def test_a_wrong_type_is_refused_at_the_door(made: Product, more: dict[str, Any], word: str) -> None:
    """By its name, before any provider is asked anything."""
    calls = len(made.tape.sent)
    answer = await made.ask(CREATE, {"input": new(**more), "options": WAIT})
    assert codes(answer) == ["BAD_USER_INPUT"]
    assert word in answer["errors"][0]["message"]
    assert len(made.tape.sent) == calls


async def test_a_number_that_is_there_already(made: Product) -> None:
    """Looked for where the caller wants it; without the check the provider decides."""
    invoice = new()
    assert alone(await made.done(CREATE, {"input": invoice, "options": WAIT}))["status"] == "COMMITTED"
    options = {**WAIT, "duplicateCheck": True}
    assert await blocked(made, CREATE, {"input": invoice, "options": options}) == {
        "input.number": "DUPLICATE"
    }
    fresh = await made.done(CREATE, {"input": new(), "options": {**PLAN, "duplicateCheck": True}})
    assert alone(fresh)["status"] == "PLANNED"


async def test_a_record_that_may_not_be_changed(made: Product) -> None:
    """Read-only at the provider: neither changed nor voided, and nothing is sent."""
    invoice = await made_invoice(made)
    emulator: Any = made.sandbox.emulators["kashoo"]
    emulator.switches.overrides[int(invoice["nativeId"])] = {"readOnly": True}
    given = {"id": invoice["id"], "options": WAIT}
    assert await blocked(made, UPDATE, {**given, "input": {"memo": "x"}}) == {None: "READ_ONLY"}
    assert await blocked(made, VOID, given) == {None: "READ_ONLY"}
    emulator.switches.overrides.clear()


async def test_an_account_that_the_provider_keeps_itself(made: Product) -> None:
    """The account of the sales tax is not the caller's to rename."""
    chart = f'{{ company(key: "{COMPANY}") {{ accounts(from: ["kashoo"], first: 200) {{ nodes {{ id code }} }} }} }}'
    accounts = (await made.done(chart))["accounts"]["nodes"]
    id = next(each["id"] for each in accounts if each["code"] == "2200")
    assert await blocked(made, ACCOUNT, {"id": id, "input": {"name": "Mine"}}) == {None: "READ_ONLY"}


async def test_an_allocation_that_does_not_fit(made: Product) -> None:
    """Over what is open, or to another contact's invoice."""
    mine, other = (
        await made_invoice(made),
        await made_invoice(made, party={"name": "Southwind Ltd", "create": True}),
    )

    def payment(invoice: Any, amount: str) -> dict[str, Any]:
        share = {"amount": {"amount": amount}, "document": {"id": invoice["id"]}}
        return {"input": {
            "date": "2026-11-16", "currency": "CAD", "party": {"name": "Northwind Traders"},
            "account": {"code": "1010"}, "amount": {"amount": "500.00"}, "allocations": [share],
        }, "options": WAIT}  # fmt: skip

    path = "input.allocations.0"
    assert await blocked(made, PAYMENT, payment(mine, "100.01")) == {f"{path}.amount": "OVER_BALANCE"}
    assert await blocked(made, PAYMENT, payment(other, "10.00")) == {f"{path}.document": "OTHER_PARTY"}
    assert alone(await made.done(PAYMENT, payment(mine, "100.00")))["status"] == "COMMITTED"


async def test_what_only_the_provider_knows_is_said_in_its_own_words(made: Product) -> None:
    """It refuses, nothing is changed, and its message stands beside ours."""
    invoice = await made_invoice(made)
    text = f"""mutation($id: ID!) {{
      payInvoice(
        id: $id, input: {{ date: "2026-11-16", account: {{ code: "1010" }} }}, options: {{ sync: PUSH_AND_WAIT }}
      ) {PAYLOAD} }}"""
    assert alone(await made.done(text, {"id": invoice["id"]}))["status"] == "COMMITTED"
    source = alone(await made.done(VOID, {"id": invoice["id"], "options": WAIT}))
    assert (source["status"], source["error"]["code"]) == ("NOT_COMMITTED", "PROVIDER_REFUSED")
    assert "payments" in source["error"]["providerMessage"]
    assert "payments" not in source["error"]["message"]
    assert [(each["method"], each["status"]) for each in source["sent"]] == [("DELETE", 409)]


# -- files -----------------------------------------------------------------------------------------------------------


def given_file(content: bytes, name: str, media: str) -> dict[str, str]:
    """A file as text."""
    return {"name": name, "contentType": media, "base64": base64.b64encode(content).decode()}


async def uploaded(made: Product, content: bytes) -> httpx.Response:
    """The same mutation with a file beside it, as clients send large ones."""
    operations = {"query": UPLOAD, "variables": {"file": {"upload": None}}}
    return await made.client.post(
        "/graphql",
        data={"operations": json.dumps(operations), "map": json.dumps({"0": ["variables.file.upload"]})},
        files={"0": ("large.pdf", content, "application/pdf")},
        headers={"Authorization": "Bearer lm_demo_write", "GraphQL-Require-Preflight": "1"},
    )


async def test_a_file_that_is_too_large(made: Product) -> None:
    """The provider's limit is of the whole request: just over it nothing is sent, a small one goes."""
    before = made.log()
    [payload] = (await uploaded(made, bytes(BODY_BYTES_MAX - 100))).json()["data"].values()
    source = alone(payload)
    assert (source["status"], set(blocking(source).values())) == ("BLOCKED", {"TOO_LARGE"})
    assert set(blocking(source)) == {"input.file"}
    assert made.log() == before
    [payload] = (await uploaded(made, b"%PDF-1.7 small")).json()["data"].values()
    assert alone(payload)["status"] == "COMMITTED"


async def test_a_body_that_is_too_large_for_us(made: Product) -> None:
    """A file as text inside the JSON has our own limit, said as HTTP says it."""
    calls = len(made.tape.sent)
    response = await made.post(UPLOAD, {"file": given_file(bytes(900_000), "a.pdf", "application/pdf")})
    assert (response.status_code, codes(response.json())) == (413, ["BODY_TOO_LARGE"])
    assert len(made.tape.sent) == calls


async def test_a_file_of_the_wrong_type(made: Product) -> None:
    """No statement, no base64, nothing in it, no type: each at the file."""
    scan = given_file(b"%PDF-1.4", "Nov.ofx", "application/x-ofx")
    assert await blocked(made, STATEMENT, {"file": scan}) == {"input.file": "WRONG_TYPE"}
    empty = given_file(b"", "a.pdf", "application/pdf")
    assert set(await blocked(made, UPLOAD, {"file": empty})) == {"input.file"}
    for file, word in (
        ({"name": "a.pdf", "base64": "%%%"}, "input.file.base64"),
        ({"name": "a.pdf"}, "input.file"),
        (given_file(b"1", "a.pdf", "pdf"), "input.file.contentType"),
    ):
        answer = await made.ask(UPLOAD, {"file": file})
        assert codes(answer) == ["BAD_USER_INPUT"]
        assert word in answer["errors"][0]["message"]


# -- who may, and where ----------------------------------------------------------------------------------------------


async def test_who_may_not_write_is_told_which_right_is_missing(made: Product) -> None:
    """The key's scope, before any call, for plans as for pushes; a company that is not the caller's is no company."""
    calls = len(made.tape.sent)
    for options in (PLAN, WAIT):
        answer = await made.ask(CREATE, {"input": new(), "options": options}, key="lm_demo_read")
        assert codes(answer) == ["FORBIDDEN"]
        assert "`api.write`" in answer["errors"][0]["message"]
    answer = await made.ask(CREATE, {"company": "elsewhere", "input": new(), "options": PLAN})
    assert answer["errors"]
    assert len(made.tape.sent) == calls


async def test_a_place_that_nobody_knows(made: Product) -> None:
    """Of a company without an aggregator it is an error; one that a provider cannot do is told for that one."""
    given = {"company": "maple-bakery", "input": new(), "options": {"connections": ["xero"]}}
    answer = await made.ask(CREATE, given)
    assert codes(answer) == ["BAD_USER_INPUT"]
    assert "xero" in answer["errors"][0]["message"]
    source = alone(await made.done(CREATE, {**given, "options": {"connections": ["accountsos"]}}))
    assert (source["status"], source["plan"]) == ("UNSUPPORTED", None)


async def test_an_id_that_nobody_was_shown(made: Product) -> None:
    """One that somebody made up is refused before a provider is asked."""
    invoice = await made_invoice(made)
    strange = invoice["id"][:-4] + ("AAAA" if invoice["id"][-4:] != "AAAA" else "BBBB")
    calls = len(made.tape.sent)
    answer = await made.ask(UPDATE, {"id": strange, "input": {"memo": "x"}, "options": WAIT})
    assert codes(answer) == ["BAD_USER_INPUT"]
    assert len(made.tape.sent) == calls
