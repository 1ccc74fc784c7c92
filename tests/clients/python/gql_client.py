"""gql over aiohttp and over a WebSocket: python gql_client.py URL KEY. Prints what happened as JSON."""

from __future__ import annotations

import asyncio
import io
import json
import sys
from typing import Any

from gql import Client, FileVar, GraphQLRequest, gql
from gql.transport.aiohttp import AIOHTTPTransport
from gql.transport.exceptions import TransportQueryError
from gql.transport.websockets import WebsocketsTransport

PROVIDERS = gql("{ providers { name } }")
NAMES = gql("{ companies { key } }")
CREATE = gql(
    """mutation ($input: InvoiceCreate!) {
      createInvoice(company: "grand-tour", input: $input, options: {connections: ["kashoo"]}) {
        mode sources { status } } }"""
)
INVOICE: dict[str, Any] = {
    "number": "GQL-1", "date": "2026-11-15", "dueDate": "2026-12-15", "currency": "CAD",
    "party": {"name": "Northwind Traders", "create": True},
    "lines": [
        {"description": "Design", "quantity": "1", "unitPrice": {"amount": "1.00"}, "account": {"code": "4000"}}
    ],
}  # fmt: skip
EVENTS = gql("subscription { connectionChanged(includeCurrent: true) { id } }")
UPLOAD = gql(
    """mutation ($file: FileInput!) {
      uploadDocument(company: "grand-tour", file: $file, kind: RECEIPT) { sources { status } } }"""
)


async def over_http(url: str, headers: dict[str, str]) -> dict[str, Any]:
    """Query, mutation, batch, an error with its code, all checked against the schema that was introspected."""
    transport = AIOHTTPTransport(url=url, headers=headers)
    async with Client(transport=transport, fetch_schema_from_transport=True) as session:
        found = await session.execute(PROVIDERS)
        changed = await session.execute(GraphQLRequest(CREATE, variable_values={"input": INVOICE}))
        batch = await session.execute_batch([GraphQLRequest(PROVIDERS), GraphQLRequest(NAMES)])
    async with Client(transport=AIOHTTPTransport(url=url, headers=headers)) as session:
        try:
            await session.execute(gql("{ nothing }"))
        except TransportQueryError as error:
            wrong = [each["extensions"]["code"] for each in error.errors or ()]
    return {
        "query": len(found["providers"]),
        "changed": changed["createInvoice"],
        "batch": [list(each) for each in batch],
        "wrong": wrong,
    }


async def over_socket(url: str, headers: dict[str, str]) -> dict[str, Any]:
    """A query, and the first two events."""
    transport = WebsocketsTransport(url=url.replace("http", "ws", 1), init_payload=headers)
    events = []
    async with Client(transport=transport) as session:
        found = await session.execute(PROVIDERS)
        async for event in session.subscribe(EVENTS):
            events.append(event["connectionChanged"]["id"])
            if len(events) == 2:
                break
    return {"query": len(found["providers"]), "events": events}


async def upload(url: str, headers: dict[str, str]) -> dict[str, Any]:
    """A file, by the multipart request that the gateway takes with a preflight header only."""
    transport = AIOHTTPTransport(url=url, headers=headers | {"GraphQL-Require-Preflight": "1"})
    file = FileVar(io.BytesIO(b"%PDF-1.4 a receipt"), filename="receipt.pdf", content_type="application/pdf")
    given = {"file": {"name": "receipt.pdf", "contentType": "application/pdf", "upload": file}}
    async with Client(transport=transport) as session:
        return dict(await session.execute(GraphQLRequest(UPLOAD, variable_values=given), upload_files=True))


async def main(url: str, key: str) -> None:
    """Everything in turn."""
    headers = {"Authorization": f"Bearer {key}"}
    found = {"http": await over_http(url, headers), "socket": await over_socket(url, headers)}
    print(json.dumps(found | {"upload": await upload(url, headers)}))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
