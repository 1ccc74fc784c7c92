"""The apps that Kashoo has registered, each with the one address it may send people back to."""

from __future__ import annotations

import hmac

from ledgermesh.sandbox.emulator import OAuthClient, check_redirect_uri, derived_client


class Registry:
    """Registered apps by id; the first one is there from the start."""

    def __init__(self, provider: str, first: OAuthClient) -> None:
        self._provider = provider
        self.first = first
        self._clients = {first.client_id: first}

    def all(self) -> tuple[OAuthClient, ...]:
        """In the order of registration."""
        return tuple(self._clients.values())

    def find(self, id: str) -> OAuthClient | None:
        """The app with this id."""
        return self._clients.get(id)

    def register(self, client: OAuthClient) -> None:
        """Add it, or put it in the place of the one with its id; ValueError for an address that is refused."""
        check_redirect_uri(client.redirect_uri)
        self._clients[client.client_id] = client

    def of(self, redirect_uri: str) -> OAuthClient:
        """The app whose id and secret follow from its address, registered by this if it was not."""
        first = self._clients.get(self.first.client_id)
        if first is not None and first.redirect_uri == redirect_uri:
            return first
        client = derived_client(self._provider, redirect_uri)
        self.register(client)
        return client

    def authenticate(self, id: str, secret: str) -> OAuthClient | None:
        """The app with this id, if that is its secret."""
        client = self._clients.get(id)
        known = client is not None and hmac.compare_digest(client.client_secret.encode(), secret.encode())
        return client if known else None

    def sends_back_to(self, uri: str) -> bool:
        """Whether some app is registered with this address."""
        return any(client.redirect_uri == uri for client in self._clients.values())
