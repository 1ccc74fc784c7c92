"""One write under way: whose books, what was sent, and when."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Sequence
from typing import Any

from msgspec import Struct

from ledgermesh.sandbox.books import Books, Party
from ledgermesh.sandbox.bossinsights.body import Body
from ledgermesh.sandbox.bossinsights.origins import OWN, party_origin
from ledgermesh.sandbox.bossinsights.tables import TABLES
from ledgermesh.sandbox.bossinsights.view import View
from ledgermesh.sandbox.more_books import Origin

Writer = Callable[["Writing", Any], str]
"""Creates a row (of None) or changes one; gives its key in the table. Raises Refusal before anything is changed."""


class Writing(Struct, frozen=True):
    """What every writer is given."""

    view: View
    body: Body
    now: dt.datetime

    @property
    def books(self) -> Books:
        """What is written to."""
        return self.view.books

    def own(self, table: str, key: str) -> None:
        """Note that a new record comes from no app; its source id is its own id."""
        self.books.more.origins[table, key] = Origin(OWN, str(self.view.id(table, key)))

    def row(self, table: str, body: Body, name: str) -> Any | None:
        """The row that a field of the body refers to by id; notes an id that leads nowhere."""
        id = body.id(name)
        found = None if id is None else TABLES[table].find(self.view, id)
        if id is not None and found is None:
            body.fail(name, f"there is no such row in {table}")
        return found

    def party(self, table: str, id_name: str, name_name: str) -> Party | None:
        """The customer or vendor that the body names by srcId, id or name."""
        value = self.body.text(id_name) if self.body.is_text(id_name) else None
        rows = TABLES[table].rows(self.books)
        if value is not None:
            known = next((row for row in rows if party_origin(self.books, table, row).id == value), None)
            if known is None:
                self.body.fail(id_name, f"there is no such row in {table}")
            return known
        if id_name in self.body:
            found: Party | None = self.row(table, self.body, id_name)
            return found
        name = self.body.text(name_name)
        return next((row for row in rows if row.name == name), None) if name else None


def unused(known: Collection[str], prefix: str) -> str:
    """The first number with this prefix that nobody has."""
    number = len(known) + 1
    while f"{prefix}{number}" in known:
        number += 1
    return f"{prefix}{number}"


def place(rows: Sequence[object], row: object) -> int:
    """Where in a list this very row stands."""
    return next(at for at, each in enumerate(rows) if each is row)
