"""Addresses that tenants give: they lead to the public internet and nowhere else, unless the operator allows more."""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
from collections.abc import Awaitable, Callable, Container, Iterable, Sequence
from enum import Enum
from functools import lru_cache
from urllib.parse import urlsplit

from msgspec import Struct, field

from ledgermesh.errors import BadInput, ConfigurationError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

PUBLIC_6 = ipaddress.IPv6Network("2000::/3")
"""All that is given out for the internet so far (IANA, IPv6 Global Unicast Address Assignments)."""

BARRED: tuple[Network, ...] = tuple(
    ipaddress.ip_network(each)
    for each in (
        # IANA, IPv4 Special-Purpose Address Registry: this network, private, shared (CGNAT), loopback, link-local
        # with the clouds' metadata, protocol assignments, documentation, 6to4 relays, benchmarks, multicast, reserved.
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
        "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24",
        "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
        "168.63.129.16/32",  # Azure's platform, reachable from its machines only
        # IANA, IPv6 Special-Purpose Address Registry, inside 2000::/3: assignments with Teredo, documentation.
        "2001::/23", "2001:db8::/32", "3fff::/20",
    )
)  # fmt: skip

NAT64 = ipaddress.IPv6Network("64:ff9b::/96")

URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::(?P<port>[0-9]{1,5}))?(?P<rest>[/?#][!-~]*)?",
    re.IGNORECASE | re.ASCII,
)
"""Narrower than the standard: no user, no escapes in the host, nothing that two readers could read differently."""
LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
NUMERIC = re.compile(r"[0-9]+|0x[0-9a-f]*")
"""As the last label of a host it means an IPv4 address, in whatever spelling (WHATWG URL, section 3.5)."""
HOST_CHARACTERS_MAX = 253
PORTS = {"http": 80, "https": 443}
SCHEME_CHARACTERS_MAX = len("https://")
LOOKUP_SECONDS = 5.0
SITES_MAX = 1_000


class Barred(OSError):
    """An address that may not be reached. Its message names no more of it than the host.

    An OSError, because that is what a connector takes for a connection that failed.
    """


class Way(Enum):
    """How an address may be reached."""

    OWN = "the operator gave this very address: anything goes"
    OPEN = "the public internet, and what the operator allows"
    INSIDE = "only what the operator allows"


class Site(Struct, frozen=True):
    """Scheme, host and port of an address, in lower case, the port always said."""

    scheme: str
    host: str
    port: int
    literal: Address | None = None
    """The host, when it is an address by itself."""

    @property
    def origin(self) -> str:
        """`https://host:443`."""
        return f"{self.scheme}://{self.host}:{self.port}"


class Guard(Struct, frozen=True):
    """What may be reached over an address that somebody else gives."""

    allow: tuple[Network, ...] = ()
    """The operator's: over http too, and at any port."""
    own: Container[str] = field(default=frozenset())
    """Origins (see `origins`) that the operator gave, which are not guarded. Never for webhooks."""
    ports: frozenset[int] = frozenset((443,))

    def way(self, url: str) -> Way:
        """How it may be reached, as far as can be seen without asking for its name; raises Barred."""
        return self.way_to(read(url))

    def way_to(self, site: Site) -> Way:
        """The same for an address that was read already."""
        if site.origin in self.own:
            return Way.OWN
        if site.scheme == "https" and site.port in self.ports:
            way = Way.OPEN
        elif self.allow:
            way = Way.INSIDE
        else:
            raise Barred(f"{site.host} is not given as https at port 443")
        if site.literal is not None and not self.may(site.literal, way):
            raise Barred(f"{site.host} is not on the public internet")
        return way

    def may(self, address: Address, way: Way) -> bool:
        """Whether a connection may go to this address."""
        if way is Way.OWN or any(address in each for each in self.allow if each.version == address.version):
            return True
        return way is Way.OPEN and public(address)


def make_guard(allow: Iterable[str] = (), *, own: Container[str] = frozenset()) -> Guard:
    """A guard that lets through to these networks (`10.1.0.0/16`) as well; raises ConfigurationError."""
    try:
        return Guard(tuple(ipaddress.ip_network(each) for each in allow), own)
    except ValueError as error:
        raise ConfigurationError(f"allowed networks are written as 10.1.0.0/16: {error}") from error


def read(url: str) -> Site:
    """The site of an address; raises Barred for one that is not plainly http or https to a host."""
    found = _matched(url)
    scheme, host = found["scheme"].lower(), found["host"].lower()
    port = int(found["port"] or PORTS[scheme])
    if not 0 < port < 65_536:
        raise Barred("its port is not between 1 and 65535")
    return Site(scheme, host, port, _literal(host))


def split(url: str) -> tuple[str, str]:
    """What `read` reads of an address, and what is asked for there, without a fragment; raises Barred."""
    start = url.find("/", SCHEME_CHARACTERS_MAX)
    if start > 0 and _bare(url[:start]):
        rest = url[start:]
        if rest.isascii() and rest.isprintable() and " " not in rest:  # what URL says of it
            return url[:start], rest.partition("#")[0] if "#" in rest else rest
    found = _matched(url)
    rest = found["rest"]
    if rest is None:
        return url, "/"
    target = rest.partition("#")[0] if "#" in rest else rest
    return url[: -len(rest)], target if target.startswith("/") else f"/{target}"


def _matched(url: str) -> re.Match[str]:
    found = URL.fullmatch(url)
    if found is None:
        raise Barred("it is not https:// and a plain host name in ASCII, without user name")
    return found


@lru_cache(SITES_MAX)
def _bare(base: str) -> bool:
    """Whether it is the plain address of a site, and nothing more."""
    found = URL.fullmatch(base)
    return found is not None and found["rest"] is None


@lru_cache(SITES_MAX)
def site_at(base: str) -> Site:
    """`read` for what `split` gives: the same few of them, over and over."""
    return read(base)


def origins(urls: Iterable[str]) -> frozenset[str]:
    """The origins of these addresses; one that is not plain has none."""
    found = set()
    for url in urls:
        try:
            found.add(read(url).origin)
        except Barred:
            continue
    return frozenset(found)


def _literal(host: str) -> Address | None:
    """The address that a host is; raises Barred for a name or a number that is not well formed."""
    labels = host.split(".")
    try:
        if host.startswith("["):
            return ipaddress.IPv6Address(host[1:-1])
        if NUMERIC.fullmatch(labels[-1]):
            return ipaddress.IPv4Address(host)
    except ValueError as error:
        raise Barred("its host is a number that is not written as an address usually is") from error
    if len(host) > HOST_CHARACTERS_MAX or not all(LABEL.fullmatch(label) for label in labels):
        raise Barred("its host is not a name")
    return None


def public(address: Address) -> bool:
    """Whether it belongs to the public internet; an IPv4 address inside an IPv6 one is what counts of it."""
    inner = embedded(address)
    if inner is not None:
        return public(inner)
    if isinstance(address, ipaddress.IPv6Address) and address not in PUBLIC_6:
        return False
    return not any(address in each for each in BARRED if each.version == address.version)


def embedded(address: Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that packets to an IPv6 address end up at: mapped, 6to4, NAT64."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address in NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour


def parsed(text: str) -> Address:
    """An address as the system's resolver writes it, which may end in `%` and an interface."""
    return ipaddress.ip_address(text.partition("%")[0])


# -- when an address is given --------------------------------------------------------------------------------------

Lookup = Callable[[str, int], Awaitable[Sequence[str]]]
"""The addresses behind a name and a port."""


async def looked_up(host: str, port: int) -> Sequence[str]:
    """As the system's resolver has them; raises OSError."""
    infos = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(info[4][0]) for info in infos]


async def check(guard: Guard, url: str, *, what: str = "url", lookup: Lookup = looked_up) -> None:
    """Raise BadInput for an address that may not be reached as things are now. `what` is the input's name.

    That is for whoever gives it; a connection is judged again, by the address that it really goes to.
    """
    try:
        way, site = guard.way(url), read(url)
        if site.literal is None and way is not Way.OWN:
            await _check_behind(guard, site, way, lookup)
    except Barred as error:
        raise BadInput(f"`{what}` may not be called: {error}", details={"field": what}) from error


async def _check_behind(guard: Guard, site: Site, way: Way, lookup: Lookup) -> None:
    try:
        async with asyncio.timeout(LOOKUP_SECONDS):
            found = await lookup(site.host, site.port)
    except OSError as error:  # a timeout is one too
        raise Barred(f"nobody knows {site.host}") from error
    if not any(guard.may(parsed(each), way) for each in found):
        raise Barred(f"{site.host} is not on the public internet")


def fits(pattern: str, host: str) -> bool:
    """Whether a host is one of a definition's: `pattern` is its base URL, in which `{name}` stands for what a
    connection's settings say: one or more labels of a name.
    """
    names = urlsplit(pattern).hostname or ""
    parts = re.split(r"(\{\w+\})", names)
    label = LABEL.pattern
    wanted = "".join(rf"{label}(\.{label})*" if part.startswith("{") else re.escape(part) for part in parts)
    return len(host) <= HOST_CHARACTERS_MAX and re.fullmatch(wanted, host.lower()) is not None
