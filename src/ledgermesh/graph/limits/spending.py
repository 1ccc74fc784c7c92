"""How many calls one operation may make, counted while it runs."""

from __future__ import annotations

from ledgermesh.errors import TooCostly
from ledgermesh.upstream.call import Call, Trace


class Spending:
    """One operation, or one event of a subscription at a time: whatever shares a trace.

    Answers that were known or on their way already count as well: nobody knows before whether they are.
    """

    def __init__(self, calls_max: int) -> None:
        self.refused = 0
        """Calls that were not made, of the operation that asked last."""
        self._max = calls_max
        self._trace: Trace | None = None
        self._made = 0

    def count(self, call: Call) -> None:
        """One more call; raises TooCostly for those behind the limit, and the others go on."""
        if call.trace is not self._trace:
            self._trace, self._made, self.refused = call.trace, 0, 0
        if self._made >= self._max:
            self.refused += 1
            raise TooCostly(
                f"The operation needs more than {self._max:,} calls to providers; the limit is {self._max:,}.",
                details={"local": True},
            )
        self._made += 1
