"""Answers in parts over HTTP: who wants them, in which format, and how they are written as `multipart/mixed`.

Written as Apollo's clients and urql read it: https://github.com/graphql/graphql-over-http/blob/main/rfcs/IncrementalDelivery.md
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator
from contextlib import aclosing
from enum import Enum
from typing import Final

import msgspec
from graphql import GraphQLError

from ledgermesh.edge.incoming import GRAPHQL_JSON, JSON, NotAcceptable, accepted
from ledgermesh.graph.present import present
from ledgermesh.graph.question import Answer

MIXED: Final = "multipart/mixed"
CRLF: Final = b"\r\n"
DELIMITER: Final = b"\r\n---"
HEAD: Final = b"\r\nContent-Type: application/json; charset=utf-8\r\n\r\n"

_ENCODER = msgspec.json.Encoder(decimal_format="number")


class Format(Enum):
    """How parts are told apart; the value is what the answer's media type says of it."""

    DRAFT = ""
    """`pending`, `incremental` with ids, `completed`: what whoever names no version gets."""
    V0_2 = "; incrementalSpec=v0.2"
    """The same, asked for by Apollo's name for it."""
    DEFER_20220824 = "; deferSpec=20220824"
    """`incremental` with `path`, `label` and `data`: what most of Apollo's clients ask for."""

    @property
    def media_type(self) -> str:
        """Of the whole answer."""
        return f'{MIXED}; boundary="-"{self.value}'


def wanted(accept: str | None, media: str = MIXED) -> Format | None:
    """The format of parts, where the caller takes them no less gladly than one answer; None for all at once."""
    found, best = None, 0.0
    one = 0.0
    for part in (accept or "").casefold().split(","):
        name, *given = (piece.strip() for piece in part.split(";"))
        said = dict(map(_parameter, given))
        quality = _quality(said.get("q", "1"))
        if name in (JSON, GRAPHQL_JSON):
            one = max(one, quality)
        elif name == media and quality > best and (format_ := _format(said)) is not None:
            found, best = format_, quality
    return found if best >= one else None


def _parameter(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name.strip(), value.strip().strip('"')


def _quality(text: str) -> float:
    return float(text) if re.fullmatch(r"[01](\.\d{0,3})?", text) else 0.0


def _format(said: dict[str, str]) -> Format | None:
    """None for a version that we do not write, and for what is no answer in parts but a subscription."""
    if "subscriptionspec" in said:
        return None
    match said.get("deferspec"), said.get("incrementalspec"):
        case None, None:
            return Format.DRAFT
        case "20220824", _:
            return Format.DEFER_20220824
        case None, "v0.2":
            return Format.V0_2
    return None


def media_of(accept: str | None, parts: Format | None) -> str | None:
    """The media type of an answer that is one; None where the caller takes nothing but parts. Raises NotAcceptable."""
    try:
        return accepted(accept)
    except NotAcceptable:
        if parts is None:
            raise
        return None


async def in_format(format_: Format, answers: AsyncGenerator[Answer, None]) -> AsyncGenerator[Answer, None]:
    """The parts as a version has them; what is no part stays as it is. Closes them in the end."""
    older = Older()
    async with aclosing(answers):
        async for answer in answers:
            if format_ is not Format.DEFER_20220824 or "hasNext" not in answer:
                yield answer
                continue
            for part in older.parts(answer):
                yield part


class Older:
    """Parts of the draft as the version of 2022-08-24 has them: a fragment is named by its path and label."""

    def __init__(self) -> None:
        self._pending: dict[str, Answer] = {}
        self._filled: set[str] = set()

    def parts(self, part: Answer) -> list[Answer]:
        """The one or two parts that say the same."""
        for each in part.get("pending", ()):
            self._pending[each["id"]] = each
        if "data" in part:
            return [{name: part[name] for name in part if name != "pending"}]
        found = [self._increment(each) for each in part.get("incremental", ())]
        found += [each for done in part.get("completed", ()) for each in self._completed(done)]
        end: Answer = {name: part[name] for name in ("extensions",) if name in part}
        if part["hasNext"] or not end:
            return [
                {"incremental": found, "hasNext": part["hasNext"]} if found else {"hasNext": part["hasNext"]}
            ]
        # Apollo's clients take what stands beside `incremental` for nothing.
        more: list[Answer] = [{"incremental": found, "hasNext": True}] if found else []
        return [*more, end | {"hasNext": False}]

    def _increment(self, found: Answer) -> Answer:
        at = self._pending[found["id"]]
        self._filled.add(found["id"])
        placed = _placed(at, found.get("subPath", ()))
        return {"data": found["data"], **placed, **_errors(found)}

    def _completed(self, done: Answer) -> list[Answer]:
        """What is said of a fragment that failed as a whole, or whose fields all came with another one."""
        id = done["id"]
        at, filled = self._pending.pop(id), id in self._filled
        self._filled.discard(id)
        if "errors" in done:
            return [{"data": None, **_placed(at), **_errors(done)}]
        return [] if filled else [{"data": {}, **_placed(at)}]


def _placed(at: Answer, below: list[str | int] | tuple[()] = ()) -> Answer:
    return {"path": [*at["path"], *below], **({"label": at["label"]} if "label" in at else {})}


def _errors(found: Answer) -> Answer:
    return {"errors": found["errors"]} if "errors" in found else {}


async def next_of(answers: AsyncGenerator[Answer, None]) -> Answer:
    """The next answer, of which there is one."""
    return await anext(answers)


async def chunks(first: Answer, rest: AsyncGenerator[Answer, None]) -> AsyncGenerator[bytes, None]:
    """The body: each chunk ends with the delimiter, so that nobody waits for the next part to read this one."""
    yield DELIMITER + HEAD + encoded(first) + DELIMITER
    async for part in rest:
        yield HEAD + encoded(part) + DELIMITER
    yield b"--" + CRLF


def encoded(answer: Answer) -> bytes:
    """JSON; the masked error where a value is none."""
    try:
        return _ENCODER.encode(answer)
    except (TypeError, ValueError, RecursionError) as error:
        masked: Answer = {"errors": [present(GraphQLError("", original_error=error))]}
        return _ENCODER.encode(masked | {name: answer[name] for name in ("hasNext",) if name in answer})
