"""One renewal for all processes, and nothing lost when it goes wrong in the middle."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from random import Random

import pytest
from starlette.requests import Request
from starlette.responses import Response

from ledgermesh.errors import NeedsConfig, Reconnect, SlowDown, StateDown, TooLate, Unavailable
from ledgermesh.state.base import Grant, Secret
from ledgermesh.state.claims import Claims
from ledgermesh.state.sealing import SealingKey
from ledgermesh.state.shared import State, make_state
from ledgermesh.state.vault import Vault
from ledgermesh.upstream.renewal import EVERYBODY
from ledgermesh.upstream.tokens import Tokens
from ledgermesh.upstream.wire import Answer, CutShort, Unreachable, Wire, WireError
from ledgermesh.upstream.wire import Request as Sent
from tests.state.stores import Failing
from tests.states import KEYS

from .conftest import Gate, World, say
from .issuer import CLIENT, Issuer, kept, relink, rotating, stored

OTHER_KEYS = (SealingKey(2, b"other other other other other 32"), *KEYS)


class Line:
    """A wire on which a request, or its answer, can be lost, or may not be sent at all."""

    def __init__(self, inner: Wire) -> None:
        self.inner = inner
        self.lost: list[WireError | NeedsConfig] = []
        """What happens to the next requests instead of an answer."""

    async def send(self, request: Sent) -> Answer:
        """See Wire."""
        if not self.lost:
            return await self.inner.send(request)
        error = self.lost.pop(0)
        if isinstance(error, CutShort):
            await self.inner.send(request)
        raise error


def process(world: World, state: State | None = None, *, wire: Wire | None = None, seed: int = 1) -> Tokens:
    """The tokens of one more process over the same store."""
    own = state or make_state(world.state.store, KEYS, world.clock)
    return Tokens(world.clock, Random(seed), wire or world.wire, own)


async def access(tokens: Tokens, world: World, seconds: float = 90.0) -> str:
    """The access token that a call gets."""
    grant = (await tokens.ready(world.call(deadline=world.clock.monotonic() + seconds))).grant
    return grant.secrets["access_token"].reveal()


async def test_processes_renew_once_together(world: World) -> None:
    """Ten processes find the same expired token: one request, and all go on with what it brought."""
    issuer = await rotating(world, expires_in=-5)
    issuer.gate = Gate(say({}))
    asking = [asyncio.ensure_future(access(process(world, seed=seed), world)) for seed in range(10)]
    await issuer.gate.reached.wait()
    issuer.gate.open.set()
    assert await asyncio.gather(*asking) == ["a1"] * 10
    assert issuer.presented == ["r0"]


async def test_who_holds_a_renewal_and_dies_holds_up_the_others_for_a_while(world: World) -> None:
    """A caller with too little time is told; after half a minute another process renews."""
    issuer = await rotating(world, expires_in=-5)
    assert await Claims(world.state.store, world.clock).claim(
        "renewal/tenant-1/live/connection-1", seconds=30
    )
    with pytest.raises(TooLate):
        await access(process(world), world, seconds=0.0)
    assert issuer.presented == []
    assert await access(process(world), world) == "a1"
    assert 30 <= world.clock.monotonic() < 32


@pytest.mark.parametrize("rewrapped", ["before it is read", "while it is away"])
async def test_a_grant_that_is_sealed_anew_meanwhile_is_renewed_all_the_same(
    world: World, rewrapped: str
) -> None:
    """It is the same grant in another envelope: its version says nothing new, and the new one goes on top."""
    issuer = await rotating(world, expires_in=3600, access_token="revoked")
    used = await kept(world.state)
    rotated = make_state(world.state.store, OTHER_KEYS, world.clock)

    async def rewrap(request: Request) -> Response:
        if request.url.path == "/v1/token":
            assert await rotated.grants.rewrap() == 1
        return await issuer(request)

    if rewrapped == "before it is read":
        assert await rotated.grants.rewrap() == 1
    else:
        world.server.usual = rewrap
    got = await process(world, rotated).renew(world.call(), used=used)
    assert (got.secrets["access_token"].reveal(), got.version) == ("a1", used.version + 2)
    assert (await stored(rotated))["refresh_token"] == "r1"
    assert issuer.presented == ["r0"]


async def test_a_person_who_links_again_meanwhile_wins(world: World) -> None:
    """What the renewal brought is of the old link; theirs is not overwritten, and is what calls go on with."""
    issuer = await rotating(world, expires_in=-5)

    async def linking(request: Request) -> Response:
        await relink(world.state, access_token="theirs", refresh_token="their-refresh")
        return await issuer(request)

    world.server.usual = linking
    used = await kept(world.state)
    got = await process(world).renew(world.call(), used=used)
    assert got.secrets["access_token"].reveal() == "theirs"
    assert (await stored(world.state))["refresh_token"] == "their-refresh"


async def test_a_renewal_never_brings_back_what_was_disconnected(world: World) -> None:
    """A tenant who disconnects in the middle of it stays disconnected."""
    issuer = await rotating(world, expires_in=-5)

    async def disconnecting(request: Request) -> Response:
        await world.grants.forget("tenant-1", "live", "connection-1")
        return await issuer(request)

    world.server.usual = disconnecting
    with pytest.raises(Reconnect, match="not linked"):
        await process(world).ready(world.call())
    assert await stored(world.state) == {}


# -- the store --------------------------------------------------------------------------------------------------


class Flaky(Failing):
    """A store that is down for some writes of grants, or for good from the first one on."""

    def __init__(self, world: World, times: int) -> None:
        super().__init__(world.clock)
        self.times = times

    async def put(self, key: str, value: bytes, *, expect: int) -> bool:
        """See Store."""
        if key.startswith("grant/") and expect > 0 and self.times > 0:
            self.times -= 1
            raise StateDown("down")
        return await super().put(key, value, expect=expect)


async def over(store: Failing, world: World) -> State:
    """Everything over this store, linked as the world is."""
    state = make_state(store, KEYS, world.clock)
    assert await state.grants.write(replace(await kept(world.state), version=0))
    return state


async def test_a_new_grant_is_held_until_the_store_takes_it(world: World) -> None:
    """A store that is down for some seconds costs the connection nothing; nothing is used before it is kept."""
    await rotating(world, expires_in=-5)
    state = await over(Flaky(world, 20), world)
    assert await access(process(world, state), world) == "a1"
    assert world.clock.monotonic() == pytest.approx(4.0)
    assert (await stored(state))["refresh_token"] == "r1"


async def test_a_grant_that_could_not_be_kept_is_not_used(world: World) -> None:
    """After half a minute it is given up, and the next renewal that is refused says what happened."""
    await rotating(world, expires_in=-5)
    state = await over(Flaky(world, 200), world)
    with pytest.raises(StateDown):
        await access(process(world, state), world)
    assert (await stored(state))["refresh_token"] == "r0"
    with pytest.raises(Reconnect, match="cut off before its answer could be kept"):
        await access(process(world, state), world)


async def test_nothing_is_renewed_while_the_store_is_down(world: World) -> None:
    """A token is used while it lasts; after that the store is what stands in the way, and no refresh is sent."""
    issuer = await rotating(world, expires_in=20)
    store = Failing(world.clock)
    state = await over(store, world)
    tokens = process(world, state)
    await tokens.find(world.link)
    store.down = True
    assert await access(tokens, world) == "a0"
    world.clock.advance(21)
    with pytest.raises(StateDown):
        await access(tokens, world)
    assert issuer.presented == []
    store.down = False
    assert await access(tokens, world) == "a1"


# -- what was cut off -------------------------------------------------------------------------------------------


async def test_a_lost_answer_is_reported_as_such(world: World) -> None:
    """The refresh token is used up and the new one never came: a person has to link again, and is told why."""
    issuer = await rotating(world, expires_in=-5)
    line = Line(world.wire)
    line.lost.append(CutShort("x"))
    with pytest.raises(Unavailable, match="no answer"):
        await access(process(world, wire=line), world)
    with pytest.raises(Unavailable) as soon:  # another process, at once: it does not send it again
        await access(process(world), world)
    assert soon.value.details["local"] is True
    assert issuer.presented == ["r0"]

    for _ in range(2):
        world.clock.advance(60)
        with pytest.raises(Reconnect, match="cut off before its answer could be kept") as refused:
            await access(process(world), world)
        assert refused.value.code == "NEEDS_REAUTH"
    assert issuer.presented == ["r0"] * 3
    await relink(world.state, access_token="a1", refresh_token="r1", **CLIENT)
    assert await access(process(world), world) == "a2"


async def test_a_lost_answer_is_survived_where_the_provider_allows(world: World) -> None:
    """A provider that takes the refresh token before the newest as well gives another pair."""
    issuer = await rotating(world, expires_in=-5)
    issuer.lenient = True
    line = Line(world.wire)
    line.lost.append(CutShort("x"))
    with pytest.raises(Unavailable):
        await access(process(world, wire=line), world)
    world.clock.advance(10)
    assert await access(process(world), world) == "a2"
    assert (await stored(world.state))["refresh_token"] == "r2"


@pytest.mark.parametrize("before", ["nothing", "never sent", "renewed without rotating"])
async def test_a_plain_refusal_says_nothing_of_a_cut(world: World, before: str) -> None:
    """A refresh token that a person revoked was not lost by us, whatever was before."""
    await rotating(world, expires_in=-5)
    line = Line(world.wire)
    if before == "never sent":
        line.lost.append(NeedsConfig("an address that may not be called"))
        with pytest.raises(NeedsConfig):
            await access(process(world, wire=line), world)
    elif before == "renewed without rotating":
        world.server.then(say({"access_token": "a", "expires_in": 50}))
        assert await access(process(world, wire=line), world) == "a"
    world.clock.advance(60)
    world.server.usual = say({"error": "invalid_grant"}, 400)
    with pytest.raises(Reconnect) as refused:
        await access(process(world, wire=line), world)
    assert "cut off" not in refused.value.message


async def test_a_provider_that_could_not_be_reached_is_asked_again(world: World) -> None:
    """The refresh token was not used up, and the connection goes on."""
    issuer = await rotating(world, expires_in=-5)
    line = Line(world.wire)
    line.lost += [Unreachable("x"), Unreachable("x")]
    for _ in range(2):
        with pytest.raises(Unavailable):
            await access(process(world, wire=line), world)
        world.clock.advance(10)
    assert await access(process(world, wire=line), world) == "a1"
    assert issuer.presented == ["r0"]


async def test_a_sign_in_that_is_held_back_is_so_for_all(world: World) -> None:
    """No other process asks before the moment that the provider told one."""
    await rotating(world, expires_in=-5)
    world.server.then(say({}, 429, retry_after="30"))
    moments = set()
    for _ in range(3):
        with pytest.raises(SlowDown) as caught:
            await access(process(world), world)
        moments.add(caught.value.retry_at)
    assert len(moments) == 1
    assert len(world.server.seen) == 1
    world.clock.advance(30)
    assert await access(process(world), world) == "a1"


# -- our own client at the provider ------------------------------------------------------------------------------


async def client(vault: Vault, tenant: str, id: str) -> None:
    """Keep our id and secret at the provider, for a tenant or for all."""
    secrets = {"client_id": Secret(id), "client_secret": Secret("secret")}
    assert await vault.write(
        Grant(tenant=tenant, environment="live", connection="acme", scheme="client", secrets=secrets)
    )


async def unclaimed(world: World) -> Issuer:
    """A grant from a consent, which holds no client of its own."""
    issuer = await rotating(world, expires_in=-5)
    await relink(world.state, access_token="a0", refresh_token="r0")
    return issuer


@pytest.mark.parametrize(
    ("kept_for", "used"),
    [
        ({EVERYBODY: "id"}, "id"),
        ({"tenant-1": "id", EVERYBODY: "theirs"}, "id"),
        ({"tenant-2": "theirs", EVERYBODY: "id"}, "id"),
    ],
)
async def test_the_gateways_own_client_renews(world: World, kept_for: dict[str, str], used: str) -> None:
    """The owner tenant's before the one for everybody, never another tenant's; it is not copied into the grant."""
    issuer = await unclaimed(world)
    for tenant, id in kept_for.items():
        await client(world.state.clients, tenant, id)
    assert await access(process(world), world) == "a1"
    assert issuer.presented == ["r0"]
    assert await stored(world.state) == {"access_token": "a1", "refresh_token": "r1"}


async def test_without_a_client_the_operator_is_asked(world: World) -> None:
    """NEEDS_CONFIG, nothing is sent, and the connection works as soon as there is one."""
    issuer = await unclaimed(world)
    await client(world.state.clients, "tenant-2", "id")
    with pytest.raises(NeedsConfig, match="no client id and secret at Acme Books"):
        await access(process(world), world)
    assert issuer.presented == []
    await client(world.state.clients, EVERYBODY, "id")
    assert await access(process(world), world) == "a1"
