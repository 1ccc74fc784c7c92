"""What every answer carries, and the line it leaves in the log."""

from __future__ import annotations

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from structlog.testing import capture_logs

from tests.edge.desk import Desk, gateway, post


@pytest.mark.parametrize("path", ["/graphql", "/nothing", "/healthz", "/schema.graphql"])
async def test_every_answer_is_safe_to_show(http: httpx.AsyncClient, path: str) -> None:
    """No sniffing, no referrer, no frame around it, and an id that finds its line in the log."""
    answer = await http.get(path)

    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["x-request-id"]


async def test_a_page_may_have_a_policy_of_its_own(desk: Desk) -> None:
    """What an answer says itself is left as it is."""

    async def page(request: Request) -> Response:
        return PlainTextResponse("", headers={"Content-Security-Policy": "default-src 'self'"})

    async with gateway(desk, pages=[Route("/page", page)]) as http:
        answer = await http.get("/page")

    assert answer.headers.get_list("content-security-policy") == ["default-src 'self'"]


async def test_one_line_a_request(http: httpx.AsyncClient) -> None:
    """Method, path, status, milliseconds and the id; nothing of the query string, the headers or the body."""
    with capture_logs() as lines:
        await http.get("/graphql?query=%7Bword%7D&secret=hush", headers={"X-Request-Id": "r-1"})
        await post(http, b'{"query": "hush"}')
        await http.get("/nothing?hush")

    assert [(line["method"], line["path"], line["status"]) for line in lines] == [
        ("GET", "/graphql", 200),
        ("POST", "/graphql", 200),
        ("GET", "/nothing", 404),
    ]
    assert lines[0]["request_id"] == "r-1"
    assert all(line["ms"] >= 0 for line in lines)
    assert "hush" not in repr(lines)


async def test_probes_are_for_debugging(http: httpx.AsyncClient) -> None:
    """Lines of probes are of a level that is usually left out."""
    with capture_logs() as lines:
        await http.get("/readyz")

    assert [line["log_level"] for line in lines] == ["debug"]


async def test_a_long_path_is_cut(http: httpx.AsyncClient) -> None:
    """A caller does not fill the log with one request."""
    with capture_logs() as lines:
        await http.get("/" + "x" * 10_000)

    assert len(lines[0]["path"]) == 200


async def test_a_link_to_a_file_is_not_logged(http: httpx.AsyncClient) -> None:
    """Whoever has it may read the file, and a log is read by others."""
    with capture_logs() as lines:
        await http.get("/files/good")

    assert [line["path"] for line in lines if line["event"] == "request"] == ["/files/…"]


async def test_a_page_that_fails_leaves_its_line(desk: Desk) -> None:
    """An exception that nobody caught is a line with status 500, and still reaches the server."""

    async def page(request: Request) -> Response:
        raise ZeroDivisionError

    async with gateway(desk, pages=[Route("/page", page)]) as http:
        with capture_logs() as lines, pytest.raises(ZeroDivisionError):
            await http.get("/page")

    assert [line["status"] for line in lines] == [500]
