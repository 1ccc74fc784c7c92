"""What the answers of one request share: the business, the day, the forms that the switches ask for."""

from __future__ import annotations

import datetime as dt

from msgspec import Struct

from ledgermesh.sandbox.kashoo.additions import reworded
from ledgermesh.sandbox.kashoo.business import Business
from ledgermesh.sandbox.kashoo.dates import instant_text, transfer_date
from ledgermesh.sandbox.kashoo.switches import Switches

Document = dict[str, object]


class View(Struct, frozen=True):
    """One business as somebody sees it now."""

    business: Business
    switches: Switches
    today: dt.date
    base_url: str
    """Where the API stands, for links: `https://api.kashoo.com/api`."""

    def day(self, day: dt.date | None) -> object:
        """A date in the form of the switch."""
        return transfer_date(day, today=self.today, style=self.switches.date_style)

    def instant(self, instant: dt.datetime) -> object:
        """An instant as records carry it."""
        return instant_text(instant, self.switches.instant_style)

    def written(self, id: int) -> Document:
        """The fields of an object as somebody wrote them, where books have no place for them."""
        fields = self.business.extras.written.get(id, {})
        return {
            name: self.day(value) if isinstance(value, dt.date) else value for name, value in fields.items()
        }

    def links(self, path: str) -> list[Document]:
        """The link of an object to itself."""
        return [{"rel": "self", "href": f"{self.base_url}{path}", "type": "application/json"}]

    @property
    def form(self) -> tuple[str, ...]:
        """What the bytes of an answer depend on beside the books."""
        return self.switches.date_style, self.switches.instant_style, self.today.isoformat(), self.base_url

    def spoiled(self, id: int) -> bool:
        """Whether a switch changes this object, so that it must not be answered from kept bytes."""
        switches = self.switches
        return switches.additive or id in switches.replacements or id in switches.overrides

    def shown(self, id: int, document: Document, kind: str = "") -> object:
        """The document after the switches that spoil single objects."""
        if id in self.switches.replacements:
            return self.switches.replacements[id]
        worded = reworded(kind, id, document) if self.switches.additive else document
        return worded | self.switches.overrides.get(id, {})
