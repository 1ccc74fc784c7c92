"""What was used lately, bounded: the longest unused goes first."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Iterator
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Kept = TypeVar("Kept")


class Recent(Generic[Key, Kept]):
    """A small mapping for the path of every call: one look is one step in C."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[Key, Kept] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: Key) -> Kept | None:
        """What is kept there, which counts as a use of it; None where nothing is."""
        kept = self._kept.get(key)
        if kept is not None:
            self._kept.move_to_end(key)
        return kept

    def put(self, key: Key, kept: Kept) -> Kept:
        """Keep this there; the same back."""
        self._kept[key] = kept
        self._kept.move_to_end(key)
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)
        return kept

    def forget(self, key: Key) -> None:
        """Keep nothing there."""
        self._kept.pop(key, None)

    def values(self) -> Iterator[Kept]:
        """All that is kept, the longest unused first."""
        return iter(self._kept.values())
