"""What a provider adds one day: fields and words that nobody knows yet."""

from __future__ import annotations

_WORDS: dict[str, dict[str, object]] = {
    "account": {"type": "DIGITAL_WALLET"},
    "shared record": {"type": "TIMESHEET"},
    "journal entry": {"recordType": "TIMESHEET"},
    "INVOICE_PAYMENT": {"method": "STABLECOIN"},
    "BILL_PAYMENT": {"method": "STABLECOIN"},
    "subscription": {"status": "under_review"},
    "plan": {"paymentProcessorType": "BARTER"},
}


def reworded(kind: str, id: int, document: dict[str, object]) -> dict[str, object]:
    """About half of the objects of a kind, always the same ones, with a word that the kind did not have."""
    return document | _WORDS.get(kind, {}) if id % 2 else document


def grown(value: object) -> object:
    """The same answer with one more field in every object."""
    if isinstance(value, dict):
        more = {key: grown(part) for key, part in value.items()}
        return more | {"addedLater": {"since": "next release", "flags": [1, None]}}
    if isinstance(value, list):
        return [grown(part) for part in value]
    return value
