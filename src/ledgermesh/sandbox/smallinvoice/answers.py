"""Bodies as PHP writes them: `/` is escaped, nulls are explicit, whole amounts keep `.0`, local times have no zone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from starlette.responses import Response

from ledgermesh.sandbox.smallinvoice.errors import Problem

LANGUAGES = ("de", "en", "es", "fr", "it")
_ZURICH = ZoneInfo("Europe/Zurich")


class Words:
    """A text in several languages; the answer shows the one the request asks for."""

    __slots__ = ("_by_language",)

    def __init__(self, by_language: Mapping[str, str]) -> None:
        self._by_language = by_language

    def in_(self, language: str) -> str:
        """The text in this language, in German where there is none."""
        return self._by_language.get(language) or self._by_language["de"]


def language_of(accept_language: str) -> str:
    """The first language of an `Accept-Language` header that the provider speaks; German else."""
    for part in accept_language.split(","):
        word = part.split(";")[0].strip()[:2].lower()
        if word in LANGUAGES:
            return word
    return "de"


def number(value: Decimal | None) -> Decimal | None:
    """The amount as a PHP float prints: no superfluous zeros, but at least one decimal."""
    if value is None:
        return None
    text = format(value, "f")
    if "." not in text:
        return Decimal(text + ".0")
    text = text.rstrip("0")
    return Decimal(text + "0" if text.endswith(".") else text)


def timestamp(instant: dt.datetime) -> str:
    """`YYYY-MM-DD HH:MM:SS` on Zurich's clocks."""
    return instant.astimezone(_ZURICH).isoformat(" ", "seconds")[:19]


def json_answer(body: Mapping[str, Any], *, status: int = 200, language: str = "de") -> Response:
    """The answer with this body."""

    def translate(value: object) -> str:
        if isinstance(value, Words):
            return value.in_(language)
        raise TypeError(f"{type(value).__name__} has no place in an answer")

    encoded = msgspec.json.Encoder(decimal_format="number", enc_hook=translate).encode(body)
    return Response(encoded.replace(b"/", b"\\/"), status, media_type="application/json")


def refusal(problem: Problem) -> Response:
    """The answer that tells of an error."""
    answer = (
        Response(b"", problem.status)
        if problem.body is None
        else json_answer(problem.body, status=problem.status)
    )
    answer.headers.update(problem.headers)
    return answer
