"""What is odd about AccountsOS, as pure functions with their reasons."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import Enum

from ledgermesh.model.enums import PartyRole
from ledgermesh.model.row import Read, Row
from ledgermesh.spec.leaves import folded

ROLES = {
    "client": (PartyRole.CUSTOMER,),
    "customer": (PartyRole.CUSTOMER,),
    "supplier": (PartyRole.SUPPLIER,),
    "vendor": (PartyRole.SUPPLIER,),
    "both": (PartyRole.CUSTOMER, PartyRole.SUPPLIER),
}
"""`client` and `supplier` are the quickstart's words; the others are assumed and tolerated."""


def party_roles(row: Row) -> object:
    """A contact has one type; an unknown one is OTHER."""
    word = row.doc.get("type")
    if not isinstance(word, str) or not word:
        return ()
    return ROLES.get(folded(word), (PartyRole.OTHER,))


def address_lines(row: Row) -> object:
    """The address is one text; its lines are kept as they are."""
    address = row.doc.get("address")
    return (
        tuple(line.strip() for line in address.split("\n") if line.strip())
        if isinstance(address, str)
        else ()
    )


def text_address(row: Row) -> object:
    """A contact with an address text; null without."""
    return row.doc if isinstance(row.doc.get("address"), str) and row.doc.get("address") else None


def account_rows(reports: Sequence[object]) -> Sequence[object]:
    """The rows of both statements as accounts: the API has no chart of accounts, and transactions are not scanned.

    Each carries the part it stands in (`income`, `expenses`, `assets`, `liabilities`, `equity`) as `part`.
    """
    found: dict[str, object] = {}
    for answer in reports:
        report = bare_report(answer, {})
        if isinstance(report, Mapping):
            for part in ("income", "expenses", "assets", "liabilities", "equity"):
                _collect(found, part, report.get(part), report.get("currency"))
    return list(found.values())


def _collect(found: dict[str, object], part: str, section: object, currency: object) -> None:
    if not isinstance(section, Mapping):
        return
    rows = section.get("categories") or section.get("accounts")
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, Mapping) and isinstance(row.get("id"), str):
            found.setdefault(row["id"], {**row, "part": part, "currency": currency})


def bare_report(answer: object, _: Mapping[str, str]) -> object:
    """The report of an answer, wrapped or bare: under `report` stands the whole one, or else only its name."""
    found = answer.get("report") if isinstance(answer, Mapping) else None
    return found if isinstance(found, Mapping) else answer


def sections(*parts: tuple[str, str]) -> Read:
    """Parts of a statement as a list of sections: (the provider's name, ours)."""

    def read(row: Row) -> object:
        return [
            {
                "key": ours,
                "total": section.get("total"),
                "rows": section.get("categories") or section.get("accounts"),
            }
            for theirs, ours in parts
            if isinstance(section := row.doc.get(theirs), Mapping)
        ]

    return read


def vat_sections(row: Row) -> object:
    """The boxes of a VAT return as one section, and what it sums up in words of its own as another."""
    boxes = row.doc.get("boxes")
    found = (
        [{"id": box, "name": f"Box {box}", "amount": boxes[box]} for box in boxes]
        if isinstance(boxes, Mapping)
        else []
    )
    sums = [
        {"id": key, "name": name, "amount": row.doc[key]}
        for key, name in (("output_vat", "Output VAT"), ("input_vat", "Input VAT"))
        if row.doc.get(key) is not None
    ]
    return [{"key": key, "rows": rows} for key, rows in (("BOXES", found), ("VAT", sums)) if rows]


def word_of(words: Mapping[str, Enum]) -> Callable[[object], str | None]:
    """Encodes a member of a list of ours as AccountsOS's word for it, for its filters; other members have none."""
    theirs = {member.value: word for word, member in words.items()}
    return lambda value: theirs.get(value) if isinstance(value, str) else None
