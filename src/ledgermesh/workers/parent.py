"""Starts workers, starts those again that die, and ends all of them when it is told to."""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import wait
from types import FrameType
from typing import Any, Final

import structlog

from ledgermesh.clock import Clock
from ledgermesh.errors import ConfigurationError
from ledgermesh.metrics.board import Board
from ledgermesh.server import AT_ONCE, GRACE_SECONDS, SIGNALS, listen
from ledgermesh.workers.child import Inherited, Work, live
from ledgermesh.workers.seat import Seat

LATE_SECONDS: Final = 5.0
"""Beyond the time that a worker has to end, until it is killed."""
FORK: Final = multiprocessing.get_context("fork")


@dataclass(kw_only=True)
class Workers:
    """All of them, on one port."""

    count: int
    host: str
    port: int
    work: Work
    clock: Clock
    notice_seconds: float = 0.0
    """That they say they are not ready before they take no more connections."""
    _seats: list[Seat] = field(default_factory=list)
    _told: int = 0
    """How often they were told to stop."""
    _until: float | None = None
    """When those that are left then are killed."""
    _failed: bool = False

    def run(self, started: Callable[[int], None]) -> None:
        """Until a signal: the first lets answers in flight end, the second does not wait for them.

        `started` is given the port as soon as all answer. Raises ConfigurationError where the port cannot be had, or
        a worker ends before all have answered. Called in the main thread of a process that has no others.
        """
        # Sockets that may share a port do not see that another program has it.
        with listen(self.host, self.port) as probe:
            self.port = probe.getsockname()[1]
        with ExitStack() as held:
            wake = held.enter_context(_signals())
            line = held.enter_context(_line())
            held.callback(self._leave)
            self._seats = [Seat(number=number, bound=self._listen()) for number in range(self.count)]
            board = Board(self.count)
            for seat in self._seats:
                self._start(seat, board, line)
            self._watch(board, line, wake, started)
        if self._failed:
            raise ConfigurationError("a worker ended before it answered; the lines above say why")

    def _listen(self) -> socket.socket:
        return listen(self.host, self.port, several=True)

    def _leave(self) -> None:
        for seat in self._seats:
            seat.leave()

    # -- starting ----------------------------------------------------------------------------------------------

    def _start(self, seat: Seat, board: Board, line: tuple[int, int]) -> None:
        seat.bound = bound = seat.bound or self._listen()
        hearing, word = FORK.Pipe(duplex=False)
        others = [each.bound for each in self._seats if each is not seat and each.bound is not None]
        inherited = Inherited(
            number=seat.number, bound=bound, others=others, board=board, word=word, line=line,
            end_seconds=self._end_seconds,
        )  # fmt: skip
        process = FORK.Process(target=live, args=(inherited, self.work), name=f"worker {seat.number}")
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)  # until the child has made them its own
        try:
            process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
            word.close()
        seat.taken(process, hearing, self.clock.monotonic())

    @property
    def _end_seconds(self) -> float:
        return self.notice_seconds + GRACE_SECONDS + LATE_SECONDS

    # -- watching ----------------------------------------------------------------------------------------------

    def _watch(
        self, board: Board, line: tuple[int, int], wake: socket.socket, started: Callable[[int], None]
    ) -> None:
        announced = False
        while not self._told or any(seat.process is not None for seat in self._seats):
            ready = wait(self._heard(wake), timeout=self._pause())
            if wake in ready:
                for _ in wake.recv(64):
                    self._stop()
            for seat in self._seats:
                self._look(seat, ready, board)
            self._end_late()
            if not self._told:
                for seat in self._seats:
                    if seat.due is not None and seat.due <= self.clock.monotonic():
                        self._start(seat, board, line)
            if not announced and all(seat.answered for seat in self._seats):
                announced = True
                started(self.port)

    def _heard(self, wake: socket.socket) -> list[Any]:
        ends = [seat.process.sentinel for seat in self._seats if seat.process is not None]
        return [wake, *ends, *(seat.word for seat in self._seats if seat.word is not None)]

    def _pause(self) -> float | None:
        """Until something is to be done that nobody tells."""
        due = [seat.due for seat in self._seats if seat.due is not None] if not self._told else [self._until]
        known = [each for each in due if each is not None]
        return max(0.0, min(known) - self.clock.monotonic()) if known else None

    def _look(self, seat: Seat, ready: Sequence[Any], board: Board) -> None:
        if seat.word is not None and seat.word in ready:
            seat.hear()
        process = seat.process
        if process is None or process.sentinel not in ready:
            return
        process.join()
        pid, code = process.pid or 0, process.exitcode or 0
        rest = seat.left(self.clock.monotonic())
        board.ended(seat.number, pid)
        if self._told:
            if code:
                self._log("a worker ended badly", seat, pid, code)
        elif not seat.answered:
            self._log("a worker did not start", seat, pid, code)
            self._failed = True
            self._stop()
        else:
            self._log("a worker ended; another one is started", seat, pid, code, after_seconds=rest)
            if rest:
                seat.leave()

    def _log(self, event: str, seat: Seat, pid: int, code: int, **more: float) -> None:
        how = {"signal": signal.Signals(-code).name} if code < 0 else {"code": code}
        structlog.get_logger("ledgermesh").warning(event, worker=seat.number, pid=pid, **how, **more)

    # -- ending ------------------------------------------------------------------------------------------------

    def _stop(self) -> None:
        self._told += 1
        self._leave()
        self._until = self.clock.monotonic() + (LATE_SECONDS if self._told > 1 else self._end_seconds)
        self._signal(signal.SIGTERM if self._told == 1 else AT_ONCE)

    def _end_late(self) -> None:
        if self._until is not None and self.clock.monotonic() >= self._until:
            self._until = None
            self._signal(signal.SIGKILL)

    def _signal(self, number: int) -> None:
        for seat in self._seats:
            if seat.process is not None and seat.process.pid is not None and seat.process.exitcode is None:
                os.kill(seat.process.pid, number)


@contextmanager
def _signals() -> Iterator[socket.socket]:
    """Until the end of the block signals are bytes that can be read here, and nothing else."""

    def noted(number: int, frame: FrameType | None) -> None:
        """Its number is written by Python itself."""

    reading, writing = socket.socketpair()
    with reading, writing:
        writing.settimeout(0)  # Python's handler must not wait
        wakeup = signal.set_wakeup_fd(writing.fileno())
        before = {number: signal.signal(number, noted) for number in SIGNALS}
        try:
            yield reading
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
            signal.set_wakeup_fd(wakeup)


@contextmanager
def _line() -> Iterator[tuple[int, int]]:
    reading, writing = os.pipe()
    try:
        yield reading, writing
    finally:
        os.close(reading)
        os.close(writing)
