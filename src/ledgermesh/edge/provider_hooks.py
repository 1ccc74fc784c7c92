"""Notifications of providers: `POST /hooks/{provider}/{secret}`. None is believed; records are read again."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ledgermesh.clock import Clock
from ledgermesh.edge.body import sent
from ledgermesh.edge.incoming import decoded
from ledgermesh.edge.rates import TOO_MANY
from ledgermesh.edge.view import safely
from ledgermesh.errors import BadInput, NotFound
from ledgermesh.spec.hooks import read_notice
from ledgermesh.spec.provider import Provider
from ledgermesh.state.entries import ConnectionEntry
from ledgermesh.state.hook_secrets import HookSecrets
from ledgermesh.state.limits import Limits, Rate
from ledgermesh.state.sealing import SealingKey
from ledgermesh.state.shared import State
from ledgermesh.sync.records import RecordsChanged, notified

PATH: Final = "/hooks/{provider}/{secret}"
BODY_BYTES_MAX: Final = 256_000
RATE: Final = Rate(per_second=20.0, burst=100)
"""Of one connection. What is refused costs nothing but opening a sealed text, so nobody else is held up by it."""


class NoHook(NotFound):
    """There is nothing to notify here: the same answer whatever is wrong with the address."""

    remedy = "Register the address that `Connection.hookUrl` tells."


class ProviderHooks(Struct, frozen=True, kw_only=True):
    """What the endpoint is made of."""

    state: State
    definitions: Mapping[str, Provider]
    secrets: HookSecrets
    limits: Limits
    clock: Clock
    rate: Rate = RATE

    async def __call__(self, request: Request) -> Response:
        """202 when it has had its effect, which is soon; never raises for what a caller sends."""
        return await safely(self._respond(request))

    async def _respond(self, request: Request) -> Response:
        entry, definition = await self._whose(request.path_params["provider"], request.path_params["secret"])
        allowed = await self.limits.take(entry.owner, entry.environment, "hook", entry.id, rate=self.rate)
        if allowed.wait_seconds is not None:
            wait = str(max(1, math.ceil(allowed.wait_seconds)))
            return Response(status_code=TOO_MANY, headers={"Retry-After": wait})
        body = await sent(request, BODY_BYTES_MAX)
        await self._heed(entry, definition, body)
        return Response(status_code=202)

    async def _whose(self, provider: str, secret: str) -> tuple[ConnectionEntry, Provider]:
        """The connection that the address is of; raises NoHook, and StateDown when nobody can tell."""
        definition = self.definitions.get(provider)
        entry = await self.secrets.find(self.state.registry, provider, secret)
        if definition is None or definition.hooks is None or entry is None:
            raise NoHook("there is nothing at this address")
        return entry, definition

    async def _heed(self, entry: ConnectionEntry, definition: Provider, body: bytes) -> None:
        hooks, document = definition.hooks, _document(body)
        assert hooks is not None, "the address was found"
        notice = read_notice(hooks, document, definition.resources)
        account = entry.settings.get(hooks.account_setting, "")
        if notice.account and account and notice.account != account:
            # Told as received: who posts all companies' notifications to one address would only repeat it.
            return
        event = RecordsChanged(
            cause="PROVIDER",
            event=notice.event,
            kinds=notice.kinds,
            records=notice.records,
            at=self.clock.now(),
        )
        await notified(self.state, entry.environment, entry.id, event, body)


def hook_routes(
    state: State, definitions: Mapping[str, Provider], keys: Sequence[SealingKey], clock: Clock
) -> list[BaseRoute]:
    """What is served for providers that notify."""
    hooks = ProviderHooks(
        state=state,
        definitions=definitions,
        secrets=HookSecrets(keys, state.store),
        limits=Limits(state.store, clock),
        clock=clock,
    )

    async def respond(request: Request) -> Response:
        return await hooks(request)

    return [Route(PATH, respond, methods=["POST"])]


def _document(body: bytes) -> Mapping[str, Any]:
    found = decoded(body, "the notification")
    if not isinstance(found, dict):
        raise BadInput("the notification is not a JSON object")
    return found
