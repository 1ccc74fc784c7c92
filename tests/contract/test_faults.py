"""Every refusal and every breakage ends in one error of our tree, which says what to do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from ledgermesh.errors import Garbled, LedgermeshError, LinkError, TooLate, Unavailable, UpstreamError
from ledgermesh.spec.faults import Fault, Verdict
from ledgermesh.spec.query import ListQuery
from ledgermesh.upstream.verdict import MEANINGS
from tests.contract.known import PROVIDERS
from tests.contract.stand import Stand, standing

DECLARED = [
    pytest.param(name, fault, id=f"{name}-{fault.status}{'-' + fault.code if fault.code else ''}")
    for name, provider in sorted(PROVIDERS.items())
    for fault in provider.faults
]
STATUSES = (
    301,
    304,
    400,
    401,
    402,
    403,
    404,
    405,
    408,
    409,
    410,
    413,
    418,
    422,
    429,
    451,
    499,
    500,
    502,
    503,
    504,
    599,
)
HTML = b"<!doctype html><html><body><h1>Something went wrong</h1></body></html>"


async def read(stand: Stand, seconds: float = 20.0) -> None:
    """One page of the first kind that is listed."""
    kind = next(each.kind for each in stand.provider.resources if each.list is not None and not each.children)
    await stand.hub(seconds=seconds).lists(ListQuery(kind))[0].page(None, size=5)


async def met(stand: Stand, answer: httpx.Response) -> LedgermeshError:
    """The error for a provider that gives this answer to every read; signing in goes on working."""
    stand.line.answering = lambda request: _again(answer) if request.method == "GET" else None
    with pytest.raises((LinkError, UpstreamError)) as failed:
        await read(stand)
    error: LedgermeshError = failed.value
    return error


def _again(answer: httpx.Response) -> httpx.Response:
    return httpx.Response(answer.status_code, headers=answer.headers, stream=answer.stream)


def body(path: str, value: object) -> dict[str, object]:
    """A document that holds one value at a dotted path."""
    for key in reversed(path.split(".")):
        value = {key: value}
    return value if isinstance(value, dict) else {}


@pytest.mark.parametrize(("name", "fault"), DECLARED)
async def test_a_declared_fault_has_its_verdict(name: str, fault: Fault) -> None:
    """The error is the one of the declared verdict, with the status, the provider's code and nothing else to guess."""
    async with standing(name) as stand:
        code = stand.provider.fault_code
        document = (
            body(code, int(fault.code) if fault.code and fault.code.isdigit() else fault.code)
            if fault.code
            else {}
        )
        error = await met(stand, httpx.Response(fault.status, json=document))
        assert type(error) is MEANINGS[fault.verdict][0]
        assert error.details["status"] == fault.status
        assert error.details.get("providerCode") == fault.code


@pytest.mark.parametrize("name", sorted(PROVIDERS))
async def test_the_providers_own_words_are_handed_on(name: str) -> None:
    """What the provider says about a refusal, and its id of the request, stand in the error."""
    async with standing(name) as stand:
        identity = stand.provider.request_id_header
        headers = {identity: "req-7"} if identity else {}
        said = body(stand.provider.fault_message, "no, because")
        error = await met(stand, httpx.Response(404, json=said, headers=headers))
        assert error.details["providerMessage"] == "no, because"
        assert error.details.get("upstreamRequestId") == ("req-7" if identity else None)


@pytest.mark.parametrize("content", [b"", HTML, b'{"some": "thing"}'], ids=["empty", "html", "json"])
async def test_any_status_has_some_verdict(stand: Stand, content: bytes) -> None:
    """Whatever the body: an error with a code, a remedy, and the status it came with."""
    declared = {fault.status: fault.verdict for fault in stand.provider.faults if fault.code is None}
    for status in STATUSES:
        error = await met(
            stand, httpx.Response(status, content=content, headers={"content-type": "text/html"})
        )
        assert error.code and error.remedy
        assert error.details["status"] == status
        if status >= 500 and declared.get(status, Verdict.RETRY) is Verdict.RETRY:
            assert isinstance(error, Unavailable) and error.retryable
        if 300 <= status < 400:
            assert not error.retryable
        stand.clock.advance(3600)


GARBAGE = {
    "empty": b"",
    "html": HTML,
    "half": b'[{"id": 1, "na',
    "text": b"OK",
    "null": b"null",
    "number": b"7",
    "not a number": b"[NaN]",
    "word": b'"ok"',
    "another shape": b'{"unexpected": true}',
    "not utf-8": b'["\xff\xfe"]',
    "deep": b"[" * 5000,
}


@pytest.mark.parametrize("content", GARBAGE.values(), ids=GARBAGE)
async def test_a_good_status_with_garbage_is_garbled(stand: Stand, content: bytes) -> None:
    """A 200 that is not what the documents say is an error of the source, never an empty list."""
    error = await met(
        stand, httpx.Response(200, content=content, headers={"content-type": "application/json"})
    )
    assert isinstance(error, Garbled)


class _Broken(httpx.AsyncByteStream):
    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b'[{"id": 1}, {"i'
        raise httpx.ReadError("gone")


async def test_a_body_that_breaks_off_is_garbled(stand: Stand) -> None:
    """The connection is lost in the middle of a body, each time it is tried."""
    error = await met(stand, httpx.Response(200, stream=_Broken()))
    assert isinstance(error, Garbled) and error.details["cutShort"] is True


async def test_nobody_there_is_unavailable(stand: Stand) -> None:
    """A refused connection is worth another try later."""

    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    stand.line.answering = refuse
    with pytest.raises(Unavailable) as failed:
        await read(stand)
    assert failed.value.retryable


async def test_a_provider_that_never_answers_is_too_late(stand: Stand) -> None:
    """The deadline ends it, on the caller's own time."""
    await read(stand)

    class Silent(httpx.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            await asyncio.Event().wait()
            yield b""

    stand.line.answering = lambda _: httpx.Response(200, stream=Silent())
    with pytest.raises(TooLate):
        await read(stand, seconds=0.05)


async def test_a_provider_that_is_well_again_is_believed(stand: Stand) -> None:
    """One bad answer to a read is tried again, and the caller never knows."""
    await read(stand)
    answers = [httpx.Response(503)]
    stand.line.answering = lambda _: answers.pop() if answers else None
    await read(stand)
    assert stand.line.statuses[-2:] == [503, 200]


async def test_a_token_endpoint_that_is_garbage_is_no_token(stand: Stand) -> None:
    """HTML where a token was expected: a typed verdict, and no call without credentials."""

    def sign_in(request: httpx.Request) -> httpx.Response | None:
        return httpx.Response(200, content=HTML) if request.method != "GET" else None

    stand.line.answering = sign_in
    try:
        await read(stand)
    except Garbled:
        assert stand.line.reads == []
    else:
        assert stand.line.signings == []
