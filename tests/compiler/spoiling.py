"""Answers of providers with values, documents and whole answers that nobody should send: by a seed, always the same."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from random import Random
from typing import Any, Final

import msgspec

from ledgermesh.upstream.wire import Answer, CutShort, Request, TooBig, Unreachable, Unreadable, Wire

DECODER: Final = msgspec.json.Decoder(float_hook=Decimal)
ENCODER: Final = msgspec.json.Encoder(decimal_format="number")
LONG: Final = 40
"""Elements of a list that is longer than what is completed in one go."""


def raw(text: str) -> msgspec.Raw:
    """JSON as it stands here."""
    return msgspec.Raw(text.encode())


ANYTHING: Final[tuple[Any, ...]] = (
    None, None, None, True, False, "", "a word", 7, -1, 0, 10**30, [], {}, [None], [[]], {"odd": ["value"]},
)  # fmt: skip
"""Wrong for most fields. Null is the most frequent surprise, as it is in life."""
TEXTS: Final[tuple[Any, ...]] = (
    "NaN", "Infinity", "-Infinity", "1e400", "-0", "-0.00", "12.50", "1,5", "007", " 5 ", "1e5", "٣", "0x10", "null",
    "2026-02-30", "2026-13-01", "0000-00-00", "0001-01-01", "9999-12-31", "2026-1-1", "2026-11-15T12:00:00",
    "2026-11-15T25:00:00Z", "2026-11-15T12:00:00+14:00", "20261115", "1", "0", "true", "chf", "CHF ", "Francs",
    "no such word",
    "x" * 3000, "line\nbreak", "\u0000", "é\u202e𝄞", "😀", raw('"\\ud83d"'), '"quoted" \\', "<b>", "\ufeff",
)  # fmt: skip
NUMBERS: Final[tuple[Any, ...]] = (
    *map(raw, (
        "-0", "-0.0", "1.0", "0.10", "1E+2", "1e-7", "1E+399", "-1E-399", "0.1000000000000000055511151231257827",
        "3.141592653589793238462643383279502884197169399375105820974944592307816406286", "1e2",
    )),
    2**31 - 1, 2**31, -(2**31) - 1, 2**53 + 1, 2**63, -(2**63), 2**64, 10**40, -1, 0,
    Decimal("1.5"), Decimal("99999999999999999.99"), 20260230, 253402300800, 1763208000000,
)  # fmt: skip
WHOLE: Final[tuple[bytes, ...]] = (
    b"", b"null", b"[]", b"{}", b"true", b"7", b'"text"', b"NaN", b"[NaN]", b'{"a": Infinity}', b"{", b"[1e999]",
    b"<html><body>Sorry</body></html>", b"\xff\xfe", b"[" * 2000 + b"]" * 2000, b'{"data":', b"[null]", b"[[]]",
)  # fmt: skip
STATUSES: Final = (400, 403, 404, 409, 410, 422, 429, 500, 502, 503, 504, 204, 206, 301, 304)
BROKEN: Final = (Unreachable, CutShort, TooBig, Unreadable)


@dataclass(frozen=True, slots=True)
class Badness:
    """How bad it is, as parts of one."""

    values: float = 0.0
    """Of the values in answers."""
    answers: float = 0.0
    """Of the answers."""
    gentle: bool = False
    """Whether values stay of the kind they are, so that documents are still written in one go."""
    envelope: bool = False
    """Whether also what lies around the records is spoilt."""


class Spoilt:
    """A wire whose good answers to readings are spoilt by the seed and the question. Pristine answers are kept."""

    def __init__(self, inner: Wire) -> None:
        self._inner = inner
        self._pristine: dict[tuple[str, str, bytes | None], Answer] = {}
        self._made: dict[tuple[str, str], Answer | type[Exception]] = {}
        self._seed, self._badness = 0, Badness()
        self.asked = 0
        self.spoilt = 0

    def turn(self, seed: int, badness: Badness) -> None:
        """Spoil what follows by this seed."""
        self._seed, self._badness = seed, badness
        self._made.clear()

    async def send(self, request: Request) -> Answer:
        """See Wire."""
        key = request.method, request.url
        found = await self._first(request)
        if request.method != "GET":
            return found
        self.asked += 1
        await asyncio.sleep(0)  # as on any wire, others go on meanwhile
        made = self._made.get(key)
        if made is None:
            made = self._made[key] = self._spoil(found, Random(f"{self._seed} {key}"))
        if not isinstance(made, Answer):
            raise made("spoilt")
        return made

    async def _first(self, request: Request) -> Answer:
        key = request.method, request.url, request.body
        found = self._pristine.get(key)
        if found is None:
            found = self._pristine[key] = await self._inner.send(request)
        return found

    def _spoil(self, answer: Answer, random: Random) -> Answer | type[Exception]:
        if random.random() < self._badness.answers:
            self.spoilt += 1
            return self._whole(answer, random)
        if not self._badness.values or answer.status >= 300 or answer.body[:1] not in (b"{", b"["):
            return answer
        spoiler = Spoiler(random, self._badness)
        body = ENCODER.encode(spoiler.all(DECODER.decode(answer.body)))
        self.spoilt += spoiler.count
        return self._answer(answer, body)

    def _whole(self, answer: Answer, random: Random) -> Answer | type[Exception]:
        how = random.random()
        if how < 0.3:
            return random.choice(BROKEN)
        if how < 0.6:
            return self._answer(answer, random.choice(WHOLE))
        if how < 0.7:
            return self._answer(answer, answer.body[: random.randrange(1, len(answer.body) + 1)])
        body = random.choice((answer.body, b"", b"{}", b'{"error":{"code":"x","message":"no"}}', b"<html>"))
        return self._answer(answer, body, random.choice(STATUSES))

    @staticmethod
    def _answer(answer: Answer, body: bytes, status: int | None = None) -> Answer:
        headers: Mapping[str, str] = {**answer.headers, "content-length": str(len(body))}
        return Answer(status or answer.status, headers, body)


class Spoiler:
    """Goes through one document."""

    def __init__(self, random: Random, badness: Badness) -> None:
        self._random = random
        self._part = badness.values
        self._gentle = badness.gentle
        self._from = 0 if badness.envelope else 3
        self.count = 0

    def all(self, value: Any, level: int = 0) -> Any:
        """The document, some of its values replaced. What lies around the records mostly stays, or there were none."""
        if level >= self._from and self._random.random() < self._part:
            self.count += 1
            return self._spoilt(value)
        if isinstance(value, dict):
            return {name: self.all(each, level + 1) for name, each in value.items()}
        if isinstance(value, list):
            return [self.all(each, level + 1) for each in value]
        return value

    def _spoilt(self, value: Any) -> Any:
        random = self._random
        if self._gentle:
            return self._gently(value)
        if random.random() < 0.3:
            return random.choice(ANYTHING)
        match value:
            case bool() | None:
                return random.choice((*ANYTHING, *TEXTS, *NUMBERS, 1, "yes", "false"))
            case str():
                return random.choice(
                    (*TEXTS, value.upper(), f" {value} ", value[:-1], [value], {"id": value})
                )
            case int() | Decimal():
                return random.choice(
                    (*NUMBERS, str(value), f"{value}.00", [value], -value, raw(f"{value:f}e0"))
                )
            case list():
                return self._list(value)
        return self._object(value)

    def _gently(self, value: Any) -> Any:
        random = self._random
        match value:
            case bool() | None:
                return random.choice((None, True, False))
            case str():
                return random.choice(("", "", "7", '"\\/\n', "é😀\u2028", f"{value} ", value[::-1], None))
            case int() | Decimal():
                return random.choice((0, 7, -value, raw("1E+3"), raw("0.10"), raw("-0.0"), "12.50", None))
            case list():
                return random.choice(([], value[::-1], value + value[:1], value[:1], None))
        names = list(value)
        gone = random.choice(names) if names else ""
        return random.choice((None, {name: each for name, each in value.items() if name != gone}))

    def _list(self, value: list[Any]) -> Any:
        """Doubled, reversed, shortened, very long, with strangers in it, or no list."""
        first = value[:1] or [{}]
        return self._random.choice(
            (
                [], None, {}, "list", first[0], [value], value + first, value[::-1], value[:1], [*value, None],
                ["text", *value], [*value, 7], [*value, []], first * LONG, dict(enumerate_texts(value)),
                [self._like(first[0], each) for each in value],
            )
        )  # fmt: skip

    def _object(self, value: dict[str, Any]) -> Any:
        """With keys missing or added, under other names, in another order, or no object."""
        names = list(value)
        self._random.shuffle(names)
        gone = set(names[: self._random.randint(1, max(len(names), 1))])
        one = names[0] if names else "x"
        return self._random.choice(
            (
                {}, None, [], [value], "object", 7, {name: each for name, each in value.items() if name not in gone},
                {name: each for name, each in value.items() if name != one},
                {**value, "added": {"by": ["us", None, 1.5]}},
                {name.upper(): each for name, each in value.items()}, {name: value[name] for name in names},
                dict.fromkeys(names), {**value, one: self._random.choice(ANYTHING)},
            )
        )  # fmt: skip

    def _like(self, first: Any, other: Any) -> Any:
        """An element with the ids of another one."""
        if not isinstance(first, dict) or not isinstance(other, dict):
            return other
        return {**other, **{name: each for name, each in first.items() if "id" in name.lower()}}


def enumerate_texts(value: list[Any]) -> list[tuple[str, Any]]:
    """Elements with their places as texts."""
    return [(str(index), each) for index, each in enumerate(value)]
