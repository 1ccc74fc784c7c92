"""What is served where."""

from __future__ import annotations

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from tests.edge.desk import Desk, code, gateway


async def test_the_schema_is_public_text(desk: Desk) -> None:
    """/schema.graphql needs no key and is UTF-8."""
    async with gateway(desk, headers={}) as http:
        answer = await http.get("/schema.graphql")

    assert (200, "text/plain; charset=utf-8") == (answer.status_code, answer.headers["content-type"])
    assert answer.text == desk.schema.as_str()


@pytest.mark.parametrize("path", ["/nothing", "/graphql/", "/graphql/x", "/%ff", "/../etc/passwd", "//"])
async def test_nowhere_is_a_404_in_json(http: httpx.AsyncClient, path: str) -> None:
    """A path that is not served says so in the shape of every other error, and is not repeated."""
    answer = await http.get(path)

    assert (404, "NOT_FOUND") == (answer.status_code, code(answer))
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert "passwd" not in answer.text


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
async def test_another_method_is_a_405_in_json(http: httpx.AsyncClient, method: str) -> None:
    """A method that is not served says which are."""
    answer = await http.request(method, "/graphql", content=b"{}")

    assert (405, "METHOD_NOT_ALLOWED") == (answer.status_code, code(answer))
    assert {"GET", "POST"} <= set(answer.headers["allow"].split(", "))


async def test_a_post_is_not_redirected(http: httpx.AsyncClient) -> None:
    """The endpoint answers at its own path at once."""
    assert (await http.post("/graphql", json={"query": "{ word }"})).status_code == 200


async def test_pages_stand_beside_it(desk: Desk) -> None:
    """Routes that are handed over are served too."""

    async def page(request: Request) -> Response:
        return PlainTextResponse("here")

    async with gateway(desk, pages=[Route("/", page)]) as http:
        assert (await http.get("/")).text == "here"
