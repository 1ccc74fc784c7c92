"""What can be known to be wrong with a change before Kashoo is asked to make it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from ledgermesh.model.enums import Side
from ledgermesh.model.money import Money
from ledgermesh.providers.kashoo.encodings import minor, stands
from ledgermesh.spec.write import Draft, Problem, Target


def open_to_changes(draft: Draft) -> Iterator[Problem]:
    """Kashoo closes some of its records to changes, for example what was reconciled, and says so in them."""
    if stands(draft, "readOnly") is True:
        yield Problem("", "Kashoo keeps this record read-only", "READ_ONLY")


def still_there(draft: Draft) -> Iterator[Problem]:
    """What was removed counts for nothing any more."""
    if stands(draft, "removed") is True:
        yield Problem("", "this record was removed", "VOID")


def needs(*names: str) -> Callable[[Draft], Iterator[Problem]]:
    """A check for values that must be there, of verbs other than CREATE."""

    def check(draft: Draft) -> Iterator[Problem]:
        for name in names:
            if draft.values.get(name) in (None, "", ()):
                yield Problem(name, "Kashoo needs it", "REQUIRED")

    return check


def one_of(first: str, *others: str) -> Callable[[Draft], Iterator[Problem]]:
    """A check for a new record that one of several fields is given; the first one is named where none is."""

    def check(draft: Draft) -> Iterator[Problem]:
        if draft.verb == "CREATE" and not any(draft.values.get(name) for name in (first, *others)):
            words = " or ".join(f"`{name}`" for name in (first, *others))
            yield Problem(first, f"Kashoo needs {words}", "REQUIRED")

    return check


# -- papers ----------------------------------------------------------------------------------------------------------


def lines_there(draft: Draft) -> Iterator[Problem]:
    """A paper has at least one line."""
    if "lines" in draft.values and not draft.values["lines"]:
        yield Problem("lines", "Kashoo takes no invoice or bill without lines", "REQUIRED")


def lines_priced(draft: Draft) -> Iterator[Problem]:
    """Every new line says what it costs."""
    for place, line in enumerate(draft.values.get("lines") or ()):
        new = not line.get("native_id")
        if new and line.get("unit_price") is None and line.get("net") is None:
            yield Problem(f"lines.{place}.unit_price", "a line needs `unitPrice` or `net`", "REQUIRED")


# -- payments --------------------------------------------------------------------------------------------------------


def allocated(kind: str) -> Callable[[Draft], Iterator[Problem]]:
    """A check of shares: each of a paper of this kind, of the payment's contact and currency, within the balance."""

    def check(draft: Draft) -> Iterator[Problem]:
        shares: dict[str, int] = {}
        for place, share in enumerate(draft.values.get("allocations") or ()):
            document, amount = share.get("document"), share.get("amount")
            if not (isinstance(document, Target) and document.doc):
                continue
            yield from _belongs(draft, kind, document, f"allocations.{place}.document")
            if isinstance(amount, Money) and amount.currency is not None and _is_whole(amount):
                shares[document.native_id] = shares.get(document.native_id, 0) + minor(amount)
                yield from _within(draft, document, shares[document.native_id], f"allocations.{place}.amount")

    return check


def _belongs(draft: Draft, kind: str, document: Target, path: str) -> Iterator[Problem]:
    if document.kind != kind:
        yield Problem(path, f"such a payment settles {kind} records only", "WRONG_TYPE")
    if document.doc.get("removed") is True:
        yield Problem(path, "this document was removed", "VOID")
    party = _party(draft)
    if party is not None and party != str(document.doc.get("contact")):
        yield Problem(path, "this document is another contact's than the payment", "OTHER_PARTY")
    currency = draft.values.get("currency") or stands(draft, "currency")
    if currency and document.doc.get("currency") not in (None, currency):
        yield Problem(path, f"this document is in {document.doc['currency']}", "OTHER_CURRENCY")


def _party(draft: Draft) -> str | None:
    """The contact of the payment; None where the documents tell it."""
    if "party" in draft.values:
        given = draft.values["party"]
        return given.native_id if isinstance(given, Target) else None
    found = stands(draft, "contact")
    return None if found is None else str(found)


def _within(draft: Draft, document: Target, share: int, path: str) -> Iterator[Problem]:
    balance = document.doc.get("balanceDue")
    if not isinstance(balance, int):
        return
    own = sum(
        each["amount"]
        for each in stands(draft, "allocations") or ()
        if str(each.get("record")) == document.native_id and isinstance(each.get("amount"), int)
    )
    if share > balance + own:
        yield Problem(path, "more than is left to pay of this document", "OVER_BALANCE")


def adds_up(draft: Draft) -> Iterator[Problem]:
    """The amount of a payment is what it settles and what is left of it."""
    if not {"amount", "allocations", "unallocated"} & set(draft.values):
        return
    amount, left = _units(draft, "amount", "amount"), _units(draft, "unallocated", "")
    shares = _shares(draft)
    if amount is None or shares is None:
        return
    if shares > amount:
        yield Problem("allocations", "come to more than the payment", "OVER_AMOUNT")
    elif left is not None and left != amount - shares:
        yield Problem("unallocated", "is not what the allocations leave of the amount", "UNBALANCED")


def _units(draft: Draft, name: str, path: str) -> int | None:
    value = draft.values.get(name)
    if isinstance(value, Money):
        return minor(value) if value.currency is not None and _is_whole(value) else None
    found = stands(draft, path) if path else None
    return found if isinstance(found, int) else None


def _shares(draft: Draft) -> int | None:
    if "allocations" in draft.values:
        amounts = [share.get("amount") for share in draft.values["allocations"] or ()]
        if not all(isinstance(each, Money) and each.currency and _is_whole(each) for each in amounts):
            return None
        return sum(minor(each) for each in amounts)
    found: int = sum(each["amount"] for each in stands(draft, "allocations") or ())
    return found


def _is_whole(amount: Money) -> bool:
    try:
        minor(amount)
    except ValueError:
        return False
    return True


# -- entries ---------------------------------------------------------------------------------------------------------


def balanced(draft: Draft) -> Iterator[Problem]:
    """An entry has two sides at least, and its debits equal its credits."""
    if "lines" not in draft.values:
        return
    lines = draft.values["lines"] or ()
    sides: list[tuple[Any, Any]] = [(line.get("side"), line.get("amount")) for line in lines]
    if not all(isinstance(side, Side) and isinstance(amount, Money) for side, amount in sides):
        return
    rest = sum(
        (amount.amount if side is Side.DEBIT else -amount.amount for side, amount in sides), Decimal(0)
    )
    if len(sides) < 2 or rest:
        yield Problem("lines", "the debits must equal the credits", "UNBALANCED")


def line_sides(draft: Draft) -> Iterator[Problem]:
    """Every line of an entry says its account, its side and its amount."""
    for place, line in enumerate(draft.values.get("lines") or ()):
        yield from _line_side(line, place)


def _line_side(line: Mapping[str, Any], place: int) -> Iterator[Problem]:
    for name in ("account", "side", "amount"):
        if line.get(name) is None:
            yield Problem(f"lines.{place}.{name}", "Kashoo needs it", "REQUIRED")


def two_accounts(draft: Draft) -> Iterator[Problem]:
    """Money moves from one account to another."""
    source, target = (
        _account(draft, *each) for each in (("from_account", "fromAccount"), ("to_account", "toAccount"))
    )
    if source is not None and source == target:
        yield Problem("to_account", "must be another account than `fromAccount`", "INVALID")


def _account(draft: Draft, name: str, path: str) -> str | None:
    given = draft.values.get(name)
    if isinstance(given, Target):
        return given.native_id
    found = stands(draft, path)
    return None if found is None else str(found)
