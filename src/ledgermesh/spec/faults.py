"""What a provider's refusals mean: status (and code) to verdict, as data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Verdict(Enum):
    """What to do about an answer that is not a success."""

    SIGN_IN_AGAIN = "renew the grant once, then the tenant links again"
    MISSING_SCOPE = "the tenant grants the permission"
    FORBIDDEN = "the credentials do not reach these books"
    PAUSED = "the company renews its plan with the provider"
    ABSENT = "there is no such record"
    REJECTED = "the request is wrong for a reason of the provider's own"
    SLOW_DOWN = "wait, then again"
    RETRY = "broken for the moment"


@dataclass(frozen=True, slots=True)
class Fault:
    """One refusal. A fault with a `code` is tried before those without."""

    status: int
    verdict: Verdict
    code: str | None = None
    """Compared as text with what stands at the provider's `fault_code` path."""


UNDECLARED: dict[int, Verdict] = {
    400: Verdict.REJECTED,
    401: Verdict.SIGN_IN_AGAIN,
    402: Verdict.PAUSED,
    403: Verdict.FORBIDDEN,
    404: Verdict.ABSENT,
    408: Verdict.RETRY,
    429: Verdict.SLOW_DOWN,
}
"""What a status means where the provider's definition does not say. Other 4xx and 3xx are REJECTED, the rest RETRY."""
