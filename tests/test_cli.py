"""The commands, as an operator meets them."""

from __future__ import annotations

import re
import shlex
import signal
import socket
import ssl
from pathlib import Path

import httpx
import pytest

from ledgermesh.cli.demo import banner
from ledgermesh.cli.options import address
from ledgermesh.graph.kinds import NAMES
from ledgermesh.providers import discover
from ledgermesh.upstream.stack import LINES
from tests.commands import SECONDS, accountsos_key, process, run
from tests.ports import HOST, free_ports
from tests.shop import ENVIRON, GOOD, HUSH


@pytest.fixture(autouse=True)
def _here(elsewhere: None) -> None:
    """First of all fixtures, as those of this file write to the folder."""


# -- what runs -----------------------------------------------------------------------------------------------------


def test_the_demo_answers_and_stops() -> None:
    """One command; its printed example works as printed, against both ports; Ctrl-C ends it without a word of alarm."""
    gateway, sandbox = free_ports(2)
    with process("demo", "--port", str(gateway), "--sandbox-port", str(sandbox)) as demo:
        text = demo.said("Stop with")
        command = shlex.split(next(line for line in text.splitlines() if line.strip().startswith("curl")))
        url, headers = command[2], dict(re.split(r": ", command[i + 1], maxsplit=1) for i in (3, 5))
        body = command[command.index("-d") + 1]

        answer = httpx.post(url, content=body, headers=headers, timeout=SECONDS)
        control = httpx.get(f"http://{HOST}:{sandbox}/_control", timeout=SECONDS)
        code, errors = demo.stop(signal.SIGINT)

    assert url == f"http://{HOST}:{gateway}/graphql"
    assert "errors" not in answer.json()
    assert len(answer.json()["data"]["company"]["invoices"]["nodes"]) == 3
    assert control.status_code == 200
    assert code == 0
    assert "Traceback" not in errors
    assert "path=/graphql" in errors
    assert "lm_demo_read" not in errors


def test_the_sandbox_stands_alone() -> None:
    """One provider alone, its own paths at the root; SIGTERM ends it well."""
    [port] = free_ports(1)
    with process("sandbox", "--only", "accountsos", "--port", str(port)) as sandbox:
        assert sandbox.said("accountsos") == f"accountsos at http://{HOST}:{port}\n"
        answer = httpx.get(f"http://{HOST}:{port}/api/nothing", timeout=SECONDS)
        code, errors = sandbox.stop(signal.SIGTERM)

    assert answer.status_code in (401, 404)
    assert (code, "Traceback" in errors) == (0, False)


def test_the_sandbox_is_secured(tmp_path: Path) -> None:
    """Only a client that trusts the written certificate reads the provider's own paths over https."""
    [port] = free_ports(1)
    out = tmp_path / "sandbox.pem"
    arguments = ["--only", "accountsos", "--port", str(port), "--tls", "--tls-cert-out", str(out)]
    with process("sandbox", *arguments) as sandbox:
        said = sandbox.said("certificate")
        trusting = ssl.create_default_context(cafile=out)
        url = f"https://localhost:{port}/api/transactions"
        headers = {"Authorization": f"Bearer {accountsos_key()}"}
        answer = httpx.get(url, headers=headers, verify=trusting, timeout=SECONDS)
        with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            httpx.get(url, timeout=SECONDS)
        code, errors = sandbox.stop(signal.SIGTERM)

    assert said == f"accountsos at https://{HOST}:{port}\ncertificate, for clients to trust, in {out}\n"
    assert (answer.status_code, len(answer.json()["transactions"])) == (200, 50)
    assert (code, "Traceback" in errors) == (0, False)
    assert out.exists()


def test_a_temporary_certificate_goes_at_the_end() -> None:
    """Without a place of its own the certificate is written to a folder that is gone when the sandbox has stopped."""
    [port] = free_ports(1)
    with process("sandbox", "--only", "accountsos", "--port", str(port), "--tls") as sandbox:
        path = Path(
            sandbox.said("certificate").splitlines()[1].removeprefix("certificate, for clients to trust, in ")
        )
        text = path.read_text("ascii")
        code, _ = sandbox.stop(signal.SIGTERM)

    assert text.startswith("-----BEGIN CERTIFICATE-----")
    assert "PRIVATE" not in text
    assert (code, path.parent.exists()) == (0, False)


def test_the_gateway_serves_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """The operator's key is known, a demo key is not."""
    for name, text in ENVIRON.items():
        monkeypatch.setenv(name, text)
    Path("ledgermesh.toml").write_text(GOOD, encoding="utf-8")
    with process("serve", "--port", "0") as gateway:
        url = gateway.said("http").strip()
        found = [
            httpx.post(
                f"{url}/graphql",
                json={"query": "{ companies { key } }"},
                headers={"Authorization": f"Bearer {key}"},
                timeout=SECONDS,
            )
            for key in ("acme-key", "lm_demo_read")
        ]
        code, errors = gateway.stop(signal.SIGTERM)

    assert [answer.status_code for answer in found] == [200, 401]
    assert found[0].json()["data"] == {"companies": [{"key": "shop"}]}
    assert (code, "Traceback" in errors, HUSH in errors) == (0, False, False)


# -- what prints ---------------------------------------------------------------------------------------------------


def test_layers_prints_the_order(capsys: pytest.CaptureFixture[str]) -> None:
    """The layers a call passes, in the order of the one list."""
    assert run("layers") == 0

    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == [name for name, _ in LINES]


def test_providers_prints_what_they_can(capsys: pytest.CaptureFixture[str]) -> None:
    """Every provider by name."""
    assert run("providers") == 0

    text = capsys.readouterr().out
    assert all(definition.title in text or name in text for name, definition in discover(NAMES).items())


def test_schema_writes_and_compares(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """What is written is good; what was changed since is named, with an exit code for CI."""
    folder = tmp_path / "schema"
    folder.mkdir()

    assert run("schema", "--folder", str(folder), "--check") == 1
    assert run("schema", "--folder", str(folder)) == 0
    assert run("schema", "--folder", str(folder), "--check") == 0
    (folder / "COVERAGE.md").write_text("changed", encoding="utf-8")
    capsys.readouterr()
    assert run("schema", "--folder", str(folder), "--check") == 1
    assert "COVERAGE.md" in capsys.readouterr().err
    assert "type Query" in (folder / "schema.graphql").read_text(encoding="utf-8")


def test_doctor_says_what_is_good_and_what_cannot_be_reached(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Definitions with the day they were checked, the settings, and each provider's address; 1 when one is away."""
    for name, text in ENVIRON.items():
        monkeypatch.setenv(name, text)
    with socket.socket() as there:
        there.bind((HOST, 0))
        there.listen()
        url = f"http://{HOST}:{there.getsockname()[1]}"
        good = GOOD.replace('provider = "kashoo"', f'provider = "kashoo"\nbase_url = "{url}"')
        Path("ledgermesh.toml").write_text(good, encoding="utf-8")
        assert run("doctor") == 0
        reached = capsys.readouterr().out
    assert run("doctor") == 1
    away = capsys.readouterr().out

    assert f"{discover(NAMES)['kashoo'].checked_on}" in reached
    assert "state good: memory, 0 companies" in reached
    assert "settings good: 1 tenants, 1 keys, 1 companies, 1 connections" in reached
    assert f"{url}: can be reached" in reached
    assert f"{url}: can be reached" not in away
    assert f"{url}: " in away


# -- what is refused -----------------------------------------------------------------------------------------------


def test_mistakes_of_the_settings_are_lines_and_exit_2(capsys: pytest.CaptureFixture[str]) -> None:
    """Every mistake is a line of its own; there is no traceback."""
    Path("ledgermesh.toml").write_text(GOOD, encoding="utf-8")

    for command in ("serve", "doctor"):
        assert run(command) == 2
        errors = capsys.readouterr().err.splitlines()
        assert all(line.startswith("ledgermesh: ") for line in errors)
        assert "ledgermesh: sealing.secrets is empty; give one in LEDGERMESH_SEALING__SECRETS" in errors
        assert "ledgermesh: keys reporting: the environment variable ACME_KEY is not set" in errors


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["serve", "--config", "nowhere.toml"], "nowhere.toml: No such file or directory"),
        (["schema", "--folder", "nowhere"], "nowhere: there is no such folder"),
        (["sandbox", "--only", "quickbooks"], "quickbooks"),
        (["sandbox", "--tls-cert-out", "cert.pem"], "--tls-cert-out needs --tls"),
        (
            ["sandbox", "--tls", "--tls-cert-out", "nowhere/cert.pem"],
            "nowhere/cert.pem: No such file or directory",
        ),
        (["demo", "--port", "70000"], "--port"),
        (["demo", "--scale", "-1"], "--scale"),
        (["demo", "--nothing"], "--nothing"),
        (["nothing"], "nothing"),
    ],
)
def test_what_cannot_be_done_is_said_and_exits_2(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The last line names what is wrong."""
    assert run(*arguments) == 2

    errors = capsys.readouterr().err
    assert words in errors.splitlines()[-1]
    assert "Traceback" not in errors


def test_a_taken_port_is_said_and_exits_2(capsys: pytest.CaptureFixture[str]) -> None:
    """Another process on the port is one clear line."""
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert run("sandbox", "--port", str(port)) == 2

    assert f"ledgermesh: cannot listen on {HOST}:{port}: Address already in use" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:80"),
        ("0.0.0.0", "http://127.0.0.1:80"),  # noqa: S104  # shown; nothing listens here
        ("::", "http://[::1]:80"),
        ("fe80::1", "http://[fe80::1]:80"),
        ("books.test", "http://books.test:80"),
    ],
)
def test_addresses_can_be_opened(host: str, url: str) -> None:
    """An address that means every interface is shown as one that a browser opens."""
    assert address(host, 80) == url
    assert f"{url.removesuffix(':80')}:8000/graphql" in banner(host, 8000, 8100)
