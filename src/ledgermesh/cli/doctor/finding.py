"""One thing that was looked at, and how it is."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final, Literal

SOON: Final = dt.timedelta(days=14)
"""What ends within this time is a problem already: a person is needed before."""

Area = Literal[
    "definitions", "settings", "state", "keys", "connections", "reach", "clock", "tls", "gateway", "drift"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was found, without any secret."""

    area: Area
    message: str
    remedy: str | None = None
    """What to do; None where nothing is wrong."""

    @property
    def good(self) -> bool:
        """Whether nothing has to be done."""
        return self.remedy is None

    @property
    def line(self) -> str:
        """As it is printed."""
        return self.message if self.remedy is None else f"{self.message}\n    -> {self.remedy}"


def ends(when: dt.datetime, now: dt.datetime) -> str | None:
    """How the end of something is a problem: `ended …`, `ends …`; None where it is far off."""
    if when - now > SOON:
        return None
    return f"{'ended' if when <= now else 'ends'} on {when:%Y-%m-%d %H:%M} UTC"
