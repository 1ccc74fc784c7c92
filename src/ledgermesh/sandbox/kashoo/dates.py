"""Kashoo's three ways to write time: dates as beans or text, ISO instants, epoch milliseconds."""

from __future__ import annotations

import calendar
import datetime as dt
import re

from ledgermesh.sandbox.kashoo.switches import DateStyle, InstantStyle

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_MONTHS = (
    "JANUARY",
    "FEBRUARY",
    "MARCH",
    "APRIL",
    "MAY",
    "JUNE",
    "JULY",
    "AUGUST",
    "SEPTEMBER",
    "OCTOBER",
    "NOVEMBER",
    "DECEMBER",
)


def transfer_date(day: dt.date | None, *, today: dt.date, style: DateStyle) -> dict[str, object] | str | None:
    """The date in answers; `past` and `future` are seen from `today`."""
    if day is None:
        return None
    if style == "string":
        return day.isoformat()
    last = calendar.monthrange(day.year, day.month)[1]
    return {
        "year": day.year,
        "month": day.month,
        "dayOfMonth": day.day,
        "lastDayOfMonth": day.day == last,
        "maxDayOfMonth": last,
        "firstDayOfMonth": day.day == 1,
        "monthEnum": _MONTHS[day.month - 1],
        "past": day < today,
        "future": day > today,
        "dayOfYear": day.timetuple().tm_yday,
        "leapYear": calendar.isleap(day.year),
    }


def parse_day(text: str) -> dt.date:
    """The date of a query parameter; ValueError unless it is exactly `YYYY-MM-DD` and in the calendar."""
    if not _DAY.fullmatch(text):
        raise ValueError(text)
    return dt.date.fromisoformat(text)


def read_transfer_date(value: object) -> dt.date:
    """The date in a body, text or object; ValueError for anything else.

    The name of the month counts before its number, which public clients do not agree about.
    """
    if isinstance(value, str):
        return parse_day(value)
    if not isinstance(value, dict):
        raise ValueError(value)
    year, month, day = value.get("year"), value.get("month"), value.get("dayOfMonth")
    if value.get("monthEnum") is not None:
        if value["monthEnum"] not in _MONTHS:
            raise ValueError(value)
        month = _MONTHS.index(value["monthEnum"]) + 1
    if type(year) is not int or type(month) is not int or type(day) is not int:
        raise ValueError(value)
    try:
        return dt.date(year, month, day)
    except OverflowError as error:
        raise ValueError(value) from error


def milliseconds(instant: dt.datetime) -> int:
    """Whole milliseconds since 1970 in UTC."""
    return (instant - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(milliseconds=1)


def instant_text(instant: dt.datetime, style: InstantStyle) -> str | int:
    """An instant as records carry it."""
    if style == "epoch":
        return milliseconds(instant)
    return instant.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{instant.microsecond // 1000:03d}Z"
