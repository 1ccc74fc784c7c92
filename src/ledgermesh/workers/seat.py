"""A place for a worker, as the parent sees it: who is there, and when the next one comes."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import ForkProcess
from typing import Final

STEADY_SECONDS: Final = 10.0
"""A worker that lived less failed soon. After one that did, or did not, the next is started at once."""
REST_SECONDS: Final = 0.5
"""After the second one in turn that failed soon; after each further one twice as long."""
REST_SECONDS_MAX: Final = 30.0


@dataclass(kw_only=True)
class Seat:
    """One place."""

    number: int
    bound: socket.socket | None
    """None while nobody is about to come: what the system would send here goes to the others."""
    process: ForkProcess | None = None
    word: Connection | None = None
    """Says when the worker answers."""
    answered: bool = False
    """Whether any worker ever has, here."""
    due: float | None = None
    """When the next worker is started; None while there is one."""
    _began: float = 0.0
    _failures: int = 0

    def taken(self, process: ForkProcess, word: Connection, now: float) -> None:
        """A worker was started."""
        self.process, self.word, self.due, self._began = process, word, None, now

    def hear(self) -> None:
        """Read what the worker says."""
        assert self.word is not None, "somebody speaks"
        try:
            self.word.recv_bytes()
            self.answered = True
        except EOFError:
            self.hush()

    def hush(self) -> None:
        """There is no more to hear."""
        if self.word is not None:
            self.word.close()
            self.word = None

    def left(self, now: float) -> float:
        """The worker has ended; gives how long to wait for the next one."""
        self.hush()
        assert self.process is not None, "somebody was there"
        self.process.close()
        self.process = None
        steady = now - self._began >= STEADY_SECONDS
        self._failures = 0 if steady else self._failures + 1
        rest = 0.0 if self._failures < 2 else min(REST_SECONDS * 2 ** (self._failures - 2), REST_SECONDS_MAX)
        self.due = now + rest
        return rest

    def leave(self) -> None:
        """Take no more connections here, as far as the parent goes."""
        if self.bound is not None:
            self.bound.close()
            self.bound = None
