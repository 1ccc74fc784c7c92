"""Several records changed by one request: the plans of each laid together, and what became of each, read again."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace

from ledgermesh.engine.after import compared
from ledgermesh.engine.change import Change
from ledgermesh.engine.choice import ways
from ledgermesh.engine.conflicts import conflict
from ledgermesh.engine.hub import Hub
from ledgermesh.engine.looking import Looked
from ledgermesh.engine.planned import Finding, Look, OutcomeStatus, Plan, PlannedRecord, RecordOutcome, Step
from ledgermesh.engine.request import always, fill, merged
from ledgermesh.engine.resolve import there
from ledgermesh.engine.steps import digest_of
from ledgermesh.engine.version import MISSING, equal, seen
from ledgermesh.errors import CallerError, Conflict, LedgermeshError, LinkError, NotFound, Unsupported
from ledgermesh.model.record import Record
from ledgermesh.spec.write import Write
from ledgermesh.upstream.call import Link

KIND = "Record"
"""Stands where a plan names a kind: the records may be of several."""


def write_of(link: Link, kinds: Sequence[str]) -> Write:
    """The one request that takes records of all these kinds; raises Unsupported where there is none."""
    found = [next(ways(link.provider, kind, "UPDATE_MANY"), None) for kind in kinds]
    single = [each for each in found if isinstance(each, Write)]
    if len(single) < len(kinds) or len({(each.method, each.path) for each in single}) != 1:
        title = link.provider.title
        raise Unsupported(f"{title} takes no one request that changes {' and '.join(sorted(set(kinds)))}.")
    return single[0]


def path_of(place: int) -> str:
    """Where a record stands in the input."""
    return f"input.records.{place}"


def below(path: str, place: int, kind: str) -> str:
    """A path of the input of one record's change, as it stands in the input of several."""
    inner = path.removeprefix("input").removeprefix(".")
    return f"{path_of(place)}.{kind[0].lower()}{kind[1:]}.{inner}" if inner else path_of(place)


def at_its_place(error: LedgermeshError, place: int) -> LedgermeshError:
    """What is wrong with one of the records, with its place in the input."""
    if isinstance(error, NotFound | Conflict):
        error.details["field"] = f"{path_of(place)}.{'id' if isinstance(error, NotFound) else 'ifVersion'}"
    return error


# -- the plan --------------------------------------------------------------------------------------------------------


def together(link: Link, change: Change, plans: Sequence[Plan]) -> Plan:
    """The plan that carries out all these by one request. Raises Unsupported."""
    write = write_of(link, [plan.kind for plan in plans])
    bodies = [plan.steps[0].body or b"null" for plan in plans if len(plan.steps) == 1]
    step = _step(link, write, plans, b"[" + b",".join(bodies) + b"]")
    return Plan(
        connection=link.connection,
        provider=link.provider.name,
        kind=KIND,
        verb=change.verb,
        steps=(step,) if bodies else (),
        result=0 if bodies else -1,
        records=tuple(_planned(plan, place) for place, plan in enumerate(plans)),
        findings=tuple(dict.fromkeys(_findings(plans))),
        loss=tuple(
            replace(each, path=below(each.path, place, plan.kind))
            for place, plan in enumerate(plans)
            for each in plan.loss
        ),
        calls=1 + 2 * len(bodies) if bodies else 0,
        digest=digest_of(change),
        chosen=change.chosen,
    )


def _step(link: Link, write: Write, plans: Sequence[Plan], body: bytes) -> Step:
    days = [
        (below(path, place, plan.kind) if path else path_of(place), day)
        for place, plan in enumerate(plans)
        for step in plan.steps
        for path, day in step.days
    ]
    return Step(
        kind=KIND,
        verb=write.verb,
        method=write.method,
        path=fill(write.path, link.settings),
        template=write.path,
        query=merged(always(link), write.query),
        headers=(("content-type", "application/json"),),
        body=body,
        id="",
        empty=write.empty,
        repeat="SEARCH",
        settle_seconds=getattr(write.repeat, "settle_seconds", 0.0),
        look=Look(kind=KIND),
        seconds=write.seconds,
        days=tuple(days),
    )


def _planned(plan: Plan, place: int) -> PlannedRecord:
    assert plan.native_id is not None, "each is the change of a record that was read"
    return PlannedRecord(
        path=path_of(place),
        kind=plan.kind,
        native_id=plan.native_id,
        sent=bool(plan.steps),
        asked=plan.asked,
        version=plan.version,
        before=plan.before,
    )


def _findings(plans: Sequence[Plan]) -> Iterator[Finding]:
    for place, plan in enumerate(plans):
        for each in plan.findings:
            yield replace(each, path=below(each.path, place, plan.kind))
        if len(plan.steps) > 1:
            words = (
                "this takes further requests, for example of a record that is made first; change it by itself"
            )
            yield Finding(code="UNSUPPORTED", path=path_of(place), message=words, blocks=True)


async def changed_meanwhile(hub: Hub, records: Sequence[PlannedRecord]) -> Conflict | None:
    """A conflict, with the difference of each record that is not what the plan was made on."""
    sent = [each for each in records if each.sent]
    now = await asyncio.gather(*(there(hub, each.kind, each.native_id) for each in sent))
    found: list[object] = []
    for planned, record in zip(sent, now, strict=True):
        if record is None:
            return Conflict(
                f"the {planned.kind} is gone since the plan was made", details={"field": planned.path}
            )
        before = {each.field: each.value for each in planned.before}
        error = conflict(record, planned.version, planned.asked, before)
        place = planned.path.removeprefix("input.")
        told = error.details["difference"] if error is not None else None
        for each in told if isinstance(told, list) else ():
            found.append({**each, "field": f"{place}.{each['field']}"})
        if error is not None and not told:
            found.append({"field": place})
    return (
        Conflict("records changed since the plan was made", details={"difference": found}) if found else None
    )


# -- what became of it -----------------------------------------------------------------------------------------------


async def look_at_each(
    hub: Hub, records: Sequence[PlannedRecord], *, answered: bool
) -> tuple[RecordOutcome, ...]:
    """Each record as it is now, against what was asked. `answered`: whether the provider said that all is done.

    Raises LedgermeshError where the provider cannot be asked for the moment.
    """
    return tuple(await asyncio.gather(*(_judged(hub, each, answered=answered) for each in records)))


async def _judged(hub: Hub, planned: PlannedRecord, *, answered: bool) -> RecordOutcome:
    made = RecordOutcome(
        path=planned.path,
        kind=planned.kind,
        native_id=planned.native_id,
        status="COMMITTED",
        evidence="It was as asked already; nothing was sent for it.",
    )
    if not planned.sent:
        return made
    try:
        record = await hub.one(planned.kind, planned.native_id, frozenset())
    except (CallerError, LinkError) as error:
        return replace(made, status="INDETERMINATE", evidence=f"It cannot be read ({error.code}).")
    if record is None:
        return replace(made, status="INDETERMINATE", evidence="It is not there any more.")
    return _compared(made, planned, record, answered=answered)


def _compared(
    made: RecordOutcome, planned: PlannedRecord, record: Record, *, answered: bool
) -> RecordOutcome:
    changed = compared(record, planned.asked)
    shown = any(seen(record, name, wish) != MISSING for name, wish in planned.asked.items())
    if not changed and (shown or answered):
        return replace(made, evidence="It was read again and is as asked.")
    stands = all(equal(each.value, seen(record, each.field, each.value)) for each in planned.before)
    if changed and stands and planned.before:
        return replace(made, status="NOT_COMMITTED", evidence="It stands as it did.")
    if answered:
        words = "The provider answered that it is done, and made something else of it."
        return replace(made, evidence=words, changed=changed)
    words = "It is neither as it was nor as asked: somebody else changed it, or the provider did."
    return replace(made, status="INDETERMINATE", evidence=words, changed=changed)


def summed(records: Sequence[RecordOutcome], planned: Sequence[PlannedRecord]) -> Looked:
    """What the records of one request say of it together."""
    sent = [each for each, plan in zip(records, planned, strict=True) if plan.sent]
    states: list[OutcomeStatus] = [each.status for each in sent]
    if all(each == "COMMITTED" for each in states):
        return Looked("THERE")
    if all(each == "NOT_COMMITTED" for each in states):
        return Looked("ABSENT")
    took = ", ".join(each.path for each in sent if each.status == "COMMITTED") or "none"
    left = ", ".join(each.path for each in sent if each.status == "NOT_COMMITTED") or "none"
    open_ = ", ".join(each.path for each in sent if each.status == "INDETERMINATE")
    words = f"of {len(sent)} records these took it: {took}; these did not: {left}"
    return Looked("PARTLY", why=f"{words}; of these nobody can say: {open_}" if open_ else words)


def first_left(records: Sequence[RecordOutcome]) -> str:
    """Where the first record stands that did not take it; empty where all did, or where some are not known."""
    return next((each.path for each in records if each.status == "NOT_COMMITTED"), "")
