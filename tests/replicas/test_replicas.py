"""Three gateways over one Valkey, as processes: one refresh for all, and nothing lost when they are killed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from ledgermesh.clock import SystemClock
from ledgermesh.sandbox.smallinvoice import make as make_smallinvoice
from ledgermesh.sandbox.world import make_world
from ledgermesh.settings import to_key
from ledgermesh.state.base import Grant
from ledgermesh.state.opening import open_store
from ledgermesh.state.shared import make_state
from tests.providers.smallinvoice.rig import SCOPES
from tests.replicas.topology import SEALING, Topology, running

KEY = "lm_replicas"
pytestmark = pytest.mark.timeout(300)  # five processes start and three of them again, also on a busy machine
CALLERS = 200
TOKENS = "/auth/access-tokens"
CONFIG = """
[[tenants]]
id = "acme"
name = "Acme"
[[keys]]
id = "acme"
tenant = "acme"
environment = "sandbox"
scopes = ["api.read", "admin"]
from_env = "ACME_KEY"
requests_per_second = 10000.0
[limits]
burst = 10000
[[companies]]
key = "studio"
name = "Studio"
environment = "sandbox"
tenants = ["acme"]
owner = "acme"
[[connections]]
id = "studio-books"
company = "studio"
provider = "smallinvoice"
environment = "sandbox"
base_url = "{sandbox}/smallinvoice/v2"
scheme = "oauth2"
secrets_from_env = { client_id = "SI_ID", client_secret = "SI_SECRET", refresh_token = "SI_REFRESH" }
"""
QUERY = '{ company(key: "studio") { contacts: parties(first: 1) { nodes { id } sources { status error { code } } } } }'


def prepared(sandbox: str) -> tuple[str, Mapping[str, str]]:
    """A connection with a refresh token that works once and no access token: as one whose token has expired."""
    clock = SystemClock()
    world = make_world(today=clock.now().date())
    keys = make_smallinvoice(world, clock).credentials(world.books["alpine-studio", "smallinvoice"])
    client = {"client_id": keys["ac_client_id"], "client_secret": keys["ac_client_secret"]}
    with httpx.Client(base_url=f"{sandbox}/smallinvoice/v2") as browser:
        asked = {
            "response_type": "code", "client_id": client["client_id"], "redirect_uri": keys["redirect_uri"],
            "scope": SCOPES, "state": "s",
        }  # fmt: skip
        landed = browser.get("/auth/authorize", params=asked)
        code = parse_qs(urlsplit(landed.headers["location"]).query)["code"][0]
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": keys["redirect_uri"]}
        pair = browser.post(TOKENS, json=form | client).json()
    environ = {"ACME_KEY": KEY, "SI_ID": client["client_id"], "SI_SECRET": client["client_secret"]}
    return CONFIG.replace("{sandbox}", sandbox), {**environ, "SI_REFRESH": pair["refresh_token"]}


@pytest.fixture(scope="module")
def topology(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Topology]:
    """Three replicas; starting them takes most of the time of these tests."""
    with running(tmp_path_factory.mktemp("replicas"), prepared, replicas=3) as made:
        yield made


async def ask(http: httpx.AsyncClient, url: str, query: str = QUERY) -> Any:
    answer = await http.post(
        f"{url}/graphql", json={"query": query}, headers={"Authorization": f"Bearer {KEY}"}
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


def verdicts(answer: Any) -> list[str]:
    return [source["status"] for source in answer["data"]["company"]["contacts"]["sources"]]


async def refreshes(http: httpx.AsyncClient, topology: Topology) -> int:
    """Requests for a token that the provider has seen."""
    log = (await http.get(f"{topology.sandbox}/_control/log")).json()["requests"]
    return sum(1 for each in log if each["path"].endswith(TOKENS))


async def kept(topology: Topology) -> Grant:
    """The grant as it lies in Valkey, read with nothing but the operator's secret."""
    clock = SystemClock()
    store = await open_store(f"valkey://127.0.0.1:{topology.valkey.port}?timeout=20", clock)
    found = await make_state(store, (to_key(SEALING),), clock).grants.find("acme", "sandbox", "studio-books")
    await store.close()
    assert found is not None
    return found


async def test_one_refresh_serves_two_hundred_callers_and_outlives_all_replicas(topology: Topology) -> None:
    """The provider is asked for a token once; after every replica was killed the new token still works."""
    async with httpx.AsyncClient(timeout=60.0, limits=httpx.Limits(max_connections=CALLERS)) as http:
        before = await refreshes(http, topology)
        asking = [
            ask(http, topology.replicas[number % len(topology.replicas)].url) for number in range(CALLERS)
        ]
        answers = await asyncio.gather(*asking)
        assert [verdicts(answer) for answer in answers] == [["OK"]] * CALLERS
        assert await refreshes(http, topology) == before + 1

        rotated = await kept(topology)
        for replica in topology.replicas:
            replica.kill()
        for replica in topology.replicas:
            replica.start()
        for replica in topology.replicas:
            await asyncio.to_thread(replica.wait)
        again = await asyncio.gather(*(ask(http, replica.url) for replica in topology.replicas))
        assert [verdicts(answer) for answer in again] == [["OK"]] * len(topology.replicas)
        assert await refreshes(http, topology) == before + 1
        assert (await kept(topology)).secrets == rotated.secrets


async def test_a_restart_of_valkey_loses_no_key_and_no_grant(topology: Topology) -> None:
    """A key that was made before it opens afterwards, on another replica, and the connection still answers."""
    create = 'mutation { createApiKey(name: "later", scopes: [READ]) { key } }'
    async with httpx.AsyncClient(timeout=60.0) as http:
        made = await ask(http, topology.replicas[0].url, create)
        topology.valkey.stop()
        topology.valkey.start()
        await asyncio.to_thread(topology.replicas[1].wait)
        answer = await http.post(
            f"{topology.replicas[1].url}/graphql",
            json={"query": QUERY},
            headers={"Authorization": f"Bearer {made['data']['createApiKey']['key']}"},
        )

    assert answer.status_code == 200, answer.text
    assert verdicts(answer.json()) == ["OK"]


async def test_no_secret_stands_in_valkey_or_in_a_log(topology: Topology) -> None:
    """Neither on its disk nor in what the gateways wrote: tokens, keys, and what the books say."""
    grant = await kept(topology)
    secrets = [secret.reveal() for secret in grant.secrets.values()] + [KEY, SEALING]
    async with httpx.AsyncClient(timeout=60.0) as http:
        shown = await ask(http, topology.balancer, QUERY.replace("nodes { id }", "nodes { displayName }"))
    [party] = shown["data"]["company"]["contacts"]["nodes"]
    written = topology.logs() + json.dumps(_disk(topology.folder / "valkey"))

    assert [secret for secret in [*secrets, party["displayName"]] if secret in written] == []


def _disk(folder: Path) -> list[str]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert any("aof" in path.name for path in files)
    return [path.read_bytes().decode("latin-1") for path in files]
