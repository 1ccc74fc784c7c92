"""A gateway that is told to stop, or killed, under those who listen: real processes on loopback."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from ledgermesh.clock import SystemClock
from ledgermesh.sandbox.app import make_sandbox
from ledgermesh.sandbox.world import make_world
from ledgermesh.server import GRACE_SECONDS
from tests.bench.processes import wait
from tests.edge.sockets import SECONDS, Client
from tests.ports import free_ports
from tests.replicas.topology import Replica

pytestmark = pytest.mark.timeout(240)  # processes start, also on a busy machine
KEYS = 10
EACH = 10
"""Streams and sockets of one key."""
ANSWERS = 5
COMPANY = "alpine-studio"
QUERY = """{ company(key: "alpine-studio") {
  parties(first: 1, from: ["smallinvoice"]) { nodes { id } sources { status } } } }"""
STANDING = "subscription { connectionChanged(includeCurrent: true) { id state } }"
RECORDS = "subscription ($after: String) { recordsChanged(after: $after) { records { nativeId } cursor } }"
SYNCS = "subscription ($after: String) { syncUpdated(after: $after) { sync { id status } cursor } }"
PUSH = """mutation ($name: String!) { createParty(
  company: "alpine-studio"
  input: {
    displayName: $name, roles: [CUSTOMER], isIndividual: false
    address: { lines: ["Seeweg 4"], postalCode: "8001", city: "Zürich", country: "CH" }
  }
  options: { connections: ["smallinvoice"], sync: PUSH }
) { syncId sources { status error { code message path } } } }"""


def config(sandbox: str) -> tuple[str, Mapping[str, str]]:
    """A company with one connection that is asked and written to, and one that notifies us; and the secrets of both."""
    world = make_world(today=SystemClock().now().date())
    emulators = make_sandbox(world, SystemClock()).emulators
    environ, parts = {}, [TENANT]
    for number in range(KEYS + 1):
        scopes = ["api.read", "api.write", "admin"] if number == KEYS else ["api.read"]
        parts.append(KEY.format(number=number, scopes=json.dumps(scopes)))
        environ[f"KEY_{number}"] = f"lm_restart_{number}"
    for provider in ("smallinvoice", "bossinsights"):
        access = emulators[provider].access(world.books[COMPANY, provider])
        names = {name: f"{provider}_{name}".upper() for name in access.secrets}
        environ |= {names[name]: value for name, value in access.secrets.items()}
        parts.append(
            CONNECTION.format(
                provider=provider, url=f"{sandbox}/{provider}{access.base_path}", scheme=access.scheme,
                settings=_table(access.settings), secrets=_table(names),
            )
        )  # fmt: skip
    return "\n".join(parts), environ


def _table(values: Mapping[str, str]) -> str:
    return "{ " + ", ".join(f"{name} = {json.dumps(value)}" for name, value in values.items()) + " }"


TENANT = f"""
[[tenants]]
id = "acme"
name = "Acme"
writes = true
[[companies]]
key = "{COMPANY}"
name = "Studio"
environment = "sandbox"
tenants = ["acme"]
owner = "acme"
"""
KEY = """
[[keys]]
id = "key-{number}"
tenant = "acme"
environment = "sandbox"
scopes = {scopes}
from_env = "KEY_{number}"
"""
CONNECTION = """
[[connections]]
id = "{provider}"
company = "alpine-studio"
provider = "{provider}"
environment = "sandbox"
base_url = "{url}"
scheme = "{scheme}"
settings = {settings}
secrets_from_env = {secrets}
"""


@dataclass
class House:
    """A gateway in a process, and the emulators that it asks in another."""

    replica: Replica
    sandbox: str

    def key(self, number: int = KEYS) -> str:
        return f"Bearer lm_restart_{number}"

    async def ask(self, http: httpx.AsyncClient, query: str, **variables: Any) -> Any:
        """Data, in the name of the one who may do everything."""
        body = {"query": query, "variables": variables}
        answer = await http.post(
            f"{self.replica.url}/graphql", json=body, headers={"Authorization": self.key()}
        )
        assert "errors" not in answer.json(), answer.text
        return answer.json()["data"]

    @asynccontextmanager
    async def socket(self, number: int = KEYS) -> AsyncIterator[Client]:
        """A socket of a key."""
        address = f"{self.replica.url.replace('http', 'ws')}/graphql"
        protocol = Subprotocol("graphql-transport-ws")
        async with connect(address, subprotocols=[protocol], ping_interval=None, proxy=None) as wire:
            client = Client(wire)
            await client.begin(Authorization=self.key(number))
            yield client


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Both, once for all tests of this file."""
    folder, (port, sandbox_port) = tmp_path_factory.mktemp("restart"), free_ports(2)
    sandbox = f"http://127.0.0.1:{sandbox_port}"
    text, environ = config(sandbox)
    path = folder / "ledgermesh.toml"
    path.write_text(text, encoding="utf-8")
    shared = {
        "LEDGERMESH_SEALING__SECRETS": json.dumps(["a secret of the restarts on loopback"]),
        "LEDGERMESH_STATE__URL": f"file:{folder}/state",
        "LEDGERMESH_SERVER__PUBLIC_URL": f"http://127.0.0.1:{port}",
    }
    with ExitStack() as held:
        held.enter_context(_sandbox(sandbox_port))
        wait(f"{sandbox}/_control")
        replica = Replica(port, {**shared, **environ}, path, folder / "gateway.log")
        held.callback(replica.stop)
        replica.start()
        replica.wait()
        yield House(replica, sandbox)


@contextmanager
def _sandbox(port: int) -> Iterator[None]:
    command = (sys.executable, "-m", "ledgermesh", "sandbox", "--port", str(port))
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        running.terminate()
        running.wait(timeout=SECONDS)


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    """A caller with room for all streams."""
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(timeout=60, limits=limits, trust_env=False) as client:
        yield client


async def test_nothing_is_lost_over_a_kill(house: House, http: httpx.AsyncClient) -> None:
    """What happened while nobody listened, before the process was killed and after the next one began, is told to who
    comes again with the cursor of what they heard last; connections are told as they stand.
    """
    hook = (await house.ask(http, '{ company(key: "alpine-studio") { connections { id hookUrl } } }'))[
        "company"
    ]
    url = next(each["hookUrl"] for each in hook["connections"] if each["id"] == "bossinsights")
    async with house.socket() as client:
        await client.subscribe("r", RECORDS)
        await client.subscribe("s", SYNCS)
        await client.say(type="ping")
        await client.heard()
        await _notify(http, url, 1)
        heard = await _until(client, "r", lambda each: _records(each) == ["1"])
        seen = heard["recordsChanged"]["cursor"]
        first = (await house.ask(http, PUSH, name="First Ltd."))["createParty"]["syncId"]
        done = await _until(
            client, "s", lambda each: each["syncUpdated"]["sync"] == {"id": first, "status": "COMMITTED"}
        )
    await _notify(http, url, 2)
    second = (await house.ask(http, PUSH, name="Second Ltd."))["createParty"]["syncId"]
    await house.ask(http, 'mutation { pauseConnection(connection: "bossinsights") { id } }')

    house.replica.kill()
    house.replica.start()
    await asyncio.to_thread(house.replica.wait)
    await _notify(http, url, 3)

    async with house.socket() as client:
        await client.subscribe("r", RECORDS, variables={"after": seen})
        missed = [await _until(client, "r", lambda each: True) for _ in range(2)]
        assert [_records(each) for each in missed] == [["2"], ["3"]]
        await client.subscribe("s", SYNCS, variables={"after": done["syncUpdated"]["cursor"]})
        await _until(client, "s", lambda each: each["syncUpdated"]["sync"]["id"] == second)
        await client.subscribe("c", STANDING)
        stood = {"id": "bossinsights", "state": "PAUSED"}
        await _until(client, "c", lambda each: each["connectionChanged"] == stood)


async def _notify(http: httpx.AsyncClient, url: str, number: int) -> None:
    notice = {"type": "data.updated", "object": "invoices", "ids": [number], "account_key": None}
    assert (await http.post(url, json=notice)).status_code == 202


def _records(data: Any) -> list[str]:
    return sorted({each["nativeId"].rpartition(":")[2] for each in data["recordsChanged"]["records"]})


async def _until(client: Client, id: str, found: Any) -> Any:
    """The data of the first event of an operation that is so."""
    while True:
        message = await client.heard()
        assert message["type"] in ("next", "pong"), message
        if message.get("id") == id and found(message["payload"]["data"]):
            return message["payload"]["data"]


async def test_a_revoked_key_hears_no_more(house: House, http: httpx.AsyncClient) -> None:
    """A subscription on a socket ends with the reason within a second, and then the socket."""
    made = await house.ask(
        http, 'mutation { createApiKey(name: "short", scopes: [READ]) { key apiKey { id } } }'
    )
    key = made["createApiKey"]
    address = f"{house.replica.url.replace('http', 'ws')}/graphql"
    async with connect(address, subprotocols=[Subprotocol("graphql-transport-ws")], proxy=None) as wire:
        client = Client(wire)
        await client.begin(Authorization=f"Bearer {key['key']}")
        await client.subscribe("r", RECORDS)
        await client.say(type="ping")
        await client.heard()
        await house.ask(http, "mutation ($id: ID!) { revokeApiKey(key: $id) { id } }", id=key["apiKey"]["id"])
        last = await client.heard()
        errors = last["payload"] if last["type"] == "error" else last["payload"]["errors"]
        assert errors[0]["extensions"]["code"] == "UNAUTHENTICATED"
        if last["type"] == "next":
            assert (await client.heard())["type"] == "complete"
        assert (await client.closed())[0] == 4403


async def test_it_ends_well_under_two_hundred_listeners(house: House, http: httpx.AsyncClient) -> None:
    """Every answer in flight is finished, every stream and every socket ends with a word that has clients come again,
    and the process ends by itself, in time and without an alarm.
    """
    async with AsyncExitStack() as held:
        numbers = [number for number in range(KEYS) for _ in range(EACH)]
        sockets = [await held.enter_async_context(house.socket(number)) for number in numbers]
        for client in sockets:
            await client.subscribe("s", STANDING)
        for client in sockets:
            assert [(await client.heard())["id"] for _ in range(2)] == ["s", "s"]
        streams = [Stream(house, STANDING, number) for number in numbers]
        telling = [asyncio.create_task(stream.listen(http)) for stream in streams]
        for stream in streams:
            await asyncio.wait_for(stream.begun.wait(), SECONDS)
        slow = {"provider": "smallinvoice", "kind": "latency", "seconds": 2}
        assert (await http.post(f"{house.sandbox}/_control/faults", json=slow)).status_code == 201
        asked = [asyncio.create_task(_answer(http, house, number)) for number in range(ANSWERS)]
        streamed = asyncio.create_task(Stream(house, QUERY, KEYS).listen(http))
        for client in sockets[:ANSWERS]:
            await client.subscribe("q", QUERY)
        while not (await http.get(f"{house.sandbox}/_control/faults")).json()["faults"][0]["met"]:
            await asyncio.sleep(0.01)
        for _ in range(2):
            for client in sockets[:ANSWERS]:
                await client.say(type="ping")
                assert (await client.heard())["type"] == "pong"

        assert house.replica.process is not None
        house.replica.process.send_signal(signal.SIGTERM)
        ended = asyncio.create_task(asyncio.to_thread(house.replica.process.wait, GRACE_SECONDS + 2))

        for answer in await asyncio.gather(*asked):
            assert answer["data"]["company"]["parties"]["nodes"], answer
        await _closed(sockets)
        for body in await asyncio.gather(*telling):
            _ended(body)
        assert '"nodes":[{' in await streamed
        assert await ended == 0
    log = house.replica.log.read_text(encoding="utf-8")
    assert "Traceback" not in log and "lm_restart" not in log and "Cancel" not in log


async def _closed(sockets: Sequence[Client]) -> None:
    """The first of them get their answers, and then all are closed in a way on which clients connect again."""
    for client in sockets[:ANSWERS]:
        message, last = await client.heard(), await client.heard()
        assert message["payload"]["data"]["company"]["parties"]["nodes"], message
        assert last == {"id": "q", "type": "complete"}
    for client in sockets:
        assert await client.closed() == (1012, "RESTARTING")


def _ended(body: str) -> None:
    """The last that a stream tells is that the caller should come again."""
    *_, last, end = body.strip().split("\n\n")
    [error] = json.loads(last.partition("data: ")[2])["errors"]
    assert (error["extensions"]["code"], end) == ("RESTARTING", "event: complete\ndata:")


@dataclass
class Stream:
    """Somebody who listens over server-sent events."""

    house: House
    query: str
    number: int
    begun: asyncio.Event = field(default_factory=asyncio.Event)

    async def listen(self, http: httpx.AsyncClient) -> str:
        """All that is told until the end."""
        headers = {"Authorization": self.house.key(self.number), "Accept": "text/event-stream"}
        url, found = f"{self.house.replica.url}/graphql", ""
        async with http.stream("POST", url, json={"query": self.query}, headers=headers) as answer:
            assert answer.status_code == 200
            async for text in answer.aiter_text():
                found += text
                if "event: next" in found:
                    self.begun.set()
        return found


async def _answer(http: httpx.AsyncClient, house: House, number: int) -> Any:
    headers = {"Authorization": house.key(number)}
    return (await http.post(f"{house.replica.url}/graphql", json={"query": QUERY}, headers=headers)).json()
