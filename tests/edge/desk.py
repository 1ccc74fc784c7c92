"""A small gateway for the tests of the edge: a real schema behind real HTTP messages."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncGenerator, Mapping, Sequence
from decimal import Decimal
from typing import Any

import httpx
import strawberry
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from strawberry.scalars import JSON
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.exceptions import CannotGetOperationTypeError
from strawberry.types.graphql import OperationType

from ledgermesh.clock import SystemClock
from ledgermesh.edge.auth import Authenticator
from ledgermesh.edge.cors import CrossOrigin
from ledgermesh.edge.documents import Documents
from ledgermesh.edge.health import Trouble
from ledgermesh.edge.incoming import Limits
from ledgermesh.edge.routes import application
from ledgermesh.edge.stream import Streams
from ledgermesh.edge.trail import Trail
from ledgermesh.edge.view import View
from ledgermesh.engine.links import LinkEnded
from ledgermesh.errors import BadInput, SlowDown, WrongMethod
from ledgermesh.graph.downloads import File
from ledgermesh.graph.present import present, typed
from ledgermesh.graph.question import Answer, Question
from ledgermesh.graph.schema import Schema
from ledgermesh.graph.upload import UPLOAD, Upload
from ledgermesh.state.entries import KeyEntry, TenantEntry, digest
from ledgermesh.state.registry import Registry
from tests.states import KEYS

KEY = "key-of-the-tests"
BEARER = {"Authorization": f"Bearer {KEY}"}
NEW = "application/graphql-response+json"
OLD = "application/json"
WHEN = dt.datetime(2026, 11, 15, 12, tzinfo=dt.UTC)


@strawberry.type
class Query:
    """Enough to see what arrives and what goes out."""

    @strawberry.field
    def word(self, text: str = "hello") -> str:
        return text

    @strawberry.field
    def amount(self) -> JSON:
        return JSON({"total": Decimal("12345678901234567.10"), "id": 2**80})

    @strawberry.field
    def money(self, amount: Decimal) -> Decimal:
        return amount

    @strawberry.field
    def slow(self) -> str | None:
        raise SlowDown("the budget is spent", retry_at=WHEN)

    @strawberry.field
    def must(self) -> str:
        raise SlowDown("the budget is spent", retry_at=WHEN)

    @strawberry.field
    def unwritable(self) -> JSON:
        return JSON(object())


@strawberry.type
class Mutation:
    """Something that GET may not do."""

    @strawberry.mutation
    def write(self) -> str:
        return "written"

    @strawberry.mutation
    def receive(self, files: list[Upload]) -> list[str]:
        return [f"{file.name} {file.content_type} {file.content.decode('latin-1')}" for file in files]


class Desk:
    """Answers questions by really executing them, and keeps the questions. Implements `Answers`."""

    def __init__(self) -> None:
        config = StrawberryConfig(scalar_map={Upload: UPLOAD})
        self.schema = Schema(query=Query, mutation=Mutation, config=config)
        self.questions: list[Question] = []

    async def answer(self, question: Question) -> Answer:
        self.questions.append(question)
        if question.queries_only and question.text.startswith("mutation"):
            raise WrongMethod("over GET nothing but queries run")
        try:
            result: Any = await self.schema.execute(
                question.text,
                variable_values=dict(question.variables),
                operation_name=question.operation,
                allowed_operation_types=tuple(OperationType),
            )
        except CannotGetOperationTypeError:
            wrong = BadInput("there is no such operation")
            return {"errors": [{"message": wrong.message, "extensions": typed(wrong)}]}
        answer: Answer = {}
        if result.data is not None or any(error.path for error in result.errors or ()):
            answer["data"] = result.data
        if result.errors:
            answer["errors"] = [present(error) for error in result.errors]
        return answer

    async def subscribe(self, question: Question) -> AsyncGenerator[Answer, None]:
        yield await self.answer(question)

    async def file(self, link: str, timeout_seconds: float) -> File:
        if link == "broken":
            raise RuntimeError("a secret")
        if link != "good":
            raise LinkEnded("this link has ended")
        return File('invoice-"7"-pdf.pdf', "application/pdf", b"%PDF-1.4")


def registry() -> Registry:
    """One tenant with one key."""
    return Registry(
        tenants=[TenantEntry(id="t-1", name="Tests")],
        keys=[
            KeyEntry(
                id="k-1",
                digest=digest(KEY),
                tenant="t-1",
                environment="live",
                scopes=frozenset(("api.read",)),
            )
        ],
        companies=[],
        connections=[],
    )


def gateway(
    desk: Desk,
    *,
    limits: Limits | None = None,
    pages: list[BaseRoute] | None = None,
    headers: Any = None,
    trouble: Trouble = lambda: None,
) -> httpx.AsyncClient:
    """A client of a gateway over this desk, signed in unless other headers are given."""
    app = application(
        answers=desk,
        who=Authenticator(registry(), KEYS, SystemClock()),
        sdl=desk.schema.as_str(),
        limits=limits or Limits(),
        pages=pages or [],
        trouble=trouble,
    )
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url="http://gateway.test",
        headers=BEARER if headers is None else headers,
    )


def code(answer: httpx.Response) -> str:
    """The code of a refusal's one error."""
    [error] = answer.json()["errors"]
    found: str = error["extensions"]["code"]
    return found


async def post(http: httpx.AsyncClient, body: bytes, **headers: str) -> httpx.Response:
    """A POST of these bytes; underscores in the names of headers stand for hyphens."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await http.post("/graphql", content=body, headers={"Content-Type": "application/json"} | named)


def door(
    desk: Desk,
    *,
    documents: Documents | None = None,
    tenants: Mapping[str, Sequence[str]] | None = None,
    origins: frozenset[str] = frozenset(),
) -> httpx.AsyncClient:
    """A client of `/graphql` alone: with these documents, keys of these tenants (key → the origins that its tenant
    allows), and pages of these origins. Signed in as nobody where tenants are given.
    """
    registry_ = registry() if tenants is None else registry_of(tenants)
    who = Authenticator(registry_, KEYS, SystemClock())
    view = View(desk, who, Limits(), Streams(who.clock), documents or Documents())

    async def graphql(request: Request) -> Response:
        return await view(request)

    app = Starlette(
        routes=[Route("/graphql", graphql, methods=["GET", "POST"])],
        middleware=[Middleware(Trail), Middleware(CrossOrigin, registry=registry_, origins=origins)],
    )
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url="http://gateway.test",
        headers=BEARER if tenants is None else {},
    )


def registry_of(tenants: Mapping[str, Sequence[str]]) -> Registry:
    """Tenants with one key each, which name both, and the origins that they allow."""
    return Registry(
        tenants=[
            TenantEntry(id=key, name=key, allowed_urls=tuple(allowed)) for key, allowed in tenants.items()
        ],
        keys=[
            KeyEntry(
                id=key,
                digest=digest(key),
                tenant=key,
                environment="live",
                scopes=frozenset(("api.read",)),
            )
            for key in tenants
        ],
    )
