"""What goes over the wire while a plan is committed is what the plan showed, byte for byte, whatever is written.

Only declared holes differ: ids that earlier steps told. The emulators' log shows that planning changes nothing.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any, cast

import httpx
import pytest
import pytest_asyncio

from ledgermesh.clock import ManualClock
from ledgermesh.engine.ids import Ids
from ledgermesh.graph.kinds import BY_NAME
from ledgermesh.model.mapped import graphql_name
from ledgermesh.spec.query import Ref
from ledgermesh.upstream.call import Link
from ledgermesh.upstream.stack import make_stack
from ledgermesh.upstream.wire_httpx import HttpxWire
from tests.contract.known import PROVIDERS
from tests.contract.stand import TENANT, Line, Stand, rig
from tests.graph.as_graphql import as_json, mutation
from tests.graph.write_flows import FLOWS, Flow, Wish, statement
from tests.scenes.writes.product import Product, alone, product
from tests.states import KEYS

pytestmark = pytest.mark.asyncio(loop_scope="module")

COMMIT = """mutation($token: String!, $input: JSON) {
  commit(planToken: $token, input: $input, sync: PUSH_AND_WAIT) {
    sources { status evidence error { code message providerMessage } residue { path } record { source { nativeId } } }
  }
}"""
HOLE = re.compile(r'"?\$\{(?:steps\.\d+\.id|file)\}"?')
IDS = Ids(KEYS, tenant=TENANT, environment="sandbox")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def made() -> AsyncIterator[Product]:
    """One product for all tests of this file."""
    async with product() as built:
        yield built


@dataclass
class Witness:
    """Does what is wished through GraphQL, and holds the wire against the plan."""

    product: Product
    provider: str
    company: str
    done: set[tuple[str, str]] = field(default_factory=set)

    async def fulfil(self, wish: Wish) -> str:
        """Plan it, commit the token, compare; gives the native id of what resulted."""
        case = f"{self.provider} {wish.verb} {wish.kind}"
        connection, given = f"{self.company}-{self.provider}", as_json(wish.values)
        options = {"connections": [connection], "onLoss": "ACCEPT", "downstream": {"sync": "NONE"}}
        where = {"company": self.company, **({"connection": connection} if wish.verb == "IMPORT" else {})}
        if wish.ids:
            sealed = [IDS.seal(Ref(wish.kind, connection, id)) for id in wish.ids]
            where, given = (
                {},
                {"records": [{"id": id, graphql_name(BY_NAME[wish.kind].one): given} for id in sealed]},
            )
        if wish.id is not None:
            where = {"id": IDS.seal(Ref(wish.kind, connection, wish.id))}
        before = self._log()
        payload = await self.product.done(
            mutation(wish.kind, wish.verb), {**where, "input": given, "options": options}
        )
        planned = alone(payload)
        assert planned["status"] == "PLANNED", (case, planned)
        assert self._log() == before, f"{case}: a plan changes nothing"

        start = len(self._sent())
        again = await self.product.done(COMMIT, {"token": payload["planToken"], "input": given or None})
        ended = alone(again)
        assert ended["status"] == "COMMITTED", (case, ended)
        _compare(case, planned["plan"]["steps"], self._sent()[start:])
        self.done.add((wish.kind, wish.verb))
        return ended["record"]["source"]["nativeId"] if ended["record"] else ""

    def _log(self) -> list[str]:
        return [line for line in self.product.log() if line.split()[1].startswith(f"/{self.provider}/")]

    def _sent(self) -> list[httpx.Request]:
        sent = self.product.tape.changes
        return [request for request in sent if request.url.path.startswith(f"/{self.provider}/")]


def _compare(case: str, steps: list[Mapping[str, Any]], sent: list[httpx.Request]) -> None:
    assert [step["method"] for step in steps] == [request.method for request in sent], case
    for step, request in zip(steps, sent, strict=True):
        assert _fits(step["url"], str(request.url)), (case, step["url"], str(request.url))
        headers = {each["name"]: each["value"] for each in step["headers"]}
        assert headers.items() <= dict(request.headers).items(), case
        if step["body"] is None:
            assert step["bodyBytes"] == len(request.content), case
        else:
            assert _fits(step["body"], request.content.decode()), (case, step["body"], request.content)


def _fits(shown: str, sent: str) -> bool:
    """Whether both are the same, but for ids in holes."""
    parts = [re.escape(part) for part in HOLE.split(shown)]
    return re.fullmatch(r'"?[\w:/.%=-]+"?'.join(parts), sent) is not None


async def follow(
    made: Product, provider: str, company: str, flow: Callable[[Stand], Flow]
) -> set[tuple[str, str]]:
    """Every wish of a flow fulfilled; gives their kinds and verbs."""
    witness = Witness(made, provider, company)
    wishes = flow(await _stand(made, provider, company))
    try:
        wish = await anext(wishes)
        while True:
            wish = await wishes.asend(await witness.fulfil(wish))
    except StopAsyncIteration:
        return witness.done


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def followed(made: Product) -> Mapping[str, set[tuple[str, str]] | BaseException]:
    """By provider: what was done, or what went wrong. All at once, since most of a push is waiting."""
    flows = (follow(made, provider, company, flow) for provider, (company, flow) in FLOWS.items())
    return dict(zip(FLOWS, await asyncio.gather(*flows, return_exceptions=True), strict=True))


@pytest.mark.parametrize("provider", FLOWS)
async def test_the_wire_is_the_plan(
    followed: Mapping[str, set[tuple[str, str]] | BaseException], provider: str
) -> None:
    """At least one write of every kind and verb that the provider's definition has; statements are below."""
    done = followed[provider]
    if isinstance(done, BaseException):
        raise done
    every = {(each.kind, each.verb) for each in PROVIDERS[provider].writes}
    assert every - {("BankTransaction", "IMPORT")} == done


@pytest.mark.parametrize("provider", ["kashoo", "trulysmall"])
async def test_a_statement_goes_by_an_address_of_ours(made: Product, provider: str) -> None:
    """The hole of the plan is an address when it is sent; all else is as shown."""
    assert await follow(made, provider, "grand-tour", statement) == {("BankTransaction", "IMPORT")}


async def _stand(made: Product, provider: str, company: str) -> Stand:
    """The same emulator for what makes values: its own way to it, which the product's tape does not show."""
    emulator = made.sandbox.emulators[provider]
    clock = cast("ManualClock", made.clock)
    line = Line(httpx.ASGITransport(made.sandbox.app), cast("Any", None), clock, lax=True)
    wire = HttpxWire(httpx.AsyncClient(transport=line))
    state = made.running.state
    stack = make_stack(clock=clock, random=Random(1), wire=wire, state=state)
    principal = state.registry.principal("lm_demo_write")
    assert principal is not None
    entry = state.registry.connection(principal, f"{company}-{provider}")
    assert entry is not None
    link = Link(
        tenant=TENANT, environment="sandbox", connection=entry.id, provider=PROVIDERS[provider],
        base_url=entry.base_url, settings=entry.settings, owner=entry.owner,
    )  # fmt: skip
    return Stand(
        PROVIDERS[provider],
        rig(provider),
        clock,
        made.world,
        emulator,
        line,
        state.grants,
        stack,
        {company: link},
    )
