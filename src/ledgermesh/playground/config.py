"""What the playground page is told about its server."""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from msgspec import Struct

Environment = Literal["sandbox", "live"]


class PlaygroundKey(Struct, frozen=True):
    """A demo key: the page shows it and may remember it, so a real key never belongs here."""

    label: str
    key: str


class PlaygroundCompany(Struct, frozen=True):
    """A company to pick: its account key, sent as `X-Account-Key`, and its name."""

    key: str
    name: str


class Example(Struct, frozen=True):
    """A named operation that opens in a tab of its own."""

    name: str
    """Its file's, for example `newest-invoices`, or `records/invoices` within a group."""
    description: str
    query: str
    variables: dict[str, Any]
    group: str | None = None
    """The heading it stands under, in words; none at the top."""


class PlaygroundConfig(Struct, frozen=True):
    """The content of `playground/config.json`; anyone who can open the page can read it."""

    environment: Environment
    keys: tuple[PlaygroundKey, ...] = ()
    companies: tuple[PlaygroundCompany, ...] = ()
    default_company: str | None = None
    examples: tuple[Example, ...] = ()

    def as_json(self) -> bytes:
        """The bytes the page reads; the names are those of the package docstring."""
        return msgspec.json.encode(
            {
                "environment": self.environment,
                "keys": self.keys,
                "companies": self.companies,
                "defaultCompany": self.default_company,
                "examples": self.examples,
            }
        )
