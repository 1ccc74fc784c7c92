"""Writes of the chart of accounts and of bank accounts: https://api.kashoo.com/index.html"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any

from ledgermesh.model.row import Row
from ledgermesh.providers.kashoo import bodies, checks
from ledgermesh.providers.kashoo.accounts import ACCOUNTS, BANK_ACCOUNTS, BANK_WORDS, TYPES
from ledgermesh.providers.kashoo.encodings import ARCHIVING, TEXT_MAX, name_at, stands, text_at
from ledgermesh.spec.leaves import folded
from ledgermesh.spec.wires import Fields
from ledgermesh.spec.write import Draft, Lost, Put, Search, Stamp, Write, Writes, reference

INT64_MAX = 2**63 - 1
IN_ONE_CURRENCY = frozenset(map(folded, BANK_WORDS))


def _typed(fields: Fields, name: str, words: Mapping[str, Enum]) -> dict[str, Put]:
    """The type of an account by our word (`name`) and by Kashoo's (`name` with `_raw`). It is set once."""
    first = {member: word for word, member in reversed(list(words.items()))}
    raw = f"{name}_raw"

    def shown(word: object) -> object:
        return fields.wires[name].read(Row({"type": word}))

    def by_ours(value: Enum, draft: Draft) -> Mapping[str, object]:
        word = stands(draft, "type") or draft.values.get(raw)
        if word is None:
            return {"type": first[value]}
        if shown(word) is not value:
            raise ValueError("an account keeps the type that it was made with, and has one")
        return {}

    def by_theirs(value: str, draft: Draft) -> Mapping[str, object]:
        standing = stands(draft, "type")
        if standing is not None and folded(value) != folded(standing):
            raise ValueError("an account keeps the type that it was made with")
        return {} if standing is not None else {"type": value}

    needed = f"Without `{name}` or its raw word an account cannot be made."
    ours = tuple(sorted(member.value for member in first))
    return {
        name: Put(encode=by_ours, words=ours, required_if=needed),
        raw: Put(encode=by_theirs, required_if=needed),
    }


def _classification(value: Enum, draft: Draft) -> Mapping[str, object]:
    """It follows from the type."""
    word = _word(draft)
    if word is not None and ACCOUNTS.fields.wires["classification"].read(Row({"type": word})) is not value:
        raise ValueError("the type of the account says another one")
    return {}


def _word(draft: Draft) -> Any:
    """Kashoo's word for the account's type; None while nobody has said it."""
    found = stands(draft, "type") or draft.values.get("type_raw") or draft.values.get("kind_raw")
    ours = draft.values.get("type") or draft.values.get("kind")
    return found or next(
        (word for word, member in (*TYPES.items(), *BANK_WORDS.items()) if member is ours), None
    )


def _currency(value: str | None, draft: Draft) -> Mapping[str, object]:
    word = _word(draft)
    known = isinstance(word, str) and folded(word) not in IN_ONE_CURRENCY
    if known and value != stands(draft, "currency"):
        raise Lost("only accounts at a bank and for cards are kept in a currency of their own")
    return {"currency": value}


def _tax_number(value: str | None, draft: Draft) -> Mapping[str, object]:
    """A number goes where Kashoo has one, anything else where it has a code; the number is read first."""
    if not value:
        return {"taxNumber": None, "taxAuthorityCode": ""}
    if value.isascii() and value.isdigit() and str(int(value)) == value and int(value) <= INT64_MAX:
        return {"taxNumber": int(value)}
    return {"taxNumber": None, "taxAuthorityCode": value}


CURRENCY = Put(encode=_currency)
PUTS = {
    "name": name_at("name", required=True),
    "code": text_at("number"),
    "description": text_at("description", length_max=TEXT_MAX),
    **_typed(ACCOUNTS.fields, "type", TYPES),
    "classification": Put(encode=_classification, silent=True),
    "currency": CURRENCY,
    "tax_number": Put(encode=_tax_number),
    "parent": reference("Account", "parent", numeric=True),
    **ARCHIVING,
}
BANK_PUTS = {
    "name": name_at("name", required=True),
    "account_number": text_at("number"),
    **_typed(BANK_ACCOUNTS.fields, "kind", BANK_WORDS),
    "currency": CURRENCY,
    **ARCHIVING,
}
CREATED = "The status and the body of the answer; Kashoo's older notes tell of the new address only."
REPLACED = "That PUT on the account's own path replaces it whole."


def _create(kind: str, puts: Mapping[str, Put], repeat: Stamp | Search, type: str) -> Write:
    return Write(
        kind=kind,
        verb="CREATE",
        method="POST",
        path="/businesses/{business_id}/accounts",
        puts=puts,
        empty=True,
        repeat=repeat,
        checks=(checks.one_of(type, f"{type}_raw"),),
        assumed=CREATED,
    )


def _update(kind: str, puts: Mapping[str, Put]) -> Write:
    return Write(
        kind=kind,
        verb="UPDATE",
        method="PUT",
        path="/accounts/{id}",
        puts=puts,
        whole=True,
        dropped=bodies.ACCOUNT_COMPUTED,
        build=bodies.plain,
        empty=True,
        repeat=Search(()),
        checks=(checks.open_to_changes,),
        assumed=REPLACED,
    )


def _delete(kind: str) -> Write:
    """There is no DELETE for accounts: an account is removed by saving it as removed."""
    return Write(
        kind=kind,
        verb="DELETE",
        method="PUT",
        path="/accounts/{id}",
        fixed={"removed": True},
        whole=True,
        dropped=bodies.ACCOUNT_COMPUTED,
        build=bodies.plain,
        empty=True,
        repeat=Search(()),
        checks=(checks.open_to_changes,),
        delete="SOFT",
        assumed=REPLACED,
    )


ACCOUNT_WRITES: Writes = (
    _create("Account", PUTS, Stamp("description", TEXT_MAX), "type"),
    _update("Account", PUTS),
    _delete("Account"),
    _create("BankAccount", BANK_PUTS, Search(("name", "account_number", "kind", "currency")), "kind"),
    _update("BankAccount", BANK_PUTS),
    _delete("BankAccount"),
)
