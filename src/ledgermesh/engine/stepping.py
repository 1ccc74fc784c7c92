"""One request of a plan, until it is done, failed or unknown: noted, sent, and looked for after an unclear answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Final

from ledgermesh.engine.closed import explained
from ledgermesh.engine.handed import Handed, with_address
from ledgermesh.engine.looking import Looked, look
from ledgermesh.engine.planned import Look, Plan, Step
from ledgermesh.engine.repeat import TRIES_MAX, is_unclear, named, pause
from ledgermesh.engine.replay import KEPT_SECONDS
from ledgermesh.engine.sending import (
    filled,
    filled_native,
    filled_value,
    line,
    make_call,
    no_id,
    told_by,
    told_id,
    unfilled,
)
from ledgermesh.engine.several import first_left, look_at_each, summed
from ledgermesh.engine.work import NOT_WRITTEN, Done, End, Failed, Place, Unknown, Work
from ledgermesh.errors import (
    Absent,
    CallerError,
    Conflict,
    LedgermeshError,
    LinkError,
    MissingScope,
    NotFound,
    Refused,
    StateDown,
)
from ledgermesh.model.record import Record
from ledgermesh.state.entries import Environment
from ledgermesh.upstream.call import Call, Response
from ledgermesh.upstream.local import is_local

LOOKS: Final = 2
"""Looks that must see nothing before a request is sent again."""
LOOK_SECONDS_MIN: Final = 0.25
"""Before each look, whatever a provider declares."""
LOOK_SECONDS_MAX: Final = 10.0
"""Before each look at a provider that cannot be asked."""
HEADER_SECONDS_MAX: Final = 1.0
"""Before a request is sent again whose key the provider itself knows."""
BEFORE_PAGES_MAX: Final = 3
"""Pages that are searched for a stamp before its first sending."""


async def carry(work: Work, place: Place) -> End:
    """See it through. Raises Overtaken."""
    mark, end = work.mark(place), None
    if mark is not None and mark.state == "DONE":
        return Done()
    pending = mark is not None and place.step.repeat == "HEADER"
    if mark is None:
        end = await _stamped(work, place)
    elif not pending:
        end = await _resolve(work, place)
    tries = 0
    while end is None:
        tries += 1
        end, pending = await _try(work, place, tries, pending=pending)
    return end


async def _try(work: Work, place: Place, tries: int, *, pending: bool) -> tuple[End | None, bool]:
    """Send it once. None where it may be sent again; and whether an earlier sending is still unclear."""
    step = place.step
    try:
        held_until = await work.until(step.seconds)
        ends = work.clock.monotonic() + step.seconds if step.seconds else work.deadline
        call = make_call(work.hub, step, work.ids, min(ends, held_until))
        if unfilled(call, place.number):
            return Failed(no_id(place.number)), pending
        handed = await _hand_over(work, step)
        if handed is not None and call.body is not None:
            call = call.but(body=with_address(call.body, handed.url))
        await work.sending(place)
    except StateDown as error:
        return (NOT_WRITTEN if work.touched else Failed(error)), pending
    before, work.touched = work.touched, True
    try:
        response = await work.hub.send(call)
    except LedgermeshError as error:
        await _take_away(work, handed if not is_unclear(error) else None)
        named(error, step)
        work.sent.append(line(step, call, error, undone=place.undo))
        work.touched = before or is_unclear(error)
        return await _refused(work, place, error, tries, pending=pending)
    work.acted = True
    await _take_away(work, handed)
    return await _answered(work, place, call, response), False


async def _hand_over(work: Work, step: Step) -> Handed | None:
    """The file that the provider is to fetch, ready for it. Raises StateDown; BadInput where nobody could fetch it."""
    if step.file is None or work.handing is None:
        return None
    environment: Environment = "live" if work.key.environment == "live" else "sandbox"
    return await work.handing.hand_over(step.file, work.key.tenant, environment)


async def _take_away(work: Work, handed: Handed | None) -> None:
    """Nobody fetches it any more; where that cannot be said, it ends by itself."""
    if handed is not None and work.handing is not None:
        with suppress(StateDown, NotFound):
            await work.handing.erase(handed.link)


async def _refused(
    work: Work, place: Place, error: LedgermeshError, tries: int, *, pending: bool
) -> tuple[End | None, bool]:
    step = place.step
    if is_unclear(error):
        if step.repeat == "HEADER" and tries < TRIES_MAX and work.left > HEADER_SECONDS_MAX:
            await work.clock.sleep(work.random.uniform(0.0, HEADER_SECONDS_MAX))
            return None, True
        end = await _resolve(work, place)
        work.acted = work.acted or isinstance(end, Done)
        return await _spent(work, place, end, error, tries), False
    seconds = pause(error, work.clock, work.deadline)
    if work.plan.records and isinstance(error, Absent | MissingScope | Refused) and not is_local(error):
        return await _of_each(work, place, error), False
    if not pending:
        await work.undone(place)
    if seconds is not None and tries < TRIES_MAX:
        await work.clock.sleep(seconds)
        return None, pending
    if pending:
        return await _resolve(work, place) or Failed(error), False
    await explained(work.live(), step, error)
    return Failed(error), False


async def _spent(work: Work, place: Place, end: End | None, error: LedgermeshError, tries: int) -> End | None:
    """What was looked for and is not there is sent again, but not without end."""
    if end is not None or tries < TRIES_MAX:
        return end
    await work.undone(place)
    return Failed(error)


async def _of_each(work: Work, place: Place, error: LedgermeshError | None) -> End:
    """What a clear answer left of several records: a provider that takes them in turn may refuse one of them only."""
    work.touched = True
    try:
        looked = await _look_at_each(work, answered=error is None)
    except LedgermeshError as unread:
        return Unknown(f"the records could not be read again ({unread.code})", error=error)
    if looked.answer == "THERE":
        work.acted = True
        return await work.done(place, None, None)
    if error is not None:
        await explained(work.live(), place.step, error)
    if looked.answer == "ABSENT":
        await work.undone(place)
        return Failed(error or Refused("the provider answered that it is done, and no record has changed"))
    if error is not None and (left := first_left(work.records)):
        error.details.setdefault("field", left)
    return Unknown(looked.why, partly=True, error=error)


async def _look_at_each(work: Work, *, answered: bool) -> Looked:
    work.records = await look_at_each(work.live(), work.plan.records, answered=answered)
    return summed(work.records, work.plan.records)


async def _answered(work: Work, place: Place, call: Call, response: Response) -> End:
    step = place.step
    id, ids = told_id(step, response), work.ids
    prefix = filled(step.prefix, ids)
    native_id = f"{prefix}{id}" if id is not None else None
    if step.native_id is not None:
        native_id = filled_native(step.native_id, ids, work.native_ids)
        id = native_id.removeprefix(prefix) if id is None else id
    sent = line(step, call, response, undone=place.undo)
    work.sent.append(replace(sent, native_id=native_id))
    work.downstream_id = response.headers.get("x-sync-id") or work.downstream_id
    if work.plan.records:
        return await _of_each(work, place, None)
    if native_id is None and step.id and not place.undo and isinstance(await _resolve(work, place), Done):
        return Done()
    if native_id is not None and _recognised(step):
        with suppress(StateDown):
            await work.notes.own(work.key, step.kind, native_id)
    return await work.done(place, id, native_id)


# -- looking ---------------------------------------------------------------------------------------------------------


async def _resolve(work: Work, place: Place) -> End | None:
    """What became of it, by looking; None when it is not there, so that it may be sent again."""
    step, mark = place.step, work.mark(place)
    if step.repeat == "NEVER" or step.look is None or mark is None:
        return Unknown("it leaves no trace that could be looked for")
    work.touched = True
    seconds, empty, why = (
        max(step.settle_seconds, LOOK_SECONDS_MIN),
        0,
        "the time was over before it was looked for",
    )
    while empty < LOOKS:
        if seconds >= work.left:
            return Unknown(why)
        await work.clock.sleep(seconds)
        try:
            # Kept while looking: where that takes longer than a claim lasts, two who look by turns come to no end.
            await work.until(0.0)
            end = await _look(work, place, step.look, mark.started_at)
        except (CallerError, LinkError) as error:
            return Unknown(f"it cannot be looked for ({error.code})")
        except LedgermeshError as error:
            why, seconds = f"it could not be looked for ({error.code})", min(2 * seconds, LOOK_SECONDS_MAX)
            continue
        if isinstance(end, Unknown) and end.partly and end.why != why:
            why = end.why  # it may still be at work on the others: what is seen twice is taken for the end
            continue
        if end is not None:
            return end
        empty, why = empty + 1, "the time was over before it was looked for a second time"
    return None


async def _look(work: Work, place: Place, asked: Look, since: float) -> End | None:
    """Look once; None when it is not there."""
    looked = await _looked(work, place, asked, since)
    match looked.answer:
        case "THERE":
            return await _found(work, place, asked, looked.records)
        case "UNSURE" | "PARTLY":
            return Unknown(looked.why, partly=looked.answer == "PARTLY")
        case "OTHER":
            return Failed(Conflict("a record with this key and other content is there already"))
    return None


async def _looked(work: Work, place: Place, asked: Look, since: float, **more: int) -> Looked:
    if work.plan.records:
        return await _look_at_each(work, answered=False)
    step, native_ids = place.step, work.native_ids
    own = filled_native(asked.native_id, work.ids, native_ids) if asked.native_id is not None else None
    equal = {name: filled_value(value, native_ids) for name, value in asked.equal.items()}
    return await look(
        work.live(),
        replace(asked, native_id=own, equal=equal),
        since=since,
        parent=filled(step.prefix, work.ids).rpartition("-")[0],
        before=_before(work.plan, asked),
        **more,
    )


def _before(plan: Plan, asked: Look) -> Mapping[str, object]:
    """The fields that the plan changes as they stood, where it is the plan's own record that is looked at."""
    if asked.native_id is None or asked.native_id != plan.native_id:
        return {}
    return {each.field: each.value for each in plan.before if each.field in asked.equal}


async def _found(work: Work, place: Place, asked: Look, records: Sequence[Record]) -> End | None:
    """It is there; None when what is there is the effect of other writes of equal content."""
    step = place.step
    prefix = filled(step.prefix, work.ids)
    if work.plan.records:
        return await work.done(place, None, None)
    if asked.native_id is not None:
        native_id = filled_native(step.native_id or asked.native_id, work.ids, work.native_ids)
        id = told_by(records[0], step, prefix) if records else native_id.removeprefix(prefix)
        return await work.done(place, id, native_id)
    for record in records:
        if not _recognised(step) or await work.notes.own(work.key, step.kind, record.native_id):
            return await work.done(place, told_by(record, step, prefix), record.native_id)
    return None


def _recognised(step: Step) -> bool:
    """Whether its record is known by its content only, which other writes may share."""
    return step.repeat == "SEARCH" and step.native_id is None


async def _stamped(work: Work, place: Place) -> End | None:
    """What an earlier request with this key made, of which the store knows nothing any more; None where there is none.

    Only a stamp tells that: equal content may be meant twice.
    """
    asked = place.step.look
    wanted = work.fresh and work.key.chosen and not place.undo and place.step.repeat == "STAMP"
    if not wanted or asked is None or not asked.stamp:
        return None
    since = work.clock.now().timestamp() - KEPT_SECONDS
    try:
        looked = await _looked(work, place, asked, since, pages_max=BEFORE_PAGES_MAX)
        if looked.answer == "OTHER":
            return Failed(Conflict("a record with this key and other content is there already"))
        return await _found(work, place, asked, looked.records) if looked.answer == "THERE" else None
    except CallerError:
        return None
    except LedgermeshError as error:
        return Failed(error)
