"""What every question passes before it is run: the size of its document, then what it costs."""

from __future__ import annotations

from typing import Final, NamedTuple

import strawberry
from graphql import GraphQLSchema, OperationType
from msgspec.structs import replace

from ledgermesh.errors import BadInput, Forbidden, LedgermeshError, TooCostly
from ledgermesh.graph.context import Parts, context_of
from ledgermesh.graph.known import DOCUMENTS_MAX, Known
from ledgermesh.graph.limits.arguments import arguments_of
from ledgermesh.graph.limits.asked import Reading
from ledgermesh.graph.limits.conditions import check_conditions
from ledgermesh.graph.limits.cost import Cost, Key, Learned, key_of, total
from ledgermesh.graph.limits.documents import Documents, Verdict, told
from ledgermesh.graph.limits.indifferent import indifferent
from ledgermesh.graph.limits.plan import Planner
from ledgermesh.graph.limits.points import points
from ledgermesh.graph.limits.quota import CallQuota
from ledgermesh.graph.limits.values import Budget
from ledgermesh.graph.openness import NAMED
from ledgermesh.graph.question import Answer, Notes, Question
from ledgermesh.upstream.call import Trace
from ledgermesh.upstream.recent import Recent

COSTS_MAX: Final = 2000
COSTS_SECONDS: Final = 10.0
"""For so long what was predicted for an operation counts for the very same one."""


class _Passed(NamedTuple):
    """What is worth knowing of a valid document, whoever asks it."""

    names: frozenset[str]
    """The variables that its cost does not depend on."""
    asks_schema: bool
    """Whether it may ask what the schema is."""
    reading: Reading


class Gate:
    """Refuses what is too large or too costly. Implements `cost.Explains`."""

    def __init__(self, schema: strawberry.Schema, graphql: GraphQLSchema, known: Known, parts: Parts) -> None:
        """`graphql` is what the schema runs on; `known` keeps what is parsed here for whoever runs it."""
        self._schema, self._known, self._parts = graphql, known, parts
        self._arguments = arguments_of(schema)
        self._documents = Documents(graphql, parts.document_limits, known)
        self._learned = Learned()
        self._passed: Recent[str, _Passed] = Recent(DOCUMENTS_MAX)
        self._costs: Recent[Key, tuple[float, Cost]] = Recent(COSTS_MAX)
        """With the moment until which each counts, monotonic."""

    @property
    def budget(self) -> Budget:
        """What one operation may cost."""
        return self._parts.budget

    async def check(self, question: Question) -> Answer | None:
        """None to go on, else the refusal with the figure and the limit; the cost is noted."""
        verdict = self._documents.known(question) or await self._documents.check(question)
        if verdict.refusal is not None or not verdict.fine:
            return verdict.refusal
        passed = self._passing(question.text)
        closed = self._closed(question) if passed.asks_schema else None
        if closed is not None:
            return told(closed)
        try:
            cost = self._told_before(question, verdict, passed)
        except TooCostly as error:
            return told(error)
        except LedgermeshError:
            return None  # said again, with its place, when it is run
        if cost is None:
            return None
        question.notes.cost = cost
        quota = self._parts.call_quota
        refusal: LedgermeshError | None = self.over(cost)
        if refusal is None and quota is not None and quota.counts(question.principal):
            refusal = await self._reserved(question, cost, quota)
        return told(refusal) if refusal is not None else None

    def _passing(self, text: str) -> _Passed:
        """What is worth knowing of a valid document."""
        if (known := self._passed.get(text)) is not None:
            return known
        document = self._known.parse(text)
        reading = Reading(self._schema, document)
        return self._passed.put(text, _Passed(indifferent(document), NAMED.search(text) is not None, reading))

    def _closed(self, question: Question) -> Forbidden | None:
        """Why this caller may not ask what the schema is; None where nobody asks, or may."""
        document = self._known.parse(question.text)
        return self._parts.openness.refusal(question.principal, document, question.text)

    async def _reserved(self, question: Question, cost: Cost, quota: CallQuota) -> LedgermeshError | None:
        """Why the caller may not cause these calls now; None where they are counted."""
        calls = cost.calls if cost.predicted else max(1, cost.calls)
        if not calls:
            return None
        question.notes.calls, refusal = await quota.reserve(question.principal, calls)
        return refusal

    async def settle(self, question: Question, trace: Trace | None) -> None:
        """Count what the operation, or the event of a stream, really made of calls; they are in its trace."""
        told, quota = question.notes.calls, self._parts.call_quota
        if quota is not None and told is not None and trace is not None:
            question.notes.calls = await quota.settle(question.principal, told, trace)

    def over(self, cost: Cost) -> TooCostly | None:
        """Why an operation of this cost is not run; None where it is."""
        budget, calls = self._parts.budget, cost.calls
        if cost.points > budget.points:
            return TooCostly(f"The operation costs {cost.points:,} points; the limit is {budget.points:,}.")
        if calls > budget.calls:
            return TooCostly(
                f"The operation needs about {calls:,} calls to providers; the limit is {budget.calls:,}."
            )
        return None

    async def cost(self, question: Question) -> Cost:
        """See Explains."""
        verdict = await self._documents.check(question)
        if verdict.refusal is not None:
            raise TooCostly(verdict.refusal["errors"][0]["message"])
        found = self._cost(question, verdict)
        if found is None:
            raise BadInput(
                "the document, its operation or its variables are not valid; running it says why",
                details={"field": "query"},
            )
        return replace(found, last=self._learned.find(key_of(question))) if found.parts else found

    def learn(self, question: Question, answer: Answer) -> None:
        """Remember what an operation did cost."""
        notes = question.notes
        if notes.cost is not None:
            self._learned.keep(notes.learned or key_of(question), answer)

    def _told_before(self, question: Question, verdict: Verdict, passed: _Passed) -> Cost | None:
        """The same, from a moment ago where it was told then: connections seldom come and go."""
        key, now = key_of(question, passed.names), self._parts.clock.monotonic()
        until, cost = self._costs.get(key) or (now, None)
        if cost is None or until <= now:
            cost = self._cost(question, verdict)
            if cost is None:
                return None
            self._costs.put(key, (now + COSTS_SECONDS, cost))
        question.notes.learned = exact = key_of(question) if passed.names else key
        last = self._learned.find(exact) if cost.parts else None
        return cost if last is None else replace(cost, last=last)

    def _cost(self, question: Question, verdict: Verdict) -> Cost | None:
        """None where the document or its variables are not good: running it says why. Raises LedgermeshError."""
        if not verdict.fine:
            return None
        operation = self._passing(question.text).reading.read(question.operation, question.variables)
        if operation is None:
            return None
        check_conditions(operation.roots)
        cost = Cost(points=points(operation))
        if operation.type is not OperationType.QUERY:
            return replace(cost, predicted=False)
        if cost.points > self.budget.points:
            return cost
        # What it asks about is not what anybody is told beside the answer: this context has notes of its own.
        parts = tuple(Planner(context_of(self._parts, question, Notes()), self._arguments).parts(operation))
        return replace(cost, parts=parts, count=total(parts)) if parts else cost
