"""A step of a plan as a call: holes filled with what earlier answers told, and its own answer read."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final
from urllib.parse import quote

import msgspec

from ledgermesh.engine.hub import Hub
from ledgermesh.engine.planned import Sent, Step
from ledgermesh.errors import Garbled, LedgermeshError
from ledgermesh.model.mapped import row_of
from ledgermesh.model.record import Record
from ledgermesh.upstream.call import Call, Response
from ledgermesh.upstream.trace import request_id

Id = int | str
"""An id as a provider writes it: a number stays a number."""
Ids = Mapping[int, Id]
"""What the answers told, by the step's number."""

_HOLE: Final = re.compile(r"\$\{steps\.(\d{1,3})\.id\}|%24%7Bsteps\.(\d{1,3})\.id%7D", re.IGNORECASE)
_QUOTED: Final = re.compile(rb'"\$\{steps\.(\d{1,3})\.id\}"')
_WITHIN: Final = re.compile(rb"\$\{steps\.(\d{1,3})\.id\}")


def filled(text: str, ids: Mapping[int, object], write: Callable[[str], str] = str) -> str:
    """The text with its holes filled; `write` says how an id is written there. What names no earlier step stays."""

    def value(found: re.Match[str]) -> str:
        id = ids.get(int(found[1] or found[2]))
        return found[0] if id is None else write(str(id))

    return _HOLE.sub(value, text)


def filled_body(body: bytes, ids: Ids, *, json: bool) -> bytes:
    """The body with its holes filled: in JSON a quoted hole becomes the id as it was told, number or text."""

    def whole(found: re.Match[bytes]) -> bytes:
        id = ids.get(int(found[1]))
        return found[0] if id is None else msgspec.json.encode(id)

    def within(found: re.Match[bytes]) -> bytes:
        id = ids.get(int(found[1]))
        if id is None:
            return found[0]
        return msgspec.json.encode(str(id))[1:-1] if json else str(id).encode()

    return _WITHIN.sub(within, _QUOTED.sub(whole, body) if json else body)


def filled_native(text: str, ids: Ids, native_ids: Mapping[int, str]) -> str:
    """A native id with its hole filled: a hole alone is a whole native id, one behind a prefix the provider's own."""
    return filled(text, native_ids if _HOLE.fullmatch(text) else ids)


def filled_value(value: object, native_ids: Mapping[int, str]) -> object:
    """A value of `value_text` with its holes filled, which stand for references."""
    match value:
        case str():
            return filled(value, native_ids)
        case Mapping():
            return {name: filled_value(each, native_ids) for name, each in value.items()}
        case list() | tuple():
            return [filled_value(each, native_ids) for each in value]
    return value


def make_call(hub: Hub, step: Step, ids: Ids, deadline: float) -> Call:
    """The call; apart from filled holes its bytes are those of the plan."""
    types = [value for name, value in step.headers if name.lower() == "content-type"]
    json = not any(value.startswith("multipart/") for value in types)
    return Call(
        link=hub.link,
        method=step.method,
        path=filled(step.path, ids, lambda text: quote(text, safe="")),
        template=step.template,
        deadline=deadline,
        query=tuple((name, filled(value, ids)) for name, value in step.query),
        headers=step.headers,
        body=None if step.body is None else filled_body(step.body, ids, json=json),
        arrived=hub.terms.arrived,
        trace=hub.terms.trace,
        keep=False,
        empty=step.empty,
    )


def unfilled(call: Call, steps: int) -> bool:
    """Whether a hole is left that one of the plan's first so many steps should have filled."""
    body = (call.body or b"").decode("utf-8", "replace")
    texts = (call.path, body, *(value for _, value in call.query))
    return any(int(found[1] or found[2]) < steps for text in texts for found in _HOLE.finditer(text))


# -- answers ---------------------------------------------------------------------------------------------------------


def told_id(step: Step, response: Response) -> Id | None:
    """The id that the answer tells: in the record, else at the end of the address in its Location."""
    if not step.id:
        return None
    whole = response.document
    record = _at(whole, step.item) if step.item else whole
    found = _at(whole if record is None else record, step.id)
    if isinstance(found, int | str) and not isinstance(found, bool) and found != "":
        return found
    last = response.headers.get("location", "").partition("?")[0].rstrip("/").rpartition("/")[2]
    # An address does not tell numbers from texts; who names ids by digits alone writes them as numbers.
    return int(last) if last.isascii() and last.isdigit() and str(int(last)) == last else last or None


def told_by(record: Record, step: Step, prefix: str) -> Id:
    """The id of a record that was read, as the provider wrote it there; else the text that our own id holds."""
    row = row_of(record)
    found = _at(row.doc, step.id) if step.id else None
    if isinstance(found, int | str) and not isinstance(found, bool):
        return found
    return record.native_id.removeprefix(prefix)


def line(step: Step, call: Call, answer: Response | LedgermeshError, *, undone: bool) -> Sent:
    """What is said of the request afterwards."""
    sent = Sent(method=step.method, path=step.template, undone=undone)
    if isinstance(answer, Response):
        return replace(sent, status=answer.status, upstream_request_id=request_id(call, answer.headers))
    status, identity = answer.details.get("status"), answer.details.get("upstreamRequestId")
    return replace(
        sent,
        status=status if isinstance(status, int) else None,
        upstream_request_id=identity if isinstance(identity, str) else None,
        error=answer.code,
    )


def no_id(number: int) -> Garbled:
    """A step cannot be sent, because an earlier answer told no id."""
    return Garbled(f"no id is known for step {number} to go on from", details={"local": True})


def _at(document: object, path: str) -> object:
    for key in path.split("."):
        document = document.get(key) if isinstance(document, Mapping) else None
    return document
