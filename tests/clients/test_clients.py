"""Programs that people really use, against a gateway on a socket.

Needs Node.js 20 and `npm ci` in this folder; the default test command leaves it out:
`pytest tests/clients -o addopts="--strict-markers --import-mode=importlib"`.
"""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from ledgermesh.clock import SystemClock
from ledgermesh.edge.auth import Authenticator
from ledgermesh.edge.incoming import Limits
from ledgermesh.edge.routes import application
from tests.edge.desk import KEY, Desk, registry
from tests.states import KEYS

HERE = Path(__file__).parent
SECONDS = 60
DEMO_KEY = "lm_demo_read"
WRITE_KEY = "lm_demo_write"


@pytest.fixture(scope="module")
def desk() -> Iterator[str]:
    """The address of a small gateway that takes files."""
    answers = Desk()
    app = application(
        answers=answers,
        who=Authenticator(registry(), KEYS, SystemClock()),
        sdl="",
        limits=Limits(),
        pages=[],
    )
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="critical", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/graphql"
    server.should_exit = True
    thread.join(SECONDS)


def node(script: str, url: str, key: str) -> subprocess.CompletedProcess[str]:
    """What a script of this folder says."""
    command = ["node", script, url, key]
    return subprocess.run(command, cwd=HERE, capture_output=True, text=True, timeout=SECONDS, check=False)


def told(script: str, url: str, key: str) -> Any:
    """The JSON that a script prints."""
    ended = node(script, url, key)
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


def test_the_public_audit(demo: str) -> None:
    """Everything that the audit of GraphQL over HTTP asks of a server."""
    ended = node("audit.js", demo, DEMO_KEY)

    print(ended.stdout)
    assert ended.stdout.splitlines()[-1] == "61 of 61"
    assert ended.returncode == 0


def test_apollo_client(demo: str) -> None:
    """Hashes by GET, taught once by POST; three operations in one request; errors with their codes; what is deferred
    comes later, in both formats that this client reads.
    """
    found = told("apollo.js", demo, DEMO_KEY)

    persisted = found["persisted"]
    assert persisted["first"] == persisted["second"] > 0
    assert [(each["method"], each["text"]) for each in persisted["seen"]] == [
        ("GET", False),
        ("POST", True),
        ("GET", False),
    ]
    batched = found["batched"]
    assert batched["requests"] == 1
    assert batched["providers"] > 0 and batched["companies"] > 0
    assert batched["wrong"] == found["single"]["wrong"] == ["GRAPHQL_VALIDATION_FAILED"]
    for name, spec in (("deferred", "deferSpec=20220824"), ("newer", "incrementalSpec=v0.2")):
        assert found[name]["type"] == f'multipart/mixed; boundary="-"; {spec}'
        states = found[name]["states"]
        assert (states[0]["invoices"], states[-1]["invoices"]) == (None, 2)
        assert {each["name"] for each in states} == {"Grand Tour"}


def test_urql(demo: str) -> None:
    """Hashes, taught once by GET too, as this client does it; errors with their codes; events as they happen."""
    found = told("urql.js", demo, DEMO_KEY)

    assert found["first"] == found["second"] > 0
    assert found["wrong"] == ["GRAPHQL_VALIDATION_FAILED"]
    assert [each["text"] for each in found["seen"]][:3] == [False, True, False]
    assert len(set(found["events"])) == 2 and all("-" in each for each in found["events"])
    assert [each["invoices"] for each in found["later"]] == [None, 2]
    assert {(each["name"], each.get("error")) for each in found["later"]} == {("Grand Tour", None)}


def test_graphql_ws(demo: str) -> None:
    """Query, mutation, errors with their codes and events over one WebSocket, which is told its id; a key that
    nobody has is closed with the code and the reason.
    """
    found = told("graphql-ws.js", demo, WRITE_KEY)

    assert found["query"] > 0
    assert [source["status"] for source in found["changed"]["sources"]] == ["PLANNED"]
    assert found["wrong"] == ["GRAPHQL_VALIDATION_FAILED"]
    assert len(set(found["events"])) == 2 and all("-" in each for each in found["events"])
    assert found["closed"] == {"code": 4403, "reason": "nobody has this API key"}
    assert found["seen"] == [["X-Request-Id"]]


def test_a_form_of_a_browser(desk: str) -> None:
    """Node's own FormData, as browsers have it: refused without a header, and else the file is there."""
    found = told("upload.js", desk, KEY)

    assert found["plain"]["status"] == 415
    assert found["asked"] == {"status": 200, "answer": {"data": {"receive": ["büro.txt text/plain content"]}}}
