"""Answers compressed with gzip, where they are long enough and the caller takes them so.

Only whole answers: a stream's parts have to arrive as they are made. An answer that may hold a secret (a plan's token,
a new key, a link that lets whoever has it in) goes as it is: what else stands in it may be somebody else's choice, and
how well both compress together would tell of the secret (the BREACH attack).
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Final, TypeVar

from ledgermesh.graph.kept.memory import Kept
from ledgermesh.graph.kept.packed import finish, pack

BYTES_MIN: Final = 2_000
"""Shorter answers go in one or two packets either way."""
THREAD_BYTES: Final = 100_000
"""Longer ones are compressed in a thread: others go on meanwhile."""
LEVEL: Final = 1
"""An answer that is sent once is not worth more."""
SECRETS: Final = ("mutation", "subscription", "downloads", "hookUrl", "repairUrl", "planToken", "admin")
"""Words without which a document asks for nothing that lets somebody in."""
HEADER_CHARACTERS_MAX: Final = 1_000
GZIP: Final[Mapping[str, str]] = {"Content-Encoding": "gzip"}
Made = TypeVar("Made")
DATA: Final = len(b'{"data":')


@lru_cache(maxsize=100)
def takes_gzip(accepted: str | None) -> bool:
    """Whether an Accept-Encoding header takes gzip."""
    if not accepted or len(accepted) > HEADER_CHARACTERS_MAX:
        return False
    weights: dict[str, str] = {}
    for each in accepted.casefold().split(","):
        name, _, parameter = each.partition(";")
        weights[name.strip()] = parameter.partition("=")[2].strip() or "1"
    weight = next((weights[name] for name in ("gzip", "x-gzip", "*") if name in weights), "0")
    try:
        return float(weight) > 0
    except ValueError:
        return False


def open_(texts: Iterable[str]) -> bool:
    """Whether no answer to these documents holds a secret."""
    return not any(word in text for text in texts for word in SECRETS)


async def shorter(
    content: bytes, accepted: str | None, texts: Iterable[str], kept: Kept | None = None
) -> bytes | None:
    """An answer to these documents, compressed; None where it goes as it is. What is kept of it is made once."""
    if len(content) < BYTES_MIN or not takes_gzip(accepted) or not open_(texts):
        return None
    if kept is None:
        return await _apart(_gzip, content)
    begun = DATA + memoryview(kept.data).nbytes
    if (packed := kept.packed) is None:
        packed = await _apart(pack, content[:begun])
        kept.memory.pack(kept, packed)
    return finish(packed, content[begun:])


async def _apart(make: Callable[[bytes], Made], content: bytes) -> Made:
    return await asyncio.to_thread(make, content) if len(content) > THREAD_BYTES else make(content)


def _gzip(content: bytes) -> bytes:
    return zlib.compress(content, LEVEL, 16 + zlib.MAX_WBITS)
