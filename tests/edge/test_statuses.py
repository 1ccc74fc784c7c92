"""The newer draft's statuses, which an operator switches on."""

from __future__ import annotations

import httpx
import pytest

from ledgermesh.edge.incoming import Limits
from tests.edge.desk import NEW, OLD, Desk, code, gateway

TYPED = "query ($t: String!) { word(text: $t) }"


@pytest.mark.parametrize(
    ("body", "usual", "newer"),
    [
        ({"query": "{ word }"}, 200, 200),
        ({"query": "{ word slow }"}, 200, 294),
        ({"query": "{ must }"}, 200, 294),
        ({"query": "{"}, 400, 400),
        ({"query": "{ no }"}, 400, 422),
        ({"query": TYPED}, 400, 422),
        ({"query": TYPED, "variables": {"t": None}}, 400, 422),
        ({"query": "query A { word } query B { word }", "operationName": "C"}, 400, 422),
        ({"query": 7}, 400, 400),
        ({}, 400, 400),
    ],
    ids=repr,
)
async def test_the_newer_media_type_tells_more(desk: Desk, body: object, usual: int, newer: int) -> None:
    """422 for what is well-formed and not valid, 294 for data with errors beside it, also for data that is null; the
    older media type stays as it was.
    """
    async with gateway(desk) as http:
        plain = await ask(http, body, NEW)
    async with gateway(desk, limits=Limits(newer_statuses=True)) as http:
        told, old = await ask(http, body, NEW), await ask(http, body, OLD)

    assert (plain.status_code, told.status_code) == (usual, newer)
    assert old.status_code == (400 if "query" not in str(body) or "7" in str(body) else 200)
    assert plain.json().keys() == told.json().keys() == old.json().keys()
    assert ("data" in told.json()) is (newer < 300)


async def ask(http: httpx.AsyncClient, body: object, media: str) -> httpx.Response:
    return await http.post("/graphql", json=body, headers={"Accept": media})


async def test_refusals_keep_their_statuses(desk: Desk) -> None:
    """What is refused before a document is looked at has the status of its error."""
    async with gateway(desk, limits=Limits(newer_statuses=True), headers={}) as http:
        answer = await ask(http, {"query": "{ no }"}, NEW)

    assert (401, "UNAUTHENTICATED") == (answer.status_code, code(answer))
