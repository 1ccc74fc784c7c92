"""What lets the connection in."""

from __future__ import annotations

import pytest

from ledgermesh.errors import Reconnect
from ledgermesh.upstream.call import Call, Response
from ledgermesh.upstream.sign import Sign
from ledgermesh.upstream.tokens import StaleGrant, Tokens

from .conftest import START, World


async def test_the_header_is_added_and_cannot_print_itself(world: World) -> None:
    """The call below carries the credential as a Secret."""
    calls: list[Call] = []

    async def send(call: Call) -> Response:
        calls.append(call)
        return Response(200, {}, b"{}", {}, START)

    await Sign(Tokens(world.clock, world.wire, world.grants)).answer(world.call(), send)

    ((name, secret),) = calls[0].signature
    assert (name, secret.reveal()) == ("Authorization", "Bearer key-canary")
    assert "key-canary" not in repr(calls[0])


async def test_a_refused_grant_is_named_by_its_version(world: World) -> None:
    """So that whoever renews can tell whether somebody has done it already."""

    async def send(_call: Call) -> Response:
        raise Reconnect("no", details={"status": 401})

    with pytest.raises(StaleGrant) as caught:
        await Sign(Tokens(world.clock, world.wire, world.grants)).answer(world.call(), send)
    assert (caught.value.version, caught.value.details) == (1, {"status": 401})
