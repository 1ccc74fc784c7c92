"""Memory that a server keeps lies in large pages, where the system can do that."""

from __future__ import annotations

import asyncio
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from ledgermesh.large_pages import AFTER_SECONDS, keep

LOOK = """
import re, sys
from pathlib import Path
from ledgermesh.large_pages import collapsed
from tests.test_large_pages import large_kb
kept = [str(number) for number in range(400_000)]
before, made = large_kb(), collapsed()
print(made, large_kb() - before, collapsed() >= made, kept[-1])
"""


def large_kb() -> int:
    """How much of this process lies in large pages."""
    lines = Path("/proc/self/smaps_rollup").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("AnonHugePages"))


def _can() -> bool:
    version = [int(part) for part in platform.release().split(".")[:2] if part.isdigit()]
    return sys.platform == "linux" and version >= [6, 1]


@pytest.mark.skipif(not _can(), reason="needs Linux 6.1")
def test_what_is_kept_lies_in_large_pages() -> None:
    """Of a process with some 25 MB of texts most are moved, stay what they are, and are not moved again."""
    ended = subprocess.run([sys.executable, "-c", LOOK], capture_output=True, text=True, check=True)
    made, grown, again, last = ended.stdout.split()
    if made == "-1":
        pytest.skip("this kernel refuses large pages")
    assert int(made) >= 5
    assert int(grown) >= 5 * 2048
    assert (again, last) == ("True", "399999")


async def test_it_goes_on_as_memory_is_added() -> None:
    """Soon after the start, then ever more rarely, without an end."""
    waited: list[float] = []
    looks = 0

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    def collapse() -> int:
        nonlocal looks
        looks += 1
        return 1 if looks < len(AFTER_SECONDS) + 2 else -1

    await asyncio.wait_for(keep(sleep, collapse), 20)

    assert waited == [*AFTER_SECONDS, AFTER_SECONDS[-1], AFTER_SECONDS[-1]]


async def test_where_nothing_can_be_done_nothing_is_tried_again() -> None:
    """A system that refuses is asked once."""
    looks = 0

    async def sleep(seconds: float) -> None:
        assert seconds == AFTER_SECONDS[0]

    def collapse() -> int:
        nonlocal looks
        looks += 1
        return -1

    await asyncio.wait_for(keep(sleep, collapse), 20)

    assert looks == 1
