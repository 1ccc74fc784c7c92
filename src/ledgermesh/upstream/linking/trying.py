"""Try credentials with a real call, and read what a setting may be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from msgspec import Struct, field

from ledgermesh.errors import Garbled
from ledgermesh.model.row import Malformed, Row, at
from ledgermesh.spec.auth import Auth
from ledgermesh.spec.provider import Choose, Setting
from ledgermesh.state.base import Grant
from ledgermesh.upstream.call import Link
from ledgermesh.upstream.linking.line import Line
from ledgermesh.upstream.linking.places import VALUE_CHARACTERS_MAX

PAGE_ROWS = 100
PAGES_MAX = 20
LABEL_CHARACTERS_MAX = 120


class Choice(Struct, frozen=True, kw_only=True):
    """One value that a setting may have."""

    value: str
    label: str
    also: Mapping[str, str] = field(default_factory=dict)
    """Other settings that come with it."""


async def try_out(line: Line, link: Link, auth: Auth, grant: Grant) -> None:
    """One real call; raises what its refusal means."""
    await line.read(link, auth, grant, link.provider.check_path)


async def choices(line: Line, link: Link, auth: Auth, grant: Grant, setting: Setting) -> tuple[Choice, ...]:
    """What these credentials let the setting be, each value once, in the provider's order."""
    choose = setting.choose
    assert choose is not None, "asked for settings that can be chosen"
    found: dict[str, Choice] = {}
    for page in range(PAGES_MAX if choose.paged else 1):
        before, query = len(found), _page(page) if choose.paged else ()
        rows = _rows(link, choose, await line.read(link, auth, grant, choose.path, query))
        for choice in _choices(choose, rows):
            found.setdefault(choice.value, choice)
        # A provider that does not page gives the same rows again.
        if len(found) == before or len(rows) < PAGE_ROWS:
            break
    return tuple(found.values())


def _page(number: int) -> tuple[tuple[str, str], ...]:
    return ("limit", str(PAGE_ROWS)), ("offset", str(number * PAGE_ROWS))


def _rows(link: Link, choose: Choose, document: object) -> list[object]:
    value = document
    if choose.rows:
        try:
            value = at(choose.rows)(Row(document)) if isinstance(document, Mapping) else None
        except Malformed:
            value = None
    if isinstance(value, Mapping):
        return [value]
    if not isinstance(value, list):
        raise Garbled(f"{link.provider.title} gave nothing to choose from.", details={"step": "link"})
    return value


def _choices(choose: Choose, rows: list[object]) -> Iterator[Choice]:
    for row in rows:
        value = _text(row, choose.value)
        if not value:
            continue
        label = _text(row, choose.label) if choose.label else ""
        also = {name: text for name, path in choose.also if (text := _text(row, path))}
        yield Choice(value=value, label=(label or value)[:LABEL_CHARACTERS_MAX], also=also)


def _text(row: object, path: str) -> str:
    """What stands there as text; empty for what is no text or number, or cannot be a setting."""
    try:
        value = at(path)(Row(row)) if isinstance(row, Mapping) else None
    except Malformed:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return ""
    text = str(value).strip()
    return text if text.isprintable() and len(text) <= VALUE_CHARACTERS_MAX else ""
