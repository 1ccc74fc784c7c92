"""What callers whom an issuer vouches for can do: all that a key can; what they began goes on when their token ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
import pytest_asyncio

from ledgermesh.demo import DEMO_TENANT
from ledgermesh.edge.auth import Authenticator
from ledgermesh.edge.issuers.issuer import Rights
from ledgermesh.engine.links import LinkEnded
from ledgermesh.errors import SignIn
from ledgermesh.graph.question import Question
from ledgermesh.sandbox.app import make_sandbox
from ledgermesh.state.entries import TenantEntry
from ledgermesh.state.registry import Principal
from tests.edge.vouching import Login, issuer, issuers
from tests.graph.demo import demo_world
from tests.hands import HandClock
from tests.harness import NOW, House, house, opened
from tests.states import KEYS

pytestmark = pytest.mark.asyncio(loop_scope="module")

COMPANY = "alpine-studio"
PAGE = "https://app.test"
RIGHTS = Rights(
    tenant_claim="org",
    environment="sandbox",
    scopes=frozenset(("api.read", "api.write", "admin")),
    companies_claim="companies",
)
LINKS = """query { company(key: "alpine-studio") { invoices(first: 1, from: ["smallinvoice"]) {
  nodes { downloads { url expiresAt } } } } }"""
PUSH = """mutation ($input: InvoiceCreate!) {
  createInvoice(company: "alpine-studio", input: $input, options: { connections: ["kashoo"], sync: PUSH }) {
    syncId sources { status error { code message path } } } }"""


def invoice(number: str) -> dict[str, Any]:
    """One of 100 dollars."""
    line = {
        "description": "Advice", "quantity": "1", "unitPrice": {"amount": "100.00"}, "account": {"code": "4000"},
    }  # fmt: skip
    return {
        "number": number, "date": "2026-11-15", "dueDate": "2026-12-15", "currency": "CAD",
        "party": {"name": "Vouched Ltd.", "create": True}, "lines": [line],
    }  # fmt: skip


@dataclass
class Scene:
    """A gateway over emulated books, an issuer, and the gate between."""

    house: House
    login: Login
    who: Authenticator
    clock: HandClock

    async def enter(self, **claims: Any) -> Principal:
        """Somebody of the demo's tenant, for one company."""
        told = {"org": DEMO_TENANT.id, "companies": [COMPANY], "scope": "api.read api.write", **claims}
        return await self.who.principal(f"Bearer {self.login.token(**told)}")

    def question(self, text: str, who: Principal, **variables: Any) -> Question:
        return Question(text=text, principal=who, variables=variables, timeout_seconds=20.0)

    async def ask(self, text: str, who: Principal, **variables: Any) -> Any:
        return opened(await self.house.gateway.answers.answer(self.question(text, who, **variables)))

    async def work(self, sync: str) -> list[str]:
        """What became of a push, once the gateway has had time to carry it out."""
        text = "query ($id: ID!) { sync(id: $id) { status parts { source { status } } } }"
        tasks = [asyncio.ensure_future(run()) for run in self.house.gateway.pushing.values()]
        try:
            async with asyncio.timeout(30):
                while True:
                    await self.clock.turn(0.2)
                    found = (await self.house.ask(text, key="lm_demo_write", id=sync))["data"]["sync"]
                    became = [part["source"]["status"] for part in found["parts"]]
                    if not {"QUEUED", "RUNNING"} & {*became}:
                        return became
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene() -> AsyncIterator[Scene]:
    """One for all tests of this file."""
    clock, world = HandClock(NOW), demo_world()
    sandbox = make_sandbox(world, clock, turned={"write_enabled": True})
    emulators = {name: sandbox.emulators[name] for name in ("smallinvoice", "kashoo")}
    async with house(world, emulators, clock) as made:
        guest = replace(DEMO_TENANT, allowed_urls=(PAGE,))
        await made.gateway.state.directory.change(TenantEntry, guest.place, lambda _: guest)
        login, registry = Login(clock), made.gateway.state.registry
        gate = issuers(login, registry, issuer(RIGHTS))
        yield Scene(made, login, Authenticator(registry, KEYS, clock, gate), clock)


async def test_they_read_what_their_claims_name(scene: Scene) -> None:
    """One company of the tenant's, without a word on the others; and who they are."""
    who = await scene.enter()
    text = '{ viewer { id scopes } companies { key } company(key: "grand-tour") { key } }'

    answer = await scene.ask(text, who)

    assert answer["data"]["viewer"] == {"id": "demo", "scopes": ["api.read", "api.write"]}
    assert answer["data"]["companies"] == [{"key": COMPANY}]
    assert [each["extensions"]["code"] for each in answer["errors"]] == ["FORBIDDEN"]


async def test_links_to_files_are_good_until_the_token_ends(scene: Scene) -> None:
    """Whoever has the link needs no token; it ends with the one that made it, and with the issuer's trust."""
    who = await scene.enter(exp=int(scene.clock.now().timestamp()) + 60)
    [node] = (await scene.ask(LINKS, who))["data"]["company"]["invoices"]["nodes"]
    link = node["downloads"][0]["url"].removeprefix("/files/")
    files = scene.house.gateway.answers

    assert (await files.file(link, 20.0)).body
    registry = scene.house.gateway.state.registry
    registry.trust(())
    with pytest.raises(LinkEnded):
        await files.file(link, 20.0)
    registry.trust(("login",))
    scene.clock.advance(91)
    with pytest.raises(LinkEnded):
        await files.file(link, 20.0)


async def test_what_was_accepted_is_carried_out_after_the_token_has_ended(scene: Scene) -> None:
    """Tokens last minutes: that one has ended takes nothing back. That its issuer is trusted no more does."""
    for trusted, became in ((True, "COMMITTED"), (False, "NOT_COMMITTED")):
        who = await scene.enter()
        answer = await scene.ask(PUSH, who, input=invoice(f"V-{became}"[:9]))
        assert "errors" not in answer, answer["errors"]
        assert answer["data"]["createInvoice"]["syncId"], answer
        scene.clock.advance(400)
        registry = scene.house.gateway.state.registry
        assert registry.current(who) is None
        registry.trust(("login",) if trusted else ())
        assert await scene.work(answer["data"]["createInvoice"]["syncId"]) == [became]
        registry.trust(("login",))


async def test_subscriptions_end_with_the_token(scene: Scene) -> None:
    """Within a second, as with a key that ends."""
    who = await scene.enter(exp=int(scene.clock.now().timestamp()) + 1)
    text = "subscription { connectionChanged(includeCurrent: true) { id } }"
    events = scene.house.gateway.answers.subscribe(scene.question(text, who))
    found = [await anext(events), await anext(events)]
    waiting = asyncio.ensure_future(anext(events))
    await scene.clock.turn(30)
    await scene.clock.turn(1)
    ended = await waiting
    await events.aclose()

    assert all("errors" not in each for each in found)
    assert [each["extensions"]["code"] for each in ended["errors"]] == ["UNAUTHENTICATED"]


async def test_browser_tokens_of_theirs_last_no_longer_than_they(scene: Scene) -> None:
    """They give what the token gives for one company, and end with it."""
    who = await scene.enter(scope="api.read", exp=int(scene.clock.now().timestamp()) + 30)
    made = await scene.ask(
        """mutation { createBrowserToken(company: "alpine-studio", scopes: [READ], origins: ["https://app.test"]) {
          token expiresAt } }""",
        who,
    )
    token = made["data"]["createBrowserToken"]["token"]

    page = await scene.who.principal(f"Bearer {token}", PAGE)
    assert (page.key.scopes, page.key.companies) == (frozenset(("api.read",)), frozenset((COMPANY,)))
    scene.clock.advance(61)
    with pytest.raises(SignIn):
        await scene.who.principal(f"Bearer {token}", PAGE)


async def test_they_administer_only_where_the_operator_lets_their_issuer(scene: Scene) -> None:
    """The scope `admin` of a claim counts among those that the issuer may give; it makes no keys beyond itself."""
    text = "{ admin { companies { key } } }"
    assert "errors" not in await scene.ask(text, await scene.enter(scope="api.read admin"))
    answer = await scene.ask(text, await scene.enter(scope="api.read"))
    assert [each["extensions"]["code"] for each in answer["errors"]] == ["FORBIDDEN"]
