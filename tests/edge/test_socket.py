"""GraphQL over WebSocket: what the protocol says, and what it forbids."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from ledgermesh.edge.documents import Documents, Trusted
from ledgermesh.errors import SlowDown
from tests.edge.desk import KEY
from tests.edge.sockets import BYTES_MAX, Served, served

EVENTS = "subscription { events }"


@pytest.fixture
async def gateway() -> AsyncIterator[Served]:
    """A gateway that nobody asked yet."""
    async with served() as made:
        yield made


async def test_queries_and_mutations(gateway: Served) -> None:
    """Each is answered by `next` and `complete` under its own id, with its variables; the id is free again then."""
    async with gateway.caller() as client:
        asked = await client.ask(
            "1", "query Q($t: String!) { word(text: $t) }", variables={"t": "Büro"}, operationName="Q"
        )
        written = await client.ask("1", "mutation { write }")

    assert asked == [
        {"id": "1", "type": "next", "payload": {"data": {"word": "Büro"}}},
        {"id": "1", "type": "complete"},
    ]
    assert written[0]["payload"] == {"data": {"write": "written"}}
    assert gateway.source.questions[0].operation == "Q"


async def test_operations_run_at_the_same_time(gateway: Served) -> None:
    """An answer that takes its time holds nobody up."""
    async with gateway.caller() as client:
        await client.subscribe("slow", "{ held }")
        assert (await client.ask("fast", "{ word }"))[-1]["type"] == "complete"
        gateway.source.released.set()
        assert (await client.heard())["id"] == "slow"


async def test_subscriptions(gateway: Served) -> None:
    """Events are `next` as they come; the source's end is `complete`."""
    async with gateway.caller() as client:
        await client.subscribe("s", EVENTS)
        gateway.source.tell({"data": {"events": 1}}, {"data": {"events": 2}, "errors": [{"message": "x"}]})
        assert [(await client.heard())["payload"] for _ in range(2)] == [
            {"data": {"events": 1}},
            {"data": {"events": 2}, "errors": [{"message": "x"}]},
        ]
        gateway.source.tell(None)
        assert await client.heard() == {"id": "s", "type": "complete"}


async def test_parts_of_an_answer(gateway: Served) -> None:
    """What is deferred comes as further `next`; parts have no `data`, and are no refusals for that."""
    first = {"data": {"a": 1}, "pending": [{"id": "0", "path": []}], "hasNext": True}
    rest = {"incremental": [{"id": "0", "data": {"b": 2}}], "completed": [{"id": "0"}], "hasNext": False}
    late = {"completed": [{"id": "0", "errors": [{"message": "x"}]}], "errors": [], "hasNext": False}
    async with gateway.caller() as client:
        await client.subscribe("d", EVENTS)
        gateway.source.tell(first, rest, late, None)
        assert [(await client.heard())["payload"] for _ in range(3)] == [first, rest, late]
        assert (await client.heard())["type"] == "complete"
    assert gateway.source.questions[0].in_parts


async def test_who_listens_no_more_says_so(gateway: Served) -> None:
    """`complete` from the client ends the source at once; nothing is said of it any more, and its id is free."""
    async with gateway.caller() as client:
        await client.subscribe("s", EVENTS)
        await gateway.until(lambda: gateway.source.begun)
        await client.say(id="s", type="complete")
        await gateway.until(lambda: gateway.source.ended)
        await client.say(id="never", type="complete")
        gateway.source.tell({"data": {"events": 2}})
        await client.subscribe("s", EVENTS)
        assert (await client.heard())["payload"] == {"data": {"events": 2}}


async def test_errors_of_the_request(gateway: Served) -> None:
    """`error`, and no `complete` behind it; the socket goes on."""
    async with gateway.caller() as client:
        for query, code in (("{ nothing }", "GRAPHQL_VALIDATION_FAILED"), ("{", "GRAPHQL_PARSE_FAILED")):
            [error] = await client.ask("1", query)
            assert (error["type"], error["payload"][0]["extensions"]["code"]) == ("error", code)
        assert (await client.ask("1", "{ word }"))[0]["type"] == "next"


async def test_errors_of_fields(gateway: Served) -> None:
    """`next` with what there is and the typed error, then `complete`."""
    async with gateway.caller() as client:
        answer, last = await client.ask("1", "{ word slow }")
    assert answer["payload"]["data"] == {"word": "hello", "slow": None}
    assert answer["payload"]["errors"][0]["extensions"]["code"] == "RATE_LIMITED"
    assert last["type"] == "complete"


@pytest.mark.parametrize(
    ("error", "code"), [(LookupError("a secret"), "INTERNAL"), (SlowDown("spent"), "RATE_LIMITED")]
)
async def test_a_source_that_breaks(gateway: Served, error: Exception, code: str) -> None:
    """Is an `error` with a code, masked where nobody expected it; nothing else on the socket ends."""
    async with gateway.caller() as client:
        await client.subscribe("s", EVENTS)
        gateway.source.tell(error)
        message = await client.heard()
        assert (message["type"], message["payload"][0]["extensions"]["code"]) == ("error", code)
        assert "secret" not in json.dumps(message)
        assert (await client.ask("s", "{ word }"))[-1]["type"] == "complete"


async def test_numbers_and_what_cannot_be_written(gateway: Served) -> None:
    """A decimal has all its digits; a value that is no JSON is masked."""
    async with gateway.caller() as client:
        await client.subscribe("1", "{ amount }")
        assert '"total":12345678901234567.10' in str(await client.wire.recv())
        await client.heard()
        masked, _ = await client.ask("2", "{ unwritable }")
    assert masked["payload"]["errors"][0]["extensions"]["code"] == "INTERNAL"


async def test_hashes(gateway: Served) -> None:
    """An unknown hash is refused with the code that clients know, a text teaches it, and then it is enough."""
    text = "{ word }"
    extensions = {"persistedQuery": {"version": 1, "sha256Hash": hashlib.sha256(text.encode()).hexdigest()}}
    async with gateway.caller() as client:
        [unknown] = await client.ask("1", extensions=extensions)
        taught = await client.ask("2", text, extensions=extensions)
        known = await client.ask("3", extensions=extensions)
    assert unknown["payload"][0]["message"] == "PersistedQueryNotFound"
    assert taught[0]["payload"] == known[0]["payload"] == {"data": {"word": "hello"}}


async def test_trusted_documents() -> None:
    """Where nothing else runs, nothing else runs here."""
    trusted = Documents(Trusted({"hello": "{ word }"}, only=True))
    async with served(documents=trusted) as gateway, gateway.caller() as client:
        assert (await client.ask("1", documentId="hello"))[0]["payload"] == {"data": {"word": "hello"}}
        [refused] = await client.ask("2", "{ must }")
    assert refused["payload"][0]["extensions"]["code"] == "DOCUMENT_NOT_TRUSTED"


async def test_pings(gateway: Served) -> None:
    """A ping is answered with what it brought, also before anybody introduced themselves."""
    async with gateway.client() as client:
        await client.say(type="ping")
        assert await client.heard() == {"type": "pong"}
        await client.begin()
        await client.say(type="ping", payload={"n": 1})
        await client.say(type="pong", payload={})
        assert await client.heard() == {"type": "pong", "payload": {"n": 1}}


async def test_without_introduction(gateway: Served) -> None:
    """Whoever asks before they are let in is closed with 4401; nothing was asked."""
    async with gateway.client() as client:
        await client.subscribe("1", "{ word }")
        assert await client.closed() == (4401, "Unauthorized")
    assert gateway.source.questions == []


async def test_introduced_twice(gateway: Served) -> None:
    """Is 4429, and ends what runs."""
    async with gateway.caller() as client:
        await client.subscribe("s", EVENTS)
        await gateway.until(lambda: gateway.source.begun)
        await client.say(type="connection_init", payload={"Authorization": f"Bearer {KEY}"})
        assert await client.closed() == (4429, "Too many initialisation requests")
        await gateway.until(lambda: gateway.source.ended)


async def test_who_never_says_who_they_are(gateway: Served) -> None:
    """Is closed with 4408 after ten seconds, also when they talk of other things; who did is not."""
    async with gateway.client() as client, gateway.caller() as known:
        await gateway.clock.turn(5)
        await client.say(type="ping")
        assert (await client.heard())["type"] == "pong"
        await gateway.clock.turn(5)
        assert await client.closed() == (4408, "Connection initialisation timeout")
        assert (await known.ask("1", "{ word }"))[-1]["type"] == "complete"


async def test_one_id_twice(gateway: Served) -> None:
    """While it is in use, 4409."""
    async with gateway.caller() as client:
        await client.subscribe("s", EVENTS)
        await client.subscribe("s", "{ word }")
        assert await client.closed() == (4409, "Subscriber for s already exists")


@pytest.mark.parametrize("protocols", [(), ("graphql-ws",), ("soap", "graphql-ws")])
async def test_other_subprotocols(gateway: Served, protocols: tuple[str, ...]) -> None:
    """The older one is off: 4406, before a word is said."""
    async with gateway.client(protocols=protocols) as client:
        assert client.wire.subprotocol is None
        assert await client.closed() == (4406, "Subprotocol not acceptable")


async def test_ours_among_others(gateway: Served) -> None:
    """It is taken wherever it stands."""
    async with gateway.client(protocols=("graphql-ws", "graphql-transport-ws")) as client:
        assert client.wire.subprotocol == "graphql-transport-ws"
        await client.begin()


def subscribing(payload: Any, id: Any = "1") -> str:
    return json.dumps({"type": "subscribe", "id": id, "payload": payload})


MALFORMED: list[str | bytes] = [
    "", " ", "{", "null", "1", '"text"', "[]", "[{}]", "{}", '{"type": null}', '{"type": 1}', '{"type": "start"}',
    '{"type": "next", "id": "1", "payload": {}}', '{"type": "connection_ack"}', '{"type": "connection_terminate"}',
    '{"type": "ping", "payload": 1}', '{"type": "pong", "payload": []}', '{"type": "connection_init", "payload": "x"}',
    '{"type": "subscribe"}', '{"type": "subscribe", "id": "1"}', '{"type": "subscribe", "payload": {"query": "{a}"}}',
    '{"type": "complete"}', '{"type": "complete", "id": 1}', '{"type": "complete", "id": ""}',
    '{"type": "subscribe", "id": "1", "payload": NaN}', '{"type": "ping"} {"type": "ping"}', '{"type": "ping"',
    subscribing([]), subscribing("{ word }"), subscribing({"query": 1}), subscribing({"query": ["{ word }"]}),
    subscribing({"query": "{ word }", "variables": []}), subscribing({"query": "{ word }", "variables": "{}"}),
    subscribing({"query": "{ word }", "operationName": 1}), subscribing({"query": "{ word }", "extensions": 1}),
    subscribing({"documentId": 7}), subscribing({"query": "{ word }"}, ""), subscribing({"query": "{ word }"}, 5),
    subscribing({"query": "{ word }"}, "x" * 129), subscribing({"query": "{ word }"}, None),
    '{"type": "ping", "payload": ' + '{"a":' * 5_000 + "1" + "}" * 5_000 + "}", "[" * 90_000,
    '{"type": "ping", "payload": {"a": "\\ud800"}}',
    b"", b'{"type": "ping"}', b"\x00\xff",
]  # fmt: skip
"""What no client that knows the protocol says."""


async def test_what_is_no_message(gateway: Served) -> None:
    """Is 4400 with a short reason that repeats nothing; the gateway goes on."""
    found = []
    for message in MALFORMED:
        async with gateway.caller() as client:
            await client.wire.send(message)
            code, reason = await client.closed()
        if code != 4400 or not 0 < len(reason) < 80 or "word" in reason or "Trace" in reason:
            found.append((message[:80], code, reason))
    async with gateway.caller() as another:
        assert (await another.ask("1", "{ word }"))[-1]["type"] == "complete"

    assert found == []


SILENT: list[dict[str, Any]] = [
    {}, {"query": ""}, {"query": " \n"}, {"query": None, "variables": None}, {"query": "{ word }", "documentId": "x"},
    {"extensions": {"persistedQuery": 1}}, {"query": "{ word }", "extensions": {"persistedQuery": {"version": 9}}},
]  # fmt: skip


async def test_an_operation_that_says_nothing(gateway: Served) -> None:
    """A well-formed message about no document is the operation's own mistake."""
    async with gateway.caller() as client:
        for payload in SILENT:
            [error] = await client.ask("1", **payload)
            assert (error["type"], error["payload"][0]["extensions"]["code"]) == ("error", "BAD_USER_INPUT")
        assert (await client.ask("1", "{ word }"))[-1]["type"] == "complete"


async def test_a_message_that_is_too_large(gateway: Served) -> None:
    """Is 1009, whether the server cuts it or it is measured here; nothing of it was parsed."""
    for size in (BYTES_MAX + 1, 3 * BYTES_MAX):
        async with gateway.caller() as client:
            await client.wire.send("[" * size)
            code, _ = await client.closed()
        assert code == 1009


async def test_bytes_count_not_letters(gateway: Served) -> None:
    """A message of fewer letters than bytes is measured in bytes."""
    async with gateway.caller() as client:
        await client.wire.send("ü" * (BYTES_MAX // 2 + 1))
        code, _ = await client.closed()
    assert code == 1009


async def test_many_messages_at_once_let_others_in_between(gateway: Served) -> None:
    """A flood of small ones is answered in order, and an operation of somebody else is answered meanwhile."""
    async with gateway.caller() as flood, gateway.caller() as other:
        sending = asyncio.gather(*(flood.say(type="ping", payload={"n": n}) for n in range(3_000)))
        assert (await other.ask("1", "{ word }"))[-1]["type"] == "complete"
        assert [(await flood.heard())["payload"]["n"] for _ in range(3_000)] == list(range(3_000))
        await sending
