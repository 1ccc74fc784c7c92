"""Compiled code against graphql-core over providers' books that are spoilt on the wire: so many cases, from a seed.

    python -m tests.deep.differential 50000 1

asks questions made by chance of small books of five providers; every eighth world is as it should be, the others have
wrong values, documents and answers in them. Both ways see the same bytes. Prints how the answers were made, and every
difference; ends with 1 if there was one.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections import Counter

from tests.compiler.books import BADNESS, Books, books, case

WORLDS = 8 * len(BADNESS)
"""Of one question."""
AT_ONCE = 200
"""Questions that the same gateways answer: behind that there are new ones."""


async def run(cases: int, seed: int) -> int:
    """How many of the cases differ."""
    different, done, ways, errors, spoilt, reordered = 0, 0, Counter[str](), 0, 0, 0
    masked = Counter[str]()
    began = time.process_time()
    while done < cases:
        async with books() as both:
            for _ in range(AT_ONCE):
                if done >= cases:
                    break
                different += await _one(both, 1_000_000 * seed + done // WORLDS)
                done += WORLDS
                if done % (WORLDS * 25) == 0:
                    print(
                        f"{done} cases, {different} questions differ, {time.process_time() - began:.0f} s",
                        flush=True,
                    )
            ways += both.ways
            reordered += both.reordered
            masked.update(str(type(each["exc_info"]).__name__) for each in both.log if "exc_info" in each)
            errors += both.errors
            spoilt += both.wire.spoilt
    print(
        f"{done} cases, {time.process_time() - began:.0f} s of CPU; "
        f"{spoilt} values and answers spoilt, {errors} errors told"
    )
    print(f"{reordered} answers with the same errors in another order")
    print(f"errors that are masked, the same on both sides: {dict(masked)}")
    for way, count in ways.most_common():
        print(f"{count:9} {way}")
    print(f"{different} questions differ")
    return different


async def _one(both: Books, seed: int) -> int:
    try:
        await case(both, seed, WORLDS)
    except (AssertionError, ValueError) as error:
        print(error, flush=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(bool(asyncio.run(run(int(sys.argv[1]), int(sys.argv[2])))))
