"""Plan tokens: they come back as they went, to the one they were made for, and say nothing to anybody else."""

from __future__ import annotations

import base64
import os
from dataclasses import replace

import pytest

from ledgermesh.engine.change import Change
from ledgermesh.engine.plan_tokens import LASTS_SECONDS, BadPlanToken, PlanToken, PlanTokens, plans_digest
from ledgermesh.engine.planned import Plan, Step
from tests.states import KEYS

NOW = 1_000_000
CANARY = "Canary Ltd"
STEP = Step(
    kind="Party",
    verb="CREATE",
    method="POST",
    path="/contacts",
    template="/contacts",
    body=f'{{"name":"{CANARY}"}}'.encode(),
    undo=Step(kind="Party", verb="DELETE", method="DELETE", path="/x", template="/x"),
)
PLAN = Plan(
    connection="c",
    provider="kashoo",
    kind="Party",
    verb="CREATE",
    steps=(STEP,),
    asked={"name": CANARY, "lines": [{"a": "1"}]},
)
PLANNED = PlanToken(
    tenant="t",
    environment="live",
    key="k",
    company="maple",
    change=Change(kind="Party", verb="CREATE", client_key="one"),
    expires_at=NOW + LASTS_SECONDS,
    plans=(PLAN,),
)
TOKENS = PlanTokens(KEYS)


def opened(
    text: str, *, tenant: str = "t", environment: str = "live", key: str = "k", now: int = NOW
) -> PlanToken:
    return TOKENS.open(text, tenant=tenant, environment=environment, key=key, now=now)


def test_a_token_gives_back_the_plan_byte_for_byte() -> None:
    """What was shown is what comes back, bodies and what takes them back included."""
    assert opened(TOKENS.seal(PLANNED)) == PLANNED


def test_a_token_says_nothing_to_who_holds_it() -> None:
    """Neither the text nor what it decodes to holds a word of the plan."""
    text = TOKENS.seal(PLANNED)
    raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    for word in (CANARY, "kashoo", "Party", "contacts", "maple"):
        assert word not in text and word.encode() not in raw


@pytest.mark.parametrize(
    "wrong", [{"tenant": "other"}, {"environment": "sandbox"}, {"key": "other"}, {"now": NOW + LASTS_SECONDS}]
)
def test_a_token_is_good_for_one_key_and_for_a_while(wrong: dict[str, object]) -> None:
    """Another tenant, environment or key, or a quarter of an hour later: refused."""
    text = TOKENS.seal(PLANNED)
    with pytest.raises(BadPlanToken):
        opened(text, **wrong)  # type: ignore[arg-type]  # one of four names


def test_a_changed_token_is_refused() -> None:
    """Any letter changed, or something else altogether."""
    text = TOKENS.seal(PLANNED)
    for place in range(0, len(text), 7):
        with pytest.raises(BadPlanToken):
            opened(text[:place] + ("A" if text[place] != "A" else "B") + text[place + 1 :])
    with pytest.raises(BadPlanToken):
        opened("nothing")


def test_a_large_plan_goes_without_its_bodies() -> None:
    """A token stays below 64 kB: a large file is not in it, and `commit` has to bring the same input again."""
    large = replace(STEP, body=os.urandom(100_000))
    planned = replace(PLANNED, plans=(replace(PLAN, steps=(large,)),))
    text = TOKENS.seal(planned)
    back = opened(text)

    assert len(text) < 65_536 and not back.whole
    assert back.plans[0].steps[0].body is None and back.digest == plans_digest(planned.plans)
    assert plans_digest((replace(PLAN, steps=(replace(large, body=os.urandom(100_000)),)),)) != back.digest
    with pytest.raises(BadPlanToken, match="too large"):
        TOKENS.seal(replace(PLANNED, plans=(replace(PLAN, asked={"memo": os.urandom(60_000).hex()}),)))
