"""How values go out to smallinvoice: text, words, numbers, times and ids, and what its update requests share."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from enum import Enum
from typing import Any, Final
from zoneinfo import ZoneInfo

from ledgermesh.model.money import Money
from ledgermesh.providers.smallinvoice.lists import ZONE
from ledgermesh.spec.leaves import folded
from ledgermesh.spec.write import Draft, Encode, Problem, Put, Search, Stamp, Target, Write

CREATE: Final = frozenset(("CREATE",))
NOTES_MAX: Final = 16_000
"""Assumed: no document says how long notes may be; a text column of a usual database holds so many characters."""
REREAD: Final = Search(())
"""Of a verb on a known record: the record itself is looked at."""

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_CODE = re.compile(r"[A-Z]{3}")
_COUNTRY = re.compile(r"[A-Z]{2}")
_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_SWISS = ZoneInfo(ZONE)
LANGUAGES: Final = ("de", "en", "es", "fr", "it")

Check = Callable[[Draft], Iterable[Problem]]


def stamp(field: str) -> Stamp:
    """Private notes carry the mark: they are read again with the record and printed nowhere."""
    return Stamp(field, NOTES_MAX)


# -- text ----------------------------------------------------------------------------------------------------------


def words(path: str, **more: Any) -> Put:
    """Text that may be empty: smallinvoice writes none now as null and now as an empty text, and keeps to it."""

    def encode(value: str | None, draft: Draft) -> Mapping[str, object]:
        return {path: value or _nothing(path, draft)}

    return Put(encode=encode, **more)


def _nothing(path: str, draft: Draft) -> str | None:
    stands = draft.before.get(path) if draft.before is not None and draft.above is None else None
    return "" if stands == "" else None


def filled(path: str, convert: Callable[[str], str] = lambda word: word, **more: Any) -> Put:
    """Text that must say something; `convert` raises ValueError for what cannot be."""

    def encode(value: str | None, draft: Draft) -> Mapping[str, object]:
        if value is None or not value.strip():
            raise ValueError("it cannot be empty")
        return {path: convert(value)}

    return Put(encode=encode, **more)


def numbered(path: str) -> Put:
    """A number that people see: the next free one when it is left out, and never none."""

    def encode(value: str | None, draft: Draft) -> Mapping[str, object]:
        if value:
            return {path: value}
        if draft.verb == "CREATE":
            return {}
        raise ValueError("the number can be changed, not taken away")

    return Put(encode=encode)


def email(path: str) -> Put:
    """An e-mail address; a bad one is refused."""

    def encode(value: str | None, draft: Draft) -> Mapping[str, object]:
        return {path: address(value) if value else _nothing(path, draft)}

    return Put(encode=encode)


def address(value: str) -> str:
    """An e-mail address as it is; ValueError for what is none."""
    if _EMAIL.fullmatch(value) is None:
        raise ValueError("this is no e-mail address")
    return value


def code(value: str) -> str:
    """A currency code in capitals; ValueError for what cannot be one."""
    if _CODE.fullmatch(value.upper()) is None:
        raise ValueError("a currency is an ISO 4217 code of three letters")
    return value.upper()


def country(value: str) -> str:
    """A country in capitals; ValueError for what cannot be one."""
    if _COUNTRY.fullmatch(value.upper()) is None:
        raise ValueError("a country is an ISO 3166 code of two letters")
    return value.upper()


def clock(value: str) -> str:
    """A time of day; ValueError for what is none."""
    if _TIME.fullmatch(value) is None:
        raise ValueError("a time of day is HH:MM")
    return value


def language(path: str, **more: Any) -> Put:
    """One of the five languages; never none."""
    return filled(path, words=LANGUAGES, **more)


# -- other values --------------------------------------------------------------------------------------------------


def given(path: str, convert: Callable[[Any], object] = lambda value: value, **more: Any) -> Put:
    """A value that is never null; `convert` raises ValueError for what cannot be."""

    def encode(value: Any, draft: Draft) -> Mapping[str, object]:
        if value is None:
            raise ValueError("it can be changed, not taken away")
        return {path: convert(value)}

    return Put(encode=encode, **more)


def optional(path: str, convert: Callable[[Any], object] = lambda value: value, **more: Any) -> Put:
    """A value that may be null."""

    def encode(value: Any, draft: Draft) -> Mapping[str, object]:
        return {path: None if value is None else convert(value)}

    return Put(encode=encode, **more)


def day(value: dt.date) -> str:
    """A date as `YYYY-MM-DD`."""
    return value.isoformat()


def amount(value: Money) -> Decimal:
    """Major units; the currency is the document's, which the engine has compared."""
    return value.amount


def share(value: Decimal) -> Decimal:
    """A percentage; ValueError below zero."""
    if value < 0:
        raise ValueError("a percentage is not below zero")
    return value


def whole(value: Decimal) -> int:
    """A percentage without a fraction; ValueError for one that has one."""
    if value != value.to_integral_value() or value < 0:
        raise ValueError("smallinvoice keeps whole percent here")
    return int(value)


def local(value: dt.datetime) -> str:
    """A moment on Swiss clocks, to the second. ValueError for one that cannot be read back as the same moment."""
    shown = value.astimezone(_SWISS)
    if shown.fold:
        raise ValueError("Swiss clocks show this hour twice on that day, and the provider keeps no zone")
    if shown.microsecond:
        raise ValueError("the provider keeps whole seconds")
    return shown.strftime("%Y-%m-%d %H:%M:%S")


def fixed(member: Enum, why: str, **more: Any) -> Put:
    """A kind that follows from where the record is kept."""

    def encode(value: Enum | None, draft: Draft) -> Mapping[str, object]:
        if value is not member:
            raise ValueError(why)
        return {}

    return Put(encode=encode, words=(member.value,), **more)


def status_word(words: Mapping[str, str], value: str) -> str:
    """The provider's own word for a status given by this schema's word or by the provider's."""
    known = {
        **{folded(own): own for own in words.values()},
        **{folded(ours): own for ours, own in words.items()},
    }
    found = known.get(folded(value))
    if found is None:
        raise ValueError(f"one of {', '.join((*words, *dict.fromkeys(words.values())))}, not {value}")
    return found


# -- references ----------------------------------------------------------------------------------------------------


def bare(target: Target) -> object:
    """The id as smallinvoice writes it, without the resource and the parent before it; a hole stays one."""
    id = target.native_id
    if id.startswith("${"):
        return id
    digits = id.rpartition(":")[2].rpartition("-")[2]
    if not (digits.isascii() and digits.isdigit()):
        raise ValueError("smallinvoice's ids are numbers")
    return int(digits)


def known(target: Target) -> bool:
    """Whether the record is there already, not made by an earlier step of the plan."""
    return not target.native_id.startswith("${")


def names(kind: str, path: str, *, resource: str = "", clear: bool = True, **more: Any) -> Put:
    """A reference by id; of a kind with several resources only to one of them."""

    def encode(value: Target | None, draft: Draft) -> Mapping[str, object]:
        if value is None:
            if clear:
                return {path: None}
            raise ValueError("it can be changed, not taken away")
        if resource and known(value) and not value.native_id.startswith(f"{resource}:"):
            raise ValueError(f"it must be one of the {resource} records")
        return {path: bare(value)}

    return Put(encode=encode, kind=kind, **more)


OWNER: Final = Put(silent=True, kind="Party", required=True, verbs=CREATE)
"""Whose it is: the path carries it."""


# -- what all requests share -----------------------------------------------------------------------------------------


def custom_fields(value: Mapping[str, str], draft: Draft) -> Mapping[str, object]:
    """The company's own fields. A list replaces the one that stands, so those that are not named are sent again."""
    stands = {
        each["key"]: each.get("value")
        for each in (draft.before or {}).get("custom_fields") or ()
        if isinstance(each, Mapping) and isinstance(each.get("key"), str)
    }
    wanted = {**stands, **value}
    if draft.before is not None and wanted == stands:
        return {}
    return {"custom_fields": [{"key": key, "value": word or ""} for key, word in wanted.items()]}


def needs(*names: str) -> Check:
    """Values without which an action is refused."""

    def check(draft: Draft) -> Iterable[Problem]:
        for name in names:
            if draft.values.get(name) in (None, "", ()):
                yield Problem(name, "smallinvoice needs it", "REQUIRED")

    return check


def in_order(first: str, last: str, first_key: str, last_key: str) -> Check:
    """Two days of which the second is not before the first, as they will stand."""

    def check(draft: Draft) -> Iterable[Problem]:
        from_, to = stands_as(draft, first, first_key), stands_as(draft, last, last_key)
        if from_ and to and str(to) < str(from_) and {first, last} & draft.values.keys():
            yield Problem(last if last in draft.values else first, f"{last} is before {first}")

    return check


def stands_as(draft: Draft, name: str, key: str) -> object:
    """What will stand there: what is asked for, or else what is there."""
    if name in draft.values:
        return draft.values[name]
    return (draft.before or {}).get(key)


def crud(
    kind: str,
    path: str,
    puts: Mapping[str, Put],
    *,
    repeat: Search | Stamp,
    resource: str = "",
    parent: str = "",
    applies: Callable[[Mapping[str, Any]], bool] = lambda values: True,
    build: Callable[[dict[str, object], Draft], object] | None = None,
    checks: tuple[Check, ...] = (),
    own_fields: bool = False,
    delete_checks: tuple[Check, ...] = (),
    assumed: str = "",
) -> tuple[Write, Write, Write]:
    """POST makes a record, PUT changes the keys it names, DELETE removes it."""
    custom: Encode | None = custom_fields if own_fields else None
    shared: dict[str, Any] = {"kind": kind, "resource": resource, "assumed": assumed}
    bodied: dict[str, Any] = {
        "puts": puts, "build": build, "checks": checks, "custom_fields": custom, "item": "item",
    }  # fmt: skip
    return (
        Write(
            verb="CREATE", method="POST", path=path, parent=parent, applies=applies, repeat=repeat,
            undo="DELETE", **shared, **bodied,
        ),
        Write(
            verb="UPDATE", method="PUT", path=f"{path}/{{id}}", before=True, repeat=REREAD,
            **shared, **bodied,
        ),
        Write(
            verb="DELETE", method="DELETE", path=f"{path}/{{id}}", body="none", empty=True, delete="HARD",
            before=bool(delete_checks), checks=delete_checks, repeat=REREAD, **shared,
        ),
    )  # fmt: skip
