"""One kind of record of one company: found by id, sorted, filtered, searched, shown.

A table is a picture of the books at one moment; when they change, it is made anew. So what it has sorted and filtered
once it keeps.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Generic, Protocol, TypeVar

from ledgermesh.sandbox.smallinvoice.answers import Words
from ledgermesh.sandbox.smallinvoice.errors import bad_request, not_found
from ledgermesh.sandbox.smallinvoice.filters import compile_filter, parse_filter, plain
from ledgermesh.sandbox.smallinvoice.ids import storage_order

_KEPT_MAX = 32


class Row(Protocol):
    """What every record has."""

    @property
    def id(self) -> int: ...

    @property
    def entered(self) -> Mapping[str, object]:
        """What was typed in about it, by the key it is shown under; goes before what the books imply."""
        ...


R = TypeVar("R", bound=Row)


@dataclass(frozen=True)
class Shape(Generic[R]):
    """How records of one kind are shown."""

    entity: str
    """The name errors use, for example `Invoice`."""
    columns: Mapping[str, Callable[[R], object]]
    """Always shown, in this order; these can be sorted and filtered by."""
    extras: Mapping[str, Callable[[R], object]]
    """Shown when `with` asks for them."""
    default_sort: str
    searched: tuple[Callable[[R], object], ...] = ()
    """What `q` looks into."""

    def show(self, row: R, optional: Iterable[str] = ()) -> dict[str, object]:
        """The record as answered."""
        entered = row.entered
        record = {key: entered[key] if key in entered else read(row) for key, read in self.columns.items()}
        for key in optional:
            record[key] = entered[key] if key in entered else self.extras[key](row)
        return record

    def readers(self) -> dict[str, Callable[[R], object]]:
        """What each column of a record shows."""
        return {key: _reader(key, read) for key, read in self.columns.items()}


def _reader(key: str, read: Callable[[R], object]) -> Callable[[R], object]:
    def shown(row: R) -> object:
        entered = row.entered
        return entered[key] if key in entered else read(row)

    return shown


class Table(Generic[R]):
    """All records of one kind."""

    def __init__(self, shape: Shape[R], rows: Iterable[R]) -> None:
        self.shape = shape
        self._readers = shape.readers()
        self._rows = sorted(rows, key=lambda row: storage_order(row.id))
        self._by_id = {row.id: row for row in self._rows}
        self._kept: OrderedDict[tuple[str, str, str], Sequence[R]] = OrderedDict()
        self._indexes: dict[str, defaultdict[object, list[R]]] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def get(self, id: int) -> R:
        """The record with this id; Problem 3000 if there is none."""
        row = self._by_id.get(id)
        if row is None:
            raise not_found(self.shape.entity)
        return row

    def find(self, id: int) -> R | None:
        """The record with this id, if there is one."""
        return self._by_id.get(id)

    def many(self, ids: Iterable[int]) -> list[R]:
        """The records with these ids, each once; Problem 3000 if one of them is not there."""
        return [self.get(id) for id in dict.fromkeys(ids)]

    def select(self, sort: str | None = None, filter: str | None = None, search: str = "") -> Sequence[R]:
        """The records that match, in order; those that sort alike keep an order of their own."""
        key = (sort or self.shape.default_sort, filter or "", search)
        if key not in self._kept:
            self._keep(key, self._searched(search, self._filtered(filter, key[0])))
        self._kept.move_to_end(key)
        return self._kept[key]

    def _keep(self, key: tuple[str, str, str], rows: Sequence[R]) -> None:
        self._kept[key] = rows
        if len(self._kept) > _KEPT_MAX:
            self._kept.popitem(last=False)

    def _filtered(self, filter: str | None, sort: str) -> Sequence[R]:
        document = parse_filter(filter) if filter else None
        if not document:
            return self._sorted(self._rows, sort)
        test = compile_filter(document, self._readers)
        if len(document) == 1:
            [(name, value)] = document.items()
            if type(value) is int:
                index = self._index(name)
                return self._sorted(index.get(value) or index.get(str(value)) or (), sort)
        return [row for row in self.select(sort) if test(row)]

    def _index(self, name: str) -> Mapping[object, Sequence[R]]:
        """The records by their value in this column."""
        if name not in self._indexes:
            self._indexes[name] = defaultdict(list)
            read = self._readers[name]
            for row in self._rows:
                for value in _index_keys(read(row)):
                    self._indexes[name][value].append(row)
        return self._indexes[name]

    def _sorted(self, rows: Sequence[R], sort: str) -> Sequence[R]:
        ordered = list(rows)
        for part in reversed(sort.split(",")):
            descending = part.strip().startswith("-")
            ordered.sort(key=self._sort_key(part.strip().removeprefix("-")), reverse=descending)
        return ordered

    def _sort_key(self, name: str) -> Callable[[R], Any]:
        read = self._readers.get(name)
        if read is None:
            raise bad_request(2102, f"Invalid sort key: {name}")
        return lambda row: _comparable(read(row))

    def _searched(self, search: str, rows: Sequence[R]) -> Sequence[R]:
        words = search.casefold().split()
        return [row for row in rows if self._contains(row, words)] if words else rows

    def _contains(self, row: R, words: Sequence[str]) -> bool:
        text = "\n".join(plain(read(row)) for read in self.shape.searched).casefold()
        return all(word in text for word in words)


def _comparable(value: object) -> tuple[bool, Any]:
    """Nulls come first, as in the database behind the real API; text is compared without case."""
    if value is None:
        return (False, 0)
    if isinstance(value, str | Words):
        return (True, plain(value).casefold())
    return (True, value if isinstance(value, int | Decimal) else str(value))


def _index_keys(value: object) -> list[object]:
    """What an equality filter with a whole number may find the value by."""
    members = value if isinstance(value, list) else [value]
    return [member if isinstance(member, int | Decimal) else plain(member).casefold() for member in members]
