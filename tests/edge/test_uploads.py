"""Files beside operations, by the GraphQL multipart request specification."""

from __future__ import annotations

import gzip
import json
from typing import Any

import httpx
import pytest

from ledgermesh.edge.body import PREFLIGHT
from ledgermesh.edge.incoming import Limits
from ledgermesh.graph.upload import Upload
from tests.edge.desk import Desk, code, gateway

FORCED = {"GraphQL-Require-Preflight": "1"}
RECEIVE = "mutation ($files: [Upload!]!) { receive(files: $files) }"
EDGE = "-----x"


def operation(count: int = 1) -> dict[str, Any]:
    """The mutation with so many places for files."""
    return {"query": RECEIVE, "variables": {"files": [None] * count}}


def placed(count: int = 1) -> dict[str, Any]:
    """A file for each of these places."""
    return {str(number): [f"variables.files.{number}"] for number in range(count)}


async def upload(
    http: httpx.AsyncClient, operations: Any, map_: Any, files: Any, headers: dict[str, str] | None = None
) -> httpx.Response:
    """A form as clients make it."""
    data = {"operations": json.dumps(operations), "map": json.dumps(map_)}
    return await http.post("/graphql", data=data, files=files, headers=FORCED if headers is None else headers)


async def form(http: httpx.AsyncClient, body: bytes, media: str | None = None) -> httpx.Response:
    """A form as nobody should make it."""
    media = media or f"multipart/form-data; boundary={EDGE}"
    return await http.post("/graphql", content=body, headers={"Content-Type": media, **FORCED})


def written(*parts: tuple[str, bytes], end: bytes = b"--\r\n") -> bytes:
    """A form of these parts: what stands behind `form-data`, and the content."""
    boundary = f"--{EDGE}".encode()
    each = [
        b"%s\r\nContent-Disposition: form-data%s\r\n\r\n%s\r\n" % (boundary, head.encode(), content)
        for head, content in parts
    ]
    return b"".join(each) + boundary + end


OPERATIONS = ('; name="operations"', json.dumps(operation()).encode())
MAP = ('; name="map"', json.dumps(placed()).encode())
FILE = ('; name="0"; filename="a.txt"', b"x")


async def test_files_arrive(http: httpx.AsyncClient, desk: Desk) -> None:
    """With their names, types and every byte, in the places that the map says."""
    files = {
        "1": ("b.pdf", b"%PDF\r\n--\x00", "application/pdf"),
        "0": ('über "a".txt', b"", "text/plain"),
    }

    answer = await upload(http, operation(2), placed(2), files)

    assert answer.status_code == 200
    assert answer.json()["data"]["receive"][1] == "b.pdf application/pdf %PDF\r\n--\x00"
    seen = desk.questions[0].variables["files"]
    assert [(each.content_type, each.content) for each in seen] == [
        ("text/plain", b""),
        ("application/pdf", b"%PDF\r\n--\x00"),
    ]
    assert seen[0].name.startswith("über")
    assert "PDF" not in repr(seen)


async def test_one_file_in_two_places(http: httpx.AsyncClient) -> None:
    """The map may name several."""
    map_ = {"0": ["variables.files.0", "variables.files.1"]}

    answer = await upload(http, operation(2), map_, {"0": ("a", b"x")})

    assert answer.json() == {"data": {"receive": ["a application/octet-stream x"] * 2}}


async def test_files_in_a_batch(http: httpx.AsyncClient) -> None:
    """Places begin with the number of the operation."""
    map_ = {"a": ["0.variables.files.0"], "b": ["1.variables.files.0"]}
    files = {"a": ("a", b"1", "text/plain"), "b": ("b", b"2", "text/plain")}

    answer = await upload(http, [operation(), operation()], map_, files)

    assert answer.json() == [{"data": {"receive": [f"{each} text/plain {n}"]}} for each, n in ("a1", "b2")]


async def test_a_form_without_files(http: httpx.AsyncClient) -> None:
    """Some clients send every operation as a form."""
    body = written(('; name="operations"', b'{"query": "{ word }"}'), ('; name="map"', b"{}"))

    assert (await form(http, body)).json() == {"data": {"word": "hello"}}


@pytest.mark.parametrize("header", PREFLIGHT)
async def test_any_header_that_browsers_ask_about_first(http: httpx.AsyncClient, header: str) -> None:
    """One of these shows that no page of another origin sent the form on its own."""
    answer = await upload(http, operation(), placed(), {"0": ("a", b"x")}, {header: "1"})

    assert "data" in answer.json()


@pytest.mark.parametrize(
    "headers", [{}, {"GraphQL-Require-Preflight": ""}, {"Origin": "https://evil.example"}]
)
async def test_a_form_that_any_page_can_post(
    http: httpx.AsyncClient, desk: Desk, headers: dict[str, str]
) -> None:
    """Without such a header nothing is read of it: 415, and the message names the headers."""
    answer = await upload(http, operation(), placed(), {"0": ("a", b"x")}, headers)

    assert (415, "UNSUPPORTED_MEDIA_TYPE") == (answer.status_code, code(answer))
    assert "GraphQL-Require-Preflight" in answer.json()["errors"][0]["message"]
    assert desk.questions == []


@pytest.mark.parametrize(
    "map_",
    [
        None,
        [],
        7,
        {"0": "variables.files.0"},
        {"0": [7]},
        {"0": []},
        {},
        {"1": ["variables.files.0"]},
        {"0": ["variables.files.0"], "1": ["variables.files.0"]},
        {"0": ["variables.files.0", "variables.files.0"]},
        {"0": ["variables.files.1"]},
        {"0": ["variables.files.-1"]},
        {"0": ["variables.files.²"]},
        {"0": ["variables.files." + "9" * 5000]},
        {"0": ["variables.files"]},
        {"0": ["variables.other"]},
        {"0": ["variables.files.0.name"]},
        {"0": ["variables"]},
        {"0": ["query"]},
        {"0": [""]},
        {"0": ["."]},
        {"0": ["0.variables.files.0"]},
        {"0": ["variables.files.0"] * 101},
    ],
    ids=lambda map_: repr(map_)[:50],
)
async def test_a_map_that_fits_nothing(http: httpx.AsyncClient, desk: Desk, map_: Any) -> None:
    """A file without a place, a place without a file, or no null there: 400."""
    answer = await upload(http, operation(), map_, {"0": ("a", b"x")})

    assert (400, "BAD_USER_INPUT") == (answer.status_code, code(answer))
    assert desk.questions == []


@pytest.mark.parametrize("operations", [None, 7, "text", [], [7], {}, {"variables": 7}], ids=repr)
async def test_operations_that_hold_no_file(http: httpx.AsyncClient, desk: Desk, operations: Any) -> None:
    """Whatever stands there instead of operations is a 400."""
    answer = await upload(http, operations, placed(), {"0": ("a", b"x")})

    assert (400, "BAD_USER_INPUT") == (answer.status_code, code(answer))
    assert desk.questions == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nonsense",
        b"\r" * 100_000,
        b"preamble\r\n" + written(OPERATIONS, MAP, FILE),
        written(OPERATIONS, MAP, FILE, end=b""),
        written(OPERATIONS, MAP, FILE, end=b"-"),
        written(OPERATIONS, MAP, FILE)[:-20],
        written(),
        written(MAP, FILE),
        written(OPERATIONS, FILE),
        written(OPERATIONS, OPERATIONS, MAP, FILE),
        written(OPERATIONS, MAP, FILE, FILE),
        written(OPERATIONS, MAP, ("", b"x")),
        written(OPERATIONS, MAP, ('; filename="0"', b"x")),
        written(OPERATIONS, MAP, ("; name", b"x")),
        written(OPERATIONS, MAP, ('; name="0"\r\nX: ' + "x" * 9000, b"x")),
        written(('; name="operations"', b"\xff"), MAP, FILE),
        written(('; name="operations"', b"{"), MAP, FILE),
        written(('; name="operations"', b"[" * 10_000), MAP, FILE),
        written(OPERATIONS, ('; name="map"', b""), FILE),
        b"--" + EDGE.encode() + b"\r\nno headers",
    ],
    ids=lambda body: repr(body[-40:]),
)
async def test_a_broken_form_is_the_caller_s_mistake(
    http: httpx.AsyncClient, desk: Desk, body: bytes
) -> None:
    """Whatever is not a whole form of operations, map and files is a 400."""
    answer = await form(http, body)

    assert (400, "BAD_USER_INPUT") == (answer.status_code, code(answer))
    assert desk.questions == []


@pytest.mark.parametrize("boundary", ["", "; boundary", "; boundary=", "; boundary=" + "x" * 300])
async def test_a_form_without_a_boundary(http: httpx.AsyncClient, boundary: str) -> None:
    """Nothing can be found in it: 400."""
    answer = await form(http, written(OPERATIONS, MAP, FILE), f"multipart/form-data{boundary}")

    assert (400, "BAD_USER_INPUT") == (answer.status_code, code(answer))


async def test_a_form_in_another_encoding(http: httpx.AsyncClient) -> None:
    """UTF-8 alone: 415."""
    answer = await form(http, b"", f"multipart/form-data; boundary={EDGE}; charset=utf-16")

    assert (415, "UNSUPPORTED_MEDIA_TYPE") == (answer.status_code, code(answer))


async def test_a_long_content_type(http: httpx.AsyncClient) -> None:
    """Is refused before it is taken apart: 415."""
    answer = await form(
        http, written(OPERATIONS, MAP, FILE), f"multipart/form-data; boundary={EDGE}" + ";" * 1_000
    )

    assert (415, "UNSUPPORTED_MEDIA_TYPE") == (answer.status_code, code(answer))


async def test_forms_have_limits(desk: Desk) -> None:
    """Files, bytes of all of it, also when it is compressed, and of what is parsed as JSON: 413 over any of them."""
    limits = Limits(upload_files_max=2, upload_bytes_max=3_000, body_bytes_max=500)
    async with gateway(desk, limits=limits) as http:
        good = await upload(http, operation(2), placed(2), {"0": ("a", b"x" * 900), "1": ("b", b"y" * 900)})
        three = {str(number): ("a", b"x") for number in range(3)}
        many = await upload(http, operation(3), placed(3), three)
        large = await upload(http, operation(), placed(), {"0": ("a", b"x" * 3_000)})
        wordy = await upload(http, {**operation(), "more": "x" * 500}, placed(), {"0": ("a", b"x")})
        body = gzip.compress(written(OPERATIONS, MAP, ('; name="0"', b"x" * 3_000)))
        media = f"multipart/form-data; boundary={EDGE}"
        headers = {"Content-Type": media, "Content-Encoding": "gzip", **FORCED}
        bomb = await http.post("/graphql", content=body, headers=headers)

    assert good.status_code == 200
    found = [(each.status_code, code(each)) for each in (many, large, wordy, bomb)]
    assert found == [(413, "BODY_TOO_LARGE")] * 4
    assert len(desk.questions) == 1


async def test_the_limits_that_are_promised() -> None:
    """Twelve megabytes and ten files a form, ten operations a batch."""
    limits = Limits()

    assert (limits.upload_bytes_max, limits.upload_files_max, limits.batch_max) == (12_000_000, 10, 10)


async def test_a_file_s_name_cannot_end_a_header(http: httpx.AsyncClient, desk: Desk) -> None:
    """What is not printable is left out of a name; a type that is no plain text is none."""
    head = '; name="0"; filename="a\x00\n\x7fb/../c"\r\nContent-Type: text/\tplain\x00'

    await form(http, written(OPERATIONS, MAP, (head, b"x")))

    assert desk.questions[0].variables["files"] == [Upload("ab/../c", "application/octet-stream", b"x")]


async def test_json_cannot_be_a_file(http: httpx.AsyncClient) -> None:
    """An Upload comes from a form alone, and is written in no document."""
    for body in (
        {"query": RECEIVE, "variables": {"files": ["text"]}},
        {"query": RECEIVE, "variables": {"files": [{"name": "a", "content": "x"}]}},
        {"query": 'mutation { receive(files: ["text"]) }'},
    ):
        answer = await http.post(
            "/graphql", json=body, headers={"Accept": "application/graphql-response+json"}
        )

        assert answer.status_code == 400
        assert "data" not in answer.json()
        assert "multipart" in answer.json()["errors"][0]["message"]


async def test_a_file_is_no_other_value(http: httpx.AsyncClient) -> None:
    """A file in the place of a text is the caller's mistake, and its content is not repeated."""
    body = {"query": "query ($t: String!) { word(text: $t) }", "variables": {"t": None}}

    answer = await upload(http, body, {"0": ["variables.t"]}, {"0": ("a", b"hush")})

    assert code(answer) == "BAD_USER_INPUT"
    assert "hush" not in answer.text
