"""The documented rules of `where`, `orderBy` and `search` once more, in plain Python over answers as JSON."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Any, get_args, get_origin

from ledgermesh.graph.inputs import fields_of
from ledgermesh.graph.kinds import Kind
from ledgermesh.model.mapped import graphql_name
from ledgermesh.model.money import Money
from ledgermesh.spec.pointer import Pointer
from ledgermesh.spec.wires import declared

Json = dict[str, Any]
TEXT_KEY_MAX = 128

SCALARS: Mapping[object, str] = {
    str: "text", bool: "flag", int: "number", Decimal: "decimal", dt.date: "day", dt.datetime: "instant",
    Money: "money", Pointer: "ref",
}  # fmt: skip


@dataclass(frozen=True)
class Column:
    """A field that can be filtered by."""

    name: str
    """In GraphQL."""
    type: str
    """text flag number decimal day instant money ref word words"""
    orderable: bool

    @property
    def selection(self) -> str:
        return {"money": f"{self.name} {{ amount currency }}", "ref": f"{self.name} {{ id }}"}.get(
            self.type, self.name
        )


def columns(kind: Kind) -> list[Column]:
    """The kind's filterable fields."""
    hints = declared(kind.type)
    return [
        Column(graphql_name(each.shown), _type(hints[each.name]), each.orderable)
        for each in fields_of(kind.type)
    ]


def _type(hint: Any) -> str:
    parts = [part for part in get_args(hint) if part is not type(None)]
    bare = parts[0] if len(parts) == 1 and type(None) in get_args(hint) else hint
    if get_origin(bare) is list:
        return "words"
    return "word" if isinstance(bare, type) and issubclass(bare, Enum) else SCALARS[bare]


def read(column: Column, record: Json) -> Any:
    """A field's value in the form that is compared."""
    found = record[column.name]
    if found is None:
        return None
    match column.type:
        case "decimal":
            return Decimal(found)
        case "instant":
            return dt.datetime.fromisoformat(found)
        case "money":
            return Decimal(found["amount"]), found["currency"]
        case "ref":
            return found["id"]
        case _:
            return found


# -- where -------------------------------------------------------------------------------------------------------


def holds(condition: Json, record: Json, known: Mapping[str, Column]) -> bool:
    """Whether everything that a `where` object says holds."""
    return all(_holds(name, said, record, known) for name, said in condition.items())


def _holds(name: str, said: Any, record: Json, known: Mapping[str, Column]) -> bool:
    match name:
        case "and":
            return all(holds(part, record, known) for part in said)
        case "or":
            return any(holds(part, record, known) for part in said)
        case "not":
            return not holds(said, record, known)
    column = known[name]
    value = read(column, record)
    if column.type == "money":
        return _money_holds(said, value)
    return all(_compares(column.type, operator, given, value) for operator, given in said.items())


def _money_holds(said: Json, value: Any) -> bool:
    """Money of another currency than the one named satisfies nothing but `ne`; it is not null either."""
    currency = said.get("currency")
    strange = value is not None and currency is not None and value[1] != currency
    amount = None if value is None else value[0]
    for operator, given in said.items():
        if operator == "currency":
            continue
        if operator == "isNull":
            good = (value is None) is given
        elif strange:
            good = operator == "ne"
        else:
            good = _compares("decimal", operator, given, amount)
        if not good:
            return False
    return True


def _compares(type: str, operator: str, given: Any, value: Any) -> bool:
    if operator == "isNull":
        return (value is None) is given
    if operator == "contains":
        if type == "words":
            return given in value
        return value is not None and given.casefold() in value.casefold()
    if operator == "in":
        return any(_compares(type, "eq", each, value) for each in given)
    if operator == "ne":
        return not _compares(type, "eq", given, value)
    if operator == "eq":
        return _same(type, given, value)
    return value is not None and _ordered(type, operator, given, value)


def _given(type: str, given: Any) -> Any:
    if type == "decimal":
        return Decimal(given)
    return dt.datetime.fromisoformat(given) if type == "instant" else given


def _is_day(type: str, given: Any) -> bool:
    return type == "instant" and len(given) == 10


def _bounds(given: str) -> tuple[dt.datetime, dt.datetime]:
    start = dt.datetime.combine(dt.date.fromisoformat(given), dt.time(), dt.UTC)
    return start, start + dt.timedelta(days=1)


def _same(type: str, given: Any, value: Any) -> bool:
    if given is None or value is None:
        return given is None and value is None
    if _is_day(type, given):
        start, end = _bounds(given)
        return bool(start <= value < end)
    return bool(_given(type, given) == value)


def _ordered(type: str, operator: str, given: Any, value: Any) -> bool:
    """`lt` and `gte` of a whole day look at its first instant, `gt` and `lte` at its last."""
    if _is_day(type, given):
        start, end = _bounds(given)
        return bool(
            {"lt": value < start, "lte": value < end, "gt": value >= end, "gte": value >= start}[operator]
        )
    wanted = _given(type, given)
    return bool(
        {"lt": value < wanted, "lte": value <= wanted, "gt": value > wanted, "gte": value >= wanted}[operator]
    )


# -- order and search --------------------------------------------------------------------------------------------


def ordered(records: Iterable[Json], order: Sequence[Json], known: Mapping[str, Column]) -> list[Json]:
    """By the keys, nulls last either way; then by connection, then by native id, shorter ids first."""
    rows = sorted(records, key=lambda each: (connection_of(each), len(native_id(each)), native_id(each)))
    for key in reversed(order):
        column, descending = known[_camel(key["field"])], key.get("direction") == "DESC"
        rows.sort(key=_sort_key(column, key.get("currency"), descending=descending), reverse=descending)
    return rows


def _sort_key(column: Column, currency: str | None, *, descending: bool) -> Callable[[Json], Any]:
    def key(record: Json) -> Any:
        value = read(column, record)
        if column.type == "money" and value is not None:
            value = value[0] if currency is None or value[1] == currency else None
        if isinstance(value, str):
            value = value[:TEXT_KEY_MAX]
        missing = value is None
        return (not missing if descending else missing, *(() if missing else (value,)))

    return key


def _camel(word: str) -> str:
    return graphql_name(word.lower())


def found(records: Iterable[Json], search: str | None, fields: Sequence[str]) -> list[Json]:
    """The records one of whose documented text fields holds the words, ignoring case."""
    if search is None:
        return list(records)
    words = search.casefold()
    return [
        each
        for each in records
        if any(words in (each[graphql_name(name)] or "").casefold() for name in fields)
    ]


def connection_of(record: Json) -> str:
    return str(record["source"]["connection"]["id"])


def native_id(record: Json) -> str:
    return str(record["source"]["nativeId"])


# -- ranges that nothing lies in -----------------------------------------------------------------------------------


def impossible(condition: Json, known: Mapping[str, Column]) -> bool:
    """Whether a range somewhere in the condition, within one `and`, holds nothing; such a question is refused."""
    sides = list(_sides(condition, known))
    if any(
        low[0] == high[0] and (low[2] > high[2] or (low[2] == high[2] and not (low[3] and high[3])))
        for low in sides
        for high in sides
        if low[1] == "low" and high[1] == "high"
    ):
        return True
    below = [
        *condition.get("and", ()),
        *condition.get("or", ()),
        *([condition["not"]] if "not" in condition else ()),
    ]
    return any(impossible(part, known) for part in below)


def _sides(condition: Json, known: Mapping[str, Column]) -> Iterable[tuple[object, str, Any, bool]]:
    """Every end of a range that must hold: whose it is, which end, where, and whether it is included."""
    for name, said in condition.items():
        if name == "and":
            for part in said:
                yield from _sides(part, known)
        elif name in known:
            column = known[name]
            if said.get("eq") is not None and _is_day(
                column.type, said["eq"]
            ):  # a day is a range of instants
                for operator in ("gte", "lte"):
                    yield ((name, None), *_end(column.type, operator, said["eq"]))
            for operator in ("gt", "gte", "lt", "lte"):
                if operator in said:
                    yield ((name, said.get("currency")), *_end(column.type, operator, said[operator]))


def _end(type: str, operator: str, given: Any) -> tuple[str, Any, bool]:
    side = "low" if operator in ("gt", "gte") else "high"
    if _is_day(type, given):
        start, end = _bounds(given)
        return {
            "gt": (side, end, True),
            "gte": (side, start, True),
            "lt": (side, start, False),
            "lte": (side, end, False),
        }[operator]
    return side, _given("decimal" if type == "money" else type, given), operator in ("gte", "lte")
