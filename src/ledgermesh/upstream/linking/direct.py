"""Link with secrets that somebody has at hand, without a page: for the command line and for tests of an app."""

from __future__ import annotations

from collections.abc import Mapping

from ledgermesh.clock import Clock
from ledgermesh.errors import BadInput, NeedsConfig
from ledgermesh.spec.auth import Auth
from ledgermesh.spec.provider import Provider
from ledgermesh.state.audit import audited
from ledgermesh.state.base import Secret
from ledgermesh.state.entries import ConnectionEntry, Environment
from ledgermesh.state.shared import State
from ledgermesh.upstream.linking.completing import Open, look
from ledgermesh.upstream.linking.keeping import keep
from ledgermesh.upstream.linking.line import Line
from ledgermesh.upstream.linking.signing_in import sign_in
from ledgermesh.upstream.linking.target import find_target
from ledgermesh.upstream.wire import Wire


async def link_with_secrets(
    state: State,
    definitions: Mapping[str, Provider],
    *,
    wire: Wire,
    clock: Clock,
    tenant: str,
    key: str,
    environment: Environment,
    company: str,
    provider: str,
    scheme: str | None = None,
    secrets: Mapping[str, Secret],
    settings: Mapping[str, str] | None = None,
    connection: str | None = None,
    base_url: str | None = None,
    bases: Mapping[str, str] | None = None,
) -> ConnectionEntry:
    """The connection, its credentials tried with a real call and kept; of a login its token only.

    The secrets are those of the provider's scheme (its first one without a name), with `mfaCode` or the like where a
    login wants a code. Raises BadInput, LinkErrors, UpstreamErrors and StateDown.
    """
    target = find_target(
        state.registry, definitions, bases or {},
        tenant=tenant, environment=environment, company=company, provider=provider,
        connection=connection, settings=settings, base_url=base_url,
    )  # fmt: skip
    auth, line = _auth(target.provider, scheme), Line(wire, clock)
    with audited(
        "link connection", by_tenant=tenant, by_key_id=key, environment=environment,
        company=company, provider=provider, scheme=auth.name, connection=connection,
    ):  # fmt: skip
        link = target.link(auth, {})
        grant = await sign_in(line, link, auth, secrets)
        found = await look(line, link, auth, grant)
        _check(found)
        return await keep(state, target, found.link, auth, grant, now=clock.now())


def _auth(provider: Provider, scheme: str | None) -> Auth:
    for auth in provider.auth:
        if scheme in (None, auth.name):
            return auth
    names = ", ".join(auth.name for auth in provider.auth)
    raise BadInput(f"{provider.title} is linked by one of {names}", details={"field": "scheme"})


def _check(found: Open) -> None:
    for setting, offered in found.choose:
        listed = ", ".join(f"{choice.value} ({choice.label})" for choice in offered[:20])
        raise NeedsConfig(f"Give {setting.name}: {listed}.", details={"field": setting.name, "local": True})
    for setting in found.ask:
        raise NeedsConfig(
            f"Give {setting.name}: {setting.description}", details={"field": setting.name, "local": True}
        )
