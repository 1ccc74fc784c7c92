"""Answers, seen by those who count and trace operations. Watching changes no answer."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from typing import Final

import msgspec
from graphql import DocumentNode, get_operation_ast

from ledgermesh.clock import Clock
from ledgermesh.errors import LedgermeshError
from ledgermesh.graph.downloads import File
from ledgermesh.graph.kept.again import Again
from ledgermesh.graph.question import Answer, Answers, Question, Repeating

QUERY: Final = "query"
"""The type of an operation whose answer is kept."""
UNKNOWN: Final = "unknown"
"""The type of an operation in a document that was refused before it was parsed, or cannot be."""


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of an operation when it is over. It holds neither variables nor values of the answer."""

    question: Question
    document: DocumentNode | None
    """None where it was not parsed."""
    type: str
    """query, mutation, subscription or `unknown`."""
    name: str | None
    outcome: str
    """ok; partial: data with errors beside it; refused: nothing was run; abandoned: the caller left."""
    codes: tuple[str, ...]
    """Of its errors, each once."""
    way: str
    """How a query was run, in words; empty where there is one way."""
    calls: int
    """Attempts of calls to providers that it made."""
    seconds: float
    answers: int
    """1, or the events or parts of a stream."""


class Seen:
    """One operation, as one watch follows it; does nothing by itself. All in the middle of a request: never raises."""

    def enter(self) -> None:
        """What follows, in this task, belongs to the operation."""

    def leave(self) -> None:
        """No longer."""

    def end(self, operation: Operation) -> None:
        """It is over."""


class OperationWatch:
    """Sees nothing by itself; whoever wants to see something overrides what tells it."""

    def begin(self, question: Question) -> Seen:
        """An operation begins."""
        return Seen()

    def again(self, type: str) -> Callable[[float], None] | None:
        """Told of each operation of this type that is given a kept answer, with its seconds, instead of seeing it begin
        and end; None for who has to see it.
        """
        return None


class Watched:
    """See Answers."""

    def __init__(
        self,
        answers: Answers,
        find: Callable[[str], DocumentNode | None],
        clock: Clock,
        watches: Sequence[OperationWatch],
    ) -> None:
        """`find` gives the document of a text that was parsed lately."""
        self._answers = answers
        self._find = find
        self._clock = clock
        self._watches = watches

    async def answer(self, question: Question) -> Answer:
        """See Answers."""
        following = _Following(self, question)
        following.enter()
        try:
            answer = await self._answers.answer(question)
            following.note(answer)
        except LedgermeshError as error:
            following.refused(error)
            raise
        else:
            return answer
        finally:
            following.leave()
            following.end()

    def again(self, question: Question) -> Again | None:
        """See Repeating. Whoever watches is told of each."""
        found = self._answers.again(question) if isinstance(self._answers, Repeating) else None
        if found is None:
            return None
        for watch in self._watches:
            if (told := watch.again(QUERY)) is None:
                return None
            found.told = (*found.told, told)
        return found

    async def subscribe(self, question: Question) -> AsyncGenerator[Answer, None]:
        """See Answers."""
        following = _Following(self, question)
        try:
            async with aclosing(self._answers.subscribe(question)) as answers:
                while True:
                    # Not around the whole: between two answers this task belongs to whoever sends them.
                    following.enter()
                    try:
                        answer = await anext(answers, None)
                    finally:
                        following.leave()
                    if answer is None:
                        break
                    following.note(answer)
                    yield answer
            following.complete = True
        except LedgermeshError as error:
            following.refused(error)
            raise
        finally:
            following.end()

    async def file(self, link: str, timeout_seconds: float) -> File:
        """See Files."""
        return await self._answers.file(link, timeout_seconds)

    def begin(self, question: Question) -> tuple[float, list[Seen]]:
        """The moment, and everybody who follows this one."""
        return self._clock.monotonic(), [watch.begin(question) for watch in self._watches]

    def operation(self, following: _Following) -> Operation:
        """What became of it."""
        question = following.question
        document = self._find(question.text)
        node = get_operation_ast(document, question.operation) if document is not None else None
        trace = question.notes.trace
        return Operation(
            question=question,
            document=document,
            type=node.operation.value if node is not None else UNKNOWN,
            name=node.name.value if node is not None and node.name is not None else None,
            outcome=following.outcome,
            codes=tuple(following.codes),
            way=following.way,
            calls=sum(1 for step in trace.steps if step.cache == "MISS") if trace is not None else 0,
            seconds=self._clock.monotonic() - following.began,
            answers=following.answers,
        )


class _Following:
    """One operation under way."""

    def __init__(self, watched: Watched, question: Question) -> None:
        self.question = question
        self.codes: dict[str, None] = {}
        self.way = ""
        self.answers = 0
        self.complete = False
        self._watched = watched
        self._ran = False
        self._refused = False
        self.began, self._seen = watched.begin(question)

    @property
    def outcome(self) -> str:
        if self._refused:
            return "refused"
        if not self.complete:
            return "abandoned"
        return "partial" if self.codes else "ok"

    def enter(self) -> None:
        for each in self._seen:
            each.enter()

    def leave(self) -> None:
        for each in reversed(self._seen):
            each.leave()

    def note(self, answer: Answer) -> None:
        """Take note of an answer, a stream's event or a part of an answer."""
        self.answers += 1
        self.complete = "hasNext" not in answer
        if "data" in answer:
            self._ran = True
        for error in answer.get("errors", ()):
            self.codes[error["extensions"]["code"]] = None
        if not self._ran and "errors" in answer:
            self._refused = True
        told = answer.get("extensions", {})
        self.way = self.way or told.get("compiled", "") or ("kept" if "kept" in told else "")

    def refused(self, error: LedgermeshError) -> None:
        self._refused = True
        self.codes[error.code] = None

    def end(self) -> None:
        operation = self._watched.operation(self)
        for each in self._seen:
            each.end(operation)
