"""Ask what schemathesis makes of the schema: `python generated.py URL KEY EXAMPLES`, prints what was found as JSON.

Two of its checks are left out: one takes every error of a resolver for a failure of the server, the other takes it for
wrong to refuse what the types alone let pass, as a page of 0 records or an id of nobody. Instead of them no status is
one of the 500s, and the codes of all errors are told to whoever knows them. All its other checks are on.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings, strategies
from schemathesis.checks import not_a_server_error
from schemathesis.graphql import nodes
from schemathesis.specs.openapi.checks import positive_data_acceptance

SKIPPED = [not_a_server_error, positive_data_acceptance]
SCALARS = {
    "Date": ("2026-11-15", "0001-01-01", "x"),
    "DateTime": ("2026-11-15T12:00:00Z", "x"),
    "Instant": ("2026-11-15T12:00:00Z", "2026-11-15", "x"),
    "Decimal": ("0", "-1.50", "1e6", "x"),
    "JSON": ("", "x"),
    "Upload": ("x",),
    "_Any": ("x",),
}


def main(url: str, key: str, examples: int) -> dict[str, Any]:
    """How many questions were asked, and which codes the errors had."""
    for name, values in SCALARS.items():
        schemathesis.graphql.scalar(name, strategies.sampled_from(values).map(nodes.String))
    headers = {"Authorization": f"Bearer {key}", "X-Account-Key": "maple-bakery"}
    schema = schemathesis.graphql.from_url(url, headers=headers)
    asked, codes, wrong = 0, set(), []
    for each in schema.get_all_operations():
        operation = each.ok()

        @settings(
            max_examples=examples, deadline=None, derandomize=True, database=None,
            phases=[Phase.generate], suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(case=operation.as_strategy())
        def ask(case: Any) -> None:
            nonlocal asked
            asked += 1
            answer = case.call_and_validate(headers=headers, excluded_checks=SKIPPED, timeout=30)
            for error in answer.json().get("errors", ()):
                codes.add(error.get("extensions", {}).get("code"))
            if answer.status_code >= 500:
                wrong.append(case.body)

        ask()
    return {"asked": asked, "codes": sorted(map(str, codes)), "wrong": wrong}


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], sys.argv[2], int(sys.argv[3]))))
