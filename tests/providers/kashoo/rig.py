"""How tests turn the Kashoo emulator."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from urllib.parse import parse_qs, urlsplit

import httpx

from ledgermesh.clock import ManualClock
from ledgermesh.sandbox.books import Books
from ledgermesh.sandbox.kashoo import KashooEmulator
from ledgermesh.sandbox.kashoo import make as make_kashoo
from ledgermesh.sandbox.kashoo.emulator import REDIRECT_URI
from ledgermesh.sandbox.world import World

OAUTH = "http://sandbox/kashoo/oauth2"

STEADY = frozenset(("TaxRate", "Organization", "PartyGroup", "NextNumber"))
"""Kinds whose records the emulator cannot spoil."""
MODES: Mapping[str, Mapping[str, object]] = {
    "texts": {"date_style": "string"},
    "milliseconds": {"instant_style": "epoch"},
}
"""Other ways in which it may write the same records."""


def make(world: World, clock: ManualClock) -> KashooEmulator:
    return make_kashoo(world, clock, chance=Random(7))


def page_size(emulator: KashooEmulator, rows: int) -> None:
    emulator.switches.page_size_max = rows


def additive(emulator: KashooEmulator) -> None:
    emulator.switches.additive = True


def override(emulator: KashooEmulator, native_id: str, fields: dict[str, object]) -> None:
    emulator.switches.overrides[int(native_id)] = fields


def replace(emulator: KashooEmulator, native_id: str, value: object) -> None:
    emulator.switches.replacements[int(native_id)] = value


def restore(emulator: KashooEmulator) -> None:
    emulator.switches.overrides.clear()
    emulator.switches.replacements.clear()


def limit(emulator: KashooEmulator, calls: int, seconds: int) -> None:
    emulator.switches.calls_per_window, emulator.switches.window_seconds = calls, seconds


async def link(
    scheme: str, emulator: KashooEmulator, books: Books
) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """See `linked`."""
    return await linked(scheme, emulator, books, OAUTH)


async def linked(
    scheme: str, emulator: KashooEmulator, books: Books, oauth: str
) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """The owner's login as it is typed in, or the owner's consent at the authorize page."""
    keys = emulator.credentials(books)
    if scheme == "first_party":
        return {name: keys[name] for name in ("email", "password")}, {}
    asked = {
        "response_type": "code",
        "client_id": keys["client_id"],
        "redirect_uri": REDIRECT_URI,
        "scope": "full-access",
        "login_hint": keys["email"],
        "state": "s",
    }
    inner = httpx.ASGITransport(emulator.app)
    async with httpx.AsyncClient(transport=inner, base_url="http://sandbox") as browser:
        landed = await browser.get("/oauth2/authorize", params=asked)
        code = parse_qs(urlsplit(landed.headers["location"]).query)["code"][0]
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT_URI}
        auth = (keys["client_id"], keys["client_secret"])
        pair = (await browser.post("/oauth2/token", data=form, auth=auth)).json()
    tokens = {name: pair[name] for name in ("access_token", "refresh_token")}
    return {**tokens, "client_id": auth[0], "client_secret": auth[1]}, {"token_url": f"{oauth}/token"}
