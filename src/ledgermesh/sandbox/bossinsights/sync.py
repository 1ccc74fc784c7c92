"""Pushes of written objects to the connected apps: queued, running, done, all by the clock."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from ledgermesh.clock import Clock
from ledgermesh.sandbox.bossinsights.ids import source_id, uniqid
from ledgermesh.sandbox.bossinsights.origins import TAKES
from ledgermesh.sandbox.bossinsights.switches import Switches
from ledgermesh.sandbox.bossinsights.tenants import Company, Connection
from ledgermesh.sandbox.bossinsights.view import Document
from ledgermesh.sandbox.bossinsights.webhooks import Webhooks


@dataclass
class Push:
    """One written object on its way."""

    id: str
    company: Company
    object: str
    record: int
    tracking_id: str | None
    targets: list[str]
    begins: dt.datetime
    ends: dt.datetime
    errors: dict[str, str] = field(default_factory=dict)
    """Integration -> why it refused; known when the push ends."""
    ended: bool = False

    def status(self, now: dt.datetime) -> str:
        """In one word."""
        if self.ended:
            return "failed" if self.errors else "done"
        return "queued" if now < self.begins else "running"

    def document(self, now: dt.datetime) -> Document:
        """How far it is."""
        return {
            "id": self.id,
            "status": self.status(now),
            "sources": [self._source(name, now) for name in self.targets],
        }

    def _source(self, name: str, now: dt.datetime) -> Document:
        error = self.errors.get(name)
        status = ("failed" if error else "done") if self.ended else self.status(now)
        there = source_id(name, self.company.books.company, self.object, str(self.record))
        return {
            "integration": name,
            "status": status,
            "srcId": there if status == "done" else None,
            "error": error,
        }


class Pushes:
    """Every push so far."""

    def __init__(self, clock: Clock, switches: Switches, webhooks: Webhooks) -> None:
        self._clock, self._switches, self._webhooks = clock, switches, webhooks
        self._rows: dict[str, Push] = {}

    def start(
        self, company: Company, object: str, record: int, *, sources: str | None, tracking_id: str | None
    ) -> Push:
        """Begin a push to every connected app that takes such objects, or to those of them that `sources` names."""
        begins = self._clock.now() + dt.timedelta(seconds=self._switches.sync_queued_seconds)
        row = Push(
            id=uniqid("push", company.key, str(len(self._rows))),
            company=company,
            object=object,
            record=record,
            tracking_id=tracking_id,
            targets=targets(company, object, sources),
            begins=begins,
            ends=begins + dt.timedelta(seconds=self._switches.sync_running_seconds),
        )
        self._rows[row.id] = row
        return row

    def find(self, company: Company, id: str) -> Document | None:
        """How far a push of this company is."""
        row = self._rows.get(id)
        return None if row is None or row.company is not company else row.document(self._clock.now())

    def settle(self) -> None:
        """End what is due to end, and tell of it."""
        now = self._clock.now()
        for row in self._rows.values():
            if not row.ended and now >= row.ends:
                row.ended = True
                refusing = [name for name in row.targets if name in self._switches.failing_sources]
                row.errors = {name: f"{name} refused the {row.object}" for name in refusing}
                self._webhooks.tell(
                    "sync.failed" if row.errors else "sync.completed",
                    row.company.key,
                    object=row.object,
                    ids=(row.record,),
                    integration=row.targets[0] if len(row.targets) == 1 else None,
                    sync_id=row.id,
                    tracking_id=row.tracking_id,
                )


def targets(company: Company, object: str, sources: str | None) -> list[str]:
    """Connected apps that take such objects; `sources` are keys or types of apps, separated by commas."""
    named = None if sources is None else {name.strip().casefold() for name in sources.split(",")}
    return [row.integration for row in company.connected() if _takes(row, object, named)]


def _takes(row: Connection, object: str, named: set[str] | None) -> bool:
    wanted = named is None or row.integration in named or row.type in named
    return wanted and object in TAKES[row.type]
