"""What names, addresses and colours may look like; whatever does not is refused with the name of its field."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from urllib.parse import urlsplit

from ledgermesh.errors import BadInput
from ledgermesh.state.link_tokens import origin_of

ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")
NAME_CHARACTERS_MAX = 200
URL_CHARACTERS_MAX = 2_000
URLS_MAX = 50
LOCAL = ("localhost", "127.0.0.1", "::1")
"""Hosts whose pages may be reached without TLS: a developer's own machine."""


def wrong(field: str, message: str) -> BadInput:
    """The refusal of one field."""
    return BadInput(f"`{field}` {message}", details={"field": field})


def named(field: str, text: str) -> str:
    """A name for people."""
    found = text.strip()
    if not found or len(found) > NAME_CHARACTERS_MAX or not found.isprintable():
        raise wrong(field, f"is 1 to {NAME_CHARACTERS_MAX} printable characters")
    return found


def identified(field: str, text: str | None, prefix: str) -> str:
    """An id as given, or a new one."""
    if text is None:
        return f"{prefix}-{secrets.token_hex(8)}"
    if not ID.fullmatch(text):
        raise wrong(
            field, "is 1 to 64 letters, digits, dots, dashes and underscores, a letter or digit first"
        )
    return text


def secured(field: str, url: str) -> str:
    """An https address."""
    try:
        parts = urlsplit(url)
        good = parts.scheme == "https" and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if not good or len(url) > URL_CHARACTERS_MAX or "@" in parts.netloc or not url.isprintable():
        raise wrong(field, "begins with https://, names a host, and holds no user name")
    return url


def origin(field: str, url: str) -> str:
    """The origin of an address: scheme, host and port. https, or http on the developer's own machine."""
    found = origin_of(url)
    local = found is not None and urlsplit(found).hostname in LOCAL
    if found is None or not (found.startswith("https://") or local):
        raise wrong(field, "is an address that begins with https://, or with http:// on localhost")
    return found


def origins(field: str, urls: Iterable[str]) -> tuple[str, ...]:
    """Origins, each once, and nothing behind them."""
    found = tuple(dict.fromkeys(origin(field, url) for url in urls))
    if len(found) > URLS_MAX:
        raise wrong(field, f"are at most {URLS_MAX}")
    return found


def coloured(field: str, text: str | None) -> str | None:
    """A colour as pages write it."""
    if text is not None and not COLOUR.fullmatch(text):
        raise wrong(field, "is `#` and six hexadecimal digits")
    return text
