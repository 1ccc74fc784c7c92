"""What a worker is told and does before it serves, and how it notices that its parent is gone."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from typing import Final

from msgspec import Struct

from ledgermesh.errors import LedgermeshError
from ledgermesh.metrics.board import Board
from ledgermesh.server import SIGNALS

ABANDONED: Final = 3
"""The exit code of a worker that did not end in time after its parent had."""


class Place(Struct, frozen=True, kw_only=True):
    """Where one worker is: what it listens on, and where it tells its figures."""

    number: int
    bound: socket.socket
    board: Board
    answers: Callable[[], None]
    """To be called when it does."""


Work = Callable[[Place], None]
"""What a worker does until it is told to stop."""


class Inherited(Struct, frozen=True, kw_only=True):
    """What a forked process has of its parent's."""

    number: int
    bound: socket.socket
    others: Sequence[socket.socket]
    """That the other workers listen on."""
    board: Board
    word: Connection
    """Tells the parent that this worker answers."""
    line: tuple[int, int]
    """A pipe that nobody writes to. The parent alone keeps its second end, so that it ends when the parent does,
    however that may be."""
    end_seconds: float
    """How long a worker may take to end."""


def live(inherited: Inherited, work: Work) -> None:
    """The whole life of a worker, in its own process; ends with 2 for what the operator has to change."""
    signal.set_wakeup_fd(-1)
    for number in SIGNALS:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
    for other in inherited.others:
        other.close()
    reading, writing = inherited.line
    os.close(writing)
    threading.Thread(target=_follow, args=(reading, inherited.end_seconds), daemon=True).start()
    place = Place(
        number=inherited.number, bound=inherited.bound, board=inherited.board,
        answers=lambda: inherited.word.send_bytes(b"answers"),
    )  # fmt: skip
    try:
        work(place)
    except LedgermeshError as error:
        for line in str(error).splitlines():
            print(f"ledgermesh: {line}", file=sys.stderr)  # noqa: T201  # as the command itself does
        sys.exit(2)


def _follow(reading: int, end_seconds: float) -> None:
    """End this process after its parent: as if it were told to, and where that takes too long, at once.

    A thread, for it has to see this also while the event loop is kept busy.
    """
    os.read(reading, 1)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(end_seconds)
    os._exit(ABANDONED)
