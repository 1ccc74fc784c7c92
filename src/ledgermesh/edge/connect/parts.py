"""What the connect pages are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import urlsplit

from ledgermesh.clock import Clock
from ledgermesh.spec.provider import Provider
from ledgermesh.state.link_tokens import LinkTokens
from ledgermesh.state.sealing import SealingKey
from ledgermesh.state.shared import State
from ledgermesh.upstream.linking.line import Line
from ledgermesh.upstream.wire import Wire

CALLBACK_PATH = "/connect/callback"


@dataclass(frozen=True, kw_only=True)
class ConnectParts:
    """Handed over by whoever serves the pages."""

    state: State
    definitions: Mapping[str, Provider]
    wire: Wire
    """For addresses that people give: guarded."""
    clock: Clock
    keys: tuple[SealingKey, ...]
    public_url: str
    """How the gateway is reached from outside, without a slash at its end."""
    bases: Mapping[str, str] = field(default_factory=dict)
    """Provider → base URL of sandbox connections, `{settings}` allowed in it."""

    @cached_property
    def tokens(self) -> LinkTokens:
        """What seals and opens links."""
        return LinkTokens(self.keys, self.state.store, self.clock)

    @property
    def line(self) -> Line:
        """The way to providers."""
        return Line(self.wire, self.clock)

    @property
    def redirect_uri(self) -> str:
        """The one address that clients at providers are registered with."""
        return self.public_url + CALLBACK_PATH

    @property
    def path(self) -> str:
        """What stands before `/connect` in addresses of our pages."""
        return urlsplit(self.public_url).path

    @property
    def secure(self) -> bool:
        """Whether browsers reach us over TLS."""
        return self.public_url.startswith("https://")


def connect_url(public_url: str, token: str) -> str:
    """The page that a link token opens."""
    return f"{public_url}/connect/{token}"
