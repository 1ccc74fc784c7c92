"""Uploaded documents on their way from pending to processed."""

from __future__ import annotations

import datetime as dt
import hashlib

from ledgermesh.clock import Clock
from ledgermesh.sandbox.accountsos.switches import Switches
from ledgermesh.sandbox.books import Books, File


class Intake:
    """Takes documents in; each is processed when its time has passed. The time that takes is assumed."""

    def __init__(self, clock: Clock, switches: Switches) -> None:
        self._clock, self._switches = clock, switches
        self._waiting: dict[str, set[str]] = {}

    def take(self, books: Books, *, name: str, type: str, mime_type: str, size: int) -> File:
        """A new document of these books."""
        id = _id(books)
        row = File(id, name, type, "pending", mime_type, size, self._clock.now())
        books.files.append(row)
        books.invalidate()
        self._waiting.setdefault(books.company, set()).add(id)
        return row

    def process(self, books: Books) -> None:
        """Finish what is due. Documents that lay there before the sandbox started stay as they are."""
        waiting = self._waiting.get(books.company, set())
        ready = self._clock.now() - dt.timedelta(seconds=self._switches.processing_seconds)
        for row in [row for row in books.files if row.id in waiting and row.created_at <= ready]:
            row.status = "processed"
            waiting.discard(row.id)


def _id(books: Books) -> str:
    """Opaque like the real ones; the same for the same books, so that a run can be repeated."""
    count = len(books.files)
    return "doc_" + hashlib.sha256(f"{books.company} upload {count}".encode()).hexdigest()[:16]
