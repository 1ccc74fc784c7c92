"""Answers that were made before, for callers who take them that old; and one execution for all who ask it at once.

An answer's age is that of its oldest part, and the smallest promise counts: what the request says (`max-age`), and what
any field says (`@fresh(maxAge:)`). Whoever asks without a promise is answered live.
"""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from collections.abc import Awaitable
from typing import Any, Final

import msgspec
from graphql import GraphQLSchema
from msgspec.structs import replace

from ledgermesh.graph.admission import Admission, TooFast
from ledgermesh.graph.context import Parts
from ledgermesh.graph.kept.again import Again, Caller
from ledgermesh.graph.kept.flights import Flight, Flights, Make, joined
from ledgermesh.graph.kept.memory import ENTRY_BYTES, Holder, Kept, Key, Memory, Room
from ledgermesh.graph.kept.reached import Reached
from ledgermesh.graph.kept.shapes import Shape, Shapes
from ledgermesh.graph.known import Known
from ledgermesh.graph.limits.cost import Cost
from ledgermesh.graph.question import Answer, Question
from ledgermesh.graph.shadow import ENCODER
from ledgermesh.state.registry import Principal
from ledgermesh.upstream.cache import KEPT_SECONDS
from ledgermesh.upstream.call import Trace

DAY_SECONDS: Final = 86_400
CALENDAR_SECONDS: Final = 10.0
MARGIN_SECONDS: Final = 0.5
"""So shortly before its deadline a flight gives up what is slow; it was not the provider's last word."""
SHORTEST_SECONDS: Final = 0.001
"""Left to whoever waited for others until its own deadline."""
OUTCOMES: Final = ("kept", "joined", "made")


class Asked(msgspec.Struct, frozen=True):
    """A question whose answer may be kept and shared."""

    holder: Holder
    key: Key
    words: bytes
    """Its variables."""
    allowed: float
    """Seconds that the answer may be old."""


class KeptAnswers:
    """Before and around whoever answers."""

    def __init__(self, schema: GraphQLSchema, known: Known, parts: Parts, room: Room) -> None:
        self._schema, self._known, self._parts = schema, known, parts
        self._shapes = Shapes(schema)
        self.memory = Memory(parts.clock, room)
        self.flights = Flights()
        self._day, self._day_until = 0, -math.inf
        self.counts: Counter[str] = Counter(dict.fromkeys(OUTCOMES, 0))
        """Answers that were kept, shared with somebody else's question, or made; of those that may be."""

    async def at_once(self, question: Question) -> Answer | None:
        """The kept answer, where the caller takes it and its rate allows; None where it has to be made."""
        if question.fresh.max_age_seconds <= 0:
            return None
        shape = self._shapes.find(question.text, question.operation)
        asked = self._asked(question, shape) if shape is not None else None
        entry = self.find(question.principal, asked) if asked is not None else None
        if entry is None or not await self._admitted(question, entry.companies):
            return None
        if not self._current(question.principal, entry):  # others went on while it was counted
            return None
        notes, age = question.notes, self.age(entry)
        notes.trace, notes.cost, notes.kept, notes.age = Trace(), entry.cost, entry, age
        self.counts["kept"] += 1
        return {"data": entry.data, "extensions": {"calls": [], "kept": {"age": int(age)}}}

    def again(self, question: Question) -> Again | None:
        """Ready to give the same once more, after it was given what is kept; None where that takes waiting."""
        entry = question.notes.kept
        if entry is None or len(entry.companies) > 1:
            return None
        shape = self._shapes.find(question.text, question.operation)
        asked = self._asked(question, shape) if shape is not None else None
        caller = Caller(question.principal, self._parts.registry, self._parts.clock)
        if asked is None or not caller.stays():
            return None
        admission = self._parts.doors.admission(question.principal)
        spots = [admission.spot(company) for company in entry.companies]
        if None in spots:
            return None
        return Again(self, caller, asked, entry, spots[0] if spots else None, self.today())

    def answer(self, question: Question, make: Make) -> Awaitable[Answer]:
        """The answer, made for this question or for an equal one that is under way."""
        asked = self._asked(question, shape) if (shape := self._shape(question)) is not None else None
        return make(question) if asked is None else self._flown(question, asked, make)

    def _shape(self, question: Question) -> Shape | None:
        """None where the document is not valid."""
        text, operation = question.text, question.operation
        if (known := self._shapes.find(text, operation)) is not None:
            return known
        document = self._known.validated(self._schema, text)
        return None if document is None else self._shapes.learn(text, operation, document)

    # -- what was asked ------------------------------------------------------------------------------------------------

    def _asked(self, question: Question, shape: Shape) -> Asked | None:
        """None where the answer is for this request alone."""
        said = question.write_headers
        if not shape.shared or question.tokens or said.push or said.sources or said.client_key:
            return None
        try:
            words = shape.words(question.variables)
        except (TypeError, ValueError, RecursionError):
            return None
        who = question.principal
        holder = who.tenant.id, who.key.environment
        key = shape, question.account_key, words, who.key.scopes, who.key.companies, self.today()
        return Asked(holder, key, words, shape.allowed(question.fresh.max_age_seconds))

    def today(self) -> int:
        """The day by UTC; the calendar is looked at every few seconds and at midnight."""
        now = self._parts.clock.monotonic()
        if now >= self._day_until:
            seconds = self._parts.clock.epoch()
            self._day = int(seconds // DAY_SECONDS)
            self._day_until = now + min(CALENDAR_SECONDS, DAY_SECONDS - seconds % DAY_SECONDS)
        return self._day

    def find(self, who: Principal, asked: Asked) -> Kept | None:
        """The answer that is kept for this caller, no older than it takes it, of companies that did not change."""
        entry = self.memory.find(asked.holder, asked.key) if asked.allowed > 0 else None
        if entry is None or not self._current(who, entry):
            return None
        return entry if self.age(entry) <= min(asked.allowed, KEPT_SECONDS) else None

    def age(self, entry: Kept) -> float:
        """Seconds since the oldest part of an answer was read."""
        return self._parts.clock.monotonic() - entry.born

    def _current(self, who: Principal, entry: Kept) -> bool:
        """Whether nothing changed of what it is made of; it is forgotten where something did."""
        tenant = who.tenant
        if entry.tenant is not tenant and entry.tenant != tenant:
            self.memory.drop(entry)
            return False
        changes = self._parts.registry.changes
        if entry.changes != changes:
            if not entry.reached.unchanged(who):
                self.memory.drop(entry)
                return False
            entry.changes = changes
        return True

    async def _admitted(self, question: Question, companies: tuple[str, ...]) -> bool:
        """Count it at each company as if it were asked anew; whoever answers in place of this counts none again."""
        admission = question.notes.admission
        if admission is None:
            admission = question.notes.admission = self._parts.doors.admission(question.principal)
        return await _admit(admission, companies)

    # -- under way -----------------------------------------------------------------------------------------------------

    async def _flown(self, question: Question, asked: Asked, make: Make) -> Answer:
        fresh, who = question.fresh, question.principal
        # Another key of the tenant may have another rate, and is told of its own.
        key = *asked.holder, who.key.id, asked.key, fresh.max_age_seconds, fresh.stale_seconds
        flight, now = self.flights.find(key), self._parts.clock.monotonic()
        if flight is not None and self._joinable(flight, question, asked, now):
            return await self._join(flight, question, asked, make)
        if asked.allowed > 0:
            question.notes.reached = Reached(self._parts.registry)
        flight = Flight(question=question, started=now, changes=self._parts.registry.changes)
        with self.flights.start(key, flight):
            flight.answer = answer = await make(question)
        self.counts["made"] += 1
        self._keep(question, asked, flight, answer)
        return answer

    def _joinable(self, flight: Flight, question: Question, asked: Asked, now: float) -> bool:
        if question.fresh.no_cache or flight.changes != self._parts.registry.changes:
            return False
        if flight.deadline > now + question.timeout_seconds:
            return False
        return flight.live or now - flight.oldest < asked.allowed

    async def _join(self, flight: Flight, question: Question, asked: Asked, make: Make) -> Answer:
        clock, came = self._parts.clock, self._parts.clock.monotonic()
        await asyncio.wait((flight.landed,))
        now, notes, answer = clock.monotonic(), flight.question.notes, flight.answer
        alone = replace(
            question, timeout_seconds=max(question.timeout_seconds - (now - came), SHORTEST_SECONDS)
        )
        if flight.left:
            return await self._flown(alone, asked, make)
        late = now >= flight.deadline - MARGIN_SECONDS
        if answer is None or notes.admission is None or (late and _doubtful(answer, flight)):
            # A bug of ours may befall this one by itself; or it has time left that the first one had not.
            return await make(alone)
        if not await self._admitted(question, notes.admission.companies):
            return await make(alone)
        self.counts["joined"] += 1
        answer, question.notes.trace = joined(flight, answer, (came - flight.started) * 1000)
        return answer

    # -- keeping -------------------------------------------------------------------------------------------------------

    def _keep(self, question: Question, asked: Asked, flight: Flight, answer: Answer) -> None:
        """Keep an answer that says all there is to say, for whoever asks again as this caller did."""
        now, reached = self._parts.clock.monotonic(), question.notes.reached
        if reached is None or now - flight.oldest > asked.allowed or _doubtful(answer, flight):
            return
        changes = self._parts.registry.changes
        if not reached.unchanged(question.principal) or not _all_reached(flight, reached):
            return
        if (data := _raw(answer["data"])) is None:
            return
        admission = question.notes.admission
        entry = Kept(
            holder=asked.holder,
            key=asked.key,
            data=data,
            born=flight.oldest,
            reached=reached,
            tenant=question.principal.tenant,
            companies=admission.companies if admission is not None else (),
            cost=_free(question.notes.cost),
            changes=changes,
            memory=self.memory,
            size=ENTRY_BYTES + reached.size + memoryview(data).nbytes + len(asked.words),
        )
        self.memory.keep(entry)


def _raw(data: Any) -> msgspec.Raw | None:
    """The bytes of an answer's `data`; None for what is no JSON."""
    if isinstance(data, msgspec.Raw):
        return data
    try:
        return msgspec.Raw(ENCODER.encode(data))
    except (TypeError, ValueError, RecursionError):
        return None


def _free(cost: Cost | None) -> Cost | None:
    """What the same operation costs where no provider is asked."""
    return None if cost is None else Cost(points=cost.points, parts=(), last={})


async def _admit(admission: Admission, companies: tuple[str, ...]) -> bool:
    try:
        for company in companies:
            await admission.admit(company)
    except TooFast:
        return False
    return True


def _doubtful(answer: Answer, flight: Flight) -> bool:
    """Whether asking again may give more: something failed, was left out, or stands in for what failed."""
    notes = flight.question.notes
    if answer.get("data") is None or "errors" in answer or notes.doubt is not None or notes.trace is None:
        return True
    return any(step.error is not None or step.cache == "STALE" for step in notes.trace.steps)


def _all_reached(flight: Flight, reached: Reached) -> bool:
    """Whether every call was one of a company that is known to be reached."""
    trace = flight.question.notes.trace
    return trace is not None and reached.connections.issuperset(step.connection for step in trace.steps)
