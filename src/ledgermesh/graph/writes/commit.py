"""Carrying out a plan that a caller has seen."""

from __future__ import annotations

from typing import Annotated, Any, cast

import strawberry
from graphql import GraphQLError, GraphQLInputType, coerce_input_value, validate_input_value
from strawberry.scalars import JSON

from ledgermesh.engine.change import Change
from ledgermesh.errors import BadInput
from ledgermesh.graph.freshness import Info
from ledgermesh.graph.writes.changes import exact, wrong
from ledgermesh.graph.writes.gate import check_tokens, writer_of
from ledgermesh.graph.writes.inputs import input_name
from ledgermesh.graph.writes.options import SyncMode, WriteOptions, to_options, to_passthrough
from ledgermesh.graph.writes.payloads import WritePayload
from ledgermesh.graph.writes.several import changes_of
from ledgermesh.graph.writes.writer import Opened
from ledgermesh.graph.writes.writing import MODELS, answer, ordered, to_change
from ledgermesh.model import declare
from ledgermesh.spec.inputs import inputs_for

Again = Annotated[
    JSON | None,
    strawberry.argument(
        description="The `input` of the mutation that was planned, where its token says that it has to be given again: "
        "files and large bodies do not travel in tokens."
    ),
]


@declare.object_type()
class CommitMutation:
    """The second half of every write."""

    @declare.mutation(
        description="Carry out a plan, byte for byte as it was shown. Refused for a token that was altered, has "
        "ended, or was used, and where the record changed meanwhile."
    )
    async def commit(
        self,
        info: Info,
        plan_token: Annotated[str, strawberry.argument(description="`planToken` of a mutation's answer.")],
        *,
        input: Again = None,
        passthrough: Annotated[
            JSON | None,
            strawberry.argument(description="`options.passthrough`, where the input is given again."),
        ] = None,
        sync: Annotated[SyncMode, strawberry.argument(description="PUSH or PUSH_AND_WAIT.")] = SyncMode.PUSH,
        tracking_id: Annotated[
            str | None, strawberry.argument(description="Your own name for the request.")
        ] = None,
    ) -> WritePayload | None:
        context = info.context
        writer = writer_of(context)
        if sync is SyncMode.NONE:
            raise BadInput("`sync`: a commit is a push", details={"field": "sync"})
        check_tokens(context, sync)
        options = to_options(WriteOptions(sync=sync, tracking_id=tracking_id), context.write_headers)
        opened = await writer.open(context, plan_token)
        change = _again(info, opened, input, passthrough) if opened.again else None
        how = ordered(context, sync, options.tracking_id)
        planned, pushed = await writer.commit(context, plan_token, change, how)
        entries = {each.id: each for each in context.connections(context.company(opened.company))}
        return answer(context, entries, planned, pushed, sync, options.tracking_id)


def _again(info: Info, opened: Opened, input: Any, passthrough: Any) -> Change:
    """The change that the token is for, from the input given once more. Raises BadInput."""
    context = info.context
    given = _coerced(info, input_name(opened.kind, opened.verb), input)
    if opened.verb == "UPDATE_MANY":
        records = changes_of(context, context.company(opened.company), given)
        return Change(kind=opened.kind, verb=opened.verb, records=records)
    spec = inputs_for(MODELS[opened.kind], opened.verb)
    values, fields = to_change(context, context.company(opened.company), spec, given)
    return Change(
        kind=opened.kind,
        verb=opened.verb,
        values=values,
        custom_fields=fields,
        passthrough=to_passthrough(passthrough or {}),
    )


def _coerced(info: Info, name: str | None, given: Any) -> Any:
    """Plain JSON as the input of this name, by its GraphQL names; raises BadInput."""
    if name is None:
        return {}
    if given is None:
        raise wrong("", "has to be given again: the token does not hold it")
    type_ = cast("GraphQLInputType", info._raw_info.schema.type_map[name])

    def refuse(error: GraphQLError, path: Any) -> None:
        raise wrong(".".join(map(str, path)), error.message)

    json = exact(given)
    validate_input_value(json, type_, refuse)
    return coerce_input_value(json, type_)
