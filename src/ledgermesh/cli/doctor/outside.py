"""What is around a gateway: hosts that it has to reach, clocks that it goes by, its own certificate."""

from __future__ import annotations

import asyncio
import datetime as dt
import socket
import ssl
from collections.abc import Iterable, Iterator, Sequence
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import httpx
from cryptography import x509
from redis.exceptions import RedisError

from ledgermesh.cli.doctor.finding import Finding, ends
from ledgermesh.clock import Clock
from ledgermesh.settings import Settings
from ledgermesh.state.server import address, client
from ledgermesh.upstream.guard import Barred, Guard, Way
from ledgermesh.upstream.probe import SECONDS_MAX, probe_all

SKEW_SECONDS: Final = 30.0
"""Signed tokens and webhooks are refused from about here on."""


async def reach(urls: Iterable[str]) -> tuple[list[Finding], list[str]]:
    """Whether each host can be reached, and those that can."""
    found = await probe_all(urls)
    findings = [_reached(url, trouble) for url, trouble in found.items()]
    return findings, [url for url, trouble in found.items() if trouble is None]


def _reached(url: str, trouble: str | None) -> Finding:
    if trouble is None:
        return Finding(area="reach", message=f"{url}: can be reached")
    return Finding(
        area="reach",
        message=f"{url}: {trouble}",
        remedy="see to name, firewall, proxy or certificate on the way there",
    )


async def given(urls: Sequence[str], guard: Guard) -> list[Finding]:
    """Whether hosts that tenants gave can be reached, of webhooks and books; what the guard bars is not touched."""
    allowed, found = [], []
    for url in sorted(set(urls)):
        barred = await _barred(url, guard)
        if barred is None:
            allowed.append(_origin(url))
        else:
            remedy = "its tenant gives another address, or network.allow names its network"
            found.append(
                Finding(area="reach", message=f"{_origin(url)}, given by a tenant: {barred}", remedy=remedy)
            )
    reached, _ = await reach(allowed)
    return [*found, *reached]


async def _barred(url: str, guard: Guard) -> str | None:
    """Why no connection may go there; None where it may, or where its name leads nowhere."""
    try:
        way = guard.way(url)
        host = urlsplit(url).hostname or ""
        infos = await asyncio.get_running_loop().getaddrinfo(host, 443, type=socket.SOCK_STREAM)
    except Barred as error:
        return str(error)
    except OSError:
        return None
    inside = way is not Way.OWN and not all(guard.may(ip_address(info[4][0]), way) for info in infos)
    return "it is not on the public internet" if inside else None


def _origin(url: str) -> str:
    """Of an address only this is shown: its path may be a secret."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


# -- clocks --------------------------------------------------------------------------------------------------------


async def clocks(urls: Sequence[str], state_url: str, clock: Clock) -> list[Finding]:
    """How far our clock is from those of providers and of the shared state."""
    async with httpx.AsyncClient(timeout=SECONDS_MAX, trust_env=False) as asking:
        told = await asyncio.gather(*(_date(asking, url, clock) for url in urls))
    seen = [(url, skew) for url, skew in zip(urls, told, strict=True) if skew is not None]
    if state_url.startswith("valkey"):
        skew = await _state_time(state_url, clock)
        seen += [("the shared state", skew)] if skew is not None else []
    far = [(where, skew) for where, skew in seen if abs(skew) > SKEW_SECONDS]
    if not far and seen:
        return [
            Finding(
                area="clock", message=f"clock good: within {SKEW_SECONDS:g} seconds of {len(seen)} others"
            )
        ]
    remedy = "have this machine's clock kept by NTP; where all others agree, it is the other's"
    return [Finding(area="clock", message=_skewed(where, skew), remedy=remedy) for where, skew in far]


def _skewed(where: str, skew: float) -> str:
    return f"{where}: its clock is {abs(skew):.0f} seconds {'ahead of' if skew > 0 else 'behind'} ours"


async def _date(asking: httpx.AsyncClient, url: str, clock: Clock) -> float | None:
    """Seconds that a host is ahead, by the Date of an answer to HEAD without credentials; None where it says none."""
    began = clock.now()
    try:
        async with asking.stream("HEAD", _origin(url)) as response:
            told = parsedate_to_datetime(response.headers["date"])
    except (httpx.HTTPError, httpx.InvalidURL, KeyError, ValueError):
        return None
    return _ahead(told if told.tzinfo is not None else told.replace(tzinfo=dt.UTC), began, clock.now())


async def _state_time(url: str, clock: Clock) -> float | None:
    server = client(address(url))
    began = clock.now()
    try:
        async with asyncio.timeout(SECONDS_MAX):
            seconds, micros = await server.time()
    except (RedisError, OSError):
        return None
    finally:
        await server.aclose()
    return _ahead(dt.datetime.fromtimestamp(seconds + micros / 1e6, dt.UTC), began, clock.now())


def _ahead(told: dt.datetime, began: dt.datetime, ended: dt.datetime) -> float:
    """How far a clock is ahead that said this at some moment between the two; nothing where that cannot be told."""
    if told > ended:
        return (told - ended).total_seconds()
    return min(0.0, (told - began).total_seconds() + 1.0)  # a Date has whole seconds


# -- our certificate -----------------------------------------------------------------------------------------------


def certificate(settings: Settings, now: dt.datetime) -> Iterator[Finding]:
    """Whether the certificate can be shown, and for how long."""
    cert, key = settings.server.tls_cert, settings.server.tls_key
    if cert is None or key is None:
        return
    renew = "renew it, and restart the gateway where nothing else has it read again"
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(cert, key, password=_no_password)
        chain = x509.load_pem_x509_certificates(Path(cert).read_bytes())
    except (OSError, ValueError, TypeError) as error:
        why = getattr(error, "strerror", None) or type(error).__name__
        message = f"server.tls_cert, server.tls_key: cannot be used: {why}"
        yield Finding(
            area="tls", message=message, remedy="give a certificate with its chain and its key, both in PEM"
        )
        return
    last = min(each.not_valid_after_utc for each in chain)
    if (said := ends(last, now)) is not None:
        yield Finding(area="tls", message=f"the certificate {said}", remedy=renew)
    else:
        yield Finding(area="tls", message=f"certificate good until {last:%Y-%m-%d}")


def _no_password() -> str:
    """Nobody is there to type one."""
    raise ValueError("the key is encrypted")
