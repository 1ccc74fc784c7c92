"""How much callers may ask for: how often, how large a document, how much one operation costs."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from ledgermesh.graph.limits.values import Budget, DocumentLimits

DOCUMENT = DocumentLimits()
BUDGET = Budget()
STRICT = ConfigDict(extra="forbid", hide_input_in_errors=True, frozen=True)
"""Of every section: unknown names are mistakes, and no message repeats a value."""


class DocumentBounds(BaseModel):
    """What one document may hold. Fragments count wherever they are spread."""

    model_config = STRICT

    document_bytes: int = Field(default=DOCUMENT.document_bytes, gt=0)
    """In UTF-8. Values belong into variables."""
    tokens: int = Field(default=DOCUMENT.tokens, gt=0)
    depth: int = Field(default=DOCUMENT.depth, gt=0, le=100)
    """Fields inside of fields."""
    fields: int = Field(default=DOCUMENT.fields, gt=0)
    """In all."""
    aliases: int = Field(default=DOCUMENT.aliases, ge=0)
    root_fields: int = Field(default=DOCUMENT.root_fields, gt=0)
    """Of one operation."""
    directives: int = Field(default=DOCUMENT.directives, ge=0)
    fragments: int = Field(default=DOCUMENT.fragments, ge=0)
    """Definitions."""
    overlaps: int = Field(default=DOCUMENT.overlaps, gt=0)
    """Pairs of fields that answer under the same name, and of fragments side by side."""
    schema_lists: int = Field(default=DOCUMENT.schema_lists, ge=0)
    """Lists of the schema itself, as often as they are asked for."""
    variable_values: int = Field(default=DOCUMENT.variable_values, gt=0)
    """Values inside of the variables, in all."""
    variable_depth: int = Field(default=DOCUMENT.variable_depth, gt=0, le=100)


class OperationBounds(BaseModel):
    """What one operation may cost."""

    model_config = STRICT

    calls: int = Field(default=BUDGET.calls, gt=0)
    """To providers: predicted before any is made, and counted while it runs."""
    points: int = Field(default=BUDGET.points, gt=0)
    """Objects that it may answer at most, and 10 for each change."""


class Limits(BaseModel):
    """What callers may ask for. An API key may have a rate and a budget of calls of its own."""

    model_config = STRICT

    requests_per_second: float = Field(default=100.0, gt=0, allow_inf_nan=False)
    """About one company."""
    burst: int = Field(default=200, gt=0)
    """Requests at once, after a quiet time."""
    calls_per_minute: int | None = Field(default=None, gt=0)
    """Calls to providers that the keys of one tenant may cause together in one environment; without it, as many as the
    providers' own budgets let."""
    documents: DocumentBounds = DocumentBounds()
    operation: OperationBounds = OperationBounds()
