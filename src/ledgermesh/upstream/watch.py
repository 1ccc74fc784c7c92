"""Who sees calls to providers go by, for figures and traces. Watches change nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from ledgermesh.upstream.call import Call, Link, Step

Scope = Literal["connection", "address"]
"""What a circuit of the breaker stands for."""

End = Callable[[Sequence[Step], str | None], None]
"""Told the lines of a call and the code of its error. A caller who left had neither an answer nor an error."""


class Watch:
    """Sees nothing by itself; whoever wants to see something overrides what tells it.

    Methods are called on the event loop, in the middle of a call: they return at once and never raise.
    """

    def begin(self, call: Call) -> End:
        """A call enters the stack; what is returned is called, in the same task, when it has left."""
        return _nothing

    def sent(self, call: Call) -> None:
        """An attempt goes onto the wire."""

    def landed(self, call: Call, step: Step) -> None:
        """It came back, failed, or was given up: then its line has neither status nor error."""

    def queued(self, call: Call, seconds: float) -> None:
        """A call waited for one of the places at the provider's address."""

    def opened(self, link: Link, scope: Scope) -> None:
        """The breaker leaves something alone from now on."""


def _nothing(steps: Sequence[Step], error: str | None) -> None:
    """For who does not look."""
