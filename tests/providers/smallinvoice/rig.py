"""How tests turn the smallinvoice emulator."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qs, urlsplit

import httpx

from ledgermesh.clock import ManualClock
from ledgermesh.sandbox.books import Books
from ledgermesh.sandbox.smallinvoice import Smallinvoice
from ledgermesh.sandbox.smallinvoice import make as make_smallinvoice
from ledgermesh.sandbox.world import World

SCOPES = (
    "profile configuration catalog contact contact_reminder letter invoice offer order_confirmation delivery_note"
    " project cost_unit activity effort working_hours"
)
"""All that the API has."""

STEADY = frozenset(("Organization",))
"""Kinds whose records the emulator cannot spoil."""
MODES: Mapping[str, Mapping[str, object]] = {}
"""Other ways in which it may write the same records."""


def make(world: World, clock: ManualClock) -> Smallinvoice:
    return make_smallinvoice(world, clock)


def page_size(emulator: Smallinvoice, rows: int) -> None:
    emulator.switches.page_size = rows


def additive(emulator: Smallinvoice) -> None:
    emulator.switches.additive = True


def _bare(native_id: str) -> int:
    """Without the resource before it (`product:5`) and the parent before that (`7-5`)."""
    return int(native_id.rpartition(":")[2].rpartition("-")[2])


def override(emulator: Smallinvoice, native_id: str, fields: dict[str, object]) -> None:
    emulator.switches.overrides[_bare(native_id)] = fields


def replace(emulator: Smallinvoice, native_id: str, value: object) -> None:
    emulator.switches.replacements[_bare(native_id)] = value


def restore(emulator: Smallinvoice) -> None:
    emulator.switches.overrides.clear()
    emulator.switches.replacements.clear()


def limit(emulator: Smallinvoice, calls: int, seconds: int) -> None:
    emulator.switches.calls_per_window, emulator.switches.window_seconds = calls, seconds


async def link(
    scheme: str, emulator: Smallinvoice, books: Books
) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """A registered client's id and secret, or a person's consent at the authorize page."""
    keys = emulator.credentials(books)
    if scheme == "client_credentials":
        return {name: keys[name] for name in ("client_id", "client_secret")}, {}
    known = {"client_id": keys["ac_client_id"], "client_secret": keys["ac_client_secret"]}
    asked = {
        "response_type": "code",
        "client_id": known["client_id"],
        "redirect_uri": keys["redirect_uri"],
        "scope": SCOPES,
        "state": "s",
    }
    inner = httpx.ASGITransport(emulator.app)
    async with httpx.AsyncClient(transport=inner, base_url="http://sandbox") as browser:
        landed = await browser.get("/v2/auth/authorize", params=asked)
        code = parse_qs(urlsplit(landed.headers["location"]).query)["code"][0]
        form = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": keys["redirect_uri"], **known,
        }  # fmt: skip
        pair = (await browser.post("/v2/auth/access-tokens", json=form)).json()
    return {**known, "access_token": pair["access_token"], "refresh_token": pair["refresh_token"]}, {}
