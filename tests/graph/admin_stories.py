"""What the tests of administration ask for: a company of the north with a connection, linked or not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ledgermesh.state.base import Grant, Secret
from ledgermesh.state.entries import ConnectionEntry
from tests.graph.admins import done
from tests.harness import House

COMPANY = """mutation($name: String = "Bakery", $company: ID, $tenant: ID) {
  createCompany(name: $name, key: $company, tenant: $tenant) { key name owner sharedWith environment } }"""
CONNECT = """mutation($company: ID!, $provider: String! = "accountsos", $scheme: String, $baseUrl: String,
    $settings: [SettingInput!]) {
  createConnection(company: $company, provider: $provider, scheme: $scheme, settings: $settings, baseUrl: $baseUrl) {
    id companyKey scheme state reason since expiresAt lastGoodAt settings { name value }
    connection { id stateCode provider { name } } } }"""
SHARING = "mutation($company: ID!, $tenant: ID!) { %s(company: $company, tenant: $tenant) { sharedWith } }"
SHARE, UNSHARE = SHARING % "shareCompany", SHARING % "unshareCompany"
SEEN = "query($company: ID!) { company(key: $company) { key connections { id } } }"
ONE = "mutation($id: ID!) { %s(connection: $id) { state reason connection { stateCode } } }"


async def bakery(house: House, **connection: Any) -> str:
    """The id of a connection of a new company of the north."""
    await done(house, COMPANY, company="bakery")
    found = await done(house, CONNECT, company="bakery", **connection)
    return str(found["id"])


def entry(house: House, id: str) -> ConnectionEntry:
    found = house.gateway.state.registry.get(ConnectionEntry, "sandbox", id)
    assert found is not None
    return found


async def link(house: House, id: str) -> None:
    """What the connect page does in the end."""
    state, old = house.gateway.state, entry(house, id)
    await state.directory.change(ConnectionEntry, old.place, lambda _: replace(old, owner="north"))
    await state.grants.write(
        Grant(
            tenant="north", environment="sandbox", connection=id, scheme="api_key",
            secrets={"api_key": Secret("hush")},
        )
    )  # fmt: skip


async def linked(house: House, id: str) -> bool:
    grant = await house.gateway.state.grants.find("north", "sandbox", id)
    return grant is not None and grant.linked
