"""Requests that somebody made on purpose to hurt us, against a process on a socket: each is refused, or answered, and
nobody else notices.

Which they are stands beside this file: bodies, documents, wires, forged, places, talks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import pytest

from tests.edge.hostile import bodies, documents, forged, places, talks, wires
from tests.edge.hostile.calling import Case
from tests.edge.hostile.gateway import Gateway, gateway, wrongs

FAMILIES: Final[dict[str, Sequence[Case]]] = {
    "bodies": bodies.CASES,
    "documents": documents.CASES,
    "wires": wires.CASES,
    "forged": forged.CASES,
    "places": places.CASES,
    "talks": talks.CASES,
}
SLOW: Final = (*wires.SLOW_CASES, *talks.SLOW_CASES)


@pytest.fixture(scope="module")
def served() -> Iterator[Gateway]:
    """One process for all."""
    with gateway() as made:
        yield made


def test_there_are_many() -> None:
    """At least two hundred, each with a name of its own within its family."""
    assert sum(map(len, FAMILIES.values())) + len(SLOW) >= 200
    for cases in (*FAMILIES.values(), SLOW):
        assert len({each.name for each in cases}) == len(cases)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("family", FAMILIES)
def test_hostile_requests(served: Gateway, family: str) -> None:
    """None is a failure of ours, none is told or logged what is not theirs, after each of them the next is answered.
    What they began has ended soon after they went.
    """
    before = served.state()["tasks"]
    wrong = [each for case in FAMILIES[family] for each in wrongs(served, case, case.run(served.door))]

    assert wrong == []
    assert served.leaks_of_log() == []
    assert served.settled(before + 2)


@pytest.mark.timeout(300)
def test_slow_requests(served: Gateway) -> None:
    """Who sends a byte at a time is refused when time is up, whatever it is; others are answered meanwhile."""
    before = served.state()["tasks"]
    with ThreadPoolExecutor(len(SLOW)) as pool:
        running = [pool.submit(case.run, served.door) for case in SLOW]
        assert served.answers()
        replies = [each.result() for each in running]
    wrong = [each for case, reply in zip(SLOW, replies, strict=True) for each in wrongs(served, case, reply)]

    assert wrong == []
    assert served.leaks_of_log() == []
    assert served.settled(before + 2)
