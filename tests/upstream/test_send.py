"""One attempt on the wire."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from ledgermesh.errors import Absent, Garbled, LedgermeshError, Refused, TooLate, UpstreamError
from ledgermesh.state.base import Secret
from ledgermesh.upstream.send import WIRE_ERRORS, Send, make_request
from ledgermesh.upstream.wire import Answer, Request, WireError

from .conftest import ACME, START, Gate, World, raw, say


class Broken:
    """A wire on which everything fails in one way."""

    def __init__(self, error: WireError) -> None:
        self.error = error

    async def send(self, _request: Request) -> Answer:
        """See Wire."""
        raise self.error


def test_every_failure_of_the_wire_is_mapped() -> None:
    """A new way to fail without an error of ours fails here."""
    assert set(WIRE_ERRORS) == set(WireError.__subclasses__())


@pytest.mark.parametrize("kind", WireError.__subclasses__())
async def test_a_failed_wire_is_a_typed_error(world: World, kind: type[WireError]) -> None:
    """Whatever breaks, the caller gets an UpstreamError that names the provider, and the trace a line."""
    with pytest.raises(UpstreamError, match="Acme Books") as caught:
        await Send(world.clock, Broken(kind("reason")))(world.call())
    assert type(caught.value) is WIRE_ERRORS[kind][0]
    assert world.lines() == [("MISS", 1, None, caught.value.code)]


def test_a_request_is_the_calls_own(world: World) -> None:
    """Base, path and encoded query; provider headers under the call's under the signature; method, body, bound."""
    provider = replace(ACME, headers=(("X-A", "provider"), ("X-B", "provider"), ("Accept", "text/json")))
    request = make_request(
        world.call(
            "/a%2Fb",
            method="POST",
            link=replace(world.link, provider=provider, base_url="http://127.0.0.1:9/v2"),
            query=(("with", "a,b"), ("with", "ü &")),
            headers=(("x-b", "call"), ("Authorization", "call")),
            signature=(("authorization", Secret("signed")),),
            body=b"{}",
        )
    )
    assert request.url == "http://127.0.0.1:9/v2/a%2Fb?with=a%2Cb&with=%C3%BC%20%26"
    assert dict(request.headers) == {
        "accept": "text/json",
        "user-agent": "ledgermesh",
        "x-a": "provider",
        "x-b": "call",
        "authorization": "signed",
    }
    assert (request.method, request.body, request.body_bytes_max) == ("POST", b"{}", 10_000)
    assert "signed" not in repr(request)


async def test_an_answer_is_decoded_exactly(world: World) -> None:
    """Bytes, headers in lower case and the document, amounts as Decimal."""
    world.server.then(raw(b'{"total": 19.90, "id": 7}', 200, **{"X-Total": "1"}))
    response = await world.ask()
    assert response.document == {"total": Decimal("19.90"), "id": 7}
    assert response.body == b'{"total": 19.90, "id": 7}'
    assert response.headers["x-total"] == "1"
    assert response.fetched_at == START


@pytest.mark.parametrize("body", [b"<html>login</html>", b'{"a": [1', b'{"n": "\xe9"}', b""])
async def test_a_garbled_body_is_said_to_be(world: World, body: bytes) -> None:
    """HTML, half a document, another charset, nothing: GARBLED, with status and request id, without any of the text."""
    world.server.then(raw(body, 200, **{"x-request-id": "r-2"}))
    with pytest.raises(Garbled) as caught:
        await world.ask()
    assert caught.value.details == {"status": 200, "upstreamRequestId": "r-2"}
    assert "login" not in caught.value.message


async def test_an_empty_answer_where_one_is_expected(world: World) -> None:
    """A call that says so takes an empty body as a good answer."""
    world.server.then(raw(b"", 204))
    response = await world.ask(method="DELETE", empty=True)
    assert (response.status, response.document) == (204, None)


async def test_a_redirect_is_refused_not_followed(world: World) -> None:
    """Credentials go to no address that the provider's definition does not name."""
    world.server.then(say({}, 307, location="https://elsewhere.example/things"))
    with pytest.raises(Refused):
        await world.ask()
    assert len(world.server.seen) == 1


async def test_the_body_is_bounded(world: World) -> None:
    """A body over the provider's bound is not read to its end."""
    world.server.then(raw(b'"' + b"x" * 20_000 + b'"'))
    with pytest.raises(Garbled, match="10000"):
        await world.ask()


async def test_the_deadline_ends_the_call(world: World) -> None:
    """A provider that does not answer in time: TIMEOUT, with how long it had."""
    world.server.then(Gate(say({})))
    with pytest.raises(TooLate, match="0.0 s") as caught:
        await Send(world.clock, world.wire)(world.call(deadline=0.01))
    assert caught.value.details == {"seconds": 0.0}
    assert world.lines() == [("MISS", 1, None, "TIMEOUT")]


async def test_a_passed_deadline_sends_nothing(world: World) -> None:
    """Nobody would read the answer."""
    with pytest.raises(TooLate):
        await Send(world.clock, world.wire)(world.call(deadline=0.0))
    assert (world.server.seen, world.lines()) == ([], [])


async def test_a_refusal_carries_what_the_provider_said(world: World) -> None:
    """Status, code, words and request id are in the details."""
    world.server.then(say({"error": {"code": "gone", "message": "Deleted."}}, 404, x_request_id="r-3"))
    with pytest.raises(Absent) as caught:
        await world.ask()
    assert caught.value.details == {
        "status": 404,
        "providerCode": "gone",
        "providerMessage": "Deleted.",
        "upstreamRequestId": "r-3",
    }


@pytest.mark.parametrize("status", range(200, 600, 7))
async def test_any_status_gives_an_answer_or_a_typed_error(world: World, status: int) -> None:
    """There is no third outcome."""
    world.server.usual = raw(b"{}" if status not in (204, 304) else b"", status)
    try:
        assert 200 <= (await world.ask(empty=True)).status < 300
    except LedgermeshError as error:
        assert error.details["status"] == status
