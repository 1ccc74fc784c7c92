"""The tools that agents have: found by what the key may do, bounded, and unable to write without a person."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.edge.mcp.gateway import INVOICE, Person, agent, failed, planned, said, text
from tests.scenes.writes.product import Product, product

pytestmark = pytest.mark.asyncio(loop_scope="module")

CREATE = """mutation M($input: InvoiceCreate!, $options: WriteOptions) {
  createInvoice(company: "maple-bakery", input: $input, options: $options) { mode planToken }
}"""
KASHOO = {"connections": ["maple-bakery-kashoo"]}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running() -> AsyncIterator[Product]:
    async with product() as found:
        yield found


async def test_a_key_that_reads_sees_no_tool_that_writes(running: Product) -> None:
    """Without `api.write` there is neither an operation that plans nor a commit, whatever the client can do."""
    async with (
        agent(running, key="lm_demo_read", person=Person()) as reader,
        agent(running, person=Person()) as writer,
    ):
        read = {tool.name for tool in (await reader.list_tools()).tools}
        write = {tool.name for tool in (await writer.list_tools()).tools}

    assert {"search", "introspect", "validate", "execute", "newest-invoices", "records_invoices"} <= read
    assert {name for name in read if name.startswith("write-")} == {"write-status"}
    assert {"commit", "write-create-invoice"} <= write - read
    assert not {"admin_keys", "write-commit", "admin_1-create-company"} & write


async def test_tools_say_what_they_take(running: Product) -> None:
    """Description from the file's comment, the variables as JSON Schema without a push, hints of what is read only."""
    async with agent(running, person=Person()) as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}

    overdue, create = tools["overdue-invoices"], tools["write-create-invoice"]
    assert overdue.description == "Who owes money since when: one condition for every system, oldest first."
    assert overdue.input_schema["required"] == ["today"]
    assert overdue.input_schema["properties"]["today"] == {"type": "string", "format": "date"}
    assert overdue.annotations is not None
    assert overdue.annotations.read_only_hint is True
    assert create.input_schema["required"] == ["input"]
    assert "sync" not in create.input_schema["$defs"]["WriteOptions"]["properties"]
    assert "connections" in create.input_schema["$defs"]["WriteOptions"]["properties"]
    assert tools["commit"].annotations is not None
    assert tools["commit"].annotations.destructive_hint is True


async def test_the_schema_is_found_and_shown(running: Product) -> None:
    """Words find parts best first, a type is shown with those it leads to, a wrong name says what to do."""
    async with agent(running) as client:
        found = (await said(client, "search", words="invoice due dates", first=5)).splitlines()
        one = await said(client, "introspect", name="Invoice.total")
        two = await said(client, "introspect", name="InvoiceConnection", depth=2)
        missing = await failed(client, "introspect", name="Invoce")

    assert found[0].startswith("Invoice.dueDate: Date")
    assert len(found) == 5
    assert one.startswith('"""')
    assert "type Money {" in one
    assert "type Invoice " in two
    assert missing["code"] == "NOT_FOUND"


async def test_a_document_is_checked_before_it_runs(running: Product) -> None:
    """A good one with its cost, and no call made for it; a bad one with its errors and places."""
    before = len(running.tape.sent)
    async with agent(running) as client:
        good = await said(
            client, "validate", query='{ company(key: "maple-bakery") { invoices { nodes { id } } } }'
        )
        bad = await said(client, "validate", query="{ nothing }")
        broken = await said(client, "validate", query="{ nothing")

    assert (cost := json.loads(good))["valid"] is True
    assert cost["cost"]["calls"] >= 1
    assert json.loads(bad)["valid"] is False
    assert "nothing" in json.loads(bad)["errors"][0]["message"]
    assert json.loads(broken)["errors"][0]["locations"] == [{"line": 1, "column": 10}]
    assert len(running.tape.sent) == before


async def test_queries_run_with_the_key_s_own_limits(running: Product) -> None:
    """Data comes as the gateway gives it; what the key may not do is an error with a code."""
    async with agent(running) as client, agent(running, key="nobody") as stranger:
        answer = json.loads(await said(client, "execute", query="{ companies { key } }"))
        ready = json.loads(
            await said(client, "overdue-invoices", company="alpine-studio", today="2026-11-15")
        )
        refused = await failed(stranger, "execute", query="{ companies { key } }")
        tools = {tool.name for tool in (await stranger.list_tools()).tools}

    assert "maple-bakery" in {each["key"] for each in answer["data"]["companies"]}
    assert ready["data"]["company"]["invoices"]["nodes"]
    assert refused["code"] == "UNAUTHENTICATED"
    assert tools == {"search", "introspect", "validate", "execute"}


async def test_a_long_answer_is_cut_and_says_so(running: Product) -> None:
    """No answer floods the agent; the notice has the figures and what to ask instead."""
    query = (
        '{ company(key: "grand-tour") { invoices(first: 500) { nodes { id number memo source { url } } } } }'
    )
    async with agent(running) as client:
        found = await said(client, "execute", query=query)

    assert len(found) < 60_300
    assert "[cut: 60,000 of " in found


@pytest.mark.parametrize(
    "query",
    [
        CREATE.replace("options: $options", "options: { sync: PUSH }"),
        CREATE.replace("$options: WriteOptions", "$options: WriteOptions = { sync: PUSH_AND_WAIT }"),
        CREATE.replace(": $options", ": { sync: $how }").replace("$options: WriteOptions", "$how: SyncMode = PUSH"),
        'mutation { commit(planToken: "x", sync: PUSH) { mode } }',
        'mutation { createCompany(key: "k", name: "n") { key } }',
        "mutation { ...Sneak } fragment Sneak on Mutation { pauseConnection(id: 1) { id } }",
        "mutation { ... on Mutation { pauseConnection(id: 1) { id } } }",
    ],
)  # fmt: skip
async def test_execute_sends_nothing(running: Product, query: str) -> None:
    """However a push or another effect is written, the mutation is refused before the gateway is asked."""
    before = len(running.tape.changes)
    async with agent(running, key="lm_demo_admin") as client:
        error = await failed(client, "execute", query=query, variables={"input": INVOICE})

    assert error["code"] == "FORBIDDEN"
    assert "commit" in error["remedy"]
    assert len(running.tape.changes) == before


async def test_a_push_in_the_variables_is_refused(running: Product) -> None:
    """Options that come as a variable are looked into as well, in a ready operation too."""
    options = {**KASHOO, "sync": "PUSH"}
    async with agent(running) as client:
        first = await failed(
            client, "execute", query=CREATE, variables={"input": INVOICE, "options": options}
        )
        second = await failed(
            client, "write-create-invoice", company="maple-bakery", input=INVOICE, options=options
        )

    assert first["code"] == second["code"] == "FORBIDDEN"


async def test_what_cannot_be_read_is_not_sent(running: Product) -> None:
    """A document that is too large or too deep to be looked into could hide a push."""
    async with agent(running) as client:
        large = await failed(client, "execute", query="mutation { a }" + " " * 60_000)
        deep = await failed(client, "execute", query="{a" * 3_900)
        several = await failed(client, "execute", query="query A { viewer { id } } query B { viewer { id } }")

    assert large["code"] == "TOO_COSTLY"
    assert deep["code"] == several["code"] == "BAD_USER_INPUT"


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_a_person_sees_the_plan_and_approves_it(running: Product, mode: str) -> None:
    """Planned, shown with its requests as they would go out, sent once; by both ways clients have of asking."""
    person = Person(False, None, True)
    before = len(running.tape.changes)
    async with agent(running, person=person, mode=mode) as client:
        plan = await planned(client)
        refused = [
            await failed(client, "commit", planToken=plan["planToken"], approve=True) for _ in range(2)
        ]
        quiet = len(running.tape.changes)
        answer = json.loads(await said(client, "commit", planToken=plan["planToken"]))

    assert plan["sources"][0]["plan"]["steps"]
    assert [error["code"] for error in refused] == ["FORBIDDEN", "FORBIDDEN"]
    assert quiet == before
    assert "POST " in person.shown[0]
    assert "maple-bakery-kashoo" in person.shown[0]
    assert "Bread" in person.shown[0]
    assert [each["status"] for each in answer["data"]["commit"]["sources"]] == ["COMMITTED"]
    assert len(running.tape.changes) > before


async def test_an_agent_alone_does_not_write(running: Product) -> None:
    """A client that can ask nobody has no commit, and calling it is refused, unless the operator allows it."""
    before = len(running.tape.changes)
    async with agent(running) as client:
        names = {tool.name for tool in (await client.list_tools()).tools}
        plan = await planned(client)
        error = await failed(client, "commit", planToken=plan["planToken"], approve=True)
    assert "commit" not in names
    assert error["code"] == "FORBIDDEN"
    assert len(running.tape.changes) == before

    async with agent(running, unasked=True) as client:
        plan = await planned(client)
        silent = await failed(client, "commit", planToken=plan["planToken"])
        answer = json.loads(await said(client, "commit", planToken=plan["planToken"], approve=True))
    assert silent["code"] == "FORBIDDEN"
    assert answer["data"]["commit"]["sources"][0]["status"] == "COMMITTED"


async def test_only_plans_made_here_are_committed(running: Product) -> None:
    """What a person would be shown is known of no other plan, so it is not sent."""
    person = Person(True)
    async with agent(running, person=person) as first, agent(running, person=person) as second:
        plan = await planned(first)
        error = await failed(second, "commit", planToken=plan["planToken"])
        nothing = await second.call_tool("commit", {})

    assert error["code"] == "BAD_USER_INPUT"
    assert nothing.is_error
    assert "planToken" in text(nothing)
    assert person.shown == []
