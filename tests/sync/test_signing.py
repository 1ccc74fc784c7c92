"""Signatures of webhooks."""

from __future__ import annotations

import base64
import datetime as dt

import pytest

from ledgermesh.state.base import Grant, Secret
from ledgermesh.sync.signing import key_of, make_secret, signature, signed_headers, valid

NOW = dt.datetime(2026, 11, 15, 12, tzinfo=dt.UTC)


def grant(expires_at: dt.datetime | None = None, **secrets: Secret) -> Grant:
    return Grant(
        tenant="t",
        environment="live",
        connection="h",
        scheme="hmac-sha256",
        secrets=secrets,
        expires_at=expires_at,
    )


def test_the_example_of_the_specification() -> None:
    """The message that the specification's own libraries are tested with has the signature that they give it."""
    secret = Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")

    found = signature(
        secret, id="msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp=1614265330, body=b'{"test": 2432232314}'
    )

    assert found == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_new_secret_is_one_that_receivers_can_read() -> None:
    """The prefix, then ordinary base64 with padding, of 32 bytes; no two are alike."""
    found = {make_secret().reveal() for _ in range(50)}

    assert len(found) == 50
    assert {len(base64.b64decode(each.removeprefix("whsec_"), validate=True)) for each in found} == {32}
    assert {each[:6] for each in found} == {"whsec_"}


@pytest.mark.parametrize(
    "text",
    [
        "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS-",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwAA",
        "whsec_c2hvcnQ=",
        "",
    ],
)
def test_what_a_receiver_would_read_otherwise_signs_nothing(text: str) -> None:
    """Without the prefix, in the other alphabet, without padding, too short; the message does not hold it."""
    with pytest.raises(ValueError) as caught:
        key_of(Secret(text))
    assert not text or text not in str(caught.value)


def test_headers_of_an_attempt() -> None:
    """Id, whole seconds, and one signature for each secret, with a blank between them."""
    both = make_secret(), make_secret()

    found = dict(signed_headers(both, id="msg_1", at=NOW, body=b"{}"))

    assert found["webhook-id"] == "msg_1"
    assert found["webhook-timestamp"] == str(int(NOW.timestamp()))
    assert found["webhook-signature"].split(" ") == [
        signature(each, id="msg_1", timestamp=int(NOW.timestamp()), body=b"{}") for each in both
    ]


def test_the_former_secret_signs_until_it_expires() -> None:
    """Then only the newer one does; a webhook whose secrets were erased has none."""
    new, old = make_secret(), make_secret()
    ends = NOW + dt.timedelta(hours=1)

    assert valid(grant(ends, current=new, previous=old), NOW) == [new, old]
    assert valid(grant(ends, current=new, previous=old), ends) == [new]
    assert valid(grant(None, current=new), NOW) == [new]
    assert valid(grant(), NOW) == []
