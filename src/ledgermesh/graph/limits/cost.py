"""What an operation costs, predicted before it runs and learned from how it ran."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Protocol

import msgspec
from msgspec import Struct, field

from ledgermesh.errors import TooCostly
from ledgermesh.graph.limits.indifferent import split
from ledgermesh.graph.limits.plan import Part
from ledgermesh.graph.limits.reads import FREE, Count
from ledgermesh.graph.limits.values import Budget
from ledgermesh.graph.question import Answer, Question
from ledgermesh.upstream.recent import Recent

LEARNED_MAX: Final = 2000
"""Operations of which it is remembered what they cost last time."""
SHOWN_FROM: Final = 0.5
"""From this share of a limit on, an answer tells its cost in `extensions`; a header tells it always."""

Key = tuple[object, ...]
_ENCODER: Final = msgspec.json.Encoder(enc_hook=str, order="sorted")


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """What one operation costs."""

    points: int
    parts: tuple[Part, ...] = ()
    count: Count = FREE
    """What the definitions say of all parts together."""
    last: Mapping[str, int] | None = None
    """Connection → calls, when the very same was asked the last time; None where that is not known."""
    predicted: bool = True
    """Whether its calls were: nobody knows how many a change or a stream makes."""

    @property
    def calls(self) -> int:
        """The calls it is likely to make: as many as last time, else what the definitions say."""
        return self.count.likely if self.last is None else sum(self.last.values())


def total(parts: tuple[Part, ...]) -> Count:
    """All together."""
    found = FREE
    for part in parts:
        found += part.count
    return found


def shown(cost: Cost | None, budget: Budget, *, refused: int) -> dict[str, object] | None:
    """`extensions.cost`: where an operation comes near a limit, or calls were refused because of it; None elsewhere."""
    if cost is None:
        return None
    near = cost.points >= SHOWN_FROM * budget.points or cost.calls >= SHOWN_FROM * budget.calls
    if not near and not refused:
        return None
    found: dict[str, object] = {"points": cost.points, "calls": cost.calls, "callsMax": budget.calls}
    return found | ({"callsRefused": refused} if refused else {})


class Explains(Protocol):
    """Tells what an operation would cost, without running it."""

    async def cost(self, question: Question) -> Cost:
        """Raises LedgermeshError for what would be refused as it stands."""
        ...

    def over(self, cost: Cost) -> TooCostly | None:
        """Why an operation of this cost is not run; None where it is."""
        ...


class Learned(Struct, frozen=True):
    """What operations did cost, by who asked what. Figures only; nothing of anybody's books."""

    _known: Recent[Key, Mapping[str, int]] = field(default_factory=lambda: Recent(LEARNED_MAX))

    def find(self, key: Key) -> Mapping[str, int] | None:
        """Calls by connection, when it was asked the last time."""
        return self._known.get(key)

    def keep(self, key: Key, answer: Answer) -> None:
        """Remember what it really cost; where something failed for a while it may cost more next time."""
        failed = any(each["extensions"].get("retryable") for each in answer.get("errors", ()))
        if failed or "extensions" not in answer:
            return
        made: dict[str, int] = {}
        for step in answer["extensions"].get("calls", ()):
            if step["cache"] == "MISS":
                made[step["connection"]] = made.get(step["connection"], 0) + 1
        self._known.put(key, made)


def key_of(question: Question, names: frozenset[str] | None = None) -> Key:
    """Who asks what; begins with the tenant and the environment. Of the variables in `names` nothing but the shape
    counts: see `indifferent`.
    """
    who, fresh = question.principal, question.fresh
    variables, shape = split(question.variables, names) if names else (question.variables, ())
    return (
        who.tenant.id, who.key.environment, who.key.id, question.account_key, question.text, question.operation,
        _ENCODER.encode(variables), shape, fresh.max_age_seconds > 0,
    )  # fmt: skip
