"""`explain`: what an operation would ask of each provider, without asking it."""

from __future__ import annotations

from typing import Annotated

import strawberry
from strawberry.scalars import JSON

from ledgermesh.errors import BadInput
from ledgermesh.graph.context import Context
from ledgermesh.graph.freshness import Info
from ledgermesh.graph.limits.cost import Cost, total
from ledgermesh.graph.limits.plan import Part
from ledgermesh.graph.limits.reads import Count
from ledgermesh.graph.question import Question
from ledgermesh.model import declare
from ledgermesh.model.platform import Quota


@declare.object_type(
    description="How many calls to providers, if each is answered at its first try and none is joined to another's."
)
class CallEstimate:
    least: int = strawberry.field(description="Never fewer.")
    likely: int = strawberry.field(
        description="As many as the definitions of the providers let expect; lists of unknown length count three pages."
    )
    most: int = strawberry.field(description="Never more.")
    exact: bool = strawberry.field(description="Whether least and most are the same.")


@declare.object_type(description="What one field asks of one connection.")
class PlannedRead:
    path: str = strawberry.field(description="Where the field stands in the answer.")
    connection: strawberry.ID = strawberry.field(description="The connection.")
    provider: str = strawberry.field(description="Its provider.")
    resource: str = strawberry.field(
        description="What is read: a kind of record, with the provider's list where there are several, or a report."
    )
    calls: CallEstimate = strawberry.field(description="How many calls.")
    pages: int = strawberry.field(description="Pages of a list among the likely calls.")
    filtered: list[str] = strawberry.field(description="Fields whose conditions the provider takes over.")
    sorted: bool = strawberry.field(
        description="Whether the provider keeps the order, so that pages are enough."
    )


@declare.object_type(description="What an operation asks of one connection in all.")
class PlannedSource:
    connection: strawberry.ID = strawberry.field(description="The connection.")
    provider: str = strawberry.field(description="Its provider.")
    calls: CallEstimate = strawberry.field(description="How many calls.")
    last_calls: int | None = strawberry.field(
        description="How many it took when the same key asked the very same the last time; null where not known."
    )
    quota: list[Quota] = strawberry.field(
        description="What is left of the provider's budget; empty where nothing is known."
    )


@declare.object_type(description="What an operation would cost. Nothing was asked of any provider.")
class Explanation:
    points: int = strawberry.field(
        description="Objects that it may answer: lists by `first`, others as 10; each mutation 10."
    )
    points_max: int = strawberry.field(description="The limit of one operation.")
    calls: int = strawberry.field(
        description="Calls it is predicted to make: as many as the last time where that is known, else the likely ones."
    )
    calls_max: int = strawberry.field(
        description="The limit of one operation: above it nothing is asked, and calls beyond it are refused."
    )
    estimate: CallEstimate = strawberry.field(description="How many calls by the definitions alone.")
    last_calls: int | None = strawberry.field(
        description="How many it took when the same key asked the very same the last time; null where not known."
    )
    refused: str | None = strawberry.field(description="Why it would be refused; null where it would not.")
    sources: list[PlannedSource] = strawberry.field(description="Each connection that it asks.")
    reads: list[PlannedRead] = strawberry.field(description="Each read of each connection.")


@declare.object_type()
class ExplainQuery:
    @declare.field(
        description="What an operation would ask of each provider, told without asking any. Mutations show points only."
    )
    async def explain(
        self,
        info: Info,
        query: Annotated[str, strawberry.argument(description="The document.")],
        variables: Annotated[
            JSON | None, strawberry.argument(description="Its variables, an object.")
        ] = None,
        operation_name: Annotated[
            str | None, strawberry.argument(description="Which of its operations, where there are several.")
        ] = None,
    ) -> Explanation:
        context: Context = info.context
        if context.explains is None:
            raise BadInput("operations are explained over HTTP only")
        if variables is not None and not isinstance(variables, dict):
            raise BadInput("`variables` are an object", details={"field": "variables"})
        cost = await context.explains.cost(
            Question(
                text=query,
                operation=operation_name,
                variables=variables or {},
                principal=context.principal,
                account_key=context.account_key,
                fresh=context.terms.fresh,
                timeout_seconds=1.0,
            )
        )
        return await _shown(context, cost)


async def _shown(context: Context, cost: Cost) -> Explanation:
    assert context.explains is not None, "the caller has looked"
    over, budget = context.explains.over(cost), context.parts.budget
    return Explanation(
        points=cost.points,
        points_max=budget.points,
        calls=cost.calls,
        calls_max=budget.calls,
        estimate=_estimate(cost.count),
        last_calls=None if cost.last is None else sum(cost.last.values()),
        refused=over.message if over is not None else None,
        sources=[await _source(context, cost, id) for id in sorted({each.connection for each in cost.parts})],
        reads=[_read(each) for each in cost.parts],
    )


async def _source(context: Context, cost: Cost, connection: str) -> PlannedSource:
    mine = tuple(each for each in cost.parts if each.connection == connection)
    return PlannedSource(
        connection=strawberry.ID(connection),
        provider=mine[0].provider,
        calls=_estimate(total(mine)),
        last_calls=None if cost.last is None else cost.last.get(connection, 0),
        quota=await context.reach.quota(connection),
    )


def _read(part: Part) -> PlannedRead:
    return PlannedRead(
        path=part.path,
        connection=strawberry.ID(part.connection),
        provider=part.provider,
        resource=part.resource,
        calls=_estimate(part.count),
        pages=part.count.pages,
        filtered=list(part.count.pushed),
        sorted=part.count.sorted,
    )


def _estimate(count: Count) -> CallEstimate:
    return CallEstimate(
        least=count.least, likely=count.likely, most=count.most, exact=count.least == count.most
    )
