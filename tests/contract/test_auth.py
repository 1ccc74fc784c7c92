"""Every way in: renewed once, kept before it is used, never another tenant's."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from ledgermesh.engine.hub import Hub
from ledgermesh.errors import Reconnect
from ledgermesh.graph.kinds import NAMES
from ledgermesh.spec.auth import ApiKey, Auth, Basic, OAuth2
from ledgermesh.spec.query import ListQuery
from ledgermesh.upstream.schemes import header
from tests.contract.known import PROVIDERS
from tests.contract.stand import Stand, standing

WAYS = [
    pytest.param(name, auth, id=f"{name}-{auth.name}")
    for name, provider in sorted(PROVIDERS.items())
    for auth in provider.auth
]
RENEWED = [way for way in WAYS if not isinstance(way.values[1], ApiKey | Basic)]


def kinds(stand: Stand) -> list[str]:
    """Two kinds that are listed by themselves."""
    whole = [
        each.kind for each in stand.provider.resources if each.list is not None and each.children is None
    ]
    return list(dict.fromkeys(whole))[:2]


async def read(hub: Hub, kind: str) -> int:
    """How many records the first page of a kind has."""
    pages = hub.lists(ListQuery(kind))[0]
    return len((await pages.page(None, size=5)).rows)


async def linked(stand: Stand, auth: Auth) -> None:
    """Make this the way in, and get in once."""
    await stand.authorize(auth.name)
    assert await read(stand.hub(), kinds(stand)[0])
    stand.line.seen.clear()
    stand.line.statuses.clear()


@pytest.mark.parametrize(("name", "auth"), WAYS)
async def test_a_grant_lets_in_and_is_used_again(name: str, auth: Auth) -> None:
    """Reading twice signs in once at most; the secret goes out in the header that the definition names."""
    async with standing(name) as stand:
        await stand.authorize(auth.name)
        for kind in kinds(stand):
            assert await read(stand.hub(), kind)
        named, secret = header(stand.link(), auth, await stand.grant())
        sent = {request.headers[named] for request in stand.line.reads}
        assert len(stand.line.signings) <= 1
    assert sent == {secret.reveal()}


@pytest.mark.parametrize(("name", "auth"), RENEWED)
async def test_an_expired_token_is_renewed_once(name: str, auth: Auth) -> None:
    """The provider refuses a token we believed in: one renewal, one more try, the records."""
    async with standing(name) as stand:
        await linked(stand, auth)
        await stand.outlive()
        assert await read(stand.hub(), kinds(stand)[0])
        assert (len(stand.line.signings), stand.line.statuses[0]) == (1, 401)
        assert stand.line.statuses[1] in (200, 201) and stand.line.statuses[2:] == [200]


@pytest.mark.parametrize(("name", "auth"), RENEWED)
async def test_a_token_near_its_end_is_renewed_ahead(name: str, auth: Auth) -> None:
    """A token whose end is known is not tried again behind it: nobody sees a 401."""
    async with standing(name) as stand:
        await linked(stand, auth)
        await stand.outlive()
        assert await read(stand.hub(), kinds(stand)[0])
        stand.line.seen.clear()
        stand.line.statuses.clear()
        stand.clock.advance(3 * 86_400)
        assert await read(stand.hub(), kinds(stand)[0])
        assert len(stand.line.signings) == 1 and 401 not in stand.line.statuses


@pytest.mark.parametrize(("name", "auth"), RENEWED)
async def test_two_calls_at_once_renew_once(name: str, auth: Auth) -> None:
    """Two calls that find the same expired token send one renewal, and both succeed."""
    async with standing(name) as stand:
        await linked(stand, auth)
        await stand.outlive()
        found = await asyncio.gather(*(read(stand.hub(), kind) for kind in kinds(stand)))
        assert all(found) and len(found) == 2
        assert len(stand.line.signings) == 1


@pytest.mark.parametrize(
    ("name", "auth"),
    [way for way in WAYS if isinstance(way.values[1], OAuth2) and way.values[1].rotates_refresh_token],
)
async def test_a_rotated_refresh_token_is_kept(name: str, auth: Auth) -> None:
    """Each renewal replaces the refresh token; the new one is stored and is the one that works next time."""
    async with standing(name) as stand:
        await linked(stand, auth)
        kept = [(await stand.grant()).secrets["refresh_token"]]
        for _ in range(2):
            await stand.outlive()
            assert await read(stand.hub(), kinds(stand)[0])
            kept.append((await stand.grant()).secrets["refresh_token"])
    assert len(set(kept)) == 3


@pytest.mark.parametrize(("name", "auth"), WAYS)
async def test_credentials_that_no_longer_work_ask_for_a_new_link(name: str, auth: Auth) -> None:
    """NEEDS_REAUTH, after one renewal at most, and not asked there again at once."""
    async with standing(name) as stand:
        await linked(stand, auth)
        grant = await stand.grant()
        gateways = (
            ("client_id", "client_secret") if "refresh_token" in grant.secrets else ("client_id", "email")
        )
        await stand.change(grant, **{name: "gone" for name in grant.secrets if name not in gateways})
        await stand.outlive()
        for _ in range(2):
            with pytest.raises(Reconnect) as refused:
                await read(stand.hub(), kinds(stand)[0])
            assert refused.value.code == "NEEDS_REAUTH" and not refused.value.retryable
    assert len(stand.line.signings) <= 1


@pytest.mark.parametrize(("name", "auth"), RENEWED)
async def test_a_fresh_token_that_is_refused_too_is_not_renewed_again(name: str, auth: Auth) -> None:
    """One renewal and one more try; a provider that goes on refusing gets no third call."""
    async with standing(name) as stand:
        await linked(stand, auth)
        stand.line.answering = lambda request: httpx.Response(401) if request.method == "GET" else None
        with pytest.raises(Reconnect):
            await read(stand.hub(), kinds(stand)[0])
    assert (len(stand.line.reads), len(stand.line.signings)) == (2, 1)


def credentials(request: httpx.Request) -> tuple[str, str | None]:
    """What decides whose books open: the header, and the account key where one key opens several."""
    return request.headers["authorization"], request.url.params.get("X_ACCOUNT_KEY")


async def test_one_company_never_goes_in_with_the_credentials_of_another(stand: Stand) -> None:
    """Two companies read at once through the same stack: each call carries its own company's secret only."""
    first, second = stand.companies[:2]
    kind = kinds(stand)[0]
    for company in (first, second):
        assert await read(stand.hub(company), kind)
    stand.line.seen.clear()
    await read(stand.hub(first), kind)
    of_first = {credentials(request) for request in stand.line.reads}
    stand.line.seen.clear()
    await asyncio.gather(
        *(read(stand.hub(company), name) for company in (first, second) for name in kinds(stand))
    )
    of_both = [credentials(request) for request in stand.line.reads]
    assert len(of_first) == 1 and len(set(of_both)) == 2
    assert sum(each in of_first for each in of_both) == len(of_both) // 2


async def test_another_tenant_is_not_let_in(stand: Stand) -> None:
    """Where no grant is kept under a tenant's name no call is made, also when answers are kept.

    The connection's own tenant is not shut out by it.
    """
    kind = kinds(stand)[0]
    assert await read(stand.hub(), kind)
    stand.line.seen.clear()
    with pytest.raises(Reconnect):
        await read(stand.hub(tenant="somebody-else", owner="somebody-else"), kind)
    assert stand.line.seen == []
    assert await read(stand.hub(), kind)


async def test_a_tenant_that_a_company_is_shared_with_goes_in_by_the_owners_grant(stand: Stand) -> None:
    """It has no grant of its own and needs none."""
    assert await read(stand.hub(tenant="somebody-else"), kinds(stand)[0])


def test_every_kind_has_somebody_who_reads_it() -> None:
    """No kind of the model is there for no provider at all."""
    read_somewhere = {resource.kind for provider in PROVIDERS.values() for resource in provider.resources}
    assert read_somewhere == set(NAMES)
