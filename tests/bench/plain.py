"""What an engineer writes with Strawberry, Starlette, httpx and a DataLoader, and nothing else."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx
import strawberry
from aiodataloader import DataLoader
from starlette.applications import Starlette
from starlette.routing import Route
from strawberry.asgi import GraphQL


@strawberry.type
class Money:
    amount: float
    currency: str


@strawberry.type
class Contact:
    id: strawberry.ID
    name: str
    email: str | None


@strawberry.type
class LineItem:
    description: str
    quantity: float
    unit_price: float
    amount: float


@strawberry.type
class Invoice:
    id: strawberry.ID
    number: str
    issue_date: str
    total: Money
    line_items: list[LineItem]
    contact_id: strawberry.Private[str]

    @strawberry.field
    async def contact(self, info: strawberry.Info) -> Contact | None:
        found: Contact | None = await info.context["contacts"].load(self.contact_id)
        return found


@strawberry.type
class Query:
    @strawberry.field
    async def invoices(self, info: strawberry.Info, first: int = 100, page: int = 0) -> list[Invoice]:
        client: httpx.AsyncClient = info.context["client"]
        answer = await client.get("/invoices", params={"limit": first, "page": page})
        return [_invoice(row) for row in answer.json()]


def _invoice(row: Mapping[str, Any]) -> Invoice:
    total = row["total"]
    lines = [
        LineItem(
            description=each["description"], quantity=each["quantity"], unit_price=each["unitPrice"],
            amount=each["amount"],
        )
        for each in row["lineItems"]
    ]  # fmt: skip
    return Invoice(
        id=row["id"], number=row["number"], issue_date=row["issueDate"],
        total=Money(amount=total["amount"], currency=total["currency"]), line_items=lines,
        contact_id=row["contactId"],
    )  # fmt: skip


class Plain(GraphQL[dict[str, Any], None]):
    """Strawberry's own view with a client and a loader."""

    client: httpx.AsyncClient

    async def get_context(self, request: Any, response: Any) -> dict[str, Any]:
        """A request's own loader."""

        async def load(keys: list[str]) -> list[Contact | None]:
            rows = (await self.client.get("/contacts", params={"ids": ",".join(keys)})).json()
            found = {row["id"]: Contact(id=row["id"], name=row["name"], email=row["email"]) for row in rows}
            return [found.get(key) for key in keys]

        return {"client": self.client, "contacts": DataLoader(batch_load_fn=load)}


def make_plain(upstream: str) -> Starlette:
    """The same work without a gateway's duties."""
    view = Plain(strawberry.Schema(query=Query), graphql_ide=None)
    limits = httpx.Limits(max_connections=200, max_keepalive_connections=200)
    view.client = httpx.AsyncClient(base_url=upstream, limits=limits)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        yield
        await view.client.aclose()

    return Starlette(routes=[Route("/graphql", view)], lifespan=lifespan)
