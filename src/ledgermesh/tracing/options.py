"""How to trace, and what tracing is to the rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from ledgermesh.edge.watching import RequestWatch
from ledgermesh.graph.watched import OperationWatch
from ledgermesh.state.base import Secret
from ledgermesh.upstream.watch import Watch
from ledgermesh.upstream.wire import Wire


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Where traces go, and how many."""

    endpoint: str = field(repr=False)
    """The whole address that batches of spans are posted to."""
    service_name: str = "ledgermesh"
    sample_ratio: float = 1.0
    """Of requests whose caller does not say whether they are traced."""
    headers: Mapping[str, Secret] = field(default_factory=dict)
    """For the collector."""
    propagate: bool = False
    """Whether providers are told the trace."""


class Tracing(Protocol):
    """What is seen where, and how to end it."""

    @property
    def requests(self) -> RequestWatch:
        """Who sees requests."""
        ...

    @property
    def operations(self) -> OperationWatch:
        """Who sees operations."""
        ...

    @property
    def calls(self) -> Watch:
        """Who sees calls to providers."""
        ...

    def wire(self, wire: Wire) -> Wire:
        """The same wire, which tells providers the trace where that is wanted."""
        ...

    async def close(self) -> None:
        """Send what is left, for a few seconds at most."""
        ...
