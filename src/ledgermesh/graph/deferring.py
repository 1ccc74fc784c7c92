"""`@defer`: an answer in several parts, in the format of the newest draft; without a wish for parts, all at once.

What a part holds: https://specs.apollo.dev/incremental/v0.2/, which is the specification's draft (`pending`,
`incremental`, `completed`). A deferred fragment is begun with what is around it: so both share the calls to providers
that both need, and the operation costs what it costs without.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from typing import Any, Final

from graphql import (
    ExecutionResult,
    GraphQLError,
    OperationType,
    experimental_execute_incrementally,
    get_operation_ast,
)
from graphql.type import GraphQLDeferDirective
from strawberry.execution import optimized_is_awaitable
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.utils.await_maybe import await_maybe

from ledgermesh.graph.pacing import Paced
from ledgermesh.graph.present import present
from ledgermesh.graph.question import Answer, Question

DEFER: Final = GraphQLDeferDirective
MENTIONED: Final = re.compile(r"@[\s,\ufeff]*defer\b")
PLACES_MAX: Final = 500
"""Places of one answer where fragments are deferred; behind that many they come with what is around them."""

execute: Final = experimental_execute_incrementally
"""graphql-core's plain `execute` refuses every schema that knows the directive."""


AWAITABLE: Final[Any] = optimized_is_awaitable
"""As Strawberry's own way to run a document asks it."""


class AtOnce(Paced):
    """Fragments are answered with what is around them, deferred or not: the specification leaves it to the server."""

    def execute_collected_root_fields(
        self, root_type: Any, root_value: Any, grouped_field_set: Any, serially: Any, new_defer_usages: Any
    ) -> Any:
        """See graphql-core."""
        return super().execute_collected_root_fields(root_type, root_value, grouped_field_set, serially, ())

    def execute_collected_subfields(
        self, parent_type: Any, source_value: Any, path: Any, grouped_field_set: Any, *_: Any
    ) -> Any:
        """See graphql-core."""
        return self.execute_fields(parent_type, source_value, path, grouped_field_set, None)


class InParts(StrawberryGraphQLCoreExecutionContext):
    """Deferred fragments come later, at PLACES_MAX places: a list in a list in a list has too many to keep track of."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._places: Counter[str] = Counter()  # one for the whole operation: its copies share it

    def execute_collected_subfields(
        self, parent_type: Any, source_value: Any, path: Any, grouped_field_set: Any, *deferred: Any
    ) -> Any:
        """See graphql-core."""
        usages, map_ = deferred
        self._places["all"] += len(usages)
        if usages and self._places["all"] > PLACES_MAX:
            return self.execute_fields(parent_type, source_value, path, grouped_field_set, None)
        return super().execute_collected_subfields(
            parent_type, source_value, path, grouped_field_set, usages, map_
        )


class Increments:
    """One operation that is answered in parts."""

    def __init__(self, schema: Any) -> None:
        """`schema` is ours, as in `compiled`."""
        self._schema = schema
        self.errors: list[dict[str, Any]] = []
        """Of all parts so far, as callers see them."""

    async def run(
        self, text: str, operation: str | None, variables: Mapping[str, Any], context: Any
    ) -> AsyncGenerator[ExecutionResult | Answer, None]:
        """The parts, without extensions; the whole result alone where nothing was deferred.

        The document is valid. Close it when nobody waits for the rest: what is being read for it ends.
        """
        made: Any = InParts.build(
            self._schema.inner,
            self._schema.known.parse(text),
            context_value=context,
            raw_variable_values=dict(variables),
            operation_name=operation,
            is_awaitable=AWAITABLE,
            enable_early_execution=True,
        )
        if isinstance(made, list):
            yield ExecutionResult(None, errors=made)
            return
        try:
            result: Any = await await_maybe(made.execute_operation())
            if isinstance(result, ExecutionResult):
                yield result
                return
            async with aclosing(result.subsequent_results) as later:
                yield self._first(result.initial_result)
                async for part in later:
                    yield self._later(part)
        finally:
            # What was begun early has nobody else to end it before its part is waited for.
            await made.cancel_incremental_work()

    def _first(self, result: Any) -> Answer:
        found: Answer = {"data": result.data, **self._told(result.errors)}
        return found | {"pending": _pending(result.pending), "hasNext": True}

    def _later(self, part: Any) -> Answer:
        found: Answer = {}
        if part.pending:
            found["pending"] = _pending(part.pending)
        if part.incremental:
            found["incremental"] = [
                {
                    "id": each.id,
                    **({"subPath": list(each.sub_path)} if each.sub_path else {}),
                    "data": each.data,
                    **self._told(each.errors),
                }
                for each in part.incremental
            ]
        if part.completed:
            found["completed"] = [{"id": each.id, **self._told(each.errors)} for each in part.completed]
        return found | {"hasNext": part.has_next}

    def _told(self, errors: Sequence[GraphQLError] | None) -> Answer:
        if not errors:
            return {}
        shown = [present(error) for error in errors]
        self.errors += shown
        return {"errors": shown}


def _pending(found: Sequence[Any]) -> list[dict[str, Any]]:
    return [
        {
            "id": each.id,
            "path": list(each.path),
            **({"label": each.label} if each.label is not None else {}),
        }
        for each in found
    ]


def may_defer(text: str) -> bool:
    """Whether a text says `@defer` anywhere; where it does so in a string alone, everything is there at once."""
    return MENTIONED.search(text) is not None


def defers(schema: Any, question: Question) -> bool:
    """Whether a question is answered in parts: it is asked so, its document is good and may defer something."""
    if not question.in_parts or not may_defer(question.text):
        return False
    document = schema.known.validated(schema.inner, question.text)
    operation = get_operation_ast(document, question.operation) if document is not None else None
    if operation is None:
        return False
    kinds = (OperationType.QUERY,) if question.queries_only else (OperationType.QUERY, OperationType.MUTATION)
    return operation.operation in kinds
