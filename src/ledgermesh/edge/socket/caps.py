"""How many sockets there may be, and how much each of them may hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from msgspec import Struct

from ledgermesh.edge.stream import Holder, holder
from ledgermesh.errors import CallerError
from ledgermesh.state.registry import Principal


class TooManySockets(CallerError):
    """This key, or everybody together, has as many sockets open as there may be."""

    code = "TOO_MANY_SOCKETS"
    retryable = True
    remedy = "Close a socket first; one carries many operations at the same time."
    status = 503


class TooManyOperations(CallerError):
    """As many operations run on this socket as may."""

    code = "TOO_MANY_OPERATIONS"
    retryable = True
    remedy = "Wait for an answer, or complete an operation, before you begin another on this socket."
    status = 429


class SocketLimits(Struct, frozen=True, kw_only=True):
    """What sockets may ask of one process."""

    sockets_max: int = 2_000
    strangers_max: int = 500
    """Sockets that did not say who they are yet: they cannot take the places of all others."""
    sockets_per_key_max: int = 20
    operations_max: int = 50
    """On one socket at once."""
    init_seconds: float = 10.0
    """To say who one is."""
    beat_seconds: float = 20.0
    """Of silence, after which we ask whether anybody is there; after twice as long nobody is."""
    send_seconds: float = 15.0
    """To take a message off our hands."""


class Sockets:
    """The sockets that are open in this process."""

    def __init__(self, limits: SocketLimits | None = None) -> None:
        self.limits = limits or SocketLimits()
        self.open = 0
        self.strangers = 0
        self._of: Counter[Holder] = Counter()

    @contextmanager
    def entered(self) -> Iterator[None]:
        """A socket, for as long as the block lasts; raises TooManySockets."""
        if self.open >= self.limits.sockets_max or self.strangers >= self.limits.strangers_max:
            raise TooManySockets("there are as many sockets open as there may be")
        self.open += 1
        try:
            yield
        finally:
            self.open -= 1

    @contextmanager
    def strange(self) -> Iterator[None]:
        """A socket of nobody yet."""
        self.strangers += 1
        try:
            yield
        finally:
            self.strangers -= 1

    def of(self, who: Principal) -> int:
        """How many sockets a key has open."""
        return self._of[holder(who)]

    @contextmanager
    def held(self, who: Principal) -> Iterator[None]:
        """A socket of this key; raises TooManySockets."""
        mine = holder(who)
        if self._of[mine] >= self.limits.sockets_per_key_max:
            raise TooManySockets(f"this key has {self.limits.sockets_per_key_max} sockets open already")
        self._of[mine] += 1
        try:
            yield
        finally:
            self._of[mine] -= 1
            if not self._of[mine]:
                del self._of[mine]
