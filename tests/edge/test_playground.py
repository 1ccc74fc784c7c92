"""The playground over plain HTTP: its policy, its files, and what cannot be reached through it."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from ledgermesh.playground import (
    BUILT,
    Example,
    ExampleError,
    PlaygroundCompany,
    PlaygroundConfig,
    PlaygroundKey,
    read_examples,
    routes,
)

CONFIG = PlaygroundConfig(
    environment="sandbox",
    keys=(PlaygroundKey("Read only", "lm_demo_read"),),
    companies=(PlaygroundCompany("maple-bakery", "Maple Bakery"),),
    default_company="maple-bakery",
    examples=(Example("newest-invoices", "The newest invoices.", "{ a }", {"first": 5}),),
)


def client(app: Starlette) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway.test")


def playground() -> httpx.AsyncClient:
    return client(Starlette(routes=routes(CONFIG)))


def policy(answer: httpx.Response) -> dict[str, str]:
    parts = answer.headers["content-security-policy"].split("; ")
    return {name: rest for name, _, rest in (part.partition(" ") for part in parts)}


async def test_page_policy_forbids_foreign_and_inline_scripts() -> None:
    """Scripts come from our own files only; nothing inline, nothing evaluated, no frame around the page."""
    async with playground() as http:
        answer = await http.get("/")
    rules = policy(answer)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == rules["worker-src"] == rules["connect-src"] == "'self'"
    assert "'unsafe-inline'" not in rules["style-src-elem"]
    assert rules["frame-ancestors"] == "'none'"
    assert "http" not in answer.headers["content-security-policy"]


async def test_page_holds_no_inline_code() -> None:
    """Every script of the page is a file beside it, so the strict policy costs nothing."""
    async with playground() as http:
        html = (await http.get("/")).text
    scripts = re.findall(r"<script([^>]*)>(.*?)</script>", html, re.DOTALL)
    assert scripts
    assert all('src="./playground/assets/' in attributes and not body for attributes, body in scripts)
    assert "<style" not in html
    assert "://" not in html.replace("http://www.w3.org/2000/svg", "")


async def test_nonce_is_fresh_and_the_same_in_page_and_policy() -> None:
    """Two answers never share a nonce; within one, page and policy agree and no placeholder is left."""
    async with playground() as http:
        first, second = await http.get("/"), await http.get("/")
    seen = []
    for answer in (first, second):
        (nonce,) = re.findall(r"'nonce-([^']+)'", policy(answer)["style-src-elem"])
        assert set(re.findall(r'nonce="([^"]+)"', answer.text)) == {nonce}
        assert len(nonce) >= 22
        seen.append(nonce)
    assert seen[0] != seen[1]
    assert first.headers["cache-control"] == "no-store"


async def test_config_is_what_the_caller_gave() -> None:
    """`config.json` carries the documented names and is never stored by a browser."""
    async with playground() as http:
        answer = await http.get("/playground/config.json")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json() == {
        "environment": "sandbox",
        "keys": [{"label": "Read only", "key": "lm_demo_read"}],
        "companies": [{"key": "maple-bakery", "name": "Maple Bakery"}],
        "defaultCompany": "maple-bakery",
        "examples": [
            {
                "name": "newest-invoices",
                "group": None,
                "description": "The newest invoices.",
                "query": "{ a }",
                "variables": {"first": 5},
            }
        ],
    }


@pytest.mark.parametrize("encoding", ["gzip", "identity", "gzip;q=0", "br, gzip;q=0.5"])
async def test_every_built_file_is_served_as_built(encoding: str) -> None:
    """Each file arrives with its content, its type and caching for ever, compressed only where that is taken."""
    types = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".ttf": "font/ttf"}
    files = sorted((BUILT / "playground" / "assets").iterdir())
    assert {".js", ".css", ".ttf"} == {path.suffix for path in files}
    async with playground() as http:
        for path in files:
            headers = {"Accept-Encoding": encoding}
            answer = await http.get(f"/playground/assets/{path.name}", headers=headers)
            assert answer.status_code == 200
            assert answer.content == path.read_bytes()
            assert answer.headers["content-type"] == types[path.suffix]
            assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
            assert answer.headers["vary"] == "Accept-Encoding"
            packed = encoding in ("gzip", "br, gzip;q=0.5")
            assert answer.headers.get("content-encoding") == ("gzip" if packed else None)


async def test_page_names_only_files_that_exist() -> None:
    """Whatever the page asks for first is there."""
    async with playground() as http:
        html = (await http.get("/")).text
        names = re.findall(r'(?:src|href)="\./(playground/assets/[^"]+)"', html)
        answers = [await http.get(f"/{name}") for name in names]
    assert len(names) >= 2
    assert {answer.status_code for answer in answers} == {200}


@pytest.mark.parametrize(
    "path",
    [
        "/playground/assets/nothing.js",
        "/playground/assets/",
        "/playground/assets/index.html",
        "/playground/assets/../../index.html",
        "/playground/assets/..%2f..%2findex.html",
        "/playground/assets/%2e%2e/%2e%2e/index.html",
        "/playground/assets/..%5c..%5cindex.html",
        "/playground/assets/..%2f..%2f..%2f__init__.py",
        "/playground/assets/%2fetc%2fpasswd",
        "/playground/assets//etc/passwd",
        "/playground/assets/index.js%00.css",
        "/playground/other.json",
    ],
)
async def test_nothing_else_is_reachable(path: str) -> None:
    """A name that was not built is a 404, however it is written."""
    app = Starlette(routes=routes(CONFIG))
    async with client(app) as http:
        request = http.build_request("GET", "/")
        # As raw bytes: the client would tidy the dots away before they are sent.
        request.url = httpx.URL("http://gateway.test").copy_with(raw_path=path.encode())
        answer = await http.send(request)
    assert answer.status_code == 404
    assert b"script" not in answer.content


async def test_head_answers_like_get() -> None:
    """`HEAD` is allowed wherever `GET` is, writing methods are not."""
    name = next((BUILT / "playground" / "assets").iterdir()).name
    async with playground() as http:
        for path in ("/", "/playground/config.json", f"/playground/assets/{name}"):
            head = await http.head(path)
            assert head.status_code == 200
            assert head.headers["content-type"] == (await http.get(path)).headers["content-type"]
            assert (await http.post(path)).status_code == 405


async def test_works_under_a_mount_path() -> None:
    """Under `/books/` the page and the files it names relative to itself are served."""
    app = Starlette(routes=[Mount("/books", routes=routes(CONFIG))])
    async with client(app) as http:
        page = await http.get("/books/")
        (script,) = re.findall(r'<script[^>]*src="\./([^"]+)"', page.text)
        answer = await http.get(f"/books/{script}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"


def test_built_files_stay_within_their_budget() -> None:
    """All built files weigh at most 7 MB, and 2 MB as they travel."""
    contents = [path.read_bytes() for path in BUILT.rglob("*") if path.is_file()]
    assert sum(map(len, contents)) < 7_000_000
    assert sum(len(gzip.compress(content, 6)) for content in contents) < 2_000_000


def test_built_files_name_no_other_host_to_load_from() -> None:
    """No content delivery network is named in what we serve."""
    for path in BUILT.rglob("*.js"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"https?://(?:[\w.-]+\.)?(?:unpkg|jsdelivr|esm\.sh|cdnjs|googleapis)", text), (
            path.name
        )


def test_examples_are_read_from_their_folder(tmp_path: Path) -> None:
    """One example per file, by name: opening comments are the description, variables lie beside."""
    (tmp_path / "b-later.graphql").write_text("query Later { a }\n# not a description\n")
    (tmp_path / "a-first.graphql").write_text("# What the\n# first does.\n\nquery First { a }\n")
    (tmp_path / "a-first.variables.json").write_text(json.dumps({"first": 3}))
    first, later = read_examples(tmp_path)
    assert (first.name, first.description, first.variables) == (
        "a-first",
        "What the first does.",
        {"first": 3},
    )
    assert first.query.endswith("query First { a }\n")
    assert (later.name, later.description, later.variables) == ("b-later", "", {})


def test_folders_of_examples_are_groups(tmp_path: Path) -> None:
    """Those at the top come first and have no group; each folder is one, named in words, with its own variables."""
    for name in ("write-back/bill", "records/invoices", "records/deeper/unseen", "records/bills", "zuletzt"):
        path = tmp_path / f"{name}.graphql"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{ a }")
    (tmp_path / "records" / "bills.variables.json").write_text('{"first": 3}')
    (tmp_path / "empty").mkdir()
    read = read_examples(tmp_path)
    assert [(each.name, each.group, each.variables) for each in read] == [
        ("zuletzt", None, {}),
        ("records/bills", "Records", {"first": 3}),
        ("records/invoices", "Records", {}),
        ("write-back/bill", "Write back", {}),
    ]


@pytest.mark.parametrize("text", ["[1]", "{"])
def test_bad_variables_are_named(tmp_path: Path, text: str) -> None:
    """Variables that are no JSON object are an error that names the file."""
    (tmp_path / "a.graphql").write_text("{ a }")
    (tmp_path / "a.variables.json").write_text(text)
    with pytest.raises(ExampleError, match=r"a\.variables\.json: variables must be one JSON object"):
        read_examples(tmp_path)
