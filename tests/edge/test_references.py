"""What nobody expected is masked behind a reference, on every way out; the log has the same one, and the cause."""

from __future__ import annotations

import json
import re
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from tests.edge.desk import Desk, gateway, post

REFERENCE = re.compile(r"internal error ([0-9a-f]{12})")


class Broken(Desk):
    """A desk with a bug."""

    async def answer(self, question: Any) -> Any:
        raise LookupError("a secret of the books")


def logged(lines: list[Any]) -> list[str]:
    """The references in the log, each beside its cause."""
    return [line["reference"] for line in lines if isinstance(line.get("exc_info"), BaseException)]


def told(body: str) -> str:
    """The reference in an answer that tells nothing else."""
    assert "secret" not in body
    assert "LookupError" not in body
    [reference] = REFERENCE.findall(body)
    return str(reference)


async def test_a_bug_of_a_field_has_its_reference(http: httpx.AsyncClient) -> None:
    """In the message, in `extensions`, and in the log."""
    with capture_logs() as lines:
        answer = await post(http, b'{"query": "{ unwritable }"}')

    assert [told(answer.text)] == logged(lines)


@pytest.mark.parametrize(
    ("body", "accept"),
    [
        (b'{"query": "{ word }"}', "application/json"),
        (b'{"query": "{ word }"}', "application/graphql-response+json"),
        (b'[{"query": "{ word }"}]', "application/json"),
    ],
)
async def test_a_bug_of_the_gateway_has_its_reference(body: bytes, accept: str) -> None:
    """Over HTTP, in a batch too; the status says that it is ours."""
    async with gateway(Broken()) as http:
        with capture_logs() as lines:
            answer = await post(http, body, accept=accept)

    assert answer.status_code == 500 or answer.json()[0]["errors"]
    assert [told(answer.text)] == logged(lines)


async def test_a_bug_in_a_stream_s_answer_has_its_reference(http: httpx.AsyncClient) -> None:
    """As an event like any other: what cannot be written is masked, the stream ends properly."""
    with capture_logs() as lines:
        answer = await post(http, b'{"query": "{ unwritable }"}', accept="text/event-stream")

    [event] = re.findall(r"^event: next\ndata: (.*)$", answer.text, flags=re.MULTILINE)
    assert json.loads(event)["errors"][0]["extensions"]["code"] == "INTERNAL"
    assert [told(event)] == logged(lines)
