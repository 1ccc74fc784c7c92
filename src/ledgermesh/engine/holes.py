"""Holes: what stands in a plan for the ids that its earlier steps will tell."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from ledgermesh.engine.planned import Look, Step
from ledgermesh.spec.write import hole

HOLE: Final = re.compile(r"\$\{(steps|made)\.(\d+)\.id\}")


def holes(text: str) -> list[str]:
    """The holes in a text."""
    return [found[0] for found in HOLE.finditer(text)]


def unquoted(path: str) -> str:
    """A path whose holes are as they were before it was percent-encoded."""
    return re.sub(r"%24%7B((?:steps|made)\.\d+\.id)%7D", lambda found: f"${{{found[1]}}}", path)


def renumbered(step: Step) -> Step:
    """A step whose references to records that are made first name the steps that make them."""
    return _mapped(step, lambda text: HOLE.sub(lambda found: hole(int(found[2])), text))


def numbered(asked: Mapping[str, Any]) -> Mapping[str, Any]:
    """What was asked for, with the steps that make records in place of their numbers among those made first."""
    found: Mapping[str, Any] = _texts(asked, lambda text: HOLE.sub(lambda each: hole(int(each[2])), text))
    return found


def of_plan(step: Step, numbers: Mapping[int, int]) -> Step:
    """A part's step whose holes name steps of the plan in place of parts."""

    def number(found: re.Match[str]) -> str:
        return hole(numbers[int(found[2])]) if found[1] == "steps" and int(found[2]) in numbers else found[0]

    return _mapped(step, lambda text: HOLE.sub(number, text), undo=False) if numbers else step


def _mapped(step: Step, change: Callable[[str], str], *, undo: bool = True) -> Step:
    body = step.body
    if body is not None and b"${" in body:
        body = change(body.decode(errors="surrogateescape")).encode(errors="surrogateescape")
    return replace(
        step,
        path=change(step.path),
        query=tuple((name, change(value)) for name, value in step.query),
        body=body,
        native_id=change(step.native_id) if step.native_id is not None else None,
        look=_looking(step.look, change) if step.look is not None else None,
        prefix=change(step.prefix),
        undo=_mapped(step.undo, change) if step.undo is not None and undo else step.undo,
    )


def _looking(look: Look, change: Callable[[str], str]) -> Look:
    native_id = change(look.native_id) if look.native_id is not None else None
    return replace(
        look, native_id=native_id, equal={name: _texts(text, change) for name, text in look.equal.items()}
    )


def _texts(value: Any, change: Callable[[str], str]) -> Any:
    match value:
        case str():
            return change(value)
        case Mapping():
            return {name: _texts(each, change) for name, each in value.items()}
        case list():
            return [_texts(each, change) for each in value]
    return value
