"""What is written in a storm: one change for each key, as callers ask for it, and what the books have of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from tests.sync.storm.provider import COMPANY

CONNECTION: Final = f"{COMPANY}-kashoo"
CANARY: Final = "canary-91d3"
"""In every value that callers send."""
ANSWER: Final = """{ syncId sources { status replayed evidence error { code message } } }"""
PARTY: Final = (
    "mutation($company: ID, $input: PartyCreate!, $options: WriteOptions) {"
    f" createParty(company: $company, input: $input, options: $options) {ANSWER} }}"
)
INVOICE: Final = (
    "mutation($company: ID, $input: InvoiceCreate!, $options: WriteOptions) {"
    f" createInvoice(company: $company, input: $input, options: $options) {ANSWER} }}"
)
LETTER: Final = (
    "mutation($id: ID!, $input: SendInput, $options: WriteOptions) {"
    f" sendDocument(id: $id, input: $input, options: $options) {ANSWER} }}"
)
INVOICES: Final = """query($company: ID!, $first: Int!) { company(key: $company) {
  invoices(first: $first) { nodes { id source { nativeId } } } } }"""

Way = Literal["PARTY", "INVOICE", "LETTER"]
WAYS: Final[Sequence[Way]] = ("PARTY", "INVOICE", "PARTY", "LETTER")


@dataclass(frozen=True, kw_only=True)
class Told:
    """What a gateway said of a sync when all was done, or at once."""

    status: str
    native_id: str | None = None
    replayed: bool = False
    attempts: int = 0
    evidence: str = ""
    code: str = ""


@dataclass(kw_only=True)
class Case:
    """One key."""

    name: str
    """The key."""
    way: Way
    invoice: tuple[str, int] = ("", 0)
    """Of a LETTER: our id and the provider's."""
    asked: int = 0
    """How often."""
    syncs: set[str] = field(default_factory=set)
    told: list[Told] = field(default_factory=list)
    unaccepted: list[str] = field(default_factory=list)
    """What was answered where nothing was handed over."""

    @property
    def operation(self) -> tuple[str, dict[str, Any]]:
        """The document and its variables; the same every time."""
        options = {"connections": [CONNECTION], "sync": "PUSH", "clientKey": self.name}
        if self.way == "LETTER":
            sent = {"channel": "EMAIL", "recipients": [{"email": f"{CANARY}@example.com"}], "message": CANARY}
            return LETTER, {"id": self.invoice[0], "input": sent, "options": options}
        given: dict[str, Any] = {"displayName": self.value}
        if self.way == "INVOICE":
            line = {
                "description": CANARY, "quantity": "3", "unitPrice": {"amount": "120.00"},
                "account": {"code": "4000"},
            }  # fmt: skip
            given = {
                "number": self.value, "date": "2026-11-15", "dueDate": "2026-12-15", "currency": "CAD",
                "party": {"name": self.value, "create": True}, "lines": [line],
            }  # fmt: skip
        document = PARTY if self.way == "PARTY" else INVOICE
        return document, {"company": COMPANY, "input": given, "options": options}

    @property
    def value(self) -> str:
        """By which its record is known in the books."""
        return f"{CANARY} {self.name}"

    def there(self, books: Mapping[str, Any]) -> list[int]:
        """The provider's ids of its records; of a letter, the invoice's once for each time it was sent."""
        if self.way == "LETTER":
            return [id for id in books["letters"] if id == self.invoice[1]]
        rows = books["contacts"] if self.way == "PARTY" else books["records"]
        return [id for id, name in rows if name == self.value]

    def customers(self, books: Mapping[str, Any]) -> list[int]:
        """The customers of its name, whom an INVOICE makes first."""
        return [id for id, name in books["contacts"] if name == self.value]


def cases(keys: int, seed: int, invoices: Sequence[tuple[str, int]]) -> list[Case]:
    """So many, of every way; each letter is another invoice's, for as long as there are any."""
    made, left = [], list(invoices)
    for number in range(keys):
        way = WAYS[number % len(WAYS)]
        if way == "LETTER" and not left:
            way = "PARTY"
        invoice = left.pop() if way == "LETTER" else ("", 0)
        made.append(Case(name=f"k{seed}-{number}", way=way, invoice=invoice))
    return made
