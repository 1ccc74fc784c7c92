"""What the playground page is told about its server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import msgspec

Environment = Literal["sandbox", "live"]


@dataclass(frozen=True)
class PlaygroundKey:
    """A demo key: the page shows it and may remember it, so a real key never belongs here."""

    label: str
    key: str


@dataclass(frozen=True)
class PlaygroundCompany:
    """A company to pick: its account key, sent as `X-Account-Key`, and its name."""

    key: str
    name: str


@dataclass(frozen=True)
class Example:
    """A named operation that opens in a tab of its own."""

    name: str
    """Its file's, for example `newest-invoices`, or `records/invoices` within a group."""
    description: str
    query: str
    variables: dict[str, Any]
    group: str | None = None
    """The heading it stands under, in words; none at the top."""


@dataclass(frozen=True)
class PlaygroundConfig:
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
