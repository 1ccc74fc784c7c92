"""The compose file's gateway opens the compose file's sandbox."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from ledgermesh.clock import ManualClock
from ledgermesh.graph.kinds import NAMES
from ledgermesh.providers import discover
from ledgermesh.sandbox.app import make_sandbox
from ledgermesh.settings import read_settings, to_entries, to_grants, to_keys
from ledgermesh.state.registry import Registry
from tests.harness import NOW, world_today
from tests.shape.sources import ROOT

SERVICES: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))[
    "services"
]


@pytest.fixture
def environ(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The gateway's environment as compose makes it where the operator says nothing."""
    given: dict[str, str] = SERVICES["gateway-1"]["environment"]
    found = {name: re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text) for name, text in given.items()}
    for name, text in found.items():
        monkeypatch.setenv(name, text)
    return found


def test_the_gateway_starts_with_what_compose_gives_it(environ: dict[str, str]) -> None:
    """Settings, keys, companies and connections fit together, and every connection has a grant."""
    settings = read_settings(environ)
    registry = Registry()
    registry.set(*to_entries(settings, discover(NAMES), environ))

    assert to_keys(settings)
    assert registry.principal("lm_demo_read") is not None
    assert len(to_grants(settings, environ)) == len(settings.connections) == 2


def test_its_grants_open_the_emulated_books(environ: dict[str, str]) -> None:
    """Logins, keys and business ids are those of the emulators, at the address of the other service."""
    world, settings = world_today(), read_settings(environ)
    emulators = make_sandbox(world, ManualClock(NOW)).emulators
    grants = {grant.connection: grant for grant in to_grants(settings, environ)}

    for link in settings.connections:
        known = emulators[link.provider].credentials(world.books[link.company, link.provider])
        given = {name: secret.reveal() for name, secret in grants[link.id].secrets.items()}
        own = {name: value for name, value in link.settings.items() if name != "currency"}
        assert given | own == {name: known[name] for name in given | own}
        assert link.base_url == f"http://sandbox:8100/{link.provider}/api"
