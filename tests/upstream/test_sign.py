"""What lets the connection in."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from ledgermesh.errors import Reconnect
from ledgermesh.spec.auth import Basic
from ledgermesh.state.base import Secret
from ledgermesh.upstream.call import Call, Response
from ledgermesh.upstream.sign import Sign
from ledgermesh.upstream.tokens import StaleGrant, Tokens

from .conftest import ACME, START, World, fresh, say


async def test_the_header_is_added_and_cannot_print_itself(world: World) -> None:
    """The call below carries the credential as a Secret."""
    calls: list[Call] = []

    async def send(call: Call) -> Response:
        calls.append(call)
        return Response(200, {}, b"{}", {}, START)

    await Sign(Tokens(world.clock, Random(1), world.wire, world.state)).answer(world.call(), send)

    ((name, secret),) = calls[0].signature
    assert (name, secret.reveal()) == ("Authorization", "Bearer key-canary")
    assert "key-canary" not in repr(calls[0])


async def test_a_refused_grant_is_named(world: World) -> None:
    """So that whoever renews can tell whether somebody has done it already."""

    async def send(_call: Call) -> Response:
        raise Reconnect("no", details={"status": 401})

    with pytest.raises(StaleGrant) as caught:
        await Sign(Tokens(world.clock, Random(1), world.wire, world.state)).answer(world.call(), send)
    assert (caught.value.used.version, caught.value.details) == (1, {"status": 401})


async def test_a_callers_own_token_goes_in_the_place_of_the_grant(world: World) -> None:
    """Also where nobody has linked the connection; the grant is not renewed, and the token is not kept."""
    await world.grant("oauth2", expires_in=-5, access_token="a", refresh_token="r")
    for link in (world.link, replace(world.link, connection="never-linked")):
        await world.ask(link=replace(link, token=Secret("own-canary")))
    assert [seen.headers["authorization"] for seen in world.server.seen] == ["Bearer own-canary"] * 2
    assert not any("own-canary" in repr(each) for each in (await world.state.store.under("")).values())


async def test_a_callers_own_token_that_is_refused_says_nothing_of_the_connection(world: World) -> None:
    """NEEDS_REAUTH for this request alone: no renewal, no standing, and the grant goes on working."""
    world.server.then(say({}, 401))
    with pytest.raises(Reconnect, match="token that came with the request") as caught:
        await world.ask(link=replace(world.link, token=Secret("own-canary")))
    assert type(caught.value) is Reconnect and caught.value.details["status"] == 401
    assert len(world.server.seen) == 1
    assert world.state.registry.standing("live", "connection-1") is None
    await world.ask()
    assert world.server.seen[-1].headers["authorization"] == "Bearer key-canary"


async def test_nobody_is_answered_with_what_another_token_saw(world: World) -> None:
    """Kept answers are apart by token, and the token itself is in no key."""
    mine, yours = (replace(world.link, token=Secret(text)) for text in ("mine-canary", "yours-canary"))
    for link in (mine, yours, world.link, mine, yours, world.link):
        await world.ask(link=link, fresh=fresh(60))
    assert len(world.server.seen) == 3
    assert "canary" not in repr(world.call(link=mine).key)


@pytest.mark.parametrize(
    ("ways", "token", "sent"),
    [
        (("first_party", "oauth2"), '{"authenticationCode":"x"}', 'TOKEN json:{"authenticationCode":"x"}'),
        (("first_party", "oauth2"), "abc", "Bearer abc"),
        (("api_key",), "abc", "Bearer abc"),
    ],
)
async def test_the_first_way_that_takes_it_is_used(
    world: World, ways: tuple[str, ...], token: str, sent: str
) -> None:
    """A token object goes where the login's goes, any other text where access tokens and keys go."""
    auth = tuple(each for each in ACME.auth if each.name in ways)
    link = replace(world.link, provider=replace(ACME, auth=auth), token=Secret(token))
    await world.ask(link=link)
    assert world.server.seen[0].headers["authorization"] == sent


async def test_a_way_in_by_user_and_password_takes_no_token(world: World) -> None:
    """Nothing is sent."""
    link = replace(world.link, provider=replace(ACME, auth=(Basic(),)), token=Secret("user:password"))
    with pytest.raises(Reconnect, match="such a token"):
        await world.ask(link=link)
    assert world.server.seen == []
