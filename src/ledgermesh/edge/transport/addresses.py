"""Addresses of peers and names of hosts, as far as anybody has to be told apart by them."""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from typing import Final

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

LOCAL_NAME: Final = "localhost"
ADDRESS_CHARACTERS_MAX: Final = 64
"""Of a host that is remembered; the same few ask again and again."""


def address(text: str) -> Address | None:
    """The address that a text is, also in brackets; an IPv4 address inside an IPv6 one is itself."""
    try:
        found = ipaddress.ip_address(text.strip().removeprefix("[").removesuffix("]"))
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


def loopback(host: str) -> bool:
    """Whether a name or an address is this machine's own."""
    return _known_own(host) if len(host) <= ADDRESS_CHARACTERS_MAX else _own(host)


def _own(host: str) -> bool:
    found = address(host)
    return found.is_loopback if found is not None else host.strip().casefold().rstrip(".") == LOCAL_NAME


_known_own = lru_cache(maxsize=500)(_own)
