"""The world's calendar: the two years that end today, and instants within them."""

from __future__ import annotations

import datetime as dt
import random

from msgspec import Struct

_MONTHS = 24


class Span(Struct, frozen=True):
    """The days that the books cover."""

    start: dt.date
    today: dt.date

    @property
    def days(self) -> int:
        """How many days lie between the first and the last."""
        return (self.today - self.start).days

    def months(self) -> list[dt.date]:
        """The first days of the months that begin within the span."""
        first = next_month(self.start)
        found = []
        while first <= self.today:
            found.append(first)
            first = next_month(first)
        return found

    def instant(self, rng: random.Random, day: dt.date) -> dt.datetime:
        """A UTC instant in the working hours of the day; never after the first second of today."""
        return self.no_later(_midnight(day) + dt.timedelta(seconds=25_200 + int(rng.random() * 36_000)))

    def no_later(self, instant: dt.datetime) -> dt.datetime:
        """The instant, or the first second of today if that is earlier."""
        return min(instant, _midnight(self.today))

    def dates(self, rng: random.Random, count: int) -> list[dt.date]:
        """So many days in order, the first and the last among them; many on busy days and at months' ends."""
        ends = [first - dt.timedelta(days=1) for first in self.months()]
        busy = [self._any(rng) for _ in range(2 + count // 100)]
        days = [
            rng.choice(busy) if index % 10 == 5 else rng.choice(ends) if index % 5 == 1 else self._any(rng)
            for index in range(count)
        ]
        days[:2] = [self.start, self.today][: len(days)]
        return sorted(days)

    def _any(self, rng: random.Random) -> dt.date:
        return self.start + dt.timedelta(days=int(rng.random() * (self.days + 1)))


def span_to(today: dt.date) -> Span:
    """The 24 months that end today."""
    return Span(dt.date(today.year - _MONTHS // 12, today.month, min(today.day, 28)), today)


def next_month(day: dt.date) -> dt.date:
    """The first day of the month after this day's."""
    return (day.replace(day=1) + dt.timedelta(days=32)).replace(day=1)


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), dt.UTC)
