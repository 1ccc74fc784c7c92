"""Our credentials in a provider's words of refusal go no further."""

from __future__ import annotations

import base64

import pytest

from ledgermesh.errors import Refused
from ledgermesh.state.base import Secret
from ledgermesh.upstream.scrub import scrub

BASIC = "Basic " + base64.b64encode(b"someuser:pass:word-canary").decode()


@pytest.mark.parametrize(
    ("header", "echoed"),
    [
        ("Bearer token-canary", "token-canary"),
        ('TOKEN json:{"authToken":"token-canary"}', "token-canary"),
        ("key-canary", "key-canary"),
        (BASIC, "pass:word-canary"),
        (BASIC, BASIC.removeprefix("Basic ")),
    ],
)
def test_what_was_sent_is_taken_out(header: str, echoed: str) -> None:
    """Whole, its part behind the scheme, or what Basic hides; the words around it stay, and so do other details."""
    error = Refused("no", details={"status": 418, "providerMessage": f"{echoed} is wrong, Bearer"})
    scrub(error, [("authorization", Secret(header))])
    assert error.details == {"status": 418, "providerMessage": "… is wrong, Bearer"}
