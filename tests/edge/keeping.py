"""A gateway whose answers are kept, asked over HTTP, and what its callers are told of it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import httpx

from ledgermesh.edge.auth import Authenticator
from ledgermesh.edge.incoming import Limits
from ledgermesh.edge.routes import application
from ledgermesh.gateway import Running
from ledgermesh.state.entries import CompanyEntry, KeyEntry, TenantEntry, digest
from tests.graph.demo import Demo, demo_house
from tests.states import KEYS

COMPANY = "alpine-studio"
LIST = """query List($company: ID, $first: Int = 3, $from: [String!]) { company(key: $company) {
  name invoices(first: $first, from: $from) { nodes { id number total { amount } source { fetchedAt } }
    sources { connection { id } status completeness fetchedAt } } } }"""
GUEST = "lm_kept_guest"
"""A key of another tenant that the company is shared with."""
OTHER = "lm_kept_other"
"""Another key of the demo's tenant, with the same rights."""
NARROW = "lm_kept_narrow"
"""One of its keys that reaches this company alone."""
BRIEF = "lm_kept_brief"
"""One that may ask once a second and no more."""
KEYS_MORE = (
    TenantEntry(id="guest", name="Guest"),
    KeyEntry(id="guest", digest=digest(GUEST), tenant="guest", environment="sandbox", scopes=frozenset(("api.read",))),
    KeyEntry(id="other", digest=digest(OTHER), tenant="demo", environment="sandbox", scopes=frozenset(("api.read",))),
    KeyEntry(
        id="narrow", digest=digest(NARROW), tenant="demo", environment="sandbox", scopes=frozenset(("api.read",)),
        companies=frozenset((COMPANY,)),
    ),
    KeyEntry(
        id="brief", digest=digest(BRIEF), tenant="demo", environment="sandbox", scopes=frozenset(("api.read",)),
        requests_per_second=1,
    ),
)  # fmt: skip

PAST_SECONDS = 1_000.0
"""After so long nothing is kept of what was asked before."""


@dataclass(frozen=True)
class Told:
    """One answer over HTTP."""

    status: int
    headers: httpx.Headers
    body: Any

    @property
    def data(self) -> Any:
        """As it is, whatever was read again."""
        assert "errors" not in self.body, self.body["errors"]
        return self.body["data"]

    @property
    def kept(self) -> int | None:
        """How old it says that it is, in seconds; None where it was made for this request."""
        found: Mapping[str, int] | None = self.body["extensions"].get("kept")
        return None if found is None else found["age"]

    @property
    def came(self) -> list[str]:
        """How each of its calls came by its answer."""
        return [step["cache"] for step in self.body["extensions"]["calls"]]


@dataclass
class Keeping:
    """The gateway and the way to it."""

    demo: Demo
    http: httpx.AsyncClient

    @property
    def counts(self) -> Mapping[str, int]:
        """How answers came about so far."""
        return dict(self.demo.gateway.answers.kept.counts)

    async def ask(
        self, text: str = LIST, *, age: int | str | None = 60, key: str = "lm_demo_read", get: bool = False,
        headers: Mapping[str, str] | None = None, **variables: Any,
    ) -> Told:  # fmt: skip
        """One question that takes answers so many seconds old, or with this Cache-Control."""
        said = {"Authorization": f"Bearer {key}", **(headers or {})}
        if age is not None:
            said["Cache-Control"] = age if isinstance(age, str) else f"max-age={age}"
        if get:
            given = {"query": text, "variables": json.dumps(variables)}
            answer = await self.http.get("/graphql", params=given, headers=said)
        else:
            answer = await self.http.post(
                "/graphql", json={"query": text, "variables": variables}, headers=said
            )
        return Told(answer.status_code, answer.headers, answer.json())

    def later(self, seconds: float = PAST_SECONDS) -> None:
        """Let time pass; the providers are well again."""
        self.demo.clock.advance(seconds)
        self.demo.board.rules.clear()


def caller_of(demo: Demo, running: Running | None = None, limits: Limits | None = None) -> httpx.AsyncClient:
    """The way to a gateway."""
    served = running or demo.gateway
    app = application(
        answers=served.watched, who=Authenticator(served.state.registry, KEYS, demo.clock), sdl="",
        limits=limits or Limits(), pages=[],
    )  # fmt: skip
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway.test")


@asynccontextmanager
async def keeping(**choices: Any) -> AsyncIterator[Keeping]:
    """The demo's gateway over HTTP."""
    async with demo_house(**choices) as demo, caller_of(demo) as http:
        yield Keeping(demo, http)


@asynccontextmanager
async def guested() -> AsyncIterator[Keeping]:
    """The same with more keys, and a guest whom the company is shared with."""
    async with keeping() as made:
        directory, registry = made.demo.gateway.state.directory, made.demo.gateway.state.registry
        for entry in KEYS_MORE:
            await directory.add(entry)
        company = registry.get(CompanyEntry, "sandbox", COMPANY)
        assert company is not None
        shared = replace(company, tenants=company.tenants | {"guest"})
        await directory.change(CompanyEntry, company.place, lambda old: shared)
        yield made


async def kept(here: Keeping, **asked: Any) -> Any:
    """The data of a question whose answer is kept from now on."""
    first = await here.ask(**{"company": COMPANY, **asked})
    again = await here.ask(**{"company": COMPANY, **asked})
    assert (first.kept, again.kept, again.came) == (None, 0, [])
    assert again.data == first.data
    return first.data
