"""What a server keeps, in large pages of memory: its processor finds its way in them without asking the page tables.

Linux gives memory in pages of 4 kB, and an answer needs things that lie in thousands of them. Of its own accord it
makes large pages of 2 MB only where it is told to for all programs. From 6.1 on it does so when asked (`MADV_COLLAPSE`,
see madvise(2)): small answers took an eighth less then, large ones a little less. Elsewhere nothing happens.
"""

from __future__ import annotations

import asyncio
import ctypes
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from functools import cache
from itertools import chain, repeat
from pathlib import Path
from typing import Any, Final

LARGE: Final = 2 << 20
"""Bytes of a large page, as nearly all machines have them."""
SMALL: Final = 4 << 10
KEPT: Final = 0.75
"""The part of a large page that must be in use: stacks and the like would only take memory."""
COLLAPSE: Final = 25
"""MADV_COLLAPSE."""
AFTER_SECONDS: Final = (3.0, 10.0, 60.0, 600.0)
"""Between the looks for new memory; the last goes on. Of a server that has just begun, not much is in use yet."""
MAPS: Final = Path("/proc/self/maps")

Sleep = Callable[[float], Awaitable[Any]]


def collapsed() -> int:
    """Put this process's own memory into large pages, as far as it is in use; how many there are now, -1 where Linux
    cannot.
    """
    library = _library()
    if library is None:
        return -1
    asked, made = 0, 0
    for start in _places():
        if _used(library, start) >= KEPT:
            asked += 1
            made += library.madvise(start, LARGE, COLLAPSE) == 0
    return -1 if asked and not made else made


async def keep(sleep: Sleep = asyncio.sleep, collapse: Callable[[], int] = collapsed) -> None:
    """Go on putting what is kept into large pages, until nothing can be done or this is cancelled."""
    for seconds in chain(AFTER_SECONDS, repeat(AFTER_SECONDS[-1])):
        await sleep(seconds)
        if await asyncio.to_thread(collapse) < 0:
            return


@cache
def _library() -> Any:
    """The C library, where this is Linux."""
    if sys.platform != "linux":
        return None
    with suppress(OSError, AttributeError):
        library = ctypes.CDLL(None)
        library.madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
        library.mincore.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_char_p)
        return library
    return None


def _places() -> Iterator[int]:
    """Where large pages could begin: in memory that belongs to no file, and may be written."""
    with suppress(OSError):
        for line in MAPS.read_text(encoding="ascii", errors="replace").splitlines():
            span, rights, _, _, _, *name = line.split()
            if rights == "rw-p" and name in ([], ["[heap]"]):
                start, end = (int(each, 16) for each in span.split("-"))
                first = -(-start // LARGE) * LARGE
                yield from range(first, end - LARGE + 1, LARGE)


def _used(library: Any, start: int) -> float:
    """The part of a large page that is in memory."""
    found = ctypes.create_string_buffer(LARGE // SMALL)
    if library.mincore(start, LARGE, found) != 0:
        return 0.0
    return found.raw.count(1) / (LARGE // SMALL)
