"""Whether the differential tests find faults that are planted in generated code: `python -m tests.deep.mutations`.

Some minutes. Prints for each fault the seed that shows it; ends with 1 where one is not found.
"""

from __future__ import annotations

import asyncio
import sys
import warnings

from tests.compiler.books import books
from tests.compiler.mutations import EMITTED, FUSED, found_in_books, found_in_made_up_records

SEEDS = range(80)
WORLDS = 40


async def run() -> int:
    """How many are not found."""
    lost = 0
    for mutation in EMITTED:
        seed = await found_in_made_up_records(mutation, SEEDS, WORLDS)
        print(f"emit  {mutation.name}: {'NOT FOUND' if seed is None else f'seed {seed}'}", flush=True)
        lost += seed is None
    async with books() as both:
        for mutation in FUSED:
            seed = await found_in_books(both, mutation, SEEDS, WORLDS)
            print(f"fused {mutation.name}: {'NOT FOUND' if seed is None else f'seed {seed}'}", flush=True)
            lost += seed is None
    return lost


if __name__ == "__main__":
    warnings.simplefilter("ignore")  # graphql-core leaves coroutines behind below a null
    sys.exit(bool(asyncio.run(run())))
