"""The tools over what agents really use: a process of their own, and `/mcp` of a served gateway."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import httpx2
import pytest
import structlog
from mcp.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client

from ledgermesh.cli.options import address
from tests.commands import SECONDS, process, run
from tests.edge.mcp.gateway import Person, failed, planned, said
from tests.ports import HOST, free_ports


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A demo that runs."""
    gateway, sandbox = free_ports(2)
    with process("demo", "--port", str(gateway), "--sandbox-port", str(sandbox)) as demo:
        demo.said("Stop with")
        # The first call has the tools loaded; a client that waits too long for it goes on as an older one would.
        ask = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
        headers = {"Authorization": "Bearer lm_demo_read", "Accept": "application/json, text/event-stream"}
        answer = httpx2.post(f"{address(HOST, gateway)}/mcp", json=ask, headers=headers, timeout=SECONDS)
        assert answer.status_code == 200
        yield address(HOST, gateway)
        _, errors = demo.stop(signal.SIGTERM)
    assert "Traceback" not in errors
    assert "Bearer" not in errors


def command(url: str, key: str) -> StdioServerParameters:
    """The command as an agent's settings name it."""
    arguments = ["-m", "ledgermesh", "mcp", "--url", url]
    return StdioServerParameters(
        command=sys.executable, args=arguments, env={**os.environ, "LEDGERMESH_API_KEY": key}
    )


@pytest.fixture
def quiet(tmp_path: Path) -> Iterator[TextIO]:
    """Where a command's own lines go."""
    with (tmp_path / "errors").open("w") as found:
        yield found


async def test_over_standard_input_and_output(url: str, quiet: TextIO) -> None:
    """The command serves the tools of a running gateway; a write goes out after a person said so."""
    person = Person(True)
    async with Client(
        stdio_client(command(url, "lm_demo_write"), quiet), elicitation_callback=person
    ) as client:
        tools = {tool.name for tool in (await client.list_tools()).tools}
        companies = json.loads(await said(client, "execute", query="{ companies { key } }"))
        plan = await planned(client)
        sent = json.loads(await said(client, "commit", planToken=plan["planToken"]))

    assert {"search", "commit", "newest-invoices"} <= tools
    assert len(companies["data"]["companies"]) == 4
    assert "POST " in person.shown[0]
    assert sent["data"]["commit"]["sources"][0]["status"] == "COMMITTED"


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_over_http(url: str, mode: str) -> None:
    """The gateway's own `/mcp`: tools by the key of each request, asked for like everything else of the gateway."""
    headers = {"Authorization": "Bearer lm_demo_write"}
    person = Person(True)
    async with (
        httpx2.AsyncClient(headers=headers, timeout=SECONDS) as http,
        Client(
            streamable_http_client(f"{url}/mcp", http_client=http), elicitation_callback=person, mode=mode
        ) as client,
    ):
        tools = {tool.name for tool in (await client.list_tools()).tools}
        found = await said(client, "search", words="overdue invoices")
        plan = await planned(client)
        if mode == "auto":
            sent = json.loads(await said(client, "commit", planToken=plan["planToken"]))
            assert sent["data"]["commit"]["sources"][0]["status"] == "COMMITTED"
        else:
            # A handshake of older clients has no way back to ask on, so nobody was asked and nothing is sent.
            error = await failed(client, "commit", planToken=plan["planToken"], approve=True)
            assert error["code"] == "FORBIDDEN"

    assert ("commit" in tools) == (mode == "auto")
    assert "overdue-invoices" in found
    assert len(person.shown) == (1 if mode == "auto" else 0)


async def test_nobody_without_a_key_gets_in(url: str) -> None:
    """No key or a wrong one is a 401 before anything is looked at; a hostile body is a 4xx."""
    ask = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
    both = {"Accept": "application/json, text/event-stream"}
    good = {**both, "Authorization": "Bearer lm_demo_read", "Content-Type": "application/json"}
    async with httpx2.AsyncClient(base_url=url, timeout=SECONDS) as http:
        none = await http.post("/mcp", json=ask, headers=both)
        wrong = await http.post("/mcp", json=ask, headers={**both, "Authorization": "Bearer nobody"})
        read = await http.post("/mcp", json=ask, headers=good)
        bad = [
            await http.post("/mcp", content=body, headers=good)
            for body in (b"", b"{", b"\xff", b"[" * 50_000, b"1", b" " * 1_100_000)
        ]

    assert (none.status_code, wrong.status_code) == (401, 401)
    assert none.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert "WWW-Authenticate" in none.headers
    assert "commit" not in {tool["name"] for tool in read.json()["result"]["tools"]}
    assert [each.status_code // 100 for each in bad] == [4] * len(bad)


@pytest.fixture
def own_log() -> Iterator[None]:
    """A command in this process sets up its log; others go on with theirs."""
    yield
    structlog.reset_defaults()


@pytest.mark.usefixtures("own_log")
def test_the_command_says_what_is_missing(
    url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No key, a key that nobody has, a gateway that is not there: one line each, and exit code 2."""
    monkeypatch.delenv("LEDGERMESH_API_KEY", raising=False)
    assert run("mcp", "--url", url) == 2
    monkeypatch.setenv("LEDGERMESH_API_KEY", "nobody")
    assert run("mcp", "--url", url) == 2
    assert run("mcp", "--url", address(HOST, free_ports(1)[0])) == 2

    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "ledgermesh: the environment variable LEDGERMESH_API_KEY holds no API key"
    assert lines[1].endswith("nobody has this API key")
    assert "cannot be reached" in lines[2]


def test_starting_a_gateway_loads_no_protocol() -> None:
    """The package of the protocol is loaded by those who ask for the tools, not by every start."""
    program = "import sys, ledgermesh.cli; sys.exit('mcp' in sys.modules or 'mcp_types' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", program], check=False, timeout=SECONDS).returncode == 0
