"""Plan tokens: sealed plans that come back to be committed; they tell nothing to who holds them."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import msgspec

from ledgermesh.engine.change import Change
from ledgermesh.engine.planned import Plan, Step
from ledgermesh.errors import BadInput
from ledgermesh.state.sealing import NotSealed, Seal, SealingKey

LASTS_SECONDS: Final = 900
BYTES_MAX: Final = 48_000
"""Of the content, so that the token stays below 64 kB."""
INFLATED_MAX: Final = 64_000_000


class BadPlanToken(BadInput):
    """A plan token that was changed, is over, was used, or belongs to somebody else."""

    code = "PLAN_TOKEN"
    remedy = "Plan again, look at the plan, and commit the new token."


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanToken:
    """Everything that one mutation planned."""

    tenant: str
    environment: str
    key: str
    """Id of the API key that planned; the same one commits."""
    company: str
    change: Change
    """What was asked for, without its values."""
    expires_at: int
    """Epoch seconds."""
    plans: tuple[Plan, ...]
    digest: str = ""
    """Of the whole plans, where they were too large and the token holds them without their bodies."""

    @property
    def whole(self) -> bool:
        """Whether the bodies are in the token; otherwise `commit` needs the input again."""
        return not self.digest


class PlanTokens:
    """Seals and opens plans."""

    def __init__(self, keys: Sequence[SealingKey]) -> None:
        self._seal = Seal(keys, "plan")

    def seal(self, planned: PlanToken) -> str:
        """The token: whole where it fits, else without the bodies and with a digest of them."""
        content = _packed(planned)
        if len(content) > BYTES_MAX:
            bare = tuple(replace(plan, steps=tuple(map(_bare, plan.steps))) for plan in planned.plans)
            content = _packed(replace(planned, plans=bare, digest=plans_digest(planned.plans)))
        if len(content) > BYTES_MAX:
            raise BadPlanToken(
                "this plan is too large for a token; push it at once, or change less at a time"
            )
        return self._seal.seal(content, _owner(planned.tenant, planned.environment))

    def open(self, text: str, *, tenant: str, environment: str, key: str, now: int) -> PlanToken:
        """The plan again; raises BadPlanToken."""
        try:
            content = self._seal.open(text, _owner(tenant, environment))
            planned = msgspec.msgpack.decode(_inflated(content), type=PlanToken)
        except (NotSealed, msgspec.MsgspecError, zlib.error) as error:
            raise BadPlanToken("this is not a plan token of yours, or it was changed") from error
        if planned.key != key:
            raise BadPlanToken("another key made this plan; the one that planned commits")
        if planned.expires_at <= now:
            raise BadPlanToken("this plan has ended; nothing of it was sent")
        return planned


def plans_digest(plans: Sequence[Plan]) -> str:
    """A digest of plans, byte for byte."""
    return hashlib.sha256(msgspec.msgpack.encode(list(plans))).hexdigest()


def _owner(tenant: str, environment: str) -> bytes:
    return f"{tenant}\0{environment}".encode()


def _packed(planned: PlanToken) -> bytes:
    return zlib.compress(msgspec.msgpack.encode(planned), 9)


def _inflated(content: bytes) -> bytes:
    opened = zlib.decompressobj()
    found = opened.decompress(content, INFLATED_MAX)
    if opened.unconsumed_tail:
        raise zlib.error("more than a plan can be")
    return found


def _bare(step: Step) -> Step:
    return replace(step, body=None, file=None, undo=_bare(step.undo) if step.undo is not None else None)
