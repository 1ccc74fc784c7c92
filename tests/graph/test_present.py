"""Errors as callers see them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
import strawberry
from graphql import GraphQLError
from structlog.testing import capture_logs

from ledgermesh.edge import incoming, routes, view
from ledgermesh.errors import LedgermeshError, NotFound, SlowDown
from ledgermesh.graph.admission import TooFast
from ledgermesh.graph.present import present, typed
from ledgermesh.graph.schema import Schema

WHEN = dt.datetime(2026, 11, 15, 14, 30, tzinfo=dt.timezone(dt.timedelta(hours=2)))


@strawberry.input
class Wanted:
    """What may be malformed."""

    day: dt.date | None = None
    amount: Decimal | None = None


@strawberry.type
class Query:
    """One field for each way to fail."""

    @strawberry.field
    def echo(self, wanted: Wanted | None = None, number: int | None = None) -> str | None:
        return f"{wanted} {number}"

    @strawberry.field
    def missing(self) -> str | None:
        raise NotFound("no invoice 7", details={"connection": "c-1", "internal": "not for callers"})

    @strawberry.field
    def bug(self) -> str | None:
        raise ZeroDivisionError("the customer's name is Ada")

    @strawberry.field
    def hole(self) -> str:
        return None  # type: ignore[return-value]  # the bug that is tested

    @strawberry.field
    def huge(self) -> int | None:
        return 2**40


async def errors(text: str, **variables: Any) -> list[dict[str, Any]]:
    result = await Schema(query=Query).execute(text, variable_values=variables)
    return [present(error) for error in result.errors or ()]


async def the_error(text: str, **variables: Any) -> dict[str, Any]:
    [error] = await errors(text, **variables)
    return error


def leaves(root: type[LedgermeshError]) -> Iterator[type[LedgermeshError]]:
    below = root.__subclasses__()
    if not below:
        yield root
    for each in below:
        yield from leaves(each)


def test_every_error_has_a_code_and_a_remedy() -> None:
    """A new error class without a code, a remedy or a possible status fails here, not in front of a caller."""
    found = list(leaves(LedgermeshError))
    wrong = [
        leaf.__name__
        for leaf in found
        if not (getattr(leaf, "code", "") and getattr(leaf, "remedy", "") and 200 <= leaf.status < 600)
    ]

    assert wrong == []
    assert {incoming.TooLarge, view.Unexpected, routes.Nowhere, TooFast} <= set(found)


def test_a_code_means_one_thing() -> None:
    """Two errors with the same code are the same to a caller, so one is the other's parent."""
    found = list(leaves(LedgermeshError))
    twice = [
        (one.__name__, other.__name__)
        for one in found
        for other in found
        if one.__name__ < other.__name__ and one.code == other.code and one.retryable != other.retryable
    ]

    assert twice == []


def test_a_typed_error_says_when_to_come_back_in_utc() -> None:
    """`retryAt` is an ISO instant in UTC; what is not known is left out."""
    told = typed(SlowDown("wait", retry_at=WHEN, details={"upstreamRequestId": "r-1", "providerCode": None}))

    assert told == {
        "code": "RATE_LIMITED",
        "retryable": True,
        "remedy": SlowDown.remedy,
        "retryAt": "2026-11-15T12:30:00Z",
        "upstreamRequestId": "r-1",
    }


async def test_an_error_of_ours_keeps_message_place_and_path() -> None:
    """A typed error in a resolver is shown as it is, with the details that are for callers."""
    assert await the_error("{ there: missing }") == {
        "message": "no invoice 7",
        "locations": [{"line": 1, "column": 3}],
        "path": ["there"],
        "extensions": {
            "code": "NOT_FOUND",
            "retryable": False,
            "remedy": NotFound.remedy,
            "connection": "c-1",
        },
    }


@pytest.mark.parametrize("field", ["bug", "hole", "huge"])
async def test_a_bug_is_masked_and_logged_with_its_reference(field: str) -> None:
    """The caller gets a reference and nothing else; the log has the same reference and the traceback."""
    with capture_logs() as lines:
        error = await the_error(f"{{ {field} }}")

    [line] = lines
    reference = line["reference"]
    assert error["extensions"] == {
        "code": "INTERNAL",
        "retryable": False,
        "remedy": f"Report it with the reference {reference}.",
        "reference": reference,
    }
    assert error["message"] == f"internal error {reference}"
    assert error["path"] == [field]
    assert isinstance(line["exc_info"], BaseException)
    assert line["log_level"] == "error"


async def test_two_bugs_have_two_references() -> None:
    """A reference finds one line of the log."""
    with capture_logs():
        first, second = await the_error("{ bug }"), await the_error("{ bug }")

    assert first["extensions"]["reference"] != second["extensions"]["reference"]


@pytest.mark.parametrize(
    "text",
    ["{ echo", "{", "}", "{{", "query($x:) { echo }", "{a" * 3000 + "}" * 3000, "\0", "{ echo(number: 1.) }"],
)
async def test_broken_syntax_says_so(text: str) -> None:
    """A document that cannot be parsed, however deep it is nested, is the caller's to correct."""
    error = await the_error(text)

    assert error["extensions"]["code"] == "GRAPHQL_PARSE_FAILED"
    assert not error["extensions"]["retryable"]
    assert error["locations"]
    assert "path" not in error


@pytest.mark.parametrize(
    "text",
    [
        "{ nothing }",
        "{ echo(number: true) }",
        "{ echo @skip(if: $x) }",
        '{ echo(wanted: {day: "tomorrow"}) }',
        '{ echo(wanted: {amount: "much"}) }',
        "{ echo(wanted: {unknown: 1}) }",
        "mutation { a }",
    ],
)
async def test_what_the_schema_does_not_have_says_so(text: str) -> None:
    """A document that does not fit the schema is the caller's to correct."""
    found = await errors(text)

    assert {error["extensions"]["code"] for error in found} == {"GRAPHQL_VALIDATION_FAILED"}
    assert not any(error["extensions"]["retryable"] or "path" in error for error in found)


@pytest.mark.parametrize(
    ("text", "variables"),
    [
        ("query ($n: Int!) { echo(number: $n) }", {}),
        ("query ($n: Int!) { echo(number: $n) }", {"n": "1"}),
        ("query ($n: Int!) { echo(number: $n) }", {"n": 2**40}),
        ("query ($n: Int!) { echo(number: $n) }", {"n": Decimal("1.5")}),
        ("query ($w: Wanted) { echo(wanted: $w) }", {"w": {"day": "2026-02-30"}}),
        ("query ($w: Wanted) { echo(wanted: $w) }", {"w": {"amount": "much"}}),
        ("query ($w: Wanted) { echo(wanted: $w) }", {"w": {"unknown": 1}}),
        ("query ($w: Wanted) { echo(wanted: $w) }", {"w": [[[]]]}),
        ("query ($d: Date) { echo(wanted: {day: $d}) }", {"d": "31.12.2026"}),
    ],
)
async def test_a_variable_that_does_not_fit_names_itself(text: str, variables: dict[str, Any]) -> None:
    """A malformed variable is bad input, named in the message; never an internal error."""
    error = await the_error(text, **variables)

    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert f"'${next(iter(variables), 'n')}'" in error["message"]


async def test_amounts_in_variables_are_exact() -> None:
    """A decimal that a float cannot hold arrives as it was written."""
    text = "query ($w: Wanted) { echo(wanted: $w) }"
    result = await Schema(query=Query).execute(
        text, variable_values={"w": {"amount": Decimal("12345678901234567.89")}}
    )

    assert result.data is not None
    assert "Decimal('12345678901234567.89')" in result.data["echo"]


async def test_variables_that_are_nested_too_deeply_say_so() -> None:
    """Depth in a variable is the caller's to correct too."""
    deep: Any = []
    for _ in range(2_000):
        deep = [deep]

    error = await the_error("query ($w: Wanted) { echo(wanted: $w) }", w=deep)

    assert error["extensions"]["code"] == "BAD_USER_INPUT"


def test_the_cause_is_found_below_wrappers() -> None:
    """However often the executor wraps it, a typed error keeps its code."""
    inner = GraphQLError("one", original_error=NotFound("gone"))

    assert present(GraphQLError("two", original_error=inner))["extensions"]["code"] == "NOT_FOUND"


def test_nothing_is_logged_for_what_callers_do() -> None:
    """Only bugs leave a line."""
    with capture_logs() as lines:
        present(GraphQLError("gone", original_error=NotFound("gone")))
        present(GraphQLError("no such field"))

    assert lines == []
