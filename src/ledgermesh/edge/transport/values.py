"""What the operator says of the way to the gateway."""

from __future__ import annotations

from msgspec import Struct

from ledgermesh.edge.transport.addresses import Network

YEAR_SECONDS = 31_536_000


class Transport(Struct, frozen=True, kw_only=True):
    """The defaults are good for a gateway that only its own machine reaches."""

    trusted_proxies: tuple[Network, ...] = ()
    """Whose X-Forwarded-For, -Proto and -Host count; everybody else's are ignored."""
    hosts: tuple[str, ...] = ()
    """Names it is reached under, in small letters, `*.example.com` for all below one; empty for any."""
    plain_http: bool = False
    """Whether credentials may come over http from other machines."""
    hsts_seconds: int = YEAR_SECONDS
    """For so long browsers come back over https alone, once they came over it; 0 says nothing."""
