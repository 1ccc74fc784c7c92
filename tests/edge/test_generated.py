"""Queries and mutations that nobody wrote: generated over the whole schema, asked of the gateway over the demo's books.

`LEDGERMESH_EXAMPLES=2000 pytest tests/edge/test_generated.py` looks further.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from contextlib import AsyncExitStack
from functools import cache
from typing import Any, Final

import httpx
import pytest
from graphql import GraphQLSchema, build_schema
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis_graphql import from_schema, nodes

from ledgermesh.edge.auth import Authenticator
from ledgermesh.edge.incoming import Limits
from ledgermesh.edge.routes import application
from ledgermesh.errors import LedgermeshError
from tests.graph.demo import demo_house
from tests.states import KEYS

EXAMPLES: Final = int(os.environ.get("LEDGERMESH_EXAMPLES", "30"))
"""Of each kind."""
COMPANIES: Final = ("maple-bakery", "alpine-studio", "nobody")
KEY: Final = "lm_demo_write"
"""May do everything but administer; without a push all that is written is a plan."""
GRAPHQL: Final = frozenset(("GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED"))


def codes(kind: type[LedgermeshError] = LedgermeshError) -> Iterator[str]:
    """Every code that a caller can meet and that says what to do."""
    for each in kind.__subclasses__():
        if code := getattr(each, "code", ""):
            yield code
        yield from codes(each)


KNOWN: Final = (frozenset(codes()) | GRAPHQL) - {"INTERNAL"}

SCALARS: Final[dict[str, st.SearchStrategy[Any]]] = {
    "Date": st.sampled_from(("2026-11-15", "0001-01-01", "9999-12-31", "2026-02-30", "")).map(nodes.String),
    "DateTime": st.sampled_from(("2026-11-15T12:00:00Z", "9999-12-31T23:59:59Z", "x")).map(nodes.String),
    "Instant": st.sampled_from(("2026-11-15T12:00:00Z", "2026-11-15", "x")).map(nodes.String),
    "Decimal": st.sampled_from(("0", "-1.50", "1e6", "9" * 40, "NaN", "x")).map(nodes.String),
    "JSON": st.sampled_from(("", "x")).map(nodes.String),
    "Upload": st.just("x").map(nodes.String),
    "_Any": st.just("x").map(nodes.String),
}


class Asker:
    """The gateway in this process, on a loop of its own."""

    def __init__(self) -> None:
        self._runner = asyncio.Runner()
        self._stack = AsyncExitStack()
        self.http, self.schema = self._runner.run(self._begin())

    async def _begin(self) -> tuple[httpx.AsyncClient, GraphQLSchema]:
        house = await self._stack.enter_async_context(demo_house())
        who = Authenticator(house.gateway.state.registry, KEYS, house.clock)
        app = application(
            answers=house.gateway.answers, who=who, sdl=house.gateway.sdl, limits=Limits(), pages=[]
        )
        headers = {"Authorization": f"Bearer {KEY}", "X-Account-Key": COMPANIES[0]}
        client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://g.test", headers=headers
        )
        return await self._stack.enter_async_context(client), build_schema(house.gateway.sdl)

    def ask(self, text: str) -> httpx.Response:
        """One question over HTTP."""
        return self._runner.run(self.http.post("/graphql", json={"query": text}, timeout=60))

    def close(self) -> None:
        """End it."""
        self._runner.run(self._stack.aclose())
        self._runner.close()


@pytest.fixture(scope="module")
def asker() -> Iterator[Asker]:
    """One for all examples."""
    made = Asker()
    yield made
    made.close()


@cache
def documents(schema: GraphQLSchema, kind: str) -> st.SearchStrategy[object]:
    """Operations of one kind, each on one field at its root: on many at once most would be refused for their size."""
    root = schema.query_type if kind == "query" else schema.mutation_type
    assert root is not None
    return st.sampled_from(sorted(root.fields)).flatmap(
        lambda name: from_schema(schema, fields=[name], custom_scalars=SCALARS)
    )


@pytest.mark.timeout(300)
@pytest.mark.parametrize("kind", ["query", "mutation"])
def test_generated_operations(asker: Asker, kind: str) -> None:
    """None is a failure of ours; every error has a code that the README tells what to do about."""

    @settings(
        max_examples=EXAMPLES, deadline=None, derandomize=True, database=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(text=documents(asker.schema, kind))
    def generated(text: Any) -> None:
        answer = asker.ask(text)
        assert answer.status_code < 500, text
        found = [each["extensions"]["code"] for each in answer.json().get("errors", ())]
        assert set(found) <= KNOWN, (text, answer.json()["errors"])

    generated()
