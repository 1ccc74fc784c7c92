"""Plans and outcomes as callers see them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final
from urllib.parse import urlencode

from strawberry.scalars import JSON

from ledgermesh.engine.planned import (
    Changed,
    Failure,
    Finding,
    Loss,
    Outcome,
    Plan,
    RecordOutcome,
    Sent,
    Step,
)
from ledgermesh.errors import Forbidden, LedgermeshError, Unsupported
from ledgermesh.graph.context import Context
from ledgermesh.graph.writes.payloads import (
    ChangedField,
    FieldDifference,
    PlannedHeader,
    SentRequest,
    WriteError,
    WriteFinding,
    WriteLoss,
    WritePlan,
    WriteSource,
    WriteStatus,
    WriteStep,
    WrittenRecord,
)
from ledgermesh.graph.writes.writer import Became
from ledgermesh.model.mapped import graphql_name, graphql_path
from ledgermesh.model.platform import Connection, RepeatKind
from ledgermesh.state.entries import ConnectionEntry

UNSHOWN: Final = frozenset(("authorization", "cookie", "proxy-authorization", "x-api-key"))
"""Headers that let somebody in."""

REPAIR: Final = "Correct what the findings name, or accept the loss with `onLoss: ACCEPT`."


def to_source(context: Context, entry: ConnectionEntry, plan: Plan | LedgermeshError) -> WriteSource:
    """What a connection would do."""
    shown = context.connection(entry)
    if isinstance(plan, LedgermeshError):
        return _source(shown, _refused(plan), error=to_error(plan))
    blocked = next((finding for finding in plan.findings if finding.blocks), None)
    status = WriteStatus.PLANNED if plan.steps else WriteStatus.NOTHING_TO_DO
    return _source(
        shown,
        status if blocked is None else WriteStatus.BLOCKED,
        plan=to_plan(entry, plan),
        error=_blocking(blocked) if blocked is not None else None,
        record_kind=plan.kind,
        record_id=plan.native_id if not plan.steps and blocked is None else None,
    )


def became(source: WriteSource, found: Became | LedgermeshError) -> WriteSource:
    """The same with what became of it."""
    plan, shown = source.plan, source.connection
    if isinstance(found, LedgermeshError):
        return _source(shown, WriteStatus.NOT_COMMITTED, plan=plan, error=to_error(found))
    return to_outcome(shown, found, plan)


def to_outcome(shown: Connection, found: Became, plan: WritePlan | None = None) -> WriteSource:
    """How a plan ended, or that it has not yet."""
    if not isinstance(found, Outcome):
        return _source(shown, WriteStatus(found), plan=plan)
    return _source(
        shown,
        WriteStatus(found.status),
        plan=plan,
        replayed=found.replayed,
        evidence=found.evidence or None,
        changed_fields=[_changed(each) for each in found.changed],
        sent=[_sent(each) for each in found.sent],
        residue=[_sent(each) for each in found.residue],
        records=[_record(shown, each) for each in found.records],
        error=to_failure(found.failure) if found.failure is not None else None,
        downstream_sync_id=found.downstream_id,
        record_kind=found.kind,
        record_id=found.native_id if found.status == "COMMITTED" else None,
    )


def _source(shown: Connection, status: WriteStatus, **more: Any) -> WriteSource:
    nothing: dict[str, Any] = {
        "replayed": False, "evidence": None, "plan": None, "changed_fields": [], "sent": [], "residue": [],
        "records": [],
        "error": None, "downstream_sync_id": None,
    }  # fmt: skip
    return WriteSource(connection=shown, status=status, **(nothing | more))


def _refused(error: LedgermeshError) -> WriteStatus:
    if isinstance(error, Unsupported):
        return WriteStatus.UNSUPPORTED
    return WriteStatus.FORBIDDEN if isinstance(error, Forbidden) else WriteStatus.BLOCKED


# -- plans -----------------------------------------------------------------------------------------------------------


def to_plan(entry: ConnectionEntry, plan: Plan) -> WritePlan:
    """A plan without what lets us in."""
    return WritePlan(
        steps=[_step(entry.base_url, step) for step in plan.steps],
        findings=[_finding(each) for each in plan.findings],
        loss=[_loss(each) for each in plan.loss],
        calls=plan.calls,
        version=plan.version or None,
    )


def _step(base_url: str, step: Step) -> WriteStep:
    shown = (pair for pair in step.headers if pair[0].casefold() not in UNSHOWN)
    return WriteStep(
        kind=step.kind,
        verb=step.verb,
        method=step.method,
        url=_url(base_url, step),
        headers=[PlannedHeader(name=name, value=value) for name, value in shown],
        body=_text(step),
        body_bytes=len(step.body or b""),
        repeat=RepeatKind(step.repeat),
        undo=f"{step.undo.method} {_url(base_url, step.undo)}" if step.undo is not None else None,
    )


def _url(base_url: str, step: Step) -> str:
    query = urlencode(step.query, safe="${}")
    return f"{base_url}{step.path}{'?' if query else ''}{query}"


def _text(step: Step) -> str | None:
    """A body that is text; files are not."""
    media = next((value for name, value in step.headers if name.casefold() == "content-type"), "")
    if step.body is None or media.casefold().startswith("multipart/"):
        return None
    try:
        return step.body.decode()
    except UnicodeDecodeError:
        return None


def _finding(each: Finding) -> WriteFinding:
    return WriteFinding(code=each.code, path=each.path or None, message=each.message, blocks=each.blocks)


def _loss(each: Loss) -> WriteLoss:
    return WriteLoss(path=each.path, reason=each.reason)


def _blocking(finding: Finding) -> WriteError:
    return _error(code=finding.code, message=finding.message, path=finding.path or None, remedy=REPAIR)


# -- outcomes --------------------------------------------------------------------------------------------------------


def _sent(each: Sent) -> SentRequest:
    return SentRequest(
        method=each.method,
        path=each.path,
        status=each.status,
        native_id=each.native_id,
        upstream_request_id=each.upstream_request_id,
        undone=each.undone,
        error=each.error,
    )


def _record(shown: Connection, each: RecordOutcome) -> WrittenRecord:
    return WrittenRecord(
        path=each.path,
        kind=each.kind,
        native_id=each.native_id,
        status=WriteStatus(each.status),
        evidence=each.evidence or None,
        changed_fields=[_changed(one) for one in each.changed],
        connection=str(shown.id),
    )


def _changed(each: Changed) -> ChangedField:
    return ChangedField(path=graphql_path(each.field), asked=_json(each.asked), got=_json(each.got))


def _json(value: object) -> JSON | None:
    """A value as `value_text` writes it, with the names inside it as callers know them."""
    return None if value is None else JSON(_renamed(value))


def _renamed(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {graphql_name(name): _renamed(each) for name, each in value.items()}
    return [_renamed(each) for each in value] if isinstance(value, list | tuple) else value


def to_failure(failure: Failure) -> WriteError:
    """A failure of a push."""
    return _error(
        code=failure.code,
        message=failure.message,
        path=failure.path or None,
        remedy=failure.remedy,
        retryable=failure.retryable,
        retry_at=failure.retry_at,
        provider_code=failure.provider_code,
        provider_message=failure.provider_message,
        upstream_request_id=failure.upstream_request_id,
    )


def to_error(error: LedgermeshError) -> WriteError:
    """An error of one connection. `difference` in its details is a list of {field, before, asked, now}."""
    details = error.details
    return _error(
        code=error.code,
        message=error.message,
        path=_word(details.get("field")),
        remedy=error.remedy,
        retryable=error.retryable,
        retry_at=error.retry_at,
        provider_code=_word(details.get("providerCode")),
        provider_message=_word(details.get("providerMessage")),
        upstream_request_id=_word(details.get("upstreamRequestId")),
        difference=list(_differences(details.get("difference"))),
    )


def _differences(found: object) -> Iterable[FieldDifference]:
    for each in found if isinstance(found, list | tuple) else ():
        values = {name: _json(each.get(name)) for name in ("before", "asked", "now")}
        yield FieldDifference(path=graphql_path(str(each.get("field", ""))), **values)


def _word(found: object) -> str | None:
    return str(found) if found is not None else None


def _error(**said: Any) -> WriteError:
    nothing: dict[str, Any] = {
        "path": None, "retryable": False, "retry_at": None, "provider_code": None, "provider_message": None,
        "upstream_request_id": None, "difference": [],
    }  # fmt: skip
    return WriteError(**(nothing | said))
