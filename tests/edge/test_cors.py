"""Pages of other origins: who may ask, and who may read the answer."""

from __future__ import annotations

import time

import httpx
import pytest

from ledgermesh.edge.cors import ASKED, SHOWN
from ledgermesh.edge.incoming import GRAPHQL_JSON
from ledgermesh.state.minting import BrowserGrant, BrowserTokens
from tests.edge.desk import Desk, code, door
from tests.states import KEYS

OURS, THEIRS, OTHERS, EVIL = (f"https://{each}.example" for each in ("ours", "theirs", "others", "evil"))
TENANTS = {"a": (THEIRS,), "b": (OTHERS,)}
WORD = {"query": "{ word }"}


def gateway(desk: Desk) -> httpx.AsyncClient:
    """Pages of OURS may use keys; THEIRS and OTHERS are allowed by one tenant each."""
    return door(desk, tenants=TENANTS, origins=frozenset((OURS,)))


def token(*origins: str, seconds: int = 60) -> dict[str, str]:
    """The header with a browser token of tenant `a` for pages of these origins."""
    grant = BrowserGrant(
        tenant="a", environment="live", key="a", company="shop", scopes=frozenset(("api.read",)),
        origins=frozenset(origins), expires_at=int(time.time()) + seconds,
    )  # fmt: skip
    return {"Authorization": f"Bearer {BrowserTokens(KEYS).seal(grant)}"}


async def preflight(http: httpx.AsyncClient, origin: str | None, **headers: str) -> httpx.Response:
    """What a browser asks before it lets a page ask."""
    named = {} if origin is None else {"Origin": origin}
    return await http.options(
        "/graphql",
        headers={
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,content-type",
            **named,
            **headers,
        },
    )


def cors(answer: httpx.Response) -> set[str]:
    """The names of the headers that let pages read."""
    return {name for name in answer.headers if name.startswith("access-control-")}


@pytest.mark.parametrize("origin", [OURS, THEIRS, OTHERS])
async def test_a_known_origin_may_ask(desk: Desk, origin: str) -> None:
    """Its own name comes back, with the methods and headers that there are; no key is needed and nothing is run."""
    async with gateway(desk) as http:
        answer = await preflight(http, origin)

    assert (204, b"") == (answer.status_code, answer.content)
    assert answer.headers["access-control-allow-origin"] == origin
    assert answer.headers["access-control-allow-methods"] == "GET, POST"
    assert {"Authorization", "Content-Type", "X-Account-Key"} <= set(ASKED.split(", "))
    assert answer.headers["access-control-allow-headers"] == ASKED
    assert answer.headers["access-control-max-age"] == "600"
    assert "Origin" in answer.headers["vary"]
    assert "access-control-allow-credentials" not in answer.headers
    assert desk.questions == []


@pytest.mark.parametrize(
    "origin", [EVIL, "null", "", "*", f"{OURS}.evil.example", OURS.upper(), f"{OURS}/", None]
)
async def test_a_strange_origin_may_not(desk: Desk, origin: str | None) -> None:
    """403, and nothing that a browser takes for a yes; caches tell origins apart."""
    async with gateway(desk) as http:
        answer = await preflight(http, origin)

    assert (403, "FORBIDDEN") == (answer.status_code, code(answer))
    assert cors(answer) == set()
    assert "Origin" in answer.headers["vary"]


async def test_options_that_is_no_preflight(desk: Desk) -> None:
    """Is a method like any other that is not served."""
    async with gateway(desk) as http:
        answer = await http.options("/graphql", headers={"Origin": OURS})

    assert answer.status_code == 405


async def test_pages_of_the_operator_s_origins_read_everything(desk: Desk) -> None:
    """With any key: answers, refusals and streams alike."""
    async with gateway(desk) as http:
        http.headers["Origin"] = OURS
        key = {"Authorization": "Bearer a"}
        found = [
            await http.post("/graphql", json=WORD, headers=key),
            await http.get("/graphql", params=WORD, headers=key),
            await http.post("/graphql", json=WORD, headers=key | {"Accept": "text/event-stream"}),
            await http.post("/graphql", json={}, headers=key | {"Accept": GRAPHQL_JSON}),
            await http.post("/graphql", json=WORD),
        ]

    assert [each.status_code for each in found] == [200, 200, 200, 400, 401]
    assert {each.headers["access-control-allow-origin"] for each in found} == {OURS}
    assert {each.headers["access-control-expose-headers"] for each in found} == {SHOWN}
    assert all("Origin" in each.headers["vary"] and "Authorization" in each.headers["vary"] for each in found)


async def test_a_browser_token_works_on_the_pages_it_is_for(desk: Desk) -> None:
    """They read the answer; a key of the same tenant gives them nothing to read."""
    async with gateway(desk) as http:
        http.headers["Origin"] = THEIRS
        answer = await http.post("/graphql", json=WORD, headers=token(THEIRS))
        with_key = await http.post("/graphql", json=WORD, headers={"Authorization": "Bearer a"})

    assert (200, THEIRS) == (answer.status_code, answer.headers["access-control-allow-origin"])
    assert "access-control-allow-credentials" not in answer.headers
    assert cors(with_key) == set()
    assert "Origin" in with_key.headers["vary"]


async def test_a_browser_token_on_other_pages(desk: Desk) -> None:
    """Another tenant's page learns that the token is not for it, a stranger's page learns nothing; neither runs."""
    async with gateway(desk) as http:
        others = await http.post("/graphql", json=WORD, headers=token(THEIRS) | {"Origin": OTHERS})
        evil = await http.post("/graphql", json=WORD, headers=token(EVIL) | {"Origin": EVIL})
        ended = await http.post("/graphql", json=WORD, headers=token(THEIRS, seconds=-1) | {"Origin": THEIRS})

    assert (401, OTHERS) == (others.status_code, others.headers["access-control-allow-origin"])
    assert cors(evil) == set()
    assert (401, THEIRS) == (ended.status_code, ended.headers["access-control-allow-origin"])
    assert len(desk.questions) == 1


async def test_without_an_origin_nothing_is_said(desk: Desk) -> None:
    """Callers that are no browsers; caches are still told that origins matter."""
    async with gateway(desk) as http:
        answer = await http.post("/graphql", json=WORD, headers={"Authorization": "Bearer a"})

    assert cors(answer) == set()
    assert answer.headers["vary"].endswith(", Origin")


async def test_other_paths_are_left_alone(desk: Desk) -> None:
    """What is not /graphql says for itself who may read it."""
    async with gateway(desk) as http:
        answer = await http.get("/elsewhere", headers={"Origin": OURS})

    assert answer.status_code == 404
    assert cors(answer) == set()
