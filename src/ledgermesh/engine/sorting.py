"""Many things in order, a part at a time: a sort in one go cannot be interrupted."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import Any, Final, TypeVar

from ledgermesh.slices import Slices

PART: Final = 1_000
"""So many are sorted in one go."""
STEP: Final = 20
"""One in so many is looked at to find where parts of about the same size begin."""

X = TypeVar("X", bound=Any)


async def in_order(found: Sequence[X], slices: Slices) -> list[X]:
    """The same in ascending order. Equal ones come in any order."""
    if len(found) <= PART:
        return sorted(found)
    runs: list[list[X]] = []
    for start in range(0, len(found), PART):
        runs.append(sorted(found[start : start + PART]))
        await slices.pause()
    some = await in_order([each for run in runs for each in run[::STEP]], slices)
    made: list[X] = []
    begins = [0] * len(runs)
    for border in [*some[PART // STEP :: PART // STEP], None]:
        part: list[X] = []
        for number, run in enumerate(runs):
            end = len(run) if border is None else bisect_left(run, border, begins[number])
            part += run[begins[number] : end]
            begins[number] = end
        part.sort()
        made += part
        await slices.pause()
    return made
