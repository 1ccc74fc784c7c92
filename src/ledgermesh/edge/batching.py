"""Several operations in one request: answered at the same time, each on its own, in the order they came."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import msgspec
from graphql import GraphQLError
from msgspec import Struct
from starlette.requests import Request

from ledgermesh.edge import rates
from ledgermesh.edge.drain import writes
from ledgermesh.edge.leaving import unless_left
from ledgermesh.errors import BadInput, LedgermeshError
from ledgermesh.graph.present import present, typed
from ledgermesh.graph.question import Answer, Answers, Notes, Question

SINGLE: Final = ("X-Sync-Data", "X-Sync-Sources", "Idempotency-Key")
"""Headers that mean one operation."""

_ENCODER = msgspec.json.Encoder(decimal_format="number")


class Batch(Struct, frozen=True):
    """Operations to be answered, and those that are refused before."""

    asked: tuple[Question | LedgermeshError, ...]

    async def answer(self, request: Request, answers: Answers) -> bytes:
        """The answers as a JSON array; nothing that becomes of one changes another."""
        questions = [each for each in self.asked if isinstance(each, Question)]
        found: list[Answer | BaseException] = []
        if questions:
            # Any mutation among them keeps all of them going when the caller hangs up.
            first = next((each for each in questions if "mutation" in each.text), questions[0])
            found = await unless_left(request, first, _together(answers, questions))
        made = iter(found)
        each_one = [next(made) if isinstance(each, Question) else each for each in self.asked]
        return b"[%s]" % b",".join(map(_written, each_one))

    @property
    def texts(self) -> Iterator[str]:
        """The documents of those that are answered."""
        return (each.text for each in self.asked if isinstance(each, Question))

    @property
    def writes(self) -> bool:
        """Whether anything of it may change something."""
        return any(isinstance(each, Question) and writes(each.text) for each in self.asked)

    @property
    def notes(self) -> Notes:
        """Of the operation that tells most of the caller's rate."""
        counted = [
            each.notes for each in self.asked if isinstance(each, Question) and _remaining(each.notes) >= 0
        ]
        let_in = [notes for notes in counted if not rates.throttled(notes)]
        return min(let_in or counted, key=_remaining, default=Notes())


def make_batch(
    request: Request, found: Sequence[Any], ask: Callable[[Any], Question], *, batch_max: int
) -> Batch:
    """The operations of a list; raises BadInput for a list that is refused as a whole."""
    if not found:
        raise BadInput("the batch is empty")
    if len(found) > batch_max:
        raise BadInput(f"the batch has {len(found)} operations; the limit is {batch_max}")
    for name in SINGLE:
        if name in request.headers:
            raise BadInput(
                f"{name} is for a request with one operation; in a batch use arguments",
                details={"field": name},
            )
    return Batch(tuple(_asked(each, ask) for each in found))


def _asked(found: Any, ask: Callable[[Any], Question]) -> Question | LedgermeshError:
    try:
        return ask(found)
    except LedgermeshError as error:
        return error


async def _together(answers: Answers, questions: Sequence[Question]) -> list[Answer | BaseException]:
    asked = (_in_turn(place, answers, question) for place, question in enumerate(questions))
    return await asyncio.gather(*asked, return_exceptions=True)


async def _in_turn(place: int, answers: Answers, question: Question) -> Answer:
    """The answer. What each operation begins with takes a while, and ten of them at once would hold up everybody."""
    for _ in range(place):
        await asyncio.sleep(0)
    return await answers.answer(question)


def _written(found: Answer | BaseException) -> bytes:
    if isinstance(found, LedgermeshError):
        found = {"errors": [{"message": found.message, "extensions": typed(found)}]}
    if isinstance(found, Exception):
        found = _masked(found)
    try:
        return _ENCODER.encode(found)
    except (TypeError, ValueError, RecursionError) as error:
        return _ENCODER.encode(_masked(error))


def _masked(error: Exception) -> Answer:
    return {"errors": [present(GraphQLError("", original_error=error))]}


def _remaining(notes: Notes) -> int:
    """How much of its rate an operation left; -1 where nothing was counted."""
    outcome = notes.admission.outcome if notes.admission is not None else None
    return -1 if outcome is None else outcome.scarcest.remaining
