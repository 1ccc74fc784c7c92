"""Administration by command, directly in the store."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from ledgermesh.cli.desk import opened
from ledgermesh.clock import SystemClock
from ledgermesh.graph.kinds import NAMES
from ledgermesh.providers import discover
from ledgermesh.settings import bootstrap, read_settings
from tests.commands import accountsos_key, process, run
from tests.ports import HOST, free_ports
from tests.shop import ENVIRON, HUSH


@pytest.fixture(autouse=True)
def _here(elsewhere: None) -> None:
    """First of all fixtures, as those of this file write to the folder."""


FILED = """
[state]
url = "file:./state"
"""


def out(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What an administrator's command prints."""
    capsys.readouterr()
    assert run("admin", *arguments) == 0
    return capsys.readouterr().out


@pytest.fixture
def filed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings whose state is a folder, and nothing declared."""
    monkeypatch.setenv("LEDGERMESH_SEALING__SECRETS", ENVIRON["LEDGERMESH_SEALING__SECRETS"])
    Path("ledgermesh.toml").write_text(FILED, encoding="utf-8")


@pytest.mark.usefixtures("filed")
def test_tenants_companies_and_connections_by_command(capsys: pytest.CaptureFixture[str]) -> None:
    """What one command made the next one finds, in the store that the settings name."""
    for id in ("north", "south"):
        assert out(capsys, "create-tenant", id, "--name", id.title()) == f"{id}\n"
    assert out(capsys, "tenants") == "north\tNorth\t\nsouth\tSouth\t\n"
    company = ("bakery", "--name", "Bakery", "--tenant", "north", "--environment", "sandbox")
    assert out(capsys, "create-company", *company) == "bakery\n"
    out(capsys, "share", "bakery", "--tenant", "south", "--environment", "sandbox")
    assert out(capsys, "companies", "--environment", "sandbox") == "bakery\tBakery\tnorth\tnorth south\n"
    assert out(capsys, "companies") == ""
    out(capsys, "unshare", "bakery", "--tenant", "south", "--environment", "sandbox")

    link = ("bakery", "--provider", "kashoo", "--setting", "business_id=7", "--environment", "sandbox")
    id = out(capsys, "create-connection", *link).strip()
    assert "PENDING" in out(capsys, "connections", "--environment", "sandbox")
    for command, state in (("pause", "PAUSED"), ("resume", "PENDING"), ("disconnect", "REVOKED")):
        out(capsys, command, id, "--environment", "sandbox")
        assert state in out(capsys, "connections", "--environment", "sandbox")
    out(capsys, "delete-company", "bakery", "--environment", "sandbox")
    assert out(capsys, "connections", "--environment", "sandbox") == ""


@pytest.mark.usefixtures("filed")
def test_keys_by_command(capsys: pytest.CaptureFixture[str]) -> None:
    """A key is printed once; rotated there are two, revoked one less; the log names ids and no key."""
    out(capsys, "create-tenant", "north", "--name", "North")
    given = (
        "--tenant",
        "north",
        "--name",
        "Reports",
        "--scope",
        "api.read",
        "--scope",
        "admin",
        "--days",
        "7",
    )
    capsys.readouterr()
    assert run("admin", "create-key", *given) == 0
    said = capsys.readouterr()
    id, key = said.out.strip().split("\t")
    assert key.startswith("lm_live_")
    assert (id in said.err, key in said.err) == (True, False)
    listed = out(capsys, "keys", "--tenant", "north")
    assert (key[:12] in listed, key in listed, "admin api.read" in listed) == (True, False, True)

    new = out(capsys, "rotate-key", id, "--tenant", "north").split("\t")[0]
    assert len(out(capsys, "keys", "--tenant", "north").splitlines()) == 2
    out(capsys, "revoke-key", id, "--tenant", "north")
    assert out(capsys, "keys", "--tenant", "north").startswith(new)
    assert out(capsys, "rewrap") == "0\n"


def test_connect_links_with_a_secret_of_the_environment(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Tried at the provider and kept, by the connection that waits for it; nothing prints the secret."""
    [port] = free_ports(1)
    url = f"http://{HOST}:{port}/api"
    monkeypatch.setenv("LEDGERMESH_SEALING__SECRETS", ENVIRON["LEDGERMESH_SEALING__SECRETS"])
    link = f"""{FILED}
[sandbox]
base_urls = {{ accountsos = "{url}" }}

[[tenants]]
id = "north"
name = "North"
allowed_urls = ["https://app.test"]

[[companies]]
key = "bakery"
name = "Bakery"
environment = "sandbox"
tenants = ["north"]
owner = "north"
"""
    Path("ledgermesh.toml").write_text(link, encoding="utf-8")
    declare()
    where = ("--environment", "sandbox")
    waiting = out(capsys, "create-connection", "bakery", "--provider", "accountsos", *where).strip()
    given = ("--company", "bakery", "--provider", "accountsos", *where)
    with process("sandbox", "--only", "accountsos", "--port", str(port)) as sandbox:
        sandbox.said("accountsos")
        monkeypatch.setenv("BOOKS_KEY", HUSH)
        assert run("connect", *given, "--secret", "api_key=BOOKS_KEY") == 2
        assert "PENDING" in out(capsys, "connections", *where)
        monkeypatch.setenv("BOOKS_KEY", accountsos_key())
        assert run("connect", *given, "--secret", "api_key=BOOKS_KEY") == 0
    said = capsys.readouterr()
    assert said.out.strip() == waiting
    assert accountsos_key() not in said.err
    assert "ACTIVE" in out(capsys, "connections", *where)


def declare() -> None:
    """What a start of the server does with the settings."""

    async def start() -> None:
        settings, clock = read_settings(os.environ), SystemClock()
        async with opened(settings, clock) as state:
            await bootstrap(state, settings, discover(NAMES), os.environ)

    asyncio.run(start())


@pytest.mark.usefixtures("filed")
def test_connect_prints_the_page(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """At the address by which the gateway is reached; back to the tenant's own pages and nowhere else."""
    monkeypatch.setenv("LEDGERMESH_SERVER__PUBLIC_URL", "https://books.test")
    out(capsys, "create-tenant", "north", "--name", "North", "--allowed-url", "https://app.test")
    out(capsys, "create-company", "bakery", "--name", "Bakery", "--tenant", "north")
    assert run("connect", "--company", "bakery", "--return-url", "https://app.test/done") == 0
    assert capsys.readouterr().out.startswith("https://books.test/connect/lm_link_")
    for wrong, words in (
        (("--return-url", "https://evil.test"), "`returnUrl`"),
        (("--secret", "api_key=NOWHERE"), "NOWHERE is not set"),
        (("--provider", "cashew"), "no such provider"),
    ):
        assert run("connect", "--company", "bakery", *wrong) == 2
        assert words in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.usefixtures("filed")
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["companies", "--config", "memory.toml"], "state.url is memory:"),
        (["create-company", "x", "--name", "X", "--tenant", "nobody"], "there is no tenant with this id"),
        (["share", "nothing", "--tenant", "nobody"], "there is no such company"),
        (["pause", "nothing"], "there is no such connection"),
        (["revoke-key", "nothing", "--tenant", "nobody"], "there is no tenant with this id"),
        (
            ["create-connection", "x", "--provider", "kashoo", "--setting", "word"],
            "--setting is given as name=value",
        ),
    ],
)
def test_what_an_administrator_cannot_do_is_said(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line, exit code 2."""
    Path("memory.toml").write_text("", encoding="utf-8")
    assert run("admin", *arguments) == 2
    errors = capsys.readouterr().err
    assert words in errors.splitlines()[-1]
    assert "Traceback" not in errors
