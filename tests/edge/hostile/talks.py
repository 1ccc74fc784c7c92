"""Sockets: frames that are none, messages out of turn, floods, and who never reads. Streams that are held open."""

from __future__ import annotations

import json
from typing import Any

from tests.edge.hostile.calling import (
    COSTLY,
    CURSOR,
    FORBIDDEN,
    INVALID,
    SECONDS,
    UNACCEPTED,
    UNPARSED,
    WRONG,
    Case,
    Door,
    Reply,
    converse,
    frame,
    heard,
    message,
    opened,
    request,
    talk,
    upgrade,
)

PROTOCOL = "graphql-transport-ws"
EVENTS = "subscription { syncUpdated { cursor } }"
CLOSE = frame(b"\x03\xe8", 8)


def begun(id: Any, query: Any, **more: Any) -> bytes:
    """The begin of an operation."""
    return message(type="subscribe", id=id, payload={"query": query, **more})


LAST = begun("last", "{ __typename }")

HANDSHAKES = (
    talk("no subprotocol", [], "4406", hello=upgrade(None)),
    talk("the subprotocol of before", [], "4406", hello=upgrade("graphql-ws")),
    talk("a thousand subprotocols", [], "4406", hello=upgrade(", ".join(f"a{n}" for n in range(1_000)))),
    talk("a page of a stranger", [], "403", hello=upgrade(Origin="https://evil.test")),
    talk("a page without a name", [], "403", hello=upgrade(Origin="null")),
    talk("two origins", [], "400", hello=upgrade(PROTOCOL, b"Origin: https://evil.test", Origin="https://books.example")),
    talk("another host", [], "403", hello=upgrade(Host="evil.test")),
    talk("no key of the handshake", [], "400", hello=upgrade(Sec_WebSocket_Key=None)),
    talk("a key that is none", [], "400", hello=upgrade(Sec_WebSocket_Key="x")),
    talk("a version of nobody", [], "400", hello=upgrade(Sec_WebSocket_Version="99")),
    talk("extensions of nobody", [LAST], "next complete", hello=upgrade(PROTOCOL, b"Sec-WebSocket-Extensions: x; a=b")),
    talk("a flood of headers", [], "431", hello=upgrade(PROTOCOL, *[b"A: b"] * 5_000)),
    talk("another path", [], "403", hello=upgrade().replace(b"/graphql", b"/healthz")),
    talk("a key of nobody in the handshake", [], "4403", hello=upgrade(Authorization="Bearer x")),
)  # fmt: skip

INTRODUCTIONS = (
    talk("a question before hello", [LAST], "4401", known=False),
    talk("hello again", [message(type="connection_init")], "4429"),
    talk("a thousand hellos", [message(type="connection_init")] * 1_000, "4429"),
    talk("hello with a key of nobody", [message(type="connection_init", payload={"Authorization": "Bearer x"})], "4403",
         known=False, hello=upgrade(Authorization=None)),
    talk("hello without a key",
         [message(type="connection_init")], "4403", known=False, hello=upgrade(Authorization=None)),
    talk("hello with a key that is an object", [message(type="connection_init", payload={"Authorization": {"a": 1}})],
         "4400", known=False, hello=upgrade(Authorization=None)),
    talk("hello that is a list", [message(type="connection_init", payload=[1])], "4400", known=False),
    talk("hello of a megabyte",
         [message(type="connection_init", payload={"a": "x" * 900_000}), LAST], "next complete", known=False),
    talk("hello as of another tenant", [message(type="connection_init", payload={
        "Authorization": "Bearer lm_demo_read", "X-Account-Key": "zanzibar"}), begun("last", "{ company { name } }")],
         "next FORBIDDEN complete", known=False, hello=upgrade(Authorization=None)),
)  # fmt: skip

MESSAGES = (
    talk("nothing", [frame(b"")], "4400"),
    talk("no JSON", [frame(b"{")], "4400"),
    talk("null", [frame(b"null")], "4400"),
    talk("a list", [frame(b"[]")], "4400"),
    talk("a number", [frame(b"1e400")], "4400"),
    talk("no type", [frame(b"{}")], "4400"),
    talk("a type of nobody", [message(type="x" * 10_000)], "4400"),
    talk("a type that is a list", [message(type=["subscribe"])], "4400"),
    talk("deep JSON", [frame(b'{"type":"subscribe","id":"1","payload":' + b"[" * 100_000)], "4400"),
    talk("a lone surrogate", [frame(b'{"type":"subscribe","id":"\\ud800","payload":{"query":"{ a }"}}')], "4400"),
    talk("bytes that are no UTF-8", [frame(b'{"type":"\xff"}')], "4400"),
    talk("UTF-16", [frame('{"type":"ping"}'.encode("utf-16"))], "4400"),
    talk("a frame of bytes", [frame(b'{"type":"ping"}', 2)], "4400"),
    talk("a megabyte and more", [frame(b"x" * 1_100_000)], "1009"),
    talk("a megabyte and more in pieces",
         [frame(b"x" * 400_000, final=False), *[frame(b"x" * 400_000, 0, final=False)] * 4], "1009"),
    talk("a hundred thousand empty pieces", [frame(b"", final=False) + frame(b"", 0, final=False) * 100_000], "1008"),
    talk("a piece of nothing before", [frame(b"x", 0)], "1002"),
    talk("a message in a message", [frame(b"x", final=False) + frame(b"y", final=False)], "1002"),
    talk("no mask", [b"\x81\x02{}"], "1002"),
    talk("an opcode of nobody", [frame(b"", 11)], "1002"),
    talk("reserved bits", [b"\xf1\x80\x00\x00\x00\x00"], "1002"),
    talk("a length beyond all", [b"\x81\xff" + b"\xff" * 8 + bytes(4)], "1009"),
    talk("a length of sixteen bits for five", [b"\x81\xfe\x00\x05" + bytes(4) + b"hello"], "4400"),
    talk("a long ping", [frame(b"x" * 200, 9)], "1002"),
    talk("a ping in pieces", [frame(b"x", 9, final=False)], "1002"),
    talk("a close of one byte", [frame(b"\x03", 8)], "1002"),
    talk("a close that is none", [frame(b"\x00\x01", 8)], "1002"),
    talk("HTTP on a socket", [b"GET / HTTP/1.1\r\n\r\n"], "1002"),
    talk("a flood of pings", [frame(b"x" * 125, 9) * 5_000, LAST], "next complete"),
    talk("a flood of the protocol's pings",
         [message(type="ping", payload={"a": "x" * 1_000}) * 3_000, LAST], "pong next complete"),
    talk("a flood of pongs", [message(type="pong") * 5_000, LAST], "next complete"),
    talk("a flood of completes",
         [b"".join(message(type="complete", id=f"{n}") for n in range(5_000)), LAST], "next complete"),
)  # fmt: skip

OPERATIONS = (
    talk("the same id twice", [begun("1", EVENTS), begun("1", EVENTS)], "4409"),
    talk("no id", [message(type="subscribe", payload={"query": "{ a }"})], "4400"),
    talk("an empty id", [begun("", "{ a }")], "4400"),
    talk("an id that is an object", [begun({"a": 1}, "{ a }")], "4400"),
    talk("an id of a hundred thousand", [begun("x" * 100_000, "{ __typename }"), CLOSE], "1000"),
    talk("no query", [message(type="subscribe", id="last", payload={})], "error BAD_USER_INPUT"),
    talk("a query that is a number", [begun("last", 7)], "4400"),
    talk("a broken query", [begun("last", "{")], "error GRAPHQL_PARSE_FAILED"),
    talk("a deep query", [begun("last", "{a" * 5_000)], "error TOO_COSTLY"),
    talk("aliases",
         [begun("last", "{" + "".join(f"a{n}: __typename " for n in range(2_000)) + "}")], "error TOO_COSTLY"),
    talk("variables that are a list", [begun("last", "{ __typename }", variables=[1])], "4400"),
    talk("deep variables", [frame(b'{"type":"subscribe","id":"last","payload":{"query":"{ __typename }","variables":'
                                  b'{"a":' + b"[" * 900 + b"]" * 900 + b"}}}")], "error TOO_COSTLY"),
    talk("a subscription of two fields",
         [begun("last", "subscription { a: syncUpdated { cursor } b: syncUpdated { cursor } }")],
         "error GRAPHQL_VALIDATION_FAILED"),
    talk("a subscription to another tenant's company",
         [begun("last", 'subscription { recordsChanged(company: "zanzibar") { cursor } }')], "error FORBIDDEN"),
    talk("a subscription after a cursor of nobody",
         [begun("last", 'subscription { recordsChanged(after: "x") { cursor } }')], "error CURSOR_MISMATCH"),
    talk("a thousand subscriptions",
         [b"".join(begun(f"{n}", EVENTS) for n in range(1_000)), LAST], "error TOO_MANY_STREAMS next complete"),
    talk("a thousand queries",
         [b"".join(begun(f"{n}", "{ __typename }") for n in range(1_000)), LAST], "next complete"),
    talk("a list of operations", [message(type="subscribe", id="last", payload=[{"query": "{ a }"}])], "4400"),
    talk("a mutation without the right",
         [begun("last", 'mutation { commit(planToken: "x") { mode } }')], "next FORBIDDEN complete"),
    talk("a hash of nobody",
         [begun("last", None, extensions={"persistedQuery": {"version": 1, "sha256Hash": "0" * 64}})],
         "error PERSISTED_QUERY_NOT_FOUND"),
)  # fmt: skip


def _many(door: Door) -> Reply:
    """A key's thirty sockets; what becomes of the last one."""
    held = []
    try:
        for _ in range(30):
            wire, _ = opened(door, upgrade())
            wire.sendall(message(type="connection_init"))
            held.append(wire)
        return converse(door, [])
    finally:
        for wire in held:
            wire.close()


def _never_reading(door: Door) -> Reply:
    """Large answers on a socket that nobody reads."""
    text = "{ __schema { types { name description fields { name description } } } }"
    with door.connected(receive_bytes=1_024) as wire:
        wire.sendall(upgrade() + message(type="connection_init"))
        wire.settimeout(2.0)
        try:
            for number in range(40):
                wire.sendall(begun(f"{number}", text))
        except OSError:
            pass
        wire.settimeout(SECONDS)
        return Reply(wire.recv(12).decode()[9:12])


def streamed(name: str, query: str, says: str, **headers: str) -> Case:
    """The first event of a stream, whose reader then goes."""
    body = json.dumps({"query": query}).encode()
    return Case(
        name, lambda door: door.exchange(request(body, **({"Accept": "text/event-stream"} | headers))), says
    )


def _streams(door: Door) -> Reply:
    """A key's thirty streams; what becomes of one more."""
    held = []
    sent = request(json.dumps({"query": EVENTS}).encode(), Accept="text/event-stream")
    try:
        for _ in range(30):
            wire = door.connected()
            wire.sendall(sent)
            wire.recv(12)
            held.append(wire)
        with door.connected() as wire:
            wire.sendall(sent)
            return heard(wire)
    finally:
        for wire in held:
            wire.close()


STREAMS = (
    Case("thirty sockets of one key", _many, "1013"),
    Case("a socket that nobody reads", _never_reading, "101"),
    Case("thirty streams of one key", _streams, "429 TOO_MANY_STREAMS"),
    streamed("events of a broken query", "{", UNPARSED),
    streamed("events of a deep query", "{a" * 5_000, COSTLY),
    streamed("events of two fields", "subscription { a: syncUpdated { cursor } b: syncUpdated { cursor } }", INVALID),
    streamed("events of a cursor of nobody", 'subscription { recordsChanged(after: "x") { cursor } }', CURSOR),
    streamed("events of a company of another tenant",
             'subscription { recordsChanged(company: "zanzibar") { cursor } }', FORBIDDEN),
    streamed("events of a sync of nobody", 'subscription { syncUpdated(id: "x") { cursor } }', "200 NOT_FOUND"),
    streamed("parts of a large subscription", "subscription { " + "a { " * 200_000, COSTLY, Accept="multipart/mixed"),
    streamed("parts of a broken query", "{", UNPARSED, Accept="multipart/mixed"),
    streamed("parts of a subscription", EVENTS, WRONG, Accept="multipart/mixed;deferSpec=20220824"),
    streamed("parts in a format of nobody", "{ __typename }", UNACCEPTED, Accept="multipart/mixed;deferSpec=99999999"),
    streamed("parts of a hundred deferred",
             "{ viewer {" + "... @defer { id } " * 100 + "} }", COSTLY, Accept="multipart/mixed"),
)  # fmt: skip

SLOW_CASES = (talk("no hello", [], "4408", known=False),)
CASES = (*HANDSHAKES, *INTRODUCTIONS, *MESSAGES, *OPERATIONS, *STREAMS)
