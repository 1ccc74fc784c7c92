"""Writes of transfers and journal entries, and of bank statements: https://api.kashoo.com/index.html"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ledgermesh.model.enums import Side
from ledgermesh.model.money import Money
from ledgermesh.providers.kashoo import bodies, checks
from ledgermesh.providers.kashoo.encodings import (
    EXCHANGE_RATE,
    TEXT_MAX,
    account_at,
    minor,
    minor_at,
    text_at,
)
from ledgermesh.providers.kashoo.writing_records import RECORD, Kind, writes_of
from ledgermesh.spec.write import Draft, File, Never, Problem, Put, Write, Writes

IMPORTING = frozenset(("IMPORT",))
ENDINGS = (".ofx", ".qbo")
FILE_URL = "${file}"
"""Stands for the short-lived link that the file can be fetched from: Kashoo takes an address, not the file."""
CURRENCY_IF = "Neither the amounts nor the books say it."


def _side_amount(value: Money | None, draft: Draft) -> Mapping[str, object]:
    """A line has two amounts, of which one is zero."""
    if value is None:
        raise ValueError("an amount cannot be cleared")
    if value.amount <= 0:
        raise ValueError("must be above 0")
    units, debit = minor(value), draft.values.get("side") is Side.DEBIT
    return {"debit": units if debit else 0, "credit": 0 if debit else units}


LINE = {
    "account": account_at("account", required=True),
    "side": Put(required=True, silent=True),
    "amount": Put(encode=_side_amount, required=True),
    "description": text_at("description"),
}
SHARED = {**RECORD, "description": text_at("memo", length_max=TEXT_MAX), "exchange_rate": EXCHANGE_RATE}

ENTRY_WRITES: Writes = (
    *writes_of(
        Kind(
            kind="Transfer",
            type="TRANSFER",
            path="transfers",
            puts={
                **SHARED,
                "amount": minor_at("amount", required=True),
                "from_account": account_at("fromAccount", required=True),
                "to_account": account_at("toAccount", required=True),
            },
            stamp="description",
            build=bodies.transfer,
            checks=(checks.two_accounts,),
        )
    ),
    *writes_of(
        Kind(
            kind="JournalEntry",
            type="ADJUSTMENT",
            path="adjustments",
            puts={**SHARED, "lines": Put(parts=LINE, path="lineItems", many=True, required=True)},
            stamp="description",
            build=bodies.adjustment,
            checks=(checks.line_sides, checks.balanced),
        )
    ),
)


def _file(value: File | None, draft: Draft) -> Mapping[str, object]:
    return {} if value is None else {"url": FILE_URL, "filename": value.name}


def _is_statement(draft: Draft) -> Iterator[Problem]:
    """The file is an OFX or a QBO statement, by its name and by the tag that both begin with."""
    file = draft.values.get("file")
    if not isinstance(file, File):
        return
    if not file.name.casefold().endswith(ENDINGS):
        yield Problem("file", "Kashoo takes OFX and QBO files, whose names end so", "WRONG_TYPE")
    elif b"<ofx>" not in file.body.lower():
        yield Problem("file", "this is no OFX or QBO statement", "WRONG_TYPE")


IMPORT_STATEMENT = Write(
    kind="BankTransaction",
    verb="IMPORT",
    method="POST",
    path="/businesses/{business_id}/records/import",
    puts={
        "file": Put(encode=_file, required=True, verbs=IMPORTING),
        "account": account_at("account", required=True, verbs=IMPORTING),
        "preview": Put(encode=lambda value, draft: {"preview": bool(value)}, verbs=IMPORTING),
    },
    id="",
    empty=True,
    repeat=Never(),
    checks=(checks.needs("file", "account"), _is_statement),
    seconds=120.0,
    assumed="The path, the answer, and that the address is fetched while the request is answered.",
)
"""Kashoo makes records of a statement's lines and does not list the lines themselves."""
