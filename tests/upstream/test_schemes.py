"""The ways in, one by one."""

from __future__ import annotations

import base64
import datetime as dt
import json
from dataclasses import replace
from urllib.parse import parse_qs

import pytest

from ledgermesh.errors import (
    Garbled,
    LedgermeshError,
    MissingScope,
    NeedsConfig,
    Paused,
    Reconnect,
    SlowDown,
    Unavailable,
)
from ledgermesh.spec.auth import Auth, OAuth2
from ledgermesh.state.base import Grant, Secret
from ledgermesh.upstream.call import Link
from ledgermesh.upstream.schemes import (
    auth_of,
    ends_for_good,
    expiry,
    header,
    refusal_of,
    renewal,
    renewed,
    rotates,
)
from ledgermesh.upstream.wire import Answer

from .conftest import ACME, START

LINK = Link("t", "live", "c", ACME, "http://127.0.0.1:9/v1")
WAYS = {auth.name: auth for auth in ACME.auth}
EXPIRY_MS = 1_772_370_000_000


def grant(scheme: str, **secrets: str) -> Grant:
    """A grant with these secrets."""
    hidden = {name: Secret(text) for name, text in secrets.items()}
    return Grant(tenant="t", environment="live", connection="c", scheme=scheme, secrets=hidden)


def way(scheme: str) -> Auth:
    """The provider's way in of this name."""
    return WAYS[scheme]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (grant("api_key", api_key="k"), "Bearer k"),
        (grant("first_party", token='{"a":"b"}'), 'TOKEN json:{"a":"b"}'),
        (grant("oauth2", access_token="t"), "Bearer t"),
        (grant("client", access_token="t"), "Bearer t"),
    ],
)
def test_each_way_has_its_header(given: Grant, expected: str) -> None:
    """By the grant's scheme."""
    name, secret = header(LINK, auth_of(LINK, given), given)
    assert (name, secret.reveal()) == ("Authorization", expected)


@pytest.mark.parametrize(
    "given", [grant("api_key"), grant("api_key", api_key="a\r\nX-Evil: 1"), grant("api_key", api_key="ключ")]
)
def test_what_fits_in_no_header_asks_the_tenant(given: Grant) -> None:
    """Missing, with a line break, not ASCII: the connection is linked again; the secret is not shown."""
    with pytest.raises(Reconnect) as caught:
        header(LINK, way("api_key"), given)
    assert "Evil" not in str(caught.value)


def test_a_way_that_is_gone_asks_the_tenant() -> None:
    """A grant of a scheme that the definition no longer has."""
    with pytest.raises(Reconnect):
        auth_of(LINK, grant("telegraph", key="k"))


def test_a_login_is_a_form_below_the_base() -> None:
    """First-party: user and password, urlencoded, JSON wanted."""
    request = renewal(LINK, way("first_party"), grant("first_party", email="a+b@x.example", password="p&w"))
    assert request is not None
    assert (request.method, request.url) == ("POST", "http://127.0.0.1:9/v1/login")
    assert dict(request.headers)["accept"] == "application/json"
    assert parse_qs((request.body or b"").decode()) == {"email": ["a+b@x.example"], "password": ["p&w"]}
    assert "p&w" not in repr(request)


def test_client_credentials_are_asked_for_with_basic_and_a_form() -> None:
    """Client in the header, scopes in the body."""
    request = renewal(LINK, way("client"), grant("client", client_id="id", client_secret="s/+"))
    assert request is not None
    assert request.url == "http://127.0.0.1:9/v1/token"
    assert dict(request.headers)["authorization"] == "Basic " + base64.b64encode(b"id:s/+").decode()
    assert parse_qs((request.body or b"").decode()) == {
        "grant_type": ["client_credentials"],
        "scope": ["read write"],
    }


def test_a_refresh_is_sent_as_json_with_the_client_inside() -> None:
    """The other notation; a setting may name another token URL."""
    given = grant("oauth2", client_id="id", client_secret="s", refresh_token="r")
    request = renewal(replace(LINK, settings={"token_url": "https://auth.example/t"}), way("oauth2"), given)
    assert request is not None
    assert request.url == "https://auth.example/t"
    assert json.loads(request.body or b"") == {
        "grant_type": "refresh_token",
        "refresh_token": "r",
        "client_id": "id",
        "client_secret": "s",
    }


@pytest.mark.parametrize(
    "given",
    [
        grant("api_key", api_key="k"),
        grant("first_party", token="{}"),
        grant("first_party", email="only"),
        grant("oauth2", access_token="a", client_id="id", client_secret="s"),
        grant("oauth2", refresh_token="r"),
        grant("client", client_id="id"),
    ],
)
def test_what_cannot_be_renewed_is_said_to_be(given: Grant) -> None:
    """Only the tenant can."""
    assert renewal(LINK, way(given.scheme), given) is None


def test_a_new_token_takes_the_old_ones_place() -> None:
    """Both tokens and the end are taken over; what is not given anew stays."""
    old = grant("oauth2", access_token="a1", refresh_token="r1", client_id="id")
    body = {"access_token": "a2", "refresh_token": "r2", "expires_in": 60, "token_type": "Bearer"}
    new = renewed(LINK, way("oauth2"), old, Answer(201, {}, json.dumps(body).encode()), START)
    assert {name: secret.reveal() for name, secret in new.secrets.items()} == {
        "access_token": "a2",
        "refresh_token": "r2",
        "client_id": "id",
    }
    assert new.expires_at == START + dt.timedelta(seconds=60)

    kept = renewed(
        LINK, way("oauth2"), new, Answer(200, {}, b'{"access_token": "a3", "expires_in": "90"}'), START
    )
    assert (kept.secrets["refresh_token"].reveal(), kept.secrets["access_token"].reveal()) == ("r2", "a3")
    assert kept.expires_at == START + dt.timedelta(seconds=90)


@pytest.mark.parametrize("lifetime", ["null", "0", "-1", "true", '"soon"', "[1]"])
def test_a_lifetime_that_is_none_means_unknown(lifetime: str) -> None:
    """Then the token is used until the provider refuses it."""
    body = f'{{"access_token": "a", "expires_in": {lifetime}}}'.encode()
    assert renewed(LINK, way("client"), grant("client"), Answer(200, {}, body), START).expires_at is None


@pytest.mark.parametrize("scheme", ["first_party", "client"])
@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'"uuid"'])
def test_a_sign_in_without_a_token_is_garbled(scheme: str, body: bytes) -> None:
    """A success that holds none; the body is not shown."""
    with pytest.raises(Garbled):
        renewed(LINK, way(scheme), grant(scheme), Answer(200, {}, body), START)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (EXPIRY_MS, dt.datetime(2026, 3, 1, 13, 0, tzinfo=dt.UTC)),
        (str(EXPIRY_MS), dt.datetime(2026, 3, 1, 13, 0, tzinfo=dt.UTC)),
        ("2026-03-01T13:00:00Z", dt.datetime(2026, 3, 1, 13, 0, tzinfo=dt.UTC)),
        ("2026-03-01T13:00:00+02:00", dt.datetime(2026, 3, 1, 11, 0, tzinfo=dt.UTC)),
        ("2026-03-01T13:00:00", dt.datetime(2026, 3, 1, 13, 0, tzinfo=dt.UTC)),
        ("never", None),
        (None, None),
        (10**20, None),
        (True, None),
    ],
)
def test_a_first_party_token_says_when_it_ends(told: object, expected: dt.datetime | None) -> None:
    """Epoch milliseconds or ISO 8601, from the login's answer and from a token that was linked as it is."""
    body = json.dumps({"authenticationCode": "x", "expiryDate": told}, indent=2).encode()
    new = renewed(LINK, way("first_party"), grant("first_party"), Answer(200, {}, body), START)
    assert new.expires_at == expected
    assert "\n" not in new.secrets["token"].reveal()
    assert expiry(way("first_party"), replace(new, expires_at=None)) == expected


@pytest.mark.parametrize(
    ("scheme", "status", "word", "expected"),
    [
        ("oauth2", 400, "invalid_grant", Reconnect),
        ("oauth2", 401, "invalid_request", Reconnect),
        ("oauth2", 401, "invalid_client", NeedsConfig),
        ("client", 401, "invalid_client", Reconnect),
        ("client", 400, "invalid_scope", MissingScope),
        ("first_party", 401, None, Reconnect),
        ("first_party", 402, None, Paused),
        ("first_party", 429, None, SlowDown),
        ("client", 302, None, Unavailable),
        ("client", 404, None, Unavailable),
        ("client", 503, None, Unavailable),
    ],
)
def test_a_refused_renewal_says_who_must_act(
    scheme: str, status: int, word: str | None, expected: type[LedgermeshError]
) -> None:
    """The tenant, the operator, or time."""
    answer = Answer(status, {"retry-after": "5"}, json.dumps({"error": word}).encode())
    error = refusal_of(LINK, way(scheme), answer, START)
    assert type(error) is expected
    assert error.details["status"] == status


ENDS = START + dt.timedelta(days=1)
WITH_LOGIN = {"token": "{}", "email": "a@x.example", "password": "pw"}


@pytest.mark.parametrize(
    ("given", "ends"),
    [
        (grant("api_key", api_key="k"), None),
        (grant("first_party", token=json.dumps({"expiryDate": ENDS.isoformat()})), ENDS),
        (grant("first_party", token="{}"), None),
        (replace(grant("first_party", **WITH_LOGIN), expires_at=ENDS), None),
        (replace(grant("oauth2", access_token="a", refresh_token="r"), expires_at=ENDS), None),
        (replace(grant("oauth2", access_token="a"), expires_at=ENDS), ENDS),
        (replace(grant("client", access_token="a", client_id="i", client_secret="s"), expires_at=ENDS), None),
    ],
)
def test_what_cannot_renew_itself_ends_for_good(given: Grant, ends: dt.datetime | None) -> None:
    """The moment at which a person has to link again is known ahead; for the others there is none."""
    assert ends_for_good(way(given.scheme), given) == ends


def test_any_refresh_token_may_be_used_up() -> None:
    """Whether or not the definition says that the provider rotates; client credentials and logins are not."""
    assert rotates(way("oauth2"), grant("oauth2", refresh_token="r")) == Secret("r")
    kashoo = OAuth2(grant="authorization_code", token_url="/t", scopes=(), client_auth="basic")
    assert rotates(kashoo, grant("oauth2", refresh_token="r")) == Secret("r")
    assert rotates(way("client"), grant("client", client_id="i", client_secret="s")) is None
    assert rotates(way("first_party"), grant("first_party", **WITH_LOGIN)) is None
