"""Tokens of other issuers: which are taken, what they give, and that no other gets in."""

from __future__ import annotations

import asyncio
import base64
import datetime as dt
import json
from typing import Any

import pytest
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from ledgermesh.clock import ManualClock
from ledgermesh.edge.auth import Authenticator
from ledgermesh.edge.issuers.issuer import Issuer, Rights
from ledgermesh.edge.issuers.keyset import (
    AGAIN_SECONDS,
    FRESH_SECONDS,
    RETRY_SECONDS,
    STALE_SECONDS,
    NoKeys,
    read_keys,
)
from ledgermesh.errors import SignIn, StateDown
from ledgermesh.state.registry import Principal, Registry
from tests.edge.desk import registry
from tests.edge.vouching import START, URL, Login, ec, issuer, issuers
from tests.states import KEYS


class Gate:
    """An issuer, the registry of the tests, and the gate over both."""

    def __init__(self, given: Issuer | None = None) -> None:
        self.clock = ManualClock(START)
        self.login = Login(self.clock)
        self.registry: Registry = registry()
        vouching = issuers(self.login, self.registry, given)
        self.who = Authenticator(self.registry, KEYS, self.clock, vouching)

    async def enter(self, token: str | None = None, **claims: Any) -> Principal:
        """As whoever has this token."""
        return await self.who.principal(f"Bearer {token or self.login.token(**claims)}")

    async def refused(self, token: str | None = None, **claims: Any) -> str:
        """Why nobody gets in with it."""
        with pytest.raises(SignIn) as caught:
            await self.enter(token, **claims)
        return caught.value.message


async def test_a_good_token_gives_what_it_says() -> None:
    """Its tenant, its scopes, its end with the leeway; its holder is called by issuer and subject."""
    found = await Gate().enter(scope="api.read something.else", aud=["others", "ledgermesh"])

    assert (found.tenant.id, found.key.id) == ("t-1", "jwt:login:ada")
    assert (found.key.scopes, found.key.companies) == (frozenset(("api.read",)), None)
    assert found.key.expires_at == START + dt.timedelta(seconds=330)
    assert found.key.environment == "live"


@pytest.mark.parametrize(
    ("alg", "key"),
    [
        ("RS256", RSAKey.generate_key(2048)),
        ("PS256", RSAKey.generate_key(2048)),
        ("ES384", ECKey.generate_key("P-384")),
        ("EdDSA", OKPKey.generate_key("Ed25519")),
        ("Ed25519", OKPKey.generate_key("Ed25519")),
    ],
)
async def test_every_asymmetric_algorithm(alg: str, key: Any) -> None:
    """As long as the operator has listed it; else the very same token is refused."""
    for listed, gets_in in ((frozenset((alg,)), True), (frozenset(("ES512",)), False)):
        gate = Gate(issuer(algorithms=listed))
        gate.login.keys = {"k1": key}
        if gets_in:
            assert (await gate.enter(gate.login.token(alg=alg))).key.id == "jwt:login:ada"
        else:
            assert "`alg`" in await gate.refused(gate.login.token(alg=alg))


async def test_a_public_key_is_no_secret_to_sign_with() -> None:
    """HS256 with the public key as its secret, and no signature at all: neither is taken, whatever the list says."""
    gate = Gate()
    public = str(gate.login.keys["k1"].as_dict(private=False)["x"])
    for token in (
        gate.login.token(alg="HS256", key=OctKey.import_key(public)),
        gate.login.token(alg="none"),
        ".".join(gate.login.token().split(".")[:2]) + ".",
    ):
        await gate.refused(token)
    assert gate.login.fetched <= 1


NOW = int(START.timestamp())
WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "ended": ({"exp": NOW - 30}, "ended"),
    "never ends": ({"exp": None}, "`exp`"),
    "ends in words": ({"exp": "tomorrow"}, "`exp`"),
    "ends when it is true": ({"exp": True}, "`exp`"),
    "begins later": ({"nbf": NOW + 31}, "`nbf`"),
    "made later": ({"iat": NOW + 31}, "`iat`"),
    "of no age": ({"iat": None}, "`iat`"),
    "too old": ({"iat": NOW - 86_431, "exp": NOW + 60}, "ended"),
    "for somebody else": ({"aud": "elsewhere"}, "`aud`"),
    "for nobody": ({"aud": None}, "`aud`"),
    "for a number": ({"aud": [1]}, "`aud`"),
    "of another issuer": ({"iss": "https://evil.test/"}, "`iss`"),
    "of an issuer with another slash": ({"iss": URL.rstrip("/")}, "`iss`"),
    "of nobody": ({"sub": None}, "`sub`"),
    "of too long a name": ({"sub": "x" * 256}, "`sub`"),
    "of no tenant": ({"org": None}, "`org`"),
    "of an unknown tenant": ({"org": "t-9"}, "not known"),
    "of scopes that are numbers": ({"scope": [1]}, "`scope`"),
}


@pytest.mark.parametrize(("claims", "why"), WRONG.values(), ids=WRONG.keys())
async def test_a_claim_that_is_missing_or_wrong(claims: dict[str, Any], why: str) -> None:
    """Says which; its value is not repeated."""
    found = await Gate().refused(**claims)

    assert why in found
    assert not any(isinstance(value, str) and value in found for value in claims.values())


async def test_the_clocks_may_differ_by_the_leeway() -> None:
    """Thirty seconds both ways, and not one more."""
    gate = Gate()
    near: list[dict[str, Any]] = [{"exp": NOW - 29}, {"nbf": NOW + 30}, {"iat": NOW + 30}]
    for claims in near:
        assert (await gate.enter(**claims)).key.id == "jwt:login:ada"


def _part(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


async def test_what_is_no_good_token_is_refused() -> None:
    """Another signature, other claims under it, other headers, deep and large ones: a typed refusal each."""
    gate = Gate()
    head, body, sign = gate.login.token().split(".")
    nested: Any = 1
    for _ in range(90):
        nested = [nested]
    for token in (
        f"{head}.{body}.{sign[:-4]}AAAA",
        f"{head}.{_part(gate.login.claims(sub='eve'))}.{sign}",
        gate.login.token(key=ec("k1")),
        f"{_part({'alg': 'ES256', 'kid': 'k1', 'crit': ['b64'], 'b64': False})}.{body}.{sign}",
        f"{_part({'alg': 'ES256', 'kid': 'k1', 'jwk': ec('x').as_dict()})}.{body}.{sign}",
        f"{_part({'alg': nested, 'kid': 'k1'})}.{body}.{sign}",
        f"{_part({'alg': 'ES256', 'kid': 7})}.{body}.{sign}",
        f"{_part(nested)}.{body}.{sign}",
        f"{head}.{base64.urlsafe_b64encode(b'[' * 5_000).decode().rstrip('=')}.{sign}",
        f"{head}.{_part([URL])}.{sign}",
        f"{head}.{_part({'iss': URL, 'x': 'x' * 20_000})}.{sign}",
        "a.b.c",
        "....",
    ):
        with pytest.raises(SignIn):
            await gate.enter(token)


# -- what claims give ----------------------------------------------------------------------------------------------


async def test_claims_are_named_by_the_operator() -> None:
    """Nested ones by their path, foreign words by what they stand for; more than the operator lists is not given."""
    rights = Rights(
        tenant_claim="https://books.test/org",
        environment_claim="stage",
        scopes_claim="realm.roles",
        scope_words={"clerk": frozenset(("api.read", "api.write")), "boss": frozenset(("admin",))},
        scopes=frozenset(("api.read", "api.write")),
        companies_claim="shops",
    )
    gate = Gate(issuer(rights, subject_claim="client_id"))
    told: dict[str, Any] = {
        "https://books.test/org": "t-1", "stage": "sandbox", "client_id": "a b:c",
        "realm": {"roles": ["clerk", "boss", "admin"]}, "shops": ["corner", "main"],
    }  # fmt: skip

    key = (await gate.enter(**told)).key

    assert key.id == "jwt:login:a%20b%3Ac"
    assert (key.environment, key.scopes) == ("sandbox", frozenset(("api.read", "api.write")))
    assert key.companies == frozenset(("corner", "main"))
    assert (await gate.enter(**told | {"shops": None})).key.companies == frozenset()
    assert "stage" in await gate.refused(**told | {"stage": "production"})


async def test_an_issuer_speaks_for_its_own_tenants() -> None:
    """One that is a tenant's own cannot name another's; without a claim all its tokens are one tenant's."""
    assert "speak" in await Gate(issuer(Rights(tenant_claim="org", tenants=frozenset(("t-2",))))).refused()
    found = await Gate(issuer(Rights(tenant="t-1"))).enter(org="t-2")
    assert found.tenant.id == "t-1"


async def test_keys_of_ours_are_no_tokens() -> None:
    """An API key gets in beside an issuer; text of a token's form without one is an unknown key."""
    gate = Gate()
    assert (await gate.enter("key-of-the-tests")).key.id == "k-1"
    alone = Authenticator(gate.registry, KEYS, gate.clock)
    with pytest.raises(SignIn, match="nobody has"):
        await alone.principal(f"Bearer {gate.login.token()}")


# -- keys ----------------------------------------------------------------------------------------------------------


async def test_keys_rotate() -> None:
    """A key that is not known yet is fetched at once; one that is gone is good until the keys are fetched again."""
    gate = Gate()
    first = gate.login.token()
    await gate.enter(first)
    gate.clock.advance(AGAIN_SECONDS)
    gate.login.keys = {"k2": ec("k2")}

    assert (await gate.enter(kid="k2")).key.id == "jwt:login:ada"
    assert "`kid`" in await gate.refused(first)
    assert gate.login.fetched == 2


async def test_unknown_keys_do_not_make_us_ask() -> None:
    """However many tokens name keys that nobody has, the issuer is asked once in half a minute."""
    gate = Gate()
    stranger = ec("k9")
    for _ in range(20):
        await gate.refused(gate.login.token(kid="k9", key=stranger))
    assert gate.login.fetched == 1
    gate.clock.advance(AGAIN_SECONDS)
    await asyncio.gather(*(gate.refused(gate.login.token(kid="k9", key=stranger)) for _ in range(20)))
    assert gate.login.fetched == 2


async def test_keys_are_kept_for_a_while_and_fetched_once_for_all() -> None:
    """Ten minutes without asking; then one fetch for everybody who waits."""
    gate = Gate()
    gate.login.held = asyncio.Event()
    entering = [asyncio.create_task(gate.enter()) for _ in range(10)]
    await asyncio.sleep(0)
    gate.login.held.set()
    assert len({who.key.id for who in await asyncio.gather(*entering)}) == 1
    gate.clock.advance(FRESH_SECONDS)
    await gate.enter()
    assert gate.login.fetched == 1
    gate.clock.advance(1)
    await gate.enter()
    assert gate.login.fetched == 2


async def test_keys_outlive_their_issuer_for_a_day() -> None:
    """While it cannot be asked the last keys count; after a day, and before the first, it is a 503 to try again."""
    gate = Gate()
    gate.login.down = True
    for asked in (1, 1):
        with pytest.raises(StateDown, match="login"):
            await gate.enter()
        assert gate.login.fetched == asked
    gate.clock.advance(RETRY_SECONDS)
    gate.login.down = False
    await gate.enter()
    gate.login.down = True
    gate.clock.advance(STALE_SECONDS)
    assert (await gate.enter()).key.id == "jwt:login:ada"
    gate.clock.advance(1)
    with pytest.raises(StateDown):
        await gate.enter()


async def test_whoever_waits_does_not_wait_for_keys_that_are_known() -> None:
    """While somebody fetches them again, the known ones are used."""
    gate = Gate()
    await gate.enter()
    gate.clock.advance(FRESH_SECONDS + 1)
    gate.login.held = asyncio.Event()
    slow = asyncio.create_task(gate.enter())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert (await gate.enter()).key.id == "jwt:login:ada"
    gate.login.held.set()
    await slow
    assert gate.login.fetched == 2


@pytest.mark.parametrize("body", [b"[]", b"{", b'{"keys": {}}', b'{"keys": []}', b"[" * 5_000, b"\xff"])
async def test_no_keys_in_what_comes(body: bytes) -> None:
    """Neither is taken for keys, nor is an answer that is no 200."""
    gate = Gate()
    gate.login.body = body
    with pytest.raises(StateDown):
        await gate.enter()
    gate = Gate()
    gate.login.status = 302
    with pytest.raises(StateDown):
        await gate.enter()


def test_only_public_keys_that_verify_are_read() -> None:
    """Symmetric ones, short ones, those for encryption and those that are none are left out; private parts too."""
    good = ec("good")
    odd: list[Any] = [
        {"kty": "oct", "k": "c2VjcmV0", "kid": "a"},
        {"kty": "RSA", "n": "AQAB", "e": "AQAB"},
        good.as_dict(private=False) | {"use": "enc"},
        good.as_dict(private=False) | {"key_ops": ["deriveKey"]},
        {"kty": "EC", "crv": "P-999", "x": "AA", "y": "AA"},
        {"kty": "OKP", "crv": "Ed25519", "x": "?"},
        {"kty": "RSA"},
        {"kty": ["RSA"]},
        {"kty": "EC", "crv": "P-256", "x": 1, "y": 2},
        {},
        None,
        7,
    ]
    content = json.dumps({"keys": [*odd, good.as_dict(private=True)]}).encode()
    [found] = read_keys(content)
    assert (found.kid, found.is_private) == ("good", False)
    with pytest.raises(NoKeys):
        read_keys(json.dumps({"keys": odd}).encode())
    with pytest.raises(NoKeys):
        read_keys(json.dumps({"keys": [good.as_dict(private=False)] * 101}).encode())
