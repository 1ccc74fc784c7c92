"""Every named use case of write-back, as its example operation runs it: planned, pushed, told, and read again.

Each goes over HTTP to the gateway with its background work, and from there to the emulators.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
import pytest_asyncio
from graphql import parse, validate

from ledgermesh.sandbox.faults import Answer
from tests.scenes.test_scenes import schema
from tests.scenes.writes.product import OPERATIONS, Product, example, product

pytestmark = pytest.mark.asyncio(loop_scope="module")

COMPANY = "grand-tour"
HOOK = """mutation {
  createWebhook(url: "https://93.184.216.35/hook", events: [SYNC_COMPLETED, SYNC_FAILED]) { secret }
}"""
UPDATES = "subscription { syncUpdated { sync { id status trackingId } cursor } }"
NAMES = {
    "kashoo": "Kashoo Cloud Accounting", "accountsos": "AccountsOS", "bossinsights": "Boss Insights",
    "smallinvoice": "smallinvoice",
}  # fmt: skip


@dataclass
class Town:
    """The product, a webhook of its tenant, and what was pushed so far."""

    product: Product
    secret: str
    pushed: dict[str, str] = field(default_factory=dict)
    """Tracking id by sync id."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def town() -> AsyncIterator[Town]:
    """One product for all tests of this file."""
    async with product() as made:
        hook = await made.done(HOOK, key="lm_demo_admin")
        yield Town(made, hook["secret"])


Given = Callable[[Product], Awaitable[Mapping[str, Any]]]


@dataclass(frozen=True)
class Case:
    """A use case: its example, what the example is asked about, and how the books show afterwards that it was done."""

    example: str
    provider: str
    given: Given
    """Variables that depend on the books, as a caller would look them up."""
    steps: tuple[str, ...]
    """What is sent, by method and the end of the path."""
    shown: str
    """A selection of the record that results."""
    after: Mapping[str, Any]
    """What of it must be so; a list by its first elements."""
    target: Mapping[str, Any] = field(default_factory=dict)
    """What must be so of the record that it was done to, where another one results."""
    unsupported: tuple[str, ...] = ()
    """Providers that say so in the same answer."""


async def nothing(made: Product) -> Mapping[str, Any]:
    """All is in the variables beside the example."""
    return {}


async def new_invoice(made: Product) -> Mapping[str, Any]:
    """An invoice of the example's kind."""
    text, given = example("write-create-invoice")
    options = {**given["options"], "sync": "PUSH_AND_WAIT"}
    number = f"S-{len(made.tape.sent)}"
    sent = {**given, "company": COMPANY, "input": {**given["input"], "number": number}, "options": options}
    [source] = (await made.done(text, sent))["sources"]
    assert source["status"] == "COMMITTED", source
    return {"id": source["record"]["id"]}


async def seen_invoice(made: Product) -> Mapping[str, Any]:
    """The same with the version that was seen."""
    id = (await new_invoice(made))["id"]
    found = await made.done(
        "query($id: ID!) { node(id: $id) { ... on Invoice { source { version } } } }", {"id": id}
    )
    return {"id": id, "version": found["source"]["version"]}


async def two_records(made: Product) -> Mapping[str, Any]:
    """An invoice of the example's kind, and a bill."""
    text = """query($company: ID!) { company(key: $company) {
      bills(from: ["kashoo"], first: 1) { nodes { id } }
    } }"""
    invoice = (await new_invoice(made))["id"]
    bill = (await made.done(text, {"company": COMPANY}))["bills"]["nodes"][0]["id"]
    return {"invoice": invoice, "bill": bill}


def first(list: str, provider: str) -> Given:
    """The first record of a list of one provider's."""

    async def found(made: Product) -> Mapping[str, Any]:
        text = f"""query($company: ID!) {{
          company(key: $company) {{ {list}(from: ["{provider}"], first: 1) {{ nodes {{ id }} }} }}
        }}"""
        rows = await made.done(text, {"company": COMPANY})
        return {"id": rows[list]["nodes"][0]["id"]}

    return found


CASES = {
    "create an invoice": Case(
        "write-create-invoice", "kashoo", nothing, ("POST contacts", "POST invoices"),
        "... on Invoice { number status partyName total { amount currency } lines { description } }",
        {
            "number": "2026-0117", "status": "OPEN", "partyName": "Northwind Traders",
            "total": {"amount": "360.00", "currency": "CAD"}, "lines": [{"description": "Design"}],
        },
    ),
    "update it": Case(
        "write-update-invoice", "kashoo", seen_invoice, ("PUT id",), "... on Invoice { memo dueDate number }",
        {"memo": "Thank you for your order.", "dueDate": "2026-12-31"},
    ),
    "update several records": Case(
        "write-update-records", "kashoo", two_records, ("PUT records",), "... on Invoice { memo dueDate }",
        {"memo": "Thank you for your order.", "dueDate": "2026-12-31"},
    ),
    "send it": Case(
        "write-send-invoice", "kashoo", new_invoice, ("POST email",), "... on Invoice { status }", {},
    ),
    "mark it paid": Case(
        "write-pay-invoice", "kashoo", new_invoice, ("POST invoicePayments",),
        "... on Payment { amount { amount } method date } ... on Invoice { status amountDue { amount } }",
        {"amount": {"amount": "360.00"}, "method": "BANK_TRANSFER", "date": "2026-11-15"},
        target={"status": "PAID", "amountDue": {"amount": "0.00"}},
    ),
    "void it": Case(
        "write-void-invoice", "kashoo", new_invoice, ("DELETE id",), "... on Invoice { status }", {"status": "VOID"},
    ),
    "log an expense against a known vendor": Case(
        "write-log-expense-known-vendor", "kashoo", nothing, ("POST bills", "POST billPayments"),
        "... on Bill { status total { amount } partyName }",
        {"status": "PAID", "total": {"amount": "24.90"}, "partyName": "Dovetail Energy Inc."},
    ),
    "log an expense against a new vendor": Case(
        "write-log-expense", "kashoo", nothing, ("POST contacts", "POST bills", "POST billPayments"),
        "... on Bill { status total { amount } partyName }",
        {"status": "PAID", "total": {"amount": "24.90"}, "partyName": "Corner Stationers"},
        unsupported=("accountsos", "smallinvoice"),
    ),
    "update customer contact details": Case(
        "write-contact-details", "kashoo", first("parties", "kashoo"), ("PUT id",),
        "... on Party { email phone address { city postalCode } }",
        {"email": "hello@northwind.example", "phone": "+1 604 555 0117",
         "address": {"city": "Vancouver", "postalCode": "V6B 1A1"}},
    ),
    "record payroll": Case(
        "write-payroll", "bossinsights", nothing, ("POST payroll",),
        "... on PayrollEntry { checkNumber net { amount } deductions { name amount { amount } } }",
        {"checkNumber": "1042", "net": {"amount": "1968.00"},
         "deductions": [{"name": "dental", "amount": {"amount": "20.00"}},
                        {"name": "pre_tax", "amount": {"amount": "100.00"}}]},
        unsupported=("accountsos", "kashoo", "smallinvoice"),
    ),
    "categorise a bank transaction": Case(
        "write-categorize", "accountsos", first("bankTransactions", "accountsos"), ("PATCH id",),
        "... on BankTransaction { notes category { nativeId name } }",
        {"notes": "Paper", "category": {"nativeId": "cat_office", "name": "Office costs"}},
    ),
    "attach a document": Case(
        "write-attach-document", "accountsos", nothing, ("POST upload",),
        "... on Document { name kind size }", {"name": "receipt.pdf", "kind": "RECEIPT", "size": 15},
        unsupported=("bossinsights", "kashoo", "smallinvoice"),
    ),
}  # fmt: skip


def without_push(text: str) -> str:
    """An example that always pushes, as a plan."""
    return text.replace(", sync: PUSH_AND_WAIT }", " }")


def source_of(payload: Any, provider: str) -> Any:
    """What one connection says."""
    return next(each for each in payload["sources"] if each["connection"]["id"] == f"{COMPANY}-{provider}")


@pytest.mark.parametrize("name", CASES)
async def test_a_use_case(town: Town, name: str) -> None:
    """Refused to who only reads; planned without a change; pushed; told by query and subscription; read again."""
    case, made = CASES[name], town.product
    text, beside = example(case.example)
    text = without_push(text)
    given = {"company": COMPANY, **beside, **await case.given(made)}
    if "$company" not in text:
        del given["company"]

    await _refused_to_who_only_reads(made, text, given)
    await _planned(made, case, text, given)
    source = await _pushed(town, case, text, given)

    record = source["record"] or source["records"][0]["record"]
    found = await made.done(f"query($id: ID!) {{ node(id: $id) {{ {case.shown} }} }}", {"id": record["id"]})
    assert {key: found[key] for key in case.after} == case.after


async def _refused_to_who_only_reads(made: Product, text: str, given: Mapping[str, Any]) -> None:
    calls = len(made.tape.sent)
    answer = await made.ask(text, given, key="lm_demo_read")
    [error] = answer["errors"]
    assert error["extensions"]["code"] == "FORBIDDEN"
    assert "api.write" in error["message"]
    assert len(made.tape.sent) == calls, "no call to a provider"


async def _planned(made: Product, case: Case, text: str, given: Mapping[str, Any]) -> None:
    before = made.log()
    payload = await made.done(text, given)
    source = source_of(payload, case.provider)
    assert (source["status"], source["error"]) == ("PLANNED", None)
    planned = [f"{step['method']} {_end(step['url'])}" for step in source["plan"]["steps"]]
    assert tuple(planned) == case.steps
    assert payload["planToken"]
    assert payload["syncId"] is None
    for provider in case.unsupported:
        said = source_of(payload, provider)
        assert (said["status"], said["error"]["code"]) == ("UNSUPPORTED", "UNSUPPORTED")
        assert NAMES[provider] in said["error"]["message"]
    assert made.log() == before, "a plan changes nothing"


async def _pushed(town: Town, case: Case, text: str, given: Mapping[str, Any]) -> Any:
    made, tracking = town.product, f"case-{len(town.pushed)}"
    headers = {"X-Sync-Data": "push", "X-Tracking-ID": tracking, "X-Sync-Sources": case.provider}
    variables = {**given, "options": None} if "$options" in text else given
    before = made.log()
    async with made.stream(UPDATES) as events:
        await events.opened()
        response = await made.post(text, variables, headers=headers)
        [payload] = response.json()["data"].values()
        id = payload["syncId"]
        assert (response.headers["X-Sync-ID"], response.headers["X-Tracking-ID"]) == (id, tracking)
        assert source_of(payload, case.provider)["status"] == "QUEUED"
        town.pushed[id] = tracking
        status = ""
        while status not in ("COMMITTED", "NOT_COMMITTED", "INDETERMINATE", "PARTLY_COMMITTED"):
            sync = (await events.next())["syncUpdated"]["sync"]
            if sync["id"] != id:  # what came before may be told late
                continue
            assert sync["trackingId"] == tracking
            status = sync["status"]
    told = await made.done(example("write-status")[0], {"id": id})
    assert (told["status"], told["trackingId"], status) == ("COMMITTED", tracking, "COMMITTED"), told
    sent = made.log()[len(before) :]
    assert [line.split()[0] for line in sent] == [step.split()[0] for step in case.steps]
    assert all(f" /{case.provider}/" in line for line in sent)
    [part] = told["parts"]
    return part["source"]


def _end(url: str) -> str:
    """The last word of an address; `id` for an id."""
    last = url.partition("?")[0].rpartition("/")[2]
    return "id" if any(letter.isdigit() for letter in last) else last


# -- several mutations in one operation ------------------------------------------------------------------------------


async def test_the_chart_of_accounts_is_altered_by_one_operation(town: Town) -> None:
    """One account is made, one renamed, one archived: three parts of one sync, each as the books show it then."""
    made = town.product
    text, _ = example("write-chart-of-accounts")
    chart = """query($company: ID!) { company(key: $company) {
      accounts(from: ["kashoo"], first: 200) { nodes { id code name archived } }
    } }"""
    there = {
        each["code"]: each for each in (await made.done(chart, {"company": COMPANY}))["accounts"]["nodes"]
    }
    given: dict[str, Any] = {
        "company": COMPANY,
        "rename": there["6040"]["id"],
        "archive": there["6070"]["id"],
    }
    before = made.log()
    planned = (await made.ask(text, {**given, "options": {"connections": ["kashoo"]}}))["data"]
    assert [each["sources"][0]["status"] for each in planned.values()] == ["PLANNED"] * 3
    assert made.log() == before

    response = await made.post(
        text,
        {**given, "options": {"connections": ["kashoo"], "sync": "PUSH_AND_WAIT", "trackingId": "chart"}},
    )
    payloads = response.json()["data"]
    ids = {each["syncId"] for each in payloads.values()}
    assert ids == {response.headers["X-Sync-ID"]}
    assert [each["sources"][0]["status"] for each in payloads.values()] == ["COMMITTED"] * 3, payloads
    told = await made.done(example("write-status")[0], {"id": ids.pop()})
    assert [(part["kind"], part["verb"]) for part in told["parts"]] == [
        ("Account", "CREATE"), ("Account", "UPDATE"), ("Account", "UPDATE"),
    ]  # fmt: skip
    town.pushed[told["id"]] = "chart"
    now = {each["code"]: each for each in (await made.done(chart, {"company": COMPANY}))["accounts"]["nodes"]}
    assert (now["6120"]["name"], now["6040"]["name"]) == ("Online advertising", "Travel and meals")
    gone = now.get("6070")
    assert gone is None or gone["archived"] is True


async def test_an_expense_that_cannot_be_paid_leaves_nothing_behind(town: Town) -> None:
    """The last of three requests is refused: the bill and the new vendor are taken back, and all of it is told."""
    made = town.product
    text, beside = example("write-log-expense")
    text = text.replace("changedFields {", "sent { status undone } residue { path } changedFields {")
    given = {**beside, "company": COMPANY, "options": {"connections": ["kashoo"], "sync": "PUSH_AND_WAIT"}}
    given["input"] = {**beside["input"], "party": {"name": "Back Street Paper", "create": True}}
    rule = made.sandbox.board.add(Answer(provider="kashoo", path="*/billPayments", method="POST", status=400))
    before = made.log()

    source = source_of(await made.done(text, given), "kashoo")
    made.sandbox.board.clear(rule.id)

    assert (source["status"], source["residue"], source["record"]) == ("NOT_COMMITTED", [], None)
    assert [(each["status"], each["undone"]) for each in source["sent"]] == [
        (201, False), (201, False), (400, False), (204, True), (204, True),
    ]  # fmt: skip
    assert [line.split()[0] for line in made.log()[len(before) :]] == ["POST"] * 3 + ["DELETE"] * 2


# -- webhooks --------------------------------------------------------------------------------------------------------


def signature(secret: str, request: httpx.Request) -> str:
    """As a receiver works it out, by the published scheme of Standard Webhooks."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    said = (request.headers["webhook-id"], request.headers["webhook-timestamp"])
    digest = hmac.digest(
        key, b"%s.%s." % tuple(word.encode() for word in said) + request.content, hashlib.sha256
    )
    return f"v1,{base64.b64encode(digest).decode()}"


async def test_every_push_is_told_by_a_signed_webhook(town: Town) -> None:
    """With the ids of sync and tracking, once each; what was planned or written stands in none of them."""
    made = town.product
    text, beside = example("write-contact-details")
    given = {**beside, **await first("parties", "kashoo")(made)}
    options = {"sync": "PUSH", "trackingId": "hook", "clientKey": "hook"}
    payload = await made.done(text, {**given, "input": {"phone": "+1 604 555 0199"}, "options": options})
    town.pushed[payload["syncId"]] = "hook"

    for id, tracking in town.pushed.items():
        request = await made.hooks.event(id)
        said = json.loads(request.content)
        assert (said["type"], said["data"]["trackingId"]) == ("sync.completed", tracking)
        assert request.headers["webhook-signature"] == signature(town.secret, request)
        assert set(said["data"]) == {
            "sync", "trackingId", "company", "environment", "status", "createdAt", "endedAt",
        }  # fmt: skip
        assert dt.datetime.fromisoformat(said["timestamp"]) <= made.clock.now()
    ids = [request.headers["webhook-id"] for request in made.hooks.got]
    assert len(ids) == len(set(ids))


# -- the files -------------------------------------------------------------------------------------------------------


async def test_each_example_is_valid_and_says_what_it_shows() -> None:
    """Every one is used here or is the way to commit a plan."""
    names = {path.stem for path in OPERATIONS.glob("write-*.graphql")}
    assert names == {case.example for case in CASES.values()} | {
        "write-chart-of-accounts", "write-commit", "write-status",
    }  # fmt: skip
    for name in names:
        text, _ = example(name)
        assert validate(schema(), parse(text)) == []
        assert text.startswith("# ")
