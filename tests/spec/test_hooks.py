"""How notifications are read, as data of a provider's definition."""

from __future__ import annotations

from dataclasses import replace

from ledgermesh.spec.check import problems
from ledgermesh.spec.hooks import Hooks, read_notice
from tests.contract.known import PROVIDERS


def test_definitions_are_checked() -> None:
    """A setting that is not declared, and half a pair, are found when a gateway starts."""
    provider = PROVIDERS["bossinsights"]
    for hooks, words in (
        (Hooks(event="type", account="a", account_setting="nothing"), "declare it under `settings`"),
        (Hooks(event="type", account="a"), "belong together"),
    ):
        found = list(problems(replace(provider, hooks=hooks), {each.kind for each in provider.resources}))
        assert [each for each in found if words in each], found
    assert read_notice(Hooks(event="type"), {"type": "x" * 65}, ()).event == ""
