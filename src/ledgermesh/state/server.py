"""A Valkey server: where it is, how it is spoken to, and whether it keeps what it says it has."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit, urlunsplit

import structlog
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ResponseError

from ledgermesh.errors import ConfigurationError
from ledgermesh.state.schemes import SCHEMES

OPTIONS: Final = frozenset({"ssl_ca_certs", "ssl_certfile", "ssl_keyfile"})
PREFIX: Final = "lm:"
TIMEOUT_SECONDS: Final = 2.0
"""For each question, where the address says nothing."""
TIMEOUT_SECONDS_MAX: Final = 60.0
CONNECTIONS_MAX: Final = 32
FOLLOWERS_MAX: Final = 8
NEEDED: Final = {"appendonly": "yes", "appendfsync": "always", "maxmemory-policy": "noeviction"}
SHOWN: Final = {
    "aof_enabled": ("appendonly", {0: "no", 1: "yes"}),
    "maxmemory_policy": ("maxmemory-policy", {}),
}
"""What INFO says of the settings, where CONFIG may not be asked."""


@dataclass(frozen=True, slots=True)
class Address:
    """Of a server, and of one gateway's keys in it."""

    url: str = field(repr=False)
    """As the client reads it; may hold a password."""
    prefix: str
    """Every key begins with it."""
    timeout_seconds: float = TIMEOUT_SECONDS
    """How long the server may take for one answer."""


def address(url: str) -> Address:
    """From `valkey://[user:password@]host[:port][/database][?prefix=lm:&timeout=2]`. Raises ConfigurationError."""
    parts = _parts(url)
    options = dict(parse_qsl(parts.query)) if parts is not None else {}
    prefix, seconds = options.pop("prefix", PREFIX), _seconds(options.pop("timeout", None))
    if parts is None or seconds is None or set(options) - OPTIONS:
        raise ConfigurationError(
            "The address of the shared state is not of the form "
            "valkey://[user:password@]host[:port][/database][?prefix=lm:&timeout=2]; valkeys:// is TLS, with "
            "ssl_ca_certs, ssl_certfile and ssl_keyfile as further options; a timeout is more than 0 and at most "
            f"{TIMEOUT_SECONDS_MAX:g} seconds."
        )
    place = (SCHEMES[parts.scheme], parts.netloc, parts.path, urlencode(options), "")
    return Address(urlunsplit(place), prefix, seconds)


def _seconds(given: str | None) -> float | None:
    """None for what is no timeout."""
    if given is None:
        return TIMEOUT_SECONDS
    try:
        seconds = float(given)
    except ValueError:
        return None
    return seconds if 0 < seconds <= TIMEOUT_SECONDS_MAX else None


def _parts(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in SCHEMES and parts.hostname and parts.port != 0
    except ValueError:  # no port is a word, and no bracket stands alone
        return None
    numbered = parts.path in {"", "/"} or parts.path[1:].isdecimal()
    return parts if usable and numbered else None


def client(where: Address, *, connections_max: int = CONNECTIONS_MAX) -> Redis:
    """Speaks to it over so many connections; nothing is repeated by itself, because it may have been done."""
    pool = BlockingConnectionPool.from_url(
        where.url,
        max_connections=connections_max,
        timeout=where.timeout_seconds,
        socket_connect_timeout=where.timeout_seconds,
        # Each call has a timeout around it; a follower waits for longer than any.
        socket_timeout=None,
        protocol=2,
        retry=Retry(NoBackoff(), 0),
    )
    return Redis.from_pool(pool)


async def check_lasting(server: Redis) -> None:
    """Raise ConfigurationError unless it keeps what it confirmed; what it does not tell is left to a warning."""
    told = await _settings(server)
    wrong = [f"{name} {needed}" for name, needed in NEEDED.items() if told.get(name, needed) != needed]
    if wrong:
        raise ConfigurationError(
            f"Valkey would lose grants and keys with its settings. Set {', '.join(wrong)} in its configuration."
        )
    if unknown := [f"{name} {needed}" for name, needed in NEEDED.items() if name not in told]:
        logger = structlog.get_logger("ledgermesh")
        logger.warning("Valkey does not tell all its settings; make sure of these", settings=unknown)


async def _settings(server: Redis) -> dict[str, str]:
    try:
        return _texts(await server.config_get(*NEEDED))
    except ResponseError:  # CONFIG is taken away on servers that somebody else runs
        pass
    try:
        told: dict[str, Any] = {**await server.info("persistence"), **await server.info("memory")}
    except ResponseError:
        return {}
    return {name: words.get(told[key], str(told[key])) for key, (name, words) in SHOWN.items() if key in told}


def _texts(told: dict[Any, Any]) -> dict[str, str]:
    return {_text(name): _text(value) for name, value in told.items()}


def _text(word: bytes | str) -> str:
    return word.decode() if isinstance(word, bytes) else word
