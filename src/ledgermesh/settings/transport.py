"""How the gateway is reached, in the settings."""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from ledgermesh.edge.transport.addresses import loopback
from ledgermesh.edge.transport.tls import server_context
from ledgermesh.edge.transport.values import Transport
from ledgermesh.settings.values import Server

HOST: Final = re.compile(r"(\*\.)?[A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9_])?|\[[0-9A-Fa-f:.]+\]")


def wrong_transport(server: Server) -> Iterator[str]:
    """What does not fit together."""
    if (server.tls_cert is None) != (server.tls_key is None):
        yield "server.tls_cert and server.tls_key: give both or neither"
    for host in server.hosts:
        if HOST.fullmatch(host) is None:
            yield "server.hosts: a host is a name without scheme, port and path"


def to_tls(server: Server) -> ssl.SSLContext | None:
    """The certificate to show; None for plain http. Raises ConfigurationError."""
    if server.tls_cert is None or server.tls_key is None:
        return None
    return server_context(server.tls_cert, server.tls_key)


def to_transport(server: Server) -> Transport:
    """The same for the edge."""
    hosts = [host.casefold() for host in server.hosts]
    if not hosts and server.public_url is not None and not loopback(server.host):
        hosts = [_host(server.public_url)]
    return Transport(
        trusted_proxies=tuple(server.trusted_proxies),
        hosts=tuple(hosts),
        plain_http=server.plain_http,
        hsts_seconds=server.hsts_seconds,
    )


def unreachable(server: Server) -> str | None:
    """Why callers on other machines would be refused, whatever they send; None where they would not."""
    if loopback(server.host) or server.plain_http or server.tls_cert is not None or server.trusted_proxies:
        return None
    return (
        "credentials that other machines send over plain http are refused: give server.tls_cert and server.tls_key, "
        "server.trusted_proxies, or, inside a private network, server.plain_http"
    )


def _host(url: str) -> str:
    name = urlsplit(url).hostname or ""
    return f"[{name}]" if ":" in name else name
