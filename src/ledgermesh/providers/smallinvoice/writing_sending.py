"""Setting the status of documents, letters and projects, cancelling invoices, and sending: smallinvoice API v2."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from ledgermesh.providers.smallinvoice.writing_encodings import (
    REREAD,
    address,
    filled,
    given,
    local,
    needs,
    status_word,
)
from ledgermesh.spec.write import (
    Compose,
    Draft,
    Never,
    Part,
    Problem,
    Put,
    Target,
    Values,
    Write,
    Writes,
    parts,
)

_ORDER: Final = {"DRAFT": "DR", "OPEN": "S", "BILLED": "B", "VOID": "D"}
INVOICE_WORDS: Final = {"DRAFT": "DR", "OPEN": "S", "PARTIALLY_PAID": "PP", "PAID": "P", "VOID": "C"}
_INVOICE_OWN: Final = {**INVOICE_WORDS, **{word: word for word in ("R", "R1", "R2", "R3", "DC", "D")}}
"""Reminders, debt collection and "deleted but still visible" have no word of this schema that is theirs alone."""
_PROJECT: Final = {"PENDING": "P", "OPEN": "O", "BILLED": "B", "CLOSED": "C"}

DOCUMENTS: Final = {
    "Invoice": ("/receivables/invoices", _INVOICE_OWN),
    "Quote": ("/receivables/offers", {**_ORDER, "ACCEPTED": "A", "DECLINED": "DE"}),
    "SalesOrder": ("/receivables/order-confirmations", _ORDER),
    "DeliveryNote": ("/receivables/delivery-notes", _ORDER),
    "Letter": ("/contacts/letters", {"DRAFT": "DR", "SENT": "S", "VOID": "D"}),
}
"""By kind: where they are, and the words for their statuses."""


# -- status ------------------------------------------------------------------------------------------------------------


def _by_word(kind: str, known: Mapping[str, str], more: Mapping[str, Put]) -> Compose:
    """A status is set by the provider's own word, whichever the caller says: only that one tells afterwards whether it
    was set, because several of them read as one of ours.
    """
    taken = tuple(dict.fromkeys((*known, *known.values())))

    def own_word(draft: Draft, target: Target | None) -> Sequence[Part]:
        word = status_word(known, draft.values["status"])
        values = {"status_raw": word, **{name: draft.values[name] for name in more if draft.values.get(name)}}
        return (Part(kind=kind, verb="SET_STATUS", values=values, target=target),)

    def is_one(draft: Draft) -> Iterable[Problem]:
        try:
            status_word(known, draft.values.get("status") or "")
        except ValueError as reason:
            yield Problem("status", str(reason), "NOT_ALLOWED")

    status = Put(
        encode=lambda value, draft: {"status": status_word(known, value)}, required=True, words=taken
    )
    return Compose(
        kind=kind,
        verb="SET_STATUS",
        applies=lambda values: "status_raw" not in values,
        puts={"status": status, **more},
        parts=own_word,
        before=True,
        checks=(is_one,),
        assumed="Any status may follow any other.",
    )


_AT: Final = {"at": given("date_time", local)}


def _status(kind: str, path: str, known: Mapping[str, str]) -> Writes:
    request = Write(
        kind=kind,
        verb="SET_STATUS",
        applies=lambda values: "status_raw" in values,
        method="PATCH",
        path=f"{path}/{{id}}/change-status",
        puts={"status_raw": given("status"), **_AT},
        before=True,
        item="item",
        repeat=REREAD,
    )
    return _by_word(kind, known, _AT), request


PROJECT_STATUS: Writes = (
    _by_word("Project", _PROJECT, {}),
    Write(
        kind="Project",
        verb="SET_STATUS",
        applies=lambda values: "status_raw" in values,
        method="PATCH",
        path="/reporting/projects/{id}/change-status/{status}",
        segments=lambda draft: {"status": str(draft.values["status_raw"])},
        puts={"status_raw": Put(silent=True)},
        body="none",
        before=True,
        item="item",
        repeat=REREAD,
    ),
)


def _not_yet_void(draft: Draft) -> Iterable[Problem]:
    if (draft.before or {}).get("status") in ("C", "D"):
        yield Problem("", "the invoice is cancelled or deleted already", "READ_ONLY")


CANCEL: Final = Write(
    kind="Invoice",
    verb="VOID",
    method="PATCH",
    path="/receivables/invoices/{id}/change-status",
    fixed={"status": "C"},
    before=True,
    item="item",
    repeat=REREAD,
    delete="VOID",
    checks=(_not_yet_void,),
)


# -- sending -----------------------------------------------------------------------------------------------------------


def _channel(word: str) -> Callable[[str], object]:
    def check(value: str) -> object:
        if value.upper() != word:
            raise ValueError("EMAIL or POST")
        return value

    return check


def _by_post(values: Values) -> bool:
    return str(values.get("channel") or "").upper() == "POST"


def _only(word: str) -> Put:
    """Which way it goes: the path says it."""

    def encode(value: str | None, draft: Draft) -> Mapping[str, object]:
        if value is not None:
            _channel(word)(value)
        return {}

    return Put(encode=encode, words=("EMAIL", "POST"))


def _no_preview(value: object, draft: Draft) -> Mapping[str, object]:
    if value:
        raise ValueError(
            "it shows nothing before it is sent; the document's own preview is a file of the record"
        )
    return {}


_PREVIEW: Final = Put(encode=_no_preview)
_EMAIL: Mapping[str, Put] = {
    "channel": _only("EMAIL"),
    "recipients": parts(
        "recipients", {"email": filled("email", address, required=True), "name": filled("name")},
        many=True, required=True,
    ),
    "subject": filled("subject", required=True),
    "message": filled("body", required=True),
    "preview": _PREVIEW,
}  # fmt: skip


def _named(body: dict[str, object], draft: Draft) -> object:
    """Every recipient needs a name; one without is called by the address."""
    recipients: Any = body.get("recipients")
    return {**body, "recipients": [{"name": each.get("email"), **each} for each in recipients or ()]}


def _addressed(draft: Draft) -> Iterable[Problem]:
    for place, each in enumerate(draft.values.get("recipients") or ()):
        if not each.get("email"):
            yield Problem(f"recipients.{place}.email", "smallinvoice needs it", "REQUIRED")


def _letters(key: str, yes: str, no: str) -> Put:
    return Put(encode=lambda value, draft: {key: yes if value else no})


_POST: Mapping[str, Put] = {
    "channel": _only("POST"),
    "color": _letters("palette", "C", "BW"),
    "duplex": _letters("print", "D", "S"),
    "express": _letters("speed", "P", "E"),
    "preview": _PREVIEW,
}


def _plain(body: dict[str, object], draft: Draft) -> object:
    """Whoever asks for nothing else gets the cheapest: black on one side, by economy mail."""
    return {"palette": "BW", "print": "S", "speed": "E", **body}


def _sending(kind: str, path: str) -> Writes:
    """By e-mail unless by post. Neither leaves a trace that could be looked for, and neither answers with a body."""
    receipt = {"receipt": given("receipt")} if kind == "Invoice" else {}
    post = Write(
        kind=kind,
        verb="SEND",
        applies=_by_post,
        method="PATCH",
        path=f"{path}/{{id}}/send-by-post",
        puts=_POST,
        build=_plain,
        empty=True,
        repeat=Never(),
    )
    email = Write(
        kind=kind,
        verb="SEND",
        method="PATCH",
        path=f"{path}/{{id}}/send-by-email",
        puts={**_EMAIL, **receipt},
        build=_named,
        empty=True,
        repeat=Never(),
        checks=(needs("recipients", "subject", "message"), _addressed),
    )
    return post, email


SENDING_WRITES: Writes = (
    *(write for kind, (path, known) in DOCUMENTS.items() for write in _status(kind, path, known)),
    *PROJECT_STATUS,
    CANCEL,
    *(write for kind, (path, _) in DOCUMENTS.items() for write in _sending(kind, path)),
)
