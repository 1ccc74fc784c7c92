"""A served gateway over emulated books, and clients of its tools."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from typing import Any

import mcp_types as types
from mcp.client import Client, ClientRequestContext

from ledgermesh.app import operations
from ledgermesh.edge.mcp.asking import Asking
from ledgermesh.edge.mcp.planning import Plans
from ledgermesh.edge.mcp.server import make_server
from ledgermesh.edge.mcp.starting import known
from ledgermesh.edge.mcp.tools import Caller, Known
from tests.scenes.writes.product import Product
from tests.shared import shared_schema

INVOICE = {
    "date": "2026-11-20", "dueDate": "2026-12-20", "currency": "CAD",
    "party": {"name": "Harbour Books", "create": True},
    "lines": [{"description": "Bread", "quantity": "2", "unitPrice": {"amount": "10.50"}, "account": {"code": "4000"}}],
}  # fmt: skip


@cache
def told() -> Known:
    """What is known of the schema; read once."""
    return known(shared_schema().as_str(), operations())


def fresh() -> Known:
    """The same, with no plans yet."""
    return Known(schema=told().schema, entries=told().entries, operations=told().operations, plans=Plans())


class Person:
    """Who is asked whether a plan may be sent."""

    def __init__(self, *answers: bool | None) -> None:
        """True sends, False says no in the form, None closes it."""
        self._answers = list(answers)
        self.shown: list[str] = []

    async def __call__(self, context: ClientRequestContext, params: Any) -> types.ElicitResult:
        self.shown.append(params.message)
        answer = self._answers.pop(0)
        if answer is None:
            return types.ElicitResult(action="cancel")
        return types.ElicitResult(action="accept", content={"approve": answer})


@asynccontextmanager
async def agent(
    product: Product,
    *,
    key: str = "lm_demo_write",
    person: Person | None = None,
    mode: str = "auto",
    unasked: bool = False,
) -> AsyncIterator[Client]:
    """A client in this process, whose tools ask the product over HTTP."""  # fmt: skip
    caller = Caller(Asking(product.client, {"Authorization": f"Bearer {key}"}), key)

    @asynccontextmanager
    async def of(request: Any) -> AsyncIterator[Caller]:
        yield caller

    server = make_server(fresh(), of, version="0", unasked=unasked)
    async with Client(server, elicitation_callback=person, mode=mode) as client:
        yield client


async def said(client: Client, tool: str, **arguments: Any) -> str:
    """What a tool says; fails where it is an error."""
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result.content
    return text(result)


async def failed(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    """The error of a tool, with its code and its remedy."""
    result = await client.call_tool(tool, arguments)
    assert result.is_error, result.content
    error: dict[str, Any] = json.loads(text(result))["error"]
    assert {"code", "message", "remedy"} <= error.keys()
    return error


def text(result: types.CallToolResult) -> str:
    """Its only content."""
    (content,) = result.content
    assert isinstance(content, types.TextContent)
    return content.text


async def planned(client: Client, **more: Any) -> dict[str, Any]:
    """The one plan of a new invoice."""
    options = {"connections": ["maple-bakery-kashoo"]}
    answer = json.loads(
        await said(
            client, "write-create-invoice", company="maple-bakery", input=INVOICE, options=options, **more
        )
    )
    (plan,) = answer["plans"]
    return dict(plan)
