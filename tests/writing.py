"""Changes carried out over a provider's emulator: planned as the gateway plans them, sent plainly, read again."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import structs

from ledgermesh.engine.change import Change
from ledgermesh.engine.hub import Hub
from ledgermesh.engine.plan import make_plan
from ledgermesh.engine.planned import Plan, Step
from ledgermesh.engine.request import call
from ledgermesh.model.record import Record
from ledgermesh.spec.query import Ref
from ledgermesh.spec.write import WriteVerb
from ledgermesh.upstream.call import Response
from tests.contract.stand import Stand

HOLE = re.compile(rb'"?\$\{steps\.(\d+)\.id\}"?')


def change(
    stand: Stand,
    kind: str,
    verb: WriteVerb,
    values: Mapping[str, Any] | None = None,
    *,
    id: str | None = None,
    **more: Any,
) -> Change:
    """A change of one record of the stand's first company; `id` is the provider's id of the record."""  # fmt: skip
    target = Ref(kind, stand.link().connection, id) if id is not None else None
    more.setdefault("client_key", "key-1")
    return Change(kind=kind, verb=verb, target=target, values=values or {}, **more)


async def planned(stand: Stand, asked: Change) -> Plan:
    """The plan; the stand's line shows that only reads were made."""
    return await make_plan(stand.hub(), asked)


async def carry_out(stand: Stand, asked: Change) -> Record | None:
    """Plan it, send every step, and give the record that resulted; None where the verb leaves none to read.

    Fails on a plan that is blocked.
    """
    plan = await planned(stand, asked)
    assert not plan.blocked, [finding for finding in plan.findings if finding.blocks]
    ids = await send_steps(stand.hub(), plan)
    result = plan.steps[plan.result] if plan.steps else None
    native_id = ids[plan.result] if result is not None and result.native_id is None else plan.native_id
    kind = result.kind if result is not None else plan.kind
    if native_id is None or plan.verb == "DELETE":
        return None
    return await stand.hub().one(kind, native_id, frozenset())


async def send_steps(hub: Hub, plan: Plan) -> list[str | None]:
    """Send the steps in order; gives the id that each made or changed, as our own records have it."""
    raw: list[Any] = []
    ids: list[str | None] = []
    for step in plan.steps:
        response = await hub.send(_call(hub, step, raw))
        found = _id_of(step, response)
        raw.append(found)
        ids.append(
            f"{_text(step.prefix, raw)}{found}"
            if found is not None and step.native_id is None
            else step.native_id
        )
    return ids


def _call(hub: Hub, step: Step, raw: list[Any]) -> Any:
    made = call(hub.terms, hub.link, "/", {}, step.query, keep=False)
    body = step.body
    if body is not None and b"${" in body:
        body = HOLE.sub(lambda found: msgspec.json.encode(raw[int(found[1])]), body)
    return structs.replace(
        made,
        method=step.method,
        path=_text(step.path, raw),
        template=step.template,
        headers=step.headers,
        body=body,
        empty=step.empty,
    )


def _text(text: str, raw: list[Any]) -> str:
    return re.sub(r"\$\{steps\.(\d+)\.id\}", lambda found: str(raw[int(found[1])]), text)


def _id_of(step: Step, response: Response) -> Any:
    found: Any = response.document
    for word in step.item.split(".") if step.item else ():
        inner = found.get(word) if isinstance(found, dict) else None
        found = inner if inner is not None else found
    for word in step.id.split(".") if step.id else ():
        found = found.get(word) if isinstance(found, dict) else None
    location = response.headers.get("location")
    if found is None and location:
        return location.rstrip("/").rpartition("/")[2]
    return found if isinstance(found, int | str) else None
