"""The two changes AccountsOS takes: a transaction's category and notes, and an upload; the rest is its own people's.

From https://accounts-os.com/help/guides/api-quickstart
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from ledgermesh.model.enums import DocumentKind
from ledgermesh.providers.accountsos.books import DOCUMENT_KINDS
from ledgermesh.spec.leaves import folded
from ledgermesh.spec.write import Draft, File, Never, Problem, Put, Search, Write, Writes, at_path

BODY_BYTES_MAX = 10_000_000
"""Of a whole request, with what a form has around its file. The quickstart says 10 MB: the smaller reading of it."""

# -- a transaction's category and notes ------------------------------------------------------------------------------

BY_ID = "it takes a category by its id: the accounts of this connection are its categories, with their ids"
STAYS = "a category can be changed, not taken away"
"""Assumed: the quickstart has no null for it."""


def _category(value: Mapping[str, Any] | None, draft: Draft) -> Mapping[str, object]:
    """By id; a name beside the id is the id's own, and alone it says something only where it is there already."""
    stands = (draft.before or {}).get("category")
    present: Mapping[str, Any] = stands if isinstance(stands, Mapping) else {}
    given = value or {}
    id, name = given.get("native_id"), given.get("name")
    if id is None and name is None:
        if present:
            raise ValueError(STAYS)
        return {}
    if id is None and name != present.get("name"):
        raise ValueError(BY_ID)
    return {"category_id": present.get("id") if id is None else id}


# -- an upload -------------------------------------------------------------------------------------------------------

KINDS = {**{member: word for word, member in DOCUMENT_KINDS.items()}, DocumentKind.OTHER: "other"}


def _file(value: File | None, draft: Draft) -> Mapping[str, object]:
    """The file under the name and with the media type that are given, else its own."""
    if value is None:
        return {}
    name, media = draft.values.get("name"), draft.values.get("content_type")
    return {"file": replace(value, name=name or value.name, content_type=media or value.content_type)}


def _kind(value: DocumentKind | None, draft: Draft) -> Mapping[str, object]:
    """By our word, unless its own stands beside it."""
    return {} if value is None or draft.values.get("kind_raw") else {"type": KINDS[value]}


def _raw(value: str | None, draft: Draft) -> Mapping[str, object]:
    """The provider's own word; beside ours it is the same one."""
    kind = draft.values.get("kind")
    known = {folded(word): member for word, member in DOCUMENT_KINDS.items()}
    if kind is not None and known.get(folded(value or ""), DocumentKind.OTHER) is not kind:
        raise ValueError(f"{value!r} is not its word for {kind.value}")
    return {"type": value} if value else {}


def _uploadable(draft: Draft) -> Iterator[Problem]:
    """A file with something in it, a name and a media type, and what it is."""
    file, values = draft.values.get("file"), draft.values
    if values.get("kind") is None and not values.get("kind_raw"):
        yield Problem("kind", "`kind` says what the document is", "REQUIRED")
    if not isinstance(file, File):
        return
    if not file.body:
        yield Problem("file", "the file is empty", "REQUIRED")
    if not (values.get("name") or file.name):
        yield Problem("name", "the file has no name", "REQUIRED")
    media = values.get("content_type") or file.content_type
    if not _is_media_type(media):
        yield Problem("content_type", f"{media!r} is no media type such as application/pdf")
    if len(file.body) > BODY_BYTES_MAX:
        yield Problem("file", f"{len(file.body)} bytes; a request has {BODY_BYTES_MAX} at most", "TOO_LARGE")


def _is_media_type(text: str) -> bool:
    main, slash, sub = text.partition(";")[0].strip().partition("/")
    return bool(main and slash and sub) and text.isascii() and text.isprintable()


def _beside() -> Put:
    """Goes out with the file."""
    return Put(encode=lambda value, draft: {}, silent=True)


WRITES: Writes = (
    Write(
        kind="BankTransaction",
        verb="UPDATE",
        method="PATCH",
        path="/transactions/{id}",
        puts={"category": Put(encode=_category), "notes": at_path("notes", lambda value: value or None)},
        before=True,
        item="transaction",
        repeat=Search(()),
        assumed="How the changed transaction is answered; that null takes the notes away.",
    ),
    Write(
        kind="Document",
        verb="CREATE",
        method="POST",
        path="/documents/upload",
        puts={
            "file": Put(encode=_file, required=True),
            "kind": Put(
                encode=_kind,
                words=tuple(member.value for member in KINDS),
                required_if="without `kindRaw`",
            ),
            "kind_raw": Put(encode=_raw, words=tuple(KINDS.values())),
            "name": _beside(),
            "content_type": _beside(),
        },
        body="multipart",
        body_bytes_max=BODY_BYTES_MAX,
        item="document",
        # A file of the same name and kind may have been there before, and nothing that is listed tells them apart.
        repeat=Never(),
        checks=(_uploadable,),
        assumed="That the form is multipart, its words for `type`, and how the new document is answered.",
    ),
)

UNWRITTEN: Mapping[str, str] = {}
"""Every operation of the API that changes something is here."""
