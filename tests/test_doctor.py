"""`ledgermesh doctor`: every kind of trouble is named with what to do, and nothing secret is printed."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import format_datetime
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from ledgermesh.clock import SystemClock
from ledgermesh.sandbox.certificate import self_signed
from ledgermesh.settings import to_key
from ledgermesh.state.base import Grant, Secret
from ledgermesh.state.entries import ConnectionEntry, Entry, KeyEntry, Standing, WebhookEntry
from ledgermesh.state.opening import open_store
from ledgermesh.state.shared import make_state
from tests.commands import run
from tests.ports import HOST, free_ports
from tests.shop import GOOD, HUSH

NOW = SystemClock().now()
DAY = dt.timedelta(days=1)
HUSHED = "tell-nobody-of-this"


@pytest.fixture(autouse=True)
def _here(shop: None) -> None:
    """First of all fixtures, as those of this file write to the folder."""


class Peer(BaseHTTPRequestHandler):
    """A host whose clock is off, and a gateway of which providers differ."""

    ahead = dt.timedelta(0)
    asked: list[tuple[str, str, dict[str, str]]]

    def do_GET(self) -> None:
        self._answer(
            b'{"status": "ready"}'
            if self.path == "/readyz"
            else b"# TYPE ledgermesh_provider_drift_total counter\n"
            b'ledgermesh_provider_drift_total{provider="kashoo",kind="unknown_field"} 7.0\n'
        )

    def do_HEAD(self) -> None:
        self._answer(b"")

    def _answer(self, body: bytes) -> None:
        self.asked.append((self.command, self.path, dict(self.headers)))
        self.send_response_only(200)
        self.send_header("Date", format_datetime(dt.datetime.now(dt.UTC) + self.ahead, usegmt=True))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""


@contextmanager
def peer(
    ahead: dt.timedelta = dt.timedelta(0),
) -> Iterator[tuple[str, list[tuple[str, str, dict[str, str]]]]]:
    """Its address, and what it was asked."""
    asked: list[tuple[str, str, dict[str, str]]] = []
    handler = type("Handler", (Peer,), {"ahead": ahead, "asked": asked})
    with HTTPServer((HOST, 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://{HOST}:{server.server_address[1]}", asked
        finally:
            server.shutdown()
            thread.join()


def settled(url: str, more: str = "", server: str = "") -> None:
    """Settings of a shop whose books are at this address."""
    text = GOOD.replace('provider = "kashoo"', f'provider = "kashoo"\nbase_url = "{url}"')
    text = text.replace("port = 9000", f"port = 9000\n{server}")
    Path("ledgermesh.toml").write_text(text + more, encoding="utf-8")


def looked(capsys: pytest.CaptureFixture[str], *more: str) -> tuple[int, dict[str, list[dict[str, Any]]]]:
    """Exit code, and what has to be done by area."""
    capsys.readouterr()
    code = run("doctor", "--json", *more)
    text = capsys.readouterr().out
    assert not any(secret in text for secret in (HUSH, HUSHED, "sixteen letters", "acme-key"))
    found: dict[str, list[dict[str, Any]]] = {}
    for each in json.loads(text):
        assert each["good"] == (each["remedy"] is None)
        if not each["good"]:
            found.setdefault(each["area"], []).append(each)
    return code, found


def test_nothing_wrong_is_0(capsys: pytest.CaptureFixture[str]) -> None:
    """A shop whose provider is there and whose clock is right; the provider is sent no credentials."""
    with peer() as (url, asked):
        settled(url)
        assert looked(capsys) == (0, {})
        assert run("doctor") == 0

    assert "clock good" in capsys.readouterr().out
    assert {(method, path) for method, path, _ in asked} == {("HEAD", "/")}
    assert not any(
        {"authorization", "cookie"} & {name.casefold() for name in headers} for _, _, headers in asked
    )


def test_a_clock_that_is_off_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    """Both ways, with how far."""
    for ahead, words in ((dt.timedelta(minutes=10), "seconds ahead of ours"), (-DAY, "seconds behind ours")):
        with peer(ahead) as (url, _):
            settled(url)
            code, found = looked(capsys)
        assert (code, list(found)) == (1, ["clock"])
        assert words in found["clock"][0]["message"]


def test_keys_that_end_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    """One that ended and one that ends within two weeks, not the one that ends later."""
    more = "".join(
        f'\n[[keys]]\nid = "{name}"\ntenant = "acme"\nsha256 = "{digit * 64}"\n'
        f"expires_at = {NOW + days * DAY:%Y-%m-%dT%H:%M:%SZ}\n"
        for name, digit, days in (("old", "1", -1), ("soon", "2", 3), ("late", "3", 90))
    )
    with peer() as (url, _):
        settled(url, more)
        code, found = looked(capsys)

    assert code == 1
    assert [each["message"].split(" on ")[0] for each in found["keys"]] == [
        "key old of acme ended",
        "key soon of acme ends",
    ]
    assert "rotate" in found["keys"][0]["remedy"]


def test_what_the_store_holds_is_looked_at(capsys: pytest.CaptureFixture[str]) -> None:
    """Secrets that do not open, tokens and sign-ins that end, a digest that is none, a webhook that is barred."""
    asyncio.run(filled())
    with peer() as (url, _):
        settled(url, '\n[state]\nurl = "file:./state"\n')
        code, found = looked(capsys)

    assert code == 1
    said = {each["message"].partition(":")[0]: each["message"] for each in found["connections"]}
    assert set(said) == {"foreign", "stale", "gone", "ending"}
    assert "cannot be renewed" in said["stale"]
    assert "NEEDS_REAUTH" in said["gone"]
    assert "for good" in said["ending"]
    assert [each["message"] for each in found["keys"]] == [
        "key odd of acme: its digest is no SHA-256, so nobody has this key"
    ]
    assert [each["message"].partition(": ")[0] for each in found["reach"]] == [
        "http://127.0.0.1:9, given by a tenant",
        "https://127.0.0.1, given by a tenant",
    ]


def put(entry: Entry, old: Entry | None) -> Entry:
    return entry


async def filled() -> None:
    """A store with everything that can be wrong in it."""
    clock = SystemClock()
    store = await open_store("file:./state", clock)
    mine = make_state(store, (to_key("sixteen letters at least"),), clock)
    theirs = make_state(store, (to_key("another secret of sixteen"),), clock)
    await mine.directory.load()
    entries: list[Entry] = [
        KeyEntry(id="odd", digest="", tenant="acme", environment="live", scopes=frozenset()),
        WebhookEntry(
            id="w", tenant="acme", environment="live", url=f"https://127.0.0.1/{HUSHED}", events=frozenset()
        ),
        Standing(
            environment="live", connection="gone", state="NEEDS_REAUTH", reason="refused", since=NOW - DAY
        ),
        Standing(environment="live", connection="ending", state="ACTIVE", since=NOW, expires_at=NOW + DAY),
    ]
    for name in ("foreign", "stale", "fresh", "gone", "ending"):
        entries.append(
            ConnectionEntry(
                id=name, company="shop", provider="kashoo", environment="live", base_url="http://127.0.0.1:9",
                scheme="first_party", owner="acme",
            )
        )  # fmt: skip
        secrets = {"access_token": Secret(HUSHED)} | (
            {"refresh_token": Secret(HUSHED)} if name == "fresh" else {}
        )
        ended = NOW - DAY if name in ("stale", "fresh") else None
        vault = (theirs if name == "foreign" else mine).grants
        assert await vault.write(
            Grant(
                tenant="acme", environment="live", connection=name, scheme="first_party", secrets=secrets,
                expires_at=ended,
            )
        )  # fmt: skip
    for entry in entries:
        await mine.directory.change(type(entry), entry.place, partial(put, entry))
    await store.close()


def test_the_certificate_is_looked_at(capsys: pytest.CaptureFixture[str]) -> None:
    """Good for long, about to end, and with a key that is not its own."""
    for name, age in (("good", 0), ("ending", 360)):
        made = self_signed([HOST], NOW - age * DAY)
        Path(f"{name}.pem").write_bytes(made.pem)
        Path(f"{name}.key").write_bytes(made.key)
    with peer() as (url, _):
        results = []
        for cert, key in (("good", "good"), ("ending", "ending"), ("good", "ending")):
            settled(url, server=f'tls_cert = "{cert}.pem"\ntls_key = "{key}.key"')
            results.append(run_or_refused(capsys))

    assert results[0] == (0, "")
    assert results[1][0] == 1
    assert "the certificate ends on" in results[1][1]
    assert results[2][0] != 0


def run_or_refused(capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """Exit code, and what was said of the certificate."""
    capsys.readouterr()
    code = run("doctor")
    lines = capsys.readouterr().out.splitlines()
    return code, next((line for line in lines if "the certificate" in line or "tls_cert" in line), "")


def test_a_running_gateway_is_asked(capsys: pytest.CaptureFixture[str]) -> None:
    """It is ready; what providers do otherwise than defined is told with how often; one that is away is trouble."""
    with peer() as (url, _):
        settled(url)
        code, found = looked(capsys, "--gateway", url)
        away, nothing = looked(capsys, "--gateway", f"http://{HOST}:{free_ports(1)[0]}")

    assert (code, list(found)) == (1, ["drift"])
    assert found["drift"][0]["message"] == "drift: kashoo unknown_field, 7 times"
    assert (away, list(nothing)) == (1, ["gateway"])
