"""Large bodies in pieces: the same document as in one go, the same refusals, and the loop turns in between."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from ledgermesh.slices import Slices, endless
from ledgermesh.upstream.decode import NotJson, decode
from ledgermesh.upstream.pieces import AT_ONCE_BYTES, DEPTH_MAX, RUN, decode_pieces, decode_sliced, giving

TEXTS = some.text(alphabet='ab"\\{}[],:é\n𝄞 ', max_size=12)
LEAVES = some.none() | some.booleans() | some.integers(-(10**12), 10**12) | TEXTS
DOCUMENTS = some.recursive(
    LEAVES,
    lambda inner: some.lists(inner, max_size=8) | some.dictionaries(TEXTS, inner, max_size=8),
    max_leaves=60,
)
SPACES = some.sampled_from([None, 0, 1, 7])


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as running:
        yield running


def in_pieces(runner: asyncio.Runner, body: bytes, size: int) -> object:
    return runner.run(decode_pieces(body, endless(), size))


def outcome(runner: asyncio.Runner, body: bytes, size: int | None) -> object:
    try:
        return decode(body) if size is None else in_pieces(runner, body, size)
    except NotJson:
        return NotJson


@settings(max_examples=80, deadline=None, derandomize=True)
@given(document=DOCUMENTS, indent=SPACES, size=some.integers(1, 40), ascii=some.booleans())
def test_a_document_in_pieces_is_the_document(
    runner: asyncio.Runner, document: Any, indent: int | None, size: int, *, ascii: bool
) -> None:
    """Whatever is nested in what, however it is spaced and wherever it is cut."""
    body = json.dumps(document, indent=indent, ensure_ascii=ascii).encode()
    assert in_pieces(runner, body, size) == decode(body)


@settings(max_examples=120, deadline=None, derandomize=True)
@given(document=DOCUMENTS, size=some.integers(1, 20), chance=some.randoms(use_true_random=False))
def test_what_is_no_document_is_refused_in_pieces_too(
    runner: asyncio.Runner, document: Any, size: int, chance: Random
) -> None:
    """Bytes lost, doubled or changed: both ways say no, or both read the same."""
    body = bytearray(json.dumps(document).encode())
    for _ in range(chance.choice([1, 1, 2])):
        place = chance.randrange(len(body) + 1)
        match chance.randrange(3):
            case 0:
                del body[place : place + chance.choice([1, 5])]
            case 1:
                body[place:place] = chance.choice([b",", b"]", b"}", b"[", b"{", b'"', b":", b"0", b"\\"])
            case _:
                body[place : place + 1] = bytes([chance.randrange(256)])
    assert outcome(runner, bytes(body), size) == outcome(runner, bytes(body), None) or not body


ODD = [
    b"[1,]", b"[,1]", b"[1 2]", b'{"a":1,}', b'{"a":[],"a":{}}', b'{"a":[1],"b":null,"a":[2,3]}', b"[[],]",
    b"[[]", b"[[]]]", b"[[]] 1", b"x[[]]", b"[}", b'{"a"}', b'{"a":}', b'["a', b'["a\\"]', b"[] []", b"", b"  ",
    b'"a long text"', b"17", b"[\xff]", b'["\xff"]', b"\xef\xbb\xbf[[1],[2]]", b"[1]\n ", b"{[]:1}", b'{"a":[] "b":1}',
    b'{"":[1,2],"":[3]}', b'{"\\"k\\\\":[[1],[2]],"x":1}', b"[1e400]", b"[1.10, 2.0]", b"[01]", b"[[1]:[2]]",
]  # fmt: skip


@pytest.mark.parametrize("body", ODD)
@pytest.mark.parametrize("size", [1, 3, 1_000])
def test_odd_bodies(runner: asyncio.Runner, body: bytes, size: int) -> None:
    """The edges of the grammar, each cut as early as can be and not at all."""
    expected = None if not body.strip() else outcome(runner, body, None)
    assert outcome(runner, body, size) == expected or not body.strip()


@pytest.mark.parametrize("size", [1, 50_000])
@pytest.mark.parametrize(
    "document",
    [
        [0] * 30_000,
        ["a,]"] * 3_000,
        {f"k{number}": number for number in range(3_000)},
        [{}] * 2_000,
        ["x" * 300_000, {"\\" * 200_000: ['\\n"' * 100_000]}, 1],
        [{"lines": [{"net": [{"a": {"b": ["c"]}}] * 60}] * 3}] * 5,
        " " * 10_000,
        [[" " * 5_000] * 3] * 3,
    ],
    ids=["numbers", "texts", "members", "empty", "long texts", "deep rows", "a text", "spaces"],
)  # fmt: skip
def test_bodies_of_every_build(runner: asyncio.Runner, document: Any, size: int) -> None:
    """Dense lists, long texts, deep rows: what the usual step does not fit is read all the same."""
    spaced = json.dumps(document, indent=3).replace(": ", ":" + " " * 70).encode()
    for body in (json.dumps(document).encode(), spaced):
        assert in_pieces(runner, body, size) == decode(body)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(document=DOCUMENTS, indent=SPACES, size=some.integers(1, 40))
def test_older_pythons_read_the_same(document: Any, indent: int | None, size: int) -> None:
    """Repeats that could give back what they took, as those before 3.11.5 have them, never match anything else."""
    older = re.compile(giving(RUN.pattern), RUN.flags)
    body = json.dumps(document, indent=indent).encode()
    for start in range(0, len(body), size):
        ours, others = RUN.match(body, start), older.match(body, start)
        assert ours is not None and others is not None and ours.regs == others.regs


def test_numbers_stay_exact(runner: asyncio.Runner) -> None:
    """Decimals of the text, whole numbers as they are."""
    found: Any = in_pieces(runner, b'{"a":[1.10,2,{"b":0.30}],"c":[[1.0]]}', 1)
    assert repr(found) == repr({"a": [Decimal("1.10"), 2, {"b": Decimal("0.30")}], "c": [[Decimal("1.0")]]})


async def test_what_is_nested_without_end_is_refused() -> None:
    """As in one go, and before it fills the memory."""
    for body in (b"[" * 2_000_000, b"[" * (DEPTH_MAX + 1) + b"1" * AT_ONCE_BYTES + b"]" * (DEPTH_MAX + 1)):
        with pytest.raises(NotJson, match="deeply"):
            await decode_sliced(body, endless())


@pytest.mark.parametrize(
    "rows",
    [
        [{"id": str(number), "lines": [{"net": 1.25}] * 5} for number in range(9_000)],
        [[["some text"] * 48] * 96] * 30,
    ],
    ids=["rows", "few values that hold thousands"],
)  # fmt: skip
async def test_no_more_than_a_few_pieces_are_decoded_in_one_turn(rows: list[Any]) -> None:
    """With a clock that moves a slice at each look, each piece of a large body has a turn of its own."""
    body = json.dumps({"rows": rows}).encode()
    turns, done, seconds = 0, False, iter(range(1 << 40))

    async def turning() -> None:
        nonlocal turns
        while not done:
            turns += 1
            await asyncio.sleep(0)

    counting = asyncio.ensure_future(turning())
    found: Any = await decode_sliced(body, Slices(lambda: next(seconds), 0.5), 32_768)
    done = True
    await counting
    assert found["rows"] == rows and len(body) > AT_ONCE_BYTES
    assert turns >= len(body) // 32_768 / 2


async def test_small_bodies_are_decoded_at_once() -> None:
    """Without a turn in between, as most answers are; many short values are not small."""
    looked: list[float] = []

    def now() -> float:
        looked.append(0.0)
        return 0.0

    assert await decode_sliced(b'{"rows":[1,2]}', Slices(now)) == {"rows": [1, 2]}
    assert looked == []
    dense = b"[" + b"1.5," * 50_000 + b"1]"
    assert len(dense) < AT_ONCE_BYTES
    await decode_sliced(dense, Slices(now))
    assert looked != []
