"""Ids of callers whom another issuer vouches for: they stand where the id of an API key would, and name none."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote, unquote

PREFIX: Final = "jwt:"
SUBJECT_CHARACTERS_MAX: Final = 255
"""OpenID Connect Core 1.0, section 2: a subject is at most 255 ASCII characters."""


def foreign_id(issuer: str, subject: str) -> str:
    """The id of whoever an issuer, by its short name, calls so."""
    return f"{PREFIX}{quote(issuer, safe='')}:{quote(subject, safe='')}"


def issuer_of(id: str) -> str | None:
    """The short name of the issuer that vouches for the one with this id; None for the id of an API key."""
    if not id.startswith(PREFIX):
        return None
    return unquote(id.removeprefix(PREFIX).partition(":")[0])
