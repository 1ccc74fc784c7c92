"""What `/_control` offers around linking: registered apps, text messages, consent that is withdrawn.

GET    /_control/clients      the apps that each provider with OAuth has registered, without their secrets
POST   /_control/clients      register one: {"provider": "kashoo", "redirect_uri": "https://…/connect/callback"};
                              201 with its id and secret, which follow from the address and are the same at every
                              start; with "client_id" and "client_secret" these are registered, in the place of the
                              app that had the id; "name" is what the consent page calls it
GET    /_control/messages     text messages with login codes, newest first
DELETE /_control/messages     forget them
POST   /_control/revocations  {"provider": "smallinvoice", "company": "alpine-studio"}: what was granted on the
                              company's books is worth nothing from then on; 201
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from starlette.requests import Request

from ledgermesh.sandbox.asked import Wrong, convert, named, read_object
from ledgermesh.sandbox.emulator import (
    APP_NAME,
    Emulator,
    Messaging,
    OAuthClient,
    Registering,
    Revoking,
)


class _Registration(msgspec.Struct, forbid_unknown_fields=True):
    provider: str
    redirect_uri: str
    client_id: str | None = None
    client_secret: str | None = None
    name: str = APP_NAME


class _Revocation(msgspec.Struct, forbid_unknown_fields=True):
    provider: str
    company: str


class Linking:
    """The endpoints."""

    def __init__(self, emulators: Mapping[str, Emulator]) -> None:
        self._emulators = emulators

    async def clients(self, request: Request) -> object:
        """Every app of every provider."""
        return {
            "clients": [
                {"provider": name, "client_id": each.client_id, "redirect_uri": each.redirect_uri, "name": each.name}
                for name, emulator in self._emulators.items()
                if isinstance(emulator, Registering)
                for each in emulator.clients()
            ]
        }  # fmt: skip

    async def register(self, request: Request) -> object:
        """The app as it is registered now, its secret with it."""
        given = await read_object(request)
        emulator = named(self._emulators, given)
        wanted: _Registration = convert(given, _Registration)
        if not isinstance(emulator, Registering):
            raise Wrong(f"{emulator.name} has no OAuth, so no app is registered there")
        try:
            client = _registered(emulator, wanted)
        except ValueError as error:
            raise Wrong(str(error)) from error
        return {"provider": emulator.name, **msgspec.to_builtins(client)}

    async def messages(self, request: Request) -> object:
        """Those of all providers, newest first."""
        found = [
            (name, each)
            for name, emulator in self._emulators.items()
            if isinstance(emulator, Messaging)
            for each in emulator.messages()
        ]
        # Turned round before, so that of two in the same instant the later one still comes first.
        found.reverse()
        found.sort(key=lambda row: row[1].sent_at, reverse=True)
        return {"messages": [{"provider": name, **msgspec.to_builtins(each)} for name, each in found]}

    async def forget(self, request: Request) -> object:
        """None are left."""
        for emulator in self._emulators.values():
            if isinstance(emulator, Messaging):
                emulator.forget_messages()
        return {"messages": []}

    async def revoke(self, request: Request) -> object:
        """What was asked for, done."""
        given = await read_object(request)
        emulator = named(self._emulators, given)
        wanted: _Revocation = convert(given, _Revocation)
        if not isinstance(emulator, Revoking):
            raise Wrong(f"{emulator.name} has nothing that could be taken back")
        try:
            emulator.revoke(wanted.company)
        except KeyError as error:
            raise Wrong(f"{emulator.name} keeps no books of {wanted.company!r}") from error
        return msgspec.to_builtins(wanted)


def _registered(emulator: Registering, wanted: _Registration) -> OAuthClient:
    """ValueError for an address that providers refuse, or an id without a secret."""
    if wanted.client_id is None and wanted.client_secret is None:
        client = emulator.oauth_client(wanted.redirect_uri)
        if client.name == wanted.name:
            return client
        client = OAuthClient(client.client_id, client.client_secret, client.redirect_uri, wanted.name)
    elif not wanted.client_id or not wanted.client_secret:
        raise ValueError("client_id and client_secret are given together, or neither")
    else:
        client = OAuthClient(wanted.client_id, wanted.client_secret, wanted.redirect_uri, wanted.name)
    emulator.register(client)
    return client
