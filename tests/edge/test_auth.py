"""Who is asking: Bearer and Basic, and everything that is neither."""

from __future__ import annotations

import base64

import pytest
from structlog.testing import capture_logs

from ledgermesh.edge.auth import principal
from ledgermesh.errors import SignIn
from tests.edge.desk import KEY, Desk, code, gateway, registry


def basic(text: str | bytes) -> str:
    return "Basic " + base64.b64encode(text if isinstance(text, bytes) else text.encode()).decode()


@pytest.mark.parametrize(
    "header",
    [
        f"Bearer {KEY}",
        f"bearer   {KEY} ",
        basic(f"{KEY}:"),
        basic(f":{KEY}"),
        basic(f"anyone:{KEY}"),
        basic(f"{KEY}:{KEY}"),
    ],
)
def test_the_same_key_in_every_dress(header: str) -> None:
    """Bearer, Basic with the key as password, Basic with the key as user and no password."""
    assert principal(registry(), header).tenant.id == "t-1"


REFUSED = {
    "nothing": "",
    "no scheme": KEY,
    "another scheme": f"Digest {KEY}",
    "no key": "Bearer",
    "an empty key": "Bearer  ",
    "an unknown key": "Bearer nobody",
    "a key and more": f"Bearer {KEY}x",
    "the key of another case": f"Bearer {KEY.upper()}",
    "its digest": f"Bearer {registry().principal(KEY).key.digest}",  # type: ignore[union-attr]  # the key is there
    "not base64": "Basic ???",
    "base64 cut short": "Basic YWJj=",
    "not ASCII": "Basic ü",
    "not UTF-8": basic(b"\xff\xfe:\xff"),
    "no colon": basic(KEY),
    "a wrong password": basic(f"{KEY}:wrong"),
    "an empty login": basic(":"),
}


@pytest.mark.parametrize("header", REFUSED.values(), ids=REFUSED.keys())
def test_everything_else_is_refused(header: str) -> None:
    """A header without a key that somebody has, and only that: never another error."""
    with pytest.raises(SignIn):
        principal(registry(), header)


async def test_a_refusal_is_a_401_with_a_challenge() -> None:
    """No key, and no word of ours on what was wrong with it beyond that; nothing is executed."""
    desk = Desk()
    for headers in ({}, {"Authorization": "Bearer nobody"}, {"Authorization": b"Basic \xfc"}):
        async with gateway(desk, headers=headers) as http:
            answer = await http.post("/graphql", json={"query": "{ word }"})

        assert (401, "UNAUTHENTICATED") == (answer.status_code, code(answer))
        assert answer.headers["www-authenticate"].startswith("Bearer ")
        assert "nobody has" in answer.text or "Authorization" in answer.text
    assert desk.questions == []


async def test_the_key_comes_before_the_body() -> None:
    """A stranger learns nothing from how a body is refused, and no body of theirs is read."""
    async with gateway(Desk(), headers={}) as http:
        answer = await http.post("/graphql", content=b"{", headers={"Content-Type": "text/plain"})

    assert answer.status_code == 401


async def test_no_key_reaches_the_log_or_the_answer() -> None:
    """Neither a good nor a bad key is repeated anywhere."""
    with capture_logs() as lines:
        for header in (f"Bearer {KEY}", "Bearer almost-a-key", basic("someone:almost-a-key")):
            async with gateway(Desk(), headers={"Authorization": header}) as http:
                answer = await http.post("/graphql?X_ACCOUNT_KEY=hush", json={"query": "{ word }"})
            assert KEY not in answer.text
            assert "almost" not in answer.text

    assert lines
    assert not any(word in repr(lines) for word in (KEY, "almost", "hush", basic("someone:almost-a-key")))
