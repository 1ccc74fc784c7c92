"""What the settings declare is written at every start; what was made otherwise, or is newer, stays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from ledgermesh.errors import ConfigurationError
from ledgermesh.graph.kinds import NAMES
from ledgermesh.providers import discover
from ledgermesh.settings import bootstrap, to_keys
from ledgermesh.spec.provider import Provider
from ledgermesh.state.allowances import sandbox_addresses
from ledgermesh.state.base import Grant, Secret
from ledgermesh.state.entries import CompanyEntry, ConnectionEntry, KeyEntry, Standing, TenantEntry
from ledgermesh.state.memory import MemoryStore
from ledgermesh.state.shared import State, make_state
from tests.harness import NOW
from tests.shop import ENVIRON, GOOD, HUSH, read


@pytest.fixture(autouse=True)
def elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def definitions() -> Mapping[str, Provider]:
    return discover(NAMES)


class Machine:
    """A gateway's state that outlives its starts."""

    def __init__(self, definitions: Mapping[str, Provider]) -> None:
        self.store = MemoryStore()
        self.definitions = definitions

    async def start(self, text: str = GOOD, **environ: str) -> State:
        """Start over the store with these settings."""
        told = {**ENVIRON, **environ}
        settings = read(text, told)
        state = make_state(self.store, to_keys(settings), self.store._clock)  # the same clock
        await bootstrap(state, settings, self.definitions, told)
        return state

    def changes(self) -> int:
        """Writes so far."""
        return self.store._changes  # counted nowhere else


@pytest.fixture
def machine(definitions: Mapping[str, Provider]) -> Machine:
    return Machine(definitions)


async def grant(state: State) -> Grant:
    found = await state.grants.find("acme", "live", "shop-books")
    assert found is not None
    return found


async def test_a_second_start_writes_nothing(machine: Machine) -> None:
    """What is equal is left alone; the key, its company, the connection and its grant are there."""
    state = await machine.start()
    assert state.registry.principal("acme-key") is not None
    assert (await grant(state)).secrets["password"].reveal() == HUSH
    before = machine.changes()
    again = await machine.start()
    assert machine.changes() == before
    assert again.registry.principal("acme-key") is not None


async def test_what_is_removed_from_the_settings_is_removed(machine: Machine) -> None:
    """The key, the company, the connection and its secrets; what was made otherwise stays."""
    state = await machine.start()
    made = KeyEntry(id="made", digest="d", tenant="acme", environment="live", scopes=frozenset(("admin",)))
    own = CompanyEntry(key="own", name="Own", environment="live", tenants=frozenset(("acme",)), owner="acme")
    await state.directory.add(made)
    await state.directory.add(own)
    raised = state.registry.generation("live", "shop-books")

    after = await machine.start('[[tenants]]\nid = "acme"\nname = "Acme Finance"\n')
    assert after.registry.all(KeyEntry) == [made]
    assert after.registry.all(CompanyEntry) == [own]
    assert after.registry.all(ConnectionEntry) == []
    assert after.registry.generation("live", "shop-books") > raised
    assert not (await grant(after)).linked
    assert after.registry.principal("acme-key") is None


async def test_the_settings_win(machine: Machine) -> None:
    """Over what an administrator changed of something that they declare."""
    state = await machine.start()
    where = TenantEntry(id="acme", name="").place
    await state.directory.change(TenantEntry, where, lambda old: replace(old, name="Other") if old else None)
    [tenant] = (await machine.start()).registry.all(TenantEntry)
    assert tenant.name == "Acme Finance"


async def test_a_newer_token_is_not_overwritten(machine: Machine) -> None:
    """What the provider gave since the secrets were declared stays, until other secrets are declared."""
    state = await machine.start()
    newer = replace(await grant(state), secrets={"token": Secret("rotated")})
    assert await state.grants.write(newer)

    assert (await grant(await machine.start())).secrets == {"token": Secret("rotated")}
    changed = await machine.start(SHOP_PASSWORD="another-password")
    assert (await grant(changed)).secrets["password"].reveal() == "another-password"
    assert (await grant(await machine.start(SHOP_PASSWORD="another-password"))).version == 3


async def test_a_rotation_of_the_sealing_secret_changes_no_grant(machine: Machine) -> None:
    """With the older secret beside it, and after everything is sealed anew also without."""
    older, newer = "sixteen letters at least", "another secret of the operator"
    await machine.start()
    both = f'["{newer}", "{older}"]'
    state = await machine.start(LEDGERMESH_SEALING__SECRETS=both)
    newest = replace(await grant(state), secrets={"token": Secret("rotated")})
    assert await state.grants.write(newest)
    assert await state.grants.rewrap() == 0
    alone = await machine.start(LEDGERMESH_SEALING__SECRETS=f'["{newer}"]')
    assert (await grant(alone)).secrets == {"token": Secret("rotated")}
    with pytest.raises(ConfigurationError, match="shop-books: its secrets in the store are sealed"):
        await machine.start(LEDGERMESH_SEALING__SECRETS='["nobody ever sealed with this"]')


async def test_a_disconnected_connection_stays_disconnected(machine: Machine) -> None:
    """Until other secrets are declared; then it stands afresh."""
    state = await machine.start()
    await state.grants.forget("acme", "live", "shop-books")
    await state.directory.add(
        Standing(environment="live", connection="shop-books", state="REVOKED", since=NOW)
    )
    again = await machine.start()
    assert not (await grant(again)).linked
    assert again.registry.standing("live", "shop-books") is not None
    changed = await machine.start(SHOP_PASSWORD="another-password")
    assert (await grant(changed)).linked
    assert changed.registry.standing("live", "shop-books") is None


async def test_who_linked_a_connection_without_secrets_is_not_the_settings_business(machine: Machine) -> None:
    """Owner and scheme stay as the connect page left them; settings and address are the settings'."""
    bare = "\n".join(line for line in GOOD.splitlines() if not line.startswith("secrets_from_env"))
    state = await machine.start(bare)
    [entry] = state.registry.all(ConnectionEntry)
    await state.directory.change(
        ConnectionEntry, entry.place, lambda _: replace(entry, owner="bank", scheme="oauth2", settings={})
    )
    [again] = (await machine.start(bare)).registry.all(ConnectionEntry)
    assert (again.owner, again.scheme, again.settings) == ("bank", "oauth2", {"business_id": "365"})


MORE = """
[server]
public_url = "https://books.example/gateway"

[state]
url_from_file = "where"
lease_seconds = 5

[network]
allow = ["10.0.0.0/8", "fd00::/8"]

[limits]
requests_per_second = 50
burst = 60

[sandbox]
base_urls = { kashoo = "http://localhost:8100/kashoo/api/" }

[[tenants]]
id = "home"
name = "Home"
operator = true
allowed_urls = ["https://app.example"]
branding = { name = "Home Books", colour = "#336699", language = "fr" }

[[keys]]
id = "root"
tenant = "home"
from_env = "ACME_KEY"
scopes = ["api.read", "api.write", "admin"]
environment = "sandbox"
expires_at = 2030-01-01T00:00:00Z
requests_per_second = 500

[[companies]]
key = "toy"
name = "Toy"
environment = "sandbox"
tenants = ["home"]
owner = "home"

[[connections]]
id = "toy-books"
company = "toy"
provider = "kashoo"
environment = "sandbox"
scheme = "first_party"
settings = { business_id = "1" }

[[oauth_clients]]
provider = "smallinvoice"
environment = "sandbox"
client_id = "ours"
client_secret_from_env = "SHOP_PASSWORD"
"""


@pytest.fixture
def where() -> None:
    Path("where").write_text("file:./somewhere\n", encoding="utf-8")


@pytest.mark.usefixtures("where")
async def test_everything_may_be_declared(machine: Machine) -> None:
    """Operators, their keys, clients, and where sandbox connections go; what is gone is taken away again."""
    state = await machine.start(MORE)
    root = state.registry.principal("acme-key")
    assert root is not None
    assert (root.tenant.operator, root.tenant.allowed_urls) == (True, ("https://app.example",))
    assert (root.tenant.branding.name, root.tenant.branding.language) == ("Home Books", "fr")
    assert ("admin" in root.key.scopes, root.key.requests_per_second) == (True, 500)
    assert root.key.expires_at is not None
    [company] = state.registry.all(CompanyEntry)
    [link] = state.registry.all(ConnectionEntry)
    assert (company.owner, link.base_url) == ("home", "http://localhost:8100/kashoo/api")
    client = await state.clients.find("*", "sandbox", "smallinvoice")
    assert client is not None
    assert {name: each.reveal() for name, each in client.secrets.items()} == {
        "client_id": "ours", "client_secret": HUSH,
    }  # fmt: skip
    assert await sandbox_addresses(state.store) == {"kashoo": "http://localhost:8100/kashoo/api"}

    after = await machine.start("")
    client = await after.clients.find("*", "sandbox", "smallinvoice")
    assert client is not None
    assert not client.linked
    assert await sandbox_addresses(after.store) == {}
    assert after.registry.all(TenantEntry) == []
